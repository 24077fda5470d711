"""A child's identifiers as far as a reader is entitled to them."""

from contactpoint.serving.children import identifiers
from contactpoint.serving.seat import Seat
from projections.queries import Found


def told(seat: Seat, found: Found) -> list[tuple[str, str, str]]:
    """System, value and status of each that the reader's organisation allocates."""
    return [(one.system, one.value, one.status) for one in identifiers(seat, found)]

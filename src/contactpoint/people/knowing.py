"""What is known of that which somebody wants to decide on."""

from typing import TYPE_CHECKING

from contactpoint.people.deciding import About

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint
    from contactpoint.judging import Hangs


def about(hangs: "Hangs", store: "Contactpoint") -> About:
    """What is known of the children and records that hang on a pair."""
    del store
    return About(large=hangs.is_large)

"""What a data manager decides of a delivery that is held, or of single rows that it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contactpoint.errors import UsageError
from events.delivery import (
    ApproveRows,
    Delivery,
    DeliveryApproved,
    DeliveryEvent,
    DeliveryRejected,
    HeldRow,
    RejectRows,
    RowDecisionError,
    decide,
)
from events.source import SourceRegistered


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to let through or to turn away, why, and which rows."""

    approve: bool
    reason: str = ""
    lines: frozenset[int] = frozenset()
    """Lines of the rows meant; empty: those of any line."""
    records: frozenset[str] = frozenset()
    """Beginnings of the ids of the records whose rows are meant; empty: those of any record."""

    @property
    def of_rows(self) -> bool:
        """Whether it names rows; else it is about all that the delivery holds."""
        return bool(self.lines or self.records)

    def names(self, row: HeldRow) -> bool:
        """Whether the row is meant."""
        return (not self.lines or row.line in self.lines) and (
            not self.records or row.record.startswith(tuple(self.records))
        )


def decided(
    name: str, delivery: Delivery, decision: Decision, sources: Mapping[str, SourceRegistered]
) -> Sequence[DeliveryEvent]:
    """The events that follow from a decision; none where it was made before.

    Raises UsageError where the delivery holds nothing that is meant, or it cannot be decided so.
    """
    try:
        return _decided(delivery, decision, sources)
    except RowDecisionError as error:
        raise UsageError(f"delivery {name}: {error}") from None


def _decided(
    delivery: Delivery, decision: Decision, sources: Mapping[str, SourceRegistered]
) -> Sequence[DeliveryEvent]:
    if not decision.of_rows:
        if delivery.state == "held":
            return [(DeliveryApproved if decision.approve else DeliveryRejected)(_said(decision))]
        if delivery.approved if decision.approve else delivery.state == "rejected":
            return []
    elif delivery.state == "held":
        raise RowDecisionError("is held whole; expected a decision on all of it, without rows")
    if delivery.state != "completed" or delivery.received is None:
        raise RowDecisionError(f"is {delivery.state}; expected one that is held, or holds rows")
    rows = _meant(delivery, decision)
    source = sources.get(delivery.received.source)
    one_each = source is None or not source.dual_registration
    if decision.approve:
        return decide(ApproveRows(rows, one_each, decision.reason), delivery)
    return decide(RejectRows(rows, decision.reason), delivery)


def _said(decision: Decision) -> str | None:
    return decision.reason or None


def _meant(delivery: Delivery, decision: Decision) -> list[HeldRow]:
    """The rows that a decision is about: those held, and, where it names some, those settled."""
    held = dict.fromkeys(note.row for note in delivery.rows_held)
    settled = sorted(delivery.taken | delivery.turned_away)
    if not decision.of_rows:
        if not held and not settled:
            raise RowDecisionError("holds no row; expected one that does")
        return list(held)
    found = [row for row in dict.fromkeys([*held, *settled]) if decision.names(row)]
    missing = decision.lines - {row.line for row in found}
    if missing or not found:
        which = f"row {min(missing)}" if missing else f"a row of {', '.join(decision.records)}"
        raise RowDecisionError(f"does not hold {which}; 'delivery show' lists what it holds")
    return found

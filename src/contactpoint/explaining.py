"""Why two records are, or are not, taken for one child: the weights of one pair."""

from dataclasses import dataclass
from uuid import UUID

from contactpoint.errors import NotFoundError
from events.master import MasterKey
from linkage.decide import Decision, decide
from linkage.model import Model
from linkage.standardise import standardise
from linkage.weigh import Weight, weigh
from projections.queries import IndexedRecord, Queries
from projections.view import RestrictedView


@dataclass(frozen=True, slots=True)
class Explanation:
    """One pair, weighed now under the model in force."""

    weight: Weight
    decision: Decision
    same_child: bool
    """Whether the index has both as records of one child."""
    children: tuple[str, str]
    """Their numbers; empty where a record belongs to none yet."""


def why(
    queries: Queries, master: MasterKey, model: Model, left: str, right: str
) -> tuple[Explanation, tuple[UUID, ...]]:
    """Explain the pair of two records named ``SOURCE:ID``, and the children that it shows.

    Raises NotFoundError where a record is not known, or is not current, or is of a child with a
    restricted record: the weights would tell what its view hides.
    """
    one, other = (_record(queries, master, name) for name in (left, right))
    assert one.statement is not None
    assert other.statement is not None
    weight = weigh(
        standardise(one.statement.particulars), standardise(other.statement.particulars), model
    )
    explanation = Explanation(
        weight=weight,
        decision=decide(weight, model),
        same_child=one.child is not None and one.child == other.child,
        children=(one.number or "", other.number or ""),
    )
    shown = {record.child for record in (one, other) if record.child is not None}
    return explanation, tuple(sorted(shown))


def _record(queries: Queries, master: MasterKey, name: str) -> IndexedRecord:
    source, _, key = name.rpartition(":")
    found = queries.record(UUID(bytes=master.hashes.record_id(source, key)))
    if (
        found is None
        or found.statement is None
        or found.standing != "current"
        or _is_restricted(queries, found)
    ):
        raise NotFoundError("no current record of that source and id; expected SOURCE:ID")
    return found


def _is_restricted(queries: Queries, record: IndexedRecord) -> bool:
    """Whether the record, or any of its child's, bears a restricted mark."""
    if record.statement is not None and record.statement.particulars.restricted:
        return True
    child = queries.child(record.child) if record.child is not None else None
    return child is not None and isinstance(child.view, RestrictedView)

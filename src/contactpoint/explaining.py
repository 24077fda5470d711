"""Why two records are, or are not, taken for one child: the weights of one pair."""

from dataclasses import dataclass
from uuid import UUID

from linkage.decide import Decision, decide
from linkage.model import Model
from linkage.standardise import standardise
from linkage.weigh import Weight, weigh
from projections.pair import PairedRecord
from projections.queries import Queries


@dataclass(frozen=True, slots=True)
class Explanation:
    """One pair, weighed now under the model in force."""

    weight: Weight
    decision: Decision
    records: tuple[PairedRecord, PairedRecord]

    @property
    def same_child(self) -> bool:
        """Whether the index has both as records of one child."""
        left, right = self.records
        return left.child is not None and left.child == right.child

    @property
    def children(self) -> tuple[UUID, ...]:
        """The children of whom it shows something, for the record of access."""
        return tuple(sorted({one.child for one in self.records if one.child is not None}))


def explain(queries: Queries, model: Model, left: UUID, right: UUID) -> Explanation | None:
    """Explain the pair of two records.

    None where one is not known, or is not current, or is of a child with a restricted record: the
    weights would tell what its view hides.
    """
    found = queries.paired(left, right)
    if found is None:
        return None
    one, other = (standardise(record.particulars) for record in found)
    weight = weigh(one, other, model)
    return Explanation(weight, decide(weight, model), found)

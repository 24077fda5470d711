"""Why two records are, or are not, taken for one child: the weights of one pair."""

from dataclasses import dataclass
from uuid import UUID

from contactpoint.linking.kept_index import Filling
from contactpoint.verdicts import Judge, Verdict, Weighed, how_joined, weighed
from linkage.decide import Decision
from linkage.meeting import Meeting
from linkage.model import Model
from linkage.standardise import standardise
from linkage.weigh import Weight
from projections.pair import PairedRecord
from projections.queries import Queries


@dataclass(frozen=True, slots=True)
class Explanation:
    """One pair, weighed now under the model in force."""

    weighed: Weighed
    records: tuple[PairedRecord, PairedRecord]

    @property
    def weight(self) -> Weight:
        """How likely the pair is one child, with its parts."""
        return self.weighed.weight

    @property
    def decision(self) -> Decision:
        """What is decided of the pair alone."""
        return self.weighed.decision

    @property
    def meeting(self) -> Meeting:
        """How the two records come to be compared."""
        return self.weighed.meeting

    @property
    def same_child(self) -> bool:
        """Whether the index has both as records of one child."""
        left, right = self.records
        return left.child is not None and left.child == right.child

    @property
    def joined(self) -> str:
        """How the two came to be records of one child; empty where they are not."""
        return how_joined(self.weighed) if self.same_child else ""

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
    return Explanation(weighed(one, other, model), found)


def why_apart(
    queries: Queries, filling: Filling, model: Model, found: Explanation
) -> Verdict | None:
    """Why the two records of an explanation are two children; None where they are one."""
    ids = [one.record for one in found.records]
    left, right = (queries.record(record) for record in ids)
    if left is None or right is None:
        return None
    referred = {frozenset(pair) for pair in queries.open_pairs_of(ids)}
    return Judge(queries, filling, model, referred).verdict(left, right, found.weighed)

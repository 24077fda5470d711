"""Why two records are, or are not, taken for one child: the weights of one pair."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from contactpoint.errors import NotFoundError
from contactpoint.linking.filling import Filling
from contactpoint.verdicts import (
    Judge,
    Verdict,
    Weighed,
    apart_by_fields,
    how_joined,
    weighed,
    weighed_by_fields,
)
from linkage.decide import Decision
from linkage.declared.model import DeclaredModel
from linkage.meeting import Meeting
from linkage.model import Model
from linkage.standardise import standardise
from linkage.weigh import Weight
from projections.open_records import OpenRecords
from projections.pair import PairedRecord
from projections.workings import Workings


@dataclass(frozen=True, slots=True)
class Explanation:
    """One pair, weighed now under the model in force."""

    weighed: Weighed
    records: tuple[PairedRecord, PairedRecord]
    of_shape: DeclaredModel | None = None
    """The model, where the records are of tables of another shape."""

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


Shaped = Callable[[str], DeclaredModel | None]
"""The model of the shape of a source's records; None where they are children's."""


def explain(  # noqa: PLR0913 - the pair, what it is weighed by, and who asks
    records: OpenRecords,
    model: Model,
    left: UUID,
    right: UUID,
    shaped: Shaped = lambda _: None,
    *,
    cleared: bool = False,
) -> Explanation | None:
    """Explain the pair of two records.

    Raises NotFoundError where their tables are of two shapes, which are never compared. None where
    one is not known, or is not current, or is of a child with a restricted record: the weights
    would tell what its view hides.
    """
    found = records.paired(left, right, cleared=cleared)
    if found is None:
        return None
    one, other = (record.particulars for record in found)
    models = [shaped(record.source) for record in found]
    if models[0] != models[1]:
        raise NotFoundError(
            "records of tables of two shapes are never compared; expected two of one shape"
        )
    if (of_shape := models[0]) is not None:
        pair = weighed_by_fields(one.declared, other.declared, of_shape)
        return Explanation(pair, found, of_shape)
    return Explanation(weighed(standardise(one), standardise(other), model), found)


def why_apart(
    workings: Workings, filling: Filling, model: Model, found: Explanation
) -> Verdict | None:
    """Why the two records of an explanation are two children; None where they are one."""
    if found.of_shape is not None:
        return None if found.same_child else apart_by_fields(found.weighed)
    ids = [one.record for one in found.records]
    left, right = (workings.record(record) for record in ids)
    if left is None or right is None:
        return None
    referred = {frozenset(pair) for pair in workings.open_pairs_of(ids)}
    return Judge(workings, filling, model, referred).verdict(left, right, found.weighed)

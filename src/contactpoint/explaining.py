"""Why two records are, or are not, taken for one child: the weights of one pair."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from contactpoint.errors import NotFoundError
from linkage.decide import Decision, decide
from linkage.declared import decide as declared
from linkage.declared.cells import record_of
from linkage.declared.model import DeclaredModel
from linkage.model import Model
from linkage.standardise import standardise
from linkage.weigh import Weight, weigh
from person.particulars import Particulars
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


Shaped = Callable[[str], DeclaredModel | None]
"""The model of the shape of a source's records; None where they are children's."""


def explain(
    queries: Queries, model: Model, left: UUID, right: UUID, shaped: Shaped = lambda _: None
) -> Explanation | None:
    """Explain the pair of two records.

    Raises NotFoundError where their tables are of two shapes, which are never compared. None where
    one is not known, or is not current, or is of a child with a restricted record: the weights
    would tell what its view hides.
    """
    found = queries.paired(left, right)
    if found is None:
        return None
    one, other = (record.particulars for record in found)
    models = [shaped(record.source) for record in found]
    if models[0] != models[1]:
        raise NotFoundError(
            "records of tables of two shapes are never compared; expected two of one shape"
        )
    if (of_shape := models[0]) is not None:
        return Explanation(*_by_fields(one, other, of_shape), found)
    weight = weigh(standardise(one), standardise(other), model)
    return Explanation(weight, decide(weight, model), found)


def _by_fields(
    one: Particulars, other: Particulars, model: DeclaredModel
) -> tuple[Weight, Decision]:
    left, right = (
        record_of({each.field: each.value for each in stated.declared}, model.shape)
        for stated in (one, other)
    )
    weight = model.weigh(model.pattern(left, right))
    return weight, declared.decide_pattern(weight.pattern, weight.total, model)

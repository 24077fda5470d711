"""What a run of linking compares, and by what: children's records, or those of one shape."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from contactpoint.models import AnyModel
from events.source import SourceRegistered
from linkage import decide as children
from linkage.declared import decide as declared
from linkage.declared.cells import record_of
from linkage.declared.index import DeclaredIndex
from linkage.declared.model import DeclaredModel
from linkage.declared.shape import Shape
from linkage.index import Index, Pairs
from linkage.model import Model
from linkage.resolve import BY_WEIGHT, CHILDREN, Reading
from linkage.standardise import standardise
from person.compared import AnyParticulars


class AnyIndex(Protocol):
    """An index of records under one model."""

    def __len__(self) -> int: ...

    @property
    def model(self) -> AnyModel:
        """The model that it is under."""

    def put(self, records: Sequence[tuple[int, int, Any]]) -> None:
        """Add records (ordinal, source, record in standard form)."""

    def remove(self, ordinals: Iterable[int]) -> None:
        """Take records out."""

    def pairs_within(self, floor: float) -> Pairs:
        """All pairs from a weight on."""

    def pairs_of(self, ordinals: Iterable[int], floor: float) -> Pairs:
        """The pairs of these records."""

    def dump(self) -> dict[str, Any]:
        """The index as arrays and lists of words."""

    def changes(self) -> dict[str, Any] | None:
        """What came and went since it was last dumped or applied; None where that is not known."""

    def apply(self, stored: Mapping[str, Any]) -> None:
        """Take in what was dumped, then what had changed."""


class Matching(Protocol):
    """How the records of one run are brought into standard form, compared and decided on."""

    @property
    def shape(self) -> str:
        """The id of the shape; empty for children."""

    @property
    def model(self) -> AnyModel:
        """The model under which it is done."""

    @property
    def reading(self) -> Reading:
        """What resolving asks of a pattern."""

    def index(self) -> AnyIndex:
        """An empty index."""

    def comparable(self, particulars: AnyParticulars) -> Any:
        """A record in standard form."""

    def decide(self, pattern: int, weight: float) -> children.Decision:
        """What becomes of one pair."""


@dataclass(frozen=True, slots=True)
class OfChildren:
    """Records of children."""

    model: Model
    shape: str = ""
    reading: Reading = CHILDREN

    def index(self) -> Index:
        """An empty index."""
        return Index(self.model)

    def comparable(self, particulars: AnyParticulars) -> Any:
        """A record in standard form."""
        return standardise(particulars)

    def decide(self, pattern: int, weight: float) -> children.Decision:
        """What becomes of one pair."""
        return children.decide_pattern(pattern, weight, self.model)


@dataclass(frozen=True, slots=True)
class OfShape:
    """Records of tables of one other shape."""

    model: DeclaredModel
    reading: Reading = BY_WEIGHT

    @property
    def shape(self) -> str:
        """The id of the shape."""
        return self.model.shape.id

    def index(self) -> DeclaredIndex:
        """An empty index."""
        return DeclaredIndex(self.model)

    def comparable(self, particulars: AnyParticulars) -> Any:
        """A record in standard form."""
        stated = {one.field: one.value for one in particulars.declared}
        return record_of(stated, self.model.shape)

    def decide(self, pattern: int, weight: float) -> children.Decision:
        """What becomes of one pair."""
        return declared.decide_pattern(pattern, weight, self.model)


def matching_of(model: AnyModel) -> Matching:
    """How records are matched under a model."""
    return OfShape(model) if isinstance(model, DeclaredModel) else OfChildren(model)


def shape_of(source: SourceRegistered | None) -> str:
    """The id of the shape of a source's records; empty for children's."""
    return Shape.of(source.fields).id if source is not None and source.fields else ""

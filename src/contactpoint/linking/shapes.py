"""Tables of other shapes that the index holds, and the model of each.

A shape has no model that comes with the product: its first is made from its own records by the
run that links them first, and made again when they are half as many again, until a person adopts
one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from contactpoint.linking.kept_index import KeptIndex
from contactpoint.linking.matching import OfShape
from contactpoint.models import Models
from contactpoint.sources import Sources
from events.message import Origin
from linkage.declared.estimate import train
from linkage.declared.index import DeclaredIndex
from linkage.declared.model import DeclaredModel, starting
from linkage.declared.shape import Shape

GROWN = 1.5
"""Times the records of which a model was made, from which on a run makes another."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """The shapes of one installation."""

    sources: Sources
    models: Models
    kept: KeptIndex

    def known(self) -> Iterator[Shape]:
        """The shapes of which there are current records, in the order of their ids."""
        yield from sorted(self._counts(), key=lambda shape: shape.id)

    def in_force(self, shape: Shape) -> DeclaredModel | None:
        """The model of a shape that was adopted last; None where none was."""
        adopted = self.models.adopted(shape.id)
        return self.models.of_shape(adopted.model) if adopted is not None else None

    def fitting(self, shape: Shape) -> DeclaredModel | None:
        """The model in force; None where a run has to make one first."""
        adopted = self.models.adopted(shape.id)
        model = self.in_force(shape)
        if adopted is None or model is None:
            return None
        has_grown = self._counts().get(shape, 0) >= GROWN * model.records
        return None if adopted.automatic and has_grown else model

    def versions(self) -> list[str]:
        """The model version in force of each shape that has one."""
        adopted = [self.models.adopted(shape.id) for shape in self.known()]
        return [one.model for one in adopted if one is not None]

    def starting(self, shape: Shape) -> DeclaredModel:
        """What is believed of a shape before its records are seen."""
        return starting(shape, max(self._counts().get(shape, 0), 2))

    def made(self, index: object, position: int, origin: Origin | None) -> DeclaredModel:
        """A model of the records of an index, adopted unless nobody adopts it."""
        assert isinstance(index, DeclaredIndex)
        model = train(index)
        if origin is not None:
            self.models.adopt(model, origin, automatic=True)
            self.kept.save(index.under(model), OfShape(model), position)
        return model

    def _counts(self) -> dict[Shape, int]:
        """How many current records there are of each shape."""
        counts: dict[Shape, int] = {}
        for name, source in self.sources.registry().sources.items():
            if source.fields:
                shape = Shape.of(source.fields)
                counts[shape] = counts.get(shape, 0) + self.sources.log.heads.count_current(name)
        return {shape: count for shape, count in counts.items() if count}

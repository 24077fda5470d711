"""Making a model: of the children's records, or of a table of another shape."""

from typing import TYPE_CHECKING

from contactpoint.errors import NotFoundError, UsageError
from contactpoint.models import AnyModel
from linkage.declared.estimate import train as train_of_shape
from linkage.declared.shape import Shape
from linkage.density import fitted
from linkage.estimate import train as train_of_children
from linkage.model import Model

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint


def train(store: "Contactpoint", *, source: str | None, seed: int) -> AnyModel:
    """Make a model of the index's own records; nothing is changed.

    Of the shape of a source's records where one is named; of the one other shape where the index
    holds nothing else; of children otherwise. Raises NotFoundError and UsageError.
    """
    shape = _shape_of(store, source) if source else _only_shape(store)
    if shape is None:
        children = store.linking.index(store.model)
        _must_hold_records(len(children))
        return train_of_children(children, seed=seed)
    persons = store.linking.index(store.shapes.in_force(shape) or store.shapes.starting(shape))
    _must_hold_records(len(persons))
    return train_of_shape(persons, seed=seed)


def fit_prior(store: "Contactpoint") -> Model:
    """The model of children in force, with a prior for an index as dense as this one is now.

    Nothing is changed. Records that may not be seen count nowhere. Raises NotFoundError where there
    is none that may.
    """
    known = list(store.open_records.ordinals())
    index = store.linking.index(store.model)
    if not any(ordinal in index for ordinal in known):
        raise NotFoundError("no child's record to fit a prior to; 'contactpoint load' brings them")
    return fitted(index, known)


def _must_hold_records(records: int) -> None:
    if not records:
        raise NotFoundError("no record to train on; 'contactpoint load' brings them in")


def _shape_of(store: "Contactpoint", source: str) -> Shape:
    known = store.sources.get(source)
    if not known.fields:
        raise UsageError(
            f"source {source!r} holds records of children; expected no --source, "
            "or one whose mapping declares fields"
        )
    return Shape.of(known.fields)


def _only_shape(store: "Contactpoint") -> Shape | None:
    """The shape of all records, where they are of one other shape; None where any is a child's."""
    heads = store.log.heads
    sources = store.sources.registry().sources
    if any(heads.count_current(name) for name, one in sources.items() if not one.fields):
        return None
    shapes = list(store.shapes.known())
    if len(shapes) > 1:
        raise UsageError(f"tables of {len(shapes)} shapes; expected --source, to say which")
    return shapes[0] if shapes else None

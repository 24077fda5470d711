"""Linking of tables of another shape: which model is in force for one, and how far it is linked."""

from events.message import Event


class ShapeModelAdopted(Event, frozen=True, omit_defaults=True):
    """A model version is in force for the records of one shape from here on."""

    shape: str
    model: str
    automatic: bool = False
    """Made and adopted by a run of linking, for want of one that fits the table's size."""


class ShapeLinked(Event, frozen=True, omit_defaults=True):
    """Every record of the shape recorded up to ``through`` was linked under ``model``."""

    shape: str
    model: str
    through: int
    records: int
    pairs: int
    links: int
    referred: int
    overflowed: int = 0
    """Candidate pairs beyond the stated bound of an overlong block."""


ShapeEvent = ShapeModelAdopted | ShapeLinked

"""Whose family a child is: declared, so that nobody decides on children of their own."""

from typing import ClassVar
from uuid import UUID

from events.message import Erased, Event


class RelativesDeclared(Event, frozen=True, omit_defaults=True):
    """These children are of the family of the person whose stream it is, and no others."""

    sealed: ClassVar[tuple[str, ...]] = ("children",)

    by: str
    children: tuple[UUID, ...] | Erased | None = None


RelativesEvent = RelativesDeclared

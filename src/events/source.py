"""A source: an agency's system that sends deliveries of one feed, and how it behaves."""

from events.message import Event
from person.declared import DeclaredField


class SourceRegistered(Event, frozen=True, omit_defaults=True):
    """A source was added, or its settings were stated anew."""

    source: str
    feed: str
    one_record_each: bool
    dual_registration: bool
    verified: tuple[str, ...]
    guard_share: float
    oldest: int | None
    cadence: str
    nameless: bool = False
    scope: str = ""
    automatic: bool = False
    """Added by the first load, with its feed's settings."""
    fields: tuple[DeclaredField, ...] = ()
    """What its records declare, where they are of a table of another shape."""
    holds_few: bool = False
    """It holds few of all children, so that most records of others have no partner there."""


SourceEvent = SourceRegistered

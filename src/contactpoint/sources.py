"""Registered sources: what is known of each agency's system, and how its deliveries are taken."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from contactpoint.errors import NotFoundError, UsageError
from events.log import Log
from events.master import MasterKey
from events.message import Origin, Recorded
from events.source import SourceRegistered
from feeds.submission import Settings


class Registry(msgspec.Struct, frozen=True):
    """All registered sources by name, and the version of the stream that holds them."""

    version: int = 0
    sources: dict[str, SourceRegistered] = {}


def evolve(registry: Registry, event: SourceRegistered) -> Registry:
    """The registry after one more source was registered, or stated anew."""
    return Registry(registry.version + 1, {**registry.sources, event.source: event})


LONGEST_NAME = 100


def named(source: str) -> str:
    """Give the name of a source back. Raises UsageError where it would break a line or a table."""
    if not source or source != source.strip() or not source.isprintable():
        raise UsageError(
            "source: expected the name of the agency's system in printable characters, colons "
            "among them, in one line and without blanks at its ends"
        )
    if len(source) > LONGEST_NAME:
        raise UsageError(f"source: expected a name of at most {LONGEST_NAME} characters")
    return source


@dataclass(frozen=True, slots=True)
class Sources:
    """Reads and adds the sources of one log."""

    log: Log
    master: MasterKey

    @property
    def _stream(self) -> UUID:
        return self.master.hashes.stream_id("sources")

    def registry(self) -> Registry:
        """All sources, as the log has them now."""
        return self.log.replay(self._stream, Registry(), evolve)

    def get(self, source: str) -> SourceRegistered:
        """One source. Raises NotFoundError."""
        found = self.registry().sources.get(source)
        if found is None:
            raise NotFoundError(
                f"no source {source!r}; 'contactpoint source list' names those known"
            )
        return found

    def register(self, source: SourceRegistered, origin: Origin) -> bool:
        """Add a source, or state it anew; whether that changed anything.

        Raises UsageError where the source is known with another feed, or its guard is no share.
        """
        if not 0 <= source.guard_share <= 1:  # "nan" could be written, and never read again
            raise UsageError("guard share: expected a share from 0 to 1")
        registry = self.registry()
        known = registry.sources.get(source.source)
        if known is not None and known.feed != source.feed:
            raise UsageError(
                f"source {source.source!r} sends {known.feed}; expected another name for a "
                f"source of {source.feed}"
            )
        if known is not None and not source.fields:
            source = msgspec.structs.replace(source, fields=known.fields)
        if (
            known is not None
            and msgspec.structs.replace(source, automatic=known.automatic) == known
        ):
            return False
        message = Recorded(self._stream, registry.version + 1, origin, origin.recorded, source)
        self.log.append([message])
        return True


def registration(
    source: str, feed: str, settings: Settings, *, automatic: bool = False
) -> SourceRegistered:
    """A source with its feed's settings."""
    return SourceRegistered(
        source=source,
        feed=feed,
        one_record_each=settings.one_record_each,
        dual_registration=settings.dual_registration,
        verified=settings.verified,
        guard_share=settings.guard_share,
        oldest=settings.oldest,
        cadence=settings.cadence,
        nameless=settings.nameless,
        holds_few=settings.holds_few,
        automatic=automatic,
        fields=settings.fields,
    )

"""What runs of linking say of themselves: how far they went, and which pairs await a steward."""

from collections.abc import Iterable
from typing import Any

from contactpoint.again import again
from contactpoint.linking.outcome import LinkOutcome
from contactpoint.linking.parts import Parts
from contactpoint.streams import recorded
from events.failpoints import failpoint
from events.linking import LinkingCompleted
from events.message import Event, Origin, Recorded
from events.shape import ShapeLinked

FIGURES = ("model", "through", "records", "pairs", "links", "referred", "overflowed")


class Runs:
    """The stream of the runs over children, or over the records of one other shape."""

    def __init__(self, parts: Parts, shape: str, origin: Origin) -> None:
        """``origin`` is that of the run whose events are to follow."""
        self._log, self._workings = parts.log, parts.workings
        self._shape, self._origin = shape, origin
        self.stream = parts.master.hashes.stream_id("linking", *([shape] if shape else []))
        self.read()

    def read(self) -> None:
        """Look where the stream stands now: it goes on from there."""
        self.version = self._log.versions([self.stream]).get(self.stream, 0)

    def last(self) -> tuple[int, str]:
        """How far the log was linked, and under which model; none under none."""
        runs = self._workings.runs()
        through = int(runs[0]["through"]) if runs else 0
        if not self._shape:
            return through, str(runs[0]["model"]) if runs else ""
        events = (message.event for message in self._log.stream(self.stream))
        mine = [event for event in events if isinstance(event, ShapeLinked)]
        if not mine:
            return 0, ""
        # What children were linked through, this shape was: it goes first.
        return max(through, mine[-1].through), mine[-1].model

    def messages(self, events: Iterable[Event]) -> list[Recorded]:
        """Events that follow in the stream, as it stood when it was read."""
        return recorded(self.stream, self.version, events, self._origin)

    def complete(self, outcome: LinkOutcome) -> None:
        """End a run; what another wrote of itself meanwhile takes nothing from it."""
        figures: dict[str, Any] = {name: getattr(outcome, name) for name in FIGURES}
        shape = self._shape
        completed = ShapeLinked(shape, **figures) if shape else LinkingCompleted(**figures)
        failpoint("link.before-complete")

        def attempt() -> None:
            self.read()
            self._log.append(self.messages([completed]))

        again(attempt)

"""What somebody asks to have loaded, and what was asked for when a delivery was recorded."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from events.delivery import Delivery, DeliveryHeld, DeliveryReceived
from feeds.submission import Feed, Mode


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked to have loaded."""

    paths: Sequence[Path]
    feed: Feed
    source: str
    mode: Mode | None = None
    """None: as the mapping says, else the feed."""
    mapping: Path | None = None
    effective: str = ""
    dry_run: bool = False
    progress: Callable[[str, int], None] | None = field(default=None, compare=False)
    """Told the stage (``read``, ``append``) and how many rows it has come to."""


def asked(delivery: Delivery, feeds: Mapping[str, Feed]) -> Iterator[Request]:
    """What may have been asked for when the delivery was recorded, the likeliest first.

    Nothing where its path is unreadable now. A delivery that was taken keeps the mode that it was
    read in, which may have been asked for or may be the feed's own.
    """
    recorded = delivery.held or delivery.received
    if recorded is None or not isinstance(recorded.path, str) or recorded.feed not in feeds:
        return
    paths = [Path(line) for line in recorded.path.split("\n")]
    mapping = paths.pop() if recorded.mapped else None
    for mode in _modes(recorded):
        yield Request(paths, feeds[recorded.feed], recorded.source, mode, mapping, recorded.stated)


def _modes(recorded: DeliveryHeld | DeliveryReceived) -> Sequence[Mode | None]:
    mode: Mode = "snapshot" if recorded.mode == "snapshot" else "delta"
    if isinstance(recorded, DeliveryReceived):
        return None, mode
    return (mode if recorded.mode else None,)

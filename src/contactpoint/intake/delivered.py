"""The files of a delivery, how they are to be read, and what a reading says of itself."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contactpoint.intake.recall import Kept
from feeds.submission import Feed, Header, Mode, Reading, Settings


@dataclass(slots=True)
class About:
    """What a reading says of its file and of its feed."""

    header: Header
    settings: Settings
    mode: Mode
    dropped: Counter[str] = field(default_factory=Counter)
    """Whole when all has been read."""


@dataclass(frozen=True, slots=True)
class How:
    """How a delivery is to be read."""

    size: int
    """Rows in each chunk."""
    kept: Kept
    """Rows that were read before."""
    again: frozenset[bytes] = frozenset()
    """Hashes of rows to be read although they are recalled."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The files of a delivery, and how they are to be read."""

    feed: Feed
    paths: Sequence[Path]
    mapping: Path | None

    def open(self) -> Reading:
        """Begin a pass over it. Raises FeedError where it is not what its feed reads."""
        return self.feed.open(self.paths, mapping=self.mapping)

    def about(self, reading: Reading) -> About:
        """What a reading that has just begun says of its file and its feed."""
        settings = getattr(reading, "settings", None) or self.feed.settings
        mode = getattr(reading, "mode", None) or self.feed.mode
        return About(reading.header, settings, mode)

"""What every pass over a file begins with: its settings, its counts and its errors."""

from collections import Counter
from collections.abc import Callable
from typing import Protocol

from feeds.submission import FeedError, Header, Mode, Settings
from feeds.text import Limits


class Format(Protocol):
    """What a pass takes from its feed."""

    @property
    def limits(self) -> Limits:
        """The largest file and element."""

    @property
    def clock(self) -> Callable[[], str]:
        """Gives today's date, before which every birth, death and move must lie."""

    @property
    def mode(self) -> Mode:
        """Default mode of a delivery."""

    @property
    def settings(self) -> Settings:
        """How its sources behave."""


class OnePass:
    """One pass over the file or files of a delivery; each feed adds how it iterates.

    ``header`` is empty until a feed reads one; ``dropped`` fills while it iterates.
    """

    header = Header()

    def __init__(self, feed: Format, file: str) -> None:
        """``file`` is the base name that errors carry."""
        self.dropped: Counter[str] = Counter()
        self.settings = feed.settings
        self.mode: Mode = feed.mode
        self._file = file
        self._latest = feed.clock()

    def _error(self, where: str, field: str, expected: str) -> FeedError:
        return FeedError(self._file, where, field, expected)

"""What every pass over a file begins with: its settings, its counts and its errors."""

from collections.abc import Callable
from typing import Protocol

from feeds.submission import Dropped, FeedError, Header, Mode, Settings
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


class Today:
    """Today's date, and whether a row would say something else once it has passed."""

    def __init__(self, date: str) -> None:
        """``date`` is ISO 8601."""
        self.date = date
        self.matters = False

    def is_past(self, end: str) -> bool:
        """Whether a date, or the date of a time, lies before today."""
        past = end[:10] < self.date
        self.matters = self.matters or not past
        return past


class OnePass:
    """One pass over the file or files of a delivery; each feed adds how it iterates.

    ``header`` is empty until a feed reads one; ``dropped`` fills while it iterates.

    Whoever iterates may set ``recalls``: a feed that can tell a row's bytes before it reads them
    asks it, and gives ``Recalled`` where the answer is yes: it need not read the row. Asked of each
    row with all the bytes that its submission depends on, beside the feed, its mapping and the
    file's header.
    """

    header = Header()

    def __init__(self, feed: Format, file: str) -> None:
        """``file`` is the base name that errors carry."""
        self.dropped = Dropped()
        self.recalls: Callable[..., bool] | None = None
        self.today = Today(feed.clock())
        self.settings = feed.settings
        self.mode: Mode = feed.mode
        self._file = file
        self._latest = self.today.date

    def _error(self, where: str, field: str, expected: str) -> FeedError:
        return FeedError(self._file, where, field, expected)

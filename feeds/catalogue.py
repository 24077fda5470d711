"""Every feed by its name, and which of them a file is of."""

from pathlib import Path
from typing import Final

from feeds.census_tables import CensusTables
from feeds.cin import Cin
from feeds.csc import Csc
from feeds.csv_table import CsvTable
from feeds.ctf import Ctf
from feeds.pds_fhir import PdsFhir
from feeds.pds_trace import PdsTrace
from feeds.school_census import SchoolCensus
from feeds.ssda903 import Ssda903
from feeds.submission import Feed, FeedError
from feeds.text import regular

FEEDS: Final[dict[str, Feed]] = {
    feed.name: feed
    for feed in (
        SchoolCensus(),
        Ctf(),
        Cin(),
        PdsFhir(),
        PdsTrace(),
        Csc(),
        Ssda903(),
        CensusTables(),
        CsvTable(),
    )
}
"""The feeds, those with the surest look first."""

JOINT: Final = frozenset({Ssda903().name, CensusTables().name})
"""Feeds of which one delivery may be several files: all that belong together go to one ``open``."""

DATED: Final = frozenset({SchoolCensus().name, Ctf().name, Cin().name, CensusTables().name})
"""Feeds whose files state of themselves for which day they speak."""

_BY_CHILD: Final = frozenset({SchoolCensus().name, Ctf().name, Cin().name, Csc().name})
"""Feeds whose rows are numbered as the children in the file, because a line may hold several."""

_HEAD: Final = 1 << 16


def row_word(feed: str) -> str:
    """Give the word that stands before a row's number: ``child``, or ``line``.

    A line that holds several resources of FHIR counts as several lines. Where a return comes as
    tables or as XML, the word is ``row``: a line of its table, or a child.
    """
    if feed in _BY_CHILD:
        return "child"
    return "row" if feed == Ssda903().name else "line"


def recognise(path: Path) -> Feed | None:
    """Give the feed that a file looks to be of, by its beginning; None where it is none.

    Raises FeedError for what is no file, or is empty; OSError where it cannot be read.
    """
    with regular(path).open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise FeedError(path.name, "byte 1", "", "some content, not an empty file")
    return next((feed for feed in FEEDS.values() if feed.recognises(head, path.name)), None)

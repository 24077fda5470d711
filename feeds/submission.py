"""What a feed hands over: submissions, faults and remarks, and the protocol of a feed."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, Protocol

import msgspec

from person.declared import DeclaredField
from person.particulars import Particulars
from person.services import Involvement

Mode = Literal["snapshot", "delta"]


class Remark(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value that cannot be right: the child is taken and the field counts as missing.

    Holds no value, only the rule that the value broke, the field, and what was expected.
    """

    rule: str
    field: str
    expected: str = ""


class Submission(msgspec.Struct, frozen=True, omit_defaults=True):
    """One agency's statement of one child, read from one row or element."""

    key: str
    """The record id at the source, as section 7 of the design lists for each feed."""
    line: int
    """Line (text) or ordinal of the element (XML, JSON array), from 1."""
    particulars: Particulars
    scope: str = ""
    """The establishment that a snapshot speaks for (LAESTAB); empty: the whole source."""
    effective: str = ""
    """When it takes effect at the agency, by the row itself: ISO date or date-time."""
    sequence: int = 0
    """The source's own sequence: a version or serial number; greater is later."""
    purge: bool = False
    """The agency says that it no longer holds this record and we should not either."""
    former_key: str = ""
    """The key under which the source sent this record before."""
    merged_into: str = ""
    """The key of another record into which the source, as it says, has merged this one."""
    sensitive: tuple[Involvement, ...] = ()
    """Involvements of sensitive services; sealed under a key of their own."""
    remarks: tuple[Remark, ...] = ()
    behind: bool = False
    """Any other row of the file for the same record goes before it: of who is on roll again, the
    row that says so, and not the one of who left."""


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row that is not taken: rejected, or held for a data manager. Never holds a value."""

    line: int
    rule: str
    """The authority's own rule number where there is one (``1510``), else a name of ours."""
    field: str
    expected: str
    key: str = ""
    """The record it speaks of, where that can be read: a rejected row proves it present."""
    scope: str = ""
    held: bool = False
    restricted: bool = False
    """It marks the record that it speaks of as restricted: its child is shielded all the same."""


class Recalled(msgspec.Struct, frozen=True):
    """A row of the very bytes that were read before; whoever said so knows what it says."""

    line: int


Row = Submission | Fault | Recalled


OTHER_FIELDS: Final = "(other)"
"""Stands for fields whose names may not be told, and for those beyond the most that are told."""
_MOST_FIELDS: Final = 200
_FIELD_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_NUMBER: Final = re.compile(r"\d{4}|\d\D\d\d?\D\d")


class Dropped(Counter[str]):
    """Fields that a feed does not take, by name, with how often each held a value.

    A file may use a person's name, a date or a number for a key: only plain words are told.
    """

    def __init__(self, counted: Mapping[str, int] | None = None) -> None:
        """``counted`` is what was counted before."""
        super().__init__(counted or {})
        self._row: list[str] = []

    def add(self, name: str) -> None:
        """Count one more value: under its name, where that may be told and is not one too many."""
        if name not in self:  # most are
            name = self._told(name)
        self[name] += 1
        self._row.append(name)

    def _told(self, name: str) -> str:
        """The name under which a field is counted."""
        if name in self or (len(self) < _MOST_FIELDS and _is_plain(name)):
            return name
        return OTHER_FIELDS

    def of_row(self) -> tuple[str, ...]:
        """The names counted since this was last asked."""
        names = tuple(self._row)
        self._row.clear()
        return names


def _is_plain(name: str) -> bool:
    """Whether a name is that of an element or a column, with no date and no number in it."""
    return bool(_FIELD_NAME.fullmatch(name)) and not _NUMBER.search(name)


class Header(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a file says of itself."""

    effective: str = ""
    """ISO date or date-time for which the whole file speaks."""
    sequence: int = 0
    """Serial number of the file at its source."""
    scopes: tuple[str, ...] = ()
    """Establishments that a snapshot speaks for; empty: the whole source."""
    collection: str = ""
    """The authority's name for the collection, ``SC 2026 Spring``."""


class FeedError(Exception):
    """A file that cannot be read as its feed says. Nothing of it is stored.

    Attributes: ``file`` (its base name), ``where`` (line or element), ``field``, ``expected``.
    """

    def __init__(self, file: str, where: str, field: str, expected: str) -> None:
        self.file, self.where, self.field, self.expected = file, where, field, expected
        place = ", ".join(part for part in (where, field) if part)
        super().__init__(": ".join(filter(None, (file, place, f"expected {expected}"))))


class Settings(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a feed's sources behave unless the source was registered otherwise."""

    one_record_each: bool = True
    """The source holds at most one record of a child."""
    dual_registration: bool = False
    """The same child may lawfully have records at two of the source's establishments."""
    verified: tuple[str, ...] = ()
    """Identifier systems that the source verifies where a row states no status."""
    guard_share: float = 0.25
    """Largest share of a source's records that one file may withdraw, or change in name or
    birth date, before the file is held."""
    oldest: int | None = 19
    """Rows of persons who have reached this age on the effective day are out of scope."""
    cadence: str = ""
    """How often the source sends: ``daily``, ``termly``, ``yearly``."""
    holds_few: bool = False
    """The source holds few of all children, as social care does."""
    nameless: bool = False
    """Rows carry no names by design (CIN, SSDA903)."""
    fields: tuple[DeclaredField, ...] = ()
    """What a table of another shape declares: its records are compared by these alone."""


class Reading(Protocol):
    """One pass over one file or set of files. Iterate once; then read ``dropped``."""

    header: Header
    dropped: Dropped
    """Fields that the feed does not take, by name, with how often each held a value."""
    settings: Settings
    """The feed's own, or what a mapping says in their place."""
    mode: Mode
    """The feed's own default, or what a mapping says in its place."""

    def __iter__(self) -> Iterator[Row]: ...


class Feed(Protocol):
    """One official format. ``open`` raises FeedError; so may iterating over what it returns.

    Control totals are checked at the end of the iteration, with FeedError on a mismatch.
    """

    @property
    def name(self) -> str:
        """Its name in ``--feed``."""

    @property
    def version(self) -> int:
        """Raised whenever the reader would make other submissions of the same bytes."""

    @property
    def mode(self) -> Mode:
        """Default mode of a delivery."""

    @property
    def settings(self) -> Settings:
        """How its sources behave unless they were registered otherwise."""

    def recognises(self, head: bytes, filename: str) -> bool:
        """Whether a file that begins so (up to 64 kB) and has this name is of this feed."""

    def open(self, paths: Sequence[Path], *, mapping: Path | None = None) -> Reading:
        """Begin a pass over the files of one delivery."""

"""School Census as the tables that a local authority receives of all its schools together.

Pupils on roll, pupils no longer on roll and the addresses of both make one delivery; a table is
known by its columns, and the ids of the tables join an address to its pupil. What is taken of a
pupil is what the census takes; all other columns and tables are counted and left out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final

from feeds.joining import Joined, Joining, Values
from feeds.pupils import HOME, PUPIL, at_school, former_key, pupil
from feeds.reading import OnePass
from feeds.submission import Fault, FeedError, Header, Mode, Settings, Submission
from feeds.tables import Table, columns_in
from feeds.text import LIMITS, Limits
from feeds.values import Remarks, header_moment, no_link, today
from person.authorities import laestab
from person.dates import DateError, iso_date
from person.identifiers import is_upn_unknown
from person.names import clean

_ON: Final = "pupilonrolltableid"
_OFF: Final = "pupilnolongeronrolltableid"
_CENSUS: Final = "schoolcensustableid"
_SCHOOL: Final = "nativeid"
_DATES: Final = frozenset({"DOB", "EntryDate", "LeavingDate"})
# Column -> the name that the census gives the same item.
_PUPIL: Final = {name.lower(): name for name in (*PUPIL, *_DATES, "EnrolStatus")}
_HOME: Final = {name.lower(): name for name in HOME}
_IDS: Final = frozenset({_ON, _OFF, _CENSUS, _SCHOOL})
_JOINED: Final = ("pupilonroll", "pupilnolongeronroll", "addressesonroll", "addressesoffroll")
_MOST_SCHOOLS: Final = 100_000
_BATCH: Final = 10_000
_MONTHS: Final = {
    name: f"{number:02d}"
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}


@dataclass(frozen=True, slots=True)
class CensusTables:
    """The feed ``school.census-tables``."""

    limits: Limits = LIMITS
    clock: Callable[[], str] = today
    name: str = "school.census-tables"
    version: int = 5
    mode: Mode = "snapshot"
    settings: Settings = Settings(  # noqa: RUF009  # frozen
        dual_registration=True, cadence="termly"
    )

    def recognises(self, head: bytes, filename: str) -> bool:
        """Whether a file names columns as the census tables do."""
        del filename
        names = columns_in(head)
        return _SCHOOL in names and any(name.endswith("tableid") for name in names)

    def open(self, paths: Sequence[Path], *, mapping: Path | None = None) -> "CensusTablesReading":
        """Begin a pass over the tables of one census. A mapping is not used."""
        del mapping
        if not paths:
            raise FeedError("", "", "", "the tables of the census")
        return CensusTablesReading(paths, self)


class CensusTablesReading(OnePass):
    """One pass over the tables of one census."""

    def __init__(self, paths: Sequence[Path], feed: CensusTables) -> None:
        """Look at every table. Raises FeedError where they do not make one census."""
        super().__init__(feed, paths[0].name)
        self._tables: dict[str, Table] = {}
        self._others: list[Table] = []
        self._sort([Table(path, feed.limits) for path in paths])
        self._schools: dict[str, str] = {}
        effective = self._read_schools()
        self.header = Header(effective=effective, scopes=self._scopes(), collection="SC")

    def __iter__(self) -> Iterator[Submission | Fault]:
        """Give a submission or a fault for each pupil, on roll and no longer on roll."""
        with Joining(self._file) as joining:
            for kind in _JOINED:
                rows = self._rows(kind)
                while some := list(islice(rows, _BATCH)):
                    joining.add(each for each in some if isinstance(each, Joined))
                    yield from (each for each in some if isinstance(each, Fault))
            for rows_of_one in joining.children():
                yield from self._submissions(rows_of_one)
        for table in self._others:
            self._count(table)

    def _sort(self, tables: list[Table]) -> None:
        """Tell the tables apart. Raises FeedError where they make no whole census.

        Pupils on roll belong to every census: without them a snapshot would withdraw them all.
        """
        for table in tables:
            names, _ = table.named()
            if _SCHOOL not in names:
                raise FeedError(table.name, "line 1", "NativeId", "a column of this name")
            kind = _kind(set(names))
            if not kind:
                self._others.append(table)
            elif kind in self._tables:
                raise FeedError(table.name, "", "", f"one {kind} table in a delivery, not two")
            else:
                self._tables[kind] = table
        if "pupilonroll" not in self._tables:
            expected = "the pupilonroll table too, all files of a census given together"
            raise FeedError(self._file, "", "", expected)

    def _read_schools(self) -> str:
        """Learn the schools by their censuses where that table is given; give the latest day."""
        effective = ""
        for values in self._values("schoolcensus", _CENSUS, "lea", "estab", "referencedate"):
            school = laestab(values.get("lea", ""), values.get("estab", ""))
            if school and len(self._schools) < _MOST_SCHOOLS:
                self._schools[values.get(_CENSUS, "")] = school
            try:
                day = iso_date(_plain_date(values.get("referencedate", "")))
            except DateError:
                continue
            effective = max(effective, day)
        try:
            return header_moment(effective) if effective else ""
        except DateError as broken:
            raise FeedError(self._file, "schoolcensus", "ReferenceDate", broken.expected) from None

    def _scopes(self) -> tuple[str, ...]:
        """Give the schools of which the pupils are: those for which the tables speak."""
        found = set(self._schools.values())
        for kind in _JOINED[:2]:
            for values in self._values(kind, _SCHOOL, _CENSUS):
                if len(found) < _MOST_SCHOOLS:
                    found.add(self._school(values))
        found.discard("")
        return tuple(sorted(found))

    def _school(self, values: Values) -> str:
        """Give a row's school: its LAESTAB, else the id by which the tables know it."""
        native = no_link([], _SCHOOL, values.get(_SCHOOL, ""))
        bare = native.replace("/", "").replace(" ", "")
        return (
            self._schools.get(values.get(_CENSUS, "")) or laestab(bare[:3], bare[3:]) or native[:20]
        )

    def _values(self, kind: str, *columns: str) -> Iterator[Values]:
        """Give the values of some columns, row by row; none where the table is not given."""
        if kind not in self._tables:
            return
        names, rows = self._tables[kind].named()
        places = [(name, names.index(name)) for name in columns if name in names]
        for _, row in rows:
            yield {name: clean(row[place]) for name, place in places if place < len(row)}

    def _rows(self, kind: str) -> Iterator[Joined | Fault]:
        """Give what is taken of each row of a table; count the rest."""
        if kind not in self._tables:
            return
        table = self._tables[kind]
        names, rows = table.named()
        roll = _OFF if kind.endswith(("longeronroll", "offroll")) else _ON
        taken = _HOME if kind.startswith("addresses") else _PUPIL
        for line, row in rows:
            if len(row) < len(names):
                table.refuse_cut_off(line)
            cells = {
                name: text for name, cell in zip(names, row, strict=False) if (text := clean(cell))
            }
            if len(row) != len(names):
                expected = f"{len(names)} cells, not {len(row)}"
                scope = self._school(cells)
                key = self._key(cells.get("upn", ""), scope)
                yield Fault(line, "CELLS", kind, expected, key, scope)
                continue
            values = {taken[name]: text for name, text in cells.items() if name in taken}
            for name in sorted(cells.keys() - taken.keys() - _IDS):
                self.dropped.add(f"{kind}.{name}")
            values[_SCHOOL] = self._school(cells)
            # A pupil without an id has no address in another table, and stands alone.
            table_id = cells.get(roll) or f"{kind} {line}"
            yield Joined(f"{roll} {table_id}", kind, line, values)

    def _count(self, table: Table) -> None:
        """Count the fields of a table of which nothing is taken."""
        names, rows = table.named()
        for _, row in rows:
            for name, cell in zip(names, row, strict=False):
                if cell and name not in _IDS:
                    self.dropped.add(name)

    def _submissions(self, rows: list[Joined]) -> Iterator[Submission | Fault]:
        """Give each pupil with all their addresses; addresses of no pupil are counted."""
        homes = [_home(row.values) for row in rows if row.table.startswith("addresses")]
        pupils = [row for row in rows if row.table.startswith("pupil")]
        for row in pupils:
            yield self._pupil(row, homes)
        if not pupils:
            self.dropped["addresses of no pupil"] += len(homes)

    def _pupil(self, row: Joined, homes: list[Values]) -> Submission | Fault:
        stated = {
            name: _plain_date(text) if name in _DATES else text for name, text in row.values.items()
        }
        scope = stated.pop(_SCHOOL)
        key = self._key(stated.get("UPN", ""), scope)
        if not key:
            field = f"{row.table}.upn"
            expected = "a UPN, by which the record is known"
            return Fault(row.line, "1500", field, expected, scope=scope)
        remarks: Remarks = []
        particulars = pupil(remarks, stated, homes, self._latest)
        if not particulars.names and particulars.birth is None:
            field = f"{row.table}.surname"
            return Fault(row.line, "NO-IDENTITY", field, "a name or a birth date", key, scope)
        if scope:
            particulars = at_school(remarks, particulars, stated, scope)
        former = former_key(particulars, scope)
        return Submission(
            key,
            row.line,
            particulars,
            scope,
            former_key=former,
            remarks=tuple(remarks),
            behind=row.table == _JOINED[1],
        )

    def _key(self, written: str, scope: str) -> str:
        """Give the record's id, nothing where there is no UPN to make it of."""
        number = "".join(written.split()).upper()
        if not number or is_upn_unknown(number) or len(number) > 36:
            return ""
        return f"{scope}/{number}" if scope else number


def _kind(names: set[str]) -> str:
    """Give the name that the Department gives the table of these columns; nothing for others."""
    if "upn" in names and names & {_ON, _OFF}:
        return "pupilonroll" if _ON in names else "pupilnolongeronroll"
    if "postcode" in names and names & {_ON, _OFF}:
        return "addressesonroll" if _ON in names else "addressesoffroll"
    return "schoolcensus" if {_CENSUS, "lea", "estab"} <= names else ""


def _home(values: Values) -> Values:
    """Give an address without what a spreadsheet adds to a whole number."""
    home = {name: text for name, text in values.items() if name != _SCHOOL}
    for name in ("UniquePropertyReferenceNumber", "UPRN"):
        if name in home:
            home[name] = home[name].removesuffix(".0")
    return home


@lru_cache(maxsize=65536)
def _plain_date(text: str) -> str:
    """Give a date that the tables write as ``2012-Jan-21 00:00:00`` in a form that others read.

    >>> _plain_date("2012-Jan-21 00:00:00"), _plain_date("21/01/2012")
    ('2012-01-21', '21/01/2012')
    """
    year, _, rest = text.partition("-")
    month, _, day = rest.partition("-")
    number = _MONTHS.get(month.lower())
    return f"{year}-{number}-{day[:2]}" if number else text

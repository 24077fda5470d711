"""Any table as CSV: one row for each record, its columns bound by name through a mapping."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from itertools import islice, takewhile
from pathlib import Path
from typing import Final

import msgspec

from feeds.csv_mapping import COLUMNS, DEFAULTS, OWN_NAMES, Mapped, read_mapping
from feeds.reading import OnePass
from feeds.submission import Fault, Mode, Recalled, Row, Settings, Submission
from feeds.tables import Table, column_names, columns_in, delimiter_of, folded, trimmed
from feeds.text import LIMITS, Limits
from feeds.values import (
    Remarks,
    birth_date,
    checked,
    compact,
    date_value,
    effective_time,
    email_address,
    expected_birth,
    former_upn,
    nhs_identifier,
    no_link,
    no_links,
    only_file,
    own_numbers,
    phone_number,
    real_postcode,
    remark,
    sex,
    today,
    upn_identifier,
)
from person.dates import DateError
from person.declared import declared_value
from person.identifiers import Identifier, nhs_number
from person.names import PersonName, clean
from person.particulars import Carer, Declared, Particulars
from person.places import Address

Cells = dict[str, str]
_SEPARATOR: Final = "\x1f"
_LONGEST_KEY: Final = 200
_NAMES: Final = (
    "given", "middle", "family", "former_family", "preferred_family", "alias", "address", "town",
    "guardian_given", "guardian_family", "mother_maiden",
)  # fmt: skip
"""Columns that name persons and places in words of any kind."""
_SCOPE: Final = re.compile(r"(?=.*\d)[A-Za-z0-9/_.-]{1,20}")
"""An establishment's code: it stands in clear in the log, so that it must not be a name."""


@dataclass(frozen=True, slots=True)
class CsvTable:
    """The feed ``csv``."""

    limits: Limits = LIMITS
    clock: Callable[[], str] = today
    name: str = "csv"
    version: int = 6
    mode: Mode = "delta"
    settings: Settings = DEFAULTS

    def recognises(self, head: bytes, filename: str) -> bool:
        """Whether a file's first line has our own names of columns, a key among them."""
        del filename
        names = columns_in(head)
        return "key" in names and bool(names & set(COLUMNS))

    def open(self, paths: Sequence[Path], *, mapping: Path | None = None) -> "CsvReading":
        """Begin a pass over one table, by a mapping or by our own names of columns."""
        mapped = OWN_NAMES if mapping is None else read_mapping(mapping)
        return CsvReading(only_file(paths), self, mapped)

    def particulars(self, cells: Cells, mapped: Mapped = OWN_NAMES) -> Particulars:
        """Give what cells under our own names of columns state of a child; nothing is verified.

        For a table of which a row is no record, such as one of pairs.
        """
        return CsvReading.without_file(self.clock(), mapped).particulars(cells)


class CsvReading(OnePass):
    """One pass over one table."""

    def __init__(self, path: Path, feed: CsvTable, mapped: Mapped) -> None:
        """Read the names of the columns. Raises FeedError where they do not fit the mapping."""
        super().__init__(feed, path.name)
        self.settings, self.mode = mapped.settings, mapped.mode
        self._mapped = mapped
        self._table = Table(path, feed.limits, delimiter=mapped.delimiter, skip=mapped.skip)
        line, self._names = self._table.first(self._table.rows())
        self._refuse_missing(line, self._names)
        self._places = self._bind(line, self._names)
        self._declared = self._bind_fields(line, self._names)

    @classmethod
    def without_file(cls, latest: str, mapped: Mapped = OWN_NAMES) -> "CsvReading":
        """Give one that reads cells as ``particulars`` is handed them, and no rows."""
        made = cls.__new__(cls)
        made.settings, made._latest, made._mapped = DEFAULTS, latest, mapped
        return made

    def particulars(self, cells: Cells) -> Particulars:
        """Give what the cells state of a child, by our names of the columns."""
        return self._particulars([], {name: clean(cell) for name, cell in cells.items()})

    def __iter__(self) -> Iterator[Row]:
        """Give a submission or a fault for each row. Checks the control total at the end."""
        read, total = 0, None
        named = _SEPARATOR.join(self._names).encode()
        rows = islice(self._table.rows(), 1, None)
        for line, cells in trimmed(rows, len(self._names)):
            if total is not None:
                raise self._error(f"line {line}", "", "no row after the one with the total")
            if self._mapped.total and cells[0].strip() == self._mapped.total:
                total = cells[1].strip() if len(cells) > 1 else ""
                continue
            if len(cells) < len(self._names):
                self._table.refuse_cut_off(line)
            read += 1
            if self.recalls and self.recalls(named, _SEPARATOR.join(cells).encode()):
                yield Recalled(line)
            else:
                yield self._row(line, cells)
        if self._mapped.total and total != str(read):
            raise self._error("end", self._mapped.total, f"a control total of {read} rows")

    def _refuse_missing(self, line: int, names: list[str]) -> None:
        """Raise FeedError naming every column that is told and not there.

        Where the cells are parted otherwise than is told, that is what is wrong.
        """
        wanted = self._wanted()
        there = set(column_names(self._file, line, names))
        missing = [theirs for theirs in wanted if folded(theirs) not in there]
        if not missing:
            return
        told = self._table.delimiter
        row = told.join(names)
        shown = delimiter_of(row)
        if shown != told and not {folded(each) for each in row.split(shown)}.isdisjoint(
            map(folded, missing)
        ):
            expected = f"cells parted by {told!r}, as the mapping has it; here it is {shown!r}"
            raise self._error(f"line {line}", "delimiter", expected)
        purposes = ", ".join(wanted[theirs] for theirs in missing)
        some = "columns of these names" if len(missing) > 1 else "a column of this name"
        raise self._error(f"line {line}", ", ".join(missing), f"{some}, for {purposes}")

    def _wanted(self) -> dict[str, str]:
        """Give the columns that must be there, and what each is for."""
        told = self._mapped
        if told is OWN_NAMES:
            return {"key": "key"}
        ours = {theirs: ours for ours, theirs in (told.roles | told.columns).items()}
        fields = {
            name: f"the field {field}" for field, each in told.fields.items() for name in each
        }
        return ours | fields

    def _bind(self, line: int, names: list[str]) -> dict[str, int]:
        """Give the place of each column that the mapping names."""
        columns = column_names(self._file, line, names)
        places = {name: place for place, name in enumerate(columns) if name}
        wanted = self._mapped.roles | self._mapped.columns
        bound = {
            ours: places[folded(theirs)]
            for ours, theirs in wanted.items()
            if folded(theirs) in places
        }
        if not set(bound) & set(COLUMNS) and not self._mapped.fields:
            raise self._error(f"line {line}", "", "columns that the mapping, or the manual, names")
        return bound

    def _bind_fields(self, line: int, names: list[str]) -> dict[str, tuple[int, ...]]:
        """Give the places of the columns that each declared field is read from."""
        columns = column_names(self._file, line, names)
        places = {name: place for place, name in enumerate(columns) if name}
        bound = {
            field: tuple(places[folded(name)] for name in theirs)
            for field, theirs in self._mapped.fields.items()
        }
        ours = [each.name for each in self.settings.fields if each.name not in bound]
        return bound | {name: (self._places[name],) for name in ours}

    def _row(self, line: int, row: list[str]) -> Submission | Fault:
        places = self._places
        cells = {ours: clean(row[place]) for ours, place in places.items() if place < len(row)}
        key = cells.get("key", "")
        if not key or len(key) > _LONGEST_KEY:
            return Fault(line, "KEY", self._mapped.roles["key"], "the record's own id")
        stated = cells.get("scope", "")
        scope = stated if _SCOPE.fullmatch(stated) else ""
        if len(row) != len(self._names):
            expected = f"{len(self._names)} cells, not {len(row)}"
            return Fault(line, "CELLS", "row", expected, key, scope)
        self._count(row)
        remarks: Remarks = []
        if stated != scope:
            expected = "a code of up to 20 letters and digits, such as a LAESTAB"
            remarks.append(remark("SCOPE", self._mapped.roles["scope"], expected))
        particulars = self._particulars(remarks, cells)
        if self._declared:
            cells_of = {
                field: [row[place] for place in places] for field, places in self._declared.items()
            }
            declared = declared_in(remarks, cells_of, self._mapped)
            particulars = msgspec.structs.replace(particulars, declared=declared)
            if not declared:
                expected = "a value in one of the declared fields"
                return Fault(line, "NO-IDENTITY", "row", expected, key, scope)
        elif not particulars.names and particulars.birth is None:
            return Fault(line, "NO-IDENTITY", "row", "a name or a birth date", key, scope)
        return Submission(
            key,
            line,
            particulars,
            scope,
            effective=self._effective(remarks, cells),
            sequence=_whole(remarks, "sequence", cells.get("sequence", "")) or 0,
            former_key=cells.get("former_key", ""),
            merged_into=cells.get("merged_into", "")[:_LONGEST_KEY],
            remarks=tuple(remarks),
        )

    def _count(self, row: list[str]) -> None:
        """Count the cells that hold something and are bound to nothing."""
        taken = set(self._places.values()).union(*self._declared.values())
        for place, cell in enumerate(row):
            if cell and place not in taken:
                self.dropped.add(self._names[place].strip() or f"column_{place + 1}")

    def _effective(self, remarks: Remarks, cells: Cells) -> str:
        """Give when a row takes effect, with its time where it has one in ISO form."""
        text = self._written_date(remarks, "effective", cells)
        return effective_time(remarks, "effective", text, self._latest)

    def _date(self, remarks: Remarks, name: str, cells: Cells, latest: str = "") -> str:
        return date_value(remarks, name, self._written_date(remarks, name, cells), latest)

    def _written_date(self, remarks: Remarks, name: str, cells: Cells) -> str:
        """Give a date as ISO text where the mapping says how dates are written."""
        text = cells.get(name, "")
        if not text or not self._mapped.dates:
            return text
        return checked(remarks, name, _told_by(self._mapped.dates), text) or ""

    def _particulars(self, remarks: Remarks, cells: Cells) -> Particulars:
        cells = no_links(remarks, cells, _NAMES)
        get = cells.get
        code, none = real_postcode(remarks, "postcode", get("postcode", ""))
        line, town = get("address", ""), get("town", "")
        born = birth_date(remarks, "dob", self._written_date(remarks, "dob", cells), self._latest)
        due = self._written_date(remarks, "expected_dob", cells)
        phone = phone_number(remarks, "phone", get("phone", ""))
        carers = _carers(remarks, cells)
        email = email_address(remarks, "email", get("email", ""))
        return Particulars(
            names=_names(cells),
            birth=born or expected_birth(remarks, "expected_dob", due, self._latest),
            sex=sex(remarks, "sex", get("sex", "")),
            addresses=(Address((line,) if line else (), town, code),)
            if line or town or code
            else (),
            no_known_address=none,
            identifiers=own_numbers(remarks, "nhs", self._identifiers(remarks, cells), carers),
            phones=(phone,) if phone else (),
            emails=(email,) if email else (),
            carers=carers,
            births=_whole(remarks, "births", get("births", ""), highest=9),
            birth_order=_whole(remarks, "birth_order", get("birth_order", ""), highest=9),
            died=self._date(remarks, "died", cells, self._latest),
        )

    def _identifiers(self, remarks: Remarks, cells: Cells) -> tuple[Identifier, ...]:
        get = cells.get
        return compact(
            [
                nhs_identifier(remarks, "nhs", get("nhs", ""), self._nhs_status(cells)),
                upn_identifier(remarks, "upn", get("upn", "")),
                former_upn(remarks, "former_upn", get("former_upn", "")),
            ]
        )

    def _nhs_status(self, cells: Cells) -> str:
        """Give how far an NHS number is trusted: by its own status, else by the source's."""
        status = cells.get("nhs_status", "")
        trusted = status.zfill(2) == "01" if status else "nhs" in self.settings.verified
        return "verified" if trusted else "unverified"


def declared_in(
    remarks: Remarks, cells: Mapping[str, Sequence[str]], mapped: Mapped
) -> tuple[Declared, ...]:
    """Give what the cells of each declared field state; a value not of its kind is a remark."""
    found = []
    for field in mapped.settings.fields:
        parts = [clean(cell) for cell in cells.get(field.name, ())]
        # Of year, month and day what follows a gap says nothing.
        text = "-".join(takewhile(bool, parts)) if field.kind == "date" else " ".join(parts)
        if text and field.kind == "date" and mapped.dates and len(parts) == 1:
            text = checked(remarks, field.name, _told_by(mapped.dates), text) or ""
        text = no_link(remarks, field.name, text)
        value = checked(remarks, field.name, partial(declared_value, field.kind), text)
        if value:
            found.append(Declared(field.name, value))
    return tuple(found)


def _told_by(form: str) -> Callable[[str], str]:
    return lambda text: _told_date(text, form)


def _names(cells: Cells) -> tuple[PersonName, ...]:
    get = cells.get
    forename, family = get("given", ""), get("family", "")
    given = ((forename,) if forename else ()) + tuple(get("middle", "").split())
    names = [PersonName(given, family)] if given or family else []
    for column, use in (("preferred_family", "preferred"), ("former_family", "former")):
        if (other := get(column, "")) and other != family:
            names.append(PersonName(given, other, use))
    if alias := get("alias", "").split():
        names.append(PersonName(tuple(alias[:-1]) or tuple(alias), alias[-1] if alias[1:] else "",
                                "alias"))  # fmt: skip
    return tuple(names)


def _carers(remarks: Remarks, cells: Cells) -> tuple[Carer, ...]:
    get = cells.get
    carers = []
    if get("guardian_given") or get("guardian_family"):
        carers.append(Carer(get("guardian_given", ""), get("guardian_family", "")))
    written = get("mother_nhs", "")
    nhs = checked(remarks, "mother_nhs", nhs_number, written) if written else None
    if nhs or get("mother_maiden"):
        carers.append(Carer(relationship="mother", maiden=get("mother_maiden", ""), nhs=nhs or ""))
    return tuple(carers)


def _whole(remarks: Remarks, field: str, text: str, highest: int = 2**62) -> int | None:
    """Give a whole number from 1."""
    if text.isascii() and text.isdigit() and len(text) < 20 and 1 <= int(text) <= highest:
        return int(text)
    if text:
        remarks.append(remark("NUMBER-FORM", field, "a whole number from 1"))
    return None


@lru_cache(maxsize=65536)
def _told_date(text: str, form: str) -> str:
    """Give the ISO form of a date written in the form that a mapping tells."""
    try:
        return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007  # a day only
    except ValueError:
        raise DateError("DATE-FORM", "a date in the form that the mapping tells") from None

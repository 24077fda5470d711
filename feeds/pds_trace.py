"""Batch trace of the Personal Demographics Service: the NHS number found for each local record.

A response comes over MESH as CSV, its columns named by a first row (their order differs between
publications), or as the older MPT response: a control row with the number of records and a code,
then rows without names. A trace is evidence on a local record and not a record of a child, so
its sources are nameless ones even though rows repeat the names that were asked about.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from feeds.reading import OnePass
from feeds.submission import Fault, Mode, Settings, Submission
from feeds.tables import Row, Table, column_names, columns_in, folded
from feeds.text import LIMITS, Limits, head_text
from feeds.values import (
    Remarks,
    birth_date,
    compact,
    date_value,
    email_address,
    nhs_identifier,
    no_link,
    only_file,
    phone_number,
    real_postcode,
    remark,
    sex,
    today,
)
from person.identifiers import Identifier
from person.names import PersonName, clean
from person.particulars import Particulars
from person.places import Address
from person.services import Involvement

Cells = dict[str, str]

_LINES: Final = tuple(f"address_line{number}" for number in range(1, 6))
_TAKEN: Final = frozenset(
    {
        "unique_reference", "local_patient_id", "nhs_no", "req_nhs_number", "family_name",
        "given_name", "other_given_name", "gender", "date_of_birth", "date_of_death", "postcode",
        "sensitivity_flag", "error/success_code", "matched_nhs_no", *_LINES,
        "gp_practice_code", "gp_registration_date", "telephone_number", "mobile_number",
        "email_address",
    }
)  # fmt: skip
# Names that publications of the service differ in -> the ones used here.
_ALIASES: Final = {
    "error_success_code": "error/success_code",
    "success_code": "error/success_code",
    "req_nhs_no": "req_nhs_number",
    "post_code": "postcode",
    "sensitivty_flag": "sensitivity_flag",
}
# Order of the 33 columns of an MPT response, which names none (the request's 22, then the answer).
_MPT: Final = (
    "unique_reference", "nhs_no", "family_name", "given_name", "other_given_name", "gender",
    "date_of_birth", "date_of_death", *_LINES, "postcode", "gp_practice_code",
    "nhais_posting_id", "as_at_date", "local_patient_id", "internal_id", "telephone_number",
    "mobile_number", "email_address", "sensitivity_flag", "mps_id", "error/success_code",
    "matched_nhs_no", "matched_algorithm_indicator", "matched_confidence_percentage",
    *(f"score_{number}" for number in range(1, 6)),
)  # fmt: skip
_NONE: Final = "0000000000"
_MANY: Final = "9999999999"
_FOUND: Final = "00"
_SUPERSEDED: Final = "90"
_SENSITIVE: Final = "92"
_TRACED: Final = frozenset({_FOUND, _SUPERSEDED, _SENSITIVE})
_SEVERAL: Final = "97"


@dataclass(frozen=True, slots=True)
class PdsTrace:
    """The feed ``health.pds-trace``."""

    limits: Limits = LIMITS
    clock: Callable[[], str] = today
    name: str = "health.pds-trace"
    version: int = 6
    mode: Mode = "delta"
    settings: Settings = Settings(nameless=True)  # noqa: RUF009  # frozen

    def recognises(self, head: bytes, filename: str) -> bool:
        """Whether a file begins with the control row of a trace, or names its columns."""
        del filename
        names = columns_in(head)
        is_response = "unique_reference" in names and "matched_nhs_no" in names
        text = head_text(head[:500]).lstrip()
        return is_response or (text.startswith("MPTREQ_") and "SPINE_MPT" in text)

    def open(self, paths: Sequence[Path], *, mapping: Path | None = None) -> "TraceReading":
        """Begin a pass over one response. A mapping is not used."""
        del mapping
        return TraceReading(only_file(paths), self)


class TraceReading(OnePass):
    """One pass over one response."""

    def __init__(self, path: Path, feed: PdsTrace) -> None:
        """Read the beginning. Raises FeedError where it is no response of the service."""
        super().__init__(feed, path.name)
        self._table = Table(path, feed.limits)
        self._open()

    def __iter__(self) -> Iterator[Submission | Fault]:
        """Give a submission or a fault for each row. Checks the control total at the end."""
        names, rows, total = self._open()
        read = 0
        for line, cells in rows:
            read += 1
            yield self._row(line, names, cells)
        if total is not None and total != read:
            raise self._error("control row", "count", f"{read}, as many as there are records")

    def _open(self) -> tuple[list[str], Iterator[Row], int | None]:
        """Give the names of the columns, the rows below, and the control total if there is one."""
        rows = self._table.rows()
        first = next(rows, None)
        if first is None:
            raise self._error("line 1", "", "a control row, or the names of the columns")
        total = None
        if first[1][0].startswith("MPTREQ_"):
            total = self._total(first[1])
            second = next(rows, None)
            if second is None or folded(second[1][0]) != "unique_reference":
                return list(_MPT), chain([second] if second else [], rows), total
            first = second
        names = column_names(self._file, *first)
        names = [_ALIASES.get(name, name) for name in names]
        for wanted in ("unique_reference", "matched_nhs_no", "error/success_code"):
            if wanted not in names:
                expected = "a column of this name, as a trace response has it"
                raise self._error(f"line {first[0]}", wanted.upper(), expected)
        return names, rows, total

    def _total(self, control: list[str]) -> int:
        """Give the number of records that a control row states, if its code says all is well."""
        texts = [cell.strip() for cell in control]
        if len(texts) > 2 and texts[2].isascii() and texts[2].isdigit() and len(texts[2]) == 14:
            del texts[2]  # some publications have the time of the request before the count
            texts += [_FOUND] if len(texts) == 3 else []
        if len(texts) < 4 or not (texts[2].isascii() and texts[2].isdigit() and len(texts[2]) < 12):
            raise self._error(
                "line 1", "count", "a control row: MPTREQ_..., SPINE_..., count, code"
            )
        if texts[3] != _FOUND:
            raise self._error("line 1", "code", "00: the service refused the whole request")
        return int(texts[2])

    def _row(self, line: int, names: list[str], row: list[str]) -> Submission | Fault:
        if len(row) < len(names):
            self._table.refuse_cut_off(line)
        cells = {name: clean(cell) for name, cell in zip(names, row, strict=False) if cell}
        key = cells.get("local_patient_id") or cells.get("unique_reference", "")
        if not key or len(key) > 200:
            return Fault(line, "KEY", "UNIQUE_REFERENCE", "a local patient id, or a reference")
        if len(row) != len(names):
            expected = f"{len(names)} cells, not {len(row)}"
            return Fault(line, "CELLS", "row", expected, key)
        for name in cells:
            if name not in _TAKEN:
                self.dropped.add(name.upper())
        remarks: Remarks = []
        return Submission(key, line, self._particulars(remarks, cells), remarks=tuple(remarks))

    def _particulars(self, remarks: Remarks, cells: Cells) -> Particulars:
        get = cells.get
        first, others, family = (
            _named(remarks, cells, name)
            for name in ("given_name", "other_given_name", "family_name")
        )
        given = ((first,) if first else ()) + tuple(others.split())
        lines = compact([_named(remarks, cells, line) or None for line in _LINES])
        code, none = real_postcode(remarks, "POSTCODE", get("postcode", ""))
        born = _partial(get("date_of_birth", ""))
        # A mark that is not known may be a restriction.
        restricted = get("sensitivity_flag", "").upper() not in ("", "N", "U")
        phones = [
            phone_number(remarks, name.upper(), get(name, ""))
            for name in ("telephone_number", "mobile_number")
        ]
        email = email_address(remarks, "EMAIL_ADDRESS", get("email_address", ""))
        return Particulars(
            names=(PersonName(given, family),) if given or family else (),
            birth=birth_date(remarks, "DATE_OF_BIRTH", born, self._latest),
            sex=sex(remarks, "GENDER", get("gender", "")),
            addresses=(Address(lines, postcode=code),) if lines or code else (),
            no_known_address=none,
            identifiers=_numbers(remarks, cells),
            phones=tuple(dict.fromkeys(filter(None, phones))),
            emails=(email,) if email else (),
            involvements=_practice(remarks, cells),
            died=date_value(remarks, "DATE_OF_DEATH", get("date_of_death", ""), self._latest),
            restricted=restricted or _code(cells) == _SENSITIVE,
        )


def _numbers(remarks: Remarks, cells: Cells) -> tuple[Identifier, ...]:
    """Give the NHS number that was found, and the one that it superseded.

    0000000000 says that none was found and 9999999999 that several were; any code but 00 (found),
    90 (found under a newer number) and 92 (found, and sensitive) says that nothing is certain.
    Ids of the service's own for people whom it did not find (a letter, then digits) are no NHS
    numbers.
    """
    code = _code(cells)
    matched = "".join(cells.get("matched_nhs_no", "").split())
    if matched in ("", _NONE, _MANY) or code not in _TRACED:
        expected = "one match, with code 00, 90 or 92"
        several = matched == _MANY or code == _SEVERAL
        rule = "TRACE-MANY" if several else "TRACE-NONE"
        remarks.append(remark(rule, "MATCHED_NHS_NO", expected))
        return ()
    found = nhs_identifier(remarks, "MATCHED_NHS_NO", matched, "verified")
    asked = cells.get("req_nhs_number") or cells.get("nhs_no", "")
    if not found or code != _SUPERSEDED or not asked:
        return compact([found])
    former = nhs_identifier(remarks, "NHS_NO", asked, "superseded")
    return compact([found, former if former and former.value != found.value else None])


def _practice(remarks: Remarks, cells: Cells) -> tuple[Involvement, ...]:
    """Give the general practice of one who was found; of others it is only what was asked about."""
    practice = _named(remarks, cells, "gp_practice_code")[:20]
    if not practice or _code(cells) not in _TRACED:
        return ()
    since = cells.get("gp_registration_date", "")
    return (Involvement("gp", practice, start=date_value(remarks, "GP_REGISTRATION_DATE", since)),)


def _named(remarks: Remarks, cells: Cells, name: str) -> str:
    """Give a cell that names a person, a place or a practice."""
    return no_link(remarks, name.upper(), cells.get(name, ""))


def _partial(text: str) -> str:
    """Give a date of which the day is not known, as the service writes it, in ISO form.

    >>> _partial("201405"), _partial("20140509")
    ('2014-05', '20140509')
    """
    return f"{text[:4]}-{text[4:]}" if len(text) == 6 and text.isdigit() else text


def _code(cells: Cells) -> str:
    """Give the code of a row, which a spreadsheet may have robbed of a leading nought."""
    code = cells.get("error/success_code", "")
    return code.zfill(2) if code else ""

"""SSDA903: an authority's looked-after children, as the tables or the XML of the yearly return.

It has no names by design. The tables (header, episodes, uasc, sw_episodes and others) make one
delivery together and are joined by CHILD; a table is known by its columns. The index takes who the
child is at its authority, from when to when it was looked after, and its social workers. Legal
status, placements, reasons, health and offending are counted and left out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from feeds.elements import Element, Return, local, names_in, written
from feeds.joining import Joined, Joining, Values
from feeds.mapping import authority_in
from feeds.reading import OnePass
from feeds.submission import Fault, FeedError, Header, Mode, Settings, Submission
from feeds.tables import Table, columns_in
from feeds.text import LIMITS, Limits, head_text, regular
from feeds.values import (
    Remarks,
    birth_date,
    checked,
    compact,
    date_value,
    no_link,
    remark,
    sex,
    today,
    upn_identifier,
)
from person.identifiers import Identifier, la_child_id
from person.names import clean
from person.particulars import BirthDate, Particulars
from person.services import Involvement

# Table -> the columns that make it that table, and the columns that are taken of it.
_TABLES: Final = {
    "header": (frozenset({"child", "sex", "dob", "upn"}), frozenset({"sex", "dob", "upn"})),
    "episodes": (frozenset({"child", "decom", "dec"}), frozenset({"decom", "dec"})),
    "uasc": (frozenset({"child", "sex", "dob", "duc"}), frozenset({"sex", "dob"})),
    "sw_episodes": (
        frozenset({"child", "sw_id", "sw_decom"}),
        frozenset({"sw_id", "sw_decom", "sw_dec"}),
    ),
}
# Columns by which the other tables of the return are told from tables of other feeds.
_OTHERS: Final = frozenset(
    {
        "review_code", "sdq_score", "in_touch", "date_int", "date_placed", "prev_perm", "mis_start",
        "dolo_start",
    }
)  # fmt: skip
_OWN: Final = frozenset({"HEADER", "CHILDID", "SEX", "DOB", "UPN", "UASC"})
_EPISODE: Final = frozenset({"DECOM", "DEC"})
_ROOTS: Final = ("EXPSSDA903", "SSDA903")
_BATCH: Final = 10_000


@dataclass(frozen=True, slots=True)
class Ssda903:
    """The feed ``social-care.ssda903``."""

    limits: Limits = LIMITS
    clock: Callable[[], str] = today
    name: str = "social-care.ssda903"
    version: int = 5
    mode: Mode = "snapshot"
    settings: Settings = Settings(cadence="yearly", nameless=True, holds_few=True)  # noqa: RUF009  # frozen

    def recognises(self, head: bytes, filename: str) -> bool:
        """Whether a file begins as one of the return's tables, or as its XML."""
        del filename
        elements = names_in(head)
        if elements:
            return not elements.isdisjoint(_ROOTS) and "CHILD" in elements
        names = columns_in(head)
        return "child" in names and bool(
            names & _OTHERS or any(columns <= names for columns, _ in _TABLES.values())
        )

    def open(self, paths: Sequence[Path], *, mapping: Path | None = None) -> "Ssda903Reading":
        """Begin a pass over the tables of one return, or its XML.

        No file of the return names the authority: a mapping of one line, ``authority = "201"``,
        does. Without it a child has no id that another record could agree with.
        """
        authority = authority_in(mapping) if mapping else ""
        if not paths:
            raise FeedError("", "", "", "the tables of the return, or its XML")
        return Ssda903Reading(paths, self, authority)


class Ssda903Reading(OnePass):
    """One pass over one return."""

    def __init__(self, paths: Sequence[Path], feed: Ssda903, authority: str) -> None:
        """Look at every file. Raises FeedError where they do not make one return."""
        super().__init__(feed, paths[0].name)
        self.header = Header(collection="SSDA903")
        self._authority = authority
        self._xml = _xml(paths, feed.limits)
        self._tables: dict[str, Table] = {}
        self._others: list[Table] = []
        if self._xml is None:
            self._sort([Table(path, feed.limits) for path in paths])

    def __iter__(self) -> Iterator[Submission | Fault]:
        """Give a submission or a fault for each child."""
        return self._from_tables() if self._xml is None else self._from_xml(self._xml)

    def _sort(self, tables: list[Table]) -> None:
        """Tell the tables apart. Raises FeedError where they make no whole return.

        Header and episodes belong to every return: without either, a snapshot would withdraw what
        the other says.
        """
        for table in tables:
            names, _ = table.named()
            if "child" not in names:
                raise FeedError(table.name, "line 1", "CHILD", "a column of this name")
            kind = _kind(names)
            if not kind:
                self._others.append(table)
            elif kind in self._tables:
                raise FeedError(table.name, "", "", f"one {kind} table in a delivery, not two")
            else:
                self._tables[kind] = table
        for kind in ("header", "episodes"):
            if kind not in self._tables:
                expected = f"the {kind} table too, all files of a return given together"
                raise FeedError(self._file, "", "", expected)

    def _from_tables(self) -> Iterator[Submission | Fault]:
        """Join the tables by child; a row without its child is a fault."""
        with Joining(self._file) as joining:
            for kind in (each for each in _TABLES if each in self._tables):
                rows = self._rows(kind, self._tables[kind])
                while some := list(islice(rows, _BATCH)):
                    joining.add(each for each in some if isinstance(each, Joined))
                    yield from (each for each in some if isinstance(each, Fault))
            for rows_of_one in joining.children():
                yield from self._submissions(rows_of_one)
        for table in self._others:
            self._count(table)

    def _rows(self, kind: str, table: Table) -> Iterator[Joined | Fault]:
        names, rows = table.named()
        taken = _TABLES[kind][1]
        for line, row in rows:
            if len(row) < len(names):
                table.refuse_cut_off(line)
            cells = {
                name: text for name, cell in zip(names, row, strict=False) if (text := clean(cell))
            }
            child = cells.pop("child", "")
            if not child or len(child) > 64:
                yield Fault(line, "KEY", f"{kind}.CHILD", "the authority's child id")
                continue
            if len(row) != len(names):
                yield Fault(line, "CELLS", kind, f"{len(names)} cells, not {len(row)}", child)
                continue
            for name in sorted(cells.keys() - taken):
                self.dropped.add(f"{kind}.{name.upper()}")
            yield Joined(child, kind, line, {name: cells[name] for name in cells.keys() & taken})

    def _count(self, table: Table) -> None:
        """Count the fields of a table of which nothing is taken."""
        names, rows = table.named()
        for _, row in rows:
            for name, cell in zip(names, row, strict=False):
                if cell and name != "child":
                    self.dropped.add(name.upper())

    def _submissions(self, rows: list[Joined]) -> Iterator[Submission]:
        """Give a child's submission; one for each header row where these differ."""
        child = rows[0].key
        others = [row for row in rows if row.table != "header"]
        headers = {tuple(sorted(row.values.items())): row for row in rows if row.table == "header"}
        for header in headers.values():
            yield self._child(child, header.line, header.values, others)
        if not headers:
            submission = self._child(child, others[0].line, {}, others)
            missing = remark("NO-HEADER", "CHILD", "a row for the child in the header table")
            yield msgspec.structs.replace(submission, remarks=(*submission.remarks, missing))

    def _from_xml(self, file: Return) -> Iterator[Submission | Fault]:
        ordinal = 0
        for element, _ in file.elements("CHILD"):
            ordinal += 1
            own, others = self._leaves(element, ordinal)
            child = own.pop("childid", "")
            if not child or len(child) > 64:
                yield Fault(ordinal, "KEY", "CHILDID", "the authority's child id")
                continue
            yield self._child(child, ordinal, own, others)

    def _leaves(self, element: Element, ordinal: int) -> tuple[Values, list[Joined]]:
        """Give the header's values and the rows that the tables would have; count all others."""
        own: Values = {}
        episode: Values = {}
        rows = []
        for node in element.iter("*"):
            name, text = local(node), written(node)
            if name == "EPISODE":
                episode = {}
                rows.append(Joined("", "episodes", ordinal, episode))
            elif not text:
                continue
            elif name in _EPISODE:
                episode[name.lower()] = text
            elif name in _OWN:
                own.setdefault(name.lower(), text)
            else:
                self.dropped.add(name)
        if own.pop("uasc", "0") != "0":
            rows.append(Joined("", "uasc", ordinal, {"dob": own.get("dob", "")}))
        return own, rows

    def _child(self, child: str, line: int, own: Values, rows: list[Joined]) -> Submission:
        remarks: Remarks = []
        number = self._number(remarks, child)
        particulars = Particulars(
            birth=self._birth(remarks, own, rows),
            sex=sex(remarks, "SEX", own.get("sex") or _of_uasc(rows, "sex")),
            identifiers=compact(
                [
                    Identifier("la-child", number) if number else None,
                    upn_identifier(remarks, "UPN", own.get("upn", "")),
                ]
            ),
            involvements=tuple(self._involvements(remarks, rows)),
        )
        return Submission(child, line, particulars, remarks=tuple(remarks))

    def _number(self, remarks: Remarks, child: str) -> str | None:
        """Give the child's id at its authority, where it was told which authority that is."""
        authority = self._authority
        if not authority:
            remarks.append(
                remark("LA-CODE", "CHILD", 'the authority in a mapping: authority = "201"')
            )
            return None
        return checked(remarks, "CHILD", lambda text: la_child_id(authority, text), child)

    def _birth(self, remarks: Remarks, own: Values, rows: list[Joined]) -> BirthDate | None:
        """Give the birth date; the 15th of an unaccompanied asylum-seeking child is a stand-in.

        The return's guide has it for a day of birth that is not known.
        """
        text = own.get("dob") or _of_uasc(rows, "dob")
        birth = birth_date(remarks, "DOB", text, self._latest)
        is_alone = any(row.table == "uasc" for row in rows)
        if birth and is_alone and birth.value[8:] == "15":
            return BirthDate(birth.value, default_day=True)
        return birth

    def _involvements(self, remarks: Remarks, rows: list[Joined]) -> Iterator[Involvement]:
        """Give each whole period of care, then each social worker with theirs."""
        dates = [
            (_date(remarks, row.values, "decom"), _date(remarks, row.values, "dec"))
            for row in rows
            if row.table == "episodes"
        ]
        for start, end in periods(dates):
            yield Involvement("social-work", self._authority, start=start, end=end)
        for row in rows:
            if row.table == "sw_episodes":
                yield Involvement(
                    "social-work",
                    self._authority,
                    practitioner=no_link(remarks, "SW_ID", row.values.get("sw_id", ""))[:64],
                    start=_date(remarks, row.values, "sw_decom"),
                    end=_date(remarks, row.values, "sw_dec"),
                )


def periods(episodes: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give the periods that episodes make up where each begins on the day another ended.

    A new episode begins whenever placement or legal status changes, so their own dates would tell
    of what the index must not know. An end that is empty lies open; a start that is empty is not
    known, and such an episode stands alone.

    >>> periods([("2024-03-01", ""), ("2024-01-01", "2024-03-01"), ("2022-01-01", "2022-02-01")])
    [('2022-01-01', '2022-02-01'), ('2024-01-01', '')]
    """
    found: list[tuple[str, str]] = []
    for start, end in sorted(set(episodes)):
        if found and start and found[-1][0] and (not found[-1][1] or start <= found[-1][1]):
            first, last = found[-1]
            found[-1] = (first, max(last, end) if last and end else "")
        else:
            found.append((start, end))
    return found


def _of_uasc(rows: Sequence[Joined], name: str) -> str:
    """Give what the table of unaccompanied asylum-seeking children says under a column."""
    return next(
        (row.values[name] for row in rows if row.table == "uasc" and name in row.values), ""
    )


def _date(remarks: Remarks, values: Values, name: str) -> str:
    return date_value(remarks, name.upper(), values.get(name, ""))


def _xml(paths: Sequence[Path], limits: Limits) -> Return | None:
    """Give the return as XML where its one file is XML."""
    if len(paths) != 1:
        return None
    with regular(paths[0]).open("rb") as file:
        is_xml = head_text(file.read(4096)).lstrip().startswith("<")
    if not is_xml:
        return None
    found = Return(paths[0], limits, _ROOTS, "the SSDA903 return")
    for _ in found.elements("CHILD"):
        break
    return found


def _kind(names: Sequence[str]) -> str:
    columns = set(names)
    return next((kind for kind, (own, _) in _TABLES.items() if own <= columns), "")

"""School Census (termly XML of the Department for Education): every pupil of a school.

The censuses of pupil referral units and of alternative provision are read alike.

The file is a full snapshot of its school (header ``LEA`` and ``Estab``), or of several where a
local authority made it (``SourceLevel`` L). Elements bind by their local names wherever they
stand in the pupil, in any order and namespace; what is not on the list is counted and left out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from feeds.elements import (
    Element,
    Leaves,
    Return,
    collection_in,
    effective_of,
    leaves,
    local,
    names_in,
    serial_of,
    written_whole,
)
from feeds.pupils import HOME, PUPIL, at_school, former_key, pupil
from feeds.reading import OnePass
from feeds.submission import Fault, Header, Mode, Recalled, Row, Settings, Submission
from feeds.text import LIMITS, Limits
from feeds.values import LONGEST, Remarks, only_file, today
from person.authorities import laestab
from person.identifiers import is_upn_unknown
from person.names import clean

NAME: Final = "school.census"
_ROLLS: Final = ("PupilsOnRoll", "PupilsNoLongerOnRoll")
# An alternative provision census may hold each Pupil without a roll around it.
_PUPILS: Final = ("PupilOnRoll", "PupilNoLongerOnRoll", "Pupil")
_COLLECTIONS: Final = ("SC", "PRU", "AP")
_PUPIL_LEAVES: Final = frozenset(
    {*PUPIL, "EntryDate", "LeavingDate", "EnrolStatus", "LEA", "Estab", "LAEstab"}
    - {"FormerForename"}
)
_ADDRESS_LEAVES: Final = frozenset(HOME)


@dataclass(frozen=True, slots=True)
class SchoolCensus:
    """The feed ``school.census``."""

    limits: Limits = LIMITS
    clock: Callable[[], str] = today
    name: str = NAME
    version: int = 7
    mode: Mode = "snapshot"
    settings: Settings = field(
        default=Settings(dual_registration=True, cadence="termly"),
    )

    def recognises(self, head: bytes, filename: str) -> bool:
        """Whether a file begins as a School Census does: a Message that is no other return."""
        del filename
        names = names_in(head)
        return "Message" in names and (
            "PupilsOnRoll" in names or collection_in(head).startswith(_COLLECTIONS)
        )

    def open(self, paths: Sequence[Path], *, mapping: Path | None = None) -> "CensusReading":
        """Begin a pass over one census file. A mapping is not used."""
        del mapping
        return CensusReading(only_file(paths), self)


class CensusReading(OnePass):
    """One pass over one census file."""

    def __init__(self, path: Path, feed: SchoolCensus) -> None:
        """Read the header. Raises FeedError where the file is no School Census."""
        super().__init__(feed, path.name)
        self._return = Return(path, feed.limits, ("Message",), "the School Census")
        self._school = self._authority = ""
        self.header = self._read_header()

    def __iter__(self) -> Iterator[Row]:
        """Give a submission or a fault for each pupil, on roll and no longer on roll."""
        ordinal, has_roll = 0, False
        for element, name in self._elements():
            if name in _ROLLS:
                has_roll = True
            elif name in _PUPILS:
                ordinal += 1
                if self.recalls and self.recalls(self._around(element), written_whole(element)):
                    yield Recalled(ordinal)
                else:
                    yield self._pupil(element, ordinal)
            elif name == "School" and not self.header.scopes:
                self._school = _school_of(element, self._authority) or self._school
        if not (has_roll or ordinal):
            raise self._error("Message", "PupilsOnRoll", "the pupils of a School Census")

    def _elements(self) -> Iterator[tuple[Element, str]]:
        return self._return.elements("Header", "School", *_ROLLS, *_PUPILS)

    def _read_header(self) -> Header:
        for element, name in self._elements():
            if name == "Header":
                return self._header(leaves(element))
            break
        raise self._error("Message", "Header", "a header before the pupils")

    def _header(self, stated: Leaves) -> Header:
        collection = stated.get("Collection", "SC")
        if collection.upper() in ("CIN", "CLA", "SSDA903", "SWF"):
            raise self._error("Header", "Collection", "the School Census, not another return")
        self._authority = stated.get("LEA", "")
        self._school = laestab(self._authority, stated.get("Estab", ""))
        words = (collection, stated.get("Year", ""), stated.get("Term", ""))
        return Header(
            effective=effective_of(self._file, stated, "ReferenceDate", "DateTime"),
            sequence=serial_of(stated),
            scopes=(self._school,) if self._school else (),
            collection=clean(" ".join(words))[:60],
        )

    def _pupil(self, element: Element, ordinal: int) -> Submission | Fault:
        stated, homes = self._leaves(element)
        scope = self._scope(stated, element)
        number = "".join(stated.get("UPN", "").split()).upper()
        if not number or is_upn_unknown(number) or len(number) > 36:
            return Fault(ordinal, "1500", "UPN", "a UPN, by which the record is known", scope=scope)
        key = f"{scope}/{number}" if scope else number
        remarks: Remarks = []
        particulars = pupil(remarks, stated, homes, self._latest)
        if not particulars.names and particulars.birth is None:
            return Fault(ordinal, "NO-IDENTITY", "Surname", "a name or a birth date", key, scope)
        if scope:
            particulars = at_school(remarks, particulars, stated, scope)
        former = former_key(particulars, scope)
        return Submission(
            key,
            ordinal,
            particulars,
            scope,
            former_key=former,
            remarks=tuple(remarks),
            behind=local(element) == _PUPILS[1],
        )

    def _scope(self, stated: Leaves, element: Element) -> str:
        """Give the pupil's own school where the row names one, else the file's."""
        if "LAEstab" in stated:
            return laestab(stated["LAEstab"][:3], stated["LAEstab"][3:].lstrip("/"))
        if "Estab" in stated:
            return laestab(stated.get("LEA", self._authority), stated["Estab"])
        return self._school_around(element)

    def _school_around(self, element: Element) -> str:
        if not self.header.scopes:
            for school in element.iterancestors("{*}School"):
                return _school_of(school, self._authority)
        return self._school

    def _around(self, element: Element) -> bytes:
        """What a pupil's submission depends on that stands outside the pupil."""
        return f"{self._authority}/{self._school_around(element)}".encode()

    def _leaves(self, element: Element) -> tuple[Leaves, list[Leaves]]:
        """Give the pupil's own values and those of each address; count all others."""
        own: Leaves = {}
        home: Leaves = {}
        homes = [home]
        for node in element.iter("*"):
            text = node.text
            name = local(node)
            if name == "Address":
                home = {}
                homes.append(home)
            elif text is None or text.isspace():
                continue
            elif name in _PUPIL_LEAVES:
                own.setdefault(name, clean(text[:LONGEST]))
            elif name in _ADDRESS_LEAVES:
                if name in home:  # of another address, whatever element holds it
                    home = {}
                    homes.append(home)
                home[name] = clean(text[:LONGEST])
            else:
                self.dropped.add(name)
        return own, [each for each in homes if each]


def _school_of(element: Element, authority: str) -> str:
    """Give the LAESTAB that a ``School`` element names, or nothing."""
    parts = {local(node): (node.text or "") for node in element.iterchildren("*")}
    return laestab(parts.get("LEA", authority), parts.get("Estab", ""))

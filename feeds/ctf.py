"""Common Transfer File: what one school tells another of pupils who move (XML of the Department).

An Admissions Transfer File (``ATfile``) has the same pupils, some of whom have no UPN yet. The
index takes who the pupil is, parents and carers, and the schools with their dates; looked-after
marks, needs, meals, attendance and assessments are counted and left out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from feeds.elements import Element, Leaves, Return, effective_of, leaves, local, names_in, written
from feeds.pupils import HOME, PUPIL, enrolment, former_key, pupil
from feeds.reading import OnePass
from feeds.submission import Dropped, Fault, Header, Mode, Settings, Submission
from feeds.text import LIMITS, Limits
from feeds.values import (
    Remarks,
    compact,
    date_value,
    email_address,
    no_link,
    no_links,
    only_file,
    phone_number,
    today,
    yes_or_no,
)
from person.authorities import laestab
from person.identifiers import is_upn_unknown
from person.names import clean
from person.particulars import Carer
from person.services import Involvement

_PUPIL: Final = frozenset({*PUPIL, "ApplicationReference", "Email", "EnrolStatus"})
_HOME: Final = frozenset(HOME)
_CONTACT: Final = frozenset({"Surname", "Forename", "Relationship", "Responsibility", "PhoneNo"})
_SCHOOL: Final = frozenset({"LEA", "Estab", "SchoolName", "EntryDate", "LeavingDate"})
_NOTHING: Final[frozenset[str]] = frozenset()
# Codes of the Department's Common Basic Data Set. Doctors, childminders, social workers and other
# contacts are no carers, unless the school says that they have parental responsibility.
_CARERS: Final = {
    "PAM": "mother",
    "PAF": "father",
    "STM": "stepmother",
    "STF": "stepfather",
    "FOM": "foster mother",
    "FOF": "foster father",
    "CAR": "carer",
}
_MOST_SCHOOLS: Final = 100
_ROOTS: Final = ("CTfile", "ATfile")


@dataclass(frozen=True, slots=True)
class Ctf:
    """The feed ``school.ctf``."""

    limits: Limits = LIMITS
    clock: Callable[[], str] = today
    name: str = "school.ctf"
    version: int = 6
    mode: Mode = "delta"
    settings: Settings = Settings()  # noqa: RUF009  # frozen

    def recognises(self, head: bytes, filename: str) -> bool:
        """Whether a file begins with the root of a transfer file."""
        del filename
        return not names_in(head).isdisjoint(_ROOTS)

    def open(self, paths: Sequence[Path], *, mapping: Path | None = None) -> "CtfReading":
        """Begin a pass over one transfer file. A mapping is not used."""
        del mapping
        return CtfReading(only_file(paths), self)


class CtfReading(OnePass):
    """One pass over one transfer file."""

    def __init__(self, path: Path, feed: Ctf) -> None:
        """Read the header. Raises FeedError where the file is no transfer file."""
        super().__init__(feed, path.name)
        self._return = Return(path, feed.limits, _ROOTS, "the Common Transfer File")
        self._schools: tuple[Involvement, ...] = ()
        self._source = ""
        self.header = self._read_header()

    def __iter__(self) -> Iterator[Submission | Fault]:
        """Give a submission or a fault for each pupil."""
        ordinal = 0
        for element, name in self._return.elements("Header", "Pupil"):
            if name == "Pupil":
                ordinal += 1
                yield self._pupil(element, ordinal)

    def _read_header(self) -> Header:
        for element, name in self._return.elements("Header", "Pupil"):
            if name == "Header":
                return self._header(element)
            break
        raise self._error("CTfile", "Header", "a header before the pupils")

    def _header(self, element: Element) -> Header:
        """Read the header; the school that sends and the one that receives are of every pupil."""
        for part in element.iterchildren("{*}SourceSchool", "{*}DestSchool"):
            school = _school([], leaves(part))
            if school and local(part) == "SourceSchool":
                self._source = school[0].organisation
            elif school and school[0].organisation == self._source:
                continue  # results sent to a school in its own name
            self._schools += school
        stated = leaves(element)
        return Header(
            effective=effective_of(self._file, stated, "DateTime"),
            collection=clean(f"CTF {stated.get('CTFversion', '')}")[:60],
        )

    def _pupil(self, element: Element, ordinal: int) -> Submission | Fault:
        read = _Pupil(self.dropped)
        for part in element.iterchildren("*"):
            read.take(part)
        number = "".join(read.own.get("UPN", "").split()).upper()
        if is_upn_unknown(number):
            number = ""
        key = number or read.own.get("ApplicationReference", "")
        if not key or len(key) > 64:
            return Fault(ordinal, "1500", "UPN", "a UPN, or an application reference")
        remarks = read.remarks
        particulars = pupil(remarks, read.own, read.homes, self._latest)
        if not particulars.names and particulars.birth is None:
            return Fault(ordinal, "NO-IDENTITY", "Surname", "a name or a birth date", key)
        email = email_address(remarks, "Email", read.own.get("Email", ""))
        particulars = msgspec.structs.replace(
            particulars,
            phones=tuple(dict.fromkeys(read.phones)),
            emails=(email,) if email else (),
            carers=tuple(read.carers),
            involvements=self._involvements(read),
        )
        former = former_key(particulars)
        return Submission(key, ordinal, particulars, former_key=former, remarks=tuple(remarks))

    def _involvements(self, read: "_Pupil") -> tuple[Involvement, ...]:
        """Give the schools of a pupil's history, then those of the header that it lacks.

        How the pupil is enrolled is said of the school that sends the file.
        """
        known = {each.organisation for each in read.schools}
        every = [*read.schools, *(one for one in self._schools if one.organisation not in known)]
        code = enrolment(read.remarks, read.own.get("EnrolStatus", ""))
        return tuple(
            msgspec.structs.replace(each, enrolment=code)
            if each.organisation == self._source
            else each
            for each in every
        )


class _Pupil:
    """What is taken of one pupil, gathered part by part; all else is counted."""

    def __init__(self, dropped: Dropped) -> None:
        self.own: Leaves = {}
        self.homes: list[Leaves] = []
        self.phones: list[str] = []
        self.carers: list[Carer] = []
        self.schools: list[Involvement] = []
        self.remarks: Remarks = []
        self._dropped = dropped

    def take(self, part: Element) -> None:
        """Take one child element of the pupil."""
        name = local(part)
        if name == "BasicDetails":
            self.own = self._leaves(part, _PUPIL) | self.own
        elif name == "Address":
            self.homes.append(self._leaves(part, _HOME))
        elif name == "Phones":
            self.phones += compact([self._phone(each) for each in part.iterchildren("*")])
        elif name == "Contacts":
            self.carers += compact([self._carer(each) for each in part.iterchildren("{*}Contact")])
        elif name == "SchoolHistory":
            for each in list(part.iterchildren("{*}School"))[:_MOST_SCHOOLS]:
                self.schools += _school(self.remarks, self._leaves(each, _SCHOOL))
        else:
            taken = self._leaves(part, _PUPIL if len(part) == 0 else _NOTHING)
            self.own = taken | self.own

    def _leaves(self, element: Element, allowed: frozenset[str]) -> Leaves:
        """Give the values below an element that are on its list; count the others."""
        found: Leaves = {}
        for node in element.iter("*"):
            text = written(node)
            if not text:
                continue
            name = local(node)
            if name in allowed:
                found.setdefault(name, text)
            else:
                self._dropped.add(name)
        return found

    def _phone(self, element: Element) -> str | None:
        number = self._leaves(element, frozenset({"PhoneNo"})).get("PhoneNo", "")
        return phone_number(self.remarks, "PhoneNo", number) or None

    def _carer(self, element: Element) -> Carer | None:
        """Give a contact who is a carer; of any other nothing."""
        stated = leaves(element)
        kind = _CARERS.get(stated.get("Relationship", "").upper(), "")
        stated_so = stated.get("Responsibility", "")
        responsible = yes_or_no(self.remarks, "Responsibility", stated_so)
        if not (kind or responsible):
            self._leaves(element, _NOTHING)
            return None
        stated = self._leaves(element, _CONTACT)
        named = no_links(self.remarks, stated, ("Forename", "Surname"))
        return Carer(
            named.get("Forename", ""),
            named.get("Surname", ""),
            kind,
            responsible,
            phone_number(self.remarks, "PhoneNo", stated.get("PhoneNo", "")),
        )


def _school(remarks: Remarks, stated: Leaves) -> tuple[Involvement, ...]:
    """Give the involvement of a school, if it is one: a receiving school may be unknown."""
    school = laestab(stated.get("LEA", ""), stated.get("Estab", ""))
    if not school:
        return ()
    return (
        Involvement(
            "school",
            school,
            no_link(remarks, "SchoolName", clean(stated.get("SchoolName", "")))[:200],
            start=date_value(remarks, "EntryDate", stated.get("EntryDate", "")),
            end=date_value(remarks, "LeavingDate", stated.get("LeavingDate", "")),
        ),
    )

"""School Census (termly XML of the Department for Education): every pupil of a school.

The file is a full snapshot of its school (header ``LEA`` and ``Estab``), or of several where a
local authority made it (``SourceLevel`` L). Elements bind by their local names wherever they
stand in the pupil, in any order and namespace; what is not on the list is counted and left out.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lxml import etree

from feeds.submission import Fault, FeedError, Header, Mode, Settings, Submission
from feeds.text import LIMITS, Limits, Metered, encoding_of, head_text
from feeds.values import (
    Remarks,
    birth_date,
    checked,
    compact,
    count,
    date_value,
    former_upn,
    only_file,
    real_postcode,
    sex,
    today,
    upn_identifier,
)
from person.authorities import laestab
from person.dates import DateError, iso_date
from person.identifiers import Identifier, is_upn_unknown, uln
from person.names import PersonName, clean
from person.particulars import Particulars
from person.places import Address, uprn
from person.services import Involvement

NAME: Final = "school.census"
_PUPILS: Final = frozenset({"PupilOnRoll", "PupilNoLongerOnRoll"})
_WATCHED: Final = ("{*}Header", "{*}PupilOnRoll", "{*}PupilNoLongerOnRoll", "{*}School")
_PUPIL_LEAVES: Final = (
    "UPN", "FormerUPN", "UniqueLearnerNumber", "Surname", "Forename", "MiddleNames",
    "PreferredSurname", "PreferredForename", "FormerSurname", "Sex", "Gender", "DOB", "EntryDate",
    "LeavingDate", "LEA", "Estab", "LAEstab",
)  # fmt: skip
_ADDRESS_LEAVES: Final = (
    "SAON", "PAON", "Street", "Locality", "Town", "AdministrativeArea", "PostTown",
    "UniquePropertyReferenceNumber", "UPRN", "AddressLine1", "AddressLine2", "AddressLine3",
    "AddressLine4", "AddressLine5", "PostCode", "Postcode",
)  # fmt: skip
_TOWNS: Final = ("PostTown", "Town")
_LINES: Final = (
    "SAON", "PAON", "Street", "Locality", "AdministrativeArea", "AddressLine1", "AddressLine2",
    "AddressLine3", "AddressLine4", "AddressLine5",
)  # fmt: skip

Leaves = dict[str, str]


@dataclass(frozen=True, slots=True)
class SchoolCensus:
    """The feed ``school.census``."""

    limits: Limits = LIMITS
    clock: Callable[[], str] = today
    name: str = NAME
    version: int = 1
    mode: Mode = "snapshot"
    settings: Settings = field(
        default=Settings(dual_registration=True, cadence="termly"),
    )

    def recognises(self, head: bytes, filename: str) -> bool:
        """Whether a file begins as a School Census does: a Message that is no other return."""
        del filename
        text = head_text(head)
        is_message = "Message" in text[:2000] and "<" in text[:20]
        return is_message and ("PupilsOnRoll" in text or "<Collection>SC" in text)

    def open(self, paths: Sequence[Path], *, mapping: Path | None = None) -> "CensusReading":
        """Begin a pass over one census file. A mapping is not used."""
        del mapping
        return CensusReading(only_file(paths), self.limits, self.clock(), self.settings)


class CensusReading:
    """One pass over one census file."""

    def __init__(self, path: Path, limits: Limits, latest: str, settings: Settings) -> None:
        """Read the header. Raises FeedError where the file is no School Census."""
        self.dropped: Counter[str] = Counter()
        self.settings = settings
        self.mode: Mode = "snapshot"
        self._path, self._limits, self._latest = path, limits, latest
        self._encoding = _xml_encoding(path, limits)
        self._school = self._authority = ""
        self.header = self._read_header()

    def __iter__(self) -> Iterator[Submission | Fault]:
        """Give a submission or a fault for each pupil, on roll and no longer on roll."""
        ordinal = 0
        for element, name in self._elements():
            if name in _PUPILS:
                ordinal += 1
                yield self._pupil(element, ordinal)
            elif name == "School" and not self.header.scopes:
                self._school = _school_of(element, self._authority) or self._school

    def _read_header(self) -> Header:
        for element, name in self._elements():
            if name == "Header":
                return self._header(element)
            break
        raise FeedError(self._path.name, "Message", "Header", "a header before the pupils")

    def _header(self, element: etree._Element) -> Header:
        leaves: Leaves = {}
        for node in element.iter("*"):
            text = node.text.strip() if node.text else ""
            if text and not len(node):
                leaves.setdefault(_local(node.tag), text)
        collection = leaves.get("Collection", "SC")
        if collection.upper() in ("CIN", "CLA", "SSDA903", "SWF"):
            raise FeedError(
                self._path.name, "Header", "Collection", "the School Census, not another return"
            )
        self._authority = leaves.get("LEA", "")
        self._school = laestab(self._authority, leaves.get("Estab", ""))
        serial = leaves.get("SerialNo", "")
        words = (collection, leaves.get("Year", ""), leaves.get("Term", ""))
        return Header(
            effective=self._effective(leaves),
            sequence=int(serial) if serial.isascii() and serial.isdigit() else 0,
            scopes=(self._school,) if self._school else (),
            collection=clean(" ".join(words))[:60],
        )

    def _effective(self, leaves: Leaves) -> str:
        """Give the reference date, else the time at which the file was made."""
        for name in ("ReferenceDate", "DateTime"):
            if text := leaves.get(name):
                try:
                    day = iso_date(text)
                except DateError as broken:
                    raise FeedError(self._path.name, "Header", name, broken.expected) from None
                return text if name == "DateTime" and _is_time(text) else day
        return ""

    def _elements(self) -> Iterator[tuple[etree._Element, str]]:
        """Give header, schools and pupils as each ends, and empty it when done with."""
        file = Metered(self._path, "", self._limits)
        context = etree.iterparse(
            file,
            events=("end",),
            tag=_WATCHED,
            encoding=self._encoding,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        started = False
        try:
            for _, element in context:
                if not started:
                    _refuse_doctype(element, self._path.name)
                    started = True
                name = _local(element.tag)
                yield element, name
                file.ended()
                element.clear()
                parent = element.getparent()
                while parent is not None and element.getprevious() is not None:
                    del parent[0]
            _refuse_other_root(context.root, self._path.name)
        except etree.XMLSyntaxError:
            line = max((each.line for each in context.error_log), default=1)
            raise FeedError(
                self._path.name, f"line {line}", "", "well-formed XML, whole and without a DOCTYPE"
            ) from None
        finally:
            file.close()

    def _pupil(self, element: etree._Element, ordinal: int) -> Submission | Fault:
        leaves, homes = self._leaves(element)
        scope = self._scope(leaves, element)
        written = "".join(leaves.get("UPN", "").split()).upper()
        if not written or is_upn_unknown(written) or len(written) > 36:
            return Fault(ordinal, "1500", "UPN", "a UPN, by which the record is known", scope=scope)
        key = f"{scope}/{written}" if scope else written
        remarks: Remarks = []
        particulars = self._particulars(remarks, leaves, homes, scope)
        if not particulars.names and particulars.birth is None:
            return Fault(ordinal, "NO-IDENTITY", "Surname", "a name or a birth date", key, scope)
        return Submission(key, ordinal, particulars, scope, remarks=tuple(remarks))

    def _scope(self, leaves: Leaves, element: etree._Element) -> str:
        """Give the pupil's own school where the row names one, else the file's."""
        if "LAEstab" in leaves:
            return laestab(leaves["LAEstab"][:3], leaves["LAEstab"][3:].lstrip("/"))
        if "Estab" in leaves:
            return laestab(leaves.get("LEA", self._authority), leaves["Estab"])
        if not self.header.scopes:
            for school in element.iterancestors("{*}School"):
                return _school_of(school, self._authority)
        return self._school

    def _leaves(self, element: etree._Element) -> tuple[Leaves, list[Leaves]]:
        """Give the pupil's own values and those of each address; count all others."""
        leaves: Leaves = {}
        home: Leaves = {}
        homes = [home]
        for node in element.iter("*"):
            name = _local(node.tag)
            text = node.text
            if name == "Address":
                home = {}
                homes.append(home)
            elif text is None or text.isspace():
                continue
            elif name in _PUPIL_LEAVES:
                leaves.setdefault(name, clean(text[:1000]))
            elif name in _ADDRESS_LEAVES:
                home.setdefault(name, clean(text[:1000]))
            else:
                count(self.dropped, name)
        return leaves, [each for each in homes if each]

    def _particulars(
        self, remarks: Remarks, leaves: Leaves, homes: list[Leaves], school: str
    ) -> Particulars:
        addresses = [_address(remarks, home) for home in homes]
        learner = leaves.get("UniqueLearnerNumber")
        number = checked(remarks, "UniqueLearnerNumber", uln, learner) if learner else None
        return Particulars(
            names=_names(leaves),
            birth=birth_date(remarks, "DOB", leaves.get("DOB", ""), self._latest),
            sex=sex(remarks, "Sex", leaves.get("Sex") or leaves.get("Gender", "")),
            addresses=compact([address for address, _ in addresses]),
            no_known_address=any(none for _, none in addresses),
            identifiers=compact(
                [
                    upn_identifier(remarks, "UPN", leaves["UPN"]),
                    former_upn(remarks, "FormerUPN", leaves.get("FormerUPN", "")),
                    Identifier("uln", number) if number else None,
                ]
            ),
            involvements=(
                Involvement(
                    "school",
                    school,
                    start=date_value(remarks, "EntryDate", leaves.get("EntryDate", "")),
                    end=date_value(remarks, "LeavingDate", leaves.get("LeavingDate", "")),
                ),
            )
            if school
            else (),
        )


def _names(leaves: Leaves) -> tuple[PersonName, ...]:
    get = leaves.get
    forename, surname = get("Forename", ""), get("Surname", "")
    given = ((forename,) if forename else ()) + tuple(get("MiddleNames", "").split())
    names = [PersonName(given, surname)] if given or surname else []
    familiar, preferred = get("PreferredForename", ""), get("PreferredSurname", "")
    if (familiar and familiar != forename) or (preferred and preferred != surname):
        called = (familiar, *given[1:]) if familiar else given
        names.append(PersonName(called, preferred or surname, "preferred"))
    former = get("FormerSurname", "")
    if former and former != surname:
        names.append(PersonName(given, former, "former"))
    return tuple(names)


def _address(remarks: Remarks, home: Leaves) -> tuple[Address | None, bool]:
    """Give an address, and whether it states that there is no fixed abode."""
    written = home.get("PostCode") or home.get("Postcode", "")
    code, none = real_postcode(remarks, "PostCode", written)
    lines = tuple(home[name] for name in _LINES if name in home)
    town = next((home[name] for name in _TOWNS if name in home), "")
    number = home.get("UniquePropertyReferenceNumber") or home.get("UPRN")
    property_number = checked(remarks, "UPRN", uprn, number) if number else None
    if none or not (code or lines or town or property_number):
        return None, none
    return Address(lines, town, code, property_number or ""), False


def _school_of(element: etree._Element, authority: str) -> str:
    """Give the LAESTAB that a ``School`` element names, or nothing."""
    parts = {_local(node.tag): (node.text or "") for node in element.iterchildren("*")}
    return laestab(parts.get("LEA", authority), parts.get("Estab", ""))


_locals: dict[str, str] = {}


def _local(tag: str) -> str:
    """Give an element's name without its namespace."""
    name = _locals.get(tag)
    if name is None:
        name = tag.rpartition("}")[2]
        if len(_locals) < 5000:
            _locals[tag] = name
    return name


def _is_time(text: str) -> bool:
    return len(text) >= 19 and text[10] == "T" and text[:19].replace(":", "").isascii()


def _xml_encoding(path: Path, limits: Limits) -> str | None:
    """Give the encoding to insist on: only where a file is not in the one that it declares."""
    found = encoding_of(path, limits)
    with path.open("rb") as file:
        text = head_text(file.read(4096))
    if not text.lstrip().startswith("<"):
        raise FeedError(path.name, "line 1", "", "an XML document of the School Census")
    if "<!DOCTYPE" in text.upper():
        raise FeedError(path.name, "DOCTYPE", "", "an XML document without a DOCTYPE")
    declared = text.partition("?>")[0].lower() if text.startswith("<?xml") else ""
    is_utf8 = "encoding" not in declared or "utf-8" in declared
    return "windows-1252" if found == "cp1252" and is_utf8 else None


def _refuse_doctype(element: etree._Element, file: str) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise FeedError(file, "DOCTYPE", "", "an XML document without a DOCTYPE")
    _refuse_other_root(element.getroottree().getroot(), file)


def _refuse_other_root(root: etree._Element | None, file: str) -> None:
    if root is None or _local(root.tag) != "Message":
        raise FeedError(file, "root element", "", "Message, as the School Census has it")

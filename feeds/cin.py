"""Children in Need census (yearly XML of the Department for Education), without names by design.

The index takes who the child is at its authority, that social workers were involved and from when
to when, and that an assessment was made. Why (needs, factors, plans, categories of abuse, reasons
for closing) is counted and left out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
    written,
)
from feeds.reading import OnePass
from feeds.submission import Fault, Header, Mode, Settings, Submission
from feeds.text import LIMITS, Limits
from feeds.values import (
    Remarks,
    birth_date,
    checked,
    compact,
    date_value,
    expected_birth,
    former_upn,
    no_link,
    only_file,
    remark,
    sex,
    today,
    upn_identifier,
    yes_or_no,
)
from person.identifiers import Identifier, is_upn_unknown, la_child_id
from person.names import clean
from person.particulars import Assessment, BirthDate, Particulars
from person.services import Involvement

_CHILD: Final = frozenset(
    {
        "LAchildID", "UPN", "FormerUPN", "UPNunknown", "PersonBirthDate",
        "ExpectedPersonBirthDate", "Sex", "GenderCurrent", "PersonDeathDate",
    }
)  # fmt: skip
_EPISODE: Final = frozenset(
    {
        "CINreferralDate", "CINclosureDate", "ReferralNFA", "AssessmentActualStartDate",
        "AssessmentAuthorisationDate",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cin:
    """The feed ``social-care.cin``."""

    limits: Limits = LIMITS
    clock: Callable[[], str] = today
    name: str = "social-care.cin"
    version: int = 5
    mode: Mode = "snapshot"
    settings: Settings = Settings(cadence="yearly", nameless=True, holds_few=True)  # noqa: RUF009  # frozen

    def recognises(self, head: bytes, filename: str) -> bool:
        """Whether a file begins as a CIN census does: a Message with children by LAchildID."""
        del filename
        names = names_in(head)
        return "Message" in names and (
            collection_in(head) == "CIN" or {"LAchildID", "ChildIdentifiers"} <= names
        )

    def open(self, paths: Sequence[Path], *, mapping: Path | None = None) -> "CinReading":
        """Begin a pass over one census file. A mapping is not used."""
        del mapping
        return CinReading(only_file(paths), self)


class CinReading(OnePass):
    """One pass over one file of an authority's children."""

    def __init__(self, path: Path, feed: Cin) -> None:
        """Read the header. Raises FeedError where the file is no CIN census."""
        super().__init__(feed, path.name)
        self._return = Return(path, feed.limits, ("Message",), "the CIN census")
        self._authority = ""
        self.header = self._read_header()

    def __iter__(self) -> Iterator[Submission | Fault]:
        """Give a submission or a fault for each child."""
        ordinal, has_children = 0, False
        for element, name in self._return.elements("Header", "Children", "Child"):
            if name == "Child":
                ordinal += 1
                yield self._child(element, ordinal)
            has_children = has_children or name != "Header"
        if not has_children:
            raise self._error("Message", "Children", "the children of a CIN census")

    def _read_header(self) -> Header:
        for element, name in self._return.elements("Header", "Child"):
            if name == "Header":
                return self._header(leaves(element))
            break
        raise self._error("Message", "Header", "a header before the children")

    def _header(self, stated: Leaves) -> Header:
        collection = stated.get("Collection", "CIN")
        if collection.upper() != "CIN":
            raise self._error("Header", "Collection", "the CIN census, not another return")
        self._authority = no_link([], "LEA", stated.get("LEA", ""))
        return Header(
            effective=effective_of(self._file, stated, "ReferenceDate", "DateTime"),
            sequence=serial_of(stated),
            collection=clean(f"{collection} {stated.get('Year', '')}")[:60],
        )

    def _child(self, element: Element, ordinal: int) -> Submission | Fault:
        stated, episodes = self._leaves(element)
        key = stated.get("LAchildID", "")
        if not key or len(key) > 64:
            return Fault(ordinal, "8500", "LAchildID", "the authority's child id")
        remarks: Remarks = []
        number = checked(remarks, "LAchildID", lambda text: la_child_id(self._authority, text), key)
        reason = stated.get("UPNunknown", "")
        if reason and not is_upn_unknown(reason):
            remarks.append(remark("UPN-UNKNOWN", "UPNunknown", "UN1 to UN7"))
        birth = self._birth(remarks, stated)
        particulars = Particulars(
            birth=birth,
            sex=_sex(remarks, stated, birth),
            identifiers=compact(
                [
                    Identifier("la-child", number) if number else None,
                    upn_identifier(remarks, "UPN", stated.get("UPN", "")),
                    former_upn(remarks, "FormerUPN", stated.get("FormerUPN", "")),
                ]
            ),
            died=self._died(remarks, stated, birth),
            involvements=compact([self._involvement(remarks, each) for each in episodes]),
            assessment=self._assessment(remarks, episodes),
        )
        return Submission(key, ordinal, particulars, remarks=tuple(remarks))

    def _leaves(self, element: Element) -> tuple[Leaves, list[Leaves]]:
        """Give the child's own values and those of each episode of need; count all others.

        Of an episode's assessments the latest dates stand for all.
        """
        own: Leaves = {}
        episode: Leaves = {}
        episodes = []
        for node in element.iter("*"):
            name, text = local(node), written(node)
            if name == "CINdetails":
                episode = {}
                episodes.append(episode)
            elif not text:
                continue
            elif name in _CHILD:
                own.setdefault(name, text)
            elif name not in _EPISODE:
                self.dropped.add(name)
            elif name.startswith("Assessment"):
                episode[name] = max(text, episode.get(name, ""))
            else:
                episode.setdefault(name, text)
        return own, episodes

    def _birth(self, remarks: Remarks, stated: Leaves) -> BirthDate | None:
        """Give the birth that has happened, else the one expected; rule 8525Q wants one."""
        born, due = stated.get("PersonBirthDate", ""), stated.get("ExpectedPersonBirthDate", "")
        if bool(born) == bool(due):
            expected = "either a birth date or an expected one"
            remarks.append(remark("8525Q", "PersonBirthDate", expected))
        found = birth_date(remarks, "PersonBirthDate", born, self._latest)
        return found or (
            None if born else expected_birth(remarks, "ExpectedPersonBirthDate", due, self._latest)
        )

    def _died(self, remarks: Remarks, stated: Leaves, birth: BirthDate | None) -> str:
        """Give the date of death, which rule 8535Q does not let precede birth."""
        text = stated.get("PersonDeathDate", "")
        died = date_value(remarks, "PersonDeathDate", text, self._latest)
        if died and birth and not birth.expected and died < birth.value:
            remarks.append(remark("8535Q", "PersonDeathDate", "a date from the birth date on"))
            return ""
        return died

    def _involvement(self, remarks: Remarks, episode: Leaves) -> Involvement | None:
        """Give the involvement of social workers; a referral without further action is none."""
        if yes_or_no(remarks, "ReferralNFA", episode.get("ReferralNFA", "")):
            return None
        return Involvement(
            "social-work",
            self._authority,
            start=_date(remarks, episode, "CINreferralDate"),
            end=_date(remarks, episode, "CINclosureDate"),
        )

    def _assessment(self, remarks: Remarks, episodes: list[Leaves]) -> Assessment | None:
        """Give that an assessment was made, if one was, and when last."""
        dates = [
            _date(remarks, each, "AssessmentAuthorisationDate", self._latest)
            or _date(remarks, each, "AssessmentActualStartDate", self._latest)
            for each in episodes
            if any(name.startswith("Assessment") for name in each)
        ]
        return Assessment(organisation=self._authority, date=max(dates)) if dates else None


def _sex(remarks: Remarks, stated: Leaves, birth: BirthDate | None) -> str | None:
    """Give the sex, under the name that it has had since 2024-25 or the one before."""
    code = sex(remarks, "Sex", stated.get("Sex") or stated.get("GenderCurrent", ""))
    if birth and birth.expected and code not in (None, "U"):
        remarks.append(remark("8750", "Sex", "U for a child that is not born"))
    return code


def _date(remarks: Remarks, episode: Leaves, name: str, latest: str = "") -> str:
    return date_value(remarks, name, episode.get(name, ""), latest)

"""Children's social care as authorities send it daily to the department (CSC API, JSON).

A payload is ``{"la_code": 201, "Children": [...]}``, where Children is a list or one child; a
list of payloads or of children, and one of either in each line, are read too. The index takes who
the child is and which social workers work with the child; plans, placements, assessments' factors
and all other case information are counted and left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ijson
import msgspec

from feeds.mapping import authority_in
from feeds.reading import OnePass, Today
from feeds.submission import Dropped, Fault, FeedError, Mode, Recalled, Row, Settings, Submission
from feeds.text import LIMITS, Limits, Metered, byte_lines, encoding_of, head_text
from feeds.values import (
    Remarks,
    apart,
    birth_date,
    checked,
    compact,
    date_value,
    expected_birth,
    former_upn,
    no_link,
    only_file,
    phone_number,
    real_postcode,
    remark,
    said,
    sex,
    today,
    upn_identifier,
    yes_or_no,
)
from person.authorities import AUTHORITIES
from person.identifiers import Identifier, is_upn_unknown, la_child_id
from person.names import PersonName
from person.particulars import Assessment, LeadProfessional, Particulars
from person.places import Address
from person.services import KINDS, Involvement

Object = Mapping[str, Any]

# The allow-list, level by level.
_CHILD: Final = frozenset(
    {
        "la_child_id", "la_code", "purge", "child_details", "social_care_episodes",
        "lead_professional", "services",
    }
)  # fmt: skip
_DETAILS: Final = frozenset(
    {
        "unique_pupil_number", "former_unique_pupil_number", "unique_pupil_number_unknown_reason",
        "first_name", "surname", "date_of_birth", "expected_date_of_birth", "sex", "postcode",
        "purge",
    }
)  # fmt: skip
_EPISODE: Final = frozenset(
    {
        "referral_date", "referral_no_further_action_flag", "closure_date", "care_worker_details",
        "child_and_family_assessments", "purge",
    }
)  # fmt: skip
_WORKER: Final = frozenset({"worker_id", "start_date", "end_date", "purge"})
_DEEPEST: Final = 1000
_written: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Csc:
    """The feed ``social-care.csc``."""

    limits: Limits = LIMITS
    clock: Callable[[], str] = today
    name: str = "social-care.csc"
    version: int = 7
    mode: Mode = "delta"
    settings: Settings = Settings(cadence="daily", holds_few=True)  # noqa: RUF009  # frozen

    def recognises(self, head: bytes, filename: str) -> bool:
        """Whether a file begins as JSON with children by ``la_child_id``, or with none of them."""
        del filename
        text = head_text(head).lstrip()
        return text.startswith(("{", "[")) and (
            '"la_child_id"' in text or ('"la_code"' in text and '"Children"' in text)
        )

    def open(self, paths: Sequence[Path], *, mapping: Path | None = None) -> "CscReading":
        """Begin a pass over one file.

        The service has the authority's code in its address, so a payload may lack ``la_code``: a
        mapping of one line, ``authority = "201"``, tells it then. Without it a child has no id
        that another record could agree with.
        """
        authority = authority_in(mapping) if mapping else ""
        return CscReading(only_file(paths), self, authority)


class CscReading(OnePass):
    """One pass over one file of an authority's children."""

    def __init__(self, path: Path, feed: Csc, authority: str) -> None:
        """Look at encoding and beginning. Raises FeedError where it is no such file."""
        super().__init__(feed, path.name)
        self._rows = CscRows(self.dropped, self.today, authority)
        self._path, self._limits = path, feed.limits
        self._encoding = encoding_of(path, feed.limits)
        self._in_lines = self._is_in_lines()
        next(self._children(), None)

    def __iter__(self) -> Iterator[Row]:
        """Give a submission or a fault for each child."""
        for ordinal, authority, child in self._children():
            if isinstance(child, dict):
                if self.recalls and self.recalls(authority.encode(), _written(child)):
                    yield Recalled(ordinal)
                else:
                    yield self._rows.child(ordinal, authority, child)
            else:
                yield Fault(ordinal, "JSON", "Children", "one JSON object for each child")

    def _children(self) -> Iterator[tuple[int, str, object]]:
        """Give each child with its ordinal in the file, and the authority of its payload.

        Never its line: a whole payload may stand in one.
        """
        told = self._from_lines() if self._in_lines else self._from_document()
        for ordinal, (authority, child) in enumerate(told, start=1):
            yield ordinal, authority, child

    # One payload or child in each line.

    def _is_in_lines(self) -> bool:
        """Whether the first line that is not blank is a whole JSON object."""
        try:
            for line in byte_lines(self._path, self._encoding, self._limits):
                if not line.isspace():
                    return isinstance(self._decode(line, 1), dict)
        except FeedError:
            return False
        raise self._error("line 1", "", "JSON of children's social care")

    def _decode(self, line: bytes, number: int) -> object:
        try:
            return msgspec.json.decode(line)
        except msgspec.DecodeError:
            return None
        except RecursionError:
            raise self._error(f"line {number}", "", "JSON nested less deeply") from None

    def _from_lines(self) -> Iterator[tuple[str, object]]:
        lines = byte_lines(self._path, self._encoding, self._limits)
        number = 0
        for number, line in enumerate(lines, start=1):
            if line.isspace():
                continue
            payload = self._decode(line, number)
            if isinstance(payload, dict):
                yield from self._payload(payload, f"line {number}")
            elif not line.endswith(b"\n"):
                raise self._error(f"line {number}", "", "a whole line: the file is cut off")
            else:
                yield "", None

    def _payload(self, payload: Object, where: str) -> Iterator[tuple[str, object]]:
        authority = _authority(payload)
        children = _children_of(payload)
        if children is None:
            if "la_child_id" not in payload and "child_details" not in payload:
                raise self._error(where, "Children", "children, or one child")
            yield authority, payload
        else:
            for each in children:
                yield authority, each

    # One document, as large as it may be.

    def _from_document(self) -> Iterator[tuple[str, object]]:
        prefix, authority = self._shape()
        file = _Shallow(self._path, self._encoding, self._limits)
        read = 0
        file.place = lambda: f"child {read + 1}"
        try:
            for child in ijson.items(file, prefix, use_float=True):
                file.ended()
                if isinstance(child, dict) and _children_of(child) is not None:
                    for told in self._payload(child, file.place()):
                        read += 1
                        yield told
                else:
                    read += 1
                    own = _authority(child) if isinstance(child, dict) else ""
                    yield own or authority, child
        except ijson.JSONError:
            raise self._error(file.place(), "", "whole, well-formed JSON") from None
        except (RecursionError, UnicodeError, ValueError):
            raise self._error(file.place(), "", "JSON that can be read") from None
        finally:
            file.close()

    def _shape(self) -> tuple[str, str]:
        """Find where the children are in the document, and the authority that it names.

        The look ends at the first child when the authority stands before it, as it should, and
        goes on to the end of the document when it does not.
        """
        file = _Shallow(self._path, self._encoding, self._limits)
        file.place = lambda: "child 1"
        prefix = found = authority = ""
        try:
            for where, event, value in ijson.parse(file, use_float=True):
                if event == "end_map":
                    file.ended()
                name = where.rpartition(".")[2]
                if name == "la_code" and event in ("number", "string"):
                    authority = authority or _code(value)
                elif not found and event == "map_key" and value in ("la_child_id", "child_details"):
                    found, prefix = "yes", where
                if found and authority:
                    break
        except (ijson.JSONError, UnicodeError, ValueError):
            if not found:
                raise self._error("line 1", "", "whole, well-formed JSON of children") from None
        finally:
            file.close()
        if not found:
            if not authority:
                raise self._error("line 1", "Children", "children with la_child_id")
            return "Children.item", authority
        # In a list of payloads each has its own authority, and is read whole.
        return ("item" if prefix.startswith("item.") else prefix), authority


class CscRows:
    """Reads children, each with the authority of its payload."""

    def __init__(self, dropped: Dropped, today: Today, authority: str) -> None:
        """``authority`` is that of payloads that name none."""
        self.dropped, self.today = dropped, today
        self._authority = authority

    def child(self, ordinal: int, authority: str, child: Object) -> Submission | Fault:
        """Read a child."""
        remarks: Remarks = []
        authority = authority or _authority(child) or self._authority
        self._count(child, _CHILD, "")
        key = said([], "la_child_id", child.get("la_child_id"))
        if not key or len(key) > 64:
            return Fault(ordinal, "8500", "la_child_id", "the authority's child id")
        details = _object(remarks, child, "child_details")
        if _is_purged(remarks, child) or _is_purged(remarks, details):
            # All that we hold of the child comes from these details: with them goes the record.
            return Submission(key, ordinal, Particulars(), purge=True)
        self._count(details, _DETAILS, "child_details.")
        number = self._number(remarks, authority, key)
        involvements, assessment = self._work(remarks, child, authority)
        ordinary, sensitive = apart(remarks, involvements)
        particulars = msgspec.structs.replace(
            _identity(remarks, details, number, self.today.date),
            involvements=ordinary,
            assessment=assessment,
            lead_professional=_lead(remarks, child.get("lead_professional")),
        )
        if not particulars.names and particulars.birth is None:
            return Fault(ordinal, "NO-IDENTITY", "child_details", "a name or a birth date", key)
        return Submission(key, ordinal, particulars, sensitive=sensitive, remarks=tuple(remarks))

    def _number(self, remarks: Remarks, authority: str, key: str) -> str | None:
        """Give the child's id at its authority, where it is known which authority that is."""
        if authority not in AUTHORITIES:
            expected = "a known local authority code, in the payload or in a mapping"
            remarks.append(remark("LA-CODE", "la_code", expected))
            return None
        return checked(remarks, "la_child_id", lambda text: la_child_id(authority, text), key)

    def _work(
        self, remarks: Remarks, child: Object, authority: str
    ) -> tuple[list[Involvement], Assessment | None]:
        """Give who works with the child, and that an assessment was made, if one was."""
        involvements: list[Involvement] = []
        assessed: list[str] = []
        for episode in _objects(remarks, child, "social_care_episodes"):
            if _is_purged(remarks, episode):
                continue
            self._count(episode, _EPISODE, "social_care_episodes.")
            involvements += self._social_work(remarks, episode, authority)
            assessed += [
                _date(remarks, each, "authorisation_date", self.today.date)
                or _date(remarks, each, "start_date", self.today.date)
                for each in _objects(remarks, episode, "child_and_family_assessments")
                if not _is_purged(remarks, each)
            ]
        involvements += _services(remarks, child)
        made = Assessment(organisation=authority, date=max(assessed)) if assessed else None
        return involvements, made

    def _social_work(self, remarks: Remarks, episode: Object, authority: str) -> list[Involvement]:
        """Give one involvement for each social worker of an episode; one without a name if none.

        A referral that needed no further action and has no worker is no involvement.
        """
        opened = _date(remarks, episode, "referral_date")
        closed = _date(remarks, episode, "closure_date")
        found = []
        for worker in _objects(remarks, episode, "care_worker_details"):
            if _is_purged(remarks, worker):
                continue
            self._count(worker, _WORKER, "care_worker_details.")
            start = _date(remarks, worker, "start_date") or opened
            # One who begins after the episode was closed did not end with it.
            end = _date(remarks, worker, "end_date") or (closed if start <= closed else "")
            worker_id = _name(remarks, "worker_id", worker.get("worker_id"))
            found.append(
                Involvement("social-work", authority, practitioner=worker_id, start=start, end=end)
            )
        if found or _is_over(remarks, episode):
            return found
        return [Involvement("social-work", authority, start=opened, end=closed)]

    def _count(self, level: Object, taken: frozenset[str], where: str) -> None:
        for name, value in level.items():
            if name not in taken and value is not None and value not in ("", [], {}):
                self.dropped.add(where + name)


class _Shallow(Metered):
    """A JSON file that refuses to be read on when it is nested more deeply than any payload is.

    It counts brackets before the parser sees them, because the parser's work grows with the
    square of the depth. Brackets inside texts count too, hence the wide margin.
    """

    _depth = 0

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes. Raises FeedError where they open too much that they do not close."""
        piece = super().read(size)
        opened = piece.count(b"[") + piece.count(b"{")
        self._depth = max(0, self._depth + opened - piece.count(b"]") - piece.count(b"}"))
        if self._depth > _DEEPEST:
            raise self.refusal("JSON nested less deeply")
        return piece

    def ended(self) -> None:
        """Say that an element has ended."""
        super().ended()
        self._depth = 0


def _identity(remarks: Remarks, details: Object, number: str | None, latest: str) -> Particulars:
    """Give who the child is, from its details and its number at the authority."""

    def text(name: str) -> str:
        return said(remarks, name, details.get(name))

    first, surname = (_name(remarks, part, details.get(part)) for part in ("first_name", "surname"))
    due = text("expected_date_of_birth")
    code, none = real_postcode(remarks, "postcode", text("postcode"))
    reason = text("unique_pupil_number_unknown_reason")
    if reason and not is_upn_unknown(reason):
        remarks.append(remark("UPN-UNKNOWN", "unique_pupil_number_unknown_reason", "UN1 to UN7"))
    born = birth_date(remarks, "date_of_birth", text("date_of_birth"), latest)
    return Particulars(
        names=(PersonName((first,) if first else (), surname),) if first or surname else (),
        birth=born or expected_birth(remarks, "expected_date_of_birth", due, latest),
        sex=sex(remarks, "sex", text("sex")),
        addresses=(Address(postcode=code),) if code else (),
        no_known_address=none,
        identifiers=compact(
            [
                Identifier("la-child", number) if number else None,
                upn_identifier(remarks, "unique_pupil_number", text("unique_pupil_number")),
                former_upn(
                    remarks, "former_unique_pupil_number", text("former_unique_pupil_number")
                ),
            ]
        ),
    )


def _lead(remarks: Remarks, lead: object) -> LeadProfessional | None:
    """Give the lead professional, where the authority adds one to the child."""
    if not isinstance(lead, dict):
        return None
    name, organisation = (
        _name(remarks, f"lead_professional.{part}", lead.get(part))
        for part in ("name", "organisation")
    )
    phone = phone_number(remarks, "phone", said(remarks, "phone", lead.get("phone")))
    if not (name or organisation or phone):
        return None
    start, end = _date(remarks, lead, "start_date"), _date(remarks, lead, "end_date")
    return LeadProfessional(name, organisation, phone, start, end)


def _services(remarks: Remarks, child: Object) -> list[Involvement]:
    """Give other services, where the authority adds them to the child: kind, who, consent."""
    found = []
    for each in _objects(remarks, child, "services"):
        kind = said(remarks, "services.kind", each.get("kind"))
        if kind not in KINDS:
            remarks.append(remark("SERVICE-KIND", "services.kind", "one of the kinds of service"))
            continue
        names = ("organisation", "name", "practitioner", "consent")
        organisation, name, practitioner, consent = (
            _name(remarks, f"services.{part}", each.get(part)) for part in names
        )
        found.append(
            Involvement(
                kind,
                organisation,
                name,
                practitioner,
                phone=phone_number(remarks, "phone", said(remarks, "phone", each.get("phone"))),
                start=_date(remarks, each, "start_date"),
                end=_date(remarks, each, "end_date"),
                consent=consent,
            )
        )
    return found


def _name(remarks: Remarks, field: str, value: object) -> str:
    """Give what names a child, a service or a professional."""
    return no_link(remarks, field, said(remarks, field, value))


def _date(remarks: Remarks, level: Object, name: str, latest: str = "") -> str:
    return date_value(remarks, name, said(remarks, name, level.get(name)), latest)


def _is_over(remarks: Remarks, episode: Object) -> bool:
    """Whether a referral needed no further action."""
    return _is_true(remarks, episode, "referral_no_further_action_flag")


def _is_purged(remarks: Remarks, level: Object) -> bool:
    """Whether an authority says that we should hold something no longer."""
    return _is_true(remarks, level, "purge")


def _is_true(remarks: Remarks, level: Object, name: str) -> bool:
    """Read a yes or no, which systems write as true, as a text or as a number."""
    value = level.get(name)
    return value is not None and bool(yes_or_no(remarks, name, str(value)))


def _object(remarks: Remarks, level: Object, name: str) -> Object:
    value = level.get(name)
    if isinstance(value, dict):
        return value
    if value is not None:
        remarks.append(remark("JSON-FORM", name, "a JSON object"))
    return {}


def _objects(remarks: Remarks, level: Object, name: str) -> list[Object]:
    """Give the objects of a list; a single object stands for a list of one."""
    value = level.get(name)
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    found: list[Object] = [each for each in values if isinstance(each, dict)]
    if len(found) < len(values):
        remarks.append(remark("JSON-FORM", name, "a list of JSON objects"))
    return found


def _authority(payload: Object) -> str:
    return _code(payload.get("la_code"))


def _code(value: object) -> str:
    """Give an authority code, a number or a text, as three digits; nothing where it is none."""
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    return text.zfill(3) if text.isascii() and text.isdigit() and len(text) <= 3 else ""


def _children_of(payload: Object) -> list[object] | None:
    for name in ("Children", "children"):
        if name in payload:
            value = payload[name]
            return value if isinstance(value, list) else [value]
    return None

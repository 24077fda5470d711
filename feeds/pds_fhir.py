"""Personal Demographics Service: FHIR R4 Patients (UK Core), one in each line.

Bundles in a line, and a file that is one Patient or one Bundle, are read too. RelatedPersons
become carers of the Patient in the same Bundle, or in the line before them.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from feeds.submission import Fault, FeedError, Header, Mode, Settings, Submission
from feeds.text import LIMITS, Limits, byte_lines, encoding_of, head_text
from feeds.values import (
    Remarks,
    birth_date,
    checked,
    compact,
    count,
    date_value,
    email_address,
    nhs_identifier,
    only_file,
    phone_number,
    real_postcode,
    remark,
    said,
    sex,
    today,
)
from person.identifiers import Identifier, IdentifierError, nhs_number
from person.names import PersonName, clean
from person.particulars import Carer, Particulars
from person.places import Address, uprn
from person.services import Involvement

NHS: Final = "https://fhir.nhs.uk/Id/nhs-number"
Part = TypeVar("Part")


class Period(msgspec.Struct, frozen=True):
    """FHIR Period."""

    start: str | None = None
    end: str | None = None


class Coding(msgspec.Struct, frozen=True):
    """FHIR Coding, as far as it is used."""

    code: str | None = None


class Concept(msgspec.Struct, frozen=True):
    """FHIR CodeableConcept."""

    coding: tuple[Coding, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all codings."""
        return tuple(each.code for each in self.coding if each.code)


class Extension(msgspec.Struct, frozen=True):
    """FHIR Extension with the kinds of value that are taken."""

    url: str = ""
    extension: "tuple[Extension, ...]" = ()
    value_codeable_concept: Concept | None = msgspec.field(
        default=None, name="valueCodeableConcept"
    )
    value_coding: Coding | None = msgspec.field(default=None, name="valueCoding")
    value_string: str | None = msgspec.field(default=None, name="valueString")
    value_period: Period | None = msgspec.field(default=None, name="valuePeriod")

    @property
    def kind(self) -> str:
        """The last part of the address that names it, such as ``Extension-UKCore-AddressKey``."""
        return self.url.rpartition("/")[2]

    def part(self, url: str) -> "Extension | None":
        """The extension inside it of this name."""
        return next((each for each in self.extension if each.url == url), None)


class FhirIdentifier(msgspec.Struct, frozen=True):
    """FHIR Identifier."""

    system: str | None = None
    value: str | None = None
    extension: tuple[Extension, ...] = ()
    period: Period | None = None


class HumanName(msgspec.Struct, frozen=True):
    """FHIR HumanName; prefix and suffix are read only to be counted."""

    use: str | None = None
    given: tuple[str | None, ...] = ()
    family: str | None = None
    period: Period | None = None
    prefix: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()


class FhirAddress(msgspec.Struct, frozen=True):
    """FHIR Address."""

    use: str | None = None
    line: tuple[str | None, ...] = ()
    city: str | None = None
    postal_code: str | None = msgspec.field(default=None, name="postalCode")
    period: Period | None = None
    extension: tuple[Extension, ...] = ()


class ContactPoint(msgspec.Struct, frozen=True):
    """FHIR ContactPoint."""

    system: str | None = None
    value: str | None = None
    period: Period | None = None


class Contact(msgspec.Struct, frozen=True):
    """FHIR Patient.contact and RelatedPerson, which name a person in the same way."""

    relationship: tuple[Concept, ...] = ()
    name: Any = None
    telecom: tuple[ContactPoint, ...] = ()
    identifier: tuple[FhirIdentifier, ...] = ()
    active: bool = True
    period: Period | None = None
    patient: "Reference | None" = None


class Reference(msgspec.Struct, frozen=True):
    """FHIR Reference."""

    reference: str | None = None
    display: str | None = None
    identifier: FhirIdentifier | None = None

    @property
    def target(self) -> str:
        """The id of the resource that it points to."""
        if self.identifier is not None and self.identifier.value:
            return self.identifier.value
        return (self.reference or "").rpartition("/")[2]


class Meta(msgspec.Struct, frozen=True):
    """FHIR Meta."""

    version: str | None = msgspec.field(default=None, name="versionId")
    updated: str | None = msgspec.field(default=None, name="lastUpdated")
    security: tuple[Coding, ...] = ()


class Patient(msgspec.Struct, frozen=True):
    """The allow-list: what is taken of a Patient."""

    identifier: tuple[FhirIdentifier, ...] = ()
    meta: Meta = Meta()
    name: tuple[HumanName, ...] = ()
    address: tuple[FhirAddress, ...] = ()
    telecom: tuple[ContactPoint, ...] = ()
    contact: tuple[Contact, ...] = ()
    extension: tuple[Extension, ...] = ()
    general_practitioner: tuple[Reference, ...] = msgspec.field(
        default=(), name="generalPractitioner"
    )
    gender: Any = None
    birth_date: Any = msgspec.field(default=None, name="birthDate")
    deceased: Any = msgspec.field(default=None, name="deceasedDateTime")
    birth_order: Any = msgspec.field(default=None, name="multipleBirthInteger")
    multiple_birth: Any = msgspec.field(default=None, name="multipleBirthBoolean")


class Entry(msgspec.Struct, frozen=True):
    """One entry of a Bundle."""

    resource: msgspec.Raw = msgspec.Raw(b"{}")


class Resource(NamedTuple):
    """A resource as it was written, and its fields apart."""

    written: bytes | msgspec.Raw
    fields: dict[str, msgspec.Raw]

    @property
    def kind(self) -> str:
        """Its resourceType; nothing where it has none."""
        raw = self.fields.get("resourceType")
        return "" if raw is None else _KINDS.get(bytes(raw)) or _read(_TEXT, raw) or ""

    @property
    def id(self) -> str:
        """Its id; nothing where it has none."""
        raw = self.fields.get("id")
        return "" if raw is None else _read(_TEXT, raw) or ""


_KINDS: Final = {f'"{kind}"'.encode(): kind for kind in ("Patient", "RelatedPerson", "Bundle")}
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT: Final = msgspec.json.Decoder(str)
_ENTRIES: Final = msgspec.json.Decoder(tuple[Entry, ...])
_PERSON: Final = msgspec.json.Decoder(Contact)
_PATIENT: Final = msgspec.json.Decoder(Patient)
_TAKEN: Final = {each.encode_name: each.name for each in msgspec.structs.fields(Patient)}
_KNOWN: Final = frozenset({"resourceType", "id", *_TAKEN})
_TAKEN_EXTENSIONS: Final = frozenset(
    {"Extension-PDS-RemovalFromRegistration", "Extension-UKCore-DeathNotificationStatus"}
)
_NAME_USES: Final = {
    "usual": "legal",  # PDS: every patient has one usual name, the name in force
    "official": "legal",
    "temp": "temporary",
    "nickname": "preferred",
    "old": "former",
    "maiden": "birth",
}
_ADDRESS_USES: Final = {"home": "home", "temp": "temporary", "old": "former"}
# HL7 v3 RoleCode, v2-0131 and UK Core roles, in the field's words.
_ROLES: Final = {
    "MTH": "mother", "NMTH": "mother", "GESTM": "mother", "FTH": "father", "NFTH": "father",
    "PRN": "parent", "NPRN": "parent", "STPPRN": "step-parent", "STPMTH": "step-mother",
    "STPFTH": "step-father", "PRNFOST": "foster carer", "ADOPTP": "adoptive parent",
    "GUARD": "guardian", "GUADLTM": "guardian", "GRPRN": "grandparent", "GRMTH": "grandmother",
    "GRFTH": "grandfather", "SIS": "sister", "BRO": "brother", "SIB": "sibling", "AUNT": "aunt",
    "UNCLE": "uncle", "C": "emergency contact", "N": "next of kin",
}  # fmt: skip
# Reasons of removal that mean residence in England has ended (embarked, Scotland, N. Ireland).
_LEFT: Final = frozenset({"EMB", "SCT", "NIT"})


@dataclass(frozen=True, slots=True)
class PdsFhir:
    """The feed ``health.pds-fhir``."""

    limits: Limits = LIMITS
    clock: Callable[[], str] = today
    name: str = "health.pds-fhir"
    version: int = 1
    mode: Mode = "delta"
    settings: Settings = Settings(cadence="daily")  # noqa: RUF009  # frozen

    def recognises(self, head: bytes, filename: str) -> bool:
        """Whether a file begins with a Patient, or a Bundle of them."""
        del filename
        text = head_text(head).lstrip()
        return text.startswith(("{", "[")) and '"resourceType"' in text and "Patient" in text

    def open(self, paths: Sequence[Path], *, mapping: Path | None = None) -> "PdsReading":
        """Begin a pass over one file. A mapping is not used."""
        del mapping
        return PdsReading(only_file(paths), self.limits, self.clock(), self.settings)


class PdsReading:
    """One pass over one file of Patients."""

    def __init__(self, path: Path, limits: Limits, latest: str, settings: Settings) -> None:
        """Look at encoding and first line. Raises FeedError where it is no such file."""
        self.header = Header()
        self.dropped: Counter[str] = Counter()
        self.settings = settings
        self.mode: Mode = "delta"
        self._path, self._limits, self._latest = path, limits, latest
        self._encoding = encoding_of(path, limits)
        next(self._resources(), None)

    def __iter__(self) -> Iterator[Submission | Fault]:
        """Give a submission or a fault for each Patient."""
        waiting: Submission | Fault | None = None
        for line, resource in self._resources():
            kind = "" if resource is None else resource.kind
            if resource is not None and kind == "RelatedPerson":
                waiting = self._with_carer(waiting, resource)
            elif resource is not None and kind not in ("Patient", ""):
                count(self.dropped, kind)
            else:
                if waiting is not None:
                    yield waiting
                waiting = self._patient(line, resource)
        if waiting is not None:
            yield waiting

    def _resources(self) -> Iterator[tuple[int, Resource | None]]:
        """Give each resource with its line; None for a line that is not one JSON object."""
        lines = byte_lines(self._path, self._encoding, self._limits)
        first = 0
        for number, line in enumerate(lines, start=1):
            if line.isspace():
                continue
            resource = self._decode(line, number)
            if not first:
                first = number
                if resource is None and self._is_document(line):
                    yield from self._document()
                    return
            if resource is None:
                if not line.endswith(b"\n"):
                    raise self._error(f"line {number}", "", "a whole line: the file is cut off")
                yield number, None
            elif resource.kind == "Bundle":
                for _, each in self._entries(resource, number):
                    yield number, each
            else:
                if number == first:
                    self._refuse_other(resource)
                yield number, resource
        if not first:
            raise self._error("line 1", "", "a Patient in each line")

    def _is_document(self, line: bytes) -> bool:
        """Whether a first line that is no whole object begins a document of several lines."""
        begins = line.strip()
        if not begins.startswith((b"{", b"[")):
            raise self._error("line 1", "", "JSON: a Patient in each line")
        return len(begins) == 1 or begins.startswith(b"[") or begins.endswith((b",", b"{", b"["))

    def _document(self) -> Iterator[tuple[int, Resource]]:
        """Give the resources of a file that is one Patient, one Bundle or a list of Patients."""
        if self._path.stat().st_size > self._limits.element:
            raise self._error("line 1", "", "one whole JSON resource in each line")
        data = b"".join(byte_lines(self._path, self._encoding, self._limits))
        try:
            is_list = data.lstrip().startswith(b"[")
            each = msgspec.json.decode(data, type=list[msgspec.Raw]) if is_list else [data]
            resources = [Resource(one, _OBJECT.decode(one)) for one in each]
        except (msgspec.DecodeError, RecursionError):
            raise self._error("line 1", "", "whole JSON resources, one in each line") from None
        for ordinal, resource in enumerate(resources, start=1):
            self._refuse_other(resource)
            if resource.kind == "Bundle":
                yield from self._entries(resource, None)
            else:
                yield ordinal, resource

    def _entries(self, bundle: Resource, line: int | None) -> Iterator[tuple[int, Resource]]:
        """Give a Bundle's resources, each Patient before its RelatedPersons."""
        try:
            entries = _ENTRIES.decode(bundle.fields.get("entry", b"[]"))
            written = [each.resource for each in entries]
            resources = [Resource(one, _OBJECT.decode(one)) for one in written]
        except (msgspec.DecodeError, RecursionError):
            raise self._error(f"line {line or 1}", "entry", "the entries of a Bundle") from None
        numbered = list(enumerate(resources, start=1))
        related = [each for each in numbered if each[1].kind == "RelatedPerson"]
        for ordinal, resource in numbered:
            if resource.kind == "RelatedPerson":
                continue
            yield ordinal, resource
            if resource.kind == "Patient":
                yield from (each for each in related if _of(each[1]) in ("", resource.id))

    def _decode(self, line: bytes, number: int) -> Resource | None:
        try:
            return Resource(line, _OBJECT.decode(line))
        except msgspec.DecodeError:
            return None
        except RecursionError:
            raise self._error(f"line {number}", "", "JSON nested less deeply") from None

    def _refuse_other(self, resource: Resource) -> None:
        if resource.kind not in ("Patient", "Bundle", "RelatedPerson"):
            raise self._error("line 1", "resourceType", "Patient, or a Bundle of Patients")

    def _error(self, where: str, field: str, expected: str) -> FeedError:
        return FeedError(self._path.name, where, field, expected)

    def _with_carer(
        self, waiting: Submission | Fault | None, resource: Resource
    ) -> Submission | Fault | None:
        """Add a RelatedPerson to the Patient read before it, where it is that one's."""
        person = _read(_PERSON, resource.written)
        if (
            person is None
            or not isinstance(waiting, Submission)
            or waiting.purge
            or (person.patient and person.patient.target not in ("", waiting.key))
        ):
            count(self.dropped, "RelatedPerson")
            return waiting
        remarks = list(waiting.remarks)
        carer = None if not person.active or self._past(person.period) else _carer(remarks, person)
        if carer is None:
            return waiting
        particulars = msgspec.structs.replace(
            waiting.particulars, carers=(*waiting.particulars.carers, carer)
        )
        return msgspec.structs.replace(waiting, particulars=particulars, remarks=tuple(remarks))

    def _patient(self, line: int, resource: Resource | None) -> Submission | Fault:
        if resource is None:
            return Fault(line, "JSON", "line", "one JSON object")
        key = resource.id
        if not _is_key(key):
            return Fault(line, "PDS-ID", "id", "an id of 1 to 64 letters, digits, - and .")
        remarks: Remarks = []
        patient = self._taken(remarks, resource)
        meta = patient.meta
        marks = {each.code for each in meta.security}
        version = meta.version or ""
        sequence = int(version) if version.isascii() and version.isdigit() else 0
        updated = said(remarks, "meta.lastUpdated", meta.updated)
        effective = updated if date_value(remarks, "meta.lastUpdated", updated) else ""
        if "REDACTED" in marks:
            # PDS answers 404 INVALIDATED_RESOURCE for such a record: nobody is to use it further.
            return Submission(
                key, line, Particulars(), effective=effective, sequence=sequence, purge=True
            )
        particulars = self._particulars(remarks, patient, key, bool(marks & {"R", "V"}))
        if not particulars.names and particulars.birth is None:
            return Fault(line, "NO-IDENTITY", "name", "a name or a birth date", key)
        return Submission(
            key, line, particulars, effective=effective, sequence=sequence, remarks=tuple(remarks)
        )

    def _taken(self, remarks: Remarks, resource: Resource) -> Patient:
        """Give the fields that are taken, decoded; count the others."""
        for name in resource.fields.keys() - _KNOWN:
            count(self.dropped, name)
        try:
            return _PATIENT.decode(resource.written)
        except (msgspec.DecodeError, RecursionError):
            return _piecemeal(remarks, resource)

    def _particulars(
        self, remarks: Remarks, patient: Patient, key: str, restricted: bool
    ) -> Particulars:
        births, order = _multiple(remarks, patient)
        removed, deceased = self._extensions(remarks, patient.extension)
        died = said(remarks, "deceasedDateTime", patient.deceased)
        addresses, homeless = self._addresses(remarks, patient.address)
        return Particulars(
            names=compact([self._name(remarks, each) for each in patient.name]),
            birth=birth_date(
                remarks, "birthDate", said(remarks, "birthDate", patient.birth_date), self._latest
            ),
            sex=sex(remarks, "gender", said(remarks, "gender", patient.gender)),
            addresses=addresses,
            no_known_address=homeless,
            identifiers=_identifiers(remarks, patient.identifier, key),
            phones=self._reached(remarks, patient.telecom, ("phone", "sms"), phone_number),
            emails=self._reached(remarks, patient.telecom, ("email",), email_address),
            carers=compact(
                [_carer(remarks, each) for each in patient.contact if not self._past(each.period)]
            ),
            births=births,
            birth_order=order,
            died=date_value(remarks, "deceasedDateTime", died, self._latest) if deceased else "",
            left_england=removed,
            return_intent="unknown" if removed else "",
            restricted=restricted,
            involvements=compact(
                [_practice(remarks, each) for each in patient.general_practitioner]
            ),
        )

    def _addresses(
        self, remarks: Remarks, addresses: Sequence[FhirAddress]
    ) -> tuple[tuple[Address, ...], bool]:
        """Give the addresses, and whether one states that there is no fixed abode."""
        read = [self._address(remarks, each) for each in addresses]
        return compact([address for address, _ in read]), any(none for _, none in read)

    def _name(self, remarks: Remarks, name: HumanName) -> PersonName | None:
        use = _NAME_USES.get(name.use or "usual")
        for part in ("prefix", "suffix"):
            if getattr(name, part):
                count(self.dropped, f"name.{part}")
        if use is None:
            count(self.dropped, "name")
            return None
        given = tuple(text for each in name.given if (text := said(remarks, "name.given", each)))
        family = said(remarks, "name.family", name.family)
        if not given and not family:
            return None
        start, end = _period(remarks, "name.period", name.period)
        return PersonName(given, family, use, start, end)

    def _address(self, remarks: Remarks, address: FhirAddress) -> tuple[Address | None, bool]:
        """Give an address, and whether it states that there is no fixed abode."""
        use = _ADDRESS_USES.get(address.use or "home")
        if use is None:
            count(self.dropped, "address")
            return None, False
        lines = [clean(each or "")[:200] for each in address.line]
        town = clean(address.city or "")
        if len(lines) == 5 and not town:  # PDS: the fourth of the five places is the post town
            town = lines.pop(3)
        written = said(remarks, "address.postalCode", address.postal_code)
        code, none = real_postcode(remarks, "address.postalCode", written)
        kept = tuple(line for line in lines if line)
        none = none or any("NO FIXED ABODE" in line.upper() for line in kept)
        start, end = _period(remarks, "address.period", address.period)
        if none or not (kept or town or code):
            return None, none and not self._past(address.period)
        number = _property(remarks, address.extension)
        return Address(kept, town, code, number, use, start, end), False

    def _extensions(self, remarks: Remarks, extensions: Sequence[Extension]) -> tuple[str, bool]:
        """Give when residence in England ended, and whether a death, if stated, stands."""
        removed, deceased = "", True
        for each in extensions:
            if each.kind not in _TAKEN_EXTENSIONS:
                count(self.dropped, each.kind or "extension")
            elif each.kind == "Extension-UKCore-DeathNotificationStatus":
                status = each.part("deathNotificationStatus")
                concept = status.value_codeable_concept if status else None
                deceased = not (concept and {"R", "U"} & set(concept.codes))  # notice removed
            else:
                removed = self._removed(remarks, each) or removed
        return removed, deceased

    def _removed(self, remarks: Remarks, extension: Extension) -> str:
        code = extension.part("removalFromRegistrationCode")
        concept = code.value_codeable_concept if code else None
        if concept is None or not _LEFT & set(concept.codes):
            return ""
        when = extension.part("effectiveTime")
        period = when.value_period if when else None
        if self._past(period):
            return ""
        start, _ = _period(remarks, "RemovalFromRegistration", period)
        return start or "unknown"

    def _past(self, period: Period | None) -> bool:
        """Whether a period has ended before today."""
        return bool(period and period.end and period.end[:10] < self._latest)

    def _reached(
        self,
        remarks: Remarks,
        points: Sequence[ContactPoint],
        systems: tuple[str, ...],
        check: Callable[[Remarks, str, str], str],
    ) -> tuple[str, ...]:
        """Give the numbers or addresses of some systems that are still in use."""
        return tuple(
            value
            for each in points
            if each.system in systems and not self._past(each.period)
            if (value := check(remarks, "telecom", said(remarks, "telecom", each.value)))
        )


def _identifiers(
    remarks: Remarks, identifiers: Sequence[FhirIdentifier], key: str
) -> tuple[Identifier, ...]:
    """Give the NHS number with its status, and the superseded one by which the record is kept.

    PDS gives the record of a superseded number under the number that replaced it: where id and
    identifier differ, the id is the old number.
    """
    found = []
    for each in identifiers:
        if each.system not in (NHS, None):
            continue
        text = said(remarks, "identifier", each.value)
        status = "verified" if "01" in _statuses(each.extension) else "unverified"
        if number := nhs_identifier(remarks, "identifier", text, status):
            found.append(number)
    if found and all(each.value != key for each in found):
        with contextlib.suppress(IdentifierError):  # an id of another kind
            found.append(Identifier("nhs", nhs_number(key), "superseded"))
    return tuple(found)


def _statuses(extensions: Sequence[Extension]) -> tuple[str, ...]:
    return tuple(
        code
        for each in extensions
        if each.kind.endswith("NHSNumberVerificationStatus") and each.value_codeable_concept
        for code in each.value_codeable_concept.codes
    )


def _piecemeal(remarks: Remarks, resource: Resource) -> Patient:
    """Give a Patient of which a field has not its form: that one is left out, with a remark."""
    taken: dict[str, Any] = {}
    for name, raw in resource.fields.items():
        field = _TAKEN.get(name)
        if field is None:
            continue
        try:
            alone = _PATIENT.decode(b'{"%s":%s}' % (name.encode(), bytes(raw)))
        except (msgspec.DecodeError, RecursionError):
            remarks.append(remark("FHIR-FORM", name, "the form that FHIR R4 gives it"))
        else:
            taken[field] = getattr(alone, field)
    return Patient(**taken)


def _multiple(remarks: Remarks, patient: Patient) -> tuple[int | None, int | None]:
    """Give the number of children of the birth, and the order in it.

    PDS: 1 is the first *or only* child, 2 to 7 the order, 8 not applicable, 9 not known.
    """
    births = 1 if patient.multiple_birth is False else None
    order = patient.birth_order
    if order is None or order in (8, 9):
        return births, None
    if isinstance(order, int) and not isinstance(order, bool) and 1 <= order <= 7:
        return births, order
    remarks.append(remark("BIRTH-ORDER", "multipleBirthInteger", "1 to 9"))
    return births, None


def _practice(remarks: Remarks, reference: Reference) -> Involvement | None:
    """Give the general practice at which the patient is registered."""
    identifier = reference.identifier
    if identifier is None or not identifier.value:
        return None
    start, end = _period(remarks, "generalPractitioner.period", identifier.period)
    return Involvement(
        "gp", clean(identifier.value)[:20], clean(reference.display or "")[:200],
        start=start, end=end,
    )  # fmt: skip


def _carer(remarks: Remarks, person: Contact) -> Carer | None:
    """Give a parent, carer or emergency contact; None where nothing names or reaches one."""
    codes = [code for concept in person.relationship for code in concept.codes]
    name = _carer_name(person.name)
    given = " ".join(clean(each or "") for each in name.given) if name else ""
    family = clean(name.family or "") if name else ""
    phone = next(
        (each.value for each in person.telecom if each.system == "phone" and each.value), ""
    )
    numbers = [
        number
        for each in person.identifier
        if each.system == NHS
        and (number := checked(remarks, "RelatedPerson.identifier", nhs_number, each.value or ""))
    ]
    if not (given or family or phone or numbers):
        return None
    role = next((_ROLES[code.upper()] for code in codes if code.upper() in _ROLES), "")
    if not role and any(code.lower() == "guardian" for code in codes):
        role = "guardian"
    return Carer(
        given[:200],
        family[:200],
        role,
        phone=phone_number(remarks, "contact.telecom", phone),
        nhs=numbers[0] if numbers and role == "mother" else "",
    )


def _carer_name(value: object) -> HumanName | None:
    """Give the name of a contact (one) or a RelatedPerson (several: the first)."""
    if isinstance(value, list):
        value = value[0] if value else None
    try:
        return msgspec.convert(value, HumanName) if value else None
    except msgspec.ValidationError:
        return None


def _property(remarks: Remarks, extensions: Sequence[Extension]) -> str:
    """Give the property number among an address's keys."""
    for each in extensions:
        kind, value = each.part("type"), each.part("value")
        coding = kind.value_coding if kind else None
        if coding and coding.code == "UPRN" and value and value.value_string:
            return checked(remarks, "address.uprn", uprn, value.value_string) or ""
    return ""


def _period(remarks: Remarks, field: str, period: Period | None) -> tuple[str, str]:
    if period is None:
        return "", ""
    return (
        date_value(remarks, field, period.start or ""),
        date_value(remarks, field, period.end or ""),
    )


def _read(decoder: "msgspec.json.Decoder[Part]", raw: bytes | msgspec.Raw) -> Part | None:
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def _of(resource: Resource) -> str:
    """Give the id of the patient that a RelatedPerson names, or nothing."""
    person = _read(_PERSON, resource.written)
    return person.patient.target if person and person.patient else ""


def _is_key(key: str) -> bool:
    """Whether a text is an id as FHIR R4 has it."""
    return 0 < len(key) <= 64 and key.isascii() and key.replace("-", "").replace(".", "").isalnum()

"""Health records as the Personal Demographics Service gives them: FHIR R4 Patients, one a line."""

from typing import Any, Final

import msgspec

from contactpoint.synth import rates
from contactpoint.synth.agencies.health import Patient
from contactpoint.synth.days import iso

_NHS: Final = "https://fhir.nhs.uk/Id/nhs-number"
_ODS: Final = "https://fhir.nhs.uk/Id/ods-organization-code"
_CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_UK: Final = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-"
_UK_CODES: Final = "https://fhir.hl7.org.uk/CodeSystem/UKCore-"
_GENDERS: Final = {"M": "male", "F": "female", "U": "unknown"}
_encode = msgspec.json.Encoder().encode

Json = dict[str, Any]


def lines(patient: Patient) -> bytes:
    """Write one version of a record: a Patient, and after it the RelatedPerson of the mother."""
    written = _encode(_patient(patient)) + b"\n"
    if patient.related and not patient.restricted:
        written += _encode(_mother(patient)) + b"\n"
    return written


def _patient(patient: Patient) -> Json:
    code = "R" if patient.restricted else "U"
    resource: Json = {
        "resourceType": "Patient",
        "id": patient.nhs,
        "identifier": [_number(patient)],
        "meta": {
            "versionId": str(patient.version),
            "lastUpdated": f"{iso(patient.updated)}T06:00:00+00:00",
            "security": [{"system": _CONFIDENTIALITY, "code": code}],
        },
        "name": _names(patient),
        "gender": _GENDERS[patient.said.sex],
        "birthDate": patient.said.born,
        "multipleBirthInteger": patient.birth_order,
        "extension": _extensions(patient),
    }
    if patient.died:
        resource["deceasedDateTime"] = f"{patient.died}T00:00:00+00:00"
    # A restricted record has no address, telephone or practice (PDS, restricted patients).
    if not patient.restricted:
        resource |= _whereabouts(patient)
    return resource


def _number(patient: Patient) -> Json:
    status = {"system": f"{_UK_CODES}NHSNumberVerificationStatus", "code": patient.status}
    extension = {
        "url": f"{_UK}NHSNumberVerificationStatus",
        "valueCodeableConcept": {"coding": [status]},
    }
    return {"system": _NHS, "value": patient.nhs, "extension": [extension]}


def _names(patient: Patient) -> list[Json]:
    said, child = patient.said, patient.child
    since = {"start": iso(child.born)}
    names: list[Json] = [
        {"use": "usual", "given": list(said.given), "family": said.family, "period": since}
    ]
    if said.known_as:
        names.append({"use": "nickname", "given": [said.known_as], "family": said.family})
    # A digit of its own number says whether a record keeps it, so that all its versions do.
    is_kept = int(patient.nhs[-3]) < 10 * rates.FORMER_KEPT
    if child.former and child.former != said.family and is_kept:
        names.append(
            {"use": "old", "given": list(said.given), "family": child.former, "period": since}
        )
    return names


def _whereabouts(patient: Patient) -> Json:
    home = patient.said.home
    address = {
        "use": "home",
        # Five places with fixed meanings; the fourth is the post town.
        "line": ["", home.line, "", home.town, ""],
        "postalCode": home.postcode,
        "period": {"start": patient.joined},
    }
    practice = {"system": _ODS, "value": patient.practice, "period": {"start": patient.joined}}
    return {
        "address": [address],
        "telecom": [{"system": "phone", "use": "home", "value": patient.child.family.phone}],
        "generalPractitioner": [{"type": "Organization", "identifier": practice}],
    }


def _extensions(patient: Patient) -> list[Json]:
    language = {"coding": [{"system": f"{_UK_CODES}HumanLanguage", "code": "en"}]}
    extensions: list[Json] = [
        {
            "url": f"{_UK}NHSCommunication",
            "extension": [{"url": "language", "valueCodeableConcept": language}],
        }
    ]
    if patient.died:
        status = {"coding": [{"system": f"{_UK_CODES}DeathNotificationStatus", "code": "2"}]}
        extensions.append(
            {
                "url": f"{_UK}DeathNotificationStatus",
                "extension": [{"url": "deathNotificationStatus", "valueCodeableConcept": status}],
            }
        )
    if patient.removed:
        system = "https://fhir.nhs.uk/CodeSystem/PDS-RemovalReasonExitCode"
        reason = {"coding": [{"system": system, "code": patient.removed}]}
        extensions.append(
            {
                "url": "https://fhir.nhs.uk/StructureDefinition/Extension-PDS-RemovalFromRegistration",
                "extension": [
                    {"url": "removalFromRegistrationCode", "valueCodeableConcept": reason},
                    {"url": "effectiveTime", "valuePeriod": {"start": iso(patient.updated)}},
                ],
            }
        )
    return extensions


def _mother(patient: Patient) -> Json:
    family = patient.child.family
    mother = family.parents.mother
    role = {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}
    return {
        "resourceType": "RelatedPerson",
        "active": True,
        "identifier": [{"system": _NHS, "value": family.mother_nhs}],
        "patient": {"identifier": {"system": _NHS, "value": patient.nhs}},
        "relationship": [{"coding": [role]}],
        "name": [{"use": "usual", "given": list(mother.given), "family": mother.family}],
        "telecom": [{"system": "phone", "use": "home", "value": family.phone}],
    }

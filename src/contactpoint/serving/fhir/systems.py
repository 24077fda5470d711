"""By which addresses FHIR knows systems, codes and extensions. They name things; none is opened."""

from typing import Final

NUMBER: Final = "urn:contactpoint:number"
"""A child's number in this index."""
NHS: Final = "https://fhir.nhs.uk/Id/nhs-number"
UPN: Final = "urn:contactpoint:upn"
LA_CHILD: Final = "urn:contactpoint:la-child"
ULN: Final = "urn:contactpoint:uln"
ODS: Final = "https://fhir.nhs.uk/Id/ods-organization-code"
ESTABLISHMENT: Final = "urn:contactpoint:establishment"
AUTHORITY: Final = "urn:contactpoint:authority"

IDENTIFIERS: Final = {NHS: "nhs", UPN: "upn", LA_CHILD: "la-child", ULN: "uln"}
"""The index's own name of each system whose numbers a child may have."""
ADDRESSES: Final = {name: address for address, name in IDENTIFIERS.items()}

VERIFICATION: Final = (
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
)
VERIFICATION_CODES: Final = "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatus"
MATCH_GRADE: Final = "http://hl7.org/fhir/StructureDefinition/match-grade"
MAIDEN: Final = "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName"
ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ROLES: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
SPINE: Final = "https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode"
MATCH: Final = "http://hl7.org/fhir/OperationDefinition/Patient-match"
PIX: Final = "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix"
UKCORE_PATIENT: Final = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient"
UKCORE_RELATED: Final = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-RelatedPerson"
UKCORE_TEAM: Final = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-CareTeam"

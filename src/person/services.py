"""Which services work with a child, and how to reach them."""

import msgspec

KINDS = (
    "school",
    "education-other",
    "gp",
    "health-visiting",
    "school-nursing",
    "social-work",
    "early-help",
    "youth-offending",
    "sexual-health",
    "mental-health",
    "substance-misuse",
    "other",
)
SENSITIVE = frozenset({"sexual-health", "mental-health", "substance-misuse"})

# Common Basic Data Set, enrolment status. M and S at two schools are one child's dual registration.
ENROLMENTS = {
    "C": "current",
    "M": "main, dual",
    "S": "subsidiary, dual",
    "F": "further education",
    "O": "other provider",
    "G": "guest",
}
"""Codes by which a school says how a pupil is enrolled, and what they mean."""


class Involvement(msgspec.Struct, frozen=True, omit_defaults=True):
    """One service's work with a child: who, since when, and how to reach them; never why."""

    kind: str
    """One of ``KINDS``."""
    organisation: str = ""
    """Its code: LAESTAB (7 digits), ODS code or authority code."""
    name: str = ""
    practitioner: str = ""
    phone: str = ""
    email: str = ""
    start: str = ""
    end: str = ""
    consent: str = ""
    """Only for sensitive services: ``given``, ``significant-harm`` (disclosed without consent on
    that ground) or ``withdrawn``; empty where it is not said, which counts as not given."""
    enrolment: str = ""
    """Only for schools: one of ``ENROLMENTS``, empty where it is not said."""

    @property
    def is_sensitive(self) -> bool:
        """Whether the service is one that only consent or significant harm may disclose."""
        return self.kind in SENSITIVE

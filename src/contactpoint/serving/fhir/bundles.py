"""Bundles of what was found."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from contactpoint.serving.fhir import systems
from contactpoint.serving.fhir.resources import (
    Answered,
    Bundle,
    BundleLink,
    Entry,
    OperationOutcome,
    SearchEntry,
)

FOUND = SearchEntry("match")
OUTCOME = SearchEntry("outcome")


def searchset(
    entries: Sequence[Entry], total: int | None = None, link: tuple[BundleLink, ...] = ()
) -> Bundle:
    """What was found; ``total`` where it is exact."""
    return Bundle("searchset", total, link, tuple(entries))


def asked(resource: str, parameters: Mapping[str, str]) -> tuple[BundleLink, ...]:
    """The parameters that were used, so that nobody takes one for used that was passed over.

    R4 asks a server for it (search, server conformance). The address is relative: the caller knows
    where it asked.
    """
    return (BundleLink("self", f"{resource}?{urlencode(parameters, safe=':/')}"),)


def entry(resource: Answered, how: SearchEntry = FOUND) -> Entry:
    """One of them, under a name that leads nowhere: the caller knows the address it asked."""
    return Entry(resource, how, f"{systems.NUMBER}:{type(resource).__name__}:{resource.id}")


def note(outcome: OperationOutcome) -> Entry:
    """Something to be told beside what was found."""
    return Entry(outcome, OUTCOME)

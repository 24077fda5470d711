"""Bundles of what was found."""

from collections.abc import Sequence

from contactpoint.serving.fhir import systems
from contactpoint.serving.fhir.resources import (
    Answered,
    Bundle,
    Entry,
    OperationOutcome,
    SearchEntry,
)

FOUND = SearchEntry("match")
OUTCOME = SearchEntry("outcome")


def searchset(entries: Sequence[Entry], total: int | None = None) -> Bundle:
    """What was found; ``total`` where it is exact."""
    return Bundle("searchset", total, tuple(entries))


def entry(resource: Answered, how: SearchEntry = FOUND) -> Entry:
    """One of them, under a name that leads nowhere: the caller knows the address it asked."""
    return Entry(resource, how, f"{systems.NUMBER}:{type(resource).__name__}:{resource.id}")


def note(outcome: OperationOutcome) -> Entry:
    """Something to be told beside what was found."""
    return Entry(outcome, OUTCOME)

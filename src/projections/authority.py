"""Which authority the feeds make out to be responsible for a child; pure, and the rule's one place.

It is the authority whose social workers work with the child; else the one of the school where the
child is on roll; of several, the one told of last. Services that have ended say nothing. A postcode
would say where a child lives, but no table of postcodes comes with the product. An authority that
accepted the child goes before all of it (``projections.responsible``).
"""

from collections.abc import Iterable, Sequence

from person.authorities import AUTHORITIES
from person.services import Involvement
from projections.survivorship import BY_TIME, Stated, Told, order

IN_TURN = (("social-work",), ("school", "education-other"))
"""Kinds of service whose organisation names an authority, the first that says one being right."""
NAMING = frozenset(kind for kinds in IN_TURN for kind in kinds)
ALWAYS = "9999-12-31"
"""Until when a service without an end lasts."""


def made_out(services: Iterable[Told[Involvement]], today: str) -> Told[str] | None:
    """The code of the authority, and who told it; None where no service names one.

    ``today`` is an ISO date.
    """
    named = [
        Told((told.value.kind, authority), told.source, told.stated, told.seen)
        for told in services
        if (authority := authority_of(told.value, today))
    ]
    for kinds in IN_TURN:
        works = [told for told in named if told.value[0] in kinds]
        if works:
            latest = max(works, key=lambda told: (told.stated, told.value[1]))
            return Told(latest.value[1], latest.source, latest.stated, latest.seen)
    return None


def named(records: Iterable[Stated]) -> tuple[str, str]:
    """Codes of every authority that ``made_out`` may say on any day, and until when it says any.

    The codes are parted by blanks; the day is an ISO date, ``ALWAYS`` where a service has no end,
    and empty where none names an authority.
    """
    found = [
        (authority, service.end or ALWAYS)
        for record in records
        for service in record.particulars.involvements
        if service.kind in NAMING and (authority := authority_of(service, ""))
    ]
    codes = sorted({authority for authority, _ in found})
    return " ".join(codes), max((end for _, end in found), default="")


def services_of(records: Sequence[Stated]) -> list[Told[Involvement]]:
    """Every service that these records tell of."""
    return [
        Told(service, record.source, record.stated, record.seen)
        for record in order(records, BY_TIME)
        for service in record.particulars.involvements
    ]


def authority_of(service: Involvement, today: str) -> str:
    """The code that the service's organisation begins with, while the service lasts."""
    lasts = not service.end or service.end >= today
    code = service.organisation[:3] if len(service.organisation) in (3, 7) else ""
    return code if lasts and code in AUTHORITIES else ""

"""A school's census as schools' software writes it: the termly XML of the Department.

It holds the case information that a real one holds (special needs, free meals, ethnicity), so
that leaving it out is exercised.
"""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from contactpoint.synth.agencies.schools import Census, Pupil

_ETHNICITIES = ("WBRI", "APKN", "AIND", "BAFR", "WOTH", "MWBC", "CHNE", "REFU")
_NEEDS = ("MLD", "SLCN", "SEMH", "ASD")


def text(census: Census) -> Iterator[str]:
    """Write a census piece by piece: header, pupils on roll, pupils no longer on roll."""
    yield _header(census)
    yield "<Pupils><PupilsOnRoll>\n"
    for pupil in census.pupils:
        if not pupil.left:
            yield _pupil(pupil, "PupilOnRoll")
    yield "</PupilsOnRoll><PupilsNoLongerOnRoll>\n"
    for pupil in census.pupils:
        if pupil.left:
            yield _pupil(pupil, "PupilNoLongerOnRoll")
    yield "</PupilsNoLongerOnRoll></Pupils>\n</Message>\n"


def _header(census: Census) -> str:
    term, year, day = census.term
    code = {"Spring": "SPR", "Autumn": "AUT"}[term]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Message>\n<Header><CollectionDetails>'
        f"<Collection>SC</Collection><Term>{code}</Term><Year>{year}</Year>"
        f"<ReferenceDate>{day}</ReferenceDate></CollectionDetails>"
        f"<Source><SourceLevel>S</SourceLevel><LEA>{census.laestab[:3]}</LEA>"
        f"<Estab>{census.laestab[3:]}</Estab><SoftwareCode>Invented</SoftwareCode>"
        f"<Release>1.0</Release><SerialNo>{census.serial:03d}</SerialNo>"
        f"<DateTime>{day}T17:{census.serial:02d}:00</DateTime></Source></Header>\n"
    )


def _pupil(pupil: Pupil, element: str) -> str:
    said, child = pupil.said, pupil.child
    former = child.former if child.former != said.family else ""
    identifiers = "".join(
        (
            _leaf("UPN", pupil.upn),
            _leaf("FormerUPN", pupil.former_upn),
            _leaf("Surname", said.family),
            _leaf("Forename", said.given[0]),
            _leaf("MiddleNames", " ".join(said.given[1:])),
            _leaf("PreferredSurname", child.preferred),
            _leaf("FormerSurname", former),
            _leaf("PreferredForename", said.known_as),
            _leaf("Sex", said.sex),
            _leaf("DOB", said.born),
        )
    )
    status = "".join(
        (
            _leaf("EnrolStatus", "" if pupil.left else pupil.status),
            _leaf("EntryDate", pupil.entered),
            _leaf("LeavingDate", pupil.left),
            _leaf("NCyearActual", str(pupil.year) if pupil.year else "R"),
        )
    )
    home = said.home
    address = "".join(
        (
            _leaf("AddressLine1", home.line),
            _leaf("AddressLine2", home.town),
            _leaf("PostCode", home.postcode),
        )
    )
    return (
        f"<{element}><PupilIdentifiers>{identifiers}</PupilIdentifiers>"
        f"<PupilCharacteristics>{_characteristics(pupil)}</PupilCharacteristics>"
        f"<PupilStatus>{status}</PupilStatus>"
        f"<HomeInformation><Address>{address}</Address></HomeInformation></{element}>\n"
    )


def _characteristics(pupil: Pupil) -> str:
    # Case information that hangs on nothing else: drawn from the digits of the person's number.
    number = int(pupil.person[1:])
    ethnicity = _leaf("Ethnicity", _ETHNICITIES[number * 7 % len(_ETHNICITIES)])
    meals = "<FSMperiods><FSMstartDate>2024-09-03</FSMstartDate></FSMperiods>"
    needs = _leaf("SENprovision", "K") + _leaf("SENtype", _NEEDS[number % len(_NEEDS)])
    language = _leaf("Language", "ENG")
    return (
        f"{ethnicity}{language}{meals if number % 4 == 0 else ''}{needs if number % 6 == 0 else ''}"
    )


def _leaf(name: str, value: str) -> str:
    return f"<{name}>{escape(value)}</{name}>" if value else ""

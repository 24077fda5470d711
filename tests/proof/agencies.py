"""Agencies of a proof: what each says of few invented children, in the format of its feed.

Everything that a file holds of a child is a word that can be searched for afterwards: none stands
in the tables of names that ship with the product. Each also holds case words, which nobody may
ever meet again.
"""

import json
from collections.abc import Callable
from typing import NamedTuple

from tests.contactpoint.shields import VERIFICATION

CASE = ("Qzspeechword", "Qzethnicword", "Qzfactorword", "Qzreferralword")
"""What agencies know beside, and may not pass on."""


class Facts(NamedTuple):
    """What can be said of a child."""

    given: str
    family: str
    born: str
    sex: str
    line: str
    postcode: str
    nhs: str
    upn: str
    local: str
    """The authority's own id."""
    guardian: str = ""
    marked: bool = False


ZEB = Facts("Zebulonia", "Quillfeather", "2013-02-19", "F", "4 Thistlewick Row", "ZE3 9JW",
            "9000000009", "K801200024001", "LAQZ0001", "Marigoldine")  # fmt: skip
ELL = Facts("Ellanora", "Mossbankley", "2014-05-06", "F", "9 Larkmeadow End", "LS1 4AP",
            "9000000017", "Y801200024011", "LAQZ0002", "Petronellie")  # fmt: skip
OLU = Facts("Oluwadamile", "Brackenthwaitely", "2012-07-19", "M", "2 Copperfielding", "M1 1AA",
            "9000000025", "L801200024021", "LAQZ0003")  # fmt: skip
PEOPLE = (
    ZEB,
    # Her sister at the same home, by the same mother.
    ZEB._replace(given="Wilhelmira", born="2015-08-30", nhs="9000000033", upn="Z801200024031",
                 local="LAQZ0004"),
    # Twins.
    ELL,
    ELL._replace(given="Ellanorette", nhs="9000000041", upn="M801200024041", local="LAQZ0005"),
    # Namesakes, born on one day.
    OLU,
    OLU._replace(line="7 Hollowaysend", postcode="EX1 1HS", nhs="9000000068",
                 upn="A801200024051", local="LAQZ0006"),
    Facts("Ingebjorga", "Nettlefolding", "2014-05-06", "F", "5 Marshgateway", "CF10 1EP",
          "9000000076", "N801200024061", "LAQZ0007"),
    Facts("Dewisantos", "Rhysfechan", "2013-02-19", "M", "1 Ystradgynlas", "YO1 7HH",
          "9000000084", "B801200024071", "LAQZ0008", "Angharadwen"),
)  # fmt: skip

SLIPS = {
    "": lambda one: one,
    "moved": lambda one: one._replace(line="8 Windlestraw Way", postcode="SE15 3QN"),
    "month": lambda one: one._replace(born=one.born[:7]),
    "nameless": lambda one: one._replace(given=""),
    "typo": lambda one: one._replace(family=one.family[:-2] + one.family[-1]),
    "renamed": lambda one: one._replace(family="Featherstonehaw"),
    "no number": lambda one: one._replace(nhs="", upn=""),
    "bare": lambda one: one._replace(nhs="", upn="", born=one.born[:7], line="", postcode=""),
    "swapped": lambda one: one._replace(nhs=ELL.nhs if one.nhs != ELL.nhs else ZEB.nhs),
    "marked": lambda one: one._replace(marked=True),
}
"""How a statement differs from what is so."""


class Agency(NamedTuple):
    """A source, its feed, and how it writes."""

    source: str
    feed: str
    mode: str
    key: Callable[[Facts], str]
    """Gives the record's id."""
    row: Callable[[Facts], str]
    """Writes one child."""
    wrapped: Callable[[list[str], str, int], str]
    """Makes the text of a file of rows and a day."""
    suffix: str = ".csv"
    says: tuple[str, ...] = Facts._fields
    """What it says of a child."""
    nameless: bool = False

    def told(self, facts):
        """As much of the facts as it states."""
        return tuple(getattr(facts, name) for name in self.says)


def _patient(one):
    identifier = {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": one.nhs or "9000000009"}
    status = {"coding": [{"code": "01"}]}
    identifier["extension"] = [{"url": VERIFICATION, "valueCodeableConcept": status}]
    name = {"use": "usual", "family": one.family} | ({"given": [one.given]} if one.given else {})
    home = {"use": "home", "line": [one.line], "postalCode": one.postcode}
    return json.dumps({
        "resourceType": "Patient",
        "id": PEOPLE[_whose(one)].nhs,
        "meta": {"security": [{"code": "R" if one.marked else "U"}]},
        **({"identifier": [identifier]} if one.nhs else {}),
        "name": [name],
        "gender": {"F": "female", "M": "male"}[one.sex],
        "birthDate": one.born,
        **({"address": [home]} if one.line else {}),
        "extension": [{"url": "https://example.org/x", "valueString": CASE[0]}],
    })  # fmt: skip


def _whose(one):
    return next(place for place, person in enumerate(PEOPLE) if person.local == one.local)


def _leaf(name, value):
    return f"<{name}>{value}</{name}>" if value else ""


def _named(one):
    return (
        _leaf("Surname", one.family)
        + _leaf("Forename", one.given)
        + _leaf("Sex", one.sex)
        + _leaf("DOB", one.born if len(one.born) == 10 else "")
    )


def _home(one):
    lines = _leaf("AddressLine1", one.line) + _leaf("PostCode", one.postcode)
    return _leaf("Address", lines)


def _pupil(one):
    characteristics = _leaf("PupilCharacteristics", _leaf("Ethnicity", CASE[1]))
    return (
        f"<PupilOnRoll><PupilIdentifiers>{_leaf('UPN', _upn(one))}{_named(one)}"
        f"</PupilIdentifiers>{characteristics}<PupilStatus><EnrolStatus>C</EnrolStatus>"
        f"<EntryDate>2024-09-03</EntryDate></PupilStatus>"
        f"{_leaf('HomeInformation', _home(one))}</PupilOnRoll>"
    )


def _upn(one):
    return PEOPLE[_whose(one)].upn


def _census(rows, day, number):
    return (
        "<Message><Header><CollectionDetails><Collection>SC</Collection><Term>SPR</Term>"
        f"<Year>2026</Year><ReferenceDate>{day}</ReferenceDate></CollectionDetails><Source>"
        "<SourceLevel>S</SourceLevel><LEA>801</LEA><Estab>2000</Estab>"
        f"<SerialNo>{number % 1000:03d}</SerialNo><DateTime>{day}T10:00:00</DateTime></Source>"
        f"</Header><Pupils><PupilsOnRoll>{''.join(rows)}</PupilsOnRoll></Pupils></Message>"
    )


def _transferred(one):
    details = _leaf("BasicDetails", _leaf("Ethnicity", CASE[1]))
    return f"<Pupil>{_leaf('UPN', _upn(one))}{_named(one)}{details}{_home(one)}</Pupil>"


def _transfer(rows, day, number):
    del number
    return (
        "<CTfile><Header><DocumentName>Common Transfer File</DocumentName>"
        f"<CTFversion>23.0</CTFversion><DateTime>{day}T09:30:00</DateTime>"
        "<SourceSchool><LEA>801</LEA><Estab>2000</Estab></SourceSchool>"
        "<DestSchool><LEA>801</LEA><Estab>4000</Estab></DestSchool></Header>"
        f"<CTFpupilData>{''.join(rows)}</CTFpupilData></CTfile>"
    )


def _tabled(one):
    born = one.born if len(one.born) == 10 else ""
    who = f"{born},{one.family},{one.given},{_upn(one)},{one.sex}"
    return f"p{_whose(one)},8014000,{who},c1,{CASE[2]},C"


def _tables(rows, day, number):
    del day, number
    head = (
        "pupilonrolltableid,NativeId,dob,surname,forename,upn,sex,schoolcensustableid,senprovision"
    )
    return "\n".join([head + ",enrolstatus", *rows]) + "\n"


def _case(one):
    details = {
        "unique_pupil_number": one.upn,
        "first_name": one.given,
        "surname": one.family,
        "date_of_birth": one.born if len(one.born) == 10 else "",
        "sex": one.sex,
        "postcode": one.postcode,
        "ethnicity": CASE[1],
    }
    factors = [{"start_date": "2025-01-20", "factors": [CASE[2]]}]
    episode = {
        "referral_date": "2025-01-10",
        "referral_source": CASE[3],
        "child_and_family_assessments": factors,
    }
    said = {name: value for name, value in details.items() if value}
    written = {"la_child_id": one.local, "child_details": said, "social_care_episodes": [episode]}
    return json.dumps(written)


def _cases(rows, day, number):
    del day, number
    return f'{{"la_code": 801, "Children": [{", ".join(rows)}]}}'


def _in_need(one):
    identifiers = (
        _leaf("LAchildID", one.local)
        + _leaf("UPN", one.upn)
        + _leaf("PersonBirthDate", one.born if len(one.born) == 10 else "")
        + _leaf("Sex", one.sex)
    )
    return (
        f"<Child><ChildIdentifiers>{identifiers}</ChildIdentifiers><ChildCharacteristics>"
        f"{_leaf('Ethnicity', CASE[1])}</ChildCharacteristics><CINdetails><CINreferralDate>"
        f"2025-01-11</CINreferralDate>{_leaf('ReferralSource', CASE[3])}</CINdetails></Child>"
    )


def _needs(rows, day, number):
    return (
        "<Message><Header><CollectionDetails><Collection>CIN</Collection><Year>2026</Year>"
        f"<ReferenceDate>{day}</ReferenceDate></CollectionDetails><Source><LEA>801</LEA>"
        f"<SerialNo>{number % 1000:03d}</SerialNo><DateTime>{day}T10:00:00</DateTime></Source>"
        f"</Header><Children>{''.join(rows)}</Children></Message>"
    )


def _looked_after(one):
    header = (
        _leaf("CHILDID", one.local)
        + _leaf("UPN", one.upn)
        + _leaf("SEX", {"M": "1", "F": "2"}[one.sex])
        + _leaf("DOB", "/".join(reversed(one.born.split("-"))) if len(one.born) == 10 else "")
        + _leaf("ETHNIC", CASE[1])
    )
    return f"<CHILD><HEADER>{header}</HEADER></CHILD>"


def _return(rows, day, number):
    del day, number
    return f"<EXPSSDA903>{''.join(rows)}</EXPSSDA903>"


def _traced(one):
    born = one.born.replace("-", "") if len(one.born) == 10 else one.born[:4]
    sex = {"M": "1", "F": "2"}[one.sex]
    found = f"00,{one.nhs},100" if one.nhs else "98,0000000000,0"
    flag = "S" if one.marked else ""
    who = f"{one.family},{one.given},,{sex},{born},,{one.line},{one.postcode}"
    return f"{_whose(one) + 1},,{who},HOSP{one.local},{CASE[0]},{flag},,{found}"


def _trace(rows, day, number):
    del day, number
    head = (
        "UNIQUE REFERENCE,REQ_NHS_NUMBER,FAMILY_NAME,GIVEN_NAME,OTHER_GIVEN_NAME,GENDER,"
        "DATE_OF_BIRTH,DATE_OF_DEATH,ADDRESS_LINE1,POSTCODE,LOCAL_PATIENT_ID,INTERNAL_ID,"
        "SENSITIVITY_FLAG,MPS_ID,ERROR/SUCCESS_CODE,MATCHED_NHS_NO,MATCHED_CONFIDENCE_PERCENTAGE"
    )
    return "\n".join([head, *rows]) + "\n"


def _member(prefix):
    def row(one):
        guardian = f"{one.guardian},{one.family}" if one.guardian else ","
        return (
            f"{prefix}{one.local},{one.given},{one.family},{one.born},{one.sex},{one.line},"
            f"{one.postcode},{one.nhs},{guardian},{CASE[3]}"
        )

    return row


def _club(rows, day, number):
    del day, number
    head = "key,given,family,dob,sex,address,postcode,nhs,guardian_given,guardian_family,notes"
    return "\n".join([head, *rows]) + "\n"


def _lines(rows, day, number):
    del day, number
    return "\n".join(rows) + "\n"


NAMED = ("given", "family", "born", "sex", "line", "postcode")
# Keys that hold the authority's id begin with several letters: one byte that happens to stand in a
# file before the id of a living record must not make the key of an erased one.
AGENCIES = (
    Agency("pds", "health.pds-fhir", "delta", lambda one: PEOPLE[_whose(one)].nhs, _patient,
           _lines, ".ndjson", (*NAMED, "nhs", "marked")),
    Agency("trace", "health.pds-trace", "delta", lambda one: f"HOSP{one.local}", _traced,
           _trace, ".csv", (*NAMED, "nhs", "marked"), nameless=True),
    Agency("schools", "school.census", "snapshot", lambda one: f"8012000/{_upn(one)}", _pupil,
           _census, ".xml", NAMED),
    Agency("tables", "school.census-tables", "snapshot", lambda one: f"8014000/{_upn(one)}",
           _tabled, _tables, ".csv", ("given", "family", "born", "sex")),
    Agency("transfer", "school.ctf", "delta", _upn, _transferred, _transfer, ".xml", NAMED),
    Agency("cases", "social-care.csc", "delta", lambda one: one.local, _case, _cases, ".json",
           ("given", "family", "born", "sex", "postcode", "upn")),
    Agency("needs", "social-care.cin", "snapshot", lambda one: one.local, _in_need, _needs,
           ".xml", ("born", "sex", "upn"), nameless=True),
    Agency("lookedafter", "social-care.ssda903", "snapshot", lambda one: one.local, _looked_after,
           _return, ".xml", ("born", "sex", "upn"), nameless=True),
    Agency("club", "csv", "delta", lambda one: f"CLUB{one.local}", _member("CLUB"), _club, ".csv",
           (*NAMED, "nhs", "guardian")),
    Agency("chess", "csv", "snapshot", lambda one: f"CHESS{one.local}", _member("CHESS"), _club,
           ".csv", (*NAMED, "nhs", "guardian")),
)  # fmt: skip
"""One source of each feed, and two tables."""

"""How much memory a feed holds while it reads, whatever the size of its file."""

import json
import tracemalloc

import pytest

from feeds.catalogue import FEEDS

MB = 1_000_000
FEW, MANY = 3_000, 8_000
"""Few fill a piece of the file, so that what is held does not grow for want of bytes."""

CENSUS = """<Message><Header><CollectionDetails><Collection>SC</Collection></CollectionDetails>
<Source><LEA>201</LEA><Estab>1234</Estab></Source></Header><Pupils><PupilsOnRoll>{}</PupilsOnRoll>
</Pupils></Message>"""
CIN = """<Message><Header><CollectionDetails><Collection>CIN</Collection><Year>2026</Year>
<ReferenceDate>2026-03-31</ReferenceDate></CollectionDetails><Source><LEA>201</LEA></Source>
</Header><Children>{}</Children></Message>"""


def pupil(n):
    born = f"<DOB>2014-0{1 + n % 9}-1{n % 9}</DOB>"
    name = f"<Surname>Okonjo{n}</Surname><Forename>Asha{n}</Forename>"
    return f"<PupilOnRoll><UPN>K{n:012}</UPN>{name}{born}<Ethnicity>x{n}</Ethnicity></PupilOnRoll>"


def needy(n):
    birth = f"<PersonBirthDate>2014-0{1 + n % 9}-1{n % 9}</PersonBirthDate>"
    ids = f"<ChildIdentifiers><LAchildID>c{n}</LAchildID>{birth}</ChildIdentifiers>"
    return f"<Child>{ids}</Child>"


def patient(n):
    name = {"use": "usual", "given": [f"Asha{n}"], "family": "Okonjo"}
    born = f"2014-0{1 + n % 9}-1{n % 9}"
    return {"resourceType": "Patient", "id": f"p{n}", "name": [name], "birthDate": born}


def case(n):
    details = {"first_name": f"Asha{n}", "surname": "Okonjo", "date_of_birth": "2014-05-06"}
    return {"la_child_id": f"c{n}", "child_details": details}


WRITTEN = {
    "school.census": lambda count: CENSUS.format("".join(map(pupil, range(count)))),
    "social-care.cin": lambda count: CIN.format("".join(map(needy, range(count)))),
    "health.pds-fhir": lambda count: "".join(json.dumps(patient(n)) + "\n" for n in range(count)),
    "social-care.csc": lambda count: json.dumps(
        {"la_code": 201, "Children": [case(n) for n in range(count)]}, indent=0
    ),
    "csv": lambda count: (
        "key,given,family,dob\n"
        + "".join(f"k{n},Asha{n},Okonjo,2014-05-06\n" for n in range(count))
    ),
}


def most_held(feed, path, count):
    """The most bytes that Python held at once while a file of so many rows was read."""
    path.write_text(WRITTEN[feed](count))
    tracemalloc.start()
    try:
        rows = sum(1 for _ in FEEDS[feed].open([path]))
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rows == count
    return held


@pytest.mark.parametrize("feed", WRITTEN)
def test_memory_does_not_grow_with_the_file_that_is_read(feed, tmp_path):
    # A file is read by pieces, and what stands in one line (below 10 MB) at once.
    most_held(feed, tmp_path / "warm", FEW)
    few, many = (most_held(feed, tmp_path / str(count), count) for count in (FEW, MANY))
    grown = (many - few) / (MANY - FEW)
    assert grown < 50, f"{grown:.0f} bytes for each further row"

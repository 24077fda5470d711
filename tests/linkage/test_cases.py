"""The table of cases, row by row: what a matcher of England's children has to get right."""

import tomllib
from pathlib import Path

import pytest

from linkage.decide import decide
from linkage.model import Model
from linkage.standardise import standardise
from linkage.weigh import weigh
from person.identifiers import Identifier
from person.names import PersonName
from person.particulars import BirthDate, Carer, Particulars
from person.places import Address

TABLE = tomllib.loads(Path(__file__).with_name("cases.toml").read_text(encoding="utf-8"))
ROWS = [
    pytest.param(
        row,
        id=f"case {row['case']}: {row['why']}",
        marks=[pytest.mark.xfail(reason=row["xfail"], strict=True)] if "xfail" in row else [],
    )
    for row in TABLE["row"]
]
MODEL = Model.shipped()


def particulars(row):
    """Particulars of a record in the columns of `score`."""
    given = tuple(filter(None, (row.get("given"), *row.get("middle", "").split())))
    names = [PersonName(given, row.get("family", ""))]
    others = [use for use in ("former", "preferred") if f"{use}_family" in row]
    names += [PersonName(given, row[f"{use}_family"], use) for use in others]
    date = row.get("dob") or row.get("expected_dob")
    carer = Carer(
        row.get("guardian_given", ""), row.get("guardian_family", ""),
        nhs=row.get("mother_nhs", ""), maiden=row.get("mother_maiden", ""),
    )  # fmt: skip
    return Particulars(
        names=tuple(names),
        birth=BirthDate(date, expected="expected_dob" in row) if date else None,
        sex=row.get("sex"),
        addresses=(Address(postcode=row["postcode"]),) if "postcode" in row else (),
        identifiers=tuple(identifiers(row)),
        carers=(carer,),
        births=int(row["births"]) if "births" in row else None,
        birth_order=int(row["birth_order"]) if "birth_order" in row else None,
        died=row.get("died", ""),
    )


def identifiers(row):
    if "nhs" in row:
        status = "verified" if row.get("nhs_status") == "01" else "unverified"
        yield Identifier("nhs", row["nhs"], status)
    if "upn" in row:
        temporary = row["upn"][-1].isalpha()
        yield Identifier("upn", row["upn"], "temporary" if temporary else "unverified")
    if "former_upn" in row:
        yield Identifier("upn", row["former_upn"], "former")


@pytest.mark.parametrize("row", ROWS)
def test_a_case_is_decided_as_the_table_says(row):
    left, right = (standardise(particulars(row[side])) for side in ("left", "right"))
    weight = weigh(left, right, MODEL)
    decision = decide(weight, MODEL)
    assert decision.outcome == row["decision"], (decision.reason, round(weight.total, 1))


def test_the_table_has_every_case_as_row_or_scenario():
    named = {row["case"] for row in TABLE["row"]} | {s["case"] for s in TABLE["scenario"]}
    assert named == set(range(1, 44))
    assert len(TABLE["row"]) >= 100

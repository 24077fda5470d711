"""What docs/api.md shows are requests that are taken and answers that are given."""

import json
import re
from typing import get_args

import msgspec
import pytest

from contactpoint.people.allowance import BURST, PEOPLE, RATE
from contactpoint.reasons import REASONS
from contactpoint.serving.answers import AnyChild
from contactpoint.serving.delivering import Deliveries, Note, Quality
from contactpoint.serving.following import Changes, History
from contactpoint.serving.problems import Problem
from contactpoint.serving.reviewing import Decided, Tasks, Verdicted
from contactpoint.serving.searching import Asked, Children, Results, Sheaf, Sought
from contactpoint.serving.shielding import Application, Applied, Standing
from contactpoint.serving.table import ROUTES
from contactpoint.shielding.criteria import CRITERIA
from tests.architecture.tree import ROOT

TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```\w*\n(.*?)```", TEXT, re.DOTALL)
BODIES = [block[block.index("{") :] for block in BLOCKS if re.search("^{", block, re.MULTILINE)]
SHOWN = [json.loads(body) for body in BODIES]
KINDS = {
    "view": AnyChild, "history": History, "found": Children, "results": Results, "status": Problem,
    "changes": Changes, "tasks": Tasks, "household": Applied, "faults": Quality,
    "deliveries": Deliveries, "line": Note, "family": Asked, "identifiers": Sheaf,
    "verdict": Verdicted, "criterion": Application, "linked": Decided, "standing": Standing,
}  # fmt: skip
"""What is shown, by the first of these members that it has."""


@pytest.mark.parametrize("shown", SHOWN, ids="-".join)
def test_an_example_is_what_is_sent_or_answered_to_the_last_member(shown):
    kind = next(kind for member, kind in KINDS.items() if member in shown)
    assert json.loads(msgspec.json.encode(msgspec.convert(shown, kind))) == shown


def test_every_path_of_the_service_is_told():
    told = TEXT.replace("2025-06-01", "{day}")
    for route in ROUTES:
        plain = re.sub(r":\w+}", "}", route.path)
        ends = plain.rsplit("}", maxsplit=1)[-1] or plain
        assert ends in told or plain.startswith("/fhir/"), plain


def test_the_words_that_are_taken_are_told():
    for verdict, reasons in REASONS.items():
        told = ", ".join(f"`{reason}`" for reason in reasons)
        assert f"| `{verdict}` | {told} |" in TEXT
    systems = get_args(Sought.__annotations__["system"])
    words = [*CRITERIA, *systems, *filter(None, get_args(Asked.__annotations__["sex"]))]
    assert [word for word in words if f"`{word}`" not in TEXT] == []


def test_the_limits_that_are_told_are_those_in_force():
    assert (RATE, BURST) == (10, 50)
    told = TEXT[TEXT.index("| 429 |") :]
    assert {str(PEOPLE[one]) for one in PEOPLE} == {"200", "500", "1000"}
    assert "practitioners 200, data managers and shielding officers 500, stewards 1,000" in told

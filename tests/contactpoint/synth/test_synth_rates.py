import dataclasses
from pathlib import Path

import pytest

from contactpoint.synth import rates

PAGE = Path(__file__).parents[3] / "docs" / "synthetic-population.md"
AGENCIES = ("HEALTH", "SCHOOL", "SOCIAL_CARE")
NAMES = [name for name in vars(rates) if name.isupper() and name not in AGENCIES]


@pytest.mark.parametrize("name", NAMES)
def test_the_page_states_each_rate_as_it_is(name):
    assert f"| `{name}` | {getattr(rates, name)} |" in PAGE.read_text(encoding="utf-8")


def test_the_page_states_each_agencys_errors_as_they_are():
    text = PAGE.read_text(encoding="utf-8")
    for field in dataclasses.fields(rates.ErrorRates):
        agencies = (rates.HEALTH, rates.SCHOOL, rates.SOCIAL_CARE)
        values = " | ".join(str(getattr(agency, field.name)) for agency in agencies)
        assert f"| `{field.name}` | {values} |" in text

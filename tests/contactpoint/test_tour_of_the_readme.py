"""The tour in the README: typed as it stands there, it prints what stands there."""

import re
import shlex
from datetime import UTC, datetime

from tests.architecture.tree import ROOT
from tests.contactpoint.installation import Installation
from tests.proof.drawn import drawn

CHANCE = re.compile(r"\d{4} \d{4} \d{4}|\b(?:[0-9a-f]{8}){1,2}\b")
"""Numbers of children and names of pairs and deliveries: others in each index."""
DAY = re.compile(r"2026-11-\d\d")
"""The day on which the tour was taken."""
CUT = " ..."


def steps():
    """Each command of the tour, and the lines that the README has of its output."""
    tour = (ROOT / "README.md").read_text(encoding="utf-8").partition("## A tour by hand")[2]
    for step in tour.split("```")[1].split("$ contactpoint ")[1:]:
        command, *lines = step.splitlines()
        yield command, [line for line in lines if line.strip()]


def plain(line):
    """A line without what is by chance, and with single blanks."""
    return " ".join(CHANCE.sub("N", line).split())


def test_the_tour_prints_what_the_readme_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    home = Installation("contactpoint-data", chunk=20_000)
    assert len(list(steps())) > 10
    # Which record of a pair stands on the left hangs on the index's keys.
    with drawn("tour"):
        take(home, tmp_path)


def take(home, folder):
    today = datetime.now(UTC).date().isoformat()
    names: dict = {}
    for command, lines in steps():
        typed = [names.get(word, word) for word in shlex.split(command)]
        shown = home.run(*typed, expected=(0, 3)).output.splitlines()
        told = {plain(line): line for line in shown}
        for line in lines:
            wanted = DAY.sub(today, line.replace("/tmp/tour", str(folder)))
            begun = plain(wanted.removesuffix(CUT))
            cut = wanted.endswith(CUT)
            found = next((one for one in told if _is(one, begun, cut=cut)), "")
            assert found, f"contactpoint {command}: expected {line!r} among\n" + "\n".join(shown)
            names |= dict(zip(line.split(), told[found].split(), strict=False))


def _is(shown, begun, *, cut):
    return shown.startswith(begun) if cut else shown == begun

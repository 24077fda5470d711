"""Two installations that differ in hidden facts alone, and all that an uncleared reader gets."""

import json
import re
import shutil
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from click.testing import CliRunner

from contactpoint.chance import Chance
from contactpoint.cli.program import run
from person.numbers import make
from tests.contactpoint.installation import Installation

WHY = ("--reason", "enquiry 7")
TOOK = re.compile(r'"seconds": \{[^}]*\}')
"""How long a load took is the one thing in an answer that no two runs have in common."""


class Answer(NamedTuple):
    """What came back: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


class World(Installation):
    """An installation whose clock and numbers are supplied; its people are named by tokens."""

    def __init__(self, folder, people):
        """``people`` says whose each record is, by ``SOURCE:ID``: a child's number follows."""
        super().__init__(folder / "home")
        self.folder, self.people = folder, people
        self._now = 1_791_000_000_000_000
        self._runs = 0
        self._given: dict[str, int] = {}
        self.tokens: dict[str, str] = {}

    def copy_to(self, folder):
        folder.mkdir(parents=True)
        shutil.copytree(self.home, folder / "home")
        made = World(folder, self.people)
        made._now, made._runs, made._given = self._now, self._runs, dict(self._given)
        made.tokens = self.tokens
        return made

    def keep_time_with(self, other):
        """What was done in one alone takes no time: both go on from the later one."""
        self._now = other._now = max(self._now, other._now)
        self._runs = other._runs = max(self._runs, other._runs)

    def name(self, subject, *roles, home=""):
        words = [word for role in roles for word in ("--role", role)]
        words += ["--postcode", home] if home else []
        said = self.answer("", "token", "--subject", subject, *words, "--strong", "--days", 366)
        assert said.code == 0, said
        self.tokens[subject] = said.out.strip()

    def answer(self, who, *words, second="", stdin=None):
        """What the program answers to somebody, as bytes on its two streams would be."""
        people = {"CONTACTPOINT_TOKEN": who, "CONTACTPOINT_SECOND_TOKEN": second}
        shown = {name: self.tokens[one] for name, one in people.items() if one}
        typed = [str(word) for word in words]
        chance = Chance(self._clock, self._run, self._register)
        runner = CliRunner(env=self.environment | shown)
        with runner.isolation(input=stdin) as (out, err, _):
            code = run(typed, obj=chance)
        said = out.getvalue().decode(), err.getvalue().decode()
        return Answer(code, TOOK.sub('"seconds": {}', said[0]), said[1])

    def told(self, who, *words, **options):
        said = self.answer(who, *words, "--json", **options)
        assert said.code in (0, 3), said
        return json.loads(said.out)

    def rows(self, rows, source="club", day="2026-09-01"):
        """Load rows of a table."""
        columns = list(dict.fromkeys(name for row in rows for name in row))
        lines = [",".join(columns)]
        lines += [",".join(row.get(name, "") for name in columns) for row in rows]
        path = self.folder / f"{source}-{day}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        words = ("--source", source, "--feed", "csv", "--effective", day, "--mode", "delta")
        return self.answer("", "load", path, *words, "--json")

    def patients(self, patients, source="pds", day="2026-09-01"):
        """Load patients of the health service."""
        path = self.folder / f"{source}-{day}.ndjson"
        path.write_text("".join(json.dumps(one) + "\n" for one in patients), encoding="utf-8")
        words = ("--source", source, "--feed", "health.pds-fhir", "--effective", day)
        return self.answer("", "load", path, *words, "--json")

    def _clock(self):
        self._now += 1_000_000
        return self._now

    def _run(self):
        self._runs += 1
        return f"{self._runs:08x}"

    def _register(self, records):
        """The same child has the same number in both worlds, whichever records it has."""
        with self.opened() as store:
            names = {store.record_named(name): person for name, person in self.people.items()}
        (person, *_) = sorted(names.get(record, record.hex) for record in records)
        turn = self._given[person] = self._given.get(person, 0) + 1
        digest = blake2b(f"{person} {turn}".encode(), digest_size=16).digest()
        return UUID(bytes=digest), make(f"{int.from_bytes(digest[:8]) % 10**11:011}")

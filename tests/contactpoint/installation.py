"""A whole installation in a folder, run as people run it, and the state two should share."""

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import msgspec
import sqlalchemy as sa
from click.testing import CliRunner

from contactpoint.cli.program import program
from contactpoint.following import heads_of
from contactpoint.installing import open_store
from contactpoint.settings import from_environment
from contactpoint.synth import generate
from events.checkpoints import Checkpoints
from events.delivery import Counts
from events.failpoints import VARIABLE
from events.record import Statement
from events.verify import verify
from projections.index import SEALED, STATEMENT
from tests.contactpoint import forking

PROGRAM = Path(sys.executable).with_name("contactpoint")


@dataclass(frozen=True)
class State:
    """What must not depend on how an index came to be; children are known by their records."""

    records: dict
    """Standing and current statement by source and key."""
    children: dict
    """What a reader sees of each child, but its number, by its current records."""
    reviews: set


class Installation:
    """One home; its commands run in this process, or in one that may be killed."""

    def __init__(self, home, chunk=1000, processes=1):
        """With two processes, every load is shared, however small its file."""
        self.home = Path(home)
        self.environment = {
            "CONTACTPOINT_HOME": str(home),
            "CONTACTPOINT_CHUNK": str(chunk),
            "CONTACTPOINT_PROCESSES": str(processes),
            "CONTACTPOINT_SHARED_FROM": "0",
            "CONTACTPOINT_KEPT_FROM": "1",
        }

    def copy(self, to, processes=1):
        shutil.copytree(self.home, to)
        return Installation(to, self.environment["CONTACTPOINT_CHUNK"], processes)

    def run(self, *words, expected=(0,), stdin=None, by="", second=""):
        """Run a command here, with the tokens of the people named; returns click's result."""
        typed = [str(word) for word in words]
        people = {"CONTACTPOINT_TOKEN": by, "CONTACTPOINT_SECOND_TOKEN": second}
        shown = {name: token for name, token in people.items() if token}
        result = CliRunner(env=self.environment | shown).invoke(
            program, typed, input=stdin, standalone_mode=False
        )
        code = result.return_value if isinstance(result.return_value, int) else 0
        if result.exception is not None:
            raise result.exception
        assert code in expected, (code, result.output)
        return result

    def token(self, subject, *roles, **options):
        """The token of a person, as the administrator's shell issues it."""
        words = [word for role in roles for word in ("--role", role)]
        words += [word for name, value in options.items() for word in (f"--{name}", value) if word]
        return self.run("token", "--subject", subject, *words).stdout.strip()

    def start(self, *words, failpoint=""):
        """Start the installed program as a process of its own."""
        environment = {**os.environ, **self.environment, VARIABLE: failpoint}
        command = [str(PROGRAM), *map(str, words)]
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def finish(self, *words, failpoint=""):
        """Run the installed program to its end, or to its death; returns code and what it said."""
        process = self.start(*words, failpoint=failpoint)
        out, err = process.communicate()
        return process.returncode, out, err

    def die(self, *words, at):
        """Have a process of its own, forked to be sooner there, killed at a failpoint."""
        code, _, said = forking.run(words, {**os.environ, **self.environment, VARIABLE: at})
        assert code == -signal.SIGKILL, f"{at} was not reached: {said}"

    def opened(self):
        return open_store(from_environment(self.environment))

    def state(self):
        with self.opened() as store:
            store.projector.catch_up()
            known = list(store.workings.records(current=False))
            stated = _statements(store.queries.engine)
            names = {one.record: (one.source, one.key) for one in known}
            groups: dict = {}
            for one in known:
                if one.standing == "current":
                    groups.setdefault(one.child, []).append((one.source, one.key))
            unplaced = groups.pop(None, [])
            return State(
                records={names[r.record]: (r.standing, stated.get(r.ordinal)) for r in known},
                children={
                    frozenset(group): _seen(store.queries.child(child))
                    for child, group in groups.items()
                }
                | {frozenset([one]): None for one in unplaced},
                reviews={
                    frozenset([names[pair.left], names[pair.right]])
                    for pair in store.workings.open_pairs()
                },
            )

    def deliveries(self):
        """How each delivery stands, and what its rows count as."""
        told = ("state", "exit_code", *Counts.__struct_fields__)
        with self.opened() as store:
            store.projector.catch_up()
            return {
                row["delivery"]: tuple(row[name] for name in told)
                for row in store.lists.deliveries()
            }

    def findings(self):
        """What ``verify`` finds amiss, the heads compared too."""
        with self.opened() as store:
            notes = Checkpoints(store.settings.checkpoints, store.master.signing)
            return verify(store.log, notes, heads_of).findings

    def events(self):
        """How often each type of event stands in the log."""
        with self.opened() as store:
            upto = store.log.position()
            return Counter(row.type for page in store.log.pages(upto=upto) for row in page)


class Overtaken:
    """A log to which somebody else writes just before each of our first appends."""

    def __init__(self, log, *others):
        self._log, self._others = log, list(others)

    def __getattr__(self, name):
        return getattr(self._log, name)

    def append(self, messages, **options):
        if self._others:
            self._others.pop(0)()
        return self._log.append(messages, **options)


def _statements(engine):
    """Every current statement whole, by the ordinal of its record."""
    with engine.connect() as connection:
        kept = connection.execute(sa.select(STATEMENT).union_all(sa.select(SEALED))).all()
    return {ordinal: msgspec.json.decode(one, type=Statement) for ordinal, one in kept}


def _seen(found):
    seen = msgspec.to_builtins(found.view)
    seen.pop("number")
    return seen


def population(folder, **options):
    """An invented population's feeds; returns its files, night by night, and how to load each."""
    generate(folder, **options)
    nights = []
    for night in sorted(folder.glob("night-*")):
        files = [path for path in sorted(night.rglob("*.*")) if path.stat().st_size]
        nights.append([_delivery(path) for path in files])
    return nights


def _delivery(path):
    day = next(part for part in path.name.split(".") if part[:2] == "20")
    return ["load", path, "--source", path.parent.name, "--effective", day]

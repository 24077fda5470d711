"""Every error that the program can raise is raised with planted names, and tells none of them.

A new class of error fails a test here until it has a case of its own. What is said is searched, and
so is what the error itself carries, with all that it was raised from. Beside that, every option of
every command is given a name where it wants something else.
"""

import ast
import asyncio
import multiprocessing
import os
import threading
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import click
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from contactpoint.accesses import Capacity
from contactpoint.auditing.matters import Matters
from contactpoint.cli.program import _explained, program, run
from contactpoint.installing import open_store
from contactpoint.intake.delivered import Delivered
from contactpoint.intake.line import Line
from contactpoint.intake.processes import Shared
from contactpoint.intake.request import Request
from contactpoint.judging.acts import By
from contactpoint.judging.judging import Judging, Meant
from contactpoint.judging.pair import Pair
from contactpoint.keeping.manifest import read as read_manifest
from contactpoint.matching.described import Described
from contactpoint.people.actor import Actor, Role
from contactpoint.serving import preconditions
from contactpoint.serving.fhir.described import described
from contactpoint.serving.identity import Identity, OwnTokens
from contactpoint.serving.keeping_up import waiting_for_it
from contactpoint.serving.limits import Limits
from contactpoint.serving.recording import BatchedAccesses
from contactpoint.serving.repeats import Repeats
from contactpoint.settings import from_environment
from contactpoint.shielding.officers import Asked
from events import delivery, failpoints, judgement, never_link, responsible, shield
from events.access import Asked as Asked_
from events.judgement import PairJudged, Seen
from events.ledger import ErasureLedger
from events.log import open_log
from events.master import MasterKey
from events.message import Origin, Recorded
from events.never_link import Grounds, NeverLink, NeverLinkDrawn, NeverLinkLifted
from events.record import Order, Record, Statement, StateRecord
from events.record import decide as decide_record
from events.store.heads import ChildHead, HeadChanges
from events.store.postgres import FORBIDDEN, refuse_database_functions
from feeds.catalogue import FEEDS
from linkage.declared.shape import Shape
from person import dates, declared, identifiers, numbers, places
from person.names import PersonName
from person.particulars import Particulars
from projections.database import _empty_the_wal, writing
from projections.migrating import Migrations
from projections.positions import PROJECTION
from projections.schema import READ_SCHEMA
from projections.search import Search
from tests.contactpoint.test_no_leaks import PATIENT, PLANTED, Searched, lines

ROOT = Path(__file__).resolve().parents[2]
SAID = "Zebulonix Quillfeatherby 2013-02-19"
"""What is given wherever something else is wanted."""
ABSTRACT = {"ContactpointError", "RuleError", "KeyStoreError"}
"""Bases, which are raised as one of their kinds."""
WORDS = [word.lower() for word in PLANTED.values()]
"""Words of the child that stands in the index."""


def named():
    """All classes of errors that the tree defines."""
    trees = (ast.parse(path.read_text()) for top in ("src", "feeds")
             for path in (ROOT / top).rglob("*.py"))  # fmt: skip
    found = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return {node.name for node in found if node.name.endswith("Error")} - ABSTRACT


class World(Searched):
    """An index with two planted children, opened."""

    def __init__(self, folder):
        super().__init__(folder)
        self.run("init")
        other = PATIENT | {"id": "9000000017", "birthDate": "2011-11-11"}
        for name, row in (("one", PATIENT), ("two", other)):
            path = self.file(f"{name}.ndjson", lines(row))
            self.run("load", path, "--source", "pds", "--feed", "health.pds-fhir", expected=(0, 3))
        self.store = self.opened()
        self.store.catch_up()
        first, second = (self.store.record_named(f"pds:{key}") for key in KEYS)
        self.pair = Pair.of(first, second)
        self.number = self.store.workings.record(first).number
        self.judging = Judging(self.store.log, self.store.keys, self.store.master)

    def origin(self, who="ada"):
        made = self.store.origin("test")
        return Origin(made.recorded, who, made.command)

    def judge(self, verdict, who="ada", seen=None):
        sight = seen or self.judging.open(self.pair)
        meant = Meant(self.pair, verdict, "x", sight, SAID)
        return self.judging.decide(meant, By(who), self.origin(who))

    def table(self, *rows):
        return self.file("neutral.csv", "\n".join(("key,given,family,dob", *rows)) + "\n")


KEYS = ("9000000009", "9000000017")


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.store.close()


CASES: dict = {}


def case(name):
    """Of an error: how it is raised. What does not come as an exception is raised within."""

    def keep(function):
        CASES[name] = function
        return function

    return keep


VALUES = {
    "IdentifierError": identifiers.nhs_number,
    "DateError": dates.iso_date,
    "NumberError": numbers.read,
    "PlaceError": places.postcode,
    "DeclaredValueError": lambda said: declared.declared_value("date", said),
}
for _name, _read in VALUES.items():
    case(_name)(lambda _world, read=_read: read(SAID))


@case("ShapeError")
def _(world):
    del world
    Shape.of([declared.DeclaredField("surname", "name", exchanged_with="surname")])


@case("UsageError")
def _(world):
    world.store.record_named(SAID)


@case("NotInitialisedError")
def _(world):
    open_store(from_environment({"CONTACTPOINT_HOME": str(world.folder / "nowhere")}))


@case("ChangedFileError")
def _(world):
    path, row = world.table(f"1,{SAID},x,2013-02-19"), f"2,{SAID},x,2013-02-19\n"

    def change(*_):
        path.write_text(path.read_text() + row)

    request = Request([path], FEEDS["csv"], "club", "delta", None, "2026-01-15", progress=change)
    world.store.loading.load(request, world.origin())


@case("NotFoundError")
def _(world):
    world.run("child", "show", SAID, "--reason", SAID)


@case("DeniedError")
def _(world):
    clerk = world.token("clerk", "auditor")
    world.run("child", "show", world.number, "--reason", SAID, by=clerk)


@case("TokenError")
def _(world):
    world.run("child", "show", world.number, "--reason", SAID, by=SAID)


@case("RevokedTokenError")
def _(world):
    token = world.token("gone", "data-manager")
    world.run("token", "revoke", "--subject", "gone")
    world.run("child", "show", world.number, "--reason", SAID, by=token)


@case("ClosedError")
def _(world):
    store, child = world.store, world.store.child_named(world.number)
    store.accesses.investigate(world.origin("eve"), child, SAID)
    matters = Matters(store)
    for _ in range(2):
        (matter,) = matters.investigations()
        matters.close(matter, "unclear", SAID, world.origin())


@case("SameSideError")
def _(world):
    grounds = Grounds("other", SAID, SAID)
    separating = world.store.separating.__func__(world.store, None)
    separating._permit = lambda _: None
    separating.draw([world.pair[0]], [world.pair[0]], By(SAID), world.origin(), grounds)


@case("StaleSightError")
def _(world):
    world.judge("link", seen=Seen(9, 9, 9, 9))


@case("ClaimedError")
def _(world):
    world.judging.claim(world.pair, By("bram"), world.origin())
    world.judge("link")


@case("JudgedAlreadyError")
def _(world):
    world.judge("apart")
    world.judge("link", "bram")


@case("GainsaidError")
def _(world):
    world.judge("apart")
    path = world.file("three.ndjson", lines(PATIENT | {"id": "9000000025"}))
    world.run("load", path, "--source", "pds", "--feed", "health.pds-fhir", expected=(0, 3))
    third = world.store.record_named("pds:9000000025")
    for end, verdict in zip(world.pair, ("link", "link"), strict=True):
        world.pair, kept = Pair.of(end, third), world.pair
        world.judge(verdict)
        world.pair = kept


@case("SecondProcessError")
def _(world):
    delivered = Delivered(FEEDS["csv"], [world.table(f"1,{SAID},x,2013-02-19")], None)
    shared = Shared(delivered, world.store.master, world.store.settings.keys_url)
    with shared as process:
        shared._process.kill()
        shared._process.join()
        process.about  # noqa: B018 - asks for it


@case("EndedError")
def _(world):
    del world
    ours, theirs = multiprocessing.Pipe()
    line = Line(theirs, lambda: None)
    ours.close()
    line.next()


@case("AlreadyShieldedError")
def _(world):
    for _ in range(2):
        world.store.shielding.apply(world.number, Asked("refuge", SAID), world.origin())


@case("SecondPersonError")
def _(world):
    world.store.shielding.lift(world.number, "ada", SAID, world.origin())


@case("TooBroadError")
def _(world):
    world.store.queries.find(Search(sex=SAID))


@case("UnknownProjectionError")
def _(world):
    world.store.projector.rebuild("childs")


@case("BehindError")
def _(world):
    world.store.guard._shields = Ahead()
    world.store.queries.find(Search(name=SAID.rpartition(" ")[0]))


@case("AheadError")
def _(world):
    with writing(world.store.read) as connection:
        connection.execute(PROJECTION.update().values(position=PROJECTION.c.position + 45))
    world.store.projector.catch_up()


@case("NotYetError")
def _(world):
    async def asking():
        waiting_for_it(world.store)()

    asyncio.run(asking())


class Ahead:
    """A list that says more than the read models will ever know."""

    reading = staticmethod(nullcontext)

    def act(self, _act):
        return 1_000_000

    def shielded(self, _records=None):
        return {}

    def sides(self, _records):
        return []


@case("ScrubError")
def _(world):
    del world
    _empty_the_wal(cast(Any, Busy()), 1)


class Busy:
    """A database of which somebody still reads old pages."""

    def cursor(self):
        return self

    def execute(self, statement):
        return statement

    def fetchall(self):
        return [(1, SAID)]


@case("FencedError")
def _(world):
    names = [model.name for model in world.store.projector.read_models.values()]
    world.store.projector.project(names, 0, 2)


@case("MasterKeyError")
def _(world):
    path = world.file("master.key", SAID)
    path.chmod(0o600)
    MasterKey.load(path)


@case("LedgerError")
def _(world):
    ledger, log = ErasureLedger(world.folder, world.store.master.signing), world.store.log.id
    ledger.path(log).write_text(f'{{"said": "{SAID}"}}\n')
    ledger.read(log)


@case("BackupError")
def _(world):
    folder = world.folder / "backup"
    folder.mkdir()
    (folder / "manifest.json").write_text(f'{{"said": "{SAID}"}}')
    read_manifest(folder, world.store.master.signing)


@case("SchemaError")
def _(world):
    with writing(world.store.read) as connection:
        connection.execute(READ_SCHEMA.update().values(version_num="0009"))
    world.store.projector.prepare()


@case("RebuildNeededError")
def _(world):
    with writing(world.store.read) as connection:
        connection.execute(READ_SCHEMA.delete())
        Migrations().steps(connection)


@case("TamperedEventError")
def _(world):
    row = next(one for one in world.store.log.read(0, 100) if "RecordReceived" in one.type)
    world.store.log.decode([row._replace(version=9)])


@case("UnknownEventTypeError")
def _(world):
    world.store.log.mapper.catalogue.reading("ChildNamed:1")


@case("LogError")
def _(world):
    open_log(f"sqlite:///{world.folder}/no.db", world.store.keys, world.store.master)


@case("RecordErasedError")
def _(world):
    statement = Statement(SAID, Particulars(names=(PersonName(given=(SAID,), family=SAID),)))
    order = Order(1, 0, b"")
    command = StateRecord(1, "pds", "", "d", 1, order, order, b"", statement)
    decide_record(command, Record(ordinal=1, standing="erased"))


@case("SidesError")
def _(world):
    drawn = NeverLinkDrawn((UUID(int=1),), (), SAID, SAID, grounds=Grounds("other", SAID, SAID))
    never_link.decide(never_link.DrawNeverLink(drawn), NeverLink())


@case("NoNeverLinkError")
def _(world):
    never_link.decide(never_link.LiftNeverLink(NeverLinkLifted(SAID, SAID, SAID)), NeverLink())


@case("ForbiddenSettingError")
def _(world):
    os.environ[FORBIDDEN] = "yes"
    try:
        refuse_database_functions()
    finally:
        del os.environ[FORBIDDEN]


def stated(world):
    """An event with a planted statement that would begin its stream anew."""
    (first, _) = world.pair
    message = world.store.log.stream(first)[0]
    return Recorded(first, 1, message.origin, 1, message.event, message.keys)


@case("StaleError")
def _(world):
    world.store.log.append([stated(world)])


@case("ActedError")
def _(world):
    world.store.shielding.apply(world.number, Asked("refuge", SAID), world.origin())
    event = NeverLinkDrawn((UUID(int=1),), (UUID(int=2),), SAID, SAID)
    message = Recorded(UUID(int=3), 1, world.origin(), 1, event, (0,))
    world.store.log.append([message], heads=HeadChanges(unmoved={"shield": 0}))


@case("TakenError")
def _(world):
    event = NeverLinkDrawn((UUID(int=1),), (UUID(int=2),), SAID, SAID)
    message = Recorded(UUID(int=3), 1, world.origin(), 1, event, (0,))
    taken = HeadChanges(children=[ChildHead(UUID(int=8), world.number, 1)])
    world.store.log.append([message], heads=taken)


@case("LockedError")
def _(world):
    with held(world, "load"), world.opened() as other, other.log.lock("load"):
        pass


@contextmanager
def held(world, name):
    """A lock that another holds."""
    taken, done = threading.Event(), threading.Event()

    def hold():
        with world.opened() as other, other.log.lock(name):
            taken.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait()
    try:
        yield
    finally:
        done.set()
        thread.join()


@case("NotOfferedError")
def _(world):
    responsible.decide(responsible.AcceptChild(UUID(int=1), "213"), responsible.Responsible())


@case("UnknownFailpointError")
def _(world):
    del world
    failpoints._Armed("nowhere")


@case("RowDecisionError")
def _(world):
    row = delivery.HeldRow(3, "7f3a9c21")
    state = delivery.Delivery(turned_away=frozenset([row]))
    delivery.decide(delivery.ApproveRows((row,), one_each=True, reason=SAID), state)


@case("NoShieldError")
def _(world):
    shield.decide(shield.LiftShield("ada", SAID, SAID), shield.Shield())


@case("OnePersonError")
def _(world):
    world.store.shielding.apply(world.number, Asked("refuge", SAID), world.origin())
    (one,) = world.store.shielding.over(world.number)
    state = world.store.log.replay(one, shield.Shield(), shield.evolve)
    shield.decide(shield.LiftShield("ada", "ada", SAID), state)


JUDGED = PairJudged(UUID(int=1), UUID(int=2), "link", "x", Seen(1, 1), "bram", remarks=SAID)


@case("PairHeldError")
def _(world):
    state = judgement.JudgedPair(claimant="bram", until=10)
    judgement.decide(judgement.JudgePair(replace(JUDGED, by="ada"), 1), state)


@case("PairJudgedError")
def _(world):
    other = replace(JUDGED, verdict="apart", by="ada")
    judgement.decide(judgement.JudgePair(other, 1), judgement.JudgedPair(judged=JUDGED))


@case("NotJudgedError")
def _(world):
    reversal = judgement.JudgementReversed(UUID(int=1), UUID(int=2), "ada", remarks=SAID)
    judgement.decide(judgement.ReverseJudgement(reversal, 1), judgement.JudgedPair())


@case("UnknownKeyError")
def _(world):
    world.store.keys.openers([99])


@case("DestroyedKeyError")
def _(world):
    world.store.keys.destroy([world.pair[0].bytes])
    (head,) = world.store.log.heads.records([world.pair[0]]).values()
    world.store.keys.sealers([head.key])


@case("FeedError")
def _(world):
    path = world.file("neutral.xml", f"<Message><{SAID}")
    FEEDS["school.census"].open([path])


def carried(error):
    """The texts of all that an error of ours carries, and of those from which it was raised."""
    while error is not None:
        if type(error).__name__ in CASES:
            yield from (str(error), repr(error.args), repr(vars(error)))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def leaks(text):
    """Planted words in a text."""
    folded = text.lower()
    given = SAID.lower().split()
    return [word for word in (*WORDS, *given) if word in folded]


def test_every_class_of_errors_has_a_case():
    assert set(CASES) == named()


@case("UnauthenticatedError")
def _(world):
    Identity(OwnTokens(world.store.master, lambda _: False)).of(f"Bearer {SAID}")


@case("TooManyError")
def _(world):
    reader = Actor("ada", frozenset({Role.PRACTITIONER}))
    child = world.store.child_named(world.number)
    Limits(world.store.accesses, {Role.PRACTITIONER: 0}).admit(reader, [child], 1)


@case("PreconditionError")
def _(world):
    del world
    preconditions.seen(cast("Any", SimpleNamespace(headers={"if-match": SAID})))


@case("ConflictError")
def _(world):
    repeats = Repeats(world.store.read, world.store.master)
    repeats.prepare()
    for _ in range(2):
        repeats.begin("ada", SAID.replace(" ", "-"), SAID.encode())


@case("StaleShieldError")
def _(world):
    asked = Asked("harm", SAID)
    world.store.shielding.apply(world.number, asked, world.origin())
    world.store.shielding.review(world.number, asked, world.origin(), 99)


@case("UnrecordedError")
def _(world):
    store = world.store

    class Broken(BatchedAccesses):
        def _append(self, *_args, **_kwargs):
            raise OSError("no space left on device")

    broken = Broken(store.access, store.keys, store.master)
    asked = Asked_(SAID, {"name": SAID})
    look = broken.look(
        world.origin(), "child find", Capacity(Actor("ada")), asked=asked, children=()
    )
    broken.write([look])


@case("FhirError")
def _(world):
    del world
    described({"resourceType": "Patient", "birthDate": SAID}, "2026-09-01")


@case("TooLittleError")
def _(world):
    name = PersonName((SAID,), SAID)
    world.store.person_matching.match(Described(Particulars(names=(name,))))


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_error_carries_and_says_nothing_of_whom_it_is_about(world, name):
    with pytest.raises(Exception) as raised:  # noqa: PT011 - its class is compared
        CASES[name](world)
    assert type(raised.value).__name__ == name
    for text in carried(raised.value):
        assert not leaks(text), text
    assert not leaks(_explained(raised.value)[1])
    for path in world.files():
        if not path.name.startswith("read.db"):
            assert not leaks(path.read_bytes().decode("latin-1")), path.name


def commands(command, path=()):
    """Every command that ends a line, with the words that lead to it."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        yield from commands(command.get_command(context, name), (*path, name))


BY_PATH = {" ".join(path): command for path, command in commands(program)}
LONG = ("demo", "synth", "shield curve")
"""Commands about invented children."""
SYSTEM = {"feed_name", "source", "delivery_id", "version"}
"""Parameters that name things of the system: what is unknown is repeated."""
NAMES = {"source show", "rebuild"}
"""Commands whose parameter ``name`` does so."""
BOUNDED = (click.Choice, click.DateTime, click.types.IntParamType, click.types.FloatParamType)
"""Kinds of parameters that take a word of a list, a day or a figure: what is none is repeated."""


def harmless(parameter, path):
    """A value of the parameter's kind."""
    kind = parameter.type
    if isinstance(kind, click.Choice):
        return str(next(iter(kind.choices)))
    return str(path) if isinstance(kind, click.Path) else "1"


def typed(words, command, wrong, path):
    """A command line with planted words for one parameter, and harmless ones where it must be."""
    line = list(words)
    for parameter in command.params:
        is_wrong = parameter is wrong
        if not (is_wrong or parameter.required):
            continue
        given = is_wrong and not isinstance(parameter.type, click.Path)
        values = [SAID if given else harmless(parameter, path)] * max(parameter.nargs, 1)
        line += [parameter.opts[0], *values] if isinstance(parameter, click.Option) else values
    return line


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    made = Searched(tmp_path_factory.mktemp("bare"))
    made.run("init")
    return made


@pytest.mark.parametrize("name", [name for name in BY_PATH if name not in LONG])
def test_a_command_repeats_nothing_personal_of_what_was_typed_in_the_wrong_place(bare, name):
    command, path = BY_PATH[name], bare.file("neutral.csv", f"{SAID},1\n{SAID}\n")
    for wrong in command.params:
        system = SYSTEM | ({"name"} if name in NAMES else set())
        repeated = isinstance(wrong.type, BOUNDED) or wrong.name in system
        flag = isinstance(wrong, click.Option) and wrong.is_flag
        if repeated or flag:
            continue
        line = typed(name.split(), command, wrong, path)
        with CliRunner(env=bare.environment).isolation(input="") as (out, err, _):
            code = run(line)
        said = (out.getvalue() + err.getvalue()).decode()
        assert not leaks(said), (line, said)
        assert "fault of the program" not in said, (line, said)
        assert code in range(5)


FIRST, LAST, _ = SAID.split()
SHAPES = {
    "words alone": SAID,
    "a table with them as its columns": f"{SAID},{FIRST},{LAST}\n{SAID},{FIRST},{LAST}\n",
    "a table with them where a count stands": f"{FIRST},{LAST},99\n1,{SAID},{SAID}\n",
    "cells parted otherwise": f"{FIRST}|{LAST}|given\n{FIRST}|{LAST}|x\n",
    "a quote that does not end": f'key,given\n1,"{SAID}\n2,{SAID}\n',
    "an element of theirs": f"<{FIRST}><{LAST} {LAST}='{SAID}'>{SAID}</{LAST}></{FIRST}>",
    "an element that does not end": f"<Message><Header>{SAID}</{FIRST}>",
    "an entity of theirs": f"<!DOCTYPE {FIRST} [<!ENTITY a '{SAID}'>]><{FIRST}>&a;</{FIRST}>",
    "an encoding of theirs": f"<?xml version='1.0' encoding='{FIRST}'?><a>{SAID}</a>",
    "a namespace of theirs": f"<Message xmlns='{FIRST}'><Header><{LAST}/>{SAID}</Header></Message>",
    "an object of theirs": f'{{"{FIRST}": "{SAID}", "resourceType": "{LAST}"}}\n',
    "a value in the wrong place": f'{{"resourceType": "Patient", "name": "{SAID}", "id": 1}}\n',
    "a list of theirs": f'[{{"la_child_id": ["{SAID}"]}}, "{SAID}"]\n',
    "an object that does not end": f'{{"resourceType": "Patient", "id": "{SAID}, \n',
    "a message of theirs": f"MSH|^~\\&|{FIRST}|{LAST}\rPID|1||{SAID}\r",
    "letters of another encoding": SAID + "\xe9\xff",
}  # fmt: skip
"""Files that are not what they should be, with planted words in each place that a reader looks at.

Written as Latin-1, so that the last is no UTF-8."""


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("feed", sorted(FEEDS))
def test_no_reader_repeats_what_stands_in_a_file_that_it_cannot_read(bare, feed, shape):
    path = bare.folder / "neutral.txt"
    path.write_text(SHAPES[shape], encoding="latin-1")
    words = ["--feed", feed, "--source", f"some {feed}", "--no-link"]
    for line in (["load", str(path), *words], ["load", str(path), "--source", "some", "--no-link"]):
        with CliRunner(env=bare.environment).isolation(input="") as (out, err, _):
            code = run(line)
        said = (out.getvalue() + err.getvalue()).decode()
        assert not leaks(said), said
        assert "fault of the program" not in said, said
        assert code in range(5)


@pytest.mark.parametrize(
    "mapping", [SAID, f"[feed]\nkey = {SAID}\n", f"[feed]\nkey = '{SAID}\n", f"[{SAID}"]
)
def test_no_mapping_that_cannot_be_read_is_repeated(bare, mapping):
    path, table = bare.file("neutral.toml", mapping), bare.file("neutral.csv", "key\n1\n")
    line = ["load", table, "--feed", "csv", "--source", "some", "--mapping", path]
    with CliRunner(env=bare.environment).isolation(input="") as (out, err, _):
        assert run([str(word) for word in line]) == 1
    said = (out.getvalue() + err.getvalue()).decode()
    assert not leaks(said), said

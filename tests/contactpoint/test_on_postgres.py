"""The whole program on PostgreSQL: the same night gives the same index as on SQLite."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from contactpoint.installing import open_store
from contactpoint.matching.described import Described
from contactpoint.settings import from_environment
from person.names import PersonName
from person.particulars import Particulars
from tests.contactpoint.matching.people import AtOnce
from tests.contactpoint.test_program import Program, first_number


@pytest.fixture(scope="module")
def installations(postgres_url, tmp_path_factory):
    """One night loaded into an SQLite and a PostgreSQL installation."""
    made = {}
    base = tmp_path_factory.mktemp("both")
    assert Program(base)("synth", "feeds", "--children", 200, "--seed", 12).returncode == 0
    for name in ("sqlite", "postgres"):
        folder = base / name
        folder.mkdir()
        program = made[name] = Program(folder)
        if name == "postgres":
            joint = "&" if "?" in postgres_url else "?"
            for part in ("log", "keys", "read", "access"):
                schema = f"{part}_{uuid4().hex[:8]}"
                url = f"{postgres_url}{joint}schema={schema}"
                program.environment[f"CONTACTPOINT_{part.upper()}_URL"] = url
        run = program("init")
        assert run.returncode == 0, run.stderr
        run = program("nightly", base / "feeds" / "night-01")
        assert run.returncode in (0, 3), run.stderr
    return made


def partition(program):
    program("export", "links", "links.csv")
    lines = (program.folder / "links.csv").read_text().splitlines()[1:]
    children: dict[str, set[str]] = {}
    for line in lines:
        record, _, child = line.rpartition(",")
        children.setdefault(child, set()).add(record)
    return set(map(frozenset, children.values()))


def test_both_databases_hold_the_same_children(installations):
    assert partition(installations["postgres"]) == partition(installations["sqlite"])


def test_both_databases_show_the_same_queue(installations):
    queues = {name: program.json("review", "list") for name, program in installations.items()}
    weights = {name: [pair["weight"] for pair in queue] for name, queue in queues.items()}
    assert weights["postgres"] == weights["sqlite"] != []
    pair = queues["postgres"][0]["pair"]
    shown = installations["postgres"]("review", "show", pair, "--reason", "enquiry")
    assert shown.returncode == 0, shown.stderr


def test_the_same_night_again_appends_no_event_there_either(installations):
    program = installations["postgres"]
    events = program.json("status")["events"]
    program("nightly", program.folder.parent / "feeds" / "night-01")
    assert program.json("status")["events"] == events


def matched(program):
    """How sure it is, by each of some records, whom its name, sex and birth date describe."""
    with open_store(from_environment(program.environment)) as store:
        store.catch_up()
        matching = store.matching_people(AtOnce())
        answers = {}
        records = sorted(store.workings.records(), key=lambda one: (one.source, one.key))
        for one in records[::10]:
            stated = one.compared
            assert stated is not None
            names = [PersonName(name.given, name.family, name.use) for name in stated.names]
            asked = Particulars(names=tuple(names), birth=stated.birth, sex=stated.sex)
            found = matching.match(Described(asked))
            numbers = [each.found.view.number for each in found.matched]
            answers[one.source, one.key] = (
                [(round(each.probability, 9), each.grade) for each in found.matched],
                one.number in numbers,
            )
        return answers


def test_both_databases_match_described_persons_alike(installations):
    answers = matched(installations["postgres"])
    assert answers == matched(installations["sqlite"])
    assert sum(is_found for _, is_found in answers.values()) > 0.7 * len(answers)


def test_a_rebuild_a_rotation_and_an_erasure_leave_the_log_whole(installations):
    program = installations["postgres"]
    number = first_number(program)
    assert program("rebuild").returncode == 0
    assert program("key", "rotate").returncode == 0
    run = program("erase", number, "--yes")
    assert run.returncode == 0, run.stderr
    assert program("child", "show", number, "--reason", "enquiry").returncode == 1
    assert program("verify").returncode == 0


def test_the_record_of_access_is_watched_exported_and_verified_there_too(installations):
    program = installations["postgres"]
    number = first_number(program)
    program("child", "show", number, "--reason", "enquiry")
    watched, again = program.json("audit", "watch"), program.json("audit", "watch")
    assert (watched["looks"] > 0, again["looks"]) == (True, 0)
    period = ("--from", "2020-01-01", "--to", "2099-12-31")
    told = program.json("audit", "export", "looks.ndjson", *period)
    lines = (program.folder / "looks.ndjson").read_text().splitlines()
    assert len(lines) == told["events"] > 0
    assert any(f"Patient/{number}" in line for line in lines)
    assert program.json("audit", "report", *period)["acts"]["child show"] > 0
    assert program.json("audit", "verify")["findings"] == []


@pytest.fixture
def database(postgres_url):
    """The address of a database of its own on the server; gone with the test."""
    server = sa.make_url(postgres_url)
    name = f"one_{uuid4().hex[:8]}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
        yield server.set(database=name).render_as_string(hide_password=False)
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def test_one_address_makes_four_schemas_and_the_doctor_warns(database, tmp_path):
    program = Program(tmp_path)
    program.environment["CONTACTPOINT_DATABASE_URL"] = database
    assert program("init").returncode == 0
    (tmp_path / "t.csv").write_text("key,given,family,dob\nk,Asha,Okonjo,2015-03-04\n")
    assert program("load", "t.csv", "--feed", "csv", "--source", "club").returncode == 0
    assert program("verify").returncode == 0
    engine = sa.create_engine(database)
    schemas = {one for one in sa.inspect(engine).get_schema_names() if "contactpoint" in one}
    engine.dispose()
    assert schemas == {f"contactpoint_{name}" for name in ("log", "keys", "read", "access")}
    warned = program("doctor").stdout
    assert "share one database" in warned


def test_sqlite_has_no_schemas_to_hold_four_databases(tmp_path):
    program = Program(tmp_path)
    program.environment["CONTACTPOINT_DATABASE_URL"] = f"sqlite:///{tmp_path}/one.db"
    run = program("init")
    assert run.returncode == 2
    assert "expected postgresql://USER@HOST/DATABASE" in run.stderr
    assert list(tmp_path.iterdir()) == []

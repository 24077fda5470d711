"""Planted words searched in every byte that the program leaves: files of the home, temporary
files, standard output and standard error."""

import json
import signal
import sqlite3
from contextlib import closing, contextmanager

import pytest

from contactpoint.erasing import Erasing
from contactpoint.intake.recall import FOLDER
from events.child import ChildErased
from events.record import RecordErased
from events.store.locks import LockedError
from tests.contactpoint.installation import Installation

PLANTED = {
    "forename": "Zebulonix",
    "middle name": "Xanthippelle",
    "family name": "Quillfeatherby",
    "mother": "Marigoldina",
    "birth date": "2013-02-19",
    "postcode": "ZE3 9JW",
    "street": "Thistlewick",
    "telephone": "07700 900417",
    "patient's NHS number": "9000000009",
    "mother's NHS number": "9000000017",
    "UPN": "K801200024001",
    "authority's child id": "CHILDQZ0071",
    "reason": "Wendlebury",
}
"""Words that a reader of the index may meet, and nobody who only holds the files."""
DROPPED = ("Qzspeechword", "Qzethnicword", "Qzreferralword", "Qzlanguageword", "Qzfactorword")
"""Words in fields that are on no allow-list."""

PATIENT = {
    "resourceType": "Patient",
    "id": PLANTED["patient's NHS number"],
    "name": [{"use": "usual", "given": ["Zebulonix", "Xanthippelle"], "family": "Quillfeatherby"}],
    "gender": "female",
    "birthDate": "2013-02-19",
    "address": [{"use": "home", "line": ["4 Thistlewick Row"], "postalCode": "ZE3 9JW"}],
    "telecom": [{"system": "phone", "value": "07700 900417"}],
    "extension": [{"url": "https://example.org/x", "valueString": "Qzlanguageword"}],
}
MOTHER = {
    "resourceType": "RelatedPerson",
    "identifier": [
        {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": PLANTED["mother's NHS number"]}
    ],
    "patient": {
        "identifier": {
            "system": "https://fhir.nhs.uk/Id/nhs-number",
            "value": PLANTED["patient's NHS number"],
        }
    },
    "relationship": [{"coding": [{"code": "MTH"}]}],
    "name": [{"given": ["Marigoldina"], "family": "Quillfeatherby"}],
}
CENSUS = """<Message><Header><CollectionDetails><Collection>SC</Collection><Term>SPR</Term>
<Year>2026</Year><ReferenceDate>2026-01-15</ReferenceDate></CollectionDetails><Source>
<SourceLevel>S</SourceLevel><LEA>940</LEA><Estab>1100</Estab></Source></Header><Pupils>
<PupilsOnRoll><PupilOnRoll><UPN>K801200024001</UPN><Surname>Quillfeatherby</Surname>
<Forename>Zebulonix</Forename><MiddleNames>Xanthippelle</MiddleNames><Sex>F</Sex>
<DOB>2013-02-19</DOB><Ethnicity>Qzethnicword</Ethnicity><SENprovision>Qzspeechword</SENprovision>
<Address><Street>Thistlewick Row</Street><PostCode>ZE3 9JW</PostCode></Address></PupilOnRoll>
</PupilsOnRoll></Pupils></Message>"""
CASES = {
    "la_code": 940,
    "Children": [
        {
            "la_child_id": PLANTED["authority's child id"],
            "child_details": {
                "unique_pupil_number": PLANTED["UPN"],
                "first_name": "Zebulonix",
                "surname": "Quillfeatherby",
                "date_of_birth": "2013-02-19",
                "sex": "F",
                "postcode": "ZE3 9JW",
                "ethnicity": "Qzethnicword",
            },
            "social_care_episodes": [
                {
                    "referral_date": "2025-11-27",
                    "referral_source": "Qzreferralword",
                    "child_and_family_assessments": [
                        {"start_date": "2025-12-01", "factors": ["Qzfactorword"]}
                    ],
                }
            ],
        }
    ],
}


class Searched(Installation):
    """An installation of which everything that it writes or says is kept to be searched."""

    def __init__(self, folder):
        super().__init__(folder / "home")
        self.folder, self.said = folder, ""
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.environment |= {"TMPDIR": str(self.temporary), "SQLITE_TMPDIR": str(self.temporary)}

    def file(self, name, text):
        path = self.folder / "feeds" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def load(self, name, text, source, *options, failpoint=""):
        """Load a file made for it; keeps what was said, and returns the exit code."""
        path = self.file(name, text)
        words = ("load", path, "--source", source, "--effective", "2026-01-15", *options)
        code, out, err = self.finish(*words, failpoint=failpoint)
        self.said += out + err
        return code

    def files(self):
        for folder in (self.home, self.temporary):
            yield from (path for path in folder.rglob("*") if path.is_file())

    def holders(self, word):
        """Names of the files, and what was said, in which a word stands, in any case or form."""
        forms = {word.lower(), word.lower().replace(" ", ""), word.replace("-", "")}
        found = {
            path.relative_to(self.folder).as_posix()
            for path in self.files()
            if any(form.encode() in path.read_bytes().lower() for form in forms)
            or any(form in str(path).lower() for form in forms)
        }
        return found | {"said"} if any(form in self.said.lower() for form in forms) else found


def lines(*objects):
    return "".join(json.dumps(one) + "\n" for one in objects)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Three agencies' files with planted words, loaded, linked and asked after."""
    made = Searched(tmp_path_factory.mktemp("planted"))
    assert made.finish("init")[0] == 0
    patients = ["--feed", "health.pds-fhir"]
    assert made.load("pds.ndjson", lines(PATIENT, MOTHER), "pds", *patients) == 0
    assert made.load("census.xml", CENSUS, "schools") == 0
    assert made.load("csc.json", json.dumps(CASES), "la-940") == 0
    return made


def asked(home):
    words = ["child", "find", "--name", "Zebulonix Quillfeatherby", "--postcode", "ZE3 9JW"]
    return home.run(*words, "--reason", "Wendlebury", "--json")


def test_the_planted_child_is_found_and_was_linked_from_three_agencies(home):
    (found,) = json.loads(asked(home).stdout)["found"]
    assert {holder["source"] for holder in found["holders"]} == {"pds", "schools", "la-940"}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_word_stands_in_the_read_models_and_nowhere_else(home, what):
    asked(home)
    assert home.holders(PLANTED[what]) <= {"home/read.db", "home/read.db-wal"}


def test_the_search_would_find_what_is_planted(home):
    for what in ("forename", "family name", "birth date", "UPN", "patient's NHS number"):
        assert "home/read.db" in home.holders(PLANTED[what])


@pytest.mark.parametrize("word", DROPPED)
def test_a_word_of_a_field_that_is_not_taken_stands_nowhere(home, word):
    assert home.holders(word) == set()


NAMELESS = PATIENT | {"id": "not a number Zebulonix"}
FAILING = {
    "a broken line": ("pds.ndjson", lines(PATIENT)[:-60], "health.pds-fhir"),
    "a line that is no JSON": ("pds.ndjson", "Zebulonix Quillfeatherby\n", "health.pds-fhir"),
    "a key that is none": ("pds.ndjson", lines(NAMELESS), "health.pds-fhir"),
    "a list for a name": (
        "pds.ndjson",
        lines(PATIENT | {"name": "Zebulonix Quillfeatherby"}),
        "health.pds-fhir",
    ),
    "a date that is none": (
        "pds.ndjson",
        lines(PATIENT | {"birthDate": "Zebulonix 2013-02-19"}),
        "health.pds-fhir",
    ),
    "a census cut short": ("census.xml", CENSUS[:-70], "school.census"),
    "a census with an entity": (
        "census.xml",
        '<!DOCTYPE m [<!ENTITY x "Zebulonix">]>' + CENSUS,
        "school.census",
    ),
    "a census date that is none": (
        "census.xml",
        CENSUS.replace("<ReferenceDate>2026-01-15", "<ReferenceDate>Zebulonix"),
        "school.census",
    ),
    "a UPN that is none": (
        "census.xml",
        CENSUS.replace("<UPN>K801200024001", "<UPN>Zebulonix 9000000009"),
        "school.census",
    ),
    "cases cut short": ("csc.json", json.dumps(CASES)[:-30], "social-care.csc"),
    "children that are words": (
        "csc.json",
        json.dumps({"la_code": 940, "Children": ["Zebulonix Quillfeatherby"]}),
        "social-care.csc",
    ),
    "a table without a header": ("t.csv", "1,Zebulonix,Quillfeatherby,2013-02-19\n", "csv"),
    "a table with a stray quote": (
        "t.csv",
        'key,given,family,dob\n1,"Zebulonix,Quillfeatherby,2013-02-19\n',
        "csv",
    ),
    "a table with a row too long": (
        "t.csv",
        "key,given,family,dob\n1,Zebulonix,Quillfeatherby,2013-02-19,9000000009\n",
        "csv",
    ),
    "a table of values that are wrong": (
        "t.csv",
        "key,given,family,dob,nhs,postcode,sex\n1,Zebulonix,,2013-02-39,9000000017X,ZE3 9JW Q,Z\n",
        "csv",
    ),
}


@pytest.mark.parametrize("case", FAILING)
def test_a_load_that_fails_says_nothing_of_what_it_read(tmp_path, case):
    home = Searched(tmp_path)
    home.run("init")
    name, text, feed = FAILING[case]
    with kept_apart(home):
        home.load(name, text, "agency", "--feed", feed, "--no-link", "--json")
    assert "Traceback" not in home.said
    for word in PLANTED.values():
        assert home.holders(word) <= {"home/read.db", "home/read.db-wal"}, (word, home.said)


@contextmanager
def kept_apart(home):
    """A load here in this process, with what it says kept: fifteen of them start quickly."""

    def finish(*words, failpoint=""):
        result = home.run(*words, expected=(0, 1, 3))
        return result.return_value or 0, result.stdout, result.stderr

    home.finish = finish
    yield


@pytest.mark.parametrize(
    "failpoint", ["load.received", "append.before-commit", "index.before-swap", "projection.rows"]
)
def test_a_load_killed_leaves_no_planted_word_outside_the_read_models(tmp_path, failpoint):
    home = Searched(tmp_path)
    home.run("init")
    options = ("--feed", "health.pds-fhir")
    code = home.load("pds.ndjson", lines(PATIENT, MOTHER), "pds", *options, failpoint=failpoint)
    assert code == -signal.SIGKILL
    for word in PLANTED.values():
        assert home.holders(word) <= {"home/read.db", "home/read.db-wal"}
    for word in DROPPED:
        assert home.holders(word) == set()


def test_a_database_that_fails_is_reported_without_what_it_was_given(tmp_path):
    home = Searched(tmp_path)
    home.run("init")
    with sqlite3.connect(home.home / "read.db") as read:
        read.execute("DROP TABLE index_statement")
    read.close()
    options = ("--feed", "health.pds-fhir", "--no-link")
    assert home.load("pds.ndjson", lines(PATIENT, MOTHER), "pds", *options) == 1
    assert "a database cannot be used: no such table" in home.said
    for word in PLANTED.values():
        assert "said" not in home.holders(word)


def wrapped_keys(home):
    """The keys of all subjects by number, as the keys' database holds them."""
    with closing(sqlite3.connect(home.home / "keys.db")) as keys:
        return dict(keys.execute("SELECT number, wrapped FROM subject_key"))


@pytest.mark.parametrize(
    "failpoint",
    ["append.before-commit", "append.after-commit", "keys.destroyed", "projection.rows"],
)
def test_an_erasure_killed_and_given_again_destroys_the_keys(home, tmp_path, failpoint):
    copy = home.copy(tmp_path / "home")
    before = wrapped_keys(copy)
    number = json.loads(asked(home).stdout)["found"][0]["number"]
    assert copy.finish("erase", number, "--yes", failpoint=failpoint)[0] == -signal.SIGKILL
    with closing(sqlite3.connect(copy.home / "keys.db")) as idle:
        # While another has the file open, closing it tidies nothing up: the erasure has to.
        idle.execute("SELECT * FROM subject_key").fetchall()
        copy.run("erase", number, "--yes")
        stored = b"".join(path.read_bytes() for path in copy.home.glob("keys.db*"))
    gone = [before[number] for number, key in wrapped_keys(copy).items() if key is None]
    assert len(gone) >= 3
    assert not any(one in stored for one in gone)
    with copy.opened() as store:
        told = repr(store.log.decode(store.log.read(0, 1000)))
    assert "Zebulonix" not in told
    assert "Quillfeatherby" not in told


def test_an_erasure_takes_what_a_killed_rebuild_left_with_it(home, tmp_path):
    copy = home.copy(tmp_path / "home")
    number = json.loads(asked(home).stdout)["found"][0]["number"]
    assert copy.finish("rebuild", failpoint="rebuild.before-swap")[0] == -signal.SIGKILL
    copy.run("erase", number, "--yes")
    stored = b"".join(path.read_bytes().lower() for path in copy.home.glob("read.db*"))
    assert [word for word in PLANTED.values() if word.lower().encode() in stored] == []
    copy.run("rebuild")


def test_an_erasure_blanks_what_pages_hold_that_are_free(home, tmp_path):
    copy = home.copy(tmp_path / "home")
    number = json.loads(asked(home).stdout)["found"][0]["number"]
    with closing(sqlite3.connect(copy.home / "read.db")) as tool:
        tool.execute("PRAGMA secure_delete = OFF")
        tool.execute("CREATE TABLE stray (said)")
        tool.execute("INSERT INTO stray VALUES (?)", ["Strayonix" * 2000])
        tool.commit()
        tool.execute("DROP TABLE stray")
        tool.commit()
    assert b"Strayonix" in b"".join(path.read_bytes() for path in copy.home.glob("read.db*"))
    copy.run("erase", number, "--yes")
    assert b"Strayonix" not in b"".join(path.read_bytes() for path in copy.home.glob("read.db*"))


def test_an_erasure_leaves_nothing_sealed_that_was_made_of_the_records(home, tmp_path):
    copy = home.copy(tmp_path / "home")
    (index,) = copy.home.rglob("matcher.index")
    sealed = index.read_bytes()[-64:]
    kept = copy.home / "work" / FOLDER
    assert list(kept.iterdir())
    number = json.loads(asked(home).stdout)["found"][0]["number"]
    copy.run("erase", number, "--yes")
    assert sealed not in index.read_bytes()
    assert not kept.exists()


def test_an_erasure_and_a_rebuild_keep_out_of_each_others_way(home, tmp_path):
    copy = home.copy(tmp_path / "home")
    number = json.loads(asked(home).stdout)["found"][0]["number"]
    with copy.opened() as store, store.log.lock("rebuild"):
        kept = store._kept_index()
        parts = (store.log, store.keys, store.master, store.projector, store.workings, kept)
        erasing = Erasing(*parts, store.ledger, rows=tmp_path, backup_days=35, wait=0.1)
        with pytest.raises(LockedError, match="rebuild is under way in process"):
            erasing.child(number, store.origin("erase"), reason="")
        with pytest.raises(LockedError, match="rebuild is under way in process"):
            copy.run("rebuild")


def test_an_erased_childs_words_stand_nowhere_at_all(home, tmp_path):
    asked(home)
    number = json.loads(asked(home).stdout)["found"][0]["number"]
    home.run("erase", number, "--yes", "--reason", "asked for by Ottershawe")
    for word in (*PLANTED.values(), "Ottershawe"):
        assert home.holders(word) == set()
    with home.opened() as store:
        events = [one.event for one in store.log.decode(store.log.read(0, 1000))]
    reasons = [one.reason for one in events if isinstance(one, RecordErased | ChildErased)]
    assert reasons == ["asked for by Ottershawe"] * 4


@pytest.mark.parametrize("act", ["approve", "reject"])
def test_why_a_delivery_was_decided_stands_in_the_read_models_and_nowhere_else(tmp_path, act):
    home = Searched(tmp_path)
    home.run("init")
    options = ("--feed", "health.pds-fhir", "--mode", "snapshot", "--effective")
    assert home.load("one.ndjson", lines(PATIENT), "pds", *options, "2026-01-15") == 0
    other = lines(PATIENT | {"id": "9000000025"})
    assert home.load("two.ndjson", other, "pds", *options, "2026-01-16") == 3
    listed = json.loads(home.run("delivery", "list", "--json").stdout)
    (held,) = (one["delivery"] for one in listed if one["state"] == "held")
    home.run("delivery", act, held, "--reason", "Ottershawe rang")
    assert home.holders("Ottershawe") <= {"home/read.db", "home/read.db-wal"}
    shown = json.loads(home.run("delivery", "show", held, "--json").stdout)
    assert shown["reason"] == "Ottershawe rang"


@pytest.mark.parametrize("act", ["approve", "reject"])
def test_a_row_that_is_held_and_why_it_was_decided_stand_in_the_read_models_alone(tmp_path, act):
    home = Searched(tmp_path)
    home.run("init")
    options = ("--feed", "health.pds-fhir", "--effective")
    assert home.load("one.ndjson", lines(PATIENT), "pds", *options, "2026-01-15") == 0
    name = {"use": "usual", "given": ["Zedekiah"], "family": "Wrenfield"}
    other = PATIENT | {"name": [name], "birthDate": "2011-11-11"}
    assert home.load("two.ndjson", lines(other), "pds", *options, "2026-01-16") == 3
    assert home.holders("Wrenfield") == set()
    held = json.loads(home.run("delivery", "list", "--json").stdout)[0]["delivery"]
    home.run("delivery", act, held, "--row", 1, "--reason", "Ottershawe rang")
    allowed = {"home/read.db", "home/read.db-wal"}
    assert home.holders("Ottershawe") <= allowed
    assert home.holders("Wrenfield") <= allowed
    assert bool(home.holders("Wrenfield")) == (act == "approve")

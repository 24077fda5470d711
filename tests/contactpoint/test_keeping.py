"""Backups, and what comes back of them: whole or not at all, and nothing that was erased."""

import json
import random
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from uuid import UUID, uuid4

import msgspec
import pytest
import sqlalchemy as sa

from contactpoint.errors import DeniedError, NotInitialisedError
from contactpoint.keeping import manifest as manifests
from contactpoint.keeping.manifest import BackupError
from contactpoint.keeping.shielding_again import shield_again
from contactpoint.keeping.staging import SWAPPING
from events.master import MasterKey
from projections.migrating import RebuildNeededError
from projections.schema import SchemaError
from tests.contactpoint.installation import Installation, population
from tests.contactpoint.shields import WHY, Refuge, is_open
from tests.contactpoint.test_no_leaks import CENSUS, PATIENT, PLANTED, Searched, lines
from tests.contactpoint.test_on_postgres import database

__all__ = ["database"]
FIND = ("child", "find", "--name", "Zebulonix Quillfeatherby", "--postcode", "ZE3 9JW")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """An invented night, and a backup of it in ``index`` and ``keys`` beside the home."""
    folder = tmp_path_factory.mktemp("kept")
    (files,) = population(folder / "feeds", children=80, nights=1, seed=5)
    made = Installation(folder / "home")
    made.run("init")
    for words in files:
        made.run(*words, "--no-link", expected=(0, 3))
    made.run("link")
    backup(made)
    return made


@pytest.fixture
def home(kept, tmp_path):
    """A copy of that index with its backup."""
    for name in ("index", "keys"):
        shutil.copytree(kept.home.parent / name, tmp_path / name)
    return kept.copy(tmp_path / "home")


def backup(home, **run):
    folder = home.home.parent
    words = ("backup", folder / "index", "--keys", folder / "keys", "--json")
    return json.loads(home.run(*words, **run).stdout)


def restore(home, *words, source="index", **run):
    folder = home.home.parent
    typed = ("restore", folder / source, "--keys", folder / "keys", *words, "--json")
    return json.loads(home.run(*typed, **run).stdout)


def lose(home):
    """Lose the databases; the master key and the checkpoints were elsewhere."""
    for path in home.home.iterdir():
        if path.name not in ("master.key", "checkpoints"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def late(home, name="late"):
    """Load one more child, after the backup."""
    path = home.home.parent / f"{name}.csv"
    path.write_text(f"key,given,family,dob\n{name},Asha,Okonjo,2015-03-04\n")
    home.run("load", path, "--feed", "csv", "--source", "club")


def test_what_is_restored_is_what_was_backed_up(kept, home):
    lose(home)
    told = restore(home)
    assert home.state() == kept.state()
    assert home.events() == kept.events()
    assert home.deliveries() == kept.deliveries()
    assert home.findings() == []
    assert (told["missing"], told["erased_again"]) == (0, 0)


def test_an_index_goes_on_where_its_backup_ended(home):
    lose(home)
    restore(home)
    late(home)
    assert home.run("verify").return_value == 0
    assert json.loads(home.run("status", "--json").stdout)["projections"]["children"]["lag"] == 0


def test_what_came_after_the_backup_is_said_to_be_missing_and_is_not_looked_for_again(home):
    late(home)
    told = json.loads(home.run("status", "--json").stdout)["events"]
    for _ in range(2):
        home.run("child", "find", "--name", "Asha Okonjo", "--dob", "2015-03-04", *WHY)
    home.run("audit", "verify")
    lose(home)
    restored = restore(home)
    assert restored["missing"] == told - restored["position"] > 0
    assert restored["last_missing"]
    assert restored["missing_accesses"] == 2
    assert home.findings() == []
    late(home, "later")
    assert home.findings() == []


def test_a_log_cut_short_without_a_restore_is_still_found(kept, home):
    late(home)
    for name in ("log.db", "keys.db"):
        for left in home.home.glob(f"{name}*"):
            left.unlink()
        shutil.copy(kept.home / name, home.home)
    assert "a checkpoint was signed here" in str(home.findings()[0])


def test_backups_taken_while_a_night_is_loaded_are_whole(kept, tmp_path):
    home = Installation(tmp_path / "home", chunk=40)
    home.run("init")
    process = home.start("nightly", kept.home.parent / "feeds" / "night-01")
    taken = []
    while process.poll() is None:
        taken.append(backup(home)["backup"])
        time.sleep(0.2)
    process.communicate()
    few = taken[:: len(taken) // 4 or 1]
    ends = [restore(home, "--drill", source=f"index/{name}.index")["position"] for name in few]
    assert ends == sorted(ends)
    assert len(set(ends)) > 1


def test_a_drill_changes_nothing_and_leaves_nothing(home):
    before = {path: path.read_bytes() for path in home.home.rglob("*.db")}
    assert restore(home, "--drill")["records"] > 80
    assert {path: path.read_bytes() for path in home.home.rglob("*.db")} == before
    assert not list(home.home.glob("*restoring*"))


def test_an_index_that_stands_there_is_not_replaced_unasked(home):
    late(home)
    events = home.events()
    with pytest.raises(BackupError, match=r"something stands there already.*--replace"):
        restore(home)
    assert home.events() == events
    restore(home, "--replace")
    assert home.events() != events
    assert home.findings() == []


def test_a_backup_is_for_its_owner_alone(home):
    folder = home.home.parent
    for path in [*folder.glob("index/**/*"), *folder.glob("keys/**/*")]:
        assert path.stat().st_mode & 0o077 == 0


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda index, _: flip(index / "log.db"), "log.db was changed"),
        (lambda index, _: flip(index / "access.db"), "access.db was changed"),
        (lambda _, keys: flip(keys / "keys.db"), "keys.db was changed"),
        (lambda index, _: (index / "access.db").unlink(), "access.db is missing"),
        (lambda index, _: (index / "stray").touch(), "stray is none of its files"),
    ],
)
def test_a_backup_that_was_changed_is_refused_and_leaves_nothing(home, spoil, said):
    (index,) = (home.home.parent / "index").iterdir()
    (keys,) = (home.home.parent / "keys").iterdir()
    spoil(index, keys)
    lose(home)
    for words in ((), ("--check",)):
        with pytest.raises(BackupError, match=said):
            restore(home, *words)
    assert not list(home.home.glob("*.db*"))


def test_a_manifest_that_was_changed_is_no_backup(home):
    (index,) = (home.home.parent / "index").iterdir()
    path = index / manifests.MANIFEST
    path.write_text(path.read_text().replace('"records": 1', '"records": 2'))
    with pytest.raises(BackupError, match="not signed by this installation"):
        restore(home, "--check", source=f"index/{index.name}")
    with pytest.raises(BackupError, match="no backup there"):
        restore(home, "--check")


def test_a_log_that_was_changed_before_it_was_backed_up_is_refused(kept, tmp_path):
    home = kept.copy(tmp_path / "home")
    with closing(sqlite3.connect(home.home / "log.db")) as log, log:
        log.execute("UPDATE log_event SET state = state || x'00' WHERE rowid = 40")
    backup(home)
    with pytest.raises(BackupError, match="the log of the backup was changed: position 40"):
        restore(home, "--drill")


def test_a_backup_of_another_installation_is_refused(home, tmp_path):
    other = Installation(tmp_path / "other")
    other.run("init")
    with pytest.raises(BackupError, match="no backup there"):
        other.run("restore", tmp_path / "index", "--keys", tmp_path / "keys", "--replace")


KILLED_BACKUPS = ("backup.copied", "backup.before-rename")


@pytest.mark.parametrize("failpoint", KILLED_BACKUPS)
def test_a_backup_killed_is_none_and_the_next_removes_what_it_left(home, failpoint):
    folder = home.home.parent
    before = sorted(folder.glob("*/2*"))
    words = ("backup", folder / "index", "--keys", folder / "keys")
    home.die(*words, at=failpoint)
    assert restore(home, "--check")["backup"] == before[0].stem
    backup(home)
    assert not list(folder.glob("*/*.partial"))


@pytest.mark.parametrize("failpoint", ["restore.filled", "projection.rows", "restore.before-swap"])
def test_a_restore_killed_before_the_swap_has_changed_nothing(kept, home, failpoint):
    late(home)
    events = home.events()
    folder = home.home.parent
    words = ("restore", folder / "index", "--keys", folder / "keys", "--replace")
    home.die(*words, at=failpoint)
    assert home.events() == events
    assert home.findings() == []
    restore(home, "--replace")
    assert home.state() == kept.state()
    assert not list(home.home.glob("*restoring*"))


@pytest.mark.parametrize(
    ("failpoint", "replace"),
    [("restore.swapping", True), ("restore.swapped", False), ("checkpoint.after", True)],
)
def test_a_restore_killed_in_the_swap_opens_to_nobody_until_it_is_given_again(
    kept, home, failpoint, replace
):
    late(home)
    if not replace:
        lose(home)
    folder = home.home.parent
    words = ("restore", folder / "index", "--keys", folder / "keys", *["--replace"] * replace)
    home.die(*words, at=failpoint)
    for command in ("status", "init"):
        with pytest.raises(NotInitialisedError, match="a restore was cut short"):
            home.run(command)
    home.die(*words, at="restore.filled")
    with pytest.raises(NotInitialisedError, match="a restore was cut short"):
        home.run("status")
    restore(home)
    assert home.state() == kept.state()
    assert home.findings() == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_a_restore_killed_at_any_moment_leaves_the_old_index_or_none_or_the_new(
    kept, home, tmp_path, seed
):
    late(home)
    old, new = home.events(), kept.events()
    chance = random.Random(seed)
    folder = home.home.parent
    words = ("restore", folder / "index", "--keys", folder / "keys", "--replace")
    for number in range(8):
        tried = home.copy(tmp_path / f"tried-{number}")
        process = tried.start(*words)
        try:
            process.communicate(timeout=chance.uniform(0.3, 2.5))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        try:
            assert tried.events() in (old, new)
        except NotInitialisedError:
            assert (tried.home / SWAPPING).exists()
        tried.run(*words)
        assert tried.events() == new
        assert tried.findings() == []


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A child with planted words, at two agencies, in an index that was backed up."""
    made = Searched(tmp_path_factory.mktemp("planted"))
    made.run("init")
    assert made.load("pds.ndjson", lines(PATIENT), "pds", "--feed", "health.pds-fhir") == 0
    assert made.load("census.xml", CENSUS, "schools") == 0
    backup(made)
    return made


@pytest.fixture
def erased(planted, tmp_path):
    """The same, where the child was erased after the backup."""
    for name in ("index", "keys"):
        shutil.copytree(planted.folder / name, tmp_path / name)
    made = Searched.__new__(Searched)
    made.__dict__ |= planted.__dict__ | planted.copy(tmp_path / "home").__dict__
    made.folder, made.said, made.temporary = tmp_path, "", tmp_path / "temporary"
    made.temporary.mkdir()
    made.run("erase", number_of(made), "--yes", "--reason", "retention ended")
    return made


def number_of(home):
    (found,) = json.loads(home.run(*FIND, *WHY, "--json").stdout)["found"]
    return found["number"]


def holders(home, *folders):
    """Files of these folders in which a planted word stands."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    words = [word.lower().encode() for word in PLANTED.values()]
    return {p.name for p in files if any(word in p.read_bytes().lower() for word in words)}


def test_no_file_of_a_backup_holds_a_planted_word(planted):
    assert holders(planted, planted.folder / "index", planted.folder / "keys") == set()
    assert "read.db" in holders(planted, planted.home) | {"read.db-wal"}


@pytest.mark.parametrize("by", ["the ledger outside", "the keys that stand there", "both"])
def test_a_child_erased_after_the_backup_does_not_come_back(erased, by):
    words = ["--replace"]
    if by == "the ledger outside":
        lose(erased)
        words = []
    if by == "the keys that stand there":
        (ledger,) = (erased.home / "checkpoints").glob("*.erasures")
        ledger.unlink()
        words.append("--without-ledger")
    told = restore(erased, *words)
    assert told["erased_again"] == 2
    assert json.loads(erased.run(*FIND, *WHY, "--json", expected=(0, 1)).stdout)["found"] == []
    assert holders(erased, erased.home, erased.temporary) == set()
    assert erased.findings() == []
    with erased.opened() as store:
        told = repr(store.log.decode(store.log.read(0, 1000)))
        assert store.projector.standings()[0].position == store.log.position()
    assert "Zebulonix" not in told
    assert erased.events()["contactpoint.RecordErased:1"] == 2


@pytest.mark.parametrize("failpoint", ["restore.filled", "projection.rows", "rebuild.after-swap"])
def test_a_drill_killed_anywhere_leaves_no_word_of_an_erased_child(erased, failpoint):
    words = ("restore", erased.folder / "index", "--keys", erased.folder / "keys", "--drill")
    erased.die(*words, at=failpoint)
    assert list(erased.home.glob("*restoring*"))
    assert holders(erased, erased.home, erased.temporary) == set()


def test_a_restore_where_all_was_lost_killed_leaves_no_word_of_an_erased_child(erased):
    lose(erased)
    words = ("restore", erased.folder / "index", "--keys", erased.folder / "keys")
    erased.die(*words, at="rebuild.after-swap")
    assert list(erased.home.glob("*restoring*"))
    assert holders(erased, erased.home, erased.temporary) == set()


def test_an_erasure_removes_what_a_killed_drill_left_in_clear(planted, tmp_path):
    for name in ("index", "keys"):
        shutil.copytree(planted.folder / name, tmp_path / name)
    home = planted.copy(tmp_path / "home")
    words = ("restore", tmp_path / "index", "--keys", tmp_path / "keys", "--drill")
    home.die(*words, at="rebuild.after-swap")
    assert "read.db.restoring" in {p.removesuffix("-wal") for p in holders(home, home.home)}
    home.run("erase", number_of(home), "--yes")
    assert holders(home, home.home) == set()


@pytest.mark.parametrize("kind", ["erasures", "shields"])
@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda path, whole: path.write_bytes(whole.replace(b'"number":1', b'"number":3')), ":1: "),
        (lambda path, _: path.write_bytes(b""), "nothing is left of the ledger"),
        (lambda path, _: path.unlink(), "nothing is left of the ledger"),
    ],
)
def test_verify_finds_a_ledger_that_a_restore_would_refuse(erased, kind, change, found):
    (ledger,) = (erased.home / "checkpoints").glob(f"*.{kind}")
    whole = ledger.read_bytes()
    assert erased.run("verify").return_value == 0
    change(ledger, whole)
    said = erased.run("verify", expected=(1,))
    assert str(ledger) in said.stdout
    assert found in said.stdout
    ledger.write_bytes(whole)
    assert erased.run("verify").return_value == 0


def test_without_the_folder_of_checkpoints_verify_says_what_it_could_not_look_for(erased):
    shutil.rmtree(erased.home / "checkpoints")
    said = erased.run("verify")
    assert "no checkpoint of this log was found" in said.stderr
    assert "no ledger of erasures or shields was found" in said.stderr
    assert "nothing amiss" in said.stderr


def test_a_ledger_of_erasures_that_is_gone_is_missed(erased):
    (ledger,) = (erased.home / "checkpoints").glob("*.erasures")
    lose(erased)
    whole = ledger.read_bytes()
    ledger.unlink()
    with pytest.raises(BackupError, match="what was erased since could come back"):
        restore(erased)
    ledger.write_bytes(whole)
    assert restore(erased)["erased_again"] == 2


def test_a_ledger_of_erasures_that_lost_its_last_note_is_missed(erased):
    backup(erased)
    (ledger,) = (erased.home / "checkpoints").glob("*.erasures")
    lose(erased)
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[: whole.rstrip().rfind(b"\n") + 1])
    with pytest.raises(BackupError, match="1 notes of erasures, but there were 2"):
        restore(erased)


def test_an_erasure_between_the_log_and_the_keys_is_replayed(erased):
    (index,) = (erased.folder / "index").iterdir()
    backup(erased)
    for kept in (erased.folder / "keys").glob(f"{index.stem}.keys"):
        shutil.rmtree(kept)
    (ledger,) = (erased.home / "checkpoints").glob("*.erasures")
    lose(erased)
    ledger.unlink()
    told = restore(erased, "--without-ledger", source=f"index/{index.name}")
    assert told["erased_again"] == 2
    assert holders(erased, erased.home) == set()


def test_copies_of_the_keys_expire_and_a_later_one_opens_the_older_log(home):
    folder = home.home.parent
    (old,) = (folder / "keys").iterdir()
    (index,) = (folder / "index").iterdir()
    grow_old(home, old)
    assert backup(home)["expired"] == [str(old)]
    assert not old.exists()
    lose(home)
    told = restore(home, source=f"index/{index.name}")
    assert told["backup"] == index.stem != told["keys"]


def test_copies_of_the_keys_of_another_index_do_not_expire_with_those_of_this_one(home):
    """Two may have one master key, and one folder for their copies."""
    (old,) = (home.home.parent / "keys").iterdir()
    grow_old(home, old)
    restate(home, old, lambda taken: {"log": "0" * len(taken.log)})
    assert backup(home)["expired"] == []
    assert old.exists()


def test_a_note_of_which_the_keys_alone_know_is_missed_where_it_is_gone(home):
    """Something was erased after the log was copied, and before the keys were."""
    (keys,) = (home.home.parent / "keys").iterdir()
    restate(home, keys, lambda taken: {"noted": {**taken.noted, "erasures": 2}})
    with pytest.raises(BackupError, match="1 notes of erasures, but there were 2"):
        restore(home, "--drill")


def grow_old(home, folder, days=36):
    """Have a copy of the keys say that it was taken days ago."""
    restate(home, folder, lambda taken: {"made": taken.made - days * 86_400 * 10**6})


def restate(home, folder, changes):
    """Have a half of a backup say something else of itself."""
    key = MasterKey.load(home.home / "master.key").signing
    taken = manifests.read(folder, key).manifest
    (folder / manifests.MANIFEST).unlink()
    other = msgspec.structs.replace(taken, **changes(taken), signature="")
    manifests.write(folder, other, key)


def test_keys_that_are_older_than_the_log_open_nothing(home):
    folder = home.home.parent
    (old,) = (folder / "keys").iterdir()
    kept = old.rename(folder / old.name)
    backup(home)
    for copy in (folder / "keys").iterdir():
        shutil.rmtree(copy)
    kept.rename(old)
    with pytest.raises(BackupError, match=r"no copy of the keys that fits; expected .*\.keys"):
        restore(home, "--check")


def test_keys_wrapped_by_a_key_that_a_rotation_dropped_are_refused(home):
    home.run("key", "rotate")
    with pytest.raises(BackupError, match="wrapping key 1, which the master key file has no more"):
        restore(home, "--drill")
    backup(home)
    assert restore(home, "--drill")["missing"] == 0


def test_only_an_administrator_backs_up_and_restores(home):
    steward = home.token("ada", "steward")
    for words in ((), ("--drill",)):
        with pytest.raises(DeniedError):
            restore(home, *words, by=steward) if words else backup(home, by=steward)
    backup(home)
    lose(home)
    with pytest.raises(DeniedError):
        restore(home, by=steward)
    assert not list(home.home.glob("*.db*"))


def test_a_shield_stands_after_a_restore(tmp_path):
    refuge = Refuge(tmp_path)
    refuge.patient("9000000009")
    number = refuge.number("pds", "9000000009")
    assert is_open(refuge.show(number))
    refuge.apply(number)
    backup(refuge)
    lose(refuge)
    restore(refuge)
    assert not is_open(refuge.show(number))
    with refuge.opened() as store:
        head = store.log.heads.act("shield")
        assert head > 0
        assert all(one.position >= head for one in store.projector.standings())


BACKED_UP, LATER = "9000000009", "9000000017"


@pytest.fixture
def shielded_since(tmp_path):
    """Two patients who came under shields after the backup; the second after it as a patient."""
    refuge = Refuge(tmp_path)
    refuge.patient(BACKED_UP)
    backup(refuge)
    refuge.patient(LATER, given="Bram", family="Vermeer", dob="2014-07-09", postcode="LS1 4AP")
    for patient in (BACKED_UP, LATER):
        refuge.apply(refuge.number("pds", patient))
    return refuge


def test_a_child_who_was_shielded_after_the_backup_is_shielded_when_it_is_restored(shielded_since):
    refuge = shielded_since
    lose(refuge)
    assert restore(refuge)["shielded_again"] == 2
    assert not is_open(refuge.show(refuge.number("pds", BACKED_UP)))
    (told,) = refuge.told(refuge.officer(), "shield", "list")["shields"][:1]
    assert told["criterion"] == "shielded after the backup that was restored"
    assert refuge.findings() == []


def test_a_record_that_the_backup_has_not_comes_shielded_when_its_file_is_loaded_again(
    shielded_since,
):
    refuge = shielded_since
    lose(refuge)
    restore(refuge)
    refuge.patient(LATER, given="Bram", family="Vermeer", dob="2014-07-09", postcode="LS1 4AP")
    number = refuge.number("pds", LATER)
    assert not is_open(refuge.show(number))
    assert refuge.find(postcode="LS1 4AP") == []
    refuge.load([{"key": "1", "given": "Bram", "family": "Vermeer", "dob": "2014-07-09",
                  "sex": "F", "postcode": "LS1 4AP", "nhs": LATER}])  # fmt: skip
    assert refuge.find(postcode="LS1 4AP") == []
    assert refuge.findings() == []


def test_a_shield_that_was_lifted_since_stands_again_as_the_backup_has_it(tmp_path):
    refuge = Refuge(tmp_path)
    refuge.patient(BACKED_UP)
    number = refuge.number("pds", BACKED_UP)
    refuge.apply(number)
    backup(refuge)
    words = ("shield", "lift", number, *WHY)
    refuge.told(refuge.officer(), *words, second=refuge.officer("ola"))
    assert is_open(refuge.show(number))
    lose(refuge)
    assert restore(refuge)["shielded_again"] == 0
    assert not is_open(refuge.show(number))


def test_who_is_noted_under_a_shield_that_the_log_has_lifted_is_shielded_anew(tmp_path):
    refuge = Refuge(tmp_path)
    refuge.patient("9000000009")
    shield = refuge.apply(refuge.number("pds", "9000000009"))
    refuge.lift(shield)
    with refuge.opened() as store:
        record = store.record_named("pds:9000000009")
        assert shield_again(store, {UUID(shield): {record}}) == 1
        assert shield_again(store, {UUID(shield): {record}}) == 0
        assert store.guard.hidden([record]) == {record}


def test_a_ledger_of_shields_that_is_gone_is_missed(shielded_since):
    (ledger,) = (shielded_since.home / "checkpoints").glob("*.shields")
    lose(shielded_since)
    ledger.unlink()
    with pytest.raises(BackupError, match="0 notes of shields, but there were 1"):
        restore(shielded_since)


@pytest.fixture
def put_back(erased, planted):
    """The index in which the child was erased, once other tools have set its databases back."""
    for path in planted.home.glob("*.db*"):
        if not path.name.endswith(".lock"):
            shutil.copy(path, erased.home / path.name)
    return erased


def test_databases_that_other_tools_have_put_back_agree_again_with_what_is_noted(put_back):
    told = json.loads(put_back.run("restore", "--put-back", "--json").stdout)
    assert told["erased_again"] == 2
    assert told["missing"] > 0
    assert json.loads(put_back.run(*FIND, *WHY, "--json", expected=(0, 1)).stdout)["found"] == []
    assert holders(put_back, put_back.home) == set()
    assert put_back.findings() == []


@pytest.mark.parametrize("failpoint", ["keys.destroyed", "projection.rows", "rebuild.after-swap"])
def test_putting_back_that_was_killed_opens_to_nobody_until_it_is_given_again(put_back, failpoint):
    put_back.die("restore", "--put-back", at=failpoint)
    with pytest.raises(NotInitialisedError, match="a restore was cut short"):
        put_back.run("status")
    put_back.run("restore", "--put-back")
    assert holders(put_back, put_back.home) == set()
    assert put_back.findings() == []


def test_nothing_is_put_back_without_the_ledgers_or_by_another(put_back):
    with pytest.raises(DeniedError):
        put_back.run("restore", "--put-back", by=put_back.token("ada", "steward"))
    for ledger in (put_back.home / "checkpoints").glob("*.shields"):
        ledger.unlink()
    with pytest.raises(BackupError, match="0 notes of shields, but there were 1"):
        put_back.run("restore", "--put-back")


@pytest.fixture(scope="module")
def served(postgres_url, tmp_path_factory):
    """An index on PostgreSQL with the planted child."""
    made = Searched(tmp_path_factory.mktemp("served"))
    joint = "&" if "?" in postgres_url else "?"
    for part in ("log", "keys", "read", "access"):
        schema = f"{part}_{uuid4().hex[:8]}"
        made.environment[f"CONTACTPOINT_{part.upper()}_URL"] = (
            f"{postgres_url}{joint}schema={schema}"
        )
    made.run("init")
    assert made.load("pds.ndjson", lines(PATIENT), "pds", "--feed", "health.pds-fhir") == 0
    assert made.load("census.xml", CENSUS, "schools") == 0
    return made


@pytest.mark.parametrize("failpoint", ["restore.filled", "restore.swapping"])
def test_a_restore_on_postgresql_killed_and_given_again_is_whole(served, failpoint):
    backup(served)
    state = served.state()
    words = ("restore", served.folder / "index", "--keys", served.folder / "keys", "--replace")
    served.die(*words, at=failpoint)
    restore(served, "--replace")
    assert served.state() == state
    assert served.findings() == []


def test_on_postgresql_too_what_was_erased_since_stays_erased(served):
    backup(served)
    assert holders(served, served.folder / "index", served.folder / "keys") == set()
    assert restore(served, "--drill")["erased_again"] == 0
    before = served.events()
    served.run("erase", number_of(served), "--yes")
    with pytest.raises(BackupError, match="something stands there already"):
        restore(served)
    assert restore(served, "--replace")["erased_again"] == 2
    assert json.loads(served.run(*FIND, *WHY, "--json", expected=(0, 1)).stdout)["found"] == []
    after = served.events()
    assert after["contactpoint.RecordErased:1"] == 2
    assert after["contactpoint.RecordReceived:2"] == before["contactpoint.RecordReceived:2"]
    assert served.findings() == []
    assert restore(served, "--drill")["erased_again"] == 2


def test_four_databases_in_one_schema_are_restored_together(database, tmp_path):
    home = Installation(tmp_path / "home")
    names = ("LOG", "KEYS", "READ", "ACCESS")
    home.environment |= {f"CONTACTPOINT_{name}_URL": database for name in names}
    home.run("init")
    late(home)
    backup(home)
    state = home.state()
    late(home, "later")
    assert restore(home, "--drill")["missing"] > 0
    restore(home, "--replace")
    assert home.state() == state
    assert home.findings() == []
    engine = sa.create_engine(database)
    schemas = sa.inspect(engine).get_schema_names()
    engine.dispose()
    assert not [name for name in schemas if "restoring" in name]


def test_read_models_of_another_version_are_not_read_until_they_are_made_anew(kept, home):
    with closing(sqlite3.connect(home.home / "read.db")) as read, read:
        read.execute("DROP TABLE read_schema")
        read.execute("ALTER TABLE index_record DROP COLUMN standing")
    for words in (("status",), ("link",), ("delivery", "list"), ("rebuild", "children")):
        with pytest.raises((SchemaError, RebuildNeededError)):
            home.run(*words)
    for words in (("migrate",), ("migrate", "--check")):
        with pytest.raises(RebuildNeededError, match="'contactpoint rebuild'"):
            home.run(*words)
    home.run("rebuild")
    assert home.run("migrate", "--check").return_value == 0
    assert home.state() == kept.state()

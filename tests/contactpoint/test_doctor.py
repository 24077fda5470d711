"""What the doctor sees of an installation, and what it says to do."""

import json
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from contactpoint import doctor
from contactpoint.chance import CHANCE, Chance
from contactpoint.errors import NotFoundError, UsageError
from contactpoint.installing import open_store
from contactpoint.keeping.dates import NAME, Dates
from contactpoint.settings import from_environment
from contactpoint.watching.watching import Watching
from projections.positions import AheadError
from tests.contactpoint.installation import Installation
from tests.contactpoint.shields import Refuge

DAY = 86_400 * 10**6


@pytest.fixture
def home(tmp_path):
    made = Installation(tmp_path / "home")
    made.run("init")
    return made


def seen(home, **environment):
    """What is said, by its level; the exit code fits it."""
    home.environment |= environment
    result = home.run("doctor", "--json", expected=(0, 1))
    found: dict = {"ok": [], "warning": [], "wrong": []}
    for one in json.loads(result.stdout):
        found[one["level"]].append(f"{one['what']}: {one['do']}")
    assert bool(found["wrong"]) == (result.return_value == 1)
    return {level: "\n".join(said) for level, said in found.items()}


def test_a_new_index_has_warnings_and_nothing_wrong(home):
    found = seen(home)
    assert found["wrong"] == ""
    for what in ("master key lies beside", "checkpoints lie beside", "no backup yet", "no drill"):
        assert what in found["warning"]


def test_what_protects_is_asked_to_be_on_another_disk(home, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (home.home / "checkpoints").rename(elsewhere)
    warned = seen(home, CONTACTPOINT_CHECKPOINTS=str(elsewhere))["warning"]
    assert "the checkpoints lie on the same disk" in warned


def test_a_file_that_others_may_read_is_wrong(home):
    (home.home / "keys.db").chmod(0o640)
    assert "keys.db may be read by others" in seen(home)["wrong"]


def test_a_variable_that_is_misspelt_is_named(home):
    warned = seen(home, CONTACTPOINT_CHECKPOINT="/elsewhere")["warning"]
    assert "CONTACTPOINT_CHECKPOINT; did you mean 'CONTACTPOINT_CHECKPOINTS'?" in warned


def test_backups_and_drills_that_are_too_old_are_named(home):
    now = time.time_ns() // 1000
    path = home.home / NAME

    def at(backup, drill):
        path.write_bytes(msgspec.json.encode(Dates(now - backup * DAY, now - drill * DAY)))
        path.chmod(0o600)
        return seen(home)

    assert "the last backup is 1 day old" in at(1, 30)["ok"]
    old = at(4, 40)["warning"]
    assert "the last backup is 4 days old: contactpoint backup" in old
    assert "the last drill of a restore is 40 days old" in old


def test_a_backup_and_a_drill_are_noted(home, tmp_path):
    home.run("backup", tmp_path / "backup")
    home.run("restore", tmp_path / "backup", "--drill")
    assert "the last drill of a restore is of the last 24 hours" in seen(home)["ok"]


def test_a_clock_behind_the_last_commit_is_wrong(home):
    with closing(sqlite3.connect(home.home / "log.db")) as log, log:
        log.execute("UPDATE log_chain SET recorded = recorded + 3600000000")
    assert "s behind the last commit" in seen(home)["wrong"]


def test_tables_of_another_version_are_wrong(home):
    with closing(sqlite3.connect(home.home / "read.db")) as read, read:
        read.execute("UPDATE read_schema SET version_num = '0000'")
    assert "contactpoint migrate" in seen(home)["wrong"]


def test_a_log_that_was_put_back_beside_read_models_that_had_come_further_is_wrong(home):
    with closing(sqlite3.connect(home.home / "read.db")) as tool, tool:
        tool.execute("UPDATE projection SET position = position + 45")
    assert "read models took in 45 events that the log has no more" in seen(home)["wrong"]


def test_metrics_that_others_may_ask_are_named(home):
    assert "shown to others" in seen(home, CONTACTPOINT_METRICS="0.0.0.0:9464")["warning"]
    assert "shown to others" not in seen(home, CONTACTPOINT_METRICS="localhost:9464")["warning"]


def test_an_issuer_that_does_not_answer_is_wrong(home):
    issuer = {"ISSUER": "http://127.0.0.1:9", "AUDIENCE": "us"}
    stated = {f"CONTACTPOINT_{name}": value for name, value in issuer.items()}
    assert "openid-configuration cannot be read" in seen(home, **stated)["wrong"]


def test_what_a_killed_drill_left_is_named(home, tmp_path):
    home.run("backup", tmp_path / "backup")
    words = ("restore", tmp_path / "backup", "--drill")
    home.die(*words, at="restore.filled")
    assert "has left log, access, keys" in seen(home)["warning"]


def certificate(folder, key, days):
    """A certificate in force for some more days, and its key, as files."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "index.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=100))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .sign(key, None)
    )
    path = folder / f"{days}.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize(
    ("days", "level"), [(90, "ok"), (20, "warning"), (-2, "wrong")], ids=["long", "soon", "past"]
)
def test_a_certificate_is_asked_how_long_it_is_in_force(home, tmp_path, days, level):
    key = Ed25519PrivateKey.generate()
    stated = {
        "CONTACTPOINT_CERTIFICATE": str(certificate(tmp_path, key, days)),
        "CONTACTPOINT_CERTIFICATE_KEY": str(kept(tmp_path, key)),
    }
    assert f"in force for {days:,} more days" in seen(home, **stated)[level]


def kept(folder, key, mode=0o600):
    path = folder / "key.pem"
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    path.chmod(mode)
    return path


def test_a_key_of_another_certificate_or_open_to_others_is_wrong(home, tmp_path):
    stated = {
        "CONTACTPOINT_CERTIFICATE": str(certificate(tmp_path, Ed25519PrivateKey.generate(), 90)),
        "CONTACTPOINT_CERTIFICATE_KEY": str(kept(tmp_path, Ed25519PrivateKey.generate(), 0o644)),
    }
    found = seen(home, **stated)["wrong"]
    assert "the certificate is not of its key" in found
    assert "key.pem may be read by others" in found


def test_looks_that_nobody_watched_are_named(tmp_path):
    home = Refuge(tmp_path)
    now = CHANCE.clock()
    clock = [now]
    chance = Chance(lambda: clock[0], CHANCE.run, CHANCE.register)
    with open_store(from_environment(home.environment), chance) as store:
        store.record_look(store.origin("child show"), "child show", reason="x", children=[])
        assert said_of(store) == [("ok", "what was looked at is watched")]
        clock[0] += 40 * DAY
        assert said_of(store) == [("warning", "looks wait to be watched since 40 days")]
        Watching(store).run(store.origin("audit watch"))
        assert said_of(store) == [("ok", "what was looked at is watched")]


def said_of(store):
    return [(one.level, one.what) for one in doctor._watching(store)]


def test_nothing_is_loaded_beside_read_models_of_a_log_that_had_come_further(home, tmp_path):
    """What is appended there would come to stand where they are already, and be passed by."""
    log = home.home / "log.db"
    before = log.read_bytes()
    (tmp_path / "some.csv").write_text("key,given,family\nk,Zed,Quy\n", encoding="utf-8")
    words = ("load", tmp_path / "some.csv", "--source", "some", "--feed", "csv")
    home.run("source", "add", "some", "--feed", "csv", "--guard-share", 1)
    home.run(*words, "--mode", "delta", "--effective", "2026-02-01")
    log.write_bytes(before)
    for again in (words, ("nightly", tmp_path), ("status",), ("link",)):
        with pytest.raises(AheadError, match="expected the log that they were made from"):
            home.run(*again)
    assert log.read_bytes() == before
    home.run("rebuild")
    home.run(*words, "--mode", "delta", "--effective", "2026-02-01")
    assert home.findings() == []


def test_a_prior_that_the_index_has_outgrown_is_to_be_fitted_again(home, tmp_path):
    assert "prior is that of England" in seen(home)["ok"]
    home.run("synth", tmp_path / "feeds", "--children", 30, "--nights", 1)
    nights = sorted((tmp_path / "feeds" / "night-01").rglob("health.*"))
    home.run("load", nights[0], "--feed", "health.pds-fhir", "--source", "pds")
    made = json.loads(home.run("train", "--prior", "--json").stdout)["version"]
    home.run("model", "use", made)
    assert "prior was made of" in seen(home)["ok"]
    home.run("nightly", tmp_path / "feeds" / "night-01", expected=(0, 3))
    home.run("synth", tmp_path / "more", "--children", 90, "--nights", 1, "--seed", 2)
    home.run("nightly", tmp_path / "more" / "night-01", expected=(0, 3))
    assert "contactpoint train --prior" in seen(home)["warning"]


def test_a_source_of_another_shape_has_no_prior_to_be_fitted(home):
    for words in (("--source", "club"), ("--seed", 3)):
        with pytest.raises(UsageError, match="expected no --source and no --seed with it"):
            home.run("train", "--prior", *words)
    with pytest.raises(NotFoundError, match="no child's record"):
        home.run("train", "--prior")

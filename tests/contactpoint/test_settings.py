"""Settings from the environment, a file and secrets: what counts, and what is refused by name."""

import re

import pytest

from contactpoint.configuration import KNOWN, unknown
from contactpoint.errors import UsageError
from contactpoint.settings import from_environment
from tests.architecture.tree import ROOT


@pytest.fixture
def settings(tmp_path):
    """Settings of a file with this text, and of some variables."""

    def read(text="", **variables):
        (tmp_path / "contactpoint.toml").write_text(text)
        return from_environment({"CONTACTPOINT_HOME": str(tmp_path), **variables})

    return read


def test_the_file_in_the_home_is_read(settings, tmp_path):
    made = settings('backup_days = 14\nbrokerage = "ring the desk"\ncheckpoints = "elsewhere"')
    assert (made.backup_days, made.brokerage) == (14, "ring the desk")
    assert made.checkpoints == tmp_path / "elsewhere"


def test_the_environment_goes_before_the_file(settings):
    assert settings("backup_days = 14", CONTACTPOINT_BACKUP_DAYS="7").backup_days == 7
    assert settings("backup_days = 14", CONTACTPOINT_BACKUP_DAYS="").backup_days == 14


def test_a_server_for_all_in_the_environment_goes_before_databases_in_the_file(settings):
    made = settings(
        'log_url = "sqlite:////elsewhere/log.db"', CONTACTPOINT_DATABASE_URL="postgresql://u@h/d"
    )
    assert made.log_url == "postgresql://u@h/d?schema=contactpoint_log"


def test_a_file_elsewhere_may_say_where_the_home_is(tmp_path):
    path = tmp_path / "etc.toml"
    path.write_text('home = "store"')
    assert from_environment({"CONTACTPOINT_CONFIG": str(path)}).home == tmp_path / "store"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("backup_day = 3", r"no setting 'backup_day'; did you mean 'backup_days'\?"),
        ("token = 'x'", "no setting 'token'"),
        ("backup_days = 3.5", "backup_days: expected a text, a whole number"),
        ("backup_days = true", "backup_days: expected a text, a whole number"),
        ("backup_days = 'soon'", "CONTACTPOINT_BACKUP_DAYS: expected a whole number"),
        ("backup_days = ", "not TOML"),
        ("[people]\nsteward = 'x'", "people: expected"),
        ("metrics = '9464'", "expected ADDRESS:PORT, or off"),
    ],
)
def test_what_cannot_be_is_refused_by_name(settings, text, said):
    with pytest.raises(UsageError, match=said):
        settings(text)


def test_a_file_that_was_named_has_to_be_there(tmp_path):
    with pytest.raises(UsageError, match="CONTACTPOINT_CONFIG: no file"):
        from_environment({"CONTACTPOINT_CONFIG": str(tmp_path / "none.toml")})


def test_lists_and_tables_are_as_the_variables_are(settings):
    made = settings(
        'issuer = "https://i"\naudience = "us"\nalgorithms = ["ES256"]\n[people]\nsteward = 9'
    )
    assert made.issuer is not None
    assert made.issuer.algorithms == ("ES256",)
    assert made.people["steward"] == 9


def test_a_secret_is_read_from_a_file_of_its_own_that_others_may_not_read(settings, tmp_path):
    secret = tmp_path / "url"
    secret.write_text("postgresql://u:word@h/d\n")
    secret.chmod(0o600)
    for made in (
        settings('log_url_file = "url"'),
        settings(CONTACTPOINT_LOG_URL_FILE=str(secret)),
    ):
        assert made.log_url == "postgresql://u:word@h/d"
    secret.chmod(0o604)
    with pytest.raises(UsageError, match="may be read by others") as refused:
        settings('log_url_file = "url"')
    assert "word" not in str(refused.value)


def test_a_variable_that_is_no_setting_is_named_with_the_nearest():
    strange = {"CONTACTPOINT_BACKUPDAYS": "3", "CONTACTPOINT_TRACEBACK": "1", "OTHER": "x"}
    assert unknown(strange) == ["CONTACTPOINT_BACKUPDAYS; did you mean 'CONTACTPOINT_BACKUP_DAYS'?"]


def test_every_setting_that_is_known_is_read_and_no_other():
    text = (ROOT / "src" / "contactpoint" / "settings.py").read_text()
    read = set(re.findall(r'"CONTACTPOINT_([A-Z_]+)"', text))
    issuer = re.findall(r"ISSUER = \(([^)]*)\)", text)
    read |= set(re.findall(r'"([A-Z_]+)"', issuer[0]))
    read |= {f"{name.upper()}_URL" for name in re.findall(r'url\("(\w+)"\)', text)}
    assert read == KNOWN.keys() - {"CONFIG"}


def test_the_table_of_settings_in_the_document_is_that_of_the_code():
    rows = re.findall(
        r"^\| `CONTACTPOINT_(\w+)` \| (.*?) \| (.*?) \|$",
        (ROOT / "docs" / "operating.md").read_text(),
        re.MULTILINE,
    )
    assert rows == [(name, known.what, known.default) for name, known in KNOWN.items()]


def test_the_defaults_that_are_told_are_those_that_count(tmp_path):
    made = from_environment({"CONTACTPOINT_HOME": str(tmp_path)})
    assert made.metrics is not None
    host, port = made.metrics
    counted = {
        "BACKUP_DAYS": made.backup_days,
        "BROKERAGE": made.brokerage,
        "SHARED_FROM": made.shared_from,
        "KEPT_FROM": made.kept_from,
        "CHUNK": made.chunk,
        "RATE": int(made.rate),
        "BURST": made.burst,
        "DRAIN": int(made.drain),
        "METRICS": f"{host}:{port}",
    }
    assert {name: KNOWN[name].default for name in counted} == {
        name: str(value) for name, value in counted.items()
    }

"""The examples of units and of a container: what they start exists, and they may do little."""

import re
import shutil
import subprocess
import tomllib

import click
import pytest

from contactpoint.cli.program import COMMANDS, program
from contactpoint.configuration import gathered
from contactpoint.settings import from_environment
from tests.architecture.tree import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
TIMERS = [path for path in UNITS if path.suffix == ".timer"]
HARDENED = (
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "CapabilityBoundingSet=",
    "UMask=0077",
    "LimitCORE=0",
    "User=contactpoint",
)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_exists_with_options_that_it_has(unit):
    (line,) = re.findall(r"^ExecStart=(\S+) (.*)$", unit.read_text(), re.MULTILINE)
    path, words = line[0], line[1].split()
    assert path == "/opt/contactpoint/bin/contactpoint"
    assert words[0] in COMMANDS
    command = program.get_command(click.Context(program), words[0])
    if isinstance(command, click.Group):
        command = command.get_command(click.Context(command), words[1])
    assert command is not None
    known = {name for one in command.params for name in one.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_a_unit_may_do_little(unit):
    lines = unit.read_text().splitlines()
    assert [one for one in HARDENED if one not in lines] == []


def test_the_guide_makes_every_folder_that_a_unit_names():
    """Systemd starts no unit that names a folder which is not there."""
    guide = (ROOT / "docs" / "operating.md").read_text().replace("\\\n", "")
    made = {word for line in re.findall(r"^install -d (.*)$", guide, re.MULTILINE)
            for word in line.split() if word.startswith("/")}  # fmt: skip
    named = {
        folder
        for unit in SERVICES
        for line in re.findall(r"^Read\w+Paths=(.*)$", unit.read_text(), re.MULTILINE)
        for folder in line.split()
    }
    home = tomllib.loads((DEPLOY / "contactpoint.toml").read_text())["home"]
    assert (named | {home}) - made == set()


def test_every_timer_starts_a_service_and_every_job_has_a_timer():
    jobs = {path.stem for path in SERVICES if "Type=oneshot" in path.read_text()}
    assert {path.stem for path in TIMERS} == jobs


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")
def test_systemd_finds_nothing_amiss_in_the_units(tmp_path):
    for unit in UNITS:
        text = unit.read_text().replace("/opt/contactpoint/bin/contactpoint", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    units = sorted(map(str, tmp_path.iterdir()))
    verified = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")


def test_the_example_of_settings_has_only_settings(tmp_path):
    text = (DEPLOY / "contactpoint.toml").read_text()
    path = tmp_path / "contactpoint.toml"
    path.write_text(re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE))
    settings = from_environment({"CONTACTPOINT_CONFIG": str(path)})
    assert not settings.master_key.is_relative_to(settings.home)
    assert not settings.checkpoints.is_relative_to(settings.home)
    assert settings.issuer is not None
    assert len(gathered({"CONTACTPOINT_CONFIG": str(path)})) == 1 + len(
        tomllib.loads(path.read_text())
    )


def test_the_container_runs_as_nobody_in_particular_and_installs_what_the_lock_names():
    lines = (DEPLOY / "Containerfile").read_text()
    stages = lines.split("\nFROM ")
    assert re.search(r"^USER 10001:10001$", stages[-1], re.MULTILINE)
    assert "--require-hashes" in lines
    assert "/livez" in lines
    assert 'ENTRYPOINT ["contactpoint"]' in lines
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", lines, re.MULTILINE)
    assert [name for line in copied for name in line.split() if not (ROOT / name).exists()] == []
    python = re.findall(r"^FROM python:3\.(\d+)-slim", lines, re.MULTILINE)
    assert len(set(python)) == 1
    assert 11 <= int(python[0]) <= 13

"""Every event that was ever written can be read: its old JSON is kept here and tried.

A file ``history/NAME.VERSION.json`` holds one event of each type and version, as it stood in the
log: ``clear`` and, where fields are sealed, ``sealed``. A new version gets a new file; an old file
is never changed.
"""

from pathlib import Path

import msgspec
import pytest

from events.catalogue import TYPES, Catalogue

HISTORY = Path(__file__).parent / "history"
CATALOGUE = Catalogue()
FILES = sorted(HISTORY.glob("*.json"))


def parts(file):
    name, version, _ = file.name.split(".")
    content = msgspec.json.decode(file.read_bytes())
    return name, int(version), content["clear"], content.get("sealed", {})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_old_json_reads_as_the_event_of_today(file):
    name, version, clear, sealed = parts(file)
    kind, _ = CATALOGUE.reading(f"contactpoint.{name}:{version}")
    upcasting = CATALOGUE.upcasting
    facts = upcasting.clear(name, version, kind.version, clear)
    msgspec.convert(facts, kind.clear_type, strict=True)
    assert sealed.keys() <= set(kind.sealed)
    for field, value in sealed.items():
        new = upcasting.sealed(name, version, kind.version, field, value)
        msgspec.convert(new, kind.sealed_types[field])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_json_of_the_version_in_force_is_written_as_it_was(file):
    name, version, clear, _ = parts(file)
    kind, _ = CATALOGUE.reading(f"contactpoint.{name}:{version}")
    if version == kind.version:
        read = msgspec.convert(clear, kind.clear_type)
        assert msgspec.json.decode(msgspec.json.encode(read)) == clear


def test_every_type_and_version_has_its_old_json():
    wanted = {
        f"{kind.event.__name__}.{v}.json" for kind in CATALOGUE for v in range(1, kind.version + 1)
    }
    assert wanted == {file.name for file in FILES}
    assert len(TYPES) == len({type_.__name__ for type_ in TYPES})

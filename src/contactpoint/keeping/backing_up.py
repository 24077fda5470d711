"""Taking a backup: log, record of access, models and keys, while everything else goes on.

The log is copied first and the keys last. A key is committed before the first event that it seals,
so keys copied later open every event copied before; the other way round, an event might come along
whose key did not, and be lost. A key without an event harms nobody. The record of access is sealed
under keys too, and stands between. An erasure that falls in between is replayed by the restore: its
keys are gone from the copy, and the ledger in it says whose they were.

Read models and the matcher's index are made anew from the log, and the master key is kept by
whoever keeps secrets: none of them is in a backup.
"""

import datetime
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from contactpoint.keeping import manifest as manifests
from contactpoint.keeping.manifest import BackupError, End, File, Half, Manifest, Taken, digest
from contactpoint.keeping.place import ACCESS, LOG, SUBJECT_KEYS, Answers, Copy, Part, Place
from contactpoint.moments import DAY
from events.disk import sync, sync_folder
from events.failpoints import failpoint
from events.ledger import ErasureLedger, ShieldLedger
from events.log import Log
from events.master import MasterKey

PARTIAL = ".partial"
"""Microseconds."""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What was taken, where it lies, and what went because its time was over."""

    index: Taken
    keys: Taken
    expired: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class BackingUp:
    """The use case of taking a backup."""

    log: Log
    master: MasterKey
    ledger: ErasureLedger
    shields: ShieldLedger
    places: Mapping[str, Place]
    """Of ``log``, ``access`` and ``keys``."""
    models: Path
    backup_days: int

    def take(self, folder: Path, keys_folder: Path) -> BackedUp:
        """Take a backup into new folders of these two; drop copies of the keys that have expired.

        Raises LockedError while another backup is taken. Killed anywhere, it leaves what it had
        under a name that no restore takes, and the next backup removes it.
        """
        with self.log.lock("backup"):
            for one in (folder, keys_folder):
                one.mkdir(mode=0o700, parents=True, exist_ok=True)
                _clear(one)
            self.ledger.begin(self.log.id)
            self.shields.begin(self.log.id)
            made = time.time_ns() // 1000
            name = _name(made, folder, keys_folder)
            index = self._index(folder, name, made)
            keys = self._keys(keys_folder, name)
            failpoint("backup.before-rename")
            for half in (keys, index):
                sync_folder(half.folder)
                half.folder.replace(_whole(half.folder))
                sync_folder(half.folder.parent)
            return BackedUp(
                Taken(_whole(index.folder), index.manifest),
                Taken(_whole(keys.folder), keys.manifest),
                tuple(self._expire(keys_folder)),
            )

    def _index(self, folder: Path, name: str, made: int) -> Taken:
        with _beginning(folder, name, "index") as into:
            noted = self._noted()
            log, access = self._copy(LOG, into), self._copy(ACCESS, into)
            failpoint("backup.copied")
            files = [*_files(into, LOG, log), *_files(into, ACCESS, access), *self._models(into)]
            figures = {
                "events": _count(log.answers, "events"),
                "records": _count(log.answers, "records"),
                "children": _count(log.answers, "children"),
                "accesses": _count(access.answers, "events"),
            }
            ends = {"log": _end(log.answers), "access": _end(access.answers)}
            return self._write(
                into, "index", name, made, files, ends=ends, figures=figures, noted=noted
            )

    def _keys(self, folder: Path, name: str) -> Taken:
        with _beginning(folder, name, "keys") as into:
            made = time.time_ns() // 1000
            noted = self._noted()
            keys = self._copy(SUBJECT_KEYS, into)
            ((issued, erasures),) = keys.answers["state"]
            wrapping = tuple(sorted(int(number) for (number,) in keys.answers["wrapping"]))
            return self._write(
                into,
                "keys",
                name,
                made,
                _files(into, SUBJECT_KEYS, keys),
                figures={"keys": issued, "erasures": erasures},
                wrapping=wrapping,
                noted=noted,
            )

    def _noted(self) -> dict[str, int]:
        """How many notes the ledgers outside have."""
        log = self.log.id
        return {"erasures": self.ledger.count(log), "shields": self.shields.count(log)}

    def _copy(self, part: Part, into: Path) -> Copy:
        return self.places[part.name].copy(part, into)

    def _models(self, into: Path) -> Iterator[File]:
        for model in sorted(self.models.glob("*.json")):
            (into / "models").mkdir(mode=0o700, exist_ok=True)
            copied = into / "models" / model.name
            os.close(os.open(copied, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            shutil.copyfile(model, copied)
            sync(copied)
            yield _file(into, f"models/{model.name}", "models")

    def _write(  # noqa: PLR0913 - the facts of one half
        self,
        into: Path,
        half: Half,
        name: str,
        made: int,
        files: "list[File]",
        *,
        ends: dict[str, End] | None = None,
        figures: dict[str, int],
        wrapping: tuple[int, ...] = (),
        noted: dict[str, int],
    ) -> Taken:
        made_of = Manifest(
            half=half,
            name=name,
            log=self.log.id.hex(),
            made=made,
            kind=self.places["log"].kind,
            files=tuple(files),
            ends=ends or {},
            figures=figures,
            wrapping=wrapping,
            noted=noted,
        )
        manifests.write(into, made_of, self.master.signing)
        return Taken(into, made_of)

    def _expire(self, folder: Path) -> Iterator[Path]:
        """Remove the copies of the keys that are older than erasures promise."""
        oldest = time.time_ns() // 1000 - self.backup_days * DAY
        for taken in manifests.halves(folder, "keys", self.master.signing):
            if taken.manifest.made < oldest and taken.manifest.log == self.log.id.hex():
                # Out of the way of any restore at once, whatever becomes of the removal.
                gone = taken.folder.replace(taken.folder.with_name(taken.folder.name + PARTIAL))
                shutil.rmtree(gone)
                yield taken.folder


@contextmanager
def _beginning(folder: Path, name: str, half: Half) -> Iterator[Path]:
    """A folder under a name that no restore takes; removed where something fails."""
    into = folder / f"{name}.{half}{PARTIAL}"
    into.mkdir(mode=0o700)
    try:
        yield into
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise


def _whole(partial: Path) -> Path:
    return partial.with_name(partial.name.removesuffix(PARTIAL))


def _clear(folder: Path) -> None:
    """Remove what backups that were killed have left."""
    for left in folder.glob(f"*{PARTIAL}"):
        shutil.rmtree(left)


def _name(made: int, *folders: Path) -> str:
    """The moment to the second; with a number where two begin in one."""
    moment = datetime.datetime.fromtimestamp(made / 1e6, datetime.UTC)
    name = plain = f"{moment:%Y%m%dT%H%M%SZ}"
    number = 1
    while any(True for folder in folders for _ in folder.glob(f"{name}.*")):
        number += 1
        name = f"{plain}-{number}"
    return name


def _files(into: Path, part: Part, copy: Copy) -> list[File]:
    return [
        msgspec.structs.replace(_file(into, name, part.name), table=table)
        for name, table in copy.files.items()
    ]


def _file(into: Path, name: str, part: str) -> File:
    size, sha256 = digest(into / name)
    return File(name, part, size, sha256)


def _count(answers: Answers, asked: str) -> int:
    return int(answers[asked][0][0])


def _end(answers: Answers) -> End:
    """How far a log goes. Raises BackupError for one that says nothing of itself."""
    if not answers["id"]:
        raise BackupError("a log without an id; expected one made by init")
    position, hash_ = answers["end"][0] if answers["end"] else (0, b"")
    return End(bytes(answers["id"][0][0]).hex(), int(position), bytes(hash_).hex())

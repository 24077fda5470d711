"""Restoring a backup: beside what stands there, tried whole, and only then put in its place.

What was erased after the backup was taken is erased again before anything of it could be read: the
keys go first, then read models are made. Who came under a shield since is shielded again. The read
models open to readers as they always do, when they have passed the last event that changed a
shield.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from contactpoint.bootstrap import opened
from contactpoint.installing import open_store
from contactpoint.keeping import manifest as manifests
from contactpoint.keeping.manifest import BackupError, Taken
from contactpoint.keeping.place import ACCESS, LOG, SUBJECT_KEYS
from contactpoint.keeping.setting_back import (
    SetBack,
    SettingBack,
    missing,
    must_be,
    note_outside,
)
from contactpoint.keeping.staging import (
    ORDER,
    beside,
    close_to_all,
    drop_beside,
    in_service,
    is_swapping,
    open_to_all,
    places,
)
from contactpoint.people.deciding import Act
from contactpoint.settings import Settings
from events.disk import write_private
from events.failpoints import failpoint
from events.keys import SubjectKeys
from events.log import Log, open_log
from events.master import MasterKey
from events.store.locks import file_lock


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, or tried, and how it compares."""

    name: str
    made: int
    """When the backup was taken: microseconds since 1970-01-01 UTC."""
    keys: str
    """Name of the copy of the keys; another than the backup's own where that has expired."""
    figures: dict[str, int]
    """Events, records, children and accesses, as the backup has them and as they were found."""
    position: int
    """Where the log ended in the backup."""
    missing: int
    """Positions after that for which a checkpoint was signed: what is lost."""
    last_missing: int
    """When the last of these was signed; 0 where nothing is known to be lost."""
    missing_accesses: int
    """Of the record of access: who looked since is not known."""
    erased: int
    """Records that were erased since, and were erased again."""
    shielded: int
    """Records that came under a shield since, and were shielded again."""
    unchecked: tuple[str, ...]


class Restoring:
    """The use case of restoring one backup into the places that the settings name."""

    def __init__(
        self, settings: Settings, index: Taken, keys: Taken, *, without_ledger: bool = False
    ) -> None:
        """``without_ledger``: also where it cannot be said what was erased since the backup."""
        self.settings, self.index, self.keys = settings, index, keys
        self.master = MasterKey.load(settings.master_key)
        self._staged = beside(settings)
        self._here = places(settings)
        self._there = places(self._staged)
        log = bytes.fromhex(index.manifest.log)
        self._back = SettingBack(settings, self.master, log, without_ledger=without_ledger)

    def restore(self, *, replace: bool = False) -> Restored:
        """Put the backup in place of what stands there; with ``replace`` also of another index.

        Raises BackupError, with nothing changed, where the backup is not whole or does not verify.
        """
        if not replace and not is_swapping(self.settings):
            self._refuse_taken()
        with self._alone("load", "link", "rebuild"), in_service(self.settings, shared=False):
            restored = self._fill()
            failpoint("restore.before-swap")
            self._swap()
        return restored

    def drill(self) -> Restored:
        """Restore beside what stands there, look whether all is there, and throw it away."""
        # A rebuild's lock holds erasures off, which must not miss what stands in clear meanwhile.
        with self._alone("rebuild"):
            return self._fill()

    def _refuse_taken(self) -> None:
        taken = [part.name for part in ORDER if self._here[part.name].is_taken(part)]
        if taken:
            raise BackupError(
                f"{', '.join(taken)}: something stands there already; expected an empty home, "
                "or --replace to put the backup in place of it"
            )

    @contextmanager
    def _alone(self, *names: str) -> Iterator[None]:
        """Hold off other restores, and what must not go on in the index that stands there."""
        home = self.settings.home
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with file_lock(home / "restore.lock", "restore", 0.0), ExitStack() as locks:
            if log := self._log_here():
                for name in names:
                    locks.enter_context(log.lock(name))
                log.close()
            drop_beside(self.settings)
            self._staged.home.mkdir(mode=0o700)
            try:
                yield
            finally:
                drop_beside(self.settings)

    def _log_here(self) -> Log | None:
        """The log that stands there; None where there is none, or none that can be opened."""
        if not self._here["log"].is_taken(LOG) or is_swapping(self.settings):
            return None
        try:
            return open_log(self.settings.log_url, None, self.master)
        except Exception:
            return None

    def _fill(self) -> Restored:
        """Fill the places beside, erase what was erased since, make read models, look at all."""
        self._check()
        self._copy()
        failpoint("restore.filled")
        with open_store(self._staged) as store:
            store.require(Act.RESTORE)
            figures = self.index.manifest.figures
            must_be("records", sum(1 for _ in store.log.heads.all_records()), figures["records"])
            must_be("children", sum(1 for _ in store.log.heads.all_children()), figures["children"])
            return self._report(
                self._back.run(store, self.index.manifest.ends, self._erased_here())
            )

    def _check(self) -> None:
        """Raises BackupError where the two halves are not whole, or not of this installation."""
        self.index.check()
        self.keys.check()
        kind = self.index.manifest.kind
        for part in (LOG, ACCESS, SUBJECT_KEYS):
            if self._here[part.name].kind != kind:
                raise BackupError(
                    f"{self.index.folder}: a backup of {kind}; expected the same kind of database "
                    f"for the {part.name}"
                )
        halves = (self.index.manifest.noted, self.keys.manifest.noted)
        self._back.must_have({what: max(half[what] for half in halves) for what in halves[0]})
        gone = set(self.keys.manifest.wrapping) - self.master.wrapping.keys()
        if gone:
            raise BackupError(
                f"{self.keys.folder}: wrapped by wrapping key {min(gone)}, which the master key "
                "file has no more; expected a copy of the keys from after the last rotation"
            )

    def _copy(self) -> None:
        """Fill the places beside from the backup's files."""
        if self.index.manifest.kind == "postgresql":
            with opened(self._staged, create=True) as made:
                _ = made.access  # the tables; their rows go before those of the backup
        for part, taken in ((LOG, self.index), (ACCESS, self.index), (SUBJECT_KEYS, self.keys)):
            self._there[part.name].fill(part, taken.folder, taken.of(part.name))
        for name in self.index.of("models"):
            model = self._staged.home / name
            model.parent.mkdir(mode=0o700, exist_ok=True)
            write_private(model, (self.index.folder / name).read_bytes())

    def _erased_here(self) -> set[UUID]:
        """What the keys that stand there say was erased, as far as they can still be read."""
        if not self._here["keys"].is_taken(SUBJECT_KEYS):
            return set()
        try:
            keys = SubjectKeys(self.settings.keys_url, self.master)
            found = {UUID(bytes=subject) for subject, _ in keys.erasures()}
            keys.close()
        except Exception:
            return set()
        return found

    def _report(self, done: SetBack) -> Restored:
        manifest = self.index.manifest
        end = manifest.ends["log"]
        lost, at = missing(done.log, end)
        return Restored(
            name=manifest.name,
            made=manifest.made,
            keys=self.keys.manifest.name,
            figures={
                **manifest.figures,
                "events": done.log.events,
                "accesses": done.access.events,
            },
            position=end.position,
            missing=lost,
            last_missing=at,
            missing_accesses=missing(done.access, manifest.ends["access"])[0],
            erased=done.erased,
            shielded=done.shielded,
            unchecked=tuple(done.log.unchecked),
        )

    def _swap(self) -> None:
        """Put what was filled in place, the log last; say outside that a backup was restored."""
        close_to_all(self.settings)
        models = self.settings.home / "models"
        shutil.copytree(self._staged.home / "models", models, dirs_exist_ok=True)
        shutil.rmtree(self.settings.work, ignore_errors=True)
        for part in ORDER:
            if part is LOG:
                failpoint("restore.swapping")
            self._there[part.name].put_in_place_of(self._here[part.name], part)
        failpoint("restore.swapped")
        with opened(self.settings) as store:
            note_outside(store, self.index.manifest.ends)
        open_to_all(self.settings)


def find(source: Path, keys_folder: Path | None, master: MasterKey) -> tuple[Taken, Taken]:
    """The two halves of a backup: the one that lies there, or the newest in that folder.

    Its own copy of the keys, else, where that has expired, the newest that was made later: it has
    every key that the log needs. Raises BackupError where there is none.
    """
    key = master.signing
    index = _index(source, master)
    wanted = index.manifest
    folder = keys_folder or index.folder.parent
    fitting = [
        taken
        for taken in manifests.halves(folder, "keys", key)
        if taken.manifest.log == wanted.log and taken.manifest.made >= wanted.made
    ]
    own = [taken for taken in fitting if taken.manifest.name == wanted.name]
    for taken in own or fitting:
        return index, taken
    raise BackupError(
        f"{folder}: no copy of the keys that fits; expected {wanted.name}.keys, or a later one: "
        "without its key nothing opens"
    )


def _index(source: Path, master: MasterKey) -> Taken:
    if (source / manifests.MANIFEST).exists():
        return manifests.read(source, master.signing)
    found = manifests.halves(source, "index", master.signing)
    if not found:
        raise BackupError(f"{source}: no backup there; expected a folder that backup made")
    return found[0]

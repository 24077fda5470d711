"""A database that is an SQLite file: copied while others write to it, and put in place at once."""

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from contactpoint.keeping.place import Copy, Part, Place, Table
from events.disk import sync, sync_folder

WHOLE = -1
"""All pages in one step: in several, each commit in between would begin the copy anew."""
BESIDES = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class FilePlace:
    """An SQLite file, there or not."""

    path: Path

    @property
    def kind(self) -> str:
        """What a backup of it says that it is of."""
        return "sqlite"

    @property
    def url(self) -> str:
        """The address to open it at."""
        return f"sqlite:///{self.path}"

    def beside(self, word: str, folder: Path | None = None) -> "FilePlace":
        """A file next to it, or in another folder."""
        return FilePlace((folder or self.path.parent) / f"{self.path.name}.{word}")

    def is_taken(self, part: Part) -> bool:  # noqa: ARG002 - of a place
        """Whether there is a file."""
        return self.path.exists()

    def copy(self, part: Part, folder: Path) -> Copy:
        """Copy it by SQLite's own backup, out of one state that no writer changes."""
        name = f"{part.name}.db"
        os.close(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with (
            closing(sqlite3.connect(f"{self.path.as_uri()}?mode=rw", uri=True)) as source,
            closing(sqlite3.connect(folder / name)) as copy,
        ):
            copy.execute("PRAGMA synchronous=OFF")
            source.backup(copy, pages=WHOLE)
            # One file, and none beside it that could be left behind.
            copy.execute("PRAGMA journal_mode=DELETE")
            answers = {
                asked: copy.execute(statement.format(p="")).fetchall()
                for asked, statement in part.questions.items()
            }
        sync(folder / name)
        return Copy({name: None}, answers)

    def fill(self, part: Part, folder: Path, files: Mapping[str, Table | None]) -> None:  # noqa: ARG002
        """Copy the one file."""
        (name,) = files
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        shutil.copyfile(folder / name, self.path)

    def drop(self, part: Part) -> None:  # noqa: ARG002
        """Remove it, what SQLite keeps beside it, and the locks that its log made."""
        self._unlink()
        for lock in self.path.parent.glob(f"{self.path.name}.*.lock"):
            lock.unlink(missing_ok=True)

    def put_in_place_of(self, other: Place, part: Part) -> None:
        """Rename it. What is beside the old file goes first: a new one must never meet it."""
        assert isinstance(other, FilePlace)
        self._fold()
        sync(self.path)
        other._unlink()
        self.path.replace(other.path)
        sync_folder(other.path.parent)
        self.drop(part)

    def _unlink(self) -> None:
        self.path.unlink(missing_ok=True)
        for end in BESIDES:
            self.path.with_name(f"{self.path.name}{end}").unlink(missing_ok=True)

    def _fold(self) -> None:
        """Take the write-ahead log into the file, so that the file alone is all of it."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

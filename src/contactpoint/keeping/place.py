"""Where a database stands, and what of it a backup takes.

A place is a file (``keeping.files``) or a schema (``keeping.schemas``). Beside each another may be
filled, tried, and only then put in its place.
"""

# ruff: noqa: S608 - only names of tables of ours are put into statements

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from events.keys import METADATA as KEYS
from events.store.appending import Names
from events.store.head_tables import TABLES

Rows = list[tuple[Any, ...]]
Answers = Mapping[str, Rows]


class Table(msgspec.Struct, frozen=True):
    """A table of one file of a backup; an SQLite file has all of them, and names none."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One of the databases that a backup takes: its tables, and what is asked of the copy."""

    name: str
    tables: tuple[str, ...]
    questions: Mapping[str, str]
    """Statements by name; ``{p}`` stands for what goes before a table's name."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A database as it stood at one moment: its files, and what was asked of that very state."""

    files: Mapping[str, Table | None]
    answers: Answers


class Place(Protocol):
    """Where a database stands, or may stand."""

    @property
    def kind(self) -> str:
        """``sqlite`` or ``postgresql``: a backup of one cannot be restored into the other."""

    @property
    def url(self) -> str:
        """The address to open it at."""

    def beside(self, word: str, folder: Path | None = None) -> "Place":
        """Another place, named for a word; a file's may stand in another folder."""

    def is_taken(self, part: Part) -> bool:
        """Whether something stands there."""

    def copy(self, part: Part, folder: Path) -> Copy:
        """Copy it into files of a folder while others write to it."""

    def fill(self, part: Part, folder: Path, files: Mapping[str, Table | None]) -> None:
        """Fill an empty place from files of a folder; for a schema, its tables are made already."""

    def drop(self, part: Part) -> None:
        """Remove what stands there."""

    def put_in_place_of(self, other: "Place", part: Part) -> None:
        """Move what stands here there, where nothing may be left of what stood there before."""


def _questions(name: str, *, heads: bool) -> dict[str, str]:
    asked = {
        "id": f"SELECT id FROM {{p}}{name}_identity",
        "end": f"SELECT last, hash FROM {{p}}{name}_chain ORDER BY last DESC LIMIT 1",
        "events": f"SELECT COUNT(*) FROM {{p}}{name}_event",
    }
    if heads:
        asked["records"] = "SELECT COUNT(*) FROM {p}record_head"
        asked["children"] = "SELECT COUNT(*) FROM {p}child_head"
    return asked


def _log(name: str, *, heads: bool) -> Part:
    names = Names(name, b"", heads)
    tables: Sequence[str] = [table.name for table in TABLES] if heads else []
    return Part(
        name,
        (names.identity, names.chain, names.events, *tables),
        _questions(name, heads=heads),
    )


LOG = _log("log", heads=True)
ACCESS = _log("access", heads=False)
SUBJECT_KEYS = Part(
    "keys",
    tuple(KEYS.tables),
    {
        "state": "SELECT issued, erasures FROM {p}key_state",
        "wrapping": "SELECT DISTINCT wrapping FROM {p}subject_key WHERE wrapped IS NOT NULL",
    },
)
READ = Part("read", (), {})
"""The read models: never copied, and made anew beside the old ones like the others."""

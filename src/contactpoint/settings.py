"""Settings, read once from the environment: where databases, keys and files are."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contactpoint.errors import UsageError

HOME = "contactpoint-data"
CHUNK = 50_000
"""Rows in one commit of a load: fewer commits, fewer pages of an index changed again by each."""
WORTH_KEEPING = 1_000
BROKERAGE = "ask a shielding officer of the index"
LARGE = 16 << 20
"""A second process takes about a second to begin: as long as some 16 MiB take alone."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between one installation and another."""

    home: Path
    log_url: str
    keys_url: str
    read_url: str
    access_url: str
    master_key: Path
    checkpoints: Path
    processes: int = 2
    """Processes that a load may use: 1, or 2 to read and seal in one and write in the other."""
    shared_from: int = LARGE
    """Bytes from which a delivery is shared between two processes."""
    kept_from: int = WORTH_KEEPING
    """Rows from which it is kept what a delivery's rows were read as."""
    chunk: int = CHUNK
    backup_days: int = 35
    """Days for which the oldest backup of the keys is kept: erasure is final after them."""
    brokerage: str = BROKERAGE
    """How to reach who brokers contact with shielded children: the same for all of them."""
    one_database: bool = False
    """All four databases are one server's (CONTACTPOINT_DATABASE_URL), in separate schemas."""
    token: str | None = field(default=None, repr=False)
    """The token of whoever acts; None where the shell's user does."""
    second_token: str | None = field(default=None, repr=False)
    """The token of the second person of an act of two."""

    @property
    def work(self) -> Path:
        """Folder for locks and the matcher's index."""
        return self.home / "work"


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that the ``CONTACTPOINT_...`` variables state, and defaults for the rest.

    Raises UsageError where a variable holds what it cannot.
    """
    home = Path(environment.get("CONTACTPOINT_HOME") or HOME).absolute()
    shared = _address(environment, "CONTACTPOINT_DATABASE_URL")
    if shared.startswith("sqlite:"):
        raise UsageError(
            "CONTACTPOINT_DATABASE_URL: expected postgresql://USER@HOST/DATABASE; SQLite has no "
            "schemas, and without the variable four files stand under CONTACTPOINT_HOME"
        )

    def url(name: str) -> str:
        stated = _address(environment, f"CONTACTPOINT_{name.upper()}_URL")
        return stated or _shared(shared, name) or f"sqlite:///{home / name}.db"

    return Settings(
        home=home,
        log_url=url("log"),
        keys_url=url("keys"),
        read_url=url("read"),
        access_url=url("access"),
        master_key=Path(
            environment.get("CONTACTPOINT_MASTER_KEY_FILE") or home / "master.key"
        ).absolute(),
        checkpoints=Path(
            environment.get("CONTACTPOINT_CHECKPOINTS") or home / "checkpoints"
        ).absolute(),
        processes=_number(environment, "CONTACTPOINT_PROCESSES", os.cpu_count() or 1, 1, 2),
        shared_from=_number(environment, "CONTACTPOINT_SHARED_FROM", LARGE, 0, 1 << 50),
        kept_from=_number(environment, "CONTACTPOINT_KEPT_FROM", WORTH_KEEPING, 1, 1 << 50),
        chunk=_number(environment, "CONTACTPOINT_CHUNK", CHUNK, 1, 1_000_000),
        backup_days=_number(environment, "CONTACTPOINT_BACKUP_DAYS", 35, 0, 36_500),
        brokerage=environment.get("CONTACTPOINT_BROKERAGE", "").strip() or BROKERAGE,
        one_database=bool(shared),
        token=environment.get("CONTACTPOINT_TOKEN"),
        second_token=environment.get("CONTACTPOINT_SECOND_TOKEN"),
    )


def _address(environment: Mapping[str, str], name: str) -> str:
    """The address that a variable states, or nothing. Its text may hold a password: never shown."""
    stated = environment.get(name, "").strip()
    if stated and not stated.startswith(("sqlite:///", "postgresql:", "postgresql+psycopg:")):
        raise UsageError(f"{name}: expected sqlite:///FILE or postgresql://USER@HOST/DATABASE")
    return stated


def _shared(url: str, name: str) -> str:
    """The one server's address with a schema of its own for each database."""
    if not url:
        return ""
    return f"{url}{'&' if '?' in url else '?'}schema=contactpoint_{name}"


def _number(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return max(least, min(default, most))
    if not text.isdigit() or not least <= int(text) <= most:
        raise UsageError(f"{name}: expected a whole number from {least} to {most}")
    return int(text)

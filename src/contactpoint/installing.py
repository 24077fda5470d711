"""Makes an installation where there is none, and opens the one there is, or says what ails it."""

import dataclasses
import errno
import os
from pathlib import Path

import sqlalchemy as sa

from contactpoint.bootstrap import Contactpoint, opened
from contactpoint.chance import CHANCE, Chance
from contactpoint.errors import NotInitialisedError
from contactpoint.keeping.staging import is_swapping
from contactpoint.settings import Settings
from events.keys import KeyStoreError
from events.log import LogError
from events.master import MasterKey, MasterKeyError


def initialise(settings: Settings) -> list[Path | str]:
    """Make stores and keys where they are missing; return what was made, nothing where all is."""
    os.umask(0o077)
    # Whoever makes the store does so in the shell, whatever token lies about.
    settings = dataclasses.replace(settings, token=None, second_token=None)
    if settings.home.exists() and not settings.home.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "expected a folder", str(settings.home))
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_half_restored(settings)
    made: list[Path | str] = []
    if not settings.master_key.exists():
        _refuse_to_begin_anew(settings)
        MasterKey.create(settings.master_key)
        made.append(settings.master_key)
    _refuse_to_replace(settings)
    settings.checkpoints.mkdir(mode=0o700, parents=True, exist_ok=True)
    for url in (settings.log_url, settings.keys_url, settings.read_url, settings.access_url):
        place = sa.make_url(url)
        if place.get_backend_name() != "sqlite":
            made.append(place.render_as_string(hide_password=True))
        elif not Path(place.database or "").exists():
            made.append(Path(place.database or ""))
        else:
            _look_at(Path(place.database or ""), url)
    with opened(settings, create=True) as store:
        _ = store.projector
        store.ledger.begin(store.log.id)
        store.shield_ledger.begin(store.log.id)
        store.accesses.name_administrator(store.origin("init"))
        if not store.log.position():
            store.models.adopt(store.model, store.origin("init"))
            store.projector.catch_up()
    return made


def _refuse_to_begin_anew(settings: Settings) -> None:
    """Raises MasterKeyError where databases are there whose master key is not.

    A new key could open nothing of them, and what it sealed the old one could not open.
    """
    for url in (settings.log_url, settings.keys_url, settings.access_url):
        database = Path(sa.make_url(url).database or "")
        if url.startswith("sqlite") and database.exists():
            raise MasterKeyError(
                f"{settings.master_key}: no master key there, but {database.name} was made with "
                "one; expected that key, and CONTACTPOINT_MASTER_KEY_FILE says where it is"
            )


def _refuse_to_replace(settings: Settings) -> None:
    """Raises where the log or the keys are gone and the other is there, in use.

    What was sealed under the keys that are gone is lost once their numbers are given out again.
    """
    urls = settings.log_url, settings.keys_url
    if not all(url.startswith("sqlite") for url in urls):
        return
    log, keys = (Path(sa.make_url(url).database or "") for url in urls)
    if not keys.exists() and _holds(log, "SELECT 1 FROM log_chain"):
        raise KeyStoreError(
            f"{keys}: no subject keys there, but {log.name} was sealed with some; expected those: "
            "'contactpoint restore' puts a backup back"
        )
    if not log.exists() and _holds(keys, "SELECT 1 FROM subject_key"):
        raise LogError(
            f"{log}: no log there, but {keys.name} holds the keys of one; expected that one: "
            "'contactpoint restore' puts a backup back"
        )


def _holds(database: Path, asked: str) -> bool:
    """Whether a database of ours is there, and has a row of a kind."""
    if not database.exists():
        return False
    engine = sa.create_engine(f"sqlite:///{database}")
    try:
        with engine.connect() as connection:
            return connection.exec_driver_sql(f"{asked} LIMIT 1").first() is not None
    except sa.exc.OperationalError:  # an init that was cut short had not made the table yet
        return False
    finally:
        engine.dispose()


def open_store(
    settings: Settings, chance: Chance = CHANCE, *, narrow: bool = False
) -> Contactpoint:
    """Open an installation; ``narrow`` keeps little of the databases in memory.

    Raises NotInitialisedError where there is none.
    """
    os.umask(0o077)
    _refuse_half_restored(settings)
    log = sa.make_url(settings.log_url)
    is_file = log.get_backend_name() == "sqlite"
    is_there = is_file and Path(log.database or "").exists()
    if is_there and not settings.master_key.exists():
        raise MasterKeyError(
            f"{settings.master_key}: no master key is there; expected the one that the index was "
            "made with: CONTACTPOINT_MASTER_KEY_FILE says where it is"
        )
    if (is_file and not is_there) or not settings.master_key.exists():
        raise NotInitialisedError(
            f"there is no index at {settings.home}; 'contactpoint init' makes one, and "
            "CONTACTPOINT_HOME says where"
        )
    for url in (settings.log_url, settings.keys_url, settings.read_url, settings.access_url):
        _look_at(Path(sa.make_url(url).database or ""), url)
    return opened(settings, chance=chance, narrow=narrow)


def _refuse_half_restored(settings: Settings) -> None:
    """Raises NotInitialisedError where a restore was cut short while it put databases in place."""
    if is_swapping(settings):
        raise NotInitialisedError(
            f"{settings.home}: a restore was cut short there; expected 'contactpoint restore' "
            "again, with the same backup"
        )


def _look_at(path: Path, url: str) -> None:
    """Raises PermissionError where a database is a file that may not be read and written."""
    if url.startswith("sqlite") and path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise PermissionError(errno.EACCES, "may not be read and written", str(path))

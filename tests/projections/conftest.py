"""A database for read models of each kind."""

import pytest

from projections.database import open_read_models


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path):
    """A read database without a table."""
    url = f"sqlite:///{tmp_path}/read.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_schema_url")
    made = open_read_models(url)
    yield made
    made.dispose()

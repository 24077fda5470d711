"""Fixtures for every room, how Hypothesis tries its examples, and what is tested first."""

import os

from hypothesis import HealthCheck, settings

from tests.postgres import postgres_schema_url, postgres_url

__all__ = ["postgres_schema_url", "postgres_url"]

# Tables are as wide as in a pipe, however wide the terminal is from which tests are run.
os.environ.pop("COLUMNS", None)

settings.register_profile(
    "ours",
    # How long an example takes says nothing of the code on a machine that others use too.
    deadline=None,
    # A store that the examples share is the dearest part, and each example is of other records.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("ours")

FIRST = (
    "tests/linkage/test_kernel.py",
    *("tests/events/", "tests/projections/", "tests/feeds/", "tests/person/", "src/person/"),
)
"""What compiles the matcher, and what never needs it."""


def pytest_collection_modifyitems(items):
    """Test these first: in a fresh clone one process compiles the matcher, which takes a minute.

    The other finds it compiled then, and does not do the same beside it.
    """
    items.sort(key=lambda item: _place(item.nodeid))


def _place(name):
    return next((at for at, begins in enumerate(FIRST) if name.startswith(begins)), len(FIRST))

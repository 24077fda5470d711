"""Fixtures for every room, and how Hypothesis tries its examples."""

from hypothesis import HealthCheck, settings

from tests.postgres import postgres_schema_url, postgres_url

__all__ = ["postgres_schema_url", "postgres_url"]

settings.register_profile(
    "ours",
    # How long an example takes says nothing of the code on a machine that others use too.
    deadline=None,
    # A store that the examples share is the dearest part, and each example is of other records.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("ours")

"""Fixtures for every room."""

from tests.postgres import postgres_schema_url, postgres_url

__all__ = ["postgres_schema_url", "postgres_url"]

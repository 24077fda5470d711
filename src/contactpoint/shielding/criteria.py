"""Why a child may be shielded."""

CRITERIA = ("harm", "refuge", "marac", "court-order", "adoption", "protected-person")
"""Codes, because they stand in the log in clear: what else is to be said is no part of an index."""

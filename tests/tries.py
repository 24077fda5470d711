"""How many examples a property is tried with."""

import os

from hypothesis import settings

TIMES = int(os.environ.get("CONTACTPOINT_TRIES", "1"))


def tries(examples):
    """Try a property with so many examples, or ``CONTACTPOINT_TRIES`` times as many."""
    return settings(max_examples=examples * TIMES)

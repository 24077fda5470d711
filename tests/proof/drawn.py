"""Chance that a test supplies: ids, keys and numbers are the same whenever it runs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from types import SimpleNamespace
from unittest.mock import patch
from uuid import UUID

import numpy.random  # noqa: F401 - it draws as it is imported: before a test supplies chance

URANDOM = os.urandom


@contextmanager
def drawn(seed: str) -> Iterator[None]:
    """All that the system's chance gives comes from the seed: UUIDs, keys, nonces and numbers.

    What depends on the order of a set of words is the same only under one ``PYTHONHASHSEED``.
    Compiled code keeps chance of its own for the names of the files that it writes beside each
    other: two processes under one seed would write the same.
    """
    chance = Random(seed)
    its_own = SimpleNamespace(uuid4=lambda: UUID(bytes=URANDOM(16), version=4))
    # Random numbers that nobody can guess take a name of their own for it.
    with (
        patch("os.urandom", chance.randbytes),
        patch("random._urandom", chance.randbytes),
        patch("numba.core.caching.uuid", its_own),
    ):
        yield

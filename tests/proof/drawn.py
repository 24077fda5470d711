"""Chance that a test supplies: ids, keys and numbers are the same whenever it runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from unittest.mock import patch


@contextmanager
def drawn(seed: str) -> Iterator[None]:
    """All that the system's chance gives comes from the seed: UUIDs, keys, nonces and numbers.

    What depends on the order of a set of words is the same only under one ``PYTHONHASHSEED``.
    """
    chance = Random(seed)
    # Random numbers that nobody can guess take a name of their own for it.
    with patch("os.urandom", chance.randbytes), patch("random._urandom", chance.randbytes):
        yield

"""Hashes of texts and numbers that are the same on every machine and in every run."""

from functools import lru_cache

BASIS, PRIME = 0xCBF29CE484222325, 0x100000001B3
"""Of FNV-1a with 64 bits (Fowler, Noll and Vo 1991)."""
FIRST, SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
"""Multipliers of the finalizer of SplitMix64 (Steele, Lea and Flood 2014)."""
_ALL = 0xFFFFFFFFFFFFFFFF


def mixed(number: int) -> int:
    """A number of 64 bits whose every bit depends on every bit of the one given."""
    x = number & _ALL
    x = ((x ^ x >> 30) * FIRST) & _ALL
    x = ((x ^ x >> 27) * SECOND) & _ALL
    return x ^ x >> 31


@lru_cache(1 << 16)
def of_text(text: str) -> int:
    """The hash of a text, 64 bits."""
    x = BASIS
    for byte in text.encode():
        x = ((x ^ byte) * PRIME) & _ALL
    return mixed(x)


def joined(one: int, other: int) -> int:
    """A hash of a hash and what follows it."""
    return mixed(one ^ other)

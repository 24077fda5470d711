"""The chain: one keyed hash for each commit, over its events and the hash of the commit before."""

import struct
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

START = bytes(32)
"""What stands for the previous hash in the first commit."""
SPAN = struct.Struct(">qqq")
EVENT = struct.Struct(">q16sqHI")


class ChainedEvent(NamedTuple):
    """Everything of an event that the chain covers."""

    position: int
    stream: bytes
    version: int
    type: str
    state: bytes


class Link(NamedTuple):
    """One commit's place in the chain."""

    first: int
    last: int
    """Positions of the commit's first and last event."""
    recorded: int
    """When: microseconds since 1970-01-01 UTC; never before the commit before it."""
    hash: bytes


def chain_key(master: bytes, purpose: str) -> bytes:
    """The key of one log's chain, so that a stretch of one log proves nothing of another."""
    return blake2b(purpose.encode(), digest_size=32, key=master, person=b"chain").digest()


def seal(key: bytes, identity: bytes) -> bytes:
    """What shows that a log of this id was made with the key of its chain."""
    return blake2b(identity, digest_size=16, key=key, person=b"identity").digest()


def link(
    key: bytes, previous: bytes, span: tuple[int, int, int], events: Iterable[ChainedEvent]
) -> Link:
    """The link of a commit with the ``span`` (first position, last position, recorded)."""
    hashing = blake2b(previous + SPAN.pack(*span), digest_size=32, key=key)
    for position, stream, version, kind, state in events:
        name = kind.encode()
        head = EVENT.pack(position, stream, version, len(name), len(state))
        hashing.update(b"".join((head, name, state)))
    return Link(*span, hashing.digest())

"""The master key: a file outside the databases with the keys on which all else rests.

Its keys are independent random numbers with one use each, so that none gives another away:
wrapping keys (which rotate) encrypt the subjects' keys, the id key names streams, the content key
compares statements, the chain key proves the log whole, the signing key signs checkpoints, the
token key signs the tokens that name people.
"""

import os
import struct
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.disk import sync_folder, write_private

FORMAT = 1
LENGTH = struct.Struct(">I")


class MasterKeyError(Exception):
    """The master key file is missing, open to others, or not one; nothing can be read."""


class _Stored(msgspec.Struct, frozen=True):
    version: int
    wrapping: dict[str, str]
    id: str
    content: str
    chain: str
    signing: str
    tokens: str = ""
    """Empty in a file from before there were tokens, until the first is issued."""


class MasterKey:
    """The keys of one installation, as its file holds them."""

    def __init__(self, path: Path, stored: _Stored) -> None:
        self.path = path
        self._stored = stored
        self.hashes = Hashes(b64decode(stored.id), b64decode(stored.content))

    @classmethod
    def create(cls, path: Path) -> "MasterKey":
        """Make a file of new keys that only its owner may read.

        Raises MasterKeyError where there is a file already: it is never overwritten.
        """
        new = _Stored(FORMAT, {"1": _random()}, *(_random() for _ in range(5)))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            write_private(path, _encoded(new))
        except FileExistsError:
            raise MasterKeyError(f"{path}: a master key is there already; expected none") from None
        return cls(path, new)

    @classmethod
    def load(cls, path: Path) -> "MasterKey":
        """Read the file. Raises MasterKeyError where it is missing, unfit, or open to others."""
        return cls(path, _read(path))

    @property
    def wrapping(self) -> Mapping[int, bytes]:
        """Wrapping keys by number; the greatest is the newest."""
        return {int(number): b64decode(key) for number, key in self._stored.wrapping.items()}

    @property
    def chain(self) -> bytes:
        """Key of the log's chain, 32 bytes."""
        return b64decode(self._stored.chain)

    @property
    def signing(self) -> Ed25519PrivateKey:
        """Key that signs checkpoints."""
        return Ed25519PrivateKey.from_private_bytes(b64decode(self._stored.signing))

    @property
    def tokens(self) -> Ed25519PrivateKey | None:
        """Key that signs tokens; None where none was made yet, so that no token can be ours."""
        if not self._stored.tokens:
            return None
        return Ed25519PrivateKey.from_private_bytes(b64decode(self._stored.tokens))

    def add_tokens(self) -> Ed25519PrivateKey:
        """The key that signs tokens, made where there is none."""
        self.refresh()
        if not self._stored.tokens:
            self._replace(tokens=_random())
        made = self.tokens
        assert made is not None
        return made

    def refresh(self) -> None:
        """Read the wrapping keys again: another process may have rotated them."""
        self._stored = _read(self.path)

    def add_wrapping(self) -> int:
        """Put a new wrapping key into the file; return its number."""
        self.refresh()
        number = max(self.wrapping) + 1
        self._replace(wrapping={**self._stored.wrapping, str(number): _random()})
        return number

    def keep_wrapping(self, number: int) -> None:
        """Take every wrapping key but this one out of the file."""
        self.refresh()
        self._replace(wrapping={str(number): self._stored.wrapping[str(number)]})

    def _replace(self, **changes: Any) -> None:
        new = msgspec.structs.replace(self._stored, **changes)
        beside = self.path.with_name(self.path.name + ".new")
        beside.unlink(missing_ok=True)  # a rotation that was killed may have left one
        write_private(beside, _encoded(new))
        beside.replace(self.path)
        sync_folder(self.path.parent)
        self._stored = new


class Hashes:
    """Keyed hashes of an installation: equal for equal input, and saying nothing to others.

    Each has a purpose of its own bound in, and its parts are length-prefixed, so that two inputs
    never run together into the same bytes. Can be sent to another process.
    """

    def __init__(self, id_key: bytes, content_key: bytes) -> None:
        self._keys = id_key, content_key
        self._record = blake2b(digest_size=16, key=id_key, person=b"record")
        self._stream = blake2b(digest_size=16, key=id_key, person=b"stream")
        self._content = blake2b(digest_size=16, key=content_key, person=b"content")
        self._trait = blake2b(digest_size=4, key=content_key, person=b"trait")
        self.row = blake2b(digest_size=16, key=content_key, person=b"row")
        """To be copied: a hash of 16 bytes of a row as it was written."""

    def __reduce__(self) -> tuple[type["Hashes"], tuple[bytes, bytes]]:
        return Hashes, self._keys

    def record_id(self, source: str, key: str) -> bytes:
        """The 16 bytes that name a record everywhere inside."""
        return _digest(self._record, source.encode(), key.encode())

    def stream_id(self, category: str, *parts: str | bytes) -> UUID:
        """The id of a stream that is not a record's: ``stream_id("delivery", source, digest)``."""
        encoded = (part.encode() if isinstance(part, str) else part for part in parts)
        return UUID(bytes=_digest(self._stream, category.encode(), *encoded))

    def content_hash(self, content: bytes) -> bytes:
        """16 bytes that are equal when two statements say the same."""
        return _digest(self._content, content)

    def trait(self, text: str) -> bytes:
        """4 bytes that are equal when one trait of two statements is; zeros for a missing one."""
        return _digest(self._trait, text.encode()) if text else bytes(4)

    def traits(self, *texts: str) -> bytes:
        """The trait hashes of several texts, one after the other."""
        return b"".join(map(self.trait, texts))


def _digest(keyed: blake2b, *parts: bytes) -> bytes:
    hashing = keyed.copy()
    for part in parts:
        hashing.update(LENGTH.pack(len(part)) + part)
    return hashing.digest()


def _random() -> str:
    return b64encode(os.urandom(32)).decode()


def _read(path: Path) -> _Stored:
    try:
        status = path.stat()
        content = path.read_bytes()
    except FileNotFoundError:
        raise MasterKeyError(f"{path}: no master key there; expected one made by init") from None
    if status.st_mode & 0o077:
        raise MasterKeyError(
            f"{path}: mode {status.st_mode & 0o777:04o} lets others at the keys; expected 0600"
        )
    try:
        stored = msgspec.json.decode(content, type=_Stored)
    except msgspec.MsgspecError:
        raise MasterKeyError(f"{path}: not a master key file") from None
    if stored.version != FORMAT:
        raise MasterKeyError(f"{path}: format {stored.version}; expected {FORMAT}")
    return stored


def _encoded(stored: _Stored) -> bytes:
    return msgspec.json.encode(stored) + b"\n"

"""Sealed places in a list: a caller hands one back to go on, and can read nothing from it."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contactpoint.errors import UsageError
from events.master import MasterKey

NONCE = 12
PADDED = 128
"""Bytes to which a place is filled up, so that its length tells nothing of it."""


class Cursors:
    """Seals places and opens them again, for the list and the reader that they were made for."""

    def __init__(self, master: MasterKey) -> None:
        self._cipher = AESGCM(
            master.hashes.content_hash(b"cursor 1") + master.hashes.content_hash(b"cursor 2")
        )

    def seal(self, place: object, of: str, reader: str) -> str:
        """A cursor for a place in a list; ``of`` names the list with what was asked of it."""
        nonce = os.urandom(NONCE)
        plain = msgspec.json.encode(place).ljust(PADDED)
        return urlsafe_b64encode(
            nonce + self._cipher.encrypt(nonce, plain, _bound(of, reader))
        ).decode()

    def open(self, cursor: str, of: str, reader: str) -> object:
        """The place. Raises UsageError where it was sealed for something else, or not by us."""
        try:
            sealed = urlsafe_b64decode(cursor.encode())
            plain = self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], _bound(of, reader))
            return msgspec.json.decode(plain)
        except (InvalidTag, ValueError, msgspec.MsgspecError):
            raise UsageError(
                "the cursor: expected one that an answer to the same question gave"
            ) from None


def _bound(of: str, reader: str) -> bytes:
    return f"{of}\0{reader}".encode()

"""What watching keeps between two runs: a sealed file, which can be dropped and made again."""

import os
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contactpoint.watching.watcher import State
from events.keys import SubjectKeys, UnknownKeyError
from events.master import MasterKey

FORM = 1
"""How what is kept is laid out; a file of another form is made anew."""
NONCE = 12


class _Kept(msgspec.Struct, frozen=True):
    form: int
    position: int
    state: State


class KeptState:
    """It tells of the readers' habits and homes, so it is sealed under a key of its own."""

    def __init__(self, folder: Path, keys: SubjectKeys, master: MasterKey) -> None:
        """The file stands in a folder of the installation's."""
        self._path = folder / "watching.state"
        self._keys = keys
        self._subject = master.hashes.stream_id("subject", "watching").bytes

    def load(self) -> tuple[State, int]:
        """The state, and up to which position of the record; empty where there is none to use."""
        try:
            content = self._path.read_bytes()
            number, nonce, sealed = content[:8], content[8 : 8 + NONCE], content[8 + NONCE :]
            cipher = self._keys.openers([int.from_bytes(number)])[int.from_bytes(number)]
            plain = cipher.decrypt(nonce, sealed, number) if cipher else b""
            kept = msgspec.msgpack.decode(plain, type=_Kept)
        except (FileNotFoundError, UnknownKeyError, InvalidTag, ValueError):
            return State(), 0
        return (kept.state, kept.position) if kept.form == FORM else (State(), 0)

    def save(self, state: State, position: int) -> None:
        """Put what is kept in the place of what was kept before."""
        (key,) = self._keys.issue([self._subject])
        cipher: AESGCM = self._keys.sealers([key])[key]
        number, nonce = key.to_bytes(8), os.urandom(NONCE)
        plain = msgspec.msgpack.encode(_Kept(FORM, position, state))
        beside = self._path.with_suffix(".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(number + nonce + cipher.encrypt(nonce, plain, number))
        beside.replace(self._path)

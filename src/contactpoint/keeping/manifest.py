"""What a backup says of itself: which files, how far the logs went, signed by the installation.

A backup is two folders of one name, kept apart: NAME.index with the log, the record of access and
the models, and NAME.keys with the keys, which has to expire for an erasure to be final.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contactpoint.errors import ContactpointError
from contactpoint.keeping.place import Table
from events.disk import write_private

FORM = 1
MANIFEST = "manifest.json"
TITLE = b"contactpoint backup 1\n"
Half = Literal["index", "keys"]


class BackupError(ContactpointError):
    """A backup is not whole, or does not fit what is to be restored."""


class File(msgspec.Struct, frozen=True):
    """One file of a backup."""

    path: str
    part: str
    """``log``, ``access``, ``keys`` or ``models``."""
    size: int
    sha256: str
    table: Table | None = None


class End(msgspec.Struct, frozen=True):
    """How far a log went."""

    id: str
    position: int
    hash: str
    """Of the chain there."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One half of a backup."""

    half: Half
    name: str
    log: str
    """Id of the log, 32 hex digits, in both halves."""
    made: int
    """When its copying began: microseconds since 1970-01-01 UTC."""
    kind: str
    """``sqlite`` or ``postgresql``."""
    files: tuple[File, ...]
    ends: dict[str, End] = {}
    """Of ``log`` and ``access``."""
    figures: dict[str, int] = {}
    """How much there was: events, records, children, accesses; or keys and erasures."""
    wrapping: tuple[int, ...] = ()
    """The wrapping keys without which the keys do not open."""
    noted: dict[str, int] = {}
    """Notes in the ledgers outside at that time: of ``erasures`` and of ``shields``."""
    form: int = FORM
    signature: str = ""
    """Ed25519, 128 hex digits, over the other fields."""

    def signed_text(self) -> bytes:
        """The bytes that the signature is made over."""
        return TITLE + msgspec.json.encode(msgspec.structs.replace(self, signature=""))


@dataclass(frozen=True, slots=True)
class Taken:
    """A half of a backup where it lies."""

    folder: Path
    manifest: Manifest

    def of(self, part: str) -> dict[str, Table | None]:
        """The files of one part."""
        return {one.path: one.table for one in self.manifest.files if one.part == part}

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(one.size for one in self.manifest.files)

    def check(self) -> None:
        """Raises BackupError where a file is missing, changed, or not of the backup."""
        known = {one.path: one for one in self.manifest.files}
        found = {str(p.relative_to(self.folder)) for p in self.folder.rglob("*") if p.is_file()}
        for path in sorted(known.keys() ^ (found - {MANIFEST})):
            what = "is missing" if path in known else "is none of its files"
            raise BackupError(f"{self.folder}: {path} {what}; expected a backup as it was made")
        for path, one in known.items():
            if digest(self.folder / path) != (one.size, one.sha256):
                raise BackupError(f"{self.folder}: {path} was changed since the backup was made")


def write(folder: Path, manifest: Manifest, key: Ed25519PrivateKey) -> None:
    """Sign a manifest and write it into a folder, the last of its files."""
    signed = msgspec.structs.replace(manifest, signature=key.sign(manifest.signed_text()).hex())
    write_private(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(signed)) + b"\n")


def read(folder: Path, key: Ed25519PrivateKey) -> Taken:
    """The half that lies in a folder. Raises BackupError where it is none of this installation."""
    path = folder / MANIFEST
    if not path.exists():
        raise BackupError(f"{folder}: no backup there; expected a folder that backup made")
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
        key.public_key().verify(bytes.fromhex(manifest.signature), manifest.signed_text())
    except (msgspec.MsgspecError, InvalidSignature, ValueError):
        raise BackupError(
            f"{path}: not signed by this installation; expected its backup and its master key"
        ) from None
    if manifest.form != FORM:
        raise BackupError(f"{path}: form {manifest.form}; expected {FORM}")
    return Taken(folder, manifest)


def halves(folder: Path, half: Half, key: Ed25519PrivateKey) -> list[Taken]:
    """The halves of one kind in a folder that are whole and ours, the newest first."""
    found: list[Taken] = []
    for path in folder.glob(f"*.{half}"):
        with suppress(BackupError):
            found.append(read(path, key))
    return sorted(found, key=lambda taken: taken.manifest.made, reverse=True)


def digest(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return path.stat().st_size, found

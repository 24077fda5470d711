"""The matcher's index between two runs: a sealed file beside the store, rebuilt from the log."""

import io
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np

from contactpoint.sources import Registry
from events.failpoints import failpoint
from events.keys import SubjectKeys
from events.master import MasterKey
from events.source import SourceRegistered
from linkage.index import Index
from linkage.model import Model
from linkage.standardise import standardise
from projections.queries import IndexedRecord, Queries

FRAME = 1 << 26
"""Bytes sealed at once."""
BATCH = 5_000


class _Head(msgspec.Struct, frozen=True):
    """What the file says of itself, in clear: nothing personal."""

    model: str
    position: int


class KeptIndex:
    """One index on disk. It holds names, so it is sealed under a key of its own."""

    def __init__(self, folder: Path, keys: SubjectKeys, master: MasterKey) -> None:
        self._path = folder / "matcher.index"
        self._keys = keys
        self._subject = master.hashes.stream_id("subject", "index").bytes

    def load(self, model: Model) -> tuple[Index, int]:
        """The index as it was kept, and how far of the log it has; empty where there is none."""
        if not self._path.exists():
            return Index(model), 0
        with self._path.open("rb") as file:
            head = msgspec.json.decode(file.readline(), type=_Head)
            if head.model != model.version:
                return Index(model), 0
            number = int.from_bytes(file.read(8))
            cipher = self._keys.openers([number])[number]
            if cipher is None:
                return Index(model), 0
            whole = io.BytesIO()
            while size := int.from_bytes(file.read(4)):
                nonce = file.read(12)
                place = whole.tell().to_bytes(8)
                whole.write(cipher.decrypt(nonce, file.read(size), place))
        whole.seek(0)
        arrays = dict(np.load(whole, allow_pickle=False))
        words = {name: arrays.pop(name).tobytes() for name in ("names", "codes")}
        stored = arrays | {name: msgspec.json.decode(text) for name, text in words.items()}
        return Index.load(model, stored), head.position

    def save(self, index: Index, position: int) -> None:
        """Keep the index, whole, in place of the one before."""
        stored = index.dump()
        for name in ("names", "codes"):
            stored[name] = np.frombuffer(msgspec.json.encode(list(stored[name])), np.uint8)
        whole = io.BytesIO()
        np.savez(whole, **stored)
        (number,) = self._keys.issue([self._subject])
        cipher = self._keys.sealers([number])[number]
        beside = self._path.with_suffix(".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(_Head(index.model.version, position)) + b"\n")
            file.write(number.to_bytes(8))
            buffer = whole.getbuffer()
            for start in range(0, len(buffer), FRAME):
                nonce = os.urandom(12)
                sealed = cipher.encrypt(
                    nonce, bytes(buffer[start : start + FRAME]), start.to_bytes(8)
                )
                file.write(len(sealed).to_bytes(4) + nonce + sealed)
            file.write(bytes(4))
            file.flush()
            os.fsync(file.fileno())
        failpoint("index.before-swap")
        beside.replace(self._path)
        failpoint("index.after-swap")

    def forget(self) -> None:
        """Drop the file; the next run makes it anew from the read models."""
        self._path.unlink(missing_ok=True)


class Filling:
    """Puts records into an index as their sources' settings say."""

    def __init__(self, registry: Registry) -> None:
        self._sources = registry.sources
        # A number above 0 names a source whose records are never the same child.
        self._numbers = {
            name: number
            for number, name in enumerate(registry.sources, start=1)
            if registry.sources[name].one_record_each
            and not registry.sources[name].dual_registration
        }

    def source(self, name: str) -> SourceRegistered | None:
        """The settings of a source."""
        return self._sources.get(name)

    def exclusive(self, source: str, scope: str) -> str:
        """A word that two records share where their source and scope make them two children."""
        settings = self._sources.get(source)
        if settings is None or not settings.one_record_each:
            return ""
        return f"{source} {scope}" if settings.dual_registration else source

    def never_compares(self, one: str, other: str) -> bool:
        """Whether records of these sources are never compared: one source, and two children."""
        return one == other and one in self._numbers

    def fill(self, index: Index, queries: Queries) -> None:
        """Put every current record into an empty index."""
        batch: list[IndexedRecord] = []
        for record in queries.records():
            batch.append(record)
            if len(batch) == BATCH:
                self.put(index, batch)
                batch.clear()
        self.put(index, batch)

    def put(self, index: Index, records: Iterable[IndexedRecord]) -> None:
        """Put current records in, and take those out that are not current any more."""
        known = list(records)
        current = [r for r in known if r.standing == "current" and r.statement is not None]
        index.put(
            [
                (r.ordinal, self._numbers.get(r.source, 0), standardise(r.statement.particulars))
                for r in current
                if r.statement is not None
            ]
        )
        kept = {r.ordinal for r in current}
        index.remove([r.ordinal for r in known if r.ordinal not in kept])

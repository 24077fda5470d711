"""The matcher's index between two runs: a sealed file beside the store, rebuilt from the log."""

import io
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np

from contactpoint.linking.matching import AnyIndex, Matching, shape_of
from contactpoint.sources import Registry
from events.failpoints import failpoint
from events.keys import SubjectKeys
from events.master import MasterKey
from events.source import SourceRegistered
from projections.queries import IndexedRecord, Queries

FRAME = 1 << 26
"""Bytes sealed at once."""
BATCH = 5_000


class _Head(msgspec.Struct, frozen=True):
    """What the file says of itself, in clear: nothing personal."""

    model: str
    position: int


class KeptIndex:
    """An index on disk for children, and one for each other shape.

    They hold names, so they are sealed under a key of their own.
    """

    def __init__(self, folder: Path, keys: SubjectKeys, master: MasterKey) -> None:
        self._folder = folder
        self._keys = keys
        self._subject = master.hashes.stream_id("subject", "index").bytes

    def _path(self, matching: Matching) -> Path:
        name = f"matcher-{matching.shape}.index" if matching.shape else "matcher.index"
        return self._folder / name

    def load(self, matching: Matching) -> tuple[AnyIndex, int]:
        """The index as it was kept, and how far of the log it has; empty where there is none."""
        path = self._path(matching)
        if not path.exists():
            return matching.index(), 0
        with path.open("rb") as file:
            head = msgspec.json.decode(file.readline(), type=_Head)
            if head.model != matching.model.version:
                return matching.index(), 0
            number = int.from_bytes(file.read(8))
            cipher = self._keys.openers([number])[number]
            if cipher is None:
                return matching.index(), 0
            whole = io.BytesIO()
            while size := int.from_bytes(file.read(4)):
                nonce = file.read(12)
                place = whole.tell().to_bytes(8)
                whole.write(cipher.decrypt(nonce, file.read(size), place))
        whole.seek(0)
        arrays = dict(np.load(whole, allow_pickle=False))
        words = {name: arrays.pop(name).tobytes() for name in ("names", "codes")}
        stored = arrays | {name: msgspec.json.decode(text) for name, text in words.items()}
        return matching.index(stored), head.position

    def save(self, index: AnyIndex, matching: Matching, position: int) -> None:
        """Keep the index, whole, in place of the one before."""
        path = self._path(matching)
        stored = index.dump()
        for name in ("names", "codes"):
            stored[name] = np.frombuffer(msgspec.json.encode(list(stored[name])), np.uint8)
        whole = io.BytesIO()
        np.savez(whole, **stored)
        (number,) = self._keys.issue([self._subject])
        cipher = self._keys.sealers([number])[number]
        beside = path.with_suffix(".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(_Head(matching.model.version, position)) + b"\n")
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
        beside.replace(path)
        failpoint("index.after-swap")

    def forget(self) -> None:
        """Drop every file; the next run makes them anew from the read models."""
        for path in self._folder.glob("matcher*.index"):
            path.unlink()


class Filling:
    """Puts the records that are matched with each other into an index, as their sources say."""

    def __init__(self, registry: Registry, matching: Matching) -> None:
        self._sources = registry.sources
        self._comparable = matching.comparable
        self._others = {
            name for name, source in registry.sources.items() if shape_of(source) != matching.shape
        }
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

    def own(self, ordinals: set[int], queries: Queries) -> set[int]:
        """Those of the records that are matched here."""
        return ordinals - queries.ordinals_of_sources(self._others) if self._others else ordinals

    def exclusive(self, source: str, scope: str) -> str:
        """A word that two records share where their source and scope make them two children."""
        settings = self._sources.get(source)
        if settings is None or not settings.one_record_each:
            return ""
        return f"{source} {scope}" if settings.dual_registration else source

    def never_compares(self, one: str, other: str) -> bool:
        """Whether records of these sources are never compared: one source, and two children."""
        return one == other and one in self._numbers

    def fill(self, index: AnyIndex, queries: Queries) -> None:
        """Put every current record into an empty index."""
        batch: list[IndexedRecord] = []
        for record in queries.records(without=self._others):
            batch.append(record)
            if len(batch) == BATCH:
                self.put(index, batch)
                batch.clear()
        self.put(index, batch)

    def put(self, index: AnyIndex, records: Iterable[IndexedRecord]) -> None:
        """Put current records in, and take those out that are not current any more."""
        known = [record for record in records if record.source not in self._others]
        current = [r for r in known if r.standing == "current" and r.statement is not None]
        index.put(
            [
                (
                    r.ordinal,
                    self._numbers.get(r.source, 0),
                    self._comparable(r.statement.particulars),
                )
                for r in current
                if r.statement is not None
            ]
        )
        kept = {r.ordinal for r in current}
        index.remove([r.ordinal for r in known if r.ordinal not in kept])

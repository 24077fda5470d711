"""Versions of the matcher's model: stored beside the log, and the one that is in force."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from contactpoint.errors import NotFoundError
from events.linking import ModelAdopted
from events.log import Log
from events.master import MasterKey
from events.message import Origin, Recorded
from linkage.model import Model


@dataclass(frozen=True, slots=True)
class Models:
    """The model versions of one installation, a file each.

    A model holds no personal data: the names in its frequencies are borne by at least 20 children.
    """

    folder: Path
    log: Log
    master: MasterKey

    def store(self, model: Model) -> None:
        """Keep a version; changes nothing else."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{model.version}.json"
        if path.exists():
            return
        beside = path.with_suffix(".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(model.dump())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)

    def versions(self) -> list[str]:
        """The versions that are stored, and the one shipped with the product."""
        stored = {path.stem for path in self.folder.glob("*.json")}
        return sorted(stored | {Model.shipped().version})

    def get(self, version: str) -> Model:
        """A stored version, by its number or the beginning of it. Raises NotFoundError."""
        found = [one for one in self.versions() if version and one.startswith(version)]
        if len(found) != 1:
            which = f"{len(found)} models begin" if found else "no model begins"
            raise NotFoundError(f"{which} with {version!r}; 'contactpoint model list' names them")
        path = self.folder / f"{found[0]}.json"
        return Model.load(path.read_bytes()) if path.exists() else Model.shipped()

    def in_force(self) -> Model:
        """The version adopted last; the shipped one where none was."""
        adopted = self._adopted()
        return self.get(adopted[-1]) if adopted else Model.shipped()

    def adopt(self, model: Model, origin: Origin) -> bool:
        """Put a version in force from here on; whether that changed anything."""
        adopted = self._adopted()
        if adopted and adopted[-1] == model.version:
            return False
        self.store(model)
        event = ModelAdopted(model.version)
        message = Recorded(self._stream, len(adopted) + 1, origin, origin.recorded, event)
        self.log.append([message])
        return True

    @property
    def _stream(self) -> UUID:
        return self.master.hashes.stream_id("model")

    def _adopted(self) -> Sequence[str]:
        events = (message.event for message in self.log.stream(self._stream))
        return [event.model for event in events if isinstance(event, ModelAdopted)]

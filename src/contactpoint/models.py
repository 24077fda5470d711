"""Versions of the matcher's model: stored beside the log, and the one that is in force."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from contactpoint.errors import NotFoundError
from events.linking import ModelAdopted
from events.log import Log
from events.master import MasterKey
from events.message import Origin, Recorded
from events.shape import ShapeModelAdopted
from linkage.declared.model import DeclaredModel
from linkage.model import Model

AnyModel = Model | DeclaredModel
"""A model of children, or one of tables of another shape."""


class _Kind(msgspec.Struct, frozen=True):
    """As much of a stored model as says what it is of."""

    shape: dict[str, Any] | None = None


def records_behind(model: AnyModel) -> int:
    """The number of records behind a model's prior."""
    return model.records if isinstance(model, DeclaredModel) else model.prior.records


@dataclass(frozen=True, slots=True)
class Models:
    """The model versions of one installation, a file each.

    A model holds no personal data: what its frequencies name is borne by at least 20 records.
    """

    folder: Path
    log: Log
    master: MasterKey

    def store(self, model: AnyModel) -> None:
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

    def get(self, version: str) -> AnyModel:
        """A stored version, by its number or the beginning of it. Raises NotFoundError."""
        found = [one for one in self.versions() if version and one.startswith(version)]
        if len(found) != 1:
            which = f"{len(found)} models begin" if found else "no model begins"
            raise NotFoundError(f"{which} with {version!r}; 'contactpoint model list' names them")
        if found[0] == Model.shipped().version:
            return Model.shipped()
        text = (self.folder / f"{found[0]}.json").read_bytes()
        is_of_shape = msgspec.json.decode(text, type=_Kind).shape is not None
        return DeclaredModel.load(text) if is_of_shape else Model.load(text)

    def in_force(self) -> Model:
        """The version for children adopted last; the shipped one where none was."""
        adopted = self._adopted()
        found = self.get(adopted[-1]) if adopted else Model.shipped()
        assert isinstance(found, Model)
        return found

    def adopted(self, shape: str) -> ShapeModelAdopted | None:
        """The last adoption for tables of a shape."""
        events = [message.event for message in self.log.stream(self._stream_of(shape))]
        found = events[-1] if events else None
        return found if isinstance(found, ShapeModelAdopted) else None

    def of_shape(self, version: str) -> DeclaredModel:
        """A stored version for tables of a shape."""
        found = self.get(version)
        assert isinstance(found, DeclaredModel)
        return found

    def adopt(self, model: AnyModel, origin: Origin, *, automatic: bool = False) -> bool:
        """Put a version in force from here on; whether that changed anything."""
        if isinstance(model, DeclaredModel):
            return self._adopt_for_shape(model, origin, automatic=automatic)
        adopted = self._adopted()
        if adopted and adopted[-1] == model.version:
            return False
        self.store(model)
        event = ModelAdopted(model.version)
        message = Recorded(self._stream, len(adopted) + 1, origin, origin.recorded, event)
        self.log.append([message])
        return True

    def _adopt_for_shape(self, model: DeclaredModel, origin: Origin, *, automatic: bool) -> bool:
        shape = model.shape.id
        event = ShapeModelAdopted(shape, model.version, automatic)
        if self.adopted(shape) == event:
            return False
        self.store(model)
        stream = self._stream_of(shape)
        version = self.log.versions([stream]).get(stream, 0) + 1
        self.log.append([Recorded(stream, version, origin, origin.recorded, event)])
        return True

    def _stream_of(self, shape: str) -> UUID:
        return self.master.hashes.stream_id("model", shape)

    @property
    def _stream(self) -> UUID:
        return self.master.hashes.stream_id("model")

    def _adopted(self) -> Sequence[str]:
        events = (message.event for message in self.log.stream(self._stream))
        return [event.model for event in events if isinstance(event, ModelAdopted)]

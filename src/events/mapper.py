"""Between an event and its stored bytes: clear JSON, and fields sealed under subjects' keys.

The state of a stored event is a format byte, the number of sealed fields that are set (1 byte), the
length of the clear part (4 bytes, big endian), the clear part (JSON), and for each of those fields:
the length of its name (1 byte), the name, the number of its key (8), a nonce (12), the length of
what follows (4), and the field's JSON encrypted with AES-256-GCM. Bound into each is the stream,
version, type, field name and the clear part, so a ciphertext moved elsewhere, or beside other facts
in clear, does not open.
"""

import os
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from events.catalogue import Catalogue, EventType
from events.garbage import no_collection
from events.message import ERASED, Erased, Origin, Recorded

FORMAT = 1
HEAD = struct.Struct(">BBI")
PLACE = struct.Struct(">16sq")
SEALED = struct.Struct(">q12sI")
NONCE = 12


class Row(NamedTuple):
    """An event as the log stores it."""

    position: int
    stream: UUID
    version: int
    type: str
    state: bytes


class TamperedEventError(Exception):
    """A stored event is not what was written: its seal is broken, or its bytes make no sense."""

    def __init__(self, stream: UUID, version: int, position: int | None, what: str) -> None:
        self.stream, self.version, self.position = stream, version, position
        where = f", position {position}" if position is not None else ""
        super().__init__(f"stream {stream.hex[:8]} version {version}{where}: {what}")


class Ciphers(Protocol):
    """Where the mapper gets subjects' keys (``events.keys.SubjectKeys``)."""

    def sealers(self, numbers: Iterable[int]) -> Mapping[int, AESGCM]:
        """Ciphers to seal with."""

    def openers(self, numbers: Iterable[int]) -> Mapping[int, AESGCM | None]:
        """Ciphers to open with; None where a key was destroyed."""


class _Clear(msgspec.Struct, frozen=True, array_like=True):
    origin: msgspec.Raw
    effective: int
    event: Any
    """Written: the event's clear fields. Read: their JSON, until its type is known."""


class _ClearRead(_Clear, frozen=True, array_like=True):
    event: msgspec.Raw


class _Field(NamedTuple):
    name: str
    key: int
    nonce: bytes
    sealed: bytes


class _Opened(NamedTuple):
    """A stored event taken apart, before its sealed fields are opened."""

    row: Row
    clear: bytes
    fields: list[_Field]


class _Opening(NamedTuple):
    """How sealed fields are opened."""

    ciphers: Mapping[int, AESGCM | None]
    raw: bool
    """Whether what is opened stays JSON."""


class SealingMapper(Mapper[UUID]):
    """Maps ``Recorded`` to stored events and back; in batches, keys are fetched all at once."""

    def __init__(self, keys: Ciphers | None, catalogue: Catalogue | None = None) -> None:
        """Without keys only events with nothing sealed can be mapped."""
        super().__init__(transcoder=JSONTranscoder())
        self.catalogue = catalogue or Catalogue()
        self._keys = keys
        self._encode = msgspec.json.Encoder().encode
        self._clear_decoder = msgspec.json.Decoder(_ClearRead)
        self._origin_decoder = msgspec.json.Decoder(Origin)
        self._last_origin: tuple[Origin, msgspec.Raw] | None = None

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """One event, sealed."""
        return self.to_stored_events([domain_event])[0]

    def to_domain_event(self, stored_event: StoredEvent) -> Recorded:
        """One event, opened; ``ERASED`` stands for a field whose key was destroyed."""
        position = getattr(stored_event, "id", None)
        row = Row(
            0 if position is None else position,
            UUID(str(stored_event.originator_id)),
            stored_event.originator_version,
            stored_event.topic,
            stored_event.state,
        )
        return self.decode_rows([row])[0]

    def to_stored_events(self, messages: Sequence[Recorded]) -> list[StoredEvent]:
        """Many events, sealed.

        Raises ValueError where a sealed field is set and has no key, or the other way round.
        """
        numbers = {number for message in messages for number in message.keys if number}
        sealers = self._keys.sealers(numbers) if self._keys and numbers else {}
        entropy = _Nonces(sum(len(message.keys) for message in messages))
        with no_collection():
            return [self._seal(message, sealers, entropy.next) for message in messages]

    def decode_rows(
        self, rows: Sequence[Row], *, opened: bool = True, raw: bool = False
    ) -> list[Recorded]:
        """Many stored events, read.

        With ``opened`` false, sealed fields are left as None; the numbers of their keys are there.
        With ``raw``, those opened are given as their JSON (``msgspec.Raw``), not taken apart.

        Raises TamperedEventError for one that was changed, and UnknownEventTypeError for one
        that a newer version of the product wrote.
        """
        with no_collection():
            apart = [_take_apart(row) for row in rows]
            numbers = {field.key for one in apart for field in one.fields} if opened else set()
            openers = self._keys.openers(numbers) if self._keys and numbers else {}
            opening = _Opening(openers, raw) if opened else None
            return [self._read(one, opening) for one in apart]

    def _seal(
        self, message: Recorded, sealers: Mapping[int, AESGCM], nonce: Callable[[], bytes]
    ) -> StoredEvent:
        event, keys = message.event, message.keys
        kind = self.catalogue.of(type(event))
        values = kind.sealed_values(event)
        _check_keys(message, values)
        clear = self._encode(
            _Clear(self._origin(message.origin), message.effective, kind.clear(event))
        )
        parts = [HEAD.pack(FORMAT, len(keys) - keys.count(0), len(clear)), clear]
        place = PLACE.pack(message.originator_id.bytes, message.originator_version)
        for name, value, number in zip(kind.sealed, values, keys, strict=False):
            if number:
                chosen = nonce()
                bound = _bound(place, kind.stored, name, clear)
                sealed = sealers[number].encrypt(chosen, self._encode(value), bound)
                parts += (_short(name), SEALED.pack(number, chosen, len(sealed)), sealed)
        return StoredEvent(
            message.originator_id, message.originator_version, kind.stored, b"".join(parts)
        )

    def _origin(self, origin: Origin) -> msgspec.Raw:
        """The origin's JSON; all events of one act share it."""
        last = self._last_origin
        if last is None or last[0] is not origin:
            last = self._last_origin = origin, msgspec.Raw(self._encode(origin))
        return last[1]

    def _read(self, one: _Opened, opening: _Opening | None) -> Recorded:
        kind, version = self.catalogue.reading(one.row.type)
        try:
            clear = self._clear_decoder.decode(one.clear)
            origin = self._read_origin(clear.origin)
            facts = self._read_clear(kind, version, clear.event)
            keys, values = (0,) * len(kind.sealed), [None] * len(kind.sealed)
            if one.fields:
                keys, values = self._read_sealed(kind, version, one, opening)
            event = kind.event(*facts, *values)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise _tampered(one.row, f"does not read as {one.row.type}") from None
        return Recorded(one.row.stream, one.row.version, origin, clear.effective, event, keys)

    def _read_origin(self, raw: msgspec.Raw) -> Origin:
        last = self._last_origin
        if last is not None and last[1] == raw:
            return last[0]
        kept = raw.copy()
        origin = self._origin_decoder.decode(kept)
        self._last_origin = origin, kept
        return origin

    def _read_clear(self, kind: EventType, version: int, raw: msgspec.Raw) -> tuple[Any, ...]:
        if version == kind.version:
            return msgspec.structs.astuple(kind.clear_decoder.decode(raw))
        name = kind.event.__name__
        old = msgspec.json.decode(raw)
        new = self.catalogue.upcasting.clear(name, version, kind.version, old)
        return msgspec.structs.astuple(msgspec.convert(new, kind.clear_type))

    def _read_sealed(
        self,
        kind: EventType,
        version: int,
        one: _Opened,
        opening: _Opening | None,
    ) -> tuple[tuple[int, ...], list[Any]]:
        found = {field.name: field for field in one.fields}
        if found.keys() - set(kind.sealed):
            raise _tampered(one.row, f"has a sealed field that {kind.stored} has not")
        keys: list[int] = []
        values: list[Any] = []
        for name in kind.sealed:
            field = found.get(name)
            keys.append(field.key if field else 0)
            if field is None or opening is None:
                values.append(None)
            else:
                values.append(self._open(kind, version, one, field, opening))
        return tuple(keys), values

    def _open(
        self,
        kind: EventType,
        version: int,
        one: _Opened,
        field: _Field,
        opening: _Opening,
    ) -> Any:
        cipher = opening.ciphers.get(field.key)
        if cipher is None:
            return ERASED
        row = one.row
        place = PLACE.pack(row.stream.bytes, row.version)
        try:
            plain = cipher.decrypt(
                field.nonce, field.sealed, _bound(place, row.type, field.name, one.clear)
            )
        except InvalidTag:
            raise _tampered(
                row, f"{field.name} does not open with subject key {field.key}"
            ) from None
        if version == kind.version:
            return (
                msgspec.Raw(plain)
                if opening.raw
                else kind.sealed_decoders[field.name].decode(plain)
            )
        name = kind.event.__name__
        old = msgspec.json.decode(plain)
        new = self.catalogue.upcasting.sealed(name, version, kind.version, field.name, old)
        value = msgspec.convert(new, kind.sealed_types[field.name])
        return msgspec.Raw(self._encode(value)) if opening.raw else value


class _Nonces:
    """Random nonces from one call to the system for a whole batch."""

    def __init__(self, count: int) -> None:
        self._bytes = os.urandom(NONCE * count)
        self._used = 0

    def next(self) -> bytes:
        start = self._used
        self._used += NONCE
        return self._bytes[start : self._used]


def _check_keys(message: Recorded, values: Sequence[Any]) -> None:
    """Refuse a set field without a key, a key without a field, and the mark of an erased one."""
    stated = message.keys or (0,) * len(values)
    fits = len(stated) == len(values) and all(
        (value is not None and not isinstance(value, Erased)) == bool(number)
        for value, number in zip(values, stated, strict=False)
    )
    if not fits:
        where = f"stream {message.originator_id.hex[:8]} version {message.originator_version}"
        kind = type(message.event).__name__
        sealed = ", ".join(type(message.event).sealed) or "none"
        raise ValueError(
            f"{where}: {kind} has keys {stated};"
            f" expected one for each sealed field that is set ({sealed}), else 0"
        )


def _bound(place: bytes, stored_type: str, field: str, clear: bytes) -> bytes:
    return b"".join((place, _short(stored_type), _short(field), clear))


@cache
def _short(text: str) -> bytes:
    """A name of ours with its length before it; there are few."""
    encoded = text.encode()
    return bytes((len(encoded),)) + encoded


def _take_apart(row: Row) -> _Opened:
    state = row.state
    try:
        form, count, length = HEAD.unpack_from(state)
        if form != FORMAT:
            raise _tampered(row, f"format {form}; expected {FORMAT}")
        place = HEAD.size + length
        clear, fields = state[HEAD.size : place], []
        while place < len(state):
            name_end = place + 1 + state[place]
            name = state[place + 1 : name_end].decode()
            key, nonce, size = SEALED.unpack_from(state, name_end)
            start = name_end + SEALED.size
            place = start + size
            fields.append(_Field(name, key, nonce, state[start:place]))
        if place != len(state) or len(fields) != count:
            raise _tampered(row, "is cut short")
    except (struct.error, IndexError, UnicodeDecodeError):
        raise _tampered(row, "is cut short") from None
    return _Opened(row, clear, fields)


def _tampered(row: Row, what: str) -> TamperedEventError:
    return TamperedEventError(row.stream, row.version, row.position or None, what)

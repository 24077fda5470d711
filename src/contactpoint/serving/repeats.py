"""The same request sent twice counts once: answers kept under the caller's ``Idempotency-Key``.

A caller who got no answer sends the request again with the same key, and is answered as the first
time. The table stands beside the read models and is none of them: no rebuild touches it. What is
kept is sealed, bound to the reader, and gone after a day. Answers to what changes something hold no
child's particulars, so that an erasure has nothing to look for here.
"""

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from litestar import Response

from contactpoint.errors import UsageError
from contactpoint.serving.problems import ConflictError
from events.master import MasterKey
from projections.database import writing

if TYPE_CHECKING:
    from contactpoint.serving.seat import Seat

IDEMPOTENCY_KEY = "idempotency-key"
JSON = "application/json"
KEPT = 86_400
"""Seconds for which an answer is kept."""
NONCE = 12
UNDER_WAY = 120
"""Seconds after which a request that never ended is tried again."""
_KEY = re.compile(r"[\x21-\x7e]{8,128}")
_METADATA = sa.MetaData()
ANSWERED = sa.Table(
    "answered",
    _METADATA,
    sa.Column("key", sa.LargeBinary(16), primary_key=True),
    sa.Column("asked", sa.LargeBinary(32), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("sealed", sa.LargeBinary),
    sa.Index("answered_at", "at"),
    comment="sealed is NULL while the request is under way",
)


class Kept(msgspec.Struct, frozen=True):
    """An answer as it was given."""

    status: int
    headers: dict[str, str]
    body: bytes
    children: tuple[UUID, ...] = ()
    """Whom it showed."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """What was answered under which key."""

    engine: sa.Engine
    master: MasterKey

    def prepare(self) -> None:
        """Make the table where it is missing."""
        _METADATA.create_all(self.engine)

    def begin(self, reader: str, stated: str, asked: bytes) -> Kept | None:
        """The answer that was given before; None where this is the first time.

        ``asked``: all that tells one request from another. Raises UsageError where the key cannot
        be one, or was used for something else, and ConflictError while the first is under way.
        """
        key, digest = self._key(reader, stated), sha256(asked).digest()
        now = int(time.time())
        with writing(self.engine) as connection:
            old = ANSWERED.c.at < now - KEPT
            left = sa.and_(ANSWERED.c.sealed.is_(None), ANSWERED.c.at < now - UNDER_WAY)
            connection.execute(ANSWERED.delete().where(sa.or_(old, left)))
            row = connection.execute(ANSWERED.select().where(ANSWERED.c.key == key)).first()
            if row is None:
                connection.execute(ANSWERED.insert().values(key=key, asked=digest, at=now))
                return None
        if row.asked != digest:
            raise UsageError("Idempotency-Key: expected a new one; this is another request")
        if row.sealed is None:
            raise ConflictError("a request with this Idempotency-Key is under way; ask again")
        return self._open(key, row.sealed)

    def end(self, reader: str, stated: str, kept: Kept | None) -> None:
        """Keep the answer; None: nothing was done, so that it may be tried again."""
        key = self._key(reader, stated)
        which = ANSWERED.c.key == key
        with writing(self.engine) as connection:
            if kept is None:
                connection.execute(ANSWERED.delete().where(which))
            else:
                sealed = self._seal(key, kept)
                connection.execute(ANSWERED.update().where(which).values(sealed=sealed))

    def _key(self, reader: str, stated: str) -> bytes:
        if not _KEY.fullmatch(stated):
            raise UsageError("Idempotency-Key: expected 8 to 128 visible characters")
        return self.master.hashes.stream_id("answered", reader, stated).bytes

    def _cipher(self) -> AESGCM:
        content = self.master.hashes.content_hash
        return AESGCM(content(b"answered 1") + content(b"answered 2"))

    def _seal(self, key: bytes, kept: Kept) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._cipher().encrypt(nonce, msgspec.msgpack.encode(kept), key)

    def _open(self, key: bytes, sealed: bytes) -> Kept:
        plain = self._cipher().decrypt(sealed[:NONCE], sealed[NONCE:], key)
        return msgspec.msgpack.decode(plain, type=Kept)


def once(seat: "Seat", asked: bytes, work: Callable[[], Response[bytes]]) -> Response[bytes]:
    """The response of ``work``, or the one that was given before under the same key.

    That it is given again is recorded, as the first time: nobody knows whether that was read.
    Where the work fails nothing is kept: it may be tried again.
    """
    stated, reader = seat.headers[IDEMPOTENCY_KEY], seat.actor.subject
    repeats = seat.service.repeats
    given = repeats.begin(reader, stated, asked)
    if given is not None:
        seat.record(given.children, {"repeated": stated})
        headers = {**given.headers, "Idempotent-Replayed": "true"}
        return Response(given.body, status_code=given.status, media_type=JSON, headers=headers)
    try:
        response = work()
    except BaseException:
        repeats.end(reader, stated, None)
        raise
    headers = {name: str(value) for name, value in response.headers.items()}
    status, shown = response.status_code or 200, tuple(seat.shown)
    repeats.end(reader, stated, Kept(status, headers, response.content, shown))
    return response

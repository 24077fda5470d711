"""Who calls: a bearer token of an OpenID Connect issuer, or one of this index, as an actor.

The algorithms that count are stated here and in the settings, never taken from a token (RFC 8725).
What was read of a token is kept for seconds only, so that a revoked one stops to count soon.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from contactpoint.people import tokens
from contactpoint.people.actor import SHELL, Actor, Role
from contactpoint.people.issuer import Issuer
from contactpoint.serving.problems import UnauthenticatedError
from events.master import MasterKey
from person.authorities import AUTHORITIES

TRUSTED_FOR = 10
"""Seconds for which a token that was read counts without a new look; a revocation is effective
within them, and 60 are allowed (acceptance row 52)."""
KEPT = 10_000
LEEWAY = 30
"""Seconds by which the clocks of issuer and service may differ."""
NEW_KEYS_AFTER = 30
"""Seconds between two fetches of the issuer's keys: a token with an unknown key asks for one."""
KEYS_FOR = 3_600
"""Seconds after which the issuer's keys are fetched again: a withdrawn one ends."""
AGAIN_AFTER = 300
"""Seconds after which that is tried again, where it failed."""

_BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9._~+/=-]+)", re.ASCII)
"""The name of a scheme is the same in capitals (RFC 9110, 11.1)."""


class Reads(Protocol):
    """Reads a token."""

    def __call__(self, token: str, now: int) -> Actor:
        """Whom it names at ``now``, seconds since 1970. Raises where it names nobody."""


@dataclass(slots=True)
class _Known:
    actor: Actor
    until: float


@dataclass(slots=True)
class Identity:
    """Whom tokens name. Safe to use from several threads."""

    reads: Reads
    clock: Callable[[], float] = time.monotonic
    _known: dict[bytes, _Known] = field(default_factory=dict)

    def of(self, header: str | None) -> Actor:
        """The actor whom an ``Authorization`` header names.

        Raises UnauthenticatedError where it names nobody, or without strong authentication.
        """
        if header is None:
            raise UnauthenticatedError("expected a bearer token of a person", error="")
        token = _stated(header)
        if not token or len(header) > tokens.LONGEST:
            raise UnauthenticatedError("expected 'Bearer TOKEN'", error="")
        return self._strong(self.named(token))

    def known(self, header: str | None) -> Actor | None:
        """The actor of a header that was read a moment ago; None where it has to be read."""
        known = self._known.get(sha256(_stated(header or "").encode()).digest())
        fresh = known is not None and self.clock() < known.until and known.actor.strong
        return known.actor if known and fresh else None

    def named(self, token: str) -> Actor:
        """The actor whom a token names."""
        digest, now = sha256(token.encode()).digest(), self.clock()
        known = self._known.get(digest)
        if known is not None and now < known.until:
            return known.actor
        try:
            actor = self.reads(token, int(time.time()))
        except (tokens.TokenError, UnauthenticatedError):
            self._known.pop(digest, None)
            raise
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[digest] = _Known(actor, now + TRUSTED_FOR)
        return actor

    def _strong(self, actor: Actor) -> Actor:
        if not actor.strong:
            raise UnauthenticatedError(
                "expected a token that vouches for strong authentication",
                "insufficient_user_authentication",
            )
        return actor


def _stated(header: str) -> str:
    """The token of a header; nothing where it is of another scheme."""
    match = _BEARER.fullmatch(header.strip())
    return match[1] if match else ""


@dataclass(frozen=True, slots=True)
class OwnTokens:
    """Reads the tokens that ``contactpoint token`` issues."""

    master: MasterKey
    is_revoked: Callable[[str], bool]

    def __call__(self, token: str, now: int) -> Actor:
        """Whom it names. Raises TokenError where it is not ours and in force."""
        return tokens.read(token, self.master.tokens, now=now, is_revoked=self.is_revoked)


class Claims(msgspec.Struct, frozen=True):
    """What an issuer's token says that counts here."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    iat: float
    nbf: float = 0
    jti: str = ""
    acr: str = ""
    amr: list[str] = []
    authority: str = ""
    organisation: str = ""
    override: bool = False
    systems: list[str] = []
    family_name: str = ""
    postal_code: str = ""


Fetch = Callable[[str], Mapping[str, Any]]


def fetch(url: str) -> Mapping[str, Any]:
    """A JSON object from an address, within seconds and without following to another."""
    answered = httpx.get(url, timeout=5.0, follow_redirects=False)
    answered.raise_for_status()
    found: Mapping[str, Any] = msgspec.json.decode(answered.content)
    return found


@dataclass(slots=True)
class IssuerTokens:
    """Reads an issuer's tokens by its keys, which it may change at any time."""

    issuer: Issuer
    revoked_before: Callable[[str], int]
    """The second up to which a person's tokens count no longer, by the index's own record."""
    fetch: Fetch = fetch
    clock: Callable[[], float] = time.monotonic
    _keys: KeySet | None = None
    _fetched: float = float("-inf")
    _tried: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, token: str, now: int) -> Actor:
        """Whom it names. Raises UnauthenticatedError where it names nobody here and now."""
        try:
            header = jwt.decode(token, self._key, algorithms=list(self.issuer.algorithms))
            claims = msgspec.convert(header.claims, Claims)
        except UnauthenticatedError:
            raise
        except (JoseError, msgspec.MsgspecError, ValueError, TypeError, RecursionError):
            raise UnauthenticatedError("that is no token of the issuer") from None
        self._must_be_in_force(claims, now)
        roles = header.claims.get(self.issuer.roles, [])
        if not isinstance(roles, list) or set(map(str, roles)) - set(Role):
            raise UnauthenticatedError(f"the token has a role not known here: {', '.join(Role)}")
        return self._actor(claims, frozenset(map(Role, roles)))

    def _actor(self, claims: Claims, roles: frozenset[Role]) -> Actor:
        if claims.authority and claims.authority not in AUTHORITIES:
            raise UnauthenticatedError("the token's authority is not the code of a local authority")
        return Actor(
            claims.sub,
            roles,
            claims.authority,
            claims.organisation,
            "mfa" in claims.amr or claims.acr in self.issuer.strong,
            claims.override,
            frozenset(claims.systems),
            claims.family_name,
            claims.postal_code,
        )

    def _must_be_in_force(self, claims: Claims, now: int) -> None:
        meant = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        if claims.iss != self.issuer.url or self.issuer.audience not in meant:
            raise UnauthenticatedError("the token is of another issuer, or meant for others")
        if not claims.nbf - LEEWAY <= now < claims.exp + LEEWAY or claims.iat > now + LEEWAY:
            raise UnauthenticatedError("the token is not in force now")
        if not claims.sub.strip() or claims.sub.casefold().startswith((SHELL, "system")):
            raise UnauthenticatedError("the token names nobody who may call")
        if claims.iat <= self.revoked_before(claims.sub):
            raise tokens.RevokedTokenError(claims.sub)

    def _key(self, obj: Any) -> KeySet:
        """The issuer's keys, fetched anew where the token names one that is not among them."""
        wanted = obj.headers().get("kid")
        with self._lock:
            now = self.clock()
            known = {key.kid for key in self._keys.keys} if self._keys else set()
            is_old = now - self._fetched > KEYS_FOR
            if (is_old and now - self._tried > AGAIN_AFTER) or (
                wanted not in known and now - self._tried > NEW_KEYS_AFTER
            ):
                self._renew(now)
            if now - self._fetched > 2 * KEYS_FOR:
                self._keys = None
        if self._keys is None:
            raise UnauthenticatedError("the keys of the issuer cannot be had now", "server_error")
        return self._keys

    def _renew(self, now: float) -> None:
        """Fetch the keys; where that fails, those that are known count until they are too old."""
        self._tried = now
        try:
            where = self.issuer.keys_url or str(
                self.fetch(f"{self.issuer.url.rstrip('/')}/.well-known/openid-configuration")[
                    "jwks_uri"
                ]
            )
            keys = self.fetch(where)["keys"]
            usable = [key for key in keys if key.get("use", "sig") == "sig" and "kid" in key]
            self._keys, self._fetched = KeySet.import_key_set({"keys": usable}), now
        except (httpx.HTTPError, JoseError, msgspec.MsgspecError, KeyError, TypeError, ValueError):
            pass

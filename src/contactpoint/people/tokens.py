"""Signed tokens: JSON Web Tokens under a key of the installation, which name a person and roles.

The algorithm is stated here and never taken from the token: Ed25519 (RFC 8037, by its name of
RFC 9864), so that neither ``none`` nor a keyed hash over the public key passes for a signature.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import (
    BadSignatureError,
    ExpiredTokenError,
    InvalidClaimError,
    JoseError,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import OKPKey

from contactpoint.errors import DeniedError, UsageError
from contactpoint.people.actor import SHELL, Actor, Role, folded
from person.authorities import AUTHORITIES

ALGORITHM = "Ed25519"
ISSUER = "contactpoint"
DAY = 86_400
LONGEST = 8_192
"""Characters of a token; ours have about 400."""
ASK = "'contactpoint token' issues one"

_SUBJECT = re.compile(r"\S(.{0,126}\S)?")


class TokenError(DeniedError):
    """What was shown is no token that names a person here and now. Nothing of it is repeated."""


class RevokedTokenError(TokenError):
    """A token that was revoked; ``subject`` is whom it names, for the record of access alone."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        super().__init__(f"the token was revoked; {ASK}")


class _Claims(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a token says; ``jti`` tells it from every other."""

    iss: str
    sub: str
    roles: tuple[str, ...]
    iat: int
    nbf: int
    exp: int
    jti: str
    authority: str = ""
    organisation: str = ""
    strong: bool = False
    override: bool = False
    systems: tuple[str, ...] = ()
    family_name: str = ""
    postal_code: str = ""


def issue(actor: Actor, key: Ed25519PrivateKey, *, now: int, days: int, token_id: str) -> str:
    """A token for this person, valid from ``now`` (seconds since 1970) for so many days.

    Raises UsageError where the name or the authority cannot be one.
    """
    claims = _Claims(
        iss=ISSUER,
        sub=_subject(actor.subject),
        roles=tuple(sorted(actor.roles)),
        iat=now,
        nbf=now,
        exp=now + days * DAY,
        jti=token_id,
        authority=_authority(actor.authority),
        organisation=actor.organisation,
        strong=actor.strong,
        override=actor.override,
        systems=tuple(sorted(actor.systems)),
        family_name=actor.family,
        postal_code=actor.postcode,
    )
    plain = msgspec.to_builtins(claims)
    return jwt.encode({"alg": ALGORITHM}, plain, OKPKey.import_key(key), algorithms=[ALGORITHM])


def read(
    token: str,
    key: Ed25519PrivateKey | None,
    *,
    now: int,
    is_revoked: Callable[[str], bool] = lambda _: False,
) -> Actor:
    """The person whom a token names. Raises TokenError where it is not one of ours, and in force.

    ``now`` is in seconds since 1970; a token is in force from its first second to before its last,
    unless it ``is_revoked``, which is asked by its id.
    """
    if not token.strip():
        raise TokenError(f"the token is empty; {ASK}, and without one the variable must be unset")
    if key is None:
        raise TokenError(f"this index has issued no token yet; {ASK}")
    claims = _claims(token.strip(), key, now)
    if is_revoked(claims.jti):
        raise RevokedTokenError(claims.sub)
    if set(claims.roles) - set(Role):
        raise TokenError(f"the token has a role not known here; expected {', '.join(Role)}")
    return Actor(
        claims.sub,
        frozenset(map(Role, claims.roles)),
        claims.authority,
        claims.organisation,
        claims.strong,
        claims.override,
        frozenset(claims.systems),
        claims.family_name,
        claims.postal_code,
    )


def is_name(subject: str) -> bool:
    """Whether somebody can be named so: on one line, without blanks around it."""
    return subject.isprintable() and _SUBJECT.fullmatch(subject) is not None


def _subject(subject: str) -> str:
    """The name, where nobody could take it for that of somebody who shows no token."""
    reserved = folded(subject).startswith(SHELL) or folded(subject) == "system"
    if reserved or not is_name(subject):
        raise UsageError(
            "the subject: expected a person's name of up to 128 characters, without blanks around "
            f"it, that does not begin with '{SHELL}' and is not 'system'"
        )
    return subject


def _authority(authority: str) -> str:
    if authority and authority not in AUTHORITIES:
        raise UsageError("the authority: expected the three digits of a local authority, as 213")
    return authority


def _claims(token: str, key: Ed25519PrivateKey, now: int) -> _Claims:
    if len(token) > LONGEST:
        raise TokenError(f"the token is longer than any of ours; {ASK}")
    public = OKPKey.import_key(key.public_key())
    try:
        decoded = jwt.decode(token, public, algorithms=[ALGORITHM])
        _in_force(decoded.claims, now)
        return msgspec.convert(decoded.claims, _Claims)
    except BadSignatureError:
        raise TokenError(f"the token was not signed by this index; {ASK}") from None
    except UnsupportedAlgorithmError:
        raise TokenError(f"the token is not signed by {ALGORITHM}, which is expected") from None
    except ExpiredTokenError:
        raise TokenError(f"the token has expired; {ASK}") from None
    except InvalidClaimError as error:
        early = error.claim in ("nbf", "iat")
        raise TokenError(
            "the token is not valid yet; it says from when"
            if early
            else f"the token says something else than is expected of one; {ASK}"
        ) from None
    except (JoseError, msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        raise TokenError(f"that is no token; {ASK}") from None


def _in_force(claims: dict[str, Any], now: int) -> None:
    """Raises a JoseError where the token is not for us, or not for now."""
    essential = {name: {"essential": True} for name in ("sub", "roles", "iat", "nbf", "exp", "jti")}
    jwt.JWTClaimsRegistry(
        now=now,
        iss={"essential": True, "value": ISSUER},
        **essential,  # type: ignore[arg-type]  # a TypedDict of which one key is set
    ).validate(claims)

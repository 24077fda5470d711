"""The use case of tokens: issued, recorded for whom and as what before it is shown, and revoked."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from contactpoint.accesses import Accesses
from contactpoint.errors import NotFoundError
from contactpoint.people import tokens
from contactpoint.people.actor import Actor, folded
from events.access import TokenIssued
from events.message import Origin


@dataclass(frozen=True, slots=True)
class Issued:
    """A token, and what is known of it when it is gone."""

    token: str
    id: str
    expires: int
    """Seconds since 1970-01-01 UTC."""


def issue(accesses: Accesses, person: Actor, days: int, origin: Origin) -> Issued:
    """A token for this person for so many days. Raises UsageError where nobody can be named so."""
    now, token_id = origin.recorded // 10**6, uuid.uuid4().hex[:16]
    key = accesses.master.add_tokens()
    made = tokens.issue(person, key, now=now, days=days, token_id=token_id)
    expires = now + days * tokens.DAY
    accesses.issue(
        origin,
        TokenIssued(
            token_id,
            person.subject,
            tuple(sorted(person.roles)),
            expires,
            person.authority,
            person.organisation,
            person.strong,
            person.override,
        ),
    )
    return Issued(made, token_id, expires)


@dataclass(frozen=True, slots=True)
class Known:
    """What the record of access knows of a token."""

    issued: TokenIssued
    is_revoked: bool


def known(accesses: Accesses, now: int) -> list[Known]:
    """The tokens that have not expired at ``now`` (seconds since 1970), the latest last."""
    return [
        Known(one, accesses.is_revoked(one.token)) for one in accesses.issued() if one.expires > now
    ]


def revoke(
    accesses: Accesses, ids: Sequence[str], subject: str, now: int, origin: Origin
) -> list[TokenIssued]:
    """Revoke tokens by their ids, or all of a person's; return those that were in force.

    Raises NotFoundError where an id is none of ours, with none revoked.
    """
    issued = accesses.issued()
    if set(ids) - {one.token for one in issued}:
        raise NotFoundError("no token of that id was issued; 'contactpoint token list' names them")
    named = [
        one
        for one in issued
        if one.token in ids or (subject and folded(one.subject) == folded(subject))
    ]
    return [one for one in named if accesses.revoke(origin, one) and one.expires > now]

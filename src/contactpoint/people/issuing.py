"""The use case of issuing a token: it is recorded for whom, and as what, before it is shown."""

import uuid
from dataclasses import dataclass

from contactpoint.accesses import Accesses
from contactpoint.people import tokens
from contactpoint.people.actor import Actor
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

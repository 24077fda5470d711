"""How much one reader may ask by role: an index is asked about a child, it is not read out."""

from collections.abc import Mapping
from types import MappingProxyType

from contactpoint.people.actor import Role

PEOPLE: Mapping[Role, int] = MappingProxyType(
    {
        Role.PRACTITIONER: 200,
        Role.STEWARD: 1_000,
        Role.SHIELDING_OFFICER: 500,
        Role.ADOPTION_OFFICER: 200,
        Role.DATA_MANAGER: 500,
        Role.AUDITOR: 500,
        Role.ADMINISTRATOR: 500,
    }
)
"""Different children in a day. A social work team's duty desk has some tens of enquiries a day,
a steward decides some hundreds of pairs."""
RATE = 10.0
"""Requests in a second in the long run; the Personal Demographics Service allows an application
5 by default."""
BURST = 50
"""Requests that may come at once."""

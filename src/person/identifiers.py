"""Numbers that name a person somewhere: NHS number, UPN and local ids, each checked."""

import msgspec


class Identifier(msgspec.Struct, frozen=True, omit_defaults=True):
    """A number of a person in one system, already checked for form, and how far it is trusted."""

    system: str
    """``nhs``, ``upn``, ``la-child`` (value ``LLL/ID``: authority, then its child id), ``uln``."""
    value: str
    status: str = "unverified"
    """``verified`` (NHS status 01, or a source that verifies), ``unverified``, ``temporary``
    (a UPN that ends in a letter), ``former`` (a FormerUPN) or ``superseded``."""

"""Who vouches for people from outside, as the settings name it."""

from dataclasses import dataclass

ALGORITHMS = ("ES256", "ES384", "PS256", "RS256", "Ed25519", "EdDSA")
"""Signatures by a key pair alone: none that a public key could be made to pass for (RFC 8725)."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """An OpenID Connect issuer."""

    url: str
    """Its identifier, as its tokens state it: an ``https`` address."""
    audience: str
    """What its tokens must be meant for."""
    keys_url: str = ""
    """Where its keys are; empty: where its configuration says (OpenID Connect Discovery 1.0)."""
    algorithms: tuple[str, ...] = ("ES256", "PS256", "RS256")
    strong: tuple[str, ...] = ()
    """Values of ``acr`` that vouch for strong authentication; ``amr`` with ``mfa`` does always."""
    roles: str = "contactpoint_roles"
    """The claim that lists the roles."""

"""Who acts: a person named by a token, or the operating-system user of the shell."""

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

SHELL = "os:"
"""Begins the name of an operating-system user; no token's subject begins so."""


class Role(StrEnum):
    """What somebody is to the index; a person may have several."""

    PRACTITIONER = "practitioner"
    STEWARD = "steward"
    SHIELDING_OFFICER = "shielding-officer"
    ADOPTION_OFFICER = "adoption-officer"
    DATA_MANAGER = "data-manager"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    FEED_AGENT = "feed-agent"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who acts, and what was vouched for when the token was issued."""

    subject: str
    """As the record of access names them."""
    roles: frozenset[Role] = frozenset()
    authority: str = ""
    """The local authority that they work for, three digits; empty for those of no single one."""
    organisation: str = ""
    strong: bool = False
    """Whether they proved who they are by more than one factor."""
    override: bool = False
    """Whether they may open what a shield hides, in an emergency."""
    systems: frozenset[str] = frozenset()
    """Systems of identifiers that their organisation allocates, whose numbers they may be told:
    ``nhs``, ``upn`` (SI 2007/2182, regulation 6(3)(c))."""
    family: str = field(default="", repr=False)
    """Their own family name, where the issuer vouches for it; looks at one's own show by it."""
    postcode: str = field(default="", repr=False)
    """Of their own home, likewise."""

    @property
    def in_shell(self) -> bool:
        """Whether this is a user of the machine's shell and no token was shown."""
        return self.subject.startswith(SHELL)

    def is_same_person(self, other: "Actor") -> bool:
        """Whether both bear one name, however it is written."""
        return folded(self.subject) == folded(other.subject)


def folded(subject: str) -> str:
    """A person's name without what is but another way to write it: case, composed letters."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", subject).casefold())


def in_shell(user: str, *, administers: bool) -> Actor:
    """The user of a shell without a token: an administrator, or somebody who may do nothing."""
    return Actor(user, frozenset({Role.ADMINISTRATOR}) if administers else frozenset())

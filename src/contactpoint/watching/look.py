"""One look as the signs of misuse see it: who, how near to the child, and what was asked."""

from enum import IntEnum, StrEnum

import msgspec

from contactpoint.moments import DAY

NO_VALUES: frozenset[str] = frozenset()


class Kind(StrEnum):
    """What somebody did, as far as the signs tell one act from another."""

    READ = "read"
    SEARCH = "search"
    OVERRIDE = "override"
    LISTED = "listed"
    """Asked for a table, or for who looked at a child."""
    REFUSED = "refused"
    OTHER = "other"


class Near(IntEnum):
    """How near a child is to the work of somebody who looks."""

    OWN = 0
    """Their organisation works with the child."""
    AUTHORITY = 1
    """Their authority does, or is responsible."""
    NONE = 2
    UNKNOWN = 3
    """Nobody vouches for what they work for, or the child's services are hidden from view."""


class Child(msgspec.Struct, frozen=True):
    """A child that was shown, as the index knows it now."""

    id: bytes
    families: frozenset[str] = NO_VALUES
    """Folded family names."""
    homes: frozenset[str] = NO_VALUES
    """Compact postcodes."""
    services: frozenset[str] = NO_VALUES
    """Codes and folded names of the organisations that work with the child."""
    authorities: frozenset[str] = NO_VALUES
    shielded: bool = False
    dead: bool = False
    """Died long enough ago that nobody's work with the child goes on."""
    known: bool = True
    """Whether the index knows it still: it may have been erased."""
    declared: bool = False
    """Of the reader's own family, as was declared."""


class Reader(msgspec.Struct, frozen=True):
    """Who looked, and as what."""

    name: str
    roles: frozenset[str] = NO_VALUES
    authority: str = ""
    organisation: str = ""
    """Folded or compact, as it would stand among a child's services."""
    family: str = ""
    home: str = ""
    left: bool = False
    """Every token that was issued to them had been revoked by then."""

    @property
    def peers(self) -> str:
        """Whose work is most like theirs: the same roles in the same organisation."""
        return f"{'+'.join(sorted(self.roles))} {self.organisation}"

    @property
    def calling(self) -> str:
        """The roles alone, for where few work in the organisation."""
        return "+".join(sorted(self.roles))


class Asked(msgspec.Struct, frozen=True):
    """What was typed, as far as a sign looks at it. It is held in memory and sealed on disk."""

    family: str = ""
    postcode: str = ""
    person: str = ""
    """The name, and birth date, that were searched for, as one opaque word."""
    hidden: str = ""
    """What was asked beside that a shield would hide, as one opaque word."""
    numbers: tuple[int, ...] = ()
    """The digits of identifiers and numbers of children that were typed."""
    fits: bool = False
    """Whether a number of a child was typed that passes its check digit."""
    reason: str = ""
    """As one opaque word."""
    case: bool = False
    """Whether the reason names one case: holds a run of digits."""


class Look(msgspec.Struct, frozen=True):
    """One act of one reader, and the children that its answer held."""

    at: int
    """Microseconds since 1970-01-01 UTC."""
    reader: Reader
    kind: Kind
    children: tuple[Child, ...] = ()
    asked: Asked = Asked()
    behalf: str = ""

    @property
    def day(self) -> int:
        """Days since 1970-01-01."""
        return self.at // DAY

    @property
    def hour(self) -> int:
        """Hour of the day, and from 24 on of a Saturday's or Sunday's; UTC."""
        weekend = (self.day + 3) % 7 >= 5  # 1970-01-01 was a Thursday
        return self.at // 3_600_000_000 % 24 + (24 if weekend else 0)


def near(reader: Reader, child: Child) -> Near:
    """How near a child is to a reader's work."""
    if child.shielded or not child.known or not (reader.organisation or reader.authority):
        return Near.UNKNOWN
    if reader.organisation and reader.organisation in child.services:
        return Near.OWN
    if reader.authority and reader.authority in child.authorities:
        return Near.AUTHORITY
    return Near.NONE

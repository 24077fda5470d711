"""The signs of one child that was shown; together they count as much as their sum.

Their sources are named in ``contactpoint.watching.signs``.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from contactpoint.watching.chances import surprise
from contactpoint.watching.habits import Usual
from contactpoint.watching.look import Child, Look, Near, near
from contactpoint.watching.signs import CERTAIN, Sign

LOCAL = 3.0
"""Family names gather in places, where one is some three times as common as in all England."""
HOME = {Near.OWN: 1e-2, Near.AUTHORITY: 5e-4, Near.NONE: 1e-4, Near.UNKNOWN: 5e-4}
"""The chance that a child of one's own postcode (some 15 households, 8 children) is part of one's
work: of a school of 400 near home, of an authority of 30,000 children, of all England."""


class Seen(NamedTuple):
    """A child that was shown, in all that the signs of one child look at."""

    look: Look
    child: Child
    usual: Usual
    name_share: Callable[[str], float]
    """Which share of all children bear a folded family name."""
    colleagues: Mapping[str, tuple[str, str]]
    """Family name and home of others of the reader's organisation, by their names."""

    @property
    def near(self) -> Near:
        """How near the child is to the reader's work."""
        return near(self.look.reader, self.child)


def own_family(seen: Seen) -> Sign | None:
    """A child that the reader declared as of their own family [ICO].

    Opening it is never work: a colleague does that. In a list of several it may be chance.
    """
    if not seen.child.declared:
        return None
    alone = len(seen.look.children) == 1
    return Sign("own family", CERTAIN if alone else 2.0, "a child of the reader's own family")


def own_name(seen: Seen) -> Sign | None:
    """The reader's own family name, weighed by how many children bear it [ICO, TRUSTS]."""
    family = seen.look.reader.family
    if not family or family not in seen.child.families:
        return None
    chance = LOCAL * seen.name_share(family)
    return Sign("own name", surprise(chance), "a child of the reader's own family name")


def own_home(seen: Seen) -> Sign | None:
    """A child of the reader's own postcode: neighbours, and one's own family [ICO, TRUSTS]."""
    home = seen.look.reader.home
    if not home or home not in seen.child.homes:
        return None
    return Sign("own home", surprise(HOME[seen.near]), "a child of the reader's own postcode")


def colleague(seen: Seen) -> Sign | None:
    """A child who shares postcode and family name with a colleague of the reader's [TRUSTS].

    Children of colleagues at one's own school are part of its work, and no sign.
    """
    if seen.near is Near.OWN or not seen.look.reader.organisation:
        return None
    mine = seen.look.reader.name
    for name, (family, home) in seen.colleagues.items():
        if name != mine and home in seen.child.homes and family in seen.child.families:
            return Sign("colleague", 3.7, "a child of a colleague's name and postcode")
    return None


def no_involvement(seen: Seen) -> Sign | None:
    """Nobody in the reader's organisation, or authority, works with the child [TRUSTS].

    By the share of such looks in what is usual for the reader: a team that takes in new children
    has many, a school has few.
    """
    match seen.near:
        case Near.NONE:
            share = seen.usual.share("none", "placed", 0.1)
            return Sign("no involvement", surprise(share), "a child whom their work does not touch")
        case Near.AUTHORITY if seen.look.reader.organisation:
            share = seen.usual.share("beyond", "placed", 0.3)
            return Sign("no involvement", surprise(share), "a child of others in their authority")
        case Near.UNKNOWN if not seen.child.shielded and seen.child.known:
            return Sign("no involvement", 0.4, "nobody says for whom the reader works")
        case _:
            return None


def off_hours(seen: Seen) -> Sign | None:
    """An hour at which the reader, and who works alike, seldom looks [TRUSTS].

    One late look is weak: it counts for a hundredth at most.
    """
    if not seen.usual.is_known:
        return None
    rare = surprise(seen.usual.at(seen.look.hour) * 8)  # some eight hours make a working day
    return Sign("off hours", min(rare, 2.0), "an hour at which they seldom look") if rare else None


def deceased(seen: Seen) -> Sign | None:
    """A child who died a while ago: nobody's work goes on, and the press asks [TRUSTS]."""
    if not seen.child.dead:
        return None
    share = seen.usual.share("dead", "looks", 0.003)
    return Sign("deceased", min(surprise(share), 2.5), "a child who died")


def shielded(seen: Seen) -> Sign | None:
    """A shielded child: some one in two hundred children is [SEED]."""
    if not seen.child.shielded:
        return None
    share = seen.usual.share("shielded", "looks", 0.01)
    return Sign("shielded", min(surprise(share), 2.0), "a shielded child")


CHILD_SIGNS = (
    own_family,
    own_name,
    own_home,
    colleague,
    no_involvement,
    off_hours,
    deceased,
    shielded,
)
"""Of one child; together they count as much as their sum, as chances of unlike things multiply."""

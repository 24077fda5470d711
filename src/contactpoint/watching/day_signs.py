"""The signs of a reader's day so far, and of several days; each is asked again at every look.

Their sources are named in ``contactpoint.watching.signs``.
"""

from itertools import pairwise
from typing import NamedTuple

from contactpoint.people.allowance import PEOPLE
from contactpoint.watching.chances import at_least, so_many, surprise
from contactpoint.watching.habits import Day, Usual
from contactpoint.watching.look import Kind, Look, Near, near
from contactpoint.watching.signs import CERTAIN, Sign

OF_LIMIT = 0.8
"""Share of what a role allows in a day from which it is asked what for."""
SIBLINGS = 8
"""Children whom one case may concern."""
CLOSE = 100
"""Numbers that differ by no more are no accident: those of children are drawn from 10**11."""


PACE = 60
"""Children opened in an hour: one a minute, without a pause."""
FOURFOLD = 4
"""Times what is usual, where days of work differ too much for anything finer."""


class Today(NamedTuple):
    """A reader's day so far, in all that the signs of a day look at."""

    look: Look
    """The latest."""
    day: Day
    usual: Usual
    week: tuple[int, int] = (0, 0)
    """Of the last week with this day: children of whom it is known how near they are, and those
    who are nothing to the reader's work."""
    away: int = 0
    """Days since they looked last; 0 for who never did."""


def asked_for_home(today: Today) -> Sign | None:
    """A search for the reader's own postcode, or for their own name, whoever is found [ICO]."""
    reader, asked = today.look.reader, today.look.asked
    if not reader.home or asked.postcode != reader.home:
        return None
    found = today.look.children
    theirs = bool(found) and all(near(reader, child) is Near.OWN for child in found)
    return Sign("own home", 2.0 if theirs else 5.0, "a search for the reader's own postcode")


def neighbours(today: Today) -> Sign | None:
    """Several children of the reader's own postcode on one day, whoever works with them [ICO]."""
    count = len(today.day.neighbours)
    if count < 4:
        return None
    why = f"{count} children of the reader's own postcode in a day"
    return Sign("own home", 1.5 + count, why)


def burst(today: Today) -> Sign | None:
    """Many more children than on their other days, and than others who work alike see [SEED].

    At least three times what is usual, and 15: a day after leave, or of a campaign, may double it.
    """
    count = len(today.day.children)
    mean = max(today.usual.daily("looks", 8.0), 1.0)
    if not today.usual.is_known or count < max(15, 3 * mean):
        return None
    chance = so_many(count, mean, today.usual.spread(mean, 120.0))
    return Sign("burst", surprise(chance), f"{count} children in a day; {mean:.0f} are usual")


def pace(today: Today) -> Sign | None:
    """More children opened in an hour than anybody can read of, one by one [SEED]."""
    count = today.day.opened.get(today.look.hour, 0)
    return Sign("burst", CERTAIN, f"{count} children opened in an hour") if count > PACE else None


def many_without(today: Today) -> Sign | None:
    """Many children on one day whom their work does not touch, beyond twice the usual share [OWN].

    Days differ: an intake, a removal of a whole family. Twice the share allows for that.
    """
    found = [
        _beyond(today, Near.NONE, "none", 0.1, "whom their work does not touch"),
        _beyond(today, Near.AUTHORITY, "beyond", 0.3, "with whom others work, not they"),
        _in_week(today),
    ]
    return max((one for one in found if one), key=lambda one: one.surprise, default=None)


def _beyond(today: Today, nearness: Near, hits: str, start: float, why: str) -> Sign | None:
    if nearness is Near.AUTHORITY and not today.look.reader.organisation:
        return None
    count, placed = today.day.count(nearness), today.day.placed
    share = min(2 * today.usual.share(hits, "placed", start) + 0.02, 0.97)
    if count < 5:
        return None
    chance = at_least(count, placed, share)
    return Sign("no involvement", surprise(chance), f"{count} of {placed} children in a day {why}")


def _in_week(today: Today) -> Sign | None:
    placed, count = today.week
    share = min(2 * today.usual.share("none", "placed", 0.1) + 0.02, 0.97)
    if count < 12:
        return None
    why = f"{count} of {placed} children in a week whom their work does not touch"
    return Sign("no involvement", surprise(at_least(count, placed, share)), why)


def guessing(today: Today) -> Sign | None:
    """Numbers tried that are nobody's [SEED].

    A slip of the fingers fails the check digit, always where it is one digit or two exchanged, so
    nearly all slips look like nothing that was ever a number. A guesser's numbers fail it nine
    times in ten too, but there are many of them; and one that passes and is nobody's is no slip.
    """
    day = today.day
    slips = at_least(day.nothing, day.reads, min(2 * _nothing(today) + 0.02, 0.9))
    vacant = at_least(day.vacant, day.reads, 0.01)
    if day.nothing < 5 and day.vacant < 3:
        return None
    chance = min(slips, vacant)
    return Sign("guessing", surprise(chance), f"{day.nothing} numbers in a day that are nobody's")


def _nothing(today: Today) -> float:
    return today.usual.share("nothing", "reads", 0.03)


def in_sequence(today: Today) -> Sign | None:
    """Numbers tried one after the other: of children, or a school's row of pupil numbers [SEED].

    A school's own pupils have neighbouring numbers, so those whom their work touches do not count.
    """
    tried = sorted(set(today.day.tried))
    close = sum(after - before <= CLOSE for before, after in pairwise(tried))
    if close < 4:
        return None
    return Sign("sequence", 2.0 + close, f"{close + 1} neighbouring numbers tried in a day")


def many_shielded(today: Today) -> Sign | None:
    """Several shielded children in one day, whose work is not with them [SEED]."""
    count = len(today.day.shielded)
    if count < 3:
        return None
    share = min(2 * today.usual.share("shielded", "looks", 0.01), 0.9)
    chance = at_least(count, max(count, len(today.day.children)), share)
    return Sign("shielded", surprise(chance), f"{count} shielded children in a day")


def probing(today: Today) -> Sign | None:
    """One person searched for again and again beside other places and numbers, in vain [SEED].

    A shielded child is found by its name and birth date and by nothing else: whoever tries
    postcodes and schools one by one asks where it is.
    """
    most = max((len(tried) for tried in today.day.probes.values()), default=0)
    if most < 4:
        return None
    return Sign("probing", 1.5 + most, f"one person searched for in {most} places, in vain")


def overriding(today: Today) -> Sign | None:
    """Shields overridden again: each is an emergency, and they are rare [SEED]."""
    count = today.day.overrides
    if count < 2:
        return None
    mean = max(today.usual.daily("overrides", 0.02), 0.02)
    chance = at_least(count, 100, min(mean / 100, 0.5))  # each apart from the others
    return Sign("overrides", surprise(chance), f"{count} shields overridden in a day")


def late(today: Today) -> Sign | None:
    """A stretch of work at hours at which they, and those who work alike, seldom look [TRUSTS].

    It may be somebody else, with the reader's token.
    """
    day = today.day
    if day.looks < 5 or not today.usual.keeps_hours:
        return None
    rare = sum(n for hour, n in day.hours.items() if today.usual.at(hour) * 8 < 0.1)
    if rare < 5:
        return None
    weight = surprise(at_least(rare, day.looks, 0.1)) * 1.25
    return Sign("off hours", weight, f"{rare} looks in a day at hours unusual for them")


def too_many(today: Today) -> Sign | None:
    """Nearly as many children in a day as the role allows at all [SEED]."""
    count = len(today.day.children)
    allowed = [most for role, most in PEOPLE.items() if role in today.look.reader.roles]
    if not allowed or count < OF_LIMIT * max(allowed) or today.look.kind is Kind.OTHER:
        return None  # whom a queue puts before a steward, they did not choose
    return Sign("limit", CERTAIN, f"{count} children in a day")


def copied_reason(today: Today) -> Sign | None:
    """One reason, word for word, for many children who are nothing to their work [OWN].

    Stock phrases are normal; one case's number concerns a family, and not a crowd.
    """
    most = max((len(children) for children in today.day.reasons.values()), default=0)
    if most <= SIBLINGS:
        return None
    if today.look.asked.case:
        return Sign("copied reason", 4 + 0.25 * (most - SIBLINGS), f"one case for {most} children")
    usual = max(today.usual.daily("none", 1.0), 1.0)
    chance = so_many(most, usual, 2 * usual + usual**2)
    return Sign("copied reason", surprise(chance), f"one reason for {most} children in a day")


def refused(today: Today) -> Sign | None:
    """Many acts tried that their role does not allow [OWN]; a newcomer errs twice or thrice."""
    count = today.day.refused
    if count < max(6, FOURFOLD * today.usual.daily("refused", 0.05)):
        return None
    return Sign("refusals", 2.0 + count / 2, f"{count} refusals in a day")


def lists(today: Today) -> Sign | None:
    """Tables and lists of looks taken more often than is usual for them: auditors too [SEED]."""
    tables = _often(today, today.day.listed, "listed", "tables or lists")
    accesses = _often(today, len(today.day.asked_after), "asked_after", "children asked after")
    return max((one for one in (tables, accesses) if one), default=None)


def _often(today: Today, count: int, what: str, words: str) -> Sign | None:
    mean = today.usual.daily(what, 0.2)
    if count < max(6, FOURFOLD * mean):
        return None
    return Sign("lists", 4.0 + count / 6, f"{count} {words} in a day; {mean:.1f} are usual")


def left(today: Today) -> Sign | None:
    """An account whose owner left: their tokens had been revoked [TRUSTS]."""
    if not today.look.reader.left:
        return None
    return Sign("left", CERTAIN, "acts of somebody whose tokens had been revoked")


def dormant(today: Today) -> Sign | None:
    """An account that wakes after weeks and sees many whom its work does not touch [TRUSTS].

    After leave everybody comes back, to their own work.
    """
    away, count = today.away, today.day.count(Near.NONE)
    if away < 21 or count < 4:
        return None
    share = min(2 * today.usual.share("none", "placed", 0.1) + 0.02, 0.97)
    chance = at_least(count, today.day.placed, share) * 0.02  # who is away for so long at all
    return Sign("dormant", surprise(chance), f"back after {away} days, {count} children not theirs")


def mediating(today: Today) -> Sign | None:
    """Looks on behalf of many different people in one day [OWN].

    Mediation is for who has no way in; whoever claims it for a crowd may be lending out their own.
    """
    count = len(today.day.behalf)
    return (
        Sign("mediating", 1.0 + count * 0.5, f"for {count} people in a day") if count > 7 else None
    )


DAY_SIGNS = (
    asked_for_home,
    neighbours,
    burst,
    pace,
    many_without,
    guessing,
    in_sequence,
    many_shielded,
    probing,
    overriding,
    late,
    too_many,
    copied_reason,
    refused,
    lists,
    left,
    dormant,
    mediating,
)
"""Of a day so far, asked again at each look."""


def returning(days: int, span: int, usual: Usual) -> Sign | None:
    """One child whom their work does not touch, looked at on many days: a former partner's [ICO].

    A case of theirs would have reached the index in a week, by its own feed.
    """
    if days < 4 or span < 8:
        return None
    weight = 2.5 + 0.7 * (days - 4) + surprise(usual.share("none", "placed", 0.1))
    return Sign("returning", weight, f"the same child, not theirs, on {days} days")


def crowd(readers: int, organisations: int) -> Sign | None:
    """A child in the news: many look, of organisations none of which works with it [TRUSTS]."""
    if readers < 6 or organisations < 4:
        return None
    why = f"{readers} readers of {organisations} organisations that do not work with the child"
    return Sign("crowd", CERTAIN, why)


def dead_again(count: int, usual: Usual) -> Sign | None:
    """Several children who died, in a month, by somebody whose work that is not [TRUSTS]."""
    if count < 3:
        return None
    expected = usual.share("dead", "looks", 0.003) * usual.daily("looks", 8.0) * 22
    if count < FOURFOLD * expected:
        return None
    return Sign("deceased", 3.5 + count / 2, f"{count} children who died, in a month")

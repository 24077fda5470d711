"""Which pairs are kept: the cheap levels first, the rest only where they can still matter.

Records of another kind come with terms of their own: a type of ``NamedTuple`` in ``JUDGES``.
"""
# ruff: noqa: ANN001, ANN201, PLR0913, PLR0917
# numba infers the types; a level is one list of cases read straight down.

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import types
from numba.extending import overload

from linkage.compare.identifiers import LaChild, Nhs, Upn
from linkage.compare.names import Given
from linkage.compiled import alone, lean, levels, written_out
from linkage.compiled import layout as at
from linkage.compiled.intrinsics import bare
from linkage.compiled.layout import Facts
from linkage.compiled.levels import SHIFTS
from linkage.compiled.packing import ask, place_of, unpack
from linkage.model import Weights
from linkage.pattern import FIELDS, MOST, PLACES, RARITIES
from linkage.population import RAREST

OPEN = MOST
"""The level of a field that is not compared yet. It weighs what the best that it may be weighs."""

AHEAD = 8
"""Pairs by which memory is asked for records before they are unpacked."""
GIVEN, MIDDLE, FAMILY, BIRTH = (PLACES[n] for n in ("given", "middle", "family", "birth"))
SEX, PLACE, NHS, UPN = (PLACES[n] for n in ("sex", "place", "nhs", "upn"))
LA_CHILD, CARERS, LIFE, CONTACT = (PLACES[n] for n in ("la_child", "carers", "life", "contact"))
GIVEN_RARITY, FAMILY_RARITY = PLACES["given_rarity"], PLACES["family_rarity"]
NHS_LAST, UPN_LAST, LA_LAST = int(Nhs.EXACT), int(Upn.FORMER), int(LaChild.EXACT)
EXACT, BARE = 1, int(Given.BARE)
PLAIN = np.array([i for i, name in enumerate(FIELDS) if name not in RARITIES])
GIVEN_AMONG = RARITIES.index("given")
RARE = np.array([PLACES[name] for name in RARITIES])
RARITY = np.array([PLACES[f"{name}_rarity"] for name in RARITIES])


class Terms(NamedTuple):
    """On what terms pairs of children's records are kept."""

    facts: Facts
    prior: npt.NDArray[np.float64]
    """One for each class of pairs of two children."""
    levels: npt.NDArray[np.float64]
    """Field x level x class; a field of ``RARITIES`` has 0."""
    rarities: npt.NDArray[np.float64]
    """Field of ``RARITIES`` x level x rarity x class."""
    floor: float
    """Bits at which a pair is kept; one with an identifier in common is kept whatever it weighs."""

    @classmethod
    def of(cls, facts: Facts, weights: Weights, floor: float) -> "Terms":
        """The terms under a model's weights, with those of open fields.

        The total falls with the bits against each class, so a pattern that takes in every class
        the most that an open field may give weighs at least what any that completes it weighs.
        """
        by_level = np.ascontiguousarray(weights.levels.transpose(1, 2, 0))
        by_rarity = np.ascontiguousarray(weights.rarities.transpose(1, 2, 3, 0))
        if by_level[:, OPEN].any() or by_rarity[:, OPEN].any():
            raise ValueError(f"level {OPEN} is used by the model; expected it free for open fields")
        by_level[:, OPEN] = by_level.max(axis=1)
        # A forename or family name that is left open is not in exact agreement.
        by_rarity[:, OPEN] = np.delete(by_rarity, EXACT, axis=1).max(axis=1)
        # A further name that is the other's forename may be rarer than the commoner forename; one
        # that is a slip of it has no rarity, and so weighs more than a common forename would.
        further = by_rarity[GIVEN_AMONG, int(Given.MIDDLE), : RAREST + 1].max(axis=0)
        by_rarity[GIVEN_AMONG, OPEN] = np.maximum(by_rarity[GIVEN_AMONG, OPEN], further)
        return cls(facts, weights.prior, by_level, by_rarity, floor)


def judge(a: Any, b: Any, terms: Any) -> int:
    """The code under which a pair of rows is kept, or 0: by the type of the terms."""
    raise NotImplementedError


JUDGES: dict[type, Callable[..., Any]] = {}
"""What is compiled for two rows and the terms, by the type of the terms."""


@overload(judge, inline="always")
def _by_type(a, b, terms):  # noqa: ANN202, ARG001 - numba gives the types of all
    if isinstance(terms, types.NamedTuple):
        return JUDGES[terms.instance_class]
    return None


@written_out
def judge_children(a, b, terms):
    """The pattern of two rows, where it is at the floor or above or holds a number in common."""
    facts = terms.facts
    code = at_place(levels.nhs_level(a, b), NHS) | at_place(levels.upn_level(a, b), UPN)
    code |= at_place(levels.la_child_level(a, b), LA_CHILD)
    always = shares_number(code)
    code |= at_place(levels.sex_level(a, b), SEX) | at_place(levels.place_level(a, b, facts), PLACE)
    code |= at_place(levels.birth_level(a, b, facts), BIRTH) | names_if_exact(a, b, facts)
    code |= at_place(levels.carers_level(a, b, facts.spelling), CARERS)
    code |= at_place(levels.life_level(a, b), LIFE) | at_place(levels.contact_level(a, b), CONTACT)
    if not always and not may_reach(code, terms):
        return np.uint64(0)
    code = with_family(a, b, facts, code)
    if not always and not may_reach(code, terms):
        return np.uint64(0)
    code = with_given(a, b, facts, code)
    return code if always or reaches(code, terms) else np.uint64(0)


JUDGES[Terms] = judge_children.py_func


@alone
def judge_all(pairs, count, heap, starts, rows, terms):
    """Judge the first pairs of rows; move those that are kept, and their codes, to the front.

    Returns how many are kept. ``rows`` has room for two.
    """
    left, right, codes = bare(pairs)
    heap, starts, rows, terms = bare((heap, starts, rows, terms))
    kept = 0
    for n in range(count):
        if n + AHEAD < count:
            ask(heap, place_of(starts, left[n + AHEAD]))
            ask(heap, place_of(starts, right[n + AHEAD]))
        if n == 0 or left[n] != left[n - 1]:
            unpack(heap, place_of(starts, left[n]), rows[0])
        unpack(heap, place_of(starts, right[n]), rows[1])
        code = judge(rows[0], rows[1], terms)
        if code:
            left[kept], right[kept], codes[kept] = left[n], right[n], code
            kept += 1
    return kept


@alone
def judged(left, right, terms, out):
    """The code under which each row on the left is kept with the one on the right, or 0."""
    for i in range(len(left)):
        out[i] = judge(left[i], right[i], terms)


@alone
def patterns(left, right, facts, out):
    """The pattern of each row on the left with the one on the right."""
    for i in range(len(left)):
        out[i] = levels.pattern(left[i], right[i], facts)


@lean
def names_if_exact(a, b, facts):
    """The levels of the names where they agree exactly or are missing; else they are open."""
    given = exact_or_open(a[at.GIVEN], b[at.GIVEN])
    as_one = levels.as_one(a) == levels.as_one(b)
    if given == OPEN and as_one:
        given = EXACT
    if given == EXACT and levels.are_bare(a, b, facts):
        given = BARE
    family = exact_or_open(a[at.FAMILY], b[at.FAMILY])
    one, other = a[at.GIVEN + 1] != 0, b[at.GIVEN + 1] != 0
    further = (one and other) or (as_one and (one or other))
    code = at_place(given, GIVEN) | at_place(family, FAMILY)
    code |= at_place(OPEN if further else 0, MIDDLE)
    if given and given != BARE:
        rarity = facts.forename_rarity
        code |= at_place(min(rarity[a[at.GIVEN]], rarity[b[at.GIVEN]]), GIVEN_RARITY)
    if family:
        rarity = facts.family_rarity
        code |= at_place(min(rarity[a[at.FAMILY]], rarity[b[at.FAMILY]]), FAMILY_RARITY)
    return code


@lean
def exact_or_open(one, other):
    """The level of two words as far as their codes show it."""
    if one == 0 or other == 0:
        return 0
    return EXACT if one == other else OPEN


@written_out
def with_family(a, b, facts, code):
    """A code with the level of the family name in it."""
    family = levels.family_level(a, b, facts)
    code &= ~(at_place(MOST, FAMILY) | at_place(MOST, FAMILY_RARITY))
    rarity = levels.family_rarity(a, b, facts, family)
    return code | at_place(family, FAMILY) | at_place(rarity, FAMILY_RARITY)


@written_out
def with_given(a, b, facts, code):
    """A code with the levels of the forename and of further ones in it."""
    given = levels.given_level(a, b, facts)
    code &= ~(at_place(MOST, GIVEN) | at_place(MOST, GIVEN_RARITY) | at_place(MOST, MIDDLE))
    code |= at_place(levels.middle_level(a, b, facts, given), MIDDLE) | at_place(given, GIVEN)
    return code | at_place(levels.given_rarity(a, b, facts, given), GIVEN_RARITY)


@lean
def at_place(value, place):
    """A level at its place in a code."""
    return np.uint64(value) << SHIFTS[place]


@lean
def level(code, place):
    """The level at one place of a code."""
    return np.int64(code >> SHIFTS[place] & np.uint64(MOST))


@lean
def shares_number(code):
    """Whether a pattern holds an identifier in common."""
    return (
        0 < level(code, NHS) <= NHS_LAST
        or 0 < level(code, UPN) <= UPN_LAST
        or level(code, LA_CHILD) == LA_LAST
    )


@lean
def bits_against(code, c, terms):
    """Bits by which a pair of this code is likelier one child than of a class of two children."""
    bits = terms.prior[c]
    for place in PLAIN:
        bits += terms.levels[place, level(code, place), c]
    for i in range(len(RARE)):
        bits += terms.rarities[i, level(code, RARE[i]), level(code, RARITY[i]), c]
    return bits


@lean
def may_reach(code, terms):
    """Whether a pair of this code may reach the floor: no total is above the bits of any class."""
    for c in range(len(terms.prior)):  # noqa: SIM110 - numba knows no all()
        if bits_against(code, c, terms) < terms.floor:
            return False
    return True


@lean
def reaches(code, terms):
    """Whether a pair of this code reaches the floor."""
    chances = 0.0
    for c in range(len(terms.prior)):
        bits = bits_against(code, c, terms)
        if bits < terms.floor:
            return False
        chances += 2.0**-bits
    return -np.log2(chances) >= terms.floor

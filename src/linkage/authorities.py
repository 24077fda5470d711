"""Where local authorities lie, and which of them a number names.

A UPN is issued when a child first enters a state school and follows it from then on; the digits
behind its check letter are the school's (DfE, UPN guide for schools and local authorities), and so
they tell where the child once lived, as a school's own number tells where it lives now.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

MOST = 3
"""Authorities of one district at the most: four districts of 2,190 lie in more, by a few homes."""
ENDED = {
    "835": ("838", "839"),
    "836": ("839",),
    "837": ("839",),
    "909": ("942", "943"),
    "928": ("940", "941"),
}
"""Authorities whose numbers children of today still hold, and those that took their place: Dorset,
Poole and Bournemouth in 2019, Northamptonshire in 2021, Cumbria in 2023 (DfE, Get information about
schools)."""


@cache
def listed() -> tuple[Mapping[str, str], ...]:
    """England's authorities: DfE code, name, postcodes in a sample, districts (outward codes)."""
    text = files("linkage").joinpath("tables", "authorities.csv").read_text(encoding="utf-8")
    lines = text.splitlines()
    return tuple(csv.DictReader(line for line in lines if not line.startswith("#")))


@cache
def by_district() -> Mapping[str, tuple[int, ...]]:
    """The codes of the authorities that each district lies in, the largest first."""
    found = defaultdict[str, list[int]](list)
    for row in sorted(listed(), key=lambda row: (-int(row["postcodes"]), row["code"])):
        for district in row["outward"].split():
            found[district].append(int(row["code"]))
    return {district: tuple(codes[:MOST]) for district, codes in sorted(found.items())}


def of_postcode(postcode: str) -> tuple[int, ...]:
    """The authorities that a postcode (without blank) lies in; none where no table tells.

    >>> of_postcode("SE153QN"), of_postcode("CF101AA")
    ((210,), ())
    """
    return by_district().get(postcode[:-3], ())


def of(number: str) -> tuple[int, ...]:
    """The authority whose three digits a number begins with, or those that took its place.

    A child id of an authority's social care, a school's LAESTAB, or a UPN behind its check letter.
    None where it is no authority of England's.

    >>> of("801/3"), of("8012000"), of("K801200024001"[1:]), of("909200024001"), of("001200024001")
    ((801,), (801,), (801,), (942, 943), ())
    """
    return _known().get(number[:3], ())


@cache
def _known() -> Mapping[str, tuple[int, ...]]:
    ended = {code: tuple(map(int, taken)) for code, taken in ENDED.items()}
    return ended | {row["code"]: (int(row["code"]),) for row in listed()}

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

MOST = 5
"""Authorities of one district at the most, ended ones with them."""
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
    """The codes of the authorities that each district lies in, ended ones with them, ascending."""
    before = defaultdict[str, list[str]](list)
    for ended, successors in ENDED.items():
        for code in successors:
            before[code].append(ended)
    found = defaultdict[str, set[int]](set)
    for row in listed():
        for district in row["outward"].split():
            found[district].update(map(int, (row["code"], *before[row["code"]])))
    return {district: tuple(sorted(codes)) for district, codes in sorted(found.items())}


def of_postcode(postcode: str) -> tuple[int, ...]:
    """The authorities that a postcode (without blank) lies in; none where no table tells.

    >>> of_postcode("SE153QN"), of_postcode("CA11AA"), of_postcode("CF101AA")
    ((210,), (909, 942), ())
    """
    return by_district().get(postcode[:-3], ())


def of(number: str) -> int:
    """The authority whose three digits a number begins with; 0 where that is none of England's.

    A child id of an authority's social care, a school's LAESTAB, or a UPN behind its check letter.

    >>> of("801/3"), of("8012000"), of("K801200024001"[1:]), of("001200024001"), of("")
    (801, 801, 801, 0, 0)
    """
    code = number[:3]
    return int(code) if code in _known() else 0


@cache
def _known() -> frozenset[str]:
    return frozenset({*ENDED, *(row["code"] for row in listed())})

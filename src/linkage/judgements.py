"""What judgements mean together: through a third record, through one withdrawn, at a never-link."""

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise, product

from linkage.resolve import Judgement

Sides = tuple[frozenset[int], frozenset[int]]
"""The records on either side of a never-link, withdrawn ones too."""


def implied(
    judged: Collection[Judgement],
    sides: Collection[Sides],
    members: Collection[int],
    *,
    given_up: Collection[Sides] = (),
) -> list[Judgement]:
    """What follows for these records from judgements and never-links on them and on others.

    ``given_up``: those of the sides of which the first is an identity given up for the other.

    Two records that a third joins are one child also when the third is withdrawn. A never-link
    outranks judgements: a link that would lead from one side to the other is void.
    """
    links = _unbroken([j for j in judged if j.same], sides)
    groups = _groups(links)
    found = [
        Judgement(left, right, same=True)
        for group in groups.values()
        for left, right in pairwise(sorted(group & set(members)))
    ]
    apart = [({j.left}, {j.right}) for j in judged if not j.same]
    for one, other in (*apart, *sides):
        ends = (sorted(_with_all(end, groups) & set(members)) for end in (one, other))
        is_given_up = (one, other) in given_up
        found += [Judgement(a, b, same=False, given_up=is_given_up) for a, b in product(*ends)]
    return list(dict.fromkeys(found))


def _unbroken(links: Sequence[Judgement], sides: Collection[Sides]) -> list[Judgement]:
    """The links that lead from no side to another, whatever the order in which they are given.

    Where a chain of them does, those within a side stand, and what led across is void.
    """
    links = list(links)
    while True:
        groups = _groups(links)
        void = {
            link
            for link in links
            for one, other in sides
            if groups[link.left] & one
            and groups[link.left] & other
            and not any({link.left, link.right} <= side for side in (one, other))
        }
        if not void:
            return links
        links = [link for link in links if link not in void]


def _groups(links: Iterable[Judgement]) -> dict[int, set[int]]:
    """Each linked record with all that it is linked to, also through others."""
    groups: dict[int, set[int]] = {}
    for link in links:
        one = groups.setdefault(link.left, {link.left})
        other = groups.setdefault(link.right, {link.right})
        if one is not other:
            one |= other
            groups.update(dict.fromkeys(other, one))
    return groups


def _with_all(records: Iterable[int], groups: dict[int, set[int]]) -> set[int]:
    return set[int]().union(*(groups.get(record, {record}) for record in records))


def chain(
    judged: Iterable[Judgement], left: int, right: int, *, same: bool
) -> list[Judgement] | None:
    """The judgements in force that gainsay a new one, in order from left to right; None: none do.

    A link is gainsaid by a chain of links with one "apart" in it, an "apart" by a chain of links.
    """
    beside: dict[int, list[tuple[int, Judgement]]] = {}
    for each in judged:
        beside.setdefault(each.left, []).append((each.right, each))
        beside.setdefault(each.right, []).append((each.left, each))
    start, goal = (left, 0), (right, int(same))
    came: dict[tuple[int, int], tuple[tuple[int, int], Judgement] | None] = {start: None}
    frontier = [start]
    for place in frontier:
        record, aparts = place
        for other, each in beside.get(record, ()):
            step = other, aparts + (not each.same)
            if step[1] <= goal[1] and step not in came:
                came[step] = place, each
                frontier.append(step)
    if goal not in came:
        return None
    path: list[Judgement] = []
    place = goal
    while (before := came[place]) is not None:
        place, each = before
        path.append(each)
    return path[::-1]

"""A crowd as a steward works through it: the pairs in it that the machine leaves to people."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from contactpoint.errors import NotFoundError
from contactpoint.judging.pair import Pair, pair_of
from contactpoint.people.deciding import Act, Outcome, decide
from contactpoint.people.knowing import about_records
from contactpoint.queue import crowd_named
from linkage.weigh import probability

if TYPE_CHECKING:
    from uuid import UUID

    from contactpoint.bootstrap import Contactpoint

NO_CROWD = "no such task; 'contactpoint review list' names the crowds that await a steward"
"""Said in the same words of a crowd that may not be seen."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """Two records of a crowd that may be one child, and are not of one."""

    pair: Pair
    weight: float
    probability: float
    sources: tuple[str, str]


def undecided(store: "Contactpoint", name: str, limit: int) -> list[Undecided]:
    """The pairs of a crowd, named as its task is, that nobody has decided; the heaviest first.

    At most ``limit``, without those of which whoever acts may not know. Raises NotFoundError where
    there is no such crowd for them.
    """
    lead = crowd_named(store, name)
    if lead is None:
        raise NotFoundError(NO_CROWD)
    found = sorted(_open(store, lead), key=lambda one: (-one.weight, one.pair))
    ends = {end for one in found for end in one.pair}
    heads = store.log.heads.judgements(ends)
    judged = {pair_of(head) for head in heads if head.verdict}
    shown = ends if store.is_cleared else set(store.open_records.visible(ends))
    across = store.guard.across(ends)
    known = (
        one
        for one in found
        if one.pair not in judged and shown.issuperset(one.pair) and not across(*one.pair)
    )
    return list(islice((one for one in known if _is_theirs(store, one.pair)), limit))


def _open(store: "Contactpoint", lead: "UUID") -> Iterator[Undecided]:
    pairs = store.linking.crowd(store.model, lead)
    ends = {end for pair in pairs for end in (pair.left, pair.right)}
    known = store.workings.memberships(ends)
    for pair in pairs:
        left, right = known[pair.left], known[pair.right]
        if left.record > right.record:
            left, right = right, left
        yield Undecided(
            Pair(left.record, right.record),
            pair.weight,
            probability(pair.weight),
            (left.source, right.source),
        )


def _is_theirs(store: "Contactpoint", pair: Pair) -> bool:
    known = about_records(pair, store)
    return decide(store.actor, Act.OPEN_PAIR, known).outcome is Outcome.ALLOWED

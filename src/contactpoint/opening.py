"""A pair opened by a steward: what is shown of it, which is an access to both children."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contactpoint.errors import NotFoundError
from contactpoint.explaining import Explanation, explain
from contactpoint.judging.pair import NO_PAIR, Pair
from contactpoint.people.deciding import Act
from events.judgement import JudgedPair, Seen
from projections.waiting import OpenPair

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint


@dataclass(frozen=True, slots=True)
class OpenedPair:
    """All that a steward sees of a pair."""

    pair: Pair
    seen: Seen
    """To be named in the decision."""
    state: JudgedPair
    found: Explanation
    waits: OpenPair | None
    """How it awaits a steward; None where it does not."""


def open_pair(store: "Contactpoint", words: Sequence[str], reason: str) -> OpenedPair:
    """Open a pair; the look is on record when this returns, or raises.

    Raises NotFoundError where there is none, and in the same words where it may not be seen.
    """
    found = find_pair(store, words)
    store.record_look(
        store.origin("review show"),
        "review show",
        reason=reason,
        children=found.found.children if found else (),
        search={"pair": " ".join(words)},
    )
    if found is None:
        raise NotFoundError(NO_PAIR)
    return found


def find_pair(store: "Contactpoint", words: Sequence[str]) -> OpenedPair | None:
    """What is to be shown of a pair, once that is on record; None where there is none to show."""
    judging = store.judging(Act.OPEN_PAIR)
    try:
        pair = store.pair_named(words)
        # The versions first: what changes while the rest is read makes the decision stale.
        seen = judging.open(pair)
        state = judging.state(pair)
    except NotFoundError:
        return None
    store.projector.catch_up()
    found = explain(
        store.open_records,
        store.model,
        pair.left,
        pair.right,
        store.model_of,
        cleared=store.is_cleared,
    )
    if found is None:
        return None
    return OpenedPair(pair, seen, state, found, store.workings.open_pair(pair))

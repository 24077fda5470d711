"""Whether other judgements in force, or a never-link, say otherwise than what is to be judged."""

from collections.abc import Iterable
from uuid import UUID

from contactpoint.errors import ContactpointError, NotFoundError
from contactpoint.judging.pair import NO_PAIR, Pair, pair_of
from events.judgement import BINDING, Verdict
from events.store.head_reader import Heads
from events.store.heads import JudgementHead, is_across
from linkage.judgements import chain
from linkage.resolve import Judgement

_WORDS = {"link": "are one child", "apart": "are two children"}


class GainsaidError(ContactpointError):
    """Other judgements in force say otherwise; nothing was written."""

    def __init__(self, judgements: Iterable[JudgementHead]) -> None:
        self.chain = tuple(judgements)
        told = "; ".join(f"{pair_of(one)} {_WORDS[one.verdict]}" for one in self.chain)
        super().__init__(
            f"other judgements in force say otherwise: {told}. 'contactpoint review undo' takes one"
            " of them back"
        )


def must_be_possible(pair: Pair, verdict: Verdict, heads: Heads) -> None:
    """Raises GainsaidError where other judgements, or NotFoundError where a never-link, forbid.

    A never-link is a secret: what it forbids is answered as if there were no such pair.
    """
    if verdict not in BINDING:
        return
    same = verdict == "link"
    others, linked = _network(pair, heads)
    ends = sorted({*pair, *(end for head in others for end in pair_of(head))})
    places = {record: place for place, record in enumerate(ends)}
    judged = {
        Judgement(places[one.left], places[one.right], one.verdict == "link"): one
        for one in others
        if pair_of(one) != pair
    }
    found = chain(judged, places[pair.left], places[pair.right], same=same)
    if found is not None:
        raise GainsaidError(judged[one] for one in found)
    if same and is_across(heads.sides(linked)):
        raise NotFoundError(NO_PAIR)


def _network(pair: Pair, heads: Heads) -> tuple[list[JudgementHead], set[UUID]]:
    """The binding judgements that hang together with a pair, and the records linked to it."""
    found: dict[Pair, JudgementHead] = {}
    linked, frontier = set(pair), set(pair)
    while frontier:
        binding = [head for head in heads.judgements(frontier) if head.verdict in BINDING]
        found.update((pair_of(head), head) for head in binding)
        ends = {end for head in binding if head.verdict == "link" for end in pair_of(head)}
        frontier = ends - linked
        linked |= frontier
    return list(found.values()), linked

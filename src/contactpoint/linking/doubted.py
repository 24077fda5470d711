"""Judgements against which something speaks that was stated since: a person looks again.

Nothing moves meanwhile, because a judgement stands above all evidence. Whoever says the same again,
with the new statements before them, answers the question.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from uuid import UUID

from contactpoint.judging.pair import Pair as JudgedRecords
from contactpoint.judging.pair import state_of
from events.log import Log
from events.master import MasterKey
from linkage.resolve import Judgement, Pair


def speaks_against(judgement: Judgement, pair: Pair, contradicts: Callable[[int], bool]) -> bool:
    """Whether what two records state now is hard to bring together with what was judged."""
    return contradicts(pair.pattern) if judgement.same else pair.outcome == "link"


def doubted(
    pairs: Iterable[tuple[Judgement, Pair]],
    ids: Mapping[int, UUID],
    log: Log,
    master: MasterKey,
) -> Iterator[Pair]:
    """Those of the pairs of which a record has changed since a steward saw it to judge them."""
    for judgement, pair in pairs:
        if not {judgement.left, judgement.right} <= ids.keys():
            continue
        records = JudgedRecords.of(ids[judgement.left], ids[judgement.right])
        judged = state_of(records, log, master).judged
        heads = log.heads.records(records)
        now = tuple(heads[record].state.version for record in records)
        if judged is not None and (judged.seen.left, judged.seen.right) != now:
            yield pair

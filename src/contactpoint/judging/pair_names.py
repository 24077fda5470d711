"""How stewards name a pair: as the queue does, or by its two records."""

import re
from collections.abc import Callable, Sequence
from uuid import UUID

from contactpoint.errors import NotFoundError, UsageError
from contactpoint.judging.pair import NO_PAIR, Pair, pair_of
from events.log import Log
from projections.open_records import OpenRecords


def pair_named(  # noqa: PLR0913 - how pairs are named, and of which
    words: Sequence[str],
    records: OpenRecords,
    log: Log,
    record_named: Callable[[str], UUID],
    *,
    cleared: bool = False,
    judged: bool = False,
) -> Pair:
    """The pair of two records ``SOURCE:ID``, or of two short ids as queue and crowds have it.

    ``judged``: also one of which a record was erased, where a judgement on it is in force, for what
    that holds together or apart goes on. Raises NotFoundError where there is none, and in the same
    words where it may not be seen.
    """
    match words:
        case (name,) if ":" not in name:
            found = _known(name.lower(), records, log, cleared=cleared)
            found = found or _of_short_ids(name.lower(), records, cleared=cleared)
        case (one, other):
            found = Pair.of(record_named(one), record_named(other))
        case _:
            raise UsageError("expected a pair of 'review list', or two records as SOURCE:ID each")
    if found is None:
        raise NotFoundError(NO_PAIR)
    left = _left(found, log) if judged else set(found)
    if not cleared and records.hidden(left):
        raise NotFoundError(NO_PAIR)
    return found


def _left(pair: Pair, log: Log) -> set[UUID]:
    """The records of a pair but for those that were erased, where it was judged."""
    if not any(one.verdict and pair_of(one) == pair for one in log.heads.judgements(pair)):
        return set(pair)
    heads = log.heads.records(pair).values()
    return set(pair) - {one.record for one in heads if one.state.standing == "erased"}


def _known(name: str, records: OpenRecords, log: Log, *, cleared: bool) -> Pair | None:
    """The pair that the queue, or the judgements in force, have under a name; None for several."""
    if not _SHORT_IDS.fullmatch(name):
        return None
    waiting = records.waiting_under(*name.split("-"), cleared=cleared)
    named = {Pair.of(one.left, one.right) for one in waiting}
    named |= {pair_of(one) for one in log.heads.all_judgements() if one.verdict}
    matching = [pair for pair in named if str(pair) == name]
    return matching[0] if len(matching) == 1 else None


def _of_short_ids(name: str, records: OpenRecords, *, cleared: bool) -> Pair | None:
    """The pair of two records that may be seen, by the first digits of their ids."""
    if not _SHORT_IDS.fullmatch(name):
        return None
    ends = [records.workings.beginning(short) for short in name.split("-")]
    known = [found if cleared else records.visible(found) for found in ends]
    one, other = (next(iter(found)) if len(found) == 1 else None for found in known)
    return Pair.of(one, other) if one and other and one != other else None


_SHORT_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{8}")

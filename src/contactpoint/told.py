"""Tasks and pairs as plain data: what scripts are printed, and what systems are answered."""

from typing import Any

import msgspec

from contactpoint.explaining import Explanation
from contactpoint.moments import as_time, with_times
from contactpoint.opening import OpenedPair
from contactpoint.tasks import Task
from events.judgement import Seen
from linkage.decide import Levels, contradiction, number_crossed, number_in_doubt
from projections.pair import PairedRecord
from projections.worth import worth


def task_as_plain(task: Task, now: int) -> dict[str, Any]:
    """A task of the queue, with its worth at a moment; it holds no particulars."""
    pair = task.pair
    weighed = pair if pair and pair.model else None
    return {
        "task": task.kind,
        "name": task.name,
        "pair": task.name if pair else None,
        "records": list(task.records),
        "left": pair.left.hex[:8] if pair else None,
        "right": pair.right.hex[:8] if pair else None,
        "probability": weighed.probability if weighed else None,
        "weight": weighed.weight if weighed else None,
        "since": as_time(task.since),
        "model": weighed.model if weighed else None,
        "size": task.size or None,
        "claimed_by": task.claimed or None,
        "said": task.said or None,
        "worth": round(worth(task.turn, now), 4),
    }


def written(seen: Seen) -> str:
    """The versions that a steward saw, as they are typed: ``2.1.4.3``."""
    return f"{seen.left}.{seen.right}.{seen.left_child}.{seen.right_child}"


def as_plain(found: Explanation) -> dict[str, Any]:
    """The weights of a pair."""
    return {
        "weight": found.weight.total,
        "probability": found.weight.probability,
        "decision": found.decision.outcome,
        "reason": found.decision.reason,
        "same_child": found.same_child,
        "compared": bool(found.meeting.rules),
        "blocks": list(found.meeting.rules),
        "parts": [part._asdict() for part in found.weight.parts],
    }


def record_as_plain(record: PairedRecord) -> dict[str, Any]:
    """One record of a pair; a number is named, and not given."""
    plain = with_times(msgspec.to_builtins(record.view))
    return {
        "record": record.record.hex[:8],
        "source": record.source,
        "child": record.view.number,
        "numbers": list(record.numbers),
        **{name: value for name, value in plain.items() if name != "number"},
    }


def opened_pair(opened: OpenedPair) -> dict[str, Any]:
    """A pair as a steward who opened it sees it: both records, its weight, what was judged."""
    found, waits, judged = opened.found, opened.waits, opened.state.judged
    left, right = found.records
    return {
        "pair": str(opened.pair),
        "seen": written(opened.seen),
        "since": as_time(waits.since) if waits else None,
        "why": why(opened),
        "left": record_as_plain(left),
        "right": record_as_plain(right),
        **as_plain(found),
        "referred": {
            "weight": waits.weight,
            "probability": waits.probability,
            "model": waits.model,
        }
        if waits and waits.model
        else None,
        "judged": {"verdict": judged.verdict, "reason": judged.reason, "by": judged.by}
        if judged
        else None,
        "claimed": {
            "by": opened.state.claimant or None,
            "until": as_time(opened.state.until or None),
        },
    }


def why(opened_pair: OpenedPair) -> str:
    """Why a person has to decide."""
    found, raised = opened_pair.found, opened_pair.state.raised
    if opened_pair.waits is None:
        return "it does not await a steward"
    if raised is not None:
        if raised.code == "merged":
            return f"the source {raised.by} says that it merged the two records"
        why = raised.why if isinstance(raised.why, str) else "no reason is kept"
        return f"{raised.by} asked: {why}"
    judged = opened_pair.state.judged
    if judged is not None and judged.verdict in {"link", "apart"}:
        return "what was stated since it was judged speaks against that; nothing has moved"
    if found.of_shape is None and (doubt := _doubt(found.weight.pattern)):
        return f"{doubt}: one of the two may bear another child's"
    if found.of_shape is None and _is_held_twice(found):
        return "two records of one source share a number: it holds one child twice, or errs in one"
    if found.decision.outcome == "review":
        return found.decision.reason
    if found.decision.outcome == "link":
        return (
            "alone it would be linked, but another record is as close, or a record of the same "
            "source stands on the other side"
        )
    return "it was too close to call when it was referred; the next linking settles it"


def _is_held_twice(found: Explanation) -> bool:
    """Whether two records of one source share a number that names a child for good."""
    left, right = found.records
    return left.source == right.source and Levels.of(found.weight.pattern).same_national_number


def _doubt(pattern: int) -> str:
    """What makes a number doubtful: it agrees and the rest does not, or the other way round."""
    if reason := number_in_doubt(pattern):
        return reason
    return number_crossed(pattern) if contradiction(Levels.of(pattern)) else ""

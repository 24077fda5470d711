"""Merges that a source tells of: a steward is asked about the two records, and neither moves.

Two records that an agency takes for one child may be two, and its word for it arrives once. So the
question goes into the commit that takes the statement, and waits until somebody has decided.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from contactpoint.judging.pair import Pair, state_of, stream_of
from contactpoint.streams import recorded
from events.judgement import (
    JudgedPair,
    JudgementEvent,
    PairJudgedError,
    PairRaised,
    RaisePair,
    decide,
)
from events.log import Log
from events.master import MasterKey
from events.message import Origin, Recorded
from events.store.heads import JudgementHead, is_across
from projections.worth import Kind

MERGED = "merged"
"""The code of such a question."""


class Merging:
    """What goes into a commit with the records that their source has merged into others."""

    def __init__(
        self,
        merged: Mapping[UUID, UUID],
        source: str,
        log: Log,
        master: MasterKey,
        origin: Origin,
    ) -> None:
        """A question about each pair, unless it is asked or judged already.

        The other record need not be known yet. Across a never-link nothing is asked.
        """
        self._log = log
        self.messages: list[Recorded] = []
        self.heads: list[JudgementHead] = []
        owners = {record: log.heads.owner(into) for record, into in merged.items()}
        pairs = {Pair.of(*ends) for ends in owners.items() if len({*ends}) > 1}
        for pair in sorted(pairs):
            if is_across(log.heads.sides(pair)):
                continue
            state = state_of(pair, log, master)
            asked = _asked(pair, source, state)
            stream = stream_of(pair, master)
            self.messages += recorded(stream, state.version, asked, origin, lambda _: (0,))
            if asked:
                verdict = state.judged.verdict if state.judged else ""
                self.heads.append(JudgementHead(*pair, verdict))


def is_told(pair: Pair, log: Log, master: MasterKey) -> bool:
    """Whether a source says that it merged the two, and nobody has judged them since."""
    raised = state_of(pair, log, master).raised
    return raised is not None and raised.code == MERGED


def _asked(pair: Pair, source: str, state: JudgedPair) -> Sequence[JudgementEvent]:
    """The question, where nobody has asked it or answered."""
    raised = PairRaised(*pair, "", 0, 0.0, 0.0, source, MERGED, kind=Kind.DUPLICATE.value)
    try:
        return decide(RaisePair(raised), state)
    except PairJudgedError:
        return []

"""What stewards say of a pair, in a stream of its own: what follows from a command, or why not."""

from collections.abc import Collection

from contactpoint.errors import ContactpointError, NotFoundError
from contactpoint.judging.pair import Pair, state_of, stream_of
from contactpoint.streams import recorded_sealed
from events.judgement import (
    JudgedPair,
    JudgementCommand,
    JudgementEvent,
    NotJudgedError,
    PairHeldError,
    PairJudged,
    PairJudgedError,
    decide,
)
from events.keys import SubjectKeys, subject_of
from events.log import Log
from events.master import MasterKey
from events.message import Origin, Recorded


class ClaimedError(ContactpointError):
    """Somebody else is at the pair; nothing was written."""


class JudgedAlreadyError(ContactpointError):
    """A judgement is in force that would have to be undone first; nothing was written."""


class Statements:
    """The streams of what stewards said of pairs."""

    def __init__(self, log: Log, keys: SubjectKeys, master: MasterKey) -> None:
        """``keys`` give those of remarks, which are a subject of their own."""
        self._log, self._keys, self._master = log, keys, master

    def state(self, pair: Pair) -> JudgedPair:
        """Who claims it, and what was judged."""
        return state_of(pair, self._log, self._master)

    def command(self, pair: Pair) -> str:
        """The command by which the judgement in force was made."""
        messages = self._log.stream(stream_of(pair, self._master))
        return [m.origin.command for m in messages if isinstance(m.event, PairJudged)][-1]

    def following(
        self, pair: Pair, state: JudgedPair, events: Collection[JudgementEvent], origin: Origin
    ) -> list[Recorded]:
        """Events that follow where a pair was in a state."""
        stream = stream_of(pair, self._master)
        subject = subject_of("judgement", stream, self._master)
        return recorded_sealed(stream, state.version, events, origin, subject, self._keys)


def decided(command: JudgementCommand, state: JudgedPair) -> Collection[JudgementEvent]:
    """What follows from a command, refusals in the words of people.

    Raises ClaimedError, JudgedAlreadyError, NotFoundError.
    """
    try:
        return decide(command, state)
    except PairHeldError as held:
        raise ClaimedError(
            f"{held.steward} has claimed the pair; expected it to be released or the lease to end"
        ) from None
    except PairJudgedError as known:
        raise JudgedAlreadyError(
            f"pair {Pair(known.left, known.right)} was judged '{known.verdict}' by {known.by}; "
            "'contactpoint review undo' takes that back first"
        ) from None
    except NotJudgedError:
        raise NotFoundError("no judgement on that pair is in force") from None

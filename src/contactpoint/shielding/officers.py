"""The use case of shielding officers: a shield is applied, reviewed, and lifted by two persons."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

from contactpoint.again import again
from contactpoint.errors import ContactpointError, NotFoundError, UsageError
from contactpoint.judging.acts import Hangs, hanging
from contactpoint.moments import day_of
from contactpoint.people.actor import folded
from contactpoint.people.deciding import Act
from contactpoint.shielding.acts import ShieldActs
from events.child import Child, evolve
from events.keys import SubjectKeys, subject_of
from events.log import Log
from events.master import MasterKey
from events.message import Origin
from events.shield import (
    ApplyShield,
    Grounds,
    LiftShield,
    NoShieldError,
    ReviewShield,
    SafeParent,
    ShieldApplied,
    ShieldReviewed,
)
from events.store.heads import HeadChanges
from person.authorities import AUTHORITIES

_NONE = "no such shield stands; 'contactpoint shield list' names them"
MISSING = {
    Act.SHIELD: "no child of that number",
    Act.REVIEW_SHIELD: _NONE,
    Act.LIFT_SHIELD: _NONE,
}
"""What is said where there is nothing to act upon, or nothing that is theirs."""
UNSAID = Grounds()
HALF_A_YEAR = timedelta(days=182)
"""In which an officer's shield is reviewed, unless one says otherwise (as Women's Aid asked)."""


class AlreadyShieldedError(ContactpointError):
    """An officer's shield stands over the child already."""


class SecondPersonError(ContactpointError):
    """An act of two persons needs another one beside the first."""


class StaleShieldError(ContactpointError):
    """A shield has changed since the officer saw it; nothing was written."""

    def __init__(self) -> None:
        super().__init__("the shield changed since it was seen; look at it again")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an officer says of a shield; empty fields leave what was said before.

    Raises UsageError for an authority that there is not.
    """

    criterion: str = ""
    requester: str = ""
    authority: str = ""
    review: date | None = None
    safe: tuple[SafeParent, ...] = ()
    none_safe: bool = False
    """No parent is safe any more, whoever was."""

    def __post_init__(self) -> None:
        if self.authority and self.authority not in AUTHORITIES:
            raise UsageError("authority: expected the three digits of a local authority, as 213")

    def grounds(self, before: Grounds = UNSAID) -> Grounds | None:
        """What of it is sealed, with what was said ``before``; None where nothing of it is."""
        if not (self.requester or self.safe or self.none_safe):
            return None
        safe = () if self.none_safe else self.safe or before.safe
        return Grounds(self.requester or before.requester, safe)


@dataclass(frozen=True, slots=True)
class Shielding:
    """Applies, reviews and lifts. When it returns, every answer obeys."""

    log: Log
    keys: SubjectKeys
    master: MasterKey
    catch_up: Callable[[], object]
    permit: Callable[[Act, Hangs], object] = lambda _act, _hangs: None
    """Raises where whoever acts may not do this act upon what hangs on it."""

    def apply(self, number: str, asked: Asked, origin: Origin) -> UUID:
        """Lay a shield over the child of a number; return the shield.

        Raises NotFoundError where there is none, AlreadyShieldedError where an officer laid one,
        UsageError where it is to be reviewed on a day that has gone.
        """
        shield = uuid4()
        review = _next_review(asked, origin)

        def act(acts: ShieldActs) -> dict[UUID, int]:
            child, version, records = self._child(number)
            self.permit(Act.SHIELD, Hangs(records, frozenset({child})))
            for over in self._over(records):
                if acts.state(over).by == "officer":
                    raise AlreadyShieldedError(
                        f"shield {over.hex[:8]} stands over that child; 'contactpoint shield "
                        "review' says that it is to stand on"
                    )
            grounds = asked.grounds()
            words = asked.criterion, asked.authority, grounds
            command = ApplyShield(records, review, "officer", *words)
            acts.do(shield, command, self._keys_of(shield, grounds))
            return {child: version}

        self._do(act, origin)
        return shield

    def review(
        self, name: str, asked: Asked, origin: Origin, seen: int | None = None
    ) -> Sequence[UUID]:
        """An officer has looked again at a shield, or at all over a child; return which stand.

        ``seen``: the version of the shield that they saw. Raises NotFoundError where none stands,
        StaleShieldError where it is at another version.
        """
        review = _next_review(asked, origin)

        def act(acts: ShieldActs) -> dict[UUID, int]:
            reviewed[:] = self._named(name)
            self._must_be_theirs(Act.REVIEW_SHIELD, acts, reviewed)
            _must_be_as_seen(acts, reviewed, seen)
            for shield in reviewed:
                # Nothing can be sealed under the key of an erased child: what is said is not kept.
                erased = acts.state(shield).erased
                grounds = None if erased else asked.grounds(self.grounds(shield))
                command = ReviewShield(review, asked.criterion, grounds)
                acts.do(shield, command, self._keys_of(shield, grounds))
            return {}

        reviewed: list[UUID] = []
        self._do(act, origin)
        return reviewed

    def lift(
        self, name: str, second: str, reason: str, origin: Origin, seen: int | None = None
    ) -> Sequence[UUID]:
        """Two persons take away a shield, or all over a child; return which were lifted.

        ``seen``: the version of the shield that they saw. Raises SecondPersonError where the second
        is the first, NotFoundError where none stands, StaleShieldError where it is at another.
        """
        if not second or folded(second) == folded(origin.actor):
            raise SecondPersonError(
                "a shield is lifted by two persons; expected a second who is not the first"
            )

        def act(acts: ShieldActs) -> dict[UUID, int]:
            lifted[:] = self._named(name)
            self._must_be_theirs(Act.LIFT_SHIELD, acts, lifted)
            _must_be_as_seen(acts, lifted, seen)
            for shield in lifted:
                erased = acts.state(shield).erased
                command = LiftShield(origin.actor, second, "" if erased else reason)
                acts.do(shield, command, (0,) if erased else self._key(shield))
            return {}

        lifted: list[UUID] = []
        self._do(act, origin)
        return lifted

    def over(self, number: str) -> list[UUID]:
        """The shields that stand over the child of a number."""
        return self._over(self._child(number)[2])

    def grounds(self, shield: UUID) -> Grounds:
        """What was said last of who asked for a shield and who is safe; empty once erased."""
        events = (message.event for message in self.log.stream(shield))
        said = [e.grounds for e in events if isinstance(e, ShieldApplied | ShieldReviewed)]
        return next((one for one in reversed(said) if isinstance(one, Grounds)), UNSAID)

    def _must_be_theirs(self, act: Act, acts: ShieldActs, shields: Sequence[UUID]) -> None:
        for shield in shields:
            self.permit(act, hanging(acts.state(shield).records, self.log))

    def _do(self, act: Callable[[ShieldActs], dict[UUID, int]], origin: Origin) -> None:
        """Append what an act comes to; where linking or another was first, read and act again."""

        def attempt() -> None:
            position = self.log.heads.act("shield")
            acts = ShieldActs(self.log, origin)
            expect = act(acts)
            heads = HeadChanges(shields=list(acts.heads()), unmoved={"shield": position})
            self.log.append(acts.messages, heads=heads, expect=expect)

        try:
            again(attempt)
        except NoShieldError:
            raise NotFoundError("no such shield stands") from None
        self.catch_up()

    def _child(self, number: str) -> tuple[UUID, int, frozenset[UUID]]:
        """The child that a number answers for, its version and records, or NotFoundError.

        A child whose records are all withdrawn is seen by nobody until one returns, and has to be
        shielded before that.
        """
        head = self.log.heads.by_numbers([number]).get(number)
        while head is not None and head.merged_into is not None:
            head = self.log.heads.children([head.merged_into]).get(head.merged_into)
        if head is not None:
            state = self.log.replay(head.child, Child(), evolve)
            if state.status == "current":
                return head.child, state.version, state.records
            if state.status == "closed" and (left := self._withdrawn(head.child, state)):
                return head.child, state.version, left
        raise NotFoundError(MISSING[Act.SHIELD])

    def _withdrawn(self, child: UUID, state: Child) -> frozenset[UUID]:
        """The records by which a closed child is found again."""
        heads = self.log.heads.records(state.former).values()
        return frozenset(
            one.record for one in heads if one.child == child and one.state.standing == "withdrawn"
        )

    def _over(self, records: Collection[UUID]) -> list[UUID]:
        return sorted(frozenset[UUID]().union(*self.log.heads.shields_over(records).values()))

    def _named(self, name: str) -> list[UUID]:
        """The standing shields of a child's number, or the one that a name begins."""
        if name.isdecimal() and len(name) == NUMBER:
            found = self.over(name)
        else:
            found = self._beginning(name.lower())
        if not found:
            raise NotFoundError(MISSING[Act.LIFT_SHIELD])
        return found

    def _beginning(self, name: str) -> list[UUID]:
        shields = frozenset[UUID]().union(*self.log.heads.shields_over().values())
        named = [shield for shield in shields if shield.hex.startswith(name)]
        return named if len(named) == 1 and len(name) >= SHORTEST else []

    def _keys_of(self, shield: UUID, grounds: Grounds | None) -> tuple[int, ...]:
        return (0,) if grounds is None else self._key(shield)

    def _key(self, shield: UUID) -> tuple[int, ...]:
        return tuple(self.keys.issue([subject_of("shield", shield, self.master)]))


def _next_review(asked: Asked, origin: Origin) -> date:
    """By when the shield is looked at again. Raises UsageError for a day that has gone."""
    today = day_of(origin.recorded)
    if asked.review is not None and asked.review < today:
        raise UsageError("review: expected a day that is still to come")
    return asked.review or today + HALF_A_YEAR


def _must_be_as_seen(acts: ShieldActs, shields: Sequence[UUID], seen: int | None) -> None:
    if seen is not None and any(acts.state(one).version != seen for one in shields):
        raise StaleShieldError


NUMBER = 12
SHORTEST = 8
"""Hex digits by which a shield is named."""

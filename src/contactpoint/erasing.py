"""Erasing: the keys of a record's subjects destroyed, and every trace outside the log removed."""

import datetime
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from contactpoint.errors import NotFoundError
from contactpoint.identities import merged_before
from contactpoint.judging.pair import pair_of, stream_of
from contactpoint.linking.kept_index import KeptIndex
from contactpoint.moments import day_of
from contactpoint.shielding.acts import ShieldActs
from contactpoint.telling import subjects_of
from events.child import Child, EraseChild, ever
from events.child import decide as decide_child
from events.child import evolve as evolve_child
from events.keys import SubjectKeys, subject_of
from events.ledger import ErasureLedger
from events.log import Log
from events.master import MasterKey
from events.message import Event, Origin, Recorded
from events.record import EraseRecord, decide, evolve
from events.shield import EraseShield, Shield
from events.shield import evolve as evolve_shield
from events.store.heads import ChildHead, HeadChanges, RecordHead
from projections.database import scrub
from projections.due import Due
from projections.projector import Projector
from projections.retention import WHOLE, begun
from projections.review import WAITING
from projections.workings import Workings

WAIT = 60.0
"""Seconds for which an erasure waits for a rebuild to end."""
AGAIN = "a restored backup held what had been erased"
"""The reason that is recorded where a restore replays an erasure."""
PURGED = "the time for which the archive is kept has ended"
"""The reason that is recorded of a purge."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased."""

    records: int
    children: int
    """With those that were merged into the child erased."""
    child: str
    """Number of the child that was erased whole; empty where only a record was."""
    final: datetime.date
    """Day on which the last older backup of the keys has expired."""


Near = Callable[[Collection[int]], Iterable[tuple[int, int]]]
"""The pairs that the matcher weighs of records, by ordinal."""


class Erasing:
    """The use case of erasing; repeating it is harmless, and finishes one that was cut short."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts that hold particulars
        self,
        log: Log,
        keys: SubjectKeys,
        master: MasterKey,
        projector: Projector,
        workings: Workings,
        kept: KeptIndex,
        ledger: ErasureLedger,
        *,
        rows: Path,
        backup_days: int,
        wait: float = WAIT,
        near: Near = lambda _: (),
        tidy: Callable[[], None] = lambda: None,
    ) -> None:
        """``rows`` is the folder of what rows were read as (``contactpoint.intake.recall``).

        ``near`` is asked under the lock of linking.
        A rebuild under way is waited for ``wait`` seconds. ``tidy`` removes what a restore that
        was killed has left.
        """
        self._log = log
        self._keys = keys
        self._master = master
        self._projector = projector
        self._workings = workings
        self._kept = kept
        self._ledger = ledger
        self._rows = rows
        self._backup_days = backup_days
        self._wait = wait
        self._near, self._tidy = near, tidy

    def record(self, record: UUID, origin: Origin, *, reason: str) -> Erased:
        """Erase one source's record.

        Raises NotFoundError where there is none, and LockedError while others are at work.
        """
        if not self._log.heads.records([record]):
            raise NotFoundError("no record of that source and id")
        with self._alone():
            self._projector.catch_up()
            return self._erase([record], [], origin, reason, "")

    def child(self, number: str, origin: Origin, *, reason: str) -> Erased:
        """Erase a child: every record that is or was theirs. Raises as ``record`` does."""
        head = self._log.heads.by_numbers([number]).get(number)
        if head is None:
            raise NotFoundError("no child of that number")
        with self._alone():
            self._projector.catch_up()
            children = self._all_of(head)
            return self._erase(self._records_of(children), children, origin, reason, number)

    def _records_of(self, children: Sequence[UUID]) -> list[UUID]:
        """Every record that is or was of a child and of those merged into it."""
        records, known = set[UUID](), set[UUID]()
        for child in children:
            state = self._child(child)
            records |= state.records | state.former
            known |= ever(message.event for message in self._log.stream(child))
        heads = self._log.heads.records(records | known).values()
        # A child that has other records lets go of one that its source withdraws.
        gone = (h.record for h in heads if h.child is None and h.state.standing == "withdrawn")
        last = self._workings.placed_last(gone)
        # An erasure cut short before the keys were destroyed has emptied the child already.
        return [
            one.record
            for one in heads
            if one.state.standing == "erased"
            or (one.record in records and (one.child is None or one.child in children))
            or last.get(one.record) in children
        ]

    def due(self, today: datetime.date) -> Due:
        """The children and records whose archive has ended, six years after it began."""
        self._projector.catch_up()
        return self._workings.due(begun(today, WHOLE))

    def purge(self, origin: Origin, *, most: int, reason: str = PURGED) -> Erased:
        """Erase what is due, the children first: at most so many of these and of lone records.

        What an erasure that was cut short has left undone is done before. Raises LockedError while
        others are at work.
        """
        self._finish(origin)
        with self._alone():
            found = self.due(day_of(origin.recorded))
            heads = self._log.heads.children(found.children[:most])
            children: set[UUID] = set()
            records = set(found.records[: max(0, most - len(heads))])
            for head in heads.values():
                of_one = self._all_of(head)
                children.update(of_one)
                records.update(self._records_of(of_one))
            if not children and not records:
                return Erased(0, 0, "", self._final(origin))
            return self._erase(sorted(records), sorted(children), origin, reason, "")

    def _finish(self, origin: Origin) -> None:
        """Do what the ledger says was erased and is still there."""
        notes = self._ledger.read(self._log.id)
        self.again(
            {record for note in notes for record in note.records},
            {child for note in notes for child in note.children},
            origin,
        )
        subjects = [subject.bytes for note in notes for subject in note.subjects]
        if self._keys.live(subjects):
            self._keys.destroy(subjects)

    def again(
        self, records: Collection[UUID], children: Collection[UUID], origin: Origin
    ) -> Erased:
        """Erase what a restored backup brought back, as far as its log knows of it."""
        known = self._log.heads.records(records)
        left = [one.record for one in known.values() if one.state.standing != "erased"]
        there = [
            child
            for child in sorted(self._log.heads.children(children))
            if self._child(child).status != "erased"
        ]
        if not left and not there:
            return Erased(0, 0, "", self._final(origin))
        with self._alone():
            return self._erase(left, there, origin, AGAIN, "")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold all that writes particulars, or reads what is about to be erased, away.

        A rebuild reads the log from its start into tables beside the live ones: what it read
        before the keys went would outlive them there.
        """
        with (
            self._log.lock("load"),
            self._log.lock("link"),
            self._log.lock("rebuild", wait=self._wait),
        ):
            yield

    def _all_of(self, head: ChildHead) -> list[UUID]:
        """The child that a number answers for, and every child merged into it.

        Those too that were, and were given up with it by an adoption.
        """
        while head.merged_into is not None:
            head = self._log.heads.children([head.merged_into])[head.merged_into]
        children = [head.child, *sorted(self._workings.merged_into([head.child]))]
        known = ever(message.event for message in self._log.stream(head.child))
        retired = self._workings.retired_of(known)
        return [*children, *sorted(merged_before(children, retired, self._log))]

    def _child(self, child: UUID) -> Child:
        return self._log.replay(child, Child(), evolve_child)

    def _erase(
        self,
        records: Sequence[UUID],
        children: Sequence[UUID],
        origin: Origin,
        reason: str,
        number: str,
    ) -> Erased:
        """Say it outside the log, and in it; destroy the keys; remove what was made from them."""
        shields = self._shields(records)
        subjects = [record.bytes for record in records]
        subjects += [subject_of("shield", shield, self._master) for shield in shields]
        subjects += [subject_of("sensitive", record, self._master) for record in records]
        subjects += [each for child in children for each in subjects_of(child, self._master)]
        subjects += [
            subject_of("judgement", stream_of(pair_of(head), self._master), self._master)
            for head in self._log.heads.judgements(records)
        ]
        subjects += [
            subject_of("never-link", side.never_link, self._master)
            for side in self._log.heads.sides(records)
        ]
        self._ledger.write(self._log.id, records, children, subjects)
        self._append(records, children, shields, origin, reason)
        self._keys.destroy(subjects)
        self._projector.catch_up()
        self._projector.drop_half_made()
        scrub(self._projector.engine)
        self._kept.forget()
        shutil.rmtree(self._rows, ignore_errors=True)
        self._tidy()
        return Erased(len(records), len(children), number, self._final(origin))

    def _final(self, origin: Origin) -> datetime.date:
        today = day_of(origin.recorded)
        return today + datetime.timedelta(days=self._backup_days)

    def _shields(self, records: Sequence[UUID]) -> list[UUID]:
        """The shields that stand or stood over none but these records, and erased ones."""
        over = {s for kinds in self._log.heads.shielded(records).values() for s in kinds}
        return [
            shield
            for shield in sorted(over)
            if not self._left(self._log.replay(shield, Shield(), evolve_shield), records)
        ]

    def _left(self, shield: Shield, erased: Sequence[UUID]) -> bool:
        """Whether any record of a shield stays."""
        heads = self._log.heads.records(shield.records - set(erased))
        return any(head.state.standing != "erased" for head in heads.values())

    def _append(
        self,
        records: Sequence[UUID],
        children: Sequence[UUID],
        shields: Sequence[UUID],
        origin: Origin,
        reason: str,
    ) -> None:
        acts = ShieldActs(self._log, origin)
        for shield in shields:
            acts.do(shield, EraseShield())
        messages = list(acts.messages)
        heads: list[RecordHead] = []
        beside = self._beside(records)
        for head in self._log.heads.records(records).values():
            state = head.state
            for event in decide(EraseRecord(reason, tuple(beside[head.record])), state):
                messages.append(self._next(head.record, state.version, event, origin, reason))
                state = evolve(state, event)
            heads.append(RecordHead(head.record, state, head.key, head.sensitive, head.child))
        child_heads: list[ChildHead] = []
        links: dict[UUID, UUID | None] = {}
        for child in children:
            before = self._child(child)
            after = before
            for child_event in decide_child(EraseChild(reason), before):
                messages.append(self._next(child, after.version, child_event, origin, reason))
                after = evolve_child(after, child_event)
            child_heads.append(ChildHead(child, after.number, after.version))
            links.update(dict.fromkeys(before.records - after.records))
        if messages:
            changes = HeadChanges(records=heads, children=child_heads, links=links)
            self._log.append(messages, heads=changes)

    def _beside(self, records: Sequence[UUID]) -> dict[UUID, list[UUID]]:
        """The records that stay, with which pairs of these await a steward, or would be weighed.

        Linked without them they may be surer, and after the erasure nothing tells who they were.
        """
        beside: dict[UUID, set[UUID]] = {record: set() for record in records}
        ordinals = [one.state.ordinal for one in self._log.heads.records(records).values()]
        near = list(self._near(ordinals))
        placed = self._workings.placed({ordinal for pair in near for ordinal in pair})
        ids = {ordinal: one.record for ordinal, one in placed.items()}
        both = [(ids[left], ids[right]) for left, right in near]
        for pair in (*self._workings.open_pairs_of(records, WAITING), *both):
            for record, other in (pair, pair[::-1]):
                if record in beside and other not in beside:
                    beside[record].add(other)
        return {record: sorted(others) for record, others in beside.items()}

    def _next(
        self, stream: UUID, version: int, event: Event, origin: Origin, reason: str
    ) -> Recorded:
        """The event in its stream, with the key of the reason where it holds one."""
        sealing = self._keys.for_reason(stream, reason) if event.sealed else ()
        return Recorded(stream, version + 1, origin, origin.recorded, event, sealing)

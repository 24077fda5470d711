"""The second pass: planned chunks become events, each chunk in one commit."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

import msgspec
from pyroaring import BitMap

from contactpoint.again import again
from contactpoint.intake.drifting import drifts
from contactpoint.intake.first_pass import Findings
from contactpoint.intake.marking import Marking
from contactpoint.intake.merging import Merging
from contactpoint.intake.preparing import BEHIND, EncodedRows, PreparedRow
from contactpoint.intake.sealing import Firsts, Place, SealedFirsts, Sealing, Stating
from contactpoint.intake.spool import PlannedChunk
from events.delivery import (
    ChunkAppended,
    Counts,
    DeliveryCompleted,
    Restated,
    RowNote,
)
from events.log import Log
from events.master import MasterKey
from events.message import Event, Recorded
from events.record import (
    Order,
    Record,
    RecordEvent,
    RecordReceived,
    RecordWithdrawn,
    StateRecord,
    WithdrawRecord,
    confirm,
    decide,
    evolve,
    moves,
    needs_history,
    prove_present,
)
from events.store.heads import Confirmed, HeadChanges, KeyHead, RecordHead, ScopeHead

TWICE = "KEY-TWICE"
SWAPPED = "SWAP"
Submit = Callable[[Firsts], Callable[[], SealedFirsts]]
"""Has first events sealed, perhaps elsewhere, while other work goes on; then gives them."""


class Appending:
    """Appends the chunks of one delivery, then the withdrawals of a snapshot."""

    def __init__(  # noqa: PLR0913 - its parts
        self,
        log: Log,
        master: MasterKey,
        sealing: Sealing,
        submit: Submit,
        place: Place,
        *,
        version: int,
    ) -> None:
        """``version`` is that of the delivery's stream as it stands."""
        self._log = log
        self._master = master
        self._sealing = sealing
        self._submit = submit
        self._place = place
        self._version = version
        self._snapshots: dict[str, Order | None] = {}
        self._not_taken: dict[Order, frozenset[str]] = {}
        self._ordinal = log.heads.next_ordinal()
        self.laid = 0
        """Events of shields laid, and of pairs asked about, with what was appended."""

    def chunks(self, planned: Iterable[PlannedChunk], found: Findings) -> Iterator[ChunkAppended]:
        """Append each chunk in one commit, and give the delivery's event of it.

        While one chunk is written, the first events of the next are being sealed.
        """
        waiting: _Chunk | None = None
        for one in planned:
            begun = self._begin(one, found)
            if waiting is not None:
                yield self._write(waiting)
            self._decide(begun, found)
            waiting = begun
        if waiting is not None:
            yield self._write(waiting)

    def _begin(self, planned: PlannedChunk, found: Findings) -> "_Chunk":
        """Have the rows that alone begin a record sealed; ordinals before them are settled."""
        firsts, rows = self._apart(planned, found.repeated)
        chunk = _Chunk(planned, rows, _Commit(self._place.order))
        if firsts.count:
            chunk.sealed = self._submit(Firsts(self._place, self._ordinal, firsts))
            self._ordinal += firsts.count
            chunk.commit.new = firsts.count
            chunk.commit.marked.update(dict.fromkeys(UUID(bytes=one) for one in firsts.marked))
        return chunk

    def _apart(
        self, planned: PlannedChunk, repeated: frozenset[bytes]
    ) -> tuple[EncodedRows, list[PreparedRow]]:
        """Rows that alone begin a record, and all others in the order of the file."""
        late = {scope for scope in planned.firsts.scopes if self._is_late(scope)}
        if not repeated and not late:
            return planned.firsts, planned.rows
        firsts: list[PreparedRow] = []
        others = list(planned.rows)
        for row in planned.firsts.rows():
            alone = row.record not in repeated and row.scope not in late
            (firsts if alone else others).append(row)
        return EncodedRows.of(firsts), sorted(others, key=lambda row: row.line)

    def _is_late(self, scope: str) -> bool:
        """Whether a later snapshot of the scope is known: what it lacked is withdrawn at once."""
        latest = self._latest_snapshot(scope)
        return latest is not None and self._place.order < latest

    def _decide(self, chunk: "_Chunk", found: Findings) -> None:
        """Decide what is no first event, against the heads as they are now."""
        planned, commit = chunk.planned, chunk.commit
        contradicted, former = found.contradicted, found.former
        rows = _without(contradicted, chunk.rows, commit.note_twice)
        confirmed = [one for one in planned.confirmed if one[0] not in contradicted]
        for twice, _, line in planned.confirmed:
            if twice in contradicted:
                commit.note_twice(line, twice)
        rows = _without(found.swapped, rows, commit.note_swapped)
        out = contradicted | found.swapped
        marked = [row.record for row in chunk.rows if row.restricted and row.record in out]
        # A record that another row of the chunk concerns too is taken through its head, row by row.
        several = {row.record for row in rows} | {*planned.seen, *(r.bytes for r in commit.present)}
        singly = [(UUID(bytes=record), at) for record, at, _ in confirmed if record in several]
        together = [one for one in confirmed if one[0] not in several]
        seen = [UUID(bytes=record) for record in planned.seen] + commit.present
        commit.heads = self._log.heads.records(
            [UUID(bytes=row.record) for row in rows]
            + [UUID(bytes=row.former) for row in rows if row.former in former]
            + [record for record, _ in singly]
            + seen
        )
        for row in rows:
            if self._is_spoken_for(row, found.foremost, commit):
                commit.unchanged += 1
                seen.append(UUID(bytes=row.record))
                continue
            follows = bool(row.former) and row.former in former
            owner, other_key = self._identified(row, commit) if follows else (row.record, b"")
            self._row(row, UUID(bytes=owner), other_key, commit)
        # After the rows, as the log has it: the chunk's own event stands after the records'.
        self._confirm_together(together, planned, commit)
        self._confirm(singly, planned, commit)
        for record in seen:
            commit.prove_present(record)
        commit.mark_held({UUID(bytes=record) for record in (*planned.marked, *marked)})
        commit.unchanged += len(confirmed)

    def _write(self, chunk: "_Chunk") -> ChunkAppended:
        planned, commit = chunk.planned, chunk.commit
        appended = ChunkAppended(
            number=planned.number,
            counts=Counts(
                rows=planned.counts.rows,
                new=commit.new,
                changed=commit.changed,
                unchanged=commit.unchanged,
                out_of_scope=planned.counts.out_of_scope,
                held=planned.counts.held + commit.held,
                rejected=planned.counts.rejected,
                remarks=planned.counts.remarks,
            ),
            order=self._place.order,
            confirmed=BitMap(commit.confirmed).serialize(),
            seen=BitMap(commit.seen).serialize(),
            restated=tuple(commit.restated_once()),
            notes=(*planned.notes, *commit.notes),
            settled=tuple(planned.settled),
        )
        self._append(commit, appended, chunk.sealed() if chunk.sealed else None)
        return appended

    def _confirm_together(
        self, confirmed: Sequence[tuple[bytes, int, int]], planned: PlannedChunk, commit: "_Commit"
    ) -> None:
        if not confirmed:
            return
        records = [record for record, _, _ in confirmed]
        ordinals = {ordinal for _, ordinal, _ in confirmed}
        named = set(records)
        commit.confirmed.extend(ordinals)
        commit.restated.extend(one for one in planned.restated if one.ordinal in ordinals)
        moved = [one for one in planned.moved if one.record in named]
        commit.together = Confirmed(self._place.order, records, moved)

    def _confirm(
        self, confirmed: Sequence[tuple[UUID, int]], planned: PlannedChunk, commit: "_Commit"
    ) -> None:
        own = {one.ordinal: one.stated for one in planned.restated}
        for record, ordinal in confirmed:
            commit.confirm(record, own.get(ordinal))

    def _row(self, row: PreparedRow, id_: UUID, other_key: bytes, commit: "_Commit") -> None:
        """Decide one row against its record's head as it is now, and note what follows."""
        head = commit.heads.get(id_) or RecordHead(id_, Record())
        state = head.state
        if row.purge:
            command: StateRecord | WithdrawRecord = WithdrawRecord(
                self._place.name, row.stated, "purged", self._place.source, row.scope
            )
        else:
            if needs_history(state, row.stated):
                state = self._log.replay(id_, Record(), evolve)
            is_moved = state.absent is not None and moves(state, row.stated, row.scope)
            gone = self._gone(id_) if is_moved else None
            command = self._place.statement(row, state.ordinal or self._ordinal, other_key, gone)
        events = list(decide(command, msgspec.structs.replace(head.state, orders=state.orders)))
        if not events and not row.purge:
            commit.unchanged += 1
            commit.confirm(id_, row.stated if row.own_order else None)
            return
        first = isinstance(events[0], RecordReceived) if events else False
        if first:
            self._ordinal += 1
        commit.new += first
        commit.changed += not first
        commit.apply(head, events, row.stated.effective)
        stating = any(isinstance(event, Stating) for event in events)
        if other_key and stating:
            commit.keys.append(KeyHead(UUID(bytes=other_key), id_))
        if row.restricted and stating:
            commit.marked[id_] = None
        if row.merged_into and stating:
            commit.merged[id_] = UUID(bytes=row.merged_into)
        self._withdraw_if_a_later_snapshot_lacked_it(id_, commit)

    def _is_spoken_for(
        self, row: PreparedRow, foremost: Mapping[bytes, bytes], commit: "_Commit"
    ) -> bool:
        """Whether another row of the file goes before it, so that it need not be kept.

        Of a pupil on roll a leaver's row is not kept at all: the one on roll may only confirm what
        is known, and the other would be the later.
        """
        content = row.stated.content
        greatest = foremost.get(row.record, content)
        if row.own_order or content >= greatest:
            return False
        is_of_a_leaver = content.startswith(BEHIND) and not greatest.startswith(BEHIND)
        return is_of_a_leaver or self._has_said(row, commit)

    def _has_said(self, row: PreparedRow, commit: "_Commit") -> bool:
        """Whether the record has a statement like the row's: it need not be kept again."""
        head = commit.heads.get(UUID(bytes=row.record))
        if head is None or head.state.stated is None:
            return False
        known = self._log.replay(head.record, Record(), evolve).orders
        return any(order.content == row.stated.content for order in known)

    def _gone(self, record: UUID) -> Order | None:
        """The latest absence of a record that is none from a snapshot: of it, wherever it is."""
        told = (message.event for message in self._log.stream(record, opened=False))
        absences = (event for event in told if isinstance(event, RecordWithdrawn))
        return max((each.absent for each in absences if each.reason != "absent"), default=None)

    def _identified(self, row: PreparedRow, commit: "_Commit") -> tuple[bytes, bytes]:
        """The record of a row that names a former key, and the key that answers with it too.

        The stream of the former key goes on, unless there is none, or nothing of name and birth
        date stayed: then it is another child's. Where the row's own key has a stream already, the
        record of the former key is withdrawn: the source says that it goes under this one.
        What is said so of a shielded child's record, and not followed, is a question to stewards.
        """
        mine = commit.heads.get(UUID(bytes=row.record))
        theirs = commit.heads.get(UUID(bytes=row.former))
        if theirs is None:
            return row.record, row.former
        drifted = drifts(theirs.state.traits, row.traits)
        if mine is None and not drifted:
            return row.former, row.record
        if self._log.heads.shields_over([theirs.record]):
            commit.merged[UUID(bytes=row.record)] = theirs.record
        if drifted:
            return row.record, b""
        command = WithdrawRecord(self._place.name, row.stated, "rekeyed")
        commit.apply(theirs, decide(command, theirs.state), row.stated.effective)
        return row.record, b""

    def _withdraw_if_a_later_snapshot_lacked_it(self, record: UUID, commit: "_Commit") -> None:
        """A late row of another establishment leaves the record of the one that it is of."""
        head = commit.heads[record]
        latest = self._latest_snapshot(head.state.scope)
        if latest is None or (head.state.present is not None and head.state.present >= latest):
            return
        if record.hex[:8] in self._not_taken_by(latest):
            return  # it names the record, which was not known then and so was not proved present
        command = WithdrawRecord(self._place.name, latest, "absent")
        commit.apply(head, decide(command, head.state), latest.effective)

    def _latest_snapshot(self, scope: str) -> Order | None:
        """Of the scope, or of the whole source, whichever is later."""
        if scope not in self._snapshots:
            found = [self._log.heads.scope(self._place.source, one) for one in {scope, ""}]
            orders = [head.order for head in found if head is not None]
            self._snapshots[scope] = max(orders, default=None)
        return self._snapshots[scope]

    def _not_taken_by(self, latest: Order) -> frozenset[str]:
        """Records of rows that the snapshot at this place, or a later delivery, did not take.

        By their short ids; of rows that were rejected or held.
        """
        if latest not in self._not_taken:
            events = (message.event for message in self._deliveries_from(latest))
            self._not_taken[latest] = frozenset(
                note.record
                for event in events
                if isinstance(event, ChunkAppended)
                for note in event.notes
                if note.outcome != "remark"
            )
        return self._not_taken[latest]

    def _deliveries_from(self, order: Order) -> Iterator[Recorded]:
        """The events of the source's other deliveries from a place in its time on."""
        for head in self._log.heads.deliveries_from(self._place.source, order):
            if head.delivery != self._place.stream:
                yield from self._log.stream(head.delivery, opened=False)

    def _append(self, commit: "_Commit", last: Event, sealed: SealedFirsts | None = None) -> None:
        """One commit: the records' events with their keys, shields, then the delivery's own."""
        place = self._place
        self._version += 1
        stated = list(self._messages(commit))
        own = Recorded(place.stream, self._version, place.origin, place.order.effective, last)

        def attempt() -> None:
            marked = [*commit.marked, *commit.held_marks]
            marking = Marking(marked, self._log, place.origin, commit.held_marks)
            merging = Merging(commit.merged, place.source, self._log, self._master, place.origin)
            self._log.append(
                [*stated, *marking.acts.messages, *merging.messages, own],
                ready=sealed.stored() if sealed else (),
                heads=HeadChanges(
                    records=[commit.heads[record] for record in commit.touched],
                    made=sealed.heads if sealed else (),
                    scopes=commit.scopes,
                    keys=commit.keys,
                    confirmed=commit.together,
                    shields=list(marking.acts.heads()),
                    judgements=merging.heads,
                    unmoved=marking.unmoved,
                ),
                expect=marking.expect,
            )
            self.laid += len(marking.acts.messages) + len(merging.messages)

        # Linking, or two officers, may be at the child of a record that is marked or merged.
        again(attempt)

    def _messages(self, commit: "_Commit") -> Iterator[Recorded]:
        stating = [
            (record, event) for record, _, event, _ in commit.events if isinstance(event, Stating)
        ]
        issued = iter(self._sealing.issue(stating))
        for record, version, event, effective in commit.events:
            keys: tuple[int, ...] = ()
            if isinstance(event, Stating):
                keys = next(issued)
                commit.seal(record, *keys)
            yield Recorded(record, version, self._place.origin, effective, event, keys)

    def withdrawals(self, scopes: Sequence[str], size: int) -> Iterator[list[RecordHead]]:
        """Current records of the scopes that this delivery, a complete snapshot, did not name."""
        for scope in scopes:
            # Most snapshots name every record: one count spares a walk through all heads.
            if not self._log.heads.count_current(self._place.source, scope, self._place.order):
                continue
            current = self._log.heads.current_in_scope(self._place.source, scope)
            absent = (
                head
                for head in current
                if (head.state.present is None or head.state.present < self._place.order)
                and head.record.hex[:8] not in self._not_taken_by(self._place.order)
            )
            while some := list(islice(absent, size)):
                yield some

    def withdraw(self, heads: Sequence[RecordHead]) -> ChunkAppended:
        """Append the withdrawal of these records, in one commit; return the delivery's event."""
        commit = _Commit(self._place.order)
        commit.heads = {head.record: head for head in heads}
        command = WithdrawRecord(self._place.name, self._place.order, "absent")
        for head in heads:
            commit.apply(head, decide(command, head.state), self._place.order.effective)
        appended = ChunkAppended(
            number=-1,
            counts=Counts(withdrawn=len(commit.events)),
            order=self._place.order,
            confirmed=BitMap().serialize(),
            seen=BitMap().serialize(),
        )
        self._append(commit, appended)
        return appended

    def complete(self, completed: DeliveryCompleted) -> None:
        """Append the end of the delivery; from here on its absences bind late rows too."""
        commit = _Commit(self._place.order)
        for scope in completed.scopes if completed.snapshot else ():
            known = self._log.heads.scope(self._place.source, scope)
            if known is None or known.order < self._place.order:
                commit.scopes.append(ScopeHead(self._place.source, scope, self._place.order))
        self._append(commit, completed)


@dataclass(slots=True)
class _Chunk:
    """A chunk on its way: planned, decided, written."""

    planned: PlannedChunk
    rows: list[PreparedRow]
    """Those that are no record's first."""
    commit: "_Commit"
    sealed: Callable[[], SealedFirsts] | None = None


class _Commit:
    """What one commit will write, while it is being put together."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self.heads: dict[UUID, RecordHead] = {}
        self.touched: dict[UUID, None] = {}
        self.events: list[tuple[UUID, int, RecordEvent, int]] = []
        """Events of records, with their versions and when they take effect."""
        self.scopes: list[ScopeHead] = []
        self.keys: list[KeyHead] = []
        self.confirmed: list[int] = []
        self.together: Confirmed | None = None
        self.restated: list[Restated] = []
        self.seen: list[int] = []
        self.notes: list[RowNote] = []
        self.present: list[UUID] = []
        """Records of rows that are held for what other rows of the file say."""
        self.marked: dict[UUID, None] = {}
        """Records that their feed marks as restricted in what is appended."""
        self.held_marks: set[UUID] = set()
        """Others that it marks in rows that are held."""
        self.merged: dict[UUID, UUID] = {}
        """Records that the source has merged, each with the one into which."""
        self.new = self.changed = self.unchanged = self.held = 0

    def confirm(self, record: UUID, stated: Order | None) -> None:
        """The delivery repeats what is known; ``stated`` is the row's own place, if it has one."""
        head = self.heads[record]
        self.confirmed.append(head.state.ordinal)
        if stated is not None:
            self.restated.append(Restated(head.state.ordinal, stated))
        self._become(head, confirm(head.state, self._order, stated))

    def restated_once(self) -> list[Restated]:
        """One place for each record, at which it stands now where it was taken row by row."""
        now = {head.state.ordinal: head.state.stated for head in self.heads.values()}
        places = {one.ordinal: now.get(one.ordinal) or one.stated for one in self.restated}
        return [Restated(ordinal, stated) for ordinal, stated in places.items()]

    def prove_present(self, record: UUID) -> None:
        """A row that was not taken names the record."""
        head = self.heads.get(record)
        if head is not None and head.state.ordinal:
            self.seen.append(head.state.ordinal)
            self._become(head, prove_present(head.state, self._order))

    def mark_held(self, records: Collection[UUID]) -> None:
        """Rows that are held mark these records: their children are shielded all the same."""
        known = (record for record in records if record in self.heads)
        current = {record for record in known if self.heads[record].state.standing == "current"}
        self.held_marks = current.difference(self.marked)

    def apply(self, head: RecordHead, events: Sequence[RecordEvent], effective: int) -> None:
        """Events of the record follow."""
        state = head.state
        for event in events:
            self.events.append((head.record, state.version + 1, event, effective))
            state = evolve(state, event)
        self._become(head, msgspec.structs.replace(state, orders=()))

    def note_twice(self, line: int, record: bytes) -> None:
        """The row contradicts another of the same key in this file; both are held."""
        self._hold(line, record, TWICE, "key", "one row for each key")

    def note_swapped(self, line: int, record: bytes) -> None:
        """The row and another would exchange their children; both are held."""
        expected = "each to stay with its record; another row of the file has them exchanged"
        self._hold(line, record, SWAPPED, "name, birth date", expected)

    def _hold(self, line: int, record: bytes, rule: str, field: str, expected: str) -> None:
        self.held += 1
        self.present.append(UUID(bytes=record))
        self.notes.append(RowNote(line, "held", rule, field, expected, record[:4].hex()))

    def seal(self, record: UUID, key: int, sensitive: int) -> None:
        """The record's particulars are sealed under these keys."""
        head = self.heads[record]
        self.heads[record] = msgspec.structs.replace(
            head, key=key, sensitive=sensitive or head.sensitive
        )

    def _become(self, head: RecordHead, state: Record) -> None:
        self.heads[head.record] = msgspec.structs.replace(
            self.heads.get(head.record, head), state=state
        )
        self.touched[head.record] = None


def _without(
    records: Collection[bytes], rows: Iterable[PreparedRow], hold: Callable[[int, bytes], None]
) -> list[PreparedRow]:
    """Rows that may be taken; those of these records are held, each by its line."""
    taken: list[PreparedRow] = []
    for row in rows:
        if row.record in records:
            hold(row.line, row.record)
        else:
            taken.append(row)
    return taken

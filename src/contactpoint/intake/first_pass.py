"""The first pass: a whole file validated, counted and compared, before anything is stored."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Protocol
from uuid import UUID

import msgspec

from contactpoint.intake.drifting import drifts, renames, says_what_it_changes
from contactpoint.intake.manifest import Manifest
from contactpoint.intake.preparing import EncodedRows, PreparedChunk, PreparedFault, PreparedRow
from contactpoint.intake.spool import PlannedChunk, Spool
from events.delivery import Counts, HeldRow, Restated, RowNote
from events.record import Order, Record, needs_history, repeats, returns
from events.store.heads import Moved


class Heads(Protocol):
    """What the log knows of records, by id (``events.store.heads``)."""

    def states(self, ids: Iterable[bytes]) -> Mapping[bytes, Record]:
        """The states of those records that have a head."""

    def owners(self, ids: Iterable[bytes]) -> Mapping[bytes, bytes]:
        """Those of the ids that another key gave, each with the id of its record."""


class Histories(Protocol):
    """The full state of one record, with the places of all its statements."""

    def __call__(self, record: UUID) -> Record:
        """Replay the record's stream."""


class HeldTo(Protocol):
    """What name and birth date of one record are held to (``contactpoint.intake.drifting``)."""

    def __call__(self, record: UUID, before: Order) -> bytes:
        """The traits, at a place in time; none where it named no child yet."""


@dataclass(slots=True)
class Findings:
    """What the first pass found of a whole file."""

    counts: Counts = field(default_factory=Counts)
    """As the rows would count if the file were appended now."""
    amended: int = 0
    """Records whose name or birth date the file would change."""
    named: Counter[str] = field(default_factory=Counter)
    """Current records that the file names and that no later delivery has, by scope."""
    repeated: frozenset[bytes] = frozenset()
    """Records that more than one row of the file names."""
    foremost: dict[bytes, bytes] = field(default_factory=dict)
    """Those of which rows say different things, each with the content that goes before."""
    contradicted: frozenset[bytes] = frozenset()
    """Those of which two rows say different things, where that is not lawful."""
    turned: dict[bytes, bytes] = field(default_factory=dict)
    """Records by the name and birth date that they had, and those that the file gives them."""
    swapped: set[bytes] = field(default_factory=set)
    """Those of them that the file exchanges with each other: each would go on as the other."""
    claims: dict[bytes, set[bytes]] = field(default_factory=dict)
    """Records that the file names by a former key, each with those that claim it."""
    former: set[bytes] = field(default_factory=set)
    """Those of them that one record claims, and that no row of the file names as its own."""
    faulty: set[bytes] = field(default_factory=set)
    """Records of rows that the feed did not take."""
    kept_out: set[bytes] = field(default_factory=set)
    """Records of rows that were held: they have to be read each time."""
    again: set[bytes] = field(default_factory=set)
    """Hashes of rows that were recalled and yet have to be read: they do not just confirm."""
    unreadable: set[str] = field(default_factory=set)
    """Scopes with a row whose key cannot be read: the file withdraws nothing there."""
    scopes: set[str] = field(default_factory=set)
    exchanged: int = 0
    in_place: int = 0
    """Rows whose names are likelier exchanged, and likelier as they stand."""

    def named_in(self, scopes: Sequence[str]) -> int:
        """Current records of the scopes that the file names; an empty scope is all of them."""
        if "" in scopes:
            return self.named.total()
        return sum(self.named[scope] for scope in scopes)


class FirstPass:
    """Classes the chunks of one delivery against what the log knows."""

    def __init__(  # noqa: PLR0913 - what it asks of the log, and how
        self,
        heads: Heads,
        histories: Histories,
        held_to: HeldTo,
        order: Order,
        *,
        drift_allowed: bool,
        only: frozenset[HeldRow] = frozenset(),
    ) -> None:
        """``only``: a person chose these rows, and the others were taken before; empty: all."""
        self._heads = heads
        self._histories = histories
        self._held_to = held_to
        self._order = order
        self._drift_allowed = drift_allowed or bool(only)
        self._only = only

    def run(
        self, chunks: Iterable[PreparedChunk], spool: Spool, *, may_repeat_keys: bool
    ) -> Findings:
        """Read every chunk into the spool; return what was found.

        ``may_repeat_keys``: two rows under one key are lawful (dual registration).
        """
        found = Findings()
        with Manifest() as manifest:
            for read in chunks:
                chunk = self._by_owner(read)
                manifest.add((row.record, row.stated.content) for row in chunk.rows)
                _note_keys(chunk, found)
                only = self._only
                planned = self._taken_up(read, chunk, found) if only else self.plan(chunk, found)
                found.counts = found.counts + planned.counts
                spool.write(planned)
            found.repeated, found.foremost = manifest.repeated()
            contradicted = frozenset(found.foremost)
            found.kept_out |= found.swapped
            found.amended -= len(found.swapped)
            found.former = {
                record
                for record, claimants in found.claims.items()
                if len(claimants) == 1 and record not in found.faulty and not manifest.names(record)
            }
            if not may_repeat_keys and not self._only:
                found.contradicted = contradicted
                found.kept_out |= contradicted
        return found

    def _by_owner(self, chunk: PreparedChunk) -> PreparedChunk:
        """The chunk with each row and fault under the record that its key answers with."""
        ids = [row.record for row in chunk.rows] + [row.former for row in chunk.rows if row.former]
        ids += [fault.record for fault in chunk.faults]
        owner = self._heads.owners(ids)
        if not owner:
            return chunk
        states = self._heads.states(owner.values())
        replace = msgspec.structs.replace

        def owned(row: PreparedRow) -> PreparedRow:
            """The row of the record that its key answers with, unless it is another child's."""
            former = owner.get(row.former, row.former)
            record = owner.get(row.record, row.record)
            state = states.get(record)
            other = state is not None and bool(row.traits) and drifts(state.traits, row.traits)
            return replace(row, record=row.record if other else record, former=former)

        return replace(
            chunk,
            rows=[
                owned(row) if row.record in owner or row.former in owner else row
                for row in chunk.rows
            ],
            faults=[
                replace(fault, record=owner.get(fault.record, fault.record))
                for fault in chunk.faults
            ],
        )

    def _taken_up(self, read: PreparedChunk, chunk: PreparedChunk, found: Findings) -> PlannedChunk:
        """Class those rows of a chunk that were held, and that a person chose since."""
        names: list[HeldRow] = []
        rows: list[PreparedRow] = []
        lines = {one.line for one in self._only}
        for before, row in zip(read.rows, chunk.rows, strict=True):
            if row.line not in lines:
                continue
            # A key may answer with a record since that it did not answer with then.
            ways = [HeldRow(row.line, one[:4].hex()) for one in (row.record, before.record)]
            if name := next((way for way in ways if way in self._only), None):
                names.append(name)
                rows.append(row)
        planned = self.plan(PreparedChunk(chunk.number, rows, [], []), found)
        return msgspec.structs.replace(planned, number=-1, settled=names)

    def plan(self, chunk: PreparedChunk, found: Findings) -> PlannedChunk:
        """Class the rows of one chunk; ``found`` gains what concerns the file as a whole."""
        ids = [row.record for row in chunk.rows] + [row.former for row in chunk.rows if row.former]
        ids += [one.record for one in chunk.faults if one.record]
        states = self._heads.states(ids)
        found.named.update(state.scope for state in states.values() if self._would_be_absent(state))
        plan = _Plan(chunk.number, self._order)
        for fault in chunk.faults:
            plan.note_fault(fault, found)
        for line, record, rule, name, expected in chunk.remarks:
            plan.notes.append(RowNote(line, "remark", rule, name, expected, record[:4].hex()))
        plan.remarks = len(chunk.remarks)
        for row in chunk.rows:
            found.scopes.add(row.scope)
            found.exchanged += row.exchanged == 1
            found.in_place += row.exchanged == -1
            self._class(row, *_head(row, states), plan, found)
        return plan.finish(len(chunk.rows) + len(chunk.faults))

    def _class(
        self,
        row: PreparedRow,
        owner: bytes,
        head: Record | None,
        plan: "_Plan",
        found: Findings,
    ) -> None:
        """Class a row by the state of the record that it is of, or that it may go on from."""
        if row.recalled and not self._just_confirms(row, owner, head):
            found.again.add(row.recalled)
            return
        if not row.in_scope:
            plan.out_of_scope += 1
            if head is not None and head.stated is not None:
                plan.pass_over(row)
            return
        if head is not None and head.standing == "erased":
            plan.hold(row, "ERASED", "", "a record that was not erased")
            found.kept_out.add(row.record)
            return
        if head is None and not (row.purge or row.former or row.merged_into):
            plan.firsts.append(row)
            return
        if head is None or head.stated is None:
            plan.expect(row, new=not row.purge)
            return
        if row.purge:
            plan.expect(row, new=False)
            return
        if self._is_repeated(row, owner, head):
            plan.confirm(row, head)
            return
        later = row.stated > head.stated
        if later and not self._drift_allowed and self._has_drifted(row, owner, head):
            plan.hold(row, "DRIFT", "name, birth date", "one of them to stay as it was")
            found.kept_out.add(row.record)
            return
        if later and renames(head.traits, row.traits):
            found.amended += 1
            if not self._drift_allowed and says_what_it_changes(head.traits, row):
                _note_turned(row, head, found)
        plan.expect(row, new=False)

    def _has_drifted(self, row: PreparedRow, owner: bytes, head: Record) -> bool:
        """Whether the row turns its record into another child, at once or with those before it."""
        if drifts(head.traits, row.traits):
            return True
        if head.statements < 2 or not renames(head.traits, row.traits):
            return False
        return drifts(self._held_to(UUID(bytes=owner), row.stated), row.traits)

    def _would_be_absent(self, state: Record) -> bool:
        """Whether a snapshot at this place would withdraw the record if it did not name it."""
        return state.standing == "current" and (
            state.present is None or state.present < self._order
        )

    def _just_confirms(self, row: PreparedRow, owner: bytes, head: Record | None) -> bool:
        if head is None or head.stated is None or head.standing == "erased":
            return False
        return self._is_repeated(row, owner, head)

    def _is_repeated(self, row: PreparedRow, owner: bytes, head: Record) -> bool:
        if head.standing == "withdrawn" and returns(head, self._order):
            return False
        if needs_history(head, row.stated):
            head = self._histories(UUID(bytes=owner))
        return repeats(head, row.stated)


def _note_turned(row: PreparedRow, head: Record, found: Findings) -> None:
    """Note that a record gets another name or birth date, and whether another gets its old ones."""
    before, after = head.traits[:12], row.traits[:12]
    found.turned[before + after] = row.record
    other = found.turned.get(after + before)
    if head.traits and other is not None:
        found.swapped |= {row.record, other}


def _note_keys(chunk: PreparedChunk, found: Findings) -> None:
    """Note what former keys the rows claim, and the records of rows that the feed did not take."""
    found.faulty.update(one.record for one in chunk.faults if one.record)
    for row in chunk.rows:
        if row.former and row.former != row.record:
            found.claims.setdefault(row.former, set()).add(row.record)


@dataclass(slots=True)
class _Plan:
    """A planned chunk while it is being made."""

    number: int
    order: Order
    new: int = 0
    changed: int = 0
    out_of_scope: int = 0
    held: int = 0
    rejected: int = 0
    remarks: int = 0
    confirmed: list[tuple[bytes, int, int]] = field(default_factory=list)
    restated: list[Restated] = field(default_factory=list)
    own: dict[bytes, tuple[Record, list[Order]]] = field(default_factory=dict)
    """Records that rows with a place of their own repeat: as they are known, and the places."""
    rows_present: list[bytes] = field(default_factory=list)
    notes: list[RowNote] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    rows: list[PreparedRow] = field(default_factory=list)
    firsts: list[PreparedRow] = field(default_factory=list)
    marked: list[bytes] = field(default_factory=list)

    def expect(self, row: PreparedRow, *, new: bool) -> None:
        """The row says something new, as far as the first pass can tell."""
        self.rows.append(row)
        self.new += new
        self.changed += not new

    def confirm(self, row: PreparedRow, head: Record) -> None:
        """The row repeats what is known."""
        self.confirmed.append((row.record, head.ordinal, row.line))
        if row.own_order:
            self.own.setdefault(row.record, (head, []))[1].append(row.stated)
        elif head.stated is not None and self.order[:2] > head.stated[:2]:
            self.moved.append(Moved(row.record, self.order.effective, self.order.sequence, None))

    def _restate(self) -> None:
        """Note one place for each record that rows repeat at places of their own: the latest.

        None where another row repeats it at the delivery's place, and that is no earlier.
        """
        times = Counter(record for record, _, _ in self.confirmed if record in self.own)
        later: dict[bytes, Order] = {}
        for record, (head, places) in self.own.items():
            known = head.stated.content if head.stated else b""
            latest = max(places, key=lambda place: (place.content == known, place))
            is_earlier = latest.content != known or latest[:2] <= self.order[:2]
            if times[record] > len(places) and is_earlier:
                continue
            self.restated.append(Restated(head.ordinal, latest))
            if head.stated is not None and latest[:2] > head.stated[:2]:
                later[record] = latest
        self.moved = [one for one in self.moved if one.record not in later]
        self.moved += [Moved(record, *place) for record, place in later.items()]

    def hold(self, row: PreparedRow, rule: str, name: str, expected: str) -> None:
        """The row awaits a data manager; it proves its record present."""
        self.held += 1
        self.pass_over(row)
        self.notes.append(RowNote(row.line, "held", rule, name, expected, row.record[:4].hex()))

    def pass_over(self, row: PreparedRow) -> None:
        """The row is not taken; it proves its record present, and a mark on it counts."""
        self.rows_present.append(row.record)
        if row.restricted:
            self.marked.append(row.record)

    def note_fault(self, faulty: PreparedFault, found: Findings) -> None:
        """The feed did not take the row."""
        fault = faulty.fault
        self.held += fault.held
        self.rejected += not fault.held
        if faulty.record:
            self.rows_present.append(faulty.record)
        else:
            found.unreadable.add(fault.scope)
        if fault.restricted and faulty.record:
            self.marked.append(faulty.record)
        found.scopes.add(fault.scope)
        self.notes.append(
            RowNote(
                fault.line,
                "held" if fault.held else "rejected",
                fault.rule,
                fault.field,
                fault.expected,
                faulty.record[:4].hex(),
            )
        )

    def finish(self, rows: int) -> PlannedChunk:
        """The chunk as planned."""
        self._restate()
        counts = Counts(
            rows=rows,
            new=self.new + len(self.firsts),
            changed=self.changed,
            unchanged=len(self.confirmed),
            out_of_scope=self.out_of_scope,
            held=self.held,
            rejected=self.rejected,
            remarks=self.remarks,
        )
        return PlannedChunk(
            number=self.number,
            counts=counts,
            confirmed=self.confirmed,
            restated=self.restated,
            seen=self.rows_present,
            notes=self.notes,
            moved=self.moved,
            rows=self.rows,
            # In the order of their ids, not of the file: the random indexes of log, heads and keys
            # are then filled page by page.
            firsts=EncodedRows.of(sorted(self.firsts, key=attrgetter("record"))),
            marked=self.marked,
        )


def _head(row: PreparedRow, states: Mapping[bytes, Record]) -> tuple[bytes, Record | None]:
    """The row's record and its state, or those of the one that it names by a former key.

    Where nothing of name and birth date stayed, a former key is another child's.
    """
    own = states.get(row.record)
    former = states.get(row.former) if own is None and row.former else None
    if former is None or drifts(former.traits, row.traits):
        return row.record, own
    return row.former, former

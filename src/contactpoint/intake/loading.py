"""Loading one delivery: known or new, read whole, guarded, appended, completed."""

import hashlib
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import msgspec

from contactpoint.again import again
from contactpoint.errors import ChangedFileError, UsageError
from contactpoint.intake import exchanged
from contactpoint.intake.appending import Appending, Submit
from contactpoint.intake.deciding import Decision, decided
from contactpoint.intake.delivered import About, Delivered, How
from contactpoint.intake.drifting import held_to
from contactpoint.intake.first_pass import Findings, FirstPass
from contactpoint.intake.marking import Marking
from contactpoint.intake.preparing import PreparedChunk, Preparing, Rules
from contactpoint.intake.processes import Alone, Process, Shared
from contactpoint.intake.recall import FOLDER, Keeping, Kept
from contactpoint.intake.request import Request, asked
from contactpoint.intake.sealing import Place, Sealing
from contactpoint.intake.spool import Spool
from contactpoint.moments import day_of, moment
from contactpoint.sources import Sources, registration
from events.delivery import (
    PARTLY,
    Counts,
    Delivery,
    DeliveryCompleted,
    DeliveryEvent,
    DeliveryHeld,
    DeliveryReceived,
    DeliveryRefused,
    evolve,
)
from events.failpoints import failpoint
from events.garbage import seldom_collecting
from events.keys import SubjectKeys
from events.log import Log
from events.master import MasterKey
from events.message import Event, Origin, Recorded
from events.record import Order, Record
from events.record import evolve as evolve_record
from events.source import SourceRegistered
from events.store.heads import DeliveryHead, HeadChanges
from feeds.submission import Feed, FeedError, Header, Mode

OF_ONE_SCOPE = 0.4
"""Largest share of one establishment's records that may be absent unseen: more than leave a school
in a year at once, and as much as domain practice holds a file for."""
LASTING = timedelta(days=400)
"""How long rows are kept that stay in scope: one school year and a little more."""


@dataclass(slots=True)
class Outcome:
    """What became of a delivery."""

    delivery: UUID
    state: str
    counts: Counts = field(default_factory=Counts)
    dropped: dict[str, int] = field(default_factory=dict)
    exit_code: int = 0
    events: int = 0
    known: bool = False
    """It had been delivered before; nothing was appended."""
    held_by: str = ""
    expected: str = ""
    effective_by: str = ""
    new_source: bool = False
    seconds: dict[str, float] = field(default_factory=dict)


class Loading:
    """The use case of loading; one at a time for each log."""

    def __init__(  # noqa: PLR0913 - the stores, and how to go about it
        self,
        log: Log,
        keys: SubjectKeys,
        master: MasterKey,
        *,
        chunk: int,
        work: Path,
        shared_from: int | None = None,
        kept_from: int,
    ) -> None:
        """``chunk`` rows go into one commit; ``work`` is a folder for what is put aside.

        Deliveries of at least ``shared_from`` bytes are shared with a second process; None: none.
        What the rows of deliveries of at least ``kept_from`` rows were read as is kept.
        """
        self._log = log
        self._keys = keys
        self._master = master
        self._chunk = chunk
        self._work = work
        self._shared_from = shared_from
        self._kept_from = kept_from

    def decide(
        self, delivery: UUID, feeds: Mapping[str, Feed], decision: Decision, origin: Origin
    ) -> Outcome | None:
        """Let a delivery, or rows that it holds, through or turn them away, and load what may pass.

        None where nothing is let through, or where the files are not there any more, as they were:
        then they are to be loaded again, and it goes through. The same decision again adds nothing
        but what is missing. Raises UsageError where it cannot be made.
        """
        with self._log.lock("load"), seldom_collecting():
            state = self._log.replay(delivery, Delivery(), evolve)
            sources = Sources(self._log, self._master).registry().sources
            events = decided(delivery.hex[:16], state, decision, sources)
            self._append(delivery, state.version, events, decision.reason, origin)
            failpoint("delivery.decided")
            return self._go_on(delivery, feeds, origin) if decision.approve else None

    def _go_on(self, delivery: UUID, feeds: Mapping[str, Feed], origin: Origin) -> Outcome | None:
        """Load what may pass of a delivery, if its files are where they were, as they were."""
        state = self._log.replay(delivery, Delivery(), evolve)
        if state.state == "completed" and not state.let_through:
            return _known(delivery, state)
        for request in asked(state, feeds):
            if all(path.exists() for path in [*request.paths, *_given(request.mapping)]):
                with ExitStack() as stack:
                    load = _Load(self, request, origin, stack)
                    if load.outcome.delivery == delivery:
                        return load.run()
        return None

    def _append(
        self,
        delivery: UUID,
        version: int,
        events: Sequence[Event],
        reason: str,
        origin: Origin,
    ) -> None:
        if not events:
            return
        sealing = self._keys.for_reason(delivery, reason)
        self._log.append(
            [
                Recorded(delivery, version + number, origin, origin.recorded, event, sealing)
                for number, event in enumerate(events, 1)
            ]
        )

    def load(self, request: Request, origin: Origin, *, wait: float = 0.0) -> Outcome:
        """Load one delivery. Raises FeedError for a file that cannot be read as its feed says.

        Another load is waited for ``wait`` seconds; then raises LockedError.
        """
        with self._log.lock("load", wait=wait), seldom_collecting(), ExitStack() as stack:
            return _Load(self, request, origin, stack).run()


class _Load:
    """One load, step by step."""

    def __init__(
        self, loading: Loading, request: Request, origin: Origin, stack: ExitStack
    ) -> None:
        """Find out which delivery it is. ``stack`` ends what the load has begun."""
        self._log, self._keys, self._master = loading._log, loading._keys, loading._master
        self._chunk, self._work = loading._chunk, loading._work
        self._shared_from, self._kept_from = loading._shared_from, loading._kept_from
        self._sealing = Sealing(self._keys, self._master)
        self._request = request
        self._origin = origin
        self._seen = {path: _look(path) for path in request.paths}
        # Begun first: a second process opens the file while its digest is taken here.
        self._process: Process = stack.enter_context(self._begun())
        self._digest = _digest(request.paths, self._master)
        self._stream = _stream(self._master, request, self._digest)
        self._delivery = self._log.replay(self._stream, Delivery(), evolve)
        self._began = self._log.position()
        self._appended: Appending | None = None
        self._laid = 0
        self._clock = time.perf_counter()
        self.outcome = Outcome(self._stream, self._delivery.state)

    def run(self) -> Outcome:
        known = self._already_known()
        if known is not None:
            return known
        try:
            return self._take_up() if self._delivery.let_through else self._read()
        except FeedError as error:
            self._refuse(error)
            raise

    def _already_known(self) -> Outcome | None:
        """A delivery that had ended repeats its first exit code and appends nothing."""
        delivery = self._delivery
        if delivery.state == "refused":
            raise FeedError(self._request.paths[0].name, *delivery.refusal)
        if delivery.state not in ("completed", "held", "rejected"):
            return None
        if delivery.let_through and not self._request.dry_run:
            return None
        return _known(self._stream, delivery)

    def _read(self) -> Outcome:
        request = self._request
        process = self._process
        about = process.about
        with ExitStack() as stack:
            source, fresh = self._source(about)
            order, by = self._order(about.header)
            # Which name is which, English names cannot say of a table of another shape.
            own_names = not source.nameless and not source.fields
            telling = own_names and not self._delivery.approved
            kept = self._kept(about.header, source, order)
            stack.callback(kept.drop)
            rules = Rules(request.source, order, source.oldest, telling)
            spool, found = self._first_pass(process, rules, kept, source, stack)
            self._lap("read")
            mode = request.mode or about.mode
            scopes = _scopes(about.header, found) if mode == "snapshot" else ()
            held = self._guard(source, found, scopes, (order, by))
            self.outcome.dropped = dict(about.dropped)
            self.outcome.effective_by = by
            if request.dry_run:
                return self._rehearsed(found, held)
            if fresh:
                changed = Sources(self._log, self._master).register(source, self._origin)
                self.outcome.new_source = changed and source.automatic
            if held is not None:
                return self._hold(held, found, spool)
            self._receive(about, mode, (order, by), scopes, found)
            failpoint("load.received")
            outcome = self._append(spool, process.submit, order, scopes, found)
            kept.replace()
            return outcome

    def _take_up(self) -> Outcome:
        """Read the file again, and append the rows that were held in it and have been approved.

        Every other row was taken before, or waits on.
        """
        before, order = self._delivery.counts, self._delivery.order
        assert order is not None
        told = _again(before)
        process = self._process
        with ExitStack() as stack:
            source, _ = self._source(process.about)
            kept = self._kept(process.about.header, source, order)
            rules = Rules(self._request.source, order, source.oldest, telling=False)
            spool, found = self._first_pass(process, rules, kept, source, stack)
            self._lap("read")
            planned = (chunk for chunk in spool if chunk.settled)
            for appended in self._appending(process.submit, order).chunks(planned, found):
                self._evolve(appended)
                told = told + appended.gain
            self._lap("append")
        self.outcome.effective_by = self._delivery.effective_by
        return self._ended("completed", told, self._delivery.exit_code)

    def _first_pass(
        self,
        process: Process,
        rules: Rules,
        kept: Kept,
        source: SourceRegistered,
        stack: ExitStack,
    ) -> tuple[Spool, Findings]:
        """Read the whole file; once more where rows were recalled that have to be read."""
        how = How(self._delivery.chunk or self._chunk, kept)
        only = self._delivery.let_through
        while True:
            keeping = None if only else Keeping(kept)
            if keeping is not None:
                stack.callback(keeping.close)
            preparing = Preparing(self._master.hashes, rules, keeping)
            rows = map(preparing.chunk, process.chunks(how))
            spool = stack.enter_context(Spool(self._work))
            first_pass = FirstPass(
                self._log.heads,
                self._history,
                partial(held_to, self._log, self._master),
                rules.order,
                drift_allowed=self._delivery.approved,
                only=only,
            )
            found = first_pass.run(
                self._told(rows), spool, may_repeat_keys=source.dual_registration
            )
            self._insist_on_the_same_bytes()
            if keeping is not None:
                keeping.finish(without=found.kept_out)
            if not found.again:
                return spool, found
            how = replace(how, again=how.again | found.again)

    def _insist_on_the_same_bytes(self) -> None:
        """Raise ChangedFileError where a file is not what it was when its digest was taken."""
        for path, seen in self._seen.items():
            if _look(path) != seen:
                raise ChangedFileError(
                    f"{path.name} was changed while it was read; expected a file that stays as it"
                    " is, so load it again"
                )

    def _kept(self, header: Header, source: SourceRegistered, order: Order) -> Kept:
        """Where rows of the source are kept, and for which readings they are good."""
        request = self._request
        day = day_of(order.effective)
        folder = self._work / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        name = self._master.hashes.stream_id("rows", request.source).hex
        return Kept(
            folder / f"{name}.db",
            (
                request.source,
                request.feed.name,
                str(request.feed.version),
                _mapping_digest(request.mapping),
                str(source.oldest),
                *header.scopes,
            ),
            day.isoformat(),
            (day + LASTING).isoformat(),
            self._kept_from,
        )

    def _begun(self) -> Alone | Shared:
        """Where to read: here, or in a second process where the delivery is worth one."""
        request = self._request
        delivered = Delivered(request.feed, request.paths, request.mapping)
        least = self._shared_from
        if least is not None and _size(request.paths) >= least:
            return Shared(delivered, self._master, self._keys.url)
        return Alone(delivered, self._master, self._sealing)

    def _source(self, about: About) -> tuple[SourceRegistered, bool]:
        """The source as registered, or as its feed has it by default."""
        request = self._request
        known = Sources(self._log, self._master).registry().sources.get(request.source)
        if known is None:
            made = registration(request.source, request.feed.name, about.settings, automatic=True)
            return made, True
        if known.feed != request.feed.name:
            raise UsageError(
                f"source {request.source!r} sends {known.feed}, not {request.feed.name}; "
                "expected the source's own feed, or another source"
            )
        fields = about.settings.fields
        if set(fields) == set(known.fields):
            return known, False
        if self._log.heads.count_current(request.source):
            raise UsageError(
                f"source {request.source!r} has records of other fields than the mapping declares; "
                "expected the fields that it was first loaded with, or another source"
            )
        return msgspec.structs.replace(known, fields=fields), True

    def _order(self, header: Header) -> tuple[Order, str]:
        """Place of the file in its source's time; fixed once it has been recorded."""
        if self._delivery.order is not None:
            return self._delivery.order, self._delivery.effective_by
        place = bytes.fromhex(self._digest)[:16]
        if header.effective:
            return Order(moment(header.effective), header.sequence, place), "file"
        if self._request.effective:
            return Order(moment(self._request.effective), header.sequence, place), "option"
        return Order(self._origin.recorded, header.sequence, place), "loading"

    def _history(self, record: UUID) -> Record:
        return self._log.replay(record, Record(), evolve_record)

    def _guard(
        self,
        source: SourceRegistered,
        found: Findings,
        scopes: tuple[str, ...],
        placed: tuple[Order, str],
    ) -> DeliveryHeld | None:
        """The hold that the source's share calls for; None where the file may go on."""
        why = self._reason_to_hold(source, found, scopes, placed[0])
        return None if why is None else self._held(*why, source, found, placed)

    def _reason_to_hold(
        self, source: SourceRegistered, found: Findings, scopes: tuple[str, ...], order: Order
    ) -> tuple[str, str] | None:
        """The rule that holds the file, and what was expected."""
        if self._delivery.approved or self._delivery.state == "received":
            return None
        if exchanged.most_are_exchanged(found.exchanged, found.in_place):
            return "COLUMNS-EXCHANGED", "forename and family name each in its own column"
        heads = self._log.heads
        absent = {
            scope: heads.count_current(source.source, scope, order) - found.named_in((scope,))
            for scope in scopes
        }
        missing = sum(max(0, number) for number in absent.values())
        if not missing and found.amended < 2:
            return None
        current = heads.count_current(source.source)
        allowed = source.guard_share * current
        if missing > allowed and (missing > 1 or missing == current):
            return "GUARD-WITHDRAWN", _share(source.guard_share, current, missing)
        for scope, number in absent.items():
            held = heads.count_current(source.source, scope) if number > 1 else 0
            if number > max(OF_ONE_SCOPE, source.guard_share) * held > 0:
                return "GUARD-WITHDRAWN", f"of {scope or 'the source'}: " + _share(
                    max(OF_ONE_SCOPE, source.guard_share), held, number
                )
        if found.amended > allowed and found.amended > 1:
            return "GUARD-AMENDED", _share(source.guard_share, current, found.amended)
        return None

    def _held(
        self,
        rule: str,
        expected: str,
        source: SourceRegistered,
        found: Findings,
        placed: tuple[Order, str],
    ) -> DeliveryHeld:
        return DeliveryHeld(
            source=source.source,
            feed=source.feed,
            rule=rule,
            counts=found.counts,
            expected=expected,
            size=_size(self._request.paths),
            mode=self._request.mode or "",
            stated=self._request.effective,
            mapped=self._request.mapping is not None,
            order=placed[0],
            effective_by=placed[1],
            path=_path([*self._request.paths, *_given(self._request.mapping)]),
        )

    def _rehearsed(self, found: Findings, held: DeliveryHeld | None) -> Outcome:
        self.outcome.state = "rehearsed"
        self.outcome.counts = found.counts
        self.outcome.exit_code = PARTLY if held else found.counts.exit_code
        self.outcome.held_by = held.rule if held else ""
        return self.outcome

    def _hold(self, held: DeliveryHeld, found: Findings, spool: Spool) -> Outcome:
        whole = Counts(rows=found.counts.rows, held=found.counts.rows)
        marked = self._current(record for chunk in spool for record in chunk.all_marked())
        self._record(msgspec.structs.replace(held, counts=whole), path=True, marked=marked)
        self.outcome.held_by, self.outcome.expected = held.rule, held.expected
        return self._ended("held", whole, PARTLY)

    def _refuse(self, error: FeedError) -> None:
        if self._request.dry_run or self._delivery.state == "received":
            return
        self._record(
            DeliveryRefused(
                source=self._request.source,
                feed=self._request.feed.name,
                where=error.where,
                field=error.field,
                expected=error.expected,
            )
        )

    def _receive(
        self,
        about: About,
        mode: Mode,
        placed: tuple[Order, str],
        scopes: tuple[str, ...],
        found: Findings,
    ) -> None:
        if self._delivery.state == "received":
            return
        request = self._request
        self._record(
            DeliveryReceived(
                source=request.source,
                feed=request.feed.name,
                digest=self._digest,
                reader=request.feed.version,
                mapping=_mapping_digest(request.mapping),
                mode=mode,
                stated=request.effective,
                order=placed[0],
                effective_by=placed[1],
                scopes=scopes,
                chunk=self._chunk,
                size=_size(request.paths),
                counts=found.counts,
                dropped=_sorted(about.dropped),
                mapped=request.mapping is not None,
                path=_path([*request.paths, *_given(request.mapping)]),
            ),
            path=True,
            received=[DeliveryHead(self._stream, request.source, placed[0])],
        )

    def _append(
        self,
        spool: Spool,
        submit: Submit,
        order: Order,
        scopes: tuple[str, ...],
        found: Findings,
    ) -> Outcome:
        appending = self._appending(submit, order)
        done = self._delivery.chunks
        planned = (chunk for chunk in spool if chunk.number >= done)
        for appended in appending.chunks(planned, found):
            self._evolve(appended)
            self._tell("append", self._delivery.counts.rows)
        self._lap("append")
        for absent in appending.withdrawals(scopes, self._chunk):
            self._evolve(appending.withdraw(absent))
        counts = self._delivery.counts
        completed = DeliveryCompleted(counts, scopes, bool(scopes), counts.exit_code)
        failpoint("load.before-complete")
        appending.complete(completed)
        self._evolve(completed)
        self._lap("withdraw")
        return self._ended("completed", counts, counts.exit_code)

    def _appending(self, submit: Submit, order: Order) -> Appending:
        place = Place(self._stream, self._request.source, order, self._origin)
        version = self._delivery.version
        self._appended = Appending(
            self._log, self._master, self._sealing, submit, place, version=version
        )
        return self._appended

    def _ended(self, state: str, counts: Counts, exit_code: int) -> Outcome:
        self.outcome.state, self.outcome.counts = state, counts
        self.outcome.exit_code = exit_code
        self.outcome.events = self._log.position() - self._began
        # What shields a child tells of it.
        laid = self._laid if self._appended is None else self._appended.laid
        self.outcome.events -= laid
        return self.outcome

    def _current(self, records: Iterable[bytes]) -> set[UUID]:
        """Those of these records that are known, and current."""
        heads = self._log.heads.records({UUID(bytes=record) for record in records})
        return {record for record, head in heads.items() if head.state.standing == "current"}

    def _record(
        self,
        event: DeliveryEvent,
        *,
        path: bool = False,
        marked: Collection[UUID] = (),
        received: Sequence[DeliveryHead] = (),
    ) -> None:
        """Append one event of the delivery; its path is sealed under the delivery's own key.

        The children of ``marked`` records are shielded in the same commit.
        """
        keys = tuple(self._keys.issue([self._stream.bytes])) if path else ()
        version, recorded = self._delivery.version + 1, self._origin.recorded
        own = Recorded(self._stream, version, self._origin, recorded, event, keys)

        def attempt() -> None:
            marking = Marking(marked, self._log, self._origin, marked)
            heads = HeadChanges(
                deliveries=received,
                shields=list(marking.acts.heads()),
                unmoved=marking.unmoved,
            )
            messages = [*marking.acts.messages, own]
            self._log.append(messages, heads=heads, expect=marking.expect)
            self._laid = len(marking.acts.messages)

        again(attempt)
        self._evolve(event)

    def _told(self, chunks: Iterable[PreparedChunk]) -> Iterator[PreparedChunk]:
        """The chunks, with word of each as it passes."""
        rows = 0
        for chunk in chunks:
            rows += len(chunk.rows) + len(chunk.faults)
            self._tell("read", rows)
            yield chunk

    def _tell(self, stage: str, rows: int) -> None:
        if self._request.progress is not None:
            self._request.progress(stage, rows)

    def _evolve(self, event: DeliveryEvent) -> None:
        self._delivery = evolve(self._delivery, event)

    def _lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.outcome.seconds[stage] = round(now - self._clock, 3)
        self._clock = now


def _scopes(header: Header, found: Findings) -> tuple[str, ...]:
    """Scopes for which the file is a complete snapshot: those of its header, else of its rows.

    A file of an authority names its schools in its rows alone, and says nothing of other schools.
    """
    named = set(header.scopes) or found.scopes - {""} or {""}
    if named == {""}:
        return () if found.unreadable else ("",)
    if "" in found.unreadable:
        return ()
    return tuple(sorted(named - found.unreadable))


def _share(share: float, current: int, records: int) -> str:
    return f"at most {share:.0%} of {current} records, not {records}"


def _known(stream: UUID, delivery: Delivery) -> Outcome:
    """What is said of a delivery that had ended: its exit code, and that nothing was appended."""
    return Outcome(
        stream,
        delivery.state,
        counts=_again(delivery.counts),
        dropped=delivery.dropped,
        exit_code=delivery.exit_code,
        known=True,
        held_by=delivery.held.rule if delivery.held and not delivery.approved else "",
        effective_by=delivery.effective_by,
    )


def _again(counts: Counts) -> Counts:
    """The rows of a delivery that is known already: what was taken then is unchanged now."""
    taken = counts.new + counts.changed + counts.unchanged
    return msgspec.structs.replace(counts, new=0, changed=0, unchanged=taken, withdrawn=0)


def _digest(paths: Sequence[Path], master: MasterKey) -> str:
    """Keyed hash of all bytes of the delivery: says nothing of them without the key."""
    whole = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                whole.update(block)
    return master.hashes.content_hash(whole.digest()).hex()


def _look(path: Path) -> tuple[int, int, int]:
    """Size, time of change and number of a file: other bytes have others of these."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino


def _mapping_digest(mapping: Path | None) -> str:
    return hashlib.sha256(mapping.read_bytes()).hexdigest()[:16] if mapping else ""


def _stream(master: MasterKey, request: Request, digest: str) -> UUID:
    """A delivery is known by source, feed, content, reader, mapping, mode and stated time."""
    return master.hashes.stream_id(
        "delivery",
        request.source,
        request.feed.name,
        digest,
        str(request.feed.version),
        _mapping_digest(request.mapping),
        "" if request.mode == request.feed.mode and not request.mapping else request.mode or "",
        request.effective,
    )


def _size(paths: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def _path(paths: Sequence[Path]) -> str:
    """The files' names as the log keeps them: of bytes that are no UTF-8 it says which they are.

    Such a file is not found again when what is held of it is approved, and is to be loaded anew.
    """
    names = "\n".join(str(path.absolute()) for path in paths)
    return names.encode("utf-8", "backslashreplace").decode()


def _given(path: Path | None) -> list[Path]:
    return [] if path is None else [path]


def _sorted(dropped: Counter[str]) -> dict[str, int]:
    return dict(sorted(dropped.items()))

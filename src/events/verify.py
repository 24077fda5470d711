"""Verification: is the log what was written, and do heads and checkpoints agree with it?"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain as joined
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from events.catalogue import UnknownEventTypeError
from events.chain import START, ChainedEvent, Link, link
from events.checkpoints import Checkpoint, Checkpoints
from events.keys import SubjectKeys, UnknownKeyError
from events.ledger import ErasureLedger, Ledger, LedgerError
from events.log import Log
from events.mapper import Row, TamperedEventError
from events.message import Recorded
from events.spilled import Spilled
from events.store.heads import (
    ChildHead,
    DeliveryHead,
    Head,
    JudgementHead,
    KeyHead,
    RecordHead,
    ScopeHead,
    ShieldHead,
    SideRecord,
)

HeadsOf = Callable[[Iterator[Recorded]], Iterable[Head]]
"""All heads that follow from the events of a log; sealed fields are left out of the events."""

ENCODED = msgspec.msgpack.Encoder(uuid_format="bytes").encode

UNANCHORED = (
    "no checkpoint of this log was found: whether its last commits were cut off, or its whole chain"
    " written anew, could not be looked for"
)
UNLEDGERED = (
    "no ledger of erasures or shields was found: what was erased or shielded could not be looked"
    " for, and a restore would ask for them"
)
_PAGE = 1000
UNCOMPARED = "the heads were not compared with the events"


class _Wanted(NamedTuple):
    """A head that follows from the events."""

    name: str
    head: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written."""

    what: str
    position: int | None = None
    """Where in the log; None where it is not one place."""

    def __str__(self) -> str:
        return self.what if self.position is None else f"position {self.position}: {self.what}"


@dataclass(slots=True)
class Report:
    """What a verification found, and what it could not look for."""

    findings: list[Finding] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    events: int = 0
    commits: int = 0
    checkpoints: int = 0
    later: list[Checkpoint] = field(default_factory=list)
    """Checkpoints of commits that the log is not expected to have."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found amiss."""
        return not self.findings


def verify(
    log: Log,
    checkpoints: Checkpoints | None = None,
    heads_of: HeadsOf | None = None,
    *,
    upto: int | None = None,
) -> Report:
    """Walk the whole log and compare it with its chain, its checkpoints and its heads.

    A log out of a backup is held only against the checkpoints ``upto`` where the backup ended.
    """
    report = Report()
    notes = _notes(log, checkpoints, report)
    if upto is not None:
        report.later = [notes.pop(position) for position in sorted(notes) if position > upto]
    report.findings += _damaged(log)
    report.findings += _unreadable(log)
    acts = _walk(log, notes, report) if report.is_whole else {}
    if not log.names.heads:
        return report
    if heads_of is None:
        report.unchecked.append(UNCOMPARED)
    elif report.is_whole:
        _compare_heads(log, heads_of, report)
        _compare_acts(log, acts, report)
    return report


def replaced(logs: Sequence[Log], checkpoints: Checkpoints) -> list[Finding]:
    """Whether a log of this installation beside these was taken away, so that one began anew."""
    return [
        Finding(
            f"a log that ended at position {note.position} was taken away and begun anew: "
            f"{note.log}.checkpoints is signed for it"
        )
        for note in checkpoints.of_others({log.id.hex() for log in logs})
    ]


def verify_keys(keys: SubjectKeys, most: int = 10) -> list[Finding]:
    """Which subjects' keys are gone or do not open; at most so many are named one by one."""
    if findings := _damaged(keys) or [Finding(said) for said in keys.miscounted()]:
        return findings
    found = list(islice(keys.amiss(), most + 1))
    findings = [Finding(f"subject key {number} {what}") for number, what in found[:most]]
    return [*findings, Finding("more subject keys like these")] if found[most:] else findings


def verify_subjects(log: Log, keys: SubjectKeys, most: int = 10) -> list[Finding]:
    """Records whose keys are not those that they were sealed with: the keys are not the log's."""
    found = list(islice(_of_other_keys(log, keys), most + 1))
    findings = [Finding(what) for what in found[:most]]
    return [*findings, Finding("more records like these")] if found[most:] else findings


def _of_other_keys(log: Log, keys: SubjectKeys) -> Iterator[str]:
    heads = (head for head in log.heads.all_records() if head.key)
    while some := list(islice(heads, _PAGE)):
        numbers = keys.numbers([head.record.bytes for head in some])
        for head in some:
            number = numbers.get(head.record.bytes)
            if number != head.key:
                has = "none" if number is None else f"subject key {number}"
                yield (
                    f"record {head.record.hex[:8]} was sealed with subject key {head.key}, and"
                    f" has {has}: the keys are not those of this log, or older"
                )


def verify_erasures(keys: SubjectKeys, ledger: ErasureLedger, log: bytes) -> list[Finding]:
    """What was erased and can be opened: the keys are older, or an erasure was cut short."""
    try:
        notes = ledger.read(log)
    except LedgerError:
        return []  # verify_ledgers says so
    erased = dict.fromkeys(subject.bytes for note in notes for subject in note.subjects)
    live = keys.live(erased)
    if not live:
        return []
    return [
        Finding(
            f"{len(live)} subject keys open what was erased, the first number {live[0]}: the keys"
            " are older than the erasure, or it was cut short and is to be given again"
        )
    ]


def verify_ledgers(ledgers: Iterable[Ledger[Any]], log: bytes, report: Report) -> None:
    """Report what of a log's ledgers is gone, or not as it was written: no restore would take it.

    Where neither checkpoint nor ledger is left, the folder is not at hand, and nothing is found.
    """
    every = list(ledgers)
    if not report.checkpoints and not any(ledger.path(log).exists() for ledger in every):
        report.unchecked.append(UNLEDGERED)
        return
    for ledger in every:
        try:
            if not ledger.read(log):
                where = ledger.path(log)
                report.findings.append(Finding(f"{where}: nothing is left of the ledger"))
        except LedgerError as error:
            report.findings.append(Finding(str(error)))


def _notes(log: Log, checkpoints: Checkpoints | None, report: Report) -> dict[int, Checkpoint]:
    """Checkpoints by position; those not ours are findings."""
    notes: dict[int, Checkpoint] = {}
    for number, note in checkpoints.read(log) if checkpoints else ():
        if note is None or note.log != log.id.hex():
            report.findings.append(
                Finding(f"line {number} of the checkpoints is not one signed for this log")
            )
        else:
            if note.restored:
                _void(notes, note, report)
            notes[note.position] = note
            report.checkpoints += 1
    if not notes:
        report.unchecked.append(UNANCHORED)
    return notes


def _void(notes: dict[int, Checkpoint], restored: Checkpoint, report: Report) -> None:
    """Drop the notes of commits that a backup did not have when it was restored."""
    lost = [position for position in notes if position > restored.position]
    for position in lost:
        del notes[position]
    report.unchecked.append(
        f"the log was restored from a backup that ended at position {restored.position}: of "
        f"{len(lost)} checkpoints after it nothing was looked for"
    )


def _damaged(store: Log | SubjectKeys) -> list[Finding]:
    """What is found by one way of reading and not by another: an index beside its table."""
    return [Finding(f"the database is damaged: {what}") for what in store.damaged()]


def _unreadable(log: Log) -> list[Finding]:
    """Rows that hold what nothing of ours writes: they could not even be read to be checked."""
    return [
        Finding("the event is of no type known here, or not in the form of one", position)
        for position in log.alien()
    ]


def _walk(log: Log, notes: dict[int, Checkpoint], report: Report) -> dict[str, int]:
    """Make each commit's hash again, and hold checkpoints against the links that they name.

    Gives the end of the last commit that moved the head of each act.
    """
    acts: dict[str, int] = {}
    last = log.position()
    rows = (row for page in log.pages(upto=last) for row in page)
    pending = next(rows, None)
    previous = Link(0, 0, 0, START)
    passed: dict[int, bytes] = {}
    for one in _links(log):
        report.commits += 1
        events, pending = _commit(rows, pending, one)
        report.events += len(events)
        _check_commit(log, previous, one, events, report)
        acts.update(dict.fromkeys(_moved(log, events), one.last))
        previous = one
        if one.last in notes:
            passed[one.last] = one.hash
    left = joined([pending], rows) if pending else rows
    if unchained := next(left, None):
        report.findings.append(Finding("events that no commit accounts for", unchained.position))
    elif last != previous.last:
        report.findings.append(
            Finding(
                f"positions were given out up to here, but commits end at {previous.last}", last
            )
        )
    _check_notes(notes, passed, previous.last, report)
    return acts


def _moved(log: Log, events: list[Row]) -> set[str]:
    """The acts whose heads some events move."""
    kinds = {row.type for row in events}
    return {log.mapper.catalogue.reading(kind)[0].event.moves for kind in kinds} - {""}


def _links(log: Log) -> Iterator[Link]:
    after = 0
    while found := log.links(after):
        yield from found
        after = found[-1].last


def _commit(rows: Iterator[Row], pending: Row | None, one: Link) -> tuple[list[Row], Row | None]:
    """The rows up to a commit's last position, and the first row after it."""
    events: list[Row] = []
    while pending is not None and pending.position <= one.last:
        events.append(pending)
        pending = next(rows, None)
    return events, pending


def _check_commit(log: Log, previous: Link, one: Link, events: list[Row], report: Report) -> None:
    if one.first != previous.last + 1:
        report.findings.append(Finding("a commit is missing before this one", one.first))
    missing = sorted(set(range(one.first, one.last + 1)) - {row.position for row in events})
    if missing:
        report.findings.append(Finding("an event is missing", missing[0]))
        return
    chained = (
        ChainedEvent(row.position, row.stream.bytes, row.version, row.type, row.state)
        for row in events
    )
    span = one.first, one.last, one.recorded
    if link(log.names.chain_key, previous.hash, span, chained).hash == one.hash:
        return
    found = _changed_events(log, events)
    report.findings += found or [
        Finding(
            f"something between here and position {one.last} was changed or exchanged", one.first
        )
    ]


def _changed_events(log: Log, events: list[Row]) -> list[Finding]:
    """Which events of a broken commit show it themselves: their seal or their form is broken."""
    found = []
    for row in events:
        try:
            log.decode([row])
        except (TamperedEventError, UnknownKeyError):
            found.append(
                Finding("the event was changed: its seal or its form is broken", row.position)
            )
        except UnknownEventTypeError:
            found.append(Finding("the event is of no known type", row.position))
    return found


def _check_notes(
    notes: dict[int, Checkpoint], passed: dict[int, bytes], last: int, report: Report
) -> None:
    for position, note in sorted(notes.items()):
        if position > last:
            report.findings.append(
                Finding(f"the log ends at {last}, but a checkpoint was signed here", position)
            )
        elif position not in passed:
            report.findings.append(Finding("a checkpoint names a commit that is not", position))
        elif passed[position].hex() != note.hash:
            report.findings.append(
                Finding("the chain was written anew: a checkpoint has another hash", position)
            )


def _compare_heads(log: Log, heads_of: HeadsOf, report: Report) -> None:
    """Compare all heads stored with those that follow from the events."""
    wanted = Spilled(_Wanted)
    for head in heads_of(_events(log)):
        wanted[_key(head)] = _Wanted(_name(head), ENCODED(head))
    stored: dict[str, Iterator[Head]] = {
        "records": log.heads.all_records(),
        "children": log.heads.all_children(),
        "scopes": log.heads.all_scopes(),
        "deliveries": log.heads.all_deliveries(),
        "keys": log.heads.all_keys(),
        "shields": log.heads.all_shielded(),
        "judgements": log.heads.all_judgements(),
        "sides": log.heads.all_sides(),
    }
    for kind, heads in stored.items():
        try:
            for head in heads:
                name = _name(head)
                if wanted.pop(_key(head)) != _Wanted(name, ENCODED(head)):
                    report.findings.append(
                        Finding(f"the head of {name} does not follow from its events")
                    )
        except (TypeError, ValueError):  # as where a number stands in the place of an id
            report.findings.append(Finding(f"the heads of {kind}: one is not in the form of one"))
            return
    for _, missing in wanted.entries():
        report.findings.append(Finding(f"the head of {missing.name} is missing"))


def _compare_acts(log: Log, wanted: dict[str, int], report: Report) -> None:
    """Compare where the head of each act stands with where its last event was committed."""
    for head in log.heads.all_acts():
        if wanted.pop(head.act, 0) != head.position:
            report.findings.append(Finding(f"the head of each {head.act} is not at its last event"))
    for act in wanted:
        report.findings.append(Finding(f"the head of each {act} is missing"))


def _events(log: Log) -> Iterator[Recorded]:
    for page in log.pages():
        yield from log.decode(page, opened=False)


def _key(head: Head) -> UUID:
    """An id of what a head is the head of."""
    return UUID(bytes=blake2b(ENCODED(_what(head)), digest_size=16).digest())


def _what(head: Head) -> tuple[object, ...]:
    match head:
        case RecordHead():
            return ("record", head.record)
        case ChildHead():
            return ("child", head.child)
        case ScopeHead():
            return ("scope", head.source, head.scope)
        case DeliveryHead():
            return ("delivery", head.delivery)
        case KeyHead():
            return ("key", head.key)
        case ShieldHead():
            return ("shield", head.record, head.shield)
        case JudgementHead():
            return ("judgement", head.left, head.right)
        case SideRecord():
            return ("side", head.never_link, head.record)


def _name(head: Head) -> str:
    match head:
        case RecordHead():
            return f"record {head.record.hex[:8]}"
        case ChildHead():
            return f"child {head.child.hex[:8]}"
        case ScopeHead():
            return f"scope {head.source} {head.scope}".rstrip()
        case DeliveryHead():
            return f"delivery {head.delivery.hex[:8]}"
        case KeyHead():
            return f"key {head.key.hex[:8]}"
        case ShieldHead():
            return f"record {head.record.hex[:8]} under shield {head.shield.hex[:8]}"
        case JudgementHead():
            return f"judgement {head.left.hex[:8]}-{head.right.hex[:8]}"
        case SideRecord():
            return f"side {head.record.hex[:8]}"

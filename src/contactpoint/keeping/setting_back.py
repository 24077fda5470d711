"""What is done to an index whose log was set back to an older day, before anybody may read it.

What was erased since is erased again, who was shielded since is shielded again, the logs are held
against their chains and checkpoints, and the read models are made anew.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from contactpoint.bootstrap import Contactpoint
from contactpoint.following import heads_of
from contactpoint.keeping.manifest import BackupError, End
from contactpoint.keeping.shielding_again import shield_again
from contactpoint.settings import Settings
from events.checkpoints import Checkpoints
from events.ledger import ErasureLedger, Ledger, N, ShieldLedger
from events.log import Log
from events.master import MasterKey
from events.verify import Report, verify
from projections.index import RECORD

SHOWN = 5
"""Findings that an error names."""


@dataclass(frozen=True, slots=True)
class SetBack:
    """What was found and done."""

    log: Report
    access: Report
    erased: int
    shielded: int


class SettingBack:
    """Reads what is noted outside, and brings an index that was set back to agree with it."""

    def __init__(
        self, settings: Settings, master: MasterKey, log: bytes, *, without_ledger: bool
    ) -> None:
        """``settings`` say where the notes are; ``without_ledger``: also where some are gone."""
        self._log, self._without_ledger = log, without_ledger
        self._checkpoints = Checkpoints(settings.checkpoints, master.signing)
        self._erasures = ErasureLedger(settings.checkpoints, master.signing)
        self._shields = ShieldLedger(settings.checkpoints, master.signing)

    def must_have(self, noted: Mapping[str, int]) -> None:
        """Raises BackupError where a ledger has fewer notes than are known to have been made."""
        self._whole(self._erasures, "erasures", "erased", noted)
        self._whole(self._shields, "shields", "shielded", noted)

    def _whole(self, ledger: Ledger[N], what: str, done: str, noted: Mapping[str, int]) -> None:
        found, expected = len(ledger.read(self._log)), noted.get(what, 0)
        if found < expected and not self._without_ledger:
            raise BackupError(
                f"{ledger.path(self._log)}: {found} notes of {what}, but there were {expected}: "
                f"what was {done} since could come back; expected the ledger that was kept "
                "outside, or --without-ledger"
            )

    def run(
        self, store: Contactpoint, ends: Mapping[str, End], erased: Collection[UUID] = ()
    ) -> SetBack:
        """Bring it to agree; ``erased`` are subjects of which is known from elsewhere.

        Raises BackupError where the logs do not end where they should, or were changed.
        """
        # First of all: what has no key cannot come to stand in a read model, not for a moment.
        subjects = self._destroy(store, erased)
        log, access = (
            self._verified(log, ends[log.names.name]) for log in (store.log, store.access)
        )
        shielded = shield_again(store, self._shields.standing(self._log))
        store.rebuilding().rebuild()
        again = self._erase(store, subjects)
        _compare(store)
        return SetBack(log, access, again, shielded)

    def _destroy(self, store: Contactpoint, erased: Collection[UUID]) -> set[UUID]:
        """Destroy the keys of all that was erased; whose keys were ever destroyed."""
        notes = self._erasures.read(self._log)
        subjects = {subject for note in notes for subject in note.subjects} | set(erased)
        store.keys.destroy(sorted(subject.bytes for subject in subjects))
        return {UUID(bytes=subject) for subject, _ in store.keys.erasures()}

    def _verified(self, log: Log, end: End) -> Report:
        name = log.names.name
        if end_of(log) != end:
            raise BackupError(f"the {name} does not end where the backup says")
        heads = heads_of if log.names.heads else None
        report = verify(log, self._checkpoints, heads, upto=end.position)
        if report.findings:
            said = "; ".join(map(str, report.findings[:SHOWN]))
            raise BackupError(f"the {name} of the backup was changed: {said}")
        return report

    def _erase(self, store: Contactpoint, subjects: Collection[UUID]) -> int:
        """Say in the log what was erased since; how many records it was."""
        notes = self._erasures.read(self._log)
        # The subject of a record's particulars is its id.
        records = {record for note in notes for record in note.records} | set(subjects)
        children = {child for note in notes for child in note.children}
        done = store.erasing.again(records, children, store.origin("restore"))
        if done.records or done.children:
            store.linking.run(store.origin("link"), store.model)
        store.projector.catch_up()
        return done.records


def end_of(log: Log) -> End:
    """How far a log goes."""
    last = log.last_link()
    return End(log.id.hex(), last.last, last.hash.hex()) if last else End(log.id.hex(), 0, "")


def note_outside(store: Contactpoint, ends: Mapping[str, End]) -> None:
    """Note beside the checkpoints that both logs were set back, and how far they go now."""
    for log in (store.log, store.access):
        end = ends[log.names.name]
        store.checkpoints.write_restored(log, end.position, end.hash)
        store.checkpoints.write(log)
    store.ledger.begin(store.log.id)
    store.shield_ledger.begin(store.log.id)


def must_be(what: str, found: int, expected: int) -> None:
    """Raises BackupError where a figure is another."""
    if found != expected:
        raise BackupError(f"{found:,} {what}; expected {expected:,}")


def _compare(store: Contactpoint) -> None:
    """Raises BackupError where the read models have not what the log has."""
    current = sum(head.state.standing == "current" for head in store.log.heads.all_records())
    with store.read.connect() as connection:
        standing = sa.select(sa.func.count()).where(RECORD.c.standing == "current")
        shown = connection.execute(standing).scalar_one()
    must_be("current records of the read models", shown, current)


def missing(report: Report, end: End) -> tuple[int, int]:
    """How many positions after the end are known to be lost, and when the last was noted."""
    later = report.later[-1:]
    return (later[0].position - end.position, later[0].time) if later else (0, 0)

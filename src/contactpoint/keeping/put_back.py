"""Databases that a server's own tools have put back to an older day, made fit to be read again.

Large installations back their servers up by the servers' own means. Those know nothing of erasures,
of shields or of checkpoints: all that a restore does beside copying is done here.
"""

import shutil

from contactpoint.bootstrap import opened
from contactpoint.keeping.manifest import BackupError
from contactpoint.keeping.restoring import Restored
from contactpoint.keeping.setting_back import SettingBack, end_of, missing, note_outside
from contactpoint.keeping.staging import close_to_all, in_service, open_to_all
from contactpoint.people.deciding import Act
from contactpoint.settings import Settings
from events.master import MasterKey
from events.store.locks import file_lock
from projections.database import scrub

BEGUN = {"erasures": 1, "shields": 1}
"""Each ledger has a first note from the first backup on."""


def settle(settings: Settings, *, without_ledger: bool = False) -> Restored:
    """Bring databases that were put back to agree with what is noted outside.

    Until that is done no other command opens the index. Raises BackupError where they do not fit.
    """
    restoring = file_lock(settings.home / "restore.lock", "restore", 0.0)
    with restoring, in_service(settings, shared=False):
        with opened(settings) as store:
            store.require(Act.RESTORE)
            close_to_all(settings)
            master = MasterKey.load(settings.master_key)
            back = SettingBack(settings, master, store.log.id, without_ledger=without_ledger)
            back.must_have(BEGUN)
            ends = {log.names.name: end_of(log) for log in (store.log, store.access)}
            if not ends["log"].position:
                raise BackupError("the log is empty; expected one that was put back")
            shutil.rmtree(settings.work, ignore_errors=True)
            done = back.run(store, ends)
            scrub(store.read)
            note_outside(store, ends)
        open_to_all(settings)
    lost, at = missing(done.log, ends["log"])
    return Restored(
        name="put back",
        made=0,
        keys="",
        figures={"events": done.log.events, "accesses": done.access.events},
        position=ends["log"].position,
        missing=lost,
        last_missing=at,
        missing_accesses=missing(done.access, ends["access"])[0],
        erased=done.erased,
        shielded=done.shielded,
        unchecked=tuple(done.log.unchecked),
    )

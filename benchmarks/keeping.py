"""How long a backup takes, and a drill and a restore of it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from benchmarks import measures
from contactpoint.installing import open_store
from contactpoint.keeping.manifest import Taken
from contactpoint.keeping.restoring import Restoring, find

T = TypeVar("T")


def keep(records: int, folder: Path, processes: int) -> measures.Figures:
    """Back up an index of invented children that are linked; try the backup, and restore it."""
    figures = measures.Figures(f"keep, some {records:,} records")
    settings = measures.loaded(folder, records, processes)
    with open_store(settings) as store:
        store.linking.run(store.origin("link"), store.model)
        store.projector.catch_up()
        spent, taken = _timed(lambda: store.backing_up.take(folder / "backup", folder / "keys"))
        figures.add("backup", spent, "s")
        figures.add("of it events", taken.index.manifest.figures["events"], "")
        figures.add("and bytes", (taken.index.size + taken.keys.size) / measures.MEGABYTE, "MB")
        again, _ = _timed(lambda: store.projector.rebuild(None))
        master = store.master
    index, keys = find(folder / "backup", folder / "keys", master)
    checked, _ = _timed(_checking(index, keys))
    figures.add("looking whether its files are whole", checked, "s")
    drilled, _ = _timed(Restoring(settings, index, keys).drill)
    figures.add("drill", drilled, "s")
    restored, _ = _timed(lambda: Restoring(settings, index, keys).restore(replace=True))
    figures.add("restore", restored, "s")
    figures.add("a rebuild of the read models alone", again, "s")
    figures.add("peak memory", measures.peak(), "MB")
    return figures


def _checking(*halves: Taken) -> Callable[[], None]:
    def check() -> None:
        for half in halves:
            half.check()

    return check


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    done = work()
    return time.perf_counter() - begun, done

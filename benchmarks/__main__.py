"""Runs the measures and prints their figures: ``-m benchmarks [--records N] [--only WHAT] ...``."""

import argparse
import multiprocessing
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks import keeping, matching, measures, postgres, queueing, serving

SIZES = (10_000, 100_000, 1_000_000)
KINDS = ("load", "project", "match", "link", "keep", "queue", "serve")
OF_FILES = ("load", "project", "match")
"""Those that look at SQLite's own files, or at no database."""
Measure = tuple[Callable[..., measures.Figures], tuple[Any, ...]]


def main() -> None:
    """Run what the command line asks for, one measure after the other."""
    asked = _arguments()
    usual = [kind for kind in KINDS if not (asked.postgres and kind in OF_FILES)]
    sizes, kinds = asked.records or SIZES, asked.only or usual
    on = "PostgreSQL" if asked.postgres else "SQLite"
    _say(f"Python {platform.python_version()}, {os.cpu_count()} cores, {on}, every check on")
    feeds, processes = asked.feed or tuple(measures.FEED_FILES), asked.processes or (1, 2)
    with postgres.running() if asked.postgres else nullcontext("") as server:
        for records in sizes:
            for measure, facts in _measures(records, kinds, feeds, processes):
                with postgres.fresh(server) if server else nullcontext():
                    _print(_apart(measure, facts))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "--records",
        type=int,
        action="append",
        help="records in each measure; may be given again (10,000, 100,000 and 1,000,000)",
    )
    parser.add_argument("--only", choices=KINDS, action="append", help="these measures only")
    parser.add_argument(
        "--feed", choices=measures.FEED_FILES, action="append", help="loads of these feeds only"
    )
    parser.add_argument(
        "--processes", type=int, choices=(1, 2), action="append", help="of a load (1, then 2)"
    )
    parser.add_argument(
        "--postgres",
        action="store_true",
        help="on a PostgreSQL of its own, from the tests' wheel, and not on SQLite",
    )
    asked = parser.parse_args()
    if asked.postgres and (wrong := [kind for kind in asked.only or () if kind in OF_FILES]):
        parser.error(
            f"--postgres does not go with --only {wrong[0]}; expected link, keep, queue or serve"
        )
    return asked


def _measures(
    records: int, kinds: Sequence[str], feeds: Sequence[str], processes: Sequence[int]
) -> Iterator[Measure]:
    if "load" in kinds:
        for feed, number in product(feeds, processes):
            yield measures.load, (feed, records, number)
    if "project" in kinds:
        yield measures.project, (records, max(processes))
    if "match" in kinds or "link" in kinds:
        yield matching.match, (records, 1)
    if "link" in kinds:
        yield measures.link, (records, max(processes))
    if "keep" in kinds:
        yield keeping.keep, (records, max(processes))
    if "queue" in kinds:
        yield queueing.queue, (records, max(processes))
    if "serve" in kinds:
        yield serving.serve, (records, max(processes))


def _apart(measure: Callable[..., measures.Figures], facts: tuple[Any, ...]) -> measures.Figures:
    """Run one measure in a fresh process, so that its peak of memory is its own."""
    *what, processes = facts
    with tempfile.TemporaryDirectory(prefix="contactpoint-bench-") as folder:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            return pool.submit(measure, *what, Path(folder), processes).result()


def _print(figures: measures.Figures) -> None:
    _say(f"\n{figures.title}")
    for what, value, unit in figures.lines:
        shown = f"{value:,.2f}" if value < 100 and unit else f"{value:,.0f}"
        _say(f"  {what:<38}{shown:>14} {unit}".rstrip())


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

"""This matcher beside Splink 5 and recordlinkage 0.16: same tables, same blocking, same threads.

``python3 dev.py peers [--only DATA] [--side SIDE] [--records N] [--threads N] [--limit SECONDS]
[--memory GB]``

Each side runs in a process of its own, from one Arrow table to clusters, so that its time and its
peak of memory are its own. A side that takes longer than the limit, or more memory, is ended, and
printed as such.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import inf
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import accuracy
from benchmarks.accuracy import Best, Clustered, Rate, Truth
from benchmarks.joining import one_of_each
from benchmarks.sides.answer import Answer, Stage, held, read
from linkage.evaluation import Scores
from linkage.model import Model

DATA: Final = {
    "febrl3": "FEBRL 3, 5,000 persons to deduplicate",
    "febrl4": "FEBRL 4, two files of 5,000 persons",
    "synth": "invented children",
    "density": "invented children at England's density",
    "no-families": "invented children without families",
    "loose": "invented children under loose rules",
}
SIDES: Final = {
    "contactpoint": "contactpoint",
    "contactpoint-fitted": "contactpoint, prior fitted",
    "contactpoint-trained": "contactpoint, trained",
    "contactpoint-all": "contactpoint, all fields",
    "contactpoint-all-fitted": "contactpoint, all fields, prior fitted",
    "contactpoint-all-trained": "contactpoint, all fields, trained",
    "splink": "Splink, as documented",
    "splink-capped": "Splink, EM capped at 1e6 pairs",
    "recordlinkage": "recordlinkage, ECM",
}
OURS: Final = "contactpoint"
KINDS: Final = {"febrl3": "persons", "febrl4": "persons", "loose": "loose"}
"""How a table is linked, where not as children by the rules of every side."""
OF_CHILDREN: Final = frozenset(one for one in SIDES if one.startswith("contactpoint-"))
"""Sides that are asked about tables of children alone: a declared shape has a trained model, and
no further fields; loose rules are about speed."""
SIZES: Final = {"synth": (100_000, 1_000_000), "loose": (300_000,)}
USUAL_SIZE: Final = 100_000
LIMIT: Final = 900
MEMORY: Final = 16.0
"""GB that a side may hold; DuckDB writes to disk before that, and what lies beside it counts."""
LOOK: Final = 0.5
"""Seconds between two looks at how much a side holds."""
LIKELIER: Final = 0.5
"""Probability from which pairs are joined in the way that is the same for all sides."""
APART: Final = frozenset({"start"})
"""Stages that are no part of the sum: what is compiled is loaded once for each process."""
SCORING: Final = frozenset({"score", "block", "compare", "classify"})
"""From keys to weighed pairs."""


class Cell(NamedTuple):
    """One side's run on one table."""

    data: str
    side: str
    name: str
    """Of the side, as it is printed."""
    figures: "Figures | str"
    """A word on what went wrong where there are none."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one side did with one table."""

    records: int
    candidates: int
    stages: list[Stage]
    peak: float
    referred: int | None
    """Pairs left to a steward, where the side has such an answer."""
    met: float
    """Share of the true pairs among those that it kept, however unlikely."""
    best: Best
    shipped: Rate
    calibration: float
    clusters: Clustered
    """Made by the side's own way."""
    joined: Clustered
    """Made of its pairs in the one way that is the same for all sides."""
    births: int
    """Births of several children of whom records of two are there."""

    @property
    def wall(self) -> float:
        """Seconds, from the table to clusters."""
        return sum(stage.wall for stage in self.stages if stage.name not in APART)

    @property
    def cpu(self) -> float:
        """Seconds of processors' time, of all threads."""
        return sum(stage.cpu for stage in self.stages if stage.name not in APART)

    @property
    def pairs_a_second(self) -> float:
        """Pairs for each second of a processor's time, from keys to weighed pairs."""
        spent = sum(stage.cpu for stage in self.stages if stage.name in SCORING)
        return self.candidates / max(spent, 1e-9)


def main() -> None:
    """Run what the command line asks for; tables in Markdown to standard output."""
    asked = _arguments()
    _print(_heading(asked.threads))
    for name in asked.only or DATA:
        sizes = (
            (0,) if name.startswith("febrl") else asked.records or SIZES.get(name, (USUAL_SIZE,))
        )
        for records in sizes:
            with tempfile.TemporaryDirectory(prefix="contactpoint-peers-") as folder:
                cells = _table(name, records, Path(folder), asked)
            _print(_accuracy(cells), _speed(cells))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py peers", description=__doc__)
    parser.add_argument("--only", choices=DATA, action="append", help="these tables only")
    parser.add_argument("--side", choices=SIDES, action="append", help="these sides only")
    parser.add_argument(
        "--records", type=int, action="append", help="records of an invented table, about"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="for every side")
    parser.add_argument("--limit", type=int, default=LIMIT, help="seconds for each side and table")
    parser.add_argument("--memory", type=float, default=MEMORY, help="GB for each side and table")
    return parser.parse_args()


def _table(name: str, records: int, folder: Path, asked: argparse.Namespace) -> list[Cell]:
    _say(f"{name}: making the table")
    _step(["make", folder, name, records], folder, asked.threads)
    truth = Truth.of(folder)
    title = f"{DATA[name]}, {len(truth.person):,} records"
    kind = KINDS.get(name, "children")
    cells = []
    for side in asked.side or SIDES:
        if kind != "children" and side in OF_CHILDREN:
            continue
        _say(f"{name}: {SIDES[side]}")
        found = _figures_of([side, folder, kind], truth, asked)
        cells.append(Cell(title, side, SIDES[side], found))
    return cells


def _figures_of(step: list[Any], truth: Truth, asked: argparse.Namespace) -> "Figures | str":
    """The figures of one side's step, or a word on why there are none."""
    side, folder, _ = step
    try:
        _step(step, folder, asked.threads, asked.limit, asked.memory)
    except LimitError as over:
        return str(over)
    except subprocess.CalledProcessError as error:
        return f"failed, exit {error.returncode}"
    return _figures(*read(folder / side), truth)


class LimitError(Exception):
    """A step that took more than it may."""


def _step(
    words: Sequence[object],
    folder: Path,
    threads: int,
    limit: float = inf,
    memory: float = inf,
) -> None:
    """Run one step in a process that has so many threads, whatever library makes them.

    What it writes for a time goes under the folder. Raises LimitError after ``limit`` seconds or
    at ``memory`` GB.
    """
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    command = [sys.executable, "-m", "benchmarks.sides", *map(str, words)]
    settings = dict.fromkeys(names, str(threads)) | {"TMPDIR": str(folder)}
    begun = time.monotonic()
    with subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.DEVNULL) as running:
        try:
            while _is_running(running):
                if time.monotonic() - begun > limit:
                    raise LimitError(f"over {limit:.0f} s")
                if memory < inf and held(running.pid) > memory:
                    raise LimitError(f"over {memory:g} GB")
        finally:
            running.kill()
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, command)


def _is_running(process: "subprocess.Popen[bytes]") -> bool:
    try:
        process.wait(LOOK)
    except subprocess.TimeoutExpired:
        return True
    return False


def _figures(answer: Answer, stages: list[Stage], truth: Truth) -> Figures:
    same = truth.person[answer.left] == truth.person[answer.right]
    whole = accuracy.true_pairs(truth.person)
    return Figures(
        records=len(truth.person),
        candidates=answer.compared,
        stages=stages,
        peak=answer.peak,
        referred=answer.referred,
        met=int(same.sum()) / max(1, whole),
        best=accuracy.best(answer.probability, same, whole),
        shipped=accuracy.at(answer.linked, same, whole),
        calibration=accuracy.calibration_error(answer.probability, same),
        clusters=accuracy.clustered(answer.clusters, truth),
        joined=accuracy.clustered(
            one_of_each(answer.left, answer.right, answer.probability, truth.once, least=LIKELIER),
            truth,
        ),
        births=accuracy.twin_births(truth),
    )


# What is printed ---------------------------------------------------------------------------------


def _heading(threads: int) -> str:
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("splink", "duckdb", "recordlinkage")
    )
    model = Model.shipped().version
    return (
        f"Python {platform.python_version()}, {threads} threads for each side; {versions}; "
        f"model {model}.\n"
    )


def _accuracy(cells: Sequence[Cell]) -> str:
    lines = [
        f"\n**{cells[0].data}**\n",
        "| side | pairs: best F1 (at p) | pairs as shipped: precision, recall, F1 | "
        "clusters: F1 of their pairs | whole clusters: F1 | births of twins merged | "
        "false pairs for 100,000 records | referred | "
        "one of each source, p ≥ 0.5: F1; births; false | ECE |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for cell in cells:
        name = cell.name
        if isinstance(cell.figures, str):
            lines.append(f"| {name} | {cell.figures} | | | | | | | | |")
            continue
        figures = cell.figures
        own, joined = figures.clusters, figures.joined
        referred = "" if figures.referred is None else f"{figures.referred:,}"
        lines.append(
            f"| {name} | {figures.best.rate.f1:.4f} ({figures.best.threshold:.3f}) | "
            f"{_rate(figures.shipped)} | {_f1(own.measures.pairs)} | "
            f"{_f1(own.measures.children)} | "
            f"{own.twins_merged:,} of {figures.births:,} | {own.false_links:,.1f} | {referred} | "
            f"{_f1(joined.measures.pairs)}; {joined.twins_merged:,}; {joined.false_links:,.1f} | "
            f"{figures.calibration:.3f} |"
        )
    return "\n".join(lines)


def _f1(scores: Scores) -> str:
    return "" if scores.f1.value is None else f"{scores.f1.value:.4f}"


def _rate(rate: Rate) -> str:
    return f"{rate.precision:.4f}, {rate.recall:.4f}, {rate.f1:.4f}"


def _speed(cells: Sequence[Cell]) -> str:
    ours = next((c.figures for c in cells if c.side == OURS), None)
    lines = [
        "",
        "| side | wall s | CPU s | of it by stage | pairs compared | true pairs kept | "
        "pairs/CPU-s | ours, times that | peak MB | CPU, times ours |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for cell in cells:
        if isinstance(cell.figures, str):
            lines.append(f"| {cell.name} | {cell.figures} | | | | | | | | |")
            continue
        figures = cell.figures
        stages = ", ".join(
            f"{stage.name} {stage.cpu:.1f}" for stage in figures.stages if stage.name not in APART
        )
        times = scoring = ""
        if isinstance(ours, Figures):
            times = f"{figures.cpu / ours.cpu:.1f}"
            scoring = f"{ours.pairs_a_second / figures.pairs_a_second:.1f}"
        lines.append(
            f"| {cell.name} | {figures.wall:.1f} | {figures.cpu:.1f} | {stages} | "
            f"{figures.candidates:,} | {figures.met:.4f} | {figures.pairs_a_second:,.0f} | "
            f"{scoring} | {figures.peak:,.0f} | {times} |"
        )
    return "\n".join(lines)


def _print(*texts: str) -> None:
    for text in texts:
        sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()

"""One step of the comparison in a process of its own: ``-m benchmarks.sides STEP FOLDER ...``."""

import sys
from collections.abc import Callable
from pathlib import Path

from pyarrow import Table

from benchmarks import tables
from benchmarks.sides.answer import Answer, Watch, write


def main() -> None:
    """Make a table, or run one side on it."""
    step, folder, *rest = sys.argv[1:]
    if step == "make":
        name, records = rest
        tables.make(name, int(records), Path(folder))
        return
    (kind,) = rest
    watch = Watch()
    answer = _side(step, kind)(tables.read(Path(folder)), watch)
    write(Path(folder) / step, answer, watch.stages)


def _side(name: str, kind: str) -> Callable[[Table, Watch], Answer]:
    """What runs a side on a kind of table; only its own packages are imported."""
    side, _, variant = name.partition("-")
    if side == "splink":
        from benchmarks.sides import splink5

        splink = splink5.link_febrl if kind == "persons" else splink5.link
        return lambda table, watch: splink(table, watch, capped=variant == "capped")
    if side == "recordlinkage":
        from benchmarks.sides import recordlinkage16

        return recordlinkage16.link_febrl if kind == "persons" else recordlinkage16.link
    from benchmarks.sides import ours

    if kind == "persons":
        return ours.link_febrl
    if kind == "loose":
        return ours.link_loosely
    return lambda table, watch: ours.link(
        table, watch, everything="all" in variant, made=variant.removeprefix("all").lstrip("-")
    )


if __name__ == "__main__":
    main()

"""One step of the comparison in a process of its own: ``-m benchmarks.sides STEP FOLDER ...``."""

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import tables
from benchmarks.sides.answer import Answer, Watch, write


def main() -> None:
    """Make a table, or run one side on it."""
    step, folder, *rest = sys.argv[1:]
    if step == "make":
        name, records = rest
        tables.make(name, int(records), Path(folder))
        return
    watch = Watch()
    answer = _side(step, persons=rest == ["persons"])(Path(folder), watch)
    write(Path(folder) / step, answer, watch.stages)


def _side(name: str, *, persons: bool) -> Callable[[Path, Watch], Answer]:
    """What runs a side: only its own packages are imported."""
    kind, _, variant = name.partition("-")
    if kind == "splink":
        from benchmarks.sides import splink5

        capped = variant == "capped"
        run = splink5.link_febrl if persons else splink5.link
        return lambda folder, watch: run(tables.read(folder), watch, capped=capped)
    if kind == "recordlinkage":
        from benchmarks.sides import recordlinkage16

        other = recordlinkage16.link_febrl if persons else recordlinkage16.link
        return lambda folder, watch: other(tables.read(folder), watch)
    from benchmarks.sides import ours

    if persons:
        return lambda folder, watch: ours.link_febrl(tables.read(folder), watch)
    everything = variant == "all"
    return lambda folder, watch: ours.link(tables.read(folder), watch, everything=everything)


if __name__ == "__main__":
    main()

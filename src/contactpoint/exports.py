"""Tables that leave the index: which record belongs to which child, and pairs near the line."""

import csv
import errno
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO
from uuid import UUID

from contactpoint.linking.filling import Filling
from contactpoint.linking.matching import AnyIndex
from contactpoint.linking.neighbourhoods import decided, floor_of
from contactpoint.linking.sureness import among, chances, ends_of, lowered
from linkage.decide import Outcome
from linkage.density import prior_of
from linkage.index import Index
from linkage.resolve import Pair
from projections.open_records import NO_CLEARANCE, Clearance, OpenRecords
from projections.workings import Placed

RISKY = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet (OWASP, CSV injection)."""
NUMERIC = re.compile(r"[+-][\d .()-]*(?:[eE][+-]?\d+)?")
"""Numbers and telephones begin so too, and a formula of digits alone does nothing."""


NO_NAMES: frozenset[tuple[str, str]] = frozenset()


def export_links(
    records: OpenRecords,
    out: Path,
    without: Collection[tuple[str, str]] = NO_NAMES,
    clearance: Clearance = NO_CLEARANCE,
    unlinked: Callable[[], Collection[int]] = lambda: (),
) -> int:
    """Write ``source,record_id,child`` for each current record, sorted; return how many.

    ``without``: source and key of records that are left out; ``unlinked`` as ``OpenRecords.links``
    says.
    """
    rows = (row for row in records.links(clearance, unlinked) if row[:2] not in without)
    return write_table(out, ("source", "record_id", "child"), rows)


def export_pairs(  # noqa: PLR0913, PLR0917 - what is written, and what of it is left out
    records: OpenRecords,
    filling: Filling,
    indexes: Iterable[AnyIndex],
    out: Path,
    without: Collection[tuple[str, str]] = NO_NAMES,
    clearance: Clearance = NO_CLEARANCE,
    unlinked: Collection[int] = (),
) -> int:
    """Write the pairs at or above the review threshold; return how many.

    Of each: its probability, rivals counted, its weight, and what is decided of it alone. Sorted
    by source and record id, each pair once with the record that sorts first on the left.
    ``without``: source and key of records whose pairs are left out; ``unlinked``: the ordinals of
    those of whom nothing may be told at all, as whose they will be is not known.
    """
    columns = (
        *("source_a", "record_id_a", "source_b", "record_id_b"),
        *("probability", "weight", "decision"),
    )
    left_out = _LeftOut(without, clearance, frozenset(unlinked))
    rows = [row for index in indexes for row in _pairs_of(index, records, filling, left_out)]
    rows.sort()
    return write_table(out, columns, ((*left, *right, *rest) for left, right, *rest in rows))


PairRow = tuple[tuple[str, str], tuple[str, str], str, str, str]


class _LeftOut(NamedTuple):
    """What of an index is not told, as ``export_pairs`` says."""

    without: Collection[tuple[str, str]]
    clearance: Clearance
    unlinked: frozenset[int]


def _pairs_of(
    index: AnyIndex, records: OpenRecords, filling: Filling, left_out: _LeftOut
) -> list[PairRow]:
    """The pairs of one index, from its review threshold on, each with what became of it.

    A record that is left out is no rival either, and one that may not be seen counts nowhere: else
    a probability would tell of it.
    """
    model, workings = index.model, records.workings
    prior = None
    if isinstance(index, Index):
        seen = (o for o in records.ordinals(left_out.clearance) if o not in left_out.unlinked)
        prior = prior_of(index, seen)
    floor = floor_of(model)
    found = index.pairs_within(lowered(floor, model, prior))
    known = records.names_by_ordinal(ends_of(found) - left_out.unlinked, left_out.clearance)
    names = {ordinal: name for ordinal, name in known.items() if name not in left_out.without}
    placed = workings.placed(names)
    pairs = among(found, placed.keys())
    waiting = {frozenset((one.left, one.right)) for one in workings.open_pairs()}
    rows: list[PairRow] = []
    sure = chances(pairs, model, prior, workings, filling)
    for pair, chance in zip(decided(pairs, model), sure, strict=True):
        if pair.weight < floor:
            continue
        left, right = sorted((names[pair.left], names[pair.right]))
        became = _became(pair, placed[pair.left], placed[pair.right], waiting)
        rows.append((left, right, f"{chance:.6f}", f"{pair.weight:.4f}", became))
    return rows


def _became(
    pair: Pair, left: Placed, right: Placed, waiting: Collection[frozenset[UUID]]
) -> Outcome:
    """What a pair came to in the index; where it is not linked yet, what its weight says."""
    if frozenset((left.record, right.record)) in waiting:
        return "review"
    if left.child is None or right.child is None:
        return pair.outcome
    return "link" if left.child == right.child else "non_link"


def write_table(out: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a CSV file that only its owner may read, whole or not at all; return the rows."""
    with whole_file(out) as file:
        return write_rows(file, columns, rows)


def require_folder(out: Path) -> None:
    """Raises FileNotFoundError where a file could not be written for want of its folder."""
    if not out.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder", str(out.parent))


@contextmanager
def whole_file(out: Path) -> Iterator[TextIO]:
    """A text file that only its owner may read: there with all that is written, or not at all.

    A pipe or a device is written into, and never replaced by a file.
    """
    require_folder(out)
    if out.exists() and not out.is_file():
        with out.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    out = out.resolve()  # the file that a link names, and not the link, is written anew
    beside = out.with_name(f"{out.name}.part")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            yield file
        beside.replace(out)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_rows(file: TextIO, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a table as CSV, no cell of which a spreadsheet would run; return the rows."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([safe(column) for column in columns])
    count = 0
    for row in rows:
        writer.writerow([safe(str(cell)) for cell in row])
        count += 1
    return count


def safe(cell: str) -> str:
    """The cell as a spreadsheet shows it and does not run it.

    >>> safe("=1+1"), safe("-0.5"), safe("+44 7700 900123"), safe("Asha")
    ("'=1+1", '-0.5', '+44 7700 900123', 'Asha')
    """
    return f"'{cell}" if cell.startswith(RISKY) and not NUMERIC.fullmatch(cell) else cell

"""Scoring given pairs: a table of ``left_*`` and ``right_*`` columns in, the same and more out."""

import csv
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from contactpoint.exports import write_table
from feeds.csv_mapping import COLUMNS
from feeds.csv_table import CsvTable
from feeds.submission import FeedError, Row, Submission
from linkage.decide import decide
from linkage.model import Model
from linkage.standardise import standardise
from linkage.weigh import weigh
from person.particulars import Particulars

SIDES = ("left_", "right_")
ADDED = ("probability", "weight", "decision")


def score(path: Path, out: Path, model: Model) -> tuple[int, list[str]]:
    """Write all columns of the table, then probability, weight and decision.

    Returns the rows, and the columns that were ignored. Raises FeedError where neither side has a
    column that is known.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        known = {f"{side}{column}" for side in SIDES for column in COLUMNS}
        if not known & set(header):
            raise FeedError(path.name, "line 1", "", "columns such as left_given and right_given")
        ignored = [name for name in header if name not in known and name not in ADDED]
        rows = list(reader)
    left, right = (_particulars(header, rows, side) for side in SIDES)
    scored = (
        (*row, *_scored(one, other, model))
        for row, one, other in zip(rows, left, right, strict=True)
    )
    return write_table(out, (*header, *ADDED), scored), ignored


def _scored(left: Particulars, right: Particulars, model: Model) -> tuple[str, str, str]:
    weight = weigh(standardise(left), standardise(right), model)
    decision = decide(weight, model)
    return f"{weight.probability:.6f}", f"{weight.total:.4f}", decision.outcome


def _particulars(
    header: Sequence[str], rows: Sequence[Sequence[str]], side: str
) -> Iterator[Particulars]:
    """One side of each row, read as the ``csv`` feed reads a table with our own columns."""
    places = {
        name.removeprefix(side): place
        for place, name in enumerate(header)
        if name.startswith(side) and name.removeprefix(side) in COLUMNS
    }
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "side.csv"
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["key", *places])
            for number, row in enumerate(rows, start=1):
                cells = [row[place] if place < len(row) else "" for place in places.values()]
                writer.writerow([number, *cells])
        for one in CsvTable().open([table]):
            yield _stated(one)


def _stated(row: Row) -> Particulars:
    """What a row states; nothing where it has neither name nor birth date."""
    return row.particulars if isinstance(row, Submission) else Particulars()

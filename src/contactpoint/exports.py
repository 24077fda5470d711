"""Tables that leave the index: which record belongs to which child, and pairs near the line."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from projections.queries import Queries

RISKY = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet (OWASP, CSV injection)."""


def export_links(queries: Queries, out: Path) -> int:
    """Write ``source,record_id,child`` for each current record, sorted; return how many."""
    return write_table(out, ("source", "record_id", "child"), queries.links())


def export_pairs(queries: Queries, out: Path) -> int:
    """Write the pairs that await a steward, the likeliest first; return how many."""
    columns = (
        *("source_a", "record_id_a", "source_b", "record_id_b"),
        *("probability", "weight", "decision"),
    )

    def rows() -> Iterable[Sequence[object]]:
        for pair in queries.open_pairs():
            left, right = queries.record(pair.left), queries.record(pair.right)
            if left is not None and right is not None:
                yield (
                    *(left.source, left.key, right.source, right.key),
                    *(f"{pair.probability:.6f}", f"{pair.weight:.4f}", "review"),
                )

    return write_table(out, columns, rows())


def write_table(out: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a CSV file that only its owner may read, whole or not at all; return the rows."""
    beside = out.with_name(f"{out.name}.part")
    count = 0
    with beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([safe(str(cell)) for cell in row])
            count += 1
    beside.replace(out)
    return count


def safe(cell: str) -> str:
    """The cell as a spreadsheet shows it and does not run it.

    >>> safe("=1+1"), safe("-0.5"), safe("Asha")
    ("'=1+1", '-0.5', 'Asha')
    """
    if not cell.startswith(RISKY) or _is_number(cell):
        return cell
    return f"'{cell}"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True

"""The command that scores a table of pairs without storing anything."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from contactpoint.cli.command import examples, json_option
from contactpoint.cli.output import print_json, progress, say

if TYPE_CHECKING:
    from contactpoint.scoring import PairTable, Scored
    from linkage.model import Model


@click.command(epilog=examples("score pairs.csv --out scored.csv", "score pairs.csv | head"))
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Default: standard output."
)
@json_option
def score(file: Path, out: Path | None, as_json: bool) -> None:
    """Score the pairs of a CSV FILE, a pair a line, and store nothing.

    Columns are left_given, right_given, left_family, right_family and so on: given, middle,
    family, former_family, preferred_family, alias, dob, expected_dob, sex, postcode, address,
    town, phone, email, nhs, nhs_status, upn, former_upn, guardian_given, guardian_family,
    mother_maiden, mother_nhs, births, birth_order, died. Others are ignored. All columns are
    written again, then probability, weight (in bits) and decision: link, review or non_link.

    The model in force scores where there is an index, the shipped one otherwise. A cell that a
    spreadsheet would run as a formula is written with an apostrophe before it.
    """
    from contactpoint.exports import write_rows, write_table
    from contactpoint.scoring import ADDED, PairTable

    model, which = _model()
    table = PairTable.open(file)
    if table.ignored:
        say(f"ignored columns: {', '.join(table.ignored)}")
    if as_json and out is None:
        _write_json(sys.stdout, table, table.scored(model), model)
        return
    columns = (*table.columns, *ADDED)
    with progress(file.name, wanted=out is not None and not as_json, unit="pairs") as tell:
        rows = (_cells(one) for one in _told(table.scored(model), tell))
        if out is None:
            write_rows(sys.stdout, columns, rows)
        else:
            write_table(out, columns, rows)
    if as_json:
        print_json(_facts(table, model) | {"file": str(out)})
    else:
        where = f" into {out}" if out else ""
        say(f"{table.rows:,} pairs scored{where} under model {model.version}, {which}")


def _model() -> "tuple[Model, str]":
    """The model in force, or the shipped one where there is no index; and which of them it is."""
    from contactpoint.cli.session import opened
    from contactpoint.errors import NotInitialisedError
    from linkage.model import Model

    try:
        with opened() as store:
            return store.model, "the one in force"
    except NotInitialisedError:
        return Model.shipped(), "the one shipped (there is no index here)"


def _told(rows: "Iterator[Scored]", tell: object) -> "Iterator[Scored]":
    for number, row in enumerate(rows, start=1):
        if callable(tell) and number % 1_000 == 0:
            tell("", number)
        yield row


def _cells(one: "Scored") -> tuple[str, ...]:
    return (*one.cells, f"{one.probability:.6f}", f"{one.weight:.4f}", one.decision)


def _facts(table: "PairTable", model: "Model") -> dict[str, object]:
    return {"rows": table.rows, "ignored": table.ignored, "model": model.version}


def _write_json(file: TextIO, table: "PairTable", rows: "Iterator[Scored]", model: "Model") -> None:
    """One document, written pair by pair: memory does not grow with it."""
    head = json.dumps(_facts(table, model), ensure_ascii=False)
    file.write(f'{head[:-1]}, "pairs": [')
    for number, one in enumerate(rows):
        plain = dict(zip(table.columns, one.cells, strict=True)) | {
            "probability": round(one.probability, 6),
            "weight": round(one.weight, 4),
            "decision": one.decision,
        }
        file.write(f"{',' if number else ''}\n{json.dumps(plain, ensure_ascii=False)}")
    file.write("]}\n")

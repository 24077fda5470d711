"""The command that scores a table of pairs without storing anything."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from contactpoint.cli.command import OUT, examples, json_option
from contactpoint.cli.output import many, print_json, progress, say

if TYPE_CHECKING:
    from contactpoint.models import AnyModel
    from contactpoint.scoring import PairTable, Scored
    from feeds.csv_mapping import Mapped


@click.command(
    epilog=examples(
        "score pairs.csv --out scored.csv",
        "score pairs.csv | head",
        "score pairs.csv --mapping club.toml",
    )
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--out", type=OUT, help="Default: standard output.")
@click.option(
    "--mapping",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A TOML file that names the columns, or declares the fields of a table of another shape.",
)
@json_option
def score(file: Path, out: Path | None, mapping: Path | None, as_json: bool) -> None:
    """Score the pairs of a CSV FILE; store nothing.

    A pair stands on each line. Columns are left_given, right_given, left_family, right_family and
    so on: given, middle, family, former_family, preferred_family, alias, dob, expected_dob, sex,
    postcode, address, town, phone, email, nhs, nhs_status, upn, former_upn, guardian_given,
    guardian_family, mother_maiden, mother_nhs, births, birth_order, died. Others are ignored. All
    columns are written again, then probability, weight (in bits) and decision: link, review or
    non_link.

    With --mapping the columns are its own, or those that it names, after left_ and right_.

    The model in force scores where there is an index, the shipped one otherwise; of a table of
    another shape, what is believed of its fields where no model of it is in force. A cell that a
    spreadsheet would run as a formula is written with an apostrophe before it.
    """
    from contactpoint.exports import write_rows, write_table
    from contactpoint.scoring import ADDED, PairTable
    from feeds.csv_mapping import OWN_NAMES, read_mapping

    mapped = read_mapping(mapping) if mapping else OWN_NAMES
    model, which = _model(mapped)
    table = PairTable.open(file, mapped)
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
        say(f"{many(table.rows, 'pair')} scored{where} under model {model.version}, {which}")


def _model(mapped: "Mapped") -> "tuple[AnyModel, str]":
    """The model in force, or what stands in for it; and which of them it is."""
    from contactpoint.cli.session import opened
    from contactpoint.errors import NotInitialisedError
    from linkage.declared.model import starting
    from linkage.declared.shape import Shape
    from linkage.model import Model

    shape = Shape.of(mapped.settings.fields) if mapped.fields else None
    try:
        with opened(None) as store:
            model = store.shapes.in_force(shape) if shape else store.model
    except NotInitialisedError:
        model = None
    if model is not None:
        return model, "the one in force"
    if shape is not None:
        return starting(shape), "stated for its fields (there is none of its shape in force)"
    return Model.shipped(), "the one shipped (there is no index here)"


def _told(rows: "Iterator[Scored]", tell: object) -> "Iterator[Scored]":
    for number, row in enumerate(rows, start=1):
        if callable(tell) and number % 1_000 == 0:
            tell("", number)
        yield row


def _cells(one: "Scored") -> tuple[str, ...]:
    return (*one.cells, f"{one.probability:.6f}", f"{one.weight:.4f}", one.decision)


def _facts(table: "PairTable", model: "AnyModel") -> dict[str, object]:
    return {"rows": table.rows, "ignored": table.ignored, "model": model.version}


def _write_json(
    file: TextIO, table: "PairTable", rows: "Iterator[Scored]", model: "AnyModel"
) -> None:
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

"""Commands that write tables out of the index: export links, export pairs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contactpoint.cli.command import examples, json_option
from contactpoint.cli.output import print_json, progress, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint


@click.group()
def export() -> None:
    """Write tables out of the index.

    Administrators only, and each export is recorded.
    """


@export.command(epilog=examples("export links links.csv"))
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@token_option
@json_option
def links(out: Path, as_json: bool) -> None:
    """Write the child of each current record to OUT.

    OUT is a CSV file. Columns: source, record_id, child (a number; empty where the record belongs
    to none yet).
    """
    from contactpoint.exports import export_links

    with _exporting("links", out, as_json=as_json) as (store, wrote):
        wrote.append(export_links(store.queries, out, store.kept_apart()))


@export.command(epilog=examples("export pairs pairs.csv"))
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@token_option
@json_option
def pairs(out: Path, as_json: bool) -> None:
    """Write pairs from the review threshold up to OUT.

    OUT is a CSV file. Columns: source_a, record_id_a, source_b, record_id_b, probability (rivals
    counted), weight and decision (of each pair alone).
    """
    from contactpoint.exports import export_pairs

    shown = progress("comparing", wanted=not as_json)
    with _exporting("pairs", out, as_json=as_json) as (store, wrote), shown:
        indexes = store.linking.indexes(store.origin("export pairs"), store.model)
        apart = store.kept_apart()
        wrote.append(export_pairs(store.queries, store.filling, indexes, out, apart))


@contextmanager
def _exporting(
    what: str, out: Path, *, as_json: bool
) -> "Iterator[tuple[Contactpoint, list[int]]]":
    """Administrators only, and recorded before anything is written."""
    wrote: list[int] = []
    with opened(Act.EXPORT) as store:
        store.projector.catch_up()
        origin = store.origin(f"export {what}")
        store.accesses.record(origin, f"export {what}", reason="", children=())
        yield store, wrote
    if as_json:
        print_json({"rows": sum(wrote), "file": str(out)})
    else:
        say(f"{sum(wrote):,} rows written to {out}")

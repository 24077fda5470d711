"""Commands that link and export: link, export links, export pairs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contactpoint.cli.output import json_option, print_facts, print_json, say
from contactpoint.cli.session import opened

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint


@click.command()
@click.option("--all", "everything", is_flag=True, help="Look at every record again.")
@click.option("--plan", is_flag=True, help="Say what would change, and change nothing.")
@json_option
def link(everything: bool, plan: bool, as_json: bool) -> None:
    """Link what changed since the last run."""
    with opened() as store:
        outcome = store.linking.run(
            store.origin("link"), store.model, everything=everything, plan=plan
        )
        store.projector.catch_up()
    facts = {
        "model": outcome.model,
        "records": outcome.records,
        "pairs": outcome.pairs,
        "links": outcome.links,
        "reviews": outcome.referred,
        "events": outcome.events,
        "overflowed": outcome.overflowed,
        **{f"children_{what}": number for what, number in outcome.children.items()},
    }
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)


@click.group()
def export() -> None:
    """Write tables out of the index; administrators only, and recorded."""


@export.command()
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def links(out: Path, as_json: bool) -> None:
    """Write which child each current record belongs to."""
    from contactpoint.exports import export_links

    with _exporting("links", out, as_json=as_json) as (store, wrote):
        wrote.append(export_links(store.queries, out))


@export.command()
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def pairs(out: Path, as_json: bool) -> None:
    """Write the pairs at or above the review threshold, with what is decided of each."""
    from contactpoint.exports import export_pairs

    with _exporting("pairs", out, as_json=as_json) as (store, wrote):
        index = store.linking.index(store.origin("export pairs"), store.model)
        wrote.append(export_pairs(store.queries, index, out))


@contextmanager
def _exporting(
    what: str, out: Path, *, as_json: bool
) -> "Iterator[tuple[Contactpoint, list[int]]]":
    """Administrators only, and recorded before anything is written."""
    wrote: list[int] = []
    with opened() as store:
        store.projector.catch_up()
        origin = store.origin(f"export {what}")
        store.accesses.require_administrator(origin)
        store.accesses.record(origin, f"export {what}", reason="", children=())
        yield store, wrote
    if as_json:
        print_json({"rows": sum(wrote), "file": str(out)})
    else:
        say(f"{sum(wrote):,} rows written to {out}")

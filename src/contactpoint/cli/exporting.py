"""Commands that link and export: link, export links, export pairs."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contactpoint.cli.output import json_option, print_facts, print_json, say
from contactpoint.cli.session import opened

if TYPE_CHECKING:
    from projections.queries import Queries


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

    _write(export_links, out, "links", as_json=as_json)


@export.command()
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def pairs(out: Path, as_json: bool) -> None:
    """Write the pairs that await a steward."""
    from contactpoint.exports import export_pairs

    _write(export_pairs, out, "pairs", as_json=as_json)


def _write(
    export_: "Callable[[Queries, Path], int]", out: Path, what: str, *, as_json: bool
) -> None:
    with opened() as store:
        store.projector.catch_up()
        origin = store.origin(f"export {what}")
        store.accesses.require_administrator(origin)
        store.accesses.record(origin, f"export {what}", reason="", children=())
        rows = export_(store.queries, out)
    if as_json:
        print_json({"rows": rows, "file": str(out)})
    else:
        say(f"{rows:,} rows written to {out}")

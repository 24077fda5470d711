"""Commands about the steward's queue: review list, review show."""

import click

from contactpoint.cli.output import json_option, print_json, print_table
from contactpoint.cli.session import opened


@click.group()
def review() -> None:
    """Pairs that are too close to call and await a steward."""


@review.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@json_option
def list_(limit: int, as_json: bool) -> None:
    """List the pairs that await a steward, the likeliest first. No particulars are shown."""
    with opened() as store:
        store.projector.catch_up()
        pairs = store.queries.open_pairs()
    if as_json:
        print_json(
            [
                {
                    "left": pair.left.hex[:8],
                    "right": pair.right.hex[:8],
                    "probability": pair.probability,
                    "weight": pair.weight,
                    "model": pair.model,
                }
                for pair in pairs
            ]
        )
        return
    print_table(
        ("left", "right", "probability", "weight"),
        [
            (p.left.hex[:8], p.right.hex[:8], f"{p.probability:.4f}", f"{p.weight:+.2f}")
            for p in pairs[:limit]
        ],
        title=f"{len(pairs):,} pairs await a steward",
    )

"""Commands about the matcher: why, score, train, model."""

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contactpoint.cli.output import json_option, print_facts, print_json, print_table, say
from contactpoint.cli.session import opened

if TYPE_CHECKING:
    from contactpoint.explaining import Explanation

WIDTH = 40
"""Characters of the waterfall."""


@click.command()
@click.argument("left")
@click.argument("right")
@json_option
def why(left: str, right: str, as_json: bool) -> None:
    """Show the weights of one pair of records (SOURCE:ID), field by field."""
    from contactpoint.explaining import why as explain

    with opened() as store:
        store.projector.catch_up()
        found, children = explain(store.queries, store.master, store.model, left, right)
        store.accesses.record(
            store.origin("why"),
            "why",
            reason="",
            children=children,
            search={"left": left, "right": right},
        )
    if as_json:
        print_json(
            {
                "weight": found.weight.total,
                "probability": found.weight.probability,
                "decision": found.decision.outcome,
                "reason": found.decision.reason,
                "same_child": found.same_child,
                "parts": [part._asdict() for part in found.weight.parts],
            }
        )
    else:
        show(found)


def show(found: "Explanation") -> None:
    """A table of the parts, each with its step of the waterfall."""
    weight = found.weight
    steps = _waterfall([part.weight for part in weight.parts])
    rows = [
        (part.field, part.level.lower().replace("_", " "), f"{part.weight:+.1f}", bar, part.note)
        for part, bar in zip(weight.parts, steps, strict=True)
        if part.weight or part.field == "prior"
    ]
    print_table(("field", "agreement", "bits", "waterfall", ""), rows)
    together = "one child" if found.same_child else "two children"
    click.echo(
        f"weight {weight.total:+.1f} bits, probability {weight.probability:.4f}: "
        f"{found.decision.outcome.replace('_', '-')} ({found.decision.reason}); "
        f"in the index they are {together}"
    )


def _waterfall(weights: list[float]) -> list[str]:
    """Each weight as a bar from where the sum stood to where it then stands; ``|`` is even odds."""
    sums = [0.0]
    for weight in weights:
        sums.append(sums[-1] + weight)
    low, high = min(sums), max(sums)
    scale = (WIDTH - 1) / ((high - low) or 1.0)
    zero = round((0 - low) * scale)
    bars: list[str] = []
    for before, after in pairwise(sums):
        start, stop = sorted((round((before - low) * scale), round((after - low) * scale)))
        fill = "+" if after >= before else "-"
        cells = [fill if start <= cell < max(stop, start + 1) else " " for cell in range(WIDTH)]
        if cells[zero] == " ":
            cells[zero] = "|"
        bars.append("".join(cells))
    return bars


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Default: FILE.scored.csv"
)
@json_option
def score(file: Path, out: Path | None, as_json: bool) -> None:
    """Score given pairs without storing anything: columns left_given, right_given, ..."""
    from contactpoint.scoring import score as score_table
    from linkage.model import Model

    target = out or file.with_suffix(".scored.csv")
    rows, ignored = score_table(file, target, Model.shipped())
    if ignored:
        say(f"ignored columns: {', '.join(ignored)}")
    if as_json:
        print_json({"rows": rows, "file": str(target), "ignored": ignored})
    else:
        say(f"{rows:,} pairs scored into {target}")


@click.command()
@click.option("--seed", type=int, default=0, show_default=True)
@json_option
def train(seed: int, as_json: bool) -> None:
    """Train a model on the index's own records and store it; changes nothing else."""
    from linkage.estimate import train as estimate

    with opened() as store:
        origin = store.origin("train")
        store.accesses.require_administrator(origin)
        made = estimate(store.linking.index(origin, store.model), seed=seed)
        store.models.store(made)
    if as_json:
        print_json({"version": made.version, "card": made.card})
    else:
        print_facts({"version": made.version, **made.card}, title="a new model; not in force yet")
        say(f"'contactpoint model use {made.version}' adopts it")


@click.group()
def model() -> None:
    """Versions of the matcher's model."""


@model.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the stored versions."""
    with opened() as store:
        force = store.model.version
        versions = store.models.versions()
    if as_json:
        print_json([{"version": one, "in_force": one == force} for one in versions])
    else:
        print_table(("version", "in force"), [(one, one == force) for one in versions])


@model.command("show")
@click.argument("version", required=False)
@json_option
def show_model(version: str | None, as_json: bool) -> None:
    """Show a version's card and thresholds; the one in force if none is named."""
    with opened() as store:
        found = store.models.get(version) if version else store.model
    facts = {
        "version": found.version,
        "links from probability": found.thresholds.link,
        "refers from probability": found.thresholds.review,
        "prior records": found.prior.records,
        **found.card,
    }
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)


@model.command("use")
@click.argument("version")
@json_option
def use(version: str, as_json: bool) -> None:
    """Put a version in force; 'link --all' then links everything under it."""
    with opened() as store:
        origin = store.origin("model use")
        store.accesses.require_administrator(origin)
        found = store.models.get(version)
        changed = store.models.adopt(found, origin)
        store.projector.catch_up()
    if as_json:
        print_json({"version": found.version, "changed": changed})
    else:
        say(f"model {found.version} is in force" if changed else "it is in force already")

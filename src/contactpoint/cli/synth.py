"""The command that invents a population's feeds."""

from pathlib import Path
from typing import Literal

import click
import msgspec

from contactpoint.cli.command import examples, json_option
from contactpoint.cli.output import print_facts, print_json, progress, say


@click.command(epilog=examples("synth feeds --children 1500 --nights 2 --seed 7"))
@click.argument("outdir", type=click.Path(path_type=Path, file_okay=False))
@click.option("--children", type=click.IntRange(1), required=True, help="How many children.")
@click.option(
    "--nights", type=click.IntRange(1), default=1, show_default=True, help="How many nights."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed, the same population."
)
@click.option(
    "--density",
    type=click.Choice(["trial", "england"]),
    default="trial",
    help="england: so few days of birth that each has 1,670 children.",
)
@click.option(
    "--families/--without-families",
    default=True,
    help="Whether children may have brothers, sisters and twins.",
)
@json_option
def synth(  # noqa: PLR0913 - the options of the command
    *,
    outdir: Path,
    children: int,
    nights: int,
    seed: int,
    density: Literal["trial", "england"],
    families: bool,
    as_json: bool,
) -> None:
    """Invent a population, and write its feeds into OUTDIR.

    The feeds are in the official formats, with the truth to measure against.
    OUTDIR gains a drop folder for each night, truth.csv (source, record_id, person) and
    persons.csv. Nobody in it exists; NHS numbers come from 900 to 999.
    """
    from contactpoint.synth import generate

    with progress("inventing", wanted=not as_json):
        made = generate(
            outdir,
            children=children,
            nights=nights,
            seed=seed,
            density=density,
            families=families,
        )
    facts = msgspec.to_builtins(made)
    if as_json:
        print_json(facts)
    else:
        print_facts(facts, title=f"invented: {outdir}")
        say(f"'contactpoint nightly {outdir}/night-01' loads the first night")

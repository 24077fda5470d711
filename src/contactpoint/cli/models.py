"""Commands about the matcher's model: train, model list, show, use."""

from collections.abc import Mapping

import click

from contactpoint.cli.command import examples, json_option
from contactpoint.cli.output import print_facts, print_json, print_table, progress, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act


@click.command(epilog=examples("train", "train --prior", "train --seed 7 --json"))
@click.option(
    "--prior",
    "prior_alone",
    is_flag=True,
    help="Only fit the prior of the model in force to how full the days of birth are here.",
)
@click.option(
    "--source",
    help="Train for the table of another shape that this source has. Where the index holds "
    "records of one such shape and no children's, that is what is trained.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Which pairs are drawn.")
@token_option
@json_option
def train(prior_alone: bool, source: str | None, seed: int, as_json: bool) -> None:
    """Train a model on the index's own records.

    It is stored, and nothing else changes. Administrators only. 'model use VERSION' puts it in
    force, and 'link --all --plan' then says what would change.

    The model that ships is England's. An index of one region has fewer strangers to tell a child
    from: with --prior it links what England's prior leaves to stewards. As the index grows, fit it
    again; 'doctor' says when.
    """
    from contactpoint.errors import UsageError
    from contactpoint.training import fit_prior
    from contactpoint.training import train as made_of

    if prior_alone and (source or seed):
        raise UsageError(
            "--prior is of the children's model and draws nothing; expected no --source and no "
            "--seed with it"
        )
    with opened(Act.TRAIN) as store, progress("training", wanted=not as_json):
        made = fit_prior(store) if prior_alone else made_of(store, source=source, seed=seed)
        store.models.store(made)
    if as_json:
        print_json({"version": made.version, "card": _told(made.card)})
    else:
        facts = {"version": made.version, **_told(made.card)}
        print_facts(facts, title="a new model; not in force yet")
        say(f"'contactpoint model use {made.version}' adopts it")


@click.group()
def model() -> None:
    """Versions of the matcher's model."""


@model.command("list", epilog=examples("model list"))
@token_option
@json_option
def list_(as_json: bool) -> None:
    """List the stored versions, and which is in force."""
    with opened(Act.MODELS) as store:
        forces = {store.model.version, *store.shapes.versions()}
        versions = store.models.versions()
    if as_json:
        print_json([{"version": one, "in_force": one in forces} for one in versions])
    else:
        print_table(("version", "in force"), [(one, one in forces) for one in versions])


@model.command("show", epilog=examples("model show", "model show 7f3a9c"))
@click.argument("version", required=False)
@token_option
@json_option
def show(version: str | None, as_json: bool) -> None:
    """Show a VERSION's card and thresholds.

    The one in force, if none is named. The beginning of a version is enough.
    """
    from contactpoint.models import records_behind

    with opened(Act.MODELS) as store:
        found = store.models.get(version) if version else store.model
    facts = {
        "version": found.version,
        "links from probability": round(found.thresholds.link, 4),
        "refers from probability": round(found.thresholds.review, 4),
        "prior records": records_behind(found),
        **_told(found.card),
    }
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)


@model.command("use", epilog=examples("model use 7f3a9c"))
@click.argument("version")
@token_option
@json_option
def use(version: str, as_json: bool) -> None:
    """Put a VERSION in force; the next 'link' links everything under it. Administrators only."""
    with opened(Act.USE_MODEL) as store:
        origin = store.origin("model use")
        found = store.models.get(version)
        changed = store.models.adopt(found, origin)
        store.projector.catch_up()
    if as_json:
        print_json({"version": found.version, "changed": changed})
        return
    say(f"model {found.version} is in force" if changed else "it is in force already")
    if changed:
        say("'contactpoint link --plan' says what it would change, 'contactpoint link' does it")


def _told(card: Mapping[str, str]) -> dict[str, str | int]:
    """What a card says, with its counts as whole numbers."""
    # A version may be of digits alone; it has sixteen, and no count has.
    return {
        name: int(said) if said.isdecimal() and len(said) < 16 else said
        for name, said in card.items()
    }

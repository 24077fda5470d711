"""Commands about the store as a whole: init, status, rebuild."""

import click

from contactpoint.cli.output import json_option, print_facts, print_json, print_table, say
from contactpoint.cli.session import opened


@click.command()
@json_option
def init(as_json: bool) -> None:
    """Create the stores and keys; does nothing when they exist."""
    from contactpoint.bootstrap import initialise
    from contactpoint.settings import from_environment

    settings = from_environment()
    made = initialise(settings)
    if as_json:
        print_json({"home": str(settings.home), "made": [str(one) for one in made]})
        return
    if not made:
        say(f"the index at {settings.home} is there already; nothing was changed")
        return
    print_facts(
        {
            "log": settings.log_url,
            "keys": settings.keys_url,
            "read models": settings.read_url,
            "record of access": settings.access_url,
            "master key": settings.master_key,
            "checkpoints": settings.checkpoints,
        },
        title=f"a new index at {settings.home}",
    )
    if settings.master_key.is_relative_to(settings.home):
        say(
            "the master key lies beside what it protects: for trial only. "
            "CONTACTPOINT_MASTER_KEY_FILE moves it."
        )


@click.command()
@json_option
def status(as_json: bool) -> None:
    """Show how much there is, what waits, and how far each projection has come."""
    with opened() as store:
        store.projector.catch_up()
        figures = store.queries.status()
        events = store.log.position()
    answer = {
        "events": events,
        "records": figures.records,
        "children": figures.children,
        "reviews": figures.reviews,
        "held": figures.held,
        "held_rows": figures.held_rows,
        "model": figures.model,
        "projections": {
            one.name: {"position": one.position, "lag": events - one.position}
            for one in figures.projections
        },
    }
    if as_json:
        print_json(answer)
        return
    print_facts({name: value for name, value in answer.items() if name != "projections"})
    print_table(
        ("projection", "position", "lag"),
        [(one.name, one.position, events - one.position) for one in figures.projections],
    )


@click.command()
@click.argument("name", required=False)
@json_option
def rebuild(name: str | None, as_json: bool) -> None:
    """Make the read models anew from the log, beside the old ones, and swap them."""
    with opened() as store:
        store.projector.rebuild(name)
        standings = store.projector.standings()
    if as_json:
        print_json({"rebuilt": {one.name: one.position for one in standings}})
    else:
        print_table(("projection", "position"), [(one.name, one.position) for one in standings])

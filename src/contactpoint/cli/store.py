"""Commands about the store as a whole: init, status, rebuild."""

import click

from contactpoint.cli.command import examples, json_option, nearest
from contactpoint.cli.output import print_facts, print_json, print_table, progress, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act


@click.command(epilog=examples("init"))
@json_option
def init(as_json: bool) -> None:
    """Create the stores and keys of an index.

    Where they exist, it does nothing. They are made where CONTACTPOINT_HOME says, by default in
    ./contactpoint-data. Whoever runs it administers the index: may export, train, erase and rotate
    keys.
    """
    from contactpoint.installing import initialise
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
            "log": _shown(settings.log_url),
            "keys": _shown(settings.keys_url),
            "read models": _shown(settings.read_url),
            "record of access": _shown(settings.access_url),
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
    say(
        "'contactpoint load' or 'contactpoint nightly' fills it; 'contactpoint synth' invents files"
    )


def _shown(url: str) -> str:
    """An address without its password."""
    import sqlalchemy as sa

    return sa.make_url(url).render_as_string(hide_password=True)


@click.command(epilog=examples("status", "status --json"))
@token_option
@json_option
def status(as_json: bool) -> None:
    """Show how much there is and what waits.

    Also which model is in force, and how far each projection (read model) has come in the log.
    """
    with opened(Act.STATUS) as store:
        store.projector.catch_up()
        figures = store.lists.status()
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
    names = {"reviews": "pairs to review", "held": "held deliveries", "held_rows": "held rows"}
    print_facts(
        {names.get(name, name): value for name, value in answer.items() if name != "projections"}
    )
    print_table(
        ("projection", "position", "lag"),
        [(one.name, one.position, events - one.position) for one in figures.projections],
    )


@click.command(epilog=examples("rebuild", "rebuild children"))
@click.argument("name", required=False)
@token_option
@json_option
def rebuild(name: str | None, as_json: bool) -> None:
    """Make the read models anew from the log.

    All of them, or the one of a NAME that 'status' shows. They are made beside the old ones, which
    go on answering, and swapped in. Refused while another rebuild or an erasure is under way.
    Administrators only.
    """
    from contactpoint.errors import UsageError

    with opened(Act.REBUILD) as store, store.log.lock("rebuild"):
        projector = store.projector if name else store.rebuilding()
        known = list(projector.read_models)
        if name is not None and name not in known:
            raise UsageError(f"no projection {name!r}{nearest(name, known)}")
        with progress("rebuilding", wanted=not as_json, unit="events") as tell:
            projector.rebuild(name, progress=tell)
        standings = [one for one in projector.standings() if name in (None, one.name)]
    if as_json:
        print_json({"rebuilt": {one.name: one.position for one in standings}})
    else:
        print_table(("rebuilt", "position"), [(one.name, one.position) for one in standings])

"""Commands that watch the watchers: audit verify, audit export, audit report."""

import click

from contactpoint.cli.command import examples, json_option
from contactpoint.cli.matters import alerts, investigations
from contactpoint.cli.output import print_json, progress, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act


@click.group()
def audit() -> None:
    """Who looked at whom: the record of access, verified and read."""


audit.add_command(alerts)
audit.add_command(investigations)


@audit.command(epilog=examples("audit watch", "audit watch --json"))
@token_option
@json_option
def watch(as_json: bool) -> None:
    """Watch what is new in the record of access.

    Looks that normal work seldom shows become alerts, which 'audit alerts' lists. What was watched
    once is not watched again, so it may run as often as a timer likes.
    """
    from contactpoint.auditing.matters import Matters
    from contactpoint.watching.watching import Watching

    with opened(Act.WATCH) as store, progress("watching", wanted=not as_json):
        store.projector.catch_up()
        watched = Watching(store).run(store.origin("audit watch"))
        shown = [one.id for one in Matters(store).alerts() if one.id in watched.alerts]
    if as_json:
        print_json({"looks": watched.looks, "alerts": shown, "position": watched.upto})
    else:
        say(f"{watched.looks:,} looks watched, {len(shown)} alerts raised")
        for name in shown:
            click.echo(name)


@audit.command(epilog=examples("audit verify"))
@token_option
@json_option
def verify(as_json: bool) -> int:
    """Walk the record of access, and say whether anything was changed.

    Looks at its chain, its events and the signed checkpoints; exit 1 where one does not fit. Where
    all fits, a new checkpoint is noted.
    """
    from contactpoint.auditing.verifying import verify as walk

    with opened(Act.AUDIT) as store, progress("verifying", wanted=not as_json):
        report = walk(store.access, store.checkpoints)
    findings = [str(finding) for finding in report.findings]
    if as_json:
        figures = {"events": report.events, "checkpoints": report.checkpoints}
        print_json({**figures, "findings": findings, "unchecked": report.unchecked})
    else:
        for finding in findings:
            click.echo(finding)
        for unchecked in report.unchecked:
            say(unchecked)
        amiss = "changed" if findings else "nothing amiss"
        say(f"{report.events:,} events, {report.checkpoints:,} checkpoints: {amiss}")
    return 1 if findings else 0

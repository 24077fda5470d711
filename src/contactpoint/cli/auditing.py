"""Commands that watch the watchers: audit verify, audit export, audit report."""

import click

from contactpoint.cli.command import examples, json_option
from contactpoint.cli.output import print_json, progress, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act


@click.group()
def audit() -> None:
    """Who looked at whom: the record of access, verified and read."""


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

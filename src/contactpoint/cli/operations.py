"""Commands that look whether all is well: verify, doctor."""

import click

from contactpoint.cli.command import examples, json_option
from contactpoint.cli.output import many, print_json, print_table, progress, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act


@click.command(epilog=examples("verify"))
@token_option
@json_option
def verify(as_json: bool) -> int:
    """Walk the log, and say whether anything was changed.

    Looks at the chain, at the heads, at the signed checkpoints, at the subjects' keys and at the
    ledgers of erasures and shields; exit 1 where one does not fit. Where no checkpoints are at hand
    it says what it could not look for.
    """
    from contactpoint.following import heads_of
    from events.verify import (
        replaced,
        verify_erasures,
        verify_keys,
        verify_ledgers,
        verify_subjects,
    )
    from events.verify import verify as walk

    with opened(Act.VERIFY) as store, progress("verifying", wanted=not as_json):
        report = walk(store.log, store.checkpoints, heads_of)
        report.findings += verify_keys(store.keys) or verify_subjects(store.log, store.keys)
        report.findings += verify_erasures(store.keys, store.ledger, store.log.id)
        verify_ledgers((store.ledger, store.shield_ledger), store.log.id, report)
        report.findings += replaced((store.log, store.access), store.checkpoints)
        events = store.log.position()
    findings = [str(finding) for finding in report.findings]
    if as_json:
        print_json({"events": events, "findings": findings, "unchecked": report.unchecked})
    else:
        for finding in findings:
            click.echo(finding)
        for unchecked in report.unchecked:
            say(unchecked)
        say(f"{many(events, 'event')}: {'nothing amiss' if not findings else 'changed'}")
    return 1 if findings else 0


@click.command(epilog=examples("doctor"))
@token_option
@json_option
def doctor(as_json: bool) -> int:
    """Say what makes the index unsafe or unfit, and what to do.

    Administrators only. Exit 1 where something is wrong; a warning leaves 0.
    """
    from contactpoint.doctor import examine

    with opened(Act.DOCTOR) as store:
        found = examine(store)
    if as_json:
        print_json([{"level": one.level, "what": one.what, "do": one.remedy} for one in found])
    else:
        print_table(
            ("", "what", "what to do"), [(one.level, one.what, one.remedy) for one in found]
        )
    return 1 if any(one.level == "wrong" for one in found) else 0

"""Commands that watch the watchers: audit verify, audit export, audit report."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from contactpoint.cli.command import OUT, PERSONAL, examples, json_option
from contactpoint.cli.families import MISSING
from contactpoint.cli.matters import alerts, investigations
from contactpoint.cli.output import many, print_facts, print_json, print_table, progress, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from contactpoint.auditing.looks import Wanted
    from contactpoint.bootstrap import Contactpoint
    from contactpoint.reporting import Period

F = TypeVar("F", bound=Any)


def period_options(function: F) -> F:
    """Give a command the options ``--from`` and ``--to``."""
    for name, word, what in (
        ("--to", "last", "The last day"),
        ("--from", "first", "The first day"),
    ):
        function = click.option(
            name, word, required=True, metavar="YYYY-MM-DD", help=f"{what} that counts, in UTC."
        )(function)
    return function


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
        print_json({"looks": watched.looks, "alerts": shown})
    else:
        say(f"{many(watched.looks, 'look')} watched, {many(len(shown), 'alert')} raised")
        for name in shown:
            click.echo(name)


@audit.command(epilog=examples("audit verify"))
@token_option
@json_option
def verify(as_json: bool) -> int:
    """Walk the record of access, and say if it was changed.

    Looks at its chain, its events and the signed checkpoints; exit 1 where one does not fit. Where
    all fits, a new checkpoint is noted.
    """
    from contactpoint.auditing.verifying import verify as walk
    from events.verify import replaced

    with opened(Act.AUDIT) as store, progress("verifying", wanted=not as_json):
        report = walk(store.access, store.checkpoints)
        report.findings += replaced((store.log, store.access), store.checkpoints)
    findings = [str(finding) for finding in report.findings]
    if as_json:
        # Not how many events: alerts are among them, of which whoever verifies may not know.
        figures = {"commits": report.commits, "checkpoints": report.checkpoints}
        print_json({**figures, "findings": findings, "unchecked": report.unchecked})
    else:
        for finding in findings:
            click.echo(finding)
        for unchecked in report.unchecked:
            say(unchecked)
        amiss = "changed" if findings else "nothing amiss"
        say(f"{many(report.commits, 'commit')}, {many(report.checkpoints, 'checkpoint')}: {amiss}")
    return 1 if findings else 0


@audit.command(
    epilog=examples(
        "audit export looks.ndjson --from 2026-11-01 --to 2026-11-30",
        "audit export of-one.ndjson --from 2026-01-01 --to 2026-12-31 --child 012345678904"
        " --reason 'subject access'",
    )
)
@click.argument("out", type=OUT)
@period_options
@click.option(
    "--child",
    "number",
    default="",
    type=PERSONAL,
    metavar="NUMBER",
    help="Looks at this child alone.",
)
@click.option("--reader", default="", metavar="WHO", help="Looks of this reader alone.")
@click.option(
    "--reason", default="", help="Why; required with --child, and recorded word for word."
)
@token_option
@json_option
def export(out: Path, first: str, last: str, as_json: bool, **asked: str) -> None:
    """Write the record of access to OUT, as FHIR AuditEvents.

    A line of JSON each (NDJSON), by the patterns of IHE BALP: one for each child that an answer
    held, one for a question that found nobody, refusals, overrides. No content of answers. The
    export is recorded before it is written; --reason is required with --child. Without the role of
    a shielding officer there is no shielded child in it, and nothing of what was typed where no
    child was found.
    """
    from contactpoint.auditing.exporting import export as write
    from contactpoint.exports import require_folder

    require_folder(out)
    period = _period(first, last)
    shown = progress("exporting", wanted=not as_json, unit="AuditEvents")
    with _exporting(period, **asked) as (store, wanted), shown as tell:
        count = write(store, wanted, out, tell)
        cleared = store.is_cleared
    if as_json:
        print_json({"events": count, "file": str(out), "cleared": cleared})
    else:
        say(f"{many(count, 'AuditEvent')} written to {out}")


@contextmanager
def _exporting(
    period: "Period", *, number: str, reader: str, reason: str
) -> "Iterator[tuple[Contactpoint, Wanted]]":
    """What is exported, recorded before it is."""
    from contactpoint.accesses import required_reason
    from contactpoint.auditing.looks import Wanted
    from contactpoint.errors import NotFoundError
    from contactpoint.people.deciding import About

    stated = required_reason(reason) if number else reason.strip()
    search = {"from": f"{period.first}", "before": f"{period.behind}", "reader": reader}
    with opened(Act.EXPORT_ACCESSES) as store:
        store.projector.catch_up()
        child = store.child_named(number) if number else None
        store.record_look(
            store.origin("audit export"),
            "audit export",
            reason=stated,
            children=[child] if child else [],
            search={**search, "number": number.strip()},
        )
        children = {child, *store.workings.merged_into([child])} if child else set()
        if number and child is None:
            raise NotFoundError(MISSING)
        shielded = bool(store.queries.hidden_children(children))
        store.require(Act.EXPORT_ACCESSES, About(shielded=shielded), missing=MISSING)
        yield store, Wanted(period, frozenset(children), reader.strip())


@audit.command(epilog=examples("audit report --from 2026-11-01 --to 2026-11-30"))
@period_options
@token_option
@json_option
def report(first: str, last: str, as_json: bool) -> None:
    """Report the figures of access.

    How often somebody looked, as what and what for; no child is in them. With refusals, overrides
    and their investigations, alerts, and the readers with most looks. What is about yourself, and
    what is about shielded children if you are no shielding officer, is left out of alerts and
    investigations.
    """
    from contactpoint.auditing.figures import figures

    period = _period(first, last)
    with opened(Act.AUDIT) as store:
        store.projector.catch_up()
        told = figures(store, period)
    plain: dict[str, Any] = msgspec.to_builtins(told)
    if as_json:
        print_json(plain)
        return
    counts: dict[str, Any] = {"looks": told.looks, "that found nobody": told.found_nobody}
    counts |= {"overrides of shields": told.overrides, "acts refused": told.refused}
    for name, one in (("investigations", told.investigations), ("alerts", told.alerts)):
        ended = [f"{finding} {count}" for finding, count in one.findings.items()]
        counts[name] = ", ".join([f"{one.raised} raised", f"{one.open} open", *ended])
    print_facts(counts, title=f"{told.first} to {told.last}")
    for name in ("acts", "purposes", "roles", "authorities", "refusals"):
        if plain[name]:
            click.echo()
            print_table((name, "looks"), list(plain[name].items()))
    if told.readers:
        click.echo()
        columns = ("reader", "looks", "children", "refused")
        print_table(columns, [tuple(row[name] for name in columns) for row in plain["readers"]])


def _period(first: str, last: str) -> "Period":
    """Whole days, the last one with them. Raises UsageError."""
    from datetime import date

    from contactpoint.errors import UsageError
    from contactpoint.reporting import period

    for name, stated in (("--from", first), ("--to", last)):
        try:
            date.fromisoformat(stated)
        except ValueError:
            raise UsageError(f"{name}: expected a day as YYYY-MM-DD") from None
    if last < first:
        raise UsageError("--to: expected a day that is not before --from")
    return period(f"{first}..{last}")

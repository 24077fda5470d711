"""Commands of operators: nightly, verify, erase, key, doctor."""

import dataclasses
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from contactpoint.cli.output import json_option, print_json, print_table, progress, say
from contactpoint.cli.session import opened

if TYPE_CHECKING:
    from contactpoint.nightly import Dropped


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@json_option
def nightly(folder: Path, as_json: bool) -> int:
    """Load a drop folder: FOLDER/SOURCE/FEED.DATE.ext, in order of effective time, one report."""
    from contactpoint.cli.loading import GRAVEST, as_request, deliveries, link, report, together
    from contactpoint.errors import UsageError
    from contactpoint.nightly import dropped, left_out
    from feeds.catalogue import FEEDS
    from feeds.submission import FeedError

    reports: list[dict[str, Any]] = []
    codes = {0}
    with opened() as store, store.log.lock("nightly"):
        for (effective, source, name), files in groupby(dropped(folder, FEEDS), key=_delivery):
            among = [one.path for one in files]
            try:
                found = deliveries(among, name or None)
            except (FeedError, UsageError) as error:  # one file must not end the night
                codes.add(1)
                reports.append({"file": among[0].name, "source": source, "error": str(error)})
                continue
            for feed, paths in found:
                request = as_request(paths, feed, source=source, effective=effective)
                try:
                    with progress(f"{source}/{paths[0].name}", wanted=not as_json) as tell:
                        told = dataclasses.replace(request, progress=tell)
                        outcome = store.loading.load(told, store.origin("nightly"))
                except (FeedError, UsageError) as error:
                    codes.add(1)
                    failed = {"file": paths[0].name, "source": source, "error": str(error)}
                    reports.append(failed)
                    continue
                codes.add(outcome.exit_code)
                reports.append({"source": source, **report(store, paths[0].name, outcome)})
        link(store, reports, wanted=True)
    code = next(code for code in GRAVEST if code in codes)
    passed = [str(path.relative_to(folder)) for path in left_out(folder)]
    for name in passed:
        say(f"left out: {name}; expected FOLDER/SOURCE/FILE")
    if as_json:
        print_json({**together(reports), "left_out": passed, "exit_code": code})
        return code
    _show_night(reports)
    for each in reports:
        if "error" in each:
            say(each["error"])
    return code


def _delivery(one: "Dropped") -> tuple[str, str, str]:
    """What the files of one delivery have in common."""
    return one.effective, one.source, one.feed


def _show_night(reports: Sequence[dict[str, Any]]) -> None:
    """A line for each source, and one for each file that was not taken whole."""
    columns = ("rows", "new", "changed", "unchanged", "out_of_scope", "held", "rejected")
    sources: dict[str, list[int]] = {}
    for one in reports:
        sums = sources.setdefault(one["source"], [0] * (len(columns) + 2))
        sums[0] += 1
        for place, name in enumerate((*columns, "withdrawn"), start=1):
            sums[place] += one.get(name, 0)
    print_table(
        ("source", "files", *(name.replace("_", " ") for name in columns), "withdrawn"),
        [(source, *sums) for source, sums in sources.items()],
    )
    for one in reports:
        if one.get("exit_code"):
            say(f"{one['source']}/{one['file']}: {one['state']}, delivery {one['delivery']}")


@click.command()
@json_option
def verify(as_json: bool) -> int:
    """Walk the log: chain, heads and checkpoints; exit 1 where anything was changed."""
    from contactpoint.following import heads_of
    from events.verify import verify as walk

    with opened() as store:
        report = walk(store.log, store.checkpoints, heads_of)
        events = store.log.position()
    findings = [str(finding) for finding in report.findings]
    if as_json:
        print_json({"events": events, "findings": findings, "unchecked": report.unchecked})
    else:
        for finding in findings:
            click.echo(finding)
        for unchecked in report.unchecked:
            say(unchecked)
        say(f"{events:,} events: {'nothing amiss' if not findings else 'changed'}")
    return 1 if findings else 0


@click.command()
@click.argument("what")
@click.option("--reason", default="", help="Why; recorded with the erasure.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def erase(what: str, reason: str, yes: bool, as_json: bool) -> int:
    """Erase a record (SOURCE:ID) or a child (NUMBER) for ever; - reads it from standard input."""
    import sys

    from person.numbers import NumberError, read

    text = sys.stdin.readline().strip() if what == "-" else what
    if not yes and sys.stdin.isatty():
        click.confirm("This cannot be undone. Erase?", abort=True, err=True)
    with opened() as store:
        origin = store.origin("erase")
        store.accesses.require_administrator(origin)
        if ":" in text:
            source, _, key = text.rpartition(":")
            done = store.erasing.record(source, key, origin, reason=reason)
        else:
            try:
                number = read(text)
            except NumberError:
                number = ""
            done = store.erasing.child(number, origin, reason=reason)
        store.linking.run(store.origin("link"), store.model)
        store.projector.catch_up()
        store.checkpoints.write(store.log)
    if as_json:
        print_json({"records": done.records, "child": done.child, "final": str(done.final)})
    else:
        say(f"{done.records} records erased")
        say(f"final on {done.final}, when the last older backup of the keys has expired")
    return 0


@click.group()
def key() -> None:
    """The keys of the installation."""


@key.command()
@json_option
def rotate(as_json: bool) -> None:
    """Make a new wrapping key and wrap every subject's key anew; may be begun again."""
    with opened() as store:
        store.accesses.require_administrator(store.origin("key rotate"))
        wrapped = store.keys.rotate()
    if as_json:
        print_json({"wrapped": wrapped})
    else:
        say(f"{wrapped:,} subject keys wrapped under a new wrapping key")


@click.command()
@json_option
def doctor(as_json: bool) -> int:
    """Look for what makes the installation unsafe or unfit; exit 1 where something is wrong."""
    from contactpoint.doctor import examine

    with opened() as store:
        found = examine(store)
    if as_json:
        print_json([{"level": one.level, "what": one.what, "do": one.remedy} for one in found])
    else:
        print_table(
            ("", "what", "what to do"), [(one.level, one.what, one.remedy) for one in found]
        )
    return 1 if any(one.level == "wrong" for one in found) else 0

"""Commands that take files in: load, feeds."""

import dataclasses
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from contactpoint.cli.output import (
    json_option,
    print_facts,
    print_json,
    print_table,
    progress,
    say,
)
from contactpoint.cli.session import opened

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint
    from contactpoint.intake.loading import Outcome
    from feeds.submission import Feed

SUMMED = (
    *("rows", "new", "changed", "unchanged", "withdrawn", "out_of_scope", "held", "rejected"),
    *("remarks", "dropped_fields", "events", "links", "reviews"),
)
"""Counts of a report that add up over files."""
GRAVEST = (1, 4, 3, 0)
"""Exit codes of several files, the gravest first."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--feed", "feed_name", help="Official format; may be left out where the file shows it."
)
@click.option("--source", required=True, help="The agency's system that sends the files.")
@click.option("--mode", type=click.Choice(["snapshot", "delta"]), help="Default: by the feed.")
@click.option(
    "--mapping", type=click.Path(path_type=Path, exists=True), help="For csv: a TOML file."
)
@click.option("--effective", default="", help="Date for which the file speaks, if it says none.")
@click.option("--dry-run", is_flag=True, help="Read and report, store nothing.")
@click.option("--no-link", is_flag=True, help="Append only; link later.")
@json_option
def load(  # noqa: PLR0913 - the options of the contract
    *,
    files: tuple[Path, ...],
    feed_name: str | None,
    source: str,
    mode: str | None,
    mapping: Path | None,
    effective: str,
    dry_run: bool,
    no_link: bool,
    as_json: bool,
) -> int:
    """Read an agency's files, append what is new, link it, and report."""
    from feeds.submission import FeedError

    reports: list[dict[str, Any]] = []
    codes: set[int] = set()
    with opened() as store:
        for feed, paths in deliveries(files, feed_name):
            name = paths[0].name
            request = as_request(
                paths,
                feed,
                source=source,
                mode=mode,
                mapping=mapping,
                effective=effective,
                dry_run=dry_run,
            )
            try:
                with progress(name, wanted=not as_json) as tell:
                    told = dataclasses.replace(request, progress=tell)
                    outcome = store.loading.load(told, store.origin("load"))
            except FeedError as error:
                codes.add(1)
                say(f"contactpoint: {error}")
                if as_json:
                    reports.append({"file": name, "error": str(error)})
                continue
            codes.add(outcome.exit_code)
            reports.append(report(store, name, outcome))
            if not as_json:
                show(name, outcome)
        if not dry_run:
            link(store, reports, wanted=not no_link)
    if as_json:
        print_json(reports[0] if len(reports) == 1 else together(reports))
    return next(code for code in GRAVEST if code in codes)


def together(reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several files' reports as one: the sums of all counts, and each file's own report."""
    names = [name for name in SUMMED if any(name in report for report in reports)]
    sums = {name: sum(report.get(name, 0) for report in reports) for name in names}
    stages: Counter[str] = Counter()
    for report in reports:
        stages.update(report.get("seconds", {}))
    seconds = {stage: round(spent, 3) for stage, spent in stages.items()}
    return {**sums, "seconds": seconds, "files": list(reports)}


def link(store: "Contactpoint", reports: list[dict[str, Any]], *, wanted: bool) -> None:
    """Link what was loaded, and bring the read models up to date; the last report gains both."""
    began = time.perf_counter()
    last = next((report for report in reversed(reports) if "error" not in report), None)
    # Also where all was known already: the load before may have died before it linked.
    if wanted and last is not None:
        outcome = store.linking.run(store.origin("link"), store.model)
        last["links"], last["reviews"] = outcome.links, outcome.referred
        last["seconds"]["link"] = round(time.perf_counter() - began, 3)
        say(f"linked {outcome.links:,} records; {outcome.referred:,} pairs referred to a steward")
    began = time.perf_counter()
    store.projector.catch_up()
    store.checkpoints.write(store.log)
    if last is not None:
        last["seconds"]["project"] = round(time.perf_counter() - began, 3)


def deliveries(files: Sequence[Path], name: str | None) -> list[tuple["Feed", list[Path]]]:
    """The deliveries that files make: most are one each; some feeds send several as one."""
    from feeds.catalogue import JOINT
    from feeds.text import regular

    found: list[tuple[Feed, list[Path]]] = []
    for path in files:
        feed = _feed(regular(path), name)
        joint = next((paths for known, paths in found if known is feed), None)
        if feed.name in JOINT and joint is not None:
            joint.append(path)
        else:
            found.append((feed, [path]))
    # The same files in any order are the same delivery.
    return [(feed, sorted(paths)) for feed, paths in found]


def as_request(paths: Sequence[Path], feed: "Feed", *, effective: str, **options: Any) -> Any:
    """What is asked to have loaded. Raises UsageError where the date is none."""
    from contactpoint.errors import UsageError
    from contactpoint.intake.loading import Request
    from contactpoint.intake.preparing import moment
    from feeds.text import regular

    if mapping := options.get("mapping"):
        regular(mapping)

    if effective:
        try:
            moment(effective)
        except ValueError:
            raise UsageError("--effective: expected a date as YYYY-MM-DD, or a date-time") from None
    return Request(paths=paths, feed=feed, effective=effective, **options)


def _feed(path: Path, name: str | None) -> "Feed":
    """The feed of this name, or the one that the file looks to be of."""
    import difflib

    from contactpoint.errors import UsageError
    from feeds.catalogue import FEEDS, recognise

    if name is None:
        found = recognise(path)
        if found is None:
            raise UsageError(f"{path.name}: does not show its feed; expected --feed NAME")
        return found
    if name not in FEEDS:
        near = difflib.get_close_matches(name, FEEDS, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(FEEDS)}"
        raise UsageError(f"no feed {name!r}{meant}")
    return FEEDS[name]


def report(store: "Contactpoint", name: str, outcome: "Outcome") -> dict[str, Any]:
    """What ``load --json`` prints of one file."""
    counts = msgspec.structs.asdict(outcome.counts)
    return {
        "file": name,
        "delivery": outcome.delivery.hex[:16],
        "state": outcome.state,
        **counts,
        "dropped_fields": sum(outcome.dropped.values()),
        "dropped": outcome.dropped,
        "events": outcome.events,
        "links": 0,
        "reviews": 0,
        "known": outcome.known,
        "held_by": outcome.held_by,
        "effective_by": outcome.effective_by,
        "seconds": outcome.seconds,
        "exit_code": outcome.exit_code,
        "position": store.log.position(),
    }


def show(name: str, outcome: "Outcome") -> None:
    """The report of one file, for a person."""
    counts = outcome.counts
    again = ", known already" if outcome.known else ""
    print_facts(
        {
            "rows": counts.rows,
            "new": counts.new,
            "changed": counts.changed,
            "unchanged": counts.unchanged,
            "out of scope": counts.out_of_scope,
            "held": counts.held,
            "rejected": counts.rejected,
            "withdrawn": counts.withdrawn,
            "remarks": counts.remarks,
            "events appended": outcome.events,
        },
        title=f"{name}: {outcome.state}{again} (delivery {outcome.delivery.hex[:16]})",
    )
    if outcome.held_by:
        say(f"held by {outcome.held_by}: {outcome.expected}")
        say(f"'contactpoint delivery show {outcome.delivery.hex[:16]}' says more")
    if outcome.new_source:
        say("the source was not known; it was added with its feed's settings")
    if outcome.effective_by == "loading":
        say("the file says no date and --effective gave none: it takes effect now")
    if outcome.dropped:
        most = Counter(outcome.dropped).most_common(5)
        named = ", ".join(f"{name} ({count:,})" for name, count in most)
        say(f"{len(outcome.dropped)} fields are not taken, and were dropped: {named} ...")


@click.command()
@json_option
def feeds(as_json: bool) -> None:
    """List the official formats that can be loaded."""
    from feeds.catalogue import FEEDS

    found = [(feed.name, feed.mode, feed.settings.cadence) for feed in FEEDS.values()]
    if as_json:
        print_json([{"feed": name, "mode": mode, "cadence": often} for name, mode, often in found])
    else:
        print_table(("feed", "mode", "cadence"), found)

"""Commands that take files in: load, feeds."""

import contextlib
import dataclasses
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from contactpoint.cli.command import FEED, examples, json_option
from contactpoint.cli.output import many, print_facts, print_json, print_table, progress, say
from contactpoint.cli.session import opened, token_option
from contactpoint.moments import DAY
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint
    from contactpoint.intake.loading import Outcome
    from contactpoint.intake.request import Request
    from feeds.submission import Feed

SUMMED = (
    *("rows", "new", "changed", "unchanged", "withdrawn", "out_of_scope", "held", "rejected"),
    *("remarks", "dropped_fields", "events", "links", "reviews"),
)
"""Counts of a report that add up over files."""
"""Microseconds: clocks and zones may differ by so much."""
GRAVEST = (1, 4, 3, 0)
"""Exit codes of several files, the gravest first."""


@click.command(
    epilog=examples(
        "load census.xml --source schools",
        "load table.csv --source club --feed csv --mapping club.toml --effective 2026-09-01",
        "load patients.ndjson --source pds --dry-run",
    )
)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
)
@click.option(
    "--feed",
    "feed_name",
    type=FEED,
    help="Official format ('contactpoint feeds' lists them); may be left out where the file "
    "shows what it is.",
)
@click.option("--source", required=True, help="The agency's system that sends the files.")
@click.option(
    "--mode",
    type=click.Choice(["snapshot", "delta"]),
    help="Whether a record that the files leave out is withdrawn (snapshot) or left as it is "
    "(delta). Default: as the feed says.",
)
@click.option(
    "--mapping",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="For csv: a TOML file that says which columns are which. For social-care.ssda903, and "
    "for social-care.csc where a payload names no authority: one with the line "
    "'authority = \"201\"'.",
)
@click.option(
    "--effective",
    default="",
    metavar="YYYY-MM-DD",
    help="Date for which the files speak, where they say none.",
)
@click.option("--dry-run", is_flag=True, help="Read and report, store nothing.")
@click.option("--no-link", is_flag=True, help="Append only; link later.")
@token_option
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
    """Read an agency's FILES, take in what is new, and link it.

    Ends with the report. Each file is read whole before anything of it is stored. Exit 3 where rows
    were rejected or held, or a file as a whole; of several files the gravest counts: 1, 4, 3, 0.
    The report's "links" are the records that were put into a child, one known before or one of
    their own.
    """
    from contactpoint.errors import UsageError
    from feeds.submission import FeedError

    try:
        with opened(Act.LOAD) as store:
            refuse_future(effective, store.chance.clock())
            requests = [
                as_request(
                    paths,
                    feed,
                    source=source,
                    mode=mode,
                    mapping=mapping,
                    effective=effective,
                    dry_run=dry_run,
                )
                for feed, paths in deliveries(files, feed_name)
            ]
            reports = [_reported(store, each, requests, as_json=as_json) for each in requests]
            if not dry_run:
                link(store, reports, wanted=not no_link, shown=not as_json)
    except (FeedError, UsageError) as error:
        if not as_json:
            raise
        code = getattr(error, "exit_code", 1)
        say(f"contactpoint: {error}")
        print_json({**failed(files[0].name, error), "exit_code": code})
        return code
    code = next(code for code in GRAVEST if code in {each["exit_code"] for each in reports})
    if as_json:
        several = {**together(reports), "exit_code": code}
        print_json(reports[0] if len(reports) == 1 else several)
    return code


def _reported(
    store: "Contactpoint", request: "Request", all_: Sequence["Request"], *, as_json: bool
) -> dict[str, Any]:
    """Load one delivery of several, and give its report; a person is shown it at once.

    What holds of one file alone is its own failure; the others are still loaded.
    """
    from contactpoint.errors import UsageError
    from feeds.submission import FeedError

    name = request.paths[0].name
    try:
        outcome = loaded(store, request, "load", shown=not as_json)
    except (FeedError, UsageError) as error:
        if isinstance(error, UsageError) and len(all_) == 1:
            raise
        say(f"contactpoint: {error}")
        return failed(name, error)
    if not as_json:
        show(name, outcome)
    return report(name, outcome)


def loaded(
    store: "Contactpoint", request: "Request", command: str, *, shown: bool, wait: float = 0.0
) -> "Outcome":
    """Load one delivery, with a line that shows how far it has come."""
    with progress(request.paths[0].name, wanted=shown) as tell:
        return store.loading.load(
            dataclasses.replace(request, progress=tell), store.origin(command), wait=wait
        )


def failed(name: str, error: Exception) -> dict[str, Any]:
    """The report of a file that could not be loaded: all counts are there, and none is more."""
    counts = dict.fromkeys(SUMMED, 0)
    return {"file": name, "error": str(error), **counts, "seconds": {}, "exit_code": 1}


def together(reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several files' reports as one: the sums of all counts, and each file's own report."""
    sums = {name: sum(report[name] for report in reports) for name in SUMMED}
    stages: Counter[str] = Counter()
    for each in reports:
        stages.update(each["seconds"])
    seconds = {stage: round(spent, 3) for stage, spent in stages.items()}
    return {**sums, "seconds": seconds, "files": list(reports)}


def link(
    store: "Contactpoint",
    reports: list[dict[str, Any]],
    *,
    wanted: bool,
    shown: bool,
    wait: float = 0.0,
) -> None:
    """Link what was loaded, and bring the read models up to date; the last report gains both."""
    began = time.perf_counter()
    last = next((each for each in reversed(reports) if "error" not in each), None)
    # Also where all was known already: the load before may have died before it linked.
    if wanted and last is not None:
        with progress("linking", wanted=shown, unit="records") as tell:
            outcome = store.linking.run(store.origin("link"), store.model, progress=tell, wait=wait)
        last["links"], last["reviews"] = outcome.links, outcome.referred
        last["events"] += outcome.events
        last["seconds"]["link"] = round(time.perf_counter() - began, 3)
        pairs = many(outcome.referred, "pair")
        say(f"linked {many(outcome.links, 'record')}; {pairs} referred to a steward")
    began = time.perf_counter()
    store.projector.catch_up()
    store.checkpoints.write(store.log)
    if last is not None:
        last["seconds"]["project"] = round(time.perf_counter() - began, 3)


def deliveries(files: Sequence[Path], name: str | None) -> list[tuple["Feed", list[Path]]]:
    """The deliveries that files make: most are one each; some feeds send several as one.

    Raises UsageError where a file does not show its feed and no name of one is given.
    """
    from contactpoint.errors import UsageError
    from feeds.catalogue import JOINT
    from feeds.text import regular

    found: list[tuple[Feed, list[Path]]] = []
    for path in files:
        if path == Path("-") and not path.exists():
            raise UsageError(
                "-: a file is read twice, and standard input cannot be; expected a regular file"
            )
        feed = _feed(regular(path), name)
        joint = next((paths for known, paths in found if known is feed), None)
        if feed.name in JOINT and joint is not None:
            joint.append(path)
        else:
            found.append((feed, [path]))
    # The same files in any order are the same delivery.
    return [(feed, sorted(paths)) for feed, paths in found]


def as_request(paths: Sequence[Path], feed: "Feed", *, effective: str, **options: Any) -> "Request":
    """What is asked to have loaded. Raises UsageError where the date or the source is none."""
    from contactpoint.errors import UsageError
    from contactpoint.intake.request import Request
    from contactpoint.moments import moment
    from contactpoint.sources import named
    from feeds.text import regular

    named(options["source"])

    if mapping := options.get("mapping"):
        regular(mapping)

    if effective:
        try:
            moment(effective)
        except ValueError:
            raise UsageError("--effective: expected a date as YYYY-MM-DD, or a date-time") from None
    return Request(paths=paths, feed=feed, effective=effective, **options)


def refuse_future(
    effective: str, now: int, where: str = "--effective", *, beyond: int = DAY
) -> None:
    """Raise UsageError for a date more than a day ahead: it would outrank every later statement.

    What is no date at all is told elsewhere.
    """
    from contactpoint.errors import UsageError
    from contactpoint.moments import moment

    with contextlib.suppress(ValueError):
        if effective and moment(effective) > now + beyond:
            raise UsageError(f"{where}: expected a date that is not in the future")


def _feed(path: Path, name: str | None) -> "Feed":
    """The feed of this name, or the one that the file looks to be of.

    Raises FeedError for a file that no feed could read, UsageError for one that may be of several.
    """
    from contactpoint.errors import UsageError
    from feeds.catalogue import FEEDS, recognise
    from feeds.unknown import refuse_unreadable

    found = FEEDS[name] if name else recognise(path)
    if found is None:
        refuse_unreadable(path)
        raise UsageError(
            f"{path.name}: does not show its feed; expected --feed NAME, and 'contactpoint feeds' "
            "lists the names"
        )
    return found


def report(name: str, outcome: "Outcome") -> dict[str, Any]:
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
    delivery = outcome.delivery.hex[:16]
    if outcome.state == "rejected":
        say("a data manager turned it away; nothing of it is stored")
    elif outcome.held_by:
        expected = f": expected {outcome.expected}" if outcome.expected else ""
        say(f"held by {outcome.held_by}{expected}")
        if outcome.state == "held":
            say(
                f"'contactpoint delivery approve {delivery}' lets it through, "
                "'reject' turns it away"
            )
    elif outcome.exit_code and outcome.state == "completed":
        say(f"'contactpoint delivery show {delivery}' names the rows that were not taken")
    if outcome.new_source:
        say("the source was not known; it was added with its feed's settings")
    if outcome.effective_by == "loading" and not outcome.known:
        say("the file says no date and --effective gave none: it takes effect now")
    if outcome.dropped:
        most = Counter(outcome.dropped).most_common(5)
        named = ", ".join(f"{name} ({count:,})" for name, count in most)
        more = ", ..." if len(outcome.dropped) > len(most) else ""
        say(f"fields not taken, and dropped: {named}{more}")


@click.command(epilog=examples("feeds"))
@json_option
def feeds(as_json: bool) -> None:
    """List the official formats that can be loaded.

    With how each is taken unless told: as a snapshot, which withdraws what it leaves out, or as a
    delta.
    """
    from feeds.catalogue import FEEDS

    found = [(feed.name, feed.mode, feed.settings.cadence) for feed in FEEDS.values()]
    if as_json:
        print_json([{"feed": name, "mode": mode, "cadence": often} for name, mode, often in found])
    else:
        print_table(("feed", "mode", "cadence"), found)

"""The command that loads a night's drop folder."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from contactpoint.cli.command import Within, examples, json_option
from contactpoint.cli.loading import (
    GRAVEST,
    as_request,
    deliveries,
    failed,
    loaded,
    refuse_future,
    report,
    together,
)
from contactpoint.cli.loading import link as link_loaded
from contactpoint.cli.output import print_json, print_table, say
from contactpoint.cli.session import opened, token_option
from contactpoint.moments import DAY
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint
    from contactpoint.nightly import Dropped

COUNTS = ("rows", "new", "changed", "unchanged", "out_of_scope", "held", "rejected", "withdrawn")
ALWAYS = ("rows", "new", "changed", "unchanged")
"""Counts that the report shows even where they are none."""
WAIT = 600
"""Seconds that a night waits for another process, unless told."""
YEAR = 366 * DAY
"""So far ahead a date in a name is mistyped: it would outrank all that comes until then."""
MOST_NAMED = 10
"""Files left out that are named one by one."""


@click.command(epilog=examples("nightly /var/drop/2026-01-15"))
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--wait",
    type=Within(min=0),
    default=WAIT,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for another night, load or link to end.",
)
@token_option
@json_option
def nightly(folder: Path, wait: float, as_json: bool) -> int:
    """Load a drop FOLDER in order of effective time.

    Links once at the end, and prints one report.
    A file stands in a folder named for its source, and its name begins with its feed and date:
    FOLDER/pds/health.pds-fhir.2026-01-15.ndjson. Where the name says no feed, the file is asked.
    A file that cannot be loaded leaves the others alone. A second night waits for the first, and
    is refused after --wait seconds; a file that another load kept waiting so long is named.
    """
    from contactpoint.nightly import dropped, left_out, unlisted
    from feeds.catalogue import FEEDS

    with opened(Act.LOAD) as store, store.log.lock("nightly", wait=wait):
        reports = [
            each
            for _, files in groupby(dropped(folder, FEEDS), key=_delivery)
            for each in _load(store, list(files), shown=not as_json, wait=wait)
        ]
        reports.extend(
            {"source": path.name, **failed(path.name, _unreadable(path, error))}
            for path, error in unlisted(folder)
        )
        link_loaded(store, reports, wanted=True, shown=not as_json, wait=wait)
    codes = {0, *(each["exit_code"] for each in reports)}
    code = next(code for code in GRAVEST if code in codes)
    passed = [str(path.relative_to(folder)) for path in left_out(folder)]
    _say_left_out(passed)
    if as_json:
        print_json({**together(reports), "left_out": passed, "exit_code": code})
    elif reports:
        _show(reports)
    else:
        say(f"nothing to load in {folder}; expected FOLDER/SOURCE/FILE")
    return code


def _delivery(one: "Dropped") -> tuple[str, str, str]:
    """What the files of one delivery have in common."""
    return one.effective, one.source, one.feed


def _load(
    store: "Contactpoint", files: Sequence["Dropped"], *, shown: bool, wait: float
) -> Iterator[dict[str, Any]]:
    """Load the files of one source, feed and date; a report for each delivery."""
    from contactpoint.errors import UsageError
    from events.store.locks import LockedError
    from feeds.submission import FeedError

    effective, source, feed_name = _delivery(files[0])
    paths = [one.path for one in files]
    if not feed_name:
        bad = dict(_of_no_feed(paths))
        yield from ({"source": source, **failed(p.name, error)} for p, error in bad.items())
        paths = [path for path in paths if path not in bad]
    try:
        found = deliveries(paths, feed_name or None)
    except (FeedError, UsageError) as error:
        yield {"source": source, **failed(paths[0].name, error)}
        return
    for feed, together_sent in found:
        name = together_sent[0].name
        try:
            where = f"{name}: the date in its name"
            refuse_future(effective, store.chance.clock(), where, beyond=YEAR)
            request = as_request(together_sent, feed, source=source, effective=effective)
            outcome = loaded(store, request, "nightly", shown=shown, wait=wait)
        except (FeedError, UsageError, LockedError) as error:
            yield {"source": source, **failed(name, error)}
        except OSError as error:
            if error.filename not in map(str, together_sent):
                raise
            yield {"source": source, **failed(name, _unreadable(Path(name), error))}
        else:
            yield {"source": source, **report(name, outcome)}


def _unreadable(path: Path, error: OSError) -> Exception:
    from contactpoint.errors import ContactpointError

    return ContactpointError(f"{path.name}: {error.strerror}")


def _of_no_feed(paths: Iterable[Path]) -> list[tuple[Path, Exception]]:
    """The files that show no feed, or cannot be read to see whether they do."""
    from contactpoint.errors import UsageError
    from feeds.catalogue import recognise
    from feeds.submission import FeedError
    from feeds.unknown import refuse_unreadable

    found: list[tuple[Path, Exception]] = []
    for path in paths:
        try:
            if recognise(path) is None:
                refuse_unreadable(path)
                said = f"{path.name}: does not show its feed; expected FEED.DATE.ext as its name"
                found.append((path, UsageError(said)))
        except FeedError as error:
            found.append((path, error))
        except OSError as error:
            found.append((path, _unreadable(path, error)))
    return found


def _say_left_out(names: Sequence[str]) -> None:
    """Name what was not loaded: nothing is passed over in silence."""
    from contactpoint.nightly import is_coming

    for name in names[:MOST_NAMED]:
        is_whole = not is_coming(Path(name))
        expected = "FOLDER/SOURCE/FILE" if is_whole else "a name that says that it has come whole"
        say(f"left out: {name}; expected {expected}")
    if len(names) > MOST_NAMED:
        say(f"left out: {len(names) - MOST_NAMED:,} more files like these")


def _show(reports: Sequence[dict[str, Any]]) -> None:
    """A line for each source, and one for each file that was not taken whole."""
    sources: dict[str, Counter[str]] = {}
    for one in reports:
        sums = sources.setdefault(one["source"], Counter(dict.fromkeys(COUNTS, 0)))
        sums.update({"files": 1, **{name: one[name] for name in COUNTS}})
    told = [name for name in COUNTS if name in ALWAYS or any(one[name] for one in reports)]
    print_table(
        ("source", "files", *(name.replace("_", " ") for name in told)),
        [(source, sums["files"], *(sums[n] for n in told)) for source, sums in sources.items()],
    )
    for one in reports:
        if "error" in one:
            say(f"{one['source']}: {one['error']}")
        elif one["exit_code"]:
            say(f"{one['source']}/{one['file']}: {_partly(one)}, delivery {one['delivery']}")


def _partly(one: dict[str, Any]) -> str:
    """How much of a file was not taken."""
    if one["state"] != "completed":
        return str(one["state"])
    return ", ".join(f"{one[name]:,} {name}" for name in ("held", "rejected") if one[name])

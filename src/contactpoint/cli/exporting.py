"""Commands that write tables out of the index: export links, export pairs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from contactpoint.cli.command import OUT, examples, json_option
from contactpoint.cli.output import many, print_json, progress, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint
    from projections.open_records import Clearance

F = TypeVar("F", bound=Callable[..., Any])


class Asked(NamedTuple):
    """What is exported, and whether with what is hidden from others."""

    what: str
    clearance: bool
    reason: str


@click.group()
def export() -> None:
    """Write tables out of the index.

    Administrators only, and each export is recorded.
    """


def clearance_option(function: F) -> F:
    """Give a command the options ``--clearance`` and ``--reason``."""
    reason = click.option(
        "--reason", default="", help="Why; required with --clearance, and recorded word for word."
    )
    clearance = click.option(
        "--clearance",
        is_flag=True,
        help="Write what your other roles open, too: a shielding officer's, shielded and withheld "
        "records; an adoption officer's, those of never-links. Needs a strong token.",
    )
    return clearance(reason(function))


@export.command(
    epilog=examples(
        "export links links.csv",
        "export links all.csv --clearance --reason 'audit 2026' --token officer.token",
    )
)
@click.argument("out", type=OUT)
@clearance_option
@token_option
@json_option
def links(out: Path, clearance: bool, reason: str, as_json: bool) -> None:
    """Write the child of each current record to OUT.

    OUT is a CSV file. Columns: source, record_id, child (a number; empty where the record belongs
    to none yet). Shielded, withheld and never-linked records are left out unless you are cleared
    and ask; where there are any, so are records that were loaded and not linked yet.
    """
    from contactpoint.exports import export_links

    asked = Asked("export links", clearance, reason)
    with _exporting(asked, out, as_json=as_json) as (store, wrote):
        opens = _opens(store, asked)
        apart, unlinked = store.kept_apart(opens), store.unlinked(opens)
        wrote.append(export_links(store.open_records, out, apart, opens, unlinked))


@export.command(epilog=examples("export pairs pairs.csv"))
@click.argument("out", type=OUT)
@clearance_option
@token_option
@json_option
def pairs(out: Path, clearance: bool, reason: str, as_json: bool) -> None:
    """Write pairs from the review threshold up to OUT.

    OUT is a CSV file. Columns: source_a, record_id_a, source_b, record_id_b, probability (rivals
    counted), weight, and decision: link where the two are one child, review where they await a
    steward, else non_link; of records not linked yet, what the weight alone says. Shielded,
    withheld and never-linked records are left out unless you are cleared and ask; where there are
    any, so are records that were loaded and not linked yet.
    """
    from contactpoint.exports import export_pairs

    asked = Asked("export pairs", clearance, reason)
    shown = progress("comparing", wanted=not as_json)
    with _exporting(asked, out, as_json=as_json) as (store, wrote), shown:
        opens = _opens(store, asked)
        unlinked = store.unlinked(opens)
        indexes = store.linking.indexes(store.model)
        links = store.log.heads.links(unlinked())
        early = {ordinal for ordinal, child in links.items() if child is None}
        apart, records = store.kept_apart(opens), store.open_records
        wrote.append(export_pairs(records, store.filling, indexes, out, apart, opens, early))


def _opens(store: "Contactpoint", asked: Asked) -> "Clearance":
    """What of that which is hidden is exported too."""
    from projections.open_records import NO_CLEARANCE

    return store.clearance if asked.clearance else NO_CLEARANCE


@contextmanager
def _exporting(
    asked: Asked, out: Path, *, as_json: bool
) -> "Iterator[tuple[Contactpoint, list[int]]]":
    """Administrators only, and recorded before anything is written."""
    from contactpoint.accesses import required_reason

    reason = required_reason(asked.reason) if asked.clearance else asked.reason.strip()
    wrote: list[int] = []
    with opened(Act.EXPORT) as store:
        if asked.clearance:
            store.require(Act.EXPORT_CLEARED)
        store.projector.catch_up()
        origin = store.origin(asked.what)
        act = f"{asked.what} --clearance" if asked.clearance else asked.what
        store.record_look(origin, act, reason=reason, children=())
        yield store, wrote
        opens = _opens(store, asked)
    with_ = {"shielded and withheld": opens.shielded, "never-linked": opens.apart}
    if as_json:
        print_json({"rows": sum(wrote), "file": str(out)})
    else:
        say(f"{many(sum(wrote), 'row')} written to {out}")
    if asked.clearance:
        say(f"with {' and '.join(what for what, is_open in with_.items() if is_open)} records")

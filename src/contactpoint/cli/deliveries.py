"""Commands about deliveries: delivery list, show, approve, reject."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from contactpoint.cli.command import examples, json_option
from contactpoint.cli.output import many, print_facts, print_json, print_table, say
from contactpoint.cli.session import opened, token_option
from contactpoint.moments import as_time
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from contactpoint.intake.deciding import Decision
    from projections.lists import Lists

TIMES = ("effective", "first", "latest")
LISTED = (
    *("delivery", "source", "feed", "effective", "state"),
    *("rows", "new", "changed", "held", "rejected"),
)
RARE = ("held", "rejected")
"""Counts that take room in a list only where there are any."""
NOTED = ("outcome", "rule", "field", "expected", "record")


@click.group()
def delivery() -> None:
    """The files that sources sent, and what became of them."""


@delivery.command("list", epilog=examples("delivery list", "delivery list --held"))
@click.option(
    "--state",
    type=click.Choice(["received", "completed", "held", "refused", "approved", "rejected"]),
    help="Only deliveries that stand so.",
)
@click.option("--held", is_flag=True, help="Only those that are held, or hold rows.")
@token_option
@json_option
def list_(state: str | None, held: bool, as_json: bool) -> None:
    """List all deliveries, the latest first."""
    with opened(Act.DELIVERIES) as store:
        store.projector.catch_up()
        every = store.lists.deliveries()
    found = [
        _plain(row)
        for row in every
        if state in (None, row["state"]) and (_awaits_a_decision(row) or not held)
    ]
    if as_json:
        print_json(found)
        return
    if not found:
        which = f"no delivery is {state}" if state else "no delivery awaits a decision"
        say(which if every else "no file has been delivered yet")
        return
    dated = [row | {"effective": (row["effective"] or "")[:10]} for row in found]
    told = [name for name in LISTED if name not in RARE or any(row[name] for row in dated)]
    print_table(told, [[row[column] for column in told] for row in dated])


@delivery.command("show", epilog=examples("delivery show 7f3a9c218d1e02ab"))
@click.argument("delivery_id", metavar="DELIVERY")
@token_option
@json_option
def show_(delivery_id: str, as_json: bool) -> None:
    """Show one DELIVERY, and the rows that were not taken.

    With its counts, and what was remarked of rows. 'delivery list' names them; the beginning of a
    name is enough. A row is named by its line, or as the N-th child of its file where a line may
    hold several. No particulars are shown.
    """
    from feeds.catalogue import row_word

    with opened(Act.DELIVERIES) as store:
        store.projector.catch_up()
        found = _plain(_found(store.lists, delivery_id))
    if as_json:
        print_json(found)
        return
    facts = {
        name: value
        for name, value in found.items()
        # A count that is none says nothing; that no row was read says much.
        if name not in ("notes", "dropped") and (value != 0 or name in ("rows", "exit_code"))
    }
    print_facts({name.replace("_", " "): value for name, value in facts.items()})
    if found["notes"]:
        word = row_word(found["feed"])
        noted = [
            (f"{word} {note['line']}", *(note[column] for column in NOTED))
            for note in found["notes"]
        ]
        print_table(("row", *NOTED), noted, "rows")
    if found["dropped"]:
        print_table(("field not taken", "values"), _most_first(found["dropped"].items()), "dropped")
    if found["state"] == "held":
        say(f"'contactpoint delivery approve {found['delivery']}' lets it through")
    elif found["held"] and found["state"] == "completed":
        say(
            f"'contactpoint delivery approve {found['delivery']} --row NUMBER' takes a row that is "
            "held, 'reject' turns it away"
        )


ROW = click.option(
    "--row",
    "lines",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="NUMBER",
    help="Only what is held of this row, by the line or child that 'delivery show' names; may be "
    "given again.",
)
RECORD = click.option(
    "--record",
    "records",
    multiple=True,
    metavar="ID",
    help="Only held rows of the record whose id begins so; may be given again.",
)


@delivery.command(
    epilog=examples(
        "delivery approve 7f3a9c218d1e02ab --reason 'asked them'",
        "delivery approve 7f3a9c218d1e02ab --row 412 --reason 'the id was used again'",
    )
)
@click.argument("delivery_id", metavar="DELIVERY")
@ROW
@RECORD
@click.option("--reason", default="", help="Why; recorded with the delivery.")
@token_option
@json_option
def approve(delivery_id: str, as_json: bool, **meant: Any) -> int:
    """Let what is held of a DELIVERY through, and load and link it.

    A delivery that is held whole goes through whole. Of one that was taken, the rows that it holds
    are read again and take their place in the source's time: all of them, or those of --row and
    --record. Of two rows of one record choose one; the other is turned away with it. A row of an
    erased record cannot be approved.
    """
    return _decide(delivery_id, approve=True, as_json=as_json, **meant)


@delivery.command(
    epilog=examples(
        "delivery reject 7f3a9c218d1e02ab --reason 'sent by mistake'",
        "delivery reject 7f3a9c218d1e02ab --record 9be04c77 --reason 'not the child'",
    )
)
@click.argument("delivery_id", metavar="DELIVERY")
@ROW
@RECORD
@click.option("--reason", default="", help="Why; recorded with the delivery.")
@token_option
@json_option
def reject(delivery_id: str, as_json: bool, **meant: Any) -> int:
    """Turn what is held of a DELIVERY away.

    Of a delivery that is held whole nothing is stored. Of one that was taken, the rows that it
    holds are not: all of them, or those of --row and --record.
    """
    return _decide(delivery_id, approve=False, as_json=as_json, **meant)


def _decide(  # noqa: PLR0913 - the options of both commands
    delivery_id: str,
    *,
    approve: bool,
    reason: str,
    lines: tuple[int, ...],
    records: tuple[str, ...],
    as_json: bool,
) -> int:
    from contactpoint.cli.loading import link, report, show
    from contactpoint.intake.deciding import Decision
    from feeds.catalogue import FEEDS

    begun = frozenset(text.lower() for text in records if text)
    decision = Decision(approve, reason, frozenset(lines), begun)
    with opened(Act.DECIDE_DELIVERY) as store:
        store.projector.catch_up()
        found = _found(store.lists, delivery_id)
        name = found["delivery"]
        origin = store.origin("delivery approve" if approve else "delivery reject")
        outcome = store.loading.decide(UUID(bytes=found["stream"]), FEEDS, decision, origin)
        if outcome is None:
            store.projector.catch_up()
            store.checkpoints.write(store.log)
            _tell(_found(store.lists, name), decision, as_json=as_json)
            return 0
        reports = [report(name, outcome)]
        link(store, reports, wanted=True, shown=not as_json)
    if as_json:
        print_json(reports[0])
    else:
        show(name, outcome)
    return outcome.exit_code


def _tell(found: dict[str, Any], decision: "Decision", *, as_json: bool) -> None:
    """How a delivery stands after a decision that loaded nothing."""
    told = {name: found[name] for name in ("delivery", "state", "rows", "held", "rejected")}
    if as_json:
        print_json(told)
        return
    say(
        f"delivery {told['delivery']}: {told['state']}; {many(told['held'], 'row')} held, "
        f"{told['rejected']:,} rejected"
    )
    if decision.approve:
        say("its file is not where it was, as it was: load it again, and it goes through")


def _found(lists: "Lists", named: str) -> dict[str, Any]:
    """The delivery whose name begins so. Raises NotFoundError where there is not just one."""
    from contactpoint.errors import NotFoundError

    exact = lists.delivery(named)
    if exact is not None:
        return exact
    names = [row["delivery"] for row in lists.deliveries()]
    alike = [name for name in names if named and name.startswith(named.lower())]
    found = lists.delivery(alike[0]) if len(alike) == 1 else None
    if found is None:
        which = f"{len(alike)} deliveries begin with {named}" if alike else f"no delivery {named}"
        raise NotFoundError(f"{which}; 'contactpoint delivery list' names them")
    return found


def _awaits_a_decision(row: dict[str, Any]) -> bool:
    return row["state"] == "held" or (row["state"] == "completed" and bool(row["held"]))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """The row with times as ISO 8601 and without its stream's id, which ``delivery`` begins."""
    return {
        name: as_time(value) if name in TIMES else value
        for name, value in row.items()
        if name != "stream"
    }


def _most_first(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(counts, key=lambda each: (-each[1], each[0]))

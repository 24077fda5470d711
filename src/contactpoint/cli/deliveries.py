"""Commands about deliveries: delivery list, show, approve, reject."""

from typing import Any
from uuid import UUID

import click

from contactpoint.cli.output import json_option, print_facts, print_json, print_table, say
from contactpoint.cli.session import opened


@click.group()
def delivery() -> None:
    """The files that sources sent, and what became of them."""


@delivery.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List all deliveries, the latest first."""
    with opened() as store:
        store.projector.catch_up()
        found = [_named(row) for row in store.queries.deliveries()]
    if as_json:
        print_json(found)
        return
    columns = ("delivery", "source", "feed", "state", "rows", "new", "changed", "held", "rejected")
    print_table(columns, [[row.get(column) for column in columns] for row in found])


@delivery.command("show")
@click.argument("delivery_id")
@json_option
def show_(delivery_id: str, as_json: bool) -> None:
    """Show one delivery: counts, and the rows that were not taken as they came."""
    from contactpoint.errors import NotFoundError

    with opened() as store:
        store.projector.catch_up()
        found = store.queries.delivery(delivery_id)
    if found is None:
        raise NotFoundError(f"no delivery {delivery_id}; 'contactpoint delivery list' names them")
    found = _named(found)
    if as_json:
        print_json(found)
        return
    print_facts({key: value for key, value in found.items() if key not in ("notes", "dropped")})
    columns = ("line", "outcome", "rule", "field", "expected", "record")
    notes = found["notes"]
    if notes:
        print_table(columns, [[note[column] for column in columns] for note in notes], "rows")
    if found["dropped"]:
        print_table(("field not taken", "values"), sorted(found["dropped"].items()), "dropped")


@delivery.command()
@click.argument("delivery_id")
@click.option("--reason", default="", help="Why; recorded with the delivery.")
@json_option
def approve(delivery_id: str, reason: str, as_json: bool) -> int:
    """Let a held delivery through: guard and drift do not hold it again."""
    return _decide(delivery_id, reason, approve=True, as_json=as_json)


@delivery.command()
@click.argument("delivery_id")
@click.option("--reason", default="", help="Why; recorded with the delivery.")
@json_option
def reject(delivery_id: str, reason: str, as_json: bool) -> int:
    """Turn a held delivery away."""
    return _decide(delivery_id, reason, approve=False, as_json=as_json)


def _decide(delivery_id: str, reason: str, *, approve: bool, as_json: bool) -> int:
    from contactpoint.cli.loading import link, report, show
    from contactpoint.errors import NotFoundError
    from feeds.catalogue import FEEDS

    with opened() as store:
        store.projector.catch_up()
        found = store.queries.delivery(delivery_id)
        if found is None:
            raise NotFoundError(f"no delivery {delivery_id}; 'delivery list' names them")
        origin = store.origin("delivery approve" if approve else "delivery reject")
        outcome = store.loading.decide(
            UUID(bytes=found["stream"]), FEEDS, origin, approve=approve, reason=reason
        )
        if outcome is None:
            store.projector.catch_up()
            answer = {"delivery": delivery_id, "state": "approved" if approve else "rejected"}
            if as_json:
                print_json(answer)
            else:
                say(f"delivery {delivery_id}: {answer['state']}")
                if approve:
                    say("its file is not where it was: load it again, and it goes through")
            return 0
        reports = [report(store, delivery_id, outcome)]
        link(store, reports, wanted=True)
    if as_json:
        print_json(reports[0])
    else:
        show(delivery_id, outcome)
    return outcome.exit_code


def _named(row: dict[str, Any]) -> dict[str, Any]:
    """The row without the whole id of its stream: its first 16 digits name a delivery."""
    return {name: value for name, value in row.items() if name != "stream"}

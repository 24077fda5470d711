"""Commands about deliveries: delivery list, show."""

from typing import Any

import click

from contactpoint.cli.output import json_option, print_facts, print_json, print_table
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


@delivery.command()
@click.argument("delivery_id")
@json_option
def show(delivery_id: str, as_json: bool) -> None:
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


def _named(row: dict[str, Any]) -> dict[str, Any]:
    """The row without the whole id of its stream: its first 16 digits name a delivery."""
    return {name: value for name, value in row.items() if name != "stream"}

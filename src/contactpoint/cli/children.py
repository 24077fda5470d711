"""Commands that show a child: child show, child find. Each is recorded before it answers."""

import sys
from typing import TYPE_CHECKING, Any

import click
import msgspec

from contactpoint.cli.output import F, json_option, print_json, print_table, say
from contactpoint.cli.session import opened

if TYPE_CHECKING:
    from projections.view import View


def reason_option(function: F) -> F:
    """Give a command the option ``--reason``, without which it shows nothing."""
    return click.option("--reason", default="", help="Why; recorded word for word.")(function)


@click.group()
def child() -> None:
    """Who a child is, and which services work with them."""


@child.command()
@click.argument("number")
@reason_option
@json_option
def show(number: str, reason: str, as_json: bool) -> None:
    """Show the child of an index number; - reads the number from standard input."""
    from contactpoint.accesses import required_reason
    from contactpoint.errors import NotFoundError
    from person.numbers import NumberError, read

    stated = required_reason(reason)
    text = sys.stdin.readline() if number == "-" else number
    with opened() as store:
        try:
            wanted = read(text)
        except NumberError:
            wanted = ""
        store.projector.catch_up()
        found = store.queries.child_by_number(wanted) if wanted else None
        store.accesses.record(
            store.origin("child show"),
            "child show",
            reason=stated,
            children=[found.child] if found else [],
            search={"number": text.strip()},
        )
    if found is None:
        raise NotFoundError("no child of that number")
    if as_json:
        print_json(msgspec.to_builtins(found.view))
    else:
        _show(found.view)


@child.command()
@click.option("--name", default="", help="Forename and family name, or a family name.")
@click.option("--dob", default="", help="YYYY-MM-DD.")
@click.option("--postcode", default="")
@click.option("--sex", default="", type=click.Choice(["", "F", "M", "U", "X"]))
@click.option("--identifier", default="", help="NHS number, UPN or local number.")
@reason_option
@json_option
def find(reason: str, as_json: bool, **asked: str) -> int:
    """Find children by what is known of them; - reads a value from standard input."""
    from contactpoint.accesses import required_reason
    from contactpoint.errors import NotFoundError, UsageError
    from projections.queries import Search, TooBroadError

    stated = required_reason(reason)
    values = {name: _value(value) for name, value in asked.items()}
    birth = values.pop("dob")
    with opened() as store:
        store.projector.catch_up()
        try:
            answer = store.queries.find(Search(birth=birth, **values))
        except TooBroadError as error:
            raise UsageError(str(error)) from None
        store.accesses.record(
            store.origin("child find"),
            "child find",
            reason=stated,
            children=[one.child for one in answer.found],
            search={"birth": birth, **values},
        )
    if as_json:
        print_json(
            {
                "found": [msgspec.to_builtins(one.view) for one in answer.found],
                "more": answer.more,
            }
        )
        return 0 if answer.found else 1
    if not answer.found:
        raise NotFoundError("no child found")
    print_table(
        ("number", "name", "sex", "born"),
        [_line(one.view) for one in answer.found],
    )
    if answer.more:
        say("more children answer to this; say more of the one you mean")
    return 0


def _value(stated: str) -> str:
    """A value, or the next line of standard input where it is ``-``."""
    return sys.stdin.readline().strip() if stated == "-" else stated


def _line(view: "View") -> tuple[str, str, str, str]:
    facts = _identity(view)
    return facts["number"], facts["name"], facts["sex"], facts["born"]


def _identity(view: "View") -> dict[str, str]:
    from person.numbers import written

    plain = msgspec.to_builtins(view)
    return {
        "number": written(view.number),
        "name": _name(_believed(plain, "name")),
        "sex": str(_believed(plain, "sex") or "U"),
        "born": str((_believed(plain, "birth") or {}).get("value", "not stated")),
    }


def _believed(plain: dict[str, Any], field: str) -> Any:
    """The believed value of a field, whichever kind of view it is."""
    fact = plain.get(field)
    return fact["value"] if isinstance(fact, dict) and "stated" in fact else fact


def _name(name: Any) -> str:
    if not name:
        return "not stated"
    return " ".join([*name.get("given", []), name.get("family", "")]).strip()


def _show(view: "View") -> None:
    """A child for a person to read: identity, then who is involved, then marks."""
    plain = msgspec.to_builtins(view)
    facts = _identity(view)
    click.echo(f"{facts['name']}  ({facts['number']})")
    click.echo(f"  born {facts['born']}, sex {facts['sex']}")
    if "services" not in plain:
        click.echo("  the rest of this record is restricted")
        return
    click.echo(f"  {_address(_believed(plain, 'address'))}")
    for other in plain["other_names"]:
        click.echo(f"  also {_name(other['value'])} ({other['value'].get('use', 'legal')})")
    _show_people(plain)
    if plain["services"]:
        print_table(
            ("service", "organisation", "practitioner", "contact", "since", "until", "told by"),
            [_service(told) for told in plain["services"]],
        )
    _show_marks(plain)


def _show_people(plain: dict[str, Any]) -> None:
    for told in plain["parents"]:
        parent = told["value"]
        name = f"{parent['given']} {parent['family']}".strip()
        phone = f", {parent['phone']}" if parent.get("phone") else ""
        click.echo(f"  {parent.get('relationship') or 'carer'}: {name}{phone}")


def _show_marks(plain: dict[str, Any]) -> None:
    for title, field in (("an assessment exists", "assessment"), ("lead", "lead_professional")):
        told = plain[field]
        if told:
            who = told["value"]
            parts = [who.get(key, "") for key in ("name", "organisation", "phone")]
            click.echo(f"  {title}: {', '.join(part for part in parts if part)}")
    held = ", ".join(sorted({holder["source"] for holder in plain["holders"]}))
    click.echo(f"  known to {held}")


def _address(whereabouts: Any) -> str:
    if not whereabouts:
        return "no address stated"
    if whereabouts.get("no_known_address"):
        return "no known address"
    address = whereabouts.get("address") or {}
    parts = [*address.get("lines", []), address.get("town", ""), address.get("postcode", "")]
    return ", ".join(part for part in parts if part) or "no address stated"


def _service(told: dict[str, Any]) -> tuple[str, ...]:
    service = told["value"]
    contact = service.get("phone") or service.get("email") or ""
    organisation = service.get("name") or service.get("organisation") or ""
    return (
        service["kind"],
        organisation,
        service.get("practitioner", ""),
        contact,
        service.get("start", ""),
        service.get("end", ""),
        told["source"],
    )

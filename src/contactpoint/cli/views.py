"""How what a reader may see of a child is written for a person."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from contactpoint.cli.output import print_table
from contactpoint.moments import as_time
from person.services import ENROLMENTS

if TYPE_CHECKING:
    from contactpoint.beside import Beside
    from events.correction import Asserted
    from projections.view import View

SERVICE = ("service", "organisation", "practitioner", "contact", "since", "until", "told by")


def identity(view: "View") -> dict[str, str]:
    """Number, name, sex and birth, whichever kind of view it is."""
    from person.numbers import written

    plain = msgspec.to_builtins(view)
    return {
        "number": written(view.number),
        "name": name_of(_believed(plain, "name")) or "not stated",
        "sex": str(_believed(plain, "sex") or "U"),
        "born": birth_of(_believed(plain, "birth")) or "not stated",
    }


def show(view: "View") -> None:
    """A child for a person to read: identity, then who is involved, then marks."""
    plain = msgspec.to_builtins(view)
    facts = identity(view)
    click.echo(f"{facts['name']}  ({facts['number']})")
    click.echo(f"  born {facts['born']}, sex {facts['sex']}")
    if "services" not in plain:
        for parent in plain["parents"]:
            click.echo(f"  parent: {name_of(parent)}")
        click.echo("  the rest of this record is shielded")
        click.echo(f"  to reach the child: {plain['contact']}")
        return
    click.echo(f"  {address_of(_believed(plain, 'address')) or 'no address stated'}")
    for also in other_names(plain):
        click.echo(f"  also {also}")
    for parent in parents(plain):
        click.echo(f"  {parent}")
    for field, values in declared(plain).items():
        click.echo(f"  {field}: {', '.join(values)}")
    if plain["services"]:
        print_table(SERVICE, [_service(told) for told in plain["services"]])
    _show_marks(plain)


def beside_as_plain(beside: "Beside | None") -> dict[str, Any]:
    """What stands beside a child's records, for a script; nothing where nothing may be told."""
    return msgspec.to_builtins(beside) if beside else {}


def show_beside(beside: "Beside | None") -> None:
    """What stands beside a child's records, for a person to read."""
    if beside is None:
        return
    for one in beside.corrections:
        said = (as_time(one.stated) or "")[:10]
        click.echo(f"  the family says otherwise ({said}): {one.kind} {_corrected(one.says)}")
    if beside.sensitive:
        click.echo(f"  {beside.sensitive.service}: {beside.sensitive.contact}")
    if beside.returned:
        click.echo(f"  back in England since {beside.returned.date}")
    code = beside.authority.code
    asked = f"; offered to {beside.authority.offered}" if beside.authority.offered else ""
    click.echo(f"  responsible authority: {code or 'not known'}{asked}")
    kept = beside.retention
    click.echo(f"  kept: {kept.state}" + (f" (archived from {kept.archived})" if kept.rule else ""))


def _corrected(says: "Asserted") -> str:
    """What the family says, as it is spoken."""
    name = " ".join([*says.given, says.family]).strip()
    place = ", ".join([*says.address.lines, says.address.postcode]) if says.address else ""
    return name or says.birth or says.sex or place


def history(view: "View", told: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What happened to a child as its reader may know, a row for each."""
    from contactpoint.history import happened

    return [
        {
            "when": as_time(one.at) or "",
            "what": one.what,
            "source": one.source,
            "model": one.model,
        }
        for one in happened(view, told)
    ]


def compared(view: "View") -> dict[str, str]:
    """The facts of one record that a steward compares with those of another."""
    plain = msgspec.to_builtins(view)
    return {
        "name": name_of(_believed(plain, "name")),
        "also": "\n".join(other_names(plain)),
        "born": birth_of(_believed(plain, "birth")),
        "sex": str(_believed(plain, "sex") or ""),
        "address": address_of(_believed(plain, "address")),
        "parents": "\n".join(parents(plain)),
        "services": "\n".join(dict.fromkeys(map(_short_service, plain["services"]))),
        "fields": "\n".join(f"{name}: {value}" for name, (value,) in declared(plain).items()),
        "died": str(_believed(plain, "died") or ""),
    }


def name_of(name: Any) -> str:
    """A name as it is spoken; empty where there is none."""
    return " ".join([*name.get("given", []), name.get("family", "")]).strip() if name else ""


def other_names(plain: dict[str, Any]) -> list[str]:
    """Names beside the one in use, each with its use."""
    told = [other["value"] for other in plain["other_names"]]
    return [f"{name_of(name)} ({name.get('use', 'legal')})" for name in told]


def birth_of(birth: Any) -> str:
    """A birth date and what is special about it; empty where there is none."""
    if not birth:
        return ""
    marks = [
        mark
        for field, mark in (("expected", "expected"), ("default_day", "the day is a stand-in"))
        if birth.get(field)
    ]
    return f"{birth['value']} ({', '.join(marks)})" if marks else str(birth["value"])


def address_of(whereabouts: Any) -> str:
    """Where a child lives, or that nobody knows; empty where nothing is stated."""
    if not whereabouts:
        return ""
    if whereabouts.get("no_known_address"):
        return "no known address"
    address = whereabouts.get("address") or {}
    parts = [*address.get("lines", []), address.get("town", ""), address.get("postcode", "")]
    place = ", ".join(part for part in parts if part)
    return f"{place} (last known)" if place and whereabouts.get("last_known") else place


def parents(plain: dict[str, Any]) -> list[str]:
    """Parents and carers, each with the telephone where it is known."""
    found = []
    for parent in (told["value"] for told in plain["parents"]):
        name = f"{parent['given']} {parent['family']}".strip()
        phone = f", {parent['phone']}" if parent.get("phone") else ""
        found.append(f"{parent.get('relationship') or 'carer'}: {name}{phone}")
    return found


def declared(plain: dict[str, Any]) -> dict[str, list[str]]:
    """What tables of another shape state, by field."""
    found: dict[str, list[str]] = {}
    for field, value in (told["value"] for told in plain["declared"]):
        found.setdefault(field, []).append(value)
    return found


def _believed(plain: dict[str, Any], field: str) -> Any:
    """The believed value of a field, whichever kind of view it is."""
    fact = plain.get(field)
    return fact["value"] if isinstance(fact, dict) and "stated" in fact else fact


def _show_marks(plain: dict[str, Any]) -> None:
    for title, field in (("an assessment exists", "assessment"), ("lead", "lead_professional")):
        told = plain[field]
        if told:
            who = told["value"]
            parts = [who.get(key, "") for key in ("name", "organisation", "phone")]
            click.echo(f"  {title}: {', '.join(part for part in parts if part)}")
    if plain["left_england"]:
        left = plain["left_england"]["value"]
        click.echo(f"  left England: {left['date']} (return: {left['return_intent']})")
    if died := _believed(plain, "died"):
        click.echo(f"  died {died}")
    held = ", ".join(sorted({holder["source"] for holder in plain["holders"]}))
    click.echo(f"  known to {held}")


def _service(told: dict[str, Any]) -> tuple[str, ...]:
    service = told["value"]
    enrolled = ENROLMENTS.get(service.get("enrolment", ""))
    return (
        f"{service['kind']} ({enrolled})" if enrolled else service["kind"],
        service.get("name") or service.get("organisation") or "",
        service.get("practitioner", ""),
        service.get("phone") or service.get("email") or "",
        service.get("start", ""),
        service.get("end", ""),
        told["source"],
    )


def _short_service(told: dict[str, Any]) -> str:
    kind, organisation, *_ = _service(told)
    return ", ".join(part for part in (kind, organisation) if part)

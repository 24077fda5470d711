"""Commands about what was raised: audit alerts, audit investigations."""

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from contactpoint.cli.command import examples, json_option, reason_option
from contactpoint.cli.output import print_facts, print_json, print_table, say
from contactpoint.cli.session import opened, token_option
from contactpoint.moments import as_time
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from contactpoint.auditing.matters import Kind, Matter, Matters
    from contactpoint.bootstrap import Contactpoint

FINDINGS = ("misuse", "in-order", "unclear")


class _Words(NamedTuple):
    """How the commands about one kind of matter speak."""

    kind: "Kind"
    about: str
    example: str


ALERTS = _Words(
    "alert",
    "Alerts: looks that normal work seldom shows.\n\n'audit watch' raises them.",
    "3f9c2a11b07e",
)
INVESTIGATIONS = _Words(
    "investigation",
    "Investigations of overrides.\n\nOne is opened with each: had they to look through the shield?",
    "9a41c0de77f2",
)


def commands(words: _Words) -> click.Group:
    """The commands about one kind of matter: list, show, close."""
    kind = words.kind
    group = click.Group(f"{kind}s", help=words.about)

    @group.command("list", epilog=examples(f"audit {kind}s list", f"audit {kind}s list --all"))
    @click.option("--all", "every", is_flag=True, help="Those that are closed, too.")
    @token_option
    @json_option
    def listed(every: bool, as_json: bool) -> None:
        with opened(Act.FOLLOW_UP) as store:
            found = _all(store, kind)
        told = [_row(one) for one in found if every or one.closed is None]
        if as_json:
            print_json(told)
        elif told:
            print_table(tuple(told[0]), [list(row.values()) for row in told])
        else:
            say(f"no {kind} is open")

    listed.help = (
        f"List the open {kind}s, the first one first.\n\n"
        "Without the children that they are about; 'show' tells of them. Those about yourself are"
        " left out, and those about shielded children unless you are a shielding officer too."
    )

    @group.command(epilog=examples(f"audit {kind}s show {words.example} --reason 'weekly round'"))
    @click.argument("name", metavar="ID")
    @reason_option
    @token_option
    @json_option
    def show(name: str, reason: str, as_json: bool) -> None:
        from contactpoint.accesses import required_reason

        stated = required_reason(reason)
        with opened(Act.FOLLOW_UP) as store:
            matter = _one(store, kind, name)
            act = f"audit {kind}s show"
            store.record_look(
                store.origin(act), act, reason=stated, children=matter.children, search={"id": name}
            )
            numbers = store.workings.numbers_of(matter.children)
        told = _whole(matter, sorted(numbers.values()))
        if as_json:
            print_json(told)
        else:
            print_facts(told)

    show.help = (
        f"Show an {kind}: why, and about which children.\n\n"
        "The beginning of an ID does. The look is recorded before the answer."
    )

    @group.command(
        epilog=examples(
            f"audit {kind}s close {words.example} --finding in-order --reason 'a namesake'"
        )
    )
    @click.argument("name", metavar="ID")
    @click.option("--finding", required=True, type=click.Choice(FINDINGS), help="What it came to.")
    @reason_option
    @token_option
    @json_option
    def close(name: str, finding: Any, reason: str, as_json: bool) -> None:
        from contactpoint.accesses import required_reason

        remarks = required_reason(reason)
        with opened(Act.FOLLOW_UP) as store:
            matter = _one(store, kind, name)
            _matters(store).close(matter, finding, remarks, store.origin(f"audit {kind}s close"))
        if as_json:
            print_json({"id": matter.id, "finding": finding})
        else:
            say(f"{kind} {matter.id} is closed: {finding}")

    close.help = (
        f"Close an {kind}, with what was found and why.\n\n"
        "Nobody closes what is about themselves, or about a child of their own family."
    )
    return group


def _matters(store: "Contactpoint") -> "Matters":
    from contactpoint.auditing.matters import Matters

    store.projector.catch_up()
    return Matters(store)


def _all(store: "Contactpoint", kind: "Kind") -> "list[Matter]":
    matters = _matters(store)
    return matters.alerts() if kind == "alert" else matters.investigations()


def _one(store: "Contactpoint", kind: "Kind", name: str) -> "Matter":
    """The matter of a name, which is none where it is about a child of one's own family."""
    from contactpoint.auditing.matters import missing
    from contactpoint.people.deciding import About

    matter = _matters(store).named(kind, name)
    own = store.relatives.among(store.actor.subject, matter.children)
    store.require(Act.FOLLOW_UP, About(family=own), missing=missing(kind))
    return matter


def _row(matter: "Matter") -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": matter.id,
        "looked": as_time(matter.looked),
        "reader": matter.reader,
    }
    if matter.kind == "alert":
        told |= {"signs": list(matter.told.signs), "surprise": matter.told.surprise}
    closed = matter.closed
    return told | {"finding": closed.finding if closed else "", "by": closed.by if closed else ""}


def _whole(matter: "Matter", numbers: list[str]) -> dict[str, Any]:
    why = {"why": list(matter.told.why)} if matter.kind == "alert" else {"reason": matter.reason}
    told = _row(matter) | why | {"children": numbers, "raised": as_time(matter.raised)}
    if matter.closed:
        told |= {"closed": as_time(matter.closed.at), "remarks": matter.closed.remarks}
    return told


alerts = commands(ALERTS)
investigations = commands(INVESTIGATIONS)

"""The command by which stewards part a child that is two: review split."""

from typing import TYPE_CHECKING

import click

from contactpoint.cli.command import PERSONAL, examples, json_option
from contactpoint.cli.judging import say_whether
from contactpoint.cli.output import print_json, print_table, say
from contactpoint.cli.session import opened, second_option, token_option
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from uuid import UUID

    from contactpoint.bootstrap import Contactpoint
    from contactpoint.judging.splitting import MeantSplit
    from contactpoint.linking.commit import Previewed
    from linkage.resolve import Judgement
    from projections.pair import PairedRecord


@click.command(
    epilog=examples(
        "review split 123456789012 --off schools:A801200001001 --reason twins --plan",
        "review split - --off schools:A801200001001 --reason twins --seen 4.1.2.1",
    )
)
@click.argument("number", type=PERSONAL)
@click.option(
    "--off",
    multiple=True,
    required=True,
    type=PERSONAL,
    help="A record that is not of this child, as SOURCE:ID; may be given again.",
)
@click.option(
    "--keep",
    type=click.Choice(("larger", "off")),
    default="larger",
    show_default=True,
    help="Which part keeps the number: the larger, or the records taken off.",
)
@click.option("--reason", required=True, help="A reason code; a wrong one names those there are.")
@click.option("--plan", is_flag=True, help="Show what would follow, and change nothing.")
@click.option("--seen", default="", metavar="VERSIONS", help="What --plan said you saw.")
@token_option
@second_option
@json_option
def split(  # noqa: PLR0913, PLR0917 - what a split states
    number: str,
    off: tuple[str, ...],
    keep: str,
    reason: str,
    plan: bool,
    seen: str,
    as_json: bool,
) -> None:
    """Part the child of a NUMBER in two.

    The records named are of another child than the rest. First with --plan, which shows the records
    and the children that would follow, and is recorded as a look at the child. It is a judgement on
    each pair across: no load or model brings the two together again. 'review undo' of any of those
    pairs undoes all of it.
    """
    from contactpoint.errors import NotFoundError, UsageError
    from contactpoint.judging.sight import as_seen
    from contactpoint.judging.splitting import NO_CHILD, MeantSplit
    from contactpoint.reasons import checked_reason

    code = checked_reason("apart", reason)
    if plan == bool(seen):
        raise UsageError("expected --plan, or --seen with what it printed")
    with opened(Act.SPLIT) as store:
        store.projector.catch_up()
        splitting = store.splitting(Act.SPLIT)
        origin = store.origin("review split")
        child = store.child_named(number)
        records = frozenset(map(store.record_named, off))
        if child is None:
            raise NotFoundError(NO_CHILD)
        is_new = not (seen and splitting.is_in_force(child, records, seen, store.by))
        if is_new:
            now = splitting.open(child, records)
            named = as_seen(seen, now) if seen else now
            act = origin.command
            meant = MeantSplit(child, records, named, code, off_keeps=keep == "off", act=act)
            if plan:
                planned = splitting.preview(meant, store.by, origin)
                _show_plan(store, meant, planned, as_json=as_json)
                return
            is_new = splitting.split(meant, store.by, origin)
        follows = store.follow(origin)
    if as_json:
        print_json({"new": is_new, "linked": follows})
        return
    click.echo("split" if is_new else "split, as decided before")
    say_whether(follows)


def _show_plan(
    store: "Contactpoint", meant: "MeantSplit", judgements: "list[Judgement]", *, as_json: bool
) -> None:
    """The records of the child, and the children that would follow; a look at the child."""
    origin = store.origin("review split")
    store.record_look(origin, "review split", reason=meant.reason, children=(meant.child,))
    follows = store.linking.preview(origin, store.model, judgements)
    shown = store.open_records.shown_records(meant.seen.records, cleared=store.is_cleared)
    child = store.queries.child(meant.child)
    parts = [
        (
            _number(one, meant, child.view.number if child else ""),
            [_record(record, shown) for record in one.records.values()],
        )
        for one in follows
    ]
    if as_json:
        plain = [{"number": number or None, "records": records} for number, records in parts]
        print_json({"seen": str(meant.seen), "children": plain})
        return
    print_table(
        ("child", "record", "source", "name", "born"),
        [
            (number or "a new number", *record.values())
            for number, records in parts
            for record in records
        ],
        title=f"{len(parts)} children would follow",
    )
    click.echo(f"split with --seen {meant.seen}")
    say("a plan: nothing was changed")


def _number(one: "Previewed", meant: "MeantSplit", number: str) -> str:
    """The number that a part would have: the steward may say which keeps it."""
    if not meant.off_keeps:
        return one.number
    if meant.off.intersection(one.records.values()):
        return number
    return one.number if one.number != number else ""


def _record(record: "UUID", shown: "dict[UUID, PairedRecord]") -> dict[str, str]:
    known = shown.get(record)
    name = known.view.name.value if known and known.view.name else None
    birth = known.view.birth if known else None
    return {
        "record": record.hex[:8],
        "source": known.source if known else "",
        "name": " ".join((*name.given, name.family)) if name else "",
        "born": birth.value.value if birth else "",
    }

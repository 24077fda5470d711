"""Commands of shielding officers: shield apply, review, lift, list."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import click

from contactpoint.cli import views
from contactpoint.cli.command import PERSONAL, examples, json_option, reason_option
from contactpoint.cli.judging import say_whether
from contactpoint.cli.output import print_json, print_table, say
from contactpoint.cli.session import opened, second_option, token_option
from contactpoint.moments import as_time, day_of
from contactpoint.people.deciding import Act
from contactpoint.shielding.criteria import CRITERIA

if TYPE_CHECKING:
    from events.shield import Grounds
    from projections.shielded import StillMarked

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def shield() -> None:
    """Shields over children in danger.

    Shielding officers only. Whoever looks sees who they are, and not where. A shield belongs to the
    child. It stays through updates, merges, splits and rebuilds until two officers lift it.
    """


def _criterion(*, required: bool) -> Callable[[F], F]:
    return click.option(
        "--criterion",
        type=click.Choice(CRITERIA),
        required=required,
        help="Why the child, or a parent or carer, would be in danger if found.",
    )


def _review() -> Callable[[F], F]:
    return click.option(
        "--review",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="YYYY-MM-DD",
        help="Day by which it is looked at again. It ends nothing. Default: in half a year.",
    )


def _safe() -> Callable[[F], F]:
    return click.option(
        "--safe-parent",
        "parents",
        multiple=True,
        type=PERSONAL,
        metavar="'GIVEN FAMILY'",
        help="A parent whose name may be shown; may be given again. No other name is shown. The "
        "last word is the family name; one of several words is typed first: 'FAMILY, GIVEN'.",
    )


@shield.command(
    epilog=examples(
        "shield apply 012345678904 --criterion refuge --requester 'duty social worker, Leeds'",
        "shield apply - --criterion marac --requester - --review 2027-03-01 < lines.txt",
    )
)
@click.argument("number", type=PERSONAL)
@_criterion(required=True)
@click.option("--requester", required=True, type=PERSONAL, help="Who asked for it; kept sealed.")
@click.option(
    "--authority",
    default="",
    metavar="CODE",
    help="Three digits of the local authority that asks. Default: your token's.",
)
@_review()
@_safe()
@token_option
@json_option
def apply(  # noqa: PLR0913 - what a shield says
    *,
    number: str,
    criterion: str,
    requester: str,
    authority: str,
    review: Any,
    parents: Sequence[str],
    as_json: bool,
) -> None:
    """Lay a shield over the child of a NUMBER. When this returns, every answer obeys it.

    Children who share its address, mother or another parent are offered: to shield them, too, is
    another command for each.
    """
    from contactpoint.errors import UsageError
    from contactpoint.shielding.officers import Asked

    if not requester.strip():
        raise UsageError("--requester: expected who asked for the shield; it is kept sealed")
    with opened(Act.SHIELD) as store:
        of = authority or store.actor.authority
        asked = Asked(criterion, requester.strip(), of, _day(review), _parents(parents))
        wanted = _number(number)
        origin = store.origin("shield apply")
        store.projector.catch_up()
        found = store.queries.child_by_number(wanted) if wanted else None
        household = store.queries.household(found.child) if found else []
        store.record_look(
            origin,
            "shield apply",
            reason=f"{criterion}: {requester.strip()}",
            children=[found.child, *(kin.child for kin in household)] if found else [],
            search={"number": number.strip()},
        )
        laid = store.shielding.apply(wanted, asked, origin)
    offered = [views.identity(kin.view) | {"shares": list(kin.shares)} for kin in household]
    if as_json:
        print_json({"shield": laid.hex, "child": wanted, "household": offered})
        return
    click.echo(laid.hex[:8])
    say(f"shield {laid.hex[:8]} stands; 'contactpoint shield list' says when it is to be reviewed")
    if offered:
        columns = ("number", "name", "sex", "born", "shares")
        rows = [[one[column] for column in columns] for one in offered]
        print_table(columns, rows, title="share an address or a parent, and are not shielded")


@shield.command(epilog=examples("shield review 7f3a9c21 --review 2027-09-01"))
@click.argument("shield_", metavar="SHIELD", type=PERSONAL)
@_criterion(required=False)
@click.option("--requester", default="", type=PERSONAL, help="Who asks for it now; kept sealed.")
@_review()
@_safe()
@click.option("--no-safe-parent", "none_safe", is_flag=True, help="No parent's name is shown now.")
@token_option
@json_option
def review(  # noqa: PLR0913 - what a review says
    *,
    shield_: str,
    criterion: str | None,
    requester: str,
    review: Any,
    parents: Sequence[str],
    none_safe: bool,
    as_json: bool,
) -> None:
    """Say that a SHIELD was looked at again, and is to stand.

    By a child's number: all that stand over the child. What is not named stays as it was. Safe
    parents, where any is named, are those and no others.
    """
    from contactpoint.errors import UsageError
    from contactpoint.shielding.officers import Asked

    safe = _parents(parents)
    if safe and none_safe:
        raise UsageError("expected --safe-parent or --no-safe-parent, and not both")
    with opened(Act.REVIEW_SHIELD) as store:
        day = _day(review)
        asked = Asked(criterion or "", requester.strip(), "", day, safe, none_safe)
        reviewed = store.shielding.review(_name(shield_), asked, store.origin("shield review"))
    _tell(reviewed, "reviewed", as_json=as_json)


@shield.command(epilog=examples("shield lift 7f3a9c21 --reason 'at home' --second b.token"))
@click.argument("shield_", metavar="SHIELD", type=PERSONAL)
@reason_option
@token_option
@second_option
@json_option
def lift(*, shield_: str, reason: str, as_json: bool) -> None:
    """Take a SHIELD away.

    By a child's number: all that stand over the child. Two officers do it together. A child over
    whom another shield stands is shielded still. A mark that a source repeats lays no shield again,
    and one that it sets anew does.
    """
    from contactpoint.accesses import required_reason

    stated = required_reason(reason)
    with opened(Act.LIFT_SHIELD) as store:
        second = store.second
        assert second is not None  # or the act was denied
        origin = store.origin("shield lift")
        lifted = store.shielding.lift(_name(shield_), second.subject, stated, origin)
        # What it withheld is placed now, and not by chance of the next night.
        follows = store.follow(origin)
        marked = store.lists.still_marked()
    _tell(lifted, "lifted", as_json=as_json)
    say_whether(follows)
    if marked:
        say("sources still mark records from which a shield was lifted: 'contactpoint shield list'")


@shield.command("list", epilog=examples("shield list", "shield list --all --json"))
@click.option("--all", "every", is_flag=True, help="Those that were lifted, too.")
@token_option
@json_option
def list_(*, every: bool, as_json: bool) -> None:
    """List the shields that stand, with who asked for each.

    The soonest to be reviewed stand first, and those past it are marked. Inherited ones stand
    apart: a merge or a split brought them, and nobody has looked yet. So do records that a source
    still marks although their shield was lifted: the source is to be asked.
    """
    with opened(Act.LIST_SHIELDS) as store:
        origin = store.origin("shield list")
        store.projector.catch_up()
        store.record_look(origin, "shield list", reason="", children=())
        rows = store.lists.shields() if every else store.lists.standing_shields()
        marked = [_still(one) for one in store.lists.still_marked()]
        today = day_of(origin.recorded)
        grounds = store.shielding.grounds
        told = [_shield(row, grounds(UUID(bytes=row["shield"])), today) for row in rows]
    inherited = [row for row in told if row["inherited"]]
    own = [row for row in told if not row["inherited"]]
    if as_json:
        print_json({"shields": own, "inherited": inherited, "marked": marked})
        return
    for title, some in (("shields", own), ("inherited, to be reviewed", inherited)):
        if some:
            print_table(COLUMNS, [[row[name] for name in COLUMNS] for row in some], title=title)
    if marked:
        title = "lifted, and still marked by the source: ask it"
        print_table(MARKED, [[row[name] for name in MARKED] for row in marked], title=title)
    if not told:
        say("no shield stands")


@shield.command(epilog=examples("shield curve", "shield curve --children 60000 --seed 2 --json"))
@click.option(
    "--children",
    type=click.IntRange(1000, 10**6),
    default=20_000,
    show_default=True,
    help="In the invented population.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the invented population.")
@click.option(
    "--records",
    type=click.IntRange(100, 100_000),
    default=10_000,
    show_default=True,
    help="New records of shielded children, about.",
)
@json_option
def curve(*, children: int, seed: int, records: int, as_json: bool) -> None:
    """Measure the shield floor.

    That is the probability from which a new record is withheld. On an invented population at
    England's density: of the new records that an authority writes of shielded children, how many
    become visible elsewhere, of how many other children the new record is withheld, and how many
    of these are not seen at all, for nobody had stated them before.
    """
    from msgspec import to_builtins

    from contactpoint.shielding.curve import measure

    found = measure(children, seed, records)
    if as_json:
        print_json(to_builtins(found))
        return
    print_table(
        ("floor", "visible of 10,000", "alike", "others withheld, for 20 shielded", "not seen"),
        [
            (
                *(f"{p.floor:g}", f"{p.visible:.0f}", f"{p.alike:.0f}"),
                *(f"{p.withheld:.2f}", f"{p.unseen:.2f}"),
            )
            for p in found.points
        ],
        title=f"{found.records:,} new records of {found.shielded:,} shielded children among "
        f"{found.children:,}; {found.others:,} of others",
    )
    chosen = found.chosen
    click.echo(f"in force: {chosen.floor:g}, {chosen.visible:.0f} of 10,000 visible elsewhere")
    print_table(("what those visible share with what is known", "records"), [*found.kinds.items()])


COLUMNS = (
    *("shield", "children", "laid_by", "inherited", "criterion", "requester", "safe_parents"),
    *("authority", "review", "overdue", "records", "withheld", "standing"),
)


MARKED = ("child", "source", "record", "stated")


def _still(one: "StillMarked") -> dict[str, Any]:
    from person.numbers import written

    return {
        "child": written(one.number) if one.number else None,
        "source": one.source,
        "record": one.record.hex[:8],
        "stated": (as_time(one.stated) or "")[:10],
    }


def _shield(row: dict[str, Any], grounds: "Grounds", today: date) -> dict[str, Any]:
    from contactpoint.shielding.listing import told
    from person.numbers import written

    return {
        "shield": row["shield"].hex()[:8],
        "children": [written(number) for number in row["numbers"]],
        "origin": row["origin"].hex()[:8] if row["origin"] else None,
        "safe_parents": [f"{one.given} {one.family}".strip() for one in grounds.safe],
        **told(row, grounds, today),
    }


def _tell(shields: Sequence[Any], what: str, *, as_json: bool) -> None:
    if as_json:
        print_json({what: [one.hex for one in shields]})
        return
    for one in shields:
        click.echo(one.hex[:8])
    say(f"{what}: {len(shields)}" if len(shields) > 1 else f"the shield was {what}")


def _day(stated: Any) -> date | None:
    return stated.date() if stated is not None else None


def _parents(names: Sequence[str]) -> Any:
    """The last word of a name is the family name, or what stands before a comma."""
    from events.shield import SafeParent
    from person.names import clean

    parted = [_parted(clean(name)) for name in names]
    return tuple(SafeParent(given, family) for given, family in parted if given or family)


def _parted(name: str) -> tuple[str, str]:
    """Forenames and family name."""
    first, comma, rest = name.partition(",")
    if comma:
        return rest.strip(), first.strip()
    given, _, family = name.rpartition(" ")
    return given, family


def _number(stated: str) -> str:
    """An index number as it is kept; empty for what is none."""
    from person.numbers import NumberError, read

    try:
        return read(stated)
    except NumberError:
        return ""


def _name(stated: str) -> str:
    return _number(stated) or stated.strip()

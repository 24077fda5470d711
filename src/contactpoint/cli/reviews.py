"""Commands about the steward's queue: review list, review show."""

from typing import TYPE_CHECKING

import click

from contactpoint.cli.command import examples, json_option, reason_option
from contactpoint.cli.output import as_time, print_json, print_table, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from contactpoint.explaining import Explanation
    from projections.queries import OpenPair


@click.group()
def review() -> None:
    """Pairs that are too close to call and await a steward."""


@review.command("list", epilog=examples("review list --limit 5"))
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="How many are shown.",
)
@token_option
@json_option
def list_(limit: int, as_json: bool) -> None:
    """List the pairs that await a steward, the likeliest first. No particulars are shown.

    Pairs of a child with a restricted record are left out, and are not counted either.
    """
    with opened(Act.LIST_PAIRS) as store:
        store.projector.catch_up()
        pairs = store.queries.shown_pairs()
    if as_json:
        print_json(
            [
                {
                    "pair": _name(pair),
                    "left": pair.left.hex[:8],
                    "right": pair.right.hex[:8],
                    "probability": pair.probability,
                    "weight": pair.weight,
                    "since": as_time(pair.since),
                    "model": pair.model,
                }
                for pair in pairs[:limit]
            ]
        )
        return
    if not pairs:
        say("no pair awaits a steward")
        return
    print_table(
        ("pair", "probability", "weight", "since"),
        [
            (_name(p), f"{p.probability:.4f}", f"{p.weight:+.2f}", (as_time(p.since) or "")[:10])
            for p in pairs[:limit]
        ],
        title=f"{len(pairs):,} pairs await a steward" if len(pairs) > 1 else "a pair awaits one",
    )
    if len(pairs) > limit:
        say(f"{len(pairs) - limit:,} more: --limit {min(len(pairs), 1000)} shows them")
    say(f"'contactpoint review show {_name(pairs[0])} --reason ...' shows the first")


@review.command(epilog=examples("review show 7f3a9c21-8d1e02ab --reason 'the queue of Monday'"))
@click.argument("pair")
@reason_option
@token_option
@json_option
def show(pair: str, reason: str, as_json: bool) -> None:
    """Show a PAIR of the queue: both records side by side, and the weight field by field.

    'review list' names the pairs. The look is recorded before the answer. A pair that may not be
    seen answers as one that does not exist.
    """
    from contactpoint.accesses import required_reason
    from contactpoint.errors import NotFoundError
    from contactpoint.explaining import explain

    stated = required_reason(reason)
    with opened(Act.OPEN_PAIR) as store:
        store.projector.catch_up()
        named = [one for one in store.queries.shown_pairs() if _name(one) == pair.lower()]
        wanted = named[0] if len(named) == 1 else None
        found = (
            explain(store.queries, store.model, wanted.left, wanted.right, store.model_of)
            if wanted
            else None
        )
        store.accesses.record(
            store.origin("review show"),
            "review show",
            reason=stated,
            children=found.children if found else (),
            search={"pair": pair},
        )
    if wanted is None or found is None:
        raise NotFoundError("no such pair awaits a steward; 'contactpoint review list' names them")
    if as_json:
        _print_json(wanted, found)
    else:
        _print(wanted, found)


def _print_json(pair: "OpenPair", found: "Explanation") -> None:
    from contactpoint.cli.pairs import as_plain, record_as_plain

    left, right = found.records
    print_json(
        {
            "pair": _name(pair),
            "since": as_time(pair.since),
            "why": _why(found),
            "left": record_as_plain(left),
            "right": record_as_plain(right),
            **as_plain(found),
            "referred": {
                "weight": pair.weight,
                "probability": pair.probability,
                "model": pair.model,
            },
        }
    )


def _print(pair: "OpenPair", found: "Explanation") -> None:
    from contactpoint.cli.pairs import show_records, show_weights, together, total

    click.echo(f"pair {_name(pair)}, awaiting a steward since {(as_time(pair.since) or '')[:10]}")
    show_records(found.records)
    show_weights(found)
    click.echo(f"{total(found)}; in the index they are {together(found)}")
    click.echo(f"referred because: {_why(found)}")
    if abs(found.weight.total - pair.weight) >= 0.05:
        say(f"it weighed {pair.weight:+.1f} bits when it was referred; model or records changed")


def _why(found: "Explanation") -> str:
    """Why a person has to decide."""
    if found.decision.outcome == "review":
        return found.decision.reason
    if found.decision.outcome == "link":
        return (
            "alone it would be linked, but another record is as close, or a record of the same "
            "source stands on the other side"
        )
    return "it was too close to call when it was referred; the next linking settles it"


def _name(pair: "OpenPair") -> str:
    """How people name a pair: the first digits of both records' keyed ids."""
    return f"{pair.left.hex[:8]}-{pair.right.hex[:8]}"

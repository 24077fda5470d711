"""Commands about the steward's queue: review list, review show."""

from typing import TYPE_CHECKING

import click

from contactpoint.cli.command import examples, json_option, reason_option
from contactpoint.cli.judging import claim, decide, pair_argument, release, undo, written
from contactpoint.cli.output import as_time, print_json, print_table, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from contactpoint.opening import OpenedPair
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
@pair_argument
@reason_option
@token_option
@json_option
def show(pair: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Show a PAIR: both records side by side, the weight field by field, what was judged of it.

    'review list' names the pairs; two records as SOURCE:ID name any other. The look is recorded
    before the answer. A pair that may not be seen answers as one that does not exist.
    """
    from contactpoint.accesses import required_reason
    from contactpoint.opening import open_pair

    stated = required_reason(reason)
    with opened(Act.OPEN_PAIR) as store:
        found = open_pair(store, pair, stated)
    if as_json:
        _print_json(found)
    else:
        _print(found)


def _print_json(opened_pair: "OpenedPair") -> None:
    from contactpoint.cli.pairs import as_plain, record_as_plain

    found, waits, judged = opened_pair.found, opened_pair.waits, opened_pair.state.judged
    left, right = found.records
    print_json(
        {
            "pair": str(opened_pair.pair),
            "seen": written(opened_pair.seen),
            "since": as_time(waits.since) if waits else None,
            "why": _why(opened_pair),
            "left": record_as_plain(left),
            "right": record_as_plain(right),
            **as_plain(found),
            "referred": {
                "weight": waits.weight,
                "probability": waits.probability,
                "model": waits.model,
            }
            if waits
            else None,
            "judged": {"verdict": judged.verdict, "reason": judged.reason, "by": judged.by}
            if judged
            else None,
            "claimed": {
                "by": opened_pair.state.claimant or None,
                "until": as_time(opened_pair.state.until or None),
            },
        }
    )


def _print(opened_pair: "OpenedPair") -> None:
    from contactpoint.cli.pairs import show_records, show_weights, together, total

    found, waits, state = opened_pair.found, opened_pair.waits, opened_pair.state
    since = f", awaiting a steward since {(as_time(waits.since) or '')[:10]}" if waits else ""
    click.echo(f"pair {opened_pair.pair}{since}")
    show_records(found.records)
    show_weights(found)
    click.echo(f"{total(found)}; in the index they are {together(found)}")
    if waits:
        click.echo(f"referred because: {_why(opened_pair)}")
    if waits and abs(found.weight.total - waits.weight) >= 0.05:
        say(f"it weighed {waits.weight:+.1f} bits when it was referred; model or records changed")
    if state.judged:
        judged = state.judged
        click.echo(f"judged: {judged.verdict} ({judged.reason}) by {judged.by}")
    if state.claimant:
        click.echo(f"claimed by {state.claimant} until {as_time(state.until)}")
    click.echo(f"decide with --seen {written(opened_pair.seen)}")


def _why(opened_pair: "OpenedPair") -> str:
    """Why a person has to decide."""
    found = opened_pair.found
    if opened_pair.waits is None:
        return "it does not await a steward"
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


for command in (claim, release, decide, undo):
    review.add_command(command)

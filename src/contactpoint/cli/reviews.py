"""Commands about the stewards' queue: review list, crowd, show, relatives."""

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

import click

from contactpoint.cli.command import PERSONAL, F, examples, json_option, reason_option
from contactpoint.cli.judging import claim, decide, pair_argument, raise_, release, undo
from contactpoint.cli.output import print_json, print_table, say
from contactpoint.cli.session import opened, token_option
from contactpoint.cli.splitting import split
from contactpoint.moments import as_time
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from contactpoint.opening import OpenedPair
    from contactpoint.tasks import Task
    from projections.waiting import OpenPair


COUNTED = 1_000
"""Tasks that are counted at most: each is looked at, whether it is theirs."""


def _limit_option(most: int) -> Callable[[F], F]:
    """How many are shown, ``most`` of them at the most."""
    return click.option(
        "--limit",
        type=click.IntRange(1, most),
        default=20,
        show_default=True,
        help="How many are shown.",
    )


@click.group()
def review() -> None:
    """Pairs that are too close to call and await a steward.

    Officers and administrators may look at them; stewards alone decide.
    """


@review.command("list", epilog=examples("review list --limit 5"))
@_limit_option(COUNTED)
@token_option
@json_option
def list_(limit: int, as_json: bool) -> None:
    """List what awaits you, the most worth deciding first. No particulars are shown.

    Each record stands in one task at a time. Left out, and not counted either, are tasks of other
    authorities, of your own family, and of shielded children unless you are cleared for them.
    """
    from contactpoint.queue import tasks_of
    from contactpoint.told import task_as_plain

    with opened(Act.LIST_PAIRS) as store:
        store.projector.catch_up()
        # Whoever asks for JSON is told of no number; each task that is counted costs a look.
        tasks = list(islice(tasks_of(store), limit if as_json else COUNTED + 1))
        now = store.chance.clock()
    if as_json:
        print_json([task_as_plain(task, now) for task in tasks])
        return
    if not tasks:
        say("nothing awaits you")
        return
    print_table(
        ("task", "what", "probability", "since", ""),
        [
            (
                task.name,
                task.kind,
                f"{task.pair.probability:.4f}" if task.pair and task.pair.model else "",
                (as_time(task.since) or "")[:10],
                _note(task),
            )
            for task in tasks[:limit]
        ],
        title=_counted(len(tasks)),
    )
    if len(tasks) > limit:
        more = f"{len(tasks) - limit:,} more" if len(tasks) <= COUNTED else "there are more"
        say(more if limit == COUNTED else f"{more}: --limit {min(len(tasks), COUNTED)} shows them")
    first = next((task for task in tasks if task.pair), None)
    if first:
        say(f"'contactpoint review show {first.name} --reason ...' shows the first pair")


def _counted(tasks: int) -> str:
    """How many await somebody, as far as they were counted."""
    if tasks > COUNTED:
        return f"over {COUNTED:,} tasks await you"
    return f"{tasks:,} tasks await you" if tasks > 1 else "a task awaits you"


def _note(task: "Task") -> str:
    """What else a line of the queue says."""
    if task.claimed:
        return f"claimed by {task.claimed}"
    if task.size:
        return (
            f"at least {task.size:,} records hang together: contactpoint review crowd {task.name}"
        )
    if task.pair is None:
        return f"contactpoint delivery show {task.name.partition(':')[0]}"
    return NOTES.get(task.said, "")


NOTES = {
    "unsure": "somebody could not tell",
    "refer": "referred on",
    "link": "judged one child, and doubted",
    "apart": "judged two children, and doubted",
}
"""Of a pair by what a steward said of it."""


@review.command(epilog=examples("review crowd 7f3a9c21 --limit 50"))
@click.argument("task")
@_limit_option(10_000)
@token_option
@json_option
def crowd(task: str, limit: int, as_json: bool) -> None:
    """List the pairs of a crowd that await a decision.

    TASK names a 'maximum entity size' of 'review list'. In a crowd the machine links only what is
    sure, and refers no pair. The heaviest go first; no particulars are shown. 'review show' opens
    one, and 'review decide' decides on it.
    """
    from contactpoint.crowds import undecided

    with opened(Act.LIST_PAIRS) as store:
        store.projector.catch_up()
        found = undecided(store, task, limit)
    if as_json:
        print_json(
            [
                {
                    "pair": str(one.pair),
                    "weight": one.weight,
                    "probability": one.probability,
                    "sources": list(one.sources),
                }
                for one in found
            ]
        )
        return
    if not found:
        say("no pair of it is left to decide; 'review split' parts a child that is two")
        return
    rows = [(str(one.pair), f"{one.probability:.4f}", *one.sources) for one in found]
    title = "pairs that are not decided, the likeliest first"
    print_table(("pair", "probability", "source", "source"), rows, title=title)


@review.command(epilog=examples("review relatives 123456789012 -", "review relatives --none"))
@click.argument("numbers", nargs=-1, type=PERSONAL)
@click.option("--none", "nobody", is_flag=True, help="There is no such child any more.")
@click.option("--of", "person", default=None, help="Somebody else's; for administrators.")
@token_option
@json_option
def relatives(numbers: tuple[str, ...], nobody: bool, person: str | None, as_json: bool) -> None:
    """Declare the children of your own family.

    You do not decide on them. Replaces what was declared. Their tasks answer as if there were none.
    A list that is not complete is yours to mend.
    """
    from contactpoint.errors import NotFoundError, UsageError
    from contactpoint.people.tokens import is_name

    if bool(numbers) == nobody:
        raise UsageError("expected the numbers of children, or --none")
    if person is not None and not is_name(person):
        raise UsageError("--of: expected a person's name as tokens have it, without blanks around")
    with opened(Act.DECLARE) as store:
        if person is not None:
            store.require(Act.DECLARE_OTHERS)
        store.projector.catch_up()
        children = {store.child_named(number) for number in numbers}
        known = {child for child in children if child is not None}
        if len(known) < len(children):
            raise NotFoundError("no child of that number")
        origin = store.origin("review relatives")
        by = store.actor.subject
        store.relatives.declare(person or by, known, by, origin)
    if as_json:
        print_json({"children": len(known)})
    else:
        one = len(known) == 1
        click.echo(f"{len(known)} {'child is' if one else 'children are'} of the family")


@review.command(epilog=examples("review show 7f3a9c21-8d1e02ab --reason 'the queue of Monday'"))
@pair_argument
@reason_option
@token_option
@json_option
def show(pair: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Show both records of a PAIR, and its weight.

    The records stand side by side, the weight field by field, and below them what was judged.
    'review list' names the pairs; two records as SOURCE:ID name any other. The look is recorded
    before the answer. A pair that may not be seen answers as one that does not exist.
    """
    from contactpoint.accesses import required_reason
    from contactpoint.opening import open_pair
    from contactpoint.told import opened_pair

    stated = required_reason(reason)
    with opened(Act.OPEN_PAIR) as store:
        found = open_pair(store, pair, stated)
    if as_json:
        print_json(opened_pair(found))
    else:
        _print(found)


def _print(opened_pair: "OpenedPair") -> None:
    from contactpoint.cli.pairs import show_records, show_weights, together, total
    from contactpoint.told import why, written

    found, waits, state = opened_pair.found, opened_pair.waits, opened_pair.state
    since = f", awaiting a steward since {(as_time(waits.since) or '')[:10]}" if waits else ""
    click.echo(f"pair {opened_pair.pair}{since}")
    show_records(found.records)
    show_weights(found)
    click.echo(f"{total(found)}; in the index they are {together(found)}")
    if waits:
        click.echo(f"referred because: {why(opened_pair)}")
    if waits and waits.model and abs(found.weight.total - waits.weight) >= 0.05:
        say(f"it weighed {waits.weight:+z.1f} bits when it was referred; model or records changed")
    if state.judged:
        judged = state.judged
        click.echo(f"judged: {judged.verdict} ({judged.reason}) by {judged.by}")
    if state.claimant:
        click.echo(f"claimed by {state.claimant} until {as_time(state.until)}")
    click.echo(f"decide with --seen {written(opened_pair.seen)}")


def _name(pair: "OpenPair") -> str:
    """How people name a pair: the first digits of both records' keyed ids."""
    return f"{pair.left.hex[:8]}-{pair.right.hex[:8]}"


for command in (claim, raise_, release, decide, undo, split):
    review.add_command(command)

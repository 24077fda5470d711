"""Commands by which stewards decide on pairs: review claim, release, decide, undo."""

from typing import TYPE_CHECKING, cast

import click

from contactpoint.cli.command import PERSONAL, examples, json_option
from contactpoint.cli.output import print_json, say
from contactpoint.cli.session import opened, second_option, token_option
from contactpoint.moments import as_time
from contactpoint.people.actor import Role
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint
    from contactpoint.judging.pair import Pair
    from events.judgement import Seen, Verdict

VERDICTS = ("link", "apart", "unsure", "refer")

pair_argument = click.argument("pair", nargs=-1, required=True, type=PERSONAL)
"""A pair as the queue names it, or two records as SOURCE:ID each."""


class SeenVersions(click.ParamType):  # type: ignore[type-arg]
    """The versions that a steward saw, as 'review show' prints them."""

    name = "versions"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> "Seen":
        """The versions; a usage error where there are not four."""
        from contactpoint.judging.sight import seen_of

        versions = seen_of(str(value))
        if versions is None:
            self.fail("expected the four numbers that 'review show' prints", param, ctx)
        return versions


@click.command(
    epilog=examples("review claim 7f3a9c21-8d1e02ab", "review claim pds:9000000009 - --minutes 60")
)
@pair_argument
@click.option(
    "--minutes",
    type=click.IntRange(1, 480),
    default=30,
    show_default=True,
    help="How long nobody else can decide on it.",
)
@token_option
@json_option
def claim(pair: tuple[str, ...], minutes: int, as_json: bool) -> None:
    """Take a PAIR up, so that no other steward does.

    Until the lease ends, no other can claim it or decide on it. 'review list' names the pairs; two
    records as SOURCE:ID name any other. A claim of another steward's is refused. To claim again
    what is yours changes nothing.
    """
    with opened(Act.CLAIM) as store:
        found = store.pair_named(pair)
        origin = store.origin("review claim")
        until = store.judging(Act.CLAIM).claim(found, store.by, origin, minutes)
        store.projector.catch_up()
    if as_json:
        print_json({"pair": str(found), "until": as_time(until)})
    else:
        click.echo(f"pair {found} is yours until {as_time(until)}")


@click.command(
    "raise",
    epilog=examples("review raise pds:9000000009 pds:9000000017 --reason 'merged at the source'"),
)
@pair_argument
@click.option("--reason", type=PERSONAL, required=True, help="Why; sealed. - reads a line.")
@token_option
@json_option
def raise_(pair: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Ask stewards to look at two records, named as SOURCE:ID each. Nothing moves meanwhile.

    For what no machine noticed, such as a letter that tells of a child's two records. Who loads
    files and reads no children is answered alike whether there are such records or not.
    """
    from contactpoint.errors import NotFoundError
    from contactpoint.judging.pair import Pair

    with opened(Act.RAISE) as store:
        only_loads = store.actor.roles == {Role.FEED_AGENT}
        told = "awaits a steward" + (", if there are such records" if only_loads else "")
        try:
            name = str(_asked(store, pair, reason))
        except NotFoundError:
            if not only_loads:
                raise
            named = pair[0].lower() if len(pair) == 1 else ""
            name = named or str(Pair.of(*map(store.record_named, pair)))
    if as_json:
        print_json({"pair": name})
    else:
        click.echo(f"pair {name} {told}")


def _asked(store: "Contactpoint", pair: tuple[str, ...], reason: str) -> "Pair":
    """Ask about a pair. Raises NotFoundError where there is none, or none that may be seen."""
    from contactpoint.errors import NotFoundError
    from contactpoint.explaining import explain
    from contactpoint.judging.pair import NO_PAIR
    from contactpoint.kinds import Kinds
    from contactpoint.linking.neighbourhoods import sure_of
    from events.judgement import PairRaised

    found = store.pair_named(pair)
    by = store.model, *found, store.model_of
    weighed = explain(store.open_records, *by, cleared=store.is_cleared)
    if weighed is None:
        raise NotFoundError(NO_PAIR)
    total = weighed.weight
    sources = (one.source for one in weighed.records)
    raised = PairRaised(
        *found,
        model=store.model.version,
        pattern=total.pattern,
        weight=total.total,
        probability=total.probability,
        by=store.actor.subject,
        why=reason or None,
        kind=Kinds(store.sources.registry().sources).of(total.pattern, *sources).value,
        threshold=sure_of(weighed.of_shape or store.model),
    )
    store.judging(Act.RAISE).ask(raised, store.origin("review raise"))
    store.projector.catch_up()
    return found


@click.command(epilog=examples("review release 7f3a9c21-8d1e02ab"))
@pair_argument
@token_option
@json_option
def release(pair: tuple[str, ...], as_json: bool) -> None:
    """Put a PAIR that you claimed back undecided."""
    with opened(Act.CLAIM) as store:
        found = store.pair_named(pair)
        store.judging(Act.CLAIM).release(found, store.by, store.origin("review release"))
        store.projector.catch_up()
    if as_json:
        print_json({"pair": str(found)})
    else:
        click.echo(f"pair {found} is free")


@click.command(
    epilog=examples(
        "review decide 7f3a9c21-8d1e02ab --verdict apart --reason twins --seen 2.1.4.3",
        "review decide pds:9000000009 schools:9402003/A801200001001 --verdict link "
        "--reason agency-confirmed --seen 2.1.4.3",
    )
)
@pair_argument
@click.option(
    "--verdict",
    type=click.Choice(VERDICTS),
    required=True,
    help="link: one child. apart: two children. unsure: it waits on. refer: somebody else decides.",
)
@click.option("--reason", required=True, help="A reason code; a wrong one names those there are.")
@click.option("--seen", type=SeenVersions(), required=True, help="What 'review show' said you saw.")
@click.option("--remarks", type=PERSONAL, default="", help="In words; sealed. - reads a line.")
@token_option
@second_option
@json_option
def decide(  # noqa: PLR0913, PLR0917 - what a decision states
    pair: tuple[str, ...], verdict: str, reason: str, seen: "Seen", remarks: str, as_json: bool
) -> None:
    """Decide what the two records of a PAIR are to each other.

    The decision stands above the matcher: no load, model or rebuild reverses it. It is refused,
    with nothing changed, where a record or child has changed since you saw it, where another
    steward has claimed the pair, and where other judgements say otherwise.
    """
    from contactpoint.judging.judging import Meant
    from contactpoint.reasons import checked_reason

    stated = cast("Verdict", verdict)
    code = checked_reason(stated, reason)
    with opened(Act.JUDGE) as store:
        found = store.pair_named(pair)
        origin = store.origin("review decide")
        meant = Meant(found, stated, code, seen, remarks)
        is_new = store.judging(Act.JUDGE).decide(meant, store.by, origin)
        follows = store.follow(origin)
    if as_json:
        print_json({"pair": str(found), "verdict": verdict, "new": is_new, "linked": follows})
        return
    click.echo(f"pair {found}: {verdict}" + ("" if is_new else " (as decided before)"))
    say_whether(follows)


@click.command(epilog=examples("review undo 7f3a9c21-8d1e02ab --remarks 'the school was mistaken'"))
@pair_argument
@click.option("--remarks", type=PERSONAL, default="", help="Why; sealed. - reads a line.")
@token_option
@second_option
@json_option
def undo(pair: tuple[str, ...], remarks: str, as_json: bool) -> None:
    """Take the judgement on a PAIR back.

    The children are grouped, and numbered, as they were before it, if nothing else has changed.
    """
    with opened(Act.UNDO) as store:
        found = store.pair_named(pair, judged=True)
        origin = store.origin("review undo")
        is_new = store.judging(Act.UNDO).undo(found, store.by, origin, remarks)
        follows = store.follow(origin)
    if as_json:
        print_json({"pair": str(found), "new": is_new, "linked": follows})
        return
    click.echo(f"pair {found}: the judgement is in force no longer")
    say_whether(follows)


def say_whether(follows: bool) -> None:
    """Say where the children do not follow yet."""
    if not follows:
        say("another run of linking is at work; the children follow with the next one")

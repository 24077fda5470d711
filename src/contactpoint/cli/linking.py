"""The command that links."""

import click

from contactpoint.cli.command import examples, json_option
from contactpoint.cli.output import print_facts, print_json, progress, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act


@click.command(epilog=examples("link", "link --all --plan"))
@click.option("--all", "everything", is_flag=True, help="Look at every record again.")
@click.option("--plan", is_flag=True, help="Say what would change, and change nothing.")
@token_option
@json_option
def link(everything: bool, plan: bool, as_json: bool) -> None:
    """Link what changed since the last run.

    'load' and 'nightly' do so themselves. After 'model use', everything is linked under the new
    model. How many records and pairs were looked at is told to shielding officers alone.
    """
    with opened(Act.LINK) as store:
        with progress("linking", wanted=not as_json, unit="records") as tell:
            outcome = store.linking.run(
                store.origin("link"), store.model, everything=everything, plan=plan, progress=tell
            )
        store.projector.catch_up()
        # How many records and pairs there are tells of those that are hidden: whoever loads a row
        # with a guessed number would see by one pair more that a shielded child bears it.
        looked_at = {"records": outcome.records, "pairs": outcome.pairs} if store.is_cleared else {}
    facts = {
        "model": outcome.model,
        **looked_at,
        "links": outcome.links,
        "reviews": outcome.referred,
        "events": outcome.events,
        "overflowed": outcome.overflowed,
    }
    children = {f"children_{what}": number for what, number in outcome.children.items()}
    if as_json:
        print_json(facts | children)
        return
    moved = {name: number for name, number in children.items() if number}
    print_facts({name.replace("_", " "): value for name, value in (facts | moved).items()})
    if plan:
        say("a plan: nothing was changed")
    elif not outcome.events:
        say("nothing has changed since the last run; --all looks at everything again")

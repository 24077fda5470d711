"""The command that reports the figures of a period."""

import click
import msgspec

from contactpoint.cli.command import examples, json_option
from contactpoint.cli.output import print_facts, print_json
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act


@click.command(
    epilog=examples("report 2026-11", "report 2026-Q4 --json", "report 2026-11-01..2026-11-25")
)
@click.argument("period")
@token_option
@json_option
def report(period: str, as_json: bool) -> None:
    """Report the figures of a PERIOD for publication.

    They are of decisions, errors, shields and looks. A PERIOD is a year (2026), a quarter
    (2026-Q4), a month (2026-11), a day, or two of them with .. between. Errors are those that
    stewards found where the index had decided alone. Counts of shields are to the nearest ten, and
    pairs and records of children who may not be seen are left out.
    """
    from contactpoint.reporting import period as read
    from contactpoint.reporting import report as made_of

    meant = read(period)
    with opened(Act.REPORT) as store:
        store.projector.catch_up()
        figures = made_of(store, meant)
    if as_json:
        print_json(msgspec.to_builtins(figures))
        return
    errors, shields = figures.errors, figures.shields
    rate = errors.misplaced_per_10000
    print_facts(
        {
            "records placed": figures.placed,
            "pairs referred": figures.referred,
            **{f"decided: {verdict}": count for verdict, count in figures.decided.items()},
            "decisions reversed": figures.reversed,
            "pairs awaiting a steward now": figures.awaiting,
            "false links found": errors.false_links,
            "records in a child not theirs": errors.misplaced,
            "for each 10,000 placed": f"{rate[0]:.2f} ({rate[1]:.2f}-{rate[2]:.2f})"
            if rate
            else "",
            "missed links found": errors.missed_links,
            "shields in force, about": shields.in_force,
            "shields applied, about": shields.applied,
            "shields inherited, about": shields.inherited,
            "shields lifted, about": shields.lifted,
            "overrides": figures.overrides,
            "looks at children": figures.looks,
            "acts refused": figures.refused,
        },
        title=f"{figures.first} to {figures.last}",
    )

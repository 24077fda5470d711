"""A pair of records for a person who asks whether they are one child, and the command why."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from contactpoint.cli import views
from contactpoint.cli.command import PERSONAL, examples, json_option
from contactpoint.cli.output import PICTURE, print_json, print_table, width
from contactpoint.cli.session import opened, token_option
from contactpoint.moments import as_time
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from contactpoint.explaining import Explanation
    from projections.pair import PairedRecord

NARROWEST, WIDEST = 12, 40
"""Characters of the waterfall, as the terminal allows."""
BESIDE = 52
"""Characters of the other columns of its table."""


@click.command(
    epilog=examples(
        "why pds:9000000009 schools:9402003/A801200001001",
        "why - - < two-lines.txt",
    )
)
@click.argument("left", type=PERSONAL)
@click.argument("right", type=PERSONAL)
@click.option("--reason", default="", help="Why; recorded word for word.")
@token_option
@json_option
def why(left: str, right: str, reason: str, as_json: bool) -> None:
    """Show the weights of a pair of records, field by field.

    They say why the two are, or are not, taken for one child; beside them stand the blocking rules
    that bring them together and, of two children, where the pair was lost on its way.
    LEFT and RIGHT are records as SOURCE:ID; - reads one from standard input. A weight is in bits:
    each bit doubles the odds of one child. The look is recorded before the answer.
    """
    from contactpoint.errors import NotFoundError
    from contactpoint.explaining import explain, why_apart

    with opened(Act.WHY) as store:
        store.projector.catch_up()
        records = store.record_named(left), store.record_named(right)
        found = (
            None
            if store.are_barred(records)
            else explain(store.open_records, store.model, *records, store.model_of)
        )
        store.record_look(
            store.origin("why"),
            "why",
            reason=reason.strip(),
            children=found.children if found else (),
            search={"left": left, "right": right},
        )
        if found is None:
            raise NotFoundError("no current record of that source and id; expected SOURCE:ID")
        apart = why_apart(store.workings, store.filling, store.model, found)
    if as_json:
        from contactpoint.told import as_plain

        lost = {"why": apart.why, "reason": apart.reason} if apart else None
        print_json(as_plain(found) | {"joined": found.joined or None, "apart": lost})
    else:
        show_weights(found)
        decision = found.decision
        click.echo(
            f"{total(found)}: {decision.outcome.replace('_', '-')} ({decision.reason}); "
            f"in the index they are {together(found)}"
        )
        click.echo(f"brought together by: {met(found)}")
        if apart is not None:
            click.echo(f"two children because: {apart.why} ({apart.reason})")
        elif found.joined:
            click.echo(f"one child because: {found.joined}")


def total(found: "Explanation") -> str:
    """What the weights come to."""
    return f"weight {found.weight.total:+z.1f} bits, probability {found.weight.probability:.4f}"


def together(found: "Explanation") -> str:
    """How the index holds the two records."""
    if any(record.child is None for record in found.records):
        return "not both linked yet"
    return "one child" if found.same_child else "two children"


def met(found: "Explanation") -> str:
    """The blocking rules under which the two records share a key."""
    return "; ".join(found.meeting.rules) or "no blocking rule, so they are never compared"


def show_weights(found: "Explanation") -> None:
    """A table of the parts, each with its step of the waterfall."""
    parts = [part for part in found.weight.parts if part.weight or part.field == "prior"]
    steps = _waterfall(
        [part.weight for part in parts], max(NARROWEST, min(WIDEST, width() - BESIDE))
    )
    rows = [
        (
            part.field,
            part.level.lower().replace("_", " "),
            f"{part.weight:+z.1f}",
            bar,
            _short(part.note),
        )
        for part, bar in zip(parts, steps, strict=True)
    ]
    print_table(("field", "agreement", "bits", PICTURE, ""), rows)


def _short(note: str) -> str:
    return note.replace("borne by about ", "borne by ")


def show_records(records: Sequence["PairedRecord"]) -> None:
    """Both records side by side, a line for each fact that either states."""
    columns = [_column(record) for record in records]
    print_table(
        ("", *(record.record.hex[:8] for record in records)),
        [
            (name, *(column[name] for column in columns))
            for name in columns[0]
            if any(column[name] for column in columns)
        ],
    )


def _column(record: "PairedRecord") -> dict[str, str]:
    from person.numbers import written

    stated = record.view.holders[0].stated
    return {
        "source": record.source,
        "stated": (as_time(stated) or "")[:10],
        "child": written(record.view.number) if record.child else "none yet",
        **views.compared(record.view),
        "numbers": ", ".join(record.numbers),
    }


def _waterfall(weights: Sequence[float], width: int) -> list[str]:
    """Each weight as a bar from where the sum stood to where it then stands; ``|`` is even odds."""
    sums = [0.0]
    for weight in weights:
        sums.append(sums[-1] + weight)
    low, high = min(sums), max(sums)
    scale = (width - 1) / ((high - low) or 1.0)
    zero = round((0 - low) * scale)
    bars: list[str] = []
    for before, after in pairwise(sums):
        start, stop = sorted((round((before - low) * scale), round((after - low) * scale)))
        fill = "+" if after >= before else "-"
        cells = [fill if start <= cell < max(stop, start + 1) else " " for cell in range(width)]
        if cells[zero] == " ":
            cells[zero] = "|"
        bars.append("".join(cells))
    return bars

"""The command that measures the index against known truth."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from contactpoint.cli.command import OUT, examples, json_option
from contactpoint.cli.output import many, print_facts, print_json, print_table, progress, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from datetime import date

    from contactpoint.evaluating.errors import Shown
    from contactpoint.evaluating.groups import Group
    from contactpoint.evaluating.measuring import Evaluation
    from linkage.evaluation import Scores, Share
    from linkage.model import Model

GROUPED = {"sources": "two sources", "age": "age", "sex": "sex", "naming": "naming"}
MOST_ROWS = 20
CSV = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(
    epilog=examples(
        "evaluate feeds/truth.csv",
        "evaluate feeds/truth.csv --persons feeds/persons.csv --report accuracy.html",
    )
)
@click.argument("truth", metavar="TRUTH.csv", type=CSV)
@click.option(
    "--persons",
    type=CSV,
    help="A table of what is known of each person: person, and any of group, family, born.",
)
@click.option("--report", "page", type=OUT, help="Write a page with charts: one HTML file.")
@click.option(
    "--errors", type=OUT, help="Write every false link and missed pair: one CSV file, with keys."
)
@click.option("--reason", default="", help="Why you measure; recorded word for word.")
@token_option
@json_option
def evaluate(  # noqa: PLR0913 - the options of the command
    *,
    truth: Path,
    persons: Path | None,
    page: Path | None,
    errors: Path | None,
    reason: str,
    as_json: bool,
) -> None:
    """Measure how well the index put records together.

    TRUTH.csv says which person each record is of: source, record_id, person; it may say group,
    family and born of the person, too. Figures are over the records that the index holds, with
    95 % intervals: precision, recall and F1 by pairs and by whole children, also by sources, age,
    sex and naming; review; false links by kind; missed pairs by where they were lost; calibration.

    Administrators only, and recorded. The page names records by the beginning of their keyed ids
    and shows no particulars; the table of errors names their keys. Neither has a pair of a child
    with a restricted record.
    """
    from contactpoint.evaluating.errors import COLUMNS, Shown
    from contactpoint.evaluating.measuring import as_plain
    from contactpoint.evaluating.truth import read_truth
    from contactpoint.exports import require_folder, write_table
    from contactpoint.moments import day_of

    for out in filter(None, (page, errors)):
        require_folder(out)
    known = read_truth(truth, persons)
    with (
        opened(Act.EVALUATE) as store,
        progress("evaluating", wanted=not as_json, unit="records") as tell,
    ):
        origin = store.origin("evaluate")
        store.projector.catch_up()
        today = day_of(origin.recorded)
        measured = store.evaluating.evaluate(known, today, tell)
        found = measured.figures
        shown = Shown()
        if page or errors:
            shown = Shown.of(measured.false, measured.missed, store.open_records)
        told = shown.worst().children if page else ()
        store.record_look(origin, "evaluate", reason=reason.strip(), children=told)
        if page is not None:
            _write_page(page, found, store.model, shown.worst(), today)
        if errors is not None:
            wrote = write_table(errors, COLUMNS, shown.rows(store.open_records))
            say(f"{many(wrote, 'pair')} written to {errors}")
    if as_json:
        print_json(as_plain(found))
    else:
        _show(found)
    if page is not None:
        say(f"the report is in {page}")


def _write_page(
    page: Path, found: "Evaluation", model: "Model", shown: "Shown", today: "date"
) -> None:
    from contactpoint.evaluating.page import page as drawn
    from contactpoint.exports import whole_file

    with whole_file(page) as file:
        file.write(drawn(found, model, f"Accuracy on {today.isoformat()}", shown))


def _show(found: "Evaluation") -> None:
    counts, whole = found.records, found.whole
    print_facts(
        {
            "records of the truth": counts.truth,
            "not current in the index": counts.not_in_index,
            "measured": counts.measured,
            "not linked yet": counts.not_linked or None,
            "persons": counts.persons,
            "children": counts.children,
            "model": found.model,
            "linked under": found.linked_under if found.linked_under != found.model else None,
        }
    )
    print_table(
        ("", "precision", "recall", "F1"),
        [("pairs", *_scores(whole.pairs)), ("whole children", *_scores(whole.children))],
    )
    for name, title in GROUPED.items():
        _show_groups(title, found.by[name])
    _show_errors(found)
    say("intervals: 95 %, from the spread between sets of records that nothing connects")


def _show_groups(title: str, groups: "Sequence[Group]") -> None:
    print_table(
        (title, "true pairs", "precision", "recall", "F1", "missed"),
        [
            (one.group, round(one.pairs.recall.whole), *_scores(one.pairs), _missed(one))
            for one in groups[:MOST_ROWS]
        ],
    )
    if len(groups) > MOST_ROWS:
        say(f"{MOST_ROWS} of {len(groups)} groups; --json has all")


def _show_errors(found: "Evaluation") -> None:
    review, calibration = found.review, found.calibration
    for name, count in found.looked_into.items():
        if count < found.wrong[name]:
            say(f"{count:,} of {found.wrong[name]:,} {name} pairs were drawn and looked into")
    print_table(
        ("false links", "pairs of records", "pairs of persons", "of all such"),
        [(one.kind, one.pairs, one.persons, one.of) for one in found.false_links],
    )
    reasons = [(m.why, reason, n) for m in found.missed for reason, n in m.reasons.items()]
    print_table(("missed", "because", "pairs"), reasons[:MOST_ROWS])
    if len(reasons) > MOST_ROWS:
        say(f"{MOST_ROWS} of {len(reasons)} reasons; --json has all")
    if found.would_find:
        print_table(
            ("never compared; a rule on", "would find"),
            list(found.would_find.items()),
        )
    print_facts(
        {
            "referred pairs": review.pairs,
            "of one person": review.of_one_person,
            "records with one": f"{review.records:,} ({review.share_of_records:.2%})",
            "calibration error": f"{calibration.expected_error:.4f} expected, "
            f"{calibration.greatest_error:.4f} in the worst bin"
            if calibration.bins
            else "not measured: no children's records were compared",
            "the model's prior is": f"for {found.prior_records:,} records; days of birth here let "
            f"expect {found.stated_for:,}",
        }
    )


def _missed(group: "Group") -> str:
    """How often, against all; marked where it is more than chance makes it."""
    if group.misses is None:
        return ""
    return f"{group.misses:.1f} x{' behind' if group.behind else ''}"


def _scores(scores: "Scores") -> tuple[str, ...]:
    return tuple(_share(share) for share in (scores.precision, scores.recall, scores.f1))


def _share(share: "Share") -> str:
    if share.value is None:
        return ""
    return f"{share.value:.4f} ({share.low:.4f}-{share.high:.4f})"

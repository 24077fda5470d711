"""The report of an evaluation: one HTML file with charts, which fetches nothing and runs nothing.

It shows figures, levels and keyed ids of records, and no particulars of anybody.
"""

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from contactpoint.evaluating.charts import (
    Bar,
    Mark,
    Step,
    Whisker,
    bars,
    precision_recall,
    reliability,
    waterfall,
    whiskers,
)
from contactpoint.evaluating.errors import Shown, WrongPair
from contactpoint.evaluating.groups import FAIR, Group
from contactpoint.evaluating.measuring import Evaluation
from linkage.evaluation import Share
from linkage.model import MATCH, Model
from linkage.weigh import log_odds

METHOD = (
    "Intervals are 95 % ones. Pairs of one child are not independent of each other, so the spread "
    "is taken between sets of records that nothing connects, neither truth nor index (variance of "
    "a ratio of sums, linearised); Wilson's interval is that of as many independent observations "
    "as tell as much. A child is right when it holds all records of one person and no other."
)
DIMENSIONS = {
    "sources": "By pair of sources",
    "age": "By age",
    "sex": "By sex",
    "naming": "By naming",
}
MOST_ROWS = 25
LEFT = ' class="left"'

STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --dim: #5b6774; --line: #d5dbe1; --page: #fff;
  --for: #2f6fb0; --against: #c2571a; --card: #f5f7f9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9ee; --dim: #9aa7b4; --line: #3a4550;
  --page: #161b21; --for: #6ba7e0; --against: #e58a4f; --card: #1f262e; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { margin: 2.5rem 0 .5rem; font-size: 1.2rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
p { max-width: 46rem; } .dim { color: var(--dim); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.4rem, 1fr)); gap: .6rem;
  margin: 1rem 0; }
.card { background: var(--card); border-radius: 6px; padding: .6rem .7rem; }
.card b { display: block; font-size: 1.4rem; }
.card span { color: var(--dim); font-size: .8rem; white-space: nowrap; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .6rem 0; }
th, td { text-align: right; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } th:first-child, td:first-child, .left { text-align: left; }
td:first-child { white-space: nowrap; }
.beside { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; }
svg { max-width: 100%; height: auto; } svg text { font-size: 12px; fill: var(--ink); }
svg .small { font-size: 11px; fill: var(--dim); } svg .strong { font-weight: 700; }
svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }
svg line { stroke: var(--dim); } svg .grid { stroke: var(--line); }
svg .threshold, svg .diagonal { stroke-dasharray: 4 3; }
svg .whisker { stroke: var(--for); stroke-width: 2; }
svg rect.bar { fill: var(--for); } svg rect.against { fill: var(--against); }
svg circle { fill: var(--for); stroke: var(--page); }
svg .beyond { fill: var(--page); stroke: var(--for); stroke-width: 2; }
svg .twin { fill: var(--against); }
svg .sibling { fill: var(--dim); } svg polyline { fill: none; stroke: var(--for); stroke-width: 2; }
.key i { display: inline-block; width: .7rem; height: .7rem; border-radius: 50%; margin: 0 .3rem; }
""".strip()


def page(found: Evaluation, model: Model, title: str, shown: Shown) -> str:
    """The whole page. ``shown``: the pairs whose waterfalls it has."""
    body = "\n".join(
        (
            f"<h1>{escape(title)}</h1>",
            _facts(found),
            _headline(found),
            *(_groups(DIMENSIONS[name], name, found) for name in DIMENSIONS),
            _errors(found),
            _curves(found),
            _model(model),
            _worst("The false links of greatest weight", shown.false, found),
            _worst("The missed pairs of least weight", shown.missed, found),
        )
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n{body}\n"
        "</body>\n</html>\n"
    )


def _facts(found: Evaluation) -> str:
    counts = found.records
    said = [
        f"Over {counts.measured:,} records of {counts.persons:,} persons, in {counts.children:,} "
        f"children of the index. Of the truth's {counts.truth:,} records {counts.not_in_index:,} "
        "are not current in the index and count nowhere.",
        f"Model {found.model}, made for {found.prior_records:,} records; probabilities are stated "
        f"for {found.stated_for:,}, as many as days of birth here let expect.",
    ]
    if counts.not_in_truth:
        said.append(f"Of {counts.not_in_truth:,} records of the index the truth says nothing.")
    if counts.not_linked:
        said.append(f"{counts.not_linked:,} of the records belong to no child yet.")
    if found.linked_under != found.model:
        said.append("The index was linked last under another model.")
    return f'<p class="dim">{escape(" ".join(said))}</p>'


def _headline(found: Evaluation) -> str:
    whole, review = found.whole, found.review
    cards = [
        ("pair precision", whole.pairs.precision),
        ("pair recall", whole.pairs.recall),
        ("pair F1", whole.pairs.f1),
        ("child precision", whole.children.precision),
        ("child recall", whole.children.recall),
        ("child F1", whole.children.f1),
    ]
    told = [_card(share_of(share), name, between(share)) for name, share in cards]
    told.append(
        _card(f"{review.share_of_records:.2%}", "records to review", f"{review.pairs:,} pairs")
    )
    return f'<div class="cards">{"".join(told)}</div><p class="dim">{escape(METHOD)}</p>'


def _card(figure: str, name: str, beneath: str) -> str:
    return (
        f'<div class="card"><span>{escape(name)}</span><b>{escape(figure)}</b>'
        f"<span>{escape(beneath)}</span></div>"
    )


def _groups(title: str, name: str, found: Evaluation) -> str:
    groups = found.by[name]
    rows = groups[:MOST_ROWS]
    notes = []
    if name == "sources":
        notes.append("A pair is of the sources of its two records.")
    else:
        notes.append("A group is the person's; a false link counts half with each person's group.")
    notes.append("The dashed line is the figure of all.")
    if name == "naming" and found.groups_from == "the names":
        notes.append(
            "Groups are told from the words of the names, by a small table: they say how a name is "
            "formed, miss many, and are nobody's ethnicity."
        )
    if len(groups) > len(rows):
        notes.append(f"The {MOST_ROWS} with most true pairs of {len(groups)}.")
    if behind := [one.group for one in groups if one.behind]:
        notes.append(
            f"Missed more than {FAIR} times as often as all, beyond chance: {', '.join(behind)}."
        )
    charts = [
        whiskers(
            f"{title}: {what}",
            [_whisker(one, what) for one in rows],
            getattr(found.whole.pairs, what).value,
        )
        for what in ("recall", "precision")
    ]
    titled = [
        f"<div><h3>{what}</h3>{chart}</div>"
        for what, chart in zip(("Recall of pairs", "Precision of pairs"), charts, strict=True)
    ]
    return (
        f"<h2>{escape(title)}</h2><p class='dim'>{escape(' '.join(notes))}</p>"
        f'<div class="beside">{"".join(titled)}</div>'
    )


def _whisker(group: Group, what: str) -> Whisker:
    share: Share = getattr(group.pairs, what)
    return Whisker(
        group.group,
        share.value,
        share.low,
        share.high,
        f"{share_of(share)} of {share.whole:,.0f}",
        share.whole,
    )


def _errors(found: Evaluation) -> str:
    looked = {
        name: f"{count:,} of {found.wrong[name]:,} pairs looked into"
        for name, count in found.looked_into.items()
    }
    kinds = _table(
        ("persons who are", "pairs of records", "pairs of persons", "of all such"),
        [
            (_plural(one.kind), one.pairs, one.persons, "" if one.of is None else one.of)
            for one in found.false_links
        ],
    )
    why = bars(
        "Missed pairs by where they were lost",
        [Bar(one.why, one.pairs, f"{one.pairs:,}") for one in found.missed],
    )
    reasons = _table(
        ("lost", "reason", "pairs"),
        [(one.why, reason, n) for one in found.missed for reason, n in one.reasons.items()],
    )
    further = _table(
        ("a further rule on", "pairs it would have brought together"),
        list(found.would_find.items()),
    )
    return (
        f"<h2>False links</h2><p class='dim'>Told by {found.kinds_from}; "
        f"{looked['false']}.</p>{kinds}"
        f"<h2>Missed pairs</h2><p class='dim'>{looked['missed']}, each counted where it was lost "
        f"first.</p>{why if found.missed else ''}{reasons}"
        + (f"<h3>Never compared</h3>{further}" if found.would_find else "")
    )


def _curves(found: Evaluation) -> str:
    whole = found.whole.pairs
    marks = []
    if whole.precision.value is not None and whole.recall.value is not None:
        marks.append(
            Mark("the index, after rules, rivals", whole.recall.value, whole.precision.value)
        )
    for name in ("link", "review"):
        at = log_odds(found.thresholds[name])
        below = [point for point in found.curve if point.weight >= at]
        if below:
            label = f"every pair from the {name} threshold"
            marks.append(Mark(label, below[-1].recall, below[-1].precision))
    table = _table(
        ("probability", "pairs", "stated", "observed", "95 %"),
        [
            (
                f"{one.lowest:.4f} to {one.highest:.4f}",
                f"{one.pairs:,.0f}",
                f"{one.predicted:.4f}",
                f"{one.observed:.4f}",
                f"{one.low:.4f} to {one.high:.4f}",
            )
            for one in found.calibration.bins
        ],
    )
    calibration = found.calibration
    if not calibration.bins:
        return "<h2>Calibration</h2><p class='dim'>No children's records were compared.</p>"
    return (
        "<h2>Precision and recall by threshold</h2><p class='dim'>What linking every pair of the "
        "index from a weight on would give, without the rules, rivals and bars that come after; "
        "true pairs that are never compared count as missed.</p>"
        f"{precision_recall('Precision and recall', found.curve, marks)}"
        "<h2>Calibration</h2><p class='dim'>Compared pairs with a probability of at least 0.01. "
        "The table has ten bins of equally many: expected calibration error "
        f"{calibration.expected_error:.4f}, greatest error of a bin "
        f"{calibration.greatest_error:.4f}. Most pairs are nearly sure, so the chart has the same "
        "pairs by tenths of the probability. Intervals are as if pairs were independent."
        "</p><div class='beside'>"
        f"{reliability('Stated and observed', calibration.tenths)}{table}</div>"
    )


def _model(model: Model) -> str:
    return (
        "<h2>What the model weighs</h2><p class='dim'>Bits that each level adds (right) or takes "
        "(left) against strangers: log2 of its share among pairs of one child (m) and among "
        "strangers (u). A rare name adds more. <span class='key'><i style='background:"
        "var(--against)'></i>against twins<i style='background:var(--dim)'></i>against siblings"
        "</span></p>"
        f"{_table(('of this model', ''), list(model.card.items())) if model.card else ''}"
        f'<div class="beside">{"".join(_field(model, name) for name in model.shares[MATCH])}</div>'
    )


def _field(model: Model, field: str) -> str:
    one = model.shares[MATCH][field]
    strangers = model.shares["random"][field]
    rows = [
        Bar(
            level.lower().replace("_", " "),
            _bits(share, strangers[level]),
            f"m {share:.2g}, u {strangers[level]:.2g}",
            tuple(
                (name, _bits(share, model.shares[name][field][level]))
                for name in ("sibling", "twin")
                if name in model.shares
            ),
        )
        for level, share in one.items()
    ]
    rows.sort(key=lambda row: -row.value)
    title = field.replace("_", " ")
    chart = bars(f"Weights of {title}", rows, width=450, label=110)
    return f"<div><h3>{escape(title)}</h3>{chart}</div>"


def _bits(share: float, other: float) -> float:
    return float(np.clip(np.log2(max(share, 1e-12) / max(other, 1e-12)), -20, 20))


def _worst(title: str, pairs: Iterable[WrongPair], found: Evaluation) -> str:
    thresholds = [(name, log_odds(chance)) for name, chance in found.thresholds.items()]
    told = []
    for pair in pairs:
        weight = pair.weighed.weight
        steps = [
            Step(
                f"{part.field.replace('_', ' ')} {part.level.lower().replace('_', ' ')}",
                part.weight,
            )
            for part in weight.parts
            if part.weight or part.field == "prior"
        ]
        named = " and ".join(f"{one.record.hex[:8]} ({one.source})" for one in pair.sides)
        met = "; ".join(pair.weighed.meeting.rules) or "no blocking rule"
        decision = pair.weighed.decision
        told.append(
            f"<h3>{escape(named)}: {escape(pair.what)}</h3><p class='dim'>"
            f"{escape(_sentence(pair.reason))} The pair alone: "
            f"{decision.outcome.replace('_', '-')}, {escape(decision.reason)}. "
            f"Brought together by {escape(met)}.</p>"
            f"{waterfall(f'Weights of {named}', steps, thresholds)}"
        )
    return f"<h2>{escape(title)}</h2>{''.join(told) or '<p>None that may be shown.</p>'}"


def share_of(share: Share) -> str:
    """A share for people; a dash where there is nothing to take a share of."""
    return "-" if share.value is None else f"{share.value:.4f}"


def between(share: Share) -> str:
    """The ends of a share's interval."""
    if share.low is None or share.high is None:
        return ""
    return f"{share.low:.4f} to {share.high:.4f}"


def _plural(kind: str) -> str:
    return f"{kind}s"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    if not rows:
        return "<p>None.</p>"
    aligned = [_is_words(value) for value in rows[0]]
    head = "".join(
        f"<th{LEFT if left else ''}>{escape(column)}</th>"
        for column, left in zip(columns, aligned, strict=True)
    )
    lines = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"<td>{value:,}</td>"
    return f"<td{LEFT if _is_words(value) else ''}>{escape(str(value))}</td>"


def _is_words(value: object) -> bool:
    return isinstance(value, str) and value[:1].isalpha()

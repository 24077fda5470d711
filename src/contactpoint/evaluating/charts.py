"""Charts as plain SVG text: no script, no font, nothing fetched. The page gives colours."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from linkage.calibration import Bin, Point

WIDE, SQUARE = 720, 360
ROW = 20
MARGIN = 46
TOP = 26
ENOUGH = 30
"""What a share must be of for the scale to show its whole interval."""
CUT = 10
"""One row in so many may be left of the scale, so that one far off does not hide the others."""


class Bar(NamedTuple):
    """A row of a bar chart."""

    label: str
    value: float
    told: str
    marks: tuple[tuple[str, float], ...] = ()
    """Further values of the row, each drawn as a mark of a class."""


class Whisker(NamedTuple):
    """A row of a chart of shares with their intervals."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    told: str
    whole: float
    """How much the share is of: the scale is made for rows of which there is enough."""


class Step(NamedTuple):
    """A step of a waterfall."""

    label: str
    bits: float


class Mark(NamedTuple):
    """A named point of a plane."""

    label: str
    x: float
    y: float


class _Scale(NamedTuple):
    """From values to places on the page."""

    low: float
    high: float
    start: float
    stop: float

    def at(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(self.start + share * (self.stop - self.start), 1)


def bars(title: str, rows: Sequence[Bar], *, width: int = WIDE, label: int = 200) -> str:
    """Horizontal bars from a common zero, each with what it says beside it."""
    values = [v for row in rows for v in (row.value, *(mark for _, mark in row.marks))]
    low, high = min([0.0, *values]), max([0.0, *values])
    told = width - 7 * max([len(row.told) for row in rows], default=0)
    scale = _Scale(low, high, label + 6, told - 10)
    zero = scale.at(0)
    parts = [_line(zero, 0, zero, len(rows) * ROW, "axis")]
    for n, row in enumerate(rows):
        y = n * ROW
        start, stop = sorted((zero, scale.at(row.value)))
        kind = "bar" if row.value >= 0 else "bar against"
        parts += [
            _text(label - 6, y + 14, row.label, "end"),
            _box(start, y + 4, max(stop - start, 1), ROW - 8, kind),
            _text(told, y + 14, row.told, "start small"),
            *(_dot(scale.at(value), y + ROW / 2, kind) for kind, value in row.marks),
        ]
    return _svg(title, width, len(rows) * ROW + 4, parts)


def whiskers(
    title: str,
    rows: Sequence[Whisker],
    beside: float | None = None,
    *,
    width: int = SQUARE + 60,
    label: int = 150,
) -> str:
    """Shares as points with their intervals, on a scale that ends at 1.

    A point to the left of the scale stands at its edge, hollow. ``beside``: what all have.
    """
    ticks = _ticks(_lowest(rows), 1.0)
    scale = _Scale(ticks[0], 1.0, label, width - 112)
    height = len(rows) * ROW
    parts = _vertical_ticks(ticks, scale, height)
    if beside is not None and beside >= ticks[0]:
        parts.append(_line(scale.at(beside), 0, scale.at(beside), height, "threshold"))
    for n, row in enumerate(rows):
        y = n * ROW + ROW / 2
        parts.append(_text(label - 8, y + 4, row.label, "end"))
        if row.value is None or row.low is None or row.high is None:
            parts.append(_text(label + 4, y + 4, "none", "start small"))
            continue
        low, value, high = (scale.at(max(end, ticks[0])) for end in (row.low, row.value, row.high))
        parts += [
            _line(low, y, high, y, "whisker"),
            _dot(value, y, "dot" if row.value >= ticks[0] else "dot beyond"),
            _text(width - 102, y + 4, row.told, "start small"),
        ]
    return _svg(title, width, height + 22, parts)


def precision_recall(title: str, points: Sequence[Point], marks: Sequence[Mark]) -> str:
    """The curve over all thresholds, with some named points."""
    xs = [*(p.recall for p in points), *(m.x for m in marks)]
    ys = [*(p.precision for p in points), *(m.y for m in marks)]
    # The beginning of the curve, where hardly anything is linked yet, would hide the rest.
    across, up = (
        _ticks(max(0.0, min([1.0, *(m.x for m in marks)]) - 0.1), max([*xs, 1.0])),
        _ticks(min([*ys, 0.99]), 1.0),
    )
    x, y = _Scale(across[0], 1.0, MARGIN, WIDE - 20), _Scale(up[0], 1.0, SQUARE - 34, TOP)
    shown = [p for p in points if p.recall >= across[0]]
    path = " ".join(f"{x.at(p.recall)},{y.at(p.precision)}" for p in shown)
    parts = [
        *_plane(across, up, x, y),
        f'<polyline class="curve" points="{path}"/>',
        *(_named(mark, x, y, n) for n, mark in enumerate(marks)),
        _text((MARGIN + WIDE) / 2, SQUARE - 2, "recall", "middle small"),
        _text(4, 10, "precision", "start small"),
    ]
    return _svg(title, WIDE, SQUARE, parts)


def reliability(title: str, bins: Sequence[Bin]) -> str:
    """Predicted against observed, with the diagonal on which both are the same."""
    ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    x, y = _Scale(0, 1, MARGIN, SQUARE - 12), _Scale(0, 1, SQUARE - 34, TOP)
    parts = [*_plane(ticks, ticks, x, y), _line(x.at(0), y.at(0), x.at(1), y.at(1), "diagonal")]
    for one in bins:
        at = x.at(one.predicted)
        parts += [
            _line(at, y.at(one.low), at, y.at(one.high), "whisker"),
            _dot(at, y.at(one.observed), "dot"),
        ]
    parts += [
        _text((MARGIN + SQUARE) / 2, SQUARE - 2, "probability, as stated", "middle small"),
        _text(4, 10, "share that is one child", "start small"),
    ]
    return _svg(title, SQUARE, SQUARE, parts)


def waterfall(title: str, steps: Sequence[Step], thresholds: Sequence[tuple[str, float]]) -> str:
    """Each field's bits from where the sum stood to where it then stands, and the thresholds."""
    sums = [0.0]
    for step in steps:
        sums.append(sums[-1] + step.bits)
    values = [*sums, *(weight for _, weight in thresholds)]
    label, top = 210, 18
    scale = _Scale(min(values), max(values), label + 8, WIDE - 70)
    height = top + (len(steps) + 1) * ROW
    parts = []
    for name, weight in thresholds:
        at = scale.at(weight)
        parts += [_line(at, top, at, height, "threshold"), _text(at, 12, name, "middle small")]
    for n, (step, (before, after)) in enumerate(zip(steps, pairwise(sums), strict=True)):
        y = top + n * ROW
        start, stop = sorted((scale.at(before), scale.at(after)))
        kind = "bar" if step.bits >= 0 else "bar against"
        parts += [
            _text(label, y + 14, step.label, "end"),
            _box(start, y + 4, max(stop - start, 1), ROW - 8, kind),
            _line(scale.at(after), y + ROW - 4, scale.at(after), y + ROW + 4, "axis"),
            _text(WIDE - 8, y + 14, f"{step.bits:+z.1f}", "end small"),
        ]
    y, total = top + len(steps) * ROW, scale.at(sums[-1])
    parts += [
        _text(label, y + 14, "together", "end strong"),
        _dot(total, y + ROW / 2, "dot"),
        _text(WIDE - 8, y + 14, f"{sums[-1]:+z.1f}", "end small strong"),
    ]
    return _svg(title, WIDE, height + 4, parts)


def _svg(title: str, width: float, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>'
        f"{''.join(parts)}</svg>"
    )


def _lowest(rows: Sequence[Whisker]) -> float:
    """Where the scale of shares begins."""
    known = sorted(row.low for row in rows if row.low is not None and row.whole >= ENOUGH)
    return min(0.99, known[len(known) // CUT]) if known else 0.0


def _plane(
    across: Sequence[float], up: Sequence[float], x: _Scale, y: _Scale
) -> list[str]:  # the grid of a plane, with its ticks
    parts = []
    for tick in across:
        at = x.at(tick)
        parts += [
            _line(at, y.start, at, y.stop, "grid"),
            _text(at, y.start + 15, _number(tick), "middle small"),
        ]
    for tick in up:
        at = y.at(tick)
        parts += [
            _line(x.start, at, x.stop, at, "grid"),
            _text(x.start - 6, at + 4, _number(tick), "end small"),
        ]
    return parts


def _vertical_ticks(ticks: Sequence[float], scale: _Scale, height: float) -> list[str]:
    return [
        part
        for tick in ticks
        for part in (
            _line(scale.at(tick), 0, scale.at(tick), height, "grid"),
            _text(scale.at(tick), height + 15, _number(tick), "middle small"),
        )
    ]


def _named(mark: Mark, x: _Scale, y: _Scale, number: int) -> str:
    at, height = x.at(mark.x), y.at(mark.y)
    # Names stand below each other, towards the middle of the plane, so that none hides another.
    below = height + 20 + 15 * number
    return (
        _line(at, height, at - 8, below - 4, "axis")
        + _dot(at, height, f"dot mark{number}")
        + _text(at - 10, below, mark.label, "end small")
    )


def _ticks(low: float, high: float) -> list[float]:
    """Some four round numbers, from one at or below ``low`` to ``high``."""
    span = max(high - low, 1e-4)
    step = next(
        size * 10.0**power
        for power in range(-6, 1)
        for size in (1, 2, 5)
        if size * 10.0**power * 4 >= span
    )
    first = int(low / step + 1e-9)
    count = round(high / step) - first
    return [round((first + n) * step, 8) for n in range(count + 1)]


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") or "0"


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _box(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{width:.1f}" height="{height}"/>'


def _dot(x: float, y: float, kind: str) -> str:
    return f'<circle class="{kind}" cx="{x}" cy="{y}" r="4"/>'


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'

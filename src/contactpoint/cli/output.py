"""How commands speak: data to standard output as a table or JSON, talk to standard error."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

PICTURE = "waterfall"
"""A column that is a drawing: broken over two lines it would show nothing."""
PIPED_WIDTH = 140
"""Characters of a table that nobody looks at through a terminal."""
LONGEST_WORD = 20
"""Characters of a word that is not broken: what names a delivery or a pair is shorter."""
GAPS = (3, 1)
"""Characters between two columns, where there is room and where there is little."""


def say(text: str) -> None:
    """Talk to the person at the terminal."""
    click.echo(text, err=True)


def many(count: int, what: str) -> str:
    """So many of something: ``1 record``, ``2,753 records``."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def print_json(value: Any) -> None:
    """Print data for a script: one JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], title: str = "") -> None:
    """Print data for a person: a table as wide as its contents, without colour when piped.

    A column of which no row says anything is left out. Where the terminal is too narrow, columns
    come closer and words go on below; where it is too narrow for the words, each row is printed as
    lines of facts. Numbers, names of things and the column named by ``PICTURE`` are never broken.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = [n for n in range(len(columns)) if not rows or any(_cell(row[n]) for row in rows)]
    names = [columns[n] for n in shown]
    numeric = [bool(rows) and all(isinstance(row[n], int | float) for row in rows) for n in shown]
    cells = [[_cell(row[n]) for n in shown] for row in rows]
    fitted = _fitted(names, cells, numeric)
    if fitted is None:
        if title:
            click.echo(title)
        for number, row in enumerate(cells):
            if number:
                click.echo()
            print_facts(dict(zip(names, row, strict=True)))
        return
    widths, gap = fitted
    table = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, (gap - 1) // 2),
        pad_edge=False,
        show_edge=False,
    )
    for name, number, wide in zip(names, numeric, widths, strict=True):
        table.add_column(name, justify="right" if number else "left", overflow="fold", width=wide)
    for row in cells:
        # As Text: what stands in a file is no markup of ours.
        table.add_row(*map(Text, row))
    # With a height too: rich takes a terminal that is called dumb to be 80 wide without one.
    Console(width=width(), height=24, highlight=False, soft_wrap=False).print(table)


def _fitted(
    names: Sequence[str], cells: Sequence[Sequence[str]], numeric: Sequence[bool]
) -> tuple[list[int], int] | None:
    """The widths of columns and what stands between them; None where the words do not fit."""
    from rich.cells import cell_len

    def longest(pieces: Iterable[str]) -> int:
        return max(map(cell_len, pieces), default=0)

    whole, least = [], []
    for number, name in enumerate(names):
        column = [row[number] for row in cells]
        whole.append(longest([name, *(line for cell in column for line in cell.splitlines())]))
        words = longest(word for cell in (name, *column) for word in cell.split())
        unbroken = numeric[number] or name == PICTURE
        least.append(max(longest(column), words) if unbroken else min(words, LONGEST_WORD))
    for wanted in (whole, least):
        for gap in GAPS:
            room = width() - gap * (len(names) - 1)
            if sum(wanted) <= room:
                return _widened(wanted, whole, room), gap
    return None


def _widened(widths: Sequence[int], whole: Sequence[int], room: int) -> list[int]:
    """The widths with the room that is left, given to the narrowest of those that want more."""
    found = list(widths)
    for _ in range(min(room, sum(whole)) - sum(found)):
        narrow = [number for number in range(len(found)) if found[number] < whole[number]]
        found[min(narrow, key=found.__getitem__)] += 1
    return found


def width() -> int:
    """Characters of a line: the terminal's, or those that ``COLUMNS`` says, or enough in a pipe."""
    if sys.stdout.isatty():
        return shutil.get_terminal_size().columns
    # A shell keeps COLUMNS to itself; whoever hands it on, as watch(1) does, means it.
    stated = os.environ.get("COLUMNS", "")
    return int(stated) if stated.isdecimal() and int(stated) else PIPED_WIDTH


def print_facts(facts: Mapping[str, Any], title: str = "") -> None:
    """Print a few facts, a line each; those that say nothing are left out."""
    if title:
        click.echo(title)
    told = {name: cell for name, value in facts.items() if (cell := _cell(value))}
    widest = max((len(name) for name in told), default=0)
    for name, cell in told.items():
        click.echo(f"  {name:<{widest}}  {cell}")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(each) for each in value)
    return str(value)


@contextmanager
def progress(
    title: str, *, wanted: bool = True, unit: str = "rows"
) -> "Iterator[Callable[[str, int], None] | None]":
    """A line on standard error that shows how far work has come; None where nobody looks.

    What it yields is told a stage (which may be empty) and how many of the unit are done.
    """
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(escape(title))

        def tell(stage: str, done: int) -> None:
            told = f"{title}: {stage} {done:,} {unit}".replace(":  ", ": ")
            shown.update(task, description=escape(told))

        yield tell

"""How commands speak: data to standard output as a table or JSON, talk to standard error."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

PICTURE = "waterfall"
"""A column that is a drawing: broken over two lines it would show nothing."""
PIPED_WIDTH = 140
"""Characters of a table that nobody looks at through a terminal."""


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

    A column of which no row says anything is left out. Where the terminal is too narrow, words
    go on below; numbers, and the column named by ``PICTURE``, are never broken.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
    )
    shown = [n for n in range(len(columns)) if not rows or any(_cell(row[n]) for row in rows)]
    for number in shown:
        numeric = bool(rows) and all(isinstance(row[number], int | float) for row in rows)
        table.add_column(
            columns[number],
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=numeric or columns[number] == PICTURE,
        )
    for row in rows:
        # As Text: what stands in a file is no markup of ours.
        table.add_row(*(Text(_cell(row[number])) for number in shown))
    # With a height too: rich takes a terminal that is called dumb to be 80 wide without one.
    Console(width=width(), height=24, highlight=False, soft_wrap=False).print(table)


def width() -> int:
    """Characters of a line: those of the terminal, or enough where nobody looks through one."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPED_WIDTH


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

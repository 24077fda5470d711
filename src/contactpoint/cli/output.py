"""How commands speak: data to standard output as a table or JSON, talk to standard error."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def json_option(function: F) -> F:
    """Give a command the option ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")(
        function
    )


def say(text: str) -> None:
    """Talk to the person at the terminal."""
    click.echo(text, err=True)


def print_json(value: Any) -> None:
    """Print data for a script: one JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], title: str = "") -> None:
    """Print data for a person: a table as wide as its contents, without colour when piped."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", header_style="bold")
    for number, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[number], int | float) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    width = None if sys.stdout.isatty() else 140
    Console(width=width, highlight=False, soft_wrap=False).print(table)


def print_facts(facts: Mapping[str, Any], title: str = "") -> None:
    """Print a few facts, a line each."""
    if title:
        click.echo(title)
    widest = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        click.echo(f"  {name:<{widest}}  {_cell(value)}")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


@contextmanager
def progress(title: str, *, wanted: bool = True) -> "Iterator[Callable[[str, int], None] | None]":
    """A line on standard error that shows how far a load has come; None where nobody looks."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title)
        yield lambda stage, rows: shown.update(task, description=f"{title}: {stage} {rows:,} rows")

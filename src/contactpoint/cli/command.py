"""What commands share in how they are asked: examples in their help, ``--json``, kinds of value."""

import math
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def examples(*lines: str) -> str:
    """The end of a command's help: how it is typed, a line each, without the program's name."""
    title = "Example:" if len(lines) == 1 else "Examples:"
    # click folds lines together unless a paragraph begins with a backspace.
    return "\n".join(["\b", title, *(f"  contactpoint {line}" for line in lines)])


def json_option(function: F) -> F:
    """Give a command the option ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")(
        function
    )


def reason_option(function: F) -> F:
    """Give a command the option ``--reason``, without which it shows nothing."""
    return click.option("--reason", default="", help="Why; required, and recorded word for word.")(
        function
    )


class Personal(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """A value that may be personal: ``-`` is the next line of standard input in its place.

    What is typed on a command line stands in the shell's history and in the list of processes.
    """

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The value, or the line that was read for it."""
        if value != "-" or (ctx is not None and ctx.resilient_parsing):
            return str(value)
        if sys.stdin.isatty() and param is not None:
            click.echo(f"{param.human_readable_name}: ", nl=False, err=True)
        return sys.stdin.readline().strip()


class PersonalDay(Personal):
    """A day of somebody's life, as YYYY-MM-DD or ``-``."""

    name = "yyyy-mm-dd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The day. A usage error that does not repeat the value where it is none."""
        stated = super().convert(value, param, ctx)
        if stated and stated != "-" and not _DAY.fullmatch(stated):
            self.fail("expected a date as YYYY-MM-DD", param, ctx)
        return stated


class Within(click.FloatRange):
    """A number within bounds; "nan", which compares with none, is not one."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number. A usage error where it is none, or out of bounds."""
        found: float = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return found


class OutFile(click.Path):
    """A file to write, or a device; ``-`` would be a file of that name."""

    def __init__(self) -> None:
        """It need not be there."""
        super().__init__(path_type=Path, dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path. A usage error for ``-``."""
        if value == "-":
            self.fail("expected a file; /dev/stdout is standard output", param, ctx)
        found: Path = super().convert(value, param, ctx)  # type: ignore[assignment]
        return found


class FeedName(click.ParamType):  # type: ignore[type-arg]
    """The name of an official format."""

    name = "feed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name. A usage error with the nearest name where there is no such feed."""
        from feeds.catalogue import FEEDS

        if value not in FEEDS:
            self.fail(f"no feed {value!r}{nearest(value, list(FEEDS))}", param, ctx)
        return str(value)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> "list[CompletionItem]":
        """The feeds whose names begin so."""
        from click.shell_completion import CompletionItem

        from feeds.catalogue import FEEDS

        return [CompletionItem(name) for name in FEEDS if name.startswith(incomplete)]


def nearest(name: str, known: list[str]) -> str:
    """The end of an error about a name that nobody bears: the nearest, or all there are."""
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there are {', '.join(known)}" if known else ""


PERSONAL = Personal()
PERSONAL_DAY = PersonalDay()
FEED = FeedName()
OUT = OutFile()

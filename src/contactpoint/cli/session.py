"""Opens the store for a command and for whoever runs it, so that no command imports it before."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from contactpoint.chance import CHANCE, Chance
from contactpoint.cli.output import say
from contactpoint.people.deciding import Act, Purpose

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint

F = TypeVar("F", bound=Callable[..., Any])

SAID_OF = frozenset({Act.SHOW, Act.FIND, Act.WHY, Act.OPEN_PAIR, Act.EXPORT, Act.ERASE})
"""Acts about children for which a shell without a token is said to be an administrator's."""
LONGEST = 1 << 16
"""Characters that are read of what should be a token."""
GIVEN = f"{__name__}:"
"""Begins the names under which a command keeps the tokens that it was given."""


@contextmanager
def opened(act: Act | None, purpose: Purpose = Purpose.DUTY) -> "Iterator[Contactpoint]":
    """The installation that the environment points at, for an act.

    Raises DeniedError where whoever runs the command may not do it. None is no act of anybody's:
    nothing is shown of the index and nothing is changed. Whoever runs the program from within
    Python may hand in a ``Chance`` as the context's object.
    """
    from contactpoint.installing import open_store
    from contactpoint.settings import from_environment

    chance = click.get_current_context().find_object(Chance) or CHANCE
    with open_store(from_environment(given()), chance) as store:
        try:
            if act is not None:
                store.require(act, purpose=purpose)
            if act in SAID_OF and store.actor.in_shell:
                say(f"no token: {store.actor.subject} acts as administrator of this index")
            yield store
        finally:
            _note_accesses(store)


def _note_accesses(store: "Contactpoint") -> None:
    """Note outside its database how far the record of access goes.

    What was recorded stands whether or not it can be noted: the next command notes it.
    """
    if "access" not in store.__dict__:
        return
    try:
        store.checkpoints.keep_up(store.access)
    except OSError as error:
        say(f"no checkpoint of the record of access could be noted: {error.strerror}")


def token_option(function: F) -> F:
    """Give a command the option ``--token``: who acts."""
    return _token("--token", "CONTACTPOINT_TOKEN", "A file with your token")(function)


def second_option(function: F) -> F:
    """Give a command the option ``--second``: the second person of an act of two."""
    what = "A file with the token of the second person"
    return _token("--second", "CONTACTPOINT_SECOND_TOKEN", what)(function)


def _token(option: str, variable: str, what: str) -> Callable[[F], F]:
    def keep(ctx: click.Context, _: click.Parameter, value: Any) -> None:
        if value is not None and not ctx.resilient_parsing:
            ctx.meta[f"{GIVEN}{variable}"] = _read(value)

    return click.option(
        option,
        type=click.Path(exists=True, dir_okay=False, allow_dash=True),
        metavar="FILE",
        callback=keep,
        expose_value=False,
        is_eager=True,
        help=f"{what}; - reads it from a line of standard input. Default: {variable}.",
    )


def _read(path: str) -> str:
    """The first line of a file, or the next of standard input."""
    if path == "-":
        return sys.stdin.readline(LONGEST)
    with Path(path).open(encoding="utf-8", errors="replace") as file:
        return file.readline(LONGEST)


def given() -> dict[str, str]:
    """The environment, and before it the tokens that were given to the command itself."""
    meta = click.get_current_context().meta
    tokens = {key.removeprefix(GIVEN): meta[key] for key in meta if key.startswith(GIVEN)}
    return {**os.environ, **tokens}

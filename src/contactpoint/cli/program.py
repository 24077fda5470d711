"""The program ``contactpoint``: finds the command, runs it, and turns errors into exit codes."""

import contextlib
import difflib
import errno
import importlib
import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from contactpoint.cli.output import print_json

COMMANDS = {
    "init": "contactpoint.cli.store",
    "load": "contactpoint.cli.loading",
    "nightly": "contactpoint.cli.nights",
    "feeds": "contactpoint.cli.loading",
    "source": "contactpoint.cli.sources",
    "delivery": "contactpoint.cli.deliveries",
    "link": "contactpoint.cli.linking",
    "export": "contactpoint.cli.exporting",
    "child": "contactpoint.cli.children",
    "authority": "contactpoint.cli.authorities",
    "why": "contactpoint.cli.pairs",
    "score": "contactpoint.cli.scoring",
    "evaluate": "contactpoint.cli.evaluating",
    "train": "contactpoint.cli.models",
    "model": "contactpoint.cli.models",
    "review": "contactpoint.cli.reviews",
    "label": "contactpoint.cli.labelling",
    "never-link": "contactpoint.cli.separating",
    "adopt": "contactpoint.cli.separating",
    "shield": "contactpoint.cli.shields",
    "status": "contactpoint.cli.store",
    "rebuild": "contactpoint.cli.store",
    "verify": "contactpoint.cli.operations",
    "erase": "contactpoint.cli.erasing",
    "purge": "contactpoint.cli.erasing",
    "key": "contactpoint.cli.erasing",
    "doctor": "contactpoint.cli.operations",
    "backup": "contactpoint.cli.keeping",
    "restore": "contactpoint.cli.keeping",
    "migrate": "contactpoint.cli.keeping",
    "report": "contactpoint.cli.reporting",
    "audit": "contactpoint.cli.auditing",
    "token": "contactpoint.cli.people",
    "serve": "contactpoint.cli.serving",
    "demo": "contactpoint.cli.demo",
    "synth": "contactpoint.cli.synth",
}
"""Every command, and the module that holds it; a module is imported when its command is asked."""

UNUSABLE = frozenset({"DatabaseError", "InterfaceError", "OperationalError"})
"""Errors of a database that is missing, locked, full, broken or out of reach, by the names that
drivers, SQLAlchemy and eventsourcing share. They are no kind of the errors about values."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

COMPLETION = """\b
Shell completion, in bash (zsh and fish alike):
  eval "$(_CONTACTPOINT_COMPLETE=bash_source contactpoint)"

\b
Begin with:
  contactpoint demo          the tour, in a folder of its own
  contactpoint init          an empty index of your own
  contactpoint COMMAND -h    what a command does, with an example"""


class Program(click.Group):
    """A group that imports a command only when it is needed, and guesses at misspelt ones."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name])
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the words name, or an error that says which was meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            meant = f" Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(f"No such command '{args[0]}'.{meant}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=Program,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=COMPLETION,
)
@click.version_option(package_name="contactpoint", prog_name="contactpoint")
def program() -> None:
    """An index of children: who each child is, and which services work with them.

    The index lives where CONTACTPOINT_HOME points (./contactpoint-data). Every command has --json.
    Exit codes: 0 ok, 1 failed, 2 usage, 3 partly rejected or held, 4 denied for want of a role.
    """


def main(args: Sequence[str] | None = None) -> Any:
    """Run the program; never returns."""
    code = run(args)
    try:
        sys.stdout.flush()
    except OSError as error:
        # What is left can be written nowhere; Python would try again at its end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not code and not isinstance(error, BrokenPipeError):
            click.echo(f"contactpoint: {_said(error)}", err=True)
        code = code or 1
    sys.exit(code)


def run(args: Sequence[str] | None = None, obj: object = None) -> int:
    """Run the program and return its exit code; ``obj`` is the object of its context."""
    # What the program writes is for its user's eyes alone.
    os.umask(0o077)
    _ready_streams()
    color = False if os.environ.get("NO_COLOR") else None
    try:
        code = program.main(
            args=args, prog_name="contactpoint", standalone_mode=False, color=color, obj=obj
        )
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        _tell_scripts(args, "stopped", 1)
        return 1
    except click.ClickException as error:
        error.show()
        _tell_scripts(args, error.format_message(), error.exit_code)
        return error.exit_code
    except Exception as error:
        code, said = _explained(error)
        click.echo(f"contactpoint: {said}", err=True)
        _tell_scripts(args, said, code)
        return code
    return code if isinstance(code, int) else 0


def _ready_streams() -> None:
    """Let nothing fail for want of a stream, or of a letter; data is UTF-8 wherever it goes.

    Who begins a program may close its streams (``<&-``), and Python has None in their place.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")


def _tell_scripts(args: Sequence[str] | None, error: str, code: int) -> None:
    """Print the JSON object of a command that failed, where its answer was asked for as JSON."""
    if "--json" in (sys.argv[1:] if args is None else args):
        with contextlib.suppress(OSError):  # it may be standard output that failed
            print_json({"error": error, "exit_code": code})


def _explained(error: Exception) -> tuple[int, str]:
    """The exit code, and what an expected error says; of a fault of ours only kind and place.

    The text of a KeyError or of a database's error may hold a child's particulars, so it is not
    printed. ``CONTACTPOINT_TRACEBACK=1`` lets it pass whole, for those who mend the program.
    """
    code = _exit_code(error)
    if code is not None:
        return code, _said(error)
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        # What is typed or read is decoded by its reader; only bytes of the shell's come in so.
        return (
            2,
            "expected words in UTF-8, typed or on standard input ('locale' says what they are)",
        )
    if os.environ.get("CONTACTPOINT_TRACEBACK"):
        raise error
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    place = Path(frame.f_code.co_filename)
    return 1, (
        f"a fault of the program: {type(error).__name__} in "
        f"{place.parent.name}/{place.name} line {line}; please report it. "
        "CONTACTPOINT_TRACEBACK=1 shows all of it, personal data included"
    )


def _said(error: Exception) -> str:
    """The message of an error that a person can act on."""
    if type(error).__name__ in UNUSABLE:
        # The driver's own words: the statement and its values, which may be personal, are not.
        cause = getattr(error, "orig", None) or error.__cause__ or error
        said = (str(cause).splitlines() or ["no answer"])[0]
        if notes := getattr(error, "__notes__", ()):
            expected = "expected a PostgreSQL server there that is up and lets us in"
            return f"{notes[0]} cannot be used: {said}; {expected}"
        return f"a database cannot be used: {said}"
    if type(error).__name__ == "TamperedEventError":
        return f"the log was changed: {error}; 'contactpoint verify' says where else"
    if isinstance(error, OSError) and error.strerror:
        said = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        if error.errno in NO_ROOM:
            return f"{said}; make room (disk, quota, 'ulimit -f'), and give the command again"
        if error.errno == errno.EBADF:
            return f"{said}; expected a standard output that can be written to"
        return said
    return str(error)


def _exit_code(error: Exception) -> int | None:
    """The exit code of an error that a person can act on; None for one that is a fault of ours."""
    stated: int | None = getattr(error, "exit_code", None)
    if stated is not None:
        return stated
    if type(error).__name__ in UNUSABLE:
        return 1
    expected = {
        "FeedError",
        "MasterKeyError",
        "LogError",
        "TamperedEventError",
        "UnknownEventTypeError",
        "LockedError",
        "KeyStoreError",
        "UnknownProjectionError",
        "ScrubError",
        "AheadError",
        "BehindError",
        "LedgerError",
        "SchemaError",
        "RebuildNeededError",
    }
    if any(kind.__name__ in expected for kind in type(error).__mro__):
        return 1
    if isinstance(error, OSError):
        return 1
    return None

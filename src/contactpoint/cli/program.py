"""The program ``contactpoint``: finds the command, runs it, and turns errors into exit codes."""

import difflib
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

COMMANDS = {
    "init": "contactpoint.cli.store",
    "load": "contactpoint.cli.loading",
    "nightly": "contactpoint.cli.operations",
    "feeds": "contactpoint.cli.loading",
    "source": "contactpoint.cli.sources",
    "delivery": "contactpoint.cli.deliveries",
    "link": "contactpoint.cli.exporting",
    "export": "contactpoint.cli.exporting",
    "child": "contactpoint.cli.children",
    "why": "contactpoint.cli.matching",
    "score": "contactpoint.cli.matching",
    "train": "contactpoint.cli.matching",
    "model": "contactpoint.cli.matching",
    "review": "contactpoint.cli.reviews",
    "status": "contactpoint.cli.store",
    "rebuild": "contactpoint.cli.store",
    "verify": "contactpoint.cli.operations",
    "erase": "contactpoint.cli.operations",
    "key": "contactpoint.cli.operations",
    "doctor": "contactpoint.cli.operations",
    "demo": "contactpoint.cli.demo",
    "synth": "contactpoint.cli.synth",
}
"""Every command, and the module that holds it; a module is imported when its command is asked."""


class Program(click.Group):
    """A group that imports a command only when it is needed, and guesses at misspelt ones."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of this name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the words name, or an error that says which was meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            meant = f" Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(f"No command '{args[0]}'.{meant}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="contactpoint", prog_name="contactpoint")
def program() -> None:
    """An index of children: who each child is, and which services work with them.

    The index lives where CONTACTPOINT_HOME points (./contactpoint-data). Every command has --json.
    Exit codes: 0 ok, 1 failed, 2 usage, 3 partly rejected or held, 4 denied for want of a role.
    """


def main(args: Sequence[str] | None = None) -> Any:
    """Run the program; never returns."""
    try:
        code = program.main(args=args, prog_name="contactpoint", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:
        sys.exit(_explained(error))
    sys.exit(code if isinstance(code, int) else 0)


def _explained(error: Exception) -> int:
    """Print what an expected error says; of a fault of ours only its kind and its place.

    The text of a KeyError or of a database's error may hold a child's particulars, so it is not
    printed. ``CONTACTPOINT_TRACEBACK=1`` lets it pass whole, for those who mend the program.
    """
    code = _exit_code(error)
    if code is not None:
        click.echo(f"contactpoint: {error}", err=True)
        return code
    if os.environ.get("CONTACTPOINT_TRACEBACK"):
        raise error
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    place = Path(frame.f_code.co_filename)
    click.echo(
        f"contactpoint: a fault of the program: {type(error).__name__} in "
        f"{place.parent.name}/{place.name} line {line}; please report it. "
        "CONTACTPOINT_TRACEBACK=1 shows all of it, personal data included",
        err=True,
    )
    return 1


def _exit_code(error: Exception) -> int | None:
    """The exit code of an error that a person can act on; None for one that is a fault of ours."""
    stated: int | None = getattr(error, "exit_code", None)
    if stated is not None:
        return stated
    expected = {
        "FeedError",
        "MasterKeyError",
        "LogError",
        "LockedError",
        "KeyStoreError",
        "UnknownProjectionError",
        "ScrubError",
    }
    if any(kind.__name__ in expected for kind in type(error).__mro__):
        return 1
    if isinstance(error, OSError):
        return 1
    return None

"""The command line: words in, tables or JSON out, an exit code that scripts may rely on."""

from contactpoint.cli.program import main

__all__ = ["main"]

"""Opens the store for a command, so that no command imports it before it runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint


@contextmanager
def opened() -> "Iterator[Contactpoint]":
    """The installation that the environment points at."""
    from contactpoint.bootstrap import open_store
    from contactpoint.settings import from_environment

    with open_store(from_environment()) as store:
        yield store

"""What a worker of the server runs: the application over the settings of its environment."""

from contextlib import AbstractContextManager

from litestar import Litestar

from contactpoint.serving.app import make
from contactpoint.serving.service import Service, opened
from contactpoint.settings import from_environment


def application() -> Litestar:
    """The application of this process."""
    return make(_opening, loads=True)


def _opening() -> AbstractContextManager[Service]:
    return opened(from_environment())

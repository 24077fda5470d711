"""What a worker of the server runs: the application over the settings of its environment."""

from collections.abc import Iterator
from contextlib import contextmanager

from litestar import Litestar

from contactpoint.serving.app import make
from contactpoint.serving.service import Service, opened
from contactpoint.settings import from_environment


def application() -> Litestar:
    """The application of this process."""
    return make(_opening, loads=True)


@contextmanager
def _opening() -> Iterator[Service]:
    with opened(from_environment()) as service:
        _ = service.matching  # its index is read before anybody asks, not while they wait
        yield service

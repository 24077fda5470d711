"""What a worker of the server runs: the application over the settings of its environment."""

import logging
from contextlib import AbstractContextManager

from litestar import Litestar

from contactpoint.serving.app import make
from contactpoint.serving.service import Service, opened
from contactpoint.settings import from_environment


def application() -> Litestar:
    """The application of this process."""
    # No line says who logged it from where, so that need not be found out at each request.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # as Python's own guide to logging does
    return make(_opening, loads=True)


def _opening() -> AbstractContextManager[Service]:
    return opened(from_environment())

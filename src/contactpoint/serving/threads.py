"""Work beside the service, in a thread of the process that began its workers."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beside(work: Callable[[threading.Event], object], patience: float) -> Iterator[None]:
    """Do it until the context ends; then wait at most so many seconds for it to end, too.

    ``work`` is told by the event that it is enough. It must let no error out: nobody would see it.
    """
    ended = threading.Event()
    thread = threading.Thread(target=work, args=(ended,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(patience)

"""What follows from a decision of a steward: linking does what was decided."""

from typing import TYPE_CHECKING

from events.store.locks import LockedError

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint
    from events.message import Origin

WAIT = 30.0
"""Seconds for which a decision waits for another run of linking before it is left to the next."""


def follow(store: "Contactpoint", origin: "Origin", wait: float = WAIT) -> bool:
    """Let linking do what was decided; False where another run has it to do."""
    try:
        store.linking.run(origin, store.model, wait=wait)
    except LockedError:
        return False
    store.projector.catch_up()
    return True

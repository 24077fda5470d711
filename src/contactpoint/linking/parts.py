"""What linking is put together from."""

from dataclasses import dataclass

from contactpoint.chance import CHANCE, Chance
from contactpoint.linking.kept_index import KeptIndex
from events.log import Log
from events.master import MasterKey
from projections.projector import Projector
from projections.workings import Workings

COMMIT = 5_000


@dataclass(frozen=True, slots=True)
class Parts:
    """The stores and settings of linking, each of which a test may stand in for."""

    log: Log
    master: MasterKey
    projector: Projector
    workings: Workings
    kept: KeptIndex
    commit: int = COMMIT
    """Records settled in one commit, at least."""
    chance: Chance = CHANCE
    """Gives new numbers."""

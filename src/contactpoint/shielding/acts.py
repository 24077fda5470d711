"""Acts on shields while a commit is put together: commands become events, and events rows."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from uuid import UUID

from contactpoint.moments import day_of
from events.log import Log
from events.message import Origin, Recorded
from events.shield import Shield, ShieldCommand, decide, evolve
from events.store.heads import ShieldHead

UNREVIEWED = timedelta(days=28)
"""In which a person has to look at a shield that no person laid: a feed's, or an inherited one."""


class ShieldActs:
    """What one commit does to shields, each at the version at which it was read."""

    def __init__(self, log: Log, origin: Origin) -> None:
        """Nothing is done yet."""
        self._log = log
        self._origin = origin
        self._before: dict[UUID, Shield] = {}
        self._after: dict[UUID, Shield] = {}
        self.messages: list[Recorded] = []

    def state(self, shield: UUID) -> Shield:
        """The shield as the commit will leave it."""
        if shield not in self._after:
            self._before[shield] = self._after[shield] = self._log.replay(shield, Shield(), evolve)
        return self._after[shield]

    def states(self) -> Iterable[Shield]:
        """The shields that the commit has looked at, as it will leave them."""
        return self._after.values()

    def do(self, shield: UUID, command: ShieldCommand, keys: tuple[int, ...] = (0,)) -> None:
        """What follows from a command; ``keys`` are those of what is sealed of it."""
        state = self.state(shield)
        for event in decide(command, state):
            state = evolve(state, event)
            sealing = keys if event.sealed else ()
            message = Recorded(
                shield, state.version, self._origin, self._origin.recorded, event, sealing
            )
            self.messages.append(message)
        self._after[shield] = state

    def heads(self) -> Iterator[ShieldHead]:
        """The rows that change with it."""
        for shield, after in self._after.items():
            old, new = self._before[shield].kinds(), after.kinds()
            for record in sorted(old.keys() | new.keys()):
                if old.get(record) != new.get(record):
                    yield ShieldHead(record, shield, new.get(record))

    def soon(self) -> date:
        """By when a person has to look at what none has looked at."""
        return day_of(self._origin.recorded) + UNREVIEWED

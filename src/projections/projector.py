"""Takes events from the log into the read models: in batches, fenced, and anew beside the old."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import sqlalchemy as sa

from events.catalogue import Catalogue
from events.failpoints import failpoint
from events.garbage import no_collection
from events.mapper import Row
from events.message import Event, Recorded
from projections import (
    children,
    deliveries,
    history,
    responsible,
    review,
    runs,
    schema,
    shields,
    sources,
)
from projections.changed import metadata as changed
from projections.database import writing
from projections.guard import Shields
from projections.positions import (
    PROJECTION,
    AheadError,
    FencedError,
    Standing,
    advance,
    advance_rebuild,
    standings,
)
from projections.positions import metadata as positions
from projections.projection import (
    AFTER_FILLING,
    AFTER_FINISHING,
    BEFORE_FILLING,
    Happened,
    Projection,
    Target,
)

READ_MODELS: tuple[Projection, ...] = (
    children,
    review,
    history,
    deliveries,
    sources,
    runs,
    shields,
    responsible,
)
BATCH = 10_000
"""Rows of the log in one transaction; more only costs memory."""


class EventLog(Protocol):
    """What a projector asks of the log."""

    def position(self) -> int:
        """The position of the last event."""

    @property
    def heads(self) -> Shields:
        """Where the last event stands that changed a shield."""

    def read(self, after: int, limit: int, upto: int | None = None) -> Sequence[Row]:
        """The next rows after a position, at most ``limit``, none beyond ``upto``."""

    def decode(
        self, rows: Sequence[Row], *, opened: bool = True, raw: bool = False
    ) -> Sequence[Recorded]:
        """The events of the rows, in their order; without what is sealed unless ``opened``.

        With ``raw``, what is opened is given as its JSON.
        """


class UnknownProjectionError(Exception):
    """There is no projection of this name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"no projection {name!r}; there are {', '.join(known)}")


class Projector:
    """Keeps the read models of one read database in step with one log."""

    def __init__(
        self,
        log: EventLog,
        engine: sa.Engine,
        read_models: Sequence[Projection] = READ_MODELS,
        *,
        batch: int = BATCH,
    ) -> None:
        self.log, self.engine, self.batch = log, engine, batch
        self.read_models = {model.name: model for model in read_models}
        self._stored = {
            name: frozenset(Catalogue().stored(*model.events))
            for name, model in self.read_models.items()
        }

    def prepare(self) -> None:
        """Make the tables of read models that are new; nothing where all are known.

        A table that is gone is not made anew here: empty, it would pass for what the log says. A
        rebuild makes it. Raises SchemaError where the tables are of another version.
        """
        found = schema.check(self.engine)
        with writing(self.engine) as connection:
            self._make_known(connection)
            if found is None:
                schema.stamp(connection)

    def prepare_anew(self) -> None:
        """Make ready for a rebuild of all, whatever the version of the tables that stand there."""
        with writing(self.engine) as connection:
            self._make_known(connection)

    def _make_known(self, connection: sa.Connection) -> None:
        positions.create_all(connection)
        changed.create_all(connection)
        known = set(connection.execute(sa.select(PROJECTION.c.name)).scalars())
        for name, model in self.read_models.items():
            if name not in known:
                model.metadata.create_all(connection)
                row = {"name": name, "position": 0, "generation": 1}
                connection.execute(PROJECTION.insert().values(row))

    def standings(self) -> list[Standing]:
        """Where each projection stands."""
        with self.engine.connect() as connection:
            known = standings(connection)
        return [standing for standing in known if standing.name in self.read_models]

    def catch_up(self, upto: int | None = None) -> int:
        """Take in everything up to a position, or the end of the log; the position reached.

        Projections that stand at the same place go on in one pass. Where another process is at it
        too, each batch is taken in once, by whichever comes first. Raises AheadError as
        ``of_this_log`` does.
        """
        end = self.log.position()
        goal = end if upto is None else min(upto, end)
        with no_collection():
            reached = self._go_on(goal)
        if reached > end:
            self.of_this_log()
        return reached

    def of_this_log(self) -> None:
        """Raise AheadError where the read models have come further than the log goes."""
        furthest = max((one.position for one in self.standings()), default=0)
        # The end second: whoever takes in an event has it in the log.
        if furthest > (end := self.log.position()):
            raise AheadError(furthest, end)

    def _go_on(self, goal: int) -> int:
        while True:
            places = {standing.name: standing.position for standing in self.standings()}
            lowest = min(places.values(), default=goal)
            if lowest >= goal:
                return lowest
            names = [name for name, place in places.items() if place == lowest]
            stop = min([place for place in places.values() if place > lowest], default=goal)
            try:
                self.project(names, lowest, min(stop, goal))
            except FencedError:
                continue  # whoever was first has moved it on

    def project(self, names: Sequence[str], after: int, upto: int) -> int:
        """Take one batch into the projections named, all of which stand at ``after``.

        Returns the position reached. Raises FencedError, with nothing changed, where another has
        moved one of them.
        """
        happened, reached = self._read(names, after, upto)
        with writing(self.engine) as connection:
            advance(connection, names, after, reached)
            self._fold(names, happened, Target(connection))
            failpoint("projection.rows")
            failpoint("projection.before-commit")
        failpoint("projection.after-commit")
        return reached

    def rebuild(
        self, name: str | None = None, *, progress: Callable[[str, int], None] | None = None
    ) -> None:
        """Make a projection, or all of them, anew from the start of the log.

        The new tables fill beside the old, which answer until one transaction swaps them. Killed
        at any moment, it leaves the old ones in force; begun again, it drops what was half made.
        Raises UnknownProjectionError; FencedError where another rebuild has begun since.
        ``progress`` is told the stage (``fold``, ``index``) and the position it has come to.
        """
        if name is not None and name not in self.read_models:
            raise UnknownProjectionError(name, sorted(self.read_models))
        names = sorted(self.read_models) if name is None else [name]
        with no_collection():
            Rebuild(self, names).run(progress)

    def drop_half_made(self) -> None:
        """Drop the tables that a rebuild which was killed has left beside the live ones."""
        left = PROJECTION.c.next_generation.is_not(None)
        with writing(self.engine) as connection:
            for row in connection.execute(PROJECTION.select().where(left)).all():
                if row.name in self.read_models:
                    _drop_beside(connection, self.read_models[row.name], row.next_generation)
            half_made = PROJECTION.update().where(left, PROJECTION.c.name.in_(self.read_models))
            connection.execute(half_made.values(next_generation=None, next_position=None))

    def _read(
        self, names: Sequence[str], after: int, upto: int
    ) -> tuple[dict[str, list[Happened]], int]:
        """The next batch, sorted by who is shown it, and the position that it reaches."""
        stored = self.log.read(after, self.batch, upto)
        reached = stored[-1].position if stored else upto
        wanted = frozenset().union(*(self._stored[name] for name in names))
        rows = [row for row in stored if row.type in wanted]
        shown: dict[str, list[Happened]] = {name: [] for name in names}
        takers: dict[type[Event], list[list[Happened]]] = {}
        opened = any(self.read_models[name].opens for name in names)
        decoded = self.log.decode(rows, opened=opened, raw=True)
        for row, recorded in zip(rows, decoded, strict=True):
            kind = type(recorded.event)
            if kind not in takers:
                takers[kind] = [shown[n] for n in names if kind in self.read_models[n].events]
            one = Happened(row.position, recorded)
            for taker in takers[kind]:
                taker.append(one)
        return shown, reached

    def _fold(
        self, names: Sequence[str], happened: dict[str, list[Happened]], target: Target
    ) -> None:
        for name in names:
            if happened[name]:
                self.read_models[name].fold(happened[name], target)


class Rebuild:
    """One rebuild: a generation of tables beside the live ones, and its way into their place."""

    def __init__(self, projector: Projector, names: Sequence[str]) -> None:
        self.projector, self.names = projector, names
        self.models = [projector.read_models[name] for name in names]
        self.live = [table for model in self.models for table in model.metadata.sorted_tables]
        self.beside: dict[sa.Table, sa.Table] = {}
        self.generations: dict[str, int] = {}
        self.position = 0

    def run(self, progress: Callable[[str, int], None] | None = None) -> None:
        """Fill, complete, swap."""
        tell = progress or _silent
        self._begin()
        while self.position < self.projector.log.position():
            self._step(filling=True)
            tell("fold", self.position)
        tell("index", self.position)
        self._complete()
        while not self._swap():
            self._step(filling=False)
        failpoint("rebuild.after-swap")

    def _begin(self) -> None:
        """Drop what earlier rebuilds left half made, and make empty tables beside the live ones."""
        with writing(self.projector.engine) as connection:
            query = PROJECTION.select().where(PROJECTION.c.name.in_(self.names))
            for row in connection.execute(query.with_for_update()).all():
                generation = max(row.generation, row.next_generation or 0) + 1
                self.generations[row.name] = generation
                connection.execute(
                    PROJECTION.update()
                    .where(PROJECTION.c.name == row.name)
                    .values(next_generation=generation, next_position=0)
                )
                if row.next_generation is not None:
                    model = self.projector.read_models[row.name]
                    _drop_beside(connection, model, row.next_generation)
            for model in self.models:
                for table in model.metadata.sorted_tables:
                    self.beside[table] = _beside(table, self.generations[model.name])
            for new in self.beside.values():
                connection.execute(sa.schema.CreateTable(new))
            self._make_indexes(connection, BEFORE_FILLING)

    def _make_indexes(self, connection: sa.Connection, when: Mapping[str, str]) -> None:
        for table in self.beside.values():
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                if (index.info or AFTER_FILLING) == when:
                    connection.execute(sa.schema.CreateIndex(index))

    def _step(self, *, filling: bool) -> None:
        projector = self.projector
        upto = projector.log.position()
        happened, reached = projector._read(self.names, self.position, upto)
        with writing(projector.engine) as connection:
            advance_rebuild(connection, self.generations, self.position, reached)
            projector._fold(self.names, happened, Target(connection, self.beside, filling))
            failpoint("projection.rows")
        self.position = reached

    def _complete(self) -> None:
        with writing(self.projector.engine) as connection:
            advance_rebuild(connection, self.generations, self.position, self.position)
            self._make_indexes(connection, AFTER_FILLING)
            for model in self.models:
                model.finish(Target(connection, self.beside, filling=True))
            self._make_indexes(connection, AFTER_FINISHING)

    def _swap(self) -> bool:
        """Put the new tables in the place of the old; False where they have yet to go further.

        They open to readers only where no shield was laid since the last event that they took in.
        """
        with writing(self.projector.engine) as connection:
            advance_rebuild(connection, self.generations, self.position, self.position)
            ahead = sa.select(sa.func.max(PROJECTION.c.position)).where(
                PROJECTION.c.name.in_(self.names)
            )
            head = self.projector.log.heads.act("shield")
            # Read models of a log that was put back since, and is shorter now, are ahead of it.
            reached = min(connection.execute(ahead).scalar_one(), self.projector.log.position())
            if max(reached, head) > self.position:
                return False
            for live in self.live:
                live.drop(connection, checkfirst=True)
                _rename(connection, self.beside[live], live)
            for name, generation in self.generations.items():
                connection.execute(
                    PROJECTION.update()
                    .where(PROJECTION.c.name == name)
                    .values(
                        position=self.position,
                        generation=generation,
                        next_generation=None,
                        next_position=None,
                    )
                )
            if len(self.names) == len(self.projector.read_models):
                schema.stamp(connection)
            failpoint("rebuild.before-swap")
        return True


def _silent(stage: str, position: int) -> None:
    """Tell nobody how far a rebuild has come."""


def _beside(table: sa.Table, generation: int) -> sa.Table:
    """The table's twin of a generation; its indexes are named apart too."""
    twin = table.to_metadata(sa.MetaData(), name=f"{table.name}_{generation}")
    for index in twin.indexes:
        index.name = sa.quoted_name(f"{index.name}_{generation}", quote=None)
    for index, ours in zip(_by_columns(twin), _by_columns(table), strict=True):
        index.info.update(ours.info)
    return twin


def _drop_beside(connection: sa.Connection, model: Projection, generation: int) -> None:
    for table in model.metadata.sorted_tables:
        _beside(table, generation).drop(connection, checkfirst=True)


def _by_columns(table: sa.Table) -> list[sa.Index]:
    return sorted(table.indexes, key=lambda index: [column.name for column in index.columns])


def _rename(connection: sa.Connection, old: sa.Table, new: sa.Table) -> None:
    quote = connection.dialect.identifier_preparer.quote
    connection.exec_driver_sql(f"ALTER TABLE {quote(old.name)} RENAME TO {quote(new.name)}")

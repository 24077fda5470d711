"""Puts the parts together: the only place that knows which are in use."""

import copy
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

import sqlalchemy as sa

from contactpoint.accesses import Accesses, Capacity, current_user
from contactpoint.chance import CHANCE, Chance
from contactpoint.errors import DeniedError, NotFoundError, UsageError
from contactpoint.intake.loading import Loading
from contactpoint.moments import day_of
from contactpoint.people.actor import Actor, Role, in_shell
from contactpoint.people.deciding import About, Act, Outcome, Purpose, archive_years, decide
from contactpoint.settings import Settings
from contactpoint.sources import Sources
from events.checkpoints import Checkpoints
from events.keys import SubjectKeys
from events.ledger import ErasureLedger, ShieldLedger
from events.log import Log, open_log
from events.master import MasterKey
from events.message import Origin
from events.store.heads import is_across
from events.store.sqlite import PATIENCE
from projections import database, schema
from projections.guard import Guard
from projections.lists import Lists
from projections.open_records import NO_CLEARANCE, Clearance, OpenRecords
from projections.projector import Projector
from projections.queries import Found, Queries
from projections.retention import begun, year_of_archive
from projections.workings import Workings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from concurrent.futures import Executor

    from contactpoint.beside import Authority, BesideRecords
    from contactpoint.erasing import Erasing
    from contactpoint.evaluating.measuring import Evaluating
    from contactpoint.judging.acts import By, Hangs, Permit
    from contactpoint.judging.judging import Judging
    from contactpoint.judging.pair import Pair
    from contactpoint.judging.splitting import Splitting
    from contactpoint.keeping.backing_up import BackingUp
    from contactpoint.linking.filling import Filling
    from contactpoint.linking.kept_index import KeptIndex
    from contactpoint.linking.linking import Linking
    from contactpoint.linking.shapes import Shapes
    from contactpoint.matching.person import PersonMatching
    from contactpoint.models import Models
    from contactpoint.relatives import Relatives
    from contactpoint.separating import Separating
    from contactpoint.shielding.officers import Shielding
    from contactpoint.telling import Telling
    from linkage.declared.model import DeclaredModel
    from linkage.model import Model

RECORDING = 5
"""Seconds for which a service waits to write to the record of access while another process does:
whoever asks waits with it."""


@dataclass
class Contactpoint:
    """An installation, opened. Close it when done, or use it in a ``with``."""

    settings: Settings
    master: MasterKey
    keys: SubjectKeys
    log: Log
    create: bool = False
    narrow: bool = False
    """Whether little of the databases is kept in memory: of one of several processes that run for
    weeks."""
    chance: Chance = CHANCE
    request: str = ""
    """The id of the request for which it acts, where it was asked over HTTP."""
    today: date = field(init=False)
    """The day on which whoever acts began to: the clock is read once, whatever is found."""

    def __post_init__(self) -> None:
        self.today = day_of(self.chance.clock())

    @cached_property
    def read(self) -> sa.Engine:
        """The database of the read models."""
        cache = database.NARROW if self.narrow else database.WIDE
        with _named(self.settings, "read", self.settings.read_url) as name:
            engine = database.open_read_models(self.settings.read_url, cache)
        _tell_errors(engine, name)
        return engine

    @cached_property
    def access(self) -> Log:
        """The record of access: a log of its own, with a chain of its own."""
        with _named(self.settings, "access", self.settings.access_url):
            return open_log(
                self.settings.access_url,
                self.keys,
                self.master,
                name="access",
                heads=False,
                create=self.create,
                narrow=True,
                patience=RECORDING if self.narrow else PATIENCE,
            )

    @cached_property
    def accesses(self) -> Accesses:
        """Writes to the record of access."""
        return Accesses(self.access, self.keys, self.master)

    @cached_property
    def actor(self) -> Actor:
        """Who acts: whom the token names, or the user of this shell.

        Raises TokenError where a token was given that is not one of ours, and in force.
        """
        if self.settings.token is not None:
            return self._named(self.settings.token)
        user = current_user()
        return in_shell(user, administers=user in self.accesses.administrators())

    @cached_property
    def second(self) -> Actor | None:
        """The second person of an act of two, as their token names them."""
        token = self.settings.second_token
        return None if token is None else self._named(token)

    def acting(
        self, actor: Actor, second: Actor | None = None, request: str = ""
    ) -> "Contactpoint":
        """This installation for another who acts; what is opened is shared.

        Whoever calls has seen to it that the person is who they say, and does so at each act.
        """
        made = copy.copy(self)
        today = day_of(self.chance.clock())
        made.__dict__.update(actor=actor, second=second, request=request, today=today)
        return made

    def _named(self, token: str) -> Actor:
        """Whom a token names. Raises TokenError; that a revoked one was tried is recorded."""
        from contactpoint.people.tokens import RevokedTokenError, read

        now = self.chance.clock()
        try:
            return read(
                token, self.master.tokens, now=now // 10**6, is_revoked=self.accesses.is_revoked
            )
        except RevokedTokenError as error:
            self.accesses.refuse_revoked(error.subject, now)
            raise

    def _must_be_in_force(self) -> None:
        """Raises TokenError where a token has expired or was revoked since it was first read."""
        for token in (self.settings.token, self.settings.second_token):
            if token is not None:
                self._named(token)

    def require(
        self,
        act: Act,
        about: About | None = None,
        *,
        purpose: Purpose = Purpose.DUTY,
        missing: str = "",
    ) -> None:
        """Go on only where whoever acts may do this.

        Raises DeniedError for want of a role, a strong token or a second person, and writes that
        into the record of access. Because of the child it raises what is raised of one that does
        not exist: NotFoundError with the words ``missing``.
        """
        self._must_be_in_force()
        decision = decide(self.actor, act, about or About(), purpose, self.second)
        if decision.outcome is Outcome.DENIED:
            self.accesses.refuse(self.origin(act), act, purpose, self.request)
            raise DeniedError(decision.why)
        if decision.outcome is Outcome.ABSENT:
            raise NotFoundError(missing)

    def record_look(  # noqa: PLR0913 - what is recorded of a look
        self,
        origin: Origin,
        act: str,
        *,
        reason: str,
        children: "Sequence[UUID]",
        search: dict[str, str] | None = None,
        purpose: Purpose = Purpose.DUTY,
        behalf: str = "",
    ) -> None:
        """Write that whoever acts is about to be shown these children, before they are."""
        capacity = Capacity(self.actor, purpose, behalf, self.request)
        self.accesses.record(origin, act, capacity, reason=reason, children=children, search=search)

    @cached_property
    def projector(self) -> Projector:
        """Keeps the read models in step with the log."""
        made = Projector(self.log, self.read)
        made.prepare()
        return made

    def rebuilding(self) -> Projector:
        """The projector for making all read models anew, whatever tables stand there."""
        made = Projector(self.log, self.read)
        made.prepare_anew()
        return made

    def catch_up(self, upto: int | None = None) -> object:
        """Bring the read models to a position, or to where the log stands."""
        return self.projector.catch_up(upto)

    @cached_property
    def guard(self) -> Guard:
        """Through which everything goes that is shown to somebody."""
        return Guard(self.log.heads, self.catch_up)

    @property
    def queries(self) -> Queries:
        """What whoever acts may ask of children today; SchemaError as of ``workings``."""
        return self._queries.reaching(self.archived_after)

    @cached_property
    def _queries(self) -> Queries:
        schema.check(self.read)
        return Queries(self.read, self.guard, self.settings.brokerage)

    @property
    def archived_after(self) -> str:
        """The ISO date: whoever was archived on it or before is not there for whoever acts."""
        return begun(self.today, archive_years(self.actor))

    @cached_property
    def workings(self) -> Workings:
        """What linking asks of the read models, unguarded; SchemaError where of another version."""
        schema.check(self.read)
        return Workings(self.read)

    @cached_property
    def open_records(self) -> OpenRecords:
        """Records and pairs of them, as far as they may be seen."""
        return OpenRecords(self.workings, self.guard)

    @cached_property
    def lists(self) -> Lists:
        """Whole lists, for those who run the index."""
        return Lists(self.open_records)

    @cached_property
    def telling(self) -> "Telling":
        """The use case of telling what stands beside a child's records."""
        from contactpoint.telling import Telling

        return Telling(self.log, self.keys, self.master)

    @property
    def beside(self) -> "BesideRecords":
        """What stands beside a child's records."""
        from contactpoint.beside import BesideRecords

        return BesideRecords(self.telling, self.queries, self.settings.brokerage)

    def authorities(self, records: "Collection[UUID]") -> frozenset[str]:
        """The authorities responsible for the children of these records, for ``About``."""
        return frozenset(self.authority_of_each(records).values())

    def authority_of_each(self, records: "Collection[UUID]") -> "dict[UUID, str]":
        """The authority responsible for the child of each of these records, where it is known."""
        return self.workings.authority_of_each(records, self.today.isoformat())

    def archive_of_each(self, records: "Collection[UUID]") -> "dict[UUID, int]":
        """The year of archive of the child of each of these records that is archived, from 1."""
        archived = self.workings.archived_by(records, self.today.isoformat())
        return {record: year_of_archive(day, self.today) for record, day in archived.items()}

    def responsible(self, found: Found) -> "Authority":
        """The authority that is responsible for a child, as far as whoever asks may know."""
        return self.beside.responsible(found, self.today)

    @cached_property
    def sources(self) -> Sources:
        """The registered sources."""
        return Sources(self.log, self.master)

    @property
    def loading(self) -> Loading:
        """The use case of loading a delivery.

        Raises AheadError where what it appends would pass the read models by.
        """
        self.projector.of_this_log()
        work = self.settings.work
        work.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Loading(
            self.log,
            self.keys,
            self.master,
            chunk=self.settings.chunk,
            work=work,
            kept_from=self.settings.kept_from,
            shared_from=self.settings.shared_from if self.settings.processes > 1 else None,
        )

    @cached_property
    def model(self) -> "Model":
        """The model in force: the one adopted last, else the one shipped with the product."""
        return self.models.in_force()

    @cached_property
    def models(self) -> "Models":
        """The versions of the matcher's model."""
        from contactpoint.models import Models

        return Models(self.settings.home / "models", self.log, self.master)

    @property
    def linking(self) -> "Linking":
        """The use case of linking."""
        from contactpoint.linking.linking import Linking
        from contactpoint.linking.parts import COMMIT, Parts

        parts = Parts(
            self.log,
            self.master,
            self.projector,
            self.workings,
            self._kept_index(),
            commit=min(COMMIT, self.settings.chunk),
            chance=self.chance,
        )
        return Linking(parts, self.shapes)

    def model_of(self, source: str) -> "DeclaredModel | None":
        """The model for a source whose records are of a table of another shape."""
        from linkage.declared.shape import Shape

        known = self.sources.registry().sources.get(source)
        if known is None or not known.fields:
            return None
        shape = Shape.of(known.fields)
        return self.shapes.in_force(shape) or self.shapes.starting(shape)

    @property
    def shapes(self) -> "Shapes":
        """The tables of other shapes, and their models."""
        from contactpoint.linking.shapes import Shapes

        return Shapes(self.sources, self.models, self._kept_index())

    @property
    def filling(self) -> "Filling":
        """How records are put into the matcher's index: what their sources' settings say."""
        from contactpoint.linking.filling import Filling
        from contactpoint.linking.matching import OfChildren

        return Filling(self.sources.registry(), OfChildren(self.model))

    @property
    def evaluating(self) -> "Evaluating":
        """The use case of measuring accuracy, over the index brought up to date."""
        from contactpoint.evaluating.measuring import Evaluating

        index = self.linking.index(self.model)
        return Evaluating(
            self.open_records, self.filling, index, self.log, self.master, self.model_of
        )

    @property
    def erasing(self) -> "Erasing":
        """The use case of erasing."""
        from contactpoint.erasing import Erasing
        from contactpoint.intake.recall import FOLDER
        from contactpoint.keeping.staging import drop_beside

        return Erasing(
            self.log,
            self.keys,
            self.master,
            self.projector,
            self.workings,
            self._kept_index(),
            self.ledger,
            rows=self.settings.work / FOLDER,
            backup_days=self.settings.backup_days,
            near=lambda ordinals: self.linking.near(self.model, ordinals),
            tidy=lambda: drop_beside(self.settings),
        )

    @property
    def backing_up(self) -> "BackingUp":
        """The use case of taking a backup."""
        from contactpoint.keeping.backing_up import BackingUp
        from contactpoint.keeping.staging import places

        return BackingUp(
            self.log,
            self.master,
            self.ledger,
            self.shield_ledger,
            places(self.settings),
            models=self.settings.home / "models",
            backup_days=self.settings.backup_days,
        )

    @property
    def shielding(self) -> "Shielding":
        """The use case of shielding officers."""
        from contactpoint.people.knowing import about
        from contactpoint.shielding.officers import MISSING, Shielding

        def permit(act: Act, hangs: "Hangs") -> None:
            # Their roles were asked for before; of what is the child's, family alone bars the act.
            if about(hangs, self).family:
                raise NotFoundError(MISSING[act])

        return Shielding(self.log, self.keys, self.master, self.catch_up, permit)

    @cached_property
    def person_matching(self) -> "PersonMatching":
        """The use case of matching one described person against the index."""
        return self.matching_people()

    def matching_people(self, aside: "Executor | None" = None) -> "PersonMatching":
        """The same; ``aside`` reads an index that was written anew while the old one answers."""
        from contactpoint.linking.filling import Filling
        from contactpoint.linking.matching import OfChildren
        from contactpoint.matching.open_index import OpenIndex
        from contactpoint.matching.person import PersonMatching

        def filling(model: "Model") -> Filling:
            return Filling(self.sources.registry(), OfChildren(model))

        index = OpenIndex(self._kept_index, self.models, filling, self.workings, aside)
        return PersonMatching(self.queries, index)

    def _kept_index(self) -> "KeptIndex":
        from contactpoint.linking.kept_index import KeptIndex

        self.settings.work.mkdir(mode=0o700, parents=True, exist_ok=True)
        return KeptIndex(self.settings.work, self.keys, self.master)

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """The signed notes of how far the log goes, outside its database."""
        return Checkpoints(self.settings.checkpoints, self.master.signing)

    @cached_property
    def ledger(self) -> ErasureLedger:
        """The ledger of erasures outside the databases, beside the checkpoints."""
        return ErasureLedger(self.settings.checkpoints, self.master.signing)

    @cached_property
    def shield_ledger(self) -> ShieldLedger:
        """The ledger of shields outside the databases; the log writes it as it appends."""
        return ShieldLedger(self.settings.checkpoints, self.master.signing)

    def judging(self, act: Act) -> "Judging":
        """The use case of deciding on pairs, for one act of whoever acts."""
        from contactpoint.judging.judging import Judging
        from contactpoint.judging.pair import NO_PAIR

        return Judging(self.log, self.keys, self.master, self._permit(act, NO_PAIR))

    def splitting(self, act: Act) -> "Splitting":
        """The use case of parting a child, for one act of whoever acts."""
        from contactpoint.judging.splitting import NO_CHILD, Splitting

        return Splitting(self.log, self.keys, self.master, self._permit(act, NO_CHILD))

    def separating(self, act: Act) -> "Separating":
        """The use case of never-links and adoptions, for one act of whoever acts."""
        from contactpoint.separating import Separating

        permit = self._permit(act, "no child of that number")
        merged, retired = self.workings.merged_into, self.workings.retired_of
        return Separating(self.log, self.keys, self.master, merged, retired, permit)

    def _permit(self, act: Act, missing: str) -> "Permit":
        """Whether whoever acts may do what hangs on it; ``missing`` is said where it is hidden."""
        from contactpoint.people.knowing import about

        return lambda hangs: self.require(act, about(hangs, self), missing=missing)

    def kept_apart(self, clearance: Clearance = NO_CLEARANCE) -> set[tuple[str, str]]:
        """Source and key of the current records on a side of a never-link, unless cleared."""
        if clearance.apart:
            return set()
        sided = (one.ordinal for one in self.log.heads.sided())
        return set(self.open_records.names_by_ordinal(sided, clearance).values())

    def unlinked(self, clearance: Clearance = NO_CLEARANCE) -> "Callable[[], set[int]]":
        """Gives the ordinals of the records that no run of linking has come to as they are now.

        Until one has, nobody knows whether they come near to a shielded child, or are of an
        identity that is kept apart. None where all of that is open to whoever asks, or nothing is
        hidden at all. To be asked after records are read: what came before that is among them.
        """
        from contactpoint.linking.changes import changed

        runs = self.workings.runs()
        through = int(runs[0]["through"]) if runs else 0

        def found() -> set[int]:
            hides = self.guard.hidden() or any(self.log.heads.sided())
            if not hides or (clearance.shielded and clearance.apart):
                return set()
            return changed(self.log, through, self.log.position())

        return found

    @property
    def clearance(self) -> Clearance:
        """What the roles of whoever acts open of what is hidden from others."""
        return Clearance(self.is_cleared, Role.ADOPTION_OFFICER in self.actor.roles)

    def are_barred(self, records: "Sequence[UUID]") -> bool:
        """Whether a never-link between these records, or an archive, is not the actor's to see.

        It answers as if one of them did not exist.
        """
        across = is_across(self.log.heads.sides(records))
        archived = max(self.archive_of_each(records).values(), default=0)
        about = About(apart=across, archived=archived)
        return decide(self.actor, Act.WHY, about).outcome is Outcome.ABSENT

    @property
    def relatives(self) -> "Relatives":
        """Whose family a child is."""
        from contactpoint.relatives import Relatives

        return Relatives(self.log, self.keys, self.master)

    @property
    def by(self) -> "By":
        """Whoever acts, and the second person where there is one."""
        from contactpoint.judging.acts import By

        return By(self.actor.subject, self.second.subject if self.second else "")

    def follow(self, origin: Origin) -> bool:
        """Let linking do what was decided; False where another run of it has it to do."""
        from contactpoint.aftermath import follow

        return follow(self, origin)

    def child_named(self, number: str) -> UUID | None:
        """The child that a number answers for."""
        found = self.queries.child_by_number(number)
        return found.child if found else None

    @property
    def is_cleared(self) -> bool:
        """Whether whoever acts may see pairs of shielded children and of withheld records."""
        return Role.SHIELDING_OFFICER in self.actor.roles

    def pair_named(self, words: "Sequence[str]", *, judged: bool = False) -> "Pair":
        """The pair that a steward names, ``judged`` though a record of it may have been erased.

        Raises NotFoundError where there is none.
        """
        from contactpoint.judging.pair_names import pair_named

        self.projector.catch_up()
        return pair_named(
            words,
            self.open_records,
            self.log,
            self.record_named,
            cleared=self.is_cleared,
            judged=judged,
        )

    def record_named(self, name: str) -> UUID:
        """The id of the record named ``SOURCE:ID``, also by a key that the source used before.

        Raises UsageError where a name has no source or no id.
        """
        source, _, key = name.rpartition(":")
        if not source or not key:
            raise UsageError("expected a record as SOURCE:ID, with a colon between the two")
        return self.log.heads.owner(UUID(bytes=self.master.hashes.record_id(source, key)))

    def origin(self, command: str) -> Origin:
        """Who acts now, and by which run of which command."""
        return Origin(
            recorded=self.chance.clock(),
            actor=self.actor.subject,
            command=f"{command} {self.chance.run()}",
        )

    def close(self) -> None:
        """Let go of every database that was opened."""
        if "access" in self.__dict__:
            self.access.close()
        if "read" in self.__dict__:
            self.read.dispose()
        self.log.close()
        self.keys.close()

    def __enter__(self) -> "Contactpoint":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


DATABASES = {
    "log": "events",
    "keys": "subject keys",
    "read": "read models",
    "access": "the record of access",
}


@contextmanager
def _named(settings: Settings, name: str, url: str) -> "Iterator[str]":
    """Let what a server's database fails with say which of the four it is, and never its URL."""
    shared = settings.one_database and url.endswith(f"schema=contactpoint_{name}")
    variable = "DATABASE" if shared else name.upper()
    told = f"the database of {DATABASES[name]} (CONTACTPOINT_{variable}_URL)"
    try:
        yield told
    except Exception as error:
        if not url.startswith("sqlite:"):
            error.add_note(told)
        raise


def _tell_errors(engine: sa.Engine, name: str) -> None:
    """The same of a server that is reached only once something is asked of it."""

    def tell(context: sa.engine.ExceptionContext) -> None:
        is_away = context.connection is None or context.is_disconnect
        if is_away and context.sqlalchemy_exception:
            context.sqlalchemy_exception.add_note(name)

    if engine.dialect.name != "sqlite":
        sa.event.listen(engine, "handle_error", tell)


def opened(
    settings: Settings, *, create: bool = False, chance: Chance = CHANCE, narrow: bool = False
) -> Contactpoint:
    """Open an installation without a look at what is there; ``create`` makes what is missing."""
    master = MasterKey.load(settings.master_key)
    with ExitStack() as half:
        with _named(settings, "keys", settings.keys_url) as name:
            keys = SubjectKeys(settings.keys_url, master, create=create)
        _tell_errors(keys.engine, name)
        half.callback(keys.close)
        with _named(settings, "log", settings.log_url):
            log = open_log(settings.log_url, keys, master, create=create, narrow=narrow)
        half.callback(log.close)
        shields = ShieldLedger(settings.checkpoints, master.signing)
        log.noting = lambda heads: shields.write(log.id, heads)
        store = Contactpoint(
            settings, master, keys, log, create=create, narrow=narrow, chance=chance
        )
        half.pop_all()
    return store

"""The matcher's index as an ordinary reader may be answered from it, kept up to date.

Most records come from the index that linking keeps on disk: a run of linking writes there what
changed before it makes children of it, so whoever follows that file knows every record of a child.
Records that are shielded or withheld are taken out. Beside it stand, made from the read models,
shielded children as far as they are visible, and children of whom the file knows too much (a new
identity) or too little (a shield was lifted).
"""

from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import NamedTuple

from contactpoint.errors import NotFoundError
from contactpoint.linking.filling import Filling
from contactpoint.linking.kept_index import KeptIndex
from contactpoint.linking.matching import OfChildren
from contactpoint.matching.apart import Apart
from contactpoint.matching.beside import Beside, Pair, compared, met, visible, whole
from contactpoint.models import Models
from linkage.comparable import Comparable
from linkage.index import Index
from linkage.model import Model
from projections import candidates, changed
from projections.candidates import OpenRecord
from projections.projection import Target
from projections.workings import Workings

NOTHING = (0, 0, 0)


class Near(NamedTuple):
    """A child who is seen whole, and a person beside its records."""

    child: bytes
    records: tuple[OpenRecord, ...]
    pairs: list[Pair]


class Kept(NamedTuple):
    """The index from the disk, and what follows it there."""

    records: Index
    following: KeptIndex
    matching: OfChildren
    stamp: tuple[int, int, int]
    removed: set[int]
    """Records that were taken out of it."""

    @property
    def model(self) -> Model:
        """The model that it is under."""
        return self.matching.model


class OpenIndex:
    """One process's index. One thread at a time may use it."""

    def __init__(
        self,
        kept: Callable[[], KeptIndex],
        models: Models,
        filling: Callable[[Model], Filling],
        workings: Workings,
        aside: Executor | None = None,
    ) -> None:
        """``aside`` is where an index that was written anew is read, while the old one answers."""
        self._make, self._models, self._filling = kept, models, filling
        self._workings = workings
        self._aside = aside or ThreadPoolExecutor(1, thread_name_prefix="index")
        self._coming: Future[Kept] | None = None
        self._place: tuple[int, int] | None = None
        self._apart = Apart()
        self._kept = self._load()
        self._begin()
        with workings.engine.connect() as connection:
            self.follow(Target(connection))

    @property
    def model(self) -> Model:
        """The model under which children are compared: that under which all were last linked."""
        return self._kept.model

    def follow(self, target: Target) -> None:
        """Bring the index to where the file and these read models stand."""
        took_in = self._follow_file()
        place = candidates.place(target)
        if took_in or place != self._place:
            self._see(target, self._since(place, target), took_in=took_in)
            self._place = place

    def _since(self, place: tuple[int, int], target: Target) -> set[bytes] | None:
        """Whom the read models changed since they were seen; None where all is to be seen anew."""
        if self._place is None or self._place[1] != place[1]:
            return None
        return changed.since(self._place[0], place[0], target)

    def near(
        self, record: Comparable, floor: float, named: Collection[bytes], target: Target
    ) -> list[Near]:
        """The children seen whole of whom a record shares a key with a person, and weighs enough.

        And those that are named, if they are seen whole. Of each, all records that are known here.
        """
        known = met(self._kept.records, record, floor)
        children = {*self.whole.near(record, floor), *named}
        found = candidates.open_records(known, children, target)
        others = {r.ordinal for records in found.values() for r in records} - known.keys()
        if others:
            known |= compared(self._kept.records, record, others)
        return [
            Near(child, tuple(records), [
                *(known[r.ordinal] for r in records if r.ordinal in known),
                *self.whole.compared(record, child),
            ])
            for child, records in found.items()
        ]  # fmt: skip

    def _load(self) -> Kept:
        """The index from the disk; made from the read models where there is none that serves."""
        following = self._make()
        model = self._model_of(following)
        matching = OfChildren(model)
        stamp = following.stamp(matching)
        index, position = following.load(matching)
        assert isinstance(index, Index)
        if not position:
            self._filling(model).fill(index, self._workings)
        with self._workings.engine.connect() as connection:
            hidden = candidates.hidden(Target(connection))
        index.remove(hidden)
        index.file()
        return Kept(index, following, matching, stamp, hidden)

    def _model_of(self, following: KeptIndex) -> Model:
        in_force = self._models.in_force()
        version = following.under(OfChildren(in_force))
        try:
            found = self._models.get(version) if version else in_force
        except NotFoundError:
            return in_force
        return found if isinstance(found, Model) else in_force

    def _take(self, kept: Kept) -> None:
        """Answer from another index; under the same model, what stands beside it may stay."""
        before, self._kept, self._place = self._kept, kept, None
        if before.model.version != kept.model.version:
            self._begin()

    def _begin(self) -> None:
        """Hold nothing beside the index yet."""
        self.whole = Beside(self.model, whole)
        """Children seen whole of whom the file has another version than may be seen, or none."""
        self.shielded = Beside(self.model, visible)
        """Shielded children, as far as they are visible."""

    def _follow_file(self) -> bool:
        """Take in what linking wrote; whether there was anything."""
        took_in = self._coming is None and self._take_in()
        if self._coming is not None and self._coming.done():
            coming, self._coming = self._coming, None
            self._take(coming.result())
            took_in = True
        return took_in

    def _take_in(self) -> bool:
        """Follow the file that was loaded; where another stands there, begin to load that."""
        index, following, matching, known, _ = self._kept
        stamp = following.stamp(matching)
        if stamp == known:
            return False
        if stamp != NOTHING and not following.follow(index, matching):
            self._coming = self._aside.submit(self._load)
            return False
        self._kept = self._kept._replace(stamp=stamp)
        return True

    def _forget(self, target: Target) -> None:
        """There is no file, as after an erasure: nothing stays of records that are no more."""
        index = self._kept.records
        if gone := {*index.ordinals().tolist()} - candidates.current_ordinals(target):
            index.remove(gone)
            index.compact()

    def _see(self, target: Target, of: set[bytes] | None, *, took_in: bool) -> None:
        """Take out what is hidden now, and hold what the file does not say as it may be seen.

        ``of``: the children, and records, of whom alone that may be otherwise than before.
        """
        index, removed = self._kept.records, self._kept.removed
        if self._kept.stamp == NOTHING:
            self._forget(target)
        hidden = self._apart.see(removed, of, target)
        self.shielded.hold(self._apart.shielded, target, of)
        self.whole.hold(self._apart.whole, target, of)
        held = set(self.whole.children)
        if of is not None and not took_in:
            held &= of  # the others were taken out before
        else:
            hidden = self._apart.hidden
        apart = hidden | candidates.ordinals_of(held, target)
        before = len(index)
        index.remove(apart)
        removed |= apart
        if took_in or len(index) < before:
            index.file()

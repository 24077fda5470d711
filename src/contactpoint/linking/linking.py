"""The use case of linking: records become children, one run at a time for each log."""

from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import overload
from uuid import UUID

from contactpoint.linking.commit import Previewed
from contactpoint.linking.matching import AnyIndex, matching_of
from contactpoint.linking.neighbourhoods import floor_of
from contactpoint.linking.outcome import LinkOutcome
from contactpoint.linking.parts import Parts
from contactpoint.linking.resolving import Resolving
from contactpoint.linking.run import Progress, Run
from contactpoint.linking.shapes import Shapes
from contactpoint.linking.surroundings import Surroundings
from contactpoint.models import AnyModel
from events.garbage import seldom_collecting
from events.message import Origin
from linkage.declared.index import DeclaredIndex
from linkage.declared.model import DeclaredModel
from linkage.index import Index
from linkage.model import Model
from linkage.resolve import Judgement, Pair

PREVIEW = 30.0
"""Seconds for which a preview waits for a run that is at work."""


class Linking:
    """Runs, and what may be asked of the matcher between two of them."""

    def __init__(self, parts: Parts, shapes: Shapes | None = None) -> None:
        """``shapes``: tables of other shapes; without them children alone are linked."""
        self._parts, self._shapes = parts, shapes

    def run(  # noqa: PLR0913 - what a caller may ask of a run
        self,
        origin: Origin,
        model: AnyModel,
        *,
        everything: bool = False,
        plan: bool = False,
        progress: Progress | None = None,
        wait: float = 0.0,
    ) -> LinkOutcome:
        """Link what changed since the last run, or everything; append nothing if nothing did.

        ``plan``: append nothing at all, and say what would follow. Another run is waited for
        ``wait`` seconds; then raises LockedError.
        """
        with seldom_collecting(), self._parts.log.lock("link", wait=wait):
            position = self._parts.projector.catch_up()
            # Tables of other shapes go first: a run over children then ends what was begun.
            others = self._models(position, None if plan else origin)
            *others_did, outcome = [
                Run(self._surroundings(each, position), origin, plan=plan, progress=progress).go(
                    everything=everything
                )
                for each in chain(others, [model])
            ]
            for other in others_did:
                outcome.add(other)
            return outcome

    def _models(self, position: int, origin: Origin | None) -> Iterator[AnyModel]:
        """The model of each other shape that there are records of.

        It is made where there is none, and adopted unless ``origin`` is None.
        """
        if self._shapes is None:
            return
        for shape in self._shapes.known():
            model = self._shapes.fitting(shape)
            if model is None:
                begun = self._surroundings(self._shapes.starting(shape), position)
                model = self._shapes.made(begun.filled(), position, origin)
                self._parts.projector.catch_up()
            yield model

    def preview(
        self, origin: Origin, model: AnyModel, judgements: Sequence[Judgement]
    ) -> list[Previewed]:
        """The children that the records of judgements, by ordinal, would be of; nothing changes."""
        with self._parts.log.lock("link", wait=PREVIEW):
            now = self._now(model)
            now.laid.read()
            now.laid.suppose(judgements)
            asked = {ordinal for one in judgements for ordinal in one[:2]}
            # Nothing is stated since; what is withheld stays so, and joins nobody.
            reached = now.reached(now.look(now.position), asked)
            commit, _ = Resolving(now, origin).settled(reached.neighbourhoods, reached.linked)
            return [one for one in commit.children(self._parts.log.heads) if one.is_about(asked)]

    def crowd(self, model: AnyModel, lead: UUID) -> list[Pair]:
        """The possible links between children in the neighbourhood that a record leads."""
        with self._parts.log.lock("link", wait=PREVIEW):
            return self._now(model).between_children(lead)

    @overload
    def index(self, model: Model) -> Index: ...

    @overload
    def index(self, model: DeclaredModel) -> DeclaredIndex: ...

    def index(self, model: AnyModel) -> AnyIndex:
        """The index of the model's current records, brought up to date: what training looks at."""
        with self._parts.log.lock("link"):
            return self._now(model).index()

    def indexes(self, model: AnyModel) -> list[AnyIndex]:
        """The index of children under a model, then that of each other shape under its own."""
        with self._parts.log.lock("link"):
            position = self._parts.projector.catch_up()
            models = [model, *self._models(position, None)]
            return [self._surroundings(each, position).index() for each in models]

    def near(self, model: AnyModel, ordinals: Collection[int]) -> list[tuple[int, int]]:
        """The pairs of these records with others, of each shape; whoever asks holds the lock."""
        position = self._parts.projector.catch_up()
        found: list[tuple[int, int]] = []
        for each in [model, *self._models(position, None)]:
            index = self._surroundings(each, position).index()
            pairs = index.pairs_of(ordinals, floor_of(each))
            found += zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
        return found

    def _now(self, model: AnyModel) -> Surroundings:
        return self._surroundings(model, self._parts.projector.catch_up())

    def _surroundings(self, model: AnyModel, position: int) -> Surroundings:
        return Surroundings(self._parts, matching_of(model), position)

"""The stewards' queue: what a page of it costs, however many pairs await somebody."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from uuid import UUID, uuid4

import sqlalchemy as sa

from benchmarks import measures
from benchmarks.measures import Figures
from contactpoint.bootstrap import Contactpoint
from contactpoint.installing import open_store
from contactpoint.people.actor import Actor, Role
from contactpoint.queue import tasks_of
from contactpoint.tasks import Place, Task, place
from events.linking import PairsReferred, ReferredPair
from events.message import Recorded
from projections.index import RECORD
from projections.review import REVIEW_PAIR
from projections.worth import Kind

PAGE = 20
DEEP = 1_000
"""Tasks behind which the deep page begins."""
CHUNK = 1_000
NOWHERE = "999"
"""The code of no authority."""
TRIES = 5


def queue(records: int, folder: Path, processes: int) -> Figures:
    """Pages of a queue in which each two records of an invented population, drawn at random, wait.

    Half as many pairs wait as there are records, beside those that linking referred.
    """
    figures = Figures("the stewards' queue")
    with open_store(measures.loaded(folder, records, processes)) as store:
        store.linking.run(store.origin("link"), store.model)
        _refer(store, records // 2)
        with store.read.connect() as connection:
            count = sa.select(sa.func.count()).select_from(REVIEW_PAIR)
            waiting = connection.execute(count).scalar_one()
        figures.add("pairs that wait", waiting, "")
        everywhere = Actor("una", frozenset({Role.STEWARD}), strong=True)
        behind = _behind(store.acting(everywhere))
        for who, actor in (
            ("of all authorities", everywhere),
            ("of one authority", _of_one(store, everywhere)),
        ):
            theirs = store.acting(actor)
            first, deep = (_spent(partial(_page, theirs, at)) for at in (None, behind))
            figures.add(f"first page, steward {who}", first, "ms of the processor")
            figures.add(f"  behind {DEEP:,} tasks", deep, "ms of the processor")
        stranger = store.acting(replace(everywhere, subject="kit", authority=NOWHERE))
        passed = _spent(lambda: list(tasks_of(stranger))) / waiting
        figures.add("passing over a task of others", passed, "ms of the processor")
    return figures


def _refer(store: Contactpoint, pairs: int) -> None:
    """Let pairs of any two records wait, by events like those of linking."""
    store.catch_up()
    with store.read.connect() as connection:
        records = list(connection.execute(sa.select(RECORD.c.record)).scalars())
    draw = random.Random(1)
    stream, origin = uuid4(), store.origin("link")
    for number in range(0, pairs, CHUNK):
        drawn = (sorted(draw.sample(records, 2)) for _ in range(min(CHUNK, pairs - number)))
        referred = tuple(
            ReferredPair(UUID(bytes=left), UUID(bytes=right), 0, draw.uniform(-2, 6), 0.5,
                         draw.choice([Kind.LINKAGE, Kind.DUPLICATE]).value)
            for left, right in drawn
        )  # fmt: skip
        event = PairsReferred(store.model.version, referred, (), 5.0)
        version = number // CHUNK + 1
        store.log.append([Recorded(stream, version, origin, origin.recorded, event)])
    store.catch_up()


def _of_one(store: Contactpoint, actor: Actor) -> Actor:
    """A steward of the authority that most of the first tasks are of."""
    records = {one for task in islice(tasks_of(store.acting(actor)), DEEP) for one in task.ids}
    codes = list(store.authority_of_each(records).values())
    code = max(sorted(set(codes)), key=codes.count)
    return replace(actor, subject="ned", authority=code)


def _behind(store: Contactpoint) -> Place:
    return place(list(islice(tasks_of(store), DEEP))[-1])


def _page(store: Contactpoint, behind: Place | None) -> list[Task]:
    return list(islice(tasks_of(store, behind), PAGE))


def _spent(act: Callable[[], object]) -> float:
    """Milliseconds of the processor that it takes, the middle one of some tries."""
    spent: list[float] = []
    for _ in range(TRIES):
        begun = time.process_time()
        act()
        spent.append(time.process_time() - begun)
    return sorted(spent)[TRIES // 2] * 1_000

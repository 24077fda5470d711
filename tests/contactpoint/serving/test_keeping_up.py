"""Read models that lag behind the log while the service runs: who brings them up, and who waits."""

import asyncio
import threading
import time

import pytest
from litestar.testing import TestClient

from contactpoint.serving import keeping_up
from contactpoint.serving.app import make
from contactpoint.serving.keeping_up import NotYetError, soon, waiting_for_it
from contactpoint.serving.service import opened
from contactpoint.settings import from_environment
from contactpoint.shielding.officers import Asked
from events.access import ChildrenAccessed
from projections.search import Search
from projections.view import RestrictedView
from tests.contactpoint.serving.conftest import ASHA, BRAM, CORA


@pytest.fixture
def store(own):
    with own.opened() as store:
        store.projector.catch_up()
        yield store


def anew(store):
    """Have what asks of the read models made anew, by another way to catch up."""
    for name in ("guard", "queries"):
        store.__dict__.pop(name, None)


def apply_unseen(store, number):
    """Lay a shield that the read models do not know of."""
    officers = store.shielding
    unseen = type(officers)(officers.log, officers.keys, officers.master, list)
    unseen.apply(number, Asked("harm"), store.origin("shield"))


def review_unseen(store, number):
    """Let an officer look again at a shield, of which the read models do not know."""
    officers = store.shielding
    unseen = type(officers)(officers.log, officers.keys, officers.master, list)
    unseen.review(number, Asked("harm", none_safe=True), store.origin("shield review"))


def lag(store):
    return store.log.position() - min(one.position for one in store.projector.standings())


def until(so):
    end = time.monotonic() + 20
    while time.monotonic() < end and not so():
        time.sleep(0.01)
    assert so()


def test_what_is_new_in_the_log_is_projected_while_the_service_runs(own, store):
    with keeping_up.keeping_up(store):
        apply_unseen(store, own.number("pds", ASHA))
        until(lambda: lag(store) == 0)
    apply_unseen(store, own.number("pds", BRAM))
    time.sleep(3 * keeping_up.EVERY)
    assert lag(store) > 0


def test_the_read_models_are_kept_up_after_a_fault(own, store, monkeypatch, caplog):
    caught_up = store.projector.catch_up
    faults = iter([OSError("no space")])

    def catch_up():
        for fault in faults:
            raise fault
        return caught_up()

    monkeypatch.setattr(store.projector, "catch_up", catch_up)
    monkeypatch.setattr(keeping_up, "PATIENCE", 0.01)
    apply_unseen(store, own.number("pds", ASHA))
    with keeping_up.keeping_up(store):
        until(lambda: lag(store) == 0)
    assert "could not be brought" in caplog.text


def test_a_worker_waits_until_the_read_models_know_of_the_shield(own, store):
    apply_unseen(store, own.number("pds", ASHA))
    waiting = threading.Thread(target=waiting_for_it(store))
    waiting.start()
    time.sleep(3 * keeping_up.EVERY)
    assert waiting.is_alive()
    store.projector.catch_up()
    waiting.join(20)
    assert not waiting.is_alive()


def test_a_worker_that_waits_in_vain_projects_by_itself(own, store, monkeypatch):
    monkeypatch.setattr(keeping_up, "PATIENCE", 0.0)
    apply_unseen(store, own.number("pds", ASHA))
    waiting_for_it(store)()
    assert lag(store) == 0


def test_the_loop_does_not_wait_and_asks_again(own, store):
    """Others are answered meanwhile."""
    number = own.number("pds", ASHA)
    store.__dict__["catch_up"] = waiting_for_it(store)
    anew(store)
    apply_unseen(store, number)

    def work():
        return store.queries.child_by_number(number)

    async def asking():
        with pytest.raises(NotYetError):
            work()
        answer = asyncio.create_task(soon(work, asyncio.to_thread))
        await asyncio.sleep(3 * keeping_up.EVERY)
        assert not answer.done()
        store.projector.catch_up()
        return await answer

    assert isinstance(asyncio.run(asking()).view, RestrictedView)


@pytest.fixture
def followed(store):
    """A store whose read models lag behind its shields until somebody brings them up."""
    store.__dict__["catch_up"] = waiting_for_it(store)
    anew(store)
    return store


async def asked_while_it_lags(work):
    """A question that is tried until the read models know of the shields."""
    answer = asyncio.create_task(soon(work, asyncio.to_thread))
    await asyncio.sleep(2 * keeping_up.EVERY)
    assert not answer.done()
    return answer


def test_a_shield_laid_since_somebody_asked_does_not_put_the_answer_off(own, followed):
    """Each night lays many, and whoever asks of a shielded child would wait for the last of them.

    It fails where each try waits for the shields that stand then.
    """
    asha, bram = (own.number("pds", key) for key in (ASHA, BRAM))
    apply_unseen(followed, asha)

    async def asking():
        answer = await asked_while_it_lags(lambda: followed.queries.child_by_number(asha))
        followed.projector.catch_up()
        apply_unseen(followed, bram)
        return await asyncio.wait_for(answer, keeping_up.PATIENCE / 2)

    assert isinstance(asyncio.run(asking()).view, RestrictedView)
    assert lag(followed) > 0


def test_whoever_is_shielded_since_somebody_asked_is_not_shown(own, followed):
    """It fails where the list itself is looked at in the first try alone."""
    asha, bram = (own.number("pds", key) for key in (ASHA, BRAM))
    apply_unseen(followed, asha)

    async def asking():
        at_home = Search(postcode="LS1 4AP")
        answer = await asked_while_it_lags(lambda: followed.queries.find(at_home))
        followed.projector.catch_up()
        apply_unseen(followed, bram)
        await asyncio.sleep(3 * keeping_up.EVERY)
        assert not answer.done()
        followed.projector.catch_up()
        return await answer

    assert asyncio.run(asking()).found == ()


def test_whoever_asks_after_a_shield_was_laid_waits_for_it(own, followed):
    """It fails where what an earlier request waited for holds for the next."""
    cora, asha = (own.number("pds", key) for key in (CORA, ASHA))

    async def asking():
        assert await soon(lambda: followed.queries.child_by_number(cora), asyncio.to_thread)
        apply_unseen(followed, asha)
        review_unseen(followed, cora)
        answer = await asked_while_it_lags(lambda: followed.queries.child_by_number(cora))
        followed.projector.catch_up()
        return await answer

    assert asyncio.run(asking())


def test_a_look_that_is_put_again_is_on_record_once(own, store):
    """Whoever may be told identifiers is told them by a second question, which has to wait."""
    settings = from_environment(own.environment)
    reader = own.person("nina", system="nhs")
    asha, bram = (own.number("pds", key) for key in (ASHA, BRAM))
    before = len(own.looks(ChildrenAccessed))
    with TestClient(make(lambda: opened(settings, followed=True))) as own.client:
        apply_unseen(store, bram)
        following = threading.Timer(5 * keeping_up.EVERY, store.projector.catch_up)
        following.start()
        assert own.child(asha, by=reader)["identifiers"]
        following.join()
    assert len(own.looks(ChildrenAccessed)) == before + 1


def test_what_does_not_come_soon_is_asked_off_the_loop(own, store, monkeypatch):
    monkeypatch.setattr(keeping_up, "PATIENCE", 0.0)
    asked = []

    async def slowly(work):
        asked.append(work)
        return work()

    assert asyncio.run(soon(lambda: 7, slowly)) == 7
    assert len(asked) == 1


def test_while_read_models_lag_children_are_shown_on_whom_nothing_new_was_laid(own, store):
    """Those seen whole, and those behind shields that are as the read models have them."""
    asha, bram, cora = (own.number("pds", key) for key in (ASHA, BRAM, CORA))
    store.__dict__["catch_up"] = lambda _: None
    anew(store)
    apply_unseen(store, asha)
    assert store.queries.child_by_number(bram).view.number == bram
    assert store.queries.child_by_number("0000000000") is None
    assert isinstance(store.queries.child_by_number(cora).view, RestrictedView)
    review_unseen(store, cora)
    for shielded in (asha, cora):
        with pytest.raises(Exception, match="behind the shields"):
            store.queries.child_by_number(shielded)

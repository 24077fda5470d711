"""The projector on the real log, with keys that can be destroyed."""

from uuid import UUID

from events.child import ChildRegistered, Evidence
from events.message import Recorded
from projections.database import open_read_models
from projections.fingerprint import fingerprint
from projections.projector import Projector
from projections.search import Search
from tests.events.store_builders import ORIGIN, Store
from tests.projections.asking import Asking

CHILD = UUID(int=7)


def test_the_read_models_follow_the_log_and_an_unreadable_record_shows_nothing(tmp_path):
    engine = open_read_models(f"sqlite:///{tmp_path / 'read.db'}")
    with Store(tmp_path) as store:
        message = store.received("k1")
        record = message.originator_id
        child = ChildRegistered("111", "m1", (Evidence(record),))
        store.log.append([message, Recorded(CHILD, 1, ORIGIN, 0, child)])
        projector = Projector(store.log, engine)
        projector.prepare()
        assert projector.catch_up() == store.log.position()
        ask = Asking(engine, store.log.heads)
        assert [
            found.view.number for found in ask.queries.find(Search(name="Ada Example")).found
        ] == ["111"]
        live = fingerprint(engine)
        projector.rebuild()
        assert fingerprint(engine) == live
        store.keys.destroy([record.bytes])
        projector.rebuild()
        assert ask.queries.child_by_number("111") is None
    engine.dispose()

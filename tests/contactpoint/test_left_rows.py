"""Rows that the second process leaves to the first end as those that it reads itself."""

import json
from dataclasses import dataclass, field
from functools import partial

import pytest

from contactpoint.intake.reading import LEFT
from events.delivery import ChunkAppended
from events.log import rows_of
from events.record import RecordReceived
from feeds.pds_fhir import PdsFhir, PdsRows
from feeds.reading import Today
from feeds.submission import Dropped, FeedError
from tests.contactpoint.conftest import Store

ROWS = 40


@dataclass(frozen=True)
class Counting(PdsFhir):
    """The feed ``health.pds-fhir``, and the lines read apart from their file in this process."""

    apart: list = field(default_factory=list)

    def rows(self, file, *, mapping=None):  # noqa: ARG002 - a feed's signature
        return _Counted(file, self)


class _Counted(PdsRows):
    def __init__(self, file, feed):
        super().__init__(file, Dropped(), Today(feed.clock()))
        self._apart = feed.apart

    def row(self, line, *written):
        self._apart.append(line)
        return super().row(line, *written)


@pytest.fixture(params=[None, 0], ids=["alone", "shared"])
def store(tmp_path, request):
    made = Store(tmp_path / "store", request.param, kept_from=1)
    yield made
    made.close()


@pytest.fixture
def stores(tmp_path):
    made = [Store(tmp_path / name, shared, kept_from=1) for name, shared in (("1", None), ("2", 0))]
    yield made
    for one in made:
        one.close()


def patient(n, **changes):
    """A patient; of ten two have an id that is none, two no name; some are restricted."""
    return {
        "resourceType": "Patient",
        "id": "no id" if n % 10 in (4, 9) else f"p{n}",
        "name": [{"family": "Okonjo", "given": ["Asha"], "prefix": ["Miss"]}] if n % 5 != 1 else [],
        "meta": {"security": [{"code": "R" if n % 20 in (10, 15) else "U"}]},
        "birthDate": f"2015-01-{1 + n % 28:02d}" if n % 10 != 1 else None,
        "gender": "girl" if n % 10 in (0, 5) else "female",
        f"{'photo' if n % 3 else 'managing'}": "none",
    } | changes


def mother(n):
    return {
        "resourceType": "RelatedPerson",
        "patient": {"reference": f"Patient/p{n}"},
        "relationship": [{"coding": [{"code": "MTH"}]}],
        "name": [{"family": "Okonjo", "given": ["Ada"]}],
    }


def lines(**changes):
    """Patients, of whom some are followed by their mothers, and a line that is no JSON."""
    told = [
        [patient(n, **changes), mother(n)] if n % 4 == 1 else [patient(n, **changes)]
        for n in range(ROWS)
    ]
    return [json.dumps(one) for some in told for one in some] + ['{"resourceType":']


def load(store, written, day="2026-09-01", feed=None):
    path = store.folder / f"patients-{day}.ndjson"
    path.write_text("\n".join(written) + "\n", encoding="utf-8")
    return store.load(path, source="pds", day=day, chunk=9, reader=feed or Counting())


def told(outcome):
    return outcome.state, outcome.counts, outcome.dropped, outcome.exit_code, outcome.events


def logged(store, kind):
    pages = rows_of(store.log, upto=store.log.position())
    events = [message.event for page in pages for message in store.log.decode(page)]
    return [event for event in events if isinstance(event, kind)]


def noted(store):
    """What each chunk's event tells, but for what depends on the keys of its store."""
    return [
        (one.number, one.counts, [(n.line, n.outcome, n.rule, n.field) for n in one.notes])
        for one in logged(store, ChunkAppended)
    ]


def stated(store):
    """All statements: within a chunk they stand in the order of ids, which are of the store."""
    return sorted(
        (event.row, event.statement, event.stated[:2]) for event in logged(store, RecordReceived)
    )


def test_a_load_of_which_both_processes_read_rows_ends_as_one_in_a_single_process(stores):
    feeds = [Counting(), Counting()]
    outcomes = [
        told(load(store, lines(), feed=feed)) for store, feed in zip(stores, feeds, strict=True)
    ]
    assert outcomes[0] == outcomes[1]
    assert noted(stores[0]) == noted(stores[1])
    assert stated(stores[0]) == stated(stores[1])
    alone, shared = [len(feed.apart) for feed in feeds]
    assert (alone, shared) == (0, ROWS * LEFT // 10)


def test_both_read_changed_rows_among_rows_that_are_recalled(stores):
    for store in stores:
        load(store, lines())
    phone = {"system": "phone", "value": "020 7946 0001"}
    changed = lines(telecom=[phone])[:30] + lines()[30:]
    outcomes = [told(load(store, changed, "2026-09-02")) for store in stores]
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][1].changed > 0
    assert outcomes[0][1].unchanged > 0


def test_rows_are_recalled_whoever_read_them(store):
    first = load(store, lines())
    feed = Counting()
    again = load(store, lines(), "2026-09-02", feed)
    assert again.counts.unchanged == first.counts.new
    # Read again are only rows that were remarked on or not taken: half of them.
    assert len(feed.apart) <= ROWS * LEFT // 20
    assert first.dropped == again.dropped


def test_what_today_decides_is_read_anew_whoever_read_it(store):
    phone = {"system": "phone", "value": "020 7946 0001", "period": {"end": "2026-09-05"}}
    for today, changed in (("2026-09-01", 0), ("2026-09-04", 0), ("2026-09-09", 10)):
        written = [json.dumps(patient(10 * n, telecom=[phone])) for n in range(10)]
        outcome = load(store, written, today, PdsFhir(clock=partial(str, today)))
        assert outcome.counts.changed == changed


@dataclass(frozen=True)
class Refusing(PdsFhir):
    """A feed that refuses a row where it is read apart."""

    def rows(self, file, *, mapping=None):  # noqa: ARG002 - a feed's signature
        return _Refusing(file, Dropped(), Today(self.clock()))


class _Refusing(PdsRows):
    def row(self, line, *written):  # noqa: ARG002 - as its rows are read
        raise FeedError(self._file, f"line {line}", "", "JSON nested less deeply")


def test_a_file_refused_for_a_row_that_was_left_is_refused(stores):
    _, shared = stores
    with pytest.raises(FeedError, match="line 1: expected JSON nested less deeply"):
        load(shared, lines(), feed=Refusing())
    assert logged(shared, RecordReceived) == []
    with pytest.raises(FeedError, match="line 1: expected JSON nested less deeply"):
        load(shared, lines())  # it repeats its refusal

"""How much one reader may ask: requests in a second, and people in a day."""

import asyncio
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contactpoint.accesses import Accesses, Capacity
from contactpoint.people.actor import Actor, Role
from contactpoint.serving.keeping_up import is_in_loop
from contactpoint.serving.limits import AGAIN, FEW, Limits
from contactpoint.serving.problems import TooManyError
from contactpoint.serving.recording import BatchedAccesses
from events.access import ActRefused, Asked
from events.message import Origin
from tests.contactpoint.serving.conftest import ASHA, BRAM

ADA = Actor("ada", frozenset({Role.PRACTITIONER}))
DAY = 86_400_000_000
MORNING = 20_000 * DAY + 8 * 3_600_000_000


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def accesses(own):
    with own.opened() as store:
        yield store.accesses


def child(n):
    return UUID(int=n)


def limits(accesses, clock, **stated):
    return Limits(accesses, {Role.PRACTITIONER: 3, Role.STEWARD: 5}, clock=clock, **stated)


def test_requests_that_come_too_fast_are_put_off(accesses, clock):
    few = limits(accesses, clock, rate=2, burst=3)
    for _ in range(3):
        few.pass_one("ada")
    with pytest.raises(TooManyError) as refused:
        few.pass_one("ada")
    assert refused.value.after == 1
    few.pass_one("bram")
    clock.now = 0.5
    few.pass_one("ada")
    with pytest.raises(TooManyError):
        few.pass_one("ada")


def test_workers_share_what_a_reader_may_ask(accesses, clock):
    one_of_two = limits(accesses, clock, rate=10, burst=10, workers=2)
    for _ in range(5):
        one_of_two.pass_one("ada")
    with pytest.raises(TooManyError):
        one_of_two.pass_one("ada")
    clock.now = 0.1  # in which both together let one more pass
    with pytest.raises(TooManyError):
        one_of_two.pass_one("ada")
    clock.now = 0.2
    one_of_two.pass_one("ada")


def test_who_asked_nothing_for_long_may_no_more_at_once(accesses, clock):
    few = limits(accesses, clock, rate=2, burst=3)
    few.pass_one("ada")
    clock.now = 3_600.0
    for _ in range(3):
        few.pass_one("ada")
    with pytest.raises(TooManyError):
        few.pass_one("ada")


def record(few, who, *shown, at=MORNING):
    """Record looks of one commit. Raises what the first of those is refused with who are."""
    writer = BatchedAccesses(few.accesses.log, few.accesses.keys, few.accesses.master)
    writer.admit_by(few.admission)

    async def arrive():
        return await asyncio.gather(
            *(writer.written([look(few.accesses, who, children, at)]) for children in shown),
            return_exceptions=True,
        )

    for error in filter(None, asyncio.run(arrive())):
        raise error


def look(accesses, who, children, at=MORNING):
    origin = Origin(at, who.subject, "x")
    return accesses.look(origin, "x", Capacity(who), asked=Asked("why"), children=tuple(children))


def shown(accesses, day=MORNING, reader="ada"):
    """How many people the record says that a reader was shown."""
    return len(accesses.people(accesses.day(reader, day))[0])


def test_so_many_people_are_shown_on_a_day_and_the_same_ones_again(accesses, clock):
    few = limits(accesses, clock)
    record(few, ADA, [child(1), child(2)])
    record(few, ADA, [child(2), child(3)])
    with pytest.raises(TooManyError) as refused:
        few.admit(ADA, [child(4)], MORNING)
    assert refused.value.after == 16 * 3600
    few.admit(ADA, [child(1)], MORNING)
    record(few, ADA, [child(1)])
    record(few, ADA, [child(4)], at=MORNING + DAY)


def test_nobody_is_refused_who_is_shown_nobody(accesses, clock):
    accesses.write([look(accesses, ADA, [child(n) for n in range(9)])])
    few = limits(accesses, clock)
    few.admit(ADA, [], MORNING)
    record(few, ADA, [])
    with pytest.raises(TooManyError):
        record(few, ADA, [child(9)])


def test_whoever_has_two_roles_may_what_the_greater_allows(accesses, clock):
    both = Actor("ada", frozenset({Role.PRACTITIONER, Role.STEWARD}))
    few = limits(accesses, clock)
    few.admit(both, [child(n) for n in range(5)], MORNING)
    record(few, both, [child(n) for n in range(5)])
    for roles in ({Role.FEED_AGENT}, set()):
        with pytest.raises(TooManyError):
            few.admit(Actor("fay", frozenset(roles)), [child(1)], 0)


def test_answers_of_one_moment_are_not_too_much_together(accesses, clock):
    few = limits(accesses, clock)
    for n in range(3):
        few.admit(ADA, [child(2 * n), child(2 * n + 1)], MORNING)
    with pytest.raises(TooManyError):
        record(few, ADA, *([child(2 * n), child(2 * n + 1)] for n in range(3)))
    assert shown(accesses) == 2


def test_all_looks_of_one_answer_count(accesses, clock):
    """Such as those at a child and at its siblings, each recorded by itself."""
    few = limits(accesses, clock)
    writer = BatchedAccesses(accesses.log, accesses.keys, accesses.master)
    writer.admit_by(few.admission)
    with pytest.raises(TooManyError):
        asyncio.run(writer.written([look(accesses, ADA, [child(n)]) for n in range(4)]))
    assert shown(accesses) == 0
    asyncio.run(writer.written([look(accesses, ADA, [child(n)]) for n in range(3)]))
    with pytest.raises(TooManyError):
        record(few, ADA, [child(3)])


def test_what_another_process_shows_at_the_same_moment_counts_as_well(accesses, clock):
    one, other = limits(accesses, clock), limits(accesses, clock)
    record(one, ADA, [child(1)])
    one.admit(ADA, [child(2)], MORNING)
    other.admit(ADA, [child(3), child(4)], MORNING)
    record(other, ADA, [child(3), child(4)])
    with pytest.raises(TooManyError):
        record(one, ADA, [child(2)])
    record(one, ADA, [child(3)])
    assert shown(accesses) == 3


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.lists(st.sets(st.integers(1, 6), max_size=3), min_size=1)),
        max_size=8,
    )
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_however_processes_take_turns_no_reader_is_shown_more(accesses, clock, commits):
    reader = Actor(f"reader {uuid4()}", frozenset({Role.PRACTITIONER}))
    processes = limits(accesses, clock), limits(accesses, clock)
    for process, looks in commits:
        with suppress(TooManyError):
            record(processes[process], reader, *([child(n) for n in one] for one in looks))
        assert shown(accesses, reader=reader.subject) <= 3


def test_a_short_day_is_read_at_once_and_a_long_one_is_to_be_learned_first(accesses, clock):
    few = limits(accesses, clock)
    accesses.write([look(accesses, ADA, [child(1)]) for _ in range(FEW)])
    assert few.knows("ada", MORNING)
    assert few.day("ada", MORNING).version == FEW
    clock.now += AGAIN + 1
    accesses.write([look(accesses, ADA, [child(n % 3)]) for n in range(FEW + 1)])
    assert not few.knows("ada", MORNING)
    few.learn("ada", MORNING)
    assert few.knows("ada", MORNING)
    assert few.day("ada", MORNING).version == 2 * FEW + 1
    few.admit(ADA, [child(2)], MORNING)
    with pytest.raises(TooManyError):
        few.admit(ADA, [child(3)], MORNING)


def test_the_loop_reads_no_long_day(own, monkeypatch):
    """A reader's first question to a worker, after so many looks, leaves others their turns."""
    in_loop = []

    def read(self, day, **options):
        if is_in_loop():
            in_loop.append(self.log.versions([day])[day] - options.get("after", 0))
        return people(self, day, **options)

    people = Accesses.people
    monkeypatch.setattr(Accesses, "people", read)
    own.reader()
    rita = Actor("rita", frozenset({Role.PRACTITIONER}))
    with own.opened() as store:
        now = store.chance.clock()
        store.accesses.write([look(store.accesses, rita, [child(1)], now) for _ in range(FEW + 1)])
    with own.serving(CONTACTPOINT_PEOPLE="practitioner=1"):
        assert own.ask(f"/children/{own.number('pds', ASHA)}").status_code == 429
    assert all(few <= FEW for few in in_loop)


def test_over_http_the_limit_is_told_recorded_and_shows_nobody(own):
    with own.serving(CONTACTPOINT_PEOPLE="practitioner=1"):
        assert own.ask(f"/children/{own.number('pds', ASHA)}").status_code == 200
        refused = own.ask(f"/children/{own.number('pds', BRAM)}")
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) <= 86_400
        assert b"Vermeer" not in refused.content
        assert own.looks(ActRefused)[-1].act == "show a child"


def test_over_http_a_burst_is_put_off(own):
    with own.serving(CONTACTPOINT_RATE="1", CONTACTPOINT_BURST="2"):
        statuses = [own.ask("/children/1").status_code for _ in range(4)]
        assert statuses[:2] == [404, 404]
        assert statuses[-1] == 429

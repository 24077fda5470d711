"""Numbers: the earliest stays on a merge, the largest part keeps it on a split, none is lost."""

from itertools import combinations, count
from unittest.mock import Mock
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contactpoint.linking.commit import Commit
from contactpoint.settling import KnownChild, Settled, settle
from events.child import Child, CloseChild, Evidence, decide, evolve
from linkage.judgements import chain, implied
from linkage.resolve import Judgement, Member, Pair, resolve
from tests.tries import tries


def record(n):
    return UUID(int=n)


def group(*numbers):
    return frozenset(record(n) for n in numbers)


class Index:
    """A whole index in memory: children by id, as their events make them."""

    def __init__(self):
        self.children, self.registered, self.numbers = {}, {}, count(1)
        self.past, self.times = {}, count(1)

    def register(self, _records):
        n = next(self.numbers)
        return UUID(int=1000 + n), f"{n:012d}"

    def resolve(self, *groups, withdrawn=()):
        known = [
            KnownChild(id_, child, (self.registered[id_], child.number), self.past[id_])
            for id_, child in self.children.items()
        ]
        settled = settle(
            groups,
            known,
            evidence={r: Evidence(r) for g in groups for r in g},
            ordinals={r: r.int for g in groups for r in g},
            model="m",
            register=self.register,
            withdrawn=frozenset(withdrawn),
        )
        now = next(self.times)
        for one in settled:
            child = self.children.get(one.id, Child())
            self.registered.setdefault(one.id, len(self.registered))
            for event in one.events:
                child = evolve(child, event)
            self.children[one.id] = child
            self.past.setdefault(one.id, []).append((now, child))
        return settled

    def numbers_of(self):
        return {
            c.records: c.number.lstrip("0") for c in self.children.values() if c.status == "current"
        }

    def all_answers(self):
        """The records that each number ever given answers with."""
        numbers = [child.number.lstrip("0") for child in self.children.values()]
        return {number: self.answers(number) for number in numbers}

    def answers(self, number):
        child = next(c for c in self.children.values() if c.number.lstrip("0") == number)
        while child.status == "merged":
            child = self.children[child.into]
        return child.records


def test_each_group_gets_a_number_of_its_own():
    index = Index()
    index.resolve(group(1, 2), group(3))
    assert index.numbers_of() == {group(1, 2): "1", group(3): "2"}


def test_the_same_groups_again_owe_no_event():
    index = Index()
    index.resolve(group(1, 2), group(3))
    assert index.resolve(group(3), group(2, 1)) == []


def test_on_a_merge_the_number_registered_first_stays_and_the_other_answers_with_it():
    index = Index()
    index.resolve(group(1), group(2))
    index.resolve(group(1, 2))
    assert index.numbers_of() == {group(1, 2): "1"}
    assert index.answers("2") == group(1, 2)


def test_when_a_merge_is_undone_the_parts_get_the_numbers_they_had():
    index = Index()
    index.resolve(group(1), group(2, 3))
    index.resolve(group(1, 2, 3))
    index.resolve(group(1), group(2, 3))
    assert index.numbers_of() == {group(1): "1", group(2, 3): "2"}


def test_on_a_split_the_larger_part_keeps_the_number():
    index = Index()
    index.resolve(group(1, 2, 3))
    index.resolve(group(1), group(2, 3))
    assert index.numbers_of()[group(2, 3)] == "1"


def test_of_equal_parts_the_one_registered_first_keeps_the_number():
    index = Index()
    index.resolve(group(1, 2))
    index.resolve(group(1), group(2))
    assert index.numbers_of()[group(1)] == "1"


def test_a_child_without_current_records_is_closed_and_found_again():
    index = Index()
    index.resolve(group(1))
    index.resolve(withdrawn=group(1))
    assert index.numbers_of() == {}
    index.resolve(group(1))
    assert index.numbers_of() == {group(1): "1"}


partitions = st.lists(st.integers(0, 3), min_size=5, max_size=5).map(
    lambda labels: tuple(
        group(*(n for n, label in enumerate(labels, 1) if label == which))
        for which in sorted({label for label in labels if label})
    )
)


@given(st.lists(partitions, min_size=1, max_size=6))
def test_after_each_step_the_children_are_exactly_the_groups(steps):
    index = Index()
    for groups in steps:
        index.resolve(*groups)
        numbers = index.numbers_of()
        assert set(numbers) == set(groups)
        assert len(set(numbers.values())) == len(numbers)


@given(st.lists(partitions, min_size=1, max_size=6))
def test_every_number_ever_given_still_answers(steps):
    index = Index()
    for groups in steps:
        index.resolve(*groups)
    for child in list(index.children.values()):
        index.answers(child.number.lstrip("0"))


RECORDS = range(1, 8)
pairs = st.sampled_from(list(combinations(RECORDS, 2)))


def grouped(links, judged):
    """The groups that a model's links and stewards' judgements make."""
    found = [Pair(a, b, 20.0 - n, 0, "link") for n, (a, b) in enumerate(links)]
    members = [Member(n, f"source {n}", str(n)) for n in RECORDS]
    children = resolve(members, found, implied(judged, [], RECORDS)).children
    return [group(*child) for child in children]


@tries(100)
@given(st.lists(pairs, max_size=6, unique=True), st.lists(st.tuples(pairs, st.booleans())))
def test_undoing_judgements_gives_back_every_number_step_by_step(links, acts):
    index, before = Index(), []
    judged: list[Judgement] = []
    index.resolve(*grouped(links, []))
    for (left, right), same in acts:
        known = any((j.left, j.right) == (left, right) for j in judged)
        if not known and chain(judged, left, right, same=same) is None:
            before.append(index.all_answers())
            judged.append(Judgement(left, right, same))
            index.resolve(*grouped(links, judged))
    while judged:
        judged.pop()
        index.resolve(*grouped(links, judged))
        earlier = before.pop()
        now = index.all_answers()
        assert {number: now[number] for number in earlier} == earlier


def test_a_merged_number_follows_its_records_when_they_go_on_to_another_child():
    index = Index()
    index.resolve(group(1, 2), group(3), group(4))
    index.resolve(group(1, 2, 3, 4))
    index.resolve(group(1, 2), group(3, 4))
    assert index.answers("2") == index.answers("3") == group(3, 4)


def test_who_comes_too_late_for_a_group_keeps_its_number_for_what_is_left():
    index = Index()
    index.resolve(group(1), group(2, 3))
    index.resolve(group(1, 2), group(3))
    assert index.numbers_of() == {group(1, 2): "1", group(3): "2"}


OLD, ONCE, OTHER = UUID(int=901), UUID(int=902), UUID(int=903)


def child(status, records=(), former=(), into=None):
    return Child(1, "1", status, group(*records), group(*former), into)


def settled(groups, known, given_up=()):
    """What follows for known children, by id: the names of events."""
    found = settle(
        groups,
        known,
        evidence={r: Evidence(r) for g in groups for r in g},
        ordinals={record(n): n for n in range(10)},
        model="m",
        register=lambda _: (UUID(int=999), "999"),
        given_up=group(*given_up),
    )
    return {one.id: [type(event).__name__ for event in one.events] for one in found}


def test_a_retired_identity_keeps_a_record_that_a_merged_child_had_once():
    retired = child("retired", [1, 2])
    known = [
        KnownChild(OLD, retired, (1, "1"), [(1, retired)]),
        KnownChild(ONCE, child("merged", former=[1, 3, 4], into=OTHER), (0, "0")),
        KnownChild(OTHER, child("current", [3, 4]), (2, "2")),
    ]
    assert settled([group(1), group(3, 4)], known) == {OLD: ["RecordsUnlinked"]}


def test_groups_as_at_an_earlier_time_show_nobody_of_an_identity_given_up_since():
    def had(n):
        once = child("merged", former=[n], into=OLD)
        return once, [(1, child("current", [n])), (2, once)]

    retired = child("retired", [1, 3])
    known = [
        KnownChild(OLD, retired, (0, "0"), [(1, child("retired")), (2, retired)]),
        KnownChild(ONCE, had(1)[0], (1, "1"), had(1)[1]),
        KnownChild(OTHER, had(3)[0], (2, "2"), had(3)[1]),
    ]
    parted = {OLD: ["RecordsUnlinked"], OTHER: ["ChildRestored"]}
    assert settled([group(1), group(3)], known, given_up=[1]) == parted
    # What an undone judgement had brought there is of it no longer.
    undone = parted | {ONCE: ["ChildRestored"]}
    assert settled([group(1), group(3)], known) == undone


def test_a_retired_identity_takes_its_own_records_where_more_were_brought_to_it_and_are_gone():
    retired = child("retired", [1, 2, 3, 4, 5])
    known = [
        KnownChild(OLD, retired, (0, "0"), [(1, retired)]),
        KnownChild(ONCE, child("current", [6]), (1, "1")),
    ]
    followed = settled([group(1, 2), group(3, 4, 5, 6)], known, given_up=[1, 2])
    assert followed == {OLD: ["RecordsUnlinked"], ONCE: ["RecordsLinked"]}


def test_a_retired_identity_gives_back_what_it_took_over_from_another_and_keeps_its_own():
    own, both = child("retired", [5]), child("retired", [1, 5])
    known = [
        KnownChild(OLD, both, (0, "0"), [(1, own), (3, both)]),
        KnownChild(
            ONCE,
            child("retired", former=[1]),
            (1, "1"),
            [(2, child("retired", [1])), (3, child("retired", former=[1]))],
        ),
    ]
    followed = settled([group(1), group(5, 6)], known, given_up=[1, 5])
    assert followed == {OLD: ["RecordsUnlinked", "RecordsLinked"], ONCE: ["RecordsLinked"]}


def test_a_retired_identity_keeps_the_records_of_a_child_that_had_gone_into_it_before():
    merged, without = child("merged", former=[1], into=OLD), child("retired", former=[1])
    before, now = child("retired", [2]), child("retired", [1])
    known = [
        KnownChild(OLD, now, (0, "0"), [(2, before), (3, now)]),
        KnownChild(
            ONCE, without, (1, "1"), [(0, child("current", [1])), (1, merged), (2, without)]
        ),
    ]
    new = {UUID(int=999): ["ChildRegistered"]}
    assert settled([group(1), group(5)], known, given_up=[1, 2]) == new


def test_a_retired_identity_takes_back_its_own_when_the_other_that_took_it_over_lets_go():
    had, kept = child("retired", [1, 2]), child("retired", [1])
    without = child("retired", former=[1])
    both = child("retired", [1, 3])
    known = [
        KnownChild(OLD, both, (1, "1"), [(1, child("retired", [3])), (4, both)]),
        KnownChild(ONCE, without, (0, "0"), [(2, had), (3, kept), (4, without)]),
    ]
    followed = settled([group(1), group(3, 4)], known, given_up=[1, 2, 3])
    assert followed == {OLD: ["RecordsUnlinked", "RecordsLinked"], ONCE: ["RecordsLinked"]}


def test_a_retired_identity_claims_nothing_of_another_that_was_with_it_until_an_undo():
    own, both, others = child("retired", [2]), child("retired", [1, 2]), child("retired", [1])
    known = [
        KnownChild(OLD, own, (0, "0"), [(1, own), (3, both), (4, own)]),
        KnownChild(ONCE, others, (1, "1"), [(2, child("current", [1])), (5, others)]),
    ]
    new = {UUID(int=999): ["ChildRegistered"]}
    assert settled([group(1), group(2), group(3)], known, given_up=[1, 2]) == new


def test_a_retired_identity_claims_nothing_that_was_of_it_when_it_was_retired_before():
    had, has = child("retired", [1]), child("retired", [1])
    without = child("retired", former=[1])
    merged = child("merged", former=[1], into=OLD)
    known = [
        KnownChild(OLD, has, (1, "1"), [(3, has)]),
        KnownChild(ONCE, without, (0, "0"), [(1, had), (2, merged), (3, without)]),
    ]
    new = {UUID(int=999): ["ChildRegistered"]}
    assert settled([group(1), group(2)], known, given_up=[1]) == new


def test_a_child_that_loses_a_record_goes_on_under_its_number_whatever_was_undone_before():
    """The child that an undone judgement had made has had its other record, too."""
    index = Index()
    three = group(1, 2), group(3, 4, 5), group(6, 7)
    index.resolve(*three)
    before = index.numbers_of()
    index.resolve(group(1), group(2, 3), group(4, 5, 6, 7))
    index.resolve(*three)
    assert index.numbers_of() == before
    index.resolve(group(2), *three[1:], withdrawn=group(*range(1, 8)))
    assert index.numbers_of()[group(2)] == before[group(1, 2)]


def test_a_closed_child_keeps_what_was_withdrawn_and_not_what_moved():
    """So too by the events alone (``contactpoint.following``): it is found again by the former."""
    before = Child(number="1", status="current", records=group(1, 2))
    events = decide(CloseChild(group(2)), before)
    commit = Commit({}, Mock(), set())
    commit.add(Settled(record(9), before, events))
    assert commit.links == {record(1): None}
    for event in events:
        before = evolve(before, event)
    assert before.former == group(2)

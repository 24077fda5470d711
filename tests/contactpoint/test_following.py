"""The heads as the events alone make them: given these events, then these heads."""

from itertools import count

import pytest

from contactpoint.following import heads_of
from events.child import (
    ChildClosed,
    ChildMerged,
    ChildRegistered,
    ChildRestored,
    ChildRetired,
    Evidence,
    RecordsLinked,
    RecordsUnlinked,
)
from events.delivery import Counts, DeliveryCompleted, DeliveryReceived
from events.judgement import JudgementReversed, PairJudged, PairRaised, Seen
from events.message import Recorded
from events.never_link import (
    NeverLinkDrawn,
    NeverLinkGrown,
    NeverLinkLifted,
    SidesGivenBack,
)
from events.record import Order, RecordAmended, RecordReceived, Statement
from events.shield import ShieldApplied, ShieldLifted, ShieldSpread
from events.store.heads import (
    ChildHead,
    DeliveryHead,
    JudgementHead,
    KeyHead,
    RecordHead,
    ScopeHead,
    ShieldHead,
    SideRecord,
)
from person.particulars import Particulars
from tests.events.store_builders import ORIGIN, PLACE, record_id

A, B, C = (record_id(n) for n in range(1, 4))
ANNE, BEA = record_id(11), record_id(12)
SHIELD, OTHER, NEVER, FURTHER = (record_id(n) for n in range(21, 25))


def received(ordinal, *, other_key=b""):
    return RecordReceived(
        ordinal=ordinal,
        source="club",
        scope="",
        delivery="d",
        row=2,
        stated=PLACE,
        seen=PLACE,
        traits=b"",
        statement=Statement(f"c{ordinal}", Particulars()),
        other_key=other_key,
    )


RECORDS = [(A, received(1), (7,)), (B, received(2), (8, 9)), (C, received(3), (10,))]


def heads(kind, *told):
    """Every head of a kind that follows from these events, each with its stream."""
    versions = count(1)
    messages = [
        Recorded(stream, next(versions), ORIGIN, 1, event, keys[0] if keys else ())
        for stream, event, *keys in told
    ]
    return [head for head in heads_of(messages) if isinstance(head, kind)]


def linked(*records):
    return tuple(Evidence(record) for record in records)


def registered(number, *records):
    return ChildRegistered(number, "m", linked(*records))


def of_whom(*told):
    """Whose child each record is."""
    return {head.record: head.child for head in heads(RecordHead, *RECORDS, *told)}


ANNES = (ANNE, registered("1", A, B))
BEAS = (BEA, registered("2", C))


@pytest.mark.parametrize(
    ("told", "children"),
    [
        ([ANNES], {A: ANNE, B: ANNE, C: None}),
        ([ANNES, (ANNE, RecordsLinked("m", linked(C)))], {A: ANNE, B: ANNE, C: ANNE}),
        ([ANNES, (ANNE, RecordsUnlinked((B,), "moved"))], {A: ANNE, B: None, C: None}),
        # One that another child took meanwhile stays that child's.
        (
            [ANNES, (BEA, registered("2", C, B)), (ANNE, RecordsUnlinked((B,), "moved"))],
            {A: ANNE, B: BEA, C: BEA},
        ),
        ([ANNES, BEAS, (BEA, ChildMerged(ANNE))], {A: ANNE, B: ANNE, C: None}),
        (
            [ANNES, BEAS, (BEA, ChildMerged(ANNE)), (BEA, ChildRestored("m", linked(C)))],
            {A: ANNE, B: ANNE, C: BEA},
        ),
        # A withdrawn record keeps its child, unless another has it by now.
        ([ANNES, (ANNE, ChildClosed())], {A: ANNE, B: ANNE, C: None}),
        (
            [ANNES, (ANNE, RecordsUnlinked((A, B), "withdrawn")), (BEA, registered("2", A)),
             (ANNE, ChildClosed())],
            {A: BEA, B: ANNE, C: None},
        ),
        # What was of a retired identity is of it again when it returns; what was erased is not.
        (
            [ANNES, (ANNE, ChildRetired()), (ANNE, RecordsUnlinked((B,), "withdrawn"))],
            {A: ANNE, B: ANNE, C: None},
        ),
        (
            [ANNES, (ANNE, ChildRetired()), (ANNE, RecordsUnlinked((B,), "erased"))],
            {A: ANNE, B: None, C: None},
        ),
        (
            [ANNES, (BEA, registered("2", A)), (ANNE, RecordsLinked("m", linked(C)))],
            {A: BEA, B: ANNE, C: ANNE},
        ),
    ],
)  # fmt: skip
def test_a_record_is_of_the_child_that_the_events_of_children_say(told, children):
    assert of_whom(*told) == children


def test_a_child_is_known_by_its_number_its_version_and_what_became_of_it():
    told = heads(ChildHead, *RECORDS, ANNES, BEAS, (BEA, ChildMerged(ANNE)), (ANNE, ChildClosed()))
    assert told == [ChildHead(ANNE, "1", 2, None, True), ChildHead(BEA, "2", 2, ANNE, False)]
    (retired,) = heads(ChildHead, *RECORDS, ANNES, (ANNE, ChildRetired()))
    assert not retired.closed


def test_a_record_keeps_the_key_of_what_was_ever_sensitive_in_it():
    later = Order(PLACE.effective + 1, 0, b"")
    amended = RecordAmended("d", 3, later, later, b"", statement=Statement("c2", Particulars()))
    told = heads(RecordHead, *RECORDS, (B, amended, (12,)))
    keys = {head.record: (head.key, head.sensitive) for head in told}
    assert keys == {A: (7, 0), B: (12, 9), C: (10, 0)}


def test_another_key_answers_with_its_record():
    told = heads(KeyHead, (A, received(1, other_key=B.bytes), (7,)))
    assert told == [KeyHead(B, A)]


def raised(left, right):
    return PairRaised(left, right, "m", 0, 0.0, 0.0, "ada", "asked")


def judged(left, right, verdict):
    return PairJudged(left, right, verdict, "twins", Seen(1, 1), "ada")


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ([raised(A, B)], ""),
        ([raised(A, B), judged(A, B, "apart")], "apart"),
        ([judged(A, B, "apart"), raised(A, B)], "apart"),
        ([judged(A, B, "apart"), judged(A, B, "link")], "link"),
        ([judged(A, B, "link"), JudgementReversed(A, B, "ada")], ""),
    ],
)
def test_a_pair_stands_as_it_was_judged_last(told, verdict):
    found = heads(JudgementHead, *((OTHER, event) for event in told))
    assert found == [JudgementHead(A, B, verdict)]


def drawn(*, renewed=False):
    return NeverLinkDrawn((A,), (B,), "ola", "oli", renewed=renewed)


@pytest.mark.parametrize(
    ("told", "sides"),
    [
        ([(NEVER, drawn())], {(NEVER, A): "left", (NEVER, B): "right"}),
        (
            [(NEVER, drawn(renewed=True)), (NEVER, NeverLinkGrown(right=(C,)))],
            {(NEVER, A): "old", (NEVER, B): "new", (NEVER, C): "new"},
        ),
        (
            [(NEVER, drawn(renewed=True)), (FURTHER, NeverLinkDrawn((C,), (B,), "ola", "oli"))],
            {(NEVER, A): "old", (NEVER, B): "new", (FURTHER, C): "left", (FURTHER, B): "right"},
        ),
        (
            [(NEVER, drawn()), (NEVER, NeverLinkGrown((C,))), (NEVER, SidesGivenBack((C,)))],
            {(NEVER, A): "left", (NEVER, B): "right", (NEVER, C): ""},
        ),
        (
            [(NEVER, drawn()), (FURTHER, drawn()), (NEVER, NeverLinkLifted("ola", "oli"))],
            {(NEVER, A): "", (NEVER, B): "", (FURTHER, A): "left", (FURTHER, B): "right"},
        ),
    ],
)
def test_records_stand_on_the_sides_of_a_never_link_until_it_is_lifted(told, sides):
    found = {(head.never_link, head.record): head.side for head in heads(SideRecord, *told)}
    assert found == sides


@pytest.mark.parametrize(
    ("told", "kinds"),
    [
        ([ShieldApplied((A,), "2027-01-01")], {A: "shielded"}),
        ([ShieldApplied((A,), "2027-01-01"), ShieldSpread((B,))], {A: "shielded", B: "shielded"}),
        (
            [ShieldApplied((A, B), "2027-01-01"), ShieldLifted("olu", "pat")],
            {A: "lifted", B: "lifted"},
        ),
    ],
)
def test_a_shield_stands_over_the_records_that_its_own_events_name(told, kinds):
    other = (OTHER, ShieldApplied((C,), "2027-01-01"))
    found = heads(ShieldHead, other, *((SHIELD, event) for event in told))
    assert {head.record: head.kind for head in found if head.shield == SHIELD} == kinds
    assert ShieldHead(C, OTHER, "shielded") in found


def delivered(day):
    return DeliveryReceived(
        source="club",
        feed="csv",
        digest="",
        reader=1,
        mapping="",
        mode="snapshot",
        stated="",
        order=Order(day, 0, b""),
        effective_by="option",
        scopes=(),
        chunk=1,
        size=1,
        counts=Counts(),
        dropped={},
    )


@pytest.mark.parametrize("days", [(1, 2), (2, 1)])
def test_the_latest_snapshot_of_a_scope_is_known_whenever_it_arrived(days):
    told = []
    for stream, day in zip((A, B), days, strict=True):
        told += [(stream, delivered(day)), (stream, DeliveryCompleted(Counts(), ("s",), True, 0))]
    assert heads(ScopeHead, *told) == [ScopeHead("club", "s", Order(2, 0, b""))]


def test_each_delivery_that_was_received_is_known_by_its_place():
    ended = (B, DeliveryCompleted(Counts(), (), False, 0))
    told = [(A, delivered(2)), (B, delivered(1)), ended]
    assert heads(DeliveryHead, *told) == [
        DeliveryHead(A, "club", Order(2, 0, b"")),
        DeliveryHead(B, "club", Order(1, 0, b"")),
    ]


def test_what_is_no_snapshot_or_has_not_ended_says_nothing_of_a_scope():
    ended = (B, DeliveryCompleted(Counts(), ("s",), False, 0))
    assert heads(ScopeHead, (A, delivered(1)), (B, delivered(1)), ended) == []

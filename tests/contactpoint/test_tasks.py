"""What awaits a steward: in the field's words, the worthiest first, each record once."""

import json
from dataclasses import dataclass
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactpoint.errors import DeniedError, NotFoundError
from contactpoint.judging.acts import By
from contactpoint.kinds import Kinds
from contactpoint.moments import DAY
from contactpoint.separating import Separating
from contactpoint.tasks import Task, each_record_once, place
from events.never_link import Grounds
from linkage import pattern as patterns
from linkage.compare.dates import Birth
from linkage.compare.identifiers import Nhs
from linkage.compare.names import Given
from projections.worth import ASIDE, RISK, Kind, turn, worth
from tests.contactpoint.desk import REASON, Desk

RECORDS = "abcdef"


def kind_of(one, other, **levels):
    return Kinds({}).of(patterns.encode(levels), one, other)


def record(name):
    return uuid5(NAMESPACE_OID, name)


def task(name, records, turn=1.0, claimed=""):
    return Task(Kind.LINKAGE, name, tuple(map(record, records)), 0, turn, claimed=claimed)


@dataclass
class Some:
    """Some tasks, of which those about ``barred`` records are not theirs who asks."""

    tasks: list[Task]
    barred: frozenset[UUID] = frozenset()

    def __post_init__(self):
        self.asked = []

    def following(self, behind):
        ordered = sorted(self.tasks, key=place)
        return iter([one for one in ordered if behind is None or place(one) > behind])

    def sharing(self, records):
        return [one for one in self.tasks if not set(records).isdisjoint(one.ids)]

    def told(self, tasks):
        self.asked.append(len(tasks))
        return [one if self.barred.isdisjoint(one.ids) else None for one in tasks]

    def simply(self):
        """What is told of: task after task, with all that was told before in mind."""
        taken: set[UUID] = set()
        found: list[Task] = []
        for one in sorted(self.tasks, key=place):
            if taken.isdisjoint(one.ids) and self.barred.isdisjoint(one.ids):
                found.append(one)
                taken.update(one.ids)
        return found


def test_two_records_of_one_source_are_a_potential_duplicate():
    likely = {"given": Given.EXACT, "birth": Birth.EXACT}
    assert kind_of("pds", "pds", **likely) == "potential duplicate"
    assert kind_of("pds", "schools", **likely) == "potential linkage"


def test_a_number_on_two_who_are_unlike_is_an_identifier_to_review():
    shared = {"nhs": Nhs.VERIFIED, "given": Given.DIFFERENT, "birth": Birth.EXACT}
    assert kind_of("pds", "pds", **shared) == "review identifier"


def test_a_decision_is_worth_more_the_nearer_the_riskier_and_the_older():
    def worth_of(kind, since, distance, **unsure):
        return worth(turn(kind, since, distance, **unsure), 100 * DAY)

    assert worth_of(Kind.LINKAGE, 0, 1.0) > worth_of(Kind.LINKAGE, 0, -4.0)
    assert worth_of(Kind.IDENTIFIER, 0, 1.0) > worth_of(Kind.LINKAGE, 0, 1.0)
    assert worth_of(Kind.LINKAGE, 0, 1.0) > worth_of(Kind.LINKAGE, 90 * DAY, 1.0)
    assert worth_of(Kind.LINKAGE, 0, 1.0) > worth_of(Kind.LINKAGE, 0, None)
    aside = worth_of(Kind.LINKAGE, 0, 1.0, is_unsure=True)
    assert aside == pytest.approx(worth_of(Kind.LINKAGE, 0, 1.0) - ASIDE)
    assert set(RISK) == set(Kind)


def test_waiting_ninety_days_more_is_worth_one_at_any_moment():
    older, newer = turn(Kind.LINKAGE, 0, 1.0), turn(Kind.LINKAGE, 90 * DAY, 1.0)
    for now in (90 * DAY, 20_000 * DAY):
        assert worth(older, now) - worth(newer, now) == pytest.approx(1.0)


tasks = st.lists(
    st.builds(
        task,
        st.uuids().map(str),
        st.frozensets(st.sampled_from(RECORDS), min_size=1, max_size=2),
        st.floats(0, 9),
        st.sampled_from(["", "ada"]),
    ),
    max_size=12,
)
barred = st.frozensets(st.sampled_from(RECORDS).map(record))


@given(tasks, barred)
def test_each_record_stands_in_one_task_and_none_that_is_theirs_is_forgotten(tasks, barred):
    waiting = Some(tasks, barred)
    found = list(each_record_once(waiting))
    named = [record for one in found for record in one.ids]
    assert len(named) == len(set(named))
    assert barred.isdisjoint(named)
    for one in tasks:
        is_theirs = barred.isdisjoint(one.ids)
        assert one in found or not is_theirs or not set(named).isdisjoint(one.ids)


@given(tasks, barred, st.integers(1, 3))
def test_what_follows_a_place_is_what_follows_it_in_the_whole(tasks, barred, at_once):
    waiting = Some(tasks, barred)
    whole = list(each_record_once(waiting, at_once=at_once))
    assert whole == waiting.simply()
    for one in tasks:
        rest = list(each_record_once(waiting, place(one), at_once=at_once))
        assert rest == [other for other in whole if place(other) > place(one)]


def test_whose_a_task_is_is_asked_of_those_that_are_read_and_of_no_more():
    of = [task(f"{one:03}", (f"r{one}", f"r{1_000 + one}"), 1.0, "") for one in range(900)]
    of += [task("999", ("r0", "r1005"), 2.0, "")]
    waiting = Some(of)
    assert next(each_record_once(waiting)).name == "000"
    assert waiting.asked == [100]
    waiting.asked.clear()
    assert list(each_record_once(waiting, place(of[899]))) == []
    assert waiting.asked == [1, 2]


def test_where_many_share_a_record_none_is_looked_at_for_each_of_the_others(monkeypatch):
    looked: list[Task] = []

    def look(one):
        looked.append(one)
        return place(one)

    monkeypatch.setattr("contactpoint.tasks.place", look)
    of = [task(f"{one:03}", ("hub", f"r{one}"), 1.0) for one in range(900)]
    waiting = Some([*of, task("999", ("a", "b"), 2.0)])
    assert [one.name for one in each_record_once(waiting)] == ["000", "999"]
    assert len(looked) < 10 * len(of)


def test_a_task_that_is_read_twice_is_told_of_once():
    """Its steward could not tell while the queue was read: it stands further behind now."""
    first, again = task("1", "ab", 1.0), task("1", "ab", 3.0)
    waiting = Some([first, again, task("2", "cd", 2.0)])
    assert [one.name for one in each_record_once(waiting)] == ["1", "2"]


@given(tasks)
def test_what_somebody_is_at_goes_first_and_then_the_worthiest(tasks):
    found = list(each_record_once(Some(tasks)))
    assert found == sorted(found, key=lambda one: (not one.claimed, one.turn, one.name))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    desk = Desk(tmp_path_factory.mktemp("tasks") / "home").begin()
    desk.patient("north", "9000000009", "2015-03-04")
    desk.patient("south", "9000000025", "2015-03")
    desk.patient("west", "9000000041", "2015-03")
    return desk


@pytest.fixture
def desk(made, tmp_path):
    return made.again(tmp_path / "home")


def test_of_three_records_that_may_be_one_child_one_pair_is_asked_about_at_a_time(desk):
    with desk.opened() as store:
        store.projector.catch_up()
        assert len(store.workings.open_pairs()) == 3
    [first] = desk.listed()
    assert first["task"] == "potential linkage"
    desk.decide(first["pair"], verdict="link")
    [second] = desk.listed()
    assert second["pair"] != first["pair"]


def test_a_claimed_pair_stays_the_task_of_its_records_and_says_whose_it_is(desk):
    [first] = desk.listed()
    with desk.opened() as store:
        store.projector.catch_up()
        names = {f"{p.left.hex[:8]}-{p.right.hex[:8]}" for p in store.workings.open_pairs()}
    other = min(names - {first["pair"]})
    desk.run("review", "claim", other, by=desk.bram)
    [now] = desk.listed()
    assert (now["pair"], now["claimed_by"]) == (other, "bram")
    desk.run("review", "release", other, by=desk.bram)
    assert desk.listed()[0]["pair"] == first["pair"]


def test_what_nobody_could_tell_goes_behind_the_others(desk):
    [first] = desk.listed()
    desk.decide(first["pair"], verdict="unsure")
    [now] = desk.listed()
    assert now["pair"] != first["pair"]


def test_a_pair_that_was_referred_on_waits_for_others_than_who_referred_it(desk):
    [first] = desk.listed()
    desk.decide(first["pair"], verdict="refer")
    assert first["pair"] not in {one["pair"] for one in desk.listed()}
    [told] = [one for one in desk.listed(by=desk.bram) if one["pair"] == first["pair"]]
    assert told["said"] == "refer"
    desk.decide(first["pair"], verdict="link", by=desk.bram)
    assert first["pair"] not in {one["pair"] for one in desk.listed(by=desk.bram)}


def test_nobody_is_given_or_decides_on_their_own_family(desk):
    [first] = desk.listed()
    number = desk.opened_pair(first["pair"])["left"]["child"]
    seen = desk.opened_pair(first["pair"])["seen"]
    declared = desk.run("review", "relatives", "-", stdin=f"{number}\n", by=desk.ada)
    assert declared.stdout == "1 child is of the family\n"
    assert first["pair"] not in {one["pair"] for one in desk.listed()}
    assert first["pair"] in {one["pair"] for one in desk.listed(by=desk.bram)}
    said = set()
    for name in (first["pair"], "00000000-00000000"):
        for attempt in (
            lambda name: desk.run("review", "show", name, *REASON, by=desk.ada),
            lambda name: desk.run("review", "claim", name, by=desk.ada),
            lambda name: desk.run("review", "release", name, by=desk.ada),
            lambda name: desk.decide(name, verdict="link", seen=seen),
        ):
            with pytest.raises(NotFoundError) as refused:
                attempt(name)
            said.add(str(refused.value))
    assert len(said) == 1
    assert desk.decide(first["pair"], verdict="link", by=desk.bram)["new"]


def test_a_pair_that_waits_is_referred_once_however_often_all_is_linked(desk):
    assert desk.listed()
    before = desk.events()
    for _ in range(2):
        desk.run("link", "--all")
    assert desk.events() == before


def separating_of(store):
    """Never-links drawn with no run of linking after them."""
    workings = store.workings
    merged, retired = workings.merged_into, workings.retired_of
    return Separating(store.log, store.keys, store.master, merged, retired)


def test_a_pair_across_a_never_link_is_in_no_queue_from_the_moment_it_is_drawn(desk):
    with desk.opened() as store:
        store.projector.catch_up()
        separating = separating_of(store)
        for one in store.open_records.shown_pairs():
            officers, origin = By("cora", "dele"), store.origin("never-link draw")
            separating.draw([one.left], [one.right], officers, origin, Grounds("other", "x"))
        # No run of linking has followed, and the pairs wait on in the read models.
        store.projector.catch_up()
        assert store.workings.open_pairs()
        assert store.open_records.shown_pairs() == []
        assert store.lists.status().reviews == 0
    assert desk.listed() == []


@pytest.mark.parametrize("links", [False, True])
def test_clearance_for_shields_lets_nobody_see_a_task_across_a_never_link(desk, links):
    """Of pairs that somebody asked about, too, which wait on whatever a run makes of them."""
    cleared = desk.token("cora", "steward", "shielding-officer")
    with desk.opened() as store:
        pairs = [(one.left, one.right) for one in store.workings.open_pairs()]
        names = {one.record: f"{one.source}:{one.key}" for one in store.workings.records()}
    for pair in pairs:
        desk.run("review", "raise", *(names[one] for one in pair), *REASON, by=desk.bram)
    assert desk.listed(by=cleared)
    with desk.opened() as store:
        store.projector.catch_up()
        separating = separating_of(store)
        for left, right in pairs:
            officers, origin = By("cora", "dele"), store.origin("never-link draw")
            separating.draw([left], [right], officers, origin, Grounds("other", "x"))
    if links:
        desk.run("link")
    assert desk.listed() == desk.listed(by=cleared) == []
    for left, right in pairs:
        with pytest.raises(NotFoundError):
            desk.opened_pair(f"{left.hex[:8]}-{right.hex[:8]}", by=cleared)


def test_a_family_stays_ones_own_when_the_child_is_merged(desk):
    before = desk.numbers()[0]
    desk.run("review", "relatives", before["south", "9000000025"], by=desk.ada)
    desk.decide("north:9000000009", "south:9000000025", verdict="link", by=desk.bram)
    with pytest.raises(NotFoundError):
        desk.run("review", "claim", "north:9000000009", "west:9000000041", by=desk.ada)


def test_only_an_administrator_declares_the_family_of_another(desk):
    number = desk.numbers()[0]["north", "9000000009"]
    with pytest.raises(DeniedError):
        desk.run("review", "relatives", number, "--of", "bram", by=desk.ada)
    desk.run("review", "relatives", number, "--of", "bram")
    with pytest.raises(NotFoundError):
        desk.run("review", "claim", "north:9000000009", "south:9000000025", by=desk.bram)


def test_a_record_that_turns_into_another_child_is_a_potential_overlay_and_moves_nothing(desk):
    before = desk.numbers()
    desk.patient(
        *("north", "9000000009", "2011-10-09"),
        version="7", family="Quillonby", given="Zebedee", postcode="LS1 4AP", line="2 Elm Row",
    )  # fmt: skip
    assert desk.numbers() == before
    [overlay] = [one for one in desk.listed() if one["task"] == "potential overlay"]
    with desk.opened() as store:
        assert overlay["records"] == [store.record_named("north:9000000009").hex[:8]]
    assert desk.listed()[0] == overlay
    others = {record for one in desk.listed()[1:] for record in one["records"]}
    assert not others & set(overlay["records"])
    delivery = overlay["name"].partition(":")[0]
    desk.run("delivery", "approve", delivery, "--reason", "they renamed the child")
    assert "potential overlay" not in {one["task"] for one in desk.listed()}


MAPPING = """
[feed]
key = "key"
[settings]
one_record_each = true
[columns]
given = "given"
family = "family"
dob = "dob"
postcode = "postcode"
nhs = "nhs"
nhs_status = "status"
"""
TWINS = ("Asha", "9000000009"), ("Bram", "9000000017")


@pytest.fixture
def twins(tmp_path):
    """The health service's records of two twins, and how a school states them."""
    made = Desk(tmp_path / "home").begin()
    mapping = tmp_path / "school.toml"
    mapping.write_text(MAPPING)

    def state(rows, source, day):
        path = tmp_path / f"{source}-{day}.csv"
        lines = [f"{n},{name},Okonjo,2015-03-04,SE15 3QN,{number},{status}"
                 for n, (name, number, status) in enumerate(rows)]  # fmt: skip
        path.write_text("\n".join(["key,given,family,dob,postcode,nhs,status", *lines]))
        words = ("--source", source, "--feed", "csv", "--mapping", mapping, "--effective", day)
        return made.run("load", path, *words, expected=(0, 3)).return_value

    state([(name, number, "01") for name, number in TWINS], "pds", "2026-09-01")
    made.state = lambda day, *rows: state(rows, "school", day)
    return made


@pytest.mark.parametrize("status", ["01", "02"])
def test_numbers_that_two_records_exchanged_move_neither_to_the_other_child(twins, status):
    (asha, one), (bram, other) = TWINS
    twins.state("2026-09-02", (asha, one, status), (bram, other, status))
    right = {frozenset({"pds:0", "school:0"}), frozenset({"pds:1", "school:1"})}
    assert twins.children() == right
    twins.state("2026-09-03", (asha, other, status), (bram, one, status))
    alone = {frozenset({f"{source}:{n}"}) for source in ("pds", "school") for n in (0, 1)}
    assert twins.children() == (alone if status == "01" else right)
    tasks = twins.listed()
    assert [one["task"] for one in tasks] == ["review identifier"] * 2
    assert "another child's" in twins.opened_pair("pds:0", "school:1")["why"]
    before = twins.events()
    twins.run("link", "--all")
    assert (twins.children(), twins.events()) == (alone if status == "01" else right, before)
    twins.state("2026-09-04", (asha, one, status), (bram, other, status))
    assert (twins.children(), twins.listed()) == (right, [])


def test_numbers_exchanged_from_the_first_are_placed_as_those_exchanged_later(twins):
    (asha, one), (bram, other) = TWINS
    twins.state("2026-09-02", (asha, other, "01"), (bram, one, "01"))
    assert all(len(child) == 1 for child in twins.children())
    assert len(twins.listed()) == 2


def test_a_number_that_a_school_states_of_two_children_awaits_a_steward(twins):
    (asha, one), (bram, _) = TWINS
    twins.state("2026-09-02", (asha, one, "02"), (bram, one, "02"))
    assert frozenset({"pds:1", "school:1"}) in twins.children()
    [task] = twins.listed()
    assert task["task"] == "review identifier"
    twins.decide("pds:0", "school:1", verdict="apart")
    assert twins.listed() == []


def test_new_evidence_against_a_link_that_was_judged_opens_a_task_and_moves_nothing(twins):
    (asha, one), (bram, other) = TWINS
    twins.state("2026-09-02", (asha, one, "02"), (bram, other, "02"))
    twins.decide("pds:0", "school:0", verdict="link")
    right = twins.children()
    assert twins.listed() == []
    twins.state("2026-09-03", (asha, "9000000041", "01"), (bram, other, "02"))
    assert twins.children() == right
    [task] = twins.listed()
    assert task["said"] == "link"
    shown = twins.opened_pair("pds:0", "school:0")
    assert "speaks against" in shown["why"]
    twins.run("review", "claim", task["pair"], by=twins.ada)
    twins.decide("pds:0", "school:0", verdict="link")
    twins.run("link", "--all")
    assert (twins.listed(), twins.children()) == ([], right)
    assert twins.findings() == []


def test_new_evidence_against_two_children_who_were_judged_such_opens_a_task(twins):
    (asha, one), (bram, other) = TWINS
    twins.state("2026-09-02", (asha, "", ""), (bram, other, "02"))
    twins.decide("pds:0", "school:0", verdict="apart")
    apart = twins.children()
    assert twins.listed() == []
    twins.run("link", "--all")
    assert twins.listed() == []
    twins.state("2026-09-03", (asha, one, "01"), (bram, other, "02"))
    assert twins.children() == apart
    [task] = twins.listed()
    twins.undo(task["pair"])
    assert frozenset({"pds:0", "school:0"}) in twins.children()
    assert twins.listed() == []


def test_two_records_that_a_file_exchanges_are_potential_overlays(twins):
    (asha, one), (bram, other) = TWINS
    twins.state("2026-09-02", (asha, one, "01"), (bram, other, "01"))
    before = twins.children()
    assert twins.state("2026-09-03", (bram, one, "01"), (asha, other, "01")) == 3
    assert twins.children() == before
    assert [one["task"] for one in twins.listed()] == ["potential overlay"] * 2


def test_a_crowd_of_records_calls_a_steward_once(desk, tmp_path):
    path = tmp_path / "crowd.csv"
    row = "Asha,Okonjo,2015-03-04,SE15 3QN"
    path.write_text("key,given,family,dob,postcode\n" + "".join(f"{n},{row}\n" for n in range(210)))
    desk.run("load", path, "--source", "hostel", "--feed", "csv")
    [crowd] = [one for one in desk.listed() if one["task"] == "maximum entity size"]
    assert crowd["size"] > 200
    before = desk.events()
    desk.run("link", "--all")
    assert desk.events() == before


@pytest.fixture
def crowded(desk, tmp_path):
    """Rows that the machine cannot tell apart: each may be the patient's, and none is sure."""
    path = tmp_path / "crowd.csv"
    rows = "".join(f"{n},Asha,Okonjo,2015-03,SE15 3QN\n" for n in range(210))
    path.write_text("key,given,family,dob,postcode\n" + rows)
    desk.run("load", path, "--source", "hostel", "--feed", "csv")
    [desk.crowd] = [one["name"] for one in desk.listed() if one["task"] == "maximum entity size"]
    return desk


def test_the_pairs_of_a_shielded_child_in_a_crowd_are_for_the_cleared_alone(crowded):
    numbers = crowded.numbers()[0]
    lead = next(one["records"][0] for one in crowded.listed() if one["name"] == crowded.crowd)
    with crowded.opened() as store:
        store.projector.catch_up()
        short = {one.record.hex[:8]: (one.source, one.key) for one in store.workings.records()}
    one = next(end for end in _pairs_of(crowded, crowded.ada)[0].split("-") if end != lead)
    officer = crowded.token("olu", "shielding-officer")
    words = ("--criterion", "refuge", "--requester", "desk")
    crowded.run("shield", "apply", numbers[short[one]], *words, by=officer)
    cleared = crowded.token("cleo", "steward", "shielding-officer")
    for by, is_told in ((crowded.ada, False), (cleared, True)):
        told = _pairs_of(crowded, by, limit=10_000)
        assert any(one in pair for pair in told) is is_told


def test_how_many_records_hang_together_is_told_to_the_cleared_alone(crowded):
    cleared = crowded.token("cleo", "steward", "shielding-officer")
    sizes = [
        one["size"]
        for by in (crowded.ada, cleared)
        for one in crowded.listed(by=by)
        if one["name"] == crowded.crowd
    ]
    assert sizes == [201, 213]


def _pairs_of(desk, by, name="", limit=20):
    words = ("review", "crowd", name or desk.crowd, "--limit", limit, "--json")
    return [one["pair"] for one in json.loads(desk.run(*words, by=by).stdout)]


def test_the_pairs_of_a_crowd_are_listed_until_they_are_decided(crowded):
    pairs = _pairs_of(crowded, crowded.ada)
    assert len(pairs) == len(set(pairs)) == 20
    listed = crowded.run("review", "crowd", crowded.crowd, by=crowded.ada).output
    for particular in ("Okonjo", "9000000009", "2015-03", "SE15"):
        assert particular not in listed
    crowded.decide(pairs[0], verdict="apart")
    assert pairs[0] not in _pairs_of(crowded, crowded.ada)


def test_a_crowd_led_by_a_child_of_ones_family_is_as_one_that_is_none(crowded):
    lead = next(one["records"][0] for one in crowded.listed() if one["name"] == crowded.crowd)
    with crowded.opened() as store:
        store.projector.catch_up()
        [number] = [one.number for one in store.workings.records() if one.record.hex[:8] == lead]
    crowded.run("review", "relatives", number, by=crowded.ada)
    said = set()
    for name in ("00000000", crowded.crowd):
        with pytest.raises(NotFoundError) as refused:
            _pairs_of(crowded, crowded.ada, name)
        said.add(str(refused.value))
    assert len(said) == 1
    assert _pairs_of(crowded, crowded.bram)


def test_a_crowd_obeys_judgements_too(desk, tmp_path):
    desk.decide("north:9000000009", "south:9000000025", verdict="link")
    desk.decide("north:9000000009", "west:9000000041", verdict="apart")
    path = tmp_path / "crowd.csv"
    row = "Asha,Okonjo,2015-03-04,SE15 3QN"
    path.write_text("key,given,family,dob,postcode\n" + "".join(f"{n},{row}\n" for n in range(210)))
    desk.run("load", path, "--source", "hostel", "--feed", "csv")
    desk.run("link", "--all")
    numbers = desk.numbers()[0]
    assert numbers["north", "9000000009"] == numbers["south", "9000000025"]
    assert numbers["north", "9000000009"] != numbers["west", "9000000041"]


def test_the_queue_shows_nothing_of_anybody(desk):
    listed = desk.run("review", "list", by=desk.ada).output + json.dumps(desk.listed())
    for particular in ("Okonjo", "9000000009", "2015-03-04", "SE15"):
        assert particular not in listed


def test_two_records_that_a_source_says_it_merged_await_a_steward_and_do_not_move(desk):
    desk.patient("north", "9000000017", "2013-07-08", family="Quillonby", given="Zebedee")
    before = desk.numbers()
    two = ("north:9000000009", "north:9000000017")
    agent = desk.token("fay", "feed-agent")
    said = desk.run(
        *("review", "raise", *two, "--reason", "-", "--json"), stdin="A40 of Monday\n", by=agent
    )
    desk.run("review", "raise", *two, "--reason", "again", by=agent)
    desk.run("link", "--all")
    assert desk.numbers() == before
    name = json.loads(said.stdout)["pair"]
    with desk.opened() as store:
        store.projector.catch_up()
        [pair] = [p for p in store.workings.open_pairs() if name.startswith(p.left.hex[:8])
                  and name.endswith(p.right.hex[:8])]  # fmt: skip
        assert pair.kind == "potential duplicate"
    desk.run("rebuild")
    assert desk.opened_pair(name)["since"] is not None
    desk.decide(name, verdict="link")
    assert frozenset(two) in {frozenset(two) & child for child in desk.children()}
    assert desk.opened_pair(name)["since"] is None


def test_a_number_on_two_unlike_records_moves_neither_and_awaits_a_steward(desk, tmp_path):
    path = tmp_path / "shared.csv"
    path.write_text(
        "key,given,family,dob,postcode,nhs,nhs_status\n"
        "1,Ines,Tamworthy,2012-02-03,LS1 4AP,9000000033,01\n"
        "2,Zebedee,Quillonby,2012-02-03,BS6 7YY,9000000033,01\n"
    )
    desk.run("load", path, "--source", "club", "--feed", "csv")
    numbers = desk.numbers()[0]
    assert numbers["club", "1"] != numbers["club", "2"]
    assert "review identifier" in {one["task"] for one in desk.listed()}


def test_tasks_of_children_for_whom_another_authority_is_responsible_are_not_ones_own(desk):
    [pair] = desk.listed()
    for side in ("left", "right"):
        number = desk.opened_pair(pair["pair"])[side]["child"]
        manager = desk.token("mia", "data-manager", authority="213")
        desk.run("authority", "offer", number, "--to", "213", *REASON)
        desk.run("authority", "accept", number, *REASON, by=manager)
    here, there = (
        desk.token(f"steward {code}", "steward", authority=code) for code in ("213", "330")
    )
    assert [one["pair"] for one in desk.listed(by=here)] == [pair["pair"]]
    assert desk.listed(by=there) == []
    with pytest.raises(NotFoundError):
        desk.run("review", "claim", pair["pair"], by=there)
    desk.run("review", "claim", pair["pair"], by=here)

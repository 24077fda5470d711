"""Each sign of misuse by an example that shows it, and one near to it that does not."""

from dataclasses import dataclass, field

import msgspec
import pytest

from contactpoint.watching.look import Asked, Child, Kind, Look, Near, Reader, near
from contactpoint.watching.watcher import State, Watcher

MONDAY = 20_710
HOUR = 3_600_000_000
CLERK = Reader("ada", frozenset({"practitioner"}), "213", "2132000", "thistlewaite", "ZZ99AA")


def number(n):
    return n.to_bytes(16)


def pupil(n, **changes):
    """A child of the clerk's own school."""
    plain = Child(number(n), services=frozenset({"2132000"}), authorities=frozenset({"213"}))
    return msgspec.structs.replace(plain, **changes)


def stranger(n, **changes):
    """A child to whom the clerk's work is nothing."""
    plain = Child(number(n), services=frozenset({"8552000"}), authorities=frozenset({"855"}))
    return msgspec.structs.replace(plain, **changes)


@dataclass
class Weeks:
    """Six weeks of a clerk's own work, four children of the school a day, then what is tried."""

    reader: Reader = CLERK
    share: float = 0.0001
    topics: list = field(default_factory=list)
    at: int = 0

    def __post_init__(self):
        self.watcher = Watcher(State(), lambda _: self.share)
        for day in range(42):
            if day % 7 < 5:
                for n in range(4):
                    self.look(Kind.READ, pupil(day * 4 + n), day=day - 42, hour=9 + n)
        assert self.topics == []

    def look(self, kind, *children, day=0, hour=None, behalf="", reader=None, **asked):
        self.at += 60_000_000
        moment = ((MONDAY + day) * 24 + 10) * HOUR + self.at if hour is None else 0
        at = moment or int(((MONDAY + day) * 24 + hour) * HOUR)
        one = Look(at, reader or self.reader, kind, children, Asked(**asked), behalf)
        found = [alert.topic for alert in self.watcher.one(one)]
        self.topics += found
        return found


@pytest.fixture
def weeks():
    return Weeks()


def test_weeks_of_ones_own_work_raise_nothing(weeks):
    assert weeks.topics == []


def test_a_child_of_ones_own_rare_name_to_whom_ones_work_is_nothing_is_a_sign(weeks):
    assert weeks.look(Kind.READ, stranger(1, families=frozenset({"thistlewaite"}))) == ["own name"]


def test_a_pupil_of_ones_own_common_name_is_none(weeks):
    weeks.share = 0.01
    assert weeks.look(Kind.READ, pupil(900, families=frozenset({"thistlewaite"}))) == []


def test_a_child_of_ones_declared_family_is_a_sign_wherever_it_goes_to_school(weeks):
    assert weeks.look(Kind.READ, pupil(900, declared=True)) == ["own family"]


def test_a_strangers_child_of_ones_own_postcode_is_a_sign_and_a_pupils_is_none(weeks):
    assert weeks.look(Kind.READ, pupil(900, homes=frozenset({"ZZ99AA"}))) == []
    assert weeks.look(Kind.READ, stranger(1, homes=frozenset({"ZZ99AA"}))) == ["own home"]


def test_a_search_for_ones_own_postcode_is_a_sign_whoever_is_found(weeks):
    assert weeks.look(Kind.SEARCH, postcode="ZZ99AA") == ["own home"]


def test_pupils_of_ones_own_postcode_are_a_sign_where_they_are_many_on_one_day(weeks):
    homes = frozenset({"ZZ99AA"})
    found = [weeks.look(Kind.READ, pupil(900 + n, homes=homes)) for n in range(4)]
    assert found == [[], [], [], ["own home"]]


def test_a_colleagues_child_is_a_sign_unless_it_is_a_pupil(weeks):
    other = msgspec.structs.replace(CLERK, name="bram", family="okonjo", home="ZZ98BB")
    weeks.look(Kind.READ, pupil(900), reader=other)
    theirs = {"families": frozenset({"okonjo"}), "homes": frozenset({"ZZ98BB"})}
    assert weeks.look(Kind.READ, pupil(901, **theirs)) == []
    assert weeks.look(Kind.READ, stranger(1, **theirs)) == ["colleague"]


def test_a_child_with_a_colleagues_name_or_postcode_alone_is_no_sign(weeks):
    other = msgspec.structs.replace(CLERK, name="bram", family="okonjo", home="ZZ98BB")
    weeks.look(Kind.READ, pupil(900), reader=other)
    assert weeks.look(Kind.READ, stranger(1, families=frozenset({"okonjo"}))) == []
    assert weeks.look(Kind.READ, stranger(2, homes=frozenset({"ZZ98BB"}))) == []


def test_how_near_a_shielded_child_is_to_anybodys_work_is_not_looked_at():
    """What works with it is hidden: an alert must not tell."""
    for child in (pupil(1, shielded=True), stranger(1, shielded=True)):
        assert near(CLERK, child) is Near.UNKNOWN


def test_what_is_hidden_of_a_shielded_child_counts_nowhere_in_a_day(weeks):
    hidden = {"dead": True, "homes": frozenset({"ZZ99AA"}), "shielded": True}
    weeks.look(Kind.READ, pupil(900, **hidden))
    day = weeks.watcher.state.readers[CLERK.name].day
    assert (day.dead, day.neighbours, day.shielded) == (set(), set(), {number(900)})


def test_who_works_for_a_whole_authority_has_no_children_beyond_their_work():
    steward = Reader("eve", frozenset({"steward"}), "213")
    weeks = Weeks()
    found = [weeks.look(Kind.READ, pupil(900 + n), reader=steward) for n in range(40)]
    assert "no involvement" not in [topic for each in found for topic in each]


def test_a_stranger_is_no_sign_and_many_strangers_in_a_day_are(weeks):
    assert weeks.look(Kind.READ, stranger(1)) == []
    assert "no involvement" in [t for n in range(2, 9) for t in weeks.look(Kind.READ, stranger(n))]


def test_strangers_who_come_in_day_by_day_are_a_sign_in_a_week(weeks):
    found = [
        topic
        for day in range(5)
        for n in range(4)
        for topic in weeks.look(Kind.READ, stranger(day * 10 + n), day=day)
    ]
    assert found == ["no involvement"]


def test_a_burst_of_ones_own_pupils_is_a_sign(weeks):
    assert "burst" in [t for n in range(60) for t in weeks.look(Kind.READ, pupil(900 + n))]


def test_more_than_one_a_minute_in_an_hour_is_a_sign_even_where_many_are_usual():
    hub = Weeks(msgspec.structs.replace(CLERK, name="hub"))
    for day in range(20):
        for n in range(50):
            hub.look(Kind.READ, pupil(n), day=day, hour=8 + n / 6)
    hub.topics.clear()
    found = [hub.look(Kind.READ, pupil(900 + n), day=20, hour=9 + n / 100) for n in range(70)]
    assert [topic for each in found for topic in each] == ["burst"]


def test_a_slip_of_the_fingers_is_no_sign_and_ten_numbers_of_nobody_are(weeks):
    assert weeks.look(Kind.READ, numbers=(12345678901,)) == []
    found = [weeks.look(Kind.READ, numbers=(n * 10**9,)) for n in range(1, 10)]
    assert ["guessing"] in found


def test_numbers_that_pass_their_check_digit_and_are_nobodys_are_a_sign_sooner(weeks):
    found = [weeks.look(Kind.READ, numbers=(n * 10**9,), fits=True) for n in range(1, 5)]
    assert ["guessing"] in found


def test_neighbouring_pupil_numbers_are_a_sign_where_they_are_not_ones_own_pupils(weeks):
    own = [weeks.look(Kind.SEARCH, pupil(900 + n), numbers=(8 * 10**11 + n,)) for n in range(9)]
    assert own == [[]] * 9
    others = [weeks.look(Kind.SEARCH, numbers=(9 * 10**11 + n,)) for n in range(5)]
    assert others[-1] == ["sequence"]


def test_one_person_tried_in_many_places_in_vain_is_a_sign_and_two_slips_are_none(weeks):
    found = [weeks.look(Kind.SEARCH, person="x", hidden=f"{n}") for n in range(4)]
    assert found == [[], [], [], ["probing"]]


def test_shielded_children_are_a_sign_where_they_are_several_on_one_day(weeks):
    found = [weeks.look(Kind.READ, pupil(900 + n, shielded=True)) for n in range(4)]
    assert found[0] == []
    assert ["shielded"] in found


def test_overrides_are_a_sign_where_they_are_several_on_one_day(weeks):
    found = [weeks.look(Kind.OVERRIDE, pupil(900 + n, shielded=True)) for n in range(3)]
    assert "overrides" in [topic for each in found for topic in each]


def test_a_stretch_of_work_at_night_is_a_sign_for_who_works_by_day(weeks):
    found = [weeks.look(Kind.READ, pupil(900 + n), hour=3 + n / 10) for n in range(6)]
    assert ["off hours"] in found


def test_a_stretch_of_work_at_night_is_none_for_who_works_in_shifts():
    weeks = Weeks(msgspec.structs.replace(CLERK, name="night"))
    for day in range(14):
        for n in range(4):
            weeks.look(Kind.READ, pupil(500 + n), day=day, hour=22 + n / 10)
    found = [weeks.look(Kind.READ, pupil(900 + n), day=15, hour=3 + n / 10) for n in range(6)]
    assert found == [[]] * 6


def test_nearly_as_many_as_a_role_allows_in_a_day_are_a_sign(weeks):
    found = [topic for n in range(165) for topic in weeks.look(Kind.READ, pupil(900 + n))]
    assert "limit" in found


def test_what_a_queue_puts_before_somebody_is_none_of_their_choosing(weeks):
    found = [topic for n in range(165) for topic in weeks.look(Kind.OTHER, pupil(900 + n))]
    assert "limit" not in found


def test_one_cases_number_for_a_crowd_is_a_sign_and_for_a_family_none(weeks):
    of_family = [weeks.look(Kind.READ, stranger(n), reason="r", case=True) for n in range(4)]
    assert "copied reason" not in [topic for each in of_family for topic in each]
    more = [weeks.look(Kind.READ, stranger(n), reason="r", case=True) for n in range(4, 14)]
    assert "copied reason" in [topic for each in more for topic in each]


def test_the_dead_are_a_sign_where_they_are_several_in_a_month(weeks):
    found = [weeks.look(Kind.READ, pupil(900 + n, dead=True), day=n) for n in range(3)]
    assert found == [[], [], ["deceased"]]


def test_one_stranger_over_weeks_is_a_sign_and_on_two_days_none(weeks):
    found = [weeks.look(Kind.READ, stranger(1), day=day) for day in (0, 2, 4, 9, 11, 15)]
    assert found[:3] == [[], [], []]
    assert ["returning"] in found


def test_returns_to_a_stranger_count_for_a_month_and_no_longer(weeks):
    for day in range(0, 29, 4):
        weeks.look(Kind.READ, stranger(1), day=day)
    assert "returning" in weeks.topics
    seldom = Weeks()
    for day in range(0, 90, 12):
        seldom.look(Kind.READ, stranger(1), day=day)
    assert seldom.topics == []


def test_readers_of_many_offices_at_one_strangers_child_are_a_sign(weeks):
    found = []
    for n in range(8):
        office = msgspec.structs.replace(CLERK, name=f"r{n}", organisation=f"o{n % 5}", home="")
        found += weeks.look(Kind.READ, stranger(1), reader=office)
    assert "crowd" in found


def test_readers_of_one_office_at_one_strangers_child_are_no_crowd(weeks):
    found = []
    for n in range(8):
        colleague = msgspec.structs.replace(CLERK, name=f"r{n}", organisation="o1", home="")
        found += weeks.look(Kind.READ, stranger(1), reader=colleague)
    assert "crowd" not in found


def test_a_stranger_among_several_that_a_search_found_does_not_count_as_a_return(weeks):
    for day in (0, 2, 4, 9, 11, 15):
        weeks.look(Kind.SEARCH, *(stranger(n) for n in range(3)), day=day)
    assert "returning" not in weeks.topics


def test_numbers_far_apart_are_no_sequence_however_they_fall(weeks):
    for n in range(6, 0, -1):
        weeks.look(Kind.READ, numbers=(n * 10_000,), fits=False)
    assert "sequence" not in weeks.topics


def test_acts_after_all_tokens_were_revoked_are_a_sign(weeks):
    gone = msgspec.structs.replace(CLERK, left=True)
    assert weeks.look(Kind.REFUSED, reader=gone) == ["left"]


def test_an_account_that_wakes_to_see_strangers_is_a_sign_and_to_its_own_work_none(weeks):
    own = [weeks.look(Kind.READ, pupil(900 + n), day=42) for n in range(8)]
    assert own == [[]] * 8
    woken = Weeks()
    topics = [t for n in range(8) for t in woken.look(Kind.READ, stranger(n), day=42)]
    assert "dormant" in topics


def test_tables_and_lists_are_a_sign_where_they_are_many_times_what_is_usual(weeks):
    assert ["lists"] in [weeks.look(Kind.LISTED) for _ in range(7)]


def test_refusals_are_a_sign_where_they_are_many(weeks):
    found = [weeks.look(Kind.REFUSED) for _ in range(6)]
    assert found == [[], [], [], [], [], ["refusals"]]


def test_looks_on_behalf_of_a_crowd_are_a_sign(weeks):
    found = [weeks.look(Kind.READ, pupil(900 + n), behalf=f"b{n}") for n in range(9)]
    assert ["mediating"] in found


def test_the_same_is_not_said_again_within_a_week(weeks):
    first = weeks.look(Kind.READ, pupil(900, declared=True))
    again = weeks.look(Kind.READ, pupil(901, declared=True), day=3)
    later = weeks.look(Kind.READ, pupil(902, declared=True), day=8)
    assert (first, again, later) == (["own family"], [], ["own family"])


def test_what_has_grown_much_worse_is_said_again_at_once(weeks):
    found = [weeks.look(Kind.READ, pupil(900 + n), behalf=f"b{n}") for n in range(14)]
    assert [topic for each in found for topic in each] == ["mediating", "mediating"]


def test_what_is_said_of_a_shielded_child_silences_nothing_that_others_may_be_told(weeks):
    home = frozenset({"ZZ99AA"})
    for shielded in (True, False):
        child = stranger(1 + shielded, homes=home, shielded=shielded)
        assert weeks.look(Kind.READ, child)[:1] == ["own home"]


def test_a_child_of_whom_nothing_is_known_any_more_is_no_stranger(weeks):
    found = [weeks.look(Kind.READ, Child(number(n), known=False)) for n in range(10)]
    assert "no involvement" not in [topic for each in found for topic in each]


def test_a_reader_of_whom_nobody_says_where_they_work_has_no_strangers():
    weeks = Weeks(Reader("ada", frozenset({"practitioner"})))
    assert [weeks.look(Kind.READ, stranger(n)) for n in range(10)] == [[]] * 10


def test_what_is_kept_can_be_put_away_and_taken_up_again():
    whole, parted = Weeks(), Weeks()
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(parted.watcher.state), type=State)
    parted.watcher = Watcher(state, lambda _: 0.0001)
    for weeks in (whole, parted):
        for n in range(9):
            weeks.look(Kind.READ, stranger(n))
    assert whole.topics == parted.topics != []
    assert whole.watcher.state == parted.watcher.state

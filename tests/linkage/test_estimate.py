"""A model trained on records says what the records say, and no more than they can."""

import random

import msgspec
import pytest

from linkage.comparable import BirthKind, Comparable
from linkage.decide import decide
from linkage.estimate import CROWDED, FEWEST, frequencies, train
from linkage.index import Index
from linkage.model import Model
from linkage.weigh import weigh

LETTERS = "abdefgiklmnorstu"


def word(rng):
    return "".join(rng.choices(LETTERS, k=7))


def population(seed, children=400, *, wrong_sex=0.0):
    """Two records of each child, of two sources; the second with the errors asked for."""
    rng = random.Random(seed)
    families = [word(rng) for _ in range(60)]
    records = []
    for n in range(children):
        family, sex = rng.choice(families), rng.choice("FM")
        year, month, day = rng.randint(2008, 2020), rng.randint(2, 12), rng.randint(2, 28)
        child = {
            "given": (word(rng),), "family": family, "parts": (family,),
            "birth": year * 10000 + month * 100 + day,
            "birth_kind": BirthKind.FULL, "postcodes": (f"SE{rng.randint(1, 28)}{n % 9 + 1}AA",),
        }  # fmt: skip
        other = ("M" if sex == "F" else "F") if rng.random() < wrong_sex else sex
        records.append((2 * n + 1, 1, Comparable(**child, sex=sex)))
        records.append((2 * n + 2, 2, Comparable(**child, sex=other)))
    return records


def trained(**facts):
    index = Index(Model.shipped())
    index.put(population(1, **facts))
    return train(index)


def test_more_errors_in_a_field_make_it_weigh_less():
    clean, wrong = trained(), trained(wrong_sex=0.3)
    assert clean.shares["match"]["sex"]["EXACT"] > wrong.shares["match"]["sex"]["EXACT"] + 0.1


def test_the_number_of_pairs_of_one_child_is_found():
    assert trained().prior.matches == pytest.approx(0.5, abs=0.05)


def test_training_twice_gives_the_same_version():
    assert trained().version == trained().version


def test_shares_still_sum_to_one():
    for fields in trained().shares.values():
        for levels in fields.values():
            assert sum(levels.values()) == pytest.approx(1)


def test_a_name_that_fewer_bear_is_not_kept():
    model = trained()
    _, _, record = population(1)[0]
    assert record.given[0] not in " ".join(model.population.forenames.values()).split()
    assert FEWEST == 20


def test_a_trained_model_tells_one_child_from_two():
    model = trained()
    records = [record for _, _, record in population(2)]
    assert weigh(records[0], records[1], model).probability > 0.99
    assert weigh(records[0], records[2], model).probability < 0.01


@pytest.mark.parametrize("seed", range(10))
def test_training_is_as_sure_of_one_child_whatever_the_draw(seed):
    index = Index(Model.shipped())
    index.put(population(seed, 200))
    model = train(index, seed=seed)
    assert model.prior.matches == pytest.approx(0.5, abs=0.05)
    assert model.shares["match"]["birth"]["EXACT"] > 0.9


EVERY = 10


def twins_of(records, seed):
    """The twin of every tenth child, with one record in each source: half are of the other sex."""
    rng, last = random.Random(seed), records[-1][0]
    twins: list[tuple[int, int, Comparable]] = []
    for n, source, record in records:
        if (n - 1) // 2 % EVERY == 0:
            own = {"given": (word(rng),), "sex": rng.choice("FM")}
            own = own if n % 2 else {fact: getattr(twins[-1][2], fact) for fact in own}
            twins.append((last + len(twins) + 1, source, msgspec.structs.replace(record, **own)))
    return twins


@pytest.mark.parametrize("seed", range(10))
def test_training_tells_twins_apart_and_knows_each_of_them_again_whatever_the_draw(seed):
    records = population(seed, 200)
    twins = twins_of(records, seed)
    index = Index(Model.shipped())
    index.put(records + twins)
    model = train(index, seed=seed)
    # Of each birth either record of one twin met that of the other at the other source.
    assert model.prior.twins == pytest.approx(len(twins) / len(records + twins), rel=0.3)
    for n in range(0, len(twins), 2):
        one, again, other = twins[n][2], twins[n + 1][2], records[EVERY * n][2]
        assert (other.birth, other.postcodes) == (one.birth, one.postcodes)
        assert decide(weigh(one, again, model), model).outcome == "link"
        assert decide(weigh(one, other, model), model).outcome != "link"
        assert weigh(one, other, model).probability < 0.5


def test_where_no_families_are_the_classes_of_families_carry_no_weight():
    model = trained()
    believed = Model.shipped().prior
    assert model.prior.siblings <= believed.siblings / 50
    assert model.prior.twins <= believed.twins / 50


def test_strangers_that_met_by_their_birth_date_are_not_taken_for_one_child():
    few_days = [
        (n, source, msgspec.structs.replace(record, birth=20140510 + n // 2 % 15))
        for n, source, record in population(3, 300)
    ]
    index = Index(Model.shipped())
    index.put(few_days)
    assert train(index).prior.matches == pytest.approx(0.5, abs=0.1)


def test_a_family_name_is_as_common_as_among_bearers_of_the_forename():
    records, n = [], 0
    for given, family, count in (("zuzanna", "kowalska", 30), ("olivia", "smith", 900)):
        for _ in range(count):
            n += 1
            day = 20140101 + n % 28 + 100 * (n % 12) + 10000 * (n % 5)
            child = Comparable(
                given=(given,), family=family, parts=(family,), birth=day,
                birth_kind=BirthKind.FULL,
            )  # fmt: skip
            records.append((n, 0, child))
    index = Index(Model.shipped())
    index.put(records)
    found = frequencies(index)
    assert found.family_rarity("kowalska") <= 2


def counted(*families, model=None):
    """The population of an index of so many children of each family name, each held twice."""
    records = []
    for family, children in families:
        for n in range(children):
            day = 20140101 + n % 28 + 100 * (n // 28 % 12)
            child = Comparable(
                given=(word(random.Random(n)),), family=family, parts=(family,), birth=day,
                birth_kind=BirthKind.FULL,
            )  # fmt: skip
            records += [child, child]
    index = Index(model or Model.shipped())
    index.put([(n, n % 2 + 1, record) for n, record in enumerate(records, start=1)])
    return frequencies(index)


def test_a_family_name_is_kept_where_enough_children_bear_it_however_often_each_is_held():
    """A rare one would tell of a child to whoever has the model."""
    found = counted(("quillfeatherby", FEWEST - 1), ("ottershawe", FEWEST))
    names = " ".join(found.families.values()).split()
    assert "ottershawe" in names
    assert "quillfeatherby" not in names


def test_what_is_known_of_stand_in_days_and_shared_homes_stays_known():
    shipped = Model.shipped()
    believed = msgspec.structs.replace(
        shipped.population, default_days=(1225,), communal=("SE153QN",)
    )
    found = counted(
        ("ottershawe", FEWEST), model=msgspec.structs.replace(shipped, population=believed)
    )
    assert (found.default_days, found.communal) == ((1225,), ("SE153QN",))


def test_a_table_of_reliability_holds_probabilities_against_numbers_they_do_not_know():
    """Namesakes of one day with numbers of their own look like one child without these."""
    records = []
    for n, source, record in population(4, 200):
        child, other = (n - 1) // 2, n % 8 == 2
        told = msgspec.structs.replace(record, nhs=f"{child + other * 500}", nhs_verified=True)
        records.append((n, source, told))
    index = Index(Model.shipped())
    index.put(records)
    rows = [said for name, said in train(index).card.items() if name.startswith("reliability")]
    said, was, of = zip(*(row.split(", ") for row in rows), strict=True)
    assert all(int(one.removeprefix("of ").removesuffix(" pairs")) > 0 for one in of)
    assert {"was 0.0000", "was 1.0000"} <= set(was)
    assert len(set(said)) == 1


def living(postcode, families, seed, *, moved=()):
    """One record of each child of families of so many children, at a postcode."""
    rng = random.Random(seed)
    for children in families:
        family = word(rng)
        for _ in range(children):
            year, month, day = rng.randint(2008, 2020), rng.randint(2, 12), rng.randint(2, 28)
            yield Comparable(
                given=(word(rng),), family=family, parts=(family,), sex=rng.choice("FM"),
                birth=year * 10000 + month * 100 + day,
                birth_kind=BirthKind.FULL, postcodes=(postcode, *moved),
            )  # fmt: skip


HOMES = {
    "SE153QN": [1] * CROWDED,  # a hostel: nobody has a brother or sister there
    "SE153QA": [1] * (CROWDED - 1),  # a refuge, or a smaller hostel
    "SE153QB": [1, 2, 2, 3] * 10,  # a block of flats
    "SE153QD": [1] * (CROWDED * 3 // 4) + [2] * (CROWDED // 8) + [1],  # a home of brothers, too
}


def homes(model=None):
    """The hostel and its neighbours; each child twice, once from each of two sources."""
    children = [c for n, (code, of) in enumerate(HOMES.items()) for c in living(code, of, n)]
    children += living("SE153QE", [1], 9, moved=("SE153QA",))
    index = Index(model or Model.shipped())
    both = [(source, child) for child in children for source in (1, 2)]
    index.put([(n, source, child) for n, (source, child) in enumerate(both, start=1)])
    return index


def born_on(days):
    """One child of a name of its own on each of these days (YYYYMMDD)."""
    rng = random.Random(3)
    index = Index(Model.shipped())
    people = (Comparable(given=(word(rng),), family=word(rng), birth=day,
                         birth_kind=BirthKind.FULL) for day in days)  # fmt: skip
    index.put([(n, 1, one) for n, one in enumerate(people)])
    return index


YEAR_ROUND = [20150000 + month * 100 + day for month in range(1, 13) for day in range(1, 29)] * 5
"""Five children on each day; a sixth falls on a day by chance, and twenty do not."""
SEPTEMBER = [20150900 + day for day in range(1, 31)]


def test_days_that_stand_for_a_birth_date_nobody_knew_are_default_days():
    assert frequencies(born_on(YEAR_ROUND)).default_days == (101,)
    assert frequencies(born_on(YEAR_ROUND + [20150701] * 15)).default_days == (101, 701)
    assert frequencies(born_on(YEAR_ROUND + [20150701] * 14)).default_days == (101,)
    two = [20151231] * 20 + [20151225] * 20
    assert frequencies(born_on(YEAR_ROUND + two)).default_days == (101, 1225, 1231)


def test_a_busy_month_has_no_default_days():
    """As where a hospital's newborns of one month stand beside children of all the year."""
    few = [day for day in YEAR_ROUND if day % 3][::4]
    assert frequencies(born_on(few + SEPTEMBER * 30)).default_days == (101,)
    assert frequencies(born_on(few + SEPTEMBER * 30 + [20150901] * 100)).default_days == (101, 901)


def test_a_table_of_the_births_of_few_days_has_no_default_day_of_its_own():
    few = [20150301 + day for day in range(10)] * 5
    assert frequencies(born_on(few + [20150301] * 200)).default_days == (101,)


def test_who_is_known_by_several_records_counts_once_on_a_day():
    index = born_on(YEAR_ROUND)
    one = Comparable(given=("asha",), family="okonjo", birth=20150701, birth_kind=BirthKind.FULL)
    index.put([(10_000 + n, 2, one) for n in range(100)])
    assert frequencies(index).default_days == (101,)


def test_postcodes_where_many_live_without_their_families_are_communal():
    assert frequencies(homes()).communal == ("SE153QD", "SE153QN")


def test_who_shares_a_communal_postcode_is_no_likelier_one_child():
    model = train(homes())
    assert model.card["communal postcodes"] == "2"
    shares = {name: of["place"]["COMMUNAL"] for name, of in model.shares.items()}
    assert len(set(shares.values())) == 1
    for of in model.shares.values():
        assert sum(of["place"].values()) == pytest.approx(1)
    one, other = list(living("SE153QN", [1, 1], 77))
    near = list(living("SE153QB", [1, 1], 77))
    far = [msgspec.structs.replace(c, postcodes=()) for c in (one, other)]
    at_home, apart, unsaid = (weigh(a, b, model).total for a, b in (near, (one, other), far))
    assert apart == pytest.approx(unsaid, abs=1e-9)
    assert at_home > apart + 1


def moved(told, children=300):
    """Two records of each child, whose homes are in Southwark and Birmingham.

    Of so large a share of them the one in Southwark is known in Birmingham, or in Sheffield.
    """
    rng = random.Random(9)
    for n in range(children):
        known = (rng.choice((330, 373)),) if rng.random() < told else ()
        child = Comparable(given=(word(rng),), family=word(rng), birth=20100101 + n % 28,
                           birth_kind=BirthKind.FULL, sex=rng.choice("FM"))  # fmt: skip
        here = msgspec.structs.replace(child, postcodes=("SE153QN",), authorities=known)
        yield 2 * n + 1, 1, here
        yield 2 * n + 2, 2, msgspec.structs.replace(child, postcodes=("B81AA",))


@pytest.mark.parametrize("told", [0.0, 0.4, 1.0])
def test_where_few_pairs_tell_of_authorities_nobody_is_told_apart_by_that(told):
    index = Index(Model.shipped())
    index.put(moved(told))
    shares, stated = train(index).shares, Model.shipped().shares
    for name, of in shares.items():
        place, before = of["place"], stated[name]["place"]
        assert sum(place.values()) == pytest.approx(1)
        there, elsewhere = place["KNOWN_THERE"], place["KNOWN_ELSEWHERE"]
        part = (there + elsewhere) / (there + elsewhere + place["DIFFERENT"])
        assert part == pytest.approx(told, abs=0.05), name
        if name not in {"match", "random"}:
            agrees = before["KNOWN_THERE"] / before["KNOWN_ELSEWHERE"]
            assert there / elsewhere == pytest.approx(agrees)


@pytest.mark.parametrize(
    ("field", "levels"),
    [("place", ("KNOWN_THERE", "KNOWN_ELSEWHERE")), ("birth", ("GUESSED",))],
)
def test_a_model_from_before_a_level_was_known_learns_it(field, levels):
    """What authorities tell, and guessed ages: it held both to be different."""
    shares = {}
    for name, of in Model.shipped().shares.items():
        different = sum(of[field][one] for one in (*levels, "DIFFERENT"))
        kept = {level: share for level, share in of[field].items() if level not in levels}
        shares[name] = of | {field: kept | {"DIFFERENT": different}}
    before = Index(msgspec.structs.replace(Model.shipped(), shares=shares))
    since = Index(Model.shipped())
    for index in (before, since):
        index.put(moved(0.4))
    learnt, expected = train(before).shares, train(since).shares
    for name, of in learnt.items():
        assert of[field] == pytest.approx(expected[name][field], abs=1e-3), name
        assert sum(of[field].values()) == pytest.approx(1), name


def test_who_is_of_a_source_that_tells_and_one_that_does_not_is_no_likelier_one_child():
    """So are all pairs of one child here, and half of those of strangers."""
    rng, index = random.Random(4), Index(Model.shipped())
    homes = (("SE153QN", 210), ("B81AA", 330), ("S12AB", 373), ("CA11AA", 942), ("E145AA", 211))
    for n in range(400):
        child = Comparable(given=(word(rng),), family=word(rng), birth=20100101 + n % 28,
                           birth_kind=BirthKind.FULL, sex=rng.choice("FM"))  # fmt: skip
        (here, _), (there, known) = rng.sample(homes, 2)
        telling = msgspec.structs.replace(child, postcodes=(here,), authorities=(known,))
        silent = msgspec.structs.replace(child, postcodes=(there,))
        index.put([(2 * n + 1, 1, telling), (2 * n + 2, 2, silent)])
    told = {}
    for name, of in train(index).shares.items():
        place = of["place"]
        tells = place["KNOWN_THERE"] + place["KNOWN_ELSEWHERE"]
        told[name] = tells / (tells + place["DIFFERENT"])
    assert told["match"] == pytest.approx(told["random"]) == pytest.approx(told["twin"])
    assert told["random"] == pytest.approx(0.75, abs=0.05)

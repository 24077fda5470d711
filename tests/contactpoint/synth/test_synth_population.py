"""What a population of 5,000 shows, read back through the official feeds."""

import csv
from collections import Counter, defaultdict
from itertools import combinations

import pytest

from contactpoint.synth import generate
from contactpoint.synth.naming import england
from feeds import catalogue
from feeds.submission import Submission


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("synth") / "out"
    generate(out, children=5_000, nights=3, seed=11)
    return out


@pytest.fixture(scope="module")
def submissions(folder):
    """Give every submission and fault, in order, with the source it is of."""
    return [
        (path.parent.name, row)
        for path in sorted(folder.glob("night-*/*/*"))
        for row in feed_of(path).open([path])
    ]


def feed_of(path):
    feed = catalogue.recognise(path)
    assert feed is not None
    return feed


def table(folder, name):
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_person(folder, submissions):
    truth = {(row["source"], row["record_id"]): row["person"] for row in table(folder, "truth.csv")}
    first: dict[tuple[str, str], Submission] = {}
    for source, row in submissions:
        if row.particulars.names:
            first.setdefault((source, row.key), row)
    people = defaultdict(list)
    for (source, key), row in first.items():
        people[truth[source, key]].append((source, row.particulars))
    return people


def bytes_of(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        generate(tmp_path / name, children=300, nights=2, seed=seed)
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")
    assert bytes_of(tmp_path / "a") != bytes_of(tmp_path / "c")


def test_the_feeds_take_every_row_and_know_every_file_by_its_look(folder, submissions):
    assert all(isinstance(row, Submission) for _, row in submissions)
    for path in folder.glob("night-*/*/*"):
        assert path.name.startswith(f"{feed_of(path).name}.")


def test_truth_names_each_record_once_and_no_other(folder, submissions):
    told = [(row["source"], row["record_id"]) for row in table(folder, "truth.csv")]
    assert len(told) == len(set(told))
    assert set(told) == {(source, row.key) for source, row in submissions}


def test_no_nhs_number_is_outside_the_range_never_issued(submissions):
    numbers = [
        number
        for _, row in submissions
        for number in [
            *(each.value for each in row.particulars.identifiers if each.system == "nhs"),
            *(carer.nhs for carer in row.particulars.carers if carer.nhs),
        ]
    ]
    assert len(numbers) > 5_000
    assert all(number.startswith("9") for number in numbers)


def test_postcodes_differ_in_half_of_the_pairs_across_sources(folder, submissions):
    pairs = [
        (one, other)
        for records in by_person(folder, submissions).values()
        for (here, one), (there, other) in combinations(records, 2)
        if here != there and one.addresses and other.addresses
    ]
    differ = sum(one.addresses[0].postcode != two.addresses[0].postcode for one, two in pairs)
    assert len(pairs) > 3_000
    assert 0.44 < differ / len(pairs) < 0.54


def test_birth_dates_differ_in_about_one_pair_in_fifty(folder, submissions):
    pairs = [
        one.birth == other.birth
        for records in by_person(folder, submissions).values()
        for (here, one), (there, other) in combinations(records, 2)
        if here != there
        and one.birth
        and other.birth
        and not (one.birth.expected or other.birth.expected)
    ]
    assert 0.013 < pairs.count(False) / len(pairs) < 0.028


def test_twins_are_as_many_as_in_england_and_mostly_of_one_sex(tmp_path):
    generate(tmp_path / "out", children=30_000, nights=1, seed=5)
    born = defaultdict(list)
    for row in table(tmp_path / "out", "persons.csv"):
        if row["births"] == "2":
            born[row["family"], row["born"]].append(row["sex"])
    pairs = [sexes for sexes in born.values() if len(sexes) == 2]
    assert 0.011 < len(pairs) / (30_000 - len(pairs)) < 0.018
    assert 0.58 < sum(one == two for one, two in pairs) / len(pairs) < 0.74


def test_each_community_has_its_share(folder):
    shares = Counter(row["naming"] for row in table(folder, "persons.csv"))
    total = sum(shares.values())
    assert set(shares) <= {one.key for one in england()[0]}
    assert 0.69 < shares["english"] / total < 0.78
    assert 0.06 < shares["muslim"] / total < 0.11


def test_at_englands_density_each_birth_date_has_some_1670_children(tmp_path):
    generate(tmp_path / "out", children=10_000, nights=1, seed=5, density="england")
    dates = Counter(row["born"] for row in table(tmp_path / "out", "persons.csv") if row["born"])
    assert len(dates) == 6
    assert all(1_300 < count < 2_000 for count in dates.values())


def test_without_families_no_child_has_a_brother_or_a_sister(tmp_path):
    generate(tmp_path / "out", children=3_000, nights=1, seed=11, families=False)
    people = table(tmp_path / "out", "persons.csv")
    assert len({row["family"] for row in people}) == len(people) >= 3_000
    assert {row["births"] for row in people} == {"1"}


def test_an_adopted_child_is_two_persons(tmp_path):
    summary = generate(tmp_path / "out", children=5_000, nights=1, seed=11)
    assert 0 < summary.persons - summary.children < 20


def test_later_nights_bring_changes_a_file_sent_again_and_one_that_is_late(folder):
    names = [path.name for path in sorted(folder.glob("night-0[23]/schools/*"))]
    assert any(name.endswith("-002.xml") for name in names)
    assert any("2025-10-02" in name for name in names)
    assert list(folder.glob("night-02/la-*/*.json"))
    assert (folder / "night-03/pds/health.pds-fhir.2026-01-17.ndjson").stat().st_size > 1_000


def test_the_files_hold_case_information_for_the_feeds_to_leave_out(folder):
    school = next(folder.glob("night-01/schools/*.xml")).read_text(encoding="utf-8")
    case = next(folder.glob("night-01/la-*/*.json")).read_text(encoding="utf-8")
    assert "<SENtype>" in school
    assert '"factors"' in case


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError):
        generate(tmp_path, children=10, nights=1, seed=1)


@pytest.mark.parametrize(("children", "nights"), [(0, 1), (1, 0)])
def test_no_children_or_no_nights_are_refused(tmp_path, children, nights):
    with pytest.raises(ValueError, match="at least one"):
        generate(tmp_path, children=children, nights=nights, seed=1)

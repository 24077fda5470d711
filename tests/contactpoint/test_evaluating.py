"""An index measured against known truth: figures, reasons, the page, and who may ask."""

import csv
import json
from collections import Counter, defaultdict
from html.parser import HTMLParser
from math import comb

import numpy as np
import pytest

from contactpoint.errors import DeniedError
from contactpoint.evaluating.groups import Group
from contactpoint.evaluating.truth import read_truth
from events.access import AdministratorNamed
from feeds.submission import FeedError
from linkage.evaluation import Partition, codes
from tests.contactpoint.installation import Installation, population

PEOPLE = ("given", "family", "dob", "sex", "postcode")
ASHA = ("Asha", "Okonjo", "2015-03-04", "F", "SE15 3QN")


class Desk(Installation):
    """An index, tables to load into it, and a truth beside them."""

    @property
    def feeds(self):
        return self.home.parent / "feeds"

    def table(self, name, columns, rows):
        path = self.home.parent / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
        return path

    def people(self, source, rows, *words, more=()):
        """Load a table of people by key; ``more`` names further columns."""
        columns = ("key", *PEOPLE, *more)
        path = self.table(f"{source}.csv", columns, [(key, *facts) for key, facts in rows.items()])
        self.run("load", path, "--feed", "csv", "--source", source, *words)

    def patients(self, source, rows, mark="U"):
        """Load health records by NHS number: a source that holds one record of each child."""
        path = self.home.parent / f"{source}-{mark}.ndjson"
        path.write_text(
            "".join(json.dumps(_patient(n, facts, mark)) + "\n" for n, facts in rows.items()),
            encoding="utf-8",
        )
        self.run("load", path, "--feed", "health.pds-fhir", "--source", source)

    def truth(self, persons, columns=("source", "record_id", "person")):
        return self.table("truth.csv", columns, persons)

    def measured(self, truth, *words):
        return json.loads(self.run("evaluate", truth, "--json", *words).stdout)

    def why(self, one, other):
        return json.loads(self.run("why", one, other, "--json").stdout)

    def looks(self):
        with self.opened() as store:
            return [m.event for m in store.access.decode(store.access.read(0, 1000))]


def _patient(number, facts, mark):
    given, family, birth, sex, postcode = facts
    return {
        "resourceType": "Patient",
        "id": number,
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": number}],
        "meta": {"security": [{"code": mark}], "versionId": "2" if mark == "R" else "1"},
        "name": [{"use": "usual", "given": [given], "family": family}],
        "birthDate": birth,
        "gender": {"F": "female", "M": "male"}[sex],
        "address": [{"use": "home", "line": ["7 Quill Lane"], "postalCode": postcode}],
    }


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path / "home")
    made.run("init")
    return made


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """An invented population, linked, with its truth."""
    return built(tmp_path_factory.mktemp("town"), children=700)


def built(folder, children):
    """An index of an invented population of one night, linked, and the population beside it."""
    made = Desk(folder / "home")
    made.run("init")
    [night] = population(folder / "feeds", children=children, nights=1, seed=11)
    for words in night:
        made.run(*words)
    return made


@pytest.fixture(scope="module")
def figures(town):
    return town.measured(town.feeds / "truth.csv", "--persons", town.feeds / "persons.csv")


def links(town):
    """Person and child of each record that the index holds, as export and truth have them."""
    town.run("export", "links", town.home.parent / "links.csv")
    with (town.home.parent / "links.csv").open(encoding="utf-8") as file:
        child = {(row["source"], row["record_id"]): row["child"] for row in csv.DictReader(file)}
    with (town.feeds / "truth.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = [(row["person"], child.get((row["source"], row["record_id"]))) for row in rows]
    return [(person, number) for person, number in found if number]


def pairs_of(groups):
    return sum(comb(n, 2) for n in Counter(groups).values())


def test_pairs_are_those_of_the_exported_links(town, figures):
    found = links(town)
    right, made, true = (
        pairs_of(found),
        pairs_of(c for _, c in found),
        pairs_of(p for p, _ in found),
    )
    pairs = figures["whole"]["pairs"]
    assert (pairs["precision"]["part"], pairs["precision"]["whole"]) == (right, made)
    assert (pairs["recall"]["part"], pairs["recall"]["whole"]) == (right, true)
    assert figures["records"]["measured"] == len(found)


def test_whole_children_are_those_of_the_exported_links(town, figures):
    persons, children = defaultdict(set), defaultdict(set)
    for n, (person, child) in enumerate(links(town)):
        persons[person].add(n)
        children[child].add(n)
    whole = {*map(frozenset, persons.values())} & {*map(frozenset, children.values())}
    found = figures["whole"]["children"]
    assert found["recall"]["part"] == found["precision"]["part"] == len(whole)
    assert (found["recall"]["whole"], found["precision"]["whole"]) == (len(persons), len(children))


def test_groups_add_up_to_the_whole(figures):
    whole = figures["whole"]["pairs"]
    for name in ("sources", "age", "sex", "naming"):
        for what in ("precision", "recall"):
            groups = [one["pairs"][what] for one in figures["by"][name]]
            for sum_ in ("part", "whole"):
                assert sum(one[sum_] for one in groups) == pytest.approx(whole[what][sum_])


def test_every_missed_and_every_false_pair_is_accounted_for(figures):
    pairs = figures["whole"]["pairs"]
    missed = pairs["recall"]["whole"] - pairs["recall"]["part"]
    false = pairs["precision"]["whole"] - pairs["precision"]["part"]
    assert sum(one["pairs"] for one in figures["missed"]) == missed > 0
    assert sum(one["pairs"] for one in figures["false_links"]) == false
    assert figures["looked_into"] == {"false": false, "missed": missed}
    for one in figures["missed"]:
        assert sum(one["reasons"].values()) <= one["pairs"]


def test_calibration_is_over_all_compared_pairs(figures):
    bins = figures["calibration"]["bins"]
    assert len(bins) == 10
    assert sum(one["pairs"] for one in bins) == pytest.approx(
        sum(one["pairs"] for one in figures["calibration"]["tenths"])
    )
    assert min(one["lowest"] for one in bins) >= 0.01


def test_probabilities_mean_what_they_say_of_few_children_though_the_model_is_englands(figures):
    found = figures["calibration"]
    assert found["expected_error"] <= 0.02
    assert found["greatest_error"] <= 0.05
    assert figures["stated_for"] < figures["prior_records"] / 100


def test_a_prior_that_is_fitted_links_what_englands_leaves_to_stewards(tmp_path):
    """In so many children some 100 matches are missed by England's prior; of a few hundred, 20."""
    large = built(tmp_path, children=3500)
    people = (large.feeds / "truth.csv", "--persons", large.feeds / "persons.csv")
    england = large.measured(*people)
    made = json.loads(large.run("train", "--prior", "--json").stdout)["version"]
    large.run("model", "use", made)
    large.run("link")
    fitted = large.measured(*people)
    before, after = england["whole"]["pairs"], fitted["whole"]["pairs"]
    missed = [one["recall"]["whole"] - one["recall"]["part"] for one in (before, after)]
    assert missed[1] < 0.7 * missed[0], missed
    assert after["precision"]["value"] >= before["precision"]["value"]
    assert fitted["review"]["pairs"] < 0.6 * england["review"]["pairs"]
    assert fitted["prior_records"] == fitted["stated_for"] == england["stated_for"]


def test_naming_groups_are_of_the_truth_where_it_tells_them(town, figures):
    named = {one["group"] for one in figures["by"]["naming"]}
    assert figures["groups_from"] == "the truth"
    assert {"english", "muslim"} <= named
    told = town.measured(town.feeds / "truth.csv")
    assert told["groups_from"] == "the names"
    assert "English and other" in {one["group"] for one in told["by"]["naming"]}


def test_people_read_tables(town):
    shown = town.run("evaluate", town.feeds / "truth.csv").stdout
    for told in ("whole children", "pds + schools", "5 to 10", "not current in the index", "twin",
                 "calibration error", "referred pairs"):  # fmt: skip
        assert told in shown


class Page(HTMLParser):
    """What a page is made of."""

    void = frozenset({"meta"})

    def __init__(self, text):
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.open, self.links, self.titles = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.links += [value for name, value in attrs if name in ("src", "href", "srcset")]
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1
        self.links += [value for name, value in attrs if name in ("src", "href", "srcset")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-2:] == ["svg", "title"]:
            self.titles.append(data)


@pytest.fixture(scope="module")
def page(town):
    out = town.home.parent / "accuracy.html"
    town.run("evaluate", town.feeds / "truth.csv", "--report", out)
    assert out.stat().st_mode & 0o077 == 0
    return out.read_text(encoding="utf-8")


def test_the_page_is_whole_and_has_its_charts(page):
    found = Page(page)
    assert found.open == []
    assert {"Precision and recall", "Stated and observed", "Weights of birth", "By age: recall",
            "Missed pairs by where they were lost"} <= {*found.titles}  # fmt: skip
    assert [title for title in found.titles if title.startswith("Weights of ") and " and " in title]


def test_the_page_fetches_nothing_and_runs_nothing(page):
    found = Page(page)
    assert found.links == []
    assert found.tags["script"] == found.tags["link"] == found.tags["iframe"] == 0
    assert "url(" not in page
    assert "@import" not in page


def test_the_page_holds_no_particulars(town, page):
    with town.opened() as store:
        for record in store.workings.records():
            stated = record.compared
            told = [record.key, *(name.family for name in stated.names if len(name.family) > 6)]
            told += [address.postcode for address in stated.addresses if address.postcode]
            told += [identifier.value for identifier in stated.identifiers]
            assert not [value for value in told if f">{value}" in page or f" {value}" in page]


def test_the_table_of_errors_holds_each_once_with_its_keys(town, figures):
    out = town.home.parent / "errors.csv"
    town.run("evaluate", town.feeds / "truth.csv", "--errors", out)
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    known = read_truth(town.feeds / "truth.csv").persons
    pairs = figures["whole"]["pairs"]
    for row in rows:
        left, right = ((row[f"source_{side}"], row[f"record_id_{side}"]) for side in "ab")
        assert (known[left] == known[right]) == (row["error"] == "missed")
    told = {tuple(row.values())[:4] for row in rows}
    assert len(told) == len(rows)
    # Pairs of restricted children are left out.
    assert 0 < len(rows) <= pairs["recall"]["whole"] - pairs["recall"]["part"] + 20


# Small indexes, told by hand --------------------------------------------------------------------


def test_a_hand_made_index_has_the_figures_that_it_has(desk):
    """Two records of Asha are one child, a third is missed; a record of Bram stands alone."""
    desk.people(
        "club", {"a": ASHA, "b": ASHA, "x": ("Bram", "Mensah", "2012-01-09", "M", "B8 1AA")}
    )
    desk.people("choir", {"c": ("Zoe", "Abara", "2009-11-30", "F", "LS1 4AP")})
    truth = desk.truth(
        [("club", "a", "p1"), ("club", "b", "p1"), ("choir", "c", "p1"), ("club", "x", "p2"),
         ("club", "gone", "p2")]
    )  # fmt: skip
    found = desk.measured(truth)
    pairs, children = found["whole"]["pairs"], found["whole"]["children"]
    assert (pairs["precision"]["value"], pairs["recall"]["value"]) == pytest.approx((1, 1 / 3))
    assert pairs["f1"]["value"] == pytest.approx(0.5)
    assert (children["precision"]["value"], children["recall"]["value"]) == pytest.approx(
        (1 / 3, 1 / 2)
    )
    counts = found["records"]
    assert (counts["measured"], counts["not_in_index"], counts["not_in_truth"]) == (4, 1, 0)
    [lost] = found["missed"]
    assert (lost["why"], lost["pairs"]) == ("never compared", 2)


def test_a_record_that_the_truth_names_by_a_former_key_is_measured(desk):
    desk.people("club", {"old": ASHA})
    desk.people("club", {"new": (*ASHA, "old")}, more=("former_key",))
    by_either = [("club", "old", "p1"), ("club", "new", "p1")]
    for truth in (by_either[:1], by_either[1:], by_either):
        counts = desk.measured(desk.truth(truth))["records"]
        assert (counts["measured"], counts["not_in_index"], counts["not_in_truth"]) == (1, 0, 0)


def scores(right, true):
    """Scores of so many pairs of persons with two records each, some in two children."""
    person = np.repeat(np.arange(true), 2)
    child = np.where((person >= right) & (np.arange(2 * true) % 2 == 1), true + person, person)
    return Partition(person, codes(child)).measures().pairs


def test_a_group_is_behind_where_it_is_missed_far_more_often_beyond_chance():
    whole = scores(97, 100)
    far, near = Group.of("far", scores(880, 1000), whole), Group.of("near", scores(96, 100), whole)
    few = Group.of("few", scores(9, 10), whole)
    assert [far.misses, near.misses, few.misses] == pytest.approx([4, 4 / 3, 10 / 3])
    assert (far.behind, near.behind) == (True, False)
    assert not few.behind, "expected: may be chance"


def test_where_nothing_is_missed_no_group_is_behind():
    group = Group.of("all", scores(10, 10), scores(10, 10))
    assert (group.misses, group.behind) == (None, False)


def test_false_links_are_told_by_what_the_truth_knows_of_the_persons(desk):
    desk.people("club", {"a": ASHA, "b": ASHA, "c": ASHA})
    columns = ("source", "record_id", "person", "family", "born")
    truth = desk.truth(
        [("club", "a", "p1", "f1", "2015-03-04"), ("club", "b", "p2", "f1", "2015-03-05"),
         ("club", "c", "p3", "f2", "2015-03-04")],
        columns,
    )  # fmt: skip
    kinds = {one["kind"]: one for one in desk.measured(truth)["false_links"]}
    assert (kinds["twin"]["pairs"], kinds["twin"]["of"]) == (1, 1)
    assert (kinds["stranger"]["pairs"], kinds["stranger"]["persons"]) == (2, 2)


def test_a_birth_may_go_on_past_midnight_and_no_further(desk):
    """Of four children of one family two pairs are twins, and all are counted without a link."""
    rows = {"a": ASHA, "b": ("Bram", *ASHA[1:]), "c": ("Cora", *ASHA[1:]), "d": ("Dele", *ASHA[1:])}
    desk.people("club", rows)
    born = {"a": "2015-03-04", "b": "2015-03-05", "c": "2015-03-06", "d": ""}
    columns = ("source", "record_id", "person", "family", "born")
    truth = desk.truth([("club", k, f"p{k}", "f1", day) for k, day in born.items()], columns)
    kinds = {one["kind"]: one["of"] for one in desk.measured(truth)["false_links"]}
    assert kinds == {"twin": 2, "sibling": 4, "stranger": None}


def test_without_that_they_are_told_by_what_the_records_share(desk):
    desk.people("club", {"a": ASHA, "b": ASHA})
    truth = desk.truth([("club", "a", "p1"), ("club", "b", "p2")])
    found = desk.measured(truth)
    assert found["kinds_from"] == "the records"
    assert [one["kind"] for one in found["false_links"] if one["pairs"]] == ["twin"]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (("Asha", "Okonjo", "2015-03", "F", "SE15 3QN"), "referred"),
        (("Zoe", "Abara", "2009-11-30", "F", "LS1 4AP"), "never compared"),
        (("Zoe", "Okonjo", "2015-03-04", "F", "SE15 3QN"), "ruled out"),
        (("Ashleigh", "Abara", "2015-07-21", "F", "SE15 3QN"), "weighed too low"),
    ],
)  # fmt: skip
def test_why_and_evaluate_say_alike_where_a_pair_was_lost(desk, other, why):
    desk.people("club", {"a": ASHA})
    desk.people("choir", {"b": other})
    told = desk.why("club:a", "choir:b")
    assert told["apart"]["why"] == why
    assert told["compared"] == (why != "never compared") == bool(told["blocks"])
    truth = desk.truth([("club", "a", "p1"), ("choir", "b", "p1")])
    [lost] = desk.measured(truth)["missed"]
    assert (lost["why"], lost["pairs"]) == (why, 1)


def test_two_records_of_a_source_that_holds_one_of_each_child_are_never_compared(desk):
    desk.patients("pds", {"9000000009": ASHA, "9000000025": ASHA})
    told = desk.why("pds:9000000009", "pds:9000000025")["apart"]
    assert (told["why"], told["reason"]) == ("one source", "pds holds one record of each child")


def test_a_pair_that_a_bar_keeps_apart_says_which(desk):
    """A child twice at one source: a record elsewhere has the number of each."""
    one, other = "9000000009", "9000000025"
    desk.patients("pds", {one: ASHA, other: ASHA})
    desk.people("club", {"a": (*ASHA, one)}, more=("nhs",))
    desk.people("choir", {"b": (*ASHA, other)}, more=("nhs",))
    told = desk.why("club:a", "choir:b")["apart"]
    assert told["why"] == "kept apart"
    assert told["reason"] == "pds holds one record of each child, and both have one"


def test_a_record_that_was_not_linked_yet_says_so(desk):
    desk.people("club", {"a": ASHA})
    desk.people("choir", {"b": ASHA}, "--no-link")
    assert desk.why("club:a", "choir:b")["apart"]["why"] == "not linked"
    truth = desk.truth([("club", "a", "p1"), ("choir", "b", "p1")])
    assert desk.measured(truth)["records"]["not_linked"] == 1


def test_one_child_has_no_reason_to_be_apart(desk):
    desk.people("club", {"a": ASHA})
    desk.people("choir", {"b": ASHA})
    assert desk.why("club:a", "choir:b")["apart"] is None
    shown = desk.run("why", "club:a", "choir:b").stdout
    assert "brought together by: birth date and the sound of a name" in shown
    assert "two children because" not in shown
    assert "one child because: linked by their own weight" in shown


def test_records_that_only_others_connect_say_so(desk):
    """A record without a birth date and one without a number meet in the health record."""
    number = "9000000009"
    desk.patients("pds", {number: ASHA})
    desk.people("club", {"a": ASHA})
    desk.people("choir", {"b": ("Asha", "Okonjo", "2015-04-03", "F", "LS1 4AP", number)},
                more=("nhs",))  # fmt: skip
    told = desk.why("club:a", "choir:b")
    assert (told["same_child"], told["joined"]) == (True, "joined through other records")


def test_pairs_never_compared_say_what_a_further_rule_could_ask(desk):
    desk.people("club", {"a": ASHA})
    desk.people("choir", {"b": ("Asha", "Okonjo", "2009-11-30", "F", "LS1 4AP")})
    found = desk.measured(desk.truth([("club", "a", "p1"), ("choir", "b", "p1")]))
    assert found["would_find"] == {"given exact and family exact": 1}


def test_a_pair_of_a_child_with_a_restricted_record_is_neither_counted_nor_shown(desk):
    desk.patients("pds", {"9000000009": ASHA}, mark="R")
    desk.people("club", {"a": ("Asha", "Okonjo", "2015-03", "F", "SE15 3QN")})
    truth = desk.truth([("pds", "9000000009", "p1"), ("club", "a", "p1")])
    page, errors = desk.home.parent / "page.html", desk.home.parent / "errors.csv"
    found = desk.measured(truth, "--report", page, "--errors", errors)
    assert found["missed"] == []
    assert len(errors.read_text(encoding="utf-8").splitlines()) == 1
    assert "None that may be shown" in page.read_text(encoding="utf-8")
    assert desk.looks()[-1].children == ()


def test_a_measurement_is_on_record_with_the_children_whose_weights_are_shown(desk):
    desk.people("club", {"a": ASHA})
    desk.people("choir", {"b": ("Asha", "Okonjo", "2015-03", "F", "SE15 3QN")})
    truth = desk.truth([("club", "a", "p1"), ("choir", "b", "p1")])
    desk.run("evaluate", truth, "--reason", "the yearly check")
    *_, figures = desk.looks()
    assert (figures.act, figures.asked.reason, figures.children) == (
        "evaluate", "the yearly check", (),
    )  # fmt: skip
    desk.run("evaluate", truth, "--report", desk.home.parent / "page.html")
    *_, shown = desk.looks()
    assert len(shown.children) == 2


def test_only_an_administrator_may_measure(desk, tmp_path):
    truth = desk.truth([("club", "a", "p1")])
    with desk.opened() as store:
        roles = store.master.hashes.stream_id("administrators")
        named = [m.event for m in store.access.stream(roles)]
    assert [type(event) for event in named] == [AdministratorNamed]
    desk.environment["LOGNAME"] = "somebody-else"
    with pytest.raises(DeniedError):
        desk.run("evaluate", truth, "--report", tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["source,record_id"], "line 1, person: expected a column of that name, once"),
        (["source,record_id,person", "club,a,"], "line 2, person: expected a value"),
        (["source,record_id,person", "club,a"], "line 2: expected 3 cells, not 2"),
        (["source,record_id,person", "club,a,p1", "club,a,p2"],
         "line 3, person: expected one person for a record that stands twice"),
        (["source,record_id,person,family", "club,a,p1,f1", "club,b,p1,f2"],
         "line 3: expected the same of a person as where it stood before"),
    ],
)  # fmt: skip
def test_a_truth_that_cannot_be_read_says_where(tmp_path, lines, said):
    path = tmp_path / "truth.csv"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    with pytest.raises(FeedError, match=f"truth.csv: {said}"):
        read_truth(path)


def test_a_truth_that_says_a_record_twice_alike_is_taken(tmp_path):
    path = tmp_path / "truth.csv"
    path.write_text("source,record_id,person\nclub,a,p1\nclub,a,p1\n", encoding="utf-8")
    assert read_truth(path).persons == {("club", "a"): "p1"}


def test_a_page_that_cannot_be_written_is_refused_before_anything_is_measured(desk, tmp_path):
    truth = desk.truth([("club", "a", "p1")])
    with pytest.raises(FileNotFoundError):
        desk.run("evaluate", truth, "--report", tmp_path / "nowhere" / "page.html")
    assert not [look for look in desk.looks() if getattr(look, "act", "") == "evaluate"]


def test_of_an_empty_index_nothing_is_measured(desk):
    found = desk.measured(desk.truth([("club", "a", "p1")]))
    assert found["whole"]["pairs"]["precision"]["value"] is None
    desk.run("evaluate", desk.truth([("club", "a", "p1")]), "--report", desk.home.parent / "p.html")

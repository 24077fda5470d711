"""Adoption from end to end: a new identity, the old number gone, and nothing that leads back."""

import json

import pytest

from contactpoint.errors import DeniedError, NotFoundError
from contactpoint.judging.acts import By
from contactpoint.judging.judging import Judging, Meant
from contactpoint.judging.pair import Pair
from contactpoint.people.deciding import Act
from contactpoint.separating import Separating
from events.child import ChildRestored
from tests.contactpoint.desk import REASON, Desk

KAYLEIGH = {"given": "Kayleigh", "family": "Dobbs", "dob": "2015-03-04", "postcode": "M9 4XX"}
KATE = {"given": "Kate", "family": "Harrington", "dob": "2015-03-04", "postcode": "BS6 7YY"}
NUMBER = {"nhs": "9000000009", "nhs_status": "01"}
OLD_UPN, NEW_UPN = "H801200001001", "T801200001002"


class Office(Desk):
    """An index with a child of two sources, and two adoption officers."""

    def begin(self):
        super().begin()
        self.cora = self.token("cora", "adoption-officer")
        self.dele = self.token("dele", "adoption-officer")
        self.eve = self.token("eve", "practitioner")
        for source in ("clinic", "school", "bristol"):
            self.run("source", "add", source, "--feed", "csv", "--guard-share", 1)
        self.night("clinic", {"key": "k", **KAYLEIGH, **NUMBER})
        self.night("school", {"key": "s", **KAYLEIGH, **NUMBER, "upn": OLD_UPN})
        return self

    def night(self, source, *rows, mode="delta"):
        """A delivery of a source, whose rows all state the same columns."""
        self.nights = getattr(self, "nights", 0) + 1
        columns = sorted({column for row in rows for column in row} | {"key"})
        lines = [",".join(columns)]
        lines += [",".join(str(row.get(column, "")) for column in columns) for row in rows]
        path = self.home.parent / f"{source}-{self.nights}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        day = f"2026-02-{self.nights:02}"
        words = ("--source", source, "--feed", "csv", "--mode", mode, "--effective", day)
        self.run("load", path, *words, expected=(0, 3))

    def withdrawn(self, *sources):
        """Each source states somebody else, and nobody else."""
        for source in sources:
            other = {"key": "other", "given": "Zed", "family": "Quy", "dob": "2011-01-09"}
            self.night(source, other, mode="snapshot")

    def number(self, name):
        source, key = name.split(":")
        return self.numbers()[0].get((source, key))

    def adopted(self, *new):
        words = [word for name in new for word in ("--new", name)]
        words += ["--requested-by", "the agency", "--json"]
        number = self.number("clinic:k")
        said = self.run("adopt", number, *words, by=self.cora, second=self.dele)
        return number, json.loads(said.stdout)

    def found(self, **asked):
        words = [word for name, value in asked.items() for word in (f"--{name}", value)]
        said = self.run("child", "find", *words, *REASON, "--json", by=self.eve, expected=(0, 1))
        return said.stdout

    def shown(self, number):
        return self.run("child", "show", number, *REASON, "--json", by=self.eve).stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Office(tmp_path_factory.mktemp("adoption") / "home").begin()


@pytest.fixture
def office(made, tmp_path):
    copied = Office(made.copy(tmp_path / "home").home)
    for name in ("ada", "bram", "cora", "dele", "eve", "nights"):
        setattr(copied, name, getattr(made, name))
    return copied


@pytest.fixture
def adopted(office):
    """Kayleigh Dobbs was adopted, and is Kate Harrington at a new clinic that knows both names."""
    past = {"former_family": "Dobbs", "alias": "Kayleigh Dobbs", "former_upn": OLD_UPN}
    office.night("bristol", {"key": "k", **KATE, **past, **NUMBER, "upn": NEW_UPN})
    old, said = office.adopted("bristol:k")
    office.old, office.new = old, said["numbers"][0]
    return office


def test_the_new_identity_has_a_number_of_its_own_and_nothing_of_the_old(adopted):
    assert adopted.new != adopted.old
    shown = adopted.shown(adopted.new)
    assert "Harrington" in shown
    for word in ("Dobbs", "Kayleigh", OLD_UPN, "M9 4XX", "clinic", adopted.old):
        assert word not in shown, word


@pytest.mark.parametrize("number", [NUMBER, {"nhs": "9000000033", "nhs_status": "01"}])
def test_the_new_identity_of_a_shielded_child_is_shielded_too(office, number):
    olu, ola = (office.token(name, "shielding-officer") for name in ("olu", "ola"))
    old = office.number("clinic:k")
    laid = ("shield", "apply", old, "--criterion", "refuge", "--requester", "duty desk")
    office.run(*laid, by=olu)
    office.night("bristol", {"key": "k", **KATE, **number})
    _, said = office.adopted("bristol:k")
    (new,) = said["numbers"]
    assert "BS6 7YY" not in office.shown(new)
    assert new not in office.found(postcode="BS6 7YY")
    office.run("shield", "lift", new, "--reason", "no danger", by=olu, second=ola)
    assert "BS6 7YY" in office.shown(new)
    assert office.findings() == []


def test_a_new_identity_that_is_shielded_already_comes_under_no_further_shield(office):
    olu = office.token("olu", "shielding-officer")
    office.night("bristol", {"key": "k", **KATE})
    for name in ("clinic:k", "bristol:k"):
        laid = ("--criterion", "refuge", "--requester", "duty desk")
        office.run("shield", "apply", office.number(name), *laid, by=olu)
    office.adopted("bristol:k")
    told = json.loads(office.run("shield", "list", "--json", by=olu).stdout)
    assert (len(told["shields"]), len(told["inherited"])) == (2, 0)


@pytest.mark.parametrize("whose", ["clinic:k", "bristol:k"])
def test_no_officer_gives_a_child_of_their_own_family_a_new_identity_or_takes_it_back(
    office, whose
):
    office.night("bristol", {"key": "k", **KATE})
    fay = office.token("fay", "adoption-officer")
    office.run("review", "relatives", office.number(whose), by=fay)
    old = office.number("clinic:k")
    words = ("--new", "bristol:k", "--requested-by", "the agency")
    before = office.events()
    for one, other in ((fay, office.cora), (office.cora, fay)):
        with pytest.raises(NotFoundError, match="no child of that number"):
            office.run("adopt", old, *words, by=one, second=other)
    assert office.events() == before
    never_link = office.adopted("bristol:k")[1]["never_link"]
    for one, other in ((fay, office.cora), (office.cora, fay)):
        with pytest.raises(NotFoundError):
            office.run("never-link", "lift", never_link, by=one, second=other)
    assert office.number("bristol:k") not in {None, old}


def test_the_old_number_answers_as_one_that_never_was(adopted):
    answers = set()
    for number in (adopted.old, "000000000019"):
        with pytest.raises(NotFoundError) as refused:
            adopted.shown(number)
        answers.add((str(refused.value), refused.value.exit_code))
    assert len(answers) == 1


def test_no_search_by_what_was_before_finds_anybody(adopted):
    for asked in (
        {"name": "Kayleigh Dobbs"},
        {"name": "Dobbs", "dob": "2015-03-04"},
        {"identifier": OLD_UPN},
        {"postcode": "M9 4XX"},
    ):
        told = adopted.found(**asked)
        assert adopted.new not in told, asked
        assert adopted.old not in told, asked


def test_no_home_that_the_new_identity_has_left_is_shown_or_searched(office):
    homes = [
        {"line": ["2 Reed Way"], "postalCode": "BS6 7YY", "period": {"start": "2025-09-01"}},
        {"line": ["9 Mill Row"], "postalCode": "M9 4XX", "period": {"end": "2025-08-31"}},
    ]
    patient = {
        "resourceType": "Patient",
        "id": "9000000033",
        "name": [{"use": "usual", "given": ["Kate"], "family": "Harrington"}],
        "birthDate": "2015-03-04",
        "address": [{"use": "home", **home} for home in homes],
    }
    path = office.home.parent / "pds.ndjson"
    path.write_text(json.dumps(patient) + "\n", encoding="utf-8")
    office.run("load", path, "--source", "pds", "--feed", "health.pds-fhir", expected=(0, 3))
    _, said = office.adopted("pds:9000000033")
    (new,) = said["numbers"]
    assert "BS6 7YY" in office.shown(new)
    assert "M9 4XX" not in office.shown(new)
    assert new in office.found(postcode="BS6 7YY", dob="2015-03-04")
    assert new not in office.found(postcode="M9 4XX", dob="2015-03-04")


def test_a_child_adopted_twice_is_linked_to_neither_of_its_old_identities(adopted):
    mara = {"given": "Mara", "family": "Quillon", "dob": "2015-03-04", "postcode": "LS6 2AB"}
    adopted.night("leeds", {"key": "m", **mara, **NUMBER})
    words = ("--new", "leeds:m", "--requested-by", "the agency", "--json")
    said = adopted.run("adopt", adopted.new, *words, by=adopted.cora, second=adopted.dele)
    (number,) = json.loads(said.stdout)["numbers"]
    both = {**mara, "family": KAYLEIGH["family"], "postcode": KAYLEIGH["postcode"]}
    adopted.night("gp", {"key": "x", **both, **NUMBER})
    for again in (("link", "--all"), ("rebuild",)):
        adopted.run(*again)
        assert "Quillon" in adopted.shown(number)
        for old in (adopted.old, adopted.new):
            with pytest.raises(NotFoundError):
                adopted.shown(old)
    assert adopted.findings() == []


def test_what_an_identity_had_that_was_a_new_one_itself_is_shown_to_nobody(adopted):
    """Without the record that joined them its records are alike in nothing."""
    adopted.night("zoo", STRANGER)
    adopted.night("gp", {"key": "q", **QUINN})
    with adopted.opened() as store:
        judged(store, "zoo:z", "bristol:k")
        judged(store, "gp:q", "bristol:k")
    words = ("--new", "bristol:k", "--requested-by", "the agency", "--json")
    adopted.run("adopt", adopted.new, *words, by=adopted.cora, second=adopted.dele)
    for again in (("link", "--all"), ("rebuild",)):
        adopted.run(*again)
        numbers, answers = adopted.numbers()
        assert {answers[numbers[one]] for one in (("zoo", "z"), ("gp", "q"))} == {None}
        for name in ("Zed Quy", "Quinn Zaleski"):
            assert "number" not in adopted.found(name=name)
    assert adopted.findings() == []


def test_of_two_adoptions_into_one_identity_the_other_hides_the_past_when_one_is_lifted(adopted):
    adopted.night("clinic", {"key": "q", "given": "Zuri", "family": "Quy", "dob": "2014-01-09"})
    words = ("--new", adopted.new, "--requested-by", "the agency", "--json")
    officers = {"by": adopted.cora, "second": adopted.dele}
    said = adopted.run("adopt", adopted.number("clinic:q"), *words, **officers)
    adopted.run("never-link", "lift", json.loads(said.stdout)["never_link"], **officers)
    assert "Zuri" in adopted.shown(adopted.number("clinic:q"))
    for _ in range(2):
        shown = adopted.shown(adopted.new)
        assert not any(word in shown for word in ("Dobbs", "Kayleigh", OLD_UPN))
        assert adopted.new not in adopted.found(name="Kayleigh Dobbs")
        adopted.run("rebuild")


def test_the_two_are_never_a_pair_a_reason_or_a_row(adopted):
    adopted.run("link", "--all")
    with adopted.opened() as store:
        old, new = store.record_named("clinic:k"), store.record_named("bristol:k")
        assert not [p for p in store.workings.open_pairs() if {old, new} == {p.left, p.right}]
    out = adopted.home.parent / "links.csv"
    adopted.run("export", "links", out)
    assert "bristol" not in out.read_text()
    assert "clinic" not in out.read_text()
    adopted.run("export", "pairs", out)
    assert "bristol" not in out.read_text()
    for command in (("why",), ("review", "show"), ("review", "claim")):
        reason = () if command[-1] == "claim" else REASON
        with pytest.raises(NotFoundError):
            adopted.run(*command, "clinic:k", "bristol:k", *reason, by=adopted.ada)
    with adopted.opened() as store, pytest.raises(NotFoundError):
        Judging(store.log, store.keys, store.master).open(Pair.of(old, new))


def test_a_new_record_of_the_old_identity_is_of_it_and_is_shown_to_nobody(adopted):
    adopted.night("dentist", {"key": "d", **KAYLEIGH, **NUMBER})
    assert adopted.number("dentist:d") == adopted.old
    assert adopted.old not in adopted.found(name="Kayleigh Dobbs")
    with pytest.raises(NotFoundError):
        adopted.shown(adopted.old)
    adopted.night("leisure", {"key": "n", **KATE, **NUMBER})
    assert adopted.number("leisure:n") == adopted.new
    assert adopted.findings() == []


def test_both_sides_grow_by_what_is_linked_to_either_and_keep_it(adopted):
    adopted.night("dentist", {"key": "d", **KAYLEIGH, **NUMBER})
    adopted.night("leisure", {"key": "n", **KATE, **NUMBER})
    with adopted.opened() as store:
        [(left, right)] = [(one.left, one.right) for one in _listed(store)]
        assert store.record_named("dentist:d") in left
        assert store.record_named("leisure:n") in right
    with pytest.raises(NotFoundError):
        adopted.run("review", "show", "dentist:d", "leisure:n", *REASON, by=adopted.ada)


def test_old_records_that_are_withdrawn_and_return_are_hidden_again(adopted):
    adopted.withdrawn("clinic", "school")
    with adopted.opened() as store:
        old = store.record_named("clinic:k")
        assert store.log.heads.records([old])[old].state.standing == "withdrawn"
    rows = {"key": "k", **KAYLEIGH, **NUMBER}
    adopted.night("clinic", rows)
    assert adopted.number("clinic:k") == adopted.old
    assert adopted.old not in adopted.found(name="Kayleigh Dobbs")
    assert adopted.findings() == []


def test_a_record_withdrawn_before_the_adoption_is_of_the_old_identity_when_it_returns(office):
    office.withdrawn("school")
    office.night("bristol", {"key": "k", **KATE, **NUMBER})
    old, said = office.adopted("bristol:k")
    # By what it states now it would be of the new one.
    office.night("school", {"key": "s", **KATE, **NUMBER, "upn": OLD_UPN})
    assert office.number("school:s") == old
    assert office.number("bristol:k") == said["numbers"][0]
    with pytest.raises(NotFoundError):
        office.shown(old)


def test_a_record_of_the_old_identity_that_comes_when_no_other_is_left_is_hidden_too(adopted):
    adopted.withdrawn("clinic", "school")
    adopted.night("dentist", {"key": "d", **KAYLEIGH, **NUMBER})
    assert adopted.number("dentist:d") == adopted.old
    assert adopted.old not in adopted.found(name="Kayleigh Dobbs")
    with adopted.opened() as store:
        [one] = _listed(store)
        assert store.record_named("dentist:d") in one.left
    adopted.run("link", "--all")
    assert adopted.number("dentist:d") == adopted.old
    assert adopted.findings() == []


def test_a_record_of_the_new_identity_that_comes_when_no_other_is_left_is_of_it(adopted):
    adopted.withdrawn("bristol")
    adopted.night("leisure", {"key": "n", **KATE, **NUMBER})
    assert adopted.number("leisure:n") == adopted.new
    assert "Harrington" in adopted.shown(adopted.new)
    assert adopted.findings() == []


def test_a_stranger_who_comes_when_no_record_of_the_old_identity_is_left_is_seen(adopted):
    adopted.withdrawn("clinic", "school")
    adopted.night("dentist", {"key": "d", **KAYLEIGH, "given": "Priya", "family": "Nair"})
    assert adopted.number("dentist:d") not in (adopted.old, adopted.new)
    assert "Priya" in adopted.found(name="Priya Nair")


def test_another_model_and_a_rebuild_bring_nothing_back(adopted):
    before = adopted.shown(adopted.new), adopted.found(name="Dobbs", dob="2015-03-04")
    children = adopted.children()
    adopted.run("link", "--all")
    adopted.run("rebuild")
    assert adopted.children() == children
    assert (adopted.shown(adopted.new), adopted.found(name="Dobbs", dob="2015-03-04")) == before
    assert adopted.findings() == []


def test_a_record_that_was_of_the_child_can_be_its_new_identity(office):
    office.night("school", {"key": "s", **KATE, **NUMBER, "upn": NEW_UPN})
    old, said = office.adopted("school:s")
    assert said["numbers"] != [old]
    assert office.number("school:s") == said["numbers"][0]
    assert office.number("clinic:k") == old
    assert office.findings() == []


def test_a_child_whose_every_record_is_new_gets_a_new_number(office):
    old, said = office.adopted("school:s", "clinic:k")
    assert old not in said["numbers"]
    with pytest.raises(NotFoundError):
        office.shown(old)
    assert office.findings() == []


def test_an_adoption_twice_counts_once(adopted):
    before = adopted.events()
    words = ("--new", "bristol:k", "--requested-by", "the agency", "--json")
    said = adopted.run("adopt", adopted.old, *words, by=adopted.cora, second=adopted.dele)
    assert json.loads(said.stdout)["numbers"] == [adopted.new]
    assert adopted.events() == before


def adopted_whole(office, number):
    """The number of a child after all of its records were given a new identity."""
    words = ("--new", "school:s", "--new", "clinic:k", "--requested-by", "the agency", "--json")
    said = office.run("adopt", number, *words, by=office.cora, second=office.dele)
    (new,) = json.loads(said.stdout)["numbers"]
    return new


def test_a_child_given_a_new_identity_twice_with_every_record_has_neither_old_number(office):
    first = office.number("clinic:k")
    second = adopted_whole(office, first)
    third = adopted_whole(office, second)
    assert len({first, second, third}) == len([first, second, third])
    for old in (first, second):
        with pytest.raises(NotFoundError):
            office.shown(old)
    before = office.events()
    assert {adopted_whole(office, old) for old in (first, second)} == {third}
    assert office.events() == before
    assert office.findings() == []


def test_a_child_that_is_kept_apart_from_somebody_already_can_be_adopted(office):
    office.night("zoo", STRANGER)
    sides = ("--left", "zoo:z", "--right", "school:s", "--right", "clinic:k", "--kind", "other")
    asked = ("--requested-by", "the court")
    office.run("never-link", "draw", *sides, *asked, by=office.cora, second=office.dele)
    old = office.number("clinic:k")
    assert adopted_whole(office, old) != old
    with pytest.raises(NotFoundError):
        office.shown(old)
    assert office.findings() == []


def test_a_child_that_was_parted_from_what_is_withdrawn_can_be_adopted(office):
    sides = ("--left", "school:s", "--right", "clinic:k", "--kind", "other")
    asked = ("--requested-by", "the court")
    officers = {"by": office.cora, "second": office.dele}
    office.withdrawn("school")
    old = office.number("clinic:k")
    office.run("never-link", "draw", *sides, *asked, **officers)
    words = ("--new", "clinic:k", "--requested-by", "the agency", "--json")
    said = office.run("adopt", old, *words, **officers)
    (new,) = json.loads(said.stdout)["numbers"]
    assert new != old
    with pytest.raises(NotFoundError):
        office.shown(old)
    assert office.findings() == []


def test_an_adoption_takes_two_officers(office):
    words = ("--new", "school:s", "--requested-by", "the agency")
    number = office.number("clinic:k")
    for by, second in ((office.cora, ""), (office.cora, office.cora), (office.ada, office.dele)):
        with pytest.raises(DeniedError):
            office.run("adopt", number, *words, by=by, second=second)


def test_the_grounds_are_sealed_and_listed_for_officers_alone(adopted):
    said = json.loads(adopted.run("never-link", "list", "--json", by=adopted.cora).stdout)
    assert [one["requested_by"] for one in said] == ["the agency"]
    with pytest.raises(DeniedError):
        adopted.run("never-link", "list", by=adopted.ada)
    assert not any(
        b"the agency" in path.read_bytes() for path in adopted.home.rglob("*") if path.is_file()
    )


def test_a_never_link_parts_two_who_share_every_number_and_can_be_lifted(office):
    words = ("--left", "clinic:k", "--right", "school:s", "--kind", "other")
    asked = ("--requested-by", "the court", "--json")
    for alone in ("", office.cora):
        with pytest.raises(DeniedError):
            office.run("never-link", "draw", *words, *asked, by=office.cora, second=alone)
    fay = office.token("fay", "adoption-officer")
    office.run("review", "relatives", office.number("clinic:k"), by=fay)
    with pytest.raises(NotFoundError):
        office.run("never-link", "draw", *words, *asked, by=fay, second=office.dele)
    said = office.run("never-link", "draw", *words, *asked, by=office.cora, second=office.dele)
    assert office.number("clinic:k") != office.number("school:s")
    office.run("link", "--all")
    assert office.number("clinic:k") != office.number("school:s")
    again = office.run("never-link", "draw", *words, *asked, by=office.cora, second=office.dele)
    assert json.loads(again.stdout)["never_link"] == json.loads(said.stdout)["never_link"]
    name = json.loads(said.stdout)["never_link"]
    with pytest.raises(DeniedError):
        office.run("never-link", "lift", name, by=office.cora)
    office.run("never-link", "lift", name, by=office.cora, second=office.dele)
    assert office.number("clinic:k") == office.number("school:s")
    assert office.findings() == []


@pytest.mark.parametrize("first", ["adoption", "other"])
def test_a_never_link_that_somebody_else_asks_for_stays_when_the_other_is_lifted(office, first):
    officers = {"by": office.cora, "second": office.dele}
    if first == "adoption":
        lifted = office.adopted("school:s")[1]["never_link"]
    else:
        words = ("--left", "clinic:k", "--right", "school:s", "--kind", "other")
        said = office.run(
            "never-link", "draw", *words, "--requested-by", "the school", "--json", **officers
        )
        lifted = json.loads(said.stdout)["never_link"]
    sides = ("--left", "school:s", "--right", "clinic:k", "--kind", "protection")
    asked = ("--requested-by", "the court", "--json")
    drawn = [
        json.loads(office.run("never-link", "draw", *sides, *asked, **officers).stdout)
        for _ in range(2)
    ]
    assert drawn[0] == drawn[1]
    assert drawn[0]["never_link"] != lifted
    office.run("never-link", "lift", lifted, **officers)
    assert office.number("clinic:k") != office.number("school:s")
    office.run("never-link", "lift", drawn[0]["never_link"], **officers)
    assert office.number("clinic:k") == office.number("school:s")
    assert office.findings() == []


def test_a_merger_across_a_never_link_is_told_to_nobody_who_follows_numbers(office):
    office.night("zoo", STRANGER)
    with office.opened() as store:
        judging, pair = judged(store, "zoo:z", "clinic:k")
        judging.undo(pair, By("ada"), store.origin("review undo"))
        store.linking.run(store.origin("link"), store.model)
        store.projector.catch_up()
        assert store.queries.changes(0, 100)[0]
    words = ("--left", "clinic:k", "--right", "zoo:z", "--kind", "other")
    asked = ("--requested-by", "the court")
    office.run("never-link", "draw", *words, *asked, by=office.cora, second=office.dele)
    with office.opened() as store:
        store.projector.catch_up()
        told, _ = store.queries.changes(0, 100)
    assert [one for one in told if one.what == "merged"] == []


def test_a_record_that_both_sides_would_take_joins_one_and_asks_nobody_about_the_other(office):
    words = ("--left", "clinic:k", "--right", "school:s", "--kind", "other")
    asked = ("--requested-by", "the court")
    office.run("never-link", "draw", *words, *asked, by=office.cora, second=office.dele)
    office.night("dentist", {"key": "d", **KAYLEIGH, **NUMBER})
    assert office.number("dentist:d") in {office.number("clinic:k"), office.number("school:s")}
    with office.opened() as store:
        store.projector.catch_up()
        assert store.workings.open_pairs() == []
    assert office.findings() == []


def test_a_never_link_outranks_the_judgement_of_a_steward(office):
    seen = office.opened_pair("clinic:k", "school:s")["seen"]
    office.decide("clinic:k", "school:s", verdict="link", seen=seen)
    words = ("--left", "clinic:k", "--right", "school:s", "--kind", "protection")
    asked = ("--requested-by", "the court")
    office.run("never-link", "draw", *words, *asked, by=office.cora, second=office.dele)
    assert office.number("clinic:k") != office.number("school:s")


def test_stewards_part_a_child_who_only_comes_near_to_an_old_identity(office):
    """Of the identity that ended, one record is left, a withdrawn one; who is seen is none of it.

    It fails where all that stands on the side of an old identity is held together.
    """
    office.night("bristol", {"key": "b", **KAYLEIGH, **NUMBER})
    office.night("zoo", {"key": "z", **KAYLEIGH, **NUMBER})
    office.withdrawn("bristol")
    number = office.number("zoo:z")
    words = ("review", "split", number, "--off", "zoo:z", "--keep", "off", "--reason", "twins")
    seen = json.loads(office.run(*words, "--plan", "--json", by=office.ada).stdout)["seen"]
    office.run(*words, "--seen", seen, by=office.ada)
    assert office.number("clinic:k") == office.number("school:s") != office.number("zoo:z")
    adopt = ("adopt", number, "--new", "zoo:z", "--requested-by", "the agency")
    office.run(*adopt, by=office.cora, second=office.dele)
    office.decide("clinic:k", "school:s", verdict="apart")
    assert len({office.number(name) for name in ("clinic:k", "school:s", "zoo:z")}) == 3
    assert office.findings() == []


def test_an_adoption_that_takes_a_rival_away_leaves_the_twin_to_be_seen(office):
    mother = {"sex": "F", "guardian_given": "Petra", "guardian_family": "Dobbs"}
    one, twin = {**KAYLEIGH, **mother}, {**KAYLEIGH, **mother, "given": "Kayla"}
    office.night("chess", {"key": "k", **one})
    office.night("gp", {"key": "k", **one, **NUMBER}, {"key": "t", **twin})
    number = office.number("gp:t")
    assert office.number("gp:k") == office.number("chess:k") != number
    office.adopted("gp:k")
    assert office.number("gp:t") == number
    assert "Kayla" in office.shown(number)


def judged(store, *pair):
    """A steward links two records, as the command does; returns who judges, and the pair."""
    judging, origin = Judging(store.log, store.keys, store.master), store.origin("review decide")
    found = Pair.of(*map(store.record_named, pair))
    assert judging.decide(Meant(found, "link", "x", judging.open(found)), By("ada"), origin)
    store.linking.run(origin, store.model)
    return judging, found


QUINN = {"given": "Quinn", "family": "Zaleski", "dob": "2013-11-21", "postcode": "LS6 2AB"}
STRANGER = {"key": "z", "given": "Zed", "family": "Quy", "dob": "2011-01-09", "sex": "M"}


def test_undoing_a_link_to_the_old_identity_gives_the_child_back(adopted):
    adopted.night("zoo", STRANGER)
    number = adopted.number("zoo:z")
    with adopted.opened() as store:
        judging, pair = judged(store, "zoo:z", "clinic:k")
        store.catch_up()
        assert store.workings.record(store.record_named("zoo:z")).number == adopted.old
        assert judging.undo(pair, By("ada"), store.origin("review undo"))
        store.linking.run(store.origin("link"), store.model)
    assert adopted.number("zoo:z") == number
    assert "Quy" in adopted.shown(number)
    assert adopted.findings() == []
    children = adopted.children()
    adopted.run("rebuild")
    assert adopted.children() == children


def test_undoing_a_link_of_two_old_identities_gives_each_its_own_number(adopted):
    adopted.night("zoo", STRANGER)
    adopted.night("farm", {"key": "y", **KATE, "given": "Ines", "dob": "2012-02-02"})
    number = adopted.number("zoo:z")
    words = ("--new", "farm:y", "--requested-by", "the agency")
    adopted.run("adopt", number, *words, by=adopted.cora, second=adopted.dele)
    before = adopted.numbers()
    with adopted.opened() as store:
        judging, pair = judged(store, "zoo:z", "clinic:k")
        store.catch_up()
        assert store.workings.record(store.record_named("zoo:z")).number == adopted.old
        assert judging.undo(pair, By("ada"), store.origin("review undo"))
        store.linking.run(store.origin("link"), store.model)
    assert adopted.numbers() == before
    assert adopted.findings() == []


def test_every_number_that_was_merged_into_the_old_identity_is_given_up_with_it(office):
    office.night("zoo", STRANGER)
    merged = office.number("zoo:z")
    with office.opened() as store:
        judged(store, "zoo:z", "clinic:k")
    office.night("bristol", {"key": "k", **KATE})
    old, _ = office.adopted("bristol:k")
    assert old != merged
    with office.opened() as store:
        separating = store.separating(Act.ADOPT)
        assert None not in map(separating.retired, (old, merged))
    for number in (old, merged):
        with pytest.raises(NotFoundError):
            office.shown(number)
    assert office.findings() == []


def test_an_old_identity_that_once_had_a_record_of_another_keeps_its_own(office):
    office.night("zoo", STRANGER)
    with office.opened() as store:
        judging, pair = judged(store, "zoo:z", "clinic:k")
        assert judging.undo(pair, By("ada"), store.origin("review undo"))
        store.linking.run(store.origin("link"), store.model)
    office.night("bristol", {"key": "k", **KATE})
    office.adopted("bristol:k")
    office.night("farm", {"key": "y", **KATE, "given": "Ines", "dob": "2012-02-02"})
    words = ("--new", "farm:y", "--requested-by", "the agency")
    office.run("adopt", office.number("zoo:z"), *words, by=office.cora, second=office.dele)
    before = office.numbers()
    office.run("link", "--all")
    assert office.numbers() == before


def test_what_was_stated_of_the_old_identity_since_stays_with_it_after_an_undo(adopted):
    adopted.night("zoo", STRANGER)
    with adopted.opened() as store:
        judging, pair = judged(store, "zoo:z", "clinic:k")
    adopted.night("zoo", {**STRANGER, "postcode": "M9 4XX"})
    with adopted.opened() as store:
        judging = Judging(store.log, store.keys, store.master)
        assert judging.undo(pair, By("ada"), store.origin("review undo"))
        store.linking.run(store.origin("link"), store.model)
    assert adopted.number("zoo:z") == adopted.old
    assert adopted.findings() == []


def _listed(store):
    return store.separating.__func__(store, None).listed()


def test_an_adoption_recorded_in_error_is_lifted_and_the_number_answers_again(adopted):
    [one] = json.loads(adopted.run("never-link", "list", "--json", by=adopted.cora).stdout)
    name = one["never_link"]
    adopted.run("never-link", "lift", name, by=adopted.cora, second=adopted.dele)
    assert "Dobbs" in adopted.shown(adopted.old)
    assert adopted.number("clinic:k") == adopted.old
    assert adopted.shown(adopted.new)
    assert adopted.findings() == []
    before = adopted.children()
    adopted.run("rebuild")
    assert adopted.children() == before


def test_a_child_that_bears_its_first_identity_again_is_seen_under_a_number_of_its_own(adopted):
    words = ("--new", "clinic:k", "--new", "school:s", "--requested-by", "the court", "--json")
    officers = {"by": adopted.cora, "second": adopted.dele}
    said = json.loads(adopted.run("adopt", adopted.new, *words, **officers).stdout)
    (third,) = said["numbers"]
    adopted.night("dentist", {"key": "d", **KAYLEIGH, **NUMBER})
    for again in (("link",), ("link", "--all"), ("rebuild",)):
        adopted.run(*again)
        assert third not in (adopted.old, adopted.new)
        assert third in adopted.found(name="Kayleigh Dobbs")
        assert "Harrington" not in adopted.found(name="Kate Harrington")
        assert {adopted.number(one) for one in ("clinic:k", "school:s", "dentist:d")} == {third}
        for old in (adopted.old, adopted.new):
            with pytest.raises(NotFoundError):
                adopted.shown(old)
    adopted.run("never-link", "lift", said["never_link"], **officers)
    for again in (("link", "--all"), ("rebuild",)):
        assert "Harrington" in adopted.shown(adopted.new)
        assert '"found": []' in adopted.found(name="Kayleigh Dobbs")
        for old in (adopted.old, third):
            with pytest.raises(NotFoundError):
                adopted.shown(old)
        adopted.run(*again)
    assert adopted.findings() == []


def test_every_number_that_was_given_up_with_the_old_identity_answers_again(office):
    office.night("zoo", STRANGER)
    merged = office.number("zoo:z")
    manager = office.token("mia", "data-manager")
    office.run("child", "correct", merged, "--given", "Zora", *REASON, by=manager)
    with office.opened() as store:
        judging, pair = judged(store, "zoo:z", "clinic:k")
    office.night("bristol", {"key": "k", **KATE})
    old, said = office.adopted("bristol:k")
    officers = {"by": office.cora, "second": office.dele}
    office.run("never-link", "lift", said["never_link"], **officers)
    shown = [json.loads(office.shown(number)) for number in (old, merged)]
    assert shown[0] == shown[1]
    assert [one["says"]["given"] for one in shown[0]["corrections"]] == [["Zora"]]
    with office.opened() as store:
        judging = Judging(store.log, store.keys, store.master)
        assert judging.undo(pair, By("ada"), store.origin("review undo"))
        store.linking.run(store.origin("link"), store.model)
    assert office.number("zoo:z") == merged
    assert office.findings() == []
    before = office.numbers()
    office.run("rebuild")
    assert office.numbers() == before


def test_an_old_number_all_of_whose_records_were_given_a_new_identity_answers_again(office):
    old, said = office.adopted("school:s", "clinic:k")
    (new,) = said["numbers"]
    third = adopted_whole(office, new)
    officers = {"by": office.cora, "second": office.dele}
    # While the new identity is given up itself, the old number leads to nobody.
    listed = json.loads(office.run("never-link", "list", "--json", by=office.cora).stdout)
    office.run("never-link", "lift", listed[-1]["never_link"], **officers)
    assert json.loads(office.shown(new))["number"] == third
    with pytest.raises(NotFoundError):
        office.shown(old)
    office.run("never-link", "lift", said["never_link"], **officers)
    assert json.loads(office.shown(old))["number"] == third
    assert office.findings() == []


def test_an_old_number_answers_not_while_the_new_identity_was_given_up_since(office):
    old, said = office.adopted("school:s", "clinic:k")
    adopted_whole(office, said["numbers"][0])
    officers = {"by": office.cora, "second": office.dele}
    office.run("never-link", "lift", said["never_link"], **officers)
    for number in (old, *said["numbers"]):
        with pytest.raises(NotFoundError):
            office.shown(number)
    [last] = json.loads(office.run("never-link", "list", "--json", by=office.cora).stdout)
    office.run("never-link", "lift", last["never_link"], **officers)
    third = office.number("clinic:k")
    for number in (old, *said["numbers"]):
        assert json.loads(office.shown(number))["number"] == third
    assert office.findings() == []


def test_an_old_identity_answers_for_itself_again_and_for_what_the_new_one_had_of_it(office):
    old, said = office.adopted("school:s")
    with office.opened() as store:
        known = store.workings.merged_into, store.workings.retired_of
        separating = Separating(store.log, store.keys, store.master, *known)
        child, by = separating.retired(old), By("cora", "dele")
        [drawn] = separating.listed()
        assert separating.lift(drawn.id, by, store.origin("never-link lift"))
        assert [type(one.event) for one in store.log.stream(child)][-1] is ChildRestored
        store.linking.run(store.origin("link"), store.model)
    for number in (old, *said["numbers"]):
        assert json.loads(office.shown(number))["number"] == old
    assert office.findings() == []


def test_a_number_merged_into_an_old_one_answers_for_it_again_though_its_record_is_gone(office):
    office.night("zoo", STRANGER)
    merged = office.number("zoo:z")
    with office.opened() as store:
        judged(store, "zoo:z", "clinic:k")
    office.run("erase", "zoo:z", "--reason", "asked", "--yes")
    office.night("bristol", {"key": "k", **KATE})
    old, said = office.adopted("bristol:k")
    office.run("never-link", "lift", said["never_link"], by=office.cora, second=office.dele)
    assert json.loads(office.shown(merged))["number"] == old
    assert office.findings() == []


def test_what_was_told_of_whom_an_old_identity_had_taken_in_is_erased_with_it(office):
    office.night("zoo", STRANGER)
    manager = office.token("mia", "data-manager")
    merged = office.number("zoo:z")
    office.run("child", "correct", merged, "--given", "Zora", *REASON, by=manager)
    with office.opened() as store:
        judged(store, "zoo:z", "clinic:k")
    office.night("bristol", {"key": "k", **KATE})
    old, _ = office.adopted("bristol:k")
    office.run("erase", old, "--reason", "asked", "--yes")
    with office.opened() as store:
        assert "Zora" not in repr(store.log.decode(store.log.read(0, 1000)))
    assert office.findings() == []


def test_an_identity_that_two_adoptions_ended_is_shown_when_both_are_lifted(adopted):
    words = ("--new", "school:s", "--requested-by", "the agency", "--json")
    adopted.run("adopt", adopted.old, *words, by=adopted.cora, second=adopted.dele)
    listed = json.loads(adopted.run("never-link", "list", "--json", by=adopted.cora).stdout)
    first, second = (one["never_link"] for one in listed)
    adopted.run("never-link", "lift", second, by=adopted.cora, second=adopted.dele)
    with pytest.raises(NotFoundError):
        adopted.shown(adopted.old)
    adopted.run("never-link", "lift", first, by=adopted.cora, second=adopted.dele)
    assert "Dobbs" in adopted.shown(adopted.old)
    assert adopted.findings() == []


@pytest.mark.parametrize("first", [0, 1])
def test_a_number_that_two_adoptions_gave_up_answers_when_both_are_lifted(office, first):
    """Nothing of the old identity stands on a side of the second, which gives it up all the same.

    Nor has it a number that was merged into it, which goes with it each time.
    """
    office.night("zoo", STRANGER, {**STRANGER, "key": "y", "given": "Zara", "sex": "F"})
    merged = office.number("zoo:z")
    with office.opened() as store:
        judged(store, "zoo:z", "clinic:k")
    old, said = office.adopted("clinic:k", "school:s", "zoo:z")
    officers = {"by": office.cora, "second": office.dele}
    words = ("--new", "zoo:y", "--requested-by", "the agency", "--json")
    again = json.loads(office.run("adopt", old, *words, **officers).stdout)
    drawn = [said["never_link"], again["never_link"]]
    office.run("never-link", "lift", drawn[first], **officers)
    for number in (old, merged):
        with pytest.raises(NotFoundError):
            office.shown(number)
    office.run("never-link", "lift", drawn[1 - first], **officers)
    for number in (old, merged):
        assert json.loads(office.shown(number))["number"] == office.number("clinic:k")
    assert office.findings() == []


@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_number_merged_into_an_identity_stays_given_up_with_it(office, withdrawn):
    """Its adoption is lifted, but it was put with one that another adoption gave up before."""
    office.night("zoo", STRANGER)
    merged = office.number("zoo:z")
    with office.opened() as store:
        judged(store, "zoo:z", "clinic:k")
    office.night("bristol", {"key": "k", **KATE}, {"key": "q", **QUINN}, {"key": "r", **QUINN})
    officers = {"by": office.cora, "second": office.dele}
    words = ("--new", "bristol:r", "--requested-by", "the agency", "--json")
    number = office.number("bristol:q")
    other = json.loads(office.run("adopt", number, *words, **officers).stdout)
    old, said = office.adopted("bristol:k")
    with office.opened() as store:
        judged(store, "school:s", "bristol:q")
    if withdrawn:
        office.withdrawn("clinic", "school", "zoo")
    office.run("never-link", "lift", said["never_link"], **officers)
    for given_up in (old, merged, number):
        with office.opened() as store:
            assert store.separating(Act.ADOPT).retired(given_up)
        with pytest.raises(NotFoundError):
            office.shown(given_up)
    office.run("never-link", "lift", other["never_link"], **officers)
    shown = {json.loads(office.shown(one))["number"] for one in (old, merged, number)}
    assert shown == {office.number("bristol:q"), *([old] if withdrawn else [])}
    assert office.findings() == []


def test_an_old_number_answers_though_its_records_were_kept_from_somebody_since(office):
    office.night("zoo", STRANGER)
    old, said = office.adopted("clinic:k", "school:s")
    officers = {"by": office.cora, "second": office.dele}
    words = ("--left", "clinic:k", "--right", "zoo:z", "--kind", "other")
    office.run("never-link", "draw", *words, "--requested-by", "the court", **officers)
    office.run("never-link", "lift", said["never_link"], **officers)
    assert json.loads(office.shown(old))["number"] == office.number("clinic:k")
    assert office.findings() == []


def test_records_of_an_old_identity_that_another_adoption_made_new_are_linked_by_what_they_state(
    adopted,
):
    """One states no day of birth: with the other it was hidden, and is not seen as one with it."""
    adopted.night("zoo", {"key": "z", **KAYLEIGH, "dob": "2015-03"})
    with adopted.opened() as store:
        judged(store, "zoo:z", "clinic:k")
    assert adopted.number("zoo:z") == adopted.old
    words = ("--new", "school:s", "--new", "zoo:z", "--requested-by", "the agency")
    adopted.run("adopt", adopted.old, *words, by=adopted.cora, second=adopted.dele)
    assert adopted.number("school:s") != adopted.number("zoo:z")
    assert adopted.findings() == []


def test_the_grounds_go_when_a_record_of_either_side_is_erased(adopted):
    adopted.run("erase", "bristol:k", "--reason", "asked", "--yes")
    with adopted.opened() as store:
        [one] = _listed(store)
        assert not hasattr(one.drawn.grounds, "requested_by")
    assert adopted.findings() == []


def test_an_adoption_is_lifted_though_its_grounds_went_with_an_erased_record(adopted):
    adopted.run("erase", "school:s", "--reason", "asked", "--yes")
    [one] = json.loads(adopted.run("never-link", "list", "--json", by=adopted.cora).stdout)
    words = ("never-link", "lift", one["never_link"], "--remarks", "for the wrong child")
    adopted.run(*words, by=adopted.cora, second=adopted.dele)
    assert "Kayleigh" in adopted.shown(adopted.old)
    assert adopted.findings() == []


def test_an_old_identity_that_is_erased_leaves_heads_that_follow(adopted):
    adopted.run("erase", adopted.old, "--reason", "asked", "--yes")
    assert adopted.findings() == []

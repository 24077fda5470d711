"""The steward's way from the queue to a pair: what is shown, recorded, and kept hidden."""

import json
from datetime import UTC, datetime

import pytest

from contactpoint.errors import NotFoundError, UsageError
from projections.retention import begun
from tests.contactpoint.installation import Installation

REASON = ("--reason", "the queue of Monday")


class Queue(Installation):
    """An index of patients, each named by its source."""

    def patient(self, source, number, birth, *, mark="U", family="Okonjo"):
        patient = {
            "resourceType": "Patient",
            "id": number,
            "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": number}],
            "meta": {"security": [{"code": mark}], "versionId": "2" if mark == "R" else "1"},
            "name": [{"use": "usual", "given": ["Asha"], "family": family}],
            "birthDate": birth,
            "address": [{"use": "home", "line": ["7 Quill Lane"], "postalCode": "SE15 3QN"}],
        }
        path = self.home.parent / f"{source}-{mark}.ndjson"
        path.write_text(json.dumps(patient) + "\n", encoding="utf-8")
        self.run("load", path, "--source", source, "--feed", "health.pds-fhir")

    def listed(self, *words):
        return json.loads(self.run("review", "list", "--json", *words).stdout)

    def looks(self):
        with self.opened() as store:
            return [m.event for m in store.access.decode(store.access.read(0, 1000))]


@pytest.fixture
def queue(tmp_path):
    """One pair that no machine may decide: a birth date lacks its day, and no number agrees."""
    made = Queue(tmp_path / "home")
    made.run("init")
    made.patient("north", "9000000009", "2015-03-04")
    made.patient("south", "9000000025", "2015-03")
    return made


def test_a_pair_of_the_queue_is_shown_side_by_side_with_its_weights(queue):
    [pair] = queue.listed()
    shown = queue.run("review", "show", pair["pair"], *REASON).stdout
    for told in ("north", "south", "Asha Okonjo", "2015-03-04", "7 Quill Lane, SE15 3QN"):
        assert told in shown
    assert "waterfall" in shown
    assert "referred because: forename, family name or full birth date is missing" in shown
    assert "in the index they are two children" in shown


def test_the_same_pair_for_a_script_has_parts_that_sum_to_its_weight(queue):
    [pair] = queue.listed()
    shown = json.loads(queue.run("review", "show", pair["pair"], *REASON, "--json").stdout)
    assert sum(part["weight"] for part in shown["parts"]) == pytest.approx(shown["weight"])
    assert {shown["left"]["source"], shown["right"]["source"]} == {"north", "south"}
    assert (shown["decision"], shown["same_child"]) == ("review", False)
    assert shown["left"]["child"] != shown["right"]["child"]


def test_numbers_of_a_pair_are_named_and_not_given(queue):
    [pair] = queue.listed()
    for form in ((), ("--json",)):
        shown = queue.run("review", "show", pair["pair"], *REASON, *form).stdout
        assert "nhs (" in shown
        assert "9000000009" not in shown


def test_a_pair_is_shown_only_with_a_reason(queue):
    [pair] = queue.listed()
    before = queue.looks()
    with pytest.raises(UsageError):
        queue.run("review", "show", pair["pair"], "--reason", " ")
    assert queue.looks() == before


def test_a_look_at_a_pair_is_on_record_with_both_children(queue):
    [pair] = queue.listed()
    queue.run("review", "show", pair["pair"], *REASON)
    *_, last = queue.looks()
    assert (last.act, last.asked.reason) == ("review show", REASON[1])
    assert len(set(last.children)) == 2


def test_a_look_at_no_pair_is_on_record_too(queue):
    with pytest.raises(NotFoundError):
        queue.run("review", "show", "00000000-00000000", *REASON)
    *_, last = queue.looks()
    assert (last.act, last.children) == ("review show", ())


def test_a_pair_of_a_child_with_a_restricted_record_is_neither_listed_counted_nor_shown(queue):
    assert len(queue.listed()) == 1
    assert _reviews(queue) == 1
    queue.patient("south", "9000000025", "2015-03", mark="R")
    with queue.opened() as store:
        store.projector.catch_up()
        assert len(store.workings.open_pairs()) == 1, "expected it to wait still"
    assert queue.listed() == []
    assert _reviews(queue) == 0
    assert "Okonjo" not in queue.run("review", "list").output


def test_a_pair_that_may_not_be_seen_answers_as_one_that_does_not_exist(queue):
    [pair] = queue.listed()
    queue.patient("south", "9000000025", "2015-03", mark="R")
    answers = []
    for name in (pair["pair"], "00000000-00000000"):
        with pytest.raises(NotFoundError) as refused:
            queue.run("review", "show", name, *REASON)
        answers.append((str(refused.value), refused.value.exit_code))
    assert answers[0] == answers[1]
    assert queue.looks()[-2].children == queue.looks()[-1].children == ()


def test_one_restricted_record_hides_the_pairs_of_its_childs_other_records(queue):
    queue.patient("east", "9000000009", "2015-03-04", mark="R")
    with queue.opened() as store:
        store.projector.catch_up()
        [(left, right)] = [(p.left, p.right) for p in store.workings.open_pairs()][:1]
        kept = store.workings.record(left), store.workings.record(right)
        north = next(one for one in kept if one.source != "south")
        east = store.workings.record(store.record_named("east:9000000009"))
        assert east.number == north.number, "expected one child of the two"
    out = queue.home.parent / "links.csv"
    queue.run("export", "links", out)
    assert not any(source in out.read_text() for source in ("east", "north"))
    assert queue.listed() == []
    with pytest.raises(NotFoundError):
        queue.run("why", "north:9000000009", "south:9000000025")


def test_the_queue_obeys_its_limit_for_scripts_too(queue):
    queue.patient("north", "9000000017", "2014-01-02", family="Quillonby")
    queue.patient("south", "9000000033", "2014-01", family="Quillonby")
    assert len(queue.listed()) > 1
    assert len(queue.listed("--limit", 1)) == 1
    assert queue.listed("--limit", 1) == queue.listed()[:1]


def test_the_queue_names_records_by_their_keyed_ids_alone(queue):
    listed = queue.run("review", "list").output + json.dumps(queue.listed())
    for particular in ("Okonjo", "9000000009", "2015-03-04", "SE15"):
        assert particular not in listed


def test_why_is_on_record_also_where_it_shows_nothing(queue):
    with pytest.raises(NotFoundError):
        queue.run("why", "north:9000000009", "south:9000000017", "--reason", "asked")
    *_, last = queue.looks()
    assert (last.act, last.asked.reason, last.children) == ("why", "asked", ())


def test_both_records_of_why_may_be_read_from_standard_input(queue):
    typed = queue.run("why", "north:9000000009", "south:9000000025").stdout
    read = queue.run("why", "-", "-", stdin="north:9000000009\nsouth:9000000025\n").stdout
    assert read == typed


def _reviews(queue):
    return json.loads(queue.run("status", "--json").stdout)["reviews"]


def test_a_pair_with_an_archived_child_is_there_for_those_alone_who_may_read_the_archive(tmp_path):
    made = Queue(tmp_path / "home")
    made.run("init")
    today = datetime.now(UTC).date()
    made.patient("north", "9000000009", begun(today, 18))
    made.patient("south", "9000000025", begun(today, 12), family="Danjuma")
    pair = "north:9000000009", "south:9000000025"
    made.run("review", "raise", *pair, *REASON)
    [listed] = made.listed()
    steward = made.token("ada", "steward")
    assert json.loads(made.run("review", "list", "--json", by=steward).stdout) == []
    with pytest.raises(NotFoundError, match="no such pair"):
        made.run("review", "show", listed["pair"], *REASON, by=steward)
    with pytest.raises(NotFoundError, match="no current record of that source and id"):
        made.run("why", *pair, *REASON, by=steward)
    for role in ("administrator", "data-manager"):
        made.run("why", *pair, *REASON, by=made.token(role, role))

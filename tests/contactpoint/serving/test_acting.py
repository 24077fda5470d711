"""Stewards, officers and data managers over HTTP: what they change names the version they saw."""

import pytest

from contactpoint.serving.recording import BatchedAccesses
from events.access import ChildrenAccessed
from tests.contactpoint.serving.conftest import ASHA, CORA


@pytest.fixture
def two(own):
    """Two records too close to call, and an index that answers."""
    row = {"given": "Dele", "family": "Adeyemi", "dob": "2016-05-04", "sex": "M"}
    own.load([{"key": "a", **row, "postcode": "LS1 4AP"}], "club")
    own.load([{"key": "b", **row, "dob": "2014-11-23", "postcode": "LS9 9ZZ"}], "choir")
    with own.opened() as store:
        store.projector.catch_up()
        left, right = (store.record_named(name) for name in ("club:a", "choir:b"))
    own.pair = "-".join(sorted((left.hex[:8], right.hex[:8])))
    with own.serving():
        own.run("review", "raise", "club:a", "choir:b", "--reason", "looks alike", expected=(0, 1))
        yield own


def steward(desk, name="stella"):
    return desk.person(name, "steward")


def act(desk, path, body=None, *, by, expected=200, headers=(), **asked):
    stated = {"purpose": "duty"} | asked
    answered = desk.ask(path, method="POST", json=body or {}, by=by, headers=headers, **stated)
    assert answered.status_code == expected, answered.text
    return answered


def opened(desk, by):
    answered = desk.ask(f"/reviews/{desk.pair}", by=by, purpose="duty")
    assert answered.status_code == 200, answered.text
    return answered


def test_a_steward_sees_what_awaits_and_opens_it_on_record(two):
    by = steward(two)
    tasks = two.ask("/reviews", by=by, purpose=None, reason=None).json()
    assert [one["pair"] for one in tasks["tasks"]] == [two.pair]
    told = opened(two, by).json()
    assert {told["left"]["source"], told["right"]["source"]} == {"club", "choir"}
    assert told["why"] == "os:root asked: looks alike" or "asked" in told["why"]
    look = two.looks(ChildrenAccessed)[-1]
    assert (look.reader, look.act) == ("stella", "review show")
    assert look.request


def test_a_pair_counts_among_the_people_whom_a_steward_is_shown(two):
    with two.serving(CONTACTPOINT_PEOPLE="steward=1"):
        answered = two.ask(f"/reviews/{two.pair}", by=steward(two), purpose="duty")
    assert answered.status_code == 429
    assert b"Adeyemi" not in answered.content
    assert two.looks()[-1].act == "open a pair to review"


def test_it_is_recorded_for_whom_a_pair_is_opened(two):
    for_whom = {"Contactpoint-For": "dr bell"}
    two.ask(f"/reviews/{two.pair}", by=steward(two), purpose="duty", headers=for_whom)
    assert two.looks()[-1].behalf == "dr bell"


def test_whatever_is_done_to_a_pair_is_recorded_also_where_it_is_refused(two):
    by, path = steward(two), f"/reviews/{two.pair}"
    tag = opened(two, by).headers["etag"]
    body = {"verdict": "apart", "reason": "records-differ"}
    act(two, f"{path}/claim", by=by)
    act(two, f"{path}/decision", body, by=by, headers={"If-Match": '"9.9.9.9"'}, expected=412)
    act(two, f"{path}/decision", body, by=by, headers={"If-Match": tag})
    act(two, f"{path}/undo", by=by)
    looks = two.looks(ChildrenAccessed)[-4:]
    assert [one.act for one in looks] == [
        "review claim", "review decide", "review decide", "review undo",
    ]  # fmt: skip
    assert all(one.request for one in looks)
    assert looks[2].asked.search == {"pair": two.pair, **body}


def test_an_answer_that_is_given_again_is_recorded_again(own):
    with own.serving():
        by = own.person("olu", "shielding-officer")
        body = APPLICATION | {"number": own.number("pds", ASHA)}
        key = {"Idempotency-Key": "olu-00000001"}
        first, again = (
            act(own, "/shields", body, by=by, expected=201, headers=key) for _ in range(2)
        )
        assert again.headers["idempotent-replayed"] == "true"
        assert again.content == first.content
        one, other = own.looks(ChildrenAccessed)[-2:]
        assert other.children == one.children != ()
        assert (other.act, other.asked.search) == ("shield apply", {"repeated": "olu-00000001"})


def test_no_answer_is_given_again_that_cannot_be_recorded(own, monkeypatch):
    with own.serving():
        by = own.person("olu", "shielding-officer")
        body = APPLICATION | {"number": own.number("pds", ASHA)}
        key = {"Idempotency-Key": "olu-00000001"}
        monkeypatch.setattr(
            BatchedAccesses, "_append", lambda *_: (_ for _ in ()).throw(OSError("full"))
        )
        for _ in range(2):
            refused = act(own, "/shields", body, by=by, expected=503, headers=key)
            assert b"household" not in refused.content
        monkeypatch.undo()
        act(own, "/shields", body, by=by, expected=201, headers=key)


def test_a_practitioner_reads_no_queue(two):
    assert two.ask("/reviews", purpose=None, reason=None).status_code == 403


def test_a_decision_names_what_was_seen_and_joins_the_children(two):
    by = steward(two)
    tag = opened(two, by).headers["etag"]
    body = {"verdict": "link", "reason": "agency-confirmed"}
    told = act(two, f"/reviews/{two.pair}/decision", body, by=by, headers={"If-Match": tag}).json()
    assert told == {"pair": two.pair, "new": True, "linked": True}
    assert two.number("club", "a") == two.number("choir", "b")
    act(two, f"/reviews/{two.pair}/undo", by=by, expected=412, headers={"If-Match": tag})
    assert two.number("club", "a") == two.number("choir", "b")
    undone = act(two, f"/reviews/{two.pair}/undo", by=by).json()
    assert undone["new"]
    assert two.number("club", "a") != two.number("choir", "b")


def test_a_decision_on_what_has_changed_since_is_refused_and_nothing_happens(two):
    by = steward(two)
    tag = opened(two, by).headers["etag"]
    two.load(
        [{"key": "a", "given": "Dele", "family": "Adeyemi", "dob": "2016-05-04", "sex": "M",
          "postcode": "LS2 7AA"}],
        "club", "2026-09-09",
    )  # fmt: skip
    path, body = f"/reviews/{two.pair}/decision", {"verdict": "link", "reason": "records-agree"}
    refused = act(two, path, body, by=by, expected=412, headers={"If-Match": tag})
    assert "record" in refused.json()["detail"]
    act(two, path, body, by=by, expected=428)
    act(two, path, body, by=by, expected=412, headers={"If-Match": '"nonsense"'})
    many = "9" * 5000
    act(two, path, body, by=by, expected=412, headers={"If-Match": f'"{many}.1.1.1"'})
    assert two.number("club", "a") != two.number("choir", "b")


def test_what_one_steward_claims_another_does_not_decide(two):
    first, second = steward(two), steward(two, "sven")
    act(two, f"/reviews/{two.pair}/claim", {"minutes": 20}, by=first)
    act(two, f"/reviews/{two.pair}/claim", by=second, expected=409)
    tag = opened(two, second).headers["etag"]
    body = {"verdict": "apart", "reason": "twins"}
    path = f"/reviews/{two.pair}/decision"
    act(two, path, body, by=second, expected=409, headers={"If-Match": tag})
    kept = act(two, f"/reviews/{two.pair}/release", by=second, expected=409)
    assert kept.json()["detail"].startswith("stella has claimed the pair")
    act(two, f"/reviews/{two.pair}/release", by=first)
    act(two, path, body, by=second, headers={"If-Match": tag})


@pytest.mark.parametrize("name", ["00000000-00000000", "x", "club:a", "0-0", "%00-1"])
def test_a_pair_that_is_none_is_not_found(two, name):
    assert two.ask(f"/reviews/{name}", by=steward(two), purpose="duty").status_code == 404


def test_the_same_request_under_one_key_counts_once(two):
    by = steward(two)
    key = {"Idempotency-Key": "3f1c7a52-aa", "If-Match": opened(two, by).headers["etag"]}
    path, body = f"/reviews/{two.pair}/decision", {"verdict": "apart", "reason": "twins"}
    first = act(two, path, body, by=by, headers=key)
    again = act(two, path, body, by=by, headers=key)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert first.json()["new"]
    act(two, path, body | {"reason": "siblings"}, by=by, expected=422, headers=key)
    act(two, path, body, by=by, expected=422, headers=key | {"If-Match": '"9.9.9.9"'})
    other = act(two, path, body, by=steward(two, "sven"), expected=409, headers=key)
    assert "idempotent-replayed" not in other.headers


def test_what_failed_under_a_key_may_be_tried_again(two):
    by = steward(two)
    path, body = f"/reviews/{two.pair}/decision", {"verdict": "apart", "reason": "twins"}
    act(two, path, body, by=by, expected=428, headers={"Idempotency-Key": "3f1c7a52-bb"})
    tag = opened(two, by).headers["etag"]
    key = {"Idempotency-Key": "3f1c7a52-bb", "If-Match": tag}
    act(two, path, body, by=by, headers=key)
    act(two, path, body, by=by, expected=422, headers={"Idempotency-Key": "short"})


APPLICATION = {"criterion": "refuge", "requester": "duty desk"}


def test_a_shield_obeys_before_the_answer_and_is_lifted_by_two(own):
    with own.serving():
        olu, ola = own.officer(), own.officer("ola")
        number = own.number("pds", ASHA)
        told = act(own, "/shields", APPLICATION | {"number": number}, by=olu, expected=201,
                   purpose="duty")  # fmt: skip
        assert own.child(number)["view"] == "shielded"
        shield, tag = told.json()["shield"], told.headers["etag"]
        path = f"/shields/{shield}/lift"
        act(own, path, by=olu, expected=403, headers={"If-Match": tag})
        act(own, path, by=olu, expected=403, purpose="duty",
            headers={"If-Match": tag, "Contactpoint-Second": f"Bearer {olu}"})  # fmt: skip
        both = {"Contactpoint-Second": f"Bearer {ola}"}
        act(own, path, by=olu, expected=428, headers=both)
        for other in ("99", "9" * 5000):
            act(own, path, by=olu, expected=412, headers=both | {"If-Match": f'"{other}"'})
        assert own.child(number)["view"] == "shielded"
        act(own, path, by=olu, headers=both | {"If-Match": tag})
        assert own.child(number)["view"] == "whole"


def test_shields_are_listed_and_reviewed_by_officers_alone(own):
    with own.serving():
        olu = own.officer()
        assert own.ask("/shields").status_code == 403
        listed = own.ask("/shields", by=olu, purpose="duty").json()["shields"]
        assert [one["children"] for one in listed] == [[own.number("pds", CORA)]]
        one = listed[0]
        safe = [{"given": "Ada", "family": "Okonjo"}]
        body = {"review": "2028-01-01", "requester": "the court", "safe_parents": safe}
        path = f"/shields/{one['shield']}/review"
        act(own, path, body, by=olu, expected=412, headers={"If-Match": '"7"'}, purpose=None)
        seen = {"If-Match": f'"{one["version"]}"'}
        act(own, path, body, by=olu, headers=seen, purpose=None)
        act(own, path, {"review": "2029-01-01"}, by=olu, expected=412, headers=seen, purpose=None)
        again = own.ask("/shields", by=olu, purpose="duty").json()["shields"][0]
        assert (again["review"], again["version"]) == ("2028-01-01", one["version"] + 1)
        assert (one["requester"], again["requester"]) == ("duty desk", "the court")
        assert (one["safe_parents"], again["safe_parents"]) == ([], safe)


def test_a_review_names_the_parents_who_are_safe_leaves_them_or_says_that_none_is(own):
    def grounds():
        with own.opened() as store:
            (shield,) = store.shielding.over(number)
            return store.log.stream(shield)[-1].event.grounds

    number = own.number("pds", CORA)
    with own.serving():
        olu = own.officer()
        (one,) = own.ask("/shields", by=olu, purpose="duty").json()["shields"]
        headers = {"If-Match": f'"{one["version"]}"'}
        for body, safe in (
            ({"safe_parents": [{"given": "Ada", "family": "Okonjo"}]}, ["Okonjo"]),
            ({"requester": "the court"}, ["Okonjo"]),
            ({"safe_parents": []}, []),
        ):
            path = f"/shields/{one['shield']}/review"
            told = act(own, path, body, by=olu, headers=headers, purpose=None)
            headers = {"If-Match": told.headers["etag"]}
            assert [parent.family for parent in grounds().safe] == safe
    assert grounds().requester == "the court"


def test_shields_are_read_page_by_page_and_the_children_under_them_are_recorded(own):
    rows = [{"key": f"s{n}", "given": given, "family": "Marlow", "dob": f"201{n}-06-1{n}"}
            for n, given in enumerate(("Ann", "Ben", "Cat", "Dan"))]  # fmt: skip
    own.load(rows, "club")
    for n in (2, 0, 3, 1):
        own.apply(own.number("club", f"s{n}"), "--review", f"2999-0{n + 1}-01")
    with own.serving():
        whole = own.ask("/shields", by=own.officer(), purpose="duty").json()
        assert "cursor" not in whole
        assert len(whole["shields"]) == 5
        read, told = [], {"cursor": ""}
        while "cursor" in told:
            asked = {"limit": 2, "cursor": told["cursor"]}
            told = own.ask("/shields", by=own.officer(), purpose="duty", params=asked).json()
            read.append(told["shields"])
        assert [len(one) for one in read] == [2, 2, 1]
        assert [one for page in read for one in page] == whole["shields"]
        assert sorted(one["review"] for one in whole["shields"]) == [
            one["review"] for one in whole["shields"]
        ]
        looks = own.looks(ChildrenAccessed)[-4:]
        assert [len(look.children) for look in looks] == [5, 2, 2, 1]
        assert {child for look in looks[1:] for child in look.children} == set(looks[0].children)
    with own.serving(CONTACTPOINT_PEOPLE="shielding-officer=4"):
        refused = own.ask("/shields", by=own.person("ona", "shielding-officer"), purpose="duty")
        assert refused.status_code == 429
        assert b"Marlow" not in refused.content


def test_the_shield_of_an_erased_child_is_listed_while_it_withholds_others(own):
    row = {"key": "s1", "given": "Annabelle", "family": "Tamworthy", "dob": "2013-04-11",
           "sex": "F", "postcode": "YO1 7HH"}  # fmt: skip
    own.load([row], "club")
    shield = own.apply(number := own.number("club", "s1"))
    near = {"key": "n1", "family": "Tamworth", "dob": "2013-04-01", "postcode": "LS1 4AP"}
    own.load([row | near], "nursery", "2026-09-02")
    assert own.under()["nursery", "n1"] == ["withheld"]
    own.run("erase", number, "--reason", "asked", "--yes")
    with own.serving():
        told = own.ask("/shields", by=own.officer(), purpose="duty").json()["shields"]
    (left,) = [one for one in told if one["shield"].startswith(shield)]
    assert (left["standing"], left["withheld"], left["children"]) == ("erased", 1, [])


def test_what_sources_still_mark_is_read_page_by_page_beside_the_shields(own):
    numbers = ("9000000033", "9000000041", "9000000068")
    for number, given in zip(numbers, ("Ann", "Ben", "Cat"), strict=True):
        born, home = f"201{number[-1]}-06-11", f"LS{number[-1]} 4AP"
        own.patient(number, mark="R", given=given, family="Marlow", dob=born, postcode=home)
    for one in own.listed()[0]:
        if one["laid_by"] == "feed":
            own.lift(one["shield"])
    with own.serving():
        whole = own.ask("/shields", by=own.officer(), purpose="duty").json()
        assert "cursor" not in whole
        assert len(whole["marked"]) == 3
        read, told = [], {"cursor": ""}
        while "cursor" in told:
            asked = {"limit": 1, "cursor": told["cursor"]}
            told = own.ask("/shields", by=own.officer(), purpose="duty", params=asked).json()
            read.append(told)
        assert [len(one["marked"]) for one in read] == [1, 1, 1]
        assert [one for page in read for one in page["marked"]] == whole["marked"]
        assert [one for page in read for one in page["shields"]] == whole["shields"]
        looks = own.looks(ChildrenAccessed)[-3:]
        shown = [child for look in looks for child in look.children]
        assert len(shown) == len(set(shown)) == 3 + len(whole["shields"])


def test_a_shield_is_not_to_be_reviewed_on_a_day_that_has_gone(own):
    with own.serving():
        olu, number = own.officer(), own.number("pds", ASHA)
        body = APPLICATION | {"number": number, "review": "2020-01-01"}
        refused = act(own, "/shields", body, by=olu, expected=422)
        assert refused.json()["detail"].startswith("review: expected a day")
        assert own.child(number)["view"] == "whole"


def test_a_shield_over_a_child_that_does_not_exist_is_not_found(own):
    with own.serving():
        body = APPLICATION | {"number": "123456789012"}
        act(own, "/shields", body, by=own.officer(), expected=404)


@pytest.mark.parametrize(
    ("amiss", "expected"),
    [({"criterion": "fame"}, "refuge"), ({"criterion": ""}, "refuge"),
     ({"requester": " "}, "requester: expected"), ({"authority": "999"}, "authority: expected"),
     ({"safe_parents": [{"given": "", "family": " "}]}, "safe_parents: expected")],
)  # fmt: skip
def test_a_shield_says_why_it_is_laid_who_asks_and_who_is_safe(own, amiss, expected):
    with own.serving():
        number = own.number("pds", ASHA)
        body = APPLICATION | {"number": number} | amiss
        refused = act(own, "/shields", body, by=own.officer(), expected=422, purpose="duty")
        assert expected in refused.json()["detail"]
        assert own.child(number)["view"] == "whole"


def test_deliveries_and_the_quality_of_sources_are_told_to_those_who_load(own):
    own.load([{"key": "x", "given": "Ines", "family": "Quill", "dob": "2014-02-30"}], "club")
    manager = own.person("mara", "data-manager")

    def told(path):
        answered = own.ask(path, by=manager, purpose=None, reason=None)
        assert answered.status_code == 200, answered.text
        return answered.json()

    with own.serving():
        assert own.ask("/deliveries", purpose=None, reason=None).status_code == 403
        listed = told("/deliveries")["deliveries"]
        assert {one["source"] for one in listed} == {"pds", "school", "club"}
        club = next(one for one in listed if one["source"] == "club")
        report = told(f"/deliveries/{club['delivery']}")
        assert report["delivery"] == club
        assert [note["field"] for note in report["notes"]] == ["dob"]
        quality = told("/sources/club/quality")
        assert quality["counts"]["rows"] == 1
        assert quality["faults"] == [
            {"outcome": "remark", "rule": report["notes"][0]["rule"], "field": "dob", "rows": 1}
        ]
        assert own.ask("/sources/x/quality", by=manager, purpose=None).status_code == 404


@pytest.mark.parametrize("path", ["/changes", "/deliveries?limit=1"])
def test_a_list_that_is_known_is_not_told_again_although_its_cursor_is_sealed_anew(desk, path):
    asked = {"by": desk.person("mara", "data-manager"), "purpose": None, "reason": None}
    first = desk.ask(path, **asked)
    assert first.json()["cursor"] != desk.ask(path, **asked).json()["cursor"]
    known = {"If-None-Match": first.headers["etag"]}
    assert desk.ask(path, headers=known, **asked).status_code == 304
    assert desk.ask("/deliveries?limit=5", headers=known, **asked).status_code == 200


def test_the_notes_of_a_delivery_are_read_page_by_page(own):
    rows = [{"key": f"r{n}", "given": "Eli", "family": f"Amis{n}", "dob": "2015-02-30"}
            for n in range(7)]  # fmt: skip
    delivery = own.load(rows, "club")["delivery"]
    with own.serving():
        by = own.person("mara", "data-manager")

        def page(expected=200, of=delivery, **asked):
            path = f"/deliveries/{of}"
            answered = own.ask(path, by=by, purpose=None, reason=None, params=asked)
            assert answered.status_code == expected, answered.text
            return answered.json()

        whole = page()
        assert len(whole["notes"]) == 7
        assert "cursor" not in whole
        read, told = [], page(limit=3)
        while True:
            read.append(told["notes"])
            assert told["delivery"] == whole["delivery"]
            if "cursor" not in told:
                break
            told = page(limit=3, cursor=told["cursor"])
        assert [len(notes) for notes in read] == [3, 3, 1]
        assert [note for notes in read for note in notes] == whole["notes"]
        other = own.load(rows[:2], "choir")["delivery"]
        page(422, of=other, cursor=page(limit=3)["cursor"])

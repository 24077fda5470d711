"""The queue of a steward, read page by page to its end while others work on it and hide of it."""

import pytest

from tests.contactpoint.serving.desk import Desk

NUMBERS = ("9000000033", "9000000041", "9000000068", "9000000076", "9000000084", "9000000092")
NAMES = ("Abel", "Bruna", "Cyrus", "Delia", "Emrys", "Fleur", "Goran", "Hilda", "Ivo", "Juno",
         "Kasper", "Liv")  # fmt: skip


@pytest.fixture(scope="module")
def queue(tmp_path_factory):
    """An index in which six numbers stand with two unlike children each, which awaits stewards."""
    desk = Desk(tmp_path_factory.mktemp("queue"))
    rows = [
        {"key": f"r{n}", "given": NAMES[n], "family": f"{NAMES[11 - n]}son", "postcode": "LS1 4AP",
         "dob": f"20{10 + n // 2}-0{1 + n // 2}-11", "nhs": NUMBERS[n // 2], "nhs_status": "01"}
        for n in range(12)
    ]  # fmt: skip
    desk.load(rows, "club")
    desk.person("stella", "steward")
    desk.officer()
    return desk


@pytest.fixture
def own(queue, tmp_path):
    return queue.lent(tmp_path)


def page(desk, by="stella", **asked):
    token = desk.person(by, "steward")
    answered = desk.ask("/reviews", by=token, purpose=None, reason=None, params=asked)
    assert answered.status_code == 200, answered.text
    return answered.json()


def pages(desk, limit, **asked):
    """All pages from where it goes on."""
    told = page(desk, limit=limit, **asked)
    assert told["more"] == ("cursor" in told)
    rest = pages(desk, limit, cursor=told["cursor"]) if told["more"] else []
    return [told["tasks"], *rest]


def names(tasks):
    return [one["name"] for one in tasks]


def test_pages_of_any_size_make_up_the_whole_queue(own):
    with own.serving():
        whole = names(page(own, limit=1000)["tasks"])
        assert len(whole) == 6
        for limit in (1, 2, 4, 6):
            read = pages(own, limit)
            assert [name for one in read for name in names(one)] == whole
            assert {len(one) for one in read[:-1]} <= {limit}
            assert read[-1]


def test_hidden_tasks_leave_neither_gaps_nor_a_page_without_any(own):
    with own.serving():
        whole = names(page(own, limit=1000)["tasks"])
        for hidden in (whole[0], whole[2], whole[5]):
            shown = own.ask(f"/reviews/{hidden}", by=own.person("stella"), purpose="duty").json()
            own.apply(shown["left"]["child"])
        left = [whole[n] for n in (1, 3, 4)]
        assert [names(one) for one in pages(own, 1)] == [[name] for name in left]
        assert [names(one) for one in pages(own, 2)] == [left[:2], left[2:]]
        assert [names(one) for one in pages(own, 3)] == [left]


def test_what_others_decide_or_take_up_meanwhile_moves_nothing_else(own):
    with own.serving():
        whole = names(page(own, limit=1000)["tasks"])
        first = page(own, limit=2)
        decided, taken = whole[1], whole[3]
        tag = own.ask(f"/reviews/{decided}", by=own.person("stella"), purpose="duty").headers[
            "etag"
        ]
        for path, body, seen in (
            (f"{decided}/decision", {"verdict": "apart", "reason": "records-differ"}, tag),
            (f"{taken}/claim", {}, ""),
        ):
            sent = {"If-Match": seen} if seen else {}
            did = own.ask(f"/reviews/{path}", by=own.person("sven", "steward"), purpose="duty",
                          method="POST", json=body, headers=sent)  # fmt: skip
            assert did.status_code == 200, did.text
        rest = pages(own, 2, cursor=first["cursor"])
        assert [name for one in rest for name in names(one)] == [whole[2], *whole[4:]]
        again = page(own, limit=1000)["tasks"]
        assert names(again) == [taken, whole[0], whole[2], *whole[4:]]


def test_a_cursor_serves_the_reader_and_the_list_it_was_made_for(own):
    with own.serving():
        cursor = page(own, limit=2)["cursor"]
        for by, path, stated in (("sven", "/reviews", cursor), ("stella", "/changes", cursor),
                                 ("stella", "/reviews", cursor[:-6] + "AAAAAA")):  # fmt: skip
            refused = own.ask(path, by=own.person(by, "steward"), purpose=None, reason=None,
                              params={"cursor": stated})  # fmt: skip
            assert refused.status_code == 422
            assert refused.json()["detail"].startswith("the cursor: expected one")


def test_cursors_are_of_one_length_whatever_they_stand_behind(own):
    with own.serving():
        found = {len(page(own, limit=limit)["cursor"]) for limit in (1, 2, 3, 4, 5)}
        changes = own.ask("/changes", by=own.person("stella"), purpose=None, reason=None).json()
    assert found == {len(changes["cursor"])}

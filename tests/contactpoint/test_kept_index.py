"""The matcher's index on disk: whole, then what changed; cut short anywhere, it is as it was."""

import pytest
from msgspec.structs import replace

from contactpoint.linking.kept_index import KeptIndex
from contactpoint.linking.matching import matching_of
from linkage.model import Model
from tests.linkage.test_index import listed, numbered, twin

MATCHING = matching_of(Model.shipped())
LOWEST = -200.0


@pytest.fixture
def kept(store, tmp_path):
    return KeptIndex(tmp_path, store.keys, store.master)


def grown(kept, *stages):
    """An index saved after each of these lots of records."""
    index, _ = kept.load(MATCHING)
    for position, stage in enumerate(stages, 1):
        index.put(stage)
        kept.save(index, MATCHING, position)
    return index


def lots():
    return [numbered([twin(n % 7) for n in range(start, start + 30)], start) for start in (1, 20)]


def test_what_was_saved_in_parts_is_loaded_whole(kept, store, tmp_path):
    index = grown(kept, *lots())
    again, position = KeptIndex(tmp_path, store.keys, store.master).load(MATCHING)
    assert position == 2
    assert listed(again.pairs_within(LOWEST)) == listed(index.pairs_within(LOWEST))


@pytest.mark.parametrize("share", [0.25, -1.0])
def test_who_was_near_is_kept_until_all_up_to_there_was_linked(store, tmp_path, share):
    """Whether what changed is written behind the whole, or the whole anew."""

    def kept():
        return KeptIndex(tmp_path, store.keys, store.master, share=share)

    def left(since):
        again = kept()
        again.load(MATCHING)
        return again.left(MATCHING, since)

    index = grown(kept(), lots()[0])
    for position, near, done in ((2, {7, 5}, 0), (3, {9}, 1), (4, {5}, 2)):
        again = kept()
        index, _ = again.load(MATCHING)
        again.save(index, MATCHING, position, near, done)
        assert again.left(MATCHING, position - 1) == near
    assert (left(2), left(3), left(4)) == ({9, 5}, {5}, set())
    assert left(0) == ({9, 5} if share < 0 else {7, 9, 5}), "what was linked is not written anew"


def test_an_index_under_another_model_is_not_taken(kept, store, tmp_path):
    grown(kept, *lots())
    shipped = Model.shipped()
    prior = replace(shipped.prior, records=shipped.prior.records + 1)
    other = matching_of(replace(shipped, prior=prior))
    index, position = KeptIndex(tmp_path, store.keys, store.master).load(other)
    assert (len(index), position) == (0, 0)


def test_a_save_after_a_small_change_writes_what_changed(kept, tmp_path):
    index = grown(kept, numbered([twin(n) for n in range(500)]))
    before = (tmp_path / "matcher.index").read_bytes()
    index.put(numbered([twin(900)], 1))
    kept.save(index, MATCHING, 2)
    after = (tmp_path / "matcher.index").read_bytes()
    assert after.startswith(before)
    assert len(after) < 1.1 * len(before)


def test_a_file_cut_short_anywhere_is_what_it_was_before_the_last_save(kept, store, tmp_path):
    path = tmp_path / "matcher.index"
    first, second = lots()
    index = grown(kept, first)
    before, pairs = path.stat().st_size, listed(index.pairs_within(LOWEST))
    index.put(second)
    kept.save(index, MATCHING, 2)
    whole = path.read_bytes()
    for size in range(before, len(whole), 97):
        path.write_bytes(whole[:size])
        again, position = KeptIndex(tmp_path, store.keys, store.master).load(MATCHING)
        assert position == 1
        assert listed(again.pairs_within(LOWEST)) == pairs


def test_a_file_that_is_damaged_anywhere_in_its_first_part_is_made_anew(kept, store, tmp_path):
    path = tmp_path / "matcher.index"
    index = grown(kept, lots()[0])
    whole = path.read_bytes()
    places = [*range(140), *range(140, len(whole) - 4, 1997)]
    damaged = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in places]
    behind = whole.index(b"\n") + 1
    damaged += [whole[:behind] + bytes([255] * 8) + whole[behind + 8 :]]
    damaged += [b"", b"no index", whole[:20], whole[: behind + 8]]
    for written in damaged:
        path.write_bytes(written)
        again = KeptIndex(tmp_path, store.keys, store.master)
        assert (len(again.load(MATCHING)[0]), again.left(MATCHING, 0)) == (0, set())
    again.save(index, MATCHING, 1)
    made, position = KeptIndex(tmp_path, store.keys, store.master).load(MATCHING)
    assert (len(made), position) == (len(index), 1)


def test_a_save_goes_on_behind_the_last_complete_part(kept, store, tmp_path):
    path = tmp_path / "matcher.index"
    first, second = lots()
    grown(kept, first)
    path.write_bytes(path.read_bytes() + b"\0" * 7 + b"\5 cut short")
    other = KeptIndex(tmp_path, store.keys, store.master)
    index, position = other.load(MATCHING)
    assert position == 1
    index.put(second)
    other.save(index, MATCHING, 2)
    again, position = KeptIndex(tmp_path, store.keys, store.master).load(MATCHING)
    assert position == 2
    assert listed(again.pairs_within(LOWEST)) == listed(index.pairs_within(LOWEST))


def test_parts_that_grew_to_a_share_of_the_whole_are_written_anew(store, tmp_path):
    kept = KeptIndex(tmp_path, store.keys, store.master, share=0.0)
    path = tmp_path / "matcher.index"
    index = grown(kept, *lots())
    before = path.read_bytes()
    index.put(numbered([twin(900)], 99))
    kept.save(index, MATCHING, 3)
    assert not path.read_bytes().startswith(before[:60])


def test_a_file_that_another_put_in_its_place_is_not_written_behind(kept, store, tmp_path):
    index = grown(kept, lots()[0])
    grown(KeptIndex(tmp_path, store.keys, store.master), lots()[1])
    (tmp_path / "matcher.index").unlink()
    index.put(lots()[1])
    kept.save(index, MATCHING, 5)
    again, position = KeptIndex(tmp_path, store.keys, store.master).load(MATCHING)
    assert position == 5
    assert listed(again.pairs_within(LOWEST)) == listed(index.pairs_within(LOWEST))


def test_a_reader_follows_what_is_written_behind_what_it_knows(kept, store, tmp_path):
    first, second = lots()
    index = grown(kept, first)
    reading = KeptIndex(tmp_path, store.keys, store.master)
    mine, _ = reading.load(MATCHING)
    stamp = reading.stamp(MATCHING)
    assert reading.follow(mine, MATCHING)
    assert reading.stamp(MATCHING) == stamp
    index.put(second)
    kept.save(index, MATCHING, 2)
    assert reading.stamp(MATCHING) != stamp
    assert reading.follow(mine, MATCHING)
    assert listed(mine.pairs_within(LOWEST)) == listed(index.pairs_within(LOWEST))


def test_a_reader_sees_that_another_whole_file_stands_there_or_none(kept, store, tmp_path):
    grown(kept, lots()[0])
    reading = KeptIndex(tmp_path, store.keys, store.master)
    mine, _ = reading.load(MATCHING)
    # Under the same key, and as long: no two files begin alike.
    other = KeptIndex(tmp_path, store.keys, store.master, share=-1.0)
    again, _ = other.load(MATCHING)
    other.save(again, MATCHING, 1)
    assert not reading.follow(mine, MATCHING)
    kept.forget()
    assert not reading.follow(mine, MATCHING)
    assert reading.stamp(MATCHING) == (0, 0, 0)
    assert reading.under(MATCHING) == ""

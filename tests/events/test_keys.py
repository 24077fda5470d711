"""Subject keys and the master key: issued once, destroyed for good, wrapped anew."""

import json
import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from events.keys import (
    BATCH,
    SUBJECT_KEY,
    DestroyedKeyError,
    KeyStoreError,
    SubjectKeys,
    UnknownKeyError,
)
from events.master import MasterKey, MasterKeyError
from events.store.locks import LockedError

SUBJECTS = [bytes([i]) * 16 for i in range(1, 4)]
NONCE = bytes(12)


@pytest.fixture
def master(tmp_path):
    return MasterKey.create(tmp_path / "master.key")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'keys.db'}"
    return request.getfixturevalue("postgres_schema_url")


@pytest.fixture
def keys(url, master):
    made = SubjectKeys(url, master, create=True)
    yield made
    made.close()


def reopened(url, master):
    return SubjectKeys(url, MasterKey.load(master.path))


def test_a_subject_keeps_its_number(keys):
    assert keys.issue(SUBJECTS[:2]) == [1, 2]
    assert keys.issue([SUBJECTS[2], SUBJECTS[0], SUBJECTS[2]]) == [3, 1, 3]
    assert keys.numbers(SUBJECTS) == dict(zip(SUBJECTS, (1, 2, 3), strict=True))


@pytest.mark.parametrize("known", [0, 1, 700, 1500])
def test_many_subjects_get_numbers_in_their_order_and_known_ones_keep_theirs(keys, known):
    subjects = [number.to_bytes(16) for number in range(1, 1501)]
    before = keys.issue(subjects[750 : 750 + known]) if known else []
    numbers = keys.issue(subjects)
    assert numbers[750 : 750 + len(before)] == before[:750]
    assert sorted(numbers) == list(range(1, 1501))
    sealed = keys.sealers(numbers)[numbers[9]].encrypt(bytes(12), b"said", None)
    assert keys.openers([numbers[9]])[numbers[9]].decrypt(bytes(12), sealed, None) == b"said"


def test_what_was_sealed_is_opened_by_another_process(keys, url, master):
    (number,) = keys.issue(SUBJECTS[:1])
    sealed = keys.sealers([number])[number].encrypt(NONCE, b"plain", b"")
    other = reopened(url, master)
    assert other.openers([number])[number].decrypt(NONCE, sealed, b"") == b"plain"
    other.close()


def test_a_destroyed_key_opens_nothing_and_seals_nothing(keys, url, master):
    keys.issue(SUBJECTS)
    other = reopened(url, master)
    assert other.openers([1])[1] is not None
    assert keys.destroy(SUBJECTS[:1]) == 1
    for one in (keys, other):
        assert one.openers([1, 2])[1] is None
        with pytest.raises(DestroyedKeyError, match="key 1 was destroyed"):
            one.sealers([1, 2])
    other.close()


def test_a_destroyed_key_is_not_issued_anew(keys):
    keys.issue(SUBJECTS)
    keys.destroy(SUBJECTS[:1])
    assert keys.issue(SUBJECTS[:1]) == [1]
    assert keys.openers([1]) == {1: None}


def test_the_ledger_names_each_erasure_once(keys):
    keys.issue(SUBJECTS)
    keys.destroy(SUBJECTS[1:])
    assert keys.destroy(SUBJECTS) == 1
    assert keys.destroy(SUBJECTS) == 0
    assert [subject for subject, _ in keys.erasures()] == [*SUBJECTS[1:], SUBJECTS[0]]


@pytest.mark.parametrize("blanks", ["ON", "OFF"])
def test_the_bytes_of_destroyed_keys_are_gone_from_the_files(tmp_path, master, blanks):
    """Enough of them that pages are split and joined, which leaves copies behind.

    Whether SQLite blanks what it frees is a matter of how it was built.
    """
    keys = SubjectKeys(f"sqlite:///{tmp_path / 'keys.db'}", master, create=True)
    statement = f"PRAGMA secure_delete={blanks}"
    sa.event.listen(keys._engine, "connect", lambda made, _: made.execute(statement))
    keys._engine.dispose()
    subjects = [number.to_bytes(16, "big") for number in range(3_000)]
    for start in range(0, 3_000, 300):
        keys.issue(subjects[start : start + 300])
    with keys._engine.connect() as connection:
        wrapped = connection.exec_driver_sql("SELECT wrapped FROM subject_key").scalars().all()
    for start in range(1, 6):
        keys.destroy(subjects[start::7])
    content = b"".join(file.read_bytes() for file in tmp_path.glob("keys.db*"))
    remain = [at for at, one in enumerate(wrapped) if one in content]
    assert remain == [at for at in range(3_000) if at % 7 in (0, 6)]
    keys.close()


def test_a_destruction_that_a_reader_kept_from_scrubbing_scrubs_when_it_is_given_again(
    tmp_path, master
):
    keys = SubjectKeys(f"sqlite:///{tmp_path / 'keys.db'}", master, create=True)
    keys.issue(SUBJECTS)
    with keys._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=0")
        query = "SELECT wrapped FROM subject_key WHERE number = 1"
        wrapped = connection.exec_driver_sql(query).scalar_one()
    with closing(sqlite3.connect(tmp_path / "keys.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM subject_key").fetchall()
        for _ in range(2):
            with pytest.raises(KeyStoreError, match="run the erasure again"):
                keys.destroy(SUBJECTS[:1])
    assert keys.destroy(SUBJECTS[:1]) == 0
    assert not any(wrapped in file.read_bytes() for file in tmp_path.glob("keys.db*"))
    keys.close()


@pytest.mark.parametrize("number", [7, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_a_key_that_was_never_issued_is_unknown(keys, number):
    with pytest.raises(UnknownKeyError, match=f"key {number} was never issued"):
        keys.openers([number])


def test_rotation_wraps_every_live_key_anew_and_drops_the_old_wrapping_key(keys, url, master):
    keys.issue(SUBJECTS)
    sealed = keys.sealers([2])[2].encrypt(NONCE, b"plain", b"")
    keys.destroy(SUBJECTS[:1])
    assert keys.rotate() == 2
    assert list(MasterKey.load(master.path).wrapping) == [2]
    other = reopened(url, master)
    assert other.openers([2])[2].decrypt(NONCE, sealed, b"") == b"plain"
    other.close()


class Meanwhile(MasterKey):
    """A master key at whose change something else happens first."""

    def __init__(self, master, happens):
        super().__init__(master.path, master._stored)
        self._happens = happens

    def add_wrapping(self):
        self._happens()
        return super().add_wrapping()

    def keep_wrapping(self, number):
        self._happens()
        super().keep_wrapping(number)


def test_a_second_rotation_at_the_same_time_is_refused_and_every_key_opens(keys, url, master):
    keys.issue(SUBJECTS)
    second, refused = reopened(url, master), []

    def rotate_too():
        with pytest.raises(LockedError, match="key rotate is under way in process") as raised:
            second.rotate()
        refused.append(raised)

    first = SubjectKeys(url, Meanwhile(master, rotate_too))
    assert first.rotate() == 3
    assert len(refused) == 2
    assert second.openers([1, 2, 3]).keys() == {1, 2, 3}
    assert second.rotate() == 3
    first.close()
    second.close()


def test_a_wrapping_key_stays_while_a_subjects_key_is_wrapped_by_it(keys, url, master):
    keys.issue(SUBJECTS)
    keys.rotate()
    other = reopened(url, master)
    rotating = reopened(url, master)
    rotating._rewrap = lambda _: 0
    with pytest.raises(KeyStoreError, match="not wrapped by wrapping key 3; expected all"):
        rotating.rotate()
    assert set(MasterKey.load(master.path).wrapping) == {2, 3}
    assert other.openers([1, 2, 3]).keys() == {1, 2, 3}
    assert other.rotate() == 3
    for one in (other, rotating):
        one.close()


def test_a_process_that_ran_through_a_rotation_goes_on_with_the_new_wrapping_key(keys, url, master):
    other = reopened(url, master)
    keys.issue(SUBJECTS[:1])
    keys.rotate()
    assert other.issue(SUBJECTS[:2]) == [1, 2]
    assert keys.openers([2])[2] is not None
    other.close()


def test_a_wrapped_key_put_in_anothers_place_does_not_open(keys, url, master):
    keys.issue(SUBJECTS)
    with keys._engine.begin() as connection:
        table = keys._name(SUBJECT_KEY)
        connection.exec_driver_sql(
            f"UPDATE {table} SET wrapped = (SELECT wrapped FROM {table} WHERE number = 2)"
            " WHERE number = 1"
        )
    other = reopened(url, master)
    with pytest.raises(KeyStoreError, match="key 1 does not open"):
        other.openers([1])
    other.close()


def neither_opens(url, master):
    """The first two keys, to a process that reads them anew."""
    other = reopened(url, master)
    for number in (1, 2):
        with pytest.raises(KeyStoreError, match=f"subject key {number} does not open"):
            other.openers([number])
    other.close()


def test_a_key_that_was_given_anothers_number_does_not_open(keys, url, master):
    keys.issue(SUBJECTS[:2])
    with keys._engine.begin() as connection:
        for before, after in ((1, -1), (2, 1), (-1, 2)):
            which = SUBJECT_KEY.c.number == before
            connection.execute(sa.update(SUBJECT_KEY).where(which).values(number=after))
    neither_opens(url, master)


def test_a_key_that_is_said_to_be_anothers_does_not_open(keys, url, master):
    """Else whoever erased one subject would destroy the key of another."""
    keys.issue(SUBJECTS[:2])
    with keys._engine.begin() as connection:
        for number, subject in ((1, bytes(16)), (2, SUBJECTS[0]), (1, SUBJECTS[1])):
            which = SUBJECT_KEY.c.number == number
            connection.execute(sa.update(SUBJECT_KEY).where(which).values(subject=subject))
    neither_opens(url, master)


def test_what_keys_were_wrapped_to_before_a_rotation_is_gone_from_the_files(tmp_path, master):
    keys = SubjectKeys(f"sqlite:///{tmp_path / 'keys.db'}", master, create=True)
    sa.event.listen(
        keys._engine, "connect", lambda made, _: made.execute("PRAGMA secure_delete=OFF")
    )
    keys._engine.dispose()
    keys.issue([number.to_bytes(16, "big") for number in range(300)])
    with keys._engine.connect() as connection:
        wrapped = connection.exec_driver_sql("SELECT wrapped FROM subject_key").scalars().all()
    keys.rotate()
    content = b"".join(file.read_bytes() for file in tmp_path.glob("keys.db*"))
    assert not any(one in content for one in wrapped)
    keys.close()


def test_a_rotation_wraps_more_keys_than_it_takes_at_once(tmp_path, master):
    keys = SubjectKeys(f"sqlite:///{tmp_path / 'keys.db'}", master, create=True)
    numbers = keys.issue([number.to_bytes(16, "big") for number in range(BATCH + 1)])
    assert keys.rotate() == BATCH + 1
    assert None not in keys.openers(numbers).values()
    keys.close()


def test_what_another_process_put_into_the_master_key_file_stays_there(master):
    """The key that tokens are signed with: without it nobody's token would count."""
    stored = json.loads(master.path.read_text())
    master.path.write_text(json.dumps({**stored, "tokens": ""}))  # as before there were tokens
    one, other, stale = (MasterKey.load(master.path) for _ in range(3))
    number = one.add_wrapping()
    signing = other.add_tokens().public_key()
    one.keep_wrapping(number)
    for each in (stale, MasterKey.load(master.path)):
        assert each.add_tokens().public_key() == signing


def test_a_store_that_is_not_there_is_not_made_unasked(tmp_path, master):
    with pytest.raises(KeyStoreError, match="no subject keys there"):
        SubjectKeys(f"sqlite:///{tmp_path / 'keys.db'}", master)


def test_the_master_key_is_for_its_owner_and_never_overwritten(master):
    assert master.path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(MasterKeyError, match="there already"):
        MasterKey.create(master.path)


def test_a_master_key_that_others_may_read_is_refused(master):
    master.path.chmod(0o640)
    with pytest.raises(MasterKeyError, match="mode 0640 lets others"):
        MasterKey.load(master.path)


@pytest.mark.parametrize("content", ["", "{}", "not json"])
def test_a_file_that_is_no_master_key_is_refused(master, content):
    master.path.write_text(content)
    with pytest.raises(MasterKeyError, match="not a master key file"):
        MasterKey.load(master.path)


@pytest.fixture(scope="module")
def hashes(tmp_path_factory):
    return MasterKey.create(tmp_path_factory.mktemp("hashes") / "master.key").hashes


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_two_records_have_one_id_only_if_source_and_key_are_equal(hashes, one, other):
    assert (hashes.record_id(*one) == hashes.record_id(*other)) == (one == other)


def test_parts_of_an_id_do_not_run_together(hashes):
    assert hashes.record_id("a", "bc") != hashes.record_id("ab", "c")
    assert hashes.stream_id("pair", b"a", b"bc") != hashes.stream_id("pair", b"ab", b"c")


def test_hashes_of_different_purposes_and_installations_differ(hashes, master):
    assert hashes.record_id("a", "b") != hashes.stream_id("a", "b").bytes
    assert hashes.record_id("a", "b") != master.hashes.record_id("a", "b")
    assert hashes.traits("Ada", "") == hashes.trait("Ada") + bytes(4)
    assert len(hashes.content_hash(b"")) == 16

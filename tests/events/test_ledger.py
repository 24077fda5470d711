"""The ledger of erasures outside the databases: whole, or said not to be."""

import threading
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.ledger import ErasureLedger, LedgerError, ShieldLedger
from events.store.heads import ShieldHead

LOG = bytes(range(16))
ADA, BRAM = UUID(int=1), UUID(int=2)


@pytest.fixture
def ledger(tmp_path):
    made = ErasureLedger(tmp_path, Ed25519PrivateKey.generate())
    made.write(LOG, [ADA], [], [ADA.bytes])
    made.write(LOG, [BRAM], [ADA], [BRAM.bytes])
    return made


def test_a_ledger_begins_with_a_note_of_nothing_and_tells_each_erasure_in_order(ledger):
    first, ada, bram = ledger.read(LOG)
    assert (first.records, first.children, first.subjects) == ((), (), ())
    assert (ada.records, ada.subjects) == ((ADA,), (ADA,))
    assert (bram.records, bram.children) == ((BRAM,), (ADA,))


def test_each_log_has_a_ledger_of_its_own(ledger):
    assert ledger.read(bytes(16)) == []


def test_the_ledger_of_another_log_is_not_taken_for_its_own(ledger):
    other = ledger.path(bytes(16))
    ledger.path(LOG).rename(other)
    with pytest.raises(LedgerError):
        ledger.read(bytes(16))


def test_a_line_that_a_crash_cut_short_is_passed_over_and_the_next_note_follows(ledger):
    path = ledger.path(LOG)
    path.write_bytes(path.read_bytes()[:-40])
    assert len(ledger.read(LOG)) == 2
    ledger.write(LOG, [BRAM], [], [])
    assert [note.number for note in ledger.read(LOG)] == [1, 2, 3]


@pytest.mark.parametrize("records", [1, 1_000, 3_000])
def test_the_count_is_told_by_the_last_note_however_long_it_is(ledger, records):
    ledger.write(LOG, [ADA] * records, [], [])
    assert ledger.count(LOG) == len(ledger.read(LOG)) == 4
    path = ledger.path(LOG)
    path.write_bytes(path.read_bytes() + b'{"log":"torn')
    assert ledger.count(LOG) == 4
    ledger.write(LOG, [BRAM], [], [])
    assert ledger.count(LOG) == len(ledger.read(LOG)) == 5


def test_there_is_no_count_by_a_last_note_that_is_not_ours(ledger):
    path = ledger.path(LOG)
    path.write_bytes(path.read_bytes() + b'{"log":"another"}\n')
    with pytest.raises(LedgerError):
        ledger.count(LOG)


def without(n):
    return lambda lines: [*lines[:n], *lines[n + 1 :]]


@pytest.mark.parametrize(
    "change",
    [
        without(1),
        without(0),
        lambda lines: [lines[0], lines[2], lines[1]],
        lambda lines: [*lines, lines[1]],
        lambda lines: [line.replace(b'"number":2', b'"number":3') for line in lines],
        lambda lines: [lines[0], lines[1].replace(b"0001", b"0003"), lines[2]],
    ],
)
def test_a_note_taken_out_exchanged_or_changed_is_found(ledger, change):
    path = ledger.path(LOG)
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join(change(lines)) + b"\n")
    with pytest.raises(LedgerError):
        ledger.read(LOG)


def test_two_who_write_at_once_give_no_number_twice(tmp_path):
    key = Ed25519PrivateKey.generate()
    ledgers = [ErasureLedger(tmp_path, key) for _ in range(4)]

    def write(ledger):
        for _ in range(10):
            ledger.write(LOG, [ADA], [], [])

    threads = [threading.Thread(target=write, args=(one,)) for one in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledgers[0].read(LOG)) == 41


def test_the_last_note_of_a_record_and_a_shield_says_how_it_stands(tmp_path):
    ledger = ShieldLedger(tmp_path, Ed25519PrivateKey.generate())
    one, other = UUID(int=7), UUID(int=8)
    ledger.write(LOG, [ShieldHead(ADA, one, "shielded"), ShieldHead(BRAM, one, "shielded")])
    ledger.write(LOG, [ShieldHead(BRAM, other, "shielded"), ShieldHead(BRAM, one, None)])
    assert ledger.standing(LOG) == {one: {ADA}, other: {BRAM}}
    ledger.write(LOG, [ShieldHead(ADA, one, "lifted")])
    assert ledger.standing(LOG) == {other: {BRAM}}

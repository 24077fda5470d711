"""From events to sealed bytes and back: nothing lost, nothing readable, nothing movable."""

from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from events.catalogue import Catalogue, UnknownEventTypeError
from events.delivery import DeliveryReceived
from events.mapper import Row, SealingMapper, TamperedEventError
from events.message import ERASED, Event, Origin, Recorded
from events.record import Order, RecordAmended, RecordWithdrawn, Statement
from events.upcasting import Upcaster, Upcasting, rename
from person.names import PersonName
from person.particulars import Particulars
from person.services import Involvement

ORIGIN = Origin(1, "os:clerk", "load 9f3c2a11")
STREAM = UUID(int=0x7F3A9C21 << 96)
PLACE = Order(1, 0, b"c" * 16)


class Keys:
    """Subject keys in memory; those in ``destroyed`` are gone."""

    def __init__(self):
        self.ciphers, self.destroyed = {}, set()

    def sealers(self, numbers):
        return {
            number: self.ciphers.setdefault(number, AESGCM(b"%032d" % number)) for number in numbers
        }

    def openers(self, numbers):
        found = self.sealers(numbers)
        return {number: None if number in self.destroyed else found[number] for number in found}


def amended(statement=None, sensitive=None):
    return RecordAmended(
        "d" * 16, 1, PLACE, PLACE, b"t" * 16, statement=statement, sensitive=sensitive
    )


def recorded(event, keys=(), version=1):
    return Recorded(STREAM, version, ORIGIN, 5, event, keys)


def row(stored, position=9):
    return Row(
        position, stored.originator_id, stored.originator_version, stored.topic, stored.state
    )


statements = st.builds(
    Statement,
    st.text(),
    st.builds(
        Particulars,
        names=st.lists(
            st.builds(PersonName, st.lists(st.text(), max_size=3).map(tuple), st.text()), max_size=2
        ).map(tuple),
        sex=st.sampled_from([None, "F", "M"]),
    ),
)
involvements = st.lists(st.builds(Involvement, st.text(), st.text()), max_size=2).map(tuple)


@given(st.lists(st.tuples(st.none() | statements, st.none() | involvements), max_size=5))
def test_whatever_was_sealed_comes_back(facts):
    mapper = SealingMapper(Keys())
    messages = [
        recorded(
            amended(*pair),
            tuple(0 if one is None else at + 2 * i for at, one in enumerate(pair, 1)),
        )
        for i, pair in enumerate(facts)
    ]
    stored = mapper.to_stored_events(messages)
    assert mapper.decode_rows([row(one) for one in stored]) == messages
    assert [mapper.to_domain_event(mapper.to_stored_event(one)) for one in messages] == messages


def test_a_statement_already_encoded_is_sealed_as_it_is():
    mapper, statement = SealingMapper(Keys()), Statement("9000000009", Particulars(sex="F"))
    raw = msgspec.Raw(msgspec.json.encode(statement))
    stored = mapper.to_stored_event(recorded(amended(raw), (1, 0)))
    assert mapper.to_domain_event(stored) == recorded(amended(statement), (1, 0))


def test_nothing_sealed_is_readable_in_the_stored_bytes():
    statement = Statement("9000000009", Particulars(names=(PersonName(("Ada",), "Example"),)))
    stored = SealingMapper(Keys()).to_stored_event(recorded(amended(statement), (1, 0)))
    assert b"clerk" in stored.state
    for secret in (b"9000000009", b"Ada", b"Example"):
        assert secret not in stored.state


def test_a_field_whose_key_was_destroyed_reads_as_erased_and_the_other_is_there():
    keys = Keys()
    mapper = SealingMapper(keys)
    stored = mapper.to_stored_event(
        recorded(amended(Statement("k", Particulars()), (Involvement("other"),)), (1, 2))
    )
    keys.destroyed.add(1)
    event = mapper.to_domain_event(stored).event
    assert isinstance(event, RecordAmended)
    assert event.statement is ERASED
    assert event.sensitive == (Involvement("other"),)


def test_events_can_be_read_without_any_key():
    stored = SealingMapper(Keys()).to_stored_event(
        recorded(amended(Statement("k", Particulars())), (4, 0))
    )
    (message,) = SealingMapper(None).decode_rows([row(stored)], opened=False)
    assert message == recorded(amended(), (4, 0))


@given(st.data())
def test_no_bit_of_a_sealed_event_can_be_flipped_unseen(data):
    mapper = SealingMapper(Keys())
    message = recorded(amended(Statement("k", Particulars())), (1, 0))
    stored = mapper.to_stored_event(message)
    at = data.draw(st.integers(0, len(stored.state) - 1))
    flipped = bytearray(stored.state)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(TamperedEventError):
        mapper.decode_rows([row(stored)._replace(state=bytes(flipped))])


def test_a_sealed_field_taken_away_whole_is_missed():
    mapper = SealingMapper(Keys())
    stored = mapper.to_stored_event(recorded(amended(Statement("k", Particulars())), (1, 0)))
    bare = mapper.to_stored_event(recorded(amended()))
    with pytest.raises(TamperedEventError, match="is cut short"):
        mapper.decode_rows([row(stored)._replace(state=stored.state[: len(bare.state)])])


@given(st.integers(0, 400))
def test_no_event_can_be_cut_short_unseen(length):
    mapper = SealingMapper(Keys())
    stored = mapper.to_stored_event(recorded(amended(Statement("k", Particulars())), (1, 0)))
    cut = stored.state[: min(length, len(stored.state) - 1)]
    with pytest.raises(TamperedEventError):
        mapper.decode_rows([row(stored)._replace(state=cut)])


@pytest.mark.parametrize(
    "moved", [{"stream": UUID(int=8)}, {"version": 2}], ids=["stream", "version"]
)
def test_a_sealed_event_moved_elsewhere_does_not_open(moved):
    mapper = SealingMapper(Keys())
    stored = mapper.to_stored_event(recorded(amended(Statement("k", Particulars())), (1, 0)))
    with pytest.raises(TamperedEventError, match="statement does not open"):
        mapper.decode_rows([row(stored)._replace(**moved)])


def test_the_error_names_the_place_and_nothing_personal():
    mapper = SealingMapper(Keys())
    stored = mapper.to_stored_event(recorded(amended(Statement("Ada", Particulars())), (1, 0)))
    with pytest.raises(TamperedEventError) as error:
        mapper.decode_rows([row(stored)._replace(version=3)])
    assert str(error.value) == (
        "stream 7f3a9c21 version 3, position 9: statement does not open with subject key 1"
    )


@pytest.mark.parametrize("keys", [(), (0, 0), (1, 2), (1,), (1, 0, 0)])
def test_a_set_field_needs_a_key_and_an_unset_one_has_none(keys):
    message = recorded(amended(Statement("k", Particulars())), keys)
    with pytest.raises(ValueError, match="expected one for each sealed field that is set"):
        SealingMapper(Keys()).to_stored_event(message)


def test_an_erased_field_is_not_sealed_again():
    with pytest.raises(ValueError, match="expected one for each sealed field"):
        SealingMapper(Keys()).to_stored_event(recorded(amended(ERASED), (1, 0)))


def test_an_event_of_a_newer_product_is_refused_by_name():
    stored = SealingMapper(None).to_stored_event(recorded(RecordWithdrawn("d", PLACE, "absent")))
    newer = row(stored)._replace(type="contactpoint.RecordWithdrawn:2")
    with pytest.raises(UnknownEventTypeError, match="RecordWithdrawn:2 is not in the catalogue"):
        SealingMapper(None).decode_rows([newer])


class Noted(Event, frozen=True):
    """A made-up event at its first version."""

    sealed = ("remark",)

    reason: str
    remark: str | None = None


class Remarked(Event, frozen=True):
    """Another made-up event, of the same form as ``Noted``."""

    sealed = ("remark",)

    reason: str
    remark: str | None = None


def test_a_sealed_event_does_not_open_as_one_of_another_type():
    mapper = SealingMapper(Keys(), Catalogue([Noted, Remarked]))
    stored = mapper.to_stored_event(recorded(Noted("absent", "seen at home"), (1,)))
    other = row(stored)._replace(type="contactpoint.Remarked:1")
    with pytest.raises(TamperedEventError, match="remark does not open"):
        mapper.decode_rows([other])


class Told(Event, frozen=True):
    """A made-up event with two sealed fields of one form."""

    sealed = ("one", "two")

    one: str | None = None
    two: str | None = None


def test_a_sealed_field_does_not_open_as_another_of_its_event():
    mapper = SealingMapper(Keys(), Catalogue([Told]))
    stored = row(mapper.to_stored_event(recorded(Told("at home", "away"), (1, 1))))
    first, second = b"\x03one", b"\x03two"
    exchanged = second.join(part.replace(second, first) for part in stored.state.split(first))
    with pytest.raises(TamperedEventError, match="does not open"):
        mapper.decode_rows([stored._replace(state=exchanged)])


def next_version():
    """The same event after its clear field was renamed and its sealed one became a list."""

    class Noted(Event, frozen=True):
        sealed = ("remark",)

        ground: str
        remark: tuple[str, ...] | None = None

    step = Upcaster("Noted", 1, rename("reason", "ground"), {"remark": lambda text: [text]})
    return Noted, Catalogue([Noted], {Noted: 2}, Upcasting([step]))


def test_an_old_event_is_read_as_its_new_version_clear_and_sealed():
    keys = Keys()
    old = SealingMapper(keys, Catalogue([Noted])).to_stored_event(
        recorded(Noted("absent", "seen at home"), (1,))
    )
    later, catalogue = next_version()
    mapper = SealingMapper(keys, catalogue)
    assert mapper.to_domain_event(old).event == later("absent", ("seen at home",))
    assert catalogue.stored(later) == ("contactpoint.Noted:1", "contactpoint.Noted:2")


def test_a_version_without_an_upcaster_is_refused():
    later, _ = next_version()
    with pytest.raises(UnknownEventTypeError, match="Noted:1"):
        Catalogue([later], {later: 2}).reading("contactpoint.Noted:1")


def test_sealed_fields_have_to_come_last():
    class Astray(Event, frozen=True):
        sealed = ("remark",)

        remark: str
        reason: str

    with pytest.raises(TypeError, match="Astray: sealed fields must be its last"):
        Catalogue([Astray])


def test_a_path_of_text_is_sealed_like_anything_else():
    mapper = SealingMapper(Keys())
    message = recorded(
        DeliveryReceived(
            "pds", "health.pds-fhir", "ab", 1, "", "delta", "", PLACE, "file", (), 10_000, 5,
            counts=msgspec.convert({}, DeliveryReceived.__annotations__["counts"]), dropped={},
            path="incoming/file.ndjson",
        ),
        (3,),
    )  # fmt: skip
    assert mapper.to_domain_event(mapper.to_stored_event(message)) == message

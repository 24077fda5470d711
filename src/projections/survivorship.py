"""Which of several records' statements the index believes, for each kind of fact.

The rule is the same for every fact and never averages: of the records that state it, those that
state it whole come before those that state it in part; then the agencies in the fact's own order
below; then the later statement, in the source's time; then source and key, so that nothing is
left to the order of arrival.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, Literal, TypeVar

import msgspec

from events.shield import Kind
from person.names import PersonName, is_placeholder
from person.particulars import BirthDate, Particulars

T = TypeVar("T")

BY_KNOWLEDGE: tuple[str, ...] = ("health", "social-care", "school")
"""Name, sex and birth date: health services hold them from the notification of birth, and trace
them; social care checks them in law; schools take them from parents."""
BY_TIME: tuple[str, ...] = ()
"""Address, contacts and marks: whoever was told last knows best, whatever the agency."""

IN_USE = ("legal", "usual", "preferred", "temporary")
"""Uses of a name that a child bears now, the first being the name in force."""


class Stated(msgspec.Struct, frozen=True):
    """The current statement of one record of a child."""

    source: str
    key: str
    kind: str
    """The first part of the source's feed: ``health``, ``school``, ``social-care``."""
    stated: int
    """When the source last stated it: microseconds of its own time."""
    seen: int
    """When a delivery last proved the record present."""
    particulars: Particulars
    under: Kind | Literal[""] = ""
    """How the record stands under a shield; empty: under none."""

    @property
    def is_hidden(self) -> bool:
        """Whether it is shielded or withheld, or marked and never under a shield: fails closed."""
        return self.under in ("shielded", "withheld") or (
            self.particulars.restricted and not self.under
        )


class Told(msgspec.Struct, Generic[T], frozen=True):
    """A value, who stated it, and when they last did (microseconds of the source's time)."""

    value: T
    source: str
    stated: int
    seen: int


class Identity(msgspec.Struct, frozen=True):
    """What names a child: one believed value for each, None where no record states it."""

    name: Told[PersonName] | None
    sex: Told[str] | None
    birth: Told[BirthDate] | None


def identity(records: Sequence[Stated]) -> Identity:
    """Name in use, sex and birth date as believed."""
    return Identity(
        name=believed(records, name_in_use, BY_KNOWLEDGE, partial=_lacks_a_part),
        sex=believed(records, sex, BY_KNOWLEDGE),
        birth=believed(records, birth, BY_KNOWLEDGE, partial=_is_partial),
    )


def believed(
    records: Sequence[Stated],
    fact: Callable[[Particulars], T | None],
    ranks: Sequence[str],
    *,
    partial: Callable[[T], bool] | None = None,
) -> Told[T] | None:
    """The fact as the first record of the order above states it."""
    if len(records) == 1:  # most children have one record, or none that rivals it
        (only,) = records
        value = fact(only.particulars)
        return None if value is None else Told(value, only.source, only.stated, only.seen)
    return next(iter(statements(order(records, ranks), fact, partial)), None)


def statements(
    ordered: Iterable[Stated],
    fact: Callable[[Particulars], T | None],
    partial: Callable[[T], bool] | None = None,
) -> list[Told[T]]:
    """What each record that states the fact says, the one to be believed first.

    ``ordered``: the records in the order in which they are believed; those that state the fact in
    part come after the others.
    """
    found = [
        Told(value, record.source, record.stated, record.seen)
        for record in ordered
        if (value := fact(record.particulars)) is not None
    ]
    if partial is not None:
        found.sort(key=lambda one: partial(one.value))
    return found


def order(records: Iterable[Stated], ranks: Sequence[str]) -> list[Stated]:
    """The records in the order in which they are believed."""
    return sorted(records, key=lambda record: _place(record, ranks))


def _place(record: Stated, ranks: Sequence[str]) -> tuple[int, int, str, str]:
    rank = ranks.index(record.kind) if record.kind in ranks else len(ranks)
    return rank, -record.stated, record.source, record.key


def name_in_use(particulars: Particulars) -> PersonName | None:
    """The name the child bears by this record; None where it states none."""
    borne = [
        name
        for name in particulars.names
        if name.use in IN_USE and not name.end and (name.family or name.given)
    ]
    if not borne:
        return None
    return max(borne, key=lambda name: (-IN_USE.index(name.use), name.start, name.family))


def sex(particulars: Particulars) -> str | None:
    """``F``, ``M`` or ``X``; not known is no statement."""
    return particulars.sex if particulars.sex in ("F", "M", "X") else None


def birth(particulars: Particulars) -> BirthDate | None:
    """The birth date as the record states it."""
    return particulars.birth


def _lacks_a_part(name: PersonName) -> bool:
    return not name.given or not name.family or is_placeholder(name.given[0])


def _is_partial(date: BirthDate) -> bool:
    return not date.is_full

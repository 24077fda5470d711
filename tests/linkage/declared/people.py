"""Invented people of no child's table, and records of them with errors; the same for one seed."""

import random

from hypothesis import strategies as st

from linkage.declared.cells import record_of
from linkage.declared.index import DeclaredIndex
from linkage.declared.model import starting
from linkage.declared.shape import Shape
from person.declared import DeclaredField, declared_value

SHAPE = Shape.of(
    [
        DeclaredField("forename", "name"),
        DeclaredField("surname", "name", "forename"),
        DeclaredField("born", "date"),
        DeclaredField("street", "text"),
        DeclaredField("phone", "exact"),
        DeclaredField("height", "number"),
    ]
)
"""One field of each kind, and two that may have changed places."""

SYLLABLES = ("ba", "ka", "lo", "mi", "ta", "re", "su", "no", "pel", "dor", "vin", "ash", "gus")

VALUES = {
    "forename": ("Liz", "Elizabeth", "Anna Maria", "Maria", "A", "Okafor", "Jon", "John", "Mia"),
    "surname": ("Okafor", "Okafer", "Kowalska", "Kowalski", "Liz", "Smith-Jones", "Jones", "Maria"),
    "born": ("19560409", "19560904", "19560419", "1956-04", "1956", "19570509", "19991340"),
    "street": ("1 Mill Street", "mill st 1", "Millstreet", "Flat 2, 1 Mill Street", "9 Oak Road"),
    "phone": ("07700900123", "07700900132", "123", "124", "g.davies36@example.com",
              "g.davis63@example.com"),
    "height": ("170", "171", "17", "71", "1.5", "-3"),
}  # fmt: skip


@st.composite
def records(draw):
    """A record of SHAPE, any of whose values may be missing."""
    stated = {
        name: draw(st.one_of(st.just(""), st.sampled_from(values)))
        for name, values in VALUES.items()
    }
    return record(stated)


def record(stated, shape=SHAPE):
    """The record that written values make; those that the shape does not declare are left out."""
    kinds = {field.name: field.kind for field in shape.fields}
    plain = {name: declared_value(kind, stated.get(name, "")) for name, kind in kinds.items()}
    return record_of(plain, shape)


def index_of(people, model=None, shape=SHAPE):
    """An index of written values, whose ordinals count from 1."""
    index = DeclaredIndex(model or starting(shape, max(len(people), 2)))
    index.put([(ordinal, 0, record(one, shape)) for ordinal, one in enumerate(people, start=1)])
    return index


def households(count, *, largest=4, seed=3, forenames=()):
    """Records of people in homes, about half of them twice; and the pairs that are one person."""
    draw = random.Random(seed)
    written, truth = [], set()
    for home in range(count):
        surname, street = _name(draw), f"{draw.randrange(1, 150)} {_name(draw)} Street"
        for _ in range(draw.randrange(1, largest + 1)):
            person = {
                "forename": draw.choice(forenames) if forenames else _name(draw),
                "surname": surname,
                "born": _day(draw),
                "street": street,
                "phone": f"07700{900_000 + home}",
                "height": str(draw.randrange(50, 200)),
            }
            written.append(_with_errors(person, draw))
            if draw.random() < 0.5:
                written.append(_with_errors(person, draw))
                truth.add((len(written) - 1, len(written)))
    return written, truth


def _name(draw):
    return "".join(draw.choice(SYLLABLES) for _ in range(draw.choice((2, 3)))).title()


def _day(draw):
    year, month, day = draw.randrange(1940, 2015), draw.randrange(1, 13), draw.randrange(1, 29)
    return f"{year}{month:02}{day:02}"


def _with_errors(person, draw):
    """A record of a person: some letters lost, some values missing."""
    return {
        name: "" if draw.random() < 0.04 else _typed(value, draw) if draw.random() < 0.1 else value
        for name, value in person.items()
    }


def _typed(value, draw):
    at = draw.randrange(len(value))
    return value[:at] + draw.choice("0123456789" if value.isdigit() else "aeiou") + value[at + 1 :]

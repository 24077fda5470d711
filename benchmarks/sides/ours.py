"""This matcher: standardise, index, compare and weigh, decide, resolve."""

from collections.abc import Iterable, Sequence
from itertools import count, islice
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.sides.answer import Answer, Ints, Watch
from benchmarks.tables import Row
from contactpoint.linking.clusters import Held, clusters
from contactpoint.linking.matching import AnyIndex
from contactpoint.linking.neighbourhoods import decided, floor_of
from linkage.comparable import BirthKind, Comparable
from linkage.declared.cells import record_of
from linkage.declared.estimate import train
from linkage.declared.index import DeclaredIndex
from linkage.declared.model import starting
from linkage.declared.shape import Shape
from linkage.distinct import Cells
from linkage.estimate import LOWEST
from linkage.index import Index, Pairs
from linkage.model import Model
from linkage.standardise import standardise
from linkage.table import Table
from person.declared import DeclaredField
from person.particulars import Particulars

BATCH: Final = 20_000
PERSONS: Final = (
    DeclaredField("given_name", "name", "surname"),
    DeclaredField("surname", "name"),
    DeclaredField("street_number", "exact"),
    DeclaredField("address_1", "text"),
    DeclaredField("address_2", "text"),
    DeclaredField("suburb", "text"),
    DeclaredField("postcode", "exact"),
    DeclaredField("state", "exact"),
    DeclaredField("date_of_birth", "date"),
    DeclaredField("soc_sec_id", "exact"),
)
"""FEBRL's columns, as a mapping declares them."""
_PARTICULARS: Final = msgspec.msgpack.Decoder(Particulars)


def link(table: pa.Table, watch: Watch, *, everything: bool = False) -> Answer:
    """Link children by the shipped model, as the product does; ``everything``: by all fields."""
    model = Model.shipped()
    with watch.stage("start"):
        _warm_up(model)
    with watch.stage("prepare"):
        index = Index(model)
        if everything:
            records = map(_comparable, table["particulars"].to_pylist())
            _fill(index, records, _exclusive(table))
        else:
            _fill_columns(index, table)
    return _linked(index, table, watch)


def link_febrl(table: pa.Table, watch: Watch) -> Answer:
    """Link FEBRL's persons by the fields that a mapping would declare, and a model made of them."""
    shape = Shape.of(PERSONS)
    rows = table.to_pylist()
    with watch.stage("start"):
        _warm_up_declared(shape, rows[:500])
    with watch.stage("prepare"):
        index = DeclaredIndex(starting(shape, len(rows)))
        _fill(index, (record_of(row, shape) for row in rows), _exclusive(table))
    with watch.stage("train"):
        index = index.under(train(index))
    return _linked(index, table, watch)


def _linked(index: AnyIndex, table: pa.Table, watch: Watch) -> Answer:
    model = index.model
    with watch.stage("score"):
        pairs = index.pairs_within(floor_of(model))
    with watch.stage("cluster"):
        found = clusters(pairs, _held(table), model)
    peak = watch.peak()
    # Not the work of a run: all pairs, down to the least likely, to score against.
    whole = index.pairs_within(LOWEST)
    linked = np.array([pair.outcome == "link" for pair in decided(whole, model)], np.bool_)
    return Answer(
        whole.left,
        whole.right,
        whole.probability,
        linked,
        found.children,
        peak,
        len(whole),
        found.referred,
    )


def _held(table: pa.Table) -> Held:
    """What is known of the records beside what they state of a person."""
    which, names = _cells(table["source"]).distinct()
    sources = tuple(sorted(names))
    places = np.array([sources.index(name) for name in names])
    return Held(sources, places[which], _cells(table["id"]), _exclusive(table))


def _exclusive(table: pa.Table) -> Ints:
    """Of each record the number of the source that holds a person once; 0 for none."""
    which, names = _cells(table["exclusive"]).distinct()
    numbers = {name: number for number, name in enumerate(filter(None, names), start=1)}
    return np.array([numbers.get(name, 0) for name in names], np.int64)[which]


def _comparable(said: bytes) -> Comparable:
    """A record in standard form, by all that its agency said."""
    return standardise(_PARTICULARS.decode(said))


def _fill_columns(index: Index, table: pa.Table) -> None:
    """Put records in by what all sides are given."""
    names = ("first_name", "surname", "dob", "sex", "postcode")
    cells = Table(*(_cells(table[name]) for name in names))
    index.put_table(np.arange(len(table)), _exclusive(table), cells)


def _cells(column: pa.ChunkedArray) -> Cells:
    """A column of Arrow's as the matcher takes it."""
    whole = pa.concat_arrays(pc.fill_null(column, "").chunks)
    _, ends, letters = whole.buffers()
    ends = np.frombuffer(ends, np.int32)[whole.offset : whole.offset + len(whole) + 1]
    return Cells(ends.astype(np.int64), np.frombuffer(letters, np.uint8))


def _fill(index: AnyIndex, records: Iterable[Any], sources: Ints) -> None:
    """Put records in, each under the number of its source."""
    coming = zip(count(), sources.tolist(), records)
    while batch := list(islice(coming, BATCH)):
        index.put(batch)


def _warm_up(model: Model) -> None:
    """Load what is compiled: a process that stays up does so once."""
    index = Index(model)
    one = Comparable(given=("ann",), family="lee", birth=20140509, birth_kind=BirthKind.FULL)
    index.put([(0, 0, one), (1, 0, one)])
    _: Pairs = index.pairs_within(0)


def _warm_up_declared(shape: Shape, some: Sequence[Row]) -> None:
    """The same for a declared shape: a model of some of its records."""
    index = DeclaredIndex(starting(shape, len(some)))
    index.put([(number, 0, record_of(row, shape)) for number, row in enumerate(some)])
    index.under(train(index)).pairs_within(0)

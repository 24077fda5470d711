"""This matcher: standardise, index, compare and weigh, decide, resolve."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.sides.answer import Answer, Ints, Watch
from benchmarks.tables import Row
from contactpoint.linking.clusters import Clusters, Held, clusters
from contactpoint.linking.matching import AnyIndex, matching_of
from contactpoint.linking.neighbourhoods import decided, floor_of, group, sure_of
from contactpoint.models import AnyModel
from linkage import blocking, kernel
from linkage.comparable import Comparable
from linkage.compiled.layout import Facts, Hashes
from linkage.declared.cells import record_of
from linkage.declared.estimate import train
from linkage.declared.index import DeclaredIndex
from linkage.declared.model import starting
from linkage.declared.shape import Shape
from linkage.density import fitted
from linkage.distinct import Cells
from linkage.estimate import LOWEST
from linkage.estimate import train as train_of_children
from linkage.index import Index, Pairs
from linkage.kernel import Places, Rows
from linkage.model import Model
from linkage.resolve import Member, Pair, resolve
from linkage.standardise import standardise
from linkage.table import Table
from person.declared import DeclaredField
from person.particulars import Particulars

kernel.THREADS = int(os.environ.get("OMP_NUM_THREADS", kernel.THREADS))
BATCH: Final = 20_000
SOME: Final = 500
"""Records on which what is compiled is loaded."""
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


def link(table: pa.Table, watch: Watch, *, everything: bool = False, made: str = "") -> Answer:
    """Link children as the product does, by the columns that all sides have or by ``everything``.

    By the shipped model; with its prior ``fitted`` to these records, as by ``contactpoint train
    --prior``; or by one ``trained`` on them, as by ``contactpoint train``.
    """
    model = Model.shipped()
    with watch.stage("start"):
        _warm_up(table, model)
    with watch.stage("prepare"):
        index, members = _indexed(table, model, everything=everything)
    if made == "fitted":
        with watch.stage("fit"):
            index = Index.load(fitted(index, index.ordinals()), index.dump())
    if made == "trained":
        with watch.stage("train"):
            model = train_of_children(index)
        with watch.stage("prepare again"):
            index, members = _indexed(table, model, everything=everything)
    return _linked(index, table, members, watch)


def link_loosely(table: pa.Table, watch: Watch) -> Answer:
    """Link children by the shipped model under the keys that the table gives, not our own."""
    model = Model.shipped()
    with watch.stage("start"):
        _warm_up(table, model)
    with watch.stage("prepare"):
        index = _GivenKeys(model, table["keys"])
        _fill_columns(index, table)
    return _linked(index, table, None, watch)


def link_febrl(table: pa.Table, watch: Watch) -> Answer:
    """Link FEBRL's persons by the fields that a mapping would declare, and a model made of them."""
    shape = Shape.of(PERSONS)
    rows = table.to_pylist()
    with watch.stage("start"):
        _warm_up_declared(shape, rows[:SOME])
    with watch.stage("prepare"):
        index = DeclaredIndex(starting(shape, len(rows)))
        _fill(index, (record_of(row, shape) for row in rows), _members(table))
    with watch.stage("train"):
        index = index.under(train(index))
    return _linked(index, table, None, watch)


class _GivenKeys(Index):
    """An index whose records are filed under keys that they bring; blocks are met in full."""

    def __init__(self, model: Model, keys: pa.ChunkedArray) -> None:
        lists = keys.combine_chunks()
        flat = lists.flatten().to_numpy().astype(np.uint32)
        super().__init__(model, bound=int(np.unique(flat, return_counts=True)[1].max(initial=1)))
        counts = lists.value_lengths().to_numpy()
        self._given = np.zeros((len(lists), blocking.MOST_KEYS), np.uint32)
        self._given[np.arange(blocking.MOST_KEYS) < counts[:, None]] = flat

    def _packed(
        self, ordinals: Ints, sources: Ints, rows: Rows, facts: Facts, hashes: Hashes
    ) -> tuple[Places, Places]:
        _, ties = kernel.keys_and_ties(rows, facts, hashes)
        return kernel.packed(rows, self._given[ordinals], sources, ties)


def _indexed(
    table: pa.Table, model: Model, *, everything: bool
) -> tuple[Index, list[Member] | None]:
    """Children's records in an index; of all their fields also what resolving knows of each."""
    index = Index(model)
    if not everything:
        _fill_columns(index, table)
        return index, None
    members = _members(table)
    said = map(_PARTICULARS.decode, table["particulars"].to_pylist())
    _fill(index, _noting_numbers(map(standardise, said), members), members)
    return index, members


def _fill_columns(index: Index, table: pa.Table) -> None:
    """Put records in by what all sides are given."""
    names = ("first_name", "surname", "dob", "sex", "postcode")
    cells = Table(*(_cells(table[name]) for name in names))
    index.put_table(np.arange(len(table)), _exclusive(table), cells)


def _noting_numbers(records: Iterable[Comparable], members: list[Member]) -> Iterator[Comparable]:
    """The records as they are; each one's numbers are noted with what resolving knows of it."""
    for ordinal, record in enumerate(records):
        members[ordinal] = _numbered(members[ordinal], record)
        yield record


def _members(table: pa.Table) -> list[Member]:
    """What is known of each record's source: a social care system holds few of all children."""
    columns = (table[name].to_pylist() for name in ("source", "id", "exclusive"))
    return [
        Member(ordinal, source, key, exclusive or "", few=source.startswith("la-"))
        for ordinal, (source, key, exclusive) in enumerate(zip(*columns, strict=True))
    ]


def _numbered(member: Member, record: Comparable) -> Member:
    """The same with the numbers that keep two records apart."""
    upns = () if record.upn_temporary or not record.upn else (record.upn, *record.former_upns)
    verified = record.nhs if record.nhs_verified else ""
    return member._replace(verified=verified, upns=frozenset(upns))


def _linked(
    index: AnyIndex, table: pa.Table, members: Sequence[Member] | None, watch: Watch
) -> Answer:
    """``members``: what else resolving knows of each record; None where that is its source."""
    model = index.model
    with watch.stage("score"):
        pairs = index.pairs_within(floor_of(model))
    with watch.stage("cluster"):
        found = (
            clusters(pairs, _held(table), model)
            if members is None
            else _resolved(list(decided(pairs, model)), members, model)
        )
    peak = watch.peak()
    # Not the work of a run: all pairs, down to the least likely, to score against.
    whole = index.pairs_within(LOWEST)
    linked = _decided_alone(whole, model)
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
    few = {name for name in sources if name.startswith("la-")}
    return Held(sources, places[which], _cells(table["id"]), _exclusive(table), few)


def _exclusive(table: pa.Table) -> Ints:
    """Of each record the number of the source that holds a person once; 0 for none."""
    which, names = _cells(table["exclusive"]).distinct()
    numbers = {name: number for number, name in enumerate(filter(None, names), start=1)}
    return np.array([numbers.get(name, 0) for name in names], np.int64)[which]


def _cells(column: pa.ChunkedArray) -> Cells:
    """A column of Arrow's as the matcher takes it."""
    whole = pa.concat_arrays(pc.fill_null(column, "").chunks)
    _, ends, letters = whole.buffers()
    ends = np.frombuffer(ends, np.int32)[whole.offset : whole.offset + len(whole) + 1]
    return Cells(ends.astype(np.int64), np.frombuffer(letters, np.uint8))


def _decided_alone(pairs: Pairs, model: AnyModel) -> npt.NDArray[np.bool_]:
    """Which pairs are links, each by itself: that depends on its pattern alone."""
    codes, first, place = np.unique(pairs.pattern, return_index=True, return_inverse=True)
    decide = matching_of(model).decide
    weights = pairs.weight[first].tolist()
    links = [decide(*one).outcome == "link" for one in zip(codes.tolist(), weights, strict=True)]
    return np.array(links, np.bool_)[place]


def _resolved(pairs: Sequence[Pair], members: Sequence[Member], model: AnyModel) -> Clusters:
    """The child of each record, and how many pairs are left to a steward."""
    reading, sure = matching_of(model).reading, sure_of(model)
    children = np.arange(len(members))
    referred = 0
    # A record that no pair connects is a child by itself.
    met = {ordinal for pair in pairs if pair.outcome != "non_link" for ordinal in pair[:2]}
    for one in group(met, pairs, ()):
        known = [members[ordinal] for ordinal in one.ordinals]
        resolution = resolve(known, one.pairs, reading=reading, sure=sure)
        referred += len(resolution.referred)
        for child in resolution.children:
            children[list(child)] = min(child)
    return Clusters(children, referred)


def _fill(index: AnyIndex, records: Iterable[Any], members: Sequence[Member]) -> None:
    """Put records in, those of one source that holds each child once under its number."""
    numbers = {"": 0}
    batch: list[tuple[int, int, Any]] = []
    for member, record in zip(members, records, strict=True):
        number = numbers.setdefault(member.exclusive, len(numbers))
        batch.append((member.ordinal, number, record))
        if len(batch) == BATCH:
            index.put(batch)
            batch = []
    index.put(batch)


def _warm_up(table: pa.Table, model: Model) -> None:
    """Load what is compiled: a process that stays up does so once."""
    some = table.take(np.linspace(0, len(table) - 1, SOME).astype(np.int64))
    index, _ = _indexed(some, model, everything=False)
    clusters(index.pairs_within(LOWEST), _held(some), model)
    train_of_children(index)


def _warm_up_declared(shape: Shape, some: Sequence[Row]) -> None:
    """The same for a declared shape: a model of some of its records."""
    index = DeclaredIndex(starting(shape, len(some)))
    index.put([(number, 0, record_of(row, shape)) for number, row in enumerate(some)])
    index.under(train(index)).pairs_within(0)

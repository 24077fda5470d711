"""This matcher: standardise, index, compare and weigh, decide, resolve."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from benchmarks.sides.answer import Answer, Ints, Watch
from benchmarks.tables import Row
from contactpoint.linking.matching import AnyIndex, matching_of
from contactpoint.linking.neighbourhoods import decided, floor_of, group, sure_of
from contactpoint.models import AnyModel
from linkage.comparable import Comparable
from linkage.declared.cells import record_of
from linkage.declared.estimate import train
from linkage.declared.index import DeclaredIndex
from linkage.declared.model import starting
from linkage.declared.shape import Shape
from linkage.estimate import LOWEST
from linkage.index import Index
from linkage.model import Model
from linkage.resolve import Member, Pair, resolve
from linkage.standardise import standardise, standardise_columns
from person.declared import DeclaredField
from person.particulars import Particulars

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


def link(table: pa.Table, watch: Watch, *, everything: bool = False) -> Answer:
    """Link children by the shipped model, as the product does; ``everything``: by all fields."""
    model = Model.shipped()
    with watch.stage("start"):
        _warm_up(table.slice(0, SOME), model)
    with watch.stage("prepare"):
        index, members = _indexed(table, model, everything=everything)
    return _linked(index, members, watch)


def link_febrl(table: pa.Table, watch: Watch) -> Answer:
    """Link FEBRL's persons by the fields that a mapping would declare, and a model made of them."""
    shape = Shape.of(PERSONS)
    rows = table.to_pylist()
    with watch.stage("start"):
        _warm_up_declared(shape, rows[:SOME])
    with watch.stage("prepare"):
        index = DeclaredIndex(starting(shape, len(rows)))
        members = _members(table)
        _fill(index, (record_of(row, shape) for row in rows), members)
    with watch.stage("train"):
        index = index.under(train(index))
    return _linked(index, members, watch)


def _indexed(table: pa.Table, model: Model, *, everything: bool) -> tuple[Index, list[Member]]:
    """Children's records in an index, and what resolving knows of each."""
    index, members = Index(model), _members(table)
    records = list(_comparables(table, everything=everything))
    _fill(index, records, members)
    if everything:
        members = [_numbered(*both) for both in zip(members, records, strict=True)]
    return index, members


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


def _linked(index: AnyIndex, members: Sequence[Member], watch: Watch) -> Answer:
    model = index.model
    with watch.stage("score"):
        pairs = index.pairs_within(floor_of(model))
    with watch.stage("decide"):
        found = list(decided(pairs, model))
    with watch.stage("cluster"):
        clusters, referred = _resolved(found, members, model)
    peak = watch.peak()
    # Not the work of a run: all pairs, down to the least likely, to score against.
    whole = index.pairs_within(LOWEST)
    linked = np.array([pair.outcome == "link" for pair in decided(whole, model)], np.bool_)
    return Answer(
        whole.left,
        whole.right,
        whole.probability,
        linked,
        clusters,
        peak,
        len(whole),
        referred,
    )


def _resolved(
    pairs: Sequence[Pair], members: Sequence[Member], model: AnyModel
) -> tuple[Ints, int]:
    """The child of each record, and how many pairs are left to a steward."""
    reading, sure = matching_of(model).reading, sure_of(model)
    clusters = np.arange(len(members))
    referred = 0
    for one in group(range(len(members)), pairs, ()):
        known = [members[ordinal] for ordinal in one.ordinals]
        resolution = resolve(known, one.pairs, reading=reading, sure=sure)
        referred += len(resolution.referred)
        for child in resolution.children:
            clusters[list(child)] = min(child)
    return clusters, referred


def _comparables(table: pa.Table, *, everything: bool) -> Iterable[Comparable]:
    """Records in standard form: by what all sides are given, or by all that the agencies said."""
    if everything:
        for said in table["particulars"].to_pylist():
            yield standardise(_PARTICULARS.decode(said))
    else:
        names = ("first_name", "surname", "dob", "sex", "postcode")
        yield from standardise_columns(*(table[name].to_pylist() for name in names))


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


def _warm_up(some: pa.Table, model: Model) -> None:
    """Load what is compiled: a process that stays up does so once."""
    index, _ = _indexed(some, model, everything=False)
    index.pairs_within(0)


def _warm_up_declared(shape: Shape, some: Sequence[Row]) -> None:
    """The same for a declared shape: a model of some of its records."""
    index = DeclaredIndex(starting(shape, len(some)))
    index.put([(number, 0, record_of(row, shape)) for number, row in enumerate(some)])
    index.under(train(index)).pairs_within(0)

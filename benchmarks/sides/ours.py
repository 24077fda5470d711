"""This matcher: standardise, index, compare and weigh, decide, resolve."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa

from benchmarks.sides.answer import Answer, Ints, Watch
from benchmarks.tables import Row, stated
from contactpoint.linking.neighbourhoods import decided, floor_of, group
from linkage.comparable import BirthKind, Comparable
from linkage.estimate import LOWEST, train
from linkage.index import Index, Pairs
from linkage.model import Model
from linkage.resolve import Member, Pair, resolve
from linkage.standardise import standardise, words
from person.particulars import Particulars

BATCH: Final = 20_000
_PARTICULARS: Final = msgspec.msgpack.Decoder(Particulars)


def link(table: pa.Table, watch: Watch, *, everything: bool = False) -> Answer:
    """Link children by the shipped model, as the product does; ``everything``: by all fields."""
    model = Model.shipped()
    exclusive = _exclusive(table)
    with watch.stage("start"):
        _warm_up(model)
    with watch.stage("prepare"):
        index = Index(model)
        _fill(index, _comparables(table, everything=everything), exclusive)
    return _linked(index, table, exclusive, watch)


def link_febrl(table: pa.Table, watch: Watch) -> Answer:
    """Link FEBRL's persons by the children's model, trained on them: names, date and postcode."""
    exclusive = _exclusive(table)
    with watch.stage("start"):
        _warm_up(Model.shipped())
    records = [_person(row) for row in table.to_pylist()]
    with watch.stage("prepare"):
        index = Index(Model.shipped())
        _fill(index, records, exclusive)
    with watch.stage("train"):
        trained = train(index)
        index = Index(trained)
        _fill(index, records, exclusive)
    return _linked(index, table, exclusive, watch)


def _linked(index: Index, table: pa.Table, exclusive: Sequence[str], watch: Watch) -> Answer:
    model = index.model
    with watch.stage("score"):
        pairs = index.pairs_within(floor_of(model))
    with watch.stage("decide"):
        found = list(decided(pairs, model))
    with watch.stage("cluster"):
        clusters, referred = _resolved(found, table, exclusive)
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


def _resolved(pairs: Sequence[Pair], table: pa.Table, exclusive: Sequence[str]) -> tuple[Ints, int]:
    """The child of each record, and how many pairs are left to a steward."""
    ids = table["id"].to_pylist()
    clusters = np.arange(len(ids))
    referred = 0
    for one in group(range(len(ids)), pairs, ()):
        members = [Member(o, "", ids[o], exclusive[o]) for o in sorted(one.ordinals)]
        resolution = resolve(members, one.pairs)
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
        for row in table.select(["first_name", "surname", "dob", "sex", "postcode"]).to_pylist():
            yield standardise(stated(row))


def _fill(index: Index, records: Iterable[Comparable], exclusive: Sequence[str]) -> None:
    """Put records in, those of one source that holds each child once under its number."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(exclusive), start=1)}
    numbers[""] = 0
    batch: list[tuple[int, int, Comparable]] = []
    for ordinal, record in enumerate(records):
        batch.append((ordinal, numbers[exclusive[ordinal]], record))
        if len(batch) == BATCH:
            index.put(batch)
            batch = []
    index.put(batch)


def _exclusive(table: pa.Table) -> list[str]:
    return [name or "" for name in table["exclusive"].to_pylist()]


def _warm_up(model: Model) -> None:
    """Load what is compiled: a process that stays up does so once."""
    index = Index(model)
    one = Comparable(given=("ann",), family="lee", birth=20140509, birth_kind=BirthKind.FULL)
    index.put([(0, 0, one), (1, 0, one)])
    _: Pairs = index.pairs_within(0)


def _person(row: Row) -> Comparable:
    """A person of FEBRL as far as the fields of children go: no street, suburb or number."""
    given = words(row["given_name"] or "")[:4]
    family = words(row["surname"] or "")
    born = row["date_of_birth"] or ""
    whole = len(born) == 8 and "01" <= born[4:6] <= "12" and "01" <= born[6:] <= "31"
    return Comparable(
        given=given,
        joined="".join(given) if len(given) > 1 else "",
        family="".join(family),
        parts=family[:3],
        birth=int(born) if whole else 0,
        birth_kind=BirthKind.FULL if whole else BirthKind.MISSING,
        postcodes=(row["postcode"],) if row["postcode"] else (),
    )

"""Children whose records are not taken from the kept index, each in the form it may be found by."""

from collections.abc import Callable, Collection, Iterable, Sequence, Set

from linkage.comparable import Comparable
from linkage.index import Index
from linkage.model import Model
from linkage.standardise import standardise
from person.names import PersonName
from person.particulars import Particulars
from projections.candidates import Version, versions
from projections.finding import Kept, current
from projections.projection import Target
from projections.survivorship import identity

Forms = Callable[[Sequence[Kept]], Iterable[Comparable]]
"""From a child's current records to those in standard form under which it is found."""
Pair = tuple[float, int]
"""Weight and pattern of a person beside a record."""


class Beside:
    """An index of few children, made from the read models and kept as they are."""

    def __init__(self, model: Model, forms: Forms) -> None:
        self._index = Index(model)
        self._forms = forms
        self._versions: dict[bytes, Version] = {}
        self._slots: dict[bytes, list[int]] = {}
        self._child_of: dict[int, bytes] = {}
        self._free: list[int] = []

    @property
    def children(self) -> Collection[bytes]:
        """Who is held."""
        return self._slots.keys()

    def hold(
        self, children: Collection[bytes], target: Target, changed: Set[bytes] | None = None
    ) -> None:
        """Hold these children and no others, as they are now.

        ``changed``: of whom alone anything may be otherwise than when this was called last.
        """
        if changed is None:
            before, now = self._versions, versions(children, target)
        else:
            before = {one: self._versions[one] for one in changed & self._versions.keys()}
            now = versions([one for one in changed if one in children], target)
        other = {one for one in {*now, *before} if now.get(one) != before.get(one)}
        for child in other & before.keys():
            self._drop(child)
        for child, kept in current(sorted(other & now.keys()), target):
            self._put(child, kept)
        gone = before.keys() - now.keys()
        if gone:
            self._index.compact()  # no word stays of who is held no longer
        for child in gone:
            del self._versions[child]
        self._versions |= now
        if other:
            self._index.file()

    def near(self, record: Comparable, floor: float) -> set[bytes]:
        """The children who share a key with a person and weigh at least the floor."""
        found = met(self._index, record, floor) if self._slots else {}
        return {self._child_of[slot] for slot in found}

    def compared(self, record: Comparable, child: bytes) -> list[Pair]:
        """A person beside each record of a child; none where it is not held."""
        slots = self._slots.get(child)
        return list(compared(self._index, record, slots).values()) if slots else []

    def _put(self, child: bytes, kept: Sequence[Kept]) -> None:
        for record in self._forms(kept):
            slot = self._free.pop() if self._free else len(self._child_of) + 1
            self._index.put([(slot, 0, record)])
            self._child_of[slot] = child
            self._slots.setdefault(child, []).append(slot)

    def _drop(self, child: bytes) -> None:
        gone = self._slots.pop(child, [])
        self._index.remove(gone)
        self._free += gone
        for slot in gone:
            del self._child_of[slot]


def met(index: Index, record: Comparable, floor: float) -> dict[int, Pair]:
    """A person beside the records that share a key with it and weigh at least the floor."""
    pairs = index.matches(0, record, floor)
    told = zip(pairs.left.tolist(), pairs.weight.tolist(), pairs.pattern.tolist(), strict=True)
    # Those that share a number are given whatever they weigh.
    return {ordinal: (weight, code) for ordinal, weight, code in told if weight >= floor}


def compared(index: Index, record: Comparable, ordinals: Collection[int]) -> dict[int, Pair]:
    """A person beside those of these records that an index has."""
    here, weights, codes = index.compared(record, ordinals)
    told = zip(here.tolist(), weights.tolist(), codes.tolist(), strict=True)
    return {ordinal: (weight, code) for ordinal, weight, code in told}


def whole(kept: Sequence[Kept]) -> list[Comparable]:
    """Each record as it states the child; of a new identity, nothing of the old one."""
    return [standardise(one.stated.particulars) for one in kept]


def visible(kept: Sequence[Kept]) -> list[Comparable]:
    """One record of what a shield leaves visible: name in use, sex and birth date.

    Whatever records are behind it: their number, and former names, are hidden.
    """
    believed = identity([one.stated for one in kept])
    name = believed.name.value if believed.name else None
    shown = Particulars(
        names=(PersonName(name.given, name.family),) if name else (),
        birth=believed.birth.value if believed.birth else None,
        sex=believed.sex.value if believed.sex else None,
    )
    return [standardise(shown)]

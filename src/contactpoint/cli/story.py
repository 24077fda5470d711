"""What the tour shows: twins, a pair too close to call, a late file, a child whom many know."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations, product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from contactpoint.cli.session import opened

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint

Record = tuple[str, str]
"""Source and record id."""


class Twins(NamedTuple):
    """Two children of one birth: what they share, and a record of each as SOURCE:ID."""

    family: str
    born: str
    records: tuple[str, str]


class Story:
    """Finds what is worth showing: in the truth of the invented feeds, and in the index."""

    def __init__(self, feeds: Path) -> None:
        """``feeds``: where ``synth`` wrote them; the first night must have been loaded."""
        self._persons = {row["person"]: row for row in _table(feeds / "persons.csv")}
        truth = _table(feeds / "truth.csv")
        with opened(None) as store:
            self._children: Mapping[Record, str] = {
                (source, key): child for source, key, child in store.open_records.links()
            }
        self._records: dict[str, list[Record]] = defaultdict(list)
        for row in truth:
            record = row["source"], row["record_id"]
            if record in self._children:
                self._records[row["person"]].append(record)

    def twins(self) -> Twins | None:
        """Two twins whom an agency each knows, with different forenames and all else alike."""
        with opened(None) as store:
            for records in self._all_twins():
                if twins := _twins(store, records):
                    return twins
        return None

    def _all_twins(self) -> Iterator[tuple[str, str]]:
        born = defaultdict(list)
        for person, row in self._persons.items():
            born[row["family"], row["born"]].append(person)
        for persons in born.values():
            for one, other in combinations(persons, 2):
                for left, right in product(self._records[one], self._records[other]):
                    if left[0] != right[0] and self._children[left] != self._children[right]:
                        yield ":".join(left), ":".join(right)

    def closest_pair(self) -> str | None:
        """The referred pair that says most: nearest to even odds."""
        with opened(None) as store:
            pairs = store.open_records.shown_pairs()
        if not pairs:
            return None
        nearest = min(pairs, key=lambda pair: abs(pair.weight))
        return f"{nearest.left.hex[:8]}-{nearest.right.hex[:8]}"

    def late_delivery(self) -> str | None:
        """The delivery that speaks for the earliest time and still stated something."""
        with opened(None) as store:
            told = [row for row in store.lists.deliveries() if row["changed"]]
        late = min(told, key=lambda row: (row["effective"], -row["changed"]), default=None)
        return str(late["delivery"]) if late else None

    def known_to_most(self) -> str:
        """The number of the child whom most sources hold records of."""
        sources: dict[str, set[str]] = defaultdict(set)
        for (source, _), child in self._children.items():
            if child:
                sources[child].add(source)
        return max(sorted(sources), key=lambda child: len(sources[child]))


def _twins(store: "Contactpoint", records: tuple[str, str]) -> Twins | None:
    """The pair, where it shows nothing but what twins share, and two forenames."""
    from contactpoint.explaining import explain

    left, right = map(store.record_named, records)
    found = explain(store.open_records, store.model, left, right)
    if found is None:
        return None
    levels = {part.field: part.level for part in found.weight.parts}
    shared = {levels[field] for field in ("birth", "family", "place", "sex")} == {"EXACT"}
    view = found.records[0].view
    if not shared or levels["given"] != "DIFFERENT" or view.name is None or view.birth is None:
        return None
    return Twins(view.name.value.family, view.birth.value.value, records)


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))

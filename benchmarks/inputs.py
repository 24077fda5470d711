"""Files of any size in the official shapes, from a small invented population given new keys.

A population of one million would take longer to invent than to load. The rows of a small one come
again and again instead, each time under other record keys, so that every row is a new record; the
matcher, which must not see one child a hundred times, is given a population invented whole.
"""

import re
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from contactpoint.synth import generate
from contactpoint.synth.numbers import NhsNumbers, check_letter

TEMPLATES = 10_000
"""Children in the population whose rows are repeated."""
ID = re.compile(rb'"id":"(\d+)"')
UPN = re.compile(rb"<UPN>[^<]*</UPN>")
CHILD = re.compile(rb'"la_child_id":"[^"]*"')
PUPIL = re.compile(rb"<PupilOnRoll>.*?</PupilOnRoll>", re.DOTALL)
HEADER = b"""<?xml version="1.0" encoding="UTF-8"?>
<Message><Header><CollectionDetails><Collection>SC</Collection><Term>SPR</Term><Year>2026</Year>\
<ReferenceDate>2026-01-15</ReferenceDate></CollectionDetails><Source><SourceLevel>L</SourceLevel>\
<LEA>309</LEA><SoftwareCode>Invented</SoftwareCode><SerialNo>001</SerialNo>\
<DateTime>2026-01-15T17:01:00</DateTime></Source></Header>
<Pupils><PupilsOnRoll>
"""


def templates(folder: Path) -> Path:
    """Invent the small population under the folder, once; return the folder of its one night."""
    made = folder / "templates"
    if not made.exists():
        generate(made, children=TEMPLATES, nights=1, seed=1)
    return made / "night-01"


def patients(folder: Path, records: int) -> Path:
    """A ``health.pds-fhir`` file of so many patients, their mothers after them."""
    (source,) = (templates(folder) / "pds").glob("*.ndjson")
    lines = source.read_bytes().splitlines(keepends=True)
    path = folder / f"patients-{records}.ndjson"
    numbers = NhsNumbers(seed=2)
    written = 0
    old = new = b""
    with path.open("wb") as file:
        while True:
            for line in lines:
                if b'"Patient"' in line[:40]:
                    if written == records:
                        return path
                    written += 1
                    old, new = ID.search(line)[1], numbers.issue().encode()  # type: ignore[index]
                file.write(line.replace(old, new))


def pupils(folder: Path, records: int) -> Path:
    """A ``school.census`` file of so many pupils on roll, of no one school."""
    found: list[bytes] = []
    for source in sorted((templates(folder) / "schools").glob("*.xml")):
        found += PUPIL.findall(source.read_bytes())
    path = folder / f"pupils-{records}.xml"
    with path.open("wb") as file:
        file.write(HEADER)
        for number, pupil in islice(_again(found), records):
            body = f"{309 + number // 10**9}{2000 + number // 10**5:04d}{number % 10**5:05d}"
            upn = f"<UPN>{check_letter(body)}{body}</UPN>".encode()
            file.write(UPN.sub(upn, pupil, count=1) + b"\n")
        file.write(b"</PupilsOnRoll></Pupils></Message>\n")
    return path


def cases(folder: Path, records: int) -> Path:
    """A ``social-care.csc`` document of so many children of one authority."""
    found: list[bytes] = []
    for source in sorted(templates(folder).glob("la-*/*.json")):
        rows = source.read_bytes().splitlines()
        found += [row.rstrip(b",") for row in rows if row.startswith(b'{"la_child_id"')]
    path = folder / f"cases-{records}.json"
    with path.open("wb") as file:
        file.write(b'{"la_code": 309, "Children": [\n')
        for number, child in islice(_again(found), records):
            key = f'"la_child_id":"{3_090_000_000 + number}"'.encode()
            file.write((b",\n" if number else b"") + CHILD.sub(key, child, count=1))
        file.write(b"\n]}\n")
    return path


def in_other_bytes(path: Path) -> Path:
    """The same rows in a file of other bytes: one more blank line at its end."""
    other = path.with_stem(f"{path.stem}-again")
    with path.open("rb") as source, other.open("wb") as file:
        while block := source.read(1 << 20):
            file.write(block)
        file.write(b"\n")
    return other


def _again(rows: list[bytes]) -> Iterator[tuple[int, bytes]]:
    """The rows, numbered, over and over."""
    return ((number, rows[number % len(rows)]) for number in count())

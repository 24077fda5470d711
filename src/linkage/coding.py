"""Records as rows of whole numbers, and the dictionaries that give the numbers their meaning.

A name word or a postcode is coded by a dictionary that keeps it, for its letters are compared. An
identifier or a contact is equal to another or not: of it only a hash is kept.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from operator import attrgetter
from struct import Struct
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage import hashing
from linkage.comparable import Comparable
from linkage.compiled import hashing as compiled
from linkage.compiled import layout
from linkage.compiled.layout import SEXES, Facts, Hashes
from linkage.growing import Column
from linkage.known import Known
from linkage.lexicon import LONGEST
from linkage.population import Population
from linkage.words import Packed, Words

Ints = npt.NDArray[np.int32]
MOST_PARTS = 1 << 15
"""Coded parts of records, such as all given names of one, that are kept for the next record."""
_WORDS = (
    ("joined", layout.JOINED),
    ("honorific", layout.HONORIFIC),
    ("family", layout.FAMILY),
    ("maiden", layout.MAIDEN),
)
"""Fields that are one word, and where each stands in a row."""
_PLAIN = (
    ("birth", layout.BIRTH),
    ("birth_kind", layout.BIRTH_KIND),
    ("moved", layout.MOVED),
    ("nhs_verified", layout.NHS_VERIFIED),
    ("upn_temporary", layout.UPN_TEMPORARY),
    ("births", layout.BIRTHS),
    ("birth_order", layout.ORDER),
    ("died", layout.DIED),
)
"""Fields that are numbers, and where each stands in a row."""
_NUMBERS = layout.WIDTH - layout.NHS
_NOBODY = (0,) * (layout.NHS - layout.AUTHORITIES)


class Numbers:
    """Hashed texts and their codes: 0 is the empty text, the others count up as they are met."""

    def __init__(self, hashes: npt.ArrayLike = ()) -> None:
        self._hashes = Column(np.uint64)
        self._hashes.extend([0])
        self._hashes.extend(hashes)
        self._slots = np.zeros(0, np.uint32)
        self._widen(0)

    def __len__(self) -> int:
        return len(self._hashes)

    @property
    def hashes(self) -> npt.NDArray[np.uint64]:
        """What each code stands for."""
        return self._hashes.all

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self._hashes.nbytes + self._slots.nbytes

    def codes(self, hashes: npt.NDArray[np.uint64]) -> Ints:
        """The code of each hash, new ones where they were not met before."""
        codes = np.empty(len(hashes), np.int32)
        known = len(self)
        self._widen(len(hashes))
        self._hashes.room(len(hashes))
        count = compiled.encode(hashes, self._slots, self._hashes.all, known, codes)
        self._hashes.shorten(count)
        return codes

    def shorten(self, count: int) -> None:
        """Forget all but the first so many."""
        compiled.empty(self._slots, self._hashes.all, count)
        self._hashes.shorten(count)

    def _widen(self, more: int) -> None:
        """Make slots for so many more: at least three for two codes."""
        needed = 3 * (len(self) + more) // 2
        if needed > len(self._slots):
            self._slots = np.zeros(1 << max(10, needed.bit_length()), np.uint32)
            compiled.fill(self._slots, self._hashes.all)


class Parts(dict[Any, bytes]):
    """Coded parts of records: each list of words is coded when it is first met."""

    def __init__(self, words: Words, width: int) -> None:
        """``width``: codes of a part, 0 where there are fewer words."""
        super().__init__()
        self.width = width
        self._words = words
        self._pack = Struct(f"={width}i").pack
        self._nothing = [0] * width

    def rows(self, parts: Sequence[tuple[Any, ...]]) -> Ints:
        """The codes of one part of each record."""
        fresh = [part for part in {*parts} if part not in self]
        if fresh:
            self._words.learn(chain.from_iterable(map(_flat, fresh)))
        coded = b"".join(map(self.__getitem__, parts))
        return np.frombuffer(coded, np.int32).reshape(len(parts), self.width)

    def __missing__(self, words: tuple[Any, ...]) -> bytes:
        if len(self) >= MOST_PARTS:
            self.clear()
        codes = [*map(self._words.code, _flat(words)), *self._nothing]
        found = self[words] = self._pack(*codes[: self.width])
        return found


def _flat(words: tuple[Any, ...]) -> Iterable[str]:
    """The words of a part, be they pairs."""
    return chain.from_iterable(words) if words and isinstance(words[0], tuple) else words


class Coder:
    """Turns records into rows, and keeps what the compiled comparison has to know of each word."""

    def __init__(
        self,
        population: Population,
        names: Packed | None = None,
        places: Packed | None = None,
        numbers: npt.ArrayLike = (),
    ) -> None:
        self.population = population
        self.names = Words(LONGEST, names)
        self.places = Words(layout.POSTCODE, places)
        """Postcodes."""
        self.numbers = Numbers(numbers)
        """Identifiers, authorities and contacts."""
        self._known = Known(population, self.names, self.places)
        three = Parts(self.names, 3)
        self._lists = (
            ("given", layout.GIVEN, Parts(self.names, 4)),
            ("other_given", layout.OTHER_GIVEN, three),
            ("parts", layout.PARTS, three),
            ("other_family", layout.OTHER_FAMILY, three),
            ("carers", layout.CARERS, Parts(self.names, 6)),
            ("postcodes", layout.POSTCODES, Parts(self.places, 4)),
        )
        """Fields that list words, where each stands in a row, and how its values are coded."""

    def rows(self, records: Sequence[Comparable]) -> Ints:
        """Records as rows, by the places of ``layout``: field after field, of all records."""
        rows = np.empty((len(records), layout.WIDTH), np.int32)
        for field, place in _WORDS:
            rows[:, place] = self.names.codes_of(list(map(attrgetter(field), records)))
        for field, place, parts in self._lists:
            coded = parts.rows(list(map(attrgetter(field), records)))
            rows[:, place : place + parts.width] = coded
        for field, place in _PLAIN:
            rows[:, place] = list(map(attrgetter(field), records))
        rows[:, layout.SEX] = [SEXES[record.sex] for record in records]
        rows[:, layout.AUTHORITIES : layout.NHS] = list(map(_authorities, records))
        codes = self.numbers.codes(hashes_of(_numbers(records)))
        rows[:, layout.NHS :] = codes.reshape(_NUMBERS, len(records)).T
        return rows

    def learn_names(self) -> None:
        """Learn the names met so far, while nobody codes any; ``facts`` learns the rest."""
        self._known.learn_words()

    def facts(self) -> Facts:
        """What is known of every word and postcode met so far."""
        return self._known.facts()

    def hashes(self) -> Hashes:
        """What keys are made from: hashes of every word, postcode and number."""
        return self._known.hashes(self.numbers.hashes)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many names, places and numbers there are."""
        return len(self.names), len(self.places), len(self.numbers)

    def shorten(self, names: int, places: int, numbers: int) -> None:
        """Forget all but the first so many names, places and numbers."""
        if (names, places, numbers) == self.sizes:
            return
        self._known.shorten(names, places)
        self.names.shorten(names)
        self.places.shorten(places)
        self.numbers.shorten(numbers)
        for _, _, parts in self._lists:
            parts.clear()

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays in memory."""
        parts = (self.names, self.places, self.numbers, self._known)
        return sum(part.nbytes for part in parts)


def _numbers(records: Sequence[Comparable]) -> list[str]:
    """Identifiers and contacts of all records, one field of ``layout`` after the other."""
    children = [record.la_child for record in records]
    return [
        *[record.nhs for record in records],
        *[record.upn for record in records],
        *_turned([record.former_upns for record in records], 2),
        *children,
        *[child.partition("/")[0] if child else "" for child in children],
        *[record.mother_nhs for record in records],
        *_turned([record.contacts for record in records], 3),
    ]


def _authorities(record: Comparable) -> tuple[int, ...]:
    """The authorities that know the child; 0 fills up."""
    return (*record.authorities, *_NOBODY[len(record.authorities) :])


def _turned(lists: Sequence[tuple[str, ...]], most: int) -> list[str]:
    """All first texts, then all second ones, and so on; empty ones fill up."""
    return [texts[n] if len(texts) > n else "" for n in range(most) for texts in lists]


def hashes_of(texts: Sequence[str]) -> npt.NDArray[np.uint64]:
    """The hash of each text, as ``hashing.of_text``; 0 for an empty one."""
    found = _hashed(texts)
    found[np.fromiter(map(len, texts), np.int64, len(texts)) == 0] = 0
    return found


def _hashed(texts: Sequence[str]) -> npt.NDArray[np.uint64]:
    """The hash of each text, as ``hashing.of_text``, an empty one's too."""
    letters = ("\0".join(texts) + "\0").encode()
    if letters.count(0) != len(texts):  # a text with a zero character in it
        return np.array([hashing.of_text(text) for text in texts], np.uint64)
    found = np.empty(len(texts), np.uint64)
    compiled.texts(np.frombuffer(letters, np.uint8), found)
    return found

"""Records as rows of whole numbers, and the dictionaries that give the numbers their meaning.

A name word or a postcode is coded by a dictionary that keeps it, for its letters are compared. An
identifier or a contact is equal to another or not: of it only a hash is kept.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import attrgetter
from struct import Struct
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from linkage import hashing, lexicon
from linkage.blocking import MOST_KEYS, sound
from linkage.comparable import Comparable
from linkage.compare.places import district
from linkage.compiled import hashing as compiled
from linkage.compiled import keys, layout
from linkage.compiled.layout import Facts, Hashes
from linkage.growing import Column
from linkage.population import Population
from linkage.standardise import LONGEST

Ints = npt.NDArray[np.int32]
SEXES = {"": 0, "F": 1, "M": 2}
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


class Dictionary:
    """Strings and their codes: 0 is the empty string, the others count up as they are met."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words = [""]
        self._codes = _Codes(self.words)
        self.code: Callable[[str], int] = self._codes.__getitem__
        """The code of a word, a new one where it was not met before."""
        for word in words:
            self.code(word)

    def __len__(self) -> int:
        return len(self.words)

    def shorten(self, count: int) -> None:
        """Forget all but the first so many."""
        for word in self.words[count:]:
            del self._codes[word]
        del self.words[count:]


class _Codes(dict[str, int]):
    """The code of each word of a list, which grows by those that are asked for."""

    def __init__(self, words: list[str]) -> None:
        super().__init__({"": 0})
        self._words = words

    def __missing__(self, word: str) -> int:
        found = self[word] = len(self._words)
        self._words.append(word)
        return found


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

    def __init__(self, code: Callable[[str], int], width: int) -> None:
        """``code``: of one word; ``width``: codes of a part, 0 where there are fewer words."""
        super().__init__()
        self.width = width
        self._code = code
        self._pack = Struct(f"={width}i").pack
        self._nothing = [0] * width

    def __missing__(self, words: tuple[Any, ...]) -> bytes:
        if len(self) >= MOST_PARTS:
            self.clear()
        flat = chain.from_iterable(words) if words and isinstance(words[0], tuple) else words
        codes = [*map(self._code, flat), *self._nothing]
        found = self[words] = self._pack(*codes[: self.width])
        return found


class Coder:
    """Turns records into rows, and keeps what the compiled comparison has to know of each word."""

    def __init__(
        self,
        population: Population,
        names: Sequence[str] = (),
        places: Sequence[str] = (),
        numbers: npt.ArrayLike = (),
    ) -> None:
        self.population = population
        self.names = Dictionary(names)
        self.places = Dictionary(places)
        """Postcodes."""
        self.numbers = Numbers(numbers)
        """Identifiers, authorities and contacts."""
        self._known = _Known(self)
        name, place = self.names.code, self.places.code
        three = Parts(name, 3)
        self._lists = (
            ("given", layout.GIVEN, Parts(name, 4)),
            ("other_given", layout.OTHER_GIVEN, three),
            ("parts", layout.PARTS, three),
            ("other_family", layout.OTHER_FAMILY, three),
            ("carers", layout.CARERS, Parts(name, 6)),
            ("postcodes", layout.POSTCODES, Parts(place, 4)),
        )
        """Fields that list words, where each stands in a row, and how its values are coded."""

    def rows(self, records: Sequence[Comparable]) -> Ints:
        """Records as rows, by the places of ``layout``: field after field, of all records."""
        rows = np.empty((len(records), layout.WIDTH), np.int32)
        for field, place in _WORDS:
            rows[:, place] = list(map(self.names.code, map(attrgetter(field), records)))
        for field, place, parts in self._lists:
            coded = b"".join(map(parts.__getitem__, map(attrgetter(field), records)))
            rows[:, place : place + parts.width] = np.frombuffer(coded, np.int32).reshape(
                len(records), parts.width
            )
        for field, place in _PLAIN:
            rows[:, place] = list(map(attrgetter(field), records))
        rows[:, layout.SEX] = [SEXES[record.sex] for record in records]
        codes = self.numbers.codes(hashes_of(_numbers(records)))
        rows[:, layout.NHS :] = codes.reshape(_NUMBERS, len(records)).T
        return rows

    def keys(self, rows: Ints) -> npt.NDArray[np.uint32]:
        """The keys of rows that this coder made, ascending; 0 fills up."""
        found = np.empty((len(rows), MOST_KEYS), np.uint32)
        keys.keys(rows, self.facts(), self._known.hashes(), found)
        return found

    def words(self) -> npt.NDArray[np.uint64]:
        """Hashes of each name word and of how it sounds (``layout.Hashes``)."""
        return self._known.hashes().words

    def ties(self, rows: Ints) -> npt.NDArray[np.uint32]:
        """Where rows that this coder made stand in a long block."""
        found = np.empty(len(rows), np.uint32)
        keys.ties(rows, self.facts(), found)
        return found

    def facts(self) -> Facts:
        """What is known of every word and postcode met so far."""
        return self._known.facts()

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
        return self.numbers.nbytes + self._known.nbytes


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


class _Known:
    """What is known of each word and postcode of a coder, extended as they are met.

    All numbers of a word stand side by side, in one line of the cache, and those of a postcode.
    """

    def __init__(self, coder: Coder) -> None:
        self._coder = coder
        self._letters = Column(np.uint8, LONGEST)
        self._words = Column(np.int32, _LINE)
        self._word_hashes = Column(np.uint64, 3)
        self._place_letters = Column(np.uint8, layout.POSTCODE)
        self._places = Column(np.int32, 2)
        self._place_hashes = Column(np.uint64, 2)
        self._days = np.array(sorted(coder.population.default_days), np.int32)

    def facts(self) -> Facts:
        """Facts of all words and postcodes."""
        self._catch_up()
        words, places = self._words.all, self._places.all
        numbers = {name: words[:, n] for n, name in enumerate(_OF_WORDS)}
        return Facts(
            **numbers,
            letters=self._letters.all,
            formals=words[:, len(_OF_WORDS) : len(_OF_WORDS) + lexicon.FORMAL_FORMS],
            code_letters=self._place_letters.all,
            code_lengths=places[:, 0],
            communal=places[:, 1],
            default_days=self._days,
        )

    def hashes(self) -> Hashes:
        """Hashes of all words, postcodes and numbers."""
        self._catch_up()
        return Hashes(self._word_hashes.all, self._place_hashes.all, self._coder.numbers.hashes)

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return sum(column.nbytes for column in (*self._of_words, *self._of_places))

    def shorten(self, names: int, places: int) -> None:
        """Forget all but the first so many."""
        for columns, count in ((self._of_words, names), (self._of_places, places)):
            for column in columns:
                column.shorten(min(len(column), count))

    @property
    def _of_words(self) -> tuple[Column, ...]:
        return self._letters, self._words, self._word_hashes

    @property
    def _of_places(self) -> tuple[Column, ...]:
        return self._place_letters, self._places, self._place_hashes

    def _catch_up(self) -> None:
        words, places = self._coder.names.words, self._coder.places.words
        if len(self._words) < len(words):
            self._learn_words(words)
        if len(self._places) < len(places):
            self._learn_places(places[len(self._places) :])

    def _learn_words(self, words: Sequence[str]) -> None:
        """Learn the words not known yet; what each leads to stands behind them, and follows."""
        found: list[list[int]] = []
        known = len(self._words)
        while known + len(found) < len(words):
            found.append(self._numbers_of(words[known + len(found)]))
        learnt = words[known:]
        self._words.extend(found)
        self._letters.extend(_letters(learnt, LONGEST))
        self._word_hashes.extend(_hashes_of_words(learnt))

    def _numbers_of(self, word: str) -> list[int]:
        """In the order of ``_OF_WORDS``; then the formal names, and 0 to the end of the line."""
        code, population = self._coder.names.code, self._coder.population
        found = [
            len(word),
            code(lexicon.one_spelling(word)),
            code(lexicon.one_family_spelling(word)),
            word in lexicon.TITLES,
            population.is_forename(word),
            population.forename_rarity(word),
            population.family_rarity(word),
            *map(code, lexicon.formal_forms(word)),
        ]
        return found + [0] * (_LINE - len(found))

    def _learn_places(self, codes: Sequence[str]) -> None:
        communal = self._coder.population.communal_places
        self._place_letters.extend(_letters(codes, layout.POSTCODE))
        self._places.extend([(len(code), code in communal) for code in codes])
        hashes = _hashed(codes), _hashed([district(code) for code in codes])
        self._place_hashes.extend(np.stack(hashes, axis=1))


_LINE = 16
"""Numbers of 32 bits in a line of the cache."""
_OF_WORDS = (
    "lengths", "spelling", "family_spelling", "title", "known", "forename_rarity", "family_rarity",
)  # fmt: skip


def _hashes_of_words(words: Sequence[str]) -> npt.NDArray[np.uint64]:
    """In the order of ``layout.Hashes``."""
    forenames = [sound(lexicon.one_spelling(word)) for word in words]
    families = [sound(lexicon.one_family_spelling(word)) for word in words]
    return np.stack([_hashed(texts) for texts in (words, forenames, families)], axis=1)


def _letters(words: Sequence[str], width: int) -> npt.NDArray[np.uint8]:
    """Words as rows of bytes, cut or filled up with 0 to the width."""
    packed = np.array([word.encode("ascii", "replace")[:width] for word in words], f"S{width}")
    return cast("npt.NDArray[np.uint8]", packed.view(np.uint8).reshape(len(words), width))

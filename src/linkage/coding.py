"""Records as rows of whole numbers, and the dictionaries that give the numbers their meaning.

A name word or a postcode is coded by a dictionary that keeps it, for its letters are compared. An
identifier or a contact is equal to another or not: of it only a hash is kept.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
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
_CODE = Struct("=i")
_PLAIN = Struct("=9i")
_NUMBERS = layout.WIDTH - layout.NHS


class Dictionary:
    """Strings and their codes: 0 is the empty string, the others count up as they are met."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words = [""]
        self._codes = {"": 0}
        for word in words:
            self.code(word)

    def __len__(self) -> int:
        return len(self.words)

    def code(self, word: str) -> int:
        """The code of a word, a new one where it was not met before."""
        found = self._codes.get(word)
        if found is None:
            found = self._codes[word] = len(self.words)
            self.words.append(word)
        return found

    def shorten(self, count: int) -> None:
        """Forget all but the first so many."""
        for word in self.words[count:]:
            del self._codes[word]
        del self.words[count:]


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
    """Coded parts of records: each value is coded when it is first met."""

    def __init__(self, coded: Callable[[Any], bytes]) -> None:
        super().__init__()
        self._coded = coded

    def __missing__(self, part: Any) -> bytes:
        if len(self) >= MOST_PARTS:
            self.clear()
        found = self[part] = self._coded(part)
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
        self._name, self._place = self.names.code, self.places.code
        self._word = Parts(lambda word: _CODE.pack(self._name(word)))
        self._four = self._parts(self._name, 4)
        self._three = self._parts(self._name, 3)
        self._carers = Parts(self._coded_carers)
        self._postcodes = self._parts(self._place, 4)

    def rows(self, records: Sequence[Comparable]) -> Ints:
        """Records as rows, by the places of ``layout``."""
        coded = b"".join(chain.from_iterable(map(self._row, records)))
        rows = np.frombuffer(coded, np.int32).reshape(len(records), layout.WIDTH - _NUMBERS)
        texts = list(chain.from_iterable(map(_numbers, records)))
        codes = self.numbers.codes(hashes_of(texts)).reshape(len(records), _NUMBERS)
        return np.concatenate([rows, codes], axis=1)

    def _row(self, record: Comparable) -> tuple[bytes, ...]:
        """All but the identifiers and contacts."""
        word, three = self._word, self._three
        return (
            self._four[record.given],
            word[record.joined],
            three[record.other_given],
            word[record.honorific],
            word[record.family],
            three[record.parts],
            three[record.other_family],
            self._carers[record.carers],
            word[record.maiden],
            self._postcodes[record.postcodes],
            _PLAIN.pack(
                record.birth,
                record.birth_kind,
                SEXES[record.sex],
                record.moved,
                record.nhs_verified,
                record.upn_temporary,
                record.births,
                record.birth_order,
                record.died,
            ),
        )

    def keys(self, rows: Ints) -> npt.NDArray[np.uint32]:
        """The keys of rows that this coder made, ascending; 0 fills up."""
        found = np.empty((len(rows), MOST_KEYS), np.uint32)
        keys.keys(rows, self.facts(), self._known.hashes(), found)
        return found

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
        for parts in (self._word, self._four, self._three, self._carers, self._postcodes):
            parts.clear()

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays in memory."""
        return self.numbers.nbytes + self._known.nbytes

    def _parts(self, code: Callable[[str], int], places: int) -> Parts:
        packed = Struct(f"={places}i").pack
        nothing = (0,) * places
        return Parts(lambda words: packed(*(*map(code, words), *nothing)[:places]))

    def _coded_carers(self, carers: Sequence[tuple[str, str]]) -> bytes:
        codes = (*map(self._name, chain.from_iterable(carers)), *[0] * 6)
        return np.array(codes[:6], np.int32).tobytes()


def _numbers(record: Comparable) -> tuple[str, ...]:
    """A record's identifiers and contacts, in the order of ``layout``."""
    formers, contacts = record.former_upns, record.contacts
    return (
        record.nhs,
        record.upn,
        *(formers if len(formers) == 2 else (*formers, "", "")[:2]),
        record.la_child,
        record.la_child.partition("/")[0],
        record.mother_nhs,
        *(contacts if len(contacts) == 3 else (*contacts, "", "", "")[:3]),
    )


def hashes_of(texts: Sequence[str]) -> npt.NDArray[np.uint64]:
    """The hash of each text, as ``hashing.of_text``; 0 for an empty one."""
    letters = np.frombuffer(("\0".join(texts) + "\0").encode(), np.uint8)
    ends = np.flatnonzero(letters == 0)
    if len(ends) != len(texts):  # a text with a zero character in it
        return np.array([hashing.of_text(text) if text else 0 for text in texts], np.uint64)
    found = np.empty(len(texts), np.uint64)
    compiled.texts(letters, found)
    found[np.diff(ends, prepend=-1) == 1] = 0
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
            self._meet_kin(len(self._words))
            self._learn_words(words[len(self._words) :])
        if len(self._places) < len(places):
            self._learn_places(places[len(self._places) :])

    def _meet_kin(self, known: int) -> None:
        """Give codes to spellings and formal names, and theirs, before facts are listed."""
        names = self._coder.names
        while known < len(names):
            word = names.words[known]
            for kin in (lexicon.one_spelling(word), *lexicon.formal_forms(word)):
                names.code(kin)
            names.code(lexicon.one_family_spelling(word))
            known += 1

    def _learn_words(self, words: Sequence[str]) -> None:
        self._letters.extend(_letters(words, LONGEST))
        self._words.room(len(words))[:] = [self._numbers_of(word) for word in words]
        self._word_hashes.extend([_hashes_of_word(word) for word in words])

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
        communal, of_text = self._coder.population.communal_places, hashing.of_text
        self._place_letters.extend(_letters(codes, layout.POSTCODE))
        self._places.extend([(len(code), code in communal) for code in codes])
        self._place_hashes.extend([(of_text(c), of_text(district(c))) for c in codes])


_LINE = 16
"""Numbers of 32 bits in a line of the cache."""
_OF_WORDS = (
    "lengths", "spelling", "family_spelling", "title", "known", "forename_rarity", "family_rarity",
)  # fmt: skip


def _hashes_of_word(word: str) -> tuple[int, int, int]:
    """In the order of ``layout.Hashes``."""
    of_text = hashing.of_text
    sounds = sound(lexicon.one_spelling(word)), sound(lexicon.one_family_spelling(word))
    return of_text(word), of_text(sounds[0]), of_text(sounds[1])


def _letters(words: Sequence[str], width: int) -> npt.NDArray[np.uint8]:
    """Words as rows of bytes, cut or filled up with 0 to the width."""
    packed = np.array([word.encode("ascii", "replace")[:width] for word in words], f"S{width}")
    return cast("npt.NDArray[np.uint8]", packed.view(np.uint8).reshape(len(words), width))

"""What is known of each word and postcode of a dictionary, learnt as they are met."""

from functools import cache
from itertools import chain
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from linkage import authorities, hashing, lexicon
from linkage.blocking import sound
from linkage.compiled import layout, spelling
from linkage.compiled import places as postcodes
from linkage.compiled.layout import Facts, Hashes
from linkage.compiled.spelling import Listed
from linkage.growing import Column
from linkage.lexicon import FAMILIES, FORENAMES
from linkage.population import RAREST, Population
from linkage.words import Packed, Words, as_numbers, packed

Ints = npt.NDArray[np.int32]

WIDTH = 32
"""Numbers of 32 bits in two lines of the cache."""
AHEAD = 4096
"""Words for which there is room, at least, before words are learnt."""


class Known:
    """Facts and hashes of every word and postcode.

    All numbers of a word stand side by side, in two lines of the cache, and those of a postcode.
    """

    def __init__(self, population: Population, names: Words, codes: Words) -> None:
        self._population, self._names, self._codes = population, names, codes
        self._listed = listed(population)
        self._words, self._word_hashes = Column(np.int32, WIDTH), Column(np.uint64, 3)
        self._places, self._place_hashes = Column(np.int32, 2), Column(np.uint64, 2)
        for column in (names.letters, codes.letters, *self._of_words, *self._of_places):
            column.reserve(AHEAD)
        self._communal = packed(sorted(population.communal_places), layout.POSTCODE)
        self._districts, self._authorities = _districts()
        self._days = np.array(sorted(population.default_days), np.int32)
        self._seen: tuple[npt.NDArray[Any], ...] | None = None
        """The arrays that the facts were last made of."""
        self._facts: Facts

    def facts(self) -> Facts:
        """Facts of all words and postcodes; spare places stand behind them."""
        self._catch_up()
        columns = tuple(
            column.places
            for column in (self._names.letters, self._words, self._codes.letters, self._places)
        )
        if self._seen is None or any(a is not b for a, b in zip(columns, self._seen, strict=True)):
            self._seen, self._facts = columns, self._facts_of(*columns)
        return self._facts

    def _facts_of(self, letters: Packed, words: Ints, codes: Packed, places: Ints) -> Facts:
        return Facts(
            letters=letters,
            lengths=words[:, spelling.LENGTH],
            spelling=words[:, spelling.OWN_SPELLING],
            family_spelling=words[:, spelling.OWN_FAMILY_SPELLING],
            formals=words[:, spelling.OWN_FORMALS : spelling.OWN_FORMALS + lexicon.FORMAL_FORMS],
            title=words[:, spelling.OWN_TITLE],
            beside=words[:, spelling.OWN_BESIDE],
            known=words[:, spelling.KNOWN],
            forename_rarity=words[:, spelling.OWN_FORENAME_RARITY],
            family_rarity=words[:, spelling.OWN_FAMILY_RARITY],
            code_letters=codes,
            code_lengths=places[:, postcodes.LENGTH],
            places=places[:, postcodes.PLACE],
            default_days=self._days,
        )

    def hashes(self, numbers: npt.NDArray[np.uint64]) -> Hashes:
        """Hashes of all words and postcodes, beside those of numbers."""
        self._catch_up()
        return Hashes(self._word_hashes.places, self._place_hashes.places, numbers)

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return sum(column.nbytes for column in (*self._of_words, *self._of_places))

    @property
    def _of_words(self) -> tuple[Column, Column]:
        return self._words, self._word_hashes

    @property
    def _of_places(self) -> tuple[Column, Column]:
        return self._places, self._place_hashes

    def shorten(self, names: int, codes: int) -> None:
        """Forget all but the first so many."""
        for columns, count in ((self._of_words, names), (self._of_places, codes)):
            for column in columns:
                column.shorten(min(len(column), count))

    def learn_words(self) -> None:
        """Learn all words not known yet; nobody else may code names meanwhile."""
        while (known := len(self._words)) < len(self._names):
            self._learn_words(known)

    def _catch_up(self) -> None:
        self.learn_words()
        if len(self._places) < len(self._codes):
            self._learn_places(self._codes.letters.all[len(self._places) :])

    def _learn_words(self, known: int) -> None:
        """Learn words not known yet; what each leads to stands behind them, and follows."""
        names, count = self._names, len(self._names)
        names.reserve(AHEAD)
        for column in self._of_words:
            column.reserve(count + AHEAD - len(column))
        learnt, total = spelling.learn(
            known, count, names.letters.places, names.numbers[: count + AHEAD], names.slots,
            self._words.places, self._word_hashes.places, self._listed,
        )  # fmt: skip
        names.letters.room(total - count)
        self._words.room(learnt - known)
        self._word_hashes.room(learnt - known)
        if learnt == known:
            self._learn_plainly(names.texts(known, known + 1)[0])

    def _learn_plainly(self, word: str) -> None:
        """Learn one word of other letters than a to z."""
        code, population = self._names.code, self._population
        common, family = lexicon.one_spelling(word), lexicon.one_family_spelling(word)
        numbers = [
            len(word),
            code(common),
            code(family),
            word in lexicon.TITLES,
            population.is_forename(word),
            population.forename_rarity(word),
            population.family_rarity(word),
            lexicon.beside(word),
            *map(code, lexicon.formal_forms(word)),
        ]
        self._words.extend([numbers + [0] * (WIDTH - len(numbers))])
        self._word_hashes.extend(
            [[hashing.of_text(t) for t in (word, sound(common), sound(family))]]
        )

    def _learn_places(self, codes: Packed) -> None:
        numbers, hashes = self._places.room(len(codes)), self._place_hashes.room(len(codes))
        postcodes.learn(codes, numbers, hashes, self._districts, self._authorities)
        communal = np.isin(as_numbers(codes)[:, 0], as_numbers(self._communal)[:, 0])
        numbers[:, postcodes.PLACE] |= layout.COMMUNAL * communal


@cache
def _districts() -> tuple[npt.NDArray[np.uint64], Ints]:
    """Hashes of the districts, ascending, and the authorities of each, in one number."""
    known = sorted((hashing.of_text(name), of) for name, of in authorities.by_district().items())
    packed = [
        sum(code << layout.CODE * place for place, code in enumerate(codes)) << 1
        for _, codes in known
    ]
    return np.array([hashed for hashed, _ in known], np.uint64), np.array(packed, np.int32)


def listed(population: Population) -> Listed:
    """What the tables and a population say of the words that any of them knows; made once."""
    made = population.__dict__.get("listed") or _listed(population)
    population.__dict__["listed"] = made
    return cast("Listed", made)


def _listed(population: Population) -> Listed:
    tables = (lexicon.spellings, lexicon.heard_spellings)
    columns = [table(name) for name in (FORENAMES, FAMILIES) for table in tables]
    formals = lexicon.listed_formals()
    known = chain(
        *columns,
        *(column.values() for column in columns),
        lexicon.TITLES,
        lexicon.listed_beside(),
        formals,
        *formals.values(),
        population.forename_classes,
        population.family_classes,
    )
    texts = sorted({word for word in known if _is_plain(word)})
    words = Words(spelling.LONGEST, packed(texts, spelling.LONGEST))
    row = {word: number for number, word in enumerate(texts, start=1)}
    facts = np.zeros((len(words), spelling.LISTED), np.int32)
    for number, column in enumerate(columns):
        for word, head in column.items():
            facts[row[word], number] = row[head]
    for word, forms in formals.items():
        facts[row[word], spelling.FORMALS : spelling.FORMALS + len(forms)] = [row[f] for f in forms]
    facts[[row[word] for word in lexicon.TITLES], spelling.TITLE] = 1
    facts[1:, spelling.BESIDE] = [lexicon.beside(word) for word in texts]
    facts[1:, spelling.FORENAME_RARITY] = [population.forename_rarity(word) for word in texts]
    facts[1:, spelling.FAMILY_RARITY] = [population.family_rarity(word) for word in texts]
    facts[0, [spelling.FORENAME_RARITY, spelling.FAMILY_RARITY]] = RAREST
    return Listed(words.slots, words.numbers[: len(words)].copy(), facts)


def _is_plain(word: str) -> bool:
    return word.isascii() and word.isalpha() and word.islower() and len(word) <= lexicon.LONGEST

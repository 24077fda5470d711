"""Records as rows of whole numbers, and the dictionaries that give the numbers their meaning."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from linkage import lexicon
from linkage.comparable import Comparable
from linkage.compiled import layout
from linkage.compiled.layout import Facts
from linkage.population import Population
from linkage.standardise import LONGEST

Ints = npt.NDArray[np.int32]
SEXES = {"": 0, "F": 1, "M": 2}


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


class Coder:
    """Turns records into rows, and keeps what the compiled comparison has to know of each word."""

    def __init__(
        self, population: Population, names: Sequence[str] = (), codes: Sequence[str] = ()
    ) -> None:
        self.population = population
        self.names = Dictionary(names)
        self.codes = Dictionary(codes)
        """Postcodes, identifiers and contacts."""
        self._facts: Facts | None = None

    def row(self, record: Comparable) -> list[int]:
        """A record as one row, by the places of ``layout``."""
        name, code = self.names.code, self.codes.code
        carers = [name(word) for carer in record.carers for word in carer]
        authority = record.la_child.partition("/")[0]
        return [
            *_padded(map(name, record.given), 4),
            name(record.joined),
            *_padded(map(name, record.other_given), 3),
            name(record.honorific),
            name(record.family),
            *_padded(map(name, record.parts), 3),
            *_padded(map(name, record.other_family), 3),
            record.birth,
            record.birth_kind,
            SEXES[record.sex],
            *_padded(map(code, record.postcodes), 4),
            record.moved,
            code(record.nhs),
            record.nhs_verified,
            code(record.upn),
            record.upn_temporary,
            *_padded(map(code, record.former_upns), 2),
            code(record.la_child),
            code(authority),
            *_padded(carers, 6),
            code(record.mother_nhs),
            name(record.maiden),
            record.births,
            record.birth_order,
            record.died,
            *_padded(map(code, record.contacts), 3),
        ]

    def facts(self) -> Facts:
        """What is known of every word and code met so far."""
        for word in self.names.words[self._known() :]:
            self._meet_kin(word)
        if self._facts is None or self._is_behind(self._facts):
            self._facts = self._extended()
        return self._facts

    def _known(self) -> int:
        return len(self._facts.lengths) if self._facts else 0

    def _is_behind(self, facts: Facts) -> bool:
        return len(facts.lengths) < len(self.names) or len(facts.code_lengths) < len(self.codes)

    def _meet_kin(self, word: str) -> None:
        """Give codes to the spellings and formal names of a word before its facts are listed."""
        if word:
            for kin in (lexicon.one_spelling(word), *lexicon.formal_forms(word)):
                self.names.code(kin)
            self.names.code(lexicon.one_family_spelling(word))

    def _extended(self) -> Facts:
        old = self._facts
        words = self.names.words[self._known() :]
        codes = self.codes.words[len(old.code_lengths) if old else 0 :]
        new = self._facts_of(words, codes)
        if old is None:
            return new
        grown = {
            name: np.concatenate([getattr(old, name), getattr(new, name)])
            for name in Facts._fields
            if name != "default_days"
        }
        return Facts(**grown, default_days=new.default_days)

    def _facts_of(self, words: Sequence[str], codes: Sequence[str]) -> Facts:
        names, population = self.names, self.population
        formals = np.zeros((len(words), lexicon.FORMAL_FORMS), np.int32)
        for i, word in enumerate(words):
            for j, formal in enumerate(lexicon.formal_forms(word)):
                formals[i, j] = names.code(formal)
        return Facts(
            letters=_letters(words, LONGEST),
            lengths=_array([len(w) for w in words]),
            spelling=_array([names.code(lexicon.one_spelling(w)) for w in words]),
            family_spelling=_array([names.code(lexicon.one_family_spelling(w)) for w in words]),
            formals=formals,
            title=_array([w in lexicon.TITLES for w in words]),
            known=_array([population.is_forename(w) for w in words]),
            forename_rarity=_array([population.forename_rarity(w) for w in words]),
            family_rarity=_array([population.family_rarity(w) for w in words]),
            code_letters=_letters(codes, layout.POSTCODE),
            code_lengths=_array([len(c) for c in codes]),
            communal=_array([c in population.communal_places for c in codes]),
            default_days=_array(sorted(population.default_days)),
        )


def _padded(codes: Iterable[int], places: int) -> list[int]:
    found = list(codes)
    return found + [0] * (places - len(found))


def _array(values: Sequence[int | bool]) -> Ints:
    return np.array(values, np.int32)


def _letters(words: Sequence[str], width: int) -> npt.NDArray[np.uint8]:
    """Words as rows of bytes, cut or filled up with 0 to the width."""
    packed = np.array([word.encode("ascii", "replace")[:width] for word in words], f"S{width}")
    return packed.view(np.uint8).reshape(len(words), width).copy()

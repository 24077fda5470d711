"""Words learnt by compiled code say what the plain tables and rules say of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkage import hashing, lexicon
from linkage.blocking import sound
from linkage.known import Known
from linkage.lexicon import LONGEST
from linkage.model import Model
from linkage.words import Words, packed
from tests.tries import tries

POPULATION = Model.shipped().population
TRICKY = (
    "ph", "ck", "kh", "qu", "q", "c", "gh", "dh", "x", "w", "oo", "ou", "ie", "ey", "ee", "y", "ay",
    "h", "tt", "aa", "a", "e", "i", "o", "u", "l", "m", "n", "r", "s", "d", "b", "z", "abdul",
    "abdi", "abdal", "ska", "ova", "dzka", "skaya", "wei", "ling", "oluwa", "kofi",
)  # fmt: skip
LISTED = sorted({*lexicon.spellings(lexicon.FORENAMES), *lexicon.listed_formals()})

letters = st.text("abcdefghijklmnopqrstuvwxyz", max_size=LONGEST)
written = st.lists(st.sampled_from(TRICKY), max_size=9).map(lambda parts: "".join(parts)[:LONGEST])
near_listed = st.tuples(st.sampled_from(LISTED), st.sampled_from(("", *TRICKY))).map(
    lambda parts: "".join(parts)[:LONGEST]
)
words = st.one_of(letters, written, near_listed, st.sampled_from(("mary2", "21", "1", "x1y")))


def learnt(met):
    """Dictionary, facts and hashes after these words were met."""
    names = Words(LONGEST)
    known = Known(POPULATION, names, Words(8))
    names.learn(met)
    return names, known.facts(), known.hashes(np.zeros(1, np.uint64)).words


def assert_as_the_plain_path_says(met):
    names, facts, hashes = learnt(met)
    texts = names.texts()
    for code, word in enumerate(texts):
        common, family = lexicon.one_spelling(word), lexicon.one_family_spelling(word)
        assert facts.lengths[code] == len(word)
        assert texts[facts.spelling[code]] == common
        assert texts[facts.family_spelling[code]] == family
        assert [texts[c] for c in facts.formals[code] if c] == list(lexicon.formal_forms(word))
        assert facts.title[code] == (word in lexicon.TITLES)
        assert facts.beside[code] == lexicon.beside(word)
        assert facts.known[code] == POPULATION.is_forename(word)
        assert facts.forename_rarity[code] == POPULATION.forename_rarity(word)
        assert facts.family_rarity[code] == POPULATION.family_rarity(word)
        stated = (word, sound(common), sound(family))
        assert hashes[code].tolist() == [hashing.of_text(text) for text in stated]


@given(st.lists(words, max_size=12))
@tries(100)
def test_a_word_is_learnt_as_the_lexicon_has_it(met):
    assert_as_the_plain_path_says(met)


def test_every_listed_form_and_a_tenth_of_the_known_names_are_learnt_as_the_lexicon_has_them():
    known = sorted({*POPULATION.forename_classes, *POPULATION.family_classes})
    families = lexicon.spellings(lexicon.FAMILIES)
    beside = lexicon.listed_beside()
    assert_as_the_plain_path_says([*LISTED, *families, *lexicon.TITLES, *beside, *known[::10]])


@given(st.lists(words.filter(bool)), st.lists(words.filter(bool)))
def test_a_word_keeps_its_code_and_one_forgotten_is_met_anew(before, after):
    names = Words(LONGEST)
    first = dict(zip(before, names.codes_of(before), strict=True))
    count = len(names)
    names.codes_of(after)
    names.shorten(count)
    assert names.texts()[1:] == sorted(first, key=first.__getitem__)
    assert len(names) == 1 + len(set(before))
    again = dict(zip(after, names.codes_of(after), strict=True))
    assert all(names.texts()[code] == word for word, code in again.items())
    assert names.codes_of(before) == [first[word] for word in before]


@given(st.lists(words, max_size=40))
def test_packed_words_have_the_codes_of_their_texts(met):
    names, others = Words(LONGEST), Words(LONGEST, packed(sorted({*met} - {""}), LONGEST))
    assert others.codes(packed(met, LONGEST)).tolist() == others.codes_of(met)
    assert [names.texts()[code] for code in names.codes_of(met)] == met


def test_each_familiar_form_stands_for_every_name_that_the_table_has_it_of():
    """It fails where a form stands for more names than there is room for."""
    for formal, familiar in lexicon._lines("nicknames.txt"):
        for form in familiar:
            assert lexicon.one_spelling(formal) in lexicon.formal_forms(form), (formal, form)

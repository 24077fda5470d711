"""Words learnt: spellings, formal names and sounds, equal to ``linkage.lexicon`` and its kin.

What is looked up, for itself or for its sound, stands in one table (``Listed``); what no table
lists is written as it is heard. Words of other letters than a to z are left to the plain path.
"""
# ruff: noqa: ANN001, ANN201, PLR0913, PLR0917
# numba infers the types.

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from linkage import lexicon
from linkage.compiled import inlined, lean
from linkage.compiled.hashing import BASIS, PRIME, mixed
from linkage.compiled.words import code_of, with_code
from linkage.population import RAREST

LONGEST = 32
"""Letters of a word."""
ROOM = 2 * LONGEST
"""Letters that a word may have while it is written as it is heard: an x has become ks."""
SYLLABLE, SYLLABLES = np.int32(lexicon.SYLLABLE), np.int32(lexicon.SYLLABLES)
BEGUN, LETTER = np.int32(lexicon.BEGUN), np.int32(lexicon.LETTER)
LONGEST_SYLLABLE = 6
"""Letters of the longest syllable (Cheung, Zhuang)."""
LED_TO = 2 + lexicon.FORMAL_FORMS
"""Words, at most, that one word leads to."""
A, Z, END = ord("a"), ord("z"), 27
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Listed(NamedTuple):
    """What tables and a population say of words: a row for each word that any of them knows."""

    slots: npt.NDArray[np.uint32]
    words: npt.NDArray[np.uint64]
    facts: npt.NDArray[np.int32]
    """Column by column as the places below say; words are named by their rows, 0 is none."""


(
    SPELLING, HEARD, FAMILY_SPELLING, FAMILY_HEARD, TITLE, FORENAME_RARITY, FAMILY_RARITY, BESIDE,
    FORMALS,
) = range(9)  # fmt: skip
LISTED = FORMALS + lexicon.FORMAL_FORMS
"""The common spelling of a word and of whatever is heard so, as forename and as family name."""
(
    LENGTH, OWN_SPELLING, OWN_FAMILY_SPELLING, OWN_TITLE, KNOWN, OWN_FORENAME_RARITY,
    OWN_FAMILY_RARITY, OWN_BESIDE, OWN_FORMALS,
) = range(9)  # fmt: skip
"""Where what is learnt of a word stands among its numbers."""


def _mask(letters: str, *, end: bool = False) -> int:
    """A set of letters, and maybe the end of a word, one bit for each."""
    return sum(1 << ord(letter) - A for letter in set(letters)) | (end << END)


def _writings() -> tuple[npt.NDArray[np.int64], ...]:
    """The ways of writing of ``lexicon.SOUNDS`` but the last, double letters.

    Of each: which sound it is of, its two letters, how many there are, the two that are kept, how
    many, and the letters of which one stands before and after it.
    """
    vowels, others = "aeiou", "".join(set(LETTERS) - set("aeiou"))
    anything = _mask(LETTERS, end=True)
    rows = (
        (0, "ph", "f", anything, anything),
        (1, "ck", "k", anything, anything),
        (1, "kh", "k", anything, anything),
        (1, "qu", "k", anything, _mask("aeio")),
        (1, "q", "k", anything, anything),
        (1, "c", "k", anything, anything & ~_mask("eihy")),
        (2, "gh", "g", anything, anything),
        (3, "dh", "d", anything, anything),
        (4, "th", "t", anything, anything),
        (5, "x", "ks", anything, anything),
        (6, "w", "v", anything, anything),
        (7, "oo", "u", anything, anything),
        (7, "ou", "u", anything, anything),
        (8, "ie", "i", anything, _mask("", end=True)),
        (8, "ey", "i", anything, _mask("", end=True)),
        (8, "ee", "i", anything, _mask("", end=True)),
        (8, "y", "i", anything, _mask("", end=True)),
        (9, "ee", "i", anything, anything),
        (10, "ay", "ai", anything, anything),
        (10, "ey", "ai", anything, _mask(others)),
        (11, "y", "", _mask("i"), _mask("a")),
        (12, "y", "i", _mask(others), _mask(others)),
        (13, "h", "", _mask(vowels), _mask(others, end=True)),
    )
    return tuple(
        np.array(column, np.int64)
        for column in zip(
            *(
                (
                    sound, ord(written[0]), ord(written[-1]), len(written),
                    *(ord(letter) for letter in f"{kept}zz"[:2]), len(kept), before, after,
                )
                for sound, written, kept, before, after in rows
            ),
            strict=True,
        )
    )  # fmt: skip


SOUND, FIRST, SECOND, WRITTEN, KEPT_FIRST, KEPT_SECOND, KEPT, BEFORE, AFTER = _writings()
BEGINS = np.searchsorted(SOUND, np.arange(SOUND[-1] + 2))
"""Where the ways of writing each sound begin."""


def _sets(letters: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The set of these letters of all ways of writing each sound, one bit for each letter."""
    found = np.zeros(SOUND[-1] + 1, np.int64)
    np.bitwise_or.at(found, SOUND, 1 << letters - A)
    return found


BEGINNINGS, KEEPS = _sets(FIRST), _sets(KEPT_FIRST) | _sets(KEPT_SECOND)
"""Letters one of which begins each way of writing a sound; letters that are kept for it."""
DIGITS = np.array([ord(digit) for digit in "01230120022455012623010202"], np.uint8)
"""What Soundex (Russell 1918) gives each letter."""
SILENT = _mask("hw")
SOUNDEX = 4
"""Letters of a Soundex."""
FEMININE = tuple(ending.encode() for ending, _ in lexicon.FEMININE)
MASCULINE = tuple(ending.encode() for _, ending in lexicon.FEMININE)


def _rows(texts: tuple[bytes, ...]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Short texts as rows of letters, and their lengths."""
    width = max(map(len, texts))
    letters = np.array(texts, f"S{width}").view(np.uint8).reshape(len(texts), width)
    return letters, np.array([len(text) for text in texts])


FEMININE_LETTERS, FEMININE_LENGTHS = _rows(FEMININE)
MASCULINE_LETTERS, MASCULINE_LENGTHS = _rows(MASCULINE)
BEGINNING_LETTERS, BEGINNING_LENGTHS = _rows(tuple(word.encode() for word in lexicon.beginnings()))
SERVANT_LETTERS, SERVANT_LENGTHS = _rows(tuple(word.encode() for word in lexicon.SERVANTS))


@njit(cache=True, nogil=True)
def learn(known, count, letters, words, slots, numbers, hashes, listed):
    """Learn words from code ``known`` on, and those that they lead to, which get codes too.

    Returns up to which code words are known, and how many codes there are: it stops where all are
    known, where room may end, and at a word that the plain path has to learn.
    """
    work = np.zeros((4, ROOM), np.uint8)
    while known < count and count + LED_TO <= len(words) and known < len(numbers):
        length = plain_length(letters[known])
        if length < 0:
            break
        count = learn_one(
            known, length, count, letters, words, slots, numbers, hashes, listed, work
        )
        known += 1
    return known, count


@njit(cache=True, nogil=True)
def plain_length(word):
    """How many letters a word has; -1 where any is none of a to z."""
    for i in range(len(word)):
        if word[i] == 0:
            return i
        if not A <= word[i] <= Z:
            return -1
    return len(word)


@njit(cache=True, nogil=True)
def learn_one(own, length, count, letters, words, slots, numbers, hashes, listed, work):
    """Learn one word; how many codes there are then."""
    about, found = numbers[own], hashes[own]
    about[:] = 0
    about[LENGTH] = length
    place = code_of(listed.slots, listed.words, words[own])
    about[OWN_TITLE] = listed.facts[place, TITLE]
    about[OWN_FORENAME_RARITY] = listed.facts[place, FORENAME_RARITY]
    about[OWN_FAMILY_RARITY] = listed.facts[place, FAMILY_RARITY]
    about[KNOWN] = about[OWN_FORENAME_RARITY] < RAREST
    about[OWN_BESIDE] = beside(letters[own], length, place, listed, work[0])
    found[0] = hash_of(letters[own], length)

    word, n = work[0], 0
    formals = about[OWN_FORMALS : OWN_FORMALS + lexicon.FORMAL_FORMS]
    stem = stem_length(letters[own], length)
    for i in range(FORMALS, FORMALS + lexicon.FORMAL_FORMS):
        formal = listed.facts[place, i]
        if formal:
            code, count = with_code(listed.words[formal], slots, words, count)
            n = add_new(formals, n, code)
    # As a forename, as a family name, and what it may be a familiar form of, without e and with.
    for way in range(4 if stem > 2 else 2):
        size = stem if way > 1 else length
        word[:] = 0
        word[:size] = letters[own][:size]
        spelling, heard = (FAMILY_SPELLING, FAMILY_HEARD) if way == 1 else (SPELLING, HEARD)
        if way == 1:
            size = masculine(word, size)
        if way == 3:
            word[size] = ord("e")
            size += 1
        size = one_spelling(word, size, spelling, heard, listed, work)
        code, count = code_of_letters(word, slots, words, count)
        if way < 2:
            found[1 + way] = sound_hash(word, size)
            about[OWN_SPELLING + way] = code
        else:
            n = add_new(formals, n, code)
    return count


@inlined
def beside(letters, length, place, listed, work):
    """How a name is borne beside an English one, as ``lexicon.beside``."""
    if length == 1:
        return LETTER
    if listed.facts[place, BESIDE]:
        return listed.facts[place, BESIDE]
    for i in range(max(1, length - LONGEST_SYLLABLE), min(length, LONGEST_SYLLABLE + 1)):
        if is_syllable(letters[:i], listed, work) and is_syllable(letters[i:length], listed, work):
            return SYLLABLES
    for i in range(len(BEGINNING_LENGTHS)):
        n = BEGINNING_LENGTHS[i]
        if length >= n and ends_so(letters, n, BEGINNING_LETTERS[i], n):
            return BEGUN
    return np.int32(0)


@inlined
def is_syllable(letters, listed, work):
    """Whether so few letters are a syllable of which Chinese names are made."""
    work[:LONGEST] = 0
    work[: len(letters)] = letters
    row = code_of(listed.slots, listed.words, work[:LONGEST].view(np.uint64))
    return listed.facts[row, BESIDE] == SYLLABLE


@lean
def add_new(codes, n, code):
    """Add a code unless it is there or there are enough; how many there are then."""
    for i in range(n):
        if codes[i] == code:
            return n
    if n == len(codes):
        return n
    codes[n] = code
    return n + 1


@inlined
def code_of_letters(word, slots, words, count):
    """The code of a word of letters, a new one where it has none."""
    return with_code(word[:LONGEST].view(np.uint64), slots, words, count)


@lean
def stem_length(word, length):
    """Letters of what a familiar form is made of: Grac of Gracie; 0 where it is no such form."""
    if length >= 2 and word[length - 2] == ord("i") and word[length - 1] == ord("e"):
        return length - 2
    return length - 1 if length and word[length - 1] == ord("y") else 0


@inlined
def masculine(word, length):
    """Exchange the feminine ending of a family name for the masculine one; its length then."""
    for i in range(len(FEMININE_LENGTHS)):
        n = FEMININE_LENGTHS[i]
        if length > n + 2 and ends_so(word, length, FEMININE_LETTERS[i], n):
            m = MASCULINE_LENGTHS[i]
            word[length - n : length] = 0
            word[length - n : length - n + m] = MASCULINE_LETTERS[i, :m]
            return length - n + m
    return length


@lean
def ends_so(word, length, ending, n):
    """Whether a word ends in these letters."""
    for i in range(n):  # noqa: SIM110 - numba knows no all()
        if word[length - n + i] != ending[i]:
            return False
    return True


@inlined
def one_spelling(word, length, spelling, heard, listed, work):
    """Write a word in its common spelling, filled up with 0; its length."""
    while True:
        row = code_of(listed.slots, listed.words, word[:LONGEST].view(np.uint64))
        if listed.facts[row, spelling]:
            return copied(listed.words[listed.facts[row, spelling]].view(np.uint8), word)
        servant = servant_length(word, length)
        if servant == 0:
            break
        length -= servant
        for i in range(length):
            word[i] = word[i + servant]
        word[length:] = 0
    write_as_heard(word, length, work[1], work[2])
    row = code_of(listed.slots, listed.words, word[:LONGEST].view(np.uint64))
    if listed.facts[row, heard]:
        return copied(listed.words[listed.facts[row, heard]].view(np.uint8), word)
    return length_of(word)


@lean
def servant_length(word, length):
    """Letters of the beginning (servant of) that a word has before a name; 0 where it has none."""
    for i in range(len(SERVANT_LENGTHS)):
        n = SERVANT_LENGTHS[i]
        if length > n + 2 and ends_so(word, n, SERVANT_LETTERS[i], n):
            return n
    return 0


@inlined
def copied(listed, word):
    """Copy a listed word over another; its length."""
    word[:LONGEST] = listed
    word[LONGEST:] = 0
    return length_of(word)


@lean
def length_of(word):
    """How many letters a word has, at most those that are compared."""
    length = 0
    while length < LONGEST and word[length]:
        length += 1
    return length


@inlined
def write_as_heard(word, length, one, other):
    """Write a word of a to z as it is heard, over itself; short ones stay as they are."""
    one[:length] = word[:length]
    n, letters = length, letters_of(word, length)
    for sound in range(len(BEGINS) - 1):
        if letters & BEGINNINGS[sound]:
            n = rewritten(one, n, sound, other)
            one, other = other, one
            letters |= KEEPS[sound]
    n = without_doubles(one, n)
    if min(length, n) >= lexicon.SHORTEST_SOUND:
        n = min(n, LONGEST)
        word[:n] = one[:n]
        word[n:] = 0


@lean
def letters_of(word, length):
    """The set of a word's letters, one bit for each."""
    found = np.int64(0)
    for i in range(length):
        found |= np.int64(1) << np.int64(word[i] - A)
    return found


@lean
def rewritten(word, length, sound, out):
    """Write what is kept of all ways to write one sound; how many letters there are then."""
    i, n = 0, 0
    while i < length:
        way = way_at(word, length, i, sound)
        if way < 0:
            out[n] = word[i]
            i, n = i + 1, n + 1
            continue
        if KEPT[way] > 0:
            out[n] = KEPT_FIRST[way]
        if KEPT[way] > 1:
            out[n + 1] = KEPT_SECOND[way]
        i, n = i + WRITTEN[way], n + KEPT[way]
    return n


@lean
def way_at(word, length, i, sound):
    """The first way of writing a sound that stands at a place; -1 where none does."""
    for way in range(BEGINS[sound], BEGINS[sound + 1]):
        after = i + WRITTEN[way]
        if word[i] != FIRST[way] or after > length or word[after - 1] != SECOND[way]:
            continue
        before = END if i == 0 else word[i - 1] - A
        behind = END if after == length else word[after] - A
        if BEFORE[way] >> before & 1 and AFTER[way] >> behind & 1:
            return way
    return -1


@lean
def without_doubles(word, length):
    """Write letters that follow themselves once; how many there are then."""
    n = min(1, length)
    for i in range(1, length):
        if word[i] != word[n - 1]:
            word[n] = word[i]
            n += 1
    return n


@lean
def hash_of(letters, length):
    """The hash of a text, as ``hashing.of_text``."""
    x = BASIS
    for i in range(length):
        x = (x ^ np.uint64(letters[i])) * PRIME
    return mixed(x)


@njit(cache=True, nogil=True)
def sound_hash(word, length):
    """The hash of a word's sound, as ``hashing.of_text(blocking.sound(word))``."""
    sound = np.empty(SOUNDEX, np.uint8)
    return hash_of(sound, write_sound(word, length, sound))


@njit(cache=True, nogil=True)
def write_sound(word, length, out):
    """Write a word's Soundex as jellyfish gives it; how many letters it has."""
    if length == 0:
        return 0
    out[:] = ord("0")
    out[0] = word[0] - A + ord("A")
    last, n = DIGITS[word[0] - A], 1
    for i in range(1, length):
        if n == SOUNDEX:
            break
        digit = DIGITS[word[i] - A]
        if digit != ord("0") and digit != last:
            out[n] = digit
            n += 1
        if digit != ord("0") or not SILENT >> (word[i] - A) & 1:
            last = digit
    return SOUNDEX

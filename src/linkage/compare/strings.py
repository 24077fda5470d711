"""How alike two words are: the measures that the comparisons of names and codes share."""

import jellyfish

NEAR = 0.92
"""Jaro-Winkler similarity (Winkler 1990) of two writings of one name."""
CLOSE = 0.82
"""Jaro-Winkler similarity below which two names say nothing of each other."""
VOWELS = "aeiouyhw"
"""Letters by which names that sound alike differ."""
SHORTEST = 4
"""Letters from which one slip leaves a name recognisable: Mia and Mya are two names."""


def similarity(left: str, right: str) -> float:
    """Jaro-Winkler similarity, between 0 and 1; the same whichever word comes first."""
    return jellyfish.jaro_winkler_similarity(min(left, right), max(left, right))


def is_near(left: str, right: str) -> bool:
    """Whether one may be a typing error of the other."""
    if similarity(left, right) >= NEAR:
        return True
    return min(len(left), len(right)) >= SHORTEST and one_edit(left, right)


def is_close(left: str, right: str) -> bool:
    """Whether they are alike at all: similar letters, or one the beginning of the other."""
    return similarity(left, right) >= CLOSE or is_beginning(left, right)


def is_beginning(left: str, right: str) -> bool:
    """Whether one is the beginning of the other, and long enough to be a name of its own."""
    short, long = sorted((left, right), key=len)
    return len(short) >= 3 and long.startswith(short)


def same_consonants(left: str, right: str) -> bool:
    """Whether they begin alike and differ in nothing but vowels and doubled letters.

    >>> same_consonants("mia", "maya"), same_consonants("raya", "rory")
    (True, False)
    """
    return left[:1] == right[:1] and _consonants(left) == _consonants(right)


def _consonants(word: str) -> str:
    pairs = zip(f" {word}", word, strict=False)
    return "".join(c for before, c in pairs if c != before and c not in VOWELS)


def one_edit(left: str, right: str) -> bool:
    """Whether a letter was added, left out, mistaken, or exchanged with its neighbour."""
    if abs(len(left) - len(right)) > 1:
        return False
    return jellyfish.damerau_levenshtein_distance(left, right) <= 1


def one_slip(left: str, right: str) -> bool:
    """Whether codes of one length differ in one character or in two exchanged neighbours.

    >>> one_slip("SE153QN", "SE153QM"), one_slip("20140509", "20140590"), one_slip("12", "34")
    (True, True, False)
    """
    if len(left) != len(right):
        return False
    differing = [i for i in range(len(left)) if left[i] != right[i]]
    if len(differing) == 1:
        return True
    if len(differing) != 2 or differing[1] != differing[0] + 1:
        return False
    first, second = differing
    return left[first] == right[second] and left[second] == right[first]

"""Where each fact of a record stands in its row, and what is known of each word and code."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

# Codes of name words.
GIVEN, JOINED, OTHER_GIVEN, HONORIFIC = 0, 4, 5, 8
FAMILY, PARTS, OTHER_FAMILY = 9, 10, 13
CARERS, MAIDEN = 16, 22
# Codes of postcodes.
POSTCODES = 23
# What needs no code.
BIRTH, BIRTH_KIND, SEX, MOVED = 27, 28, 29, 30
NHS_VERIFIED, UPN_TEMPORARY = 31, 32
BIRTHS, ORDER, DIED = 33, 34, 35
AUTHORITIES = 36
# Codes of identifiers and contacts, which are equal or not, and nothing more.
NHS, UPN, FORMER_UPNS = 40, 41, 42
LA_CHILD, AUTHORITY, MOTHER = 44, 45, 46
CONTACTS = 47
WIDTH = 50

SEXES = {"": 0, "F": 1, "M": 2}
POSTCODE = 8
"""Letters of a code that are compared: a postcode has at most 7."""


COMMUNAL = 1
"""The bit of a postcode that is communal."""
CODE = 10
"""Bits of an authority's code."""


class Facts(NamedTuple):
    """Arrays with one row for each name word, then for each postcode, then the days."""

    letters: npt.NDArray[np.uint8]
    lengths: npt.NDArray[np.int32]
    spelling: npt.NDArray[np.int32]
    """Code of the forename's common spelling."""
    family_spelling: npt.NDArray[np.int32]
    formals: npt.NDArray[np.int32]
    """Codes of the formal names that the word is a familiar form of; 0 fills up."""
    title: npt.NDArray[np.int32]
    beside: npt.NDArray[np.int32]
    """How the word is borne beside an English name; 0 where it is not."""
    known: npt.NDArray[np.int32]
    """1 where the word is a known forename."""
    forename_rarity: npt.NDArray[np.int32]
    family_rarity: npt.NDArray[np.int32]
    code_letters: npt.NDArray[np.uint8]
    code_lengths: npt.NDArray[np.int32]
    places: npt.NDArray[np.int32]
    """Bit 0: whether the postcode is communal; above it, ten bits each, up to three authorities in
    which it lies."""
    default_days: npt.NDArray[np.int32]


class Hashes(NamedTuple):
    """What the keys of a row are made from: hashes for each word, postcode and number.

    Hashes are of what a code stands for, never of the code, which depends on what came first.
    """

    words: npt.NDArray[np.uint64]
    """The word itself; how its common spelling begins to sound as a forename, and as a family
    name."""
    places: npt.NDArray[np.uint64]
    """The postcode itself, and its district."""
    numbers: npt.NDArray[np.uint64]


WORD, FORENAME_SOUND, FAMILY_SOUND = 0, 1, 2
PLACE, DISTRICT = 0, 1
"""Columns of ``Hashes``."""

"""Where each fact of a record stands in its row, and what is known of each word and code."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

GIVEN, JOINED, OTHER_GIVEN, HONORIFIC = 0, 4, 5, 8
FAMILY, PARTS, OTHER_FAMILY = 9, 10, 13
BIRTH, BIRTH_KIND, SEX = 16, 17, 18
POSTCODES, MOVED = 19, 23
NHS, NHS_VERIFIED = 24, 25
UPN, UPN_TEMPORARY, FORMER_UPNS = 26, 27, 28
LA_CHILD, AUTHORITY = 30, 31
CARERS, MOTHER, MAIDEN = 32, 38, 39
BIRTHS, ORDER, DIED = 40, 41, 42
CONTACTS = 43
WIDTH = 46

POSTCODE = 8
"""Letters of a code that are compared: a postcode has at most 7."""


class Facts(NamedTuple):
    """Arrays with one row for each name word, then for each other code, then the days."""

    letters: npt.NDArray[np.uint8]
    lengths: npt.NDArray[np.int32]
    spelling: npt.NDArray[np.int32]
    """Code of the forename's common spelling."""
    family_spelling: npt.NDArray[np.int32]
    formals: npt.NDArray[np.int32]
    """Codes of the formal names that the word is a familiar form of; 0 fills up."""
    title: npt.NDArray[np.int32]
    known: npt.NDArray[np.int32]
    """1 where the word is a known forename."""
    forename_rarity: npt.NDArray[np.int32]
    family_rarity: npt.NDArray[np.int32]
    code_letters: npt.NDArray[np.uint8]
    code_lengths: npt.NDArray[np.int32]
    communal: npt.NDArray[np.int32]
    default_days: npt.NDArray[np.int32]

"""Names, postcodes and numbers as they are searched for: letters only, no accents, no case."""

import unicodedata
from functools import lru_cache

from anyascii import anyascii


@lru_cache(maxsize=1 << 16)
def fold(text: str) -> str:
    """The text's letters in lower-case ASCII.

    >>> fold("O\u2019Br\u00edan-Smith")
    'obriansmith'
    """
    plain = anyascii(unicodedata.normalize("NFKC", text)).lower()
    return "".join(letter for letter in plain if "a" <= letter <= "z")


@lru_cache(maxsize=1 << 16)
def compact(text: str) -> str:
    """A postcode or number in capitals, without blanks.

    >>> compact("se15 3qn")
    'SE153QN'
    """
    return "".join(text.split()).upper()

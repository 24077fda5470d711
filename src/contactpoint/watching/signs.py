"""The signs of misuse: each a small pure function, with where it is taken from.

A sign says how seldom normal work shows as much, as a power of ten (*surprise*), and why in words
that hold nothing personal. What is rare by itself is no misuse: an auditor asks.

Sources, by their marks. [ICO]: the Information Commissioner's prosecutions of health and council
staff for looks at relatives, neighbours, colleagues and former partners (Data Protection Act 2018,
section 170). [TRUSTS]: what audit tools of hospitals ask of logs, which is same family name, same
address, fellow staff, nobody's patient, the deceased, people in the news (Fabbri and LeFevre,
Explanation-Based Auditing, VLDB 2011: looks that no treatment explains). [SEED]: the fears that
ContactPoint met in 2009, browsing by hundreds of thousands of insiders, and shielded families found
through the index. [OWN]: reasoning of ours, stated beside the sign.
"""

from typing import NamedTuple

CERTAIN = 6.0
"""Of what normal work never shows."""


class Sign(NamedTuple):
    """One sign that was found."""

    name: str
    surprise: float
    why: str

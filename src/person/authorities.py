"""Local authority codes: the three digits that open a UPN, a LAESTAB and a child id."""

from typing import Final

# DfE, CIN census validation rule 1530, and 942 and 943 (Cumberland, Westmorland and Furness, from
# April 2023), which that rule lacks. A code retired by reorganisation stays valid in an old UPN;
# 001 to 005 are pseudo authorities, 660 to 681 are Welsh.
_RANGES: Final = (
    "001-005 201-213 301-320 330-336 340-344 350-359 370-373 380-384 390-394 420 660-681"
    " 701-708 800-803 805-808 810-813 815-816 820-823 825-826 830-831 835-841 845-846"
    " 850-852 855-857 860-861 865-896 908-909 916 919 921 925-926 928-929 931 933 935-938"
    " 940-943"
)


def _codes(ranges: str) -> frozenset[str]:
    ends = ((part[:3], part[-3:]) for part in ranges.split())
    return frozenset(
        f"{code:03d}" for first, last in ends for code in range(int(first), int(last) + 1)
    )


AUTHORITIES: Final = _codes(_RANGES)
"""Every code that a local authority of England or Wales has or had, as three digits."""


def laestab(authority: str, establishment: str) -> str:
    """Give the seven digits of a school, or nothing where either part is not its digits.

    >>> laestab("201", "2345"), laestab("201", ""), laestab("", "2012345")
    ('2012345', '', '')
    """
    text = f"{authority.strip()}{establishment.strip()}"
    is_form = len(authority.strip()) == 3 and len(text) == 7 and text.isascii() and text.isdigit()
    return text if is_form else ""

"""Numbers for invented children: NHS numbers never issued to anyone, and UPNs of right form."""

from collections import Counter

_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
# Odd and no multiple of five, so that steps of it visit every number of eight digits once.
_STEP = 37_485_731
_ALL = 100_000_000


class NhsNumbers:
    """Gives each NHS number of the range 900 to 999 once, in an order that looks like none.

    The NHS sets that range apart for tests: none of its numbers is issued to a person.
    """

    def __init__(self, seed: int) -> None:
        self._at = seed * 7_919 % _ALL

    def issue(self) -> str:
        """Give the next number, ten digits with a right check digit, never all the same digit."""
        while True:
            self._at = (self._at + _STEP) % _ALL
            nine = f"9{self._at:08d}"
            total = sum((10 - i) * int(digit) for i, digit in enumerate(nine))
            check = (11 - total % 11) % 11
            number = f"{nine}{check}"
            if check < 10 and len(set(number)) > 1:
                return number


def check_letter(body: str) -> str:
    """Give the letter that opens a UPN, of its 12 characters after it (DfE rule 1510).

    >>> check_letter("801200024001"), check_letter("00180001701A")
    ('K', 'X')
    """
    values = [int(c) if c.isdigit() else _LETTERS.index(c) for c in body]
    return _LETTERS[sum(value * (i + 2) for i, value in enumerate(values)) % 23]


class Upns:
    """Issues UPNs school by school and year by year."""

    def __init__(self) -> None:
        self._serials: Counter[str] = Counter()

    def issue(self, laestab: str, year: int) -> str:
        """Give the school's next UPN of a year; a full year goes on under the next one's digits."""
        place = f"{laestab}{year % 100:02d}"
        self._serials[place] += 1
        serial = self._serials[place]
        if serial > 999:
            return self.issue(laestab, year + 1)
        body = f"{place}{serial:03d}"
        return check_letter(body) + body

    def issue_temporary(self, laestab: str, year: int) -> str:
        """Give the school's next temporary UPN of a year: it ends in a letter."""
        place = f"{laestab}{year % 100:02d}"
        self._serials[f"{place}T"] += 1
        serial = self._serials[f"{place}T"]
        letter = _LETTERS[serial // 100 % len(_LETTERS)]
        body = f"{place}{serial % 100:02d}{letter}"
        return check_letter(body) + body

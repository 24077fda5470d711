"""How a clerk, a telephone or a scanner garbles a name, a date or a postcode."""

from datetime import date
from random import Random
from typing import Final

_KEYS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEAR: Final = {
    key: row[max(0, i - 1) : i] + row[i + 1 : i + 2] for row in _KEYS for i, key in enumerate(row)
}
# Pairs of spellings that sound alike in English; each is tried both ways.
_SOUNDS: Final = (
    ("ph", "f"), ("ck", "k"), ("c", "k"), ("ie", "y"), ("ei", "ie"), ("ee", "ea"), ("s", "z"),
    ("y", "i"), ("ll", "l"), ("nn", "n"), ("tt", "t"), ("ss", "s"), ("oo", "u"), ("ah", "a"),
    ("gh", "g"), ("j", "g"), ("th", "t"), ("v", "w"), ("x", "ks"), ("qu", "kw"), ("rr", "r"),
)  # fmt: skip
# Shapes that a scanner or a hurried reader takes for each other.
_SHAPES: Final = (
    ("rn", "m"), ("cl", "d"), ("vv", "w"), ("l", "i"), ("o", "0"), ("i", "1"), ("s", "5"),
    ("b", "6"), ("u", "v"), ("n", "h"), ("e", "c"), ("g", "q"),
)  # fmt: skip
_POSTCODE_SHAPES: Final = str.maketrans("O0I1S5", "0O1I5S")


def mistype(text: str, rng: Random) -> str:
    """Give the text with one error in it; very short text may come back as it was."""
    if len(text) < 3:
        return text
    kind = rng.random()
    if kind < 0.30:
        return _substitute(text, rng)
    if kind < 0.50:
        return _omit(text, rng)
    if kind < 0.65:
        return _transpose(text, rng)
    if kind < 0.75:
        return _double(text, rng)
    if kind < 0.92:
        return _exchange(text, _SOUNDS, rng)
    return _exchange(text, _SHAPES, rng)


def _place(text: str, rng: Random) -> int:
    # The first letter is seldom wrong: people look at it.
    return rng.randrange(0 if rng.random() < 0.08 else 1, len(text))


def _substitute(text: str, rng: Random) -> str:
    at = _place(text, rng)
    near = _NEAR.get(text[at].lower(), "e")
    key = near[int(rng.random() * len(near))]
    return text[:at] + (key.upper() if text[at].isupper() else key) + text[at + 1 :]


def _omit(text: str, rng: Random) -> str:
    at = _place(text, rng)
    return text[:at] + text[at + 1 :]


def _transpose(text: str, rng: Random) -> str:
    at = 1 + int(rng.random() * (len(text) - 2))
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _double(text: str, rng: Random) -> str:
    at = _place(text, rng)
    return text[: at + 1] + text[at].lower() + text[at + 1 :]


def _exchange(text: str, pairs: tuple[tuple[str, str], ...], rng: Random) -> str:
    fits = [
        (old, new)
        for one, other in pairs
        for old, new in ((one, other), (other, one))
        if old in text[1:]
    ]
    if not fits:
        return _omit(text, rng)
    old, new = fits[int(rng.random() * len(fits))]
    at = text.index(old, 1)
    return text[:at] + new + text[at + len(old) :]


def mistype_postcode(postcode: str, rng: Random) -> str:
    """Give a postcode with one character wrong, its blank lost, or letters and digits confused."""
    kind = rng.random()
    if kind < 0.35:
        return postcode.replace(" ", "")
    if kind < 0.50:
        return postcode.translate(_POSTCODE_SHAPES)
    at = len(postcode) - 1 - int(rng.random() * 3)
    other = rng.choice("0123456789" if postcode[at].isdigit() else "ABDEFGHJLNPQRSTUWXYZ")
    return postcode[:at] + other + postcode[at + 1 :]


def exchange_day_and_month(day: date, _rng: Random) -> date:
    """Give the date with day and month exchanged, or itself where that is no date."""
    return day.replace(day=day.month, month=day.day) if day.day <= 12 else day


def wrong_day(day: date, rng: Random) -> date:
    """Give another day of the same month: a digit wrong, digits exchanged, or one beside it."""
    turned = day.day % 10 * 10 + day.day // 10
    options = [day.day - 1, day.day + 1, day.day - 10, day.day + 10, turned]
    lawful = [d for d in options if 1 <= d <= 28 and d != day.day] or [1]
    return day.replace(day=rng.choice(lawful))


def wrong_month(day: date, rng: Random) -> date:
    """Give the same day of a month beside the right one."""
    month = min(12, max(1, day.month + rng.choice((-1, 1))))
    return day.replace(month=month, day=min(day.day, 28))


def wrong_year(day: date, rng: Random) -> date:
    """Give the date one year earlier or, of those more than ten years ago, ten years earlier."""
    back = 10 if day.year < 2016 and rng.random() < 0.2 else 1
    return day.replace(year=day.year - back, day=min(day.day, 28))


def default_day(day: date, rng: Random) -> date:
    """Give the stand-in that forms prescribe or invite: 1 January, or the 1st or 15th."""
    kind = rng.random()
    if kind < 0.5:
        return day.replace(month=1, day=1)
    return day.replace(day=15 if kind < 0.8 else 1)

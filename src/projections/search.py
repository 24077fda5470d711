"""What a search asks: names, dates and places of a known child, as conditions on the index."""

import msgspec
import sqlalchemy as sa

from projections.finding import IDENTIFIER, IDENTITY, NAME, POSTCODE
from projections.folding import compact, fold
from projections.index import CHILD

WILDCARD = "*"


class Search(msgspec.Struct, frozen=True):
    """What is known of the child looked for; empty fields ask nothing."""

    name: str = ""
    """Forename and family name in either order, or a family name alone."""
    given: str = ""
    """A forename; ``*`` behind at least three letters stands for any ending."""
    family: str = ""
    """A family name, likewise."""
    birth: str = ""
    """``YYYY-MM-DD``."""
    postcode: str = ""
    sex: str = ""
    identifier: str = ""
    """The value of an NHS number, UPN or local number."""
    after: str = ""
    """The index number after which children are listed."""


class TooBroadError(Exception):
    """A search that asks for nothing that tells one child from many."""


def criteria(search: Search) -> list[sa.ColumnElement[bool]]:
    """What has to hold of a child and of its identity."""
    asked: list[sa.ColumnElement[bool]] = []
    if fold(search.name):
        asked.append(CHILD.c.child.in_(sa.select(NAME.c.child).where(_named(search.name))))
    if search.given or search.family:
        parts = [_like(NAME.c.given, search.given), _like(NAME.c.family, search.family)]
        asked.append(CHILD.c.child.in_(sa.select(NAME.c.child).where(*parts)))
    if search.after:
        asked.append(CHILD.c.number > search.after)
    if search.birth:
        asked.append(IDENTITY.c.birth == search.birth)
    if search.sex:
        asked.append(IDENTITY.c.sex == search.sex)
    if search.postcode:
        here = POSTCODE.c.postcode == compact(search.postcode)
        asked.append(CHILD.c.child.in_(sa.select(POSTCODE.c.child).where(here)))
    if search.identifier:
        numbered = IDENTIFIER.c.value == compact(search.identifier)
        asked.append(CHILD.c.child.in_(sa.select(IDENTIFIER.c.child).where(numbered)))
    return asked


def _like(column: sa.Column[str], name: str) -> sa.ColumnElement[bool]:
    """Whether a stored name is this one, or begins so where it ends with ``*``; any for none.

    Of a forename the first counts, as of those that are stored.
    """
    if not name:
        return sa.true()
    letters = fold(name.removesuffix(WILDCARD))
    if not letters:
        return sa.false()  # it is a name of nobody, and must not come to stand for any
    return column.startswith(letters) if name.endswith(WILDCARD) else column == letters


def _named(name: str) -> sa.ColumnElement[bool]:
    """Whether a stored name is this one: each way to part it into forename and family name.

    The forename may be shortened at its end; the family name is whole.
    """
    words = [word for word in map(fold, name.replace(",", " ").split()) if word]
    ways = [NAME.c.family == "".join(words)]
    for at in range(1, len(words)):
        for given, family in ((words[:at], words[at:]), (words[at:], words[:at])):
            ways.append(
                sa.and_(NAME.c.family == "".join(family), NAME.c.given.startswith(given[0]))
            )
    return sa.or_(*ways)

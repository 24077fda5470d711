"""Names as people bear them and as files write them: instances, and what is no name at all."""

import msgspec

USES = ("legal", "usual", "preferred", "birth", "former", "alias", "temporary")


class PersonName(msgspec.Struct, frozen=True, omit_defaults=True):
    """One name of a person, with the use and the period that its source states.

    ``given`` holds the forename first and then the middle names, each as written, cleaned only
    of outer and repeated blanks; ``family`` is the whole family name. A placeholder such as
    ``Baby`` stays as written here: the matcher asks ``is_placeholder``.
    """

    given: tuple[str, ...] = ()
    family: str = ""
    use: str = "legal"
    """One of ``USES``: ``legal`` is the name in force; ``former`` and ``birth`` are past ones."""
    start: str = ""
    end: str = ""

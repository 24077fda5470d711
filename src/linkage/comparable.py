"""A record made ready for comparison: folded names, whole numbers for dates, cleaned codes."""

from enum import IntEnum

import msgspec


class BirthKind(IntEnum):
    """How much a record says of the day of birth."""

    MISSING = 0
    FULL = 1
    STAND_IN = 2
    """Year and month are meant; the source says that the day is a stand-in."""
    PARTIAL = 3
    """Day, or day and month, are 0."""
    EXPECTED = 4
    """The day on which a birth is expected."""


class Comparable(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the matcher sees of one record. Name words are lower-case letters, at most 32."""

    given: tuple[str, ...] = ()
    """The forename that tells the child apart, then the further ones: at most 4."""
    honorific: str = ""
    """``muhammad`` or the like, where the record holds it; beside another forename or alone."""
    joined: str = ""
    """All given words written as one, where there are several: ``annemarie``."""
    other_given: tuple[str, ...] = ()
    """Forenames under other names of the child (preferred, former, alias): at most 3."""
    family: str = ""
    """The whole family name as one word, without particles: ``obrien``, ``taylormensah``."""
    parts: tuple[str, ...] = ()
    """Its parts, titles left out where anything else remains: at most 3; one for most."""
    other_family: tuple[str, ...] = ()
    """Whole family names under other names of the child: at most 3."""
    birth: int = 0
    """``YYYYMMDD``; day or month 0 where unknown; 0 where nothing is known."""
    birth_kind: BirthKind = BirthKind.MISSING
    sex: str = ""
    """``F``, ``M`` or empty."""
    postcodes: tuple[str, ...] = ()
    """Without blank, the one in force first, then past ones: at most 4. Never ZZ99."""
    moved: bool = False
    """Whether even the first postcode is a past one."""
    nhs: str = ""
    nhs_verified: bool = False
    upn: str = ""
    upn_temporary: bool = False
    former_upns: tuple[str, ...] = ()
    """At most 2."""
    la_child: str = ""
    """Authority and its child id: ``LLL/ID``."""
    carers: tuple[tuple[str, str], ...] = ()
    """Forename and whole family name of parents and carers: at most 3."""
    mother_nhs: str = ""
    maiden: str = ""
    births: int = 0
    """Number of children of this birth; 0 where it is not said."""
    birth_order: int = 0
    died: int = 0
    """``YYYYMMDD`` or 0."""
    contacts: tuple[str, ...] = ()
    """Telephone numbers (last ten digits) and e-mail addresses: at most 3."""
    authorities: tuple[int, ...] = ()
    """Codes of those that know the child: that issued its UPN, whose social care it has, that has
    its school, that issued a former UPN; at most 4."""

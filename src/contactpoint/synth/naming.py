"""How each community of England names its children, and the other ways the same name is written."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Final, NamedTuple

from contactpoint.synth import rates
from contactpoint.synth.tables import Weighted, by_rank, communities, groups, rows, words


class Name(NamedTuple):
    """Forename and middle names, and the family name."""

    given: tuple[str, ...]
    family: str


@dataclass(frozen=True, slots=True)
class Parents:
    """A mother and a father, and the mother's family name at birth."""

    mother: Name
    father: Name
    maiden: str


@dataclass(frozen=True, slots=True)
class Community:
    """One naming system: the names it draws from, and its rules."""

    key: str
    given: Mapping[str, Weighted]
    """Forenames by sex, ``F`` and ``M``."""
    family: Weighted
    rule: str
    more: Mapping[str, tuple[str, ...]]
    """Lists that only this system has: titles, names of weekdays, English names."""
    parts: int = 2
    """How many generations' names a patronymic has."""

    def parents(self, rng: Random) -> Parents:
        """Invent two parents."""
        father = Name((self.given["M"].draw(rng),), self.family.draw(rng))
        maiden = self.family.draw(rng)
        married = maiden if rng.random() < 0.3 else father.family
        mother = Name((self.given["F"].draw(rng),), _gendered(married, "F", self.rule))
        return Parents(mother, father, _gendered(maiden, "F", self.rule))

    def of_a_place(self, rng: Random) -> "Community":
        """Give the community as it is in one place, where some family names are far commoner."""
        own = {self.family.draw(rng) for _ in range(rates.LOCAL_FAMILY_NAMES)}
        return replace(self, family=self.family.favouring(own, rates.BEAR_A_LOCAL_NAME))

    def child(self, parents: Parents, sex: str, weekday: int, rng: Random) -> Name:
        """Name a child of these parents, born on a weekday (0 is Monday)."""
        return _CHILD[self.rule](self, parents, sex, weekday, rng)

    def rewritten(self, name: Name, rng: Random) -> Name:
        """Write the name in another way that people who bear such names meet with."""
        other = _REWRITTEN.get(self.rule, _respelled)(self, name, rng)
        return other if all(other.given) and other.family else name


MIDDLE: Final = {
    "F": by_rank(
        words(
            """
            Rose Grace May Louise Elizabeth Marie Jane Anne Mae Ann Ivy Hope Jean Lily Faith Mary
            Victoria Alice Olivia Catherine Margaret Ruby Sophia Rae Skye Isabella Eve Kate
            Eleanor Florence Joy Nicole Michelle Lynn Claire Frances Charlotte
            """
        )
    ),
    "M": by_rank(
        words(
            """
            James John William Thomas David George Robert Peter Michael Joseph Alexander Edward
            Lee Jack Paul Daniel Henry Charles Christopher Anthony Richard Arthur Oliver Alan Ian
            Matthew Patrick Stephen Andrew Albert Frederick Samuel Jay Ray Mark Francis
            """
        )
    ),
}
_MUHAMMAD: Final = Weighted(
    ("Muhammad", "Mohammed", "Mohammad", "Muhammed", "Mohamed"), (60, 20, 12, 5, 3)
)


@cache
def england() -> tuple[tuple[Community, ...], Weighted]:
    """Give the communities, and their keys weighed by their share of England's children."""
    others = tuple(_community(key) for key in communities())
    shares = [float(entry["share"]) for entry in communities().values()]
    everyone = (_english(), *others)
    keys = Weighted([one.key for one in everyone], [1 - sum(shares), *shares])
    return everyone, keys


def _community(key: str) -> Community:
    entry = communities()[key]
    lists = {name: tuple(value.split()) for name, value in entry.items() if isinstance(value, str)}
    given = {"F": by_rank(lists.pop("female")), "M": by_rank(lists.pop("male"))}
    family = by_rank(lists.pop("family"))
    return Community(key, given, family, str(entry["rule"]), lists, int(entry.get("parts", 2)))


def _english() -> Community:
    forenames = rows("forenames.csv")
    given = {
        sex: Weighted(
            [row["name"] for row in forenames if row["sex"] == sex],
            [float(row["count"]) for row in forenames if row["sex"] == sex],
        )
        for sex in "FM"
    }
    names = rows("surnames.csv")
    family = Weighted([row["name"] for row in names], [float(row["bearers"]) for row in names])
    return Community("english", given, family, "english", {})


# Names of children ----------------------------------------------------------------------------

_Namer = Callable[[Community, Parents, str, int, Random], Name]


def _western(here: Community, parents: Parents, sex: str, _weekday: int, rng: Random) -> Name:
    given: tuple[str, ...] = (here.given[sex].draw(rng),)
    if rng.random() < 0.4:
        given = (*given, here.given[sex].draw(rng))
    return Name(given, parents.father.family)


def _english_child(here: Community, parents: Parents, sex: str, _day: int, rng: Random) -> Name:
    given = [here.given[sex].draw(rng)]
    # Most have one middle name, some two, a fifth none.
    for chance in (0.8, 0.13):
        if rng.random() > chance:
            break
        given.append((MIDDLE[sex] if rng.random() < 0.6 else here.given[sex]).draw(rng))
    return Name(tuple(given), parents.father.family)


def _muslim(here: Community, parents: Parents, sex: str, _weekday: int, rng: Random) -> Name:
    given = here.given[sex].draw(rng)
    if sex == "M":
        first = (_MUHAMMAD.draw(rng),) if rng.random() < 0.35 else ()
        return Name((*first, given), parents.father.family)
    # Begum, Khatun and Bibi are titles of women, written where a family name is asked for.
    if rng.random() < 0.3:
        return Name((given,), rng.choice(here.more["titles"][:4]))
    return Name((given,), parents.father.family)


def _sikh(here: Community, parents: Parents, sex: str, _weekday: int, rng: Random) -> Name:
    given, title = here.given[sex].draw(rng), "Kaur" if sex == "F" else "Singh"
    if rng.random() < 0.5:
        return Name((given,), title)
    return Name((given, title), parents.father.family)


def _gujarati(here: Community, parents: Parents, sex: str, _weekday: int, rng: Random) -> Name:
    given = here.given[sex].draw(rng)
    middle = (parents.father.given[0],) if rng.random() < 0.5 else ()
    return Name((given, *middle), parents.father.family)


def _patronymic(here: Community, parents: Parents, sex: str, _weekday: int, rng: Random) -> Name:
    given, father = here.given[sex].draw(rng), parents.father.given[0]
    if here.parts == 2:
        return Name((given,), father)
    return Name((given, father), parents.father.family)


def _gendered_child(here: Community, parents: Parents, sex: str, _day: int, rng: Random) -> Name:
    given: tuple[str, ...] = (here.given[sex].draw(rng),)
    if rng.random() < 0.3:
        given = (*given, here.given[sex].draw(rng))
    return Name(given, _gendered(parents.father.family, sex, here.rule))


def _gendered(family: str, sex: str, rule: str) -> str:
    # Polish adjectival names end in -ski for men and -ska for women.
    if rule == "gendered" and sex == "F" and family.endswith(("ski", "cki", "dzki")):
        return f"{family[:-1]}a"
    return family


def _double_given(here: Community, parents: Parents, sex: str, _day: int, rng: Random) -> Name:
    one, other = here.given[sex].draw(rng), here.given[sex].draw(rng)
    given = (f"{one}-{other}",) if rng.random() < 0.35 and one != other else (one,)
    return Name(given, parents.father.family)


def _west_african(here: Community, parents: Parents, sex: str, _day: int, rng: Random) -> Name:
    given = tuple(dict.fromkeys(here.given[sex].draw(rng) for _ in range(2)))
    return Name(given, parents.father.family)


def _day_name(here: Community, parents: Parents, sex: str, weekday: int, rng: Random) -> Name:
    day = here.more["days_female" if sex == "F" else "days_male"][weekday]
    given = here.given[sex].draw(rng)
    return Name((day, given) if rng.random() < 0.3 else (given, day), parents.father.family)


def _eastern(here: Community, parents: Parents, sex: str, _weekday: int, rng: Random) -> Name:
    given = here.given[sex].draw(rng)
    if rng.random() < 0.45:
        english = rng.choice(here.more["english_female" if sex == "F" else "english_male"])
        return Name((english, given), parents.father.family)
    return Name((given,), parents.father.family)


def _double_family(here: Community, parents: Parents, sex: str, _day: int, rng: Random) -> Name:
    names = parents.father.family.split()[0], parents.maiden.split()[0]
    return Name((here.given[sex].draw(rng),), " ".join(names))


_CHILD: Final[Mapping[str, _Namer]] = {
    "english": _english_child,
    "western": _western,
    "muslim": _muslim,
    "arabic": _western,
    "sikh": _sikh,
    "gujarati": _gujarati,
    "patronymic": _patronymic,
    "gendered": _gendered_child,
    "double_given": _double_given,
    "west_african": _west_african,
    "day_name": _day_name,
    "eastern": _eastern,
    "double_family": _double_family,
}

# The same name, written another way ---------------------------------------------------------------

_Rewriter = Callable[[Community, Name, Random], Name]


@cache
def _variants() -> Mapping[str, tuple[str, ...]]:
    return {
        name: tuple(other for other in group if other != name)
        for group in groups("variants.txt")
        for name in group
    }


@cache
def _familiar() -> Mapping[str, tuple[str, ...]]:
    return {line[0]: line[1:] for line in groups("nicknames.txt")}


def familiar(forename: str, rng: Random) -> str:
    """Give a familiar form of a forename, or the forename itself where the table has none."""
    forms = _familiar().get(forename)
    return forms[int(rng.random() * len(forms))] if forms else forename


def variant(name: str, rng: Random) -> str:
    """Give another spelling of a name, or the name itself where the table has none."""
    forms = _variants().get(name)
    return forms[int(rng.random() * len(forms))] if forms else name


_PLAIN: Final = str.maketrans(
    "ąćęłńóśźżĄĆĘŁŃÓŚŹŻçğıöşüÇĞİÖŞÜëé", "acelnoszzACELNOSZZcgiosuCGIOSUee"
)


def plain(text: str) -> str:
    """Give the text without the marks that an English keyboard lacks."""
    return text if text.isascii() else text.translate(_PLAIN)


def _respelled(_here: Community, name: Name, rng: Random) -> Name:
    if not name.family.isascii() or not name.given[0].isascii():
        return Name(tuple(plain(one) for one in name.given), plain(name.family))
    return Name((variant(name.given[0], rng), *name.given[1:]), variant(name.family, rng))


def _less_punctuated(here: Community, name: Name, rng: Random) -> Name:
    given, family = name
    if "'" in family:
        return Name(given, family.replace("'", rng.choice(("", " "))))
    if "-" in family:
        parts = family.split("-")
        return Name(given, rng.choice((*parts, " ".join(parts))))
    # An English name is respelled only now and then: most have one spelling.
    return _respelled(here, name, rng) if rng.random() < 0.1 else name


def _muslim_other(here: Community, name: Name, rng: Random) -> Name:
    given, family = name
    kind = rng.random()
    if len(given) > 1 and kind < 0.35:
        return Name(given[1:], family)
    if len(given) > 1 and kind < 0.5:
        return Name((f"{given[0]} {given[1]}", *given[2:]), family)
    if family in here.more["titles"] and kind < 0.15:
        return Name(given, rng.choice(here.more["titles"]))
    return Name(tuple(variant(one, rng) for one in given), variant(family, rng))


def _sikh_other(_here: Community, name: Name, _rng: Random) -> Name:
    given, family = name
    if len(given) > 1:
        return Name(given[:1], given[1])
    return Name((*given, family), family)


def _patronymic_other(here: Community, name: Name, rng: Random) -> Name:
    given, family = name
    if here.parts == 2:
        return Name((family,), given[0]) if rng.random() < 0.5 else name
    if rng.random() < 0.5 and len(given) > 1:
        return Name(given[:1], given[1])
    return Name(tuple(variant(one, rng) for one in given), variant(family, rng))


def _gendered_other(_here: Community, name: Name, rng: Random) -> Name:
    given, family = name
    if family.endswith("ska") and rng.random() < 0.3:
        return Name(given, f"{family[:-1]}i")
    return Name(tuple(plain(one) for one in given), plain(family))


def _double_given_other(_here: Community, name: Name, rng: Random) -> Name:
    given, family = name
    if "-" in given[0]:
        return Name(tuple(given[0].split("-")), family)
    return Name((family,), given[0]) if rng.random() < 0.1 else name


def _shorter(_here: Community, name: Name, rng: Random) -> Name:
    given, family = name
    short = variant(given[0], rng)
    if short != given[0] or len(given) < 2:
        return Name((short, *given[1:]), family)
    return Name((given[1], given[0]), family)


def _arabic_other(_here: Community, name: Name, rng: Random) -> Name:
    given, family = name
    for article in ("Al-", "El-"):
        if family.startswith(article):
            bare = family.removeprefix(article)
            return Name(given, rng.choice((bare, f"{article[:2]} {bare}", f"{article[:2]}{bare}")))
    return Name(tuple(variant(one, rng) for one in given), variant(family, rng))


def _eastern_other(_here: Community, name: Name, rng: Random) -> Name:
    given, family = name
    kind = rng.random()
    if len(given) > 1 and kind < 0.5:
        return Name(given[1:] if kind < 0.25 else given[:1], family)
    return Name((family,), given[-1]) if kind < 0.9 else Name((*given, family), family)


def _double_family_other(_here: Community, name: Name, rng: Random) -> Name:
    given, family = name
    first, *rest = family.split()
    kind = rng.random()
    if not rest:
        return name
    if kind < 0.4:
        return Name(given, rest[-1])
    return Name(given, first) if kind < 0.7 else Name(given, "-".join((first, *rest)))


_REWRITTEN: Final[Mapping[str, _Rewriter]] = {
    "english": _less_punctuated,
    "western": _less_punctuated,
    "muslim": _muslim_other,
    "sikh": _sikh_other,
    "patronymic": _patronymic_other,
    "gendered": _gendered_other,
    "double_given": _double_given_other,
    "west_african": _shorter,
    "day_name": _shorter,
    "arabic": _arabic_other,
    "eastern": _eastern_other,
    "double_family": _double_family_other,
}


# Twins ------------------------------------------------------------------------------------------


@cache
def _beginnings(key: str, sex: str) -> Mapping[str, tuple[str, ...]]:
    here = next(one for one in england()[0] if one.key == key)
    found: dict[str, list[str]] = {}
    for name in here.given[sex].values:
        found.setdefault(name[:3], []).append(name)
    return {start: tuple(names) for start, names in found.items()}


def alike(here: Community, forename: str, sex: str, taken: Set[str], rng: Random) -> str:
    """Give a name of like beginning for a twin, or nothing where the tables have no other."""
    names = _beginnings(here.key, sex).get(forename[:3], ())
    options = [name for name in names if name not in taken]
    return rng.choice(options[:8]) if options else ""


def telling(name: Name) -> str:
    """Give the part of a name that siblings do not share: Muhammad may stand first for several."""
    first = name.given[0]
    if len(name.given) > 1 and first in _MUHAMMAD.values:
        return name.given[1]
    return first

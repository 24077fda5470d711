"""From particulars as stated to the form in which records are compared."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from anyascii import anyascii

from linkage import authorities, lexicon
from linkage.comparable import BirthKind, Comparable
from linkage.lexicon import LONGEST
from person.compared import (
    AnyAddress,
    AnyCarer,
    AnyIdentifier,
    AnyInvolvement,
    AnyName,
    AnyParticulars,
)
from person.particulars import BirthDate

GIVEN, OTHERS, PARTS, POSTCODES, FORMERS, CARERS, CONTACTS = 4, 3, 3, 4, 2, 3, 3
AUTHORITIES = 4
NAME_IN_FORCE = ("legal", "usual", "preferred", "temporary", "birth", "former", "alias")
"""Which of a record's names is compared first, by its use."""
Name = tuple[tuple[str, ...], str]
"""Given names and family name, as stated."""
LONGEST_CACHE = 1 << 15
"""Names, days and places that are kept as they came to be compared: what comes often."""

_BRACKETS = re.compile(r"\([^)]*\)|\[[^]]*\]")
_ELIDED = re.compile(r"['`\u2018\u2019\u02bc.]")
_WORDS = re.compile(r"[a-z0-9]+")
_NUMBERED = re.compile(r"([a-z]+)([1-9])")
_MISREAD = str.maketrans("0123456789", "oizeasgtbq")
"""The letter for which each digit is likeliest to stand, and no letter twice."""


def standardise(particulars: AnyParticulars) -> Comparable:
    """A record's particulars as the matcher compares them. Says nothing that they do not say."""
    names: Sequence[AnyName] = particulars.names
    if len(names) > 1:
        names = tuple(sorted(names, key=lambda name: NAME_IN_FORCE.index(name.use)))
    stated = [in_order(name.given, name.family) for name in names] or _NO_NAMES
    first, (family, parts) = _given(stated[0][0]), _family(stated[0][1])
    birth, kind = _birth(particulars.birth)
    postcodes, moved = _postcodes(particulars.addresses)
    carers, phones, emails = particulars.carers, particulars.phones, particulars.emails
    mother, maiden = _mother(carers) if carers else ("", "")
    numbers = _by_system(particulars.identifiers) if particulars.identifiers else _NO_NUMBERS
    nhs, verified = _nhs(numbers.get("nhs", ()), mother)
    upn, temporary, formers = _upn(numbers.get("upn", ()))
    la_child = numbers["la-child"][0].value if "la-child" in numbers else ""
    return Comparable(
        given=first.words,
        honorific=first.honorific,
        joined=first.joined,
        other_given=_other_given(stated[1:], first) if len(names) > 1 else (),
        family=family,
        parts=parts,
        other_family=_other_family(stated[1:], family) if len(names) > 1 else (),
        birth=birth,
        birth_kind=kind,
        sex=particulars.sex if particulars.sex in ("F", "M") else "",
        postcodes=postcodes,
        moved=moved,
        nhs=nhs,
        nhs_verified=verified,
        upn=upn,
        upn_temporary=temporary,
        former_upns=formers,
        la_child=la_child,
        carers=_carers(carers) if carers else (),
        mother_nhs=mother,
        maiden=maiden,
        births=particulars.births or first.births,
        birth_order=particulars.birth_order or first.order,
        died=_day(particulars.died) if particulars.died else 0,
        contacts=_contacts(phones, emails) if phones or emails else (),
        authorities=_authorities(upn, la_child, particulars.involvements, formers),
    )


def standardise_row(given: str, family: str, birth: str, sex: str, postcode: str) -> Comparable:
    """A child of whom a table states these five things, as the matcher compares it.

    The same as ``standardise`` of one name and the address in force; an empty cell says nothing.
    ``linkage.table`` makes the same of whole columns.
    """
    (one,), other = in_order((given,), family)
    first, (joined, parts) = given_cell(one), family_cell(other)
    born, kind = birth_cell(birth)
    return Comparable(
        given=first.words,
        honorific=first.honorific,
        joined=first.joined,
        family=joined,
        parts=parts,
        birth=born,
        birth_kind=kind,
        sex=sex_cell(sex),
        postcodes=postcode_cell(postcode),
        births=first.births,
        birth_order=first.order,
    )


def given_cell(text: str) -> "Given":
    """What a cell of given names comes to."""
    return _given((text,)) if text else _NO_GIVEN


def family_cell(text: str) -> tuple[str, tuple[str, ...]]:
    """The whole family name as one word, and its parts."""
    return _family(text)


def birth_cell(text: str) -> tuple[int, BirthKind]:
    """A day of birth, and how much it says."""
    return _birth(BirthDate(text) if text else None)


def sex_cell(text: str) -> str:
    """``F``, ``M`` or nothing."""
    return text if text in ("F", "M") else ""


def postcode_cell(text: str) -> tuple[str, ...]:
    """The postcode in force, if there is any."""
    return _postcode(text, False)[0]


class Given(NamedTuple):
    """Given names as compared, and what a placeholder in their place says of the birth."""

    words: tuple[str, ...] = ()
    honorific: str = ""
    joined: str = ""
    births: int = 0
    order: int = 0


_NO_GIVEN = Given()
_NO_NAMES: Sequence[Name] = (((), ""),)
_NO_NUMBERS: Mapping[str, Sequence[AnyIdentifier]] = {}
_NO_FAMILY: tuple[str, tuple[str, ...]] = ("", ())


def in_order(given: tuple[str, ...], family: str) -> Name:
    """Given names and family name, exchanged where they stand in Chinese order.

    >>> in_order(("Zhao",), "Mei Long"), in_order(("Mei Long",), "Zhao")
    ((('Mei Long',), 'Zhao'), (('Mei Long',), 'Zhao'))
    """
    is_first = len(given) == 1 and lexicon.is_chinese_family(words(given[0]))
    if is_first and lexicon.is_chinese_given(words(family)):
        return (family,), given[0]
    return given, family


@lru_cache(LONGEST_CACHE)
def words(text: str) -> tuple[str, ...]:
    """Words of a name in plain lower-case letters; a number stands as a word of its own.

    A digit within a word is read as the letter that it looks like, so that nothing of it is lost.

    >>> words("O'Brien-Łukasz (was Smith)"), words("J0hn 2"), words("Twin2")
    (('obrien', 'lukasz'), ('john', '2'), ('twin', '2'))
    """
    if text.isascii() and text.isalpha():
        return (text[:LONGEST].lower(),)
    plain = text if text.isascii() else anyascii(unicodedata.normalize("NFKC", text))
    plain = _ELIDED.sub("", _BRACKETS.sub(" ", plain)).lower()
    return tuple(word[:LONGEST] for found in _WORDS.findall(plain) for word in _lettered(found))


def _lettered(found: str) -> tuple[str, ...]:
    """A word of letters, a number, or a placeholder with the order of a birth at its end."""
    if found.isalpha() or found.isdigit():
        return (found,)
    numbered = _NUMBERED.fullmatch(found)
    if numbered and numbered[1] in lexicon.PLACEHOLDERS:
        return numbered[1], numbered[2]
    return (found.translate(_MISREAD),)


@lru_cache(LONGEST_CACHE)
def _given(stated: tuple[str, ...]) -> Given:
    found = [part for name in stated for word in words(name) for part in lexicon.parted(word)]
    if not found:
        return _NO_GIVEN
    if _is_placeholder(found):
        return _placeholder(found)
    if len(found) == 1 and not found[0].isdigit():
        return Given((found[0],), _honorific(found))
    found = [word for word in _join(found, lexicon.JOINED) if not word.isdigit()]
    own = [w for w in found if not _is_honorific(w) and w not in lexicon.TITLES] or found[:1]
    if not own:
        return _NO_GIVEN
    return Given(
        words=tuple(own[:GIVEN]),
        honorific=_honorific(found),
        joined="".join(own)[:LONGEST] if len(own) > 1 else "",
    )


def is_placeholder(stated: Sequence[str]) -> bool:
    """Whether what stands for the given names is no name: ``Baby``, ``Twin 2``, ``Unborn``.

    >>> is_placeholder(("Baby", "Boy")), is_placeholder(("Boyd",))
    (True, False)
    """
    found = [word for name in stated for word in words(name)]
    return bool(found) and _is_placeholder(found)


def _is_placeholder(found: Sequence[str]) -> bool:
    """``Baby of Sarah`` and ``B/O Smith`` name the mother; ``Twin A`` names an order.

    Bo is a name, as of Bo Wen; only before other such words is it ``baby of``.
    """
    if found[:2] in (["baby", "of"], ["b", "o"]):
        return True
    if found[:1] == ["bo"] and not any(word in lexicon.PLACEHOLDERS for word in found[1:]):
        return False
    return found[0] in lexicon.PLACEHOLDERS and all(
        w in lexicon.PLACEHOLDERS or w.isdigit() or len(w) == 1 for w in found
    )


def _placeholder(found: Sequence[str]) -> Given:
    births = next((lexicon.BIRTHS[w] for w in found if w in lexicon.BIRTHS), 0)
    last = found[-1]
    order = int(last) if last.isdigit() else " abcd".find(last) if len(last) == 1 else 0
    return Given(births=births, order=order if 0 < order <= 9 and births else 0)


def _honorific(found: Sequence[str]) -> str:
    """The first word that is Muhammad or the like, in its common spelling."""
    return next((lexicon.one_spelling(word) for word in found if _is_honorific(word)), "")


def _is_honorific(word: str) -> bool:
    return lexicon.one_spelling(word) in lexicon.HONORIFICS


def _join(found: Sequence[str], beginnings: frozenset[str]) -> list[str]:
    """Words with each beginning written together with the word after it."""
    result: list[str] = []
    pending = ""
    for word in found:
        if word in beginnings:
            pending += word
        else:
            result.append((pending + word)[:LONGEST])
            pending = ""
    return [*result, pending[:LONGEST]] if pending else result


@lru_cache(LONGEST_CACHE)
def _family(stated: str) -> tuple[str, tuple[str, ...]]:
    """The whole family name as one word, and its parts."""
    found = [word for word in words(stated) if word not in lexicon.SUFFIXES]
    if len(found) == 1 and found[0].isalpha():
        return (found[0], (found[0],)) if found[0] not in lexicon.NO_FAMILY else _NO_FAMILY
    found = _join(found, lexicon.PREFIXES)
    found = [word for word in found if not word.isdigit()]
    if not found or "".join(found) in lexicon.NO_FAMILY:
        return _NO_FAMILY
    own = [word for word in found if word not in lexicon.PARTICLES] or found
    own = [word for word in own if word not in lexicon.TITLES] or own[:1]
    return "".join(own)[:LONGEST], tuple(own[:PARTS])


def _other_given(names: Sequence[Name], first: Given) -> tuple[str, ...]:
    found = (_given(given) for given, _ in names)
    return _distinct((given.words[0] for given in found if given.words), first.words[:1], OTHERS)


def _other_family(names: Sequence[Name], family: str) -> tuple[str, ...]:
    return _distinct((_family(stated)[0] for _, stated in names), (family,), OTHERS)


def _distinct(found: Iterable[str], known: Sequence[str], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(x for x in found if x and x not in known))[:most]


@lru_cache(LONGEST_CACHE)
def _birth(birth: BirthDate | None) -> tuple[int, BirthKind]:
    if birth is None:
        return 0, BirthKind.MISSING
    day = _day(birth.value)
    if not 1900_01_02 <= (day or 0) < 9999_00_00:
        return 0, BirthKind.MISSING
    if birth.expected:
        return (day, BirthKind.EXPECTED) if day % 100 else (0, BirthKind.MISSING)
    if day % 100 == 0:
        return day, BirthKind.PARTIAL
    return day, BirthKind.STAND_IN if birth.default_day else BirthKind.FULL


@lru_cache(LONGEST_CACHE)
def _day(value: str) -> int:
    """``2014-05-09`` as 20140509, ``2014-05`` as 20140500; 0 for what is no date."""
    digits = value[:10].replace("-", "")
    return int(digits.ljust(8, "0")) if digits.isdigit() and len(digits) >= 4 else 0


def _postcodes(addresses: Sequence[AnyAddress]) -> tuple[tuple[str, ...], bool]:
    """Postcodes, those in force first; and whether none is in force. ZZ99 is no place."""
    if not addresses:
        return (), False
    if len(addresses) == 1:
        return _postcode(addresses[0].postcode, _is_past(addresses[0]))
    ranked = sorted(addresses, key=_is_past)
    found = [(_compact(a.postcode), _is_past(a)) for a in ranked]
    kept = [(code, past) for code, past in found if code and not code.startswith("ZZ99")]
    codes = tuple(dict.fromkeys(code for code, _ in kept))[:POSTCODES]
    return codes, bool(kept) and kept[0][1]


@lru_cache(LONGEST_CACHE)
def _postcode(postcode: str, past: bool) -> tuple[tuple[str, ...], bool]:
    """What ``_postcodes`` gives of one address."""
    code = _compact(postcode)
    return ((code,), past) if code and not code.startswith("ZZ99") else ((), False)


def _compact(postcode: str) -> str:
    return postcode.replace(" ", "").upper()


def _is_past(address: AnyAddress) -> bool:
    return address.use == "former" or bool(address.end)


def _by_system(identifiers: Sequence[AnyIdentifier]) -> Mapping[str, Sequence[AnyIdentifier]]:
    """Identifiers by the system that they are of."""
    if len(identifiers) == 1:
        return {identifiers[0].system: identifiers}
    found: dict[str, list[AnyIdentifier]] = {}
    for identifier in identifiers:
        system = identifier.system
        if system in found:
            found[system].append(identifier)
        else:
            found[system] = [identifier]
    return found


def _nhs(stated: Sequence[AnyIdentifier], mother: str) -> tuple[str, bool]:
    """The NHS number and whether it is verified; the mother's own is not the child's."""
    found = [i for i in stated if i.value != mother] if stated else ()
    if not found:
        return "", False
    if len(found) > 1:
        found.sort(key=lambda i: (i.status != "verified", i.status == "superseded"))
    return found[0].value, found[0].status == "verified"


def _upn(stated: Sequence[AnyIdentifier]) -> tuple[str, bool, tuple[str, ...]]:
    """The UPN in force, whether it is temporary, and former ones."""
    if not stated:
        return "", False, ()
    if len(stated) == 1 and stated[0].status != "former":
        return stated[0].value, stated[0].status == "temporary", ()
    current = [i for i in stated if i.status != "former"]
    current.sort(key=lambda i: i.status == "temporary")
    formers = tuple(i.value for i in (*current[1:], *stated) if i not in current[:1])
    formers = tuple(dict.fromkeys(formers))[:FORMERS]
    if not current:
        return "", False, formers
    return current[0].value, current[0].status == "temporary", formers


def _authorities(
    upn: str, la_child: str, services: Sequence[AnyInvolvement], formers: Sequence[str]
) -> tuple[int, ...]:
    """The authorities that know the child. Of its services schools alone say so: none is secret."""
    schools = [each.organisation for each in services if each.kind == "school"]
    if not upn and not la_child and not schools and not formers:
        return ()
    stated = (upn[1:], la_child, *schools, *(former[1:] for former in formers))
    found = dict.fromkeys(code for number in stated for code in authorities.of(number))
    return tuple(found)[:AUTHORITIES]


def _mother(carers: Sequence[AnyCarer]) -> tuple[str, str]:
    """The first NHS number, and the first family name at birth, that are said of a carer."""
    nhs = maiden = ""
    for carer in carers:
        nhs = nhs or carer.nhs
        maiden = maiden or carer.maiden
    return nhs, _family(maiden)[0] if maiden else ""


def _carers(carers: Sequence[AnyCarer]) -> tuple[tuple[str, str], ...]:
    if len(carers) == 1:
        return _one_carer(carers[0].given, carers[0].family)
    named = [_carer(carer.given, carer.family) for carer in carers]
    return tuple(dict.fromkeys(name for name in named if name[0]))[:CARERS]


@lru_cache(LONGEST_CACHE)
def _one_carer(given: str, family: str) -> tuple[tuple[str, str], ...]:
    name = _carer(given, family)
    return (name,) if name[0] else ()


def _carer(given: str, family: str) -> tuple[str, str]:
    """Forename and whole family name."""
    (given,), family = in_order((given,), family)
    words = _given((given,)).words
    return words[0] if words else "", _family(family)[0]


def _contacts(phones: Sequence[str], emails: Sequence[str]) -> tuple[str, ...]:
    if len(phones) == 1 and not emails:
        digits = _digits(phones[0])[-10:]
        return (digits,) if len(digits) > 6 else ()
    found = [_digits(phone)[-10:] for phone in phones]
    found += [email.strip().lower() for email in emails]
    return tuple(dict.fromkeys([x for x in found if len(x) > 6]))[:CONTACTS]


def _digits(phone: str) -> str:
    return phone if phone.isdigit() else "".join(filter(str.isdigit, phone))

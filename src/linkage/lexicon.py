"""What is known of name words: spellings, familiar forms, titles, particles and placeholders."""

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from string import ascii_lowercase

HONORIFICS = frozenset({"muhammad", "md", "syed", "sayed", "mst", "mosammat", "mohd"})
"""Words borne before the name a child is called by; they tell few children apart."""

MUHAMMAD = "muhammad"
"""The commonest of them, which is mistyped as it is spelt: in every way."""
_SO_BEGUN = ("moham", "muham")

TITLES = frozenset(
    {
        "kaur", "kour", "singh", "sing", "begum", "begam", "bibi", "beebee", "khatun", "khatoon",
        "khanam", "khanum", "devi", "bano", "banu", "akter", "aktar", "akther",
    }
)  # fmt: skip
"""Religious names and titles that stand where a family name is asked for, and are none."""

PLACEHOLDERS = frozenset(
    {
        "baby", "boy", "girl", "infant", "male", "female", "newborn", "unknown", "unborn",
        "unnamed", "fnu", "twin", "triplet", "quad", "notknown", "nk", "tba", "foetus", "fetus",
        "child", "of", "bo", "bg", "and", "not", "known", "stated", "given",
    }
)  # fmt: skip
"""Words that forms hold where a child has no forename yet, or where nobody knew it."""

BIRTHS = {"twin": 2, "triplet": 3, "quad": 4}
"""Placeholder words that state how many children were born together."""

NO_FAMILY = frozenset(
    {
        "unknown", "notknown", "nk", "none", "unborn", "tba", "notstated",
    }
)  # fmt: skip
"""What forms hold in place of a family name that nobody knew."""

JOINED = frozenset({"abdul", "abd", "abdel", "abdur", "abu", "umm"})
"""Words of a given name that mean nothing without the next one."""

SERVANTS = ("abdul", "abdel", "abdur", "abdal", "abdi", "cabdi", "cabdul", "oluwa", "chukwu")
"""Beginnings of a name (servant of, or God) that are left out as it happens: Abdulkhalid is Khalid,
Oluwafemi is Femi. Names that are listed in full, as Abdullah, stay whole."""

PREFIXES = frozenset({"o", "mc", "mac", "st", "fitz"})
"""Beginnings of a family name that are written with or without a blank."""

PARTICLES = frozenset(
    {
        "de", "da", "do", "dos", "das", "del", "della", "di", "du", "la", "le", "el", "al", "van",
        "von", "der", "den", "ten", "bin", "ibn", "bint", "binti",
    }
)  # fmt: skip
"""Small words of a family name that are written or left out as it happens."""

SUFFIXES = frozenset({"jr", "jnr", "junior", "snr", "ii", "iii"})

FEMININE = (
    ("dzka", "dzki"),
    ("ska", "ski"),
    ("cka", "cki"),
    ("skaya", "sky"),
    ("ova", "ov"),
    ("eva", "ev"),
)
"""Feminine endings of Slavic family names, and the masculine form that the family shares."""

_FEMININE = tuple(ending for ending, _ in FEMININE)

SOUNDS = tuple(
    (re.compile(pattern), written)
    for pattern, written in (
        (r"ph", "f"),
        (r"ck|kh|q(?:u(?=[aeio]))?|c(?![eihy])", "k"),
        (r"gh", "g"),
        (r"dh", "d"),
        (r"th", "t"),
        (r"x", "ks"),
        (r"w", "v"),
        (r"oo|ou", "u"),
        (r"(?:ie|ey|ee|y)$", "i"),
        (r"ee", "i"),
        (r"ay|ey(?=[^aeiou])", "ai"),
        (r"(?<=i)y(?=a)", ""),
        (r"(?<=[^aeiou])y(?=[^aeiou])", "i"),
        (r"(?<=[aeiou])h(?![aeiou])", ""),
        (r"(.)\1+", r"\1"),
    )
)
"""How names are written as they are heard: each way of writing, and the one kept for all of them.
Vowels that tell names apart stay: Jayden and Jaydon are two names."""
SHORTEST_SOUND = 4
"""Letters from which a name is taken by its sound: Mia and Mya are two names."""

LONGEST = 32
"""Letters of a word that are compared; the compiled kernel holds a word in as many bytes."""

ENDEARING = ("ie", "y")
"""Endings that make a familiar form of any name: Gracie of Grace, Maxie of Max."""

FORENAMES, FAMILIES = "spellings.txt", "family_spellings.txt"
"""Tables of spellings."""

WHOLE, SYLLABLE, SYLLABLES, BEGUN, ENGLISH, LETTER, VIETNAMESE = 1, 2, 3, 4, 5, 6, 7
"""How a name is borne beside an English one: as it stands (Kofi), as a Chinese syllable (Wei), made
of two (Weijun), begun as such names are (Oluwadunsin), or as a Vietnamese word (Linh). Or it is the
English one, known or not among those of today's children; or a letter, which may be either."""

FORMAL_FORMS = 16
"""How many formal names a familiar form may stand for: all that the table lists, and its stems."""
WRITTEN_AS_LIKED = ("ie", "y", "i")
"""Endings of a familiar form, written one for another: Lottie, Lotty, Lotti."""


def _lines(table: str) -> list[tuple[str, list[str]]]:
    text = files("linkage").joinpath("tables", table).read_text(encoding="ascii")
    rows = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    return [(head, rest.split()) for head, _, rest in rows if head]


@cache
def spellings(table: str) -> dict[str, str]:
    """The common spelling of each form that a table lists, and of each slip for Muhammad.

    A family name may be the forename of a father or grandfather, so those of forenames are among
    those of family names, under the head that the latter give them.
    """
    listed = _spellings_listed(table)
    slips = dict.fromkeys(_slips_for_muhammad(), listed[MUHAMMAD])
    return slips | listed


@cache
def _spellings_listed(table: str) -> dict[str, str]:
    listed = {form: head for head, forms in _lines(table) for form in (*forms, head)}
    if table != FAMILIES:
        return listed
    borne = {form: listed.get(head, head) for form, head in _spellings_listed(FORENAMES).items()}
    return borne | listed


@cache
def _slips_for_muhammad() -> frozenset[str]:
    """One letter left out, mistaken or exchanged with its neighbour, in any long spelling of it.

    Mahmud, Mohanad and Mohammadi are other names.
    """
    forms = (form for form, head in _spellings_listed(FORENAMES).items() if head == MUHAMMAD)
    slips = {slip for form in forms if form.startswith(_SO_BEGUN) for slip in _slips(form)}
    other_names = ("i", "nad", "ned")
    return frozenset(
        slip for slip in slips if slip.startswith(("mo", "mu")) and not slip.endswith(other_names)
    )


@lru_cache(1 << 15)
def parted(word: str) -> tuple[str, ...]:
    """Muhammad and a name that is written together with it, each by itself.

    >>> parted("mohammadali"), parted("mohammadi"), parted("muhammad")
    (('mohammad', 'ali'), ('mohammadi',), ('muhammad',))
    """
    if not word.startswith(_SO_BEGUN) or word in spellings(FORENAMES):
        return (word,)
    listed = _spellings_listed(FORENAMES)
    for end in range(len(word) - 3, SHORTEST_SOUND, -1):
        if listed.get(word[:end]) == MUHAMMAD:
            return word[:end], word[end:]
    return (word,)


def _slips(word: str) -> Iterable[str]:
    """Each word that is another but for one slip of the hand."""
    for i, letter in enumerate(word):
        before, after = word[:i], word[i + 1 :]
        yield before + after
        yield before + after[:1] + letter + after[1:]
        yield from (before + other + after for other in ascii_lowercase)


_KINDS = {"chinese": SYLLABLE, "english": ENGLISH, "vietnamese": VIETNAMESE}


@cache
def _beside() -> dict[str, list[str]]:
    """What the table of names that are borne beside each other holds, by kind."""
    return dict(_lines("beside.txt"))


@cache
def listed_beside() -> dict[str, int]:
    """The names and syllables of names that are borne beside each other: which kind each is."""
    return {
        word: _KINDS.get(kind, WHOLE)
        for kind, words in _beside().items()
        for word in words
        if kind not in ("families", "beginnings")
    }


@cache
def beginnings() -> tuple[str, ...]:
    """Beginnings of Yoruba and Igbo given names that no other names have."""
    return tuple(_beside()["beginnings"])


@lru_cache(1 << 15)
def beside(word: str) -> int:
    """How a given name is borne beside an English one, or that it is one; 0 where neither is told.

    >>> beside("kofi") == WHOLE, beside("weijun") == SYLLABLES, beside("oluwadunsin") == BEGUN
    (True, True, True)
    """
    if len(word) == 1:
        return LETTER
    if word in listed_beside():
        return listed_beside()[word]
    if has_two_syllables(word):
        return SYLLABLES
    return BEGUN if word.startswith(beginnings()) else 0


@cache
def _chinese_families() -> frozenset[str]:
    return frozenset(_beside()["families"])


def is_chinese_family(words: Sequence[str]) -> bool:
    """Whether a name is one word, a Chinese family name that is no forename elsewhere.

    >>> is_chinese_family(["zhao"]), is_chinese_family(["ren"]), is_chinese_family(["wong", "ka"])
    (True, False, False)
    """
    return len(words) == 1 and words[0] in _chinese_families()


def is_chinese_given(words: Sequence[str]) -> bool:
    """Whether a name is a Chinese given name of two syllables, and no two family names.

    >>> is_chinese_given(["meilong"]), is_chinese_given(["ka", "wai"])
    (True, True)
    >>> is_chinese_given(["chan", "wong"]), is_chinese_given(["young"])
    (False, False)
    """
    if all(word in _chinese_families() for word in words):
        return False
    if len(words) == 2:
        return all(map(is_syllable, words))
    return len(words) == 1 and has_two_syllables(words[0]) and words[0] not in _families()


@cache
def _families() -> frozenset[str]:
    """Family names that are counted in Britain: Young and Manning are no Chinese given names."""
    names = files("linkage").joinpath("tables", "national_names.json").read_bytes()
    classes = json.loads(names)["families"]
    return frozenset(name for line in classes.values() for name in line.split())


def is_syllable(word: str) -> bool:
    """Whether a word is a syllable of which Chinese names are made."""
    return listed_beside().get(word) == SYLLABLE


@lru_cache(1 << 15)
def has_two_syllables(word: str) -> bool:
    """Whether a word is two such syllables written together.

    >>> has_two_syllables("weijun"), has_two_syllables("wei")
    (True, False)
    """
    return any(is_syllable(word[:i]) and is_syllable(word[i:]) for i in range(1, len(word)))


@cache
def listed_formals() -> dict[str, tuple[str, ...]]:
    """The formal names that each listed familiar form stands for."""
    rows = _lines("nicknames.txt")
    found: dict[str, dict[str, None]] = {}
    for formal, familiar in rows:
        for form in familiar:
            found.setdefault(form, {})[one_spelling(formal)] = None
    names = {formal for formal, _ in rows} | spellings(FORENAMES).keys()
    for form in list(found):
        for other in _written_otherwise(form) - found.keys() - names:
            found[other] = found[form]
    return {form: tuple(formals)[:FORMAL_FORMS] for form, formals in found.items()}


def _written_otherwise(form: str) -> set[str]:
    """A familiar form with the other endings that it may be written with."""
    ending = next((end for end in WRITTEN_AS_LIKED if form.endswith(end)), "")
    stem = form.removesuffix(ending)
    return {stem + end for end in WRITTEN_AS_LIKED} if ending and len(stem) > 2 else set()


@lru_cache(1 << 15)
def as_heard(word: str) -> str:
    """A name in one way of writing its sound; short names stay as they are.

    >>> as_heard("sophia"), as_heard("sofia"), as_heard("wiktoria"), as_heard("mya")
    ('sofia', 'sofia', 'viktoria', 'mya')
    """
    heard = word
    for written, kept in SOUNDS:
        heard = written.sub(kept, heard)
    return heard[:LONGEST] if min(len(word), len(heard)) >= SHORTEST_SOUND else word


@cache
def heard_spellings(table: str) -> dict[str, str]:
    """The common spelling of what is heard as a listed form, where only one is."""
    found: dict[str, set[str]] = {}
    for form, head in _spellings_listed(table).items():
        found.setdefault(as_heard(form), set()).add(head)
    return {heard: heads.pop() for heard, heads in found.items() if len(heads) == 1}


def _one_of(table: str, word: str) -> str:
    listed = spellings(table).get(word)
    if listed is not None:
        return listed
    for servant in SERVANTS if word.startswith(SERVANTS) else ():
        if word.startswith(servant) and len(word) > len(servant) + 2:
            return _one_of(table, word.removeprefix(servant))
    heard = as_heard(word)
    return heard_spellings(table).get(heard, heard)


@lru_cache(1 << 15)
def one_spelling(forename: str) -> str:
    """The form that stands for all spellings of a forename: listed ones, else as it is heard.

    >>> one_spelling("mohammed"), one_spelling("grace"), one_spelling("oskar")
    ('muhammad', 'grace', 'oskar')
    """
    return _one_of(FORENAMES, forename)


@lru_cache(1 << 15)
def formal_forms(forename: str) -> tuple[str, ...]:
    """The formal names that a familiar form may stand for, at most ``FORMAL_FORMS``.

    >>> "elizabeth" in formal_forms("liz"), "grace" in formal_forms("gracie")
    (True, True)
    """
    listed = listed_formals().get(forename, ())
    if not forename.endswith(ENDEARING):
        return listed
    stem = next(forename.removesuffix(end) for end in ENDEARING if forename.endswith(end))
    plain = (one_spelling(stem), one_spelling(f"{stem}e")) if len(stem) > 2 else ()
    return tuple(dict.fromkeys((*listed, *plain)))[:FORMAL_FORMS]


@lru_cache(1 << 15)
def one_family_spelling(family: str) -> str:
    """The form that stands for all spellings and both genders of a family name.

    >>> one_family_spelling("kowalska"), one_family_spelling("chaudhry")
    ('kowalski', 'choudhury')
    """
    for feminine, masculine in FEMININE if family.endswith(_FEMININE) else ():
        if family.endswith(feminine) and len(family) > len(feminine) + 2:
            family = family.removesuffix(feminine) + masculine
            break
    return _one_of(FAMILIES, family)


def same_name(left: str, right: str) -> bool:
    """Whether two forenames are one name: another spelling, or a familiar form of the other.

    >>> same_name("liz", "elisabeth"), same_name("liz", "beth")
    (True, False)
    """
    one, other = one_spelling(left), one_spelling(right)
    return one == other or other in formal_forms(left) or one in formal_forms(right)

"""What a weight means: link, possible link for a steward, or non-link, and by which rule.

The rules go first: hard contradictions, then what is never linked without a person. A decision
depends on the pattern and the weight alone, so it can be made again from the stored evidence.
"""

from functools import lru_cache
from typing import Literal, NamedTuple, Self

from linkage import pattern as patterns
from linkage.compare.carers import Carers, Contact
from linkage.compare.dates import Birth
from linkage.compare.identifiers import LaChild, Nhs, Upn
from linkage.compare.life import Life
from linkage.compare.names import Family, Given, Middle
from linkage.compare.places import Place
from linkage.compare.sex import Sex
from linkage.model import Model
from linkage.pattern import RARITIES
from linkage.weigh import Weight, probability

Outcome = Literal["link", "review", "non_link"]
BETWEEN = "weight between the thresholds"
APART = "weight between the thresholds, and no part of the country in common"
UNLIKE = "weight between the thresholds, unlike names, and no part of the country in common"
TWIN = "a number agrees and forenames are no more than alike: a twin's?"
BROTHER = "no forename in common but Muhammad or the like: a brother's?"
SHARED_NAME = "no forename in common but Muhammad or the like"
BESIDE = "no forename in common, but one is borne beside such as the other: a twin's?"
TWO_NAMES = "no forename in common, but one is borne beside such as the other"
ONLY = "another forename or sex, but a single birth, and one family or home"
STAND_IN = "a default birth date and no shared home"
NAMESAKE = "a default birth date and a common name"
OTHER_FAMILY = "another family name, and no home near by"
OTHER_BIRTH = "another birth date, and no home near by"
TITLED = "a title in place of a family name, and no shared home"
UNSEXED = "another family name, and the sex is not stated: of twins who share a forename?"
RENAMED = "a number agrees and the forename alone does not: another's?"
MARGINS = {
    BETWEEN: 0.0, TWIN: 0.0, BROTHER: 0.0, BESIDE: 0.0, APART: 0.75, UNLIKE: 1.0,
    SHARED_NAME: 1.0, TITLED: 1.0, UNSEXED: 1.0, OTHER_FAMILY: 1.0, OTHER_BIRTH: 1.0,
    ONLY: 2.0, STAND_IN: 4.0, RENAMED: 7.0,
}  # fmt: skip
"""Why a pair is a possible link that the want of any rival makes a link: a twin, a brother or a
namesake is one. With the bits beyond the link threshold that it has to weigh, rivals counted."""

COMMON = 13
"""Classes of rarity of forename and family name together up to which a name is common: one child
in half a million bears it by chance, and many more where its community lives."""


class Decision(NamedTuple):
    """One of three outcomes, and the rule that led to it."""

    outcome: Outcome
    reason: str


class Levels(NamedTuple):
    """The levels of a pattern by name, in the order of ``pattern.FIELDS``."""

    given: Given
    middle: Middle
    family: Family
    birth: Birth
    sex: Sex
    place: Place
    nhs: Nhs
    upn: Upn
    la_child: LaChild
    carers: Carers
    life: Life
    contact: Contact

    @classmethod
    def of(cls, pattern: int) -> Self:
        """The levels of a pattern's fields."""
        return cls(**patterns.named(pattern))  # type: ignore[arg-type]

    @property
    def same_verified(self) -> bool:
        """Whether both records hold the same verified NHS number."""
        return self.nhs == Nhs.VERIFIED

    @property
    def same_number(self) -> bool:
        """Whether any number that names a child for good agrees."""
        return self.same_national_number or self.la_child == LaChild.EXACT

    @property
    def same_national_number(self) -> bool:
        """Whether an NHS number or a UPN agrees; a temporary one does not count."""
        return self.nhs in (Nhs.VERIFIED, Nhs.EXACT) or self.upn in (Upn.EXACT, Upn.FORMER)

    @property
    def other_number(self) -> bool:
        """Whether an NHS number or UPN that names a child for good differs."""
        return self.nhs in (Nhs.DIFFERENT, Nhs.CONTRADICTED) or self.upn == Upn.DIFFERENT

    @property
    def is_near_home(self) -> bool:
        """Whether the two lived near each other, or have a parent or a telephone in common."""
        return (
            self.place in _NEAR_HOME or self.carers in _SAME_CARERS or self.contact == Contact.EXACT
        )

    @property
    def is_complete(self) -> bool:
        """Whether both records hold forename, family name and a full birth date."""
        return bool(self.given and self.family) and self.birth not in _NO_FULL_BIRTH

    @property
    def is_at_home(self) -> bool:
        """Whether family name, birth date, sex and home are those of one child, or of its twin."""
        return (
            self.family in _SAME_FAMILY
            and self.birth == Birth.EXACT
            and self.sex != Sex.DIFFERENT
            and self.place in _HOME
        )

    @property
    def is_at_home_by_name(self) -> bool:
        """Whether forename, birth date and home are those of one child, and no twin's."""
        exact = self.given == Given.EXACT and self.birth == Birth.EXACT
        return exact and self.place in _HOME

    @property
    def is_at_home_but_for_sex(self) -> bool:
        """Whether all names, birth date and home are those of one child: no two are so named."""
        names = self.family in _SAME_FAMILY and self.middle in (Middle.EXACT, Middle.INITIAL)
        return names and self.is_at_home_by_name and not self.may_be_twins

    @property
    def is_of_one_birth(self) -> bool:
        """Whether a single birth is stated, and both are of one family as far as it shows.

        Its mother has no other child of that day (ADR 32). Home and family name have to agree, or
        family name and the telephone, or what names the mother. A carer's name does not do: two
        children who are fostered in one home may share a birth date, and mothers share names.
        """
        family, mother = self.family in _SAME_FAMILY, self.carers == Carers.MOTHER
        home = self.place in (*_HOME, Place.SLIP)
        at_home = home and (family or mother or self.family in (Family.NEAR, Family.SWAPPED))
        of_parent = family and (mother or self.contact == Contact.EXACT)
        is_single = self.life == Life.SINGLE and self.birth == Birth.EXACT
        differs = self.other_number or self.middle == Middle.DIFFERENT or not self.is_complete
        return is_single and (at_home or of_parent) and not differs

    @property
    def may_be_twins(self) -> bool:
        """Whether either record states a multiple birth."""
        return self.life in (Life.EXACT, Life.MULTIPLE, Life.CONFLICT, Life.SAID_ONCE)

    @property
    def differs_in_forename_alone(self) -> bool:
        """Whether family name, birth date and sex are those of one child, and no number differs.

        In the family name there may be a slip.
        """
        differs = self.sex == Sex.DIFFERENT or self.other_number or self.may_be_twins
        family = self.family in (*_SAME_FAMILY, Family.NEAR)
        return family and self.birth == Birth.EXACT and not differs

    @property
    def is_same_named(self) -> bool:
        """Whether forename and family name are the same, in whatever writing."""
        return self.given in _SAME_NAMED and self.family in _SAME_FAMILY

    @property
    def says_nothing(self) -> bool:
        """Whether nothing differs, and nothing but names agrees: a stand-in is no birth date."""
        same = self.given in (Given.EXACT, Given.EQUIVALENT, Given.BARE)
        agrees = same and self.family in _SAME_FAMILY
        nothing = self.birth == Birth.DEFAULT and self.place in (Place.MISSING, Place.COMMUNAL)
        return agrees and nothing and self.sex != Sex.DIFFERENT and not self.other_number

    @property
    def is_stand_in_alone(self) -> bool:
        """Whether names and a stand-in for a birth date agree, and nothing else of the child's own.

        A home is not: it may be a hostel that the model does not know (case 24).
        """
        same = self.given in (Given.EXACT, Given.EQUIVALENT, Given.BARE)
        named = same and self.family in (Family.EXACT, Family.VARIANT)
        stand_in = self.birth in (Birth.DEFAULT, Birth.GUESSED)
        more = (
            self.middle in (Middle.EXACT, Middle.NEAR, Middle.INITIAL)
            or self.carers in _SAME_CARERS
            or self.contact == Contact.EXACT
        )
        return named and stand_in and not more

    @property
    def is_newborn(self) -> bool:
        """Whether mother, address or family name and the birth say which newborn it is.

        Which of several children of one birth: a stated single birth, or the same order.
        """
        known = (
            self.carers == Carers.MOTHER or self.place == Place.EXACT or self.family in _SAME_FAMILY
        )
        which = self.life in (Life.SINGLE, Life.EXACT)
        return known and which and self.birth in (Birth.EXACT, Birth.EXPECTED)


_NO_FULL_BIRTH = (Birth.MISSING, Birth.COMPATIBLE, Birth.YEAR_ONLY, Birth.EXPECTED)
_HOME = (Place.EXACT, Place.PAST)
_NEAR_HOME = (*_HOME, Place.SLIP, Place.SECTOR, Place.DISTRICT)
_SAME_FAMILY = (Family.EXACT, Family.VARIANT, Family.ALTERNATE, Family.PART)
_SAME_GIVEN = (
    Given.EXACT, Given.EQUIVALENT, Given.TYPO, Given.MIDDLE, Given.SWAPPED, Given.BARE,
)  # fmt: skip
_SAME_CARERS = (Carers.MOTHER, Carers.EXACT)
_SAME_NAMED = (Given.EXACT, Given.EQUIVALENT)
_ALIKE_GIVEN = (
    *_SAME_GIVEN, Given.NEAR, Given.SHORT, Given.HONORIFIC, Given.INITIAL, Given.MISSING,
)  # fmt: skip
_ALIKE_BIRTH = (
    Birth.EXACT, Birth.DEFAULT, Birth.COMPATIBLE, Birth.YEAR_ONLY, Birth.EXPECTED,
    Birth.SWAPPED, Birth.SLIP, Birth.PART, Birth.YEAR, Birth.DEFAULTED,
)  # fmt: skip


def decide(weight: Weight, model: Model) -> Decision:
    """The decision on a pair of that weight."""
    return decide_pattern(weight.pattern, weight.total, model)


def decide_pattern(pattern: int, total: float, model: Model) -> Decision:
    """The decision on a pair of that pattern and total weight (log2 odds)."""
    levels = Levels.of(pattern)
    if reason := contradiction(levels):
        return Decision("non_link", reason)
    chance = probability(total)
    if reason := _number_alone(levels):
        return Decision(
            "review", _unsure(levels, reason) if chance >= model.thresholds.link else reason
        )
    if chance < model.thresholds.review:
        if levels.says_nothing:
            return Decision("review", "names agree, and the birth date is a stand-in")
        return Decision("non_link", "weight below the review threshold")
    if reason := _two_children_more_likely(levels):
        return Decision("non_link", reason)
    if levels.is_stand_in_alone and not levels.same_number and _is_common(pattern):
        return Decision("review", NAMESAKE)
    if reason := _never_alone(levels):
        return Decision("review", reason)
    if chance < model.thresholds.link:
        return Decision("review", _between(levels))
    return Decision("link", "weight above the link threshold")


def _is_common(pattern: int) -> bool:
    """Whether the name on which two records agree is told to be a common one."""
    given, family = (patterns.level(pattern, f"{name}_rarity") for name in RARITIES)
    return 0 < family <= COMMON - given


def _between(levels: Levels) -> str:
    """Why the weight alone does not do, for a pair that no rule keeps for a person.

    Where nothing but first and last name and the date speaks for it, the child who is not there
    would be shown as living where another lives: so it has to be the surer.
    """
    known = levels.place in (Place.AREA, Place.KNOWN_THERE)
    if levels.is_near_home or known or levels.same_number:
        return BETWEEN
    if levels.middle in (Middle.EXACT, Middle.INITIAL):
        return BETWEEN
    given = levels.given in (Given.EXACT, Given.EQUIVALENT, Given.SWAPPED, Given.BARE)
    same = given and levels.family in (Family.EXACT, Family.VARIANT, Family.SWAPPED)
    return APART if same else UNLIKE


def contradiction(levels: Levels) -> str:
    """Why two records cannot be of one child, or nothing.

    Case numbers here and below are those of the table of cases (``tests/linkage/cases.toml``).
    """
    if levels.nhs == Nhs.CONTRADICTED:
        return "two different verified NHS numbers"
    if levels.life == Life.OTHER_ORDER:
        return "different order of one birth"
    if levels.life == Life.BORN_AFTER_DEATH:
        return "born after the other had died"
    return ""


def number_in_doubt(pattern: int) -> str:
    """Why a number that two records share may be on the wrong child, or nothing."""
    levels = Levels.of(pattern)
    if levels.same_number and levels.nhs == Nhs.CONTRADICTED:
        return "a number agrees and two verified NHS numbers do not"
    return _number_alone(levels)


@lru_cache(1 << 14)
def shares_a_number_alone(pattern: int) -> bool:
    """Whether a number agrees, and neither a name nor the birth date."""
    levels = Levels.of(pattern)
    names = levels.given == Given.DIFFERENT and levels.family == Family.DIFFERENT
    return levels.same_number and names and levels.birth in _OTHER_BIRTH


_OTHER_BIRTH = (
    Birth.SWAPPED, Birth.YEAR, Birth.SLIP, Birth.PART, Birth.DIFFERENT, Birth.DEFAULTED,
    Birth.GUESSED,
)  # fmt: skip


def number_crossed(pattern: int) -> str:
    """Why a number on which two records differ may be on the wrong child, or nothing."""
    levels = Levels.of(pattern)
    same = levels.given in _SAME_NAMED and levels.family in _SAME_FAMILY
    if same and levels.birth == Birth.EXACT and levels.other_number:
        return "names and birth date agree, and a number does not"
    return ""


def _number_alone(levels: Levels) -> str:
    """Cases 26 to 29: a number agrees and the child does not; never decided by the weight."""
    if not levels.same_number:
        return ""
    guessed = levels.birth == Birth.GUESSED and not levels.is_same_named
    if levels.birth == Birth.DIFFERENT or guessed:
        return "a number agrees but the birth date does not"
    if levels.given not in _ALIKE_GIVEN:
        return "a number agrees but the forename does not"
    if levels.nhs in (Nhs.VERIFIED, Nhs.EXACT) and levels.upn == Upn.DIFFERENT:
        return "one number agrees and another does not"
    return ""


def _unsure(levels: Levels, reason: str) -> str:
    """A number names the child, and the forename may be a slip, a pet name or a twin's."""
    if not levels.differs_in_forename_alone:
        return reason
    return TWIN if levels.given == Given.CLOSE else RENAMED


def _two_children_more_likely(levels: Levels) -> str:
    """Cases 1, 2, 3, 6, 7 and 13: what tells the children of one family apart."""
    if levels.same_number:
        return ""
    if levels.sex == Sex.DIFFERENT and levels.given not in (*_SAME_NAMED, Given.SWAPPED):
        return "different sex and forename"
    if levels.sex == Sex.DIFFERENT and levels.family == Family.TITLE:
        return "different sex, and a forename that either sex bears"
    if levels.given == Given.NEAR and levels.other_number:
        return "two forenames and two numbers"
    if levels.given == Given.NEAR and levels.birth in (Birth.YEAR, Birth.GUESSED):
        return "two forenames and two years of birth"
    if levels.given == Given.DIFFERENT and not levels.is_of_one_birth:
        return "no forename in common"
    if levels.birth == Birth.DIFFERENT:
        return "different birth date and no number in common"
    return ""


def _never_alone(levels: Levels) -> str:
    """What a person has to decide, whatever the weight (invariant 5; cases 1, 12, 24, 25, 38)."""
    if not levels.is_complete and not _is_named_elsewhere(levels):
        return "forename, family name or full birth date is missing"
    if levels.same_number:
        return ""
    return _other_forename_or_sex(levels) or _other_number(levels) or _far_from_home(levels)


def _other_forename_or_sex(levels: Levels) -> str:
    """What may be a twin's, a brother's or a sister's."""
    if levels.given == Given.DIFFERENT:
        return ONLY
    if levels.given == Given.NEAR and (levels.middle != Middle.EXACT or levels.may_be_twins):
        return ONLY if levels.is_of_one_birth else "two known forenames, nearly the same"
    if levels.given == Given.BARE and levels.may_be_twins:
        return SHARED_NAME
    alone = levels.is_at_home and not (levels.may_be_twins or levels.other_number)
    if levels.given == Given.HONORIFIC:
        return BROTHER if alone else SHARED_NAME
    if levels.given == Given.BESIDE:
        return BESIDE if alone else TWO_NAMES
    if levels.sex == Sex.DIFFERENT and not levels.is_at_home_but_for_sex:
        return ONLY if levels.is_of_one_birth else "different sex and no number in common"
    if levels.life in (Life.MULTIPLE, Life.CONFLICT) and levels.given != Given.EXACT:
        return "a multiple birth and no exact forename"
    return ""


def _other_number(levels: Levels) -> str:
    """Two numbers for good are one child's by the very forename and birth date at a shared home."""
    if levels.nhs == Nhs.DIFFERENT and levels.upn == Upn.DIFFERENT:
        return "two NHS numbers and two UPNs"
    if levels.other_number and not levels.is_at_home_by_name:
        return "two numbers, and no exact forename and birth date at a shared home"
    return ""


def _may_be_of_either_sex(levels: Levels) -> bool:
    """Whether the family name may be a brother's and a sister's: a title, or another altogether."""
    if levels.middle == Middle.EXACT:
        return False
    other = levels.family == Family.DIFFERENT and levels.carers not in _SAME_CARERS
    return other or levels.family == Family.TITLE


def _far_from_home(levels: Levels) -> str:
    """What names and date do not show, most of all where nothing says that the two lived together.

    England has some 1,670 children of each birth date (ONS, births of the last nineteen years), and
    so several of one forename: name and date both have to hold.
    """
    if levels.sex == Sex.MISSING and _may_be_of_either_sex(levels):
        return UNSEXED
    if levels.family == Family.TITLE and levels.place not in _HOME:
        return TITLED
    if levels.birth == Birth.GUESSED and not levels.is_same_named:
        return "another name, and another year of birth"
    if levels.birth == Birth.GUESSED or (
        levels.birth in (Birth.DEFAULT, Birth.DEFAULTED) and levels.place != Place.EXACT
    ):
        return STAND_IN
    if levels.is_near_home:
        return ""
    if levels.family in (Family.CLOSE, Family.DIFFERENT):
        return OTHER_FAMILY
    if levels.birth != Birth.EXACT and levels.is_complete:
        return OTHER_BIRTH
    return ""


def _is_named_elsewhere(levels: Levels) -> bool:
    """A verified number with a birth date, the authority's own child id, or a newborn."""
    if levels.same_verified or levels.la_child == LaChild.EXACT:
        return levels.birth in _ALIKE_BIRTH
    return levels.is_newborn and levels.given in (Given.MISSING, *_SAME_GIVEN)

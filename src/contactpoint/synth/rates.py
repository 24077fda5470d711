"""How often things happen in the invented population: every rate, with where it comes from.

A rate marked *assumption* has no published source; it is set so that the pairs of
``docs/synthetic-population.md`` occur often enough to be measured.
"""

from dataclasses import dataclass
from typing import Final

# Families -------------------------------------------------------------------------------------

CHILDREN_OF_A_MOTHER: Final = (0.38, 0.41, 0.14, 0.05, 0.02)
"""Shares of 1 to 5 children. Set so that families with children at one time have 1, 2 and 3 or
more of them about as in ONS, Families and households 2023 (44, 41 and 15 %)."""
MULTIPLE_MATERNITIES: Final = 0.0154
"""Maternities with more than one child: ONS, Birth characteristics, 2007 to 2022 (13.7 to 16.1 per
1,000)."""
TRIPLETS_OF_MULTIPLES: Final = 0.016
"""Multiple maternities with three children: ONS, Birth characteristics."""
LIKE_SEX_TWINS: Final = 0.66
"""Twin pairs of one sex: half of those from two eggs and all from one (Weinberg's rule)."""
ALIKE_TWIN_NAMES: Final = 0.15
"""Twins given names of like beginning (Jayden, Jaydon). Assumption."""
YORUBA_TWIN_NAMES: Final = 0.35
"""Twins of Nigerian naming called Taiwo and Kehinde. Assumption."""
BOYS: Final = 0.513
"""Boys among births: ONS, Births in England and Wales (105 boys to 100 girls)."""
MOVED: Final = 0.85
"""Families with an earlier address still on some record of their children. Set so that postcodes
disagree or are missing in half of all pairs of one child's records, as in the 53 % that
Hagger-Johnson and others 2017 (PMC5297137) found between hospitals and the PDS."""
MOVED_AGAIN: Final = 0.35
"""Of these, families with an earlier address still on some record. Assumption."""
TWO_HOMES: Final = 0.10
"""Children with a second home, a separated parent's, that some agency holds. Assumption, below
the quarter of families that are separated (DWP, Separated families statistics)."""
REMARRIAGE: Final = 0.12
"""Children whose family name was changed, by parents who marry after the birth (half of births are
outside marriage: ONS, Births by parents' characteristics), part, or marry again (a tenth of
dependent children live in stepfamilies: ONS, Census 2001). Assumption."""
NAME_WITH_HOME: Final = 0.9
"""Of these, children who have an earlier home too. Assumption."""
FORMER_TOO: Final = 0.85
"""Of names changed, the former one in force on a record that holds an earlier address: who has not
heard of the move has seldom heard of the name. Assumption."""
PREFERRED_FAMILY: Final = 0.03
"""Children known at school by another family name, a stepfather's or carer's. Assumption."""
DOUBLE_BARRELLED: Final = 0.11
"""English families that join both parents' names with a hyphen: one in nine of the newly married
of 18 to 34 (Opinium, 2017)."""
MOTHERS_NAME: Final = 0.14
"""English children who bear the mother's name: births registered by the mother alone and a part
of those registered jointly from two addresses (ONS, Births by parents' characteristics)."""
PREGNANT: Final = 0.035
"""Families of social care in which a birth is expected. Assumption."""
COMMUNAL_ADDRESS: Final = 0.003
"""Families in hostels, refuges and other shared addresses. Assumption, near the 0.6 % of
households in temporary accommodation (DLUHC)."""
NO_FIXED_ABODE: Final = 0.0008
"""Families written down at ZZ99 3VZ. Assumption."""

BEAR_A_LOCAL_NAME: Final = 0.45
"""Families who bear one of the names that are common in their authority: family names are regional
(Cheshire, Longley and Singleton 2010, The surname regions of Great Britain), and kin settle
near each other. Assumption."""
LOCAL_FAMILY_NAMES: Final = 40
"""Such names of each community in each authority, at most. Assumption."""

# Children -------------------------------------------------------------------------------------

ADOPTED: Final = 0.001
"""Children with an identity before adoption that must never be linked to the present one. Below
England's some 3,000 adoptions a year (DfE), to keep the case present but rare."""
DIED: Final = 0.0006
"""Children with a death on their health record: some 3,400 deaths a year (NCMD) of 12 million,
kept for two years."""
EMIGRATED: Final = 0.006
"""Children whose health record says that they left England. Assumption."""
RESTRICTED: Final = 0.0047
"""Children with a restricted health record: the 52,000 shields expected of 11 million (2010)."""

# Health ---------------------------------------------------------------------------------------

HEALTH_DUPLICATE: Final = 0.001
"""Children with a second health record under another number. Assumption."""
FORMER_KEPT: Final = 0.9
"""Health records that keep a former family name beside the one in force. Assumption: the PDS has a
use of names for it."""
BABY_PLACEHOLDER: Final = 0.6
"""Births first notified as Baby. Assumption; a birth may be registered within 42 days."""
NUMBER_NOT_TRACED: Final = 0.004
"""Health records whose number has status 02, not verified. Assumption."""
DUPLICATE_NOT_TRACED: Final = 0.5
"""The same among second records. Assumption."""
BIRTH_DATE_PARTIAL: Final = 0.0005
"""Health records with year and month, or year, only. Assumption: PDS allows them."""
HEALTH_CHANGED: Final = 0.006
"""Health records that change in a night: half to one per cent (sizing of the original index)."""

# Schools --------------------------------------------------------------------------------------

STATE_SCHOOL: Final = 0.93
"""Children of 4 to 15 in state schools: DfE, Schools, pupils and their characteristics."""
SIXTH_FORM: Final = 0.42
"""Young people of 16 to 18 in school sixth forms: DfE, Participation in education."""
DUAL_REGISTERED: Final = 0.003
"""Pupils registered also at a pupil referral unit. Assumption, near the 0.2 % of pupils there."""
TEMPORARY_UPN: Final = 0.006
"""Pupils with a temporary UPN. Assumption."""
FORMER_UPN: Final = 0.02
"""Pupils whose school states a former UPN. Assumption."""
UPN_ISSUED_BEFORE: Final = 0.4
"""Of pupils with an earlier home on some record, those whose UPN was issued where they lived then:
they moved after they had entered school. Assumption."""
UPN_MISTYPED: Final = 0.0005
"""UPNs at school that fail their check letter. Assumption: software checks them."""
LEFT_SCHOOL: Final = 0.04
"""Pupils who also stand among those no longer on roll at another school: some 300,000 change
school outside the usual times in a year (RSA, Between the cracks, 2013)."""
LEFT_BEFORE_MOVING: Final = 0.70
"""Of families who moved, those whose earlier home is the one that the school left behind knows.
Assumption."""
SCHOOL_RESUBMITS: Final = 0.10
"""Schools that send their census again on a later night. Assumption."""
SCHOOL_LATE: Final = 0.05
"""Schools whose census of last autumn arrives after that of spring. Assumption."""
RESUBMISSION_CORRECTS: Final = 0.02
"""Pupils corrected in a census sent again. Assumption."""
RESUBMISSION_WITHDRAWS: Final = 0.004
"""Pupils left out of a census sent again. Assumption, below every source's guard."""

# Social care ----------------------------------------------------------------------------------

KNOWN_FAMILY: Final = 0.16
"""Families known to social care, closed cases included: one child in ten needed a social worker
within six years (DfE, Review of children in need, 2019), and one in five is referred before the
age of five (Bilson and Martin 2017)."""
KNOWN_CHILD: Final = 0.8
"""Children of such a family who have a record. Assumption."""
SECOND_AUTHORITY: Final = 0.06
"""Of these, children with a record at another authority too. Assumption."""
UPN_KNOWN: Final = 0.90
"""School-age children whose social care record has the UPN. Assumption."""
UPN_WRONG: Final = 0.012
"""Of these, mistyped. Assumption."""
UPN_SUPERSEDED: Final = 0.5
"""Of children with a former UPN, those whose case still has that one. Assumption."""
LOOKED_AFTER: Final = 0.06
"""Children with a placement: 84,000 looked after (DfE) of some 1,400,000 records."""
SOCIAL_CARE_CHANGED: Final = 0.02
"""Social care records that change in a night. Assumption: the transfer is daily."""
SOCIAL_CARE_NEW: Final = 0.03
"""Social care records that first appear on a later night. Assumption."""
EXPECTED_LONGER: Final = 25
"""Days for which a birth stays an expected one on record, at most. Assumption."""
PURGED: Final = 0.003
"""Social care records purged on a later night. Assumption."""


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """How often one agency's records go wrong, each as a share of its records."""

    forename_typed: float
    """A typing, hearing or scanning error in the forename."""
    family_typed: float
    """The same in the family name."""
    familiar: float
    """The familiar form (Liz) instead of the full forename."""
    rewritten: float
    """The name written another way that its naming system allows: halves dropped, order turned,
    a title for the family name, another spelling."""
    exchanged: float
    """Forename and family name exchanged."""
    middle_first: float
    """A middle name in the forename's place."""
    middle_missing: float
    """Middle names left out."""
    former_family: float
    """Of names changed, the former one still in force where the address is the present one."""
    day_month: float
    """Day and month exchanged, where both can be."""
    day: float
    """A wrong day."""
    month: float
    """A wrong month."""
    year: float
    """A wrong year."""
    default_day: float
    """1 January, the first or the fifteenth of the month in place of an unknown day."""
    sex_wrong: float
    sex_missing: float
    postcode_typed: float
    postcode_missing: float
    stale_address: float
    """Of families who moved, the earlier address still in force."""


# Dates and sex at health: Hagger-Johnson et al. 2017 (PMC5297137) found 0.11 % to disagree. Old
# addresses: two in five are not registered at a practice six months after a move (Millett et al.
# 2005), and health records are the last to hear. Familiar forms: two adults in five use one in
# place of their name, and one in fourteen another name altogether (Leonardo Hotels, 2022, a survey
# of 2,000): schools and social workers write what a child is called. Social care: the hardest of
# SAIL's sources, one record in twenty left unmatched (Lyons et al. 2009), and most cases here are
# closed. All else at schools and in social care is assumption, in the order of those results.
HEALTH: Final = ErrorRates(
    forename_typed=0.006,
    family_typed=0.006,
    familiar=0.02,
    rewritten=0.15,
    exchanged=0.001,
    middle_first=0.004,
    middle_missing=0.06,
    former_family=0.25,
    day_month=0.0004,
    day=0.0004,
    month=0.0002,
    year=0.0002,
    default_day=0.0005,
    sex_wrong=0.0007,
    sex_missing=0.0005,
    postcode_typed=0.004,
    postcode_missing=0.004,
    stale_address=0.55,
)
SCHOOL: Final = ErrorRates(
    forename_typed=0.010,
    family_typed=0.010,
    familiar=0.14,
    rewritten=0.42,
    exchanged=0.002,
    middle_first=0.03,
    middle_missing=0.15,
    former_family=0.15,
    day_month=0.0025,
    day=0.0035,
    month=0.0015,
    year=0.0015,
    default_day=0.0010,
    sex_wrong=0.0012,
    sex_missing=0.0,
    postcode_typed=0.010,
    postcode_missing=0.010,
    stale_address=0.30,
)
SOCIAL_CARE: Final = ErrorRates(
    forename_typed=0.050,
    family_typed=0.050,
    familiar=0.20,
    rewritten=0.50,
    exchanged=0.006,
    middle_first=0.04,
    middle_missing=1.0,
    former_family=0.30,
    day_month=0.0050,
    day=0.0100,
    month=0.0050,
    year=0.0050,
    default_day=0.0200,
    sex_wrong=0.0030,
    sex_missing=0.0100,
    postcode_typed=0.030,
    postcode_missing=0.080,
    stale_address=0.50,
)

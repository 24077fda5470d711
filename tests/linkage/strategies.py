"""Invented records, alike enough to meet: few names, few days, few places."""

from hypothesis import strategies as st

from linkage import pattern as patterns
from linkage.comparable import BirthKind, Comparable
from linkage.pattern import FIELDS, RARITIES

GIVEN = (
    "jayden", "jaydon", "jaydne", "muhammad", "mohammed", "ali", "liz", "elizabeth", "beth", "mia",
    "maya", "li", "xiaoming", "xiao", "ming", "zuzanna", "a", "anne", "marie", "annemarie",
    "oluwaseunfunmilayoabimbolaadeyem", "alexander", "alex", "leo", "lio", "lauryn", "lowryn",
    "abdulali", "gracie", "grace", "yusuf", "yousef", "kofi", "weijun", "wei", "jun", "jason",
    "jacky", "oluwadunsin", "w", "mohamed",
)  # fmt: skip
FAMILY = (
    "okafor", "okafer", "khan", "kahn", "kowalska", "kowalski", "li", "xiaoming", "begum", "kaur",
    "taylormensah", "taylor", "mensah", "garcialopez", "lopez", "chowdhury", "chaudhry",
    "yousef", "ali", "liu", "lau",
)  # fmt: skip
DAYS = (
    20140509, 20140905, 20140519, 20140590, 20150509, 20140101, 20160101, 20140500, 20140000,
    20141231, 20120229, 20140409, 19880509,
)  # fmt: skip
PLACES = (
    "SE153QN",
    "SE153QM",
    "SE154AA",
    "SE11AA",
    "E145AA",
    "B81AA",
    "S12AB",
    "CA11AA",
    "CF101AA",
)
NUMBERS = ("9000000009", "9000000025", "9990001006")
AUTHORITIES = (210, 330, 373, 942, 801)
UPNS = ("K801200024001", "Z801200024002", "X00180001701A")


def few(values, most):
    """Up to so many of the values, none twice."""
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


def optional(values, nothing):
    """One of the values or what stands for nothing."""
    return st.one_of(st.just(nothing), st.sampled_from(values))


@st.composite
def comparables(draw):
    # Some records hold a name twice, as forename and again among the middle names.
    given = draw(st.lists(st.sampled_from(GIVEN), max_size=4).map(tuple))
    parts = draw(few(FAMILY, 3))
    birth, kind = draw(
        st.one_of(
            st.just((0, BirthKind.MISSING)),
            st.tuples(
                st.sampled_from(DAYS), st.sampled_from([BirthKind.FULL] * 4 + [BirthKind.STAND_IN])
            ),
            st.tuples(st.sampled_from(DAYS[7:9]), st.just(BirthKind.PARTIAL)),
            st.tuples(st.sampled_from(DAYS[:3]), st.just(BirthKind.EXPECTED)),
        )
    )
    carers = draw(few([("mary", "okafor"), ("maryam", "khan"), ("liz", ""), ("mary", "khan")], 3))
    return Comparable(
        given=given,
        honorific=draw(optional(["muhammad"], "")),
        joined="".join(given)[:32] if len(given) > 1 else "",
        other_given=draw(few(GIVEN, 3)) if given else (),
        family="".join(parts)[:32],
        parts=parts,
        other_family=draw(few(FAMILY, 3)) if parts else (),
        birth=birth,
        birth_kind=kind,
        sex=draw(optional(["F", "M"], "")),
        postcodes=draw(few(PLACES, 4)),
        moved=draw(st.booleans()),
        nhs=draw(optional(NUMBERS, "")),
        nhs_verified=draw(st.booleans()),
        upn=draw(optional(UPNS, "")),
        upn_temporary=draw(st.booleans()),
        former_upns=draw(few(UPNS, 2)),
        la_child=draw(optional(["201/1", "201/2", "202/1"], "")),
        carers=carers,
        mother_nhs=draw(optional(["9000000009", "9000000025"], "")),
        maiden=draw(optional(["obi", "khan"], "")),
        births=draw(st.sampled_from([0, 0, 1, 2])),
        birth_order=draw(st.sampled_from([0, 0, 1, 2])),
        died=draw(st.sampled_from([0, 0, 20140600, 20130101])),
        contacts=draw(few(["2079460001", "a@example.org", "2079460002"], 3)),
        authorities=draw(few(AUTHORITIES, 4)),
    )


@st.composite
def pattern_codes(draw):
    levels = {name: draw(st.sampled_from(list(of))) for name, of in FIELDS.items()}
    for name in RARITIES:
        if levels[name]:
            levels[f"{name}_rarity"] = draw(st.integers(1, 12))
    return patterns.encode(levels)

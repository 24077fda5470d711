"""Who may do what, to whom and for what purpose: one pure function over one table of rules.

Everything that is not allowed here is denied. There are two ways of not being allowed, and they
must not blur: *denied* is for want of a role and would be the same for every child; *absent* is
because of the child, and is answered as a child, pair or task that does not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

from contactpoint.people.actor import Actor, Role
from projections.retention import FIRST, WHOLE


class Act(StrEnum):
    """Everything that somebody can do to the index, or be shown of it."""

    SHOW = "show a child"
    FIND = "find a child"
    CHANGES = "follow which numbers changed"
    OVERRIDE = "override a shield"
    ACCESSES = "list who looked at a child"
    CORRECT = "record a correction by the family"
    CONSENT = "record consent to a sensitive service"
    TRANSFER = "offer a child to another authority"
    ACCEPT = "accept a child from another authority"
    WHY = "explain a pair"
    LIST_PAIRS = "list pairs to review"
    OPEN_PAIR = "open a pair to review"
    RAISE = "ask for a review"
    CLAIM = "claim a pair"
    JUDGE = "judge a pair"
    UNDO = "undo a judgement"
    SPLIT = "split a child"
    DECLARE = "declare one's own family"
    DECLARE_OTHERS = "declare somebody else's family"
    NEVER_LINK = "set or end a never-link"
    LIST_NEVER_LINKS = "list never-links"
    ADOPT = "record an adoption"
    SHIELD = "apply a shield"
    REVIEW_SHIELD = "review a shield"
    LIFT_SHIELD = "lift a shield"
    LIST_SHIELDS = "list shields"
    LOAD = "load deliveries"
    LINK = "link"
    DELIVERIES = "read about deliveries"
    DECIDE_DELIVERY = "approve or reject a delivery"
    SOURCES = "read about sources"
    ADD_SOURCE = "register a source"
    MODELS = "read about models"
    TRAIN = "train a model"
    USE_MODEL = "adopt a model"
    EXPORT = "export tables"
    EXPORT_CLEARED = "export what is hidden"
    EVALUATE = "measure accuracy"
    ERASE = "erase"
    PURGE = "purge"
    ROTATE = "rotate keys"
    REBUILD = "rebuild read models"
    VERIFY = "verify the log"
    STATUS = "read the status"
    DOCTOR = "examine the installation"
    BACK_UP = "back up the index"
    RESTORE = "restore the index"
    MIGRATE = "migrate read models"
    REPORT = "report figures"
    AUDIT = "audit the record of access"
    EXPORT_ACCESSES = "export the record of access"
    WATCH = "watch the record of access"
    FOLLOW_UP = "follow up an alert or override"
    TOKEN = "issue tokens"  # noqa: S105 - an act, and no password
    REVOKE = "revoke tokens"
    TOKENS = "list tokens"
    SERVE = "serve answers"


class Purpose(StrEnum):
    """What an act is for. The reason that somebody states, in words, is recorded beside it."""

    DUTY = "duty"
    """What the role is for: a practitioner's enquiry, a steward's judgement."""
    MEDIATION = "mediation"
    """A practitioner looks on behalf of another, who has no way in."""
    FAMILY = "family"
    """The child or their parents ask what is held, or who looked."""
    INVOLVEMENT = "involvement"
    """The reader's organisation works with the child, and the index knows it."""
    ENQUIRY = "enquiry"
    """A stated concern about a child with whom the reader's organisation is not known to work."""


@dataclass(frozen=True, slots=True)
class About:
    """What is known of that which an act is about."""

    authorities: frozenset[str] = frozenset()
    """The responsible authorities of its children; none where they are not known."""
    shielded: bool = False
    """A child of it is shielded, or a record of it withheld."""
    apart: bool = False
    """It stands across a never-link."""
    family: bool = False
    """A child of it is of the actor's own family."""
    large: bool = False
    """More records hang on it than one person should decide."""
    archived: int = 0
    """The year of archive that a child of it is in, 1 to 6; 7 where its purge is due; 0 where all
    are live."""
    involved: bool | None = None
    """Whether the actor's organisation works with the child; None where that is not asked."""


class Outcome(Enum):
    """How an act is answered."""

    ALLOWED = "allowed"
    DENIED = "denied"
    """For want of a role, a strong token or a second person, whoever the child."""
    ABSENT = "absent"
    """Because of the child: as if there were none."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether somebody may, and if not, why not: what would be right."""

    outcome: Outcome
    why: str = ""

    @property
    def allowed(self) -> bool:
        """Whether the act may go on."""
        return self.outcome is Outcome.ALLOWED


class Second(Enum):
    """When an act needs a second person, who is entitled to it as well."""

    NEVER = "never"
    DANGEROUS = "dangerous"
    """Where it is about a shielded child, crosses a never-link, or is large."""
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do an act, and under which circumstances."""

    roles: frozenset[Role]
    purposes: frozenset[Purpose] = frozenset({Purpose.DUTY})
    strong: bool = False
    """Only with a token that vouches for strong authentication."""
    override: bool = False
    """Only with the right to override, which a shielding officer has by the role."""
    elsewhere: bool = True
    """Also where other authorities are responsible."""
    family: bool = True
    """Also where it is about the actor's own family."""
    cleared: bool = False
    """About a shielded child only with the clearance of a shielding officer, and across a
    never-link only with that of an adoption officer."""
    second: Second = Second.NEVER
    in_shell: bool = False
    """Only in the shell of an administrator, and not with a token."""


def archive_years(actor: Actor) -> int:
    """For how many years after a child was archived somebody may read it; 0 for live ones alone.

    Data managers the first, administrators until the purge: for enquiries of the law, serious case
    reviews and enquiries into deaths (House of Commons, Hansard, 21 April 2009).
    """
    if Role.ADMINISTRATOR in actor.roles:
        return WHOLE
    return FIRST if Role.DATA_MANAGER in actor.roles else 0


def decide(
    actor: Actor,
    act: Act,
    about: About = About(),
    purpose: Purpose = Purpose.DUTY,
    second: Actor | None = None,
) -> Decision:
    """Whether somebody may do an act, with or without a second person."""
    rule = RULES[act]
    alone = _alone(actor, act, rule, about, purpose)
    if not alone.allowed or not _needs_second(rule, about):
        return alone
    if second is None or second.is_same_person(actor) or actor.in_shell or second.in_shell:
        return _denied(act, "needs two persons; expected a second token, of somebody else")
    if not _alone(second, act, rule, about, purpose).allowed:
        return _denied(act, "needs two persons, and the second may not do so either")
    return alone


def _alone(actor: Actor, act: Act, rule: Rule, about: About, purpose: Purpose) -> Decision:
    """What the decision is but for a second person: first what holds for every child."""
    if not actor.roles & rule.roles:
        return _denied(act, f"needs the role {' or '.join(sorted(rule.roles))}")
    if rule.in_shell and not actor.in_shell:
        return _denied(act, "is done in the administrator's shell, without a token")
    if purpose not in rule.purposes:
        return _denied(act, f"is not done for this purpose; expected {_any_of(rule.purposes)}")
    if purpose is Purpose.INVOLVEMENT and about.involved is False:
        # Of a child that is not there, or whose services are hidden, the same is said.
        return _denied(
            act,
            "for involvement, your organisation must be known to work with the "
            "child; expected the purpose enquiry, with the concern as the reason",
        )
    if rule.strong and not actor.strong:
        return _denied(act, "needs a token of strong authentication")
    if rule.override and not (actor.override or Role.SHIELDING_OFFICER in actor.roles):
        return _denied(act, "needs a token with the right to override")
    return Decision(Outcome.ABSENT if _hidden(actor, rule, about) else Outcome.ALLOWED)


def _hidden(actor: Actor, rule: Rule, about: About) -> bool:
    """Whether the actor is to be answered as if there were no such child."""
    elsewhere = bool(actor.authority and about.authorities - {actor.authority})
    own = actor.authority in about.authorities
    return (
        about.archived > archive_years(actor)
        or (elsewhere and not own and not rule.elsewhere)
        or (about.family and not rule.family)
        or (about.shielded and rule.cleared and Role.SHIELDING_OFFICER not in actor.roles)
        or (about.apart and rule.cleared and Role.ADOPTION_OFFICER not in actor.roles)
    )


def _needs_second(rule: Rule, about: About) -> bool:
    dangerous = about.shielded or about.apart or about.large
    return rule.second is Second.ALWAYS or (rule.second is Second.DANGEROUS and dangerous)


def _denied(act: Act, why: str) -> Decision:
    return Decision(Outcome.DENIED, f"to {act} {why}")


def _any_of(purposes: frozenset[Purpose]) -> str:
    return " or ".join(sorted(purposes))


def _roles(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


_ADMINISTRATOR = _roles(Role.ADMINISTRATOR)
_MANAGERS = _roles(Role.DATA_MANAGER, Role.ADMINISTRATOR)
_LOADERS = _roles(Role.FEED_AGENT, Role.DATA_MANAGER, Role.ADMINISTRATOR)
_STEWARDS = _roles(Role.STEWARD)
_REVIEWERS = _roles(Role.STEWARD, Role.SHIELDING_OFFICER, Role.ADOPTION_OFFICER, Role.ADMINISTRATOR)
_SHIELDING = _roles(Role.SHIELDING_OFFICER)
_ADOPTION = _roles(Role.ADOPTION_OFFICER)
_READERS = _roles(
    Role.PRACTITIONER,
    Role.STEWARD,
    Role.SHIELDING_OFFICER,
    Role.ADOPTION_OFFICER,
    Role.DATA_MANAGER,
    Role.ADMINISTRATOR,
)
_WATCHERS = _roles(
    Role.STEWARD, Role.DATA_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR, Role.FEED_AGENT
)
_JUDGING = Rule(_STEWARDS, elsewhere=False, family=False, cleared=True, second=Second.DANGEROUS)
_READING = Rule(_READERS, purposes=frozenset(Purpose))

RULES: Mapping[Act, Rule] = {
    Act.SHOW: _READING,
    Act.FIND: _READING,
    Act.CHANGES: Rule(_READERS),
    Act.OVERRIDE: Rule(
        _SHIELDING | {Role.PRACTITIONER},
        purposes=frozenset({Purpose.DUTY, Purpose.ENQUIRY}),
        strong=True,
        override=True,
        family=False,
    ),
    Act.ACCESSES: Rule(
        _MANAGERS | {Role.AUDITOR},
        purposes=frozenset({Purpose.DUTY, Purpose.FAMILY}),
        cleared=True,
    ),
    Act.CORRECT: Rule(
        _MANAGERS,
        purposes=frozenset({Purpose.FAMILY}),
        elsewhere=False,
        family=False,
        cleared=True,
    ),
    Act.CONSENT: Rule(_MANAGERS | {Role.PRACTITIONER}, family=False, cleared=True),
    Act.TRANSFER: Rule(_MANAGERS, elsewhere=False, cleared=True),
    Act.ACCEPT: Rule(_MANAGERS, elsewhere=False, cleared=True),
    Act.WHY: Rule(_roles(Role.STEWARD) | _MANAGERS, cleared=True),
    Act.LIST_PAIRS: Rule(_REVIEWERS, elsewhere=False, cleared=True),
    Act.OPEN_PAIR: Rule(_REVIEWERS, elsewhere=False, family=False, cleared=True),
    Act.RAISE: Rule(_REVIEWERS | _LOADERS, elsewhere=False, cleared=True),
    Act.CLAIM: Rule(_STEWARDS, elsewhere=False, family=False, cleared=True),
    Act.JUDGE: _JUDGING,
    Act.UNDO: _JUDGING,
    Act.SPLIT: _JUDGING,
    Act.DECLARE: Rule(_REVIEWERS | _READERS),
    Act.DECLARE_OTHERS: Rule(_ADMINISTRATOR),
    Act.NEVER_LINK: Rule(_ADOPTION | _SHIELDING, family=False, second=Second.ALWAYS),
    Act.LIST_NEVER_LINKS: Rule(_ADOPTION | _SHIELDING),
    Act.ADOPT: Rule(_ADOPTION, family=False, second=Second.ALWAYS),
    Act.SHIELD: Rule(_SHIELDING, family=False),
    Act.REVIEW_SHIELD: Rule(_SHIELDING, family=False),
    Act.LIFT_SHIELD: Rule(_SHIELDING, family=False, second=Second.ALWAYS),
    Act.LIST_SHIELDS: Rule(_SHIELDING),
    Act.LOAD: Rule(_LOADERS),
    Act.LINK: Rule(_LOADERS),
    Act.DELIVERIES: Rule(_LOADERS),
    Act.DECIDE_DELIVERY: Rule(_MANAGERS),
    Act.SOURCES: Rule(_LOADERS),
    Act.ADD_SOURCE: Rule(_MANAGERS),
    Act.MODELS: Rule(_WATCHERS),
    Act.TRAIN: Rule(_ADMINISTRATOR),
    Act.USE_MODEL: Rule(_ADMINISTRATOR),
    Act.EXPORT: Rule(_ADMINISTRATOR),
    Act.EXPORT_CLEARED: Rule(_SHIELDING | _ADOPTION, strong=True),
    Act.EVALUATE: Rule(_ADMINISTRATOR),
    Act.ERASE: Rule(_ADMINISTRATOR),
    Act.PURGE: Rule(_ADMINISTRATOR),
    Act.ROTATE: Rule(_ADMINISTRATOR),
    Act.REBUILD: Rule(_ADMINISTRATOR),
    Act.VERIFY: Rule(_roles(Role.AUDITOR, Role.ADMINISTRATOR)),
    Act.STATUS: Rule(_MANAGERS | {Role.AUDITOR}),
    Act.DOCTOR: Rule(_ADMINISTRATOR),
    Act.BACK_UP: Rule(_ADMINISTRATOR),
    Act.RESTORE: Rule(_ADMINISTRATOR),
    Act.MIGRATE: Rule(_ADMINISTRATOR),
    Act.REPORT: Rule(_MANAGERS | {Role.AUDITOR}),
    Act.AUDIT: Rule(_roles(Role.AUDITOR, Role.ADMINISTRATOR)),
    Act.EXPORT_ACCESSES: Rule(_roles(Role.AUDITOR, Role.ADMINISTRATOR), cleared=True),
    Act.WATCH: Rule(_roles(Role.AUDITOR, Role.ADMINISTRATOR)),
    Act.FOLLOW_UP: Rule(
        _roles(Role.AUDITOR, Role.ADMINISTRATOR, Role.SHIELDING_OFFICER),
        family=False,
        cleared=True,
    ),
    Act.TOKEN: Rule(_ADMINISTRATOR, in_shell=True),
    Act.REVOKE: Rule(_ADMINISTRATOR),
    Act.SERVE: Rule(_ADMINISTRATOR),
    Act.TOKENS: Rule(_roles(Role.AUDITOR, Role.ADMINISTRATOR)),
}
"""The rule of every act. Shields do not bar reading: whoever reads a shielded child sees it
shielded (SI 2007/2182, regulation 6(5)), and what lies behind is the override's alone."""

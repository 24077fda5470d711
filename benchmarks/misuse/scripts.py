"""Twenty ways to misuse the index, each planted once into normal work, in weeks four to six."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from benchmarks.misuse.normal import FIRST, HOUR, a_number
from benchmarks.misuse.place import Place
from benchmarks.misuse.staff import Member
from contactpoint.watching.look import NO_VALUES, Asked, Child, Kind, Look, Near, Reader, near

WEEK = 7


@dataclass
class Stage:
    """Where a script is played: the place, the staff, and what was planted."""

    place: Place
    staff: list[Member]
    rng: random.Random
    looks: list[Look] = field(default_factory=list)
    cast: set[str] = field(default_factory=set)

    def one_of(self, *works: str) -> Member:
        """A reader of a kind who plays in no other script."""
        free = [m for m in self.staff if m.work.name in works and m.reader.name not in self.cast]
        chosen = self.rng.choice(free)
        self.cast.add(chosen.reader.name)
        return chosen

    def stranger(self, reader: Reader, *, dead: bool = False) -> Child:
        """A child that is nothing to a reader's work."""
        while True:
            child = self.rng.choice(self.place.dead if dead else self.place.children)
            if near(reader, child) is Near.NONE:
                return child

    def at(self, day: int, hour: float) -> int:
        """A moment of a day after the third week: 0 is a Monday."""
        return int(((FIRST + 3 * WEEK + day) * 24 + hour) * HOUR) + self.rng.randrange(60_000_000)

    def look(
        self,
        reader: Reader,
        at: int,
        kind: Kind,
        children: Sequence[Child] = (),
        behalf: str = "",
        **asked: object,
    ) -> None:
        """Plant one look."""
        typed = msgspec.structs.replace(Asked(), **asked)
        self.looks.append(Look(at, reader, kind, tuple(children), typed, behalf))

    def searched(self, reader: Reader, at: int, child: Child) -> None:
        """Search for a child by name and birth date, and open it."""
        (family,) = child.families
        self.look(reader, at, Kind.SEARCH, [child], family=family, person=family, reason="enquiry")
        self.look(reader, at + 20_000_000, Kind.READ, [child], reason="enquiry")


def niece(stage: Stage) -> None:
    """A school secretary looks up her brother's daughter, who bears her own uncommon name."""
    reader = stage.one_of("school office").reader
    reader = msgspec.structs.replace(reader, family="thistlewaite")
    other = stage.stranger(reader)
    child = msgspec.structs.replace(other, id=b"niece", families=frozenset({"thistlewaite"}))
    stage.searched(reader, stage.at(8, 10.5), child)


def own_child(stage: Stage) -> None:
    """A social worker, being divorced, opens the child that he declared as his own."""
    reader = stage.one_of("social worker").reader
    child = msgspec.structs.replace(stage.stranger(reader), id=b"own", declared=True)
    stage.look(reader, stage.at(9, 11), Kind.READ, [child], reason="enquiry")


def neighbours(stage: Stage) -> None:
    """A receptionist types her own postcode and opens the children next door."""
    reader = stage.one_of("surgery").reader
    found = [c for c in stage.place.of_home[reader.home] if not c.shielded][:6]
    stage.look(reader, stage.at(10, 12.5), Kind.SEARCH, found, postcode=reader.home, hidden="here")
    for minute, child in enumerate(found):
        stage.look(reader, stage.at(10, 12.6 + minute / 60), Kind.READ, [child])


def former_partner(stage: Stage) -> None:
    """A police officer looks at his former partner's child, again and again over four weeks."""
    reader = stage.one_of("police").reader
    child = stage.stranger(reader)
    for day in (0, 3, 7, 9, 14, 16, 18, 20):
        stage.look(reader, stage.at(day, 13), Kind.READ, [child], reason="enquiry")


def colleague(stage: Stage) -> None:
    """A health visitor looks at the child of a colleague on sick leave."""
    reader = stage.one_of("health visitor").reader
    team = [m.reader for m in stage.staff if m.reader.organisation == reader.organisation]
    other = stage.rng.choice([one for one in team if one.name != reader.name])
    child = msgspec.structs.replace(
        stage.stranger(reader),
        id=b"colleague",
        families=frozenset({other.family}),
        homes=frozenset({other.home}),
        authorities=frozenset({reader.authority}),
    )
    stage.searched(reader, stage.at(11, 15), child)


def in_the_news(stage: Stage) -> None:
    """A footballer's child is in the papers, and readers of many offices look."""
    child = msgspec.structs.replace(
        stage.place.children[0], id=b"news", services=frozenset({"far"}), authorities=NO_VALUES
    )
    kinds = ("school lead", "surgery", "hub", "police", "emergency ward", "social worker")
    for number in range(9):
        reader = stage.one_of(kinds[number % len(kinds)]).reader
        stage.searched(reader, stage.at(14 + number // 4, 9 + number), child)


def harvest(stage: Stage) -> None:
    """A surgery's clerk opens a hundred children in one afternoon, for a marketer."""
    reader = stage.one_of("surgery").reader
    for number in range(100):
        child = stage.rng.choice(stage.place.of_authority[reader.authority])
        stage.look(reader, stage.at(15, 13 + number / 30), Kind.READ, [child], reason="enquiry")


def slow_harvest(stage: Stage) -> None:
    """A safeguarding lead takes eight strangers a day for two weeks, to stay under any limit."""
    reader = stage.one_of("school lead").reader
    for day in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11):
        for number in range(8):
            child = stage.stranger(reader)
            stage.searched(reader, stage.at(day, 9 + number * 0.8), child)


def guessed_numbers(stage: Stage) -> None:
    """A clerk without a name to go on tries numbers; one in ten passes the check digit."""
    reader = stage.one_of("part-time").reader
    for number in range(30):
        at = stage.at(16, 14 + number / 30)
        typed = (a_number(stage.rng),)
        stage.look(reader, at, Kind.READ, numbers=typed, fits=number % 10 == 3, reason="enquiry")


def pupil_numbers(stage: Stage) -> None:
    """A teacher counts up the pupil numbers of another school's class."""
    reader = stage.one_of("school office").reader
    for number in range(12):
        at = stage.at(17, 16 + number / 20)
        child = stage.stranger(reader)
        stage.look(reader, at, Kind.SEARCH, [child], numbers=(8_201_234_026_000 + number * 2,))


def where_is_she(stage: Stage) -> None:
    """A father's friend searches for a hidden girl beside one postcode after another."""
    reader = stage.one_of("school office").reader
    for number in range(7):
        at = stage.at(18, 12 + number / 10)
        stage.look(reader, at, Kind.SEARCH, person="the girl", hidden=f"place {number}")


def shielded_children(stage: Stage) -> None:
    """A health visitor opens six shielded children in one day, to see who they are."""
    reader = stage.one_of("health visitor").reader
    for number, child in enumerate(stage.rng.sample(stage.place.shielded, 6)):
        stage.look(reader, stage.at(15, 10 + number), Kind.READ, [child], reason="enquiry")


def needless_overrides(stage: Stage) -> None:
    """A duty worker overrides three shields in one quiet night."""
    reader = stage.one_of("duty at night").reader
    for number, child in enumerate(stage.rng.sample(stage.place.shielded, 3)):
        stage.look(reader, stage.at(16, 19 + number), Kind.OVERRIDE, [child], reason="harm")


def lent_account(stage: Stage) -> None:
    """Somebody has a school secretary's token, and uses it at three in the morning."""
    reader = stage.one_of("school office").reader
    for number in range(9):
        child = stage.rng.choice(stage.place.of_service[reader.organisation])
        stage.look(reader, stage.at(17, 3 + number / 10), Kind.READ, [child], reason="enquiry")


def after_leaving(stage: Stage) -> None:
    """A social worker who left tries the token that was revoked, and then an old one."""
    reader = msgspec.structs.replace(stage.one_of("social worker").reader, left=True)
    stage.look(reader, stage.at(18, 9), Kind.REFUSED)
    stage.look(reader, stage.at(18, 10), Kind.READ, [stage.stranger(reader)], reason="enquiry")


def sleeper(stage: Stage) -> None:
    """An account that nobody used for a month wakes, and sees children from everywhere."""
    member = stage.one_of("surgery")
    gone = stage.at(-10, 0)
    reader = member.reader
    stage.looks.append(Look(gone, reader, Kind.READ))  # marks it: see ``without_the_sleeper``
    for number in range(9):
        stage.searched(reader, stage.at(19, 9 + number / 2), stage.stranger(reader))


def copied_reason(stage: Stage) -> None:
    """A ward's clerk types one case's number for twenty-five unlike children."""
    reader = stage.one_of("emergency ward").reader
    for number in range(25):
        child = stage.stranger(reader)
        at = stage.at(20, 14 + number / 10)
        stage.look(reader, at, Kind.READ, [child], reason="case 4711 of mine", case=True)


def obituaries(stage: Stage) -> None:
    """A clerk finds dead children for a newspaper, one a day."""
    reader = stage.one_of("school office").reader
    for day in (14, 15, 16, 17, 18):
        child = stage.stranger(reader, dead=True)
        stage.searched(reader, stage.at(day, 11), child)


def tables(stage: Stage) -> None:
    """A data manager who has given notice exports the tables seven times in an evening."""
    reader = stage.one_of("data manager").reader
    for number in range(7):
        stage.look(reader, stage.at(17, 19 + number / 4), Kind.LISTED, reason="check")


def curious_auditor(stage: Stage) -> None:
    """An auditor asks who looked at the children of a dozen acquaintances."""
    reader = stage.one_of("auditor").reader
    for number in range(12):
        child = stage.rng.choice(stage.place.children)
        stage.look(reader, stage.at(16, 10 + number / 2), Kind.LISTED, [child], reason="audit")


SCRIPTS: tuple[Callable[[Stage], None], ...] = (
    niece,
    own_child,
    neighbours,
    former_partner,
    colleague,
    in_the_news,
    harvest,
    slow_harvest,
    guessed_numbers,
    pupil_numbers,
    where_is_she,
    shielded_children,
    needless_overrides,
    lent_account,
    after_leaving,
    sleeper,
    copied_reason,
    obituaries,
    tables,
    curious_auditor,
)


def said(script: Callable[[Stage], None]) -> str:
    """What a script does, in its own words."""
    return (script.__doc__ or "").strip()

"""What a steward had seen when they decided: it has to be as it was."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from contactpoint.errors import ContactpointError, NotFoundError
from contactpoint.judging.pair import NO_PAIR, Pair
from events.child import Child, evolve
from events.judgement import Seen
from events.log import Log

PLAN = "--plan shows it as it is now"
DIGITS = 18
"""No version has more."""


class StaleSightError(ContactpointError):
    """A record or child has changed since the steward saw it; nothing was written."""


@dataclass(frozen=True, slots=True)
class SeenChild:
    """The versions of a child and of its records, by record id."""

    version: int
    versions: tuple[tuple[UUID, int], ...]

    @property
    def records(self) -> list[UUID]:
        """The records of the child."""
        return [record for record, _ in self.versions]

    def __str__(self) -> str:
        return ".".join(map(str, (self.version, *(version for _, version in self.versions))))


def seen_of(written: str) -> Seen | None:
    """The versions of a pair as they are printed: four numbers with dots. None for all else."""
    parts = written.split(".")
    if len(parts) != len(Seen.__struct_fields__) or not all(map(is_version, parts)):
        return None
    return Seen(*map(int, parts))


def is_version(part: str) -> bool:
    """Whether this part of what somebody says they saw can be a version."""
    return part.isdecimal() and len(part) <= DIGITS


def as_seen(written: str, now: SeenChild) -> SeenChild:
    """The versions that somebody saw, from how they are written. Raises StaleSightError.

    ``now`` says which records they are of: with another record the child has another version.
    """
    version, *versions = (int(part) if is_version(part) else 0 for part in written.split("."))
    if len(versions) != len(now.versions):
        raise StaleSightError(f"the child changed since it was seen; {PLAN}")
    return SeenChild(version, tuple(zip(now.records, versions, strict=True)))


def pair_seen(pair: Pair, log: Log) -> tuple[Seen, dict[UUID, int]]:
    """The versions of both records and their children, and those of the streams by id."""
    records = log.heads.records(pair)
    if len(records) < len(pair):
        raise NotFoundError(NO_PAIR)
    sides = [records[one] for one in pair]
    children = log.heads.children([one.child for one in sides if one.child])
    found = [children[one.child].version if one.child else 0 for one in sides]
    expect = {one.record: one.state.version for one in sides}
    expect.update({child: head.version for child, head in children.items()})
    left, right = (one.state.version for one in sides)
    return Seen(left, right, *found), expect


def pair_as_seen(pair: Pair, seen: Seen, log: Log) -> dict[UUID, int]:
    """What has to stand as it was seen. Raises StaleSightError that says what does not."""
    now, expect = pair_seen(pair, log)
    sides = (
        ("record", 0, seen.left, now.left),
        ("record", 1, seen.right, now.right),
        ("the child of record", 0, seen.left_child, now.left_child),
        ("the child of record", 1, seen.right_child, now.right_child),
    )
    changed = [
        f"{what} {pair[side].hex[:8]}" for what, side, before, after in sides if before != after
    ]
    _must_be_none(changed, f"'contactpoint review show {pair}' shows it as it is now")
    return expect


def child_seen(child: UUID, log: Log) -> SeenChild:
    """The versions of a child and of its records."""
    records = sorted(log.replay(child, Child(), evolve).records)
    heads = log.heads.records(records)
    version = log.heads.children([child])[child].version
    return SeenChild(version, tuple((one, heads[one].state.version) for one in records))


def child_as_seen(child: UUID, seen: SeenChild, log: Log) -> dict[UUID, int]:
    """What has to stand as it was seen. Raises StaleSightError that says what does not."""
    now, before = child_seen(child, log), dict(seen.versions)
    own = ["the child"] if now.version != seen.version else []
    records = (f"record {one.hex[:8]}" for one, v in now.versions if before.get(one) != v)
    _must_be_none([*own, *records], PLAN)
    return {child: now.version, **dict(now.versions)}


def _must_be_none(changed: Iterable[str], advice: str) -> None:
    if told := " and ".join(changed):
        raise StaleSightError(f"{told} changed since it was seen; {advice}")

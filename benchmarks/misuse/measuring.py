"""Recall of the planted scripts, and alerts of normal work alone."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.misuse import normal, place, staff
from benchmarks.misuse.scripts import SCRIPTS, Stage, sleeper
from contactpoint.watching.look import Kind, Look
from contactpoint.watching.watcher import Alert, State, Watcher

DAY = 86_400_000_000
RECORDED = (Kind.READ, Kind.SEARCH, Kind.OVERRIDE, Kind.LISTED, Kind.OTHER)


@dataclass
class Figures:
    """What was found with one seed."""

    seed: int
    accesses: int = 0
    false: list[Alert] = field(default_factory=list)
    """Alerts over the log of normal work alone."""
    found: dict[str, str] = field(default_factory=dict)
    """By script: the topic of the first alert of its reader, on a day of its looks, that normal
    work alone did not raise; empty: none."""
    after: dict[str, int] = field(default_factory=dict)
    """By script: how many of its looks it took."""

    @property
    def recall(self) -> float:
        """Share of the scripts that were found."""
        return sum(bool(topic) for topic in self.found.values()) / len(self.found)

    @property
    def per_thousand(self) -> float:
        """False alerts for each thousand accesses."""
        return 1000 * len(self.false) / self.accesses

    @property
    def topics(self) -> Counter[str]:
        """False alerts by topic."""
        return Counter(alert.topic for alert in self.false)


def measure(seed: int, weeks: int = normal.WEEKS) -> Figures:
    """Invent a log, watch it, and watch it again with the scripts planted."""
    rng = random.Random(seed)
    where = place.made(rng)
    members = staff.engaged(where, rng)
    looks = normal.log(members, where, rng, weeks)
    figures = Figures(seed, sum(look.kind in RECORDED for look in looks))
    figures.false = list(Watcher(State(), where.share).watch(looks))
    _plant(figures, looks, Stage(where, members, rng))
    return figures


def _plant(figures: Figures, looks: Sequence[Look], stage: Stage) -> None:
    planted: dict[int, str] = {}
    gone: dict[str, int] = {}
    for script in SCRIPTS:
        before = len(stage.looks)
        script(stage)
        if script is sleeper:
            mark = stage.looks.pop(before)
            gone[mark.reader.name] = mark.at
        planted.update((id(look), script.__name__) for look in stage.looks[before:])
        figures.found[script.__name__] = ""
    kept = [one for one in looks if one.reader.name not in gone or one.at < gone[one.reader.name]]
    known = {(one.reader, one.topic, one.at // DAY) for one in figures.false}
    watcher = Watcher(State(), stage.place.share)
    playing: dict[str, tuple[str, int]] = {}
    for look in sorted([*kept, *stage.looks], key=lambda look: look.at):
        name = planted.get(id(look), "")
        if name:
            playing[look.reader.name] = name, look.day
            figures.after[name] = figures.after.get(name, 0) + (not figures.found[name])
        # A look of the reader's own work may be the one that makes the day's sum too great.
        name, day = playing.get(look.reader.name, ("", 0))
        for alert in watcher.one(look):
            planned = name and look.day == day and not figures.found[name]
            if planned and (alert.reader, alert.topic, look.day) not in known:
                figures.found[name] = alert.topic

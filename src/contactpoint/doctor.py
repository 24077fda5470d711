"""What makes an installation unsafe or unfit, and what to do about each."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contactpoint.bootstrap import Contactpoint


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing looked at: ``ok``, ``warning`` or ``wrong``."""

    level: str
    what: str
    remedy: str = ""


def examine(store: Contactpoint) -> list[Symptom]:
    """Everything that was looked at, the gravest first."""
    order = ("wrong", "warning", "ok")
    return sorted(_all(store), key=lambda symptom: order.index(symptom.level))


def _all(store: Contactpoint) -> Iterator[Symptom]:
    settings = store.settings
    yield from _apart(settings.master_key, settings.home, "master key", "MASTER_KEY_FILE")
    yield from _apart(settings.checkpoints, settings.home, "checkpoints", "CHECKPOINTS")
    if settings.one_database:
        yield Symptom(
            "warning",
            "log, keys, read models and record of access share one database server",
            "give each its own CONTACTPOINT_..._URL: who holds the server holds the keys",
        )
    yield from _modes(settings.home)
    lag = store.log.position() - min(one.position for one in store.projector.standings())
    if lag:
        yield Symptom("warning", f"read models lag by {lag:,} events", "any command catches up")
    else:
        yield Symptom("ok", "read models are in step with the log")


def _apart(path: Path, home: Path, what: str, variable: str) -> Iterator[Symptom]:
    if path.is_relative_to(home):
        yield Symptom(
            "warning",
            f"the {what} lie beside what they protect"
            if what.endswith("s")
            else f"the {what} lies beside what it protects",
            f"move {'them' if what.endswith('s') else 'it'} elsewhere and set "
            f"CONTACTPOINT_{variable}",
        )
    else:
        yield Symptom("ok", f"{what} kept apart")


def _modes(home: Path) -> Iterator[Symptom]:
    open_to_others = [path for path in [home, *home.rglob("*")] if path.stat().st_mode & 0o077]
    for path in open_to_others:
        yield Symptom("wrong", f"{path.name} may be read by others", f"chmod go= {path}")
    if not open_to_others:
        yield Symptom("ok", "only the owner may read the home")

"""What makes an installation unsafe or unfit, and what to do about each."""

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from contactpoint.bootstrap import Contactpoint
from contactpoint.configuration import unknown
from contactpoint.keeping.dates import noted
from contactpoint.keeping.place import ACCESS, LOG, READ, SUBJECT_KEYS
from contactpoint.keeping.staging import BESIDE, places
from contactpoint.moments import DAY, day_of
from contactpoint.serving.identity import fetch
from contactpoint.watching.watching import Watching
from projections import schema
from projections.retention import WHOLE, begun

"""Microseconds."""
BACKUP_DUE = 2
"""Days after which the last backup is too old: one a night, and one that may fail."""
DRILL_DUE = 35
"""Days after which somebody should have tried again whether a backup can be restored."""
WATCH_DUE = 2
"""Days after which looks should have been watched: one a night, and one that may fail."""
OUTGROWN = 2
"""Times as many records as its prior was made of, from which a model is sure of too much."""
RENEW = 21
"""Days before its end from which a certificate should be renewed."""
SLOW = 2 * 10**6
"""Microseconds by which a clock may be behind."""
SCARCE, TOO_LITTLE = 0.15, 0.03
"""Share of a disk that is free."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing looked at: ``ok``, ``warning`` or ``wrong``."""

    level: str
    what: str
    remedy: str = ""


Look = Callable[[Contactpoint], Iterator[Symptom]]


def examine(store: Contactpoint) -> list[Symptom]:
    """Everything that was looked at, the gravest first."""
    order = ("wrong", "warning", "ok")
    found = (symptom for look in LOOKS for symptom in look(store))
    return sorted(found, key=lambda symptom: order.index(symptom.level))


def _secrets(store: Contactpoint) -> Iterator[Symptom]:
    """Whether what protects lies apart from what it protects."""
    settings = store.settings
    yield from _apart(settings.master_key, settings.home, "master key", "MASTER_KEY_FILE")
    yield from _apart(settings.checkpoints, settings.home, "checkpoints", "CHECKPOINTS")
    if settings.one_database:
        yield Symptom(
            "warning",
            "log, keys, read models and record of access share one database server",
            "give each its own CONTACTPOINT_..._URL: who holds the server holds the keys",
        )


def _apart(path: Path, home: Path, what: str, variable: str) -> Iterator[Symptom]:
    lies, them = (
        ("lie beside what they protect", "them")
        if what.endswith("s")
        else (
            "lies beside what it protects",
            "it",
        )
    )
    if path.is_relative_to(home):
        yield Symptom(
            "warning",
            f"the {what} {lies}",
            f"move {them} elsewhere and set CONTACTPOINT_{variable}",
        )
    elif path.exists() and path.stat().st_dev == home.stat().st_dev:
        yield Symptom(
            "warning",
            f"the {what} {lies.split()[0]} on the same disk as the home",
            f"one that breaks takes both: keep {them} on another disk or machine",
        )
    else:
        yield Symptom("ok", f"{what} kept apart")


def _modes(store: Contactpoint) -> Iterator[Symptom]:
    """Whether others may read anything."""
    settings = store.settings
    paths = [settings.home, *settings.home.rglob("*"), *settings.checkpoints.rglob("*")]
    open_to_others = [path for path in dict.fromkeys(paths) if path.stat().st_mode & 0o077]
    for path in open_to_others:
        yield Symptom("wrong", f"{path.name} may be read by others", f"chmod go= {path}")
    if not open_to_others:
        yield Symptom("ok", "only the owner may read the home")


def _settings(store: Contactpoint) -> Iterator[Symptom]:
    """Whether every variable with our prefix is a setting."""
    for name in unknown(os.environ):
        yield Symptom("warning", f"no setting {name}", "a setting that is misspelt counts nowhere")
    if store.settings.issuer is None:
        yield Symptom(
            "warning",
            "the service would take the index's own tokens",
            "for trial: CONTACTPOINT_ISSUER names who vouches for people",
        )


def _disks(store: Contactpoint) -> Iterator[Symptom]:
    """Whether there is room where something is written."""
    settings = store.settings
    files = [
        Path(url.database or "").parent
        for url in map(sa.make_url, (settings.log_url, settings.keys_url, settings.read_url))
        if url.get_backend_name() == "sqlite"
    ]
    seen: set[int] = set()
    for folder in (settings.home, *files, settings.checkpoints):
        if not folder.exists() or folder.stat().st_dev in seen:
            continue
        seen.add(folder.stat().st_dev)
        usage = shutil.disk_usage(folder)
        free = usage.free / usage.total
        level = "wrong" if free < TOO_LITTLE else "warning" if free < SCARCE else "ok"
        what = f"{free:.0%} of the disk of {folder} is free"
        remedy = "a rebuild and a restore need room for what they make beside what stands there"
        yield Symptom(level, what, "" if level == "ok" else remedy)


def _clock(store: Contactpoint) -> Iterator[Symptom]:
    """Whether the clock goes on where the log ended."""
    last = store.log.last_link()
    now = time.time_ns() // 1000
    if last is not None and last.recorded > now + SLOW:
        yield Symptom(
            "wrong",
            f"the clock is {(last.recorded - now) / 10**6:,.0f} s behind the last commit",
            "set it by the network: what is recorded would be dated wrongly",
        )
    else:
        yield Symptom("ok", "the clock is past the last commit")
    if store.read.dialect.name == "postgresql":
        yield from _clock_of_server(store)


def _clock_of_server(store: Contactpoint) -> Iterator[Symptom]:
    with store.read.connect() as connection:
        theirs = connection.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())"))
        apart = abs(float(theirs.scalar_one()) - time.time())
    if apart * 10**6 > SLOW:
        yield Symptom(
            "warning",
            f"the database's clock is {apart:,.0f} s from ours",
            "set both by the network",
        )


def _read_models(store: Contactpoint) -> Iterator[Symptom]:
    """Whether the read models can be read, and are in step."""
    with store.read.connect() as connection:
        found = schema.version(connection)
    if found not in (None, schema.VERSION):
        yield Symptom("wrong", str(schema.SchemaError(str(found))), "contactpoint migrate")
        return
    lag = store.log.position() - min(one.position for one in store.projector.standings())
    if lag < 0:
        ahead = f"read models took in {-lag:,} events that the log has no more"
        yield Symptom("wrong", ahead, "contactpoint restore --put-back, where it was put back")
    elif lag:
        yield Symptom("warning", f"read models lag by {lag:,} events", "any command catches up")
    else:
        yield Symptom("ok", "read models are in step with the log")
    yield _purges(store)


def _purges(store: Contactpoint) -> Symptom:
    """Whether anybody is kept longer than may be."""
    due = store.workings.due(begun(day_of(store.chance.clock()), WHOLE))
    if not due.children and not due.records:
        return Symptom("ok", "nobody is kept beyond the years of the archive")
    counts = f"{len(due.children):,} of children and {len(due.records):,} of records of no child"
    return Symptom("warning", f"purges are due: {counts}", "contactpoint purge")


def _model(store: Contactpoint) -> Iterator[Symptom]:
    """Whether the prior in force was made of about as many records as may be seen now.

    How many they are is not said: ``status`` tells it, of the same moment as all else.
    """
    of = store.model.made_of
    if not of:
        yield Symptom("ok", "the model's prior is that of England")
    elif sum(1 for _ in store.open_records.ordinals()) > OUTGROWN * of:
        yield Symptom(
            "warning",
            f"there are more than {OUTGROWN} times the records that the model's prior was made of",
            "contactpoint train --prior",
        )
    else:
        yield Symptom("ok", "the model's prior was made of about as many records as there are")


def _backups(store: Contactpoint) -> Iterator[Symptom]:
    """Whether a backup was taken lately, and one was tried."""
    dates, now = noted(store.settings), time.time_ns() // 1000
    for at, due, what, remedy in (
        (dates.backup, BACKUP_DUE, "backup", "contactpoint backup DEST --keys FOLDER"),
        (dates.drill, DRILL_DUE, "drill of a restore", "contactpoint restore DEST --drill"),
    ):
        days = (now - at) // DAY
        if not at:
            yield Symptom("warning", f"no {what} yet from this home", remedy)
        elif days > due:
            yield Symptom("warning", f"the last {what} is {_ago(days)}", remedy)
        else:
            yield Symptom("ok", f"the last {what} is {_ago(days)}")


def _watching(store: Contactpoint) -> Iterator[Symptom]:
    """Whether looks are watched soon after they were made."""
    now = store.chance.clock()
    waits = (now - (Watching(store).unwatched_since() or now)) // DAY
    if waits > WATCH_DUE:
        what = f"looks wait to be watched since {waits:,} days"
        yield Symptom("warning", what, "contactpoint audit watch, from a timer")
    else:
        yield Symptom("ok", "what was looked at is watched")


def _ago(days: int) -> str:
    return "of the last 24 hours" if days < 1 else f"{days:,} day{'s' * (days > 1)} old"


def _left_over(store: Contactpoint) -> Iterator[Symptom]:
    """Whether a restore or a drill that was killed has left particulars in clear."""
    here = places(store.settings)
    parts = (LOG, ACCESS, SUBJECT_KEYS, READ)
    left = [part.name for part in parts if here[part.name].beside(BESIDE).is_taken(part)]
    if left:
        yield Symptom(
            "warning",
            f"a restore that was cut short has left {', '.join(left)}",
            "the next restore, drill or erasure removes it",
        )


def _ports(store: Contactpoint) -> Iterator[Symptom]:
    """Whether health and metrics are for this machine alone, and their port is to be had."""
    if store.settings.metrics is None:
        yield Symptom("warning", "health and metrics are off", "set CONTACTPOINT_METRICS")
        return
    host, port = store.settings.metrics
    if not _is_loopback(host):
        yield Symptom(
            "warning",
            f"health and metrics are shown to others at {host}:{port}",
            "let a firewall open it to the monitoring alone, or set CONTACTPOINT_METRICS",
        )
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as tried:
        taken = tried.connect_ex((host, port)) == 0
    said = "is answered: by the service, or by another program" if taken else "is free"
    yield Symptom("ok", f"the port {port} of health and metrics {said}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _certificate(store: Contactpoint) -> Iterator[Symptom]:
    """Whether the service's certificate is in force, and fits its key."""
    chain, key = store.settings.certificate, store.settings.certificate_key
    if chain is None or key is None:
        what = "no certificate is set: what the service says and hears is not encrypted by it"
        yield Symptom("warning", what, "let something in front encrypt, or set both")
        return
    try:
        certificate = x509.load_pem_x509_certificate(chain.read_bytes())
        secret = serialization.load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        what = f"the certificate or its key cannot be read: {type(error).__name__}"
        yield Symptom("wrong", what, f"expected PEM at {chain} and {key}")
        return
    if key.stat().st_mode & 0o077:
        yield Symptom("wrong", f"{key.name} may be read by others", f"chmod go= {key}")
    if certificate.public_key() != secret.public_key():
        yield Symptom("wrong", "the certificate is not of its key", "expected the two of one pair")
    left = (certificate.not_valid_after_utc - datetime.now(UTC)).days
    level = "wrong" if left < 0 else "warning" if left < RENEW else "ok"
    remedy = "" if level == "ok" else "renew it, and begin the service anew"
    yield Symptom(level, f"the certificate is in force for {left:,} more days", remedy)


def _issuer(store: Contactpoint) -> Iterator[Symptom]:
    """Whether the issuer of tokens can be asked for its keys."""
    if store.settings.issuer is None:
        return
    issuer = store.settings.issuer
    where = issuer.keys_url or f"{issuer.url.rstrip('/')}/.well-known/openid-configuration"
    try:
        fetch(where)
    except Exception as error:
        yield Symptom("wrong", f"{where} cannot be read: {type(error).__name__}", "nobody gets in")
    else:
        yield Symptom("ok", "the issuer of tokens answers")


LOOKS: tuple[Look, ...] = (
    _secrets,
    _modes,
    _settings,
    _issuer,
    _certificate,
    _disks,
    _clock,
    _read_models,
    _model,
    _backups,
    _watching,
    _left_over,
    _ports,
)
"""Everything that is looked at."""

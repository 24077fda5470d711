"""Settings, read once from the environment and a file: where databases, keys and files are."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contactpoint.configuration import HOME, gathered
from contactpoint.errors import UsageError
from contactpoint.people.actor import Role
from contactpoint.people.allowance import BURST, PEOPLE, RATE
from contactpoint.people.issuer import ALGORITHMS, Issuer

CHUNK = 50_000
"""Rows in one commit of a load: fewer commits, fewer pages of an index changed again by each."""
WORTH_KEEPING = 1_000
BROKERAGE = "ask a shielding officer of the index"
ISSUER = ("ISSUER", "ISSUER_KEYS", "AUDIENCE", "ALGORITHMS", "STRONG_ACR", "ROLES_CLAIM")
DRAIN = 1
METRICS = ("127.0.0.1", 9464)
LARGE = 16 << 20
"""A second process takes about a second to begin: as long as some 16 MiB take alone."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between one installation and another."""

    home: Path
    log_url: str
    keys_url: str
    read_url: str
    access_url: str
    master_key: Path
    checkpoints: Path
    processes: int = 2
    """Processes that a load may use: 1, or 2 to read and seal in one and write in the other."""
    shared_from: int = LARGE
    """Bytes from which a delivery is shared between two processes."""
    kept_from: int = WORTH_KEEPING
    """Rows from which it is kept what a delivery's rows were read as."""
    chunk: int = CHUNK
    backup_days: int = 35
    """Days for which the oldest backup of the keys is kept: erasure is final after them."""
    brokerage: str = BROKERAGE
    """How to reach who brokers contact with shielded children: the same for all of them."""
    one_database: bool = False
    """All four databases are one server's (CONTACTPOINT_DATABASE_URL), in separate schemas."""
    token: str | None = field(default=None, repr=False)
    """The token of whoever acts; None where the shell's user does."""
    second_token: str | None = field(default=None, repr=False)
    """The token of the second person of an act of two."""

    workers: int = 1
    """Processes of the service."""
    people: Mapping[Role, int] = field(default_factory=lambda: PEOPLE)
    """Different children whom a reader of a role may be shown in a day."""
    rate: float = RATE
    """Requests in a second that one reader may ask in the long run."""
    burst: int = BURST
    """Requests of one reader that may come at once."""
    certificate: Path | None = None
    """The service's chain of certificates; None where something in front of it encrypts."""
    certificate_key: Path | None = None
    metrics: tuple[str, int] | None = METRICS
    """Address and port of health and metrics; None where nobody asks."""
    drain: float = DRAIN
    """Seconds for which the service says that it is ending before it stops to listen."""
    issuer: Issuer | None = None
    """Who vouches for people; None where the index's own tokens do."""

    @property
    def work(self) -> Path:
        """Folder for locks and the matcher's index."""
        return self.home / "work"


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that the ``CONTACTPOINT_...`` variables state, and defaults for the rest.

    What they do not state, the file of settings may (``contactpoint.configuration``). Raises
    UsageError where one holds what it cannot.
    """
    environment = gathered(environment)
    home = Path(environment.get("CONTACTPOINT_HOME") or HOME).absolute()
    shared = _address(environment, "CONTACTPOINT_DATABASE_URL")
    if shared.startswith("sqlite:"):
        raise UsageError(
            "CONTACTPOINT_DATABASE_URL: expected postgresql://USER@HOST/DATABASE; SQLite has no "
            "schemas, and without the variable four files stand under CONTACTPOINT_HOME"
        )

    def url(name: str) -> str:
        stated = _address(environment, f"CONTACTPOINT_{name.upper()}_URL")
        return stated or _shared(shared, name) or f"sqlite:///{home / name}.db"

    return Settings(
        home=home,
        log_url=url("log"),
        keys_url=url("keys"),
        read_url=url("read"),
        access_url=url("access"),
        master_key=Path(
            environment.get("CONTACTPOINT_MASTER_KEY_FILE") or home / "master.key"
        ).absolute(),
        checkpoints=Path(
            environment.get("CONTACTPOINT_CHECKPOINTS") or home / "checkpoints"
        ).absolute(),
        processes=_number(environment, "CONTACTPOINT_PROCESSES", os.cpu_count() or 1, 1, 2),
        shared_from=_number(environment, "CONTACTPOINT_SHARED_FROM", LARGE, 0, 1 << 50),
        kept_from=_number(environment, "CONTACTPOINT_KEPT_FROM", WORTH_KEEPING, 1, 1 << 50),
        chunk=_number(environment, "CONTACTPOINT_CHUNK", CHUNK, 1, 1_000_000),
        backup_days=_number(environment, "CONTACTPOINT_BACKUP_DAYS", 35, 0, 36_500),
        brokerage=environment.get("CONTACTPOINT_BROKERAGE", "").strip() or BROKERAGE,
        one_database=bool(shared),
        workers=_number(environment, "CONTACTPOINT_WORKERS", os.cpu_count() or 1, 1, 64),
        rate=float(_number(environment, "CONTACTPOINT_RATE", int(RATE), 1, 1_000_000)),
        burst=_number(environment, "CONTACTPOINT_BURST", BURST, 1, 1_000_000),
        certificate=_path(environment, "CONTACTPOINT_CERTIFICATE"),
        certificate_key=_path(environment, "CONTACTPOINT_CERTIFICATE_KEY"),
        metrics=_metrics(environment),
        drain=float(_number(environment, "CONTACTPOINT_DRAIN", DRAIN, 0, 300)),
        people=_people(environment),
        issuer=_issuer(environment),
        token=environment.get("CONTACTPOINT_TOKEN"),
        second_token=environment.get("CONTACTPOINT_SECOND_TOKEN"),
    )


def _people(environment: Mapping[str, str]) -> Mapping[Role, int]:
    """``CONTACTPOINT_PEOPLE``: a role's number of people in a day, as ``practitioner=100``."""
    found = dict(PEOPLE)
    for stated in environment.get("CONTACTPOINT_PEOPLE", "").split(","):
        role, _, number = stated.strip().partition("=")
        if not stated.strip():
            continue
        if role not in PEOPLE or not number.isdigit():
            raise UsageError(
                f"CONTACTPOINT_PEOPLE: expected ROLE=NUMBER,... with roles of {', '.join(PEOPLE)}"
            )
        found[Role(role)] = int(number)
    return found


def _issuer(environment: Mapping[str, str]) -> Issuer | None:
    """The issuer of tokens that ``CONTACTPOINT_ISSUER`` and the variables beside it name."""
    stated = {name: environment.get(f"CONTACTPOINT_{name}", "").strip() for name in ISSUER}
    url, keys, audience = stated["ISSUER"], stated["ISSUER_KEYS"], stated["AUDIENCE"]
    if not url:
        return None
    for name, address in (("ISSUER", url), ("ISSUER_KEYS", keys)):
        here = address.startswith(("http://127.0.0.1", "http://localhost"))
        if address and not address.startswith("https://") and not here:
            raise UsageError(f"CONTACTPOINT_{name}: expected an https address")
    if not audience:
        raise UsageError("CONTACTPOINT_AUDIENCE: expected whom the issuer's tokens are meant for")
    algorithms = tuple(stated["ALGORITHMS"].replace(",", " ").split()) or (
        "ES256",
        "PS256",
        "RS256",
    )
    if set(algorithms) - set(ALGORITHMS):
        raise UsageError(f"CONTACTPOINT_ALGORITHMS: expected some of {', '.join(ALGORITHMS)}")
    strong = tuple(stated["STRONG_ACR"].split())
    return Issuer(
        url, audience, keys, algorithms, strong, stated["ROLES_CLAIM"] or "contactpoint_roles"
    )


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    stated = environment.get(name, "").strip()
    return Path(stated).absolute() if stated else None


def _metrics(environment: Mapping[str, str]) -> tuple[str, int] | None:
    """``CONTACTPOINT_METRICS``: an address and a port, or ``off``."""
    text = environment.get("CONTACTPOINT_METRICS", "").strip()
    if not text or text == "off":
        return None if text else METRICS
    address, _, port = text.rpartition(":")
    if not address or not port.isdigit() or not 1 <= int(port) <= 65_535:
        raise UsageError("CONTACTPOINT_METRICS: expected ADDRESS:PORT, or off")
    return address.strip("[]"), int(port)


def _address(environment: Mapping[str, str], name: str) -> str:
    """The address that a variable states, or nothing. Its text may hold a password: never shown."""
    stated = environment.get(name, "").strip()
    if stated and not stated.startswith(("sqlite:///", "postgresql:", "postgresql+psycopg:")):
        raise UsageError(f"{name}: expected sqlite:///FILE or postgresql://USER@HOST/DATABASE")
    return stated


def _shared(url: str, name: str) -> str:
    """The one server's address with a schema of its own for each database."""
    if not url:
        return ""
    return f"{url}{'&' if '?' in url else '?'}schema=contactpoint_{name}"


def _number(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return max(least, min(default, most))
    if not text.isdigit() or not least <= int(text) <= most:
        raise UsageError(f"{name}: expected a whole number from {least} to {most}")
    return int(text)

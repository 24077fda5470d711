"""What can be set, and where it is said: in the environment, in a file of settings, in a secret.

Each setting is a variable ``CONTACTPOINT_...``. The file, ``contactpoint.toml``, has the same names
in small letters without the prefix. What the environment says goes before it.
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contactpoint.errors import UsageError

PREFIX = "CONTACTPOINT_"
HOME = "contactpoint-data"
FILE = "contactpoint.toml"
IN_SECRET = "_FILE"  # noqa: S105 - the end of a name


@dataclass(frozen=True, slots=True)
class Known:
    """One setting."""

    what: str
    default: str = ""
    """As people read it."""
    path: bool = False
    """Whether it names a file or folder: in the file, from where the file is."""
    secret: bool = False
    """Whether it may be read from a file of its own, named by the setting with ``_FILE``."""
    in_file: bool = True
    """Whether it may stand in the file of settings."""


KNOWN: Mapping[str, Known] = {
    "CONFIG": Known("the file of settings", "contactpoint.toml in the home", in_file=False),
    "HOME": Known("folder of the embedded store, of models and locks", f"./{HOME}", path=True),
    "DATABASE_URL": Known(
        "one PostgreSQL server for all four databases, in schemas of their own", secret=True
    ),
    "LOG_URL": Known("the log", "log.db in the home", secret=True),
    "KEYS_URL": Known("the subjects' keys", "keys.db in the home", secret=True),
    "READ_URL": Known("the read models", "read.db in the home", secret=True),
    "ACCESS_URL": Known("the record of access", "access.db in the home", secret=True),
    "MASTER_KEY_FILE": Known("the master key", "master.key in the home", path=True),
    "CHECKPOINTS": Known(
        "folder of the checkpoints and of the ledgers of erasures and shields",
        "checkpoints in the home",
        path=True,
    ),
    "BACKUP_DAYS": Known("days after which a copy of the keys has to be gone", "35"),
    "BROKERAGE": Known(
        "how to reach who brokers contact with shielded children",
        "ask a shielding officer of the index",
    ),
    "PROCESSES": Known("processes of a load, 1 or 2", "2, where there are two cores"),
    "SHARED_FROM": Known("bytes from which a delivery is read by two processes", "16777216"),
    "KEPT_FROM": Known("rows from which it is kept what they were read as", "1000"),
    "CHUNK": Known("rows in one commit of a load", "50000"),
    "WORKERS": Known("processes of the service", "one for each core"),
    "RATE": Known("requests in a second that one reader may ask in the long run", "10"),
    "BURST": Known("requests of one reader that may come at once", "50"),
    "PEOPLE": Known("different children that a role may be shown in a day: ROLE=NUMBER,..."),
    "ISSUER": Known("address of the OpenID Connect issuer that vouches for people"),
    "ISSUER_KEYS": Known("address of its keys", "as the issuer's own description says"),
    "AUDIENCE": Known("whom the issuer's tokens are meant for; needed with an issuer"),
    "ALGORITHMS": Known("algorithms of signatures that count", "ES256 PS256 RS256"),
    "STRONG_ACR": Known("values of the claim acr that mean strong authentication"),
    "ROLES_CLAIM": Known("claim with the roles", "contactpoint_roles"),
    "CERTIFICATE": Known("chain of certificates of the service, as PEM", path=True),
    "CERTIFICATE_KEY": Known("its key, as PEM", path=True),
    "METRICS": Known("ADDRESS:PORT of health and metrics, or off", "127.0.0.1:9464"),
    "DRAIN": Known("seconds for which readiness fails before the service stops to listen", "1"),
    "TOKEN": Known("the token of whoever acts", secret=True, in_file=False),
    "SECOND_TOKEN": Known("the token of the second person", secret=True, in_file=False),
}
"""Every setting by its name without the prefix, in the order in which documents tell of them."""

OTHERS = frozenset(
    {"TRACEBACK", "FAILPOINT", "COMPLETE", "TEST_PG", "FIXTURES", "SEED", "SEQUENCES", "PAIRS"}
)
"""Variables that are no settings of an installation."""
URLS = ("LOG_URL", "KEYS_URL", "READ_URL", "ACCESS_URL")


def gathered(environment: Mapping[str, str]) -> dict[str, str]:
    """All settings that are stated anywhere, as the variables of an environment.

    Raises UsageError where the file has what is none, or a secret lies open to others.
    """
    said = dict(environment)
    _take_secrets(said, "")
    path = _file(said)
    if path is not None:
        _take_file(said, path)
    return said


def unknown(environment: Mapping[str, str]) -> list[str]:
    """Variables with our prefix that are no setting, each with the nearest that is one."""
    names = {PREFIX + name for name in (*KNOWN, *OTHERS)}
    names |= {f"{PREFIX}{name}{IN_SECRET}" for name, known in KNOWN.items() if known.secret}
    strange = sorted(name for name in environment if name.startswith(PREFIX))
    return [f"{name}{_nearest(name, names)}" for name in strange if name not in names]


def _file(said: Mapping[str, str]) -> Path | None:
    """The file of settings; None where none was named and none is there."""
    named = said.get(f"{PREFIX}CONFIG", "").strip()
    home = said.get(f"{PREFIX}HOME") or HOME
    path = Path(named or Path(home) / FILE).absolute()
    if path.is_file():
        return path
    if named:
        raise UsageError(f"{PREFIX}CONFIG: no file at {path}")
    return None


def _take_file(said: dict[str, str], path: Path) -> None:
    """Add what the file says and the environment does not."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not TOML: {error}") from None
    names = {name.lower() for name, known in KNOWN.items() if known.in_file}
    names |= {
        f"{name}{IN_SECRET}".lower()
        for name, known in KNOWN.items()
        if known.secret and known.in_file
    }
    values: dict[str, str] = {}
    for key, value in found.items():
        if key not in names:
            raise UsageError(f"{path}: no setting {key!r}{_nearest(key, names)}")
        values[key.upper()] = _text(path, key, value)
    for name, value in values.items():
        is_path = name.endswith(IN_SECRET) or (name in KNOWN and KNOWN[name].path)
        values[name] = str(path.parent / value) if is_path else value
    _take_secrets(values, f"{path}: ", prefix="")
    if said.get(f"{PREFIX}DATABASE_URL", "").strip():
        # One server for all, named in the environment, goes before each one in the file.
        for name in URLS:
            values.pop(name, None)
    for name, value in values.items():
        if not said.get(PREFIX + name, "").strip():
            said[PREFIX + name] = value


def _take_secrets(said: dict[str, str], place: str, prefix: str = PREFIX) -> None:
    """Put in the first line of each file that a secret setting is read from."""
    for name, known in KNOWN.items():
        where = said.get(f"{prefix}{name}{IN_SECRET}", "").strip()
        if known.secret and where and prefix + name not in said:
            said[prefix + name] = _secret(Path(where), f"{place}{prefix}{name}{IN_SECRET}")


def _secret(path: Path, name: str) -> str:
    if not path.is_file():
        raise UsageError(f"{name}: no file at {path}")
    if path.stat().st_mode & 0o007:
        raise UsageError(f"{name}: {path} may be read by others; expected mode 0600 or 0640")
    return path.read_text(encoding="utf-8").partition("\n")[0].strip()


def _text(path: Path, key: str, value: Any) -> str:
    """A value of the file as a variable would state it. What it is, is never repeated."""
    match value:
        case bool():
            pass
        case str() | int():
            return str(value)
        case list() if all(isinstance(one, str) for one in value):
            return " ".join(value)
        case dict() if all(isinstance(one, int) for one in value.values()):
            return ",".join(f"{name}={number}" for name, number in value.items())
    raise UsageError(f"{path}: {key}: expected a text, a whole number or a list of texts")


def _nearest(name: str, names: "set[str]") -> str:
    near = difflib.get_close_matches(name, sorted(names), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""

"""A mapping: which columns of somebody's table are which of ours, told in TOML.

[feed]
key = "PupilID"          # the column that names the record; required
scope = "LAESTAB"        # optional columns: scope, effective, sequence, former_key
delimiter = ";"          # a comma unless said
dates = "%d %b %Y"       # how dates are written, where not in a usual form
mode = "snapshot"        # delta unless said
skip = 1                 # lines before the names of the columns
total = "TRAILER"        # first cell of a last row whose second cell counts the rows

[settings]               # one_record_each, dual_registration, verified, guard_share,
verified = ["nhs"]       # oldest, cadence: how the source behaves

[columns]                # ours = theirs
given = "Forename"
"""

import difflib
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

from feeds.mapping import read_toml
from feeds.submission import FeedError, Mode, Settings

COLUMNS: Final = (
    "given", "middle", "family", "former_family", "preferred_family", "alias", "dob",
    "expected_dob", "sex", "postcode", "address", "town", "phone", "email", "nhs", "nhs_status",
    "upn", "former_upn", "guardian_given", "guardian_family", "mother_maiden", "mother_nhs",
    "births", "birth_order", "died",
)  # fmt: skip
"""Our names of the columns, of mappings and of ``score``."""

ROLES: Final = ("key", "scope", "effective", "sequence", "former_key")
"""Columns that say which record a row is and when it is true."""

FIELD_KINDS: Final = ("exact", "name", "text", "date", "number")

DEFAULTS: Final = Settings(one_record_each=False, oldest=None)
"""A table of which nothing is told: any number of records of a child, nothing verified."""


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A further field that a table of another shape declares."""

    column: str
    kind: Literal["exact", "name", "text", "date", "number"]


class _Feed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str = "key"
    scope: str = "scope"
    effective: str = "effective"
    sequence: str = "sequence"
    former_key: str = "former_key"
    delimiter: str = ","
    dates: str = ""
    mode: Mode = "delta"
    skip: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    total: str = ""


class _Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    one_record_each: bool = False
    dual_registration: bool = False
    verified: tuple[Literal["nhs", "upn"], ...] = ()
    guard_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = DEFAULTS.guard_share
    oldest: Annotated[int, msgspec.Meta(ge=0, le=150)] | None = None
    cadence: str = ""


class Mapped(msgspec.Struct, frozen=True):
    """A mapping that has been read and checked."""

    roles: dict[str, str]
    """Ours (of ``ROLES``) to theirs."""
    columns: dict[str, str]
    """Ours (of ``COLUMNS``) to theirs."""
    delimiter: str = ","
    dates: str = ""
    mode: Mode = "delta"
    skip: int = 0
    total: str = ""
    settings: Settings = DEFAULTS
    fields: dict[str, Field] = {}


OWN_NAMES: Final = Mapped(
    roles={role: role for role in ROLES}, columns={column: column for column in COLUMNS}
)
"""Without a mapping, columns with our own names bind to themselves."""


def read_mapping(path: Path) -> Mapped:
    """Give the mapping in a TOML file.

    Raises FeedError naming the table and the key where it is not one: a word that is not known
    (with the nearest that is), a value of the wrong kind, or declared further fields, which are
    checked here and cannot be loaded yet.
    """
    told = read_toml(path)
    _refuse_unknown(path, "", told, ("feed", "settings", "columns", "fields"))
    feed = _table(path, "feed", told, _Feed)
    if "key" not in told.get("feed", {}):
        raise FeedError(path.name, "[feed]", "key", "the column that names the record")
    settings = _table(path, "settings", told, _Settings)
    columns = _table(path, "columns", told, dict[str, str])
    _refuse_unknown(path, "columns", columns, COLUMNS)
    fields = _fields(path, told)
    if len(feed.delimiter) != 1 or feed.delimiter.isalnum() or feed.delimiter in '"\r\n\0 ':
        raise FeedError(path.name, "[feed]", "delimiter", "a single character between cells")
    if feed.dates and not _tells_a_day(feed.dates):
        expected = "day, month and year as strptime has them, such as %d %b %Y"
        raise FeedError(path.name, "[feed]", "dates", expected)
    roles = {role: getattr(feed, role) for role in ROLES if role in told["feed"]}
    return Mapped(
        roles,
        columns,
        feed.delimiter,
        feed.dates,
        feed.mode,
        feed.skip,
        feed.total,
        Settings(**msgspec.structs.asdict(settings)),
        fields,
    )


def _fields(path: Path, told: Mapping[str, Any]) -> dict[str, Field]:
    """Check the further fields that a mapping declares."""
    fields: dict[str, Field] = {}
    declared = told.get("fields", {})
    if not isinstance(declared, dict):
        raise FeedError(path.name, "[fields]", "", "a table")
    for name, each in declared.items():
        where = f"fields.{name}"
        if isinstance(each, dict):
            _refuse_unknown(path, where, each, ("column", "kind"))
        try:
            fields[name] = msgspec.convert(each, Field)
        except msgspec.ValidationError:
            kinds = ", ".join(FIELD_KINDS)
            raise FeedError(
                path.name, f"[{where}]", "", f"a column and a kind, one of {kinds}"
            ) from None
    if fields:
        raise FeedError(
            path.name,
            "[fields]",
            next(iter(fields)),
            "no further fields: tables of another shape are not supported yet",
        )
    return fields


def _table(path: Path, name: str, told: Mapping[str, Any], shape: Any) -> Any:
    table = told.get(name, {})
    if not isinstance(table, dict):
        raise FeedError(path.name, f"[{name}]", "", "a table")
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        _refuse_unknown(path, name, table, shape.__struct_fields__)
    try:
        return msgspec.convert(table, shape)
    except msgspec.ValidationError as broken:
        field = str(broken).rpartition("$.")[2].rstrip("`") if "$." in str(broken) else ""
        field = field.partition("[")[0]
        expected = str(broken).partition(" - ")[0].partition(", got")[0].lower()
        expected = _CHOICES.get(field, expected.removeprefix("expected "))
        raise FeedError(path.name, f"[{name}]", field, expected) from None


_CHOICES: Final = {
    "mode": "snapshot or delta",
    "verified": "a list of nhs, upn or both",
    "guard_share": "a share from 0 to 1",
}


def _tells_a_day(form: str) -> bool:
    """Whether a form of dates says day, month and year, all of them."""
    day = datetime(2015, 12, 31)  # noqa: DTZ001  # a day only
    try:
        return datetime.strptime(day.strftime(form), form) == day  # noqa: DTZ007
    except ValueError:
        return False


def _refuse_unknown(path: Path, table: str, told: Iterable[str], known: Iterable[str]) -> None:
    known = tuple(known)
    for name in told:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"{near[0]!r} (did you mean that?)" if near else "one of " + ", ".join(known)
            raise FeedError(path.name, f"[{table}]" if table else "", name, meant)

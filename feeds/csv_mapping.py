"""A mapping: which columns of somebody's table are which of ours, told in TOML.

[feed]
key = "PupilID"          # the column that names the record; required
scope = "LAESTAB"        # also: effective, sequence, former_key, merged_into; none is required
delimiter = ";"          # a comma unless said
dates = "%d %b %Y"       # how dates are written, where not in a usual form
mode = "snapshot"        # delta unless said
skip = 1                 # lines before the names of the columns
total = "TRAILER"        # first cell of a last row whose second cell counts the rows

[settings]               # one_record_each, dual_registration, verified, guard_share,
verified = ["nhs"]       # oldest, cadence: how the source behaves

[columns]                # ours = theirs
given = "Forename"

[fields]                 # a table of another shape declares what it has in their place
surname = { kind = "name", column = "LastName" }           # column: the field's name unless said
forename = { kind = "name", exchanged_with = "surname" }   # the two may have changed places
address = { kind = "text", columns = ["Street", "Town"] }  # several columns, read as one
born = { kind = "date", columns = ["Year", "Month", "Day"] }
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

from feeds.mapping import read_toml
from feeds.submission import FeedError, Mode, Settings
from person.declared import KINDS, OWN_FIELDS, DeclaredField, Kind

COLUMNS: Final = (
    "given", "middle", "family", "former_family", "preferred_family", "alias", "dob",
    "expected_dob", "sex", "postcode", "address", "town", "phone", "email", "nhs", "nhs_status",
    "upn", "former_upn", "guardian_given", "guardian_family", "mother_maiden", "mother_nhs",
    "births", "birth_order", "died",
)  # fmt: skip
"""Our names of the columns, of mappings and of ``score``."""

ROLES: Final = ("key", "scope", "effective", "sequence", "former_key", "merged_into")
"""Columns that say which record a row is and when it is true."""

MOST_FIELDS: Final = 15
_FIELD_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
"""Names of fields stand in clear in the log."""

DEFAULTS: Final = Settings(one_record_each=False, oldest=None)
"""A table of which nothing is told: any number of records of a child, nothing verified."""


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field that a table of another shape declares."""

    kind: Kind
    column: str = ""
    columns: tuple[str, ...] = ()
    exchanged_with: str = ""


class _Feed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str = "key"
    scope: str = "scope"
    effective: str = "effective"
    sequence: str = "sequence"
    former_key: str = "former_key"
    merged_into: str = "merged_into"
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
    """Between cells; empty: as the first row shows."""
    dates: str = ""
    mode: Mode = "delta"
    skip: int = 0
    total: str = ""
    settings: Settings = DEFAULTS
    fields: dict[str, tuple[str, ...]] = {}
    """Declared field to the columns that it is read from; their kinds stand in ``settings``."""


OWN_NAMES: Final = Mapped(
    roles={role: role for role in ROLES},
    columns={column: column for column in COLUMNS},
    delimiter="",
)
"""Without a mapping, columns with our own names bind to themselves, whatever parts the cells."""


def read_mapping(path: Path) -> Mapped:
    """Give the mapping in a TOML file.

    Raises FeedError naming the table and the key where it is not one: a word that is not known
    (with the nearest that is), or a value of the wrong kind.
    """
    told = read_toml(path)
    _refuse_unknown(path, "", told, ("feed", "settings", "columns", "fields"))
    feed = _table(path, "feed", told, _Feed)
    if "key" not in told.get("feed", {}):
        raise FeedError(path.name, "[feed]", "key", "the column that names the record")
    settings = _table(path, "settings", told, _Settings)
    columns = _table(path, "columns", told, dict[str, str])
    _refuse_unknown(path, "columns", columns, COLUMNS)
    fields = _fields(path, told, columns)
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
        Settings(**msgspec.structs.asdict(settings), fields=_declared(fields, columns)),
        {name: field.columns or (field.column or name,) for name, field in fields.items()},
    )


def _fields(path: Path, told: Mapping[str, Any], columns: Iterable[str]) -> dict[str, Field]:
    """Check the fields that a mapping declares."""
    declared = told.get("fields", {})
    if not isinstance(declared, dict):
        raise FeedError(path.name, "[fields]", "", "a table")
    fields = {name: _field(path, name, each) for name, each in declared.items()}
    for name, field in fields.items():
        if name in columns:
            raise FeedError(path.name, "[fields]", name, "it here or in [columns], not both")
        if (other := field.exchanged_with) and (
            other == name or {"name"} != {field.kind, fields.get(other, _OTHER).kind}
        ):
            expected = "another field of kind name, and of that kind itself"
            raise FeedError(path.name, f"[fields.{name}]", "exchanged_with", expected)
    if fields and len(_declared(fields, columns)) > MOST_FIELDS:
        expected = f"at most {MOST_FIELDS} fields, mapped columns among them"
        raise FeedError(path.name, "[fields]", "", expected)
    return fields


_OTHER: Final = Field("exact")


def _field(path: Path, name: str, told: object) -> Field:
    """One declared field."""
    where = f"[fields.{name}]"
    if not _FIELD_NAME.fullmatch(name):
        expected = "a name of up to 40 letters, digits, - and _"
        raise FeedError(path.name, "[fields]", name[:40], expected)
    if not isinstance(told, dict):
        raise FeedError(path.name, where, "", '{ kind = "...", column = "..." }')
    _refuse_unknown(path, f"fields.{name}", told, Field.__struct_fields__)
    if told.get("kind") not in KINDS:
        raise FeedError(path.name, where, "kind", f"one of {', '.join(KINDS)}")
    field: Field = _converted(path, f"fields.{name}", told, Field)
    if field.column and field.columns:
        raise FeedError(path.name, where, "columns", "column or columns, not both")
    if field.kind == "date" and len(field.columns) not in (0, 1, 3):
        expected = "one column, or three: those of year, month and day"
        raise FeedError(path.name, where, "columns", expected)
    return field


def _declared(fields: Mapping[str, Field], columns: Iterable[str]) -> tuple[DeclaredField, ...]:
    """The fields of a table of another shape: those declared, and our columns that it binds."""
    if not fields:
        return ()
    bound = [name for name in OWN_FIELDS if name in set(columns)]
    exchanged = {"given": "family"} if {"given", "family"} <= set(bound) else {}
    return (
        *(DeclaredField(name, each.kind, each.exchanged_with) for name, each in fields.items()),
        *(DeclaredField(name, OWN_FIELDS[name], exchanged.get(name, "")) for name in bound),
    )


def _table(path: Path, name: str, told: Mapping[str, Any], shape: Any) -> Any:
    table = told.get(name, {})
    if not isinstance(table, dict):
        raise FeedError(path.name, f"[{name}]", "", "a table")
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        _refuse_unknown(path, name, table, shape.__struct_fields__)
    return _converted(path, name, table, shape)


def _converted(path: Path, name: str, table: Mapping[str, Any], shape: Any) -> Any:
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

"""The tables of the child index that the events fill: records, their statements, children."""

import sqlalchemy as sa

from projections.projection import BEFORE_FILLING, Target

metadata = sa.MetaData()

ORDINAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""SQLite keeps a table by its INTEGER key, so that rows in order of ordinal are only appended."""


def _order(name: str, *, nullable: bool = False) -> list[sa.Column[object]]:
    """The three columns of a place in a source's own time."""
    return [
        sa.Column(f"{name}_effective", sa.BigInteger, nullable=nullable),
        sa.Column(f"{name}_sequence", sa.BigInteger, nullable=nullable),
        sa.Column(f"{name}_content", sa.LargeBinary, nullable=nullable),
    ]


RECORD = sa.Table(
    "index_record",
    metadata,
    sa.Column("ordinal", ORDINAL, primary_key=True, autoincrement=False),
    sa.Column("record", sa.LargeBinary(16), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("child", sa.LargeBinary(16)),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("standing", sa.Text, nullable=False),
    *_order("stated"),
    *_order("present"),
    *_order("absent", nullable=True),
    sa.Index("index_record_record", "record", unique=True, info=BEFORE_FILLING),
    sa.Index("index_record_child", "child", info=BEFORE_FILLING),
)
"""A row for each record that is not erased. ``standing`` is ``current`` or ``withdrawn``;
``stated`` is the place of the current statement, ``present`` and ``absent`` those of the latest
deliveries that proved the record present and stated its absence."""

STATEMENT = sa.Table(
    "index_statement",
    metadata,
    sa.Column("ordinal", ORDINAL, primary_key=True, autoincrement=False),
    sa.Column("statement", sa.LargeBinary, nullable=False),
)
"""The current statement of each record, as JSON; apart, so that a confirmation rewrites little."""

SEALED = sa.Table(
    "sealed_statement",
    metadata,
    sa.Column("ordinal", ORDINAL, primary_key=True, autoincrement=False),
    sa.Column("statement", sa.LargeBinary, nullable=False),
)
"""Those of records that are shielded or withheld: in no table that a search or a list reads."""


def with_statements(
    of: sa.FromClause, ordinal: sa.Column[int], target: Target
) -> tuple[sa.FromClause, sa.ColumnElement[bytes]]:
    """Rows joined with the statement of their record, wherever it stands; and that statement."""
    open_, sealed = target[STATEMENT], target[SEALED]
    joined = of.outerjoin(open_, open_.c.ordinal == ordinal)
    both = joined.outerjoin(sealed, sealed.c.ordinal == ordinal)
    return both, sa.func.coalesce(open_.c.statement, sealed.c.statement)


PURGED = sa.Table(
    "index_purged",
    metadata,
    sa.Column("record", sa.LargeBinary(16), primary_key=True),
    sa.Column("effective", sa.BigInteger, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
"""Records that were purged before anything was stated of them."""

CHILD = sa.Table(
    "index_child",
    metadata,
    sa.Column("child", sa.LargeBinary(16), primary_key=True),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("merged_into", sa.LargeBinary(16)),
    sa.Index("index_child_number", "number", unique=True),
    sa.Index("index_child_merged_into", "merged_into"),
)
"""``status`` is ``current``, ``merged``, ``closed`` or ``retired``."""

SOURCE_KIND = sa.Table(
    "index_source_kind",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
)
"""The first part of each source's feed, by which survivorship ranks it."""

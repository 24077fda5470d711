"""The tables as they were when they first had a version."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:  # noqa: PLR0915 - one step for each table and index
    """Make every table of an empty database."""
    op.create_table(
        "projection",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("next_generation", sa.BigInteger(), nullable=True),
        sa.Column("next_position", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "index_child",
        sa.Column("child", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.LargeBinary(length=16), nullable=True),
        sa.PrimaryKeyConstraint("child"),
    )
    op.create_index("index_child_merged_into", "index_child", ["merged_into"], unique=False)
    op.create_index("index_child_number", "index_child", ["number"], unique=True)
    op.create_table(
        "index_identifier",
        sa.Column("child", sa.LargeBinary(length=16), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
    )
    op.create_index("index_identifier_child", "index_identifier", ["child"], unique=False)
    op.create_index("index_identifier_value", "index_identifier", ["value", "system"], unique=False)
    op.create_table(
        "index_identity",
        sa.Column("child", sa.LargeBinary(length=16), nullable=False),
        sa.Column("birth", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("contested", sa.Boolean(), nullable=False),
    )
    op.create_index("index_identity_birth", "index_identity", ["birth"], unique=False)
    op.create_index("index_identity_child", "index_identity", ["child"], unique=True)
    op.create_table(
        "index_kin",
        sa.Column("child", sa.LargeBinary(length=16), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
    )
    op.create_index("index_kin_child", "index_kin", ["child"], unique=False)
    op.create_index("index_kin_value", "index_kin", ["value"], unique=False)
    op.create_table(
        "index_name",
        sa.Column("child", sa.LargeBinary(length=16), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
    )
    op.create_index("index_name_child", "index_name", ["child"], unique=False)
    op.create_index("index_name_name", "index_name", ["family", "given"], unique=False)
    op.create_table(
        "index_postcode",
        sa.Column("child", sa.LargeBinary(length=16), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
    )
    op.create_index("index_postcode_child", "index_postcode", ["child"], unique=False)
    op.create_index("index_postcode_postcode", "index_postcode", ["postcode"], unique=False)
    op.create_table(
        "index_purged",
        sa.Column("record", sa.LargeBinary(length=16), nullable=False),
        sa.Column("effective", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record"),
    )
    op.create_table(
        "index_record",
        sa.Column(
            "ordinal",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("record", sa.LargeBinary(length=16), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("child", sa.LargeBinary(length=16), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("stated_effective", sa.BigInteger(), nullable=False),
        sa.Column("stated_sequence", sa.BigInteger(), nullable=False),
        sa.Column("stated_content", sa.LargeBinary(), nullable=False),
        sa.Column("present_effective", sa.BigInteger(), nullable=False),
        sa.Column("present_sequence", sa.BigInteger(), nullable=False),
        sa.Column("present_content", sa.LargeBinary(), nullable=False),
        sa.Column("absent_effective", sa.BigInteger(), nullable=True),
        sa.Column("absent_sequence", sa.BigInteger(), nullable=True),
        sa.Column("absent_content", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("ordinal"),
    )
    op.create_index("index_record_child", "index_record", ["child"], unique=False)
    op.create_index("index_record_record", "index_record", ["record"], unique=True)
    op.create_table(
        "index_renewed",
        sa.Column("record", sa.LargeBinary(length=16), nullable=False),
        sa.Column("never_link", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("record"),
    )
    op.create_index("index_renewed_never_link", "index_renewed", ["never_link"], unique=False)
    op.create_table(
        "index_safe",
        sa.Column("shield", sa.LargeBinary(length=16), nullable=False),
        sa.Column("parents", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("shield"),
    )
    op.create_table(
        "index_shielded",
        sa.Column("record", sa.LargeBinary(length=16), nullable=False),
        sa.Column("shield", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record", "shield"),
    )
    op.create_index("index_shielded_shield", "index_shielded", ["shield"], unique=False)
    op.create_table(
        "index_source_kind",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "index_statement",
        sa.Column(
            "ordinal",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("ordinal"),
    )
    op.create_table(
        "sealed_statement",
        sa.Column(
            "ordinal",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("ordinal"),
    )
    op.create_table(
        "review_crowd",
        sa.Column("lead", sa.LargeBinary(length=16), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("lead"),
    )
    op.create_table(
        "review_pair",
        sa.Column("left", sa.LargeBinary(length=16), nullable=False),
        sa.Column("right", sa.LargeBinary(length=16), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("settled", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("left", "right"),
    )
    op.create_index("review_pair_right", "review_pair", ["right"], unique=False)
    op.create_index("review_pair_state", "review_pair", ["state", "weight"], unique=False)
    op.create_table(
        "history",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.LargeBinary(length=16), nullable=True),
        sa.Column("child", sa.LargeBinary(length=16), nullable=True),
        sa.Column("other", sa.LargeBinary(length=16), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("recorded", sa.BigInteger(), nullable=False),
        sa.Column("effective", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
    )
    op.create_index(
        "history_changing",
        "history",
        ["position"],
        unique=False,
        sqlite_where=sa.text("what IN ('ChildMerged', 'ChildRestored', 'RecordsUnlinked')"),
        postgresql_where=sa.text("what IN ('ChildMerged', 'ChildRestored', 'RecordsUnlinked')"),
    )
    op.create_index("history_child", "history", ["child", "position"], unique=False)
    op.create_index("history_record", "history", ["record", "position"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("stream", sa.LargeBinary(length=16), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("effective", sa.BigInteger(), nullable=True),
        sa.Column("effective_by", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("latest", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("chunks", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("new", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("out_of_scope", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn", sa.BigInteger(), nullable=False),
        sa.Column("remarks", sa.BigInteger(), nullable=False),
        sa.Column("snapshot", sa.Boolean(), nullable=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream"),
    )
    op.create_index("delivery_name", "delivery", ["delivery"], unique=False)
    op.create_table(
        "delivery_dropped",
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("delivery", "field"),
    )
    op.create_table(
        "delivery_note",
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
    )
    op.create_index("delivery_note_place", "delivery_note", ["delivery", "line"], unique=False)
    op.create_table(
        "source",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("cadence", sa.Text(), nullable=False),
        sa.Column("one_record_each", sa.Boolean(), nullable=False),
        sa.Column("dual_registration", sa.Boolean(), nullable=False),
        sa.Column("verified", sa.Text(), nullable=False),
        sa.Column("guard_share", sa.Float(), nullable=False),
        sa.Column("oldest", sa.Integer(), nullable=True),
        sa.Column("nameless", sa.Boolean(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("registered", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "linking_run",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("pairs", sa.BigInteger(), nullable=False),
        sa.Column("links", sa.BigInteger(), nullable=False),
        sa.Column("referred", sa.BigInteger(), nullable=False),
        sa.Column("overflowed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_table(
        "model_adopted",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_table(
        "shield",
        sa.Column("shield", sa.LargeBinary(length=16), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("laid_by", sa.Text(), nullable=False),
        sa.Column("inherited", sa.Text(), nullable=False),
        sa.Column("origin", sa.LargeBinary(length=16), nullable=True),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reviewed", sa.BigInteger(), nullable=True),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("lifted", sa.BigInteger(), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=False),
        sa.Column("second", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("shield"),
    )
    op.create_table(
        "responsible",
        sa.Column("child", sa.LargeBinary(length=16), nullable=False),
        sa.Column("accepted", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("offered", sa.Text(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("child"),
    )
    op.create_index("responsible_offered", "responsible", ["offered"], unique=False)

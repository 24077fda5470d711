"""Each pair that awaits a steward has a turn; who is at which, and could not tell, has a table.

What kind of task a pair is, and how near to the threshold, is in the events of newer runs alone;
pairs of older ones stand among the potential linkages, by their age.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
REBUILD = True


def upgrade() -> None:
    """Make the tables anew."""
    op.drop_table("review_pair")
    op.create_table(
        "review_pair",
        sa.Column("left", sa.LargeBinary(length=16), nullable=False),
        sa.Column("right", sa.LargeBinary(length=16), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("settled", sa.BigInteger()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("distance", sa.Float()),
        sa.Column("turn", sa.Float()),
        sa.PrimaryKeyConstraint("left", "right"),
    )
    op.create_index("review_pair_right", "review_pair", ["right"], unique=False)
    op.create_index("review_pair_state", "review_pair", ["state", "weight"], unique=False)
    op.create_index("review_pair_turn", "review_pair", ["turn", "left", "right"], unique=False)
    op.create_table(
        "review_attended",
        sa.Column("left", sa.LargeBinary(length=16), nullable=False),
        sa.Column("right", sa.LargeBinary(length=16), nullable=False),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("steward", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("left", "right"),
    )
    op.create_index("review_attended_until", "review_attended", ["until"], unique=False)

"""A record of a new identity has a row for each adoption that made it one.

Where one is lifted the others stand. Which the others were is in the log alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
REBUILD = True


def upgrade() -> None:
    """Make the table anew."""
    op.drop_table("index_renewed")
    op.create_table(
        "index_renewed",
        sa.Column("record", sa.LargeBinary(length=16), nullable=False),
        sa.Column("never_link", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("record", "never_link"),
    )
    op.create_index("index_renewed_never_link", "index_renewed", ["never_link"], unique=False)

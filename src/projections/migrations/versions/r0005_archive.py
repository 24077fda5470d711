"""Each child has the day from which it is archived.

It follows from what the child's records state, which stands in them as JSON: made anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
REBUILD = True


def upgrade() -> None:
    """Make the column."""
    op.add_column("index_identity", sa.Column("archived", sa.Text(), nullable=False))

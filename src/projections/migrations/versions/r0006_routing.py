"""Each child has the authorities that its services name, and until when they name any.

They follow from what the child's records state, which stands in them as JSON: made anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
REBUILD = True


def upgrade() -> None:
    """Make the columns."""
    for name in ("authorities", "routed"):
        op.add_column("index_identity", sa.Column(name, sa.Text(), nullable=False))

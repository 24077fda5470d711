"""Deliveries are listed page by page, the latest first."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Index them by when they came."""
    op.create_index("delivery_first", "delivery", ["first", "delivery"], unique=False)

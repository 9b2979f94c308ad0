"""When somebody said no to everything, kept at their addresses: nothing that is told of before opens anything there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: a column that the version before does not miss."""
    op.add_column("addresses", sa.Column("ended_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Back. What ended stays ended; who comes to such an address under another name is not known to have said so."""
    op.drop_column("addresses", "ended_at")

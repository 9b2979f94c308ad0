"""Who comes back to an address that others have too, after an erasure: suppressed there, and nobody else is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: a column that the version before does not miss, and an index for whoever looks for all of a person."""
    op.add_column("customer_addresses", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    merged = sa.text("merged_into IS NOT NULL")
    op.create_index(
        "ix_customers_merged_into", "customers", ["merged_into"], sqlite_where=merged, postgresql_where=merged
    )


def downgrade() -> None:
    """Back. Who came back after an erasure to an address of a family is written to there again."""
    op.drop_index("ix_customers_merged_into", "customers")
    op.drop_column("customer_addresses", "erased_at")

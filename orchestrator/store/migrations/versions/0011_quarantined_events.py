"""Events that nobody understood are kept until somebody mends what they name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: a table that the version before does not miss."""
    op.create_table(
        "quarantined_events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("timeless", sa.Boolean(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("named", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined_events")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_quarantined_events_source_source_id")),
    )
    for columns in (["occurred_at", "id"], ["received_at"], ["customer_id"], ["named"]):
        op.create_index(f"ix_quarantined_events_{columns[0]}", "quarantined_events", columns)


def downgrade() -> None:
    """Back. Events that wait to be understood are lost: retry or discard them before."""
    op.drop_table("quarantined_events")

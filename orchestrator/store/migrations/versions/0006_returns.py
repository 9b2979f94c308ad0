"""Who came back from a STOP: one person's own act, which lifts it for nobody else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: a table of its own."""
    op.create_table(
        "returns",
        sa.Column("address_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_returns_address_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_returns_customer_id")),
        sa.PrimaryKeyConstraint("address_id", "channel", "customer_id", name=op.f("pk_returns")),
    )


def downgrade() -> None:
    """Back. Who came back is silent again: the version before knows no STOP that binds one and not another."""
    op.drop_table("returns")

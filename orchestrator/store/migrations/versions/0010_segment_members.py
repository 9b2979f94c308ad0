"""Who is in the segments that begin journeys, so that whoever enters one is told from whoever was there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Expand: two tables that the version before does not miss."""
    op.create_table(
        "watches",
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("filter", sa.String(), nullable=False),
        sa.Column("journeys", _JSON, nullable=False),
        sa.Column("reached", sa.String(), nullable=False, server_default=""),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("segment", name=op.f("pk_watches")),
    )
    op.create_table(
        "segment_members",
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_segment_members_customer_id")),
        sa.PrimaryKeyConstraint("segment", "customer_id", name=op.f("pk_segment_members")),
    )
    op.create_index("ix_segment_members_customer_id", "segment_members", ["customer_id"])


def downgrade() -> None:
    """Back. Whoever is in a segment when this version comes again was there at its first look."""
    op.drop_table("segment_members")
    op.drop_table("watches")

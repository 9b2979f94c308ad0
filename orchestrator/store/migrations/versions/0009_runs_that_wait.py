"""Runs that wait: where each one stands, what it remembers, and whom it told or handed to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_STANDING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Every run there was took its way at once and is over."""
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("number", sa.Integer(), nullable=False, server_default="1"))
        runs.add_column(sa.Column("beginning", sa.Integer(), nullable=False, server_default="0"))
        runs.add_column(sa.Column("since", sa.BigInteger(), nullable=False, server_default="0"))
        runs.add_column(sa.Column("ending", sa.String()))
        runs.add_column(sa.Column("note", sa.String(), nullable=False, server_default=""))
        runs.add_column(sa.Column("moves", sa.Integer(), nullable=False, server_default="0"))
        runs.add_column(sa.Column("state", _JSON, nullable=False, server_default="{}"))
        runs.add_column(sa.Column("goal_at", sa.BigInteger()))
        runs.alter_column("event_id", existing_type=sa.String(), nullable=True)
        runs.drop_constraint("uq_runs_journey_key", type_="unique")
        runs.create_unique_constraint("uq_runs_journey_key_number", ["journey", "key", "number"])
    op.create_index(
        "ix_runs_standing", "runs", ["journey", "position"], sqlite_where=_STANDING, postgresql_where=_STANDING
    )
    op.create_table(
        "schedules",
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("beginning", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cron", sa.String(), nullable=False),
        sa.Column("after_at", sa.BigInteger(), nullable=False),
        sa.Column("firing_at", sa.BigInteger()),
        sa.Column("reached", sa.String(), nullable=False, server_default=""),
        sa.Column("begun", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("journey", "beginning", name=op.f("pk_schedules")),
    )
    _told("alerts", sa.Column("message", sa.String(), nullable=False), sa.Column("seen_at", sa.BigInteger()))
    op.create_index("ix_alerts_at", "alerts", ["at"])
    _told(
        "handoffs",
        sa.Column("queue", sa.String()),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
    )


def downgrade() -> None:
    """Back. Runs that wait are lost, and a key has its first run only: its later ones must go before."""
    op.drop_table("handoffs")
    op.drop_table("alerts")
    op.drop_table("schedules")
    op.drop_index("ix_runs_standing", "runs")
    with op.batch_alter_table("runs") as runs:
        runs.drop_constraint("uq_runs_journey_key_number", type_="unique")
        runs.create_unique_constraint("uq_runs_journey_key", ["journey", "key"])
        runs.alter_column("event_id", existing_type=sa.String(), nullable=False)
        for name in ("goal_at", "state", "moves", "note", "ending", "since", "beginning", "number"):
            runs.drop_column(name)


def _told(table: str, *columns: sa.Column[object]) -> None:
    """What a step of a run told a team about a customer."""
    op.create_table(
        table,
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f(f"fk_{table}_customer_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f(f"fk_{table}_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("identity", name=op.f(f"uq_{table}_identity")),
    )
    op.create_index(f"ix_{table}_customer_id", table, ["customer_id"])

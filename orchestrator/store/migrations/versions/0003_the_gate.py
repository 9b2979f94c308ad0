"""The whole gate: cap uses, pauses, exit marks, closed accounts, timers, receipts, and what doubt leaves behind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Index → columns, and the condition that keeps it small.
_INDEXES = {
    "ix_deliveries_deferred": (["customer_id"], "state = 'deferred'"),
    "ix_deliveries_reserved": (["customer_id", "reserved_at"], "reserved_at IS NOT NULL"),
    "ix_deliveries_provider_id": (["provider_id"], "provider_id IS NOT NULL"),
}


def upgrade() -> None:
    """Expand: columns with defaults and tables of their own, so that a worker of the version before goes on."""
    for column in (
        sa.Column("journey", sa.String(), nullable=True),
        sa.Column("excluded", sa.String(), nullable=False, server_default=""),
        sa.Column("stuck_at", sa.BigInteger(), nullable=True),
        sa.Column("reserved_at", sa.BigInteger(), nullable=True),
        sa.Column("reserved_day", sa.String(), nullable=True),
        sa.Column("possible_duplicate", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("doubts", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.Column("receipt", sa.String(), nullable=False, server_default=""),
    ):
        op.add_column("deliveries", column)
    op.add_column("decisions", sa.Column("release_id", sa.String(), nullable=True))
    op.add_column("api_keys", sa.Column("expires_at", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE deliveries SET journey = (SELECT runs.journey FROM runs WHERE runs.id = deliveries.run_id)"
        " WHERE run_id IS NOT NULL"
    )
    for name, (columns, condition) in _INDEXES.items():
        _create_index(name, "deliveries", columns, condition)
    _exit_marks()
    _timers()
    _receipts()
    _stops()


def downgrade() -> None:
    """Back. Pauses, timers and receipts are lost, and with them what they stopped, planned and told."""
    for table in ("closed_accounts", "pauses", "receipts", "timers", "exit_marks"):
        op.drop_table(table)
    for name in _INDEXES:
        op.drop_index(name, "deliveries")
    for column in (
        "journey", "excluded", "stuck_at", "reserved_at", "reserved_day", "possible_duplicate", "doubts", "receipt",
    ):  # fmt: skip
        op.drop_column("deliveries", column)
    op.drop_column("decisions", "release_id")
    op.drop_column("api_keys", "expires_at")


def _exit_marks() -> None:
    op.create_table(
        "exit_marks",
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_exit_marks_customer_id")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_exit_marks_event_id")),
        sa.PrimaryKeyConstraint("journey", "customer_id", "key", "event_id", name=op.f("pk_exit_marks")),
    )


def _timers() -> None:
    op.create_table(
        "timers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("wall", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("content", _JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("fired_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_timers_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timers")),
        sa.UniqueConstraint("identity", name=op.f("uq_timers_identity")),
    )
    op.create_index(op.f("ix_timers_customer_id"), "timers", ["customer_id"])
    _create_index("ix_timers_due", "timers", ["due_at"], "fired_at IS NULL")


def _receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("event_key", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("permanent", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_receipts_delivery_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_receipts")),
        sa.UniqueConstraint("account", "event_key", name=op.f("uq_receipts_account_event_key")),
    )
    op.create_index(op.f("ix_receipts_delivery_id"), "receipts", ["delivery_id"])
    _create_index("ix_receipts_parked", "receipts", ["received_at"], "applied_at IS NULL")


def _stops() -> None:
    op.create_table(
        "pauses",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pauses")),
    )
    _create_index("uq_pauses_standing", "pauses", ["scope", "subject"], "lifted_at IS NULL", unique=True)
    op.create_table(
        "closed_accounts",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("times", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_closed_accounts")),
    )


def _create_index(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)

"""Real channels: what providers know of templates, people and devices, and which account is how much used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: columns with defaults and tables that the version before does not miss."""
    op.add_column("addresses", sa.Column("gone_at", sa.BigInteger(), nullable=True))
    for table in ("deliveries", "api_keys"):
        op.add_column(table, sa.Column("mode", sa.String(), server_default="live", nullable=False))
    op.add_column("inbound_texts", sa.Column("user_id", sa.String(), nullable=True))
    named = sa.text("user_id IS NOT NULL")
    op.create_index(
        "ix_inbound_texts_waiting", "inbound_texts", ["user_id"], sqlite_where=named, postgresql_where=named
    )
    op.add_column("receipts", sa.Column("rejection", sa.String(), server_default="", nullable=False))
    op.create_table(
        "account_shares",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("share", sa.SmallInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_account_shares")),
    )
    op.create_table(
        "conversations",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("address_id", sa.String(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_conversations_address_id_addresses")),
        sa.PrimaryKeyConstraint("account", "address_id", name=op.f("pk_conversations")),
    )
    op.create_index(op.f("ix_conversations_address_id"), "conversations", ["address_id"])
    op.create_table(
        "rests",
        sa.Column("address_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("failures", sa.SmallInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_rests_address_id_addresses")),
        sa.PrimaryKeyConstraint("address_id", "channel", name=op.f("pk_rests")),
    )
    op.create_table(
        "provider_users",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("address_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_provider_users_address_id_addresses")),
        sa.PrimaryKeyConstraint("account", "user_id", name=op.f("pk_provider_users")),
    )
    op.create_index(op.f("ix_provider_users_address_id"), "provider_users", ["address_id"])
    op.create_table(
        "provider_templates",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("release_id", sa.String(), nullable=False),
        sa.Column("template_id", sa.String(), server_default="", nullable=False),
        sa.Column("category", sa.String(), server_default="", nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("quality", sa.String(), server_default="", nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("status_at", sa.BigInteger(), nullable=False),
        sa.Column("category_at", sa.BigInteger(), nullable=False),
        sa.Column("quality_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "name", "language", name=op.f("pk_provider_templates")),
    )
    op.create_index(op.f("ix_provider_templates_message"), "provider_templates", ["message"])
    op.create_index(op.f("ix_provider_templates_template_id"), "provider_templates", ["template_id"])
    op.create_table(
        "provider_caps",
        sa.Column("address_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_provider_caps_address_id_addresses")),
        sa.PrimaryKeyConstraint("address_id", "channel", name=op.f("pk_provider_caps")),
    )
    op.create_table(
        "forwards",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("inbound_id", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("detail", sa.String(), server_default="", nullable=False),
        sa.Column("next_action_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forwards")),
    )
    op.create_index(op.f("ix_forwards_inbound_id"), "forwards", ["inbound_id"])
    open_ones = sa.text("state = 'open'")
    op.create_index(
        "ix_forwards_open", "forwards", ["next_action_at"], sqlite_where=open_ones, postgresql_where=open_ones
    )


def downgrade() -> None:
    """Back. What providers said of templates and devices is asked again; open forwards are lost."""
    for table in (
        "forwards", "provider_caps", "provider_templates", "provider_users", "rests", "conversations", "account_shares",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_column("receipts", "rejection")
    op.drop_index("ix_inbound_texts_waiting", "inbound_texts")
    op.drop_column("inbound_texts", "user_id")
    for table in ("api_keys", "deliveries"):
        op.drop_column(table, "mode")
    op.drop_column("addresses", "gone_at")

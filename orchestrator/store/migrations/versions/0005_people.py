"""What people agree to, ask for and are: wordings, inbound texts, requests, merges, imports, the audit chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_TABLES = (
    "audit_entries", "imports", "merges", "profile_values", "privacy_requests", "erased_addresses", "inbound_texts",
    "wordings",
)  # fmt: skip


def upgrade() -> None:
    """Expand: tables of their own, and columns that the version before does not miss."""
    op.add_column("customers", sa.Column("merged_into", sa.String(), nullable=True))
    op.add_column("consent_events", sa.Column("actor", sa.String(), nullable=False, server_default=""))
    op.add_column("deliveries", sa.Column("pinned_address_id", sa.String(), nullable=True))
    op.add_column("ledger", sa.Column("pepper", sa.String(), nullable=True))
    _agreed()
    _asked()
    _known()
    _audited()


def downgrade() -> None:
    """Back. The proof of consent, open requests and the chain are lost: export them first."""
    for table in _TABLES:
        op.drop_table(table)
    op.drop_column("ledger", "pepper")
    op.drop_column("deliveries", "pinned_address_id")
    op.drop_column("consent_events", "actor")
    op.drop_column("customers", "merged_into")


def _agreed() -> None:
    op.create_table(
        "wordings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("texts", _JSON, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wordings")),
    )
    op.create_table(
        "inbound_texts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address_id", sa.String(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reading", _JSON, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_texts")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_inbound_texts_source_source_id")),
    )
    op.create_index("ix_inbound_texts_address_id", "inbound_texts", ["address_id"])
    op.create_table(
        "erased_addresses",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "channel", name=op.f("pk_erased_addresses")),
    )


def _asked() -> None:
    op.create_table(
        "privacy_requests",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("customer_ids", _JSON, nullable=False),
        sa.Column("contact_kind", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("details", _JSON, nullable=False),
        sa.Column("result", _JSON, nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("verified_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("legal_due_at", sa.BigInteger(), nullable=False),
        sa.Column("reminded_at", sa.BigInteger(), nullable=True),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_requests")),
    )
    op.create_index("ix_privacy_requests_digest", "privacy_requests", ["digest"])
    op.create_index(
        "ix_privacy_requests_open",
        "privacy_requests",
        ["due_at"],
        sqlite_where=sa.text("completed_at IS NULL"),
        postgresql_where=sa.text("completed_at IS NULL"),
    )


def _known() -> None:
    op.create_table(
        "profile_values",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("value", _JSON, nullable=True),
        sa.Column("won", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_profile_values_customer_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_profile_values")),
    )
    op.create_index("ix_profile_values_customer", "profile_values", ["customer_id", "field"])
    op.create_table(
        "merges",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kept_id", sa.String(), nullable=False),
        sa.Column("merged_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("moved", _JSON, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
    )
    op.create_index("ix_merges_kept_id", "merges", ["kept_id"])
    op.create_index("ix_merges_merged_id", "merges", ["merged_id"])
    op.create_table(
        "imports",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("counts", _JSON, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sa.UniqueConstraint("digest", name=op.f("uq_imports_digest")),
    )


def _audited() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("salt", sa.String(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=True),
        sa.Column("place", sa.BigInteger(), nullable=True),
        sa.Column("mac", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entries")),
        sa.UniqueConstraint("place", name=op.f("uq_audit_entries_place")),
    )
    op.create_index("ix_audit_entries_customer_id", "audit_entries", ["customer_id"])
    op.create_index(
        "ix_audit_entries_unsealed",
        "audit_entries",
        ["seq"],
        sqlite_where=sa.text("place IS NULL"),
        postgresql_where=sa.text("place IS NULL"),
    )

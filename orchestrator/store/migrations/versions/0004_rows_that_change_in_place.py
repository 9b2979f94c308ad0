"""A claim changes no index: half of what PostgreSQL did for one was to write all of a row's index entries anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_IN_FLIGHT = "state IN ('sending', 'unknown')"
_RESERVED = "reserved_at IS NOT NULL"


def upgrade() -> None:
    """Other indexes for the same questions, and room on each page for the next version of its rows."""
    op.drop_index("ix_deliveries_in_flight", "deliveries")
    _create_index("ix_deliveries_in_flight", ["settled_at"], _IN_FLIGHT)
    op.create_index("ix_deliveries_customer", "deliveries", ["customer_id", "reserved_at"])
    op.drop_index("ix_deliveries_reserved", "deliveries")
    op.drop_index("ix_deliveries_customer_id", "deliveries")
    if _on_postgresql():
        op.execute("ALTER TABLE deliveries SET (fillfactor = 50)")


def downgrade() -> None:
    """Back; nothing is lost."""
    if _on_postgresql():
        op.execute("ALTER TABLE deliveries RESET (fillfactor)")
    op.create_index("ix_deliveries_customer_id", "deliveries", ["customer_id"])
    _create_index("ix_deliveries_reserved", ["customer_id", "reserved_at"], _RESERVED)
    op.drop_index("ix_deliveries_customer", "deliveries")
    op.drop_index("ix_deliveries_in_flight", "deliveries")
    _create_index("ix_deliveries_in_flight", ["next_action_at"], _IN_FLIGHT)


def _create_index(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "deliveries", columns, sqlite_where=where, postgresql_where=where)


def _on_postgresql() -> bool:
    """It writes each version of a row anew, and needs room on the same page. SQLite changes rows where they are."""
    name: str = op.get_bind().dialect.name
    return name == "postgresql"

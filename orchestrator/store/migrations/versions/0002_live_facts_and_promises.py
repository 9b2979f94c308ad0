"""Which version of a live fact is current, promises as rows, and an index of what is held.

Promises were a JSON list in `renderings.claims`. The lists of messages that left are carried over; the column stays,
because a worker of the version before may still be writing to it, and goes with the next schema.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_HELD = sa.text("state = 'held'")
_INDEXED_PROMISES = sa.text("length(value) <= 500")


def upgrade() -> None:
    """Expand."""
    op.create_table(
        "current_facts",
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_current_facts")),
    )
    op.create_table(
        "promises",
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("fact_version", sa.Integer(), nullable=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_promises_delivery_id")),
        sa.PrimaryKeyConstraint("delivery_id", "place", name=op.f("pk_promises")),
    )
    # Before the index, which is built faster over rows that are there.
    op.execute(_CARRIED_OVER[op.get_bind().dialect.name])
    op.create_index(
        "ix_promises_fact_value",
        "promises",
        ["fact", "value"],
        sqlite_where=_INDEXED_PROMISES,
        postgresql_where=_INDEXED_PROMISES,
    )
    op.create_index("ix_deliveries_held", "deliveries", ["reason"], sqlite_where=_HELD, postgresql_where=_HELD)


def downgrade() -> None:
    """Back. Promises made since are lost: the version before looks for them in `renderings.claims`."""
    op.drop_index("ix_deliveries_held", "deliveries")
    op.drop_table("promises")
    op.drop_table("current_facts")


# Within the database: a ledger may hold millions.
_CARRIED_OVER = {
    "sqlite": """
        INSERT INTO promises (delivery_id, place, name, kind, fact, value, text, superseded)
        SELECT renderings.delivery_id, one.key, json_extract(one.value, '$.name'), json_extract(one.value, '$.kind'),
               json_extract(one.value, '$.fact'), json_extract(one.value, '$.value'),
               json_extract(one.value, '$.text'), json_extract(one.value, '$.superseded')
        FROM renderings, json_each(renderings.claims) AS one
    """,
    "postgresql": """
        INSERT INTO promises (delivery_id, place, name, kind, fact, value, text, superseded)
        SELECT renderings.delivery_id, one.place - 1, one.claim ->> 'name', one.claim ->> 'kind', one.claim ->> 'fact',
               one.claim ->> 'value', one.claim ->> 'text', (one.claim ->> 'superseded')::boolean
        FROM renderings, jsonb_array_elements(renderings.claims::jsonb) WITH ORDINALITY AS one (claim, place)
    """,
}

"""Alembic's entry: run the migrations on the connection that we are given, in its transaction."""

from __future__ import annotations

from alembic import context

from orchestrator.store.people_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()

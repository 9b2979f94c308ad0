"""Migrations: bringing a database to this version's tables, by Alembic. Expand first, contract a version later."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config

from orchestrator.store.engine import transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from orchestrator.store.sql import SqlStore


def upgrade(store: SqlStore) -> tuple[str | None, str | None]:
    """Bring the database up to date; the versions before and after. Raises Unavailable."""
    before = store.schema_version()
    with transaction(store.engine) as connection:
        command.upgrade(_config(connection), "head")
    return before, store.schema_version()


def _config(connection: Connection) -> Config:
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config

"""The migrations make exactly the tables that the code works with, on both databases."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from orchestrator.app import require_schema
from orchestrator.domain.errors import ConfigurationError
from orchestrator.store import migrate, tables
from orchestrator.store.sql import SCHEMA, SqlStore

MIGRATIONS = Path(migrate.__file__).parent / "migrations"


@pytest.fixture
def empty_store(empty_database_url):
    opened = SqlStore(empty_database_url)
    yield opened
    opened.close()


def test_an_empty_database_is_brought_to_this_version(empty_store):
    """Before it the ledger has no version, and nothing works on it; afterwards everything does."""
    with pytest.raises(ConfigurationError, match="jogral db upgrade"):
        require_schema(empty_store)

    assert migrate.upgrade(empty_store) == (None, SCHEMA)

    require_schema(empty_store)
    with empty_store.read() as transaction:
        assert transaction.deliveries.tally() == {}


def test_a_second_upgrade_changes_nothing(store):
    assert migrate.upgrade(store) == (SCHEMA, SCHEMA)


def test_the_migrated_schema_is_the_schema_of_the_code(store):
    """Alembic finds nothing that the tables have and the migrations lack, or the other way round."""
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_the_partial_indexes_of_the_queue_are_in_the_database(store):
    """Autogenerate does not compare conditions, and without them the claim would read every delivery ever made."""
    with store.engine.connect() as connection:
        conditions = {
            index["name"]: index["dialect_options"].get(f"{connection.dialect.name}_where", "")
            for index in inspect(connection).get_indexes("deliveries")
        }
    assert "accepted" in str(conditions["ix_deliveries_due"])
    assert "sending" in str(conditions["ix_deliveries_in_flight"])


def test_the_code_names_the_newest_migration():
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA]


def test_a_ledger_of_another_version_is_refused_before_it_is_read(empty_store):
    """The error says which version was found, which one is needed, and what to run."""
    migrate.upgrade(empty_store)
    with empty_store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match=f"9999, this Jogral needs {SCHEMA}.*jogral db upgrade"):
        require_schema(empty_store)

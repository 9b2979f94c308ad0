"""The migrations make exactly the tables that the code works with, on both databases."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from orchestrator.app import require_schema
from orchestrator.domain.errors import ConfigurationError
from orchestrator.store import migrate, tables
from orchestrator.store.sql import SCHEMA, SqlStore

MIGRATIONS = Path(migrate.__file__).parent / "migrations"


def config(connection=None):
    found = Config(stdout=io.StringIO())
    found.set_main_option("script_location", str(MIGRATIONS))
    found.attributes["connection"] = connection
    return found


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
    assert "held" in str(conditions["ix_deliveries_held"])


def test_promises_that_were_lists_become_rows(empty_store):
    """Those of messages that left before 0002, in their order; what had none has none."""
    with empty_store.engine.begin() as connection:
        command.upgrade(config(connection), "0001")
        for statement in A_LEDGER_OF_0001:
            connection.execute(text(statement), {"claims": CLAIMS_OF_0001})

    assert migrate.upgrade(empty_store) == ("0001", SCHEMA)

    with empty_store.read() as transaction:
        promised = {one: transaction.deliveries.get(one)["rendering"]["claims"] for one in ("msg_1", "msg_2")}
    assert promised == {
        "msg_1": [{**claim, "fact_version": None} for claim in json.loads(CLAIMS_OF_0001)],
        "msg_2": [],
    }


def test_the_way_back_and_forth_again_is_open(empty_store):
    """Back loses what only the newer tables hold, and leaves a ledger that the version before can use."""
    migrate.upgrade(empty_store)
    with empty_store.engine.begin() as connection:
        command.downgrade(config(connection), "0001")
        assert not {"promises", "current_facts"} & set(inspect(connection).get_table_names())
    assert migrate.upgrade(empty_store) == ("0001", SCHEMA)


CLAIMS_OF_0001 = json.dumps(
    [
        {
            "name": "old_date",
            "kind": "delivery_date",
            "fact": "shipment.promised_date",
            "value": "2026-11-25",
            "text": "quarta-feira, 25 de novembro",
            "superseded": True,
        },
        {
            "name": "price",
            "kind": "price",
            "fact": "order.total",
            "value": "129.90 BRL",
            "text": "R$\u00a0129,90",
            "superseded": False,
        },
    ],
    ensure_ascii=False,
)

A_LEDGER_OF_0001 = (
    "INSERT INTO customers (id, attributes, created_at, updated_at) VALUES ('cus_1', '{}', 1, 1)",
    """
    INSERT INTO deliveries (id, identity, message, customer_id, topic, purpose, candidates, objects, data, priority,
                            origin, state, lane, due_at, next_action_at, accepted_at)
    SELECT id, id, 'order_late', 'cus_1', 'order_updates', 'transactional', 'email', '{}', '{}', 'normal',
           'event', 'sent', 'transactional', 1, 1, 1
    FROM (SELECT 'msg_1' AS id UNION SELECT 'msg_2') AS made
    """,
    """
    INSERT INTO renderings (delivery_id, channel, locale, release_id, content, claims, at)
    VALUES ('msg_1', 'email', 'pt-BR', 'rel_1', '{}', :claims, 1),
           ('msg_2', 'email', 'pt-BR', 'rel_1', '{}', '[]', 1)
    """,
)


def test_the_code_names_the_newest_migration():
    assert ScriptDirectory.from_config(config()).get_heads() == [SCHEMA]


def test_a_ledger_of_another_version_is_refused_before_it_is_read(empty_store):
    """The error says which version was found, which one is needed, and what to run."""
    migrate.upgrade(empty_store)
    with empty_store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match=f"9999, this Jogral needs {SCHEMA}.*jogral db upgrade"):
        require_schema(empty_store)

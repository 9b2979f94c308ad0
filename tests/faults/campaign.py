"""A campaign of a million: customers who said yes, and a request due for each, written by the database itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.engine import make_url

from tests.faults.harness import REVIEW, REVIEWS
from tests.ledgers import url_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.time import Instant
    from orchestrator.store.sql import SqlStore

ORIGIN = "campaign"
BATCH = 100_000

# Table → column → its value for number `n`; the places are filled with what a database needs.
_ROWS = {
    "customers": {
        "id": "'cam_' || {id}",
        "attributes": """'{{"first_name": "Ana"}}'""",
        "created_at": "{at}",
        "updated_at": "{at}",
    },
    "addresses": {
        "id": "'adr_' || {id}",
        "kind": "'email'",
        "value": "'campanha' || n || '@example.com'",
        "created_at": "{at}",
    },
    "customer_addresses": {
        "customer_id": "'cam_' || {id}",
        "address_id": "'adr_' || {id}",
        "rank": "0",
    },
    "consent_state": {
        "customer_id": "'cam_' || {id}",
        "topic": "'{topic}'",
        "channel": "'email'",
        "state": "'granted'",
        "event_id": "'con_' || {id}",
        "at": "{at}",
    },
    "deliveries": {
        "id": "'msg_' || {ulid}",
        "identity": "'{origin}/' || n",
        "message": "'{message}'",
        "customer_id": "'cam_' || {id}",
        "topic": "'{topic}'",
        "purpose": "'marketing'",
        "candidates": "'email'",
        "objects": "'{{}}'",
        "data": """({order}){cast}""",
        "priority": "'normal'",
        "origin": "'{origin}'",
        "state": "'accepted'",
        "lane": "'marketing'",
        "due_at": "{at}",
        "next_action_at": "{at}",
        "accepted_at": "{at}",
    },
}
_ORDER = """'{"order": {"number": "' || n || '", "url": "https://casalume.example/p/' || n || '"}}'"""


@dataclass(frozen=True, kw_only=True)
class _Dialect:
    """How a database counts, fills a number up with zeros on its left, and takes JSON."""

    numbers: str
    counted: str
    padded: str
    cast: str


_SQLITE = _Dialect(
    numbers="WITH RECURSIVE numbers(n) AS (VALUES({first}) UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})",
    counted="numbers",
    padded="printf('%0{width}d', n)",
    cast="",
)
_POSTGRESQL = _Dialect(
    numbers="", counted="generate_series({first}, {last}) AS numbers(n)", padded="lpad(n::text, {width}, '0')",
    cast="::jsonb",
)  # fmt: skip


def fill(store: SqlStore, count: int, at: Instant) -> None:
    """So many customers and requests, all due at `at`."""
    fillers = {"sqlite": _fill_sqlite, "postgresql": _fill_postgresql}
    fillers[store.engine.dialect.name](store, count, at)


def _fill_sqlite(store: SqlStore, count: int, at: Instant) -> None:
    file = make_url(url_of(store)).database
    with closing(sqlite3.connect(file or "", isolation_level=None)) as line:
        # Nobody else is here yet, and a filling that fails is thrown away.
        line.executescript("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144")
        line.execute("BEGIN")
        for statement in _statements(_SQLITE, count, at):
            line.execute(statement)
        line.execute("COMMIT")
        line.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _fill_postgresql(store: SqlStore, count: int, at: Instant) -> None:
    with psycopg.connect(url_of(store)) as line:
        line.execute("SET session_replication_role = replica")  # no checks of foreign keys, row by row
        line.execute("SET synchronous_commit = off")
        for statement in _statements(_POSTGRESQL, count, at):
            line.execute(statement)
    with psycopg.connect(url_of(store), autocommit=True) as line:
        # As the server does by itself within its first minutes.
        line.execute("VACUUM (ANALYZE)")
        line.execute("CHECKPOINT")


def _statements(dialect: _Dialect, count: int, at: Instant) -> Iterator[str]:
    places = {
        "id": dialect.padded.format(width=8),
        "ulid": dialect.padded.format(width=26),
        "order": _ORDER,
        "cast": dialect.cast,
        "at": at,
        "topic": REVIEWS,
        "message": REVIEW,
        "origin": ORIGIN,
    }
    for first in range(1, count + 1, BATCH):
        span = {"first": first, "last": min(first + BATCH - 1, count)}
        for table, columns in _ROWS.items():
            values = ", ".join(columns.values()).format(**places)
            numbers, counted = dialect.numbers.format(**span), dialect.counted.format(**span)
            yield f"INSERT INTO {table} ({', '.join(columns)}) {numbers} SELECT {values} FROM {counted}"

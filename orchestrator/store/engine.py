"""Connecting to SQLite or PostgreSQL, and telling our errors from theirs."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, InterfaceError, OperationalError

from orchestrator.domain.errors import ConfigurationError, JogralError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

BUSY_TIMEOUT_MS = 10_000

# A pause of a transaction that somebody else holds up is an outage, not a queue.
LOCK_TIMEOUT_MS = 10_000


def connect(database_url: str) -> Engine:
    """An engine for a database URL: `sqlite:///path`, `postgresql://user@host/name`."""
    url = _url(database_url)
    dumps = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, json_serializer=dumps, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
        _speak_sqlite(engine)
    else:
        engine = create_engine(
            url,
            json_serializer=dumps,
            pool_pre_ping=True,
            pool_size=10,
            connect_args={"connect_timeout": 5, "options": f"-c lock_timeout={LOCK_TIMEOUT_MS}"},
        )
    return engine


def _url(database_url: str) -> URL:
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise ConfigurationError(
            "JOGRAL_DATABASE_URL is not a database URL.",
            remedy="Write sqlite:///path/to/ledger.db or postgresql://user:password@host/name.",
        ) from error
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigurationError(
            "Jogral keeps its ledger in SQLite or PostgreSQL, not in {backend}.", backend=url.get_backend_name()
        )
    return url


def _speak_sqlite(engine: Engine) -> None:
    """WAL with full sync, and transactions that take the write lock at once.

    A deferred transaction that upgrades to a write fails at once when another writes: 2,388 to 4,406 refusals in 4,800
    transactions when tried, none with BEGIN IMMEDIATE.
    """

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver must not begin transactions by itself: `begin` below does.
        connection.isolation_level = None
        # The wait for a lock comes first: turning WAL on takes one, and another process may hold it right now.
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        with contextlib.suppress(sqlite3.OperationalError):
            # On a read-only file or folder; the first write says so in our words.
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("jogral_read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextlib.contextmanager
def transaction(engine: Engine, *, read_only: bool = False) -> Iterator[Connection]:
    """One transaction; what the database cannot do becomes Unavailable, with what to do about it."""
    try:
        with engine.connect().execution_options(jogral_read_only=read_only) as connection, connection.begin():
            yield connection
    except (OperationalError, InterfaceError, DatabaseError) as error:
        if isinstance(error, (OperationalError, InterfaceError)):
            raise _unavailable(engine, error) from error
        raise


# What the database says → what it means, and what to do.
_TROUBLES = (
    ("readonly database", "The ledger {place} is read-only.", "Make the file and its folder writable by this user."),
    ("unable to open", "The ledger {place} cannot be opened.", "Check that its folder exists and is writable."),
    ("database is locked", "The ledger {place} is locked.", "Another process holds it; end it, or try again."),
    ("disk is full", "The disk that holds the ledger {place} is full.", "Free some space; nothing was lost."),
    ("No space left", "The disk that holds the ledger {place} is full.", "Free some space; nothing was lost."),
    ("no such table", "The ledger {place} has no tables yet.", "Run: jogral db upgrade"),
    ("does not exist", "The ledger {place} is not there, or has no tables yet.", "Run: jogral db upgrade"),
    ("not a database", "The file {place} is not a ledger.", "Point JOGRAL_DATABASE_URL elsewhere, or move the file."),
)


def _unavailable(engine: Engine, error: Exception) -> JogralError:
    words = str(error)
    place = where_is(engine)
    for sign, sentence, remedy in _TROUBLES:
        if sign in words:
            return Unavailable(sentence, remedy=remedy, place=place)
    return Unavailable(
        "The ledger {place} cannot be reached: {words}",
        remedy="Check JOGRAL_DATABASE_URL and that the server runs.",
        place=place,
        words=words.partition("\n")[0],
    )


def where_is(engine: Engine) -> str:
    """The ledger's place without its password."""
    if engine.url.get_backend_name() == "sqlite":
        return str(Path(engine.url.database or ":memory:"))
    return engine.url.render_as_string(hide_password=True)

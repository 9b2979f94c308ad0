"""Connecting to SQLite or PostgreSQL, and telling our errors from theirs."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from orchestrator.domain.errors import ConfigurationError, InputError, JogralError, Overtaken, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, Engine
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 10_000

# A pause of a transaction that somebody else holds up is an outage, not a queue.
LOCK_TIMEOUT_MS = 10_000

# A server whose machine is gone says nothing, and a kernel waits for it for a quarter of an hour (names are libpq's).
NOTICE_A_DEAD_SERVER = {
    "keepalives_idle": 10,  # seconds
    "keepalives_interval": 5,  # seconds
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,  # milliseconds
}


# A connection that lay longer is asked whether its server is still there before it is used.
ASKED_AFTER_SECONDS = 1.0


def connect(database_url: str) -> Engine:
    """An engine for a database URL: `sqlite:///path`, `postgresql://user@host/name`."""
    url = _url(database_url)
    dumps = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url, json_serializer=dumps, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}
        )
        _speak_sqlite(engine)
    else:
        engine = create_engine(
            url,
            json_serializer=dumps,
            hide_parameters=True,  # they are people's data, and errors are printed
            pool_size=10,
            connect_args={
                "connect_timeout": 5,
                "options": f"-c lock_timeout={LOCK_TIMEOUT_MS}",
                **NOTICE_A_DEAD_SERVER,
            },
        )
        _ask_whether_it_lives(engine)
    return engine


def _url(database_url: str) -> URL:
    """Refuses what no driver should see: its complaint would repeat what it was given, and that may be secret."""
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError) as error:  # the second: a port that is no number
        raise _not_a_url() from error
    backend = url.get_backend_name()
    if backend == "sqlite":
        return _sqlite(url)
    if backend in ("postgresql", "postgres"):
        return _postgresql(url)
    raise ConfigurationError("Jogral keeps its ledger in SQLite or PostgreSQL, not in {backend}.", backend=backend)


def _not_a_url() -> ConfigurationError:
    return ConfigurationError(
        "JOGRAL_DATABASE_URL is not a database URL.",
        remedy="Write sqlite:///path/to/ledger.db or postgresql://user:password@host/name.",
    )


def _sqlite(url: URL) -> URL:
    if url.host or url.username or url.password:
        raise _not_a_url()
    if url.database in (None, "", ":memory:"):
        raise ConfigurationError(
            "JOGRAL_DATABASE_URL names no file: a ledger in memory would forget what it accepted.",
            remedy="Write sqlite:///path/to/ledger.db.",
        )
    return url.set(drivername="sqlite")


def _postgresql(url: URL) -> URL:
    if "@" in (url.host or ""):
        raise ConfigurationError(
            "JOGRAL_DATABASE_URL holds more than one @.", remedy="In a password, write %40 for @, and %25 for %."
        )
    from psycopg.pq import Conninfo  # noqa: PLC0415  # 10 MB that a ledger in SQLite does not need

    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    if not known.issuperset(url.query):
        raise ConfigurationError(
            "JOGRAL_DATABASE_URL holds a parameter that PostgreSQL does not know.",
            remedy="After ? stand connection parameters such as sslmode=require; in a password, write %3F for ?.",
        )
    return url.set(drivername="postgresql+psycopg")


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
        # What is deleted is overwritten: an erased person must not be found in the bytes of the file (decisions, §9).
        connection.execute("PRAGMA secure_delete = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("jogral_read_only", False)
        _sync(connection, "FULL" if connection.get_execution_options().get("jogral_durable", True) else "NORMAL")
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _ask_whether_it_lives(engine: Engine) -> None:
    """Of connections that lay a while; what was used a moment ago needs no way to the server and back for that."""

    @event.listens_for(engine, "checkin")
    def lay_down(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["jogral_used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def take(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("jogral_used_at", time.monotonic()) > ASKED_AFTER_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                # The pool connects anew, and asks its other connections too.
                raise DisconnectionError from error


def _sync(connection: Connection, level: str) -> None:
    """Between transactions, which is where SQLite takes it; said again only when it changes."""
    if connection.info.get("jogral_sync", "FULL") != level:
        connection.exec_driver_sql(f"PRAGMA synchronous = {level}")
        connection.info["jogral_sync"] = level


# A read sees one moment, however many questions it asks.
_READ_ONLY: Mapping[str, Mapping[str, Any]] = {
    "sqlite": {"jogral_read_only": True},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


@contextlib.contextmanager
def transaction(engine: Engine, *, read_only: bool = False, durable: bool = True) -> Iterator[Connection]:
    """One transaction, or none of it. One that is not `durable` may be lost in a power cut, as a whole.

    Raises:
        Unavailable: the database cannot do it now, with what to do about it.
        InputError: it was given a value that it cannot hold.
    """
    options = _READ_ONLY[engine.dialect.name] if read_only else {}
    try:
        with engine.connect().execution_options(**options, jogral_durable=durable) as connection, connection.begin():
            if not durable and engine.dialect.name != "sqlite":
                connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            yield connection
    except (DataError, OverflowError, UnicodeEncodeError) as error:
        raise InputError(
            "There is a character or a number in it that the ledger cannot keep.",
            remedy="Leave out NUL characters, halves of surrogate pairs, and whole numbers of more than 64 bits.",
            code="unfit_value",
        ) from error
    except DBAPIError as error:
        ours = _ours(engine, error)
        if ours is None:
            raise
        raise ours from error
    except PoolTimeout as error:
        raise Unavailable(
            "All connections to the ledger {place} are busy.", remedy="Try again in a moment.", place=where_is(engine)
        ) from error


# What the database says → what it means, and what to do.
_TROUBLES = (
    ("readonly database", "The ledger {place} is read-only.", "Make the file and its folder writable by this user."),
    ("read-only transaction", "The ledger {place} is read-only.", "Point JOGRAL_DATABASE_URL at the primary server."),
    ("permission denied", "The ledger {place} refuses this user.", "Let the user read and write all of its tables."),
    ("unable to open", "The ledger {place} cannot be opened.", "Check that its folder exists and is writable."),
    ("database is locked", "The ledger {place} is locked.", "Another process holds it; end it, or try again."),
    ("lock timeout", "The ledger {place} is locked.", "Another process holds what we need; end it, or try again."),
    ("deadlock detected", "The ledger {place} is locked.", "Two processes waited for each other; try again."),
    ("disk is full", "The disk that holds the ledger {place} is full.", "Free some space; nothing was lost."),
    ("No space left", "The disk that holds the ledger {place} is full.", "Free some space; nothing was lost."),
    ("disk I/O error", "The disk that holds the ledger {place} does not write.", "Free some space, or mend the disk."),
    ("no such table", "The ledger {place} has no tables yet.", "Run: jogral db upgrade"),
    ("does not exist", "The ledger {place} is not there, or has no tables yet.", "Run: jogral db upgrade"),
    ("not a database", "The file {place} is not a ledger.", "Point JOGRAL_DATABASE_URL elsewhere, or move the file."),
)


_UNIQUE_VIOLATION = "23505"


def _ours(engine: Engine, error: DBAPIError) -> JogralError | None:
    """What a database's error means to us; None where it is a mistake of our own."""
    if isinstance(error, IntegrityError):
        # On SQLite writers stand in line, so nothing comes between a look and a write there.
        if getattr(error.orig, "sqlstate", None) != _UNIQUE_VIOLATION:
            return None
        return Overtaken("Somebody else stored the same at the same moment.", remedy="Try again.")
    # Not str(error), which would bring the statement and its values.
    words = str(error.orig)
    for sign, sentence, remedy in _TROUBLES:
        if sign in words:
            return Unavailable(sentence, remedy=remedy, place=where_is(engine))
    if "malformed JSON" in words:
        return _broken_row(engine, error.statement or "")
    if not isinstance(error, (OperationalError, InterfaceError)):
        return None
    return Unavailable(
        "The ledger {place} cannot be reached: {words}",
        remedy="Check JOGRAL_DATABASE_URL and that the server runs.",
        place=where_is(engine),
        words=_without_secrets(words.partition("\n")[0], engine.url),
    )


def _broken_row(engine: Engine, statement: str) -> Unavailable:
    """On SQLite somebody can write anything into a column of JSON, and then no statement reads it. Not which row."""
    tables = sorted(set(re.findall(r"\bFROM (\w+)", statement)))
    columns = sorted(set(re.findall(r"\bjson\((?:\w+\.)?(\w+)\)", statement)))
    return Unavailable(
        "The ledger {place} holds a row whose JSON cannot be read, in {tables}.",
        remedy="Find it with SQL, WHERE NOT json_valid(…), column {columns}, and mend it.",
        place=where_is(engine),
        tables=", ".join(tables),
        columns=", ".join(columns),
    )


def _without_secrets(words: str, url: URL) -> str:
    """A driver's words without what it was given to connect with, but for where."""
    given = [url.password, *(value for name, value in url.normalized_query.items() if name not in _PLACES)]
    texts = [text for value in given for text in ((value,) if isinstance(value, str) else value or ())]
    for text in sorted(texts, key=len, reverse=True):
        if len(text) >= _SECRET_LENGTH_MIN:
            words = words.replace(text, "***")
    return words


# Shorter ones are parts of ordinary words, and to cut them out there would tell them.
_SECRET_LENGTH_MIN = 4


# Parameters that say where a server is; any other may be a secret, or the name of a file that holds one.
_PLACES = frozenset({"host", "port", "dbname"})


def where_is(engine: Engine) -> str:
    """The ledger's place without its password."""
    if engine.url.get_backend_name() == "sqlite":
        return str(Path(engine.url.database or ":memory:"))
    told = {name: value for name, value in engine.url.query.items() if name in _PLACES}
    return engine.url.set(query=told).render_as_string(hide_password=True)

"""Many rows in one statement: the cost of a drain is per slice, not per message.

SQLite runs a prepared statement over the rows; PostgreSQL takes each column as one array and joins on the primary key
alone (a further condition flipped its plan, 6 → 55 ms for 500 rows).
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, BigInteger, Integer, SmallInteger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table

Row = tuple[Any, ...]


def dumps(value: object) -> str:
    """Compact JSON, as every JSON column holds it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def insert(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert rows. JSON columns take text."""
    if rows:
        _run(connection, _insert_sql(table, columns, connection.dialect.name), rows)


def insert_missing(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert the rows that collide with none; leave the others as they are."""
    if rows:
        _run(connection, _insert_sql(table, columns, connection.dialect.name) + " ON CONFLICT DO NOTHING", rows)


def upsert(
    connection: Connection, table: Table, columns: tuple[str, ...], keys: tuple[str, ...], rows: Sequence[Row]
) -> None:
    """Insert rows, or overwrite those with the same keys."""
    if rows:
        changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
        sql = _insert_sql(table, columns, connection.dialect.name)
        _run(connection, f"{sql} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changed}", rows)


def update(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Set columns of rows by `id`. Each row holds the values of `columns` in order, and the id last."""
    if rows:
        _run(connection, _update_sql(table, columns, connection.dialect.name), rows)


def _run(connection: Connection, sql: str, rows: Sequence[Row]) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(sql, list(rows))
    else:
        connection.exec_driver_sql(sql, tuple(list(column) for column in zip(*rows, strict=True)))


@lru_cache(maxsize=128)
def _insert_sql(table: Table, columns: tuple[str, ...], dialect: str) -> str:
    names = ", ".join(columns)
    if dialect == "sqlite":
        places = ", ".join("?" for _ in columns)
        return f"INSERT INTO {table.name} ({names}) VALUES ({places})"  # noqa: S608  # our own names only
    values = ", ".join(f"v.{name}::{_cast(table, name)}" for name in columns)
    # WHERE true: without it PostgreSQL reads ON CONFLICT as part of the join.
    return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {_unnest(table, columns)} WHERE true"  # noqa: S608


@lru_cache(maxsize=128)
def _update_sql(table: Table, columns: tuple[str, ...], dialect: str) -> str:
    if dialect == "sqlite":
        changes = ", ".join(f"{name} = ?" for name in columns)
        return f"UPDATE {table.name} SET {changes} WHERE id = ?"  # noqa: S608
    changes = ", ".join(f"{name} = v.{name}::{_cast(table, name)}" for name in columns)
    source = _unnest(table, (*columns, "id"))
    return f"UPDATE {table.name} SET {changes} FROM {source} WHERE {table.name}.id = v.id"  # noqa: S608


def _unnest(table: Table, columns: tuple[str, ...]) -> str:
    arrays = ", ".join(f"%s::{_array(table, name)}[]" for name in columns)
    return f"unnest({arrays}) AS v({', '.join(columns)})"


def _cast(table: Table, name: str) -> str:
    return "jsonb" if isinstance(table.c[name].type, JSON) else _array(table, name)


def _array(table: Table, name: str) -> str:
    kind = table.c[name].type
    if isinstance(kind, SmallInteger):
        return "smallint"
    if isinstance(kind, BigInteger):
        return "bigint"
    return "integer" if isinstance(kind, Integer) else "text"

"""Many rows in one statement: the cost of a drain is per slice, not per message.

SQLite's driver lets go of the interpreter at every step of a statement, and gets it back when a busy event loop lets
go of it too: five hundred rows waited for longer than they worked. So its rows go out in packs of VALUES, and come
back as one JSON document; from PostgreSQL too, where that is one document to decode instead of one for each JSON
column. PostgreSQL takes each column as one array, and joins on the primary key alone (a further condition flipped its
plan, 6 → 55 ms for 500 rows).
"""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    Integer,
    SmallInteger,
    String,
    Text,
    any_,
    bindparam,
    cast,
    func,
    select,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, Connection, Select, Table

Row = tuple[Any, ...]

# What PostgreSQL calls the columns that are not text. Integer comes last: the other two are Integers as well.
_ARRAYS = ((Boolean, "boolean"), (SmallInteger, "smallint"), (BigInteger, "bigint"), (Integer, "integer"))

# Rows in one step on SQLite. Always so many or one, because each number is a statement of its own to prepare and keep.
PACK = 100


def dumps(value: object) -> str:
    """Compact JSON, as every JSON column holds it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def fetch(connection: Connection, wanted: Select[Any]) -> list[list[Any]]:
    """All rows of a query, in its order."""
    rows: list[list[Any]] = json.loads(fetch_document(connection, wanted))
    return rows


def fetch_document(connection: Connection, wanted: Select[Any]) -> str:
    """All rows of a query, in its order, as a JSON array of arrays. JSON columns are in it as they are."""
    rows = wanted.subquery()
    packed: ColumnElement[Any]
    if connection.dialect.name == "sqlite":
        columns = [func.json(column) if isinstance(column.type, JSON) else column for column in rows.c]
        packed = func.json_group_array(func.json_array(*columns))
    else:
        packed = func.coalesce(cast(func.json_agg(func.json_build_array(*rows.c)), Text), "[]")
    document: str = connection.scalars(select(packed)).one()
    return document


def among(connection: Connection, column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
    """`column IN (values)` with all values in one parameter: five hundred of them cost more than their query."""
    if connection.dialect.name == "sqlite":
        listed = func.json_each(dumps(list(values))).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(bindparam(None, list(values), ARRAY(String)))


def insert(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert rows. JSON columns take text."""
    if rows:
        _run(connection, _insert_sql(table, columns, connection.dialect.name), rows)


def insert_missing(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert the rows that collide with none; leave the others as they are."""
    if rows:
        _run(connection, _insert_sql(table, columns, connection.dialect.name) + " ON CONFLICT DO NOTHING", rows)


def upsert(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    keys: tuple[str, ...],
    rows: Sequence[Row],
    *,
    where: str = "true",
) -> None:
    """Insert rows, or overwrite those with the same keys, `where` the row in the table and `excluded` allow it."""
    if rows:
        changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
        sql = _insert_sql(table, columns, connection.dialect.name)
        _run(connection, f"{sql} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changed} WHERE {where}", rows)


def update(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Set columns of rows by `id`. Each row holds the values of `columns` in order, and the id last."""
    if rows:
        _run(connection, _update_sql(table, columns, connection.dialect.name), rows)


def _run(connection: Connection, sql: str, rows: Sequence[Row]) -> None:
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(sql, tuple(list(column) for column in zip(*rows, strict=True)))
        return
    packed = len(rows) - len(rows) % PACK
    if packed:
        packs = [tuple(chain.from_iterable(rows[start : start + PACK])) for start in range(0, packed, PACK)]
        connection.exec_driver_sql(_with_places(sql, len(rows[0]), PACK), packs)
    if packed < len(rows):
        connection.exec_driver_sql(_with_places(sql, len(rows[0]), 1), list(rows[packed:]))


# Where a statement for SQLite holds its rows.
_ROWS = "(:rows)"


@lru_cache(maxsize=128)
def _with_places(sql: str, width: int, rows: int) -> str:
    row = f"({', '.join('?' * width)})"
    return sql.replace(_ROWS, ", ".join([row] * rows))


@lru_cache(maxsize=128)
def _insert_sql(table: Table, columns: tuple[str, ...], dialect: str) -> str:
    names = ", ".join(columns)
    if dialect == "sqlite":
        return f"INSERT INTO {table.name} ({names}) VALUES {_ROWS}"  # noqa: S608  # our own names only
    values = ", ".join(f"v.{name}::{_cast(table, name)}" for name in columns)
    # WHERE true: without it PostgreSQL reads ON CONFLICT as part of the join.
    return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {_unnest(table, columns)} WHERE true"  # noqa: S608


@lru_cache(maxsize=128)
def _update_sql(table: Table, columns: tuple[str, ...], dialect: str) -> str:
    if dialect == "sqlite":
        changes = ", ".join(f"{name} = v.column{place}" for place, name in enumerate(columns, 1))
        source = f"(VALUES {_ROWS}) AS v"
        return f"UPDATE {table.name} SET {changes} FROM {source} WHERE {table.name}.id = v.column{len(columns) + 1}"  # noqa: S608
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
    return next((word for known, word in _ARRAYS if isinstance(kind, known)), "text")

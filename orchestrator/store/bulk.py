"""Many rows in one statement: the cost of a drain is per slice, not per message.

SQLite's driver lets go of the interpreter at every step of a statement, and gets it back when a busy event loop lets
go of it too: five hundred rows waited for longer than they worked. So its rows go out in packs of VALUES, and come
back as one JSON document; from PostgreSQL too, where that is one document to decode instead of one for each JSON
column. PostgreSQL takes each column as one array, written here as its literal: its driver asks of every value what it
is, and that was a tenth of a worker's time. It joins on the primary key alone (a further condition flipped its plan,
6 → 55 ms for 500 rows).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Integer,
    SmallInteger,
    Text,
    TypeDecorator,
    any_,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.types import UserDefinedType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import BindParameter, ColumnElement, Connection, Dialect, Select, Table
    from sqlalchemy.types import TypeEngine

Row = tuple[Any, ...]

# What PostgreSQL calls the columns that are not text. Integer comes last: the other two are Integers as well.
_ARRAYS = ((Boolean, "boolean"), (SmallInteger, "smallint"), (BigInteger, "bigint"), (Integer, "integer"))

# Rows in one step on SQLite. Always so many or one, because each number is a statement of its own to prepare and keep.
# On PostgreSQL, rows in one statement where they are letters: five copies of it exist at once on its way to the wire.
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
    document: str = connection.scalars(_packed(wanted, connection.dialect.name)).one()
    return document


def _packed(wanted: Select[Any], dialect: str) -> Select[str]:
    rows = wanted.subquery()
    if dialect == "sqlite":
        columns = [func.json(column) if isinstance(column.type, JSON) else column for column in rows.c]
        return select(func.json_group_array(func.json_array(*columns)))
    return select(func.coalesce(cast(func.json_agg(func.json_build_array(*rows.c)), Text), "[]"))


class Question:
    """A query that is asked for every slice: built once for each dialect, and asked with values by their names.

    Building one takes SQLAlchemy ten times as long as asking it. `ask` builds it, with `given` where many values go.
    """

    def __init__(self, ask: Callable[[str], Select[Any]]) -> None:
        self.packed = cache(lambda dialect: _packed(ask(dialect), dialect))

    def rows(self, connection: Connection, **values: Any) -> list[list[Any]]:
        """All rows, in its order."""
        rows: list[list[Any]] = json.loads(connection.scalars(self.packed(connection.dialect.name), values).one())
        return rows


class Questions:
    """Several about the same, asked in one statement: a way to a server and back costs more than many an answer."""

    def __init__(self, *each: Question) -> None:
        self._packed = cache(lambda dialect: select(*(one.packed(dialect).scalar_subquery() for one in each)))

    def documents(self, connection: Connection, **values: Any) -> tuple[str, ...]:
        """The rows of each, as JSON arrays of arrays; see `fetch_document`. Values of one name are shared."""
        return tuple(connection.execute(self._packed(connection.dialect.name), values).one())


def given(dialect: str, column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """`column IN (values)`, all values in one parameter of this name: five hundred cost more than their query."""
    return _among(dialect, column, bindparam(name, type_=_MANY))


def among(connection: Connection, column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
    """`given`, for a query that is built each time."""
    return _among(connection.dialect.name, column, bindparam(None, values, _MANY))


def _among(dialect: str, column: ColumnElement[str], values: BindParameter[Any]) -> ColumnElement[bool]:
    if dialect == "sqlite":
        return column.in_(select(func.json_each(values).table_valued("value").c.value))
    return column == any_(values)


class _TextArray(UserDefinedType[str]):
    """An array of PostgreSQL's, given as its literal."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_: Any) -> str:
        return "VARCHAR[]"


class _Many(TypeDecorator[Collection[str]]):
    """Many strings in one parameter."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else _TextArray())

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> Any:
        listed = list(value or ())
        return dumps(listed) if dialect.name == "sqlite" else _literal(listed)


_MANY = _Many()


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
    letters: bool = False,
) -> None:
    """Insert rows, or overwrite those with the same keys, `where` the row in the table and `excluded` allow it.

    With `letters` each row may hold kilobytes.
    """
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
    sql = _insert_sql(table, columns, connection.dialect.name)
    sql += f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changed} WHERE {where}"
    most = PACK if letters else len(rows) or 1
    for start in range(0, len(rows), most):
        _run(connection, sql, rows[start : start + most])


def update(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row], *, key: str = "id"
) -> None:
    """Set columns of rows by their primary key. Each row holds the values of `columns` in order, and the key last."""
    if rows:
        _run(connection, _update_sql(table, columns, key, connection.dialect.name), rows)


def _run(connection: Connection, sql: str, rows: Sequence[Row]) -> None:
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(sql, tuple(_literal(column) for column in zip(*rows, strict=True)))
        return
    packed = len(rows) - len(rows) % PACK
    if packed:
        packs = [tuple(chain.from_iterable(rows[start : start + PACK])) for start in range(0, packed, PACK)]
        connection.exec_driver_sql(_with_places(sql, len(rows[0]), PACK), packs)
    if packed < len(rows):
        connection.exec_driver_sql(_with_places(sql, len(rows[0]), 1), list(rows[packed:]))


def _literal(values: Sequence[Any]) -> str:
    """An array as PostgreSQL reads it (its manual, §8.15.2): of texts, numbers or booleans, with NULL for None."""
    if values and values.count(values[0]) == len(values):
        return f"{{{','.join([_element(values[0])] * len(values))}}}"
    if set(map(type, values)) == {str}:
        # All at once, by what no text of PostgreSQL's may hold. Where one does, the driver shall refuse it.
        joined = "\0".join(values)
        if joined.count("\0") == len(values) - 1:
            return "{" + _quoted(joined).replace("\0", '","') + "}"
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: str | bool | int | None) -> str:
    if value is None:
        return "NULL"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


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
def _update_sql(table: Table, columns: tuple[str, ...], key: str, dialect: str) -> str:
    if dialect == "sqlite":
        changes = ", ".join(f"{name} = v.column{place}" for place, name in enumerate(columns, 1))
        source = f"(VALUES {_ROWS}) AS v"
        return f"UPDATE {table.name} SET {changes} FROM {source} WHERE {table.name}.{key} = v.column{len(columns) + 1}"  # noqa: S608
    changes = ", ".join(f"{name} = v.{name}::{_cast(table, name)}" for name in columns)
    source = _unnest(table, (*columns, key))
    return f"UPDATE {table.name} SET {changes} FROM {source} WHERE {table.name}.{key} = v.{key}"  # noqa: S608


def _unnest(table: Table, columns: tuple[str, ...]) -> str:
    arrays = ", ".join(f"%s::{_array(table, name)}[]" for name in columns)
    return f"unnest({arrays}) AS v({', '.join(columns)})"


def _cast(table: Table, name: str) -> str:
    return "jsonb" if isinstance(table.c[name].type, JSON) else _array(table, name)


def _array(table: Table, name: str) -> str:
    kind = table.c[name].type
    return next((word for known, word in _ARRAYS if isinstance(kind, known)), "text")

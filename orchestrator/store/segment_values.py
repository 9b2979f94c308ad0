"""Values inside JSON columns, as segments compare them: the same answers from SQLite and PostgreSQL.

Data come from outside, so a value may be of any kind: each comparison first asks for the kind, and no odd value may
end a query about everybody. Whatever is missing gives false and never NULL, or `not` would lose it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import BigInteger, Integer, Numeric, String, and_, case, cast, exists, false, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from orchestrator.segments.operators import EARLIER, INSTANT, NUMBERS, TIMES, WALL, bound_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement

    from orchestrator.domain.time import Instant
    from orchestrator.segments.model import FieldTest
    from orchestrator.segments.operators import Bound


class Value(Protocol):
    """One value of a JSON document, as SQL. `text` and `number` are asked only where `is_text` and `is_number` hold."""

    @property
    def exists(self) -> ColumnElement[bool]: ...
    @property
    def is_text(self) -> ColumnElement[bool]: ...
    @property
    def is_number(self) -> ColumnElement[bool]: ...
    @property
    def is_list(self) -> ColumnElement[bool]: ...
    @property
    def text(self) -> ColumnElement[str]: ...
    @property
    def number(self) -> ColumnElement[Any]: ...

    def is_truth(self, wanted: bool) -> ColumnElement[bool]:
        """Whether it is this of true and false."""

    def lists(self, wanted: str) -> ColumnElement[bool]:
        """Whether it is a list in which this text stands."""

    def holds(self, part: str) -> ColumnElement[bool]:
        """Whether the text holds this part."""

    @property
    def is_instant(self) -> ColumnElement[bool]:
        """Whether the text is a date and time with an offset."""

    @property
    def is_wall(self) -> ColumnElement[bool]:
        """Whether the text is a date, or a date and time without an offset."""

    @property
    def seconds(self) -> ColumnElement[int]:
        """Of an instant, since 1970."""

    @property
    def wall(self) -> ColumnElement[str]:
        """Of a wall, in an order that is the order of time."""


def compared(value: Value, test: FieldTest, now: Instant, zone: str) -> ColumnElement[bool]:
    """Whether a value passes a test. `now` is business time, `zone` the project's."""
    op, wanted = test.op, test.value
    if op == "exists":
        return func.coalesce(value.exists, false())
    if op in NUMBERS:
        return case((value.is_number, value.number.op(NUMBERS[op], is_comparison=True)(_number(wanted))), else_=false())
    if op in TIMES:
        return _at_time(value, op in EARLIER, bound_of(op, wanted, now, zone))
    if op == "contains":
        return case((value.is_text, value.holds(wanted)), (value.is_list, value.lists(wanted)), else_=false())
    if op == "is_not":
        return and_(func.coalesce(value.exists, false()), ~_equal(value, wanted))
    return or_(*(_equal(value, one) for one in (wanted if op == "one_of" else [wanted])))


def _equal(value: Value, wanted: Any) -> ColumnElement[bool]:
    if isinstance(wanted, bool):
        return func.coalesce(value.is_truth(wanted), false())
    if isinstance(wanted, str):
        return case((value.is_text, value.text == literal(wanted, String)), else_=false())
    return case((value.is_number, value.number == _number(wanted)), else_=false())


def _at_time(value: Value, earlier: bool, bound: Bound) -> ColumnElement[bool]:
    by_seconds = value.seconds < bound.seconds if earlier else value.seconds >= bound.seconds
    by_wall = value.wall < bound.wall if earlier else value.wall >= bound.wall
    # One within the other: what is not a text has no form to ask for.
    told = case((value.is_instant, func.coalesce(by_seconds, false())), (value.is_wall, by_wall), else_=false())
    return case((value.is_text, told), else_=false())


def _number(wanted: float) -> ColumnElement[Any]:
    """As it is written: a float that went through a driver as text would not be the decimal that somebody typed."""
    return literal(wanted, Numeric(asdecimal=False)) if isinstance(wanted, float) else literal(wanted)


class SqliteValue:
    """See `Value`. SQLite names the kinds of JSON values, and gives them as its own."""

    def __init__(self, document: ColumnElement[Any], keys: Sequence[str]) -> None:
        self._document = document
        self._path = "$" + "".join(f'."{key}"' for key in keys)  # keys are lower-case letters, digits and _
        self._kind = func.json_type(document, self._path)
        self.exists = self._kind != "null"
        self.is_text = self._kind == "text"
        self.is_number = self._kind.in_(["integer", "real"])
        self.is_list = self._kind == "array"
        self.text = func.json_extract(document, self._path, type_=String)
        self.number = func.json_extract(document, self._path, type_=Numeric(asdecimal=False))

    def is_truth(self, wanted: bool) -> ColumnElement[bool]:
        return self._kind == ("true" if wanted else "false")

    def lists(self, wanted: str) -> ColumnElement[bool]:
        item = func.json_each(self._document, self._path).table_valued("value", "type", name="item")
        return exists(select(literal(1)).select_from(item).where(item.c.type == "text", item.c.value == wanted))

    def holds(self, part: str) -> ColumnElement[bool]:
        return func.instr(self.text, part) > 0

    @property
    def is_instant(self) -> ColumnElement[bool]:
        ends = or_(self._looks(f"{_DAY}T{_CLOCK}*Z"), self._looks(f"{_DAY}T{_CLOCK}*[-+][0-9][0-9]:[0-9][0-9]"))
        return and_(ends, ~self._looks("*[^-0-9T:.+Z]*"))

    @property
    def is_wall(self) -> ColumnElement[bool]:
        return or_(*(self._looks(form) for form in (_DAY, f"{_DAY}T{_CLOCK[:-14]}", f"{_DAY}T{_CLOCK}")))

    @property
    def seconds(self) -> ColumnElement[int]:
        return cast(func.strftime("%s", self.text), Integer)

    @property
    def wall(self) -> ColumnElement[str]:
        return self.text

    def _looks(self, form: str) -> ColumnElement[bool]:
        return self.text.op("GLOB", is_comparison=True)(form)


_DAY = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]"
_CLOCK = "[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"


class PostgresValue:
    """See `Value`. A cast that fails would end the query, so nothing is cast whose form was not asked for."""

    def __init__(self, document: ColumnElement[Any], keys: Sequence[str]) -> None:
        found = document
        for key in keys[:-1]:
            found = found.op("->")(literal(key, String))
        self._value = found.op("->", return_type=JSONB())(literal(keys[-1], String))
        self._kind = func.jsonb_typeof(self._value)
        self.exists = self._kind != "null"
        self.is_text = self._kind == "string"
        self.is_number = self._kind == "number"
        self.is_list = self._kind == "array"
        self.text = found.op("->>", return_type=String())(literal(keys[-1], String))
        self.number = cast(self.text, Numeric)

    def is_truth(self, wanted: bool) -> ColumnElement[bool]:
        return and_(self._kind == "boolean", self.text == ("true" if wanted else "false"))

    def lists(self, wanted: str) -> ColumnElement[bool]:
        return self._value.op("@>", is_comparison=True)(literal([wanted], JSONB))

    def holds(self, part: str) -> ColumnElement[bool]:
        return func.strpos(self.text, part) > 0

    @property
    def is_instant(self) -> ColumnElement[bool]:
        return self.text.op("~", is_comparison=True)(INSTANT)

    @property
    def is_wall(self) -> ColumnElement[bool]:
        return self.text.op("~", is_comparison=True)(WALL)

    @property
    def seconds(self) -> ColumnElement[int]:
        """By arithmetic, as SQLite does it: 30 February is 2 March, where a cast would end the query."""
        year, month, day = self._digits(1, 4), self._digits(6, 2), self._digits(9, 2)
        hour, minute, second = self._digits(12, 2), self._digits(15, 2), self._digits(18, 2)
        date = cast(literal("1970-01-01"), TIMESTAMP) + func.make_interval(year - 1970, month - 1, 0, day - 1)
        offset = case(
            (self.text.endswith("Z"), 0),
            else_=(
                cast(func.concat(self._from_end(6, 1), "1"), Integer)
                * (cast(self._from_end(5, 2), Integer) * 60 + cast(self._from_end(2, 2), Integer))
            ),
        )
        days = cast(func.extract("epoch", date), BigInteger)
        return days + hour * 3600 + minute * 60 + second - offset * 60

    @property
    def wall(self) -> ColumnElement[str]:
        return self.text.collate("C")

    def _digits(self, place: int, length: int) -> ColumnElement[int]:
        return cast(func.substr(self.text, place, length), Integer)

    def _from_end(self, place: int, length: int) -> ColumnElement[str]:
        return func.left(func.right(self.text, place), length)


VALUES: Mapping[str, type[SqliteValue | PostgresValue]] = {"sqlite": SqliteValue, "postgresql": PostgresValue}
"""By the name of the dialect."""

"""How a segment compares a value: the operators, and what each of them takes.

Values are compared by their own kind: a text never equals a number, and what is missing fits no operator but
`not: … exists`. Times are ISO texts, as JSON has them: with an offset they are instants; without one, and dates, they
are what a wall in the project's zone shows, a date its midnight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from orchestrator.domain.errors import Unfit, mark
from orchestrator.domain.time import at_wall, instant, moment
from orchestrator.schema import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.domain.time import Instant

Operator = Literal[
    "is", "is_not", "one_of", "contains",
    "at_least", "more_than", "at_most", "less_than",
    "before", "since", "older_than", "newer_than",
    "exists",
]  # fmt: skip

LISTED_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Bound:
    """A moment that times are compared with: as an instant in seconds, and as a wall of the project shows it."""

    seconds: int
    wall: str


def bound_of(op: Operator, value: str, now: Instant, zone: str) -> Bound:
    """The moment that a test of times speaks of.

    Args:
        op: `before` or `since` with a date or a time, `older_than` or `newer_than` with a duration.
        value: what the file says.
        now: business time.
        zone: the project's.
    """
    if op in AGES:
        at = now - parse_duration(value).milliseconds
    else:
        said = datetime.fromisoformat(value)
        at = instant(said) if said.tzinfo is not None else at_wall(said, zone)
    wall = moment(at, zone).replace(tzinfo=None)
    day_only = op not in AGES and len(value) == _DATE_LENGTH
    return Bound(at // 1000, wall.date().isoformat() if day_only else wall.isoformat(timespec="seconds"))


_DAY_OF_YEAR = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME_OF_DAY = "([01][0-9]|2[0-4]):[0-5][0-9]:[0-5][0-9]"
INSTANT = rf"^{_DAY_OF_YEAR}T{_TIME_OF_DAY}(\.[0-9]+)?(Z|[-+](0[0-9]|1[0-4]):[0-5][0-9])$"
"""How a value looks that is a date and time with an offset: PostgreSQL and Python read this alike."""
WALL = r"^[0-9]{4}-[0-1][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?)?$"
"""How one looks that is a date, or a date and time without an offset."""


def seconds_of(value: Any) -> int | None:
    """Of a value that is an instant, the seconds since 1970; by arithmetic: 30 February is 2 March. Else None."""
    if not isinstance(value, str) or _INSTANT.match(value) is None:
        return None
    year, month, day = int(value[:4]), int(value[5:7]), int(value[8:10])
    hour, minute, second = int(value[11:13]), int(value[14:16]), int(value[17:19])
    ahead = 0 if value.endswith("Z") else int(f"{value[-6]}1") * (int(value[-5:-3]) * 60 + int(value[-2:]))
    return ((_days_before(year, month) + day - 1) * 24 + hour) * 3600 + (minute - ahead) * 60 + second


def wall_of(value: Any) -> str | None:
    """Of a value that is a wall, the text that it is; None of any other."""
    return value if isinstance(value, str) and _WALL.match(value) is not None else None


EARLIER = frozenset({"before", "older_than"})
"""Operators that want a time before the bound; the other two take the bound itself too."""

AGES = frozenset({"older_than", "newer_than"})

TIMES = frozenset({"before", "since"}) | AGES

NUMBERS: Mapping[str, str] = {"at_least": ">=", "more_than": ">", "at_most": "<=", "less_than": "<"}
"""Operators that compare numbers, as arithmetic writes them."""

# `\Z`: in Python, `$` also stands before a line's end.
_INSTANT, _WALL = (re.compile(form.removesuffix("$") + r"\Z") for form in (INSTANT, WALL))
_DATE_LENGTH = len("2026-11-30")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?")


def fitting(op: Operator, value: Any) -> Unfit | None:
    """What is wrong with the value that an operator was given."""
    takes, wanted = _TAKES[op]
    return None if takes(value) else Unfit(wanted, op=op)


def _days_before(year: int, month: int) -> int:
    """From 1970 to the first of a month. Python's own dates begin in year 1, and a value may say year 0."""
    cycles, of_cycle = divmod(year, 400)
    return date(of_cycle + 400, month, 1).toordinal() + (cycles - 1) * 146_097 - date(1970, 1, 1).toordinal()


def _scalar(value: Any) -> bool:
    return isinstance(value, (str, bool, int, float))


def _listed(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and 0 < len(value) <= LISTED_MAX and all(map(_scalar, value))


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _time(value: Any) -> bool:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value[:_DATE_LENGTH])
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _age(value: Any) -> bool:
    try:
        return isinstance(value, str) and parse_duration(value).unit in {"h", "d", "w"}
    except ValueError:
        return False


def _nothing(value: Any) -> bool:
    return value is None


_A_SCALAR = (_scalar, mark("must be a text, a number, true or false"))
_A_NUMBER = (_number, mark("must be a number for {op}"))
_A_TIME = (_time, mark("must be a date such as 2026-11-30, or a date and time"))
_AN_AGE = (_age, mark("must be a duration such as 120d, 8w or 36h"))

_TAKES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "is": _A_SCALAR,
    "is_not": _A_SCALAR,
    "one_of": (_listed, mark("must be a list of texts or numbers, not an empty one")),
    "contains": (_text, mark("must be a text")),
    **dict.fromkeys(NUMBERS, _A_NUMBER),
    "before": _A_TIME,
    "since": _A_TIME,
    "older_than": _AN_AGE,
    "newer_than": _AN_AGE,
    "exists": (_nothing, mark("goes with another op: exists asks whether there is a value at all")),
}

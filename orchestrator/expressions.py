"""CEL expressions, the only ones in our files. The one module that touches the CEL library.

The library is young and native: an expression of 40 kB ended the interpreter, seven nested `map`s ran over 20 seconds,
and some of its errors are not `Exception`. So the text is limited before it is compiled, and everything it raises is
caught here (decisions, section 3).
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

# The library imports its own command line with it, and that brings typer and rich into every worker's memory (10 MB).
# Nobody here calls it: an empty module stands in its place.
sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))

import cel  # noqa: E402  # after the line above, which is its point
from pydantic import AfterValidator  # noqa: E402  # as above

from orchestrator.domain.errors import Unfit  # noqa: E402  # as above

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LENGTH_MAX = 1_000
COMPREHENSIONS_MAX = 1

# What may stand between two words: space, and comments, which CEL has.
_GAP = r"(?:\s|//[^\n]*(?:\n|$))*"
_COMPREHENSION = re.compile(rf"\.{_GAP}(?:all|exists|exists_one|existsOne|map|filter){_GAP}\(")
_MISSING = re.compile(r"Undefined variable|No such key|no such key|KeyError")
_FATAL = (KeyboardInterrupt, SystemExit, GeneratorExit)


FUNCTIONS = (
    "all", "exists", "exists_one", "existsOne", "map", "filter", "has",
    "size", "contains", "startsWith", "endsWith", "matches",
    "bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint",
    "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear",
    "getHours", "getMinutes", "getSeconds", "getMilliseconds",
)  # fmt: skip
"""What an expression may call without being given anything."""


class ExpressionError(Unfit):
    """An expression that cannot be read, or could not be evaluated."""


class MissingOperand(ExpressionError):
    """The data does not have what the expression names. A condition takes it as false, and says so in its trace."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression. `names` are the top-level names that it reads, for checks before anything runs.

    `calls` are the functions that it calls, operators among them.
    """

    source: str
    program: Any
    names: tuple[str, ...]
    calls: tuple[str, ...]


@lru_cache(maxsize=2_048)
def compile_expression(source: str) -> Expression:
    """Read an expression. Raises ExpressionError with the library's caret message, or with the limit it breaks."""
    if len(source) > LENGTH_MAX:
        raise ExpressionError(
            "is {count} characters long; at most {most} are allowed", count=len(source), most=LENGTH_MAX
        )
    if len(_COMPREHENSION.findall(source)) > COMPREHENSIONS_MAX:
        raise ExpressionError(
            "uses more than {most} of all, exists, exists_one, map and filter", most=COMPREHENSIONS_MAX
        )
    try:
        program = cel.compile(source)
        return Expression(source, program, tuple(program.variables()), tuple(program.functions()))
    except BaseException as error:
        if isinstance(error, _FATAL):
            raise
        raise ExpressionError("cannot be read: {why}", why=str(error)) from error


def _readable(source: str) -> str:
    compile_expression(source)
    return source


Condition = Annotated[str, AfterValidator(_readable)]
"""A CEL expression that is true or false, in a YAML model."""


def evaluate(
    expression: Expression,
    data: Mapping[str, Any],
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> Any:
    """The value of an expression over plain data. Raises MissingOperand or ExpressionError.

    An error inside one of `functions` is raised as ExpressionError with that error's own words.
    """
    failures: list[BaseException] = []
    guarded = {name: _guarded(function, failures) for name, function in (functions or {}).items()}
    try:
        value = expression.program.execute(cel.Context(variables=dict(data), functions=guarded))
    except BaseException as error:
        if isinstance(error, _FATAL):
            raise
        _raise_first(failures)
        if isinstance(error, KeyError) or _MISSING.search(str(error)):
            raise MissingOperand("{source}: {why}", source=expression.source, why=_first_line(error)) from error
        raise ExpressionError("{source}: {why}", source=expression.source, why=_first_line(error)) from error
    _raise_first(failures)
    return value


def holds(
    expression: Expression,
    data: Mapping[str, Any],
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> tuple[bool, str]:
    """Whether a condition is true, and a note for the trace where that cannot be told (then it is false).

    An operand may be missing, or be of another kind than the condition expects: data comes from outside, and one
    customer's odd value must not stop the others' events.
    """
    try:
        return evaluate(expression, data, functions) is True, ""
    except ExpressionError as error:
        return False, str(error)


def operands(when: str) -> tuple[str, ...]:
    """What stands between the outermost `&&` of a condition; brackets and quotes hold together what is in them.

    A condition whose outermost operator is another is one operand.
    """
    depth, quote, begin = 0, "", 0
    found = []
    for place, sign in enumerate(when):
        if quote:
            quote = "" if sign == quote and when[place - 1] != "\\" else quote
        elif sign in "\"'":
            quote = sign
        else:
            depth += (sign in "([{") - (sign in ")]}")
            if depth == 0 and (sign == "?" or when.startswith("||", place)):
                return (when.strip(),)
            if depth == 0 and when.startswith("&&", place):
                found.append(when[begin:place].strip())
                begin = place + 2
    return (*found, when[begin:].strip())


def _raise_first(failures: list[BaseException]) -> None:
    """What a function raised. Ctrl+C that fell into one is still Ctrl+C."""
    if failures and isinstance(failures[0], _FATAL):
        raise failures[0]
    if failures:
        raise ExpressionError("{why}", why=str(failures[0])) from failures[0]


def _guarded(function: Callable[..., Any], failures: list[BaseException]) -> Callable[..., Any]:
    """The library prints to stderr when a function raises: keep the error here and give back null."""

    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except (ValueError, TypeError, KeyError, ArithmeticError, *_FATAL) as error:
            failures.append(error)
            return None

    return call


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]

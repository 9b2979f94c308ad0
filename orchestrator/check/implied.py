"""Whether one condition holds wherever another does, as far as their texts tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.expressions import operands

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_TEXT = r"(?:\"[^\"\\]*\"|'[^'\\]*')"
_COMPARED = re.compile(
    r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)\s*"
    rf"(?:(==|!=|<=|>=|<|>)\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<text>{_TEXT}))|in\s*\[(?P<texts>(?:\s*{_TEXT}\s*,?)+)\])"
)


def implies(condition: str | None, other: str | None) -> bool:
    """Whether `other` is true whenever `condition` is. No condition at all is always true."""
    if other is None:
        return True
    if condition is None:
        return False
    return all_implied(operands(condition), operands(other))


def all_implied(given: Collection[str], asked: Collection[str]) -> bool:
    """Whether some conditions are all true wherever some others are."""
    return all(any(_part_implies(one, other) for one in given) for other in asked)


def _part_implies(one: str, other: str) -> bool:
    if one.split() == other.split():
        return True
    given, asked = _COMPARED.fullmatch(one), _COMPARED.fullmatch(other)
    if given is None or asked is None or given[1] != asked[1]:
        return False
    if given["number"] and asked["number"]:
        return _number_implies(given[2], float(given["number"]), asked[2], float(asked["number"]))
    only, allowed = _texts(given), _texts(asked)
    if not only or not allowed or given[2] == "!=":
        return False
    return not only & allowed if asked[2] == "!=" else only <= allowed


# What is asked → what must be given for it: the sign, and how its number must stand to the one that is asked.
_ENOUGH: Mapping[str, Mapping[str, Callable[[float, float], bool]]] = {
    ">=": {">=": float.__ge__, ">": float.__ge__, "==": float.__ge__},
    ">": {">=": float.__gt__, ">": float.__ge__, "==": float.__gt__},
    "<=": {"<=": float.__le__, "<": float.__le__, "==": float.__le__},
    "<": {"<=": float.__lt__, "<": float.__le__, "==": float.__lt__},
    "==": {"==": float.__eq__},
    "!=": {
        "!=": float.__eq__, "==": float.__ne__,
        ">": float.__ge__, ">=": float.__gt__, "<": float.__le__, "<=": float.__lt__,
    },
}  # fmt: skip


def _number_implies(given: str, number: float, asked: str, limit: float) -> bool:
    enough = _ENOUGH[asked].get(given)
    return enough is not None and enough(number, limit)


def _texts(compared: re.Match[str]) -> frozenset[str]:
    """The texts that a part of a condition compares with."""
    return frozenset(text[1:-1] for text in re.findall(_TEXT, compared["text"] or compared["texts"] or ""))

"""The words of a journey itself, for teams and for events of ours: text with `{{ order.number }}` in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestrator.journeys.concern import look_up

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACE = re.compile(r"\{\{\s*([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)\s*\}\}")
"""A place for one value, named by its path."""


def filled(written: str, data: Mapping[str, Any]) -> str:
    """The text with its values; what nobody knows is a dash: a team reads it all the same."""
    return PLACE.sub(lambda place: _text(look_up(data, place[1])), written)


def filled_value(written: Any, data: Mapping[str, Any]) -> Any:
    """The same for a value of an event. A text that is one place alone keeps the value's type, None if unknown."""
    if not isinstance(written, str):
        return list(written) if isinstance(written, tuple) else written
    alone = PLACE.fullmatch(written.strip())
    return look_up(data, alone[1]) if alone else filled(written, data)


def _text(value: Any) -> str:
    return "-" if value is None else str(value)

"""Values for HTML: nothing that comes from data can become an element or leave its attribute."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from markupsafe import escape

if TYPE_CHECKING:
    from orchestrator.catalog.script import Values

# Most values need none, and asking is faster than escaping.
_needs_escape = re.compile("[&<>\"']").search


def escaped(values: Values) -> Values:
    """The same values for HTML, in text and in attributes; loops' items too."""
    return {key: _escaped(value) for key, value in values.items()}


def _escaped(value: Any) -> Any:  # words, a loop's items, or the answer to an {% if %}
    if isinstance(value, str):
        return str(escape(value)) if _needs_escape(value) else value
    return [escaped(item) for item in value] if isinstance(value, list) else value

"""Where something stands in a provider's JSON, and what a recipe may say at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestrator.domain.errors import ConfigurationError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    # `data.0.id`, step by step.
    Path = tuple[str, ...]

# No id of ours or of a provider is longer; what is, is something else.
WORD_LENGTH_MAX = 255


class NotThere(LookupError):
    """It does not stand there, or is not what it should be."""


def path(written: str) -> Path:
    """`data.0.id` or `data[0].id` as steps; nothing is the document itself."""
    return tuple(written.replace("[", ".").replace("]", "").split(".")) if written else ()


def document(body: bytes) -> Any:  # any JSON value
    """A body as JSON. Raises NotThere."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotThere("not JSON") from error


def at(document: Any, steps: Path) -> Any:  # parsed JSON: anything
    """What stands there. Raises NotThere."""
    try:
        for step in steps:
            document = document[int(step)] if isinstance(document, list) else document[step]
    except (ValueError, LookupError, TypeError) as error:
        raise NotThere(".".join(steps)) from error
    return document


def word_at(document: Any, steps: Path) -> str:
    """The id or word that stands there; a number is one too. Raises NotThere."""
    found = at(document, steps)
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise NotThere(".".join(steps))
    word = str(found)
    if not word or len(word) > WORD_LENGTH_MAX or not word.isprintable():
        raise NotThere(".".join(steps))
    return word


def check_keys(part: str, written: object, known: Collection[str], needed: Collection[str]) -> Mapping[str, Any]:
    """A part of a recipe that is a mapping of known keys. Raises ConfigurationError that says what to write."""
    if not isinstance(written, dict):
        raise ConfigurationError(
            "{part} is not a mapping", remedy="It has the keys: {known}.", part=part, known=", ".join(known)
        )
    for key in written:
        if key not in known:
            raise ConfigurationError(
                '{part} has no key "{key}"{hint}',
                remedy="It has the keys: {known}.",
                part=part,
                key=key,
                hint=did_you_mean(str(key), known),
                known=", ".join(known),
            )
    missing = [key for key in needed if key not in written]
    if missing:
        raise ConfigurationError(
            "{part} needs: {missing}",
            remedy="It has the keys: {known}.",
            part=part,
            missing=", ".join(missing),
            known=", ".join(known),
        )
    return written


def text_of(part: str, written: Mapping[str, Any], key: str, default: str = "") -> str:
    """A key whose value is text. Raises ConfigurationError."""
    value = written.get(key, default)
    if not isinstance(value, str):
        raise ConfigurationError("{part}.{key} is not text", remedy="Put it in quotes.", part=part, key=key)
    return value


def statuses(key: str, written: object) -> frozenset[int]:
    """A list of HTTP statuses, `200-299, 409`. Raises ConfigurationError."""
    found: set[int] = set()
    for item in str(written).split(","):
        first, _, last = item.strip().partition("-")
        if not first.isdecimal() or not (last or first).isdecimal():
            raise ConfigurationError(
                '{key} "{written}" is not a list of statuses',
                remedy='Write "200-299, 409".',
                key=key,
                written=written,
            )
        found.update(range(int(first), min(int(last or first), 999) + 1))
    return frozenset(found)

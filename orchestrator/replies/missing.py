"""What keeps a reply from being said: values that nobody brought, and places that were left open. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.catalog.text import strip_controls
from orchestrator.catalog.values import look_up
from orchestrator.domain.errors import InputError, Phrase, mark
from orchestrator.domain.fact import names_fact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from orchestrator.catalog.prepare import Prepared
    from orchestrator.domain.time import Instant
    from orchestrator.facts.book import FactBook
    from orchestrator.replies.model import Reply


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """What keeps a reply from being said. `why` is a sentence about `label`, and can be said in other languages."""

    path: str
    label: str
    why: Phrase


def lacking(path: str, label: str, sentence: str, **params: object) -> Missing:
    return Missing(path=path, label=label, why=Phrase(sentence, label=label, **params))


_UNANSWERED = mark('"{label}" has not been answered yet.')
_NOT_KNOWN = mark("The customer's data does not have {label}.")
_NO_FACT = mark("The fact {label} is not known now.")
_NOT_PROMISED = mark("The fact {label} cannot be promised now: {why}.")
_OPEN = mark("{label} would be sent as it stands.")


def gaps(prepared: Prepared, data: Mapping[str, Any]) -> tuple[str, ...]:
    """What a variant prints or claims on a channel and nobody brought: each path once, as the copy declares them."""
    needed = [
        *((used.name, used.path) for used in prepared.variables if used.variable.fallback is None),
        *((used.claim.from_, used.path) for used in prepared.claims if used.fallback is None),
    ]
    return tuple(dict.fromkeys(name for name, path in needed if _blank(look_up(data, path))))


def gap(path: str, reply: Reply) -> Missing:
    """Why one of them is there."""
    if path in reply.ask:
        return lacking(path, reply.ask[path].label, _UNANSWERED)
    return lacking(path, path, _NO_FACT if names_fact(path) else _NOT_KNOWN)


def unpromised(prepared: Prepared, data: Mapping[str, Any], book: FactBook, now: Instant) -> Iterator[Missing]:
    """Facts that are known, and are promised to nobody now: of an offer that has ended."""
    known = {used.claim.from_: look_up(data, used.path) for used in prepared.claims if names_fact(used.claim.from_)}
    for path, value in known.items():
        obstacle = book.obstacle([path], now)
        if obstacle is not None and value is not None:
            yield lacking(path, path, _NOT_PROMISED, why=obstacle.detail)


# What a text still has of a template, or of one in another tool: {nome}, [NOME], [LINK], XXX, ____.
OPEN_PLACE = re.compile(
    r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|\[\[[^\[\]]*\]\]|\{\{|\}\}|\{%|%\}"
    r"|\{[^{}\s][^{}]{0,60}\}|\[[^\W\d_a-zà-ÿ][A-ZÀ-Þ0-9_ ]{1,60}\]|\bX{3,}\b|_{3,}"
)


def open_places(text: str | None) -> Iterator[Missing]:
    """Places that an agent pasted with the words around them. Raises InputError for an edit without words."""
    if text is None:
        return
    if _blank(text):
        raise InputError("The text is empty.", code="empty_text", remedy="Write it, or leave it as the reply has it.")
    for place in dict.fromkeys(found[0] for found in OPEN_PLACE.finditer(text)):
        yield lacking(place.strip("{}[] "), place, _OPEN)


def _blank(value: object) -> bool:
    """What a reader cannot see is a hole to them, zero widths too."""
    return value is None or (isinstance(value, str) and not strip_controls(value))

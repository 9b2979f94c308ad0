"""What a provider can do, in words: for `jogral channels list` and for the table of docs/channels.md."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from orchestrator.domain.errors import mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.contract.capabilities import Capabilities

_DAY_SECONDS = 86_400
_HOUR_SECONDS = 3_600
_MINUTE_SECONDS = 60

_LIMITS: tuple[tuple[str, str], ...] = (
    ("text_length_max", mark("text up to {max} characters")),
    ("subject_length_max", mark("subject up to {max} characters")),
    ("title_length_max", mark("title up to {max} characters")),
    ("button_length_max", mark("a button up to {max} characters")),
    ("payload_bytes_max", mark("a request up to {max} bytes")),
    ("per_second", mark("up to {max} calls a second")),
)
_TRUTHS: tuple[tuple[str, str], ...] = (
    ("html", mark("HTML")),
    ("title", mark("titles")),
    ("media", mark("pictures and files")),
    ("subscriptions", mark("browsers' subscriptions")),
    ("templates", mark("approved templates only, outside an open conversation")),
    ("receives", mark("tells what became of messages")),
    ("hears", mark("brings what people write")),
    ("looks_up", mark("can be asked for a message")),
    ("idempotent", mark("refuses the same message twice")),
    ("local", mark("stays on this machine")),
)


def abilities(can: Capabilities) -> Iterator[tuple[str, dict[str, Any]]]:
    """Sentences of the catalogue and what goes into their places, what it shows before what it tells."""
    for name, sentence in _LIMITS:
        limit = getattr(can, name)
        if limit is not None:
            yield sentence, {"max": _number(limit)}
    if can.buttons_max:
        yield mark("up to {max} buttons"), {"max": can.buttons_max}
    elif can.buttons_max == 0:
        yield mark("no buttons"), {}
    if can.devices_max > 1:
        yield mark("up to {max} devices of a person at once"), {"max": can.devices_max}
    if can.ttl_seconds is not None:
        shortest, longest = map(_span, can.ttl_seconds)
        yield mark("gives up by itself after {shortest} to {longest}"), {"shortest": shortest, "longest": longest}
    for name, sentence in _TRUTHS:
        if getattr(can, name):
            yield sentence, {}


def as_document(can: Capabilities) -> dict[str, Any]:
    """The same for programs: every field as it is."""
    document: dict[str, Any] = {item.name: getattr(can, item.name) for item in dataclasses.fields(can)}
    document["channels"] = sorted(channel.value for channel in can.channels)
    document["ttl_seconds"] = list(can.ttl_seconds) if can.ttl_seconds is not None else None
    return document


def _number(limit: float) -> str:
    return f"{limit:g}" if limit < 1_000 else str(int(limit))  # noqa: PLR2004  # before exponents


def _span(seconds: int) -> str:
    """In signs that are the same in both languages: nobody counts 672 h. A day alone is hours still."""
    if seconds > _DAY_SECONDS and seconds % _DAY_SECONDS == 0:
        return f"{seconds // _DAY_SECONDS} d"
    if seconds >= _HOUR_SECONDS:
        return f"{seconds / _HOUR_SECONDS:g} h"
    return f"{seconds // _MINUTE_SECONDS} min" if seconds >= _MINUTE_SECONDS else f"{seconds} s"

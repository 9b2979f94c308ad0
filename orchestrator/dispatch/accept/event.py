"""An event as it comes in, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.accept.once import body_hash
from orchestrator.domain.errors import Conflict, FieldError, InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.dispatch.accept.who import CustomerReference
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class IncomingEvent:
    """An event as a door read it. (source, id) is what makes it the same event.

    `timeless`: its source did not say when it happened, so `occurred_at` is when we heard of it.
    """

    source: str
    id: str
    type: str
    occurred_at: Instant
    data: Mapping[str, Any]
    customer: CustomerReference | None = None
    timeless: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event that is on disk. `repeated`: it was already, and asked for nothing this time."""

    event_id: str
    customer_id: str
    repeated: bool = False
    requests: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An event that nobody understood, kept whole under an id of the quarantine. `repeated`: it was there already."""

    quarantine_id: str
    error: InputError
    repeated: bool = False


Result = Accepted | Quarantined | InputError


def event_hash(event: IncomingEvent) -> str:
    """What makes a repetition the same: an event whose source says no time is the same whenever it is heard."""
    at = None if event.timeless else event.occurred_at
    return body_hash({"type": event.type, "at": at, "data": dict(event.data)})


def reused(pair: tuple[str, str]) -> Conflict:
    """Another event came under the (source, id) of one that is stored."""
    return Conflict(
        'The event id "{id}" of source "{source}" was used with another body.',
        remedy="An id names one event for ever: take a new one.",
        code="event_id_reused",
        source=pair[0],
        id=pair[1],
    )


def unknown_word(pointer: str, code: str, word: str, known: Iterable[str]) -> FieldError:
    """A field that names something that does not exist."""
    params = {"word": word, "hint": did_you_mean(word, known)}
    return FieldError(pointer=pointer, code=code, template='Unknown "{word}"{hint}', params=params)

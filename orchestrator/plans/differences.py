"""What differs between two releases: by kind and id, down to the values."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from orchestrator.plans.steps import StepChange, step_changes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from orchestrator.catalog.model import PublishedMessage
    from orchestrator.journeys.model import Journey
    from orchestrator.release import Release
    from orchestrator.replies.model import PublishedReply
    from orchestrator.schema import Schema


class What(StrEnum):
    """What becomes of a thing."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Value:
    """One value that differs: its path in the file, and what it was and is; None where there is none."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One thing that differs. `steps` are those of a journey that is in both releases."""

    what: What
    kind: str
    id: str
    values: tuple[Value, ...] = ()
    steps: tuple[StepChange, ...] = ()


def differences(before: Release | None, after: Release) -> list[Change]:
    """Everything that differs, by kind and then by id. Against nothing, all of it is added."""
    found: list[Change] = []
    for kind, things in _KINDS.items():
        had, has = things(before) if before is not None else {}, things(after)
        for name in sorted(had.keys() | has.keys()):
            change = _change(kind, name, had.get(name), has.get(name))
            if change is not None:
                found.append(change)
    return found


def digests(release: Release) -> dict[str, str]:
    """Kind and id of each thing (`message win_back`) → eight hex digits of all that it says."""
    return {
        f"{kind} {name}": _digest(kind, thing)
        for kind, things in _KINDS.items()
        for name, thing in things(release).items()
    }


def values_between(before: Any, after: Any) -> tuple[Value, ...]:
    """The values that differ between two documents, in the order of their paths."""
    had, has = dict(_leaves(before)), dict(_leaves(after))
    paths = [*has, *(path for path in had if path not in has)]
    return tuple(Value(path, had.get(path), has.get(path)) for path in paths if had.get(path) != has.get(path))


def _change(kind: str, name: str, had: Any, has: Any) -> Change | None:
    if kind == _PLACES and (had is None or has is None):
        return None
    if had is None:
        return Change(what=What.ADDED, kind=kind, id=name)
    if has is None:
        return Change(what=What.REMOVED, kind=kind, id=name)
    document: Callable[[Any], Any] = _DOCUMENTS.get(kind, _written)
    values = values_between(document(had), document(has))
    if kind in _LAID_OUT:
        values = _without_echoes(values)
    steps = step_changes(had, has) if kind == "journey" else ()
    return Change(what=What.CHANGED, kind=kind, id=name, values=values, steps=steps) if values or steps else None


# --- what a release holds, by kind ------------------------------------------------------------------------------------

_PLACES = "places"

_KINDS: Mapping[str, Callable[[Release], Mapping[str, Any]]] = {
    "project": lambda release: {"project": release.project},
    "voice": lambda release: {"brand_voice": release.voice},
    "message": lambda release: release.messages,
    "reply": lambda release: release.replies,
    "journey": lambda release: release.journeys,
    "segment": lambda release: release.segments,
    "event": lambda release: release.events,
    "offer": lambda release: release.facts.offers,
    "delivery": lambda release: release.facts.delivery,
    "policy": lambda release: release.facts.policies,
    _PLACES: lambda release: {"facts": release.facts.places} if release.facts.places else {},
    "wording": lambda release: release.wordings,
}
"""`places` is where facts are written: a line that moved changes nothing for anybody, and makes another release."""


def _written(thing: Schema) -> Any:
    return thing.model_dump(mode="json", by_alias=True)


def _places(places: Mapping[str, Schema]) -> Any:
    return {name: _written(place) for name, place in places.items()}


def _message(published: PublishedMessage) -> Any:
    """As its file says it, its translations by locale, and last what a layout makes of it."""
    return {
        **_written(published.message),
        **{locale: _written(one.message) for locale, one in published.translations.items()},
        _LETTER: published.letter,
        _FOOTER: published.footer,
    }


def _reply(published: PublishedReply) -> Any:
    return {**_written(published.reply), **{locale: _written(one) for locale, one in published.translations.items()}}


def _journey(journey: Journey) -> Any:
    """All but its steps."""
    document = journey.model_dump(mode="json", by_alias=True, exclude={"steps": True, "triggers": True})
    triggers = [trigger.model_dump(mode="json", by_alias=True, exclude={"steps"}) for trigger in journey.triggers]
    return {**document, "triggers": triggers}


_DOCUMENTS: Mapping[str, Callable[[Any], Any]] = {
    "message": _message,
    "reply": _reply,
    "journey": _journey,
    _PLACES: _places,
}

_LETTER, _FOOTER = "layout (html)", "layout (text)"
_LAID_OUT = {"message"}


def _without_echoes(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """A letter is made of the copy: it is worth a word only where nothing else says why it differs."""
    own = tuple(value for value in values if value.path not in {_LETTER, _FOOTER})
    return own or values


def _digest(kind: str, thing: Any) -> str:
    """Of the whole thing: a journey with its steps."""
    document: Callable[[Any], Any] = _written if kind == "journey" else _DOCUMENTS.get(kind, _written)
    return hashlib.sha256(json.dumps(document(thing), sort_keys=True).encode()).hexdigest()[:8]


# --- documents as paths -----------------------------------------------------------------------------------------------


def _leaves(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its path. Items of a list go by their id where they have one, else by their place."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(document, list) and any(isinstance(item, dict) for item in document):
        for name, item in _named(document):
            yield from _leaves(item, f"{path}[{name}]")
    elif document is not None:
        yield path, document


def _named(items: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    for place, item in enumerate(items):
        yield (item.get("id", place) if isinstance(item, dict) else place), item

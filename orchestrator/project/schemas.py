"""JSON Schemas of the YAML files, made from the models: editors complete and refuse with them while somebody types."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, TypeAdapter

from orchestrator.catalog.model import Message
from orchestrator.catalog.voice import Voice
from orchestrator.customer_sheet import CustomerSheet
from orchestrator.events import EventType
from orchestrator.facts.model import Offers, Promises
from orchestrator.journeys.model import Journey
from orchestrator.mapping import Mapping as RowMapping
from orchestrator.mapping import Persona
from orchestrator.release import ProjectFile
from orchestrator.replies.model import Reply
from orchestrator.scenarios.model import Scenario
from orchestrator.segments.model import Segment
from orchestrator.wordings import Wordings

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_KINDS: Mapping[str, Any] = {
    "brand_voice": Voice,
    "event": EventType,
    "facts": Annotated[Offers | Promises, Field(discriminator="kind")],
    "journey": Journey,
    "mapping": Annotated[RowMapping | CustomerSheet, Field(discriminator="kind")],
    "message": Message,
    "persona": Persona,
    "project": ProjectFile,
    "reply": Reply,
    "segment": Segment,
    "test": Scenario,
    "wordings": Wordings,
}

# What a translation says anew; see `read_translation` in `catalog.translate` and in `replies.read`.
_TRANSLATED = {
    "message": ("title", "variables", "not_claims", "content", "channels"),
    "reply": ("title", "keywords", "ask", "variables", "not_claims", "variants"),
}


def schemas() -> dict[str, Schema]:
    """Schema by the name that the first line of a file gives it: `message` is `.jogral/schemas/message.json`."""
    found = {name: _schema(name, model) for name, model in _KINDS.items()}
    return found | {name: _or_translation(found[name], translated) for name, translated in _TRANSLATED.items()}


def _schema(name: str, model: Any) -> Schema:
    return {"$schema": DIALECT, "title": name, **_closed(TypeAdapter(model).json_schema(by_alias=True))}


def _closed(schema: Any) -> Any:
    """A mapping whose keys have a pattern takes no others: pydantic leaves that unsaid."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **closed} if "patternProperties" in schema else closed


def _or_translation(message: Schema, translated: tuple[str, ...]) -> Schema:
    """The schema of a message or a reply, or of its translation where the file names a locale.

    Then nothing but ids is required: a translation is described by copies of the same definitions, in which no key is.
    """
    head, definitions = ("$schema", "title", "description"), message["$defs"]
    original = {key: value for key, value in message.items() if key not in (*head, "$defs")}
    partial = _partial({key: deepcopy(value) for key, value in definitions.items()})
    translation = {
        "type": "object",
        "additionalProperties": False,
        "required": ["kind", "id", "locale"],
        "properties": {
            "kind": original["properties"]["kind"],
            "id": original["properties"]["id"],
            "locale": {"type": "string", "title": "Locale"},
            **_partial({key: deepcopy(original["properties"][key]) for key in translated}),
        },
    }
    return {
        **{key: message[key] for key in head if key in message},
        "if": {"required": ["locale"]},
        "then": translation,
        "else": original,
        "$defs": {**definitions, **{f"{name}Translation": one for name, one in partial.items()}},
    }


def _partial(schema: Any) -> Any:
    """A schema without required keys, and with its references led to the likewise partial definitions."""
    if isinstance(schema, list):
        return [_partial(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: f"{value}Translation" if key == "$ref" else _partial(value)
        for key, value in schema.items()
        if not (key == "required" and isinstance(value, list))
    }

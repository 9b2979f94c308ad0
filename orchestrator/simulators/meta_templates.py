"""Meta's templates: created, reviewed, listed, edited and deleted; and whether a message fits the one it names."""

from __future__ import annotations

import itertools
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REVIEWS = ("approve", "pending", "reject", "recategorise")
"""What becomes of new templates: `recategorise` approves a utility template as marketing."""

_NAME = re.compile(r"[a-z0-9_]{1,512}")
_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_BAD_VALUE = re.compile(r"[\n\r\t]| {5,}")
_CATEGORIES = {"AUTHENTICATION": (30, 900), "UTILITY": (30, 43_200), "MARKETING": (43_200, 2_592_000)}
_MAY_BE_EDITED = ("APPROVED", "REJECTED", "PAUSED")
_BODY_LENGTH_MAX = 1024


class GraphError(Exception):
    """An error as the Graph API answers it."""

    def __init__(self, code: int, details: str, *, subcode: int | None = None, status: int = 400) -> None:
        super().__init__(details)
        self.code, self.details, self.subcode, self.status = code, details, subcode, status


@dataclass
class StoredTemplate:
    """One template in one language."""

    id: str
    name: str
    language: str
    category: str
    status: str
    components: list[Any]
    parameter_format: str = "POSITIONAL"
    quality: str = "UNKNOWN"
    ttl: int | None = None
    rejected_reason: str = "NONE"

    def document(self) -> dict[str, Any]:
        """As the list has it."""
        return {
            "id": self.id, "name": self.name, "language": self.language, "category": self.category,
            "status": self.status, "components": self.components, "parameter_format": self.parameter_format,
            "quality_score": {"score": self.quality}, "rejected_reason": self.rejected_reason,
            **({"message_send_ttl_seconds": self.ttl} if self.ttl is not None else {}),
        }  # fmt: skip

    def news(self) -> dict[str, Any]:
        """What every webhook about it begins with."""
        return {
            "message_template_id": int(self.id),
            "message_template_name": self.name,
            "message_template_language": self.language,
        }


@dataclass
class Templates:
    """Those of one business account.

    `review`: see `REVIEWS`. `any_name`: messages may name ones that are not there. `handles`: see `Uploads`.
    """

    review: str = "approve"
    any_name: bool = False
    handles: Mapping[str, str] = field(default_factory=dict)
    known: dict[tuple[str, str], StoredTemplate] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(time.time_ns() // 1_000))

    def create(self, asked: Mapping[str, Any]) -> StoredTemplate:
        """A new one, which waits for its review. Raises GraphError for what Meta refuses at once."""
        self._look_at(asked)
        key = (asked["name"], asked["language"])
        if key in self.known:
            raise GraphError(100, "There is already content in this language for this template.", subcode=2388024)
        same = next((one for one in self.known.values() if _says(one.components) == _says(asked["components"])), None)
        if same is not None and same.language == asked["language"]:
            raise GraphError(100, f"The same content as {same.name}.", subcode=2388025)
        made = StoredTemplate(
            id=str(next(self._ids)),
            name=asked["name"],
            language=asked["language"],
            category=asked["category"],
            status="PENDING",
            components=asked["components"],
            parameter_format=asked.get("parameter_format", "POSITIONAL"),
            ttl=asked.get("message_send_ttl_seconds"),
        )
        self.known[key] = made
        return made

    def edit(self, template: StoredTemplate, asked: Mapping[str, Any]) -> None:
        """Another text, or another time to live. Raises GraphError."""
        if template.status not in _MAY_BE_EDITED:
            raise GraphError(100, "Only approved, rejected or paused templates can be edited.", subcode=2388039)
        if template.status == "APPROVED" and asked.get("category", template.category) != template.category:
            raise GraphError(100, "The category of an approved template cannot be edited.", subcode=2388040)
        self._look_at({**template.document(), **asked, "message_send_ttl_seconds": None})
        template.components = asked.get("components", template.components)
        template.category = asked.get("category", template.category)
        template.ttl = asked.get("message_send_ttl_seconds", template.ttl)
        if "components" in asked:
            template.status = "PENDING"

    def _look_at(self, asked: Mapping[str, Any]) -> None:
        components = asked.get("components")
        body = next((one for one in components if one.get("type") == "BODY"), None) if components else None
        ttl = asked.get("message_send_ttl_seconds")
        if not _NAME.fullmatch(str(asked.get("name"))):
            raise GraphError(100, "Invalid parameter: name", subcode=2388047)
        if not _LANGUAGE.fullmatch(str(asked.get("language"))):
            raise GraphError(100, "Invalid parameter: language", subcode=2388007)
        if asked.get("category") not in _CATEGORIES:
            raise GraphError(100, "Invalid parameter: category", subcode=2388006)
        if body is None or not 0 < len(body.get("text", "")) <= _BODY_LENGTH_MAX:
            raise GraphError(100, "Invalid parameter: components", subcode=2388008)
        text = body["text"]
        if text.startswith("{{") or text.endswith("}}"):
            raise GraphError(100, "Variables can't be at the start or end of the template.", subcode=2388299)
        if len(set(_VARIABLE.findall(text))) != len(_examples(body)):
            raise GraphError(100, "Examples are missing.", subcode=2388043)
        header: dict[str, Any] = next((one for one in components or [] if one.get("type") == "HEADER"), {})
        shown = header.get("format", "TEXT")
        if shown != "TEXT" and self.handles.get(_handle(header)) != shown:
            raise GraphError(100, "Invalid parameter: header_handle is no handle of an upload", subcode=2388215)
        least, most = _CATEGORIES[asked["category"]]
        if ttl is not None and not least <= ttl <= most:
            raise GraphError(100, f"message_send_ttl_seconds must be between {least} and {most}.")

    # --- a message of one

    def fitting(self, asked: Mapping[str, Any]) -> StoredTemplate | None:
        """The one that a message names, whose parameters it brings; None where any may be named. Raises GraphError."""
        name, language = str(asked.get("name")), str(asked.get("language", {}).get("code"))
        found = self.known.get((name, language))
        if found is None:
            if self.any_name:
                return None
            raise GraphError(132001, f"template name ({name}) does not exist in {language}", status=404)
        if found.status == "PAUSED":
            raise GraphError(132015, "Template is paused due to low quality")
        if found.status == "DISABLED":
            raise GraphError(132016, "Template is disabled")
        if found.status != "APPROVED":
            raise GraphError(132001, f"template name ({name}) is not approved in {language}", status=404)
        _fit(found, asked.get("components", []))
        return found


def _handle(header: Mapping[str, Any]) -> str:
    handles = header.get("example", {}).get("header_handle") or [""]
    return str(handles[0])


def _says(components: Any) -> str:
    return "\n".join(str(one.get("text", "")) for one in components if one.get("type") in ("BODY", "FOOTER"))


def _examples(body: Mapping[str, Any]) -> list[Any]:
    example = body.get("example", {})
    named = example.get("body_text_named_params")
    return list(named if named is not None else (example.get("body_text") or [[]])[0])


def _fit(template: StoredTemplate, given: list[Any]) -> None:
    """Raises GraphError where a parameter is missing, too many, unnamed, or holds what it must not."""
    by_type = {one.get("type"): one for one in given if one.get("type") != "button"}
    for component in template.components:
        if component.get("type") not in ("BODY", "HEADER"):
            continue
        parameters = by_type.get(component["type"].lower(), {}).get("parameters", [])
        if component["type"] == "HEADER" and component.get("format", "TEXT") != "TEXT":
            wanted_kind = component["format"].lower()
            if [one.get("type") for one in parameters] != [wanted_kind]:
                raise GraphError(132012, f"header: Format mismatch, expected {component['format']}")
            continue
        wanted = list(dict.fromkeys(_VARIABLE.findall(component.get("text", ""))))
        if len(parameters) != len(wanted):
            raise GraphError(132000, f"{component['type']}: {len(parameters)} parameters, expected {len(wanted)}")
        if template.parameter_format == "NAMED" and {one.get("parameter_name") for one in parameters} != set(wanted):
            raise GraphError(132000, f"{component['type']}: parameter names do not match")
        if any(not one.get("text", "").strip() or _BAD_VALUE.search(one["text"]) for one in parameters):
            raise GraphError(132018, "Param text cannot be empty or have new-line/tab characters or 5 spaces in a row")
    _fit_buttons(template, [one for one in given if one.get("type") == "button"])


def _fit_buttons(template: StoredTemplate, given: list[Any]) -> None:
    buttons: list[Any] = next(
        (one.get("buttons", []) for one in template.components if one.get("type") == "BUTTONS"), []
    )
    by_index = {str(one.get("index")): one for one in given}
    for place, button in enumerate(buttons):
        brought = by_index.pop(str(place), None)
        varies = button.get("type") == "COPY_CODE" or "{{1}}" in button.get("url", "")
        if varies and brought is None:
            raise GraphError(131008, f"Button at index {place} requires a parameter")
        if brought is not None and brought.get("sub_type", "").upper() != button.get("type"):
            raise GraphError(131009, f"Button at index {place} is no {brought.get('sub_type')}")
        if brought is not None and button.get("type") == "URL" and not varies:
            raise GraphError(132000, f"Button at index {place} takes no parameter")
    if by_index:
        raise GraphError(132000, "There are more buttons than the template has")

"""What Meta looks at in a message before it takes it: `POST /{number}/messages`, as its documentation has it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestrator.simulators.meta_templates import GraphError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MEDIA = ("image", "video", "document")
_KINDS = ("text", "template", "interactive", *_MEDIA)
_TEXT_LENGTH_MAX = 4096
_CAPTION_LENGTH_MAX = 1024
_INTERACTIVE_LENGTH_MAX = 1024
_REPLIES_MAX, _REPLY_LENGTH_MAX = 3, 20
_ROWS_MAX, _ROW_LENGTH_MAX = 10, 24
_CALLBACK_DATA_LENGTH_MAX = 512
_PHONE = re.compile(r"\+?[1-9][0-9]{7,14}")


def checked(asked: dict[str, Any]) -> dict[str, Any]:
    """The message, with its type. Raises GraphError for what Meta refuses at once."""
    if asked.get("messaging_product") != "whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")
    if not _PHONE.fullmatch(str(asked.get("to", ""))) and not asked.get("recipient"):
        raise GraphError(100, "The parameter to is required.")
    if len(asked.get("biz_opaque_callback_data", "")) > _CALLBACK_DATA_LENGTH_MAX:
        raise GraphError(131009, "biz_opaque_callback_data is too long")
    kind = asked.setdefault("type", "text")
    if kind not in _KINDS or not isinstance(asked.get(kind), dict):
        raise GraphError(131051, f"Message type {kind} is not currently supported")
    if kind == "text" and not 0 < len(str(asked["text"].get("body", ""))) <= _TEXT_LENGTH_MAX:
        raise GraphError(100, "Param text['body'] must be at most 4096 characters long.")
    if kind in _MEDIA and len(str(asked[kind].get("caption", ""))) > _CAPTION_LENGTH_MAX:
        raise GraphError(131009, "caption is too long")
    if kind == "interactive":
        _look_at_interactive(asked["interactive"])
    return asked


def _look_at_interactive(asked: Mapping[str, Any]) -> None:
    kind, action = asked.get("type"), asked.get("action", {})
    if not 0 < len(asked.get("body", {}).get("text", "")) <= _INTERACTIVE_LENGTH_MAX:
        raise GraphError(100, "Body text length invalid. Min length: 1, Max length: 1024")
    if kind == "button":
        titles = [one.get("reply", {}).get("title", "") for one in action.get("buttons", [])]
        most, length = _REPLIES_MAX, _REPLY_LENGTH_MAX
    elif kind == "list":
        titles = [row.get("title", "") for one in action.get("sections", []) for row in one.get("rows", [])]
        most, length = _ROWS_MAX, _ROW_LENGTH_MAX
    elif kind == "cta_url":
        titles, most, length = [action.get("parameters", {}).get("display_text", "")], 1, _REPLY_LENGTH_MAX
    else:
        raise GraphError(131009, f"Interactive type {kind} is not valid")
    if not 0 < len(titles) <= most:
        raise GraphError(131009, f"Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: {most}")
    if not all(0 < len(title) <= length for title in titles) or len(set(titles)) != len(titles):
        raise GraphError(131009, f"Titles must be unique and have 1 to {length} characters")

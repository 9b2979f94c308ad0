"""Answers that went well."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel


def shown(model: BaseModel) -> dict[str, Any]:
    """A model as the document that is answered, without what it does not say."""
    return model.model_dump(mode="json", exclude_none=True)


def respond(
    document: Mapping[str, Any], *, status: int = 200, location: str | None = None, replayed: bool = False
) -> web.Response:
    """A JSON response."""
    headers = {}
    if location is not None:
        headers["Location"] = location
    if replayed:
        headers["Idempotency-Replayed"] = "true"
    return web.Response(
        status=status,
        body=json.dumps(document, ensure_ascii=False).encode(),
        content_type="application/json",
        headers=headers,
    )

"""The Graph API's own ways: who may ask, what an object is called, and how it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from orchestrator.simulators.meta_templates import GraphError
from orchestrator.simulators.meta_webhooks import DISPLAY_PHONE_NUMBER

if TYPE_CHECKING:
    from collections.abc import Mapping

APP, NUMBER, BUSINESS = "1", "106540352242922", "102290129340398"
TOKEN = "EAAG-played-here"  # noqa: S105  # opens nothing
APP_SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"  # noqa: S105
VERIFY_TOKEN = "played-here"  # noqa: S105

# What Meta says of codes that a played person can refuse with; of others it says as much.
TITLES: Mapping[int, str] = {
    130472: "User's number is part of an experiment",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131049: "This message was not delivered to maintain healthy ecosystem engagement",
    131050: "User has stopped marketing messages",
}


async def document(request: web.Request) -> dict[str, Any]:
    """The JSON object that is asked with. Raises GraphError."""
    try:
        asked = json.loads(await request.read())
    except ValueError as error:
        raise GraphError(100, "Invalid JSON") from error
    if not isinstance(asked, dict):
        raise GraphError(100, "Invalid JSON")
    return asked


def require_token(request: web.Request, scheme: str) -> None:
    """Raises GraphError for another token, or one under another scheme."""
    if request.headers.get("Authorization") != f"{scheme} {TOKEN}":
        raise GraphError(190, "Invalid OAuth access token - Cannot parse access token", status=401)


def refusal(error: GraphError) -> web.Response:
    """An error as Meta answers it."""
    # Of templates, `error_data` is a bare sentence; of messages an object.
    data: Any = {"messaging_product": "whatsapp", "details": error.details}
    told = {
        "message": f"(#{error.code}) {TITLES.get(error.code, error.details)}",
        "type": "OAuthException",
        "code": error.code,
        "error_data": data if error.subcode is None else error.details,
        "fbtrace_id": "Played1",
    }
    if error.subcode is not None:
        told["error_subcode"] = error.subcode
    return web.json_response({"error": told}, status=error.status)


def no_such_object(id_: str) -> GraphError:
    """What Meta says of an id that is none, or is somebody else's."""
    said = (
        f"Unsupported post request. Object with ID '{id_}' does not exist, cannot be loaded due to missing permissions"
    )
    return GraphError(100, said, subcode=33)


def require_business(request: web.Request) -> None:
    """Raises GraphError where the path names another business account."""
    if request.match_info["id"] != BUSINESS:
        raise no_such_object(request.match_info["id"])


def number() -> dict[str, Any]:
    """The one number of the account, as it is looked at."""
    return {
        "id": NUMBER, "display_phone_number": f"+{DISPLAY_PHONE_NUMBER}", "verified_name": "Casa Lume",
        "code_verification_status": "VERIFIED", "quality_rating": "GREEN", "status": "CONNECTED",
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
    }  # fmt: skip

"""Zenvia's SMS channel, played: `POST /v2/channels/sms/messages`, and the webhooks of its subscriptions.

Built from Zenvia's OpenAPI specification. Its webhooks carry no signature: a subscription sends headers of one's own,
here `X-Jogral-Secret`.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from orchestrator.simulators.frame import Account, Simulator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.simulators.frame import Hooks, Told

API_TOKEN: Final = "zenvia-simulated-token"  # noqa: S105  # a made-up account's
WEBHOOK_SECRET: Final = "zenvia-simulated-webhook-secret"  # noqa: S105  # a made-up account's
SENDER: Final = "casa-lume"
ENCODINGS: Final = ("AUTO", "MORE_CHARACTER_SUPPORT", "MORE_CHARACTERS_PER_MESSAGE")
TEXT_LENGTH_MAX: Final = 1520

# Numbers whose messages end otherwise than delivered: status, and its cause (code of the channel, words).
FATES: Final = {
    "5511900000001": ("REJECTED", "1", "Invalid destination number"),
    "5511900000002": ("NOT_DELIVERED", "2", "Subscriber unavailable"),
    "5511900000003": ("NOT_DELIVERED", "3", "Blacklisted"),
}


class Zenvia(Simulator):
    """One account. It tells `SENT` and `DELIVERED` of what it took, or the fate that a number has."""

    name = "zenvia"

    def __init__(self, told: Told, hooks: Hooks, options: Mapping[str, str]) -> None:
        self._told, self._hooks = told, hooks
        self._account = options.get("account", "sms_zenvia")
        self._taken: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v2/channels/sms/messages", self._create),
            web.get("/v2/subscriptions", self._subscriptions),
        ]

    def account(self, base: str) -> Account:
        return Account(
            channel="sms",
            id=self._account,
            adapter="sms_zenvia",
            settings={"base_url": base, "sender": SENDER},
            secrets={"token": API_TOKEN, "webhook_secret": WEBHOOK_SECRET},
        )

    async def say(self, said: Mapping[str, Any]) -> Any:
        """`{"from": "5511…", "text": "SAIR"}`, or `{"of": "…", "status": "NOT_DELIVERED", "code": "2", "reason": "…"}`.

        `of` is Zenvia's id of a message, our `externalId`, or the number that it went to.
        """
        if "of" in said:
            causes = []
            if said.get("code") or said.get("reason"):
                causes = [_cause(str(said.get("code", "")), str(said.get("reason", "")))]
            return self._status(self._message(str(said["of"])), str(said["status"]), causes)
        return self._post(
            {
                "id": str(uuid.uuid4()),
                "timestamp": _now(),
                "type": "MESSAGE",
                "subscriptionId": "d2d6cb0e-6e8f-4b2a-9a7e-0a0000000001",
                "channel": "sms",
                "direction": "IN",
                "message": {
                    "id": str(said.get("id") or uuid.uuid4()),
                    "from": str(said["from"]),
                    "to": SENDER,
                    "direction": "IN",
                    "channel": "sms",
                    "contents": [{"type": "text", "text": str(said["text"])}],
                    "visitor": {"name": str(said["from"])},
                    "timestamp": _now(),
                },
            }
        )

    async def _create(self, request: web.Request) -> web.Response:
        if request.headers.get("X-API-TOKEN") != API_TOKEN:
            return _error(401, "UNAUTHORIZED", "Invalid or missing token")
        try:
            said = json.loads(await request.read())
        except ValueError:
            return _error(400, "BAD_REQUEST", "Malformed JSON")
        wrong = _wrong(said)
        if wrong:
            return _error(400, "VALIDATION_ERROR", "Validation error", wrong)
        made = {**said, "id": str(uuid.uuid4()), "direction": "OUT", "channel": "sms"}
        self._taken[made["id"]] = made
        self._told.add("sms", said.get("externalId") or made["id"], said["to"], made)
        fate = FATES.get(said["to"])
        if fate is None:
            self._status(made, "SENT", [])
            self._status(made, "DELIVERED", [])
        else:
            self._status(made, fate[0], [_cause(fate[1], fate[2])])
        return web.json_response(made)

    async def _subscriptions(self, request: web.Request) -> web.Response:
        if request.headers.get("X-API-TOKEN") != API_TOKEN:
            return _error(401, "UNAUTHORIZED", "Invalid or missing token")
        webhook = {"url": self._hooks.url(self._account), "headers": {"X-Jogral-Secret": WEBHOOK_SECRET}}
        return web.json_response(
            [
                {
                    "id": str(uuid.UUID(int=number)),
                    "eventType": kind,
                    "webhook": webhook,
                    "criteria": {"channel": "sms"},
                    "status": "ACTIVE",
                    "version": "v2",
                }
                for number, kind in enumerate(("MESSAGE", "MESSAGE_STATUS"), start=1)
            ]
        )

    def _message(self, named: str) -> dict[str, Any]:
        for made in reversed(self._taken.values()):
            if named in (made["id"], made["to"], made.get("externalId")):
                return made
        raise KeyError(named)

    def _status(self, made: Mapping[str, Any], code: str, causes: list[dict[str, str]]) -> Any:
        told = {"timestamp": _now(), "code": code, "description": f"The message is {code}", "causes": causes}
        message = {"id": made["id"], "contentIndex": 0, "from": made["from"], "to": made["to"]}
        if made.get("externalId"):
            message["externalId"] = made["externalId"]
        return self._post(
            {
                "id": str(uuid.uuid4()),
                "timestamp": _now(),
                "type": "MESSAGE_STATUS",
                "subscriptionId": "d2d6cb0e-6e8f-4b2a-9a7e-0a0000000002",
                "channel": "sms",
                "messageId": made["id"],
                "contentIndex": 0,
                "message": message,
                "messageStatus": {**told, "channelData": {"sms": {"carrier": "VIVO_BR"}}},
            }
        )

    def _post(self, said: dict[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "X-Jogral-Secret": WEBHOOK_SECRET}
        self._hooks.call(self._account, "POST", headers, json.dumps(said, ensure_ascii=False).encode())
        return said


def make(told: Told, hooks: Hooks, options: Mapping[str, str]) -> Zenvia:
    """Zenvia, played."""
    return Zenvia(told, hooks, options)


def _wrong(said: Any) -> list[dict[str, str]]:
    """What is the matter with a message, by field."""
    if not isinstance(said, dict):
        return [{"path": "", "code": "INVALID_VALUE", "message": "must be an object"}]
    wrong = [
        {"path": key, "code": "MISSING_VALUE", "message": f"{key} is required"}
        for key in ("from", "to", "contents")
        if not said.get(key)
    ]
    if said.get("to") and not str(said["to"]).isdecimal():
        wrong.append({"path": "to", "code": "INVALID_VALUE", "message": "must be a number with its country code"})
    for place, content in enumerate(said.get("contents") or []):
        text = content.get("text") if isinstance(content, dict) else None
        if not isinstance(text, str) or not 0 < len(text) <= TEXT_LENGTH_MAX:
            wrong.append({"path": f"contents[{place}].text", "code": "INVALID_SIZE", "message": "1 to 1520 characters"})
        elif content.get("encodingStrategy", "AUTO") not in ENCODINGS:
            path = f"contents[{place}].encodingStrategy"
            wrong.append({"path": path, "code": "INVALID_VALUE", "message": "unknown strategy"})
    return wrong


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _cause(code: str, reason: str) -> dict[str, str]:
    return {"channelErrorCode": code, "reason": reason, "details": ""}


def _error(status: int, code: str, words: str, details: list[dict[str, str]] | None = None) -> web.Response:
    said: dict[str, Any] = {"code": code, "message": words}
    return web.json_response({**said, "details": details} if details else said, status=status)

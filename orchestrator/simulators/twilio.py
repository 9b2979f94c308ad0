"""Twilio's Programmable Messaging, played: `Messages.json`, status callbacks and incoming messages, all signed.

Built from Twilio's API reference and its page on test credentials, whose numbers behave here as they do there:
+15005550001 is no number (21211), …2 cannot be routed (21612), …3 is no region of ours (21408), …4 said STOP (21610),
…9 cannot take an SMS (21614); as `From`, …1 is no number (21212), …7 is not ours (21606), …8 has a full queue (21611).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from aiohttp import web

from orchestrator.simulators.frame import Account, Simulator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.simulators.frame import Hooks, Told

ACCOUNT_SID: Final = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN: Final = "fedcba9876543210" * 2  # a made-up account's
SENDER: Final = "+15005550006"

BODY_LENGTH_MAX: Final = 1600
VALIDITY_SECONDS: Final = (1, 36_000)

FULL_QUEUE: Final = 21611

# Of `To` and of `From`: HTTP is 400 for all of them but the full queue.
TO_CODES: Final = {
    "+15005550001": (21211, "The 'To' number is not a valid phone number."),
    "+15005550002": (21612, "The 'To' phone number is not currently reachable."),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
FROM_CODES: Final = {
    "+15005550001": (21212, "The 'From' number is not a valid phone number."),
    "+15005550007": (21606, "The 'From' phone number provided is not a valid message-capable Twilio phone number."),
    "+15005550008": (FULL_QUEUE, "This 'From' number has exceeded the maximum number of queued messages."),
}

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_PATH = "/2010-04-01/Accounts/{sid}/Messages.json"


class Twilio(Simulator):
    """One account. It tells `sent` and `delivered` of everything that it took and that has a StatusCallback."""

    name = "twilio"

    def __init__(self, told: Told, hooks: Hooks, options: Mapping[str, str]) -> None:
        self._told, self._hooks = told, hooks
        self._account = options.get("account", "sms")
        self._taken: dict[str, dict[str, str]] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(_PATH, self._create),
            web.get(_PATH, self._list),
            web.get("/2010-04-01/Accounts/{sid}/Messages/{message}", self._fetch),
            web.get("/2010-04-01/Accounts/{sid}.json", self._itself),
        ]

    def account(self, base: str) -> Account:
        return Account(
            channel="sms",
            id=self._account,
            adapter="sms_twilio",
            settings={
                "base_url": base,
                "account_sid": ACCOUNT_SID,
                "sender": SENDER,
                "callback_url": self._hooks.url(self._account),
            },
            secrets={"auth_token": AUTH_TOKEN},
        )

    async def say(self, said: Mapping[str, Any]) -> Any:
        """`{"from": "+55…", "text": "SAIR", "opt_out": "STOP"}`, or `{"of": "SM…", "status": "failed", "code": 30005}`.

        `of` is Twilio's id of a message, our reference of it, or the number that it went to.
        """
        if "of" in said:
            return self._status(self._message(str(said["of"])), str(said["status"]), str(said.get("code", "")))
        form = {
            "AccountSid": ACCOUNT_SID,
            "ApiVersion": "2010-04-01",
            "Body": str(said["text"]),
            "From": str(said["from"]),
            "MessageSid": str(said.get("sid") or _sid()),
            "NumMedia": "0",
            "NumSegments": "1",
            "To": str(said.get("to", SENDER)),
        }
        if said.get("opt_out"):
            form["OptOutType"] = str(said["opt_out"])
        return self._post(self._hooks.url(self._account), form, sha256=bool(said.get("sha256")))

    async def _create(self, request: web.Request) -> web.Response:
        if not _signed_in(request):
            return _error(401, 20003, "Authenticate")
        form = dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
        wrong = _wrong(form)
        if wrong is not None:
            return _error(*wrong)
        made = {**form, "sid": _sid(), "status": "queued"}
        self._taken[made["sid"]] = made
        self._told.add("sms", _reference(form) or made["sid"], form["To"], made)
        if form.get("StatusCallback"):
            self._status(made, "sent")
            self._status(made, "delivered")
        return web.json_response(_resource(made), status=201)

    async def _fetch(self, request: web.Request) -> web.Response:
        made = self._taken.get(request.match_info["message"].removesuffix(".json"))
        if not _signed_in(request):
            return _error(401, 20003, "Authenticate")
        return (
            web.json_response(_resource(made)) if made else _error(404, 20404, "The requested resource was not found")
        )

    async def _list(self, request: web.Request) -> web.Response:
        if not _signed_in(request):
            return _error(401, 20003, "Authenticate")
        to = request.query.get("To")
        found = [_resource(made) for made in self._taken.values() if to in (None, made["To"])]
        return web.json_response({"messages": found[-int(request.query.get("PageSize", "50")) :], "page": 0})

    async def _itself(self, request: web.Request) -> web.Response:
        if not _signed_in(request):
            return _error(401, 20003, "Authenticate")
        said = {"sid": ACCOUNT_SID, "friendly_name": "Casa Lume", "status": "active", "type": "Full"}
        return web.json_response(said)

    def _message(self, named: str) -> dict[str, str]:
        for made in reversed(self._taken.values()):
            if named in (made["sid"], made["To"], _reference(made)):
                return made
        raise KeyError(named)

    def _status(self, made: dict[str, str], status: str, code: str = "") -> Any:
        made["status"] = status
        form = {
            "AccountSid": ACCOUNT_SID,
            "ApiVersion": "2010-04-01",
            "From": made.get("From", SENDER),
            "MessageSid": made["sid"],
            "MessageStatus": status,
            "SmsSid": made["sid"],
            "SmsStatus": status,
            "To": made["To"],
        }
        if code:
            form["ErrorCode"] = code
        if status in ("delivered", "undelivered"):
            form["RawDlrDoneDate"] = "2611211530"
        return self._post(made["StatusCallback"], form)

    def _post(self, url: str, form: dict[str, str], *, sha256: bool = False) -> Any:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            **signature(url, form, sha256=sha256),
        }
        self._hooks.call(url, "POST", headers, urlencode(form).encode())
        return {"url": url, **form}


def make(told: Told, hooks: Hooks, options: Mapping[str, str]) -> Twilio:
    """Twilio, played."""
    return Twilio(told, hooks, options)


def signature(url: str, form: Mapping[str, str], *, sha256: bool) -> dict[str, str]:
    """As Twilio's page on the security of webhooks has it: the whole address, then every name and value in order."""
    said = url + "".join(f"{key}{form[key]}" for key in sorted(form))
    made = hmac.new(AUTH_TOKEN.encode(), said.encode(), hashlib.sha256 if sha256 else hashlib.sha1).digest()
    headers = {"X-Twilio-Signature": base64.b64encode(made).decode()}
    if sha256:
        headers["X-Twilio-Webhooks-Signature-Settings"] = "key=SharedKey,algorithm=HMAC_SHA256"
    return headers


def _signed_in(request: web.Request) -> bool:
    wanted = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
    return request.headers.get("Authorization") == f"Basic {wanted}" and request.match_info["sid"] == ACCOUNT_SID


def _wrong(form: Mapping[str, str]) -> tuple[int, int, str] | None:
    """HTTP status, code and words of what is the matter with a message, if anything is."""
    to, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
    callback, validity = form.get("StatusCallback", ""), form.get("ValidityPeriod", "1")
    if sender in FROM_CODES:
        code, words = FROM_CODES[sender]
        return (429 if code == FULL_QUEUE else 400), code, words
    if to in TO_CODES:
        return 400, *TO_CODES[to]
    wrong = (
        (not to, 21604, "A 'To' phone number is required."),
        (not sender and not form.get("MessagingServiceSid"), 21603, "A 'From' phone number is required."),
        (not any(form.get(key) for key in ("Body", "MediaUrl", "ContentSid")), 21602, "Message body is required."),
        (len(body) > BODY_LENGTH_MAX, 21617, "The concatenated message body exceeds the 1600 character limit."),
        (not _E164.fullmatch(to), 21211, f"The 'To' number {to} is not a valid phone number."),
        (bool(callback) and not _callable(callback), 21609, "The 'StatusCallback' URL is not a valid URL."),
        (not _in_range(validity), 20001, "The 'ValidityPeriod' parameter is out of range."),
    )
    return next(((400, code, words) for there, code, words in wrong if there), None)


def _callable(url: str) -> bool:
    address = urlsplit(url)
    return address.scheme in ("http", "https") and bool(address.hostname) and "_" not in str(address.hostname)


def _in_range(validity: str) -> bool:
    return validity.isdecimal() and VALIDITY_SECONDS[0] <= int(validity) <= VALIDITY_SECONDS[1]


def _reference(form: Mapping[str, str]) -> str:
    """What the address of the callbacks says of the message."""
    found = parse_qs(urlsplit(form.get("StatusCallback", "")).query).get("reference", [""])
    return found[0]


def _resource(made: Mapping[str, str]) -> dict[str, Any]:
    return {
        "sid": made["sid"],
        "account_sid": ACCOUNT_SID,
        "api_version": "2010-04-01",
        "to": made["To"],
        "from": made.get("From"),
        "messaging_service_sid": made.get("MessagingServiceSid"),
        "body": made.get("Body", ""),
        "status": "accepted" if made.get("MessagingServiceSid") and made["status"] == "queued" else made["status"],
        "direction": "outbound-api",
        "num_segments": "1",
        "num_media": "0",
        "error_code": None,
        "error_message": None,
        "date_created": "Sat, 21 Nov 2026 15:30:00 +0000",
        "uri": f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{made['sid']}.json",
    }


def _error(status: int, code: int, words: str) -> web.Response:
    said = {"code": code, "message": words, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
    return web.json_response(said, status=status)


def _sid() -> str:
    return "SM" + secrets.token_hex(16)

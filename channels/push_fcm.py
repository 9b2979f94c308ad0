"""Push to apps through Firebase Cloud Messaging, HTTP v1: Android, iOS through APNs, and the browsers of Firebase.

    accounts:
      - {id: push, adapter: push_fcm}

The service account, as Google's console downloads it (JSON), comes from `JOGRAL_ACCOUNTS__PUSH__SERVICE_ACCOUNT`.
A device's address is its registration token; a Firebase installation id is written `fid:…`.
https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages and …/ErrorCode
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from orchestrator.channels import (
    Capabilities,
    DeviceCalls,
    Grant,
    HttpCall,
    Token,
    no_callbacks,
    still_unknown,
)
from orchestrator.contract import http_answers
from orchestrator.contract.devices import DeviceOutcome, devices_of, together
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Outcome, OutcomeKind, Rejection
from orchestrator.domain.errors import ConfigurationError, InputError
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.channels import Answer, HttpAnswer, Notice, Received
    from orchestrator.domain.delivery import Delivery
    from orchestrator.domain.time import Instant

SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_LIVES_SECONDS: Final = 3600

PAYLOAD_BYTES_MAX: Final = 4096
DEVICES_MAX: Final = 20
TTL_SECONDS: Final = (0, 28 * 24 * 3600)
# Where Google throttles and does not say for how long.
QUOTA_WAIT_SECONDS: Final = 60.0

# The device is no more, or registered with another project: its token will never be good again.
GONE: Final = frozenset({"UNREGISTERED", "SENDER_ID_MISMATCH"})
THROTTLED: Final = frozenset({"QUOTA_EXCEEDED"})
# The key for APNs or web push is missing or wrong: the devices are good.
STOPPED: Final = frozenset({"THIRD_PARTY_AUTH_ERROR"})
# Google's own trouble: it may have taken it.
DOUBTFUL: Final = frozenset({"UNAVAILABLE", "INTERNAL"})
INVALID: Final = "INVALID_ARGUMENT"
TARGETS: Final = frozenset({"message.token", "message.fid"})

FID: Final = "fid:"
_FCM_ERROR: Final = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_BAD_REQUEST: Final = "type.googleapis.com/google.rpc.BadRequest"


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """One Firebase project. `service_account` is the JSON that Google's console downloads.

    `android_channel_id` is the app's notification channel. `project_id` and `token_url` are those of the service
    account, where they are not said.
    """

    channel: Channel
    service_account: str = field(repr=False)
    project_id: str = ""
    android_channel_id: str = ""
    base_url: str = "https://fcm.googleapis.com"
    token_url: str = ""

    def __post_init__(self) -> None:
        said = _service_account(self.service_account)
        if not re.fullmatch(r"[a-z0-9:.-]{1,100}", self.project_id or said["project_id"]):
            raise ConfigurationError("project_id is not the id of a Firebase project", remedy="Copy it from Firebase.")

    @property
    def can(self) -> Capabilities:
        return Capabilities(
            channels=frozenset({Channel.PUSH}),
            payload_bytes_max=PAYLOAD_BYTES_MAX,
            title=True,
            devices_max=DEVICES_MAX,
            ttl_seconds=TTL_SECONDS,
            subscriptions=False,
        )

    def call(self, delivery: Delivery, now: Instant, entropy: Callable[[int], bytes]) -> DeviceCalls:  # noqa: ARG002  # FCM takes no reference that chance could make
        said = _service_account(self.service_account)
        message = _message(delivery, now, self.android_channel_id)
        if len(_json(message)) > PAYLOAD_BYTES_MAX:
            raise InputError("A push has {max} bytes at most; this one is longer.", max=PAYLOAD_BYTES_MAX)
        url = f"{self.base_url.rstrip('/')}/v1/projects/{self.project_id or said['project_id']}/messages:send"
        headers = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}
        return DeviceCalls(
            tuple(
                HttpCall("POST", url, headers, _json({"message": {**_target(one.value), **message}}), grant=self._grant)
                for one in devices_of(delivery)
            )
        )

    def outcome(self, answer: Answer) -> Outcome:
        return together(answer, _judged)

    def look_up(self, reference: str) -> None:  # noqa: ARG002  # FCM cannot be asked
        return None

    def found(self, answer: Answer) -> Outcome:  # noqa: ARG002  # it was never asked
        return still_unknown("FCM cannot be asked by our reference")

    def receive(self, notice: Notice, now: Instant) -> Received:  # noqa: ARG002  # FCM calls nobody back
        raise no_callbacks()

    @property
    def _grant(self) -> Grant:
        said = _service_account(self.service_account)
        url = self.token_url or said["token_uri"]
        return Grant(
            key=f"{url} {said['client_email']} {said['private_key_id']}",
            ask=lambda now_seconds: _token_call(self.service_account, url, now_seconds),
            read=_token,
        )


# --- the message ----------------------------------------------------------------------------------------------------


def _message(delivery: Delivery, now: Instant, android_channel_id: str) -> dict[str, Any]:
    """All but its target. Said twice after a doubt, it takes its own place on the screen."""
    rendered, key = delivery.rendered, delivery.reference
    urgent = delivery.purpose is Purpose.TRANSACTIONAL
    shown: dict[str, str] = {"body": rendered.text}
    if rendered.title:
        shown["title"] = rendered.title
    android: dict[str, Any] = {
        "priority": "HIGH" if urgent else "NORMAL", "collapse_key": key, "notification": {"tag": key},
    }  # fmt: skip
    if android_channel_id:
        android["notification"]["channel_id"] = android_channel_id
    apns: dict[str, str] = {"apns-priority": "10" if urgent else "5", "apns-collapse-id": key[:64]}
    web: dict[str, Any] = {"headers": {"Urgency": "high" if urgent else "normal"}}
    if delivery.expires_at is not None:
        ttl_seconds = min(max((delivery.expires_at - now) // 1000, TTL_SECONDS[0]), TTL_SECONDS[1])
        android["ttl"] = f"{ttl_seconds}s"
        apns["apns-expiration"] = str(now // 1000 + ttl_seconds if ttl_seconds else 0)
        web["headers"]["TTL"] = str(ttl_seconds)
    if rendered.url.startswith("https://"):
        web["fcm_options"] = {"link": rendered.url}
    data = {"reference": delivery.reference, **({"url": rendered.url} if rendered.url else {})}
    payload = {"aps": {"sound": "default"}} if urgent else {"aps": {}}
    return {
        "notification": shown, "data": data, "android": android,
        "apns": {"headers": apns, "payload": payload}, "webpush": web,
    }  # fmt: skip


def _target(value: str) -> dict[str, str]:
    """`token`, which Google takes for installation ids as well while it moves to `fid`."""
    if value.startswith("{"):
        raise InputError("A browser's subscription is no device of Firebase.", remedy="Send it through push_web.")
    return {"fid": value.removeprefix(FID)} if value.startswith(FID) else {"token": value}


def _json(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


# --- whose it is ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _service_account(text: str) -> Mapping[str, str]:
    """The service account's words. Raises ConfigurationError, which never repeats them."""
    try:
        read = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        read = None
    said = read if isinstance(read, dict) else {}
    wanted = ("client_email", "private_key", "project_id", "private_key_id", "token_uri")
    missing = [name for name in wanted if not isinstance(said.get(name), str) or not said[name]]
    if missing:
        raise ConfigurationError(
            "service_account is not the JSON of a service account: it has no {missing}",
            remedy="Make a key in the Google Cloud console, and put the whole file into the variable.",
            missing=", ".join(missing),
        )
    found = {name: str(said[name]) for name in wanted}
    _key(found["private_key"])
    return found


@lru_cache(maxsize=16)
def _key(pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(
            "private_key of service_account is no RSA key in PEM", remedy="Put the whole file into the variable, as is."
        )
    return key


def _token_call(service_account: str, url: str, now_seconds: int) -> HttpCall:
    """A signed question for a token (RFC 7523)."""
    said = _service_account(service_account)
    claims = {
        "iss": said["client_email"], "scope": SCOPE, "aud": said["token_uri"],
        "iat": now_seconds, "exp": now_seconds + TOKEN_LIVES_SECONDS,
    }  # fmt: skip
    headers = {"kid": said["private_key_id"]}
    assertion = jwt.encode(claims, _key(said["private_key"]), algorithm="RS256", headers=headers)
    body = urlencode({"grant_type": GRANT_TYPE, "assertion": assertion}).encode()
    return HttpCall("POST", url, {"Content-Type": "application/x-www-form-urlencoded"}, body)


def _token(answer: HttpAnswer) -> Token | None:
    said = http_answers.json_object(answer)
    value, lives = said.get("access_token"), said.get("expires_in", TOKEN_LIVES_SECONDS)
    if not isinstance(value, str) or not value or not isinstance(lives, int | float) or isinstance(lives, bool):
        return None
    return Token(value, float(lives))


# --- what answers mean ----------------------------------------------------------------------------------------------


def _judged(answer: HttpAnswer) -> DeviceOutcome:  # noqa: PLR0911  # a table, told in words
    """FCM's error code decides, where it has one; else the status."""
    said = http_answers.json_object(answer)
    name = said.get("name")
    if http_answers.is_success(answer):
        if isinstance(name, str) and name:
            return DeviceOutcome(Outcome(OutcomeKind.SENT, provider_id=name))
        return DeviceOutcome(http_answers.told(answer, OutcomeKind.UNKNOWN, "unreadable_answer"))
    code, words, wrong = _error(said)
    explained = f"{code} {words}".strip()[: http_answers.DETAIL_LENGTH_MAX]
    if code in DOUBTFUL or http_answers.doubt(answer.status):
        return DeviceOutcome(http_answers.told(answer, OutcomeKind.UNKNOWN, "unreadable_answer", said=explained))
    if code in GONE:
        refused = http_answers.told(answer, OutcomeKind.REFUSED, Rejection.ADDRESS.reason, said=explained)
        return DeviceOutcome(refused, gone=True)
    if code in THROTTLED or answer.status == http_answers.TOO_MANY:
        wait = http_answers.retry_after_seconds(answer)
        detail = http_answers.explained(answer, explained)
        seconds = QUOTA_WAIT_SECONDS if wait is None else wait
        throttled = Outcome(OutcomeKind.NOT_SENT, "rate_limit", detail=detail, retry_after_seconds=seconds)
        return DeviceOutcome(throttled)
    if code in STOPPED:
        stopped = http_answers.told(answer, OutcomeKind.NOT_SENT, "provider_unavailable", said=explained, stopped=True)
        return DeviceOutcome(stopped)
    if code == INVALID:
        # A field that is wrong is the message's, unless it is the target; without one, it is the token.
        about = Rejection.MESSAGE if wrong - TARGETS else Rejection.ADDRESS
        refused = http_answers.told(answer, OutcomeKind.REFUSED, about.reason, said=explained)
        return DeviceOutcome(refused, gone=about is Rejection.ADDRESS and bool(wrong))
    return DeviceOutcome(http_answers.by_status(answer, said=explained))


def _error(said: Mapping[str, Any]) -> tuple[str, str, frozenset[str]]:
    """FCM's code (else the status's name), its words, and the fields that are wrong."""
    error = said.get("error")
    if not isinstance(error, dict):
        return "", "", frozenset()
    given = error.get("details")
    details = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    codes = [one.get("errorCode") for one in details if one.get("@type") == _FCM_ERROR]
    # Without FCM's own code, "not found" may be the project: only what is said of the payload is taken from there.
    plain = error.get("status")
    code = next((one for one in codes if isinstance(one, str)), plain if plain != "NOT_FOUND" else "")
    fields = frozenset(
        str(violation.get("field", ""))
        for one in details
        if one.get("@type") == _BAD_REQUEST
        for violation in _violations(one)
    )
    words = error.get("message")
    return code if isinstance(code, str) else "", words if isinstance(words, str) else "", fields


def _violations(detail: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Which fields a bad request names; one without a name where it names none."""
    found = detail.get("fieldViolations")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) and found else [{}]

"""Firebase Cloud Messaging, played: the token endpoint of Google, and `POST /v1/projects/{project}/messages:send`.

Built from Google's documentation (OAuth 2.0 for service accounts; FCM's REST reference and ErrorCode). Devices whose
token begins with `gone-`, `mismatched-`, `invalid-`, `throttled-`, `broken-` or `unkeyed-` answer so.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from orchestrator.simulators.frame import Account, Simulator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.simulators.frame import Hooks, Told

PROJECT: Final = "casa-lume-played"
EMAIL: Final = f"jogral@{PROJECT}.iam.gserviceaccount.example"
KEY_ID: Final = "0123456789abcdef0123456789abcdef01234567"
AUDIENCE: Final = "https://oauth2.googleapis.com/token"
SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIVES_SECONDS: Final = 3599
SKEW_SECONDS: Final = 300
BYTES_MAX: Final = 4096
TARGETS: Final = ("token", "fid", "topic", "condition")

# How a device answers whose token begins so: HTTP status, status, FCM's own code.
FATES: Final = {
    "gone-": (404, "NOT_FOUND", "UNREGISTERED"),
    "mismatched-": (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
    "throttled-": (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
    "broken-": (503, "UNAVAILABLE", "UNAVAILABLE"),
    "unkeyed-": (401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"),
}


class Fcm(Simulator):
    """One project. Its tokens can be made worthless: `POST /_say {"forget": "tokens"}`."""

    name = "fcm"

    def __init__(self, told: Told, hooks: Hooks, options: Mapping[str, str]) -> None:  # noqa: ARG002  # it calls nobody
        self._told = told
        self._account = options.get("account", "push_fcm")
        self._tokens: set[str] = set()
        self.granted = 0

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/token", self._grant), web.post("/v1/projects/{project}/{call}", self._send)]

    def account(self, base: str) -> Account:
        return Account(
            channel="push",
            id=self._account,
            adapter="push_fcm",
            settings={"base_url": base, "token_url": f"{base}/token"},
            secrets={"service_account": service_account()},
        )

    async def say(self, said: Mapping[str, Any]) -> Any:
        """`{"forget": "tokens"}`: every token that was granted is refused from now on."""
        if said.get("forget") != "tokens":
            raise ValueError('FCM says nothing by itself; it can {"forget": "tokens"}')
        self._tokens.clear()
        return {"forgotten": "tokens"}

    async def _grant(self, request: web.Request) -> web.Response:
        form = await request.post()
        wrong = _wrong_assertion(str(form.get("assertion", "")))
        if form.get("grant_type") != GRANT_TYPE:
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        if wrong:
            return web.json_response({"error": "invalid_grant", "error_description": wrong}, status=400)
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self._tokens.add(token)
        self.granted += 1
        return web.json_response({"access_token": token, "expires_in": LIVES_SECONDS, "token_type": "Bearer"})

    async def _send(self, request: web.Request) -> web.Response:  # noqa: PLR0911  # one for each answer of Google's
        bearer = request.headers.get("Authorization", "").partition(" ")
        if bearer[0] != "Bearer" or bearer[2] not in self._tokens:
            return _error(401, "UNAUTHENTICATED", words="Request had invalid authentication credentials.")
        if request.match_info["project"] != PROJECT or request.match_info["call"] != "messages:send":
            return _error(404, "NOT_FOUND", words="Requested entity was not found.")
        body = await request.read()
        try:
            message = json.loads(body)["message"]
            targets = [name for name in TARGETS if name in message]
        except (ValueError, TypeError, KeyError):
            return _invalid("message", "Invalid JSON payload received.")
        field = _wrong_field(message, targets)
        if field:
            return _invalid(field, f"Invalid value at '{field}'")
        device = message[targets[0]]
        for beginning, (status, word, code) in FATES.items():
            if device.startswith(beginning):
                return _error(status, word, code)
        if device.startswith("invalid-"):
            return _invalid("message.token", "The registration token is not a valid FCM registration token")
        name = f"projects/{PROJECT}/messages/0:{secrets.token_hex(8)}"
        reference = (message.get("data") or {}).get("reference") or name
        if not json.loads(body).get("validate_only"):
            self._told.add("push", reference, device, message)
        return web.json_response({"name": name})


def make(told: Told, hooks: Hooks, options: Mapping[str, str]) -> Fcm:
    """FCM, played."""
    return Fcm(told, hooks, options)


# A made-up key, the same in every run: what a project was told once goes on being right.
_P: Final = int(
    "E7B350F01972CA6DC092E00074115DC5DA32A2424F181431AF3EB3F34BCA7CF8"
    "7C13755EEC15C87E22BBFBEB297956D38A840D3345E912C44DEF35E0B0F6F091"
    "E36277C83A445880B79E873BC0B98B75C859853B4EAF737AD065B47D79CBA6B9"
    "703BFCA94C2A8702411452FE6FDB7AC95C7A9EEC2352259F87BD23512B23AA79",
    16,
)
_Q: Final = int(
    "C91D92FBCC077BE275DFEC98B73F901FC7B5BF83D1B5A3FBBDA6583A94FF3695"
    "082016FE69966A216A198B7F6C418EDEED22F61C14E3EA58B26B3BBE3A0CF04B"
    "8A9B2EBE720DF525CABDAA8A9E63A5C10A59EFEDB72F4957F450C5D51043D0FC"
    "DC245F722D1E583C6BDD86CC035E76BC9D0293BC67326CF7EB5093DF2A0AF2F3",
    16,
)


@cache
def _key() -> rsa.RSAPrivateKey:
    e = 65_537
    d = pow(e, -1, (_P - 1) * (_Q - 1))
    return rsa.RSAPrivateNumbers(
        p=_P, q=_Q, d=d, dmp1=rsa.rsa_crt_dmp1(d, _P), dmq1=rsa.rsa_crt_dmq1(d, _Q), iqmp=rsa.rsa_crt_iqmp(_P, _Q),
        public_numbers=rsa.RSAPublicNumbers(e, _P * _Q),
    ).private_key()  # fmt: skip


@cache
def service_account() -> str:
    """The file that Google's console would give away."""
    pem = _key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return json.dumps(
        {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": KEY_ID,
            "private_key": pem,
            "client_email": EMAIL,
            "token_uri": AUDIENCE,
        }
    )


def _wrong_assertion(assertion: str) -> str:
    """What is the matter with a signed assertion (RFC 7523), or nothing."""
    parts = assertion.split(".")
    try:
        head, claims = (json.loads(_raw(part)) for part in parts[:2])
        signature = _raw(parts[2])
        _key().public_key().verify(signature, ".".join(parts[:2]).encode(), padding.PKCS1v15(), SHA256())
    except (ValueError, IndexError, binascii.Error, InvalidSignature):
        return "Invalid JWT Signature."
    if len(parts) != 3 or head.get("alg") != "RS256" or head.get("kid") != KEY_ID:  # noqa: PLR2004  # a JWT's parts
        return "Invalid JWT Signature."
    if claims.get("iss") != EMAIL or claims.get("aud") != AUDIENCE or claims.get("scope") != SCOPE:
        return "Invalid issuer, audience or scope."
    now, issued, expires = time.time(), claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int) or not isinstance(expires, int):
        return "Invalid JWT: iat and exp must be whole seconds."
    if abs(now - issued) > SKEW_SECONDS or expires <= now or expires - issued > 3600:  # noqa: PLR2004  # an hour
        return "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
    return ""


def _wrong_field(message: Any, targets: list[str]) -> str:
    """The field of a message that is wrong, or nothing."""
    if not isinstance(message, dict) or len(targets) != 1 or not isinstance(message[targets[0]], str):
        return "message"
    data = message.get("data") or {}
    if any(not isinstance(value, str) or name in ("from", "message_type") for name, value in data.items()):
        return "message.data"
    ttl = (message.get("android") or {}).get("ttl", "1s")
    if not (isinstance(ttl, str) and ttl.endswith("s") and ttl[:-1].isdigit()):
        return "message.android.ttl"
    link = ((message.get("webpush") or {}).get("fcm_options") or {}).get("link", "https://")
    if not link.startswith("https://"):
        return "message.webpush.fcm_options.link"
    shown = {name: message.get(name) for name in ("notification", "data")}
    return "message" if len(json.dumps(shown, ensure_ascii=False).encode()) > BYTES_MAX else ""


def _invalid(field: str, words: str) -> web.Response:
    violation = {"@type": "type.googleapis.com/google.rpc.BadRequest",
                 "fieldViolations": [{"field": field, "description": words}]}  # fmt: skip
    return _error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", words=words, also=[violation])


def _error(status: int, word: str, code: str = "", words: str = "", also: list[Any] | None = None) -> web.Response:
    details = list(also or [])
    if code:
        details.insert(0, {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code})
    error = {"code": status, "message": words or word, "status": word, **({"details": details} if details else {})}
    return web.json_response({"error": error}, status=status)


def _raw(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

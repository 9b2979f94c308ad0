"""A browser's push service, played, and the browser behind it: it reads what it is sent with code of its own.

Built from RFC 8030 (delivery), RFC 8188 and 8291 (encryption) and RFC 8292 (VAPID).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
import time
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from orchestrator.simulators.frame import Account, Simulator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.simulators.frame import Hooks, Told

SUBJECT: Final = "mailto:oi@casalume.example"
# Made-up keys, the same in every run: the server's, and the browser's.
_SERVER: Final = 0x2B1A09F8E7D6C5B4A39281706F5E4D3C2B1D8C3A7B5E9F60214C8B7A6F5E4D3C
_BROWSER: Final = 0x1A09F8E7D6C5B4A39281706F5E4D3C2B1D8C3A7B5E9F60214C8B7A6F5E4D3C2B
AUTH: Final = bytes(range(100, 116))
BODY_BYTES_MAX: Final = 4096
TOKEN_SECONDS_MAX: Final = 24 * 3600
URGENCIES: Final = ("very-low", "low", "normal", "high")
_TOPIC: Final = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)

# What a subscription's path says: /push/gone answers 410.
FATES: Final = {"gone": 410, "unknown": 404, "throttled": 429, "forbidden": 403, "too-large": 413}


class WebPush(Simulator):
    """One push service with one browser; `{"ends": true}` makes its subscription end."""

    name = "webpush"

    def __init__(self, told: Told, hooks: Hooks, options: Mapping[str, str]) -> None:  # noqa: ARG002  # it calls nobody
        self._told = told
        self._account = options.get("account", "push_web")
        self._ended = False

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/push/{subscription}", self._push)]

    def account(self, base: str) -> Account:
        return Account(
            channel="push",
            id=self._account,
            adapter="push_web",
            settings={"subject": SUBJECT, "base_url": base},
            secrets={"vapid_private_key": _word(_SERVER.to_bytes(32, "big"))},
        )

    def device(self, base: str) -> str:
        """The address of its browser: the subscription as JSON."""
        return subscription(f"{base}/push/browser")

    async def say(self, said: Mapping[str, Any]) -> Any:
        """`{"ends": true}`: the person takes the permission back; `false`: it never happened."""
        self._ended = bool(said["ends"])
        return {"ended": self._ended}

    async def _push(self, request: web.Request) -> web.Response:
        named = request.match_info["subscription"]
        if self._ended or named in FATES:
            status = FATES.get(named, 410)
            return web.Response(status=status, headers={"Retry-After": "120"} if status == 429 else {})  # noqa: PLR2004
        audience = f"{request.scheme}://{request.host}"
        if not _signed(request.headers.get("Authorization", ""), audience):
            return web.Response(status=401, text="Invalid VAPID token")
        headers = request.headers
        wrong = (
            not headers.get("TTL", "").isdigit()
            or headers.get("Urgency", "normal") not in URGENCIES
            or not _TOPIC.fullmatch(headers.get("Topic", "t"))
            or headers.get("Content-Encoding") != "aes128gcm"
        )
        body = await request.read()
        if len(body) > BODY_BYTES_MAX:
            return web.Response(status=413)
        plain = None if wrong else decrypted(body)
        if plain is None:
            return web.Response(status=400)
        message = json.loads(plain)
        self._told.add("push", str(message.get("tag", "")), named, {**message, "ttl": int(headers["TTL"])})
        return web.Response(status=201, headers={"Location": f"{audience}/m/{secrets.token_hex(8)}"})


def make(told: Told, hooks: Hooks, options: Mapping[str, str]) -> WebPush:
    """A push service, played."""
    return WebPush(told, hooks, options)


def subscription(endpoint: str) -> str:
    """The browser's subscription at an endpoint, as its `JSON.stringify` writes it."""
    return json.dumps(
        {"endpoint": endpoint, "expirationTime": None, "keys": {"p256dh": _word(_point(_key())), "auth": _word(AUTH)}}
    )


def decrypted(body: bytes, private: ec.EllipticCurvePrivateKey | None = None, auth: bytes = AUTH) -> bytes | None:
    """What a body says, of one record (RFC 8291, section 4); None where it cannot be read."""
    private = private or _key()
    salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20] if len(body) > 20 else 0  # noqa: PLR2004
    point, record = body[21 : 21 + length], body[21 + length :]
    try:
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = private.exchange(ec.ECDH(), sender)
        ikm = _hkdf(auth, shared, b"WebPush: info\0" + _point(private) + point, 32)
        key = _hkdf(salt, ikm, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(salt, ikm, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, record, None)
    except (ValueError, InvalidTag):
        return None
    plain = padded.rstrip(b"\0")
    return plain[:-1] if plain.endswith(b"\x02") and len(record) <= size else None


def _hkdf(salt: bytes, material: bytes, info: bytes, size: int) -> bytes:
    """RFC 5869, for one block."""
    extracted = hmac.digest(salt, material, hashlib.sha256)
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)[:size]


def _signed(header: str, audience: str) -> bool:
    """Whether a `vapid t=…,k=…` header is made out to us, lives, and is signed by the key that it names."""
    scheme, _, rest = header.partition(" ")
    said = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    try:
        head, body, signature = said["t"].split(".")
        claims, raw = json.loads(_raw(body)), _raw(signature)
        point = _raw(said["k"])
        numbers = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        key.verify(numbers, f"{head}.{body}".encode(), ec.ECDSA(SHA256()))
        algorithm = json.loads(_raw(head)).get("alg")
    except (KeyError, ValueError, binascii.Error, InvalidSignature):
        return False
    ours = _point(ec.derive_private_key(_SERVER, ec.SECP256R1()))
    lives = claims.get("exp", 0) - time.time()
    return (
        scheme == "vapid"
        and algorithm == "ES256"
        and point == ours
        and claims.get("aud") == audience
        and 0 < lives <= TOKEN_SECONDS_MAX
        and str(claims.get("sub", "")).startswith(("mailto:", "https:"))
    )


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(_BROWSER, ec.SECP256R1())


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _word(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(word: str) -> bytes:
    return base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))

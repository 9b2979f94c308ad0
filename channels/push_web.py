"""Push to browsers: Web Push (RFC 8030), encrypted for one browser (RFC 8291), signed with our key (VAPID, RFC 8292).

    accounts:
      - {id: push, adapter: push_web, subject: "mailto:oi@casalume.example"}

The key comes from `JOGRAL_ACCOUNTS__PUSH__VAPID_PRIVATE_KEY`: 32 bytes in base64url, or PEM. A device's address is its
subscription, as the browser's `JSON.stringify` writes it. It comes from outside, and so does its endpoint: only push
services that we know are called, and public addresses only.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02, VapidException

from orchestrator.channels import Capabilities, DeviceCalls, HttpCall, no_callbacks, still_unknown
from orchestrator.contract import http_answers
from orchestrator.contract.devices import DeviceOutcome, devices_of, together
from orchestrator.contract.subscriptions import origin_of, subscription
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Outcome, OutcomeKind, Rejection
from orchestrator.domain.errors import ConfigurationError, InputError
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.channels import Answer, HttpAnswer, Notice, Received
    from orchestrator.contract.subscriptions import Subscription
    from orchestrator.domain.delivery import Delivery
    from orchestrator.domain.time import Instant

# Push services of the browsers, and whole domains of theirs. An endpoint anywhere else is not called.
HOSTS: Final = (
    "fcm.googleapis.com",
    "jmt17.google.com",
    ".push.services.mozilla.com",
    ".push.apple.com",
    ".notify.windows.com",
    ".wns.windows.com",
)

# 201 says that it was taken (RFC 8030), 202 that a receipt will come. A 200 or 204 is one only where the service names
# itself in a header, as Apple's and Microsoft's do: else it is somebody else's page.
TAKEN: Final = frozenset({201, 202})
TAKEN_IF_NAMED: Final = frozenset({200, 204})
NAMING_HEADERS: Final = frozenset({"apns-id", "x-wns-status", "x-wns-notificationstatus"})

# In the place of a browser that cannot be written to, where others can: devices are counted by their places, and the
# guard lets nobody through who does not ask for https.
NOWHERE: Final = HttpCall("POST", "http://nowhere.invalid/", {}, b"", guarded=True)

# The subscription ended.
GONE: Final = frozenset({404, 410})

_HOST: Final = re.compile(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII | re.IGNORECASE)

BODY_BYTES_MAX: Final = 4096
# Salt, record size, key, the tag of the only record, and its end.
ENCRYPTION_BYTES: Final = 16 + 4 + 1 + 65 + 16 + 1
PAYLOAD_BYTES_MAX: Final = BODY_BYTES_MAX - ENCRYPTION_BYTES
DEVICES_MAX: Final = 20
TTL_SECONDS: Final = (0, 28 * 24 * 3600)
# A token may live for 24 hours; every hour has its own, so that signing is no part of most sends.
TOKEN_SECONDS: Final = 12 * 3600
TOKEN_STEP_SECONDS: Final = 3600


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """One VAPID key, which is what browsers subscribed to. `subject` is whom a push service writes to about us.

    `hosts` are further push services, with a dot in front for a whole domain. An endpoint under `base_url` is taken
    whatever its address is: for a service that is played on this machine.
    """

    channel: Channel
    subject: str
    vapid_private_key: str = field(repr=False)
    hosts: list[str] = field(default_factory=list)
    base_url: str = ""

    def __post_init__(self) -> None:
        _vapid(self.vapid_private_key)
        if not re.fullmatch(r"mailto:[^@\s]+@[^@\s]+|https://\S+", self.subject):
            raise ConfigurationError(
                "subject is no address to write to", remedy='Write subject: "mailto:oi@casalume.example".'
            )
        if not isinstance(self.hosts, list) or not all(_HOST.fullmatch(str(one)) for one in self.hosts):
            raise ConfigurationError(
                "hosts is not a list of push services", remedy='Write hosts: [push.example.com, ".push.example.com"].'
            )

    @property
    def can(self) -> Capabilities:
        return Capabilities(
            channels=frozenset({Channel.PUSH}),
            payload_bytes_max=PAYLOAD_BYTES_MAX,
            title=True,
            devices_max=DEVICES_MAX,
            ttl_seconds=TTL_SECONDS,
            subscriptions=True,
        )

    @property
    def public_key(self) -> str:
        """What a browser subscribes to: `applicationServerKey`."""
        return _public_key(self.vapid_private_key)

    def call(self, delivery: Delivery, now: Instant, entropy: Callable[[int], bytes]) -> DeviceCalls:
        plain = _payload(delivery)
        if len(plain) > PAYLOAD_BYTES_MAX:
            raise InputError("A push has {max} bytes at most; this one is longer.", max=PAYLOAD_BYTES_MAX)
        headers = _headers(delivery, now)
        made: list[HttpCall | InputError] = []
        for one in devices_of(delivery):
            try:
                made.append(self._call(one.value, plain, headers, now, entropy))
            except InputError as error:
                made.append(error)
        if not any(isinstance(one, HttpCall) for one in made):
            raise next(one for one in made if isinstance(one, InputError))
        return DeviceCalls(tuple(one if isinstance(one, HttpCall) else NOWHERE for one in made))

    def outcome(self, answer: Answer) -> Outcome:
        return together(answer, _judged)

    def look_up(self, reference: str) -> None:  # noqa: ARG002  # push services cannot be asked
        return None

    def found(self, answer: Answer) -> Outcome:  # noqa: ARG002  # it was never asked
        return still_unknown("A push service cannot be asked by our reference")

    def receive(self, notice: Notice, now: Instant) -> Received:  # noqa: ARG002  # they call nobody back
        raise no_callbacks()

    def _call(
        self, value: str, plain: bytes, headers: dict[str, str], now: Instant, entropy: Callable[[int], bytes]
    ) -> HttpCall:
        to = subscription(value)
        if to is None:
            raise InputError("This device is no browser's subscription.", remedy="Send tokens through push_fcm.")
        ours = bool(self.base_url) and to.endpoint.startswith(f"{self.base_url.rstrip('/')}/")
        if not ours and not _is_known(to.endpoint, (*HOSTS, *self.hosts)):
            raise InputError("The endpoint of a subscription is at no push service that we know.")
        token = _authorization(self.vapid_private_key, self.subject, origin_of(to.endpoint), now // 1000)
        signed = {**headers, "Authorization": token}
        return HttpCall("POST", to.endpoint, signed, encrypted(plain, to, entropy), guarded=not ours)


# --- the message ----------------------------------------------------------------------------------------------------


def _payload(delivery: Delivery) -> bytes:
    """What the page's service worker shows; `tag` makes a repetition take its own place."""
    rendered = delivery.rendered
    said: dict[str, Any] = {"title": rendered.title, "body": rendered.text, "tag": delivery.reference}
    if rendered.url:
        said["url"] = rendered.url
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _headers(delivery: Delivery, now: Instant) -> dict[str, str]:
    shortest, longest = TTL_SECONDS
    left = longest if delivery.expires_at is None else (delivery.expires_at - now) // 1000
    topic = base64.urlsafe_b64encode(hashlib.sha256(delivery.reference.encode()).digest())[:32].decode()
    return {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(min(max(left, shortest), longest)),
        "Urgency": "high" if delivery.purpose is Purpose.TRANSACTIONAL else "normal",
        "Topic": topic,
    }


def encrypted(plain: bytes, to: Subscription, entropy: Callable[[int], bytes]) -> bytes:
    """A body that one browser can read (RFC 8291): 16 bytes of chance are the salt, 32 a key for this message only."""
    salt, chosen = entropy(16), int.from_bytes(entropy(32), "big")
    ours = ec.derive_private_key(chosen % (_ORDER - 1) + 1, ec.SECP256R1())
    try:
        body: bytes = http_ece.encrypt(
            plain, salt=salt, private_key=ours, dh=to.p256dh, auth_secret=to.auth, version="aes128gcm",
            rs=BODY_BYTES_MAX,
        )  # fmt: skip
    except (ValueError, http_ece.ECEException) as error:
        raise InputError("Nothing can be encrypted to this subscription: its key is no point of P-256.") from error
    return body


_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


# --- whose it is, and where it may go -------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _vapid(key: str) -> Vapid02:
    """The key. Raises ConfigurationError, which never repeats it."""
    try:
        return Vapid02.from_pem(key.strip().encode()) if "-----BEGIN" in key else Vapid02.from_string(key.strip())
    except (VapidException, ValueError, TypeError, AttributeError, IndexError) as error:
        raise ConfigurationError(
            "vapid_private_key is no private key of P-256",
            remedy="Make one with: vapid --gen, and write its 32 bytes in base64url, or the PEM.",
        ) from error


@lru_cache(maxsize=16)
def _public_key(key: str) -> str:
    point = _vapid(key).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def _authorization(key: str, subject: str, audience: str, now_seconds: int) -> str:
    """The token for one push service, the same within an hour."""
    return _signed(key, subject, audience, now_seconds - now_seconds % TOKEN_STEP_SECONDS + TOKEN_SECONDS)


@lru_cache(maxsize=256)
def _signed(key: str, subject: str, audience: str, expires_at_seconds: int) -> str:
    # Made anew for each audience: the library has written into claims that were given to it.
    claims = {"aud": audience, "exp": expires_at_seconds, "sub": subject}
    try:
        header: str = _vapid(key).sign(claims)["Authorization"]
    except VapidException as error:
        raise InputError("The endpoint of a subscription cannot be signed for.") from error
    return header


def _is_known(endpoint: str, hosts: tuple[str, ...]) -> bool:
    """Whether an endpoint is at a push service: its host itself, or one of a whole domain."""
    parts = urlsplit(endpoint)
    host = (parts.hostname or "").lower()
    return parts.scheme == "https" and any(_within(host, one.lower()) for one in hosts)


def _within(host: str, known: str) -> bool:
    return host.endswith(known) if known.startswith(".") else host == known


# --- what answers mean ----------------------------------------------------------------------------------------------


def _judged(answer: HttpAnswer) -> DeviceOutcome:
    status = answer.status
    named = not NAMING_HEADERS.isdisjoint(answer.headers)
    if status in TAKEN or (status in TAKEN_IF_NAMED and named):
        return DeviceOutcome(Outcome(OutcomeKind.SENT, provider_id=answer.headers.get("location", "")[:500]))
    if status in GONE:
        return DeviceOutcome(http_answers.told(answer, OutcomeKind.REFUSED, Rejection.ADDRESS.reason), gone=True)
    # Of one browser: a subscription made for another key says so too, and must not stop the account for all others.
    return DeviceOutcome(replace(http_answers.by_status(answer), stopped=False))

"""A browser's push subscription, as `JSON.stringify(subscription)` writes it, and as it is stored."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

ENDPOINT_LENGTH_MAX: Final = 2_000
POINT_BYTES: Final = 65
"""An uncompressed point on P-256; its first byte is 4."""
AUTH_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where a browser is reached, and the keys that only it can read by."""

    endpoint: str = field(repr=False)
    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)

    @property
    def stored(self) -> str:
        """One way to write it: the endpoint first, because it is what tells two of them apart."""
        keys = {"p256dh": _word(self.p256dh), "auth": _word(self.auth)}
        return json.dumps({"endpoint": self.endpoint, "keys": keys}, separators=(",", ":"))


def is_subscription(value: str) -> bool:
    """Whether a push address is a browser's, and no token."""
    return value.startswith("{")


@lru_cache(maxsize=1024)
def subscription(text: str) -> Subscription | None:
    """The subscription that a text is, or None. What browsers add (`expirationTime`) is not kept."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    keys = said.get("keys") if isinstance(said, dict) else None
    if not isinstance(keys, dict):
        return None
    endpoint, point, auth = said.get("endpoint"), _raw(keys.get("p256dh")), _raw(keys.get("auth"))
    if not isinstance(endpoint, str) or not _is_url(endpoint):
        return None
    if len(point) != POINT_BYTES or point[0] != 4 or len(auth) != AUTH_BYTES:  # noqa: PLR2004  # uncompressed
        return None
    return Subscription(endpoint, point, auth)


def origin_of(endpoint: str) -> str:
    """Scheme, host and port of an endpoint: what a VAPID token is made out to."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def _is_url(text: str) -> bool:
    if not text.isascii() or not text.isprintable() or " " in text or len(text) > ENDPOINT_LENGTH_MAX:
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname) and "@" not in parts.netloc


def _raw(text: object) -> bytes:
    """Browsers write base64url without padding; some libraries pad it."""
    if not isinstance(text, str) or not text.isascii():
        return b""
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _word(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

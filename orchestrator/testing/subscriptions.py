"""A browser's push subscription whose private key is known, so that the suite can read what was encrypted to it."""

from __future__ import annotations

import base64
import json
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ENDPOINT = "https://updates.push.services.mozilla.com/wpush/v2/made-up"
_AUTH = bytes(range(16))
# Chosen, not drawn: the same subscription in every run.
_PRIVATE_NUMBER = 0x1D8C3A7B5E9F60214C8B7A6F5E4D3C2B1A09F8E7D6C5B4A39281706F5E4D3C2B


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(_PRIVATE_NUMBER, ec.SECP256R1())


def subscription() -> str:
    """The subscription as a browser's `JSON.stringify` writes it."""
    public = _key().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return json.dumps({"endpoint": ENDPOINT, "keys": {"p256dh": _word(public), "auth": _word(_AUTH)}})


def opened(body: bytes) -> bytes | None:
    """What a body says that was encrypted to this subscription (RFC 8291); None where it was not."""
    import http_ece  # noqa: PLC0415  # only push needs it

    try:
        clear: bytes = http_ece.decrypt(body, private_key=_key(), auth_secret=_AUTH, version="aes128gcm")
    except Exception:  # noqa: BLE001  # it is not encrypted, or not to us
        return None
    return clear


def _word(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def vapid_private_key() -> str:
    """A VAPID key of an application server, as `vapid --gen` and browsers write it: 32 bytes, base64url."""
    return _word((_PRIVATE_NUMBER - 2).to_bytes(32, "big"))

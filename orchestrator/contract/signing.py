"""Whether a notice is genuine: signatures over its raw bytes, compared in constant time, before anybody parses it.

Whoever has no secret believes nothing: every check of an empty secret fails.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from orchestrator.domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable


def is_signed(secret: str, message: bytes, given: str, algorithm: str, *, encoding: str = "hex") -> bool:
    """Whether `given` is the HMAC of `message` with `secret`; `encoding` is hex (lower-case) or base64."""
    return any_signed(secret, (message,), given, algorithm, encoding=encoding)


def any_signed(secret: str, messages: Iterable[bytes], given: str, algorithm: str, *, encoding: str = "hex") -> bool:
    """The same of several readings of one message: all of them are tried, so that time tells nothing."""
    found = False
    for message in messages:
        made = hmac.digest(secret.encode(), message, algorithm)
        written = made.hex() if encoding == "hex" else base64.b64encode(made).decode()
        found |= same(written, given)
    return found and bool(secret)


def same(expected: str, given: str) -> bool:
    """Whether two words are the same, in a time that does not tell where they differ. An empty one never is."""
    return bool(expected) and hmac.compare_digest(_bytes(expected), _bytes(given))


def is_hash_of(body: bytes, given: str) -> bool:
    """Whether `given` is the SHA-256 of `body` in lower-case hexadecimal."""
    return same(hashlib.sha256(body).hexdigest(), given)


def forged() -> Refused:
    """What `receive` raises for a notice that is not signed as the account's are."""
    return Refused("The signature of this notice is not right.")


def _bytes(text: str) -> bytes:
    # What comes from outside may be no text: a header's odd bytes, and half a character in JSON.
    return text.encode("utf-8", "surrogatepass")

"""Identifiers: a prefix that says what the thing is, and 26 characters that sort by the time it was made (ULID)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)

ENTROPY_SIZE = 10


def new_id(prefix: str, at: Instant, entropy: bytes) -> str:
    """`msg_01JC9ZK3…`: 48 bits of milliseconds and 80 bits of chance, in Crockford's base 32.

    Args:
        prefix: what the thing is, without the underscore: cus, msg, dec, run, evt.
        at: when it was made; ids made later sort later.
        entropy: exactly ten random bytes.
    """
    number = (at << 80) | int.from_bytes(entropy, "big")
    return prefix + "_" + "".join([_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)])

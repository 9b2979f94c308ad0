"""Reading Meta's JSON without believing its shape: what is not what it should be is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.contract.meta.sending import SCOPED_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.time import Instant

_LENGTH_MAX = 10_000
_SECOND_MS = 1_000
_PHONE_LENGTH_MAX = 20


def word(holder: Any, *path: str) -> str:
    """The text or number at a path, as text; nothing where there is none."""
    found: Any = holder
    for key in path:
        if not isinstance(found, dict):
            return ""
        found = found.get(key)
    if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 1 << 63:  # longer ones Python refuses
        return str(found)
    return found[:_LENGTH_MAX].encode("utf-8", "replace").decode().replace("\0", "") if isinstance(found, str) else ""


def items(holder: Any, key: str) -> list[Any]:
    """The list under a key; an empty one where there is none."""
    found = holder.get(key) if isinstance(holder, dict) else None
    return found if isinstance(found, list) else []


def fields(holder: Any, key: str) -> Mapping[str, Any]:
    """The object under a key; an empty one where there is none."""
    found = holder.get(key) if isinstance(holder, dict) else None
    return found if isinstance(found, dict) else {}


def moment(told: str, now: Instant) -> Instant:
    """Seconds since 1970 as an instant. What is not said, or lies ahead of us, is now."""
    if not told.isascii() or not told.isdigit() or len(told) > len(str(now)):
        return now
    at = int(told) * _SECOND_MS
    return at if 0 < at <= now else now


def phone(told: str) -> str:
    """A phone as Meta writes it: digits. A scoped id has digits too, and is none."""
    digits = told.removeprefix("+")
    return digits if digits.isascii() and digits.isdigit() and len(digits) <= _PHONE_LENGTH_MAX else ""


def scoped_id(*told: str) -> str:
    """The first of these that names a person without a phone."""
    return next((one for one in told if SCOPED_ID.fullmatch(one)), "")

"""What answers of HTTP servers have in common, whoever the provider is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from orchestrator.contract.mail.addresses import without_addresses
from orchestrator.domain.delivery import Outcome, OutcomeKind
from orchestrator.domain.errors import Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.contract.calls import HttpAnswer

DETAIL_LENGTH_MAX = 300

# Thirty years in seconds: whoever asks for longer asks for ever.
_DIGITS_MAX = 9

# As providers write them, whole: an id may hold many digits too, and loses nothing by it.
_PHONE = re.compile(r"(?<![0-9A-Za-z])\+?\d{8,15}(?![0-9A-Za-z])")

# The provider may have taken it, whatever it says; of 5xx the hundred is judged.
_DOUBTS: Mapping[int, str] = {
    408: "timeout",
    409: "unreadable_answer",
    425: "unreadable_answer",
    504: "timeout",
}

# About the account: its credentials, its bill, its rights, its address. Never about the person.
ACCOUNT_AT_FAULT = frozenset({401, 402, 403, 404, 405, 410})
TOO_MANY = 429


def is_success(answer: HttpAnswer) -> bool:
    """Whether it is a 2xx."""
    return answer.status // 100 == 2  # noqa: PLR2004  # 2xx


def doubt(status: int) -> str:
    """The reason of the doubt that a status leaves, or nothing where it is definite: 3xx, 4xx."""
    if status in _DOUBTS:
        return _DOUBTS[status]
    return "" if status // 100 in (3, 4) else "unreadable_answer"


def excerpt(answer: HttpAnswer) -> str:
    """The beginning of what it says, for a person to read: without whom it was about, which many repeat."""
    said = answer.body[:DETAIL_LENGTH_MAX].decode("utf-8", "replace").replace("\0", "")
    return without_numbers(without_addresses(said))


def without_numbers(said: str) -> str:
    """The same with phone numbers left out: what providers say is kept where no person's data belongs."""
    return _PHONE.sub("***", said)


def json_object(answer: HttpAnswer) -> Mapping[str, Any]:
    """The JSON object that it is; an empty one where it is none."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def retry_after_seconds(answer: HttpAnswer) -> float | None:
    """What `Retry-After` asks for, in seconds. A date is none: an adapter has no clock (`not_before` tells it)."""
    wait = answer.headers.get("retry-after", "").strip()
    if not wait.isascii() or not wait.isdigit():
        return None
    return float(wait if len(wait) <= _DIGITS_MAX else "9" * _DIGITS_MAX)


def explained(answer: HttpAnswer, said: str = "") -> str:
    """`429, not before Sun, 22 Nov 2026 …: Too many requests`: `said`, or the beginning of the body."""
    wait = answer.headers.get("retry-after", "").strip()
    dated = wait and not (wait.isascii() and wait.isdigit())
    until = Phrase(", not before {date}", date=wait[:DETAIL_LENGTH_MAX]) if dated else ""
    return Phrase("{status}{until}: {said}", status=answer.status, until=until, said=said or excerpt(answer))


def told(answer: HttpAnswer, kind: OutcomeKind, reason: str, *, said: str = "", stopped: bool = False) -> Outcome:
    """An outcome with what the answer said of it, and how long it wants to be left alone."""
    wait = retry_after_seconds(answer)
    return Outcome(kind, reason, detail=explained(answer, said), retry_after_seconds=wait, stopped=stopped)


def by_status(answer: HttpAnswer, *, said: str = "", refused: str = "provider_rejected:message") -> Outcome:
    """What an answer means that no table of the provider's explains, and that is no success.

    The account is at fault for 401 to 405 and 410; doubt stays doubt; 3xx, which is not followed, is a wrong address of
    the account's; any other 4xx is a definite no, about what was said, or as `refused` says.
    """
    status = answer.status
    reason = doubt(status)
    if reason:
        return told(answer, OutcomeKind.UNKNOWN, reason, said=said)
    if status == TOO_MANY:
        return told(answer, OutcomeKind.NOT_SENT, "rate_limit", said=said)
    if status in ACCOUNT_AT_FAULT or status // 100 == 3:  # noqa: PLR2004  # 3xx
        return told(answer, OutcomeKind.NOT_SENT, "provider_unavailable", said=said, stopped=True)
    return told(answer, OutcomeKind.REFUSED, refused, said=said)


def no_http() -> Outcome:
    """What an answer means that came from no HTTP server."""
    return Outcome(OutcomeKind.UNKNOWN, "unreadable_answer", detail=Phrase("not an answer of an HTTP server"))

"""What the Graph API's answer to a message means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestrator.contract.adapter import unanswered
from orchestrator.contract.calls import HttpAnswer, NoAnswer
from orchestrator.contract.http_answers import excerpt
from orchestrator.contract.meta.errors import account_at_fault, failed, graph_error
from orchestrator.domain.delivery import Outcome, OutcomeKind, Rejection
from orchestrator.domain.errors import Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.contract.calls import Answer

_SUCCESS = range(200, 300)
_REDIRECTS = range(300, 400)

# Statuses without an error that we know: they may have been taken, whatever they say.
_DOUBT = frozenset({408, 409, 425})
_TIMEOUTS = frozenset({408, 504})
# These are about the account: its token, its permission, its address.
_ACCOUNT = frozenset({401, 402, 403, 404, 405, 410})
_TOO_MANY = 429
_SERVER_ERRORS = range(500, 600)

_MINUTE_SECONDS = 60.0


def outcome_of(answer: Answer) -> Outcome:
    """Meta's code decides, wherever it stands; then the status."""
    match answer:
        case NoAnswer():
            return unanswered(answer)
        case HttpAnswer():
            return _told(answer)
        case _:
            return Outcome(OutcomeKind.UNKNOWN, "unreadable_answer", detail=Phrase("not an answer of an HTTP server"))


def document_of(answer: HttpAnswer) -> Mapping[str, Any]:
    """The answer's JSON object; an empty one where there is none to read."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _told(answer: HttpAnswer) -> Outcome:
    said, wait = document_of(answer), retry_after_seconds(answer)
    error = graph_error(said.get("error"))
    known = failed(error, answer.status, wait) if error is not None else None
    if known is not None:
        return known
    if answer.status in _SUCCESS and error is None:
        return _taken(answer, said)
    return _by_status(answer, error.said if error is not None and error.said else excerpt(answer), wait)


def _taken(answer: HttpAnswer, said: Mapping[str, Any]) -> Outcome:
    messages = said.get("messages")
    message = messages[0] if isinstance(messages, list) and messages else None
    wamid = message.get("id") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(wamid, str) or not wamid:
        return Outcome(OutcomeKind.UNKNOWN, "unreadable_answer", detail=f"{answer.status} {excerpt(answer)}")
    match message.get("message_status"):
        case "paused":
            paused = Phrase("Meta has paused this template")
            return Outcome(OutcomeKind.REFUSED, Rejection.TEMPLATE.reason, wamid, paused, template="paused")
        case "held_for_quality_assessment":  # the first ones of a new or changed marketing template
            held = Phrase("Meta holds it back until it has heard what people think of the template")
            return Outcome(OutcomeKind.SENT, provider_id=wamid, detail=held)
        case _:
            return Outcome(OutcomeKind.SENT, provider_id=wamid)


def _by_status(answer: HttpAnswer, said: str, wait: float | None) -> Outcome:
    status, detail = answer.status, f"{answer.status} {said}".strip()
    if status == _TOO_MANY:
        return Outcome(OutcomeKind.NOT_SENT, "rate_limit", detail=detail, retry_after_seconds=wait)
    if status in _TIMEOUTS:
        return Outcome(OutcomeKind.UNKNOWN, "timeout", detail=detail, retry_after_seconds=wait)
    if status in _ACCOUNT:
        return account_at_fault(detail)
    if status in _REDIRECTS:  # which are not followed: the address of the settings is wrong
        return account_at_fault(detail)
    if status in _DOUBT or status in _SERVER_ERRORS or status in _SUCCESS or status < _SUCCESS.start:
        return Outcome(OutcomeKind.UNKNOWN, "unreadable_answer", detail=detail, retry_after_seconds=wait)
    return Outcome(OutcomeKind.REFUSED, Rejection.MESSAGE.reason, detail=detail)


def retry_after_seconds(answer: HttpAnswer) -> float | None:
    """How long Meta wants to be left alone: in `Retry-After`, or in minutes in the header that counts usage."""
    wait = answer.headers.get("retry-after", "").strip()
    if wait.isascii() and wait.isdigit():
        return float(wait[:_DIGITS_MAX])
    minutes = _minutes(answer.headers.get("x-business-use-case-usage", ""))
    return minutes * _MINUTE_SECONDS if minutes else None


_DIGITS_MAX = 9


def _minutes(header: str) -> float:
    """`{"102290…": [{"type": "messages", …, "estimated_time_to_regain_access": 3}]}`: the longest of them."""
    try:
        said = json.loads(header) if header else None
    except (ValueError, RecursionError):
        return 0.0
    uses = [use for one in said.values() if isinstance(one, list) for use in one] if isinstance(said, dict) else []
    waits = (use.get("estimated_time_to_regain_access") for use in uses if isinstance(use, dict))
    return float(max((wait for wait in waits if isinstance(wait, int) and 0 < wait < _MINUTES_MAX), default=0))


_MINUTES_MAX = 30 * 24 * 60

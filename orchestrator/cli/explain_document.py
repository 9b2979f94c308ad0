"""An explanation as a program reads it: `jogral.explain/1`."""

from __future__ import annotations

import dataclasses
import re
from enum import Enum
from typing import TYPE_CHECKING, Any

from orchestrator.domain.time import rfc3339
from orchestrator.domain.verdict import Drop, Hold, Send, Wait

if TYPE_CHECKING:
    from orchestrator.dispatch.explain.values import Ahead, Answer, Explained, Explanation, Past, Unasked
    from orchestrator.domain.verdict import Verdict
    from orchestrator.store.evidence import KnownRequest

SEND = "send"

# Fields of evidence that are instants; all others are shown as they are.
_TIMES = frozenset({"at", "as_of", "until", "event_at", "recorded_at", "lifted_at"})
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def explanation_document(why: Explanation) -> dict[str, Any]:
    """The body of the document. Times are the customer's, addresses masked."""
    zone = why.zone
    return {
        "customer": {"id": why.customer.id, "time_zone": zone},
        "message": why.message,
        "at": rfc3339(why.at, zone),
        "supposed": why.supposed,
        "release_id": why.release_id,
        "request": None if why.request is None else _request(why.request, zone),
        "decision": None if why.decision is None else _decision(why.decision, zone),
        "ahead": None if why.ahead is None else _ahead(why.ahead, zone),
        "history": [_past(one, zone) for one in why.history],
        "receipts": [_shown(one, zone) for one in why.receipts],
        "others": [_request(one, zone) for one in why.others],
        "unasked": [_unasked(one, zone) for one in why.unasked],
    }


def _request(known: KnownRequest, zone: str) -> dict[str, Any]:
    request = known.request
    times = {"accepted_at": request.accepted_at, "due_at": request.due_at, "not_after": request.not_after}
    return {
        "id": request.id,
        "state": known.state,
        "reason": known.reason,
        "detail": known.detail,
        "candidates": list(request.candidates),
        "channel": known.channel,
        "account": known.account,
        "origin": known.origin,
        "journey": request.journey,
        "run_id": request.run_id,
        "step": known.step,
        "event_id": known.event_id,
        "possible_duplicate": known.possible_duplicate,
        "mode": request.mode.value,
        "receipt": known.receipt,
        **{name: None if at is None else rfc3339(at, zone) for name, at in times.items()},
    }


def _decision(decision: Explained, zone: str) -> dict[str, Any]:
    return {
        "id": None if decision.id is None else f"dec_{decision.id}",
        "verdict": decision.state or SEND,
        "reason": decision.reason,
        "detail": decision.detail,
        "channel": decision.channel,
        "at": rfc3339(decision.at, zone),
        "live": decision.live,
        "release_id": decision.release_id,
        "items": [_answer(one, zone) for one in decision.answers],
    }


def _answer(answer: Answer, zone: str) -> dict[str, Any]:
    return {
        "gate": answer.gate,
        "result": answer.result,
        **({"channel": answer.channel} if answer.channel is not None else {}),
        **({"detail": answer.code} if answer.code else {}),
        **(
            {"evidence": [{"kind": _kind(one), **_shown(one, zone)} for one in answer.evidence]}
            if answer.evidence
            else {}
        ),
    }


def _kind(evidence: object) -> str:
    return _WORDS.sub("_", type(evidence).__name__).lower()


def _shown(value: Any, zone: str) -> dict[str, Any]:
    """A frozen value by its fields."""
    found = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return {name: _field(name, one, zone) for name, one in found.items()}


def _field(name: str, value: Any, zone: str) -> Any:
    if name in _TIMES and value is not None:
        return rfc3339(value, zone)
    if dataclasses.is_dataclass(value):
        return _shown(value, zone)
    return value.value if isinstance(value, Enum) else value


def _ahead(ahead: Ahead, zone: str) -> dict[str, Any]:
    verdict, reason = _verdict(ahead.verdict)
    return {
        "items": [
            {"at": rfc3339(one.at, zone), "until": rfc3339(one.until, zone), "reason": one.reason}
            for one in ahead.halts
        ],
        "at": rfc3339(ahead.at, zone),
        "verdict": verdict,
        "reason": reason,
        "channel": ahead.verdict.channel if isinstance(ahead.verdict, Send) else None,
    }


def _verdict(verdict: Verdict | None) -> tuple[str | None, str]:
    match verdict:
        case None:
            return None, ""
        case Send():
            return SEND, ""
        case Wait(reason=reason):
            return "deferred", reason
        case Hold(reason=reason):
            return "held", reason
        case Drop(state=state, reason=reason):
            return state.value, reason


def _past(past: Past, zone: str) -> dict[str, Any]:
    return {
        "id": f"dec_{past.id}",
        "verdict": past.state or SEND,
        "reason": past.reason,
        "channel": past.channel,
        "account": past.account or None,
        "at": rfc3339(past.at, zone),
        "release_id": past.release_id,
    }


def _belongs(one: Unasked, zone: str) -> dict[str, Any]:
    """Only where entering a segment begins the journey."""
    if one.segment is None:
        return {}
    since = None if one.inside_since is None else rfc3339(one.inside_since, zone)
    return {"segment": one.segment, "inside_since": since}


def _unasked(one: Unasked, zone: str) -> dict[str, Any]:
    return {
        "journey": one.journey,
        "step": one.step,
        "event_type": one.event_type,
        **_belongs(one, zone),
        "items": [_shown(missed, zone) for missed in one.missed],
        "pause": None if one.pause is None else _shown(one.pause, zone),
    }

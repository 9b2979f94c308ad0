"""Requests about personal data, as `jogral privacy` shows them: ids and dates, and never an address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.addresses import masked
from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG
from orchestrator.domain.privacy import PrivacyRequest, RequestKind, RequestState, WaitsFor
from orchestrator.domain.time import Instant, rfc3339
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.cli.terminal import Terminal

DAY_MS = 86_400_000

KINDS: Mapping[RequestKind, str] = {
    RequestKind.EXPORT: mark("export of data"),
    RequestKind.ERASE: mark("erasure"),
    RequestKind.RECTIFY: mark("correction"),
    RequestKind.UNSUBSCRIBE: mark("unsubscription"),
}

STATES: Mapping[RequestState, tuple[str, str]] = {
    RequestState.OPENED: (mark("waits for proof of the address"), DIM),
    RequestState.VERIFIED: (mark("proven, to be done"), STRONG),
    RequestState.DONE: (mark("done"), GOOD),
    RequestState.REFUSED: (mark("refused"), BAD),
    RequestState.EXPIRED: (mark("never proven"), DIM),
}


_YES, _NO, _NOTHING = mark("yes"), mark("no"), "-"

# What waits for a person here says so, and how it goes on.
_WAITS_FOR_YOU = (mark("proven, waits for you"), BAD)
_APPROVE = mark("  Carry it out: jogral privacy approve {id}{options}")
_REFUSE = mark("  Or end it: jogral privacy refuse {id} --reason TEXT")


def document_of(request: PrivacyRequest, zone: str) -> dict[str, Any]:
    """A request for programs; its address masked."""
    shown: dict[str, Any] = {
        "id": request.id,
        "kind": request.kind.value,
        "state": request.state.value,
        "waits_for": request.waits_for.value if request.waits_for else None,
        "customer_ids": list(request.customer_ids),
        "contact": masked(request.contact_kind, request.contact) if request.contact else None,
        "opened_by": request.opened_by,
        "details": dict(request.details),
        "result": dict(request.result),
    }
    instants = ("opened_at", "verified_at", "due_at", "legal_due_at", "reminded_at", "completed_at")
    return shown | {name: _time(getattr(request, name), zone) for name in instants}


def list_requests(terminal: Terminal, found: Sequence[PrivacyRequest], zone: str, now: Instant) -> None:
    """A line each: what, how far, and how many days are left."""
    terminal.document("privacy.requests", items=[document_of(one, zone) for one in found])
    if not found:
        terminal.say("Nobody has asked for anything.")
    waiting = sum(one.waits_for is WaitsFor.PERSON for one in found)
    for one in found:
        words, style = _standing(one)
        terminal.show(
            f"{one.id}  {terminal.translate(KINDS[one.kind]):<18}", (f"{terminal.translate(words):<32}", style),
            "" if one.ended else _left(terminal, one, now),
        )  # fmt: skip
    if waiting:
        terminal.say("Waiting for you: {count}. What to do about one is said by: jogral privacy show ID", count=waiting)


def tell_request(terminal: Terminal, name: str, request: PrivacyRequest, zone: str) -> None:
    """One request, with what came of it."""
    terminal.document(name, request=document_of(request, zone))
    words, style = _standing(request)
    terminal.show(f"{request.id}  {terminal.translate(KINDS[request.kind])}  ", (terminal.translate(words), style))
    for customer_id in request.customer_ids:
        terminal.show("  ", customer_id)
    if not request.ended:
        terminal.say("  due {due}, by law {legal}", due=rfc3339(request.due_at, zone),
                     legal=rfc3339(request.legal_due_at, zone))  # fmt: skip
    _tell_what(terminal, {**request.details, **request.result}, "  ")
    if request.waits_for is WaitsFor.PERSON:
        terminal.say(_APPROVE, id=request.id, options=_options(request))
        terminal.say(_REFUSE, id=request.id)


def _tell_what(terminal: Terminal, values: Mapping[str, Any], indent: str) -> None:
    """Names and what they hold, a line each; what is inside another stands below it."""
    for name, value in values.items():
        if isinstance(value, dict) and value:
            terminal.show(indent, (name, DIM))
            _tell_what(terminal, value, f"{indent}  ")
        else:
            terminal.show(indent, (f"{name}  ", DIM), _in_words(terminal, value))


def _in_words(terminal: Terminal, value: Any) -> str:
    if isinstance(value, bool):
        return terminal.translate(_YES if value else _NO)
    if isinstance(value, list | tuple):
        return ", ".join(_in_words(terminal, one) for one in value) or _NOTHING
    return str(value) if value not in (None, {}) else _NOTHING


def _standing(request: PrivacyRequest) -> tuple[str, str]:
    return _WAITS_FOR_YOU if request.waits_for is WaitsFor.PERSON else STATES[request.state]


def _options(request: PrivacyRequest) -> str:
    """What the approval says: whose it is, what the profile gets where nothing was proposed, that it is for good."""
    from orchestrator.dispatch.privacy import CHANGES

    whose = " --customer ID" if len(request.customer_ids) > 1 else ""
    open_correction = request.kind is RequestKind.RECTIFY and CHANGES not in request.details
    for_good = " --yes" if request.kind is RequestKind.ERASE else ""
    return whose + (" --set NAME=VALUE" if open_correction else "") + for_good


def _left(terminal: Terminal, request: PrivacyRequest, now: Instant) -> tuple[str, str]:
    if request.legal_due_at < now:
        return terminal.words("overdue, by law as well"), BAD
    if request.due_at < now:
        days = _days_until(request.legal_due_at, now)
        return terminal.words(_BY_LAW[days == 1], days=days), BAD
    days = _days_until(request.due_at, now)
    return terminal.words(_DUE[days == 1], days=days), DIM


# By whether it is one day.
_DUE = {False: mark("due in {days} days"), True: mark("due in 1 day")}
_BY_LAW = {False: mark("overdue; by law in {days} days"), True: mark("overdue; by law in 1 day")}


def _days_until(due: Instant, now: Instant) -> int:
    """Rounded up: what is due in two days and an hour is due in three."""
    return -((now - due) // DAY_MS)


def _time(at: Instant | None, zone: str) -> str | None:
    return None if at is None else rfc3339(at, zone)

"""Settle: what an outcome makes of a delivery. Retries live in the ledger, with full jitter and an age by class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.delivery import OutcomeKind, State
from orchestrator.domain.message import Purpose
from orchestrator.store.port import Settlement

if TYPE_CHECKING:
    from orchestrator.domain.delivery import Outcome, Request
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.store.port import BusinessClock, InFlight

HOUR_MS = 3_600_000

# How long we try again, counted from the first call (architecture, section 5).
CLASS_AGE_MS = {Purpose.TRANSACTIONAL: 4 * HOUR_MS, Purpose.MARKETING: 24 * HOUR_MS}

BACK_OFF_FIRST_MS = 2_000
BACK_OFF_MAX_MS = 15 * 60_000

# A provider may ask for any number of seconds; beyond this it asks for never.
RETRY_AFTER_SECONDS_MAX = 30 * 24 * 3_600

# A doubt that nothing settled by then is what it is (decisions, section 5).
UNKNOWN_AGE_MS = 72 * HOUR_MS
LOOK_UP_AGAIN_MS = 60_000


def settlement(request: Request | InFlight, outcome: Outcome, business: BusinessClock, clock: Clock) -> Settlement:
    """What becomes of a delivery after a call, or after a look-up."""
    now = clock.now()
    first_call_at = request.first_call_at if request.first_call_at is not None else now
    if outcome.kind is OutcomeKind.NOT_SENT:
        return _again(request, outcome, business, clock, now, first_call_at)
    state, settled = _ENDS[outcome.kind]
    reason = outcome.reason if state is not State.SENT else ""
    return Settlement(
        request.id,
        state,
        reason,
        _storable(outcome.detail),
        _storable(outcome.provider_id) or None,
        request.due_at,
        now + LOOK_UP_AGAIN_MS,
        first_call_at,
        request.calls + 1,
        settled,
    )


def doubt(lost: InFlight, now: Instant, *, ask_again: bool) -> Settlement:
    """A delivery that may have left or not, and whose provider does not say."""
    final_at = lost.sending_at + UNKNOWN_AGE_MS
    next_action_at = min(now + LOOK_UP_AGAIN_MS, final_at) if ask_again else final_at
    reason, detail = (lost.reason, lost.detail) if lost.state is State.UNKNOWN else _NEVER_CAME_BACK
    return Settlement(
        lost.id,
        State.UNKNOWN,
        reason,
        detail,
        None,
        lost.due_at,
        next_action_at,
        lost.first_call_at or lost.sending_at,
        lost.calls,
        now >= final_at,
    )


_NEVER_CAME_BACK = ("lease_expired", "The worker ended while it was sending, and the provider does not say.")


_ENDS = {
    OutcomeKind.SENT: (State.SENT, True),
    OutcomeKind.REFUSED: (State.FAILED, True),
    OutcomeKind.UNKNOWN: (State.UNKNOWN, False),
}


def _again(  # two clocks, and what both are asked about
    request: Request | InFlight,
    outcome: Outcome,
    business: BusinessClock,
    clock: Clock,
    now: Instant,
    first_call_at: Instant,
) -> Settlement:
    """Certainly not sent: try again later, until the message is too old for its class."""
    if outcome.reason == "stale":
        # Our own doing, not the provider's: at once, and it does not count as a call.
        return Settlement(
            request.id, State.ACCEPTED, "", "", None, request.due_at, now, request.first_call_at, request.calls, False
        )
    wait_ms = _back_off_ms(outcome, request.calls, clock)
    if now + wait_ms - first_call_at > CLASS_AGE_MS[request.purpose]:
        return Settlement(
            request.id,
            State.EXPIRED,
            "class_age",
            _storable(f"{outcome.reason}: {outcome.detail}"),
            None,
            request.due_at,
            now,
            first_call_at,
            request.calls + 1,
            True,
        )
    # Due again in both clocks: rows that wait for a provider stay out of the claim's way.
    due_at = request.due_at if business.frozen_at is not None else business.now(now) + wait_ms
    return Settlement(
        request.id,
        State.DEFERRED,
        outcome.reason,
        _storable(outcome.detail),
        None,
        due_at,
        now + wait_ms,
        first_call_at,
        request.calls + 1,
        False,
    )


def _storable(words: str) -> str:
    """A provider may say anything, and two kinds of character are kept by no database."""
    return words if words.isprintable() else words.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def _back_off_ms(outcome: Outcome, calls: int, clock: Clock) -> int:
    """Full jitter under a doubling ceiling; what the provider asked for is obeyed to the letter."""
    if outcome.retry_after_seconds is not None:
        return int(min(outcome.retry_after_seconds, RETRY_AFTER_SECONDS_MAX) * 1000)
    ceiling = min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS << min(calls, 16))
    return int.from_bytes(clock.entropy(4), "big") % ceiling + 1

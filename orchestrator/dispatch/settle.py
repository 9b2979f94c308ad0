"""Settle: what an outcome makes of a delivery. Retries live in the ledger, with full jitter and an age by class."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.dispatch.back_off import back_off_ms, jitter_ms
from orchestrator.domain.delivery import MOVING_ON, Mode, OutcomeKind, Rejection, State
from orchestrator.domain.errors import Phrase
from orchestrator.domain.message import Purpose
from orchestrator.store.port import InFlight, Settlement

if TYPE_CHECKING:
    from orchestrator.domain.customer import Channel
    from orchestrator.domain.delivery import Outcome, Request
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.store.port import BusinessClock

HOUR_MS = 3_600_000

# How long we try again, counted from the first call (architecture, section 5).
CLASS_AGE_MS = {Purpose.TRANSACTIONAL: 4 * HOUR_MS, Purpose.MARKETING: 24 * HOUR_MS}

# A doubt that nothing settled by then is what it is (decisions, section 5).
UNKNOWN_AGE_MS = 72 * HOUR_MS
LOOK_UP_FIRST_MS = 5_000

# When what may have arrived is sent again, where nobody can be asked: after the first doubt, the second and the third.
# There is no fourth time: by then the customer may have it four times.
RESEND_AFTER_MS = (30_000, 2 * 60_000, 10 * 60_000)

# Refusals after which the customer may be reached on another channel all the same, by their reasons.
_MOVING_ON = {one.reason: one for one in MOVING_ON}

# Of marketing the gate itself knows these by what was kept of them: it says why it leaves the channel out.
_KNOWN_TO_THE_GATE = frozenset({Rejection.OPTED_OUT.reason, Rejection.ENOUGH.reason})

# The worker's own doing, and no word of the provider's.
STALE = "stale"


class InDoubt(StrEnum):
    """What is done about a call that may have arrived."""

    LOOK_UP = "look_up"
    """The provider can be asked by our reference."""
    REPEAT = "repeat"
    """The provider refuses the same reference twice: to send again does no harm."""
    RESEND = "resend"
    """It is sent again, marked: better twice than never."""
    STOP = "stop"
    """Better never than twice."""


def settlement(  # the two clocks, the doubt, and what they are asked about
    request: Request | InFlight,
    channel: Channel,
    outcome: Outcome,
    in_doubt: InDoubt,
    business: BusinessClock,
    clock: Clock,
    *,
    called_at: Instant,
) -> Settlement:
    """What becomes of a delivery after a call on a channel, or a look-up. `called_at` is when the gate let it go."""
    now = clock.now()
    if outcome.reason == STALE:
        return _untouched(request, now)
    match outcome.kind:
        case OutcomeKind.NOT_SENT:
            return _again(request, outcome, business, clock, called_at)
        case OutcomeKind.UNKNOWN:
            again_at = now + _doubt_ms(request, in_doubt, clock)
            ended = _ended(request, State.UNKNOWN, outcome, now, called_at, settled=False, next_action_at=again_at)
            return replace(ended, doubts=request.doubts + 1)
        case OutcomeKind.REFUSED:
            return _refused(request, channel, outcome, now, called_at)
        case OutcomeKind.SENT:
            return _ended(request, State.SENT, outcome, now, called_at)


def _doubt_ms(request: Request | InFlight, in_doubt: InDoubt, clock: Clock) -> int:
    """How long a doubt is left alone."""
    match in_doubt:
        case InDoubt.LOOK_UP:
            return LOOK_UP_FIRST_MS
        case InDoubt.REPEAT:
            return jitter_ms(request.calls, clock)
        case InDoubt.RESEND if request.doubts < len(RESEND_AFTER_MS):
            return RESEND_AFTER_MS[request.doubts]
        case _:
            return UNKNOWN_AGE_MS


def never_began(lost: Request | InFlight, now: Instant) -> Settlement:
    """Its worker died, or lost the ledger, before the call: nothing has left, and it goes back to the queue."""
    return _untouched(lost, now)


def _again(
    request: Request | InFlight, outcome: Outcome, business: BusinessClock, clock: Clock, called_at: Instant
) -> Settlement:
    """Certainly not sent: try again later, until the message is too old for its class."""
    now = clock.now()
    first_call_at = _first_call_at(request, called_at)
    wait_ms = back_off_ms(request, outcome, business, clock)
    too_old = now + wait_ms - first_call_at > CLASS_AGE_MS[request.purpose]
    return Settlement(
        request.id,
        State.EXPIRED if too_old else State.DEFERRED,
        "class_age" if too_old else outcome.reason,
        _storable(under(outcome.reason, outcome.detail) if too_old else outcome.detail),
        None,
        _due_at(request, business, now, wait_ms),
        now + wait_ms,
        first_call_at,
        request.calls + 1,
        settled=too_old,
        released=not request.in_doubt,
        excluded=request.excluded,
        stuck_at=_stuck_at(request, business, now),
        in_doubt=request.in_doubt,
        doubts=_doubts_left(request),
    )


def _refused(
    request: Request | InFlight, channel: Channel, outcome: Outcome, now: Instant, called_at: Instant
) -> Settlement:
    """Refused for good: on this channel, where another may say it, and there are others; else altogether.

    What may have arrived by an earlier call is not said again elsewhere.
    """
    about = _MOVING_ON.get(outcome.reason)
    excluded = request.excluded if about is None else {**request.excluded, channel: about}
    over = about is None or set(request.candidates) <= set(excluded)
    if over or _may_have_arrived(request):
        return _ended(request, State.FAILED, outcome, now, called_at, released=not request.in_doubt)
    # Of what is said to a test nothing is kept, and the gate would ask the same for ever.
    kept = request.mode is not Mode.TEST
    if request.purpose is Purpose.MARKETING and outcome.reason in _KNOWN_TO_THE_GATE and kept:
        excluded = request.excluded
    return Settlement(
        request.id,
        State.ACCEPTED,
        "",
        _storable(outcome.detail),
        None,
        request.due_at,
        now,
        _first_call_at(request, called_at),
        request.calls + 1,
        settled=False,
        released=not request.in_doubt,
        excluded=excluded,
        in_doubt=request.in_doubt,
        doubts=_doubts_left(request),
    )


def _may_have_arrived(request: Request | InFlight) -> bool:
    """Whether a call before the one that was just answered may have arrived.

    Of what was in doubt itself (an `InFlight`), the answer is about that doubt: nothing is left of it.
    """
    return request.in_doubt or (not isinstance(request, InFlight) and request.doubts > 0)


def _doubts_left(request: Request | InFlight) -> int:
    """How many doubts are left behind a definite no: what was settled is as if it had been said at once."""
    return request.doubts if _may_have_arrived(request) else 0


def _untouched(request: Request | InFlight, now: Instant) -> Settlement:
    """No call was made: at once, and as it was."""
    return Settlement(
        request.id,
        State.ACCEPTED,
        "",
        "",
        None,
        request.due_at,
        now,
        request.first_call_at,
        request.calls,
        settled=False,
        released=not request.in_doubt,
        excluded=request.excluded,
        stuck_at=request.stuck_at,
        in_doubt=request.in_doubt,
        doubts=request.doubts,
    )


def _ended(  # what differs between ends, by name
    request: Request | InFlight,
    state: State,
    outcome: Outcome,
    now: Instant,
    called_at: Instant,
    *,
    settled: bool = True,
    released: bool = False,
    next_action_at: Instant | None = None,
) -> Settlement:
    return Settlement(
        request.id,
        state,
        "" if state is State.SENT else outcome.reason,
        _storable(outcome.detail),
        _storable(outcome.provider_id) or None,
        request.due_at,
        now if next_action_at is None else next_action_at,
        _first_call_at(request, called_at),
        request.calls + 1,
        settled=settled,
        released=released,
        excluded=request.excluded,
        stuck_at=request.stuck_at,
        in_doubt=request.in_doubt,
        doubts=request.doubts,
    )


def _first_call_at(request: Request | InFlight, called_at: Instant) -> Instant:
    return request.first_call_at if request.first_call_at is not None else called_at


def _stuck_at(request: Request | InFlight, business: BusinessClock, now: Instant) -> Instant:
    return request.stuck_at if request.stuck_at is not None else business.now(now)


def _due_at(request: Request | InFlight, business: BusinessClock, now: Instant, wait_ms: int) -> Instant:
    """Due again in both clocks: rows that wait for a provider stay out of the claim's way."""
    return request.due_at if business.frozen_at is not None else business.now(now) + wait_ms


def under(reason: str, detail: str) -> Phrase:
    """What was said, under the reason that it was said for, where the row has another one now."""
    return Phrase("{reason}: {said}", reason=reason, said=detail)


def _storable(words: str) -> str:
    """A provider may say anything, and two kinds of character are kept by no database."""
    return words if words.isprintable() else words.encode("utf-8", "replace").decode("utf-8").replace("\0", "")

"""How long a message that was certainly not sent waits before it is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.decide import PATIENCE_MS
from orchestrator.decide.reaching import channels_of
from orchestrator.dispatch.breaker import RETRY_AFTER_SECONDS_MAX
from orchestrator.domain.delivery import Request

if TYPE_CHECKING:
    from orchestrator.domain.delivery import Outcome
    from orchestrator.domain.time import Clock
    from orchestrator.store.port import BusinessClock, InFlight

BACK_OFF_FIRST_MS = 2_000
BACK_OFF_MAX_MS = 15 * 60_000


def jitter_ms(calls: int, clock: Clock) -> int:
    """Full jitter under a ceiling that doubles with every call."""
    ceiling = min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS << min(calls, 16))
    return int.from_bytes(clock.entropy(4), "big") % ceiling + 1


def back_off_ms(request: Request | InFlight, outcome: Outcome, business: BusinessClock, clock: Clock) -> int:
    """As long as the provider asked for, to the letter; without that, the jitter.

    Its account is left alone so long by everybody. The message itself asks the gate again when that says something
    else: when patience with this channel ends and another is left, and at once where it would be too late by then.
    """
    if outcome.retry_after_seconds is None:
        return jitter_ms(request.calls, clock)
    asked_ms = int(min(outcome.retry_after_seconds, RETRY_AFTER_SECONDS_MAX) * 1000)
    if not isinstance(request, Request):
        return asked_ms  # its provider was asked about it: the account was not closed for that
    now = business.now(clock.now())
    if request.not_after is not None and now + asked_ms > request.not_after:
        return 0
    if len({*channels_of(request)} - {*request.excluded}) == 1:
        return asked_ms
    since = now if request.stuck_at is None else request.stuck_at
    return min(asked_ms, max(0, since + PATIENCE_MS[request.purpose] + 1 - now))

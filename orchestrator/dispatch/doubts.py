"""Doubts: what becomes of a delivery that may have left or not, when nobody says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.dispatch.settle import CLASS_AGE_MS, RESEND_AFTER_MS, UNKNOWN_AGE_MS, InDoubt, under
from orchestrator.domain.delivery import State
from orchestrator.domain.errors import Phrase
from orchestrator.store.port import Settlement

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import InFlight

LOOK_UP_AGAIN_MS = 60_000

# A provider that could be asked and does not answer is asked for so long before the topic's own rule decides.
LOOK_UP_PATIENCE_MS = 15 * 60_000


def resent(lost: InFlight, in_doubt: InDoubt, now: Instant) -> Settlement:
    """It may have arrived, and goes back to be sent again all the same; where it could be the second time, marked.

    The frequency caps go on counting it. What was sent again too often, or grew too old, stays in doubt for good.
    """
    doubts = lost.doubts + (lost.state is State.SENDING)
    too_old = now - (lost.first_call_at or lost.sending_at) > CLASS_AGE_MS[lost.purpose]
    if too_old or (in_doubt is InDoubt.RESEND and doubts > len(RESEND_AFTER_MS)):
        return doubted(lost, now, ask_again=False)
    reason, detail = why_in_doubt(lost)
    return Settlement(
        lost.id,
        State.ACCEPTED,
        "",
        under(reason, detail),
        None,
        lost.due_at,
        now,
        lost.first_call_at or lost.sending_at,
        lost.calls,
        settled=False,
        excluded=lost.excluded,
        stuck_at=lost.stuck_at,
        in_doubt=lost.in_doubt or in_doubt is InDoubt.RESEND,
        doubts=doubts,
    )


def doubted(lost: InFlight, now: Instant, *, ask_again: bool) -> Settlement:
    """A delivery that may have left or not, whose provider does not say, and which is not sent again."""
    final_at = lost.sending_at + UNKNOWN_AGE_MS
    next_action_at = min(now + LOOK_UP_AGAIN_MS, final_at) if ask_again else final_at
    reason, detail = why_in_doubt(lost)
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
        settled=now >= final_at,
        excluded=lost.excluded,
        stuck_at=lost.stuck_at,
        in_doubt=lost.in_doubt,
        doubts=lost.doubts + (lost.state is State.SENDING),
    )


def why_in_doubt(lost: InFlight) -> tuple[str, str]:
    """Reason and detail of a doubt: what its worker said, or that it never came back."""
    return (lost.reason, lost.detail) if lost.state is State.UNKNOWN else _NEVER_CAME_BACK


_NEVER_CAME_BACK = (
    "lease_expired",
    Phrase("The worker ended while it was sending, and the provider does not say."),
)

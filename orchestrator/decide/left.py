"""What becomes of a request that no channel takes at once: the answer that leaves most hope, or says most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.delivery import State
from orchestrator.domain.verdict import Drop, Hold, Send, Wait

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant
    from orchestrator.domain.verdict import Verdict

# One that can be tried after all, one that is waited for, one that is held; and of those that say no, the reason that
# says most about the customer's will wins over a mere absence.
_WEIGHT = {State.EXPIRED: 2, State.BLOCKED: 3, State.FAILED: 4, State.UNREACHABLE: 5, State.SKIPPED: 6}


def best(left: list[Verdict]) -> Verdict:
    """The one that counts of what each channel would do."""
    return min(left, key=_weight)


def _weight(verdict: Verdict) -> tuple[int, Instant]:
    match verdict:
        case Send():
            return 0, 0
        case Wait(until):
            return 1, until
        case Hold():
            return 2, 0
        case Drop(state):
            return _WEIGHT[state], 0

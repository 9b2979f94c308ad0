"""The one decision: may this request be sent now, where, and if not, why. Preview, gate and explain all ask it here.

Pure. The same function is called twice for every send: before rendering, and again under the customer's lock with
what was read there (decisions, section 5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.decide.asking import Asking
from orchestrator.decide.given import (
    NOTHING_PROMISED,
    UNDISTURBED,
    Backing,
    Circumstances,
    Closure,
    Rules,
)
from orchestrator.decide.how import PATIENCE_MS
from orchestrator.decide.question import decision_of
from orchestrator.domain.delivery import PRIORITIES

if TYPE_CHECKING:
    from orchestrator.domain.customer import Standing
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Instant
    from orchestrator.domain.verdict import Decision

__all__ = [
    "GATES",
    "NOTHING_PROMISED",
    "PATIENCE_MS",
    "UNDISTURBED",
    "Backing",
    "Circumstances",
    "Closure",
    "Rules",
    "decide",
    "rank",
]

# The order in which gates are asked, and in which a decision is explained. `capacity` has no line in this file yet; it
# will stand in `question` at its place here. The last two are asked where words are: in `dispatch.draft`.
GATES = (
    "journey_live",
    "exit_marks",
    "not_after",
    "address",
    "suppression",
    "consent",
    "pauses",
    "suppress_rules",
    "facts",
    "capacity",
    "quiet_hours",
    "caps",
    "template",
    "route",
    "render",
    "read_back",
)


def decide(  # the request, and the five sides from which it is looked at
    request: Request,
    standing: Standing,
    rules: Rules,
    now: Instant,
    backing: Backing = NOTHING_PROMISED,
    circumstances: Circumstances = UNDISTURBED,
) -> Decision:
    """Ask every gate in order.

    Args:
        request: what is wanted.
        standing: the customer, read at once; under lock at the gate.
        rules: what the release says.
        now: business time.
        backing: what stands behind the message's promises, with facts as they are now.
        circumstances: pauses, ended runs and closed accounts of now.
    """
    return decision_of(Asking(request, standing, rules, now, backing, circumstances))


def rank(request: Request) -> tuple[Instant, int, str]:
    """Which of several requests goes first, where a customer can have only one of them."""
    return request.due_at, PRIORITIES.index(request.priority), request.id

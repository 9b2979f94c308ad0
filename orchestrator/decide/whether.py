"""Whether it is said at all: the gates of the message, whatever the channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.decide.asking import TOO_LATE
from orchestrator.decide.given import NOTHING_PROMISED
from orchestrator.domain.delivery import State
from orchestrator.domain.errors import Phrase
from orchestrator.domain.verdict import Drop, Hold
from orchestrator.suppress_rules import forbidding

if TYPE_CHECKING:
    from orchestrator.decide.asking import Asking
    from orchestrator.domain.verdict import Verdict


def journey_live(asking: Asking) -> Verdict | None:
    """Its journey is still in the release."""
    journey = asking.request.journey
    if journey is None:
        return None
    if journey in asking.rules.journeys:
        return asking.passed("journey_live", journey)
    return asking.stop("journey_live", journey, Drop(State.SKIPPED, "cancelled"))


def exit_marks(asking: Asking) -> Verdict | None:
    """No event has ended its run."""
    event = asking.circumstances.exits.get(asking.request.run_id or "")
    return asking.stop("exit_marks", event, Drop(State.SKIPPED, "exit_event")) if event else None


def not_after(asking: Asking) -> Verdict | None:
    """It is not too late."""
    # What ended is told by the facts where they know why.
    ends = asking.ends(promised=asking.backing.obstacle is None)
    if ends is not None and asking.now > ends:
        return asking.stop("not_after", "", TOO_LATE)
    return asking.passed("not_after")


def suppress_rules(asking: Asking) -> Verdict | None:
    """No rule of the project speaks against it."""
    request, rules = asking.request, asking.rules.suppress_rules
    if not rules:
        return None
    found = forbidding(
        rules,
        asking.standing.objects,
        purpose=request.purpose,
        topic=request.topic,
        now=asking.now,
        zone=asking.rules.time_zone,
    )
    if found is None:
        return asking.passed("suppress_rules")
    return asking.stop("suppress_rules", found.id, Drop(State.BLOCKED, f"suppress_rule:{found.id}"))


def facts(asking: Asking) -> Verdict | None:
    """They are the message's on every channel: what cannot be promised here cannot be promised elsewhere."""
    obstacle = asking.backing.obstacle
    if obstacle is not None:
        expired = obstacle.state is State.EXPIRED
        verdict = Drop(obstacle.state, obstacle.reason) if expired else Hold(obstacle.reason)
        detail = Phrase("{reason} {why}", reason=obstacle.reason, why=obstacle.detail)
        return asking.stop("facts", detail, verdict)
    return None if asking.backing is NOTHING_PROMISED else asking.passed("facts")

"""What a recorded decision came to: its state and reason, read from its verdict and its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.dispatch.explain.values import Past
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import State
from orchestrator.domain.pause import HELD_AS, PauseScope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.domain.verdict import Step
    from orchestrator.store.evidence import RecordedDecision

SEND = "send"
SUPERSEDED = "superseded"


def past_of(decision: RecordedDecision) -> Past:
    """A decision in a line."""
    state = state_of(decision)
    return Past(
        id=decision.seq,
        at=decision.business_at,
        state=state,
        reason=reason_of(decision),
        channel=channel_of(decision) if state is None else None,
        release_id=decision.release_id,
    )


def state_of(decision: RecordedDecision) -> State | None:
    """The state that it gave; None where it said: send."""
    return None if decision.verdict == SEND else State(decision.verdict)


def channel_of(decision: RecordedDecision) -> Channel | None:
    """The channel that its last step was about."""
    named = [step.channel for step in decision.trace if step.channel]
    return Channel(named[-1]) if named else None


def reason_of(decision: RecordedDecision) -> str:
    """The reason code of decisions, section 1: what the steps came to when they gave that verdict."""
    state = state_of(decision)
    if state is None:
        return ""
    against = [step for step in decision.trace if step.result != "pass"]
    if not against:
        return ""
    if against[-1].result != "next":
        return _code(against[-1], state)
    # Every channel was left: the first of those that came to this state gave the reason.
    codes = (_code(step, state) for step in against if step.result == "next" and state in _LEADS_TO[step.gate])
    return next(codes, "")


def whole_trace(decision: RecordedDecision, recorded: Sequence[RecordedDecision]) -> tuple[Step, ...]:
    """Its steps; of a message whose place a newer one took while it waited, those that it had passed before, too."""
    if [step.detail for step in decision.trace] != [SUPERSEDED]:
        return decision.trace
    before = [one for one in recorded if one.seq < decision.seq][-1:]
    return (*(step for one in before for step in one.trace if step.result == "pass"), *decision.trace)


def _code(step: Step, state: State) -> str:
    if step.detail == SUPERSEDED:
        return SUPERSEDED
    if state is State.EXPIRED and step.gate != "facts":
        # To wait beyond the end is to be too late already, whatever asked to wait.
        return "not_after"
    return _CODES[step.gate](step.detail) if step.gate in _CODES else step.detail


def _first(detail: str) -> str:
    return detail.partition(" ")[0]


def _refused_for_now(detail: str) -> str:
    account, _, reason = detail.partition(" ")
    return "channel_off" if account == "no" else reason


_CODES: Mapping[str, Callable[[str], str]] = {
    "journey_live": lambda _: "cancelled",
    "exit_marks": lambda _: "exit_event",
    "not_after": lambda _: "not_after",
    "pauses": lambda detail: HELD_AS[PauseScope(_first(detail))],
    "suppress_rules": lambda detail: f"suppress_rule:{detail}",
    "facts": _first,
    "quiet_hours": lambda detail: f"quiet_hours:{_first(detail)}",
    "caps": lambda detail: f"frequency_cap:{_first(detail)}",
    "route": _refused_for_now,
}

# What becomes of a request when a gate asked for the next channel, and there was none.
_LEADS_TO: Mapping[str, frozenset[State]] = {
    "address": frozenset({State.UNREACHABLE}),
    "suppression": frozenset({State.BLOCKED}),
    "consent": frozenset({State.BLOCKED}),
    "pauses": frozenset({State.HELD}),
    "caps": frozenset({State.BLOCKED}),
    "route": frozenset({State.SKIPPED, State.DEFERRED}),
}

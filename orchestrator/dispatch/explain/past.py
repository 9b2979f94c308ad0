"""What a recorded decision came to: its state and reason, read from its verdict and its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.decide.conversing import CLOSED, NOT_APPROVED
from orchestrator.decide.where import GONE
from orchestrator.dispatch.explain.values import Past
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import State
from orchestrator.domain.pause import HELD_AS, PauseScope
from orchestrator.store.port.templates import AWAITING

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
        account=_account_of(decision) if state is None else "",
    )


def _account_of(decision: RecordedDecision) -> str:
    """Through which it went."""
    return next((step.detail for step in reversed(decision.trace) if step.gate == "route"), "")


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
    codes = (_code(step, state) for step in against if step.result == "next" and state in _leads_to(step))
    return next(codes, "")


def whole_trace(decision: RecordedDecision, recorded: Sequence[RecordedDecision]) -> tuple[Step, ...]:
    """Its steps; of a message whose place a newer one took while it waited, those that it had passed before, too."""
    if [step.detail for step in decision.trace] != [SUPERSEDED]:
        return decision.trace
    before = [one for one in recorded if one.seq < decision.seq][-1:]
    return (*(step for one in before for step in one.trace if step.result == "pass"), *decision.trace)


def _code(step: Step, state: State) -> str:
    if state is State.EXPIRED and step.detail != SUPERSEDED and step.gate != "facts":
        # To wait beyond the end is to be too late already, whatever asked to wait.
        return "not_after"
    if step.gate == "template" and state is State.DEFERRED:
        return AWAITING
    return code_of(step.gate, step.detail)


def code_of(gate: str, detail: str) -> str:
    """What a step that was not passed says by its detail, as a reason code where there is one."""
    return _CODES[gate](detail) if gate in _CODES and detail != SUPERSEDED else detail


def _first(detail: str) -> str:
    return detail.partition(" ")[0]


def _refused_for_now(detail: str) -> str:
    account, _, reason = detail.partition(" ")
    return "channel_off" if account == "no" or reason == GONE else reason


def _enough(detail: str) -> str:
    """The provider's own cap is a whole code, those of the project are named with their counts."""
    return detail if detail.startswith(_CAP) else f"{_CAP}{_first(detail)}"


_CAP = "frequency_cap:"

_CODES: Mapping[str, Callable[[str], str]] = {
    "journey_live": lambda _: "cancelled",
    "exit_marks": lambda _: "exit_event",
    "not_after": lambda _: "not_after",
    "pauses": lambda detail: HELD_AS[PauseScope(_first(detail))],
    "suppress_rules": lambda detail: f"suppress_rule:{detail}",
    "facts": _first,
    "quiet_hours": lambda detail: f"quiet_hours:{_first(detail)}",
    "caps": _enough,
    "template": _first,
    "route": _refused_for_now,
}


def _leads_to(step: Step) -> frozenset[State]:
    """What becomes of a request when this step asked for the next channel, and there was none.

    A gate of a later version may lead anywhere.
    """
    told = _first(step.detail)
    if step.gate == "address" and told.startswith(_REJECTED):
        return frozenset({State.FAILED})
    if step.gate == "template":
        return _UNSPOKEN.get(told, frozenset({State.BLOCKED}))
    return _LEADS_TO.get(step.gate, frozenset(State))


_REJECTED = "provider_rejected:"

_LEADS_TO: Mapping[str, frozenset[State]] = {
    "address": frozenset({State.UNREACHABLE}),
    "suppression": frozenset({State.BLOCKED}),
    "consent": frozenset({State.BLOCKED}),
    "recipients": frozenset({State.BLOCKED}),
    "pauses": frozenset({State.HELD}),
    "caps": frozenset({State.BLOCKED}),
    "route": frozenset({State.SKIPPED, State.DEFERRED, State.EXPIRED}),
}

# How WhatsApp could not say it.
_UNSPOKEN: Mapping[str, frozenset[State]] = {
    CLOSED: frozenset({State.UNREACHABLE}),
    NOT_APPROVED: frozenset({State.UNREACHABLE, State.DEFERRED}),
}

"""One push to every device of a customer: what the answers of all of them mean together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.contract.adapter import unanswered
from orchestrator.contract.calls import DeviceAnswers, NoAnswer
from orchestrator.contract.http_answers import no_http
from orchestrator.domain.delivery import Outcome, OutcomeKind, Rejection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.contract.calls import Answer, HttpAnswer
    from orchestrator.domain.customer import Address
    from orchestrator.domain.delivery import Delivery


@dataclass(frozen=True, slots=True)
class DeviceOutcome:
    """How the send to one device ended; `gone`: its provider knows it no more."""

    outcome: Outcome
    gone: bool = False


def devices_of(delivery: Delivery) -> tuple[Address, ...]:
    """Every device that a push goes to, in the order in which `Outcome.gone` counts them."""
    return delivery.devices or (delivery.address,)


def together(answer: Answer, judged: Callable[[HttpAnswer], DeviceOutcome]) -> Outcome:
    """What an answer to `DeviceCalls` means: one device that has it is a send, and any doubt keeps it a doubt.

    Args:
        answer: what the transport brought.
        judged: what the answer of one device means.
    """
    if isinstance(answer, NoAnswer):
        return unanswered(answer)
    if not isinstance(answer, DeviceAnswers):
        return no_http()
    told = [DeviceOutcome(unanswered(one)) if isinstance(one, NoAnswer) else judged(one) for one in answer.answers]
    if not told:
        return Outcome(OutcomeKind.REFUSED, Rejection.ADDRESS.reason)
    gone = tuple(place for place, one in enumerate(told) if one.gone)
    return replace(_strongest([one.outcome for one in told]), gone=gone)


def _strongest(outcomes: Sequence[Outcome]) -> Outcome:
    """Sent before doubt, before what may be tried again, before a no; of noes, one that is not about the device."""
    for kind in (OutcomeKind.SENT, OutcomeKind.UNKNOWN):
        found = next((one for one in outcomes if one.kind is kind), None)
        if found is not None:
            return found
    waiting = [one for one in outcomes if one.kind is OutcomeKind.NOT_SENT]
    if waiting:
        # Whoever has to wait longest decides: all of them are asked again together.
        longest = max(waiting, key=lambda one: one.retry_after_seconds or 0)
        # One device whose account is at fault is no reason to stop those that were only throttled.
        return replace(longest, stopped=all(one.stopped for one in waiting))
    return next((one for one in outcomes if one.reason != Rejection.ADDRESS.reason), outcomes[0])

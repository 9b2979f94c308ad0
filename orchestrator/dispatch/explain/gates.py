"""A trace as answers of every gate, each with what stood behind it. Pure: what was read comes in as `Findings`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.addresses import masked
from orchestrator.decide import GATES
from orchestrator.dispatch.explain.values import (
    NOT_REACHED,
    NOTHING_TO_ASK,
    Account,
    Answer,
    Cap,
    Consent,
    Deadline,
    Exit,
    LocalHour,
    Obstacle,
    Paused,
    Place,
    QuietHours,
    Rule,
    Silence,
    Wish,
)
from orchestrator.domain.customer import ADDRESS_KINDS, Channel
from orchestrator.domain.errors import Phrase
from orchestrator.zones import is_guessed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from orchestrator.dispatch.explain.values import Evidence, Fact
    from orchestrator.domain.customer import Address, Customer
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.pause import Pause
    from orchestrator.domain.time import Instant
    from orchestrator.domain.verdict import Step
    from orchestrator.store.evidence import ConsentSaid, Silenced

RECIPIENTS = "recipients"

PASS, STOP, NEXT, WAIT = "pass", "stop", "next", "wait"

_CAP = re.compile(r"(\S+) (\d+)/(\d+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What a decision is explained with, as it was when the decision was made.

    `at` is business time, `zone` the customer's. `pauses` are by (scope, subject), `adapters` by account,
    `rules` suppress rules by id, `consents` what was in force by channel, `own_hours` the quiet hours that go by the
    customer's clock.
    """

    request: Request
    customer: Customer
    zone: str
    at: Instant
    wish: Wish
    ends: Instant | None = None
    exit: Exit | None = None
    consents: Mapping[str, ConsentSaid] = field(default_factory=dict)
    silenced: tuple[Silenced, ...] = ()
    pauses: Mapping[tuple[str, str], Pause] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    adapters: Mapping[str, str] = field(default_factory=dict)
    own_hours: frozenset[str] = frozenset()

    def addresses(self, channel: Channel) -> tuple[Address, ...]:
        """Those that a channel can write to; of a pinned request the one that it is pinned to."""
        pinned = self.request.pinned_address_id
        return tuple(
            one for one in self.customer.addresses if one.kind is ADDRESS_KINDS[channel] and pinned in (None, one.id)
        )


def answers_of(trace: Sequence[Step], findings: Findings, *, sent: bool) -> tuple[Answer, ...]:
    """Every gate in its order: what was answered for each channel, and which gates were never asked.

    Args:
        trace: the steps, in the order in which they were taken.
        findings: what stood behind them.
        sent: whether the verdict was to send, so that every gate was passed.
    """
    steps: dict[str, list[Step]] = {}
    for step in trace:
        steps.setdefault(step.gate, []).append(step)
    last = len(_asked(steps)) if sent else _last_reached(trace)
    return tuple(
        answer
        for place, gate in enumerate(_asked(steps))
        for answer in (
            [_answer(step, findings) for step in steps[gate]]
            if gate in steps
            else [_silent(gate, findings, reached=place < last, sent=sent)]
        )
    )


def _asked(gates: Iterable[str]) -> tuple[str, ...]:
    """Every gate in its order. That of rehearsals stands in it where it was asked; those of later versions at the end.

    What is live in production knows no list, and its explanation does not speak of one.
    """
    behind = GATES.index("consent") + 1
    known = (*GATES[:behind], RECIPIENTS, *GATES[behind:]) if RECIPIENTS in gates else GATES
    return (*known, *(name for name in gates if name not in known))


def _last_reached(trace: Sequence[Step]) -> int:
    """Gates before the furthest had nothing to ask if they left no step; gates behind it were never asked."""
    # A channel without account or words is left before any other gate is asked about it.
    asked = (step.gate for step in trace if not step.detail.startswith("no ") and step.gate in GATES)
    return max((GATES.index(gate) for gate in asked), default=-1)


def _silent(gate: str, findings: Findings, *, reached: bool, sent: bool) -> Answer:
    if not reached:
        return Answer(gate=gate, result=NOT_REACHED)
    if sent and gate in _PROVEN:
        return Answer(gate=gate, result=PASS)
    evidence = _STANDING[gate](findings) if gate in _STANDING else ()
    return Answer(gate=gate, result=NOTHING_TO_ASK, evidence=tuple(evidence))


def _answer(step: Step, findings: Findings) -> Answer:
    evidence = _EVIDENCE[step.gate](step, findings) if step.gate in _EVIDENCE else ()
    return Answer(
        gate=step.gate,
        result=step.result,
        channel=Channel(step.channel) if step.channel else None,
        code=step.detail,
        evidence=tuple(evidence),
    )


# --- one function a gate ----------------------------------------------------------------------------------------------


def _wish(_step: Step, findings: Findings) -> Iterable[Evidence]:
    yield findings.wish


def _exit(step: Step, findings: Findings) -> Iterable[Evidence]:
    yield findings.exit or Exit(event_type=step.detail)


def _deadline(_step: Step, findings: Findings) -> Iterable[Evidence]:
    if findings.ends is not None:
        yield Deadline(at=findings.ends)


def _address(step: Step, findings: Findings) -> Iterable[Evidence]:
    for one in findings.addresses(Channel(step.channel)):
        yield Place(address=masked(one.kind, one.value))


def _suppression(step: Step, findings: Findings) -> Iterable[Evidence]:
    shown = {one.id: masked(one.kind, one.value) for one in findings.addresses(Channel(step.channel))}
    for one in findings.silenced:
        if one.channel == step.channel and one.address_id in shown:
            yield Silence(address=shown[one.address_id], reason=one.reason, at=one.at)


def _consent(step: Step, findings: Findings) -> Iterable[Evidence]:
    request = findings.request
    yield Consent(topic=request.topic, purpose=request.purpose, said=findings.consents.get(step.channel))


def _recipients(step: Step, findings: Findings) -> Iterable[Evidence]:
    for one in findings.addresses(Channel(step.channel)):
        yield Place(address=masked(one.kind, one.value))


def _pause(step: Step, findings: Findings) -> Iterable[Evidence]:
    scope, _, subject = step.detail.partition(" ")
    found = findings.pauses.get((scope, subject or (findings.request.customer_id if scope == "customer" else "")))
    if step.result != PASS and found is not None:
        yield Paused(pause=found)


def _rule(step: Step, findings: Findings) -> Iterable[Evidence]:
    if step.detail:
        yield findings.rules.get(step.detail, Rule(id=step.detail))


def _facts(step: Step, findings: Findings) -> Iterable[Evidence]:
    if step.result != PASS:
        reason, _, why = step.detail.partition(" ")
        words: Any = step.detail.params["why"] if isinstance(step.detail, Phrase) else why
        yield Obstacle(reason=reason, detail=words)
    yield from findings.facts


def _quiet(step: Step, findings: Findings) -> Iterable[Evidence]:
    if not step.detail:
        yield LocalHour(zone=findings.zone, at=findings.at, guessed=is_guessed(findings.customer))
        return
    rule, hours, zone = (*step.detail.split(" "), "", "")[:3]
    if hours:  # else it says by a code why it stopped
        guessed = rule in findings.own_hours and is_guessed(findings.customer)
        yield QuietHours(id=rule, hours=hours, zone=zone, at=findings.at, guessed=guessed)


def _caps(step: Step, _findings: Findings) -> Iterable[Evidence]:
    for cap, used, limit in _CAP.findall(step.detail):
        yield Cap(id=cap, used=int(used), limit=int(limit))


def _account(step: Step, findings: Findings) -> Iterable[Evidence]:
    account = step.detail.partition(" ")[0]
    if account in findings.adapters:
        yield Account(id=account, adapter=findings.adapters[account])


_EVIDENCE: Mapping[str, Callable[[Step, Findings], Iterable[Evidence]]] = {
    "journey_live": _wish,
    "exit_marks": _exit,
    "not_after": _deadline,
    "address": _address,
    "suppression": _suppression,
    "consent": _consent,
    RECIPIENTS: _recipients,
    "pauses": _pause,
    "suppress_rules": _rule,
    "facts": _facts,
    "quiet_hours": _quiet,
    "caps": _caps,
    "route": _account,
}

# Gates that need no step: what was sent has been written.
_PROVEN = frozenset({"render", "read_back"})

# What a gate shows that left no step because nothing was in its way.
_STANDING: Mapping[str, Callable[[Findings], Iterable[Evidence]]] = {
    "journey_live": lambda findings: (findings.wish,),
    "not_after": lambda findings: () if findings.ends is None else (Deadline(at=findings.ends),),
}

"""What is counted in a simulation: numbers by kind, of a size that no crowd makes larger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.domain.delivery import FINAL, State
from orchestrator.domain.time import moment

if TYPE_CHECKING:
    from orchestrator.simulation.ledger import MemoryLedger
    from orchestrator.simulation.life import Outcome

_CAP = "frequency_cap:"


@dataclass
class Tally:
    """Counts over all customers. Every request is in `requests` once, by what became of it in the end.

    `sent` is by (message, channel), `hours` by the hour on the customer's clock, `days` by the project's day. `put_off`
    counts decisions that left a request waiting, by reason: one request may have had several.
    """

    customers: int = 0
    events: Counter[str] = field(default_factory=Counter)
    begun: Counter[str] = field(default_factory=Counter)
    goals: Counter[str] = field(default_factory=Counter)
    endings: Counter[tuple[str, str]] = field(default_factory=Counter)
    inside: Counter[tuple[str, str]] = field(default_factory=Counter)
    requests: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)
    days: Counter[str] = field(default_factory=Counter)
    put_off: Counter[str] = field(default_factory=Counter)
    caps: Counter[str] = field(default_factory=Counter)
    alerts: int = 0
    handoffs: int = 0

    def hear(self, outcome: Outcome, zone: str, project_zone: str) -> None:
        """One decision. `zone` is the customer's."""
        if outcome.state is State.SENT and outcome.channel is not None:
            self.sent[outcome.message, outcome.channel.value] += 1
            self.hours[moment(outcome.at, zone).hour] += 1
            self.days[moment(outcome.at, project_zone).date().isoformat()] += 1
        elif outcome.state not in FINAL:
            self.put_off[outcome.reason] += 1
        if outcome.reason.startswith(_CAP):
            self.caps[outcome.reason.removeprefix(_CAP)] += 1

    def close(self, ledger: MemoryLedger) -> None:
        """A life is over: where its runs stand, and what became of its requests."""
        self.customers += 1
        for run in ledger.runs.all.values():
            self.begun[run.journey] += 1
            self.goals[run.journey] += run.id in ledger.runs.goals
            if run.ending is not None:
                self.endings[run.journey, run.ending.value] += 1
            else:
                self.inside[run.journey, run.position or ""] += 1
        for asked in ledger.deliveries.asked.values():
            self.requests[asked.request.message, asked.state.value, asked.reason] += 1
        self.alerts += len(ledger.runs.told)
        self.handoffs += len(ledger.runs.handed)

"""Numbers for Prometheus: what this process answered, and how the ledger stands. No label names a person."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from orchestrator.dispatch.audit import AUDIT_SECONDS, INVARIANTS, Auditor
from orchestrator.domain.errors import Unavailable
from orchestrator.domain.message import LANES
from orchestrator.store.port import ForwardState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.time import Clock
    from orchestrator.store.port import Store, Transaction, Waiting

log = structlog.get_logger()

# Counting all deliveries reads the whole table: scrapers that come more often get the last count again.
TALLY_KEPT_SECONDS = 15.0


class Metrics:
    """One application's numbers, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "jogral_http_requests",
            "HTTP requests, by route and status.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "jogral_http_request_seconds", "How long HTTP requests took.", ["method", "route"], registry=self.registry
        )
        self.events = Counter("jogral_events_accepted", "Events accepted for the first time.", registry=self.registry)
        self.wanted = Counter(
            "jogral_requests_accepted", "Delivery requests accepted, by lane.", ["lane"], registry=self.registry
        )
        self.passed_over = Counter(
            "jogral_receipts_passed_over",
            "News of providers whose words the account's recipe does not translate.",
            ["account"],
            registry=self.registry,
        )
        self.alarms = Counter(
            "jogral_provider_alarms",
            "What a provider said that somebody must look at: the account, or an opt-out of an unknown person.",
            ["account"],
            registry=self.registry,
        )
        self.ledger_up = Gauge("jogral_ledger_up", "Whether the ledger can be read.", registry=self.registry)
        self.deliveries = Gauge(
            "jogral_deliveries",
            "Deliveries in the ledger, by lane and state.",
            ["lane", "state"],
            registry=self.registry,
        )
        self.oldest_due = Gauge(
            "jogral_oldest_due_seconds",
            "For how long the lane's oldest request has been due; 0 when none is.",
            ["lane"],
            registry=self.registry,
        )
        self.quarantined_events = Gauge(
            "jogral_quarantined_events",
            "Events that nobody understood and that wait to be mended, by what is wrong.",
            ["reason"],
            registry=self.registry,
        )
        self.oldest_quarantined = Gauge(
            "jogral_oldest_quarantined_event_seconds",
            "For how long the oldest of them has waited; 0 when none does.",
            registry=self.registry,
        )
        self.forwards = Gauge(
            "jogral_forwards",
            "What people wrote, on its way to who answers them, by state: open, sent, failed or dropped.",
            ["state"],
            registry=self.registry,
        )
        self.oldest_forward = Gauge(
            "jogral_oldest_forward_seconds",
            "For how long the oldest of those that are open has waited; 0 when none does.",
            registry=self.registry,
        )
        self.fact_lag = Gauge(
            "jogral_fact_lag_seconds",
            "How long the live fact that was recorded last had been true by then; 0 before the first.",
            registry=self.registry,
        )
        self.violations = Gauge(
            "jogral_invariant_violations",
            "Rows of the ledger that break an invariant. Always 0; anything else is a fault of ours.",
            ["invariant"],
            registry=self.registry,
        )
        self._lock = threading.Lock()
        self._auditor: Auditor | None = None
        self._audited_at: float | None = None
        self._taken_at: float | None = None

    def accepted(self, events: int, lanes: Mapping[str, int]) -> None:
        """Count what was accepted for the first time."""
        self.events.inc(events)
        for lane, count in lanes.items():
            self.wanted.labels(lane).inc(count)

    def text(self, store: Store, clock: Clock) -> bytes:
        """All numbers in Prometheus' format. Reads the ledger: call it in a thread."""
        with self._lock:
            if self._taken_at is None or clock.monotonic() - self._taken_at >= TALLY_KEPT_SECONDS:
                self._take(store, clock)
            return generate_latest(self.registry)

    def _take(self, store: Store, clock: Clock) -> None:
        try:
            standing = _read(store, clock)
        except Unavailable as error:
            # The scrape itself must go on: an outage is when numbers are wanted most.
            log.warning("ledger_not_counted", reason=str(error))
            self.ledger_up.set(0)
            self.deliveries.clear()
            self.oldest_due.clear()
            return
        self.ledger_up.set(1)
        self.deliveries.clear()
        for lane, states in standing.deliveries.items():
            for state, count in states.items():
                self.deliveries.labels(lane, state).set(count)
        for lane, seconds in standing.oldest_due_seconds.items():
            self.oldest_due.labels(lane).set(seconds)
        self.quarantined_events.clear()
        for reason, count in standing.quarantined.counts.items():
            self.quarantined_events.labels(reason).set(count)
        self.oldest_quarantined.set(standing.quarantined_seconds)
        for state in ForwardState:
            self.forwards.labels(state.value).set(standing.forwards.get(state.value, 0))
        self.oldest_forward.set(standing.forward_seconds)
        self.fact_lag.set(standing.fact_lag_seconds)
        self._audit(store, clock)
        self._taken_at = clock.monotonic()

    def _audit(self, store: Store, clock: Clock) -> None:
        if self._audited_at is not None and clock.monotonic() - self._audited_at < AUDIT_SECONDS:
            return
        self._auditor = self._auditor or Auditor(store)
        found = {one.invariant: one.count for one in self._auditor.look(clock.now())}
        for invariant in INVARIANTS:
            self.violations.labels(invariant).set(found.get(invariant, 0))
        self._audited_at = clock.monotonic()


@dataclass(frozen=True, slots=True)
class _Standing:
    deliveries: Mapping[str, Mapping[str, int]]
    oldest_due_seconds: Mapping[str, float]
    fact_lag_seconds: float
    quarantined: Waiting
    quarantined_seconds: float
    forwards: Mapping[str, int]
    forward_seconds: float


def _read(store: Store, clock: Clock) -> _Standing:
    with store.read() as transaction:
        now = transaction.ledger.clock().now(clock.now())
        due = {lane: transaction.deliveries.oldest_due(lane, business_now=now) for lane in LANES}
        quarantined = transaction.quarantine.waiting()
        asked_at = transaction.forwards.oldest()
        return _Standing(
            transaction.deliveries.lane_tally(),
            {lane: 0.0 if since is None else (now - since) / 1000 for lane, since in due.items()},
            _fact_lag_seconds(transaction),
            quarantined,
            0.0 if quarantined.since is None else (clock.now() - quarantined.since) / 1000,
            transaction.forwards.tally(),
            0.0 if asked_at is None else (clock.now() - asked_at) / 1000,
        )


def _fact_lag_seconds(transaction: Transaction) -> float:
    newest = max(transaction.facts.current().values(), key=lambda one: one.recorded_at, default=None)
    return 0.0 if newest is None else (newest.recorded_at - newest.as_of) / 1000

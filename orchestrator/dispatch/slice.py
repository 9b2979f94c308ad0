"""A slice: requests under one lease, from the claim to the gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.dispatch.began import Marks
    from orchestrator.dispatch.current import Current
    from orchestrator.dispatch.draft import Draft
    from orchestrator.dispatch.situation import Situation
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import BusinessClock, ClosedAccount

# Clocks nest: a call ends within 15 s, its lease after 60 s.
LEASE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Slice:
    """Requests under one lease, those first that go first; decided once, as drafts and failures."""

    lane: str
    lease: str
    claimed_at: float
    current: Current
    clock: BusinessClock
    closed: Mapping[str, ClosedAccount]
    requests: tuple[Request, ...]
    found: Situation
    drafts: dict[str, Draft]
    failures: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Passed:
    """What the gate let through at `at`. No call begins after the monotonic second `begin_before`."""

    drafts: list[Draft]
    marks: Marks
    at: Instant
    begin_before: float


def business_now(request: Request, clock: BusinessClock, now: Instant) -> Instant:
    """The hour that a decision is made for.

    Where time stands still at a barrier, each request is decided for the instant at which it became due: a batch of
    events then reads as if each had been handled as it came.
    """
    return request.due_at if clock.frozen_at is not None else clock.now(now)

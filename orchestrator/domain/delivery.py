"""A delivery: one request to say one message to one customer. Its states are the only list (decisions, section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.domain.customer import Address, Channel
    from orchestrator.domain.message import Purpose, Rendered
    from orchestrator.domain.time import Instant


class State(StrEnum):
    """Where a delivery stands. Each request ends in exactly one final state (invariant I2)."""

    ACCEPTED = "accepted"
    SENDING = "sending"
    DEFERRED = "deferred"
    HELD = "held"
    SENT = "sent"
    BLOCKED = "blocked"
    SKIPPED = "skipped"
    UNREACHABLE = "unreachable"
    EXPIRED = "expired"
    FAILED = "failed"
    UNKNOWN = "unknown"
    QUARANTINED = "quarantined"


# Rows that a worker may claim; `sending` belongs to whoever holds its lease, `unknown` to the sweep.
CLAIMABLE = (State.ACCEPTED, State.DEFERRED)
OPEN = (State.ACCEPTED, State.SENDING, State.DEFERRED, State.HELD, State.UNKNOWN)
FINAL = tuple(state for state in State if state not in OPEN)


class OutcomeKind(StrEnum):
    """What we know after a call. Only `unknown` is doubt; all others are certain."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended.

    `reason` is ours (`provider_rejected:address`, `provider_unavailable`, `timeout`); `detail` is what the provider
    said, for a person to read; `retry_after_seconds` is what it asked for.
    """

    kind: OutcomeKind
    reason: str = ""
    provider_id: str = ""
    detail: str = ""
    retry_after_seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What an adapter is given: one rendered message for one address.

    `reference` is ours and stays the same over retries: providers that can, are asked by it. `expires_at` is business
    time, None when the message never grows old.
    """

    reference: str
    customer_id: str
    object_id: str
    channel: Channel
    address: Address
    purpose: Purpose
    topic: str
    rendered: Rendered
    expires_at: Instant | None = None

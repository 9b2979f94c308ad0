"""A pause: what a person stopped, and until when. The kill switch is the one that stops everything."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.time import Instant


class PauseScope(StrEnum):
    """What a pause stops. `all` is the kill switch; a customer's own and a hand-off stop marketing only."""

    ALL = "all"
    CHANNEL = "channel"
    ACCOUNT = "account"
    JOURNEY = "journey"
    STEP = "step"
    MESSAGE = "message"
    CUSTOMER = "customer"
    HANDOFF = "handoff"


OF_A_CUSTOMER = (PauseScope.CUSTOMER, PauseScope.HANDOFF)
"""Scopes whose subject is a customer."""

HELD_AS: Mapping[PauseScope, str] = {
    PauseScope.ALL: "kill_switch",
    PauseScope.CHANNEL: "paused",
    PauseScope.ACCOUNT: "paused",
    PauseScope.JOURNEY: "paused",
    PauseScope.STEP: "paused",
    PauseScope.MESSAGE: "paused",
    PauseScope.CUSTOMER: "paused:customer",
    PauseScope.HANDOFF: "handoff",
}
"""The reason code of a delivery that a pause holds: a person's own break is told from what the shop has stopped."""


def step_of(journey: str | None, step: str | None) -> str:
    """The subject of a pause of one step, whose id is unique in its journey only; empty where there is no step."""
    return f"{journey}/{step}" if journey and step else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """One pause. `subject` is empty for the kill switch; `until` is business time, None until somebody lifts it."""

    id: str
    scope: PauseScope
    subject: str
    reason: str
    by: str
    at: Instant
    until: Instant | None = None
    lifted_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Pauses:
    """What is paused at one moment, by (scope, subject)."""

    standing: Mapping[tuple[str, str], Pause] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.standing)

    def at(self, now: Instant) -> Pauses:
        """Those that are not over by then: where a past is played, each request of a slice has an hour of its own."""
        left = {of: one for of, one in self.standing.items() if one.until is None or one.until > now}
        return self if len(left) == len(self.standing) else Pauses(left)

    def of(self, scope: PauseScope, subject: str = "") -> Pause | None:
        """The pause of exactly this, if there is one."""
        return self.standing.get((scope.value, subject))


NOTHING_PAUSED = Pauses()

"""Requests of one life, and the pauses that hold them: see `ledger`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from orchestrator.decide import rank
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import CLAIMABLE, FINAL, State
from orchestrator.domain.message import LANES
from orchestrator.domain.pause import HELD_AS, NOTHING_PAUSED, Pauses, PauseScope
from orchestrator.store.port import Deferred

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.domain.delivery import Request
    from orchestrator.domain.pause import Pause
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Conclusion, NewDelivery, Sending


@dataclass
class Asked:
    """A request and what became of it, as far as it got."""

    new: NewDelivery
    request: Request
    state: State = State.ACCEPTED
    reason: str = ""
    channel: Channel | None = None


@dataclass
class Requests:
    """`asked` are all requests in the order in which they were asked for."""

    asked: dict[str, Asked] = field(default_factory=dict)
    _open: dict[str, Asked] = field(default_factory=dict)

    def next_due(self) -> Instant | None:
        """When the first of those that wait is due."""
        return min((one.request.due_at for one in self._open.values() if one.state in CLAIMABLE), default=None)

    def due(self, now: Instant) -> list[Asked]:
        """Those that are due, of the first lane that has any, in the order in which a worker asks them."""
        due = [one for one in self._open.values() if one.state in CLAIMABLE and one.request.due_at <= now]
        first = min((LANES.index(one.request.purpose.value) for one in due), default=None)
        # Ids are chance within a millisecond. Here, of two that are alike, what was asked for first goes first.
        ours = [one for one in due if LANES.index(one.request.purpose.value) == first]
        return sorted(ours, key=lambda one: rank(one.request)[:-1])

    def send(self, sending: Sending) -> Asked:
        """Nobody is there to take it, so that it counts as sent."""
        asked = self._become(sending.id, State.SENT, "")
        asked.channel = Channel(sending.channel)
        return asked

    def conclude(self, conclusion: Conclusion) -> Asked:
        """It is not sent now, or not at all."""
        asked = self._become(conclusion.id, conclusion.state, conclusion.reason)
        if asked.state not in FINAL:
            asked.request = replace(asked.request, due_at=conclusion.due_at)
        return asked

    def _become(self, request_id: str, state: State, reason: str) -> Asked:
        asked = self.asked[request_id]
        asked.state, asked.reason = state, reason
        if state in FINAL:
            del self._open[request_id]
        return asked

    def add(self, deliveries: Sequence[NewDelivery], at: Instant) -> None:
        del at
        known = {one.new.identity for one in self.asked.values()}
        for new in deliveries:
            if new.identity not in known:
                self.asked[new.request.id] = self._open[new.request.id] = Asked(new, new.request)

    def deferred_of(self, customer_ids: Collection[str]) -> list[Deferred]:
        del customer_ids
        return [
            Deferred(
                one.request.id,
                one.request.customer_id,
                one.request.topic,
                one.request.purpose,
                one.request.message,
                one.request.objects,
                one.reason,
                one.request.accepted_at,
            )
            for one in self._open.values()
            if one.state is State.DEFERRED
        ]

    def held_reasons(self) -> set[str]:
        return {one.reason for one in self._open.values() if one.state is State.HELD}

    def release_held(self, reason: str, at: Instant, due_at: Instant | None = None) -> dict[str, int]:
        del at
        lanes = Counter[str]()
        for one in self._open.values():
            if one.state is State.HELD and one.reason == reason:
                one.state, one.reason = State.ACCEPTED, ""
                if due_at is not None:
                    one.request = replace(one.request, due_at=due_at)
                lanes[one.request.purpose.value] += 1
        return dict(lanes)

    def waiting_of(self, messages: Collection[str]) -> int:
        waiting = (*CLAIMABLE, State.HELD)
        return sum(one.request.message in messages and one.state in waiting for one in self.asked.values())


@dataclass
class Breaks:
    deliveries: Requests
    standing: Mapping[tuple[str, str], Pause] = field(default_factory=dict)

    def active(self, business_now: Instant, customer_ids: Collection[str] = ()) -> Pauses:
        del customer_ids
        found = {
            one: pause for one, pause in self.standing.items() if pause.until is None or pause.until > business_now
        }
        return Pauses(found) if found else NOTHING_PAUSED

    def put(self, pause: Pause) -> None:
        self.standing = {**self.standing, (pause.scope.value, pause.subject): pause}

    def lift(self, scope: PauseScope, subject: str, at: Instant) -> bool:
        del at
        left = {one: pause for one, pause in self.standing.items() if one != (scope.value, subject)}
        was_paused, self.standing = len(left) < len(self.standing), left
        return was_paused

    def next_end(self) -> Instant | None:
        """When the first pause ends by itself."""
        return min((pause.until for pause in self.standing.values() if pause.until is not None), default=None)

    def end(self, now: Instant) -> None:
        """Lift the pauses that are over, and free what they held, as the timer does in a shop."""
        over = [pause for pause in self.standing.values() if pause.until is not None and pause.until <= now]
        for pause in over:
            self.lift(pause.scope, pause.subject, now)
            self.release(pause.scope, pause.subject, now, due_at=pause.until)

    def release(self, scope: PauseScope, subject: str, at: Instant, *, due_at: Instant | None = None) -> dict[str, int]:
        """What another pause holds as well is held again when it is decided anew."""
        del subject
        return self.deliveries.release_held(HELD_AS[scope], at, due_at if scope is PauseScope.HANDOFF else None)

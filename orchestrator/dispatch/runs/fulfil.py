"""What runs wish for becomes rows: requests, changes of profiles, alerts and hand-offs; and events of ours.

Events are handed back: whoever moved the runs takes them in, so that other journeys hear them in the same commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

from orchestrator.dispatch.accept.event import IncomingEvent
from orchestrator.dispatch.accept.message import new_request
from orchestrator.dispatch.accept.who import CustomerReference
from orchestrator.dispatch.preferred import preferred_channels
from orchestrator.dispatch.promised import last_instant
from orchestrator.dispatch.register import Profile, revise
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.pause import Pause, PauseScope
from orchestrator.journeys.filling import filled, filled_value
from orchestrator.journeys.run import Alert, Emit, HandOff, Send, Update
from orchestrator.journeys.wishes import EXIT
from orchestrator.store.port import NewDelivery, Told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.dispatch.runs.backstage import Backstage
    from orchestrator.dispatch.runs.moving import Wished
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.journeys.run import Run
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

OURS = "jogral"
"""The source of events that journeys emit, and of what they say of a profile."""


@dataclass(frozen=True, slots=True)
class _Closing:
    """A customer whom persons are done with that wait for this type of event, and since when (business time)."""

    customer_id: str
    event_type: str
    at: Instant


class Fulfilment:
    """Turns wishes into rows, in order. `at_event_time`: requests are due when their run moved, not now."""

    def __init__(
        self, release: Release, clock: Clock, backstage: Backstage, *, origin: str, at_event_time: bool
    ) -> None:
        self._release, self._clock, self._backstage = release, clock, backstage
        self._origin, self._at_event_time = origin, at_event_time
        self.deliveries: list[NewDelivery] = []
        self.emitted: list[IncomingEvent] = []
        self._alerts: list[Told[Alert]] = []
        self._handed: list[list[Told[HandOff]] | _Closing] = []
        self._updates: list[tuple[str, Update]] = []

    def take(self, wished: Sequence[Wished]) -> None:
        """Wishes of runs that moved."""
        for one in wished:
            match one.wish:
                case Send():
                    self.deliveries.append(self._delivery(one, one.wish))
                case Update():
                    self._updates.append((one.run.customer_id, one.wish))
                case Emit():
                    self.emitted.append(self._event(one, one.wish))
                case Alert():
                    said = Alert(
                        step=one.wish.step,
                        nth=one.wish.nth,
                        team=one.wish.team,
                        message=filled(one.wish.message, self._data(one.run)),
                    )
                    self._alerts.append(self._told(one, said))
                case HandOff():
                    self._hand_over(self._told(one, one.wish))
                case _:
                    assert_never(one.wish)

    def close(self, customer_id: str, event_type: str, at: Instant) -> None:
        """Something happened by which persons are done with a customer, after what was taken before (business time)."""
        self._handed.append(_Closing(customer_id, event_type, at))

    def store(self, transaction: Transaction) -> None:
        """Write them. The runs are there already."""
        transaction.deliveries.add(self.deliveries, self._clock.now())
        if self._alerts:
            transaction.runs.tell(self._alerts)
        for turn in self._handed:
            if isinstance(turn, _Closing):
                self._go_on(transaction, turn)
            else:
                transaction.runs.hand_off(turn)
                self._keep_quiet(transaction, turn)
        for customer_id, update in self._updates:
            revise(transaction, customer_id, Profile(attributes=update.values, source=OURS), self._clock)

    def _hand_over(self, told: Told[HandOff]) -> None:
        if not self._handed or isinstance(self._handed[-1], _Closing):
            self._handed.append([])
        turn = self._handed[-1]
        assert isinstance(turn, list)
        turn.append(told)

    def _go_on(self, transaction: Transaction, closing: _Closing) -> None:
        """Whoever has no other person left hears of us again: what waited for that is due from its hour on."""
        now = self._clock.now()
        for customer_id in transaction.runs.close_handoffs({closing.customer_id: closing.event_type}, closing.at):
            transaction.pauses.lift(PauseScope.HANDOFF, customer_id, now)
            transaction.pauses.release(PauseScope.HANDOFF, customer_id, now, due_at=closing.at)

    def _keep_quiet(self, transaction: Transaction, handed: Sequence[Told[HandOff]]) -> None:
        """While a person has a customer, marketing stands still: by a pause, which ends by itself at the latest."""
        latest = {one.customer_id: one for one in sorted(handed, key=lambda one: one.wish.until)}
        standing = transaction.pauses.active(min(one.at for one in handed), sorted(latest))
        for customer_id, one in latest.items():
            longer = standing.of(PauseScope.HANDOFF, customer_id)
            if longer is None or (longer.until or 0) < one.wish.until:
                transaction.pauses.put(
                    Pause(
                        id=new_id("pau", self._clock.now(), self._clock.entropy(ENTROPY_SIZE)),
                        scope=PauseScope.HANDOFF,
                        subject=customer_id,
                        reason=one.wish.reason,
                        by=one.wish.team,
                        at=self._clock.now(),
                        until=one.wish.until,
                    )
                )

    def _delivery(self, one: Wished, wish: Send) -> NewDelivery:
        run, leaving = one.run, wish.step == EXIT
        data = {"event": {name: value for name, value in (wish.event or {}).items() if name != "type"}}
        ends = last_instant(self._release, wish.message, {**self._backstage.named(wish.objects), **data}, one.at)
        return NewDelivery(
            request=new_request(
                self._release,
                self._clock,
                message=wish.message,
                customer_id=run.customer_id,
                candidates=wish.candidates
                or preferred_channels(self._release, self._backstage.customers[run.customer_id], wish.message),
                objects=wish.objects,
                data=data,
                priority=wish.priority,
                journey=run.journey,
                # What an exit says is not a part of what it ends.
                run_id=None if leaving else run.id,
                step=wish.step,
                due_at=one.at if self._at_event_time else None,
                not_after=min(filter(None, (ends, wish.not_after)), default=None),
            ),
            identity=f"{_identity(run, wish.step, wish.nth)}/{wish.slot}",
            origin=self._origin,
            event_id=one.event_id,
        )

    def _event(self, one: Wished, wish: Emit) -> IncomingEvent:
        data = self._data(one.run)
        values = {name: filled_value(value, data) for name, value in wish.data.items()}
        return IncomingEvent(
            source=OURS,
            id=_identity(one.run, wish.step, wish.nth),
            type=wish.type,
            occurred_at=one.at,
            data={name: value for name, value in values.items() if value is not None},
            customer=CustomerReference(id=one.run.customer_id),
        )

    def _told(self, one: Wished, wish: Any) -> Told[Any]:
        return Told(
            id=new_id("tld", self._clock.now(), self._clock.entropy(ENTROPY_SIZE)),
            identity=_identity(one.run, wish.step, wish.nth),
            wish=wish,
            run_id=one.run.id,
            customer_id=one.run.customer_id,
            at=one.at,
        )

    def _data(self, run: Run) -> Mapping[str, Any]:
        customer = self._backstage.customers[run.customer_id]
        return {
            **self._backstage.named(run.objects),
            "customer": {**customer.attributes, "id": customer.id},
            "event": dict(run.event or {}),
        }


def _identity(run: Run, step: str, nth: int) -> str:
    """What makes an asking the same: the run, the step, and how often it was taken."""
    passage = f"{run.journey}/{run.key}" if run.number == 1 else run.id
    return f"{passage}/{step}" if nth == 1 else f"{passage}/{step}~{nth}"

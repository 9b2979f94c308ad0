"""Drain: claim a slice, decide and render it, pass the gate, call, settle. The only way to a provider.

A slice is at most 500 requests under one lease. Two are held at a time: while one is on the wire, the other is settled,
claimed, decided, rendered or at the gate. The database is touched from one thread, which `run` hands work to.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import structlog

from orchestrator.channels import NoAnswer
from orchestrator.decide import decide
from orchestrator.dispatch.current import Current, read_current
from orchestrator.dispatch.draft import Draft, Situation, backed, drafts_of, look, look_again, promised
from orchestrator.dispatch.settle import settlement
from orchestrator.domain.delivery import Delivery, Outcome, OutcomeKind, State
from orchestrator.domain.errors import InputError, Refused
from orchestrator.domain.message import LANES
from orchestrator.domain.verdict import Decision, Drop, Hold, Send, Step, Wait
from orchestrator.store.port import Conclusion, Sending

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from orchestrator.channels import Adapter, Answer, Call
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import BusinessClock, Settlement, Store

log = structlog.get_logger()

SLICE_MAX = 500
SLICES_HELD_MAX = 2

# Clocks nest: a call ends within 15 s, its lease after 60 s. When half the lease is gone before the gate, the claim is
# dropped: what follows could outlive it.
LEASE_MS = 60_000
LEASE_GUARD_SECONDS = 30.0

# A call that has not begun two seconds after its commit is not made: the opt-out promise counts from there.
BEGIN_WITHIN_SECONDS = 2.0

# One slice in ten goes to the lowest lane that has work, so that nothing starves.
LOWEST_LANE_EVERY = 10

T = TypeVar("T")


class Run(Protocol):
    """Do blocking work on the thread that owns the database connection."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


class Carrier(Protocol):
    """What carries calls: `transport.Transport`."""

    async def carry(self, call: Call, *, begin_before: float | None = None) -> Answer: ...

    def room(self) -> int:
        """How many calls can begin within a second, wherever they go."""
        ...


@dataclass(frozen=True, slots=True)
class _Slice:
    """Requests under one lease, decided once."""

    lease: str
    claimed_at: float
    current: Current
    clock: BusinessClock
    requests: tuple[Request, ...]
    found: Situation
    drafts: dict[str, Draft]
    failures: Mapping[str, tuple[str, str]]


@dataclass
class Drain:
    """One worker's way from the ledger to the providers. `worker` names it in leases."""

    store: Store
    carrier: Carrier
    clock: Clock
    run: Run
    wire: Callable[[Release], Mapping[str, Adapter]]
    worker: str
    _current: Current | None = None
    _slices: int = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def drain(self, *, stop: Callable[[], bool] = lambda: False) -> int:
        """Send until no lane has work; how many requests were taken. A second caller waits and finds little left.

        Once `stop` says so, no further slice is taken, and those that are held are settled.
        """
        async with self._lock:
            taken = 0
            sending: dict[asyncio.Task[None], int] = {}
            try:
                while True:
                    ready = None if stop() else await self._next_slice(sending.values())
                    if ready is not None:
                        taken += len(ready.requests)
                        sending[asyncio.create_task(self._send(ready))] = len(ready.requests)
                    elif sending:
                        for ended in (await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED))[0]:
                            del sending[ended]
                            ended.result()
                    else:
                        return taken
            finally:
                # Whatever went wrong with one slice, what is on the wire is settled.
                await asyncio.gather(*sending, return_exceptions=True)

    # --- claim, decide, render ----------------------------------------------------------------------------------------

    async def _next_slice(self, held: Collection[int]) -> _Slice | None:
        """The next slice of the lane whose turn it is, beside those that are held; None when it has to wait."""
        limit = min(SLICE_MAX, self.carrier.room() - sum(held))
        if limit <= 0 or len(held) >= SLICES_HELD_MAX:
            return None
        for lane in self._lanes():
            found = await self.run(lambda lane=lane: self._claim(lane, limit))  # type: ignore[misc]  # lambdas infer no default
            if found is not None:
                self._slices += 1
                return self._prepare(*found)
        return None

    def _lanes(self) -> Sequence[str]:
        return LANES[::-1] if self._slices % LOWEST_LANE_EVERY == LOWEST_LANE_EVERY - 1 else LANES

    def _claim(self, lane: str, limit: int) -> tuple[Any, ...] | None:
        """On the database thread: claim, and read what the decision needs, one query each."""
        lease = f"{self.worker}/{self.clock.entropy(6).hex()}"
        now = self.clock.now()
        with self.store.read() as transaction:
            clock = transaction.ledger.clock()
            if not transaction.deliveries.waiting(lane, now=now, business_now=clock.now(now)):
                return None
        with self.store.write() as transaction:
            clock = transaction.ledger.clock()
            self._current = read_current(transaction, self._current, self.wire)
            _refuse_moved_clock(clock, self._current)
            requests = transaction.deliveries.claim(
                lane,
                limit,
                lease=lease,
                now=now,
                business_now=clock.now(now),
                lease_until=now + LEASE_MS,
            )
            if not requests:
                return None
            claimed_at = self.clock.monotonic()
            found = look(transaction, self._current, requests)
        return lease, claimed_at, self._current, clock, requests, found

    def _prepare(
        self,
        lease: str,
        claimed_at: float,
        current: Current,
        clock: BusinessClock,
        requests: Sequence[Request],
        found: Situation,
    ) -> _Slice:
        now = self.clock.now()
        drafts, failures = drafts_of(
            current, ((request, _business_now(request, clock, now)) for request in requests), found
        )
        return _Slice(lease, claimed_at, current, clock, tuple(requests), found, drafts, failures)

    # --- gate, call, settle -------------------------------------------------------------------------------------------

    async def _send(self, slice_: _Slice) -> None:
        if self.clock.monotonic() - slice_.claimed_at > LEASE_GUARD_SECONDS:
            log.warning("claim_dropped", lease=slice_.lease, requests=len(slice_.requests))
            await self.run(lambda: self._give_back(slice_))
            return
        passed = await self.run(lambda: self._gate(slice_))
        # What was written is in the ledger: of a slice of letters that is ten megabytes while they are on the wire.
        slice_.drafts.clear()
        if not passed:
            return
        begin_before = self.clock.monotonic() + BEGIN_WITHIN_SECONDS
        outcomes = await asyncio.gather(*(self._call(slice_, draft, begin_before) for draft in passed))
        settlements = [
            settlement(draft.request, outcome, slice_.clock, self.clock)
            for draft, outcome in zip(passed, outcomes, strict=True)
        ]
        await self.run(lambda: self._settle(slice_, settlements))

    def _gate(self, slice_: _Slice) -> list[Draft]:
        """One short transaction: lock, read again, decide again, write the intents. What it returns is on its way."""
        current = slice_.current
        with self.store.write() as transaction:
            transaction.customers.lock({request.customer_id for request in slice_.requests})
            held = transaction.deliveries.still_held(slice_.lease, [request.id for request in slice_.requests])
            found = look_again(transaction, current, slice_.requests)
            passed = _Passed(slice_, found)
            now = self.clock.now()
            for request in slice_.requests:
                if request.id in held:
                    passed.ask(request, _business_now(request, slice_.clock, now))
            business_at = slice_.clock.now(now)
            transaction.deliveries.begin(
                passed.sendings, release_id=current.id, at=now, business_at=business_at, deadline=now + LEASE_MS
            )
            transaction.deliveries.conclude(passed.conclusions, at=now, business_at=business_at)
            if passed.undone:
                transaction.deliveries.give_back(slice_.lease, passed.undone, now)
        return passed.drafts

    async def _call(self, slice_: _Slice, draft: Draft, begin_before: float) -> Outcome:
        """How one call ended. A mistake in an adapter ends its own call, never the others of the slice."""
        adapter = slice_.current.adapters[draft.send.account]
        try:
            business_now = _business_now(draft.request, slice_.clock, self.clock.now())
            call = adapter.call(_delivery(draft), business_now, self.clock.entropy)
        except InputError as error:
            return Outcome(OutcomeKind.REFUSED, "render_error", detail=str(error))
        except Exception as error:
            log.exception("adapter_failed", account=draft.send.account, delivery=draft.request.id)
            return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail=f"the adapter raised {_kind(error)}")
        answer = await self.carrier.carry(call, begin_before=begin_before)
        if isinstance(answer, NoAnswer) and answer.reason == "stale":
            return Outcome(OutcomeKind.NOT_SENT, "stale")
        try:
            return adapter.outcome(answer)
        except Exception as error:
            log.exception("adapter_failed", account=draft.send.account, delivery=draft.request.id)
            return Outcome(OutcomeKind.UNKNOWN, "unreadable_answer", detail=f"the adapter raised {_kind(error)}")

    def _settle(self, slice_: _Slice, settlements: Sequence[Settlement]) -> None:
        with self.store.write() as transaction:
            transaction.deliveries.settle(slice_.lease, settlements, self.clock.now())

    def _give_back(self, slice_: _Slice) -> None:
        with self.store.write() as transaction:
            transaction.deliveries.give_back(
                slice_.lease, [request.id for request in slice_.requests], self.clock.now()
            )


class _Passed:
    """The slice at the gate: every request is asked again, with what was read under lock."""

    def __init__(self, slice_: _Slice, found: Situation) -> None:
        self.drafts: list[Draft] = []
        self.sendings: list[Sending] = []
        self.conclusions: list[Conclusion] = []
        self.undone: list[str] = []
        self._slice = slice_
        self._found = found
        self._book = slice_.current.book(found.live)
        before = slice_.found
        self._facts_moved = found.live != before.live or any(
            before.objects.get(reference) != data for reference, data in found.objects.items()
        )

    def ask(self, request: Request, now: Instant) -> None:
        """The same decision as before, or another."""
        slice_ = self._slice
        standing = self._found.standings[request.customer_id]
        backing = backed(slice_.current, request, self._found, self._book, now)
        decision = decide(request, standing, slice_.current.routes, now, backing)
        draft = slice_.drafts.get(request.id)
        if not isinstance(decision.verdict, Send):
            self.conclusions.append(_concluded(request, decision))
        elif draft is not None and draft.send == decision.verdict and self._says_the_same(draft, now):
            self.drafts.append(draft.without_record())
            self.sendings.append(_sending(draft, decision))
        elif request.id in slice_.failures:
            self.conclusions.append(_failed(request, decision, *slice_.failures[request.id]))
        else:
            # The customer or a claimed value changed between the two looks: decide from the start next time.
            self.undone.append(request.id)

    def _says_the_same(self, draft: Draft, now: Instant) -> bool:
        if not self._facts_moved:
            return True
        return draft.read == promised(self._slice.current, draft.request, self._found, self._book, now)


def _kind(error: Exception) -> str:
    """Not its words: they may hold the customer's data."""
    return type(error).__name__


def _refuse_moved_clock(clock: BusinessClock, current: Current) -> None:
    """Replays and demos make phones up, and those are real people's."""
    if clock.moved and not current.local:
        raise Refused(
            "Business time was moved, and not every account is an outbox: nothing is sent.",
            remedy="End the replay or demo that moved it, or use another ledger.",
        )


def _business_now(request: Request, clock: BusinessClock, now: Instant) -> Instant:
    """The hour that a decision is made for.

    Where time stands still at a barrier, each request is decided for the instant at which it became due: a batch of
    events then reads as if each had been handled as it came.
    """
    return request.due_at if clock.frozen_at is not None else clock.now(now)


def _sending(draft: Draft, decision: Decision) -> Sending:
    send = draft.send
    return Sending(
        draft.request.id,
        send.channel.value,
        send.account,
        send.address.id,
        draft.rendered.locale,
        draft.content,
        draft.promises,
        _trace(decision.trace),
    )


def _failed(request: Request, decision: Decision, code: str, detail: str) -> Conclusion:
    trace = (*decision.trace, Step("render", "stop", code))
    return Conclusion(request.id, State.FAILED, code, detail, request.due_at, _trace(trace))


def _concluded(request: Request, decision: Decision) -> Conclusion:
    verdict, trace = decision.verdict, _trace(decision.trace)
    if isinstance(verdict, Drop):
        return Conclusion(request.id, verdict.state, verdict.reason, "", request.due_at, trace)
    if isinstance(verdict, Wait):
        return Conclusion(request.id, State.DEFERRED, verdict.reason, "", verdict.until, trace)
    assert isinstance(verdict, Hold)
    return Conclusion(request.id, State.HELD, verdict.reason, "", request.due_at, trace)


def _delivery(draft: Draft) -> Delivery:
    request, send = draft.request, draft.send
    return Delivery(
        reference=request.id,
        customer_id=request.customer_id,
        object_id=request.object_id,
        channel=send.channel,
        address=send.address,
        purpose=request.purpose,
        topic=request.topic,
        rendered=draft.rendered,
        expires_at=request.not_after,
    )


_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@lru_cache(maxsize=4_096)
def _trace(trace: tuple[Step, ...]) -> str:
    """Most of a campaign's traces are alike."""
    return _dumps(
        [
            {"gate": step.gate, "result": step.result}
            | ({"channel": step.channel} if step.channel else {})
            | ({"detail": step.detail} if step.detail else {})
            for step in trace
        ]
    )

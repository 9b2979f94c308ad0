"""Drain: claim a slice, decide and render it, pass the gate, call, settle. The only way to a provider.

A slice is at most 500 requests under one lease. Two are held at a time: while one is on the wire, the other is settled,
claimed, decided, rendered or at the gate. The database is touched from one thread, which `run` hands work to.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

import structlog

from orchestrator.channels import NoAnswer
from orchestrator.decide import Closure, rank
from orchestrator.dispatch.breaker import PROBES, Breaker
from orchestrator.dispatch.current import Current, read_current
from orchestrator.dispatch.draft import Draft, Situation, drafts_of, look, look_again
from orchestrator.dispatch.gate import Gate, replaced
from orchestrator.dispatch.settle import STALE, never_began, settlement
from orchestrator.dispatch.tokens import Tokens
from orchestrator.domain.delivery import Delivery, Outcome, OutcomeKind
from orchestrator.domain.errors import InputError, Refused, Unavailable
from orchestrator.domain.message import LANES
from orchestrator.faultpoints import nowhere

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from orchestrator.channels import Adapter, Answer, Call
    from orchestrator.dispatch.began import Began, Marks
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import BusinessClock, ClosedAccount, Settlement, Store, Transaction

log = structlog.get_logger()

SLICE_MAX = 500
SLICES_HELD_MAX = 2

# Clocks nest: a call ends within 15 s, its lease after 60 s. When half the lease is gone before the gate, the claim is
# dropped: what follows could outlive it.
LEASE_MS = 60_000
LEASE_GUARD_SECONDS = 30.0

# A call that has not begun two seconds after its commit is not made: the opt-out promise counts from there.
BEGIN_WITHIN_SECONDS = 2.0

# So many of the first lane begin even where others have taken all the room.
AHEAD_MAX = 50

# Calls that have no room now are asked for again after this.
CROWDED_OUT_MS = 1_000

# How often what we know is written again while the ledger cannot be reached.
WRITE_AGAIN_SECONDS = 1.0

# One slice in ten goes to the lowest lane that has work, so that nothing starves.
LOWEST_LANE_EVERY = 10

T = TypeVar("T")


class Run(Protocol):
    """Do blocking work on the thread that owns the database connection."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


class Look(Protocol):
    """`look` or `look_again`."""

    def __call__(
        self,
        transaction: Transaction,
        current: Current,
        requests: Sequence[Request],
        now: Instant,
        closed: Mapping[str, Closure],
        /,
    ) -> Situation: ...


class Carrier(Protocol):
    """What carries calls: `transport.Transport`."""

    async def carry(
        self, call: Call, *, begin_before: float | None = None, may_begin: Callable[[], bool] | None = None
    ) -> Answer: ...

    def room(self) -> int:
        """How many calls can begin within a second, wherever they go."""
        ...


@dataclass(frozen=True, slots=True)
class _Slice:
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
class _Passed:
    """What the gate let through. No call begins after the monotonic second `begin_before`."""

    drafts: list[Draft]
    marks: Marks
    begin_before: float


@dataclass
class Drain:
    """One worker's way from the ledger to the providers. `worker` names it in leases.

    `passing` is called with the name of each fault point; see `faultpoints`.
    """

    store: Store
    carrier: Carrier
    clock: Clock
    run: Run
    wire: Callable[[Release], Mapping[str, Adapter]]
    worker: str
    began: Began
    passing: Callable[[str], None] = nowhere
    breaker: Breaker = field(default_factory=Breaker)
    tokens: Tokens = field(default_factory=Tokens)
    current: Current | None = None
    _slices: int = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _claiming: list[str] = field(default_factory=list)

    async def drain(self, *, stop: Callable[[], bool] = lambda: False) -> int:
        """Send until no lane has work; how many requests were taken. A second caller waits and finds little left.

        Once `stop` says so, no further slice is taken, and those that are held are settled.
        """
        async with self._lock:
            taken = 0
            sending: dict[asyncio.Task[None], _Slice] = {}
            try:
                while True:
                    ready = None if stop() else await self._next_slice(sending.values())
                    if ready is not None:
                        taken += len(ready.requests)
                        sending[asyncio.create_task(self._send(ready))] = ready
                    elif sending:
                        for ended in (await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED))[0]:
                            del sending[ended]
                            ended.result()
                    else:
                        return taken
            finally:
                # Whatever went wrong with one slice, what is on the wire is settled.
                await asyncio.gather(*sending, return_exceptions=True)

    def read_current(self, transaction: Transaction) -> Current:
        """The release that is current in the ledger, read anew only when it is another. Raises ConfigurationError."""
        self.current = read_current(transaction, self.current, self.wire)
        return self.current

    # --- claim, decide, render ----------------------------------------------------------------------------------------

    async def _next_slice(self, held: Collection[_Slice]) -> _Slice | None:
        """The next slice of the lane whose turn it is, beside those that are held; None when it has to wait."""
        room = min(SLICE_MAX, self.carrier.room() - sum(len(one.requests) for one in held))
        full = room <= 0 or len(held) >= SLICES_HELD_MAX
        # What somebody waits for does not wait for a campaign: there is always a place for one slice of it.
        ahead = full and all(one.lane != LANES[0] for one in held)
        for lane in self._lanes():
            limit = AHEAD_MAX if full and ahead and lane == LANES[0] else 0 if full else room
            found = await self.run(lambda lane=lane, limit=limit: self._claim(lane, limit)) if limit else None  # type: ignore[misc]  # lambdas infer no default
            if found is not None:
                self._slices += 1
                return self._prepare(found)
        return None

    def _lanes(self) -> Sequence[str]:
        return LANES[::-1] if self._slices % LOWEST_LANE_EVERY == LOWEST_LANE_EVERY - 1 else LANES

    def _claim(self, lane: str, limit: int) -> _Slice | None:
        """On the database thread: claim, and read what the decision needs, one query each."""
        self._forget_claims()
        lease = f"{self.worker}/{self.clock.entropy(6).hex()}"
        now = self.clock.now()
        with self.store.read() as transaction:
            clock = transaction.ledger.clock()
            if not transaction.deliveries.waiting(lane, now=now, business_now=clock.now(now)):
                return None
        self._claiming.append(lease)
        with self.store.write() as transaction:
            clock = transaction.ledger.clock()
            current = self.read_current(transaction)
            _refuse_moved_clock(clock, current)
            requests = transaction.deliveries.claim(
                lane,
                limit,
                lease=lease,
                now=now,
                business_now=clock.now(now),
                lease_until=now + LEASE_MS,
            )
            claimed_at = self.clock.monotonic()
            closed = transaction.accounts.closed()
            found = self._look(transaction, look, current, requests, clock, closed) if requests else None
        self._claiming.clear()
        if found is None:
            return None
        self.passing("after_claim")
        return _Slice(lane, lease, claimed_at, current, clock, closed, tuple(sorted(requests, key=rank)), found, {}, {})

    def _forget_claims(self) -> None:
        """A claim whose commit was not answered may have been done: what nobody holds goes back."""
        if self._claiming:
            with self.store.write() as transaction:
                for lease in self._claiming:
                    transaction.deliveries.forget_claim(lease, self.clock.now())
            self._claiming.clear()

    def _look(  # what `look` and `look_again` share
        self,
        transaction: Transaction,
        how: Look,
        current: Current,
        requests: Sequence[Request],
        clock: BusinessClock,
        closed: Mapping[str, ClosedAccount],
    ) -> Situation:
        """Read what stands for a slice now; accounts that are left alone are so in business time too."""
        now = self.clock.now()
        closures = {
            account: Closure(clock.now(one.until), one.reason) for account, one in closed.items() if one.until > now
        }
        earliest = min(_business_now(request, clock, now) for request in requests)
        return how(transaction, current, requests, earliest, closures)

    def _prepare(self, claimed: _Slice) -> _Slice:
        """Decide and say what was claimed: the work that needs no ledger."""
        now = self.clock.now()
        drafts, failures = drafts_of(
            claimed.current,
            ((request, _business_now(request, claimed.clock, now)) for request in claimed.requests),
            claimed.found,
        )
        return replace(claimed, drafts=drafts, failures=failures)

    # --- gate, call, settle -------------------------------------------------------------------------------------------

    async def _send(self, slice_: _Slice) -> None:
        if self.clock.monotonic() - slice_.claimed_at > LEASE_GUARD_SECONDS:
            log.warning("claim_dropped", lease=slice_.lease, requests=len(slice_.requests))
            await self.run(lambda: self._give_back(slice_))
            return
        self.passing("before_gate")
        try:
            passed = await self.run(lambda: self._gate(slice_))
        except Unavailable:
            # Whether its commit was done nobody said. Nothing has begun, so all of it goes back either way.
            await self.write(lambda: self._undo(slice_))
            raise
        # What was written is in the ledger: of a slice of letters that is ten megabytes while they are on the wire.
        slice_.drafts.clear()
        if passed is None:
            return
        self.passing("after_gate")
        outcomes = await asyncio.gather(
            *(
                self._call(slice_, draft, passed.begin_before, partial(passed.marks.set, place))
                for place, draft in enumerate(passed.drafts)
            )
        )
        self.passing("before_settle")
        await self._settle(slice_, passed.drafts, outcomes)
        passed.marks.forget()
        self.passing("after_settle")

    def _gate(self, slice_: _Slice) -> _Passed | None:
        """One short transaction: lock, read again, decide again, write the intents. What it returns is on its way."""
        current = slice_.current
        with self.store.write() as transaction:
            transaction.customers.lock({request.customer_id for request in slice_.requests})
            held = transaction.deliveries.still_held(slice_.lease, [request.id for request in slice_.requests])
            found = self._look(transaction, look_again, current, slice_.requests, slice_.clock, slice_.closed)
            # Both clocks before the commit: a process that is stopped right after it wakes up too late, and knows it.
            now, monotonic = self.clock.now(), self.clock.monotonic()
            room = _room(self.tokens.room(current.release.limits, monotonic), slice_.closed, now)
            gate = Gate(current, found, slice_.found, slice_.drafts, slice_.failures, room)
            for request in slice_.requests:
                if request.id in held:
                    gate.ask(request, _business_now(request, slice_.clock, now))
            transaction.deliveries.begin(gate.sendings, release_id=current.id, at=now, deadline=now + LEASE_MS)
            transaction.deliveries.conclude(gate.conclusions, release_id=current.id, at=now)
            older = replaced(transaction, gate.deferred_customers, slice_.clock.now(now))
            transaction.deliveries.conclude(older, release_id=current.id, at=now)
            for returned, until in ((gate.undone, now), (gate.crowded_out, now + CROWDED_OUT_MS)):
                if returned:
                    transaction.deliveries.give_back(slice_.lease, returned, until)
            # Before the commit: intents without marks would all be doubts.
            marks = self.began.expect(slice_.lease, [one.id for one in gate.sendings]) if gate.sendings else None
        for account, calls in Counter(draft.send.account for draft in gate.drafts).items():
            self.tokens.take(account, calls)
        return None if marks is None else _Passed(gate.drafts, marks, monotonic + BEGIN_WITHIN_SECONDS)

    async def _call(self, slice_: _Slice, draft: Draft, begin_before: float, mark: Callable[[], None]) -> Outcome:
        """How one call ended. A mistake in an adapter ends its own call, never the others of the slice."""
        account = draft.send.account
        adapter = slice_.current.adapters[account]

        def may_begin() -> bool:
            # The mark comes first: whoever is stopped between the two has not begun, and says that it may have.
            mark()
            self.passing("after_begin")
            return self.breaker.lets_begin(account, self.clock.now())

        try:
            business_now = _business_now(draft.request, slice_.clock, self.clock.now())
            call = adapter.call(_delivery(draft), business_now, self.clock.entropy)
        except InputError as error:
            return Outcome(OutcomeKind.REFUSED, "render_error", detail=str(error))
        except Exception as error:
            log.exception("adapter_failed", account=account, delivery=draft.request.id)
            return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail=f"the adapter raised {_kind(error)}")
        answer = await self.carrier.carry(call, begin_before=begin_before, may_begin=may_begin)
        self.passing("after_provider_accept")
        if isinstance(answer, NoAnswer) and answer.reason == STALE:
            return Outcome(OutcomeKind.NOT_SENT, STALE)
        try:
            outcome = adapter.outcome(answer)
        except Exception as error:
            log.exception("adapter_failed", account=account, delivery=draft.request.id)
            outcome = Outcome(OutcomeKind.UNKNOWN, "unreadable_answer", detail=f"the adapter raised {_kind(error)}")
        self.breaker.hear(account, outcome, self.clock.now())
        return outcome

    async def _settle(self, slice_: _Slice, drafts: Sequence[Draft], outcomes: Sequence[Outcome]) -> None:
        """Write how the calls ended. What a provider took is not forgotten because the ledger is away for a moment."""
        current = slice_.current
        settlements = [
            settlement(
                draft.request,
                draft.send.channel,
                outcome,
                current.in_doubt(draft.send.account, draft.request.topic),
                slice_.clock,
                self.clock,
            )
            for draft, outcome in zip(drafts, outcomes, strict=True)
        ]
        # Here, because calls of the other slice are heard by this thread.
        now = self.clock.now()
        to_close, to_open = self.breaker.to_close(slice_.closed, now), self.breaker.to_open(slice_.closed, now)
        await self.write(lambda: self._write_settlements(slice_, settlements, to_close, to_open))

    async def write(self, what_we_know: Callable[[], None]) -> None:
        """As soon as the ledger lets us, however long that takes: an answer that we forget would become a doubt.

        Where somebody else has taken the slice over by then, nothing is under its lease, and nothing is written.
        """
        while True:
            try:
                await self.run(what_we_know)
            except Unavailable as error:
                log.error("cannot_write", reason=str(error), retry_seconds=WRITE_AGAIN_SECONDS)  # noqa: TRY400  # a sentence, not a stack
                await self.clock.sleep(WRITE_AGAIN_SECONDS)
            else:
                return

    def _write_settlements(
        self,
        slice_: _Slice,
        settlements: Sequence[Settlement],
        to_close: Mapping[str, ClosedAccount],
        to_open: Sequence[str],
    ) -> None:
        with self.store.write() as transaction:
            transaction.deliveries.settle(slice_.lease, settlements, self.clock.now())
            for account, closed in to_close.items():
                transaction.accounts.close(account, closed)
                log.warning("account_closed", account=account, reason=closed.reason, until=closed.until)
            if to_open:
                transaction.accounts.open(to_open)
                log.info("account_opened", accounts=to_open)

    def _undo(self, slice_: _Slice) -> None:
        now = self.clock.now()
        with self.store.write() as transaction:
            transaction.deliveries.settle(slice_.lease, [never_began(one, now) for one in slice_.requests], now)
            transaction.deliveries.give_back(slice_.lease, [one.id for one in slice_.requests], now)

    def _give_back(self, slice_: _Slice) -> None:
        with self.store.write() as transaction:
            transaction.deliveries.give_back(
                slice_.lease, [request.id for request in slice_.requests], self.clock.now()
            )


def _room(tokens: Mapping[str, int], closed: Mapping[str, ClosedAccount], now: Instant) -> dict[str, int]:
    """Account → how many calls it may get. One that was left alone until now is tried with a few first."""
    probes = {account: PROBES for account, one in closed.items() if one.until <= now}
    return {account: min(tokens.get(account, PROBES), most) for account, most in {**tokens, **probes}.items()}


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

"""Drain: claim a slice, decide and render it, pass the gate, call, settle. The only way to a provider.

A slice is at most 500 requests under one lease. Two are held at a time: while one is on the wire, the other is settled,
claimed, decided, rendered or at the gate. The database is touched from one thread, which `run` hands work to. Where it
serves two writers at a time, claims have a thread of their own, and three slices are held.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

import structlog

from orchestrator.decide.recipients import EVERYBODY, Recipients
from orchestrator.dispatch.breaker import PROBES
from orchestrator.dispatch.calls import Calls
from orchestrator.dispatch.claiming import Claims, situation_of
from orchestrator.dispatch.current import Current, read_current
from orchestrator.dispatch.draft import Draft, drafts_of
from orchestrator.dispatch.gate import Gate, replaced
from orchestrator.dispatch.holding import Held, Holding
from orchestrator.dispatch.learned import Learned, learned, write_learned
from orchestrator.dispatch.rehearsed import is_test
from orchestrator.dispatch.settle import never_began
from orchestrator.dispatch.shares import ShareKeeper
from orchestrator.dispatch.situation import look_again
from orchestrator.dispatch.slice import LEASE_MS, Passed, Slice, business_now
from orchestrator.dispatch.tokens import Tokens
from orchestrator.domain.errors import Unavailable
from orchestrator.domain.message import LANES
from orchestrator.faultpoints import nowhere

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from orchestrator.channels import Adapter
    from orchestrator.dispatch.began import Began
    from orchestrator.dispatch.calls import Carrier
    from orchestrator.dispatch.links import LinksOf
    from orchestrator.domain.delivery import Outcome
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import ClosedAccount, Store, Transaction

log = structlog.get_logger()

SLICE_MAX = 500
SLICES_HELD_MAX = 2
SLICES_HELD_MAX_CLAIMED_APART = 3

# When half the lease is gone before the gate, the claim is dropped: what follows could outlive it.
LEASE_GUARD_SECONDS = 30.0

# A call's first byte leaves within two seconds of its intent, or not at all: the opt-out promise counts from there. The
# last fifth of a second is for what lies between our look at the clock and the provider.
BEGIN_WITHIN_SECONDS = 1.8

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


@dataclass
class Drain:
    """One worker's way from the ledger to the providers. `worker` names it in leases; `links` makes those of texts.

    `claiming` is the thread that claims, where that is not `run`'s. `passing` is called with the name of each fault
    point; see `faultpoints`. `recipients` are those that may be written to.
    """

    store: Store
    carrier: Carrier
    clock: Clock
    run: Run
    wire: Callable[[Release], Mapping[str, Adapter]]
    worker: str
    began: Began
    links: LinksOf
    claiming: Run | None = None
    passing: Callable[[str], None] = nowhere
    recipients: Recipients = EVERYBODY
    tokens: Tokens = field(default_factory=Tokens)
    shares: ShareKeeper = field(default_factory=ShareKeeper)
    current: Current | None = None
    calls: Calls = field(init=False)
    claims: Claims = field(init=False)
    _slices: int = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.calls = Calls(self.carrier, self.clock, self.passing)
        self.claims = Claims(self.store, self.clock, self.worker, self.read_current, self.passing)

    async def drain(self, *, stop: Callable[[], bool] = lambda: False) -> int:
        """Send until no lane has work; how many requests were taken. A second caller waits and finds little left.

        Once `stop` says so, no further slice is taken, and those that are held are settled.
        """
        async with self._lock:
            taken = 0
            holding = Holding(self.clock)
            try:
                while True:
                    ready = None if stop() else await self._next_slice(holding)
                    if ready is not None:
                        taken += len(ready.requests)
                        held = Held(ready.lane, len(ready.requests))
                        holding.begin(held, self._send(ready, held))
                    elif holding:
                        await holding.wait()
                    else:
                        return taken
            finally:
                await holding.end()

    def read_current(self, transaction: Transaction) -> Current:
        """The release that is current in the ledger, read anew only when it is another. Raises ConfigurationError."""
        self.current = read_current(transaction, self.current, self.wire, self.recipients)
        return self.current

    # --- claim, decide, render ----------------------------------------------------------------------------------------

    async def _next_slice(self, holding: Holding) -> Slice | None:
        """The next slice of the lane whose turn it is, beside those that are held; None when it has to wait."""
        held = holding.busy()
        room = min(SLICE_MAX, self.carrier.room() - holding.requests)
        most = SLICES_HELD_MAX if self.claiming is None else SLICES_HELD_MAX_CLAIMED_APART
        full = room <= 0 or len(held) >= most
        # What somebody waits for does not wait for a campaign: there is always a place for one slice of it.
        ahead = full and all(one.lane != LANES[0] for one in held)
        if full and not ahead:
            return None
        limits = {LANES[0]: AHEAD_MAX} if full else dict.fromkeys(self._lanes(), room)
        found = await (self.claiming or self.run)(lambda: self.claims.claim(limits))
        if found is None:
            return None
        self._slices += 1
        return self._prepare(found)

    def _lanes(self) -> Sequence[str]:
        return LANES[::-1] if self._slices % LOWEST_LANE_EVERY == LOWEST_LANE_EVERY - 1 else LANES

    def _prepare(self, claimed: Slice) -> Slice:
        """Decide and say what was claimed: the work that needs no ledger."""
        now = self.clock.now()
        drafts, failures = drafts_of(
            claimed.current,
            ((request, business_now(request, claimed.clock, now)) for request in claimed.requests),
            claimed.found,
            self.links,
        )
        return replace(claimed, drafts=drafts, failures=failures)

    # --- gate, call, settle -------------------------------------------------------------------------------------------

    async def _send(self, slice_: Slice, held: Held) -> None:
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
        held.passed(len(passed.drafts), self.clock.monotonic())
        async with aclosing(self.calls.make(slice_, passed)) as told:
            async for ended in told:
                self.passing("before_settle")
                await self._settle(slice_, passed.at, ended)
                held.settled(len(ended))
        passed.marks.forget()
        self.passing("after_settle")

    def _gate(self, slice_: Slice) -> Passed | None:
        """One short transaction: lock, read again, decide again, write the intents. What it returns is on its way."""
        current = slice_.current
        with self.store.write() as transaction:
            transaction.customers.lock({request.customer_id for request in slice_.requests})
            held = transaction.deliveries.still_held(slice_.lease, [request.id for request in slice_.requests])
            # Another worker may have been told meanwhile to leave an account alone.
            closed = transaction.accounts.closed()
            found = situation_of(
                look_again, transaction, current, slice_.requests, slice_.clock, closed, self.clock.now()
            )
            # Both clocks before the commit: a process that is stopped right after it wakes up too late, and knows it.
            now, monotonic = self.clock.now(), self.clock.monotonic()
            room = _room(self.tokens.room(current.release.limits, monotonic), closed, now)
            gate = Gate(current, found, slice_.found, slice_.drafts, slice_.failures, room)
            for request in slice_.requests:
                if request.id in held:
                    gate.ask(request, business_now(request, slice_.clock, now))
            transaction.deliveries.begin(gate.sendings, release_id=current.id, at=now, deadline=now + LEASE_MS)
            transaction.deliveries.conclude(gate.conclusions, release_id=current.id, at=now)
            older = replaced(transaction, gate.deferred_customers)
            transaction.deliveries.conclude(older, release_id=current.id, at=now)
            for returned, until in ((gate.undone, now), (gate.crowded_out, now + CROWDED_OUT_MS)):
                if returned:
                    transaction.deliveries.give_back(slice_.lease, returned, until)
            # Before the commit: intents without marks would all be doubts.
            marks = self.began.expect(slice_.lease, [one.id for one in gate.sendings]) if gate.sendings else None
        for account, calls in Counter(one.send.account for one in gate.drafts if not is_test(one.request)).items():
            self.tokens.take(account, calls)
        return None if marks is None else Passed(gate.drafts, marks, now, monotonic + BEGIN_WITHIN_SECONDS)

    async def _settle(self, slice_: Slice, called_at: Instant, ended: Sequence[tuple[Draft, Outcome]]) -> None:
        """Write how the calls ended. What a provider took is not forgotten because the ledger is away for a moment."""
        what = learned(slice_, called_at, ended, self.calls.breaker, self.shares, self.clock)
        await self.write(lambda: self._write_learned(slice_.lease, what))

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

    def _write_learned(self, lease: str, what: Learned) -> None:
        with self.store.write() as transaction:
            write_learned(transaction, lease, what, self.clock)

    def _undo(self, slice_: Slice) -> None:
        now = self.clock.now()
        with self.store.write() as transaction:
            transaction.deliveries.settle(slice_.lease, [never_began(one, now) for one in slice_.requests], now)
            transaction.deliveries.give_back(slice_.lease, [one.id for one in slice_.requests], now)

    def _give_back(self, slice_: Slice) -> None:
        with self.store.write() as transaction:
            transaction.deliveries.give_back(
                slice_.lease, [request.id for request in slice_.requests], self.clock.now()
            )


def _room(tokens: Mapping[str, int], closed: Mapping[str, ClosedAccount], now: Instant) -> dict[str, int]:
    """Account → how many calls it may get. One that was left alone until now is tried with a few first."""
    probes = {account: PROBES for account, one in closed.items() if one.until <= now}
    return {account: min(tokens.get(account, PROBES), most) for account, most in {**tokens, **probes}.items()}

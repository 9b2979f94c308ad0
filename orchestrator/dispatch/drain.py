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
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

import structlog

from orchestrator.decide import Closure, rank
from orchestrator.decide.recipients import EVERYBODY, Recipients
from orchestrator.dispatch.breaker import PROBES
from orchestrator.dispatch.calls import Calls
from orchestrator.dispatch.current import Current, read_current
from orchestrator.dispatch.draft import Draft, Situation, drafts_of, look, look_again
from orchestrator.dispatch.gate import Gate, replaced
from orchestrator.dispatch.holding import Held, Holding
from orchestrator.dispatch.refusals import Refusal, keep_refusals, rejection_of
from orchestrator.dispatch.rehearsed import is_test, rehearsed
from orchestrator.dispatch.settle import InDoubt, never_began, settlement
from orchestrator.dispatch.shares import ShareKeeper, rivals_of, write_moves
from orchestrator.dispatch.slice import Passed, Slice, business_now
from orchestrator.dispatch.tokens import Tokens
from orchestrator.domain.errors import Refused, Unavailable
from orchestrator.domain.message import LANES
from orchestrator.faultpoints import nowhere

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from orchestrator.channels import Adapter
    from orchestrator.dispatch.began import Began
    from orchestrator.dispatch.calls import Carrier
    from orchestrator.dispatch.links import LinksOf
    from orchestrator.domain.delivery import Outcome, Request
    from orchestrator.domain.receipt import Receipt
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import BusinessClock, ClosedAccount, Settlement, Store, Transaction

log = structlog.get_logger()

SLICE_MAX = 500
SLICES_HELD_MAX = 2
SLICES_HELD_MAX_CLAIMED_APART = 3

# Clocks nest: a call ends within 15 s, its lease after 60 s. When half the lease is gone before the gate, the claim is
# dropped: what follows could outlive it.
LEASE_MS = 60_000
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


@dataclass(frozen=True, slots=True)
class Learned:
    """What the calls of a slice say beside their own ends: of accounts, and of people."""

    to_close: Mapping[str, ClosedAccount]
    to_open: Sequence[str]
    moves: Mapping[str, int]
    refusals: Sequence[Refusal]
    gone: Collection[str]


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
    _slices: int = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _unanswered: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.calls = Calls(self.carrier, self.clock, self.passing)

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
        found = await (self.claiming or self.run)(lambda: self._claim(limits))
        if found is None:
            return None
        self._slices += 1
        return self._prepare(found)

    def _lanes(self) -> Sequence[str]:
        return LANES[::-1] if self._slices % LOWEST_LANE_EVERY == LOWEST_LANE_EVERY - 1 else LANES

    def _claim(self, limits: Mapping[str, int]) -> Slice | None:
        """On a database thread: of the first lane that has something, at most so many."""
        self._forget_claims()
        now = self.clock.now()
        with self.store.read() as transaction:
            clock = transaction.ledger.clock()
            waiting = transaction.deliveries.waiting(now=now, business_now=clock.now(now))
        claims = (self._claim_of(lane, limit, now) for lane, limit in limits.items() if lane in waiting)
        return next((claimed for claimed in claims if claimed is not None), None)

    def _claim_of(self, lane: str, limit: int, now: Instant) -> Slice | None:
        """Claim, and read what the decision needs. Nothing, where somebody else was faster."""
        lease = f"{self.worker}/{self.clock.entropy(6).hex()}"
        self._unanswered.append(lease)
        # A claim that a power cut undoes is claimed again, and whatever follows from it waits for the disk.
        with self.store.write(durable=False) as transaction:
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
        self._unanswered.clear()
        if found is None:
            return None
        self.passing("after_claim")
        return Slice(lane, lease, claimed_at, current, clock, closed, tuple(sorted(requests, key=rank)), found, {}, {})

    def _forget_claims(self) -> None:
        """A claim whose commit was not answered may have been done: what nobody holds goes back."""
        if self._unanswered:
            with self.store.write() as transaction:
                for lease in self._unanswered:
                    transaction.deliveries.forget_claim(lease, self.clock.now())
            self._unanswered.clear()

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
        earliest = min(business_now(request, clock, now) for request in requests)
        return how(transaction, current, requests, earliest, closures)

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
            found = self._look(transaction, look_again, current, slice_.requests, slice_.clock, closed)
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
        for account, calls in Counter(draft.send.account for draft in gate.drafts).items():
            self.tokens.take(account, calls)
        return None if marks is None else Passed(gate.drafts, marks, now, monotonic + BEGIN_WITHIN_SECONDS)

    async def _settle(self, slice_: Slice, called_at: Instant, ended: Sequence[tuple[Draft, Outcome]]) -> None:
        """Write how the calls ended. What a provider took is not forgotten because the ledger is away for a moment."""
        in_doubt = cache(slice_.current.in_doubt)
        settlements = [
            settlement(
                draft.request,
                draft.send.channel,
                outcome,
                in_doubt(draft.send.account, draft.request.topic) if not is_test(draft.request) else InDoubt.STOP,
                slice_.clock,
                self.clock,
                called_at=called_at,
            )
            for draft, outcome in ended
        ]
        refusals = [
            Refusal(
                delivery=draft.request.id, account=draft.send.account, channel=draft.send.channel,
                address_id=draft.send.address.id, about=about,
                guessed=draft.send.account in slice_.current.recipes,
            )
            for draft, outcome in ended
            if (about := rejection_of(outcome)) is not None and not is_test(draft.request)
        ]  # fmt: skip
        settlements, told = rehearsed([draft for draft, _ in ended], settlements, self.clock.now())
        # Here, because calls of the other slice are heard by this thread.
        now = self.clock.now()
        to_close, to_open = (
            self.calls.breaker.to_close(slice_.closed, now),
            self.calls.breaker.to_open(slice_.closed, now),
        )
        moves = self.shares.moves(
            self.calls.breaker,
            rivals_of(slice_.current.rules.rivals),
            slice_.found.circumstances.shares,
            {*slice_.closed, *to_close} - {*to_open},
            now,
        )
        learned = Learned(to_close, to_open, moves, refusals, _gone(slice_.current, ended))
        await self.write(lambda: self._write_settlements(slice_, settlements, learned, told))

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
        slice_: Slice,
        settlements: Sequence[Settlement],
        learned: Learned,
        told: Mapping[str, Sequence[Receipt]],
    ) -> None:
        with self.store.write() as transaction:
            # People before deliveries, as every door that locks both does.
            keep_refusals(transaction, self.clock, learned.refusals)
            if learned.gone:
                transaction.customers.lose_devices(learned.gone, self.clock.now())
            transaction.deliveries.settle(slice_.lease, settlements, self.clock.now())
            if told:
                transaction.receipts.add_applied(told, self.clock.now())
            write_moves(transaction, learned.moves, self.clock.now())
            for account, closed in learned.to_close.items():
                transaction.accounts.close(account, closed)
                log.warning("account_closed", account=account, reason=closed.reason, until=closed.until)
            if learned.to_open:
                transaction.accounts.open(learned.to_open)
                log.info("account_opened", accounts=learned.to_open)

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


def _gone(current: Current, ended: Sequence[tuple[Draft, Outcome]]) -> list[str]:
    """The ids of devices that their provider knows no more, whatever became of the message."""
    lost: set[str] = set()
    for draft, outcome in ended:
        if outcome.gone:
            devices = draft.devices_for(current.adapters[draft.send.account].can)
            lost |= {devices[place].id for place in outcome.gone if place < len(devices)}
    return sorted(lost)


def _room(tokens: Mapping[str, int], closed: Mapping[str, ClosedAccount], now: Instant) -> dict[str, int]:
    """Account → how many calls it may get. One that was left alone until now is tried with a few first."""
    probes = {account: PROBES for account, one in closed.items() if one.until <= now}
    return {account: min(tokens.get(account, PROBES), most) for account, most in {**tokens, **probes}.items()}


def _refuse_moved_clock(clock: BusinessClock, current: Current) -> None:
    """Replays and demos make phones up, and those are real people's."""
    if clock.moved and not current.local:
        raise Refused(
            "Business time was moved, and not every account is an outbox: nothing is sent.",
            remedy="End the replay or demo that moved it, or use another ledger.",
        )

"""The ledger in a dictionary: as much of `store.port` as workers ask for. A transaction that fails leaves no trace.

Only for schedules, where a database would take most of the time. `test_schedules.py` plays some of them on SQLite as
well, and both have to end alike.
"""

from __future__ import annotations

import contextlib
import copy
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

from orchestrator.domain.customer import CapUse, Channel, ConsentState, Standing
from orchestrator.domain.delivery import CLAIMABLE, OPEN, State
from orchestrator.domain.message import LANES
from orchestrator.domain.pause import Pauses
from orchestrator.store.port import BusinessClock, Deferred, InFlight


@dataclass
class Row:
    """A delivery."""

    request: object
    state: State = State.ACCEPTED
    reason: str = ""
    detail: str = ""
    due_at: int = 0
    next_action_at: int = 0
    lease: str | None = None
    attempts: int = 0
    calls: int = 0
    channel: str | None = None
    account: str | None = None
    sending_at: int | None = None
    settled_at: int | None = None
    first_call_at: int | None = None
    excluded: dict = field(default_factory=dict)
    stuck_at: int | None = None
    reserved_at: int | None = None
    reserved_day: str | None = None
    possible_duplicate: bool = False
    doubts: int = 0

    def as_request(self):
        return replace(
            self.request,
            due_at=self.due_at,
            first_call_at=self.first_call_at,
            attempts=self.attempts,
            calls=self.calls,
            excluded=self.excluded,
            tried=Channel(self.channel) if self.channel else None,
            tried_account=self.account,
            stuck_at=self.stuck_at,
            in_doubt=self.possible_duplicate,
            doubts=self.doubts,
        )


@dataclass
class Memory:
    """Everything that there is. See `port.Store`."""

    release_id: str
    customers: dict = field(default_factory=dict)
    rows: dict = field(default_factory=dict)
    said: dict = field(default_factory=dict)
    closed: dict = field(default_factory=dict)
    pauses: dict = field(default_factory=dict)
    # Intents in the order in which they were committed: (delivery, business time, consent then).
    intents: list = field(default_factory=list)

    @contextlib.contextmanager
    def write(self, *, durable=True):
        del durable
        kept = copy.copy(self.rows), copy.copy(self.said), copy.copy(self.closed), list(self.intents)
        kept_rows = {key: copy.copy(row) for key, row in self.rows.items()}
        try:
            yield self._transaction()
        except BaseException:
            _, self.said, self.closed, self.intents = kept
            self.rows = kept_rows
            raise

    @contextlib.contextmanager
    def read(self):
        yield self._transaction()

    def _transaction(self):
        return SimpleNamespace(
            customers=self._Customers(self),
            events=SimpleNamespace(data_of=lambda _references: {}, exits=lambda _runs: {}),
            facts=SimpleNamespace(current=lambda _paths=None: {}, lock=lambda _paths: None),
            pauses=SimpleNamespace(active=lambda _now, _customers=(): Pauses(dict(self.pauses))),
            accounts=self._Accounts(self),
            conversations=SimpleNamespace(capped=lambda _addresses, _now: {}),
            ledger=SimpleNamespace(clock=BusinessClock, release_id=lambda: self.release_id),
            deliveries=self._Deliveries(self),
        )

    @dataclass
    class _Customers:
        memory: Memory

        def lock(self, customer_ids):
            """Whoever is in a transaction is alone."""

        def standings(self, customer_ids, _topics, *, uses_since=None, kinds=()):
            del kinds
            return {one: self._standing(one, uses_since) for one in customer_ids}

        def _standing(self, customer_id, since):
            return Standing(
                customer=self.memory.customers[customer_id],
                consents={key[1:]: state for key, state in self.memory.said.items() if key[0] == customer_id},
                suppressions={},
                uses=tuple(
                    CapUse(
                        row.reserved_at,
                        row.reserved_day,
                        row.request.purpose,
                        Channel(row.channel),
                        row.request.topic,
                        row.request.id,
                    )
                    for row in self.memory.rows.values()
                    if row.request.customer_id == customer_id
                    and row.reserved_at is not None
                    and since is not None
                    and row.reserved_at > since
                ),
            )

    @dataclass
    class _Accounts:
        memory: Memory

        def closed(self):
            return dict(self.memory.closed)

        def close(self, account, closed):
            known = self.memory.closed.get(account)
            if known is None or closed.until > known.until:
                self.memory.closed[account] = closed

        def open(self, accounts):
            for account in accounts:
                self.memory.closed.pop(account, None)

    @dataclass
    class _Deliveries:
        memory: Memory

        def waiting(self, *, now, business_now):
            return {lane for lane in LANES if any(self._claimable(lane, now, business_now))}

        def claim(self, lane, limit, *, lease, now, business_now, lease_until):
            taken = sorted(self._claimable(lane, now, business_now), key=lambda row: row.due_at)[:limit]
            found = [row.as_request() for row in taken]
            for row in taken:
                row.lease, row.next_action_at, row.attempts = lease, lease_until, row.attempts + 1
            return found

        def still_held(self, lease, delivery_ids):
            return {one for one in delivery_ids if self._row(one).lease == lease and self._row(one).state in CLAIMABLE}

        def begin(self, sendings, *, release_id, at, deadline):
            del release_id
            for one in sendings:
                row = self._row(one.id)
                row.state, row.reason, row.channel, row.account = State.SENDING, "", one.channel, one.account
                row.sending_at, row.next_action_at = at, deadline
                row.reserved_at = None if one.reserved_day is None else one.business_at
                row.reserved_day = one.reserved_day
                key = (row.request.customer_id, row.request.topic, one.channel)
                self.memory.intents.append((one.id, at, self.memory.said.get(key)))

        def conclude(self, conclusions, *, release_id, at):
            del release_id
            for one in conclusions:
                row = self._row(one.id)
                row.state, row.reason, row.detail, row.due_at = one.state, one.reason, one.detail, one.due_at
                row.stuck_at, row.next_action_at, row.attempts, row.lease = one.stuck_at, at, 0, None
                row.settled_at = None if one.state in OPEN else at

        def give_back(self, lease, delivery_ids, until):
            for one in delivery_ids:
                row = self._row(one)
                if row.lease == lease:
                    row.lease, row.next_action_at, row.attempts = None, until, row.attempts - 1

        def forget_claim(self, lease, at):
            for row in self.memory.rows.values():
                if row.lease == lease and row.state in CLAIMABLE:
                    row.lease, row.next_action_at, row.attempts = None, at, row.attempts - 1

        def deferred_of(self, customer_ids):
            return [
                Deferred(
                    row.request.id,
                    row.request.customer_id,
                    row.request.topic,
                    row.request.purpose,
                    row.request.message,
                    row.request.objects,
                    row.reason,
                    row.request.accepted_at,
                )
                for row in self.memory.rows.values()
                if row.state is State.DEFERRED
                and row.request.customer_id in customer_ids
                and row.reason.startswith(("quiet_hours:", "frequency_cap:"))
            ]

        def settle(self, lease, settlements, at, *, came_back=True):
            for one in settlements:
                row = self._row(one.id)
                if row.lease != lease or row.state not in (State.SENDING, State.UNKNOWN):
                    continue
                row.state, row.reason, row.detail, row.due_at = one.state, one.reason, one.detail, one.due_at
                row.next_action_at, row.calls, row.first_call_at = one.next_action_at, one.calls, one.first_call_at
                row.lease, row.settled_at = None, at if one.settled else None
                row.attempts = 0 if came_back else row.attempts
                if one.state is not State.SENT:
                    row.excluded, row.stuck_at, row.doubts = one.excluded, one.stuck_at, one.doubts
                    row.possible_duplicate = one.in_doubt
                if one.released:
                    row.reserved_at = row.reserved_day = None

        def poison(self, attempts_max, at):
            found = [
                row
                for row in self.memory.rows.values()
                if row.state in CLAIMABLE and row.attempts > attempts_max and row.next_action_at <= at
            ]
            for row in found:
                row.state, row.reason, row.lease, row.settled_at = State.QUARANTINED, "poison", None, at
            return [row.request.id for row in found]

        def in_flight(self, limit, *, lease, now, lease_until):
            lost = [
                row
                for row in self.memory.rows.values()
                if row.state in (State.SENDING, State.UNKNOWN) and row.next_action_at <= now and row.settled_at is None
            ][:limit]
            found = [_in_flight(row) for row in lost]
            for row in lost:
                row.lease, row.next_action_at = lease, lease_until
            return found

        def _claimable(self, lane, now, business_now):
            return (
                row
                for row in self.memory.rows.values()
                if row.state in CLAIMABLE
                and row.request.purpose.value == lane
                and row.due_at <= business_now
                and row.next_action_at <= now
            )

        def _row(self, delivery_id):
            return self.memory.rows[delivery_id]


def _in_flight(row):
    request = row.request
    return InFlight(
        id=request.id,
        lease=row.lease,
        account=row.account,
        tried=Channel(row.channel),
        candidates=request.candidates,
        excluded=row.excluded,
        topic=request.topic,
        purpose=request.purpose,
        state=row.state,
        reason=row.reason,
        detail=row.detail,
        sending_at=row.sending_at,
        due_at=row.due_at,
        first_call_at=row.first_call_at,
        calls=row.calls,
        stuck_at=row.stuck_at,
        in_doubt=row.possible_duplicate,
        doubts=row.doubts,
    )


def consent(memory, customer_id, topic, channel, state=ConsentState.GRANTED):
    """What a customer says, at a door: a transaction of its own."""
    with memory.write():
        memory.said[customer_id, topic, channel] = state

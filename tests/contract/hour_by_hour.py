"""A shop that lives hour by hour: one real ledger, and everything that runs beside it, called when it is due.

What it came to can be told line by line, and so can a life that was only imagined: see `Account`.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count, groupby

from sqlalchemy import select

from orchestrator.app import App
from orchestrator.dispatch.accept import Accepted, CustomerReference, EventDesk, IncomingEvent
from orchestrator.dispatch.consents import Proof, stop
from orchestrator.dispatch.facts import put_fact
from orchestrator.dispatch.pauses import WantedPause, pause, resume, wake_paused
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.runs.beginning import Beginning
from orchestrator.dispatch.runs.calling import Caller
from orchestrator.dispatch.runs.scheduling import Scheduler, occasion_of
from orchestrator.dispatch.tick import NoBell
from orchestrator.dispatch.turns import Turn, next_turn
from orchestrator.domain.customer import ADDRESS_KINDS, Channel, ConsentState
from orchestrator.mapping import MappedEvent
from orchestrator.project import SHIPPED
from orchestrator.scenarios import model as kinds
from orchestrator.settings import Settings
from orchestrator.simulation.clock import VirtualClock
from orchestrator.simulation.life import SOURCE
from orchestrator.store.tables import alerts, decisions, deliveries, events, handoffs, runs
from orchestrator.testing import FakeClock
from orchestrator.timeline import Player, Timeline
from tests.contract.world import World
from tests.saying import tell

FAR = 1 << 62
TOGETHER = 500


class _InOrder:
    """Ids that sort as they were made: of two of one millisecond, chance decides which is first, and not here."""

    _made: count

    def entropy(self, size):
        return next(self._made).to_bytes(size, "big")


class Machine(_InOrder, FakeClock):
    """The clock of a shop."""

    def __init__(self, now):
        super().__init__(now)
        self._made = count(1)

    def set(self, now):
        self._now = max(self._now, now)


class Imagined(_InOrder, VirtualClock):
    """The clock of a life."""

    def __init__(self, now):
        super().__init__(now, "")
        self._made = count(1)


@dataclass
class Account:
    """What came to one customer: each request and each decision about it, runs and the ways they took, and the rest."""

    requests: list = field(default_factory=list)
    decided: list = field(default_factory=list)
    runs: list = field(default_factory=list)
    ways: list = field(default_factory=list)
    alerts: list = field(default_factory=list)
    handoffs: list = field(default_factory=list)
    emitted: list = field(default_factory=list)
    profile: dict = field(default_factory=dict)


def named(key):
    """A key as it is in every world: an event that a second run says is named by that run, whose id is chance."""
    return re.sub(r"run_\w{26}", "run_", key)


def way_of(moved, now):
    """A line of the ways that runs took."""
    run = moved.run
    return now, run.journey, named(run.key), run.number, run.position, moved.trace


class Shop:
    """Casa Lume with these journeys and no others. Its worker, its timer and its sweeper are called when due."""

    def __init__(self, store, release, now):
        self.store, self.release, self.clock = store, release, Machine(now)
        publish(store, release, now)
        self.world = World(store, release, self.clock)
        self.ways = []
        self._numbers = defaultdict(lambda: count(1))
        self.scheduler = Scheduler(release=release, clock=self.clock, witness=self._witness)

    # time

    def live_until(self, end):
        """Whatever is due is done in its hour."""
        while (comes := next_turn(self._due())) is not None and comes[0] <= end:
            at, turn = comes
            self.clock.set(at)
            {Turn.HOLD_ENDS: self._end_pauses, Turn.MESSAGE: self._send, Turn.CALL: self._call}[turn]()
        self.clock.set(end)

    def _due(self):
        with self.store.read() as transaction:
            ends = [one.until for one in transaction.pauses.all() if one.until is not None]
            waiting = transaction.deliveries.next_due(sorted(self.release.journeys))
            alarms = transaction.runs.due_alarms(1, business_now=FAR)
        return {
            Turn.HOLD_ENDS: min(ends, default=None),
            Turn.MESSAGE: None if waiting is None else max(waiting, self.clock.now()),
            Turn.CALL: alarms[0].due_at if alarms else None,
        }

    def _end_pauses(self):
        wake_paused(self.store, self.clock.now())

    def _send(self):
        assert self.world.drain(), "it is due, and nobody can claim it"

    def _call(self):
        """One alarm of each customer: to each, one thing happens at a time."""
        now = self.clock.now()
        with self.store.write() as transaction:
            due = transaction.runs.due_alarms(TOGETHER, business_now=now)
            first = {alarm.customer_id: alarm for alarm in reversed(due)}
            caller = Caller(release=self.release, clock=self.clock, witness=self._witness)
            caller.move(transaction, sorted(first.values(), key=lambda alarm: (alarm.due_at, alarm.id)), now)

    def _witness(self, moved, now):
        self.ways.append((moved.run.customer_id, way_of(moved, now)))

    # what happens

    def fire(self):
        """Schedules whose hour has come."""
        while self.scheduler.fire(self.store, self.clock.now()):
            pass

    def happen(self, happening):
        """(customer, what) that happens in this hour: events of several customers in one batch, in this order."""
        for is_event, together in groupby(happening, key=lambda one: isinstance(one[1], kinds.EventHappens)):
            if is_event:
                self._accept([self._event(*one) for one in together])
            else:
                for customer_id, what in together:
                    self._act(customer_id, what)

    def play(self, told, until):
        """The same events by the player of replays, which sets business time itself: customer → [(when, what)]."""
        timeline = Timeline()
        for customer_id, happened in told.items():
            mapped = [
                MappedEvent(type=what.event, id=f"{customer_id}/{number}", occurred_at=at, data=what.data)
                for number, (at, what) in enumerate(happened, start=1)
            ]
            timeline.add(1, customer_id, mapped)
        app = App(root=SHIPPED, settings=Settings(), store=self.store, clock=self.clock)
        Player(
            app=app, release=self.release, bell=NoBell(), source=SOURCE, journeys=sorted(self.release.journeys),
            origin="test", sleep=lambda _: self._send(), until=until,
        ).play(timeline)  # fmt: skip
        timeline.close()

    def put(self, facts):
        """Live facts have other values."""
        with self.store.write() as transaction:
            for path, value in facts.items():
                put_fact(transaction, self.release, self.clock, path, value, source="test")

    def _event(self, customer_id, what):
        return IncomingEvent(
            source=SOURCE,
            id=f"{customer_id}/{next(self._numbers[customer_id])}",
            type=what.event,
            occurred_at=self.clock.now(),
            data=what.data,
            customer=CustomerReference(id=customer_id),
        )

    def _accept(self, incoming):
        desk = EventDesk(release=self.release, clock=self.clock, witness=self._witness)
        with self.store.write() as transaction:
            assert all(isinstance(one, Accepted) for one in desk.accept(transaction, incoming))

    def _act(self, customer_id, what):
        if isinstance(what, (kinds.Opens, kinds.Clicks)):
            self._read(customer_id, what.opens if isinstance(what, kinds.Opens) else what.clicks)
            return
        with self.store.write() as transaction:
            match what:
                case kinds.MindChanges():
                    self._agree(transaction, customer_id, what.consent)
                case kinds.SaysStop():
                    self._stop(transaction, customer_id, what.stop)
                case kinds.IsPaused():
                    scope, subject = what.pause.subject(customer_id)
                    wanted = WantedPause(scope=scope, subject=subject)
                    pause(transaction, self.release, self.clock, wanted, by="test")
                case kinds.IsResumed():
                    scope, subject = what.resume.subject(customer_id)
                    resume(transaction, self.release, self.clock, scope, subject, by="test")
                case kinds.ScheduleFires():
                    beginning = Beginning(release=self.release, clock=self.clock, witness=self._witness)
                    occasion = occasion_of((what.schedule, 0), self.clock.now())
                    beginning.begin(transaction, occasion, [customer_id], self.clock.now())

    def _read(self, customer_id, message):
        """What was sent last of a message is opened."""
        row = deliveries.c
        with self.store.engine.begin() as connection:
            sent = select(row.id).where(row.customer_id == customer_id, row.message == message, row.state == "sent")
            last = connection.scalars(sent.order_by(row.sending_at.desc(), row.id.desc())).first()
            connection.execute(deliveries.update().where(row.id == last).values(receipt="read"))

    def _agree(self, transaction, customer_id, consents):
        for topic, said in consents.items():
            each = said if isinstance(said, dict) else dict.fromkeys(Channel, said)
            for channel, word in each.items():
                tell(transaction, self.clock, [customer_id], ConsentState(word), [topic], [channel.value])

    def _stop(self, transaction, customer_id, where):
        addresses = transaction.customers.get(customer_id).addresses
        channels = None if where == "all" else [where]
        ids = [one.id for one in addresses if channels is None or one.kind is ADDRESS_KINDS[where]]
        stop(transaction, self.clock, ids, channels, Proof(method="reply", source="test", actor="test"))

    # what came of it

    def accounts(self):
        """Customer → their account."""
        found = defaultdict(Account)
        with self.store.engine.connect() as connection:
            rows = lambda table: connection.execute(select(table)).mappings().all()  # noqa: E731  # said six times
            walked = {one["id"]: one for one in rows(runs)}
            asked = {one["id"]: one for one in sorted(rows(deliveries), key=lambda one: one["id"])}
            for one in asked.values():
                found[one["customer_id"]].requests.append(
                    (one["journey"], one["step"], one["message"], one["state"], one["reason"], one["channel"])
                )
            for one in sorted(rows(decisions), key=lambda one: one["seq"]):
                about = asked[one["delivery_id"]]
                found[about["customer_id"]].decided.append(
                    (one["business_at"], about["message"], about["step"], json.loads(one["trace"]))
                )
            for one in walked.values():
                found[one["customer_id"]].runs.append(tuple({**one, "key": named(one["key"])}[name] for name in RUN))
            for one in rows(alerts):
                found[one["customer_id"]].alerts.append((one["at"], one["team"], one["step"], one["message"]))
            for one in rows(handoffs):
                found[one["customer_id"]].handoffs.append((one["at"], one["team"], one["step"], one["until"]))
            for one in rows(events):
                if one["source"] != SOURCE:
                    found[one["customer_id"]].emitted.append((one["occurred_at"], one["type"], one["data"]))
        for customer_id, way in self.ways:
            found[customer_id].ways.append(way)
        with self.store.read() as transaction:
            for customer in transaction.customers.page("", TOGETHER):
                found[customer.id].profile = dict(customer.attributes)
        return {customer_id: settled(account) for customer_id, account in found.items()}


RUN = ("journey", "key", "number", "started_at", "position", "since", "ended_at", "ending", "note", "moves", "goal_at")


def account_of(life, ways):
    """The same of a life that was imagined."""
    ledger = life.ledger
    sent = {one.request_id: one.channel.value for one in life.outcomes if one.channel is not None}
    account = _account(
        life.outcomes, ledger.runs.all.values(), ledger.runs.goals, ledger.runs.told, ledger.runs.handed,
        [one for one in ledger.events.happened if one.source != SOURCE], ledger.customers.standing.customer.attributes,
    )  # fmt: skip
    account.ways = ways
    account.requests = [
        (one.request.journey, one.new.step, one.request.message, one.state.value, one.reason, sent.get(one.request.id))
        for one in ledger.deliveries.asked.values()
    ]
    return account


def account_of_rehearsal(came):
    """The same of a case of a scenario, as far as a rehearsal tells it."""
    return _account(came.outcomes, came.runs, came.goals, came.alerts, came.handoffs, came.emitted, came.profile)


def _account(outcomes, walked, goals, told, handed, emitted, profile):  # all that is told of a life
    return settled(
        Account(
            decided=[(one.at, one.message, one.step, json.loads(one.trace)) for one in outcomes],
            runs=[
                (
                    run.journey, named(run.key), run.number, run.started_at, run.position, run.since, run.ended_at,
                    run.ending and run.ending.value, run.note, run.moves, goals.get(run.id),
                )
                for run in walked
            ],
            alerts=[(one.at, one.wish.team, one.wish.step, one.wish.message) for one in told],
            handoffs=[(one.at, one.wish.team, one.wish.step, one.wish.until) for one in handed],
            emitted=[(one.occurred_at, one.type, dict(one.data)) for one in emitted],
            profile=dict(profile),
        )
    )  # fmt: skip


def settled(account):
    """Whatever is stored by id comes in the order of time."""
    for rows in (account.runs, account.alerts, account.handoffs, account.emitted):
        rows.sort(key=repr)
    return account

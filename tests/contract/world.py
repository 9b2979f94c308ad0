"""A whole shop for tests: one real ledger, one provider that is a function, and time that the test moves."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from orchestrator.app.accounts import wire
from orchestrator.channels import HttpAnswer, HttpCall, InboxAnswer, InboxLookUp, NoAnswer, build_adapter
from orchestrator.dispatch.accept import CustomerReference, EventDesk, IncomingEvent, WantedMessage, accept_message
from orchestrator.dispatch.drain import Drain
from orchestrator.dispatch.links import Links
from orchestrator.dispatch.register import Profile, register, revise
from orchestrator.dispatch.sweep import sweep
from orchestrator.dispatch.wake import wake
from orchestrator.domain.customer import Channel
from orchestrator.journeys.steps import Channels
from orchestrator.release import read_release
from orchestrator.settings import Settings
from orchestrator.tokens import Keyring, SigningKey
from tests.saying import tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.time import Clock
    from orchestrator.release import Release
    from orchestrator.store.port import Store

    Wire = Callable[[Release], dict]

EMAIL, WHATSAPP, SMS, PUSH = Channel.EMAIL, Channel.WHATSAPP, Channel.SMS, Channel.PUSH
ANA = Profile(
    id="cus_ana",
    emails=("ana@example.com",),
    phones=("+5511912345678",),
    push_tokens=("token-de-ana",),
    attributes={"first_name": "Ana"},
)
ORDER = {"number": "10234", "url": "https://casalume.example/p/10234", "promised_date": "2026-11-30"}
SHIPMENT = {"promised_date": "2026-11-30"}
EVERYTHING = {"order": {**ORDER, "first_item": "Kit Banho"}, "shipment": SHIPMENT}

KEYRING = Keyring(keys=(SigningKey(id="k1", secret=b"a secret of the tests, and no other"),))
LINKS = Links(lambda: KEYRING, "https://loja.example")

numbers = itertools.count(1)


class Provider:
    """Every provider at once: it keeps the calls, and answers as a test says. See `drain.Carrier`."""

    def __init__(self):
        self.calls = []
        self.answer = delivered
        self.looked_up = {}
        self.slice_room = 500
        self._lock = threading.Lock()

    async def carry(self, call, *, begin_before=None, may_begin=None):
        del begin_before
        await asyncio.sleep(0)
        if isinstance(call, InboxLookUp):
            return self.looked_up.get(call.reference, InboxAnswer(None))
        if may_begin is not None and not may_begin():
            return NoAnswer("stale", in_doubt=False)
        with self._lock:
            self.calls.append(call)
            return self.answer(call)

    def room(self):
        return self.slice_room

    @property
    def references(self):
        return [reference(call) for call in self.calls]


def reference(call):
    return json.loads(call.body)["reference"] if isinstance(call, HttpCall) else call.entry.reference


def delivered(call):
    found = f"prov_{reference(call)}"
    return HttpAnswer(200, {}, json.dumps({"id": found}).encode()) if isinstance(call, HttpCall) else InboxAnswer(found)


class PowerCut(BaseException):
    """The process ends here: nothing after it happens, nothing in memory is left, and nobody is asked about it."""


class Marked:
    """What a machine remembers of calls that began. `known` False: it was restarted. See `dispatch.began.Began`."""

    def __init__(self):
        self.slices = {}
        self.known = True

    def expect(self, lease, delivery_ids):
        return Slice(self.slices, lease, delivery_ids)

    def of(self, lease):
        return frozenset(self.slices[lease]) if self.known and lease in self.slices else None

    def forget_before(self, at):
        del at


class Slice:
    def __init__(self, slices, lease, delivery_ids):
        self.slices, self.lease, self.delivery_ids = slices, lease, delivery_ids
        slices[lease] = set()

    def set(self, place):
        self.slices[self.lease].add(self.delivery_ids[place])

    def forget(self):
        del self.slices[self.lease]


@dataclass
class World:
    """One ledger, one shop, one provider, and time."""

    store: Store
    release: Release
    clock: Clock
    provider: Provider = field(default_factory=Provider)
    wire: Wire = field(default_factory=lambda: wire(Settings()))
    began: Marked = field(default_factory=Marked)

    def drain(self, run=None, name="worker"):
        """Drain once, as a worker of that name."""
        return asyncio.run(self.a_drain(run or at_once, name).drain())

    def a_drain(self, run, name="worker"):
        return Drain(
            store=self.store,
            carrier=self.provider,
            clock=self.clock,
            run=run,
            wire=self.wire,
            worker=name,
            began=self.began,
            links=LINKS,
        )

    def sweep(self):
        return asyncio.run(sweep(self.a_drain(at_once, "sweeper")))

    def wake(self):
        return asyncio.run(wake(self.a_drain(at_once, "sweeper")))

    def accept(self, *events, **desk):
        with self.store.write() as transaction:
            return EventDesk(release=self.release, clock=self.clock, **desk).accept(transaction, events)

    def register(self, *profiles):
        with self.store.write() as transaction:
            return register(transaction, profiles, self.clock)

    def revise(self, profile):
        with self.store.write() as transaction:
            return revise(transaction, profile.id, profile, self.clock)

    def said(self, state, topic="reviews", channel="email", *, customer_id="cus_ana", at=None):
        """A customer said so; as doors keep it, without what they ask for."""
        with self.store.write() as transaction:
            tell(transaction, self.clock, [customer_id], state, [topic], [channel], at=at)

    def suppress(self, channel, customer_id="cus_ana", reason="stop"):
        with self.store.write() as transaction:
            addresses = transaction.customers.get(customer_id).addresses
            transaction.customers.lock([customer_id])
            transaction.consents.suppress([one.id for one in addresses], channel, reason, self.clock.now())

    def ask(self, message="order_confirmed", *channels, customer_id="cus_ana", data=None, **wanted):
        """Ask for a message on the first of the channels that works; the id of the request."""
        one = WantedMessage(
            message=message,
            customer_id=customer_id,
            channels=Channels(first_reachable=channels or (EMAIL,)),
            data=EVERYTHING if data is None else data,
            **wanted,
        )
        with self.store.write() as transaction:
            (request,) = accept_message(
                transaction, self.release, self.clock, one, identity=f"test/{next(numbers)}", origin="test"
            )
        return request.id

    def get(self, delivery_id):
        with self.store.read() as transaction:
            return transaction.deliveries.get(delivery_id)

    def ended(self, delivery_id):
        """State and reason."""
        found = self.get(delivery_id)
        return found["state"], found["reason"]

    def tally(self):
        with self.store.read() as transaction:
            return transaction.deliveries.tally()


async def at_once(work):
    return work()


def after_the_claim(happens):
    """Something happens between the look before rendering and the look at the gate."""
    pending = [happens]

    async def run(work):
        result = work()
        if result is not None and pending:
            pending.pop()()
        return result

    return run


def power_cut():
    raise PowerCut


def before_settling(provider, happens):
    """Something happens once the provider has the message, and before the ledger hears of it."""

    async def run(work):
        if provider.calls:
            happens()
        return work()

    return run


def webhooks(release):
    recipe = {"url": "https://api.provider.example/send", "body": {"reference": "{reference}"}, "id_at": "id"}
    return {channel.value: build_adapter("webhook", channel, recipe) for channel in release.project.channels}


def event(event_type, event_id, *, customer=None, at, **data):
    return IncomingEvent(
        source="shop",
        id=event_id,
        type=event_type,
        occurred_at=at,
        data=data,
        customer=CustomerReference(id=customer) if customer else None,
    )


def placed(order_id="ord_1", *, at, customer="cus_ana", event_id=None, **data):
    return event(
        "order.placed", event_id or f"placed/{order_id}", customer=customer, at=at, order_id=order_id, **ORDER | data
    )


def with_project(release, **settings):
    """The release with other settings in its project file; the same one for whoever asks again: nobody changes it."""
    return _with_project(release.content, json.dumps(settings))


@lru_cache(maxsize=16)
def _with_project(content, settings):
    document = json.loads(content)
    document["project"] |= json.loads(settings)
    return read_release(json.dumps(document))

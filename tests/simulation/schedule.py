"""One schedule: workers, a provider, time and people, in an order that a seed decides.

Nothing is real but our own code. Whatever waits (for the ledger, for the provider) waits for its turn, and the seed
says whose turn it is, how late, who dies and what the provider does. The same seed is the same schedule for ever.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from orchestrator.channels import HttpAnswer, HttpCall, NoAnswer, build_adapter
from orchestrator.dispatch.current import Current
from orchestrator.dispatch.drain import Drain
from orchestrator.dispatch.links import ExampleLinks
from orchestrator.dispatch.sweep import sweep
from orchestrator.domain.customer import Address, AddressKind, Channel, ConsentState, Customer
from orchestrator.domain.delivery import FINAL, Request, State
from orchestrator.domain.message import Purpose
from orchestrator.domain.pause import Pause, PauseScope
from orchestrator.testing import FakeClock
from tests.contract.world import Marked, with_project
from tests.simulation.memory import Memory, Row, consent

BEGINNING = 1_795_608_000_000  # 2026-11-25 09:00 in São Paulo
CAP = {"id": "semana", "purposes": ["marketing"], "limit": 2, "per": "7d", "window": "rolling", "on_block": "drop"}
TOPICS = {"review_request": "reviews", "order_confirmed": "order_updates"}
DATA = {
    "order": {"number": "10234", "url": "https://casalume.example/p/10234", "promised_date": "2026-11-30",
              "first_item": "Kit Banho"},
    "shipment": {"promised_date": "2026-11-30"},
}  # fmt: skip
CUSTOMERS = 3

# What may happen next, and how often.
EVENTS = {"turn": 60, "time": 12, "drain": 12, "sweep": 4, "crash": 5, "opt_out": 4, "pause": 2}
# What a provider does with a call.
ANSWERS = {"accept": 70, "accept_and_hang_up": 6, "hang_up": 4, "refuse": 4, "throttle": 5, "fail": 5, "never_met": 6}


class Killed(BaseException):
    """A process that is no more. Nothing of ours catches it."""


def prepared(release):
    """What every schedule shares: the release with a cap, and how each provider is spoken to."""
    strict = with_project(release, quiet_hours=[], suppress_rules=[], frequency_caps=[CAP])
    recipe = {"url": "https://api.provider.example/send", "body": {"reference": "{reference}"}, "id_at": "id"}
    asked = recipe | {
        "look_up": {"url": "https://api.provider.example/sent/{reference}", "found_at": "id", "missing": "404"}
    }
    return {
        looks_up: Current(
            strict.id,
            strict,
            {one.value: build_adapter("webhook", one, asked if looks_up else recipe) for one in Channel},
        )
        for looks_up in (True, False)
    }


@dataclass
class Schedule:
    """One seed. `play` returns what went wrong, as sentences; nothing is what we promise."""

    seed: int
    prepared: dict
    marks: Marked = field(default_factory=Marked)
    chance: random.Random = field(init=False)

    def __post_init__(self):
        self.chance = random.Random(self.seed)
        self.looks_up = self.chance.random() < 0.5
        self.current = self.prepared[self.looks_up]
        self.clock = FakeClock(BEGINNING, seed=self.seed)
        self.memory = Memory(self.current.id)
        self.accepted = []
        self.acknowledged = {}
        self.waiting = []
        self.workers = {}
        self.tasks = {}
        self.calm = False
        self.crashes = 0

    def play(self):
        self._people()
        asyncio.run(self._live())
        return list(self._wrong())

    # --- before -------------------------------------------------------------------------------------------------------

    def _people(self):
        for number in range(CUSTOMERS):
            customer = Customer(
                id=f"cus_{number}",
                attributes={"first_name": "Ana"},
                addresses=(Address(id=f"adr_{number}", kind=AddressKind.EMAIL, value=f"p{number}@example.com"),),
            )
            self.memory.customers[customer.id] = customer
            consent(self.memory, customer.id, "reviews", "email")
        for number in range(self.chance.randrange(3, 9)):
            message = self.chance.choice(sorted(TOPICS))
            purpose = Purpose.MARKETING if message == "review_request" else Purpose.TRANSACTIONAL
            request = Request(
                id=f"msg_{number:026d}",
                message=message,
                customer_id=f"cus_{self.chance.randrange(CUSTOMERS)}",
                topic=TOPICS[message],
                purpose=purpose,
                candidates=(Channel.EMAIL,),
                objects={},
                data=DATA,
                locale=None,
                priority="normal",
                due_at=BEGINNING + self.chance.randrange(0, 3) * 30_000,
                not_after=None,
                accepted_at=BEGINNING,
            )
            self.memory.rows[request.id] = Row(request, due_at=request.due_at, next_action_at=BEGINNING)

    # --- while it lasts -----------------------------------------------------------------------------------------------

    async def _live(self):
        for _ in range(self.chance.randrange(20, 120)):
            await self._happens(self.chance.choices(list(EVENTS), EVENTS.values())[0])
        self.calm = True
        self.memory.pauses.clear()
        self._wake()
        for name in list(self.workers):
            await self._crash(name)
        for _ in range(60):
            if not self._open():
                break
            self.clock.advance(seconds=self.chance.choice((20, 61, 400, 3_600)))
            await self._to_the_end(self._drain_of("last").drain())
            await self._to_the_end(sweep(self._drain_of("last")))

    async def _happens(self, event):
        match event:
            case "turn" if self.waiting:
                await self._turn()
            case "time":
                self.clock.advance(seconds=self.chance.choice((0.01, 0.5, 3, 20, 61, 61, 300)))
            case "drain":
                name = f"worker-{self.chance.randrange(3)}"
                if not self.tasks.get(name):
                    self._start(name, self._drain_of(name).drain())
                await self._breathe()
            case "sweep":
                name = f"sweeper-{self.chance.randrange(2)}"
                if not self.tasks.get(name):
                    self._start(name, sweep(self._drain_of(name)))
                await self._breathe()
            case "crash" if self.workers:
                await self._crash(self.chance.choice(sorted(self.workers)))
            case "opt_out":
                customer = f"cus_{self.chance.randrange(CUSTOMERS)}"
                consent(self.memory, customer, "reviews", "email", ConsentState.WITHDRAWN)
                self.acknowledged.setdefault(customer, len(self.memory.intents))
            case "pause":
                self._pause()

    def _pause(self):
        """Stop everything, or go on; what was held meanwhile is decided anew."""
        if self.memory.pauses:
            self.memory.pauses.clear()
            self._wake()
            return
        kill_switch = Pause(id="pau_1", scope=PauseScope.ALL, subject="", reason="", by="somebody", at=self.clock.now())
        self.memory.pauses[PauseScope.ALL.value, ""] = kill_switch

    def _wake(self):
        for row in self.memory.rows.values():
            if row.state is State.HELD:
                row.state, row.reason, row.next_action_at = State.ACCEPTED, "", self.clock.now()

    async def _turn(self):
        waiting = self.waiting.pop(self.chance.randrange(len(self.waiting)))
        if not waiting.done():
            waiting.set_result(None)
        await self._breathe()

    async def _to_the_end(self, work):
        self._start("last", work)
        await self._breathe()
        while self.tasks.get("last"):
            await (self._turn() if self.waiting else self._breathe())

    async def _breathe(self):
        """Whoever can go on without a turn does."""
        for _ in range(12):
            await asyncio.sleep(0)
        for name, task in list(self.tasks.items()):
            if task is not None and task.done():
                self.tasks[name] = None
                error = None if task.cancelled() else task.exception()
                if error is not None and not isinstance(error, Killed):
                    raise error

    def _start(self, name, work):
        self.tasks[name] = asyncio.get_running_loop().create_task(work)

    async def _crash(self, name):
        """Nothing that it does reaches anybody from now on."""
        self.crashes += 1
        worker = self.workers.pop(name)
        worker.alive = False
        for waiting in self.waiting:
            if waiting.owner is worker and not waiting.done():
                waiting.set_exception(Killed())
        self.waiting = [one for one in self.waiting if one.owner is not worker]
        await self._breathe()
        self.tasks[name] = None

    def _drain_of(self, name):
        worker = self.workers.get(name)
        if worker is None:
            worker = self.workers[name] = Worker(self, name)
        return worker.drain

    def _open(self):
        """What still has to end: a doubt too, where the provider can be asked."""
        return [
            row
            for row in self.memory.rows.values()
            if row.state not in FINAL
            and not (row.state is State.UNKNOWN and (row.settled_at is not None or not self.looks_up))
        ]

    # --- afterwards ---------------------------------------------------------------------------------------------------

    def _wrong(self):
        times = Counter(self.accepted)
        for row in self.memory.rows.values():
            for what in _wrong_with(row, times[row.request.id], looks_up=self.looks_up):
                yield f"{row.request.id} ({row.request.message}, {row.state} {row.reason}) {what}"
        for row in self._open():
            yield f"{row.request.id} ({row.state} {row.reason}) was lost"
        yield from self._after_an_opt_out()
        for customer in self.memory.customers:
            got = [row for row in self._marketing_of(customer) if times[row.request.id]]
            if len(got) > CAP["limit"]:
                yield f"{customer} got {len(got)} messages"

    def _after_an_opt_out(self):
        for place, (delivery_id, _, said) in enumerate(self.memory.intents):
            request = self.memory.rows[delivery_id].request
            late = place >= self.acknowledged.get(request.customer_id, len(self.memory.intents))
            if request.purpose is Purpose.MARKETING and (late or said is not ConsentState.GRANTED):
                yield f"{delivery_id} was intended after the opt-out of {request.customer_id}"

    def _marketing_of(self, customer):
        return [
            row
            for row in self.memory.rows.values()
            if row.request.customer_id == customer and row.request.purpose is Purpose.MARKETING
        ]


def _wrong_with(row, times, *, looks_up):
    """What the provider's own list says against what the ledger says of one delivery."""
    once_at_most = row.request.purpose is Purpose.MARKETING or looks_up
    if times > 1 and once_at_most:
        yield f"was sent {times} times"
    if times > 1 and not row.possible_duplicate:
        yield "was sent twice and is not marked"
    if times and row.state not in (State.SENT, State.UNKNOWN) and not row.possible_duplicate:
        yield "was taken by the provider"
    if row.state is State.SENT and not times:
        yield "was never taken by the provider"


class Turn(asyncio.Future):
    """A place in the queue of whoever waits."""

    def __init__(self, owner):
        super().__init__()
        self.owner = owner


class Worker:
    """A process: its drain, and the way from it to the ledger and to the provider."""

    def __init__(self, schedule, name):
        self.alive = True
        self._schedule = schedule
        self.drain = Drain(
            store=schedule.memory,
            carrier=self,
            clock=schedule.clock,
            run=self._run,
            wire=lambda _release: schedule.current.adapters,
            worker=f"{name}-{schedule.crashes}",
            began=schedule.marks,
            links=ExampleLinks(),
            current=schedule.current,
        )

    def room(self):
        return 4

    async def carry(self, call, *, begin_before=None, may_begin=None):
        schedule = self._schedule
        await self._wait()
        if may_begin is not None and not may_begin():
            return NoAnswer("stale", in_doubt=False)
        await self._wait()
        # Where a transport looks at the clock: as late as can be.
        if begin_before is not None and schedule.clock.monotonic() > begin_before:
            return NoAnswer("stale", in_doubt=False)
        answer = _answer(schedule, call)
        await self._wait()
        return answer

    async def _run(self, work):
        await self._wait()
        done = work()
        # It may be stopped between its commit and what it does then.
        await self._wait()
        return done

    async def _wait(self):
        if not self.alive:
            raise Killed
        turn = Turn(self)
        self._schedule.waiting.append(turn)
        await turn
        if not self.alive:
            raise Killed


def _answer(schedule, call):
    assert isinstance(call, HttpCall)
    if call.method == "GET":
        known = call.url.rsplit("/", 1)[1] in schedule.accepted
        return HttpAnswer(200, {}, b'{"id": "known"}') if known else HttpAnswer(404, {}, b"{}")
    reference = call.body.decode().split('"')[3]
    does = "accept" if schedule.calm else schedule.chance.choices(list(ANSWERS), ANSWERS.values())[0]
    if does.startswith("accept"):
        schedule.accepted.append(reference)
    return {
        "accept": HttpAnswer(200, {}, b'{"id": "taken"}'),
        "accept_and_hang_up": NoAnswer("reset", in_doubt=True),
        "hang_up": NoAnswer("timeout", in_doubt=True),
        "refuse": HttpAnswer(400, {}, b"{}"),
        "throttle": HttpAnswer(429, {"retry-after": "30"}, b"{}"),
        "fail": HttpAnswer(500, {}, b"{}"),
        "never_met": NoAnswer("connect", in_doubt=False),
    }[does]

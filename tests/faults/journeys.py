"""Processes die in the middle of their work while customers go through a journey, cancel, and say no."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from orchestrator.domain.customer import Channel
from tests.faults import harness, provider
from tests.faults.client import Client
from tests.faults.crew import SERVER, Crew
from tests.faults.harness import KEYED, LOOKED_UP, REVIEW, REVIEWS, SHIPPED, Asked
from tests.faults.items import Item, Setting, item, judged
from tests.faults.judge import SAID_SO, Judge

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tests.faults.harness import Shop

CONFIRMED = "order_confirmed"
# Where a repeated call is told from the first: what is taken twice was asked for twice.
ACCOUNTS = {Channel.EMAIL: KEYED, Channel.WHATSAPP: LOOKED_UP, Channel.PUSH: KEYED, Channel.SMS: KEYED}
JOURNEY = f"""
kind: journey
id: fragile
title: Do pedido à avaliação
owner: operacoes
topic: order_updates
trigger: {{event: order.placed}}
entry: {{key: order.id}}
exit_on:
  - {{event: order.cancelled, match: order.id}}
steps:
  - {{id: confirmed, send: {CONFIRMED}, channels: {{all: [email]}}}}
  - {{id: rest, wait: 1d}}
  - {{id: again, send: {CONFIRMED}, channels: {{all: [email]}}}}
  - id: dispatched
    wait_for:
      event: shipment.dispatched
      timeout: 1d
      on_timeout:
        - {{id: told, alert: {{team: operacoes, message: "{{{{ order.number }}}}"}}}}
  - {{id: shipped, send: {SHIPPED}, channels: {{all: [email]}}}}
  - {{id: breathe, wait: 1d}}
  - {{id: invited, send: {REVIEW}, channels: {{all: [whatsapp]}}}}
"""

POINTS = ("after_claim", "before_gate", "after_gate", "after_begin", "after_provider_accept", "before_settle")
ARMED = {SERVER: ("after_accept",), "timer": ("after_call",), "worker": POINTS}
TIME_FLIES_EVERY_SECONDS = 0.1
LONG_AGO, LONG_AGO_MS = "2020-01-01T00:00:00", 1_577_836_800_000


@item()
def journeys(setting: Setting) -> Item:
    """Workers, timers and the API die while customers go through a journey, cancel their order, and opt out."""
    orders, deaths = setting.size(2_000, fast=40), setting.size(100, fast=3)
    with (
        provider.running(setting.folder, seed=setting.seed) as far,
        harness.shop(
            setting, far, accounts=ACCOUNTS, messages=(CONFIRMED, SHIPPED, REVIEW), journeys={"fragile": JOURNEY}
        ) as shop,
    ):
        far.behave(KEYED, remembers_keys=True)
        story = _Story.of(shop.enrol(orders), setting.random)
        with (
            # A lease of a worker who died is waited for a minute: in the small size, that is what `kills` is for.
            Crew(shop, int(setting.fast)),
            Crew(shop, int(not setting.fast), arm=_arming(setting.random)) as crew,
            Client(shop, crew) as client,
            _time_flies(shop),
        ):
            for number in range(2):
                crew.add_timer(f"timer{number}")
            crew.until_ready()
            each = len(story.left) // (deaths + 1)
            crew.storm(deaths, setting.random, lambda: story.tell(client, crew, each))
            story.tell(client, crew, len(story.left))
            setting.say(f"{len(crew.deaths)} dead: waiting for the last step")
            harness.until(lambda: crew.tend() is None or not shop.one(_DUE), what="the last alarm")
            shop.until_done(crew.tend, doubts=True)
        found = _Found.of(shop, story)
        figures = {
            "orders": orders,
            "deaths": len(crew.deaths),
            "at_named_points": sum(bool(death.point) for death in crew.deaths),
            "cancelled": len(story.cancelled),
            "opted_out": len(story.opted_out),
            "runs": shop.one("SELECT count(*) FROM runs"),
            "taken": sum(found.taken.values()),
            "taken_twice": sum(times > 1 for times in found.taken.values()),
            "missing": found.missing,
            "after_the_end": found.after_the_end,
            "after_an_opt_out": found.after_an_opt_out,
            "alerts": shop.one("SELECT count(*) FROM alerts"),
            "runs_without_an_alarm": shop.one(_STUCK),
            "alarms_without_a_run": shop.one(_STRAY),
        }
    return judged(
        "journeys",
        figures,
        {
            "Every order has one run.": figures["runs"] == orders,
            "Every step happens once.": not figures["taken_twice"] and not figures["missing"],
            "A team is told once, and of each that waits.": found.alerts_fit,
            "Nobody is told anything after their order was cancelled.": not found.after_the_end,
            "Nobody is invited after they said no.": not found.after_an_opt_out,
            "Every run that stands is called again, and no other.":
                not figures["runs_without_an_alarm"] and not figures["alarms_without_a_run"],
        },
    )  # fmt: skip


_DUE = "SELECT count(*) FROM timers WHERE kind = 'alarm' AND (id LIKE '%/wake/%' OR id LIKE '%/timeout/%')"
_ITS = "id LIKE 'alarm/' || runs.id || '/%'"
_STUCK = f"SELECT count(*) FROM runs WHERE ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM timers WHERE timers.{_ITS})"
_STRAY = f"""
    SELECT count(*) FROM timers WHERE kind = 'alarm'
    AND NOT EXISTS (SELECT 1 FROM runs WHERE ended_at IS NULL AND timers.{_ITS})
"""


def _arming(chance: random.Random) -> Callable[[str], str]:
    """Most of those who start will kill themselves somewhere."""

    def arm(name: str) -> str:
        if chance.random() < 0.2:
            return ""
        return f"{chance.choice(ARMED[name.rstrip('0123456789')])}:{chance.randint(1, 4)}"

    return arm


@contextmanager
def _time_flies(shop: Shop) -> Iterator[None]:
    """Whatever a run waits for is over at once, again and again: accounts of providers forbid to move the clock."""
    over = text(f"UPDATE timers SET wall = :wall, zone = 'UTC', due_at = :at WHERE due_at > :at AND id IN ({_DUE_IDS})")
    stop = threading.Event()

    def fly() -> None:
        while not stop.wait(TIME_FLIES_EVERY_SECONDS):
            with shop.store.engine.begin() as connection:
                connection.execute(over, {"wall": LONG_AGO, "at": LONG_AGO_MS})

    with ThreadPoolExecutor(1, thread_name_prefix="time") as pool:
        flying = pool.submit(fly)
        try:
            yield
        finally:
            stop.set()
            flying.result()


_DUE_IDS = _DUE.replace("count(*)", "id")


@dataclass
class _Story:
    """What happens to people, in its order, and when they were told that it is known (wall seconds, by customer).

    Everybody has one order, whose number is in their own id.
    """

    left: list[tuple[str, str]]
    dispatched: set[str] = field(default_factory=set)
    cancelled: dict[str, float] = field(default_factory=dict)
    opted_out: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, customers: Sequence[str], chance: random.Random) -> _Story:
        """Each order is placed; what comes of it comes at any time afterwards."""
        told: list[tuple[float, str, str]] = []
        for customer in customers:
            placed = chance.random()
            told.append((placed, "placed", customer))
            for what, share in (("dispatched", 0.7), ("cancelled", 0.25), ("opted_out", 0.25)):
                if chance.random() < share:
                    told.append((placed + chance.random(), what, customer))
        return cls([(what, customer) for _, what, customer in sorted(told)])

    def tell(self, client: Client, crew: Crew, count: int) -> None:
        """The next of it happens, through the API."""
        for what, customer in self.left[:count]:
            if what == "opted_out":
                no = {"topic": REVIEWS, "channel": "whatsapp", "state": "withdrawn", "method": "form"}
                client.until_accepted("PATCH", f"/v1/customers/{customer}", {"consents": [no]}, crew=crew)
                self.opted_out[customer] = time.time()
                continue
            event_type, data = _EVENTS[what]
            event = {"id": f"{what}-{customer}", "type": event_type, "data": {"order_id": customer, **data(customer)}}
            client.until_accepted(
                "POST", "/v1/events", event | {"source": "shop", "customer": {"id": customer}}, crew=crew
            )
            if what == "cancelled":
                self.cancelled[customer] = time.time()
            elif what == "dispatched":
                self.dispatched.add(customer)
        del self.left[:count]

    def expects(self, customer: str) -> frozenset[str]:
        """The steps that have to happen."""
        if customer in self.cancelled:
            return frozenset()
        if customer not in self.dispatched:
            return frozenset({"confirmed", "again"})
        invited = frozenset[str]() if customer in self.opted_out else frozenset({"invited"})
        return frozenset({"confirmed", "again", "shipped"}) | invited


def _placed(customer: str) -> dict[str, Any]:
    order = harness.data_about(customer.removeprefix("cus_"))
    return {**order["order"], **order["shipment"]}


_EVENTS: Mapping[str, tuple[str, Callable[[str], Mapping[str, Any]]]] = {
    "placed": ("order.placed", _placed),
    "dispatched": ("shipment.dispatched", lambda customer: harness.data_about(customer)["shipment"]),
    "cancelled": ("order.cancelled", lambda _: {}),
}


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What the provider saw, step by step; of the ledger, only which step a message is of, and what it openly says."""

    taken: Mapping[tuple[str, str], int]
    missing: int
    after_the_end: int
    after_an_opt_out: int
    alerts_fit: bool

    @classmethod
    def of(cls, shop: Shop, story: _Story) -> _Found:
        rows = shop.rows("SELECT id, customer_id, step, message, state FROM deliveries")
        steps = {delivery: (customer, step) for delivery, customer, step, *_ in rows}
        said = {(customer, step) for _, customer, step, _, state in rows if state in SAID_SO}
        asked = [
            Asked(id=delivery, customer=customer, message=message, account="", canary=delivery)
            for delivery, customer, _, message, _ in rows
        ]
        judge = Judge.of(shop, asked)
        taken = Counter(steps[call.reference] for call in judge.taken)
        customers = [row[0] for row in shop.rows("SELECT customer_id FROM runs")]
        wanted = itertools.chain.from_iterable(
            ((customer, step) for step in story.expects(customer)) for customer in customers
        )
        invitations = Judge(judge.calls, [one for one in asked if one.message == REVIEW], judge.rows, judge.intents)
        alerts = Counter(row[0] for row in shop.rows("SELECT customer_id FROM alerts"))
        waiting = [one for one in customers if one not in story.dispatched and one not in story.cancelled]
        return cls(
            taken=taken,
            missing=sum(not taken[one] and one not in said for one in wanted),
            after_the_end=judge.intents_after(story.cancelled),
            after_an_opt_out=invitations.intents_after(story.opted_out),
            alerts_fit=all(alerts[one] == 1 for one in waiting) and max(alerts.values(), default=0) == 1,
        )

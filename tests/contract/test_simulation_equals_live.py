"""What a simulation says will happen is what happens: the same journeys, people and events, imagined and for real.

A few worlds each time. So many of them, on each store:

    JOGRAL_TEST_WORLDS=100 pytest tests/contract/test_simulation_equals_live.py
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from itertools import zip_longest

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestrator.dispatch.current import Current
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.fact import LiveFact
from orchestrator.journeys.cron import fires_after
from orchestrator.release import read_release
from orchestrator.scenarios.model import EventHappens, FactsChange
from orchestrator.simulation.life import Happening, Life
from orchestrator.simulation.outside import happen
from tests.contract.hour_by_hour import Imagined, Shop, account_of, way_of
from tests.contract.made_up import FANS, HOUR, STOCK, happenings, journeys, people
from tests.saying import tell

START = 1_795_608_000_000  # Wednesday 25 November 2026, 09:00 in São Paulo
END = START + 8 * 24 * HOUR
PEOPLE = 6
IN_STOCK = 100
AGREED = ("surveys", "offers", "cart_reminders")


@pytest.fixture(params=["sqlite", "postgresql"])
def ledgers_of_worlds(request):
    """Ledgers, and how many worlds to make up. Ways are the same on both; what differs is how rows are kept."""
    few = {"sqlite": 3, "postgresql": 2}[request.param]
    return request.getfixturevalue(request.param), int(os.environ.get("JOGRAL_TEST_WORLDS", few))


def in_worlds(ledgers_of_worlds, release, compare):
    """Compare in several worlds, each on an empty ledger."""
    ledgers, count = ledgers_of_worlds

    # A world is made by chance as a whole: there is no smaller one to look for. Unasked, they are the same each time.
    @settings(
        max_examples=count,
        database=None,
        derandomize="JOGRAL_TEST_WORLDS" not in os.environ,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(st.randoms(use_true_random=False))
    def holds(chance):
        world = World.by(chance, release)
        with ledgers.migrated() as store:
            compare(world, store)

    holds()


def test_a_simulation_is_what_would_happen(ledgers_of_worlds, release):
    """Requests, each decision and why, runs and the ways they took, alerts, hand-offs, events of ours, and profiles."""
    in_worlds(ledgers_of_worlds, release, happens_as_imagined)


def test_a_past_that_is_played_is_what_a_simulation_makes_of_it(ledgers_of_worlds, release):
    """A replay sets the clock itself, and takes many customers at once; schedules, and what people say, it has not."""
    in_worlds(ledgers_of_worlds, release, plays_as_imagined)


# --- worlds ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """A release, people with what happens to each (when, what), and what comes of the stock (when, how many)."""

    release: object
    told: list
    stock: list

    @classmethod
    def by(cls, chance, release):
        """One that is made up."""
        content = json.loads(release.content)
        made = {one["id"]: one for one in journeys(chance)}
        told = [
            (profile, [(START + after * HOUR, what) for after, what in happenings(profile.id, chance)])
            for profile in people(PEOPLE, chance)
        ]
        # At half past, so that nothing else happens in that instant: it is everybody's stock.
        stock = [(START + chance.randint(1, 90) * HOUR + HOUR // 2, chance.choice((10, 50, 500))) for _ in range(3)]
        return cls(
            read_release(json.dumps(content | {"journeys": made, "segments": {"fans": FANS}})), told, sorted(stock)
        )

    @property
    def hours(self):
        """(when, journey, place of its trigger) of schedules."""
        found = []
        for (journey, place), trigger in self.release.scheduled.items():
            at = START
            while (at := fires_after(trigger.schedule, at, self.release.project.timezone)) < END:
                found.append((at, journey, place))
        return sorted(found)

    def told_of_events_only(self):
        """The same world, in which nobody says or stops anything."""
        told = [(one, [(at, what) for at, what in all_ if isinstance(what, EventHappens)]) for one, all_ in self.told]
        return replace(self, told=told, stock=[])


def happens_as_imagined(world, store):
    """For real hour by hour, and imagined customer by customer."""
    shop, standings = opened(world, store)
    live(shop, world)
    accounts = shop.accounts()
    for profile, happened in world.told:
        assert imagined(world, standings[profile.id], happened, world.hours) == accounts[profile.id]


def plays_as_imagined(world, store):
    """By the player of replays, and imagined customer by customer."""
    world = world.told_of_events_only()
    shop, standings = opened(world, store)
    shop.play({profile.id: happened for profile, happened in world.told}, END)
    accounts = shop.accounts()
    for profile, happened in world.told:
        account = imagined(world, standings[profile.id], happened, [])
        assert replace(account, ways=[]) == accounts[profile.id]


def opened(world, store):
    """The shop when it begins, and everybody as a gate knows them then."""
    shop = Shop(store, world.release, START)
    ids = [profile.id for profile, _ in world.told]
    shop.world.register(*(profile for profile, _ in world.told))
    with store.write() as transaction:
        tell(transaction, shop.clock, ids[1:], ConsentState.GRANTED, AGREED, ["email", "sms"])
    shop.put({STOCK: IN_STOCK})
    shop.fire()
    with store.read() as transaction:
        return shop, transaction.customers.standings(ids, sorted(world.release.project.topics))


def live(shop, world):
    """In each instant schedules fire first; then to each customer one thing happens after the other."""
    hours, stock = {at for at, _, _ in world.hours}, dict(world.stock)
    instants = {at for _, happened in world.told for at, _ in happened}
    for instant in sorted(instants | hours | stock.keys()):
        shop.live_until(instant)
        if instant in hours:
            shop.fire()
        if instant in stock:
            shop.put({STOCK: stock[instant]})
        theirs = [[(one.id, what) for at, what in happened if at == instant] for one, happened in world.told]
        for together in zip_longest(*theirs):
            shop.live_until(instant)
            shop.happen([one for one in together if one is not None])
    shop.live_until(END)


def imagined(world, standing, happened, hours):
    """The account of one customer's life."""
    ways = []
    stock = LiveFact(path=STOCK, value=IN_STOCK, version=1, source="test", as_of=START, recorded_at=START)
    life = Life(
        Current("imagined", world.release, {}), standing, Imagined(START), live={STOCK: stock},
        witness=lambda moved, now: ways.append(way_of(moved, now)),
    )  # fmt: skip
    acts = [(at, 0, lambda at=at, key=key: life.meanwhile(at, lambda: enter(life, *key))) for at, *key in hours]
    acts += [(at, 1, lambda at=at, value=value: put(life, at, value)) for at, value in world.stock]
    acts += [(at, 2, lambda at=at, what=what: happens(life, at, what)) for at, what in happened]
    for _, _, act in sorted(acts, key=lambda act: act[:2]):
        act()
    life.live_until(END)
    return account_of(life, ways)


def enter(life, journey, place):
    if life.ledger.customers.standing.customer.attributes.get("fan") is True:
        life.enter(journey, place)


def put(life, at, value):
    happen(life, FactsChange(at="0h", facts={STOCK: value}), at, {})


def happens(life, at, what):
    if isinstance(what, EventHappens):
        life.happen(Happening(at=at, type=what.event, data=what.data))
    else:
        happen(life, what, at, {})

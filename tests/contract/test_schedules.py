"""Schedules: at their hour everybody in a segment enters, each once, on every store."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile
from orchestrator.dispatch.runs.scheduling import Scheduler
from orchestrator.dispatch.tick import NoBell, tick
from orchestrator.release import read_release
from orchestrator.store.port import BusinessClock
from orchestrator.store.tables import runs, schedules
from tests.contract.world import PowerCut

# The clock of the tests stands on Wednesday 25 November 2026, 09:00 in São Paulo.
AT_TEN = "0 10 * * *"

FANS = {
    "kind": "segment", "id": "fans", "title": "Fãs", "owner": "marketing",
    "where": {"field": "customer.fan", "op": "is", "value": True},
}  # fmt: skip
COME_BACK = {
    "kind": "journey", "id": "come_back", "title": "Sentimos sua falta", "owner": "marketing", "topic": "offers",
    "trigger": {"schedule": AT_TEN, "segment": "fans"},
    "entry": {"again_after": "180d"},
    "steps": [{"id": "ligar", "alert": {"team": "loja", "message": "Ligar"}}, {"id": "esperar", "wait": "7d"}],
}  # fmt: skip


@pytest.fixture
def world(world):
    """The shop with seven fans, and somebody who is none."""
    world.register(*(Profile(id=f"cus_{number}", attributes={"fan": True}) for number in range(7)))
    run_only(world, COME_BACK)
    fire(world)
    return world


def run_only(world, *journeys):
    """Publish a release with these journeys and no others."""
    content = json.loads(world.release.content)
    content |= {"journeys": {journey["id"]: journey for journey in journeys}, "segments": {"fans": FANS}}
    world.release = read_release(json.dumps(content))
    publish(world.store, world.release, world.clock.now())


def fire(world, **how):
    """Fire until nobody has anything left to do."""
    scheduler = Scheduler(release=world.release, clock=world.clock)
    while scheduler.fire(world.store, world.clock.now(), **how):
        pass


def rows(world, table, *order):
    with world.store.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table).order_by(*order))]


def entered(world):
    """Whose runs began, one for each."""
    return sorted(run["customer_id"] for run in rows(world, runs, runs.c.id))


FANS_OF_ALL = [f"cus_{number}" for number in range(7)]


def test_nobody_enters_before_the_hour_and_the_whole_segment_does_at_it(world):
    world.clock.advance(minutes=59)
    fire(world)
    assert entered(world) == []

    world.clock.advance(minutes=1)
    fire(world)
    assert entered(world) == FANS_OF_ALL
    assert {(run["position"], run["key"]) for run in rows(world, runs, runs.c.id)} == {
        ("esperar", customer) for customer in FANS_OF_ALL
    }


def test_an_hour_is_fired_once_whoever_looks_and_in_however_many_rounds(world):
    world.clock.advance(hours=1)
    scheduler = Scheduler(release=world.release, clock=world.clock)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: scheduler.fire(world.store, world.clock.now(), 2), range(12)))
    fire(world, limit=2)

    assert entered(world) == FANS_OF_ALL


def test_whoever_dies_between_two_rounds_leaves_nobody_out_and_takes_nobody_twice(world):
    world.clock.advance(hours=1)
    scheduler, deaths = Scheduler(release=world.release, clock=world.clock), iter(range(2))

    def die(_point):
        if next(deaths, None) == 1:
            raise PowerCut

    scheduler.fire(world.store, world.clock.now(), 3, passing=die)
    with pytest.raises(PowerCut):
        scheduler.fire(world.store, world.clock.now(), 3, passing=die)
    assert len(entered(world)) == 3
    fire(world, limit=3)
    assert entered(world) == FANS_OF_ALL


@pytest.mark.parametrize(("hours", "count"), [(7, 7), (7.1, 0)])
def test_an_hour_that_nobody_was_there_for_is_made_up_for_within_its_grace(world, hours, count):
    """Six hours by default: ten o'clock is still fired at four in the afternoon, once, and not any later."""
    world.clock.advance(hours=hours)
    fire(world)
    fire(world)
    assert len(entered(world)) == count


def test_days_of_which_several_were_missed_are_made_up_for_once(world):
    run_only(world, COME_BACK | {"entry": None, "trigger": {"schedule": AT_TEN, "segment": "fans", "grace": "7d"}})
    world.clock.advance(days=3)
    fire(world)
    assert entered(world) == FANS_OF_ALL


def test_who_entered_enters_again_after_so_long_and_without_an_entry_every_time(world):
    world.clock.advance(hours=1)
    fire(world)
    world.clock.advance(days=1)
    fire(world)
    assert len(entered(world)) == 7

    run_only(world, COME_BACK | {"id": "every_day", "entry": None})
    fire(world)
    for _ in range(2):
        world.clock.advance(days=1)
        fire(world)
    assert len(entered(world)) == 7 + 14


def test_a_journey_that_is_new_waits_for_its_next_hour(world):
    """What came into force at five past ten was not meant for ten."""
    world.clock.advance(hours=1, minutes=5)
    run_only(world, COME_BACK | {"id": "late"})
    fire(world)
    assert entered(world) == []
    assert [one["journey"] for one in rows(world, schedules, schedules.c.journey)] == ["late"]

    run_only(world, COME_BACK | {"id": "late", "trigger": {"schedule": "0 8 * * *", "segment": "fans"}})
    fire(world)
    assert entered(world) == []


def test_who_is_not_in_the_share_of_a_rollout_does_not_enter(world):
    run_only(world, COME_BACK | {"rollout": "50%"})
    world.clock.advance(hours=1)
    fire(world)
    half = entered(world)
    assert 0 < len(half) < 7

    run_only(world, COME_BACK | {"rollout": "50%", "entry": None})
    world.clock.advance(days=1)
    fire(world)
    assert entered(world) == sorted([*half, *half])


def test_who_changed_enters_by_what_is_true_at_the_hour(world):
    world.revise(Profile(id="cus_3", attributes={"fan": False}))
    world.clock.advance(hours=1)
    fire(world)
    assert entered(world) == [one for one in FANS_OF_ALL if one != "cus_3"]


def test_the_timer_fires_schedules_and_goes_on_until_everybody_is_in(world):
    """Every second it looks; what it began is called and rung for like anything else."""
    world.clock.advance(hours=1)
    tick(world.store, NoBell(), world.clock.now(), scheduler=Scheduler(release=world.release, clock=world.clock))
    assert entered(world) == FANS_OF_ALL


def test_the_row_of_a_trigger_that_is_gone_goes_too(world):
    run_only(world)
    fire(world)
    assert rows(world, schedules, schedules.c.journey) == []


def test_nothing_of_the_present_happens_while_a_past_is_played(world):
    with world.store.write() as transaction:
        transaction.ledger.set_clock(BusinessClock(frozen_at=world.clock.now()))
    world.clock.advance(hours=1)
    fire(world)
    assert entered(world) == []


def test_an_hour_that_a_new_release_overtakes_goes_on_by_the_new_one(world):
    """A scheduler that has not heard of it begins nobody where nothing may be; who entered does not enter again."""
    world.clock.advance(hours=1)
    older = Scheduler(release=world.release, clock=world.clock)
    older.fire(world.store, world.clock.now(), 3)
    run_only(world, {**COME_BACK, "steps": [{"id": "descansar", "wait": "7d"}]})

    assert older.fire(world.store, world.clock.now(), 3) == 0
    assert len(entered(world)) == 3
    fire(world, limit=3)
    assert entered(world) == FANS_OF_ALL
    assert sorted(run["position"] for run in rows(world, runs, runs.c.id)) == ["descansar"] * 4 + ["esperar"] * 3

"""Timers: what was asked for later becomes a delivery at its time, once, whoever fires and whatever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from orchestrator.dispatch.accept import Later
from orchestrator.dispatch.accept.message import new_request
from orchestrator.dispatch.fire import ROUND, fire, recompute
from orchestrator.dispatch.register import Profile
from orchestrator.dispatch.tick import REST_SECONDS, NoBell, tick
from orchestrator.domain.errors import InputError
from orchestrator.domain.time import instant
from orchestrator.domain.timer import WallTime
from orchestrator.faultpoints import VARIABLE
from orchestrator.store.port import BusinessClock, NewDelivery
from orchestrator.store.sql import SqlStore
from orchestrator.store.tables import deliveries, timers
from orchestrator.zones import PROJECT
from tests.contract.world import EMAIL, PUSH, SMS, PowerCut

SECONDS = 30  # for a process that ends itself; reached only by a test that fails
SAO_PAULO, MANAUS = "America/Sao_Paulo", "America/Manaus"
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)  # when the world's clock starts
ZONES_WITH_CHANGES = ("Europe/Lisbon", "America/New_York", "America/Santiago", "Australia/Lord_Howe")


def at(text, zone="customer"):
    return Later(datetime.fromisoformat(text), zone)


def plan(world, walls):
    """Timers for these wall times, in one transaction."""
    with world.store.write() as transaction:
        transaction.timers.add(
            [(when, delivery(world, f"test/{number}")) for number, when in enumerate(walls)], world.clock.now()
        )


def delivery(world, identity):
    request = new_request(
        world.release,
        world.clock,
        message="order_confirmed",
        customer_id="cus_ana",
        candidates=(EMAIL, SMS),
        objects={"order": "ord_1"},
        data={"order": {"number": "10234", "total": 259.9, "paid": True, "first_item": "Kit “Banho”"}},
    )
    return NewDelivery(request=request, identity=identity, origin="test")


def due_now(count):
    return [WallTime("2026-11-25T09:00:00", SAO_PAULO)] * count


def business_time(world, at):
    with world.store.write() as transaction:
        transaction.ledger.set_clock(BusinessClock(frozen_at=at))


def count(world, table, *conditions):
    with world.store.engine.connect() as connection:
        return connection.scalars(select(func.count()).select_from(table).where(*conditions)).one()


def fired(world):
    return count(world, timers, timers.c.fired_at.is_not(None))


# --- firing ---------------------------------------------------------------------------------------------------------


def test_a_timer_becomes_the_delivery_that_would_have_been_asked_for_then(world):
    """Column by column, whatever is in them; only when it is due and when a worker may look at it differ."""
    with world.store.write() as transaction:
        at_once = delivery(world, "test/now")
        transaction.deliveries.add([at_once], world.clock.now())
    plan(world, due_now(1))
    assert fire(world.store, world.clock.now()) == 1

    with world.store.engine.connect() as connection:
        now, later = (
            dict(row._mapping) for row in connection.execute(select(deliveries).order_by(deliveries.c.identity.desc()))
        )
    assert (now.pop("identity"), later.pop("identity")) == ("test/now", "test/0")
    assert now.pop("id") != later.pop("id")
    assert now == later


def test_it_is_sent_when_it_is_due_and_not_a_moment_earlier(world):
    """What a worker makes of it is what it makes of any other."""
    request_id = world.ask(send_at=at("2026-11-25T09:30"))
    assert fire(world.store, world.clock.now()) == 0
    world.drain()
    assert world.provider.calls == []

    world.clock.advance(minutes=30)
    assert fire(world.store, world.clock.now()) == 1
    world.drain()
    assert world.ended(request_id) == ("sent", "")
    assert fire(world.store, world.clock.now()) == 0


def test_business_time_says_what_is_due(world):
    """A demo that moves the clock to December fires what waits for December."""
    plan(world, [WallTime("2026-12-01T09:00:00", SAO_PAULO)])
    business_time(world, instant(datetime(2026, 12, 1, 11, 59, 59, tzinfo=UTC)))
    assert fire(world.store, world.clock.now()) == 0
    business_time(world, instant(datetime(2026, 12, 1, 12, tzinfo=UTC)))
    assert fire(world.store, world.clock.now()) == 1


def test_four_who_fire_at_once_fire_each_once(world, database_url):
    """2,000 due timers, in rounds of 50, from four ledgers' connections that know nothing of each other."""
    plan(world, due_now(2_000))
    begin = threading.Barrier(4)

    def work():
        store = SqlStore(database_url)
        begin.wait()
        try:
            rounds = [fire(store, world.clock.now(), 50)]
            while rounds[-1]:
                rounds.append(fire(store, world.clock.now(), 50))
        finally:
            store.close()
        return sum(rounds)

    with ThreadPoolExecutor(4) as threads:
        looked_at = [one.result() for one in [threads.submit(work) for _ in range(4)]]

    # One who finds that others hold all that is left goes home.
    while fire(world.store, world.clock.now()):
        looked_at.append(0)
    assert count(world, deliveries) == fired(world) == 2_000
    assert sum(looked_at) <= 2_000


def test_whoever_dies_before_the_commit_has_done_nothing(world):
    """The delivery is there when the timer is marked, and not before."""

    def die(_point):
        raise PowerCut

    plan(world, due_now(1))
    with pytest.raises(PowerCut):
        fire(world.store, world.clock.now(), passing=die)
    assert (count(world, deliveries), fired(world)) == (0, 0)

    assert fire(world.store, world.clock.now()) == 1
    assert (count(world, deliveries), fired(world)) == (1, 1)


def test_a_timer_process_that_is_killed_in_the_middle_leaves_nothing_double(world, shop, database_url):
    """A real one, with SIGKILL: its server throws away what it had not committed."""
    plan(world, [WallTime("2020-01-01T09:00:00", SAO_PAULO)] * 3)
    killed = subprocess.run(
        [sys.executable, "-m", "orchestrator", "timer", "--project", shop],
        env={**os.environ, "JOGRAL_DATABASE_URL": database_url, "JOGRAL_REDIS_URL": "none", VARIABLE: "after_fire"},
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (count(world, deliveries), fired(world)) == (0, 0)

    assert fire(world.store, world.clock.now()) == 3
    assert (count(world, deliveries), fired(world)) == (3, 3)


def test_a_timer_whose_delivery_is_there_already_makes_no_other(world):
    """A ledger that was put together from two backups."""
    plan(world, due_now(1))
    with world.store.write() as transaction:
        transaction.deliveries.add([delivery(world, "test/0")], world.clock.now())
    assert fire(world.store, world.clock.now()) == 1
    assert (count(world, deliveries), fired(world)) == (1, 1)


def test_a_tick_fires_in_rounds_and_lets_others_write_in_between(world):
    """It rings after each round, so that workers begin; told to end, it leaves the rest for the next."""

    class Bell(NoBell):
        rung = 0

        def ring(self, _lane):
            self.rung += 1
            return True

    rests, told_to_end = [], True

    def rest(seconds):
        rests.append((seconds, bell.rung))
        return told_to_end

    bell = Bell()
    plan(world, due_now(ROUND + 1))
    assert tick(world.store, bell, world.clock.now(), rest=rest) == ["transactional"]
    assert (fired(world), rests) == (ROUND, [(REST_SECONDS, 1)])
    told_to_end = False
    assert tick(world.store, bell, world.clock.now(), rest=rest) == ["transactional"]
    assert (fired(world), rests[1:]) == (ROUND + 1, [(REST_SECONDS, 2)])


# --- zones ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "zone", "hour"),
    [
        (at("2026-12-01T09:00"), "America/Noronha", 11),  # their profile says so
        (at("2026-12-01T09:00"), None, 13),  # 92 is Manaus
        (at("2026-12-01T09:00", PROJECT), None, 12),
        (at("2026-12-01T09:00", "Europe/Lisbon"), None, 9),
        (at("2026-12-01T09:00:00-05:00"), None, 14),
    ],
)
def test_the_hour_is_that_of_the_customers_clock_unless_somebody_says_otherwise(world, asked, zone, hour):
    """By profile, by area code, by the project, by a name, by an offset."""
    world.register(Profile(id="cus_bruno", emails=("b@example.com",), phones=("+5592912345678",), time_zone=zone))
    request_id = world.ask(customer_id="cus_bruno", send_at=asked)
    with world.store.read() as transaction:
        assert transaction.timers.get(request_id)["due_at"] == instant(datetime(2026, 12, 1, hour, tzinfo=UTC))


def test_a_zone_that_moves_its_clocks_later_does_not_fire_early(world):
    """The timer was set when 09:00 was 11:00 in UTC; it is 12:00 now, and that is what counts."""
    plan(world, [WallTime("2026-11-25T10:00:00", SAO_PAULO)])
    true = instant(NOON + timedelta(hours=1))
    _computed_by_other_rules(world, true - 3_600_000)
    assert fire(world.store, world.clock.now()) == 1
    assert fired(world) == 0
    assert fire(world.store, world.clock.now()) == 0

    world.clock.advance(hours=1)
    assert fire(world.store, world.clock.now()) == 1
    assert fired(world) == 1


def test_a_zone_that_moves_its_clocks_earlier_does_not_fire_late(world):
    """What is due within two days is worked out anew when the timer starts, and every hour."""
    plan(world, [WallTime("2026-11-25T09:00:00", SAO_PAULO)] * 3 + [WallTime("2026-11-25T09:00:00", MANAUS)])
    _computed_by_other_rules(world, instant(NOON + timedelta(hours=1)))
    assert fire(world.store, world.clock.now()) == 0

    assert recompute(world.store, world.clock.now()) == 3  # in Manaus it is due in an hour, as it was
    assert fire(world.store, world.clock.now()) == 3
    assert recompute(world.store, world.clock.now()) == 0


def _computed_by_other_rules(world, due_at):
    with world.store.engine.begin() as connection:
        connection.execute(update(timers).values(due_at=due_at))


def test_each_fires_once_within_a_minute_on_the_nights_when_clocks_are_changed(world):
    """Somebody ticks every minute, for a day before and after each change of 2026, and for an ordinary one."""
    nights = {zone: [day for day in days_of_2026() if changes(zone, day)] for zone in ZONES_WITH_CHANGES}
    walls = [
        WallTime(f"{day:%Y-%m-%d}T{hour}:00", zone)
        for zone, days in nights.items()
        for day in days
        for hour in ("01:30", "02:30", "09:00")
    ]
    assert len(walls) == len(ZONES_WITH_CHANGES) * 2 * 3
    plan(world, walls)

    at_of = {}
    for wall in sorted(walls, key=lambda wall: wall.instant):
        for minute in (wall.instant - 60_000, wall.instant):
            business_time(world, minute)
            fire(world.store, world.clock.now())
            at_of.setdefault(fired(world), minute)
    assert fired(world) == count(world, deliveries) == len(walls)
    expected = sorted(first_minute(wall) for wall in walls)
    assert [at_of[number] for number in sorted(at_of) if number] == sorted(set(expected))


def days_of_2026():
    return [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(365)]


def changes(zone, day):
    midnight = day.replace(tzinfo=ZoneInfo(zone))
    return midnight.utcoffset() != (midnight + timedelta(days=1)).utcoffset()


def first_minute(wall):
    """When somebody who looks at the clock every minute sees that the time has come."""
    there, wanted = ZoneInfo(wall.zone), datetime.fromisoformat(wall.wall)
    moment = (wanted.replace(tzinfo=there) - timedelta(hours=5)).astimezone(UTC)
    while moment.astimezone(there).replace(tzinfo=None) < wanted:
        moment += timedelta(minutes=1)
    return instant(moment)


# --- asking for it --------------------------------------------------------------------------------------------------


def test_what_has_not_fired_reads_like_a_delivery_that_nobody_has_touched(world):
    """With the same keys, so that who reads one can read the other."""
    planned = world.ask(send_at=at("2026-12-01T09:00"))
    asked = world.ask()
    with world.store.read() as transaction:
        found = transaction.timers.get(planned)
        assert transaction.deliveries.get(planned) is None
        assert transaction.timers.get(asked) is None
        other = transaction.deliveries.get(asked)
    assert set(found) == set(other)
    assert (found["state"], found["due_at"]) == ("accepted", instant(datetime(2026, 12, 1, 12, tzinfo=UTC)))
    assert {name: found[name] for name in ("customer_id", "message", "objects", "data", "candidates")} == {
        name: other[name] for name in ("customer_id", "message", "objects", "data", "candidates")
    }


def test_what_would_be_too_late_when_it_is_due_is_refused(world):
    """It could only ever expire."""
    with pytest.raises(InputError) as refused:
        world.ask(send_at=at("2026-12-01T09:00"), not_after=instant(datetime(2026, 12, 1, tzinfo=UTC)))
    assert refused.value.code == "due_too_late"


def test_a_time_that_is_just_past_means_now(world):
    world.ask("order_confirmed", PUSH, send_at=at("2026-11-25T08:00"))
    assert fire(world.store, world.clock.now()) == 1


@pytest.mark.parametrize(
    ("wall", "code"),
    [("2026-11-25T07:59:59", "past_time"), ("2025-12-01T09:00", "past_time"), ("2036-12-01T09:00", "too_far")],
)
def test_a_time_with_a_wrong_year_is_refused(world, wall, code):
    """One that is past would go at once, and one far ahead would be found out about in ten years."""
    with pytest.raises(InputError) as refused:
        world.ask("order_confirmed", PUSH, send_at=at(wall))
    assert (refused.value.code, [field.pointer for field in refused.value.fields]) == (code, ["#/send_at"])
    assert fire(world.store, world.clock.now()) == 0

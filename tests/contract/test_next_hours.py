"""What a plan says of the next hour of a schedule is what that hour then comes to, on every store."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from sqlalchemy import select

from orchestrator.dispatch.current import Current
from orchestrator.dispatch.foretelling import Aside
from orchestrator.dispatch.plans.foreseeing import foresee_hours
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile
from orchestrator.dispatch.runs.scheduling import Scheduler
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.delivery import State
from orchestrator.journeys.entrance import rolled_out
from orchestrator.plans.differences import differences
from orchestrator.plans.hours import schedules_concerned
from orchestrator.release import read_release
from orchestrator.simulation.crowd import of_ledger
from orchestrator.simulation.habits import habits_of
from orchestrator.simulation.simulate import Play, plenty, simulate
from orchestrator.store.tables import deliveries, runs

HOUR, DAY = 3_600_000, 86_400_000

# The clock of the tests stands on Wednesday 25 November 2026, 09:00 in São Paulo.
COME_BACK = {
    "kind": "journey", "id": "come_back", "title": "Sentimos sua falta", "owner": "marketing", "topic": "offers",
    "trigger": {"schedule": "0 10 * * *", "segment": "fans"},
    "entry": {"again_after": "30d"},
    "steps": [
        {"id": "chamar", "send": "preference_checkin", "channels": {"first_reachable": ["email"]}},
        {"id": "esperar", "wait": "7d"},
        {"id": "de_novo", "send": "preference_checkin", "channels": {"first_reachable": ["email"]}},
    ],
}  # fmt: skip
FANS = {
    "kind": "segment", "id": "fans", "title": "Fãs", "owner": "marketing",
    "where": {"field": "customer.fan", "op": "is", "value": True},
}  # fmt: skip

# How each fan is: (what they said about offers, whether there is an e-mail address).
WAYS = (
    [("granted", True)] * 6 + [("granted", False)] * 2 + [("withdrawn", True)] * 3 + [("pending", True), (None, True)]
)


def come(world):
    """Thirteen fans, one of whom complained, and somebody who is none."""
    world.register(*(
        Profile(
            id=f"cus_{number:02}",
            attributes={"fan": True},
            emails=(f"fan{number}@example.com",) if reachable else (),
        )
        for number, (state, reachable) in enumerate(WAYS)
    ))  # fmt: skip
    for number, (state, _) in enumerate(WAYS):
        if state is not None:
            world.said(ConsentState(state), "offers", customer_id=f"cus_{number:02}")
    world.suppress("email", "cus_00", "complaint")
    return world


@pytest.fixture
def world(world):
    return come(world)


@pytest.fixture
def strict(strict):
    return come(strict)


def release_with(world, journey):
    content = json.loads(world.release.content)
    content |= {"journeys": {journey["id"]: journey}, "segments": {"fans": FANS}}
    return read_release(json.dumps(content))


def running(world, journey):
    """Its release is the one that runs, and its schedule is known."""
    world.release = release_with(world, journey)
    publish(world.store, world.release, world.clock.now())
    fire(world)


def fire(world):
    scheduler = Scheduler(release=world.release, clock=world.clock)
    while scheduler.fire(world.store, world.clock.now()):
        pass


def foreseen(world, journey):
    """The next hour of a journey that does not run yet."""
    after = release_with(world, journey)
    concerned = schedules_concerned(after, differences(world.release, after))
    (hour,) = foresee_hours(world.store, Current(after.id, after, {}), world.clock, concerned)
    return hour


def rows(world, table):
    with world.store.engine.connect() as connection:
        return [row._mapping for row in connection.execute(select(table))]


def ended(world):
    return Counter((State(row["state"]), row["reason"]) for row in rows(world, deliveries))


FORESEEN = {
    (State.SENT, ""): 5,
    (State.UNREACHABLE, "no_address"): 2,
    (State.BLOCKED, "consent_withdrawn"): 3,
    (State.BLOCKED, "consent_pending"): 1,
    (State.BLOCKED, "no_consent"): 1,
    (State.BLOCKED, "suppressed:complaint"): 1,
}


def test_the_waterfall_of_the_next_hour_is_what_that_hour_comes_to(world):
    """It adds up, writes nothing, and the ledger says the same when the hour is over."""
    hour = foreseen(world, COME_BACK)

    assert (hour.journey, hour.segment, hour.at) == ("come_back", "fans", world.clock.now() + HOUR)
    assert hour.waterfall.ended == FORESEEN
    left_out = sum(count for *_, count in hour.waterfall.left_out)
    assert hour.waterfall.in_segment == len(WAYS) == hour.waterfall.will_be_sent + left_out
    assert hour.messages == {("preference_checkin", "email"): 5}
    assert (rows(world, runs), rows(world, deliveries)) == ([], [])

    running(world, COME_BACK)
    world.clock.advance(hours=1)
    fire(world)
    world.drain()
    assert ended(world) == hour.waterfall.ended
    assert len(rows(world, runs)) == hour.waterfall.in_segment


def test_the_impact_of_a_plan_is_what_a_simulation_of_its_day_sends(world):
    """The same people, journey and hours; played one life after the other, instead of asked of the ledger."""
    hour = foreseen(world, COME_BACK)
    current = Current("simulation", release_with(world, COME_BACK), {})
    journeys = (current.release.journeys["come_back"],)
    play = Play(
        journeys=journeys, habits=habits_of(journeys, {"fans": 1.0}), opened=0.0, start=world.clock.now(), days=1,
        zone="America/Sao_Paulo", seed="1", live=plenty(current.release, world.clock.now()),
    )  # fmt: skip
    fans = [one for one in of_ledger(world.store.read, current, 100, world.clock.now())() if _is_fan(one)]
    tally = simulate(current, play, lambda: iter(fans), lambda _done: None)

    assert tally.sent == hour.messages
    assert tally.requests == {
        ("preference_checkin", state.value, reason): count for (state, reason), count in hour.waterfall.ended.items()
    }


def _is_fan(somebody):
    return somebody.standing.customer.attributes.get("fan", False)


def test_who_does_not_enter_or_is_told_nothing_yet_is_counted_too(world):
    """Who was in it lately, is not rolled out, has no key, or has to wait first."""
    running(world, COME_BACK)
    world.clock.advance(hours=1)
    fire(world)
    again = foreseen(world, {**COME_BACK, "title": "Volte"})
    assert again.at == world.clock.now() + DAY
    assert again.waterfall.left_out == [(Aside.NOT_ENTERED, "again_after", len(WAYS))]

    entered = sum(
        rolled_out(release_with(world, {**COME_BACK, "id": "some", "rollout": "50%"}).journeys["some"], f"cus_{one:02}")
        for one in range(len(WAYS))
    )
    some = foreseen(world, {**COME_BACK, "id": "some", "rollout": "50%", "steps": COME_BACK["steps"][1:]})
    assert some.waterfall.ended == {
        (Aside.STANDING, "esperar"): entered,
        (Aside.NOT_ENTERED, "rollout"): len(WAYS) - entered,
    }
    keyed = foreseen(world, {**COME_BACK, "id": "keyed", "entry": {"key": "customer.club"}})
    assert keyed.waterfall.ended == {(Aside.NOT_ENTERED, "entry_key"): len(WAYS)}
    told = [{"id": "ligar", "alert": {"team": "loja", "message": "Ligar"}}]
    silent = foreseen(world, {**COME_BACK, "id": "silent", "steps": told})
    assert silent.waterfall.ended == {(Aside.SILENT, ""): len(WAYS)}


def test_quiet_hours_of_that_hour_are_in_it(strict):
    """At night everybody is written to, later."""
    at_night = foreseen(strict, {**COME_BACK, "trigger": {"schedule": "30 22 * * *", "segment": "fans"}})
    assert at_night.waterfall.later == [(State.DEFERRED, "quiet_hours:noite", 5)]
    assert at_night.waterfall.will_be_sent == 5
    assert at_night.messages == {("preference_checkin", ""): 5}


@pytest.mark.parametrize(
    ("edit", "concerned"),
    [
        (lambda content: content["journeys"]["come_back"].update(title="Volte"), True),
        (lambda content: content["segments"]["fans"].update(title="Fãs da loja"), True),
        (lambda content: content["messages"]["preference_checkin"]["message"].update(title="Oi"), True),
        (lambda content: content["project"].update(frequency_caps=[]), True),
        (lambda content: content["messages"]["order_late"]["message"].update(title="Oi"), False),
        (lambda content: content["facts"].update(places={}), False),
    ],
    ids=["journey", "segment", "message", "project", "another_message", "places"],
)
def test_only_schedules_that_a_plan_makes_different_are_looked_at(release, edit, concerned):
    content = json.loads(release.content) | {"journeys": {"come_back": {**COME_BACK}}, "segments": {"fans": {**FANS}}}
    before = read_release(json.dumps(content))
    edit(content)
    after = read_release(json.dumps(content))
    expected = [("come_back", 0)] if concerned else []
    assert schedules_concerned(after, differences(before, after)) == expected

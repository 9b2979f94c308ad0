"""Goals are counted from what happened: of all who entered a journey, and of those who were told something."""

from __future__ import annotations

import pytest

from orchestrator.domain.delivery import State
from orchestrator.store.port import Achieved
from tests.contract.journeying import AFTER_PURCHASE, later, run_only
from tests.contract.world import EMAIL, SMS, event, placed

DAY_MS = 86_400_000
WATCHED = AFTER_PURCHASE | {
    "exit_on": [],
    "entry": {"key": "order.id"},
    "goal": {"event": "shipment.delivered", "within": "3d", "match": "order.id"},
    "steps": [
        {"id": "confirmar", "send": "order_confirmed", "channels": {"all": ["email"]}},
        {"id": "esperar", "wait": "1d"},
        {"id": "lembrar", "send": "order_confirmed", "channels": {"all": ["sms"]}},
    ],
}


@pytest.fixture
def world(world):
    """The shop with one journey that has a goal."""
    run_only(world, WATCHED)
    return world


def reach(world, order_id):
    said = {"order_id": order_id, "status": "delivered"}
    world.accept(event("shipment.delivered", f"d/{order_id}", customer="cus_ana", at=world.clock.now(), **said))


def achieved(world, *, since=0):
    journey, now = WATCHED["id"], world.clock.now()
    with world.store.read() as transaction:
        whole = transaction.goals.achieved(journey, since=since, within=3 * DAY_MS, now=now)
        return whole, transaction.goals.achieved_by(journey, since=since)


def test_a_funnel_gives_exact_rates_by_journey_message_and_channel(world):
    """Ten enter and are told by e-mail; three are there the same day, two more after the SMS, one comes too late."""
    orders = [f"ord_{number}" for number in range(10)]
    for order_id in orders:
        world.accept(placed(order_id, at=world.clock.now()))
    world.drain()
    world.clock.advance(hours=1)
    for order_id in orders[:3]:
        reach(world, order_id)
    later(world, days=1)
    world.drain()
    world.clock.advance(hours=1)
    for order_id in orders[3:5]:
        reach(world, order_id)
    assert achieved(world)[0] == Achieved(runs=10, reached=5, open=5)
    world.clock.advance(days=3)
    reach(world, orders[5])

    whole, by_message = achieved(world)
    assert (whole, whole.share) == (Achieved(runs=10, reached=5, open=0), 0.5)
    assert by_message == {
        ("order_confirmed", EMAIL.value): Achieved(runs=10, reached=5),
        # Those of the first three were there before it.
        ("order_confirmed", SMS.value): Achieved(runs=10, reached=2),
    }


def test_the_goals_that_are_counted_are_the_events_that_happened(world):
    """One for each run, however often it happens; the runs that began before are left out where that is asked."""
    world.accept(placed("ord_1", at=world.clock.now()))
    world.clock.advance(hours=2)
    since = world.clock.now()
    world.accept(placed("ord_2", at=since), placed("ord_3", at=since))
    world.clock.advance(minutes=1)
    for order_id in ("ord_1", "ord_2", "ord_2"):
        reach(world, order_id)
    assert achieved(world)[0] == Achieved(runs=3, reached=2, open=1)
    assert achieved(world, since=since)[0] == Achieved(runs=2, reached=1, open=1)


def test_who_was_told_nothing_counts_for_no_message(world):
    """A message that was withheld has convinced nobody."""
    world.accept(placed("ord_1", at=world.clock.now()))
    reach(world, "ord_1")
    assert achieved(world)[1] == {}
    assert set(world.tally()["order_confirmed"]) == {State.ACCEPTED.value}


def test_runs_come_with_whose_they_are_and_whether_they_got_there(world):
    """So that the ways of a test can be told apart."""
    world.accept(placed("ord_1", at=world.clock.now()), placed("ord_2", at=world.clock.now()))
    world.clock.advance(minutes=1)
    reach(world, "ord_2")
    with world.store.read() as transaction:
        found = sorted(transaction.goals.runs(WATCHED["id"], since=0))
    assert found == [("cus_ana", False), ("cus_ana", True)]


def test_a_journey_that_nobody_entered_has_no_rate(world):
    assert achieved(world) == (Achieved(runs=0, reached=0, open=0), {})
    assert achieved(world)[0].share is None

"""Events that come late, or before what they follow: the same end in whatever order they arrive, on every store."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from orchestrator.dispatch.accept import Accepted
from orchestrator.store.tables import runs
from tests.contract.journeying import AFTER_PURCHASE, DAY, HOUR, MINUTE, asked, later, rows, run_only, stands
from tests.contract.world import ANA, event, placed

WAITS = {
    **AFTER_PURCHASE,
    "exit_on": [{"event": "order.cancelled", "match": "order.id"}],
    "goal": {"event": "shipment.delivered", "match": "order.id", "within": "60d"},
}
CART = {
    "kind": "journey",
    "id": "carrinho",
    "title": "Carrinho",
    "owner": "marketing",
    "topic": "cart_reminders",
    "trigger": {"event": "cart.updated", "quiet_for": "1h", "when": "event.items_count > 0"},
    "entry": {"key": "cart.id"},
    "exit_on": [{"event": "order.placed"}],
    "steps": [{"id": "falar", "alert": {"team": "marketing", "message": "Carrinho parado"}}],
}


@pytest.fixture
def world(world):
    run_only(world, WAITS)
    return world


def happened(start, order, what, minute, number=1, **data):
    """Something of an order of Ana's, so many minutes after it was placed."""
    at = start + minute * MINUTE
    if what == "order.placed":
        return placed(order, at=at)
    told = {"promised_date": "2026-11-30"} if what.startswith("shipment.") else {}
    told |= {"status": "delivered"} if what == "shipment.delivered" else {}
    return event(what, f"{what}/{order}/{number}", customer=ANA.id, at=at, order_id=order, **told | data)


def arrive(world, *events):
    """One after the other, a second apart. A refused event would prove nothing."""
    for one in events:
        (result,) = world.accept(one)
        assert isinstance(result, Accepted), result
        world.clock.advance(seconds=1)


def in_all_ways(world, *steps):
    """For every order in which these can arrive, one order of the shop; they happened minutes ago. When that began."""
    start = world.clock.now()
    world.clock.advance(minutes=10)
    for number, way in enumerate(itertools.permutations(steps)):
        arrive(world, *(happened(start, f"ord_{number}", what, minute, **data) for what, minute, data in way))
    return start


def runs_of(world):
    """Key → where its run stands, how it ended, and when it reached its goal."""
    return {run["key"]: (run["position"], run["ending"], run["goal_at"]) for run in rows(world, runs)}


def objects(world, *references):
    with world.store.read() as transaction:
        return {pair: one.data for pair, one in transaction.events.objects(references).items()}


def test_whatever_order_events_arrive_in_the_run_stands_where_it_would(world):
    """All the ways in which four events can arrive that happened within minutes: one end, and one of each message."""
    start = in_all_ways(
        world,
        ("order.placed", 0, {}),
        ("shipment.dispatched", 1, {"tracking_url": "https://casalume.example/r/1"}),
        ("shipment.eta_changed", 2, {"estimated_date": "2026-12-05"}),
        ("shipment.delivered", 4, {}),
    )

    found = runs_of(world)
    assert set(found.values()) == {("usar", None, start + 4 * MINUTE)}
    assert Counter(asked(world)) == {"order_confirmed": len(found), "order_shipped": len(found)}
    shipments = objects(world, *(("shipment", key) for key in found))
    assert len({repr(sorted({**data, "order_id": ""}.items())) for data in shipments.values()}) == 1


def test_who_cancelled_is_told_nothing_more_in_whatever_order_it_is_heard(world):
    """The run is over, and the gate lets nothing through that was asked for before the exit was heard."""
    in_all_ways(world, ("order.placed", 0, {}), ("shipment.dispatched", 1, {}), ("order.cancelled", 2, {}))
    world.drain()

    assert stands(world) == []
    assert {state for states in world.tally().values() for state in states} <= {"skipped"}


def test_an_event_waits_a_day_for_its_run_and_not_longer(world):
    """What names the order may be older than the order, as sources' clocks are; what is older is of something else."""
    start = world.clock.now()
    early = event("shipment.dispatched", "a", customer=ANA.id, at=start - 23 * HOUR, order_id="ord_1",
                  promised_date="2026-11-30")  # fmt: skip
    older = event("shipment.dispatched", "b", customer=ANA.id, at=start - DAY - 1, order_id="ord_2",
                  promised_date="2026-11-30")  # fmt: skip
    arrive(world, early, older, placed("ord_1", at=start), placed("ord_2", at=start))
    assert stands(world) == [("ord_1", "acompanhar"), ("ord_2", "esperar_envio")]


def test_a_run_that_is_heard_of_days_later_knows_what_happened_since_it_began(world):
    """A source that was away brings all of it, the newest first."""
    start = world.clock.now()
    world.clock.advance(days=3)
    arrive(
        world,
        happened(start, "ord_1", "shipment.delivered", 2 * 24 * 60),
        happened(start, "ord_1", "shipment.dispatched", 60),
        happened(start, "ord_1", "order.placed", 0),
    )
    assert runs_of(world) == {"ord_1": ("usar", None, start + 2 * DAY)}


def test_what_was_sent_stays_sent_when_its_reason_is_gone(world):
    """A cancellation that comes late ends the run, and takes back nothing."""
    start = world.clock.now()
    arrive(world, happened(start, "ord_1", "order.placed", 0))
    world.drain()
    world.clock.advance(minutes=10)
    arrive(world, happened(start, "ord_1", "order.cancelled", 0))
    world.drain()
    assert stands(world) == []
    assert world.tally() == {"order_confirmed": {"sent": 1}}


def test_the_newest_word_about_a_field_stands_whenever_it_came(world):
    start = world.clock.now()
    arrive(world, happened(start, "ord_1", "order.placed", 0))
    newest = happened(start, "ord_1", "shipment.eta_changed", 9, 2, estimated_date="2026-12-08")
    older = happened(start, "ord_1", "shipment.eta_changed", 5, 1, estimated_date="2026-12-04", carrier="Rápido Sul")
    arrive(world, newest, older)
    found = objects(world, ("shipment", "ord_1"))[("shipment", "ord_1")]
    assert (found["estimated_date"], found["carrier"]) == ("2026-12-08", "Rápido Sul")


# --- silence ----------------------------------------------------------------------------------------------------------


def cart(start, minute, count):
    at = start + minute * MINUTE
    said = {"cart_id": "c1", "code": "c1", "url": "https://casalume.example/c/1", "total": 9.9, "items_count": count}
    return event("cart.updated", f"cart/{minute}", customer=ANA.id, at=at, **said)


@pytest.mark.parametrize("counts", [(1, 0), (0, 1)])
@pytest.mark.parametrize("late", [False, True])
def test_after_a_silence_the_newest_word_counts_whichever_came_last(world, counts, late):
    """A cart that was emptied is not spoken of because an older word about it came late."""
    run_only(world, CART)
    start = world.clock.now() - 10 * MINUTE
    older, newer = (cart(start, minute, count) for minute, count in zip((1, 2), counts, strict=True))
    arrive(world, *((newer, older) if late else (older, newer)))
    later(world, hours=2)
    ending = "finished" if counts[1] else "not_entered"
    assert [run["ending"] for run in rows(world, runs)] == [ending]

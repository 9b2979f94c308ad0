"""Runs that wait: from the event that begins one to the message that an alarm asks for, on every store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from orchestrator.dispatch.accept import Accepted
from orchestrator.dispatch.runs.calling import Caller
from orchestrator.domain.customer import ConsentState
from orchestrator.store.tables import alerts, events, handoffs, runs, timers
from tests.contract.journeying import (
    AFTER_PURCHASE,
    MINUTE,
    asked,
    call,
    happens,
    later,
    moved_to,
    rows,
    run_only,
    shipped,
    stands,
)
from tests.contract.world import PowerCut, event, placed


@pytest.fixture
def world(world):
    """The shop with one journey, that waits."""
    run_only(world, AFTER_PURCHASE)
    return world


def test_a_run_stands_where_it_waits_and_wants_to_be_called(world):
    world.accept(placed(at=world.clock.now()))

    assert stands(world) == [("ord_1", "esperar_envio")]
    assert asked(world) == ["order_confirmed"]
    assert sorted(one["id"].split("/")[2] for one in rows(world, timers)) == ["give_up", "timeout"]


def test_a_timeout_tells_a_team_once_and_the_wait_goes_on(world):
    world.accept(placed(at=world.clock.now()))
    later(world, days=2, minutes=1)
    later(world, days=2)

    (told,) = rows(world, alerts)
    assert (told["team"], told["message"]) == ("operacoes", "Pedido 10234 parado")
    assert stands(world) == [("ord_1", "esperar_envio")]


def test_the_event_that_is_waited_for_moves_the_run_of_its_own_order(world):
    world.accept(placed(at=world.clock.now()), placed("ord_2", at=world.clock.now()))
    world.accept(shipped(world, "ord_2"))

    assert stands(world) == [("ord_1", "esperar_envio"), ("ord_2", "acompanhar")]
    assert asked(world) == ["order_confirmed", "order_confirmed", "order_shipped"]


def test_a_date_that_moves_twice_is_told_once_after_the_silence(world):
    world.accept(placed(at=world.clock.now()))
    world.accept(shipped(world))
    world.clock.advance(hours=1)
    world.accept(moved_to(world, "2026-12-01", 1))
    later(world, hours=1)
    world.accept(moved_to(world, "2026-12-02", 2))
    later(world, hours=1)
    assert "order_delayed" not in asked(world)
    later(world, hours=1, minutes=1)

    assert asked(world).count("order_delayed") == 1
    later(world, days=1)
    assert asked(world).count("order_delayed") == 1


def test_a_date_that_moved_back_before_the_silence_ended_is_not_told(world):
    world.accept(placed(at=world.clock.now()))
    world.accept(shipped(world))
    world.accept(moved_to(world, "2026-12-02", 1))
    world.clock.advance(hours=1)
    world.accept(moved_to(world, "2026-11-30", 2))
    later(world, hours=3)

    assert "order_delayed" not in asked(world)


def test_whoever_waits_long_is_handed_on_and_the_run_ends_when_the_person_is_done(world):
    world.accept(placed(at=world.clock.now()))
    world.accept(shipped(world))
    happens(world, "shipment.delivered", status="delivered")
    later(world, days=5, minutes=1)

    (handed,) = rows(world, handoffs)
    assert (handed["team"], handed["closed_at"]) == ("atendimento", None)
    later(world, hours=73)
    assert stands(world) == []
    assert rows(world, timers) == []


def test_while_a_person_has_the_customer_marketing_is_held(world):
    """What was bought is told of all the same; the ticket's end, or 72 hours, sets the rest free."""
    world.said(ConsentState.GRANTED)
    hand = [{"id": "pessoa", "handoff": {"team": "atendimento", "reason": "Reclamação"}}]
    run_only(world, AFTER_PURCHASE | {"exit_on": [], "steps": hand})
    world.accept(placed(at=world.clock.now()))
    bought, offer = world.ask("order_confirmed"), world.ask("review_request")
    world.drain()
    assert (world.ended(bought), world.ended(offer)) == (("sent", ""), ("held", "handoff"))

    closed = event("ticket.closed", "tic-1", customer="cus_ana", at=world.clock.now(), ticket_id="t1", status="closed")
    assert isinstance(world.accept(closed)[0], Accepted)
    world.drain()
    assert world.ended(offer) == ("sent", "")
    assert stands(world) == []


def test_an_exit_ends_the_run_of_its_order_says_so_and_silences_its_alarms(world):
    world.accept(placed(at=world.clock.now()), placed("ord_2", at=world.clock.now()))
    world.clock.advance(minutes=5)
    happens(world, "order.cancelled")
    world.drain()

    assert stands(world) == [("ord_2", "esperar_envio")]
    assert {one["id"].split("/")[1] for one in rows(world, timers)} == {
        run["id"] for run in rows(world, runs) if run["key"] == "ord_2"
    }
    assert world.tally()["order_cancelled"] == {"sent": 1}


def test_what_overtook_its_beginning_is_heard_when_that_comes(world):
    """Shops deliver webhooks in any order; what was shipped is not waited for, what was cancelled is not confirmed."""
    world.accept(shipped(world, "ord_9", customer="cus_ana"))
    world.clock.advance(minutes=1)
    world.accept(placed("ord_9", at=world.clock.now() - 30 * MINUTE))

    assert stands(world) == [("ord_9", "acompanhar")]


def test_a_key_enters_once_for_ever_or_again_after_its_time(world):
    world.accept(placed(at=world.clock.now()))
    world.accept(placed(at=world.clock.now(), event_id="again"))
    assert len(rows(world, runs)) == 1

    at_once = [{"id": "confirmar", "send": "order_confirmed", "channels": {"all": ["email"]}}]
    run_only(world, AFTER_PURCHASE | {"entry": {"key": "order.id", "again_after": "7d"}, "steps": at_once})
    for days in (3, 5):
        later(world, days=days)
        world.accept(placed("ord_5", at=world.clock.now(), event_id=f"new-{days}"))
    later(world, days=3)
    world.accept(placed("ord_5", at=world.clock.now(), event_id="third"))
    numbers = [run["number"] for run in rows(world, runs) if run["key"] == "ord_5"]
    assert numbers == [1, 2]


def test_four_who_call_at_once_call_each_once(world):
    world.accept(*(placed(f"ord_{number}", at=world.clock.now()) for number in range(40)))
    world.clock.advance(days=2, minutes=1)
    caller = Caller(release=world.release, clock=world.clock)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: caller.call(world.store, world.clock.now()), range(8)))
    call(world)
    assert len(rows(world, alerts)) == 40


def test_whoever_dies_before_the_commit_has_moved_nobody(world):
    world.accept(placed(at=world.clock.now()))
    world.clock.advance(days=2, minutes=1)
    before = rows(world, runs), rows(world, timers)

    def die(_point):
        raise PowerCut

    with pytest.raises(PowerCut):
        Caller(release=world.release, clock=world.clock).call(world.store, world.clock.now(), passing=die)
    assert (rows(world, runs), rows(world, timers), rows(world, alerts)) == (*before, [])
    call(world)
    assert len(rows(world, alerts)) == 1


def test_a_run_whose_journey_is_gone_is_over_when_it_is_called(world):
    world.accept(placed(at=world.clock.now()))
    run_only(world)
    later(world, days=2, minutes=1)

    (run,) = rows(world, runs)
    assert (run["ending"], run["note"]) == ("step_removed", "after_purchase")
    assert rows(world, timers) == []


def test_a_run_remembers_nothing_when_it_is_over(world):
    """What it knew of a person is in the events, which have their own life."""
    world.accept(placed(at=world.clock.now()))
    world.clock.advance(minutes=1)
    happens(world, "order.cancelled")

    (run,) = rows(world, runs)
    assert (run["state"], run["ending"]) == ({}, "exit_event")


def test_an_event_of_ours_is_heard_by_other_journeys_in_the_same_commit(world):
    emission = {
        "order_id": "{{ order.id }}",
        "promised_date": "{{ event.promised_date }}",
        "tracking_url": "https://casalume.example/r/1",
    }
    says = [{"id": "dizer", "emit": {"event": "shipment.dispatched", "data": emission}}]
    hears = [{"id": "enviado", "send": "order_shipped", "channels": {"all": ["email"]}}]
    run_only(
        world,
        AFTER_PURCHASE | {"id": "says", "exit_on": [], "steps": says},
        AFTER_PURCHASE | {"id": "hears", "exit_on": [], "trigger": {"event": "shipment.dispatched"}, "steps": hears},
    )
    world.accept(placed(at=world.clock.now()))

    assert asked(world) == ["order_shipped"]
    assert min(one["source"] for one in rows(world, events)) == "jogral"

"""Runs where something goes wrong beside them: clocks, merges, erasures, a mistake in one of them, many at once."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from orchestrator.dispatch.accept.desk import ECHOES_MAX
from orchestrator.dispatch.identity import merge, undo
from orchestrator.dispatch.privacy.erasing import stop_everything
from orchestrator.dispatch.register import Profile
from orchestrator.dispatch.runs.calling import Caller
from orchestrator.domain.errors import InputError
from orchestrator.store.port import BusinessClock
from orchestrator.store.tables import deliveries, handoffs, pauses, runs, timers
from tests.contract.journeying import (
    MINUTE,
    asked,
    call,
    happens,
    later,
    rows,
    run_only,
    shipped,
    stands,
)
from tests.contract.world import after_the_claim, event, placed

BRUNO = Profile(id="cus_bruno", emails=("bruno@example.com",), attributes={"first_name": "Bruno"})

CONFIRM = {"id": "confirmar", "send": "order_confirmed", "channels": {"all": ["email"]}}
WAITS = {
    "kind": "journey",
    "id": "waits",
    "title": "Espera",
    "owner": "operacoes",
    "topic": "order_updates",
    "trigger": {"event": "order.placed"},
    "entry": {"key": "order.id"},
    "exit_on": [{"event": "order.cancelled", "match": "order.id"}],
    "steps": [CONFIRM, {"id": "esperar", "wait": "1d"}, CONFIRM | {"id": "de_novo"}],
}
HANDS_OVER = {
    "kind": "journey",
    "id": "hands_over",
    "title": "Pessoa",
    "owner": "atendimento",
    "topic": "order_updates",
    "trigger": {"event": "support.requested"},
    "entry": {"again_after": "1h"},
    "steps": [{"id": "pessoa", "handoff": {"team": "atendimento", "reason": "Pediu ajuda"}}],
}


@pytest.fixture
def world(world):
    """The shop with one journey, which waits a day between two messages."""
    run_only(world, WAITS)
    return world


def states(world):
    """Message → its states and reasons, in the order in which they were asked for."""
    return [(row["step"], row["state"], row["reason"]) for row in rows(world, deliveries)]


def merged(world, kept="cus_ana", other="cus_bruno"):
    with world.store.write() as transaction:
        return merge(transaction, world.release, world.clock, kept, other, by="test")


def undone(world, one):
    with world.store.write() as transaction:
        undo(transaction, world.clock, one.id, by="test")


def erased(world, desk, customer_id="cus_ana"):
    with world.store.write() as transaction:
        person = transaction.personal_data.person([customer_id])
        transaction.customers.lock(person.customer_ids)
        assert not stop_everything(transaction, desk, person)
        transaction.personal_data.erase(person, remains="cus_erased", at=world.clock.now())


# --- told after it was over, or twice ---------------------------------------------------------------------------------


def test_what_a_slow_clock_cancelled_is_not_confirmed(world):
    """The run ends, so what it still has waiting is not sent, whatever the clock of its source shows."""
    world.accept(placed(at=world.clock.now()))
    world.accept(event("order.cancelled", "c1", at=world.clock.now() - MINUTE, order_id="ord_1"))
    world.drain()

    assert stands(world) == []
    assert states(world) == [("confirmar", "skipped", "exit_event")]


def test_what_happens_in_the_millisecond_of_a_send_is_before_it_or_after_it(world):
    """An exit between the decision and the gate: nothing leaves."""
    world.accept(placed(at=world.clock.now()))
    world.drain(after_the_claim(lambda: happens(world, "order.cancelled")))

    assert states(world) == [("confirmar", "skipped", "exit_event")]
    assert world.provider.calls == []


def test_an_exit_is_said_once_however_many_runs_it_ends(world):
    left = {"event": "order.cancelled", "send": "order_cancelled", "channels": {"all": ["email"]}}
    run_only(world, WAITS | {"exit_on": [left]})
    world.accept(*(placed(f"ord_{number}", at=world.clock.now()) for number in range(1, 4)))
    world.clock.advance(minutes=1)
    happens(world, "order.cancelled")

    assert stands(world) == []
    assert asked(world).count("order_cancelled") == 1


def test_the_run_of_one_order_says_that_it_ended_and_others_go_on(world):
    left = {"event": "order.cancelled", "match": "order.id", "send": "order_cancelled", "channels": {"all": ["email"]}}
    run_only(world, WAITS | {"exit_on": [left]})
    world.accept(*(placed(f"ord_{number}", at=world.clock.now()) for number in range(1, 4)))
    world.clock.advance(minutes=1)
    happens(world, "order.cancelled", "ord_1")
    happens(world, "order.cancelled", "ord_2")

    assert stands(world) == [("ord_3", "esperar")]
    assert asked(world).count("order_cancelled") == 2


def test_who_became_one_with_somebody_enters_once(world):
    """A journey that admits a customer once does not admit them again as whom they were merged into."""
    once = WAITS | {"entry": {"again_after": "30d"}, "exit_on": []}
    run_only(world, once)
    world.register(BRUNO)
    world.accept(placed("ord_b", at=world.clock.now(), customer="cus_bruno"))
    merged(world)
    world.accept(placed("ord_a", at=world.clock.now()))

    assert len(rows(world, runs)) == 1
    later(world, days=31)
    world.accept(placed("ord_c", at=world.clock.now()))
    assert len(rows(world, runs)) == 2


def test_two_customers_may_have_the_same_key(world):
    """A key that names no one's own thing, such as a product, is each customer's own."""
    run_only(world, WAITS | {"entry": {"key": "order.first_item"}, "exit_on": []})
    world.register(BRUNO)
    world.accept(placed("ord_a", at=world.clock.now(), first_item="Kit"))
    world.accept(placed("ord_b", at=world.clock.now(), customer="cus_bruno", first_item="Kit"))
    world.accept(placed("ord_c", at=world.clock.now(), customer="cus_bruno", first_item="Kit"))

    assert sorted(row["customer_id"] for row in rows(world, runs)) == ["cus_ana", "cus_bruno"]
    assert asked(world) == ["order_confirmed", "order_confirmed"]


# --- a person has the customer ----------------------------------------------------------------------------------------


def ticket(world, number, kind="closed"):
    return event(f"ticket.{kind}", f"t{number}", customer="cus_ana", at=world.clock.now(), ticket_id="t1", status=kind)


def standing_pauses(world):
    return [row for row in rows(world, pauses) if row["lifted_at"] is None]


def test_a_batch_that_closes_two_hand_offs_in_two_ways_closes_both(world):
    other = HANDS_OVER | {
        "id": "hands_over_too",
        "steps": [{"id": "outra", "handoff": {"team": "vendas", "reason": "Proposta", "closed_by": "customer.joined"}}],
    }
    run_only(world, HANDS_OVER, other)
    world.accept(event("support.requested", "s1", customer="cus_ana", at=world.clock.now()))
    world.clock.advance(minutes=1)
    world.accept(ticket(world, 1), event("customer.joined", "j1", customer="cus_ana", at=world.clock.now()))

    assert stands(world) == []
    assert [row["closed_at"] is not None for row in rows(world, handoffs)] == [True, True]
    assert standing_pauses(world) == []


def test_a_hand_off_that_is_over_within_its_batch_leaves_no_pause(world):
    run_only(world, HANDS_OVER)
    asked_for = event("support.requested", "s1", customer="cus_ana", at=world.clock.now())
    world.clock.advance(minutes=1)
    world.accept(asked_for, ticket(world, 1))

    assert stands(world) == []
    assert [row["closed_at"] is not None for row in rows(world, handoffs)] == [True]
    assert standing_pauses(world) == []


def test_a_hand_off_that_begins_after_another_was_closed_stands(world):
    run_only(world, HANDS_OVER)
    world.accept(event("support.requested", "s1", customer="cus_ana", at=world.clock.now()))
    world.clock.advance(hours=2)
    closed = ticket(world, 1)
    world.clock.advance(minutes=1)
    world.accept(closed, event("support.requested", "s2", customer="cus_ana", at=world.clock.now()))

    assert [row["closed_at"] is not None for row in rows(world, handoffs)] == [True, False]
    assert len(standing_pauses(world)) == 1


# --- merged, erased, while a run stands -------------------------------------------------------------------------------


def test_a_run_that_went_on_while_its_customer_was_another_is_called_when_they_are_two_again(world, desk):
    """And an erasure of the one takes no alarm of the other with it."""
    world.register(BRUNO)
    waits_twice = [CONFIRM, {"id": "um", "wait": "1d"}, {"id": "dois", "wait": "1d"}, CONFIRM | {"id": "de_novo"}]
    run_only(world, WAITS | {"steps": waits_twice})
    world.accept(placed("ord_b", at=world.clock.now(), customer="cus_bruno"))
    one = merged(world)
    later(world, days=1, minutes=1)
    undone(world, one)

    assert [(row["customer_id"]) for row in rows(world, timers)] == ["cus_bruno"]
    erased(world, desk)
    later(world, days=1, minutes=1)
    assert stands(world) == []
    assert [row["customer_id"] for row in rows(world, deliveries)] == ["cus_bruno", "cus_bruno"]


def test_a_run_whose_customers_erasure_has_begun_goes_nowhere(world, desk):
    """The erasure may have to wait for a message on its way: until then nothing new begins."""
    world.accept(placed(at=world.clock.now()))
    with world.store.write() as transaction:
        person = transaction.personal_data.person(["cus_ana"])
        transaction.customers.lock(person.customer_ids)
        stop_everything(transaction, desk, person)

    assert stands(world) == []
    assert rows(world, timers) == []
    assert {row["ending"] for row in rows(world, runs)} == {"erased"}


def test_an_event_of_somebody_who_is_erased_meanwhile_is_nobodys(world, desk):
    """It waited for their lock, and they are gone when it gets it."""
    if not world.store.serves_writers_together:
        pytest.skip("who writes second looks for the customer when the first is done")
    found = []
    with world.store.write() as transaction:
        person = transaction.personal_data.person(["cus_ana"])
        transaction.customers.lock(person.customer_ids)
        comes = threading.Thread(target=lambda: found.extend(world.accept(placed(at=world.clock.now()))))
        comes.start()
        until_it_waits(world, comes)
        stop_everything(transaction, desk, person)
        transaction.personal_data.erase(person, remains="cus_erased", at=world.clock.now())
    comes.join()

    (result,) = found
    assert isinstance(result, InputError)
    assert result.code == "unknown_customer"


def until_it_waits(world, thread):
    """Return once the thread waits for a lock of the ledger."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with world.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while thread.is_alive() and not connection.exec_driver_sql(waiting).scalar_one():
            pass


# --- a mistake in one run ---------------------------------------------------------------------------------------------


def test_a_run_that_cannot_move_holds_up_nobody_else(world):
    """Whatever is wrong with one: the others are called, and it is tried again later."""
    world.register(BRUNO)
    world.accept(placed("ord_1", at=world.clock.now()), placed("ord_2", at=world.clock.now(), customer="cus_bruno"))
    with world.store.engine.begin() as connection:
        mended = connection.scalar(select(runs.c.state).where(runs.c.key == "ord_1"))
        connection.execute(update(runs).where(runs.c.key == "ord_1").values(state={"alarms": "broken"}))
    with capture_logs() as lines:
        later(world, days=1, minutes=1)

    assert stands(world) == [("ord_1", "esperar")]
    assert asked(world).count("order_confirmed") == 3
    assert [(line["event"], line["alarm"]) for line in lines] == [("run_cannot_move", "wake")]
    with world.store.engine.begin() as connection:
        connection.execute(update(runs).where(runs.c.key == "ord_1").values(state=mended))
    later(world, minutes=11)
    assert stands(world) == []


def test_an_event_of_ours_that_is_refused_is_told_in_the_log(world):
    """The run goes on; nobody else would ever learn of it."""
    says = {"id": "dizer", "emit": {"event": "shipment.dispatched", "data": {"order_id": "{{ order.id }}"}}}
    run_only(world, WAITS | {"exit_on": [], "steps": [says, CONFIRM]})
    with capture_logs() as lines:
        world.accept(placed(at=world.clock.now()))

    assert asked(world) == ["order_confirmed"]
    (line,) = lines
    assert (line["event"], line["type"], line["fields"]) == (
        "emitted_event_refused",
        "shipment.dispatched",
        ["#/data/promised_date"],
    )


def test_journeys_that_begin_each_other_come_to_an_end(world):
    """Each says what begins the other. The event that began it is accepted all the same, and the log tells."""
    says = [{"id": "dizer", "emit": {"event": "customer.joined"}}, CONFIRM]
    begins = {name: value for name, value in WAITS.items() if name not in {"entry", "exit_on"}}
    run_only(world, begins | {"trigger": {"event": "customer.joined"}, "steps": says})
    with capture_logs() as lines:
        world.accept(event("customer.joined", "j1", customer="cus_ana", at=world.clock.now()))

    assert [(line["event"], line["types"]) for line in lines] == [("emitted_events_go_round", ["customer.joined"])]
    assert asked(world) == ["order_confirmed"] * (ECHOES_MAX + 1)


def test_nothing_moves_under_a_release_that_is_not_in_force_any_more(world):
    """Somebody brings another one into force while a long round of calls is under way: the rest is called under it."""
    world.accept(placed(at=world.clock.now()))
    before = Caller(release=world.release, clock=world.clock)
    run_only(world, WAITS | {"steps": [CONFIRM, {"id": "esperar", "wait": "1d"}]})
    world.clock.advance(days=1, minutes=1)

    assert before.call(world.store, world.clock.now()) == 0
    call(world)
    assert (stands(world), asked(world)) == ([], ["order_confirmed"])


def test_a_message_that_was_read_is_found_by_its_customer(world):
    """Whatever else was sent in years: that a run's message was opened is not looked for among all of it."""
    world.accept(placed(at=world.clock.now()))
    world.drain()
    (run,) = rows(world, runs)
    with world.store.engine.begin() as connection:
        connection.execute(update(deliveries).values(receipt="read"))
    with world.store.read() as transaction:
        assert transaction.runs.engaged({run["id"]}) == {run["id"]: frozenset({"confirmar"})}


def test_an_event_about_one_of_many_orders_moves_its_run_alone(world):
    """Somebody with thousands of orders has as many runs."""
    hears = {"id": "esperar", "wait_for": {"event": "shipment.dispatched"}}
    run_only(world, WAITS | {"steps": [hears, CONFIRM]})
    world.accept(*(placed(f"ord_{number}", at=world.clock.now()) for number in range(30)))
    moves = []
    world.accept(shipped(world, "ord_7"), witness=lambda moved, _: moves.append(moved.run.key))

    assert moves == ["ord_7"]
    assert len(stands(world)) == 29


# --- clocks -----------------------------------------------------------------------------------------------------------


def test_a_call_reads_the_clock_when_it_has_the_lock(world):
    """A round that waited for others moves its runs now, not when the first round began."""
    world.accept(placed(at=world.clock.now()))
    began = world.clock.now() + 2 * 86_400_000
    world.clock.advance(days=2, minutes=5)
    Caller(release=world.release, clock=world.clock).call(world.store, began)

    assert [row["ended_at"] for row in rows(world, runs)] == [world.clock.now()]


def test_a_clock_that_jumps_back_rings_nothing_twice(world):
    world.accept(placed(at=world.clock.now()))
    later(world, days=1, minutes=1)
    with world.store.write() as transaction:
        transaction.ledger.set_clock(BusinessClock(offset_ms=-86_400_000))
    call(world)
    with world.store.write() as transaction:
        transaction.ledger.set_clock(BusinessClock())
    call(world)

    assert asked(world) == ["order_confirmed", "order_confirmed"]

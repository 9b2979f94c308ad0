"""Pauses: what is due waits, nothing of it is lost, and it goes on when the pause is lifted or over."""

from __future__ import annotations

import pytest

from orchestrator.dispatch import pauses
from orchestrator.dispatch.accept.message import new_request
from orchestrator.dispatch.pauses import GATE_MS, LOOKED_FOR_MS, WantedPause
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.errors import InputError, NotFound
from orchestrator.domain.pause import PauseScope
from orchestrator.store.port import NewDelivery
from tests.contract.world import EMAIL, EVERYTHING, SMS, event, placed

ALL, CHANNEL, ACCOUNT, JOURNEY, STEP, MESSAGE, CUSTOMER, HANDOFF = PauseScope
HOUR_MS = 3_600_000


def pause(world, scope, subject="", *, until=None, reason=""):
    wanted = WantedPause(scope=scope, subject=subject, reason=reason, until=until)
    with world.store.write() as transaction:
        return pauses.pause(transaction, world.release, world.clock, wanted, by="test")


def resume(world, scope, subject=""):
    with world.store.write() as transaction:
        return pauses.resume(transaction, world.release, world.clock, scope, subject, by="test")


def standing(world):
    with world.store.read() as transaction:
        return [(one.scope, one.subject, one.reason) for one in transaction.pauses.all()]


PAUSES = [(ALL, ""), (CHANNEL, "email"), (ACCOUNT, "email"), (MESSAGE, "order_confirmed")]


@pytest.mark.parametrize(("scope", "subject"), PAUSES)
def test_what_is_paused_waits_and_goes_on(world, scope, subject):
    """Whatever it is that was paused; what was held is sent at once when it is lifted."""
    account = world.release.accounts[EMAIL].id
    subject = account if scope is ACCOUNT else subject
    pause(world, scope, subject)
    request_id = world.ask()
    world.drain()
    assert world.ended(request_id) == ("held", "kill_switch" if scope is ALL else "paused")

    done = resume(world, scope, subject)
    assert (done.was_paused, done.released) == (True, {"transactional": 1})
    world.drain()
    assert world.ended(request_id) == ("sent", "")


def test_a_journey_that_is_paused_holds_what_it_asked_for(world):
    """And nothing that others ask for."""
    pause(world, JOURNEY, "orders_simple")
    world.accept(placed(at=world.clock.now()))
    other = world.ask()
    world.drain()
    assert world.ended(other) == ("sent", "")
    assert world.tally()["order_confirmed"] == {"held": 1, "sent": 1}

    assert resume(world, JOURNEY, "orders_simple").released == {"transactional": 1}
    world.drain()
    assert world.tally()["order_confirmed"] == {"sent": 2}


def test_a_step_that_is_paused_holds_what_it_sends_and_nothing_else(world):
    """Neither another step of its journey, nor the same message from elsewhere."""
    pause(world, STEP, "orders_simple/confirmar")
    world.accept(placed(at=world.clock.now()))
    world.accept(event("order.cancelled", "cancelled", customer="cus_ana", at=world.clock.now(), order_id="ord_1"))
    other = world.ask()
    world.drain()
    assert world.ended(other) == ("sent", "")
    assert world.tally() == {"order_confirmed": {"held": 1, "sent": 1}, "order_cancelled": {"sent": 1}}

    assert resume(world, STEP, "orders_simple/avisar_envio").released == {}
    assert resume(world, STEP, "orders_simple/confirmar").released == {"transactional": 1}
    world.drain()
    assert world.tally()["order_confirmed"] == {"sent": 2}


def test_a_customers_pause_stops_marketing_only(world):
    """They asked for silence, not for less than they bought."""
    world.said(ConsentState.GRANTED)
    pause(world, CUSTOMER, "cus_ana")
    marketing, bought = world.ask("review_request", EMAIL), world.ask()
    world.drain()
    assert (world.ended(marketing)[0], world.ended(bought)[0]) == ("held", "sent")
    assert resume(world, CUSTOMER, "cus_ana").released == {"marketing": 1}


def test_a_channel_that_is_paused_is_passed_over_where_another_reaches_the_customer(world):
    pause(world, CHANNEL, "email")
    request_id = world.ask("order_confirmed", EMAIL, SMS)
    world.drain()
    assert (world.ended(request_id)[0], world.get(request_id)["channel"]) == ("sent", "sms")


def test_what_two_pauses_hold_is_held_until_both_are_over(world):
    """Lifting one only has it looked at again."""
    pause(world, MESSAGE, "order_confirmed")
    pause(world, CHANNEL, "email")
    request_id = world.ask()
    world.drain()
    assert resume(world, CHANNEL, "email").released == {"transactional": 1}
    world.drain()
    assert world.ended(request_id) == ("held", "paused")
    resume(world, MESSAGE, "order_confirmed")
    world.drain()
    assert world.ended(request_id) == ("sent", "")


def test_a_pause_frees_nothing_that_another_holds(world):
    """The kill switch's rows are its own, and those of one message or channel are not another's."""
    pause(world, ALL)
    stopped = world.ask()
    world.drain()
    pause(world, MESSAGE, "order_shipped")
    pause(world, CHANNEL, "sms")
    for scope, subject in ((MESSAGE, "order_shipped"), (CHANNEL, "sms")):
        assert resume(world, scope, subject).released == {}
    assert world.ended(stopped) == ("held", "kill_switch")


# --- putting and lifting --------------------------------------------------------------------------------------------


def test_pausing_twice_says_the_newer_reason(world):
    """There is one pause of a thing, and one lift ends it."""
    pause(world, CHANNEL, "sms", reason="bill")
    pause(world, CHANNEL, "sms", reason="contract")
    assert standing(world) == [(CHANNEL, "sms", "contract")]
    assert resume(world, CHANNEL, "sms").was_paused
    assert standing(world) == []


def test_resuming_what_is_not_paused_says_so(world):
    assert not resume(world, CHANNEL, "sms").was_paused
    assert not resume(world, ALL).was_paused


@pytest.mark.parametrize(
    ("scope", "subject", "code", "meant"),
    [
        (CHANNEL, "smss", "unknown_channel", "sms"),
        (ACCOUNT, "emial", "unknown_account", "email"),
        (JOURNEY, "orders_simpl", "unknown_journey", "orders_simple"),
        (STEP, "orders_simple/confimar", "unknown_step", "orders_simple/confirmar"),
        (STEP, "orders_simpl/confirmar", "unknown_step", "orders_simple/confirmar"),
        (MESSAGE, "order_confirmd", "unknown_message", "order_confirmed"),
        (CUSTOMER, "cus_nobody", "unknown_customer", ""),
    ],
)
def test_a_thing_that_does_not_exist_is_refused_with_what_was_meant(world, scope, subject, code, meant):
    """A pause of it would stop nothing, and nobody would notice."""
    for attempt in (pause, resume):
        with pytest.raises(NotFound) as refused:
            attempt(world, scope, subject)
        assert refused.value.code == code
        assert meant in str(refused.value)
    assert standing(world) == []


def test_an_end_that_is_past_is_refused(world):
    with pytest.raises(InputError) as refused:
        pause(world, ALL, until=world.clock.now())
    assert refused.value.code == "past_end"


def test_what_was_removed_from_the_project_can_still_be_resumed(world):
    """Its pause would stand for ever otherwise."""
    pause(world, JOURNEY, "orders_simple")
    without = world.release.model_copy(update={"journeys": {}})
    with world.store.write() as transaction:
        assert pauses.resume(transaction, without, world.clock, JOURNEY, "orders_simple", by="test").was_paused


# --- what wakes -----------------------------------------------------------------------------------------------------


def test_a_pause_that_is_over_wakes_what_it_held(world):
    """By business time, without anybody's doing; and only once."""
    pause(world, ALL, until=world.clock.now() + HOUR_MS)
    request_id = world.ask()
    world.drain()
    assert world.wake() == 0

    world.clock.advance(hours=1)
    assert world.wake() == 1
    assert standing(world) == []
    world.drain()
    assert world.ended(request_id) == ("sent", "")


def test_what_was_held_while_somebody_went_on_is_woken(world):
    """A worker saw the pause, and wrote what it saw after it was lifted."""
    pause(world, CHANNEL, "email")
    request_id = world.ask()
    world.drain()
    with world.store.write() as transaction:
        transaction.pauses.lift(CHANNEL, "email", world.clock.now() - GATE_MS)
    assert world.wake() == 1
    world.drain()
    assert world.ended(request_id) == ("sent", "")


def test_what_another_pause_holds_is_not_woken_again_and_again(world):
    """Each time would be a decision more in its record."""
    for channel in ("email", "sms"):
        pause(world, CHANNEL, channel)
    resume(world, CHANNEL, "email")
    world.clock.advance(seconds=GATE_MS / 1000 + 1)
    with world.store.write() as transaction:
        transaction.consents.suppress([_email_of_ana(transaction)], "email", "manual", world.clock.now())
    request_id = world.ask("order_confirmed", EMAIL, SMS)
    world.drain()
    assert world.ended(request_id) == ("held", "paused")
    assert world.wake() == 0


def test_a_pause_that_took_the_place_of_another_is_not_over(world):
    pause(world, ALL, until=world.clock.now() + HOUR_MS)
    pause(world, ALL)
    world.ask()
    world.drain()
    world.clock.advance(hours=2)
    assert world.wake() == 0


def test_pauses_that_were_lifted_long_ago_are_not_looked_at(world):
    """Nothing that they held can still be there: a lift frees it at once."""
    pause(world, ALL)
    resume(world, ALL)
    lifted_at = world.clock.now()
    with world.store.read() as transaction:
        assert transaction.pauses.lifted(lifted_at - LOOKED_FOR_MS)
        assert not transaction.pauses.lifted(lifted_at + 1)
        assert transaction.pauses.all() == []


def test_pauses_come_in_pages(world):
    """In the order in which they were put, without those that are over."""
    pause(world, ALL, until=world.clock.now() + HOUR_MS)
    made = [pause(world, CHANNEL, channel) for channel in ("email", "sms", "push")]
    world.clock.advance(hours=1)
    with world.store.read() as transaction:
        first = transaction.pauses.page("", 2, business_now=world.clock.now())
        rest = transaction.pauses.page(first[-1].id, 2, business_now=world.clock.now())
    assert sorted(one.subject for one in (*first, *rest)) == sorted(one.subject for one in made)


def _email_of_ana(transaction):
    (address, *_) = transaction.customers.get("cus_ana").addresses
    return address.id


# --- where a past is played -------------------------------------------------------------------------------------------


def test_the_end_of_a_handoff_is_known_as_long_as_it_holds_something(world):
    """Business time is moved there: what it held is decided for that hour, and not for the one in which it was due."""
    world.said(ConsentState.GRANTED)
    until = world.clock.now() + 2 * HOUR_MS
    pause(world, HANDOFF, "cus_ana", until=until)
    assert next_end(world) is None
    with world.store.write() as transaction:
        held = asked_by(transaction, world)
    world.drain()
    assert world.ended(held) == ("held", "handoff")
    assert next_end(world) == until

    with world.store.write() as transaction:
        (over,) = transaction.pauses.lift_over(until, world.clock.now())
        transaction.pauses.release(over.scope, over.subject, world.clock.now(), due_at=until)
    assert world.get(held)["due_at"] == until
    assert next_end(world) is None


def next_end(world):
    with world.store.read() as transaction:
        return transaction.pauses.next_end(["orders_simple"])


def asked_by(transaction, world):
    """A request of a journey, for a message that is marketing."""
    request = new_request(
        world.release, world.clock, message="review_request", customer_id="cus_ana", candidates=(EMAIL,), objects={},
        data=EVERYTHING, journey="orders_simple",
    )  # fmt: skip
    transaction.deliveries.add([NewDelivery(request=request, identity="one", origin="test")], world.clock.now())
    return request.id

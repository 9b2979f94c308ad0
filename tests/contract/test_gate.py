"""The gate, on both ledgers: quiet hours, caps, rules, pauses, exits, the way to another channel, and who is first."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from datetime import UTC, datetime

import pytest

from orchestrator.decide.recipients import Recipients
from orchestrator.dispatch.breaker import CALLS_MIN, CLOSED_FIRST_MS, PROBES
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.delivery import Mode
from orchestrator.domain.identifiers import new_id
from orchestrator.domain.pause import Pause, PauseScope
from orchestrator.domain.time import instant
from orchestrator.release import read_release
from tests.contract.test_dispatch import http, silence
from tests.contract.world import (
    EMAIL,
    PUSH,
    SMS,
    WHATSAPP,
    PowerCut,
    World,
    after_the_claim,
    at_once,
    before_settling,
    delivered,
    event,
    placed,
    power_cut,
    reference,
    webhooks,
    with_project,
)
from tests.saying import tell

MINUTE, HOUR, DAY = 60_000, 3_600_000, 24 * 3_600_000
GRANTED = ConsentState.GRANTED

NIGHT = {"id": "noite", "purposes": ["marketing"], "from": "21:00", "to": "09:00"}
A_DAY = {"id": "dia", "purposes": ["marketing"], "limit": 1, "per": "1d", "window": "calendar_day"}
A_WEEK = {"id": "semana", "purposes": ["marketing"], "limit": 3, "per": "7d", "window": "rolling", "on_block": "drop"}


@pytest.fixture
def ruled(store, release, clock):
    """Casa Lume under rules of the test's own."""

    def open_(**settings):
        calm = {"quiet_hours": [], "frequency_caps": [], "suppress_rules": []} | settings
        changed = with_project(release, **calm)
        publish(store, changed, clock.now())
        world = World(store, changed, clock)
        if not known(world, "cus_ana"):
            agree(world, "cus_ana", "+5511912345678")
        return world

    return open_


def known(world, customer_id):
    with world.store.read() as transaction:
        return transaction.customers.get(customer_id)


def agree(world, customer_id, phone, **profile):
    """A customer who wants everything, everywhere."""
    world.register(
        Profile(
            id=customer_id,
            emails=(f"{customer_id}@example.com",),
            phones=(phone,),
            push_tokens=(f"token-{customer_id}",),
            attributes={"first_name": "Ana"},
            **profile,
        )
    )
    with world.store.write() as transaction:
        topics, channels = ("reviews", "offers", "cart_reminders"), (EMAIL, WHATSAPP, SMS, PUSH)
        tell(transaction, world.clock, [customer_id], GRANTED, topics, channels)


def at(world, *when):
    """Move the clock to an instant of UTC."""
    world.clock.advance(seconds=(instant(datetime(*when, tzinfo=UTC)) - world.clock.now()) / 1000)


def trace_of(world, asked):
    return world.get(asked)["decisions"][-1]["trace"]


# --- quiet hours ----------------------------------------------------------------------------------------------------


def test_marketing_waits_for_the_end_of_quiet_hours_and_is_sent_then(ruled):
    """22:14 in São Paulo is quiet until 09:00; nothing leaves a millisecond before."""
    world = ruled(quiet_hours=[NIGHT])
    at(world, 2026, 11, 26, 1, 14)
    asked = world.ask("review_request", EMAIL)
    world.drain()
    found = world.get(asked)
    opening = instant(datetime(2026, 11, 26, 12, tzinfo=UTC))
    assert (found["state"], found["reason"], found["due_at"]) == ("deferred", "quiet_hours:noite", opening)
    assert trace_of(world, asked)[-1] == {
        "gate": "quiet_hours", "result": "wait", "channel": "email", "detail": "noite 21:00-09:00 America/Sao_Paulo",
    }  # fmt: skip

    world.clock.advance(seconds=(opening - 1 - world.clock.now()) / 1000)
    assert world.drain() == 0
    world.clock.advance(seconds=0.001)
    assert world.drain() == 1
    assert world.ended(asked) == ("sent", "")


def test_quiet_hours_are_the_customers_own(ruled):
    """In Rio Branco it is two hours earlier than in São Paulo, and the phone says so."""
    world = ruled(quiet_hours=[NIGHT])
    agree(world, "cus_acre", "+5568999990000")
    at(world, 2026, 11, 25, 12, 30)  # 09:30 in São Paulo, 07:30 in Rio Branco
    in_sao_paulo = world.ask("review_request", EMAIL)
    in_rio_branco = world.ask("review_request", EMAIL, customer_id="cus_acre")
    world.drain()
    assert world.ended(in_sao_paulo) == ("sent", "")
    assert world.ended(in_rio_branco) == ("deferred", "quiet_hours:noite")


def test_what_was_bought_is_told_at_night(ruled):
    world = ruled(quiet_hours=[NIGHT])
    at(world, 2026, 11, 26, 1, 14)
    asked = world.ask("order_confirmed", EMAIL)
    world.drain()
    assert world.ended(asked) == ("sent", "")


def test_what_would_be_too_late_in_the_morning_expires_at_night(ruled):
    world = ruled(quiet_hours=[NIGHT])
    at(world, 2026, 11, 26, 1, 14)
    asked = world.ask("review_request", EMAIL, not_after=instant(datetime(2026, 11, 26, 11, tzinfo=UTC)))
    world.drain()
    assert world.ended(asked) == ("expired", "not_after")


def test_of_two_messages_of_a_topic_that_wait_for_the_morning_the_newer_is_sent(ruled):
    world = ruled(quiet_hours=[NIGHT])
    at(world, 2026, 11, 26, 1, 14)
    older = world.ask("review_request", EMAIL)
    world.drain()
    world.clock.advance(minutes=10)
    newer = world.ask("review_request", EMAIL)
    other = world.ask("cart_reminder", EMAIL, data=CART)
    world.drain()
    assert world.ended(older) == ("skipped", "superseded")
    assert world.ended(newer) == world.ended(other) == ("deferred", "quiet_hours:noite")


def test_what_a_team_rehearses_takes_the_place_of_nothing_real(ruled):
    """Who is on the list may be a customer as well: what they bought is told them, and nothing made up instead."""
    world = ruled(quiet_hours=[NIGHT])
    at(world, 2026, 11, 26, 1, 14)
    real = world.ask("review_request", EMAIL)
    world.drain()
    world.clock.advance(minutes=10)
    rehearsed = world.ask("review_request", EMAIL, mode=Mode.TEAM)
    team = world.a_drain(at_once)
    team.recipients = Recipients(domains=frozenset({"example.com"}))
    asyncio.run(team.drain())
    assert world.ended(real) == world.ended(rehearsed) == ("deferred", "quiet_hours:noite")


CART = {"cart": {"first_item": "Kit Banho", "url": "https://casalume.example/c/8fk2", "code": "8fk2"}}


# --- frequency caps -------------------------------------------------------------------------------------------------


def test_a_cap_of_one_a_day_lets_one_through_and_the_next_wait_for_tomorrow(ruled):
    world = ruled(frequency_caps=[A_DAY])
    first, second = world.ask("review_request", EMAIL), world.ask("cart_reminder", EMAIL, data=CART)
    world.drain()
    midnight = instant(datetime(2026, 11, 26, 3, tzinfo=UTC))
    assert world.ended(first) == ("sent", "")
    assert (*world.ended(second), world.get(second)["due_at"]) == ("deferred", "frequency_cap:dia", midnight)
    assert trace_of(world, first)[-2]["detail"] == "dia 0/1"
    assert trace_of(world, second)[-1]["detail"] == "dia 1/1"

    at(world, 2026, 11, 26, 3)
    world.drain()
    assert world.ended(second) == ("sent", "")


def test_a_cap_that_drops_blocks_what_is_too_much(ruled):
    world = ruled(frequency_caps=[A_WEEK])
    asked = [world.ask("review_request", EMAIL) for _ in range(5)]
    world.drain()
    ends = [world.ended(one) for one in asked]
    assert sorted(ends) == [("blocked", "frequency_cap:semana")] * 2 + [("sent", "")] * 3
    world.clock.advance(days=7)
    again = world.ask("review_request", EMAIL)
    world.drain()
    assert world.ended(again) == ("sent", "")


def test_a_cap_of_a_channel_sends_on_the_next_one(ruled):
    whatsapp = {"id": "zap", "channels": ["whatsapp"], "limit": 1, "per": "7d", "window": "rolling",
                "on_block": "next_channel"}  # fmt: skip
    world = ruled(frequency_caps=[whatsapp])
    first = world.ask("cart_reminder", WHATSAPP, EMAIL, data=CART)
    world.drain()
    second = world.ask("cart_reminder", WHATSAPP, EMAIL, data=CART)
    alone = world.ask("cart_reminder", WHATSAPP, data=CART)
    world.drain()
    assert [world.get(one)["channel"] for one in (first, second)] == ["whatsapp", "email"]
    assert world.ended(alone) == ("blocked", "frequency_cap:zap")


def test_a_limit_of_nothing_means_never(ruled):
    world = ruled(frequency_caps=[A_DAY | {"limit": 0}])
    asked = world.ask("review_request", EMAIL)
    world.drain()
    assert world.ended(asked) == ("blocked", "frequency_cap:dia")


def test_only_a_definite_refusal_gives_a_slot_back(ruled):
    """A doubt keeps it: it may have arrived."""
    world = ruled(frequency_caps=[A_DAY | {"on_block": "drop"}])
    world.wire = webhooks
    world.provider.answer = http(400)
    refused = world.ask("review_request", EMAIL)
    world.drain()
    world.provider.answer = silence("timeout", in_doubt=True)
    doubtful = world.ask("review_request", EMAIL)
    world.drain()
    world.provider.answer = delivered
    third = world.ask("review_request", EMAIL)
    world.drain()
    assert world.ended(refused)[0] == "failed"
    assert world.ended(doubtful) == ("unknown", "timeout")
    assert world.ended(third) == ("blocked", "frequency_cap:dia")


def test_what_is_urgent_passes_caps_and_counts_in_them(ruled):
    cap = {"id": "tudo", "limit": 1, "per": "1d", "window": "rolling", "on_block": "drop"}
    world = ruled(frequency_caps=[cap])
    urgent = [urgently(world) for _ in range(2)]
    world.drain()
    assert [world.ended(one) for one in urgent] == [("sent", "")] * 2
    later = world.ask("review_request", EMAIL)
    world.drain()
    assert world.ended(later) == ("blocked", "frequency_cap:tudo")
    assert trace_of(world, later)[-1]["detail"] == "tudo 2/1"


def urgently(world, message="order_confirmed"):
    asked = world.ask(message, EMAIL)
    prioritise(world, asked, "high")
    return asked


def prioritise(world, asked, priority):
    """As a journey's step would have said."""
    with world.store.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE deliveries SET priority = '{priority}' WHERE id = '{asked}'")


def test_of_two_that_compete_for_the_last_slot_the_more_important_is_sent(ruled):
    """Both are due in the same moment; which was asked for first does not matter."""
    world = ruled(frequency_caps=[A_DAY])
    less = world.ask("cart_reminder", EMAIL, data=CART)
    prioritise(world, less, "low")
    more = world.ask("review_request", EMAIL)
    world.drain()
    assert world.ended(more) == ("sent", "")
    assert world.ended(less) == ("deferred", "frequency_cap:dia")


def test_many_workers_at_once_never_exceed_a_cap(ruled):
    world = ruled(frequency_caps=[A_WEEK])
    for _ in range(40):
        world.ask("review_request", EMAIL)
    world.provider.slice_room = 2
    workers = [threading.Thread(target=world.drain, kwargs={"name": f"worker-{number}"}) for number in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert len(world.provider.references) == 3
    assert world.tally()["review_request"] == {"sent": 3, "blocked": 37}


# --- suppress rules -------------------------------------------------------------------------------------------------


def test_nothing_is_advertised_while_an_order_is_in_trouble(ruled):
    """The rule reads the customer's own objects, as they are in that moment."""
    rule = {
        "id": "problema",
        "title": "Problema",
        "purposes": ["marketing"],
        "object": "order",
        "when": 'order.status == "trouble"',
    }
    world = ruled(suppress_rules=[rule])
    world.accept(placed(at=world.clock.now()))
    world.drain()
    fine = world.ask("review_request", EMAIL)
    world.drain()
    with world.store.engine.begin() as connection:
        data = connection.exec_driver_sql("SELECT data FROM objects WHERE kind = 'order'").scalar_one()
        data = json.loads(data) if isinstance(data, str) else data
        connection.exec_driver_sql(
            f"UPDATE objects SET data = '{json.dumps(data | {'status': 'trouble'})}' WHERE kind = 'order'"
        )
    marketing, bought = world.ask("review_request", EMAIL), world.ask("order_confirmed", EMAIL)
    world.drain()
    assert world.ended(fine) == world.ended(bought) == ("sent", "")
    assert world.ended(marketing) == ("blocked", "suppress_rule:problema")


# --- pauses ---------------------------------------------------------------------------------------------------------


def pause(world, scope, subject="", until=None):
    with world.store.write() as transaction:
        now = world.clock.now()
        transaction.pauses.put(
            Pause(
                id=new_id("pau", now, world.clock.entropy(10)),
                scope=scope,
                subject=subject,
                reason="rehearsal",
                by="test",
                at=now,
                until=until,
            )
        )


@pytest.mark.parametrize(
    ("scope", "subject", "reason"),
    [
        (PauseScope.ALL, "", "kill_switch"),
        (PauseScope.CHANNEL, "email", "paused"),
        (PauseScope.ACCOUNT, "email", "paused"),
        (PauseScope.MESSAGE, "review_request", "paused"),
        (PauseScope.CUSTOMER, "cus_ana", "paused:customer"),
    ],
)
def test_what_is_paused_is_held_and_goes_on_afterwards(ruled, scope, subject, reason):
    world = ruled()
    pause(world, scope, subject)
    asked = world.ask("review_request", EMAIL)
    world.drain()
    assert (world.ended(asked), world.provider.calls) == (("held", reason), [])

    with world.store.write() as transaction:
        assert transaction.pauses.lift(scope, subject, world.clock.now())
    world.wake()
    world.drain()
    assert world.ended(asked) == ("sent", "")


def test_a_pause_that_comes_before_the_gate_is_obeyed(ruled):
    world = ruled()
    asked = world.ask("review_request", EMAIL)
    world.drain(after_the_claim(lambda: pause(world, PauseScope.ALL)))
    assert (world.ended(asked), world.provider.calls) == (("held", "kill_switch"), [])


def test_a_pause_of_a_channel_sends_on_the_next_one(ruled):
    world = ruled()
    pause(world, PauseScope.CHANNEL, "whatsapp")
    asked = world.ask("cart_reminder", WHATSAPP, EMAIL, data=CART)
    world.drain()
    assert world.get(asked)["channel"] == "email"


def test_a_pause_of_another_stops_nobody(ruled):
    world = ruled()
    pause(world, PauseScope.CUSTOMER, "cus_other")
    pause(world, PauseScope.MESSAGE, "cart_reminder")
    asked, bought = world.ask("review_request", EMAIL), world.ask("order_confirmed", EMAIL)
    world.drain()
    assert world.ended(asked) == world.ended(bought) == ("sent", "")


def test_what_was_bought_is_told_to_a_customer_who_paused(ruled):
    world = ruled()
    pause(world, PauseScope.CUSTOMER, "cus_ana")
    bought = world.ask("order_confirmed", EMAIL)
    world.drain()
    assert world.ended(bought) == ("sent", "")


def test_a_pause_ends_by_itself(ruled):
    world = ruled()
    pause(world, PauseScope.ALL, until=world.clock.now() + HOUR)
    asked = world.ask("review_request", EMAIL)
    world.drain()
    world.clock.advance(hours=1)
    world.wake()
    world.drain()
    assert world.ended(asked) == ("sent", "")


# --- journeys -------------------------------------------------------------------------------------------------------


def with_exit(world, store, **journey):
    content = json.loads(world.release.content)
    content["journeys"]["orders_simple"] |= journey
    changed = read_release(json.dumps(content))
    publish(store, changed, world.clock.now())
    return World(store, changed, world.clock, provider=world.provider)


@pytest.mark.parametrize("match", [None, "order.id"])
def test_what_a_run_has_waiting_is_skipped_once_an_event_ended_it(world, store, match):
    """An order that was cancelled between the queue and the send is not confirmed any more."""
    exit_on = [{"event": "order.cancelled"} | ({"match": match} if match else {})]
    shop = with_exit(world, store, exit_on=exit_on, entry={"key": "order.id"})
    (accepted,) = shop.accept(placed("ord_1", at=shop.clock.now()))
    (other,) = shop.accept(placed("ord_2", at=shop.clock.now()))
    shop.clock.advance(seconds=1)
    shop.accept(event("order.cancelled", "cancel/1", at=shop.clock.now(), order_id="ord_1"))
    shop.drain()
    assert shop.ended(accepted.requests[0].id) == ("skipped", "exit_event")
    assert trace_of(shop, accepted.requests[0].id)[-1]["detail"] == "order.cancelled"
    assert shop.ended(other.requests[0].id)[0] == ("sent" if match else "skipped")


def test_a_run_begun_after_the_event_goes_on(world, store):
    shop = with_exit(world, store, exit_on=[{"event": "order.cancelled"}])
    shop.accept(placed("ord_1", at=shop.clock.now()))
    shop.drain()
    shop.accept(event("order.cancelled", "cancel/1", at=shop.clock.now(), order_id="ord_1"))
    shop.clock.advance(seconds=1)
    (later,) = shop.accept(placed("ord_2", at=shop.clock.now()))
    shop.drain()
    assert shop.ended(later.requests[0].id) == ("sent", "")


def test_what_a_journey_wanted_that_is_gone_is_cancelled(world, store):
    (accepted,) = world.accept(placed(at=world.clock.now()))
    content = json.loads(world.release.content)
    del content["journeys"]["orders_simple"]
    publish(store, read_release(json.dumps(content)), world.clock.now())
    world.drain()
    assert world.ended(accepted.requests[0].id) == ("skipped", "cancelled")


# --- the way to another channel -------------------------------------------------------------------------------------


def test_an_address_that_is_refused_for_good_sends_on_the_next_channel(ruled):
    world = ruled()
    world.wire = webhooks
    answers = [http(404), delivered]

    def answer(call):
        return answers.pop(0)(call)

    world.provider.answer = answer
    asked = world.ask("order_confirmed", EMAIL, WHATSAPP)
    world.drain()
    found = world.get(asked)
    assert (found["state"], found["channel"], found["excluded"]) == ("sent", "whatsapp", "email")


def test_a_message_that_is_refused_for_good_is_not_tried_elsewhere(ruled):
    """What is wrong with it is wrong everywhere."""
    world = ruled()
    world.wire = webhooks
    world.provider.answer = http(400)
    asked = world.ask("order_confirmed", EMAIL, WHATSAPP)
    world.drain()
    assert world.ended(asked) == ("failed", "provider_rejected:message")


@pytest.mark.parametrize(("message", "patience_ms"), [("order_confirmed", 15 * MINUTE), ("cart_reminder", 4 * HOUR)])
def test_a_provider_that_is_away_is_waited_for_and_then_left(ruled, message, patience_ms):
    world = ruled()
    world.wire = webhooks
    begun = world.clock.now()
    world.provider.answer = silence("connect", in_doubt=False)
    asked = world.ask(message, EMAIL, WHATSAPP, **({"data": CART} if message == "cart_reminder" else {}))
    while world.clock.now() - begun <= patience_ms:
        world.drain()
        assert world.get(asked)["channel"] == "email"
        world.clock.advance(minutes=5)
    world.provider.answer = delivered
    world.clock.advance(minutes=15)
    world.drain()
    found = world.get(asked)
    assert (found["state"], found["channel"]) == ("sent", "whatsapp")


def test_where_there_is_no_other_channel_it_is_tried_again_until_it_grew_too_old(ruled):
    world = ruled()
    world.wire = webhooks
    world.provider.answer = silence("connect", in_doubt=False)
    asked = world.ask("order_confirmed", EMAIL)
    for _ in range(30):
        world.drain()
        world.clock.advance(minutes=15)
    assert world.ended(asked) == ("expired", "class_age")
    assert len(world.provider.calls) > 5


def test_a_doubt_never_moves_to_another_channel(ruled):
    world = ruled()
    world.wire = webhooks
    world.provider.answer = silence("timeout", in_doubt=True)
    asked = world.ask("review_request", EMAIL, WHATSAPP)
    for _ in range(10):
        world.drain()
        world.sweep()
        world.clock.advance(hours=1)
    assert world.ended(asked) == ("unknown", "timeout")
    assert len(world.provider.calls) == 1


# --- accounts -------------------------------------------------------------------------------------------------------


def test_an_account_that_fails_too_often_is_left_alone_and_tried_with_a_few_calls(ruled):
    world = ruled()
    world.wire = webhooks
    world.provider.answer = silence("connect", in_doubt=False)
    for _ in range(CALLS_MIN + 10):
        world.ask("order_confirmed", EMAIL)
    worker = world.a_drain(at_once)
    asyncio.run(worker.drain())
    assert len(world.provider.calls) == CALLS_MIN + 10
    with world.store.read() as transaction:
        (closed,) = transaction.accounts.closed().values()
    assert (closed.reason, closed.until) == ("provider_unavailable", world.clock.now() + CLOSED_FIRST_MS)

    late = world.ask("order_confirmed", EMAIL)
    world.provider.calls.clear()
    asyncio.run(worker.drain())
    assert world.ended(late) == ("deferred", "provider_unavailable")
    assert world.provider.calls == []

    world.clock.advance(seconds=CLOSED_FIRST_MS / 1000 + 4)
    world.provider.answer = delivered
    asyncio.run(worker.drain())
    assert len(world.provider.calls) == PROBES
    for _ in range(3):
        world.clock.advance(seconds=5)
        asyncio.run(worker.drain())
    assert world.tally()["order_confirmed"] == {"sent": CALLS_MIN + 11}
    with world.store.read() as transaction:
        assert transaction.accounts.closed() == {}


def test_while_a_provider_wants_to_be_left_alone_no_worker_calls_it(ruled):
    world = ruled()
    world.wire = webhooks
    world.provider.answer = http(429, retry_after="120")
    first = world.ask("order_confirmed", EMAIL)
    world.drain()
    world.provider.answer = delivered
    others = [world.ask("order_confirmed", EMAIL) for _ in range(3)]
    world.drain(name="another")
    assert len(world.provider.calls) == 1
    assert {world.ended(one) for one in others} == {("deferred", "rate_limit")}
    for _ in range(4):
        world.clock.advance(seconds=121)
        world.drain(name="another")
    assert {world.ended(one) for one in (first, *others)} == {("sent", "")}


def test_an_account_gets_no_more_calls_a_second_than_its_provider_takes(ruled):
    """The others wait their second, and nobody's attempt is counted."""
    world = ruled()
    world = limited(world, per_second=4)
    asked = [world.ask("order_confirmed", EMAIL) for _ in range(10)]
    worker = world.a_drain(at_once)
    sent = []
    for _ in range(4):
        asyncio.run(worker.drain())
        sent.append(len(world.provider.calls))
        world.clock.advance(seconds=1)
    assert sent == [4, 8, 10, 10]
    assert {world.ended(one) for one in asked} == {("sent", "")}


def test_tests_take_nothing_from_the_calls_of_an_account(ruled):
    """They call nobody: however many there were, customers get as many a second as the provider takes, and no more."""
    world = limited(ruled(), per_second=4)
    worker = world.a_drain(at_once)
    for _ in range(40):
        world.ask("order_confirmed", EMAIL, mode=Mode.TEST)
    asyncio.run(worker.drain())
    asked = [world.ask("order_confirmed", EMAIL) for _ in range(10)]
    asyncio.run(worker.drain())
    assert Counter(world.ended(one)[0] for one in asked) == {"sent": 4, "accepted": 6}


def limited(world, per_second):
    content = json.loads(world.release.content)
    content["project"]["channels"]["email"]["accounts"][0]["per_second"] = per_second
    changed = read_release(json.dumps(content))
    publish(world.store, changed, world.clock.now())
    return World(world.store, changed, world.clock, provider=world.provider)


# --- what was on the wire -------------------------------------------------------------------------------------------


def test_of_a_dead_workers_slice_only_what_began_is_in_doubt(ruled):
    """The other was never called: it goes back, and is sent once."""
    world = ruled()
    world.wire = webhooks
    began, waiting = world.ask("review_request", EMAIL), world.ask("cart_reminder", EMAIL, data=CART)
    cut_before_the_second(world, waiting)
    assert world.ended(began) == world.ended(waiting) == ("sending", "")

    world.clock.advance(seconds=61)
    world.sweep()
    world.drain()
    assert world.ended(began) == ("unknown", "lease_expired")
    assert world.ended(waiting) == ("sent", "")
    assert world.provider.references.count(waiting) == 1


def test_after_a_restart_of_the_machine_everything_on_the_wire_is_in_doubt(ruled):
    world = ruled()
    world.wire = webhooks
    began, waiting = world.ask("review_request", EMAIL), world.ask("cart_reminder", EMAIL, data=CART)
    cut_before_the_second(world, waiting)
    world.began.known = False
    world.clock.advance(seconds=61)
    world.sweep()
    assert world.ended(began) == world.ended(waiting) == ("unknown", "lease_expired")


def cut_before_the_second(world, second):
    """The process ends while the second call waits for a connection."""
    carry = world.provider.carry

    async def carried(call, **timing):
        if reference(call) == second:
            raise PowerCut
        return await carry(call, **timing)

    world.provider.carry = carried
    with pytest.raises(PowerCut):
        world.drain(before_settling(world.provider, power_cut))
    world.provider.carry = carry

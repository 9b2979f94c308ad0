"""What any ledger must do, on every database that we keep one in: the contract of `orchestrator.store.port`."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from orchestrator.channels import InboxCall, InboxEntry
from orchestrator.domain.customer import Address, AddressKind, CapUse, Channel, ConsentState, Customer
from orchestrator.domain.delivery import CLAIMABLE, Rejection, Request, State
from orchestrator.domain.errors import ConfigurationError, InputError, Overtaken, Stale, Unavailable
from orchestrator.domain.fact import LiveFact
from orchestrator.domain.message import Purpose, Rendered
from orchestrator.domain.object import unheard_of, updated
from orchestrator.domain.pause import NOTHING_PAUSED, Pause, PauseScope
from orchestrator.journeys.run import Run
from orchestrator.store.migrate import upgrade
from orchestrator.store.port import (
    ApiKey,
    BusinessClock,
    ClosedAccount,
    Conclusion,
    ConsentEvent,
    ExitMark,
    NewDelivery,
    Promise,
    Sending,
    Settlement,
    StoredEvent,
)
from orchestrator.store.sql import SqlStore
from tests.ledgers import url_of

NOW = 1_795_600_800_000
LEASE = 60_000

# PostgreSQL lets two transactions meet at a unique value, and says which of them was overtaken; SQLite never does.
TWICE = (IntegrityError, Overtaken)

# Hypothesis runs many examples on one database: each takes names of its own.
numbers = itertools.count(100)
ON_ONE_DATABASE = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


# --- what the tests put in ------------------------------------------------------------------------------------------


def a_customer(customer_id="cus_1", *addresses, **changes):
    return Customer(id=customer_id, addresses=addresses, **changes)


def an_address(value, kind=AddressKind.EMAIL):
    return Address(id=f"adr_{value}", kind=kind, value=value)


def a_delivery(delivery_id="msg_1", **changes):
    request = Request(
        id=delivery_id,
        message="order_shipped",
        customer_id="cus_1",
        topic="order_updates",
        purpose=Purpose.TRANSACTIONAL,
        candidates=(Channel.WHATSAPP, Channel.EMAIL),
        objects={"order": "ord_1"},
        data={},
        locale=None,
        priority="normal",
        due_at=NOW,
        not_after=None,
        accepted_at=NOW,
    )
    return NewDelivery(request=replace(request, **changes), identity=f"identity/{delivery_id}", origin="event")


def an_event(event_id="evt_1", **changes):
    values = {
        "id": event_id,
        "source": "shop",
        "source_id": event_id,
        "type": "order.placed",
        "customer_id": "cus_1",
        "objects": {"order": "ord_1"},
        "data": {"order_id": "ord_1"},
        "body_hash": "hash",
        "occurred_at": NOW,
        "received_at": NOW,
    }
    return StoredEvent(**values | changes)


def said(state, *, at=NOW, customer_id="cus_1", topic="offers", channel="email"):
    return ConsentEvent(
        id=f"con_{next(numbers)}",
        customer_id=customer_id,
        topic=topic,
        channel=channel,
        state=state,
        legal_basis="consent",
        method="form",
        source="shop",
        wording=None,
        evidence={"ip": "192.0.2.1"},
        at=at,
    )


def an_inbox_call(reference, *, channel=Channel.EMAIL, customer_id="cus_1", message="order_shipped"):
    rendered = Rendered(message=message, channel=channel, locale="pt-BR", text="Olá, São Luís!")
    entry = InboxEntry(
        reference=reference,
        customer_id=customer_id,
        object_id="ord_1",
        channel=channel,
        address="ana@example.com",
        rendered=rendered,
    )
    return InboxCall(entry, NOW)


def put(store, *deliveries):
    """Store deliveries, and their customer where it is not there yet."""
    with store.write() as transaction:
        if not transaction.customers.known(["cus_1"]):
            transaction.customers.add([a_customer()], {}, NOW)
        transaction.deliveries.add(deliveries, NOW)


def claim(store, lease="worker/1", *, limit=500, now=NOW, business_now=None, lane="transactional"):
    with store.write() as transaction:
        return transaction.deliveries.claim(
            lane,
            limit,
            lease=lease,
            now=now,
            business_now=now if business_now is None else business_now,
            lease_until=now + LEASE,
        )


def ids(requests):
    return [request.id for request in requests]


def a_promise(name="price", **changes):
    values = {
        "name": name,
        "kind": "price",
        "fact": "offers.banho.price",
        "fact_version": None,
        "value": "129.90 BRL",
        "text": "R$ 129,90",
        "superseded": False,
    }
    return Promise(**values | changes)


def begin(store, *delivery_ids, at=NOW, claims=(), business_at=NOW, reserved_day=None):
    said = ("email", "email", "adr_1", "pt-BR", '{"text":"Olá"}', claims, '[{"gate":"consent"}]')
    sendings = [Sending(one, *said, business_at, reserved_day) for one in delivery_ids]
    with store.write() as transaction:
        transaction.deliveries.begin(sendings, release_id="rel_1", at=at, deadline=at + LEASE)


def a_settlement(delivery_id, state=State.SENT, **changes):
    values = {
        "id": delivery_id,
        "state": state,
        "reason": "",
        "detail": "",
        "provider_id": None,
        "due_at": NOW,
        "next_action_at": NOW,
        "first_call_at": NOW,
        "calls": 1,
        "settled": state is not State.UNKNOWN,
    }
    return Settlement(**values | changes)


def settle(store, lease, *settlements, at=NOW, came_back=True):
    with store.write() as transaction:
        transaction.deliveries.settle(lease, settlements, at, came_back=came_back)


def get(store, delivery_id="msg_1"):
    with store.read() as transaction:
        return transaction.deliveries.get(delivery_id)


def in_threads(count, work):
    """Do it in so many threads that begin together; what each returned."""
    barrier = threading.Barrier(count)

    def begin_together(number):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as executor:
        return list(executor.map(begin_together, range(count)))


# --- the queue ------------------------------------------------------------------------------------------------------


def test_a_claim_takes_what_is_due_in_order_of_due_time(store):
    """Neither what is due later, nor the other lane, nor what waits for a back-off."""
    put(
        store,
        a_delivery("msg_second", due_at=NOW),
        a_delivery("msg_first", due_at=NOW - 1),
        a_delivery("msg_later", due_at=NOW + 1),
        a_delivery("msg_marketing", purpose=Purpose.MARKETING),
    )

    assert ids(claim(store)) == ["msg_first", "msg_second"]
    assert ids(claim(store, lane="marketing")) == ["msg_marketing"]
    assert ids(claim(store)) == []


def test_a_claim_gives_the_whole_request_back(store):
    """What was asked for comes out as it went in."""
    asked = a_delivery(
        "msg_1",
        data={"event": {"número": "10234", "total": 259.9}},
        locale="pt-BR",
        priority="high",
        not_after=NOW + 5,
    )
    put(store, asked)

    assert claim(store) == [asked.request]


def test_due_is_business_time_and_back_off_is_machine_time(store):
    """A moved clock makes rows due; it does not end a back-off."""
    put(store, a_delivery("msg_1", due_at=NOW + 1_000))
    assert ids(claim(store, now=NOW, business_now=NOW + 1_000)) == ["msg_1"]
    begin(store, "msg_1")
    settle(store, "worker/1", a_settlement("msg_1", State.DEFERRED, settled=False, next_action_at=NOW + 5_000))

    assert ids(claim(store, now=NOW + 4_999, business_now=NOW + 99_000)) == []
    assert ids(claim(store, now=NOW + 5_000, business_now=NOW)) == ["msg_1"]


def test_a_claim_takes_no_more_than_its_limit(store):
    put(store, *(a_delivery(f"msg_{number}") for number in range(10)))

    assert len(claim(store, "worker/1", limit=4)) == 4
    assert len(claim(store, "worker/2", limit=500)) == 6


def test_a_claimed_row_comes_back_when_its_lease_ends(store):
    """Whoever held it is taken for dead, and the attempt stays counted: it never came back."""
    put(store, a_delivery())
    claim(store, "worker/1")

    assert ids(claim(store, "worker/2", now=NOW + LEASE - 1)) == []
    (again,) = claim(store, "worker/2", now=NOW + LEASE)
    assert again.attempts == 1
    with store.write() as transaction:
        assert transaction.deliveries.still_held("worker/1", ["msg_1"]) == set()
        assert transaction.deliveries.still_held("worker/2", ["msg_1", "msg_unknown"]) == {"msg_1"}


def test_threads_that_claim_at_once_get_each_row_once(store):
    put(store, *(a_delivery(f"msg_{number:03}") for number in range(200)))

    def claim_all(number):
        taken = []
        while found := claim(store, f"worker-{number}/1", limit=7):
            assert len(found) <= 7
            taken += ids(found)
        return taken

    taken = [delivery_id for part in in_threads(8, claim_all) for delivery_id in part]
    assert sorted(taken) == [f"msg_{number:03}" for number in range(200)]


CLAIMING_PROCESS = """
import sys
from orchestrator.store.sql import SqlStore

url, name, now = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = SqlStore(url)
with store.read() as transaction:
    transaction.ledger.clock()
print("ready", flush=True)
sys.stdin.readline()
while True:
    with store.write() as transaction:
        found = transaction.deliveries.claim(
            "transactional", 7, lease=name + "/1", now=now, business_now=now, lease_until=now + 60_000
        )
    if not found:
        break
    print(*(request.id for request in found), flush=True)
store.close()
"""


def test_processes_that_claim_at_once_get_each_row_once(sqlite):
    """SQLite has one writer at a time: the others wait for it, and none is refused."""
    with sqlite.migrated() as store:
        put(store, *(a_delivery(f"msg_{number:03}") for number in range(200)))
        command = [sys.executable, "-W", "error", "-c", CLAIMING_PROCESS, url_of(store)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        processes = [subprocess.Popen([*command, f"process-{number}", str(NOW)], **pipes) for number in range(3)]
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * 3
        said = [process.stdin.write("go\n") and process.stdin.flush() for process in processes]
        taken = [process.communicate()[0].split() for process in processes]

    assert said == [None] * 3
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(itertools.chain(*taken)) == [f"msg_{number:03}" for number in range(200)]


def test_what_is_given_back_is_claimed_again_and_does_not_count(store):
    put(store, a_delivery())
    for _ in range(10):
        (request,) = claim(store)
        assert request.attempts == 0
        with store.write() as transaction:
            transaction.deliveries.give_back("worker/1", ["msg_1"], NOW)


def test_only_whoever_holds_the_lease_can_give_back(store):
    put(store, a_delivery())
    claim(store, "worker/1")
    with store.write() as transaction:
        transaction.deliveries.give_back("worker/2", ["msg_1"], NOW)

    assert ids(claim(store, "worker/2")) == []


def test_what_is_given_back_until_later_rests_until_then(store):
    """Its provider asked for a pause: no worker takes it up in between."""
    put(store, a_delivery())
    claim(store)
    with store.write() as transaction:
        transaction.deliveries.give_back("worker/1", ["msg_1"], NOW + 500)

    assert ids(claim(store, now=NOW + 499)) == []
    (again,) = claim(store, now=NOW + 500)
    assert again.attempts == 0


def test_a_claim_that_nobody_got_to_hold_is_forgotten_as_if_it_never_was(store):
    """The commit arrived and its answer did not: what stands under that lease is free, and nothing else is."""
    put(store, *(a_delivery(f"msg_{number}", due_at=NOW + number) for number in range(3)))
    claim(store, "worker/1", limit=1, now=NOW + 9)
    begin(store, "msg_0")
    claim(store, "worker/1", limit=1, now=NOW + 9)
    claim(store, "worker/2", limit=1, now=NOW + 9)
    with store.write() as transaction:
        transaction.deliveries.forget_claim("worker/1", NOW + 10)

    (free,) = claim(store, "worker/3", now=NOW + 10)
    assert (free.id, free.attempts) == ("msg_1", 0)
    assert get(store, "msg_0")["lease"] == "worker/1"


def test_a_lane_waits_while_something_can_be_claimed(store):
    put(store, a_delivery(due_at=NOW + 5))

    with store.read() as transaction:
        waiting = transaction.deliveries.waiting
        assert waiting(now=NOW, business_now=NOW) == set()
        assert waiting(now=NOW, business_now=NOW + 5) == {"transactional"}


def test_the_same_identity_is_stored_once(store):
    """A request that comes twice cannot become two messages, whoever asks."""
    put(store, a_delivery("msg_1"))
    with pytest.raises(TWICE):
        put(store, replace(a_delivery("msg_2"), identity="identity/msg_1"))

    assert get(store, "msg_2") is None


# --- poison ---------------------------------------------------------------------------------------------------------


def test_what_ended_its_worker_six_times_is_quarantined(store):
    """After five it is tried again; a row that is on a worker's hands is left there."""
    put(store, a_delivery("msg_bad"), a_delivery("msg_good", due_at=NOW + 9 * LEASE))
    now = NOW
    for attempt in range(6):
        assert poison(store, now) == []
        (request,) = claim(store, f"worker-{attempt}/1", now=now)
        assert request.attempts == attempt
        assert poison(store, now) == []
        now += LEASE

    assert poison(store, now) == ["msg_bad"]
    assert ids(claim(store, now=now)) == []
    found = get(store, "msg_bad")
    assert (found["state"], found["reason"], found["settled_at"]) == ("quarantined", "poison", now)


@pytest.mark.parametrize("state", [State.DEFERRED, State.HELD])
def test_waiting_at_the_gate_is_no_attempt(store, state):
    """A message that quiet hours put off every night for a week has ended no worker."""
    put(store, a_delivery())
    claim(store)
    conclude(store, "msg_1", state, "quiet_hours:noite")

    found = get(store)
    assert (found["state"], found["attempts"]) == (state.value, 0)


@pytest.mark.parametrize(("came_back", "attempts"), [(True, 0), (False, 1)])
def test_a_settled_call_is_an_attempt_only_if_its_worker_never_came_back(store, came_back, attempts):
    """What the sweep settles still ended a worker: the sixth time it is poison, whatever the provider answers."""
    put(store, a_delivery())
    claim(store)
    begin(store, "msg_1")
    settle(store, "worker/1", a_settlement("msg_1", State.DEFERRED, settled=False), came_back=came_back)

    assert get(store)["attempts"] == attempts


def poison(store, now):
    with store.write() as transaction:
        return transaction.deliveries.poison(5, now)


def conclude(store, delivery_id, state, reason, *, at=NOW, due_at=NOW, stuck_at=None):
    trace = '[{"gate":"consent","result":"stop"}]'
    conclusion = Conclusion(delivery_id, state, reason, "", due_at, trace, at, stuck_at)
    with store.write() as transaction:
        transaction.deliveries.conclude([conclusion], release_id="rel_1", at=at)


# --- sending and settling -------------------------------------------------------------------------------------------


def test_what_is_on_the_wire_is_not_claimed_and_says_what_left(store):
    """The intent holds the words, the release and the decision, before a single byte leaves."""
    put(store, a_delivery())
    claim(store)
    begin(store, "msg_1")

    assert ids(claim(store, "worker/2", now=NOW + 10 * LEASE)) == []
    found = get(store)
    assert (found["state"], found["channel"], found["account"]) == ("sending", "email", "email")
    assert found["rendering"] == {
        "locale": "pt-BR",
        "release_id": "rel_1",
        "content": {"text": "Olá"},
        "claims": [],
    }
    assert found["decisions"] == [
        {"verdict": "send", "trace": [{"gate": "consent"}], "at": NOW, "business_at": NOW, "release_id": "rel_1"}
    ]


def test_a_second_try_overwrites_the_words_and_keeps_both_decisions(store):
    """What is kept is what was said last: data may have changed in between."""
    put(store, a_delivery())
    for _ in range(2):
        claim(store)
        begin(store, "msg_1")
        settle(store, "worker/1", a_settlement("msg_1", State.DEFERRED, settled=False))

    assert len(get(store)["decisions"]) == 2


def test_what_a_message_promised_comes_out_as_it_went_in(store):
    """Claim by claim, in the order of the text, with the version of the fact that each was read from."""
    promised = (
        a_promise("price"),
        a_promise("old_date", kind="delivery_date", fact="shipment.promised_date", superseded=True),
        a_promise("stock", fact="inventory.KIT-BANHO-04.price", fact_version=17, text="só R$ 9 ☕"),
        a_promise("coupon", kind="coupon", value="X" * 20_000),
    )
    put(store, *(a_delivery(f"msg_{number}") for number in range(3)))
    claim(store)
    begin(store, "msg_0", "msg_1", claims=promised)
    begin(store, "msg_2")

    assert get(store, "msg_1")["rendering"]["claims"] == [one._asdict() for one in promised]
    assert get(store, "msg_2")["rendering"]["claims"] == []


def test_a_second_try_promises_what_it_says_and_nothing_else(store):
    """What the first one would have promised never left, or left with the same words."""
    put(store, a_delivery("msg_1"), a_delivery("msg_2"))
    claim(store)
    begin(store, "msg_1", "msg_2", claims=(a_promise("price"), a_promise("coupon")))
    settle(store, "worker/1", a_settlement("msg_1", State.DEFERRED, settled=False))
    claim(store)
    begin(store, "msg_1", claims=(a_promise("price", value="99.90 BRL", fact_version=2),))

    (only,) = get(store, "msg_1")["rendering"]["claims"]
    assert (only["value"], only["fact_version"]) == ("99.90 BRL", 2)
    assert len(get(store, "msg_2")["rendering"]["claims"]) == 2


def test_only_whoever_holds_the_lease_can_settle(store):
    put(store, a_delivery())
    claim(store, "worker/1")
    begin(store, "msg_1")
    settle(store, "worker/2", a_settlement("msg_1", State.FAILED, reason="provider_rejected:address"))

    assert get(store)["state"] == "sending"
    settle(store, "worker/1", a_settlement("msg_1", provider_id="prov_1"))
    found = get(store)
    assert (found["state"], found["provider_id"], found["settled_at"]) == ("sent", "prov_1", NOW)


def test_only_what_is_in_flight_can_be_settled(store):
    """A claim that never passed the gate has no outcome, and a final state is final."""
    put(store, a_delivery("msg_claimed"), a_delivery("msg_sent"))
    claim(store)
    begin(store, "msg_sent")
    settle(store, "worker/1", a_settlement("msg_sent"))
    settle(store, "worker/1", a_settlement("msg_sent", State.FAILED), a_settlement("msg_claimed"))

    assert (get(store, "msg_sent")["state"], get(store, "msg_claimed")["state"]) == ("sent", "accepted")


def test_what_a_call_taught_is_known_to_whoever_tries_again(store):
    """Channels that are out, since when the account refuses, whether an earlier call may have arrived, which it was."""
    put(store, a_delivery("msg_1", candidates=(Channel.SMS, Channel.EMAIL, Channel.PUSH)))
    claim(store)
    begin(store, "msg_1")
    out = {Channel.SMS: Rejection.ADDRESS, Channel.PUSH: Rejection.CHANNEL}
    learnt = {"excluded": out, "stuck_at": NOW - 7, "in_doubt": True}
    settle(store, "worker/1", a_settlement("msg_1", State.DEFERRED, settled=False, **learnt))

    (again,) = claim(store)
    assert {name: getattr(again, name) for name in learnt} == learnt
    assert (again.tried, again.calls, again.first_call_at) == (Channel.EMAIL, 1, NOW)


def test_the_gate_says_since_when_an_account_refuses(store):
    """Patience runs from there, however often the gate is asked."""
    put(store, a_delivery())
    claim(store)
    conclude(store, "msg_1", State.DEFERRED, "rate_limit", stuck_at=NOW - 7)

    (again,) = claim(store)
    assert again.stuck_at == NOW - 7


def test_a_conclusion_ends_a_request_with_its_reason(store):
    put(store, a_delivery())
    claim(store)
    conclude(store, "msg_1", State.BLOCKED, "consent_withdrawn")

    found = get(store)
    assert (found["state"], found["reason"], found["lease"], found["settled_at"]) == (
        "blocked",
        "consent_withdrawn",
        None,
        NOW,
    )
    assert found["decisions"][0]["verdict"] == "blocked"


def test_what_was_lost_in_flight_is_taken_once_its_lease_ended(store):
    """Under the sweep's own lease, so that two sweeps do not ask twice; the lost worker has no say any more."""
    put(store, a_delivery())
    claim(store, "worker/1")
    begin(store, "msg_1")

    assert in_flight(store, "sweep/1", NOW + LEASE - 1) == []
    (lost,) = in_flight(store, "sweep/1", NOW + LEASE)
    assert (lost.id, lost.account, lost.state, lost.sending_at) == ("msg_1", "email", State.SENDING, NOW)
    assert lost.lease == "worker/1"  # where the marks of calls that began are looked for
    assert (lost.tried, lost.candidates) == (Channel.EMAIL, (Channel.WHATSAPP, Channel.EMAIL))
    assert in_flight(store, "sweep/2", NOW + LEASE) == []
    settle(store, "worker/1", a_settlement("msg_1"))
    assert get(store)["state"] == "sending"
    settle(store, "sweep/1", a_settlement("msg_1"))
    assert get(store)["state"] == "sent"


def test_a_doubt_is_looked_at_again_until_it_is_settled(store):
    """`unknown` is open, and once it is settled nobody looks any more."""
    put(store, a_delivery())
    claim(store, "worker/1")
    begin(store, "msg_1")
    settle(store, "worker/1", a_settlement("msg_1", State.UNKNOWN, reason="timeout", next_action_at=NOW + 60_000))

    assert in_flight(store, "sweep/1", NOW + 59_999) == []
    (lost,) = in_flight(store, "sweep/1", NOW + 60_000)
    assert (lost.state, lost.lease) == (State.UNKNOWN, None)
    settle(store, "sweep/1", a_settlement("msg_1", State.UNKNOWN, reason="timeout", settled=True))
    assert in_flight(store, "sweep/2", NOW + 999 * LEASE) == []
    assert get(store)["state"] == "unknown"


def test_a_worker_that_is_known_to_be_dead_loses_its_leases_at_once(store):
    """Only its own: a name that begins alike, or holds a wildcard, is another's."""
    # Each due at a time of its own: of equals, which one a claim takes is the database's business.
    put(store, *(a_delivery(f"msg_{number}", due_at=NOW - 4 + number) for number in range(4)))
    assert ids(claim(store, "worker_1/a", limit=1)) == ["msg_0"]
    claim(store, "worker_10/a", limit=1)
    claim(store, "workerX1/a", limit=1)
    claim(store, "worker_1/b", limit=1)
    begin(store, "msg_3")

    with store.write() as transaction:
        assert transaction.deliveries.abandon("worker_1", NOW) == 2
    assert ids(claim(store, "other/1")) == ["msg_0"]
    assert [lost.id for lost in in_flight(store, "sweep/1", NOW)] == ["msg_3"]


def test_of_what_somebody_asks_for_a_doubt_is_taken_before_its_time(store):
    """A look-up that is due for one is due for those beside it; what a worker has on the wire is left to it."""
    put(store, *(a_delivery(f"msg_{number}") for number in range(3)))
    claim(store, "worker/1")
    begin(store, "msg_0", "msg_1", "msg_2")
    for name in ("msg_1", "msg_2"):
        settle(store, "worker/1", a_settlement(name, State.UNKNOWN, reason="timeout", next_action_at=NOW + 9 * LEASE))

    assert in_flight(store, "sweep/1", NOW, only=()) == []
    assert [lost.id for lost in in_flight(store, "sweep/1", NOW, only=("msg_0", "msg_1"))] == ["msg_1"]


def in_flight(store, lease, now, **only):
    with store.write() as transaction:
        return transaction.deliveries.in_flight(500, lease=lease, now=now, lease_until=now + LEASE, **only)


# --- what frequency caps count, and what waits for them -------------------------------------------------------------


def uses_of(store, since=NOW - 1):
    with store.read() as transaction:
        return transaction.customers.standings(["cus_1"], [], uses_since=since)["cus_1"].uses


def test_a_message_is_counted_from_its_gate_on(store):
    """In business time, on the customer's own day; only where a cap counts it, and only for whoever asks."""
    put(store, a_delivery("msg_1", topic="offers", purpose=Purpose.MARKETING), a_delivery("msg_2"))
    begin(store, "msg_1", business_at=NOW + 5, reserved_day="2026-11-25")
    begin(store, "msg_2")

    assert uses_of(store) == (
        CapUse(NOW + 5, "2026-11-25", Purpose.MARKETING, Channel.EMAIL, "offers", delivery_id="msg_1"),
    )
    assert uses_of(store, since=NOW + 4) == uses_of(store)
    assert uses_of(store, since=NOW + 5) == ()
    with store.read() as transaction:
        assert transaction.customers.standings(["cus_1"], [])["cus_1"].uses == ()


@pytest.mark.parametrize(
    ("state", "released", "counted"),
    [
        (State.SENT, False, 1),
        (State.UNKNOWN, False, 1),
        (State.DEFERRED, False, 1),
        (State.DEFERRED, True, 0),
        (State.FAILED, True, 0),
    ],
)
def test_a_slot_is_given_back_only_when_somebody_says_so(store, state, released, counted):
    """What may have arrived was one message too many as well."""
    put(store, a_delivery())
    claim(store)
    begin(store, "msg_1", reserved_day="2026-11-25")
    settle(store, "worker/1", a_settlement("msg_1", state, settled=False, released=released))

    assert len(uses_of(store)) == counted


def test_whoever_lost_its_lease_gives_no_slot_back(store):
    put(store, a_delivery())
    claim(store)
    begin(store, "msg_1", reserved_day="2026-11-25")
    settle(store, "worker/2", a_settlement("msg_1", State.FAILED, released=True))

    assert len(uses_of(store)) == 1


def test_what_waits_for_the_customers_peace_is_found(store):
    """Quiet hours and caps; not what waits for a provider, is held, or is somebody else's."""
    reasons = ["quiet_hours:noite", "frequency_cap:dia", "provider_unavailable"]
    put(store, *(a_delivery(f"msg_{place}", accepted_at=NOW + place) for place in range(4)))
    with store.write() as transaction:
        transaction.customers.add([a_customer("cus_2")], {}, NOW)
        transaction.deliveries.add([a_delivery("msg_other", customer_id="cus_2")], NOW)
    claim(store)
    for place, reason in enumerate(reasons):
        conclude(store, f"msg_{place}", State.DEFERRED, reason, due_at=NOW + 99)
    conclude(store, "msg_3", State.HELD, "quiet_hours:noite")
    conclude(store, "msg_other", State.DEFERRED, "quiet_hours:noite", due_at=NOW + 99)

    with store.read() as transaction:
        found = transaction.deliveries.deferred_of(["cus_1"])
        assert transaction.deliveries.deferred_of([]) == []
    assert sorted((one.id, one.reason, one.accepted_at) for one in found) == [
        ("msg_0", "quiet_hours:noite", NOW),
        ("msg_1", "frequency_cap:dia", NOW + 1),
    ]
    assert {(one.topic, one.purpose, one.message, one.objects["order"]) for one in found} == {
        ("order_updates", Purpose.TRANSACTIONAL, "order_shipped", "ord_1")
    }


# --- pauses and accounts that are left alone ------------------------------------------------------------------------


def a_pause(scope=PauseScope.ALL, subject="", **changes):
    values = {"id": f"pau_{next(numbers)}", "reason": "teste", "by": "ana", "at": NOW}
    return Pause(scope=scope, subject=subject, **values | changes)


def put_pauses(store, *pauses):
    with store.write() as transaction:
        for one in pauses:
            transaction.pauses.put(one)


def active(store, *customer_ids, business_now=NOW):
    with store.read() as transaction:
        return transaction.pauses.active(business_now, customer_ids)


def test_what_is_paused_stands_until_it_is_lifted(store):
    everything, sms = a_pause(), a_pause(PauseScope.CHANNEL, "sms")
    put_pauses(store, everything, sms)

    assert active(store).of(PauseScope.ALL) == everything
    assert active(store).of(PauseScope.CHANNEL, "sms") == sms
    assert active(store).of(PauseScope.CHANNEL, "email") is None
    with store.write() as transaction:
        assert transaction.pauses.lift(PauseScope.ALL, "", NOW + 5)
        assert not transaction.pauses.lift(PauseScope.ALL, "", NOW + 6)
        assert transaction.pauses.lifted(NOW + 5) == [replace(everything, lifted_at=NOW + 5)]
        assert transaction.pauses.lifted(NOW + 6) == []
    assert dict(active(store).standing) == {("channel", "sms"): sms}


def test_of_customers_that_paused_only_those_asked_for_are_read(store):
    """A shop has a million of them, a slice five hundred."""
    ana, bia = (a_pause(PauseScope.CUSTOMER, f"cus_{name}") for name in ("ana", "bia"))
    put_pauses(store, ana, bia)

    assert active(store) == NOTHING_PAUSED
    assert dict(active(store, "cus_ana", "cus_nobody").standing) == {("customer", "cus_ana"): ana}


def test_a_pause_with_an_end_is_over_then(store):
    """In business time: at its last instant nothing is paused any more, also before anybody lifted it."""
    put_pauses(store, a_pause(PauseScope.MESSAGE, "order_late", until=NOW + 10), a_pause(PauseScope.CHANNEL, "sms"))

    assert active(store, business_now=NOW + 9).of(PauseScope.MESSAGE, "order_late")
    assert not active(store, business_now=NOW + 10).of(PauseScope.MESSAGE, "order_late")
    with store.write() as transaction:
        assert not transaction.pauses.over(NOW + 9)
        assert transaction.pauses.over(NOW + 10)
        assert [one.subject for one in transaction.pauses.lift_over(NOW + 10, NOW)] == ["order_late"]
        assert not transaction.pauses.over(NOW + 10)
        assert [one.subject for one in transaction.pauses.all()] == ["sms"]
        assert len(transaction.pauses.all(lifted=True)) == 2


def test_a_pause_takes_the_place_of_one_of_the_same_thing(store):
    first, second = (a_pause(PauseScope.ACCOUNT, "email_main", reason=reason) for reason in ("um", "dois"))
    put_pauses(store, first, second)

    assert dict(active(store).standing) == {("account", "email_main"): second}


def closed(store):
    with store.read() as transaction:
        return transaction.accounts.closed()


def close(store, account, until, reason="rate_limit", times=0):
    with store.write() as transaction:
        transaction.accounts.close(account, ClosedAccount(until, reason, times))


def test_an_account_is_left_alone_until_somebody_opens_it(store):
    """Also when its time is over: nobody has tried it since."""
    close(store, "email_main", NOW - 1, "provider_unavailable", 3)
    close(store, "sms_main", NOW + 5)

    assert closed(store) == {
        "email_main": ClosedAccount(NOW - 1, "provider_unavailable", 3),
        "sms_main": ClosedAccount(NOW + 5, "rate_limit", 0),
    }
    with store.write() as transaction:
        transaction.accounts.open(["email_main", "never_closed"])
    assert list(closed(store)) == ["sms_main"]


def test_of_two_workers_that_close_an_account_the_longer_time_counts(store):
    close(store, "email_main", NOW + 50)
    close(store, "email_main", NOW + 20, "provider_unavailable", 1)
    assert closed(store) == {"email_main": ClosedAccount(NOW + 50, "rate_limit", 0)}

    close(store, "email_main", NOW + 60, "provider_unavailable", 1)
    assert closed(store) == {"email_main": ClosedAccount(NOW + 60, "provider_unavailable", 1)}


# --- counting -------------------------------------------------------------------------------------------------------


def test_what_is_open_until_an_instant_is_counted(store):
    """Accepted, deferred, on the wire and in doubt; not what is final, held or due later."""
    put(store, *(a_delivery(f"msg_{number}") for number in range(6)), a_delivery("msg_later", due_at=NOW + 1))
    claim(store)
    begin(store, "msg_1", "msg_2", "msg_3", "msg_4")
    settle(
        store,
        "worker/1",
        a_settlement("msg_2"),
        a_settlement("msg_3", State.UNKNOWN),
        a_settlement("msg_4", State.DEFERRED, settled=False),
    )
    conclude(store, "msg_5", State.HELD, "paused")

    with store.read() as transaction:
        # msg_0 is claimed, msg_1 on the wire, msg_3 in doubt, msg_4 deferred.
        assert transaction.deliveries.open_until(NOW) == 4
        assert transaction.deliveries.open_until(NOW + 1) == 5
        assert transaction.deliveries.open_until(NOW - 1) == 2  # what is in flight counts whenever it was due


def test_requests_are_counted_by_message_channel_and_origin(store):
    put(store, a_delivery("msg_1"), a_delivery("msg_2"), a_delivery("msg_3", message="order_late"))
    put(store, replace(a_delivery("msg_4"), origin="demo"))
    claim(store)
    begin(store, "msg_1")
    settle(store, "worker/1", a_settlement("msg_1"))

    with store.read() as transaction:
        tally = transaction.deliveries.tally
        assert tally() == {"order_late": {"accepted": 1}, "order_shipped": {"accepted": 2, "sent": 1}}
        assert tally(origin="demo") == {"order_shipped": {"accepted": 1}}
        assert transaction.deliveries.channel_tally() == {"email": {"sent": 1}, "none": {"accepted": 3}}


# --- facts, and what is held because of them ------------------------------------------------------------------------

STOCK = "inventory.KIT-BANHO-04.available"


def put_fact(store, value, path=STOCK, *, at=NOW, **expected):
    with store.write() as transaction:
        return transaction.facts.put(path, value, source="wms", as_of=at - 5_000, at=at, **expected)


def current_facts(store, *paths):
    with store.read() as transaction:
        return transaction.facts.current(paths or None)


@pytest.mark.parametrize("value", [212, 0, 129.9, "129.90 BRL", "sexta, às 15h ☕", True, -(2**53)])
def test_a_fact_comes_out_as_it_went_in(store, value):
    put_fact(store, value)

    newest = LiveFact(path=STOCK, value=value, version=1, source="wms", as_of=NOW - 5_000, recorded_at=NOW)
    found = current_facts(store, STOCK)
    assert found == {STOCK: newest}
    assert type(found[STOCK].value) is type(value)


def test_each_path_counts_its_own_versions(store):
    assert [put_fact(store, value).version for value in (212, 52, 52)] == [1, 2, 3]
    assert put_fact(store, 7, "inventory.CANECA.available").version == 1

    assert {path: one.value for path, one in current_facts(store).items()} == {
        "inventory.CANECA.available": 7,
        STOCK: 52,
    }
    assert list(current_facts(store, STOCK, "inventory.NOBODY.available")) == [STOCK]
    with store.read() as transaction:
        assert transaction.facts.current([]) == {}


def test_the_history_of_a_fact_is_read_newest_first_and_page_by_page(store):
    for value in range(5):
        put_fact(store, value, at=NOW + value)
    put_fact(store, 99, "inventory.CANECA.available")

    with store.read() as transaction:
        newest = transaction.facts.history(STOCK, limit=3)
        rest = transaction.facts.history(STOCK, before=newest[-1].version, limit=3)
    assert [(one.version, one.value, one.recorded_at) for one in newest] == [
        (5, 4, NOW + 4),
        (4, 3, NOW + 3),
        (3, 2, NOW + 2),
    ]
    assert [one.version for one in rest] == [2, 1]


@pytest.mark.parametrize(("stands_at", "expected"), [(0, 1), (2, 1), (2, 3), (2, 0)])
def test_a_fact_is_not_overwritten_by_whoever_read_another_version(store, stands_at, expected):
    """Nothing is stored, and the error says where it stands; 0 expects that nobody has said anything yet."""
    for value in range(stands_at):
        put_fact(store, value)

    with pytest.raises(Stale, match=f"is at v{stands_at} now") as caught:
        put_fact(store, 99, expected=expected)
    assert (caught.value.code, caught.value.http_status) == ("version_conflict", 412)
    assert [one.version for one in current_facts(store).values()] == ([stands_at] if stands_at else [])


def test_a_fact_is_overwritten_by_whoever_read_its_version(store):
    assert put_fact(store, 1, expected=0).version == 1
    assert put_fact(store, 2, expected=1).version == 2


def test_facts_that_are_put_at_once_are_all_kept(store):
    """The first versions too, which have no row to wait for."""
    put_at_once = in_threads(20, lambda number: put_fact(store, number).version)

    assert sorted(put_at_once) == list(range(1, 21))
    with store.read() as transaction:
        kept = transaction.facts.history(STOCK, limit=99)
    assert sorted(one.value for one in kept) == list(range(20))
    assert current_facts(store)[STOCK] == kept[0]


def test_of_those_who_read_the_same_version_one_puts_the_next(store):
    put_fact(store, 1)

    def put_second(number):
        try:
            return put_fact(store, number, expected=1).version
        except Stale:
            return None

    outcomes = in_threads(8, put_second)
    assert sorted(outcomes, key=str) == [2, *[None] * 7]


def test_what_is_held_for_a_reason_is_claimable_again_when_it_ends(store):
    """In its place in the queue, in its lane; what is held for another reason stays."""
    put(
        store,
        a_delivery("msg_1"),
        a_delivery("msg_2", due_at=NOW - 1),
        a_delivery("msg_marketing", purpose=Purpose.MARKETING),
        a_delivery("msg_other"),
        a_delivery("msg_deferred"),
    )
    claim(store)
    claim(store, lane="marketing")
    for delivery_id in ("msg_1", "msg_2", "msg_marketing"):
        conclude(store, delivery_id, State.HELD, "fact_unavailable:offers.banho", due_at=NOW - (delivery_id == "msg_2"))
    conclude(store, "msg_other", State.HELD, "fact_unavailable:offers.banho_2")
    conclude(store, "msg_deferred", State.DEFERRED, "fact_unavailable:offers.banho", due_at=NOW + 99)

    assert held_because(store, "fact_unavailable:offers.banho") == 3
    assert release_held(store, "fact_unavailable:offers.banho") == {"transactional": 2, "marketing": 1}
    assert held_because(store, "fact_unavailable:offers.banho") == 0
    assert held_because(store, "fact_unavailable:offers.banho_2") == 1
    assert release_held(store, "fact_unavailable:offers.banho") == {}
    released = get(store, "msg_2")
    assert (released["state"], released["reason"], released["detail"]) == ("accepted", "", "")
    assert ids(claim(store, now=NOW + 5)) == ["msg_2", "msg_1"]
    assert ids(claim(store, now=NOW + 5, lane="marketing")) == ["msg_marketing"]


def test_what_waits_of_a_message_is_counted(store):
    """Accepted, deferred and held; not what is on the wire or final, nor other messages."""
    put(
        store,
        *(a_delivery(f"msg_{number}") for number in range(5)),
        a_delivery("msg_late", message="order_late", purpose=Purpose.MARKETING),
    )
    claim(store)
    begin(store, "msg_0")
    conclude(store, "msg_1", State.HELD, "paused")
    conclude(store, "msg_2", State.DEFERRED, "quiet_hours:noite", due_at=NOW + 99)
    conclude(store, "msg_3", State.BLOCKED, "no_consent")

    with store.read() as transaction:
        assert transaction.deliveries.waiting_of({"order_shipped"}) == 3
        assert transaction.deliveries.waiting_of({"order_shipped", "order_late", "none"}) == 4
        assert transaction.deliveries.waiting_of(()) == 0


def test_a_fact_that_comes_while_a_message_is_held_for_it_frees_the_message(store):
    """Whoever holds a message back has locked the fact: the next value waits, and then finds the message.

    Without the lock it could come between the look and the hold, and the message would wait for ever.
    """
    put(store, a_delivery())
    claim(store)
    looked = threading.Event()

    def restock():
        looked.wait()
        with store.write() as transaction:
            transaction.facts.put(STOCK, 500, source="wms", as_of=NOW, at=NOW)
            return transaction.deliveries.release_held("fact_unavailable:offers.banho", NOW)

    with ThreadPoolExecutor(1) as executor:
        with store.write() as transaction:
            transaction.facts.lock([STOCK, "inventory.CANECA.available"])
            assert transaction.facts.current([STOCK]) == {}
            restocked = executor.submit(restock)
            looked.set()
            held = Conclusion("msg_1", State.HELD, "fact_unavailable:offers.banho", "", NOW, "[]", NOW)
            transaction.deliveries.conclude([held], release_id="rel_1", at=NOW)
        assert restocked.result() == {"transactional": 1}


def release_held(store, reason, at=NOW + 5):
    with store.write() as transaction:
        return transaction.deliveries.release_held(reason, at)


def held_because(store, reason):
    with store.read() as transaction:
        return transaction.deliveries.held_because(reason)


# --- customers ------------------------------------------------------------------------------------------------------


def test_a_customer_comes_out_as_they_went_in(store):
    """Any text that a person may have in their name, any shape of attributes, addresses in their order."""
    ana = a_customer(
        "cus_ana",
        an_address("zeta@example.com"),
        an_address("+5511912345678", AddressKind.PHONE),
        an_address("alfa@example.com"),
        locale="pt-BR",
        time_zone="America/Recife",
        attributes={"first_name": "Zoë 🌷 “Łuć”", "tags": ["vip", None], "orders": {"count": 3, "total": 0.1}},
    )
    with store.write() as transaction:
        transaction.customers.add([ana], {"cus_ana": {"erp": "77"}}, NOW)

    with store.read() as transaction:
        assert transaction.customers.get("cus_ana") == ana
        assert transaction.customers.get("cus_nobody") is None
        assert transaction.customers.external_ids("cus_ana") == {"erp": "77"}
        assert transaction.customers.by_external_id([("erp", "77"), ("erp", "78")]) == {("erp", "77"): "cus_ana"}
        assert transaction.customers.known(["cus_ana", "cus_nobody"]) == {"cus_ana"}


def test_a_family_shares_a_phone(store):
    """An address is one row, whoever gave it, and names the customer who has had it longest first."""
    phone = an_address("+5511912345678", AddressKind.PHONE)
    with store.write() as transaction:
        transaction.customers.add([a_customer("cus_b", phone)], {}, NOW)
    with store.write() as transaction:
        transaction.customers.add([a_customer("cus_a", replace(phone, id="adr_other"))], {}, NOW + 1)

    with store.read() as transaction:
        by_address = transaction.customers.by_address
        assert by_address(AddressKind.PHONE, [phone.value]) == {phone.value: ["cus_b", "cus_a"]}
        assert by_address(AddressKind.EMAIL, [phone.value]) == {}
        assert transaction.customers.get("cus_a").addresses == (phone,)


def test_a_changed_customer_has_the_new_addresses_only(store):
    with store.write() as transaction:
        transaction.customers.add([a_customer("cus_1", an_address("old@example.com"))], {}, NOW)
        changed = a_customer("cus_1", an_address("new@example.com"), attributes={"first_name": "Bia"})
        transaction.customers.change(changed, NOW)
        transaction.customers.add_external_ids("cus_1", {"crm": "c1"})

    with store.read() as transaction:
        assert transaction.customers.get("cus_1") == changed
        assert transaction.customers.by_address(AddressKind.EMAIL, ["old@example.com"]) == {}
        assert transaction.customers.external_ids("cus_1") == {"crm": "c1"}


def test_an_external_id_names_one_customer(store):
    with store.write() as transaction:
        transaction.customers.add([a_customer("cus_1"), a_customer("cus_2")], {"cus_1": {"erp": "77"}}, NOW)

    with pytest.raises(TWICE), store.write() as transaction:
        transaction.customers.add_external_ids("cus_2", {"erp": "77"})


def test_customers_are_read_page_by_page(store):
    with store.write() as transaction:
        transaction.customers.add([a_customer(f"cus_{letter}") for letter in "cadb"], {}, NOW)

    with store.read() as transaction:
        assert [one.id for one in transaction.customers.page("", 3)] == ["cus_a", "cus_b", "cus_c"]
        assert [one.id for one in transaction.customers.page("cus_c", 3)] == ["cus_d"]


def test_customers_who_come_in_together_in_any_order_do_not_block_each_other(store):
    """Two imports that share addresses, read in opposite order, must not wait for one another for ever."""
    addresses = [an_address(f"{letter}@example.com") for letter in "abcdefgh"]

    def import_half(number):
        ordered = addresses if number % 2 else addresses[::-1]
        for turn in range(5):
            with store.write() as transaction:
                owner = a_customer(
                    f"cus_{number}_{turn}",
                    *(replace(one, value=f"{turn}{one.value}", id=f"adr_{next(numbers)}") for one in ordered),
                )
                transaction.customers.add([owner], {}, NOW)

    in_threads(4, import_half)
    with store.read() as transaction:
        assert len(transaction.customers.page("", 100)) == 20


# --- consent and suppression ----------------------------------------------------------------------------------------


def consent_of(store, customer_id="cus_1"):
    with store.read() as transaction:
        return transaction.consents.of(customer_id)


def record(store, *events, at=NOW):
    with store.write() as transaction:
        transaction.customers.lock({one.customer_id for one in events})
        transaction.consents.record(events, at)


@pytest.fixture
def with_customer(store):
    with store.write() as transaction:
        transaction.customers.add([a_customer("cus_1"), a_customer("cus_2")], {}, NOW)
    return store


def test_the_last_word_is_in_force_and_every_word_is_kept(with_customer):
    """Per customer, topic and channel; in one batch or in many."""
    store = with_customer
    record(store, said(ConsentState.GRANTED), said(ConsentState.PENDING, channel="sms"))
    record(
        store,
        said(ConsentState.WITHDRAWN),
        said(ConsentState.GRANTED, channel="sms"),
        said(ConsentState.WITHDRAWN, channel="sms"),
    )
    record(store, said(ConsentState.GRANTED, customer_id="cus_2"))

    assert consent_of(store) == {
        ("offers", "email"): ConsentState.WITHDRAWN,
        ("offers", "sms"): ConsentState.WITHDRAWN,
    }
    assert consent_of(store, "cus_2") == {("offers", "email"): ConsentState.GRANTED}
    with store.engine.connect() as connection:
        kept = connection.execute(text("SELECT state FROM consent_events WHERE channel = 'email' ORDER BY seq"))
        assert [state for (state,) in kept] == ["granted", "withdrawn", "granted"]


def test_an_old_grant_that_comes_late_does_not_undo_an_opt_out(with_customer):
    """An import of last year's form is history: what was said since is in force."""
    store = with_customer
    record(store, said(ConsentState.WITHDRAWN, at=NOW))
    record(store, said(ConsentState.GRANTED, at=NOW - 1_000))
    assert consent_of(store) == {("offers", "email"): ConsentState.WITHDRAWN}

    record(store, said(ConsentState.GRANTED, at=NOW + 1_000))
    assert consent_of(store) == {("offers", "email"): ConsentState.GRANTED}


def test_an_opt_out_is_in_force_whatever_its_clock_says(with_customer):
    """A grant dated into the future, by a form with a wrong clock, must not outlive the opt-out after it."""
    store = with_customer
    record(store, said(ConsentState.GRANTED, at=NOW + 86_400_000))
    record(store, said(ConsentState.WITHDRAWN, at=NOW))

    assert consent_of(store) == {("offers", "email"): ConsentState.WITHDRAWN}


SAID = st.tuples(st.sampled_from(ConsentState), st.integers(-3, 3), st.sampled_from(["email", "sms"]))


@ON_ONE_DATABASE
@given(words=st.lists(st.lists(SAID, min_size=1, max_size=4), max_size=4))
def test_one_batch_or_many_come_to_the_same(store, words):
    """What is in force depends on the order of what was said, not on how it was cut into batches."""
    together, apart = f"cus_{next(numbers)}", f"cus_{next(numbers)}"
    with store.write() as transaction:
        transaction.customers.add([a_customer(together), a_customer(apart)], {}, NOW)
        for batch in words:
            transaction.consents.record(spoken(batch, apart), NOW)
        transaction.consents.record([one for batch in words for one in spoken(batch, together)], NOW)

    assert consent_of(store, together) == consent_of(store, apart)


def spoken(batch, customer_id):
    return [said(state, at=NOW + at, channel=channel, customer_id=customer_id) for state, at, channel in batch]


def test_a_suppressed_address_is_suppressed_for_everybody_who_gave_it(store):
    """On one channel."""
    phone = an_address("+5511912345678", AddressKind.PHONE)
    with store.write() as transaction:
        transaction.customers.add([a_customer("cus_1", phone), a_customer("cus_2", phone)], {}, NOW)
        transaction.consents.suppress([phone.id], "sms", "stop", NOW)

    with store.read() as transaction:
        standings = transaction.customers.standings(["cus_1", "cus_2", "cus_nobody"], ["offers"])
    assert {one: dict(standing.suppressions) for one, standing in standings.items()} == {
        "cus_1": {(phone.id, "sms"): "stop"},
        "cus_2": {(phone.id, "sms"): "stop"},
    }


@pytest.mark.parametrize(
    ("reasons", "stands"),
    [(("bounce", "complaint"), "bounce"), (("bounce", "stop"), "bounce"), (("stop", "bounce"), "bounce")],
)
def test_the_first_reason_of_a_suppression_stays_unless_it_ended_marketing_only(store, reasons, stands):
    """A phone that wrote STOP and is cut off later gets no order news either."""
    phone = an_address("+5511912345678", AddressKind.PHONE)
    with store.write() as transaction:
        transaction.customers.add([a_customer("cus_1", phone)], {}, NOW)
        for number, reason in enumerate(reasons):
            transaction.consents.suppress([phone.id], "sms", reason, NOW + number)

    with store.read() as transaction:
        assert transaction.customers.standings(["cus_1"], [])["cus_1"].suppressions == {(phone.id, "sms"): stands}


def test_a_standing_holds_the_topics_that_were_asked_for(with_customer):
    store = with_customer
    record(store, said(ConsentState.GRANTED), said(ConsentState.GRANTED, topic="reviews"))

    with store.read() as transaction:
        standings = transaction.customers.standings({"cus_1"}, {"reviews"})
    assert standings["cus_1"].consents == {("reviews", "email"): ConsentState.GRANTED}


def test_a_standing_holds_the_customers_own_objects_of_the_kinds_that_were_asked_for(with_customer):
    """Each with its id, which conditions may read as well."""
    owned = [("order", "ord_1", "cus_1"), ("ticket", "tic_1", "cus_1"), ("order", "ord_2", "cus_2")]
    with with_customer.write() as transaction:
        transaction.events.put_objects(
            [updated(unheard_of(kind, one), {"status": "late"}, NOW, owner) for kind, one, owner in owned], NOW
        )

    with with_customer.read() as transaction:
        standings = transaction.customers.standings(["cus_1", "cus_2"], [], kinds={"order"})
        asked_for_none = transaction.customers.standings(["cus_1"], [])
    assert standings["cus_1"].objects == {"order": ({"status": "late", "id": "ord_1"},)}
    assert standings["cus_2"].objects == {"order": ({"status": "late", "id": "ord_2"},)}
    assert asked_for_none["cus_1"].objects == {}


def test_an_opt_out_waits_for_the_gate_that_holds_the_customer(with_customer):
    """Whoever locks first is read by whoever locks second: between consent and intent nothing comes in."""
    store = with_customer
    record(store, said(ConsentState.GRANTED))
    locked, order = threading.Event(), []

    def opt_out():
        locked.wait()
        record(store, said(ConsentState.WITHDRAWN))
        order.append("opt-out")

    with ThreadPoolExecutor(1) as executor:
        with store.write() as transaction:
            transaction.customers.lock(["cus_1"])
            opted_out = executor.submit(opt_out)
            locked.set()
            standing = transaction.customers.standings(["cus_1"], ["offers"])["cus_1"]
            order.append("gate")
        opted_out.result()

    assert order == ["gate", "opt-out"]
    assert standing.consents == {("offers", "email"): ConsentState.GRANTED}
    assert consent_of(store) == {("offers", "email"): ConsentState.WITHDRAWN}


# --- events, objects, runs ------------------------------------------------------------------------------------------


def test_an_event_comes_out_as_it_went_in(with_customer):
    happened = an_event(data={"order_id": "ord_1", "nota": "até amanhã ☕", "total": 12.5}, objects={"order": "ord_1"})
    with with_customer.write() as transaction:
        transaction.events.add([happened])

    with with_customer.read() as transaction:
        pairs = [("shop", "evt_1"), ("shop", "evt_2"), ("erp", "evt_1")]
        assert transaction.events.known(pairs) == {("shop", "evt_1"): happened}


def test_a_source_uses_an_event_id_once(with_customer):
    with with_customer.write() as transaction:
        transaction.events.add([an_event("evt_1"), an_event("evt_2", source="erp", source_id="evt_1")])

    with pytest.raises(TWICE), with_customer.write() as transaction:
        transaction.events.add([an_event("evt_3", source_id="evt_1")])


def test_a_journey_has_one_run_of_each_number_a_key(with_customer):
    run = Run(
        id="run_1", journey="welcome", key="ord_1", customer_id="cus_1", started_at=NOW, position=None, ended_at=NOW
    )
    with with_customer.write() as transaction:
        transaction.events.add([an_event()])
        transaction.runs.add([(run, "evt_1")])

    with with_customer.read() as transaction:
        asked = [("welcome", "ord_1", "cus_1"), ("welcome", "ord_2", "cus_1"), ("other", "ord_1", "cus_1")]
        last = transaction.runs.last(asked)
    assert set(last) == {("welcome", "ord_1", "cus_1")}
    with pytest.raises(TWICE), with_customer.write() as transaction:
        transaction.runs.add([(replace(run, id="run_2"), "evt_1")])
    with with_customer.write() as transaction:
        transaction.runs.add([(replace(run, id="run_2", number=2), "evt_1")])


def a_run(journey="welcome", *, key="ord_1", customer_id="cus_1", event_id="evt_1"):
    run = Run(
        id=f"run_{journey}_{key}_{customer_id}",
        journey=journey,
        key=key,
        customer_id=customer_id,
        started_at=NOW,
        position=None,
        ended_at=None,
    )
    return run, event_id


def an_exit(event_id="evt_2", *, journey="welcome", customer_id="cus_1", key="ord_1", at=NOW + 5):
    return ExitMark(journey, customer_id, key, event_id, f"type of {event_id}", at)


@pytest.mark.parametrize(
    ("mark", "ends"),
    [
        (an_exit(), True),
        (an_exit(key=""), True),
        (an_exit(at=NOW), True),
        (an_exit(at=NOW - 1), False),
        (an_exit(key="ord_2"), False),
        (an_exit(journey="other"), False),
        (an_exit(customer_id="cus_2"), False),
        (an_exit("evt_1"), False),
    ],
    ids=[
        "its key", "any key", "the same moment", "before it began", "another key", "another journey", "another person",
        "what began it",
    ],
)  # fmt: skip
def test_an_exit_ends_the_runs_that_it_concerns(with_customer, mark, ends):
    run, event_id = a_run()
    with with_customer.write() as transaction:
        transaction.events.add([an_event(), an_event("evt_2")])
        transaction.runs.add([(run, event_id)])
        transaction.events.add_exit_marks([mark, mark])

    with with_customer.read() as transaction:
        assert transaction.events.exits([run.id, "run_nobody"]) == (
            {run.id: f"type of {mark.event_id}"} if ends else {}
        )


def test_of_several_exits_the_first_is_told(with_customer):
    """What came afterwards found the run ended."""
    run, event_id = a_run()
    with with_customer.write() as transaction:
        transaction.events.add([an_event(), an_event("evt_2"), an_event("evt_3")])
        transaction.runs.add([(run, event_id)])
        transaction.events.add_exit_marks([an_exit("evt_2", at=NOW + 9), an_exit("evt_3", key="", at=NOW + 3)])

    with with_customer.read() as transaction:
        assert transaction.events.exits([run.id]) == {run.id: "type of evt_3"}


FIELDS = st.dictionaries(st.sampled_from("abcd"), st.integers(), min_size=1)


@ON_ONE_DATABASE
@given(
    news=st.dictionaries(st.integers(0, 50), FIELDS, min_size=1, max_size=5).flatmap(
        lambda one: st.permutations(list(one.items()))
    )
)
def test_the_newest_time_wins_each_field_in_whatever_order_events_come(with_customer, news):
    """Through the database and back after every event, as the real path does."""
    reference = ("order", f"ord_{next(numbers)}")
    for at, fields in news:
        with with_customer.write() as transaction:
            existing = transaction.events.objects([reference]).get(reference) or unheard_of(*reference)
            transaction.events.put_objects([updated(existing, fields, at, "cus_1")], NOW)

    expected = {name: value for _, fields in sorted(news) for name, value in fields.items()}
    with with_customer.read() as transaction:
        (found,) = transaction.events.objects([reference, ("order", "ord_none")]).values()
        known = transaction.events.data_of([reference, ("order", "ord_none")])
    assert (found.data, found.customer_id) == (expected, "cus_1")
    assert known == {reference: expected}


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@ON_ONE_DATABASE
@given(value=JSON)
def test_any_json_comes_out_as_it_went_in(with_customer, value):
    """In every column that holds some, through bulk statements and single ones alike."""
    customer_id, order_id = f"cus_{next(numbers)}", f"ord_{next(numbers)}"
    person = a_customer(customer_id, attributes={"value": value})
    with with_customer.write() as transaction:
        transaction.customers.add([person], {}, NOW)
        transaction.events.put_objects(
            [updated(unheard_of("order", order_id), {"value": value}, NOW, customer_id)], NOW
        )
    with with_customer.write() as transaction:
        assert transaction.customers.get(customer_id) == person
        transaction.customers.change(person, NOW)

    with with_customer.read() as transaction:
        assert transaction.customers.get(customer_id) == person
        assert transaction.events.objects([("order", order_id)])["order", order_id].data == {"value": value}


@pytest.mark.parametrize(
    ("unfit", "unfit_for"),
    [
        ({"locale": "half \ud83d an emoji"}, ["sqlite", "postgresql"]),
        ({"attributes": {"first_name": "half \ud83d an emoji"}}, ["sqlite", "postgresql"]),
        ({"locale": "nothing \0 at all"}, ["postgresql"]),
        ({"attributes": {"first_name": "nothing \0 at all"}}, ["postgresql"]),
    ],
)
def test_a_value_that_a_database_cannot_hold_is_the_callers_mistake(store, unfit, unfit_for):
    """SQLite keeps a NUL where PostgreSQL cannot; neither answers with an error of its own."""

    def add(customer):
        with store.write() as transaction:
            transaction.customers.add([customer], {}, NOW)
            return transaction.customers.get(customer.id)

    customer = a_customer(**unfit)
    if store.engine.dialect.name not in unfit_for:
        assert add(customer) == customer
        return
    with pytest.raises(InputError, match="a character or a number") as caught:
        add(customer)
    assert caught.value.code == "unfit_value"
    assert "half" not in str(caught.value)


def test_a_number_that_no_database_holds_is_the_callers_mistake(store):
    with pytest.raises(InputError, match="a character or a number"):
        put(store, a_delivery(due_at=2**63))


# --- the inbox ------------------------------------------------------------------------------------------------------


def test_the_inbox_is_read_newest_first_and_page_by_page(store):
    """A reference that came twice is seen twice."""
    calls = [an_inbox_call(f"msg_{number}") for number in (1, 2, 2, 3)]
    with store.write() as transaction:
        transaction.inbox.put(calls, [f"inb_{number}" for number in range(4)])

    with store.read() as transaction:
        newest = transaction.inbox.page(before=None, limit=3, channel=None, customer_id=None, message=None)
        assert [entry["reference"] for entry in newest] == ["msg_3", "msg_2", "msg_2"]
        rest = transaction.inbox.page(before=newest[-1]["seq"], limit=3, channel=None, customer_id=None, message=None)
        assert [entry["reference"] for entry in rest] == ["msg_1"]
        assert rest[0]["content"]["text"] == "Olá, São Luís!"
        assert set(transaction.inbox.find(["msg_1", "msg_2", "msg_9"])) == {"msg_1", "msg_2"}
        assert transaction.inbox.get("inb_0")["reference"] == "msg_1"
        assert transaction.inbox.get("inb_9") is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"channel": "sms"}, ["msg_2"]),
        ({"customer_id": "cus_2"}, ["msg_3"]),
        ({"message": "order_late"}, ["msg_4"]),
        ({"channel": "email", "customer_id": "cus_1"}, ["msg_4", "msg_1"]),
    ],
)
def test_the_inbox_can_be_narrowed(store, wanted, found):
    calls = [
        an_inbox_call("msg_1"),
        an_inbox_call("msg_2", channel=Channel.SMS),
        an_inbox_call("msg_3", customer_id="cus_2"),
        an_inbox_call("msg_4", message="order_late"),
    ]
    with store.write() as transaction:
        transaction.inbox.put(calls, ["a", "b", "c", "d"])

    every = {"channel": None, "customer_id": None, "message": None}
    with store.read() as transaction:
        entries = transaction.inbox.page(before=None, limit=9, **every | wanted)
    assert [entry["reference"] for entry in entries] == found


# --- the ledger's own row, keys, first answers ----------------------------------------------------------------------


def test_a_new_ledger_has_no_release_and_no_moved_clock(store):
    with store.read() as transaction:
        assert transaction.ledger.release_id() is None
        assert transaction.ledger.release("rel_1") is None
        assert transaction.ledger.clock() == BusinessClock()


def test_the_last_published_release_is_current_and_all_are_kept(store):
    with store.write() as transaction:
        transaction.ledger.publish("rel_1", "um", NOW)
        transaction.ledger.publish("rel_2", "dois", NOW)
        transaction.ledger.publish("rel_1", "um", NOW)

    with store.read() as transaction:
        assert transaction.ledger.release_id() == "rel_1"
        assert [transaction.ledger.release(one) for one in ("rel_1", "rel_2")] == ["um", "dois"]


@pytest.mark.parametrize("clock", [BusinessClock(offset_ms=-5), BusinessClock(frozen_at=NOW), BusinessClock()])
def test_the_business_clock_is_kept_beside_the_release(store, clock):
    with store.write() as transaction:
        transaction.ledger.publish("rel_1", "um", NOW)
        transaction.ledger.set_clock(BusinessClock(offset_ms=7, frozen_at=7))
        transaction.ledger.set_clock(clock)

    with store.read() as transaction:
        assert transaction.ledger.clock() == clock
        assert transaction.ledger.release_id() == "rel_1"


def test_fifty_callers_under_one_key_find_one_first_answer(store):
    """One does the work; the others wait for it and see its answer."""

    def ask(number):
        with store.write() as transaction:
            first = transaction.ledger.first_answer("door", "key", "hash", NOW)
            if first is None:
                transaction.ledger.keep_answer("door", "key", 202, f"answer of {number}")
        return first

    answers = in_threads(50, ask)
    (taker,) = [number for number, answer in enumerate(answers) if answer is None]
    others = {(answer.body_hash, answer.status, answer.answer) for answer in answers if answer is not None}
    assert others == {("hash", 202, f"answer of {taker}")}


def test_a_key_whose_holder_failed_is_free_again(store):
    """Its work left no trace, so neither may its key."""

    def take(then):
        with store.write() as transaction:
            assert transaction.ledger.first_answer("door", "key", "hash", NOW) is None
            return then()

    with pytest.raises(ZeroDivisionError):
        take(lambda: 1 / 0)
    assert take(lambda: "ours") == "ours"


def test_first_answers_belong_to_their_scope_and_are_forgotten_in_time(store):
    with store.write() as transaction:
        ledger = transaction.ledger
        assert ledger.first_answer("ana", "key", "hash", NOW) is None
        assert ledger.first_answer("bia", "key", "other", NOW + 1) is None
        ledger.keep_answer("ana", "key", 200, "de Ana")
        assert ledger.first_answer("ana", "key", "third", NOW).answer == "de Ana"
        assert ledger.forget_answers(NOW + 1) == 1
        assert ledger.first_answer("ana", "key", "fourth", NOW) is None
        assert ledger.first_answer("bia", "key", "fifth", NOW).body_hash == "other"


def test_an_api_key_is_found_by_its_hash_until_and_after_it_is_revoked(store):
    """Whoever asks sees that it was revoked, and a second revocation changes nothing."""
    key = ApiKey(id="key_1", name="loja", scopes=("events:write", "messages:read"), created_at=NOW, revoked_at=None)
    with store.write() as transaction:
        transaction.ledger.add_key(key, "hash-1")
        transaction.ledger.add_key(replace(key, id="key_2", created_at=NOW - 1), "hash-2")

    with store.write() as transaction:
        listed = transaction.ledger.keys()
        assert [one.id for one in listed] == ["key_2", "key_1"]
        assert transaction.ledger.key_by_hash("hash-1") == key
        assert transaction.ledger.key_by_hash("hash-9") is None
        assert transaction.ledger.revoke_key("key_1", NOW + 5)
        assert not transaction.ledger.revoke_key("key_1", NOW + 6)
        assert transaction.ledger.key_by_hash("hash-1") == replace(key, revoked_at=NOW + 5)


# --- transactions ---------------------------------------------------------------------------------------------------


def test_a_transaction_that_fails_leaves_no_trace(store):

    def write_and_fail():
        with store.write() as transaction:
            ana = a_customer("cus_1", an_address("ana@example.com"))
            transaction.customers.add([ana], {"cus_1": {"erp": "1"}}, NOW)
            transaction.deliveries.add([a_delivery()], NOW)
            transaction.consents.record([said(ConsentState.GRANTED)], NOW)
            transaction.ledger.publish("rel_1", "um", NOW)
            transaction.inbox.put([an_inbox_call("msg_1")], ["inb_1"])
            transaction.facts.put(STOCK, 1, source="wms", as_of=NOW, at=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with store.engine.connect() as connection:
        for table in (
            "customers",
            "customer_ids",
            "addresses",
            "deliveries",
            "consent_events",
            "consent_state",
            "releases",
            "ledger",
            "inbox",
            "facts",
            "current_facts",
        ):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0, table


def test_a_read_sees_one_moment(store):
    """Two questions in one read agree with each other, whatever others write in between."""
    put(store, a_delivery("msg_1"))
    with store.read() as transaction:
        before = transaction.deliveries.tally()
        put(store, a_delivery("msg_2"))
        assert transaction.deliveries.tally() == before
        assert transaction.deliveries.get("msg_2") is None
    assert get(store, "msg_2") is not None


def test_a_write_sees_what_others_committed_before_it_locked(with_customer):
    """The gate reads consent after it has the lock: what was committed while it waited must be there."""
    store = with_customer
    with store.write() as transaction:
        if store.engine.dialect.name == "postgresql":
            transaction.customers.standings(["cus_1"], ["offers"])
            record(store, said(ConsentState.WITHDRAWN))
        transaction.customers.lock(["cus_1"])
        standing = transaction.customers.standings(["cus_1"], ["offers"])["cus_1"]
    if store.engine.dialect.name == "postgresql":
        assert standing.consents == {("offers", "email"): ConsentState.WITHDRAWN}


def test_a_large_slice_is_one_question(store):
    """Five thousand rows go in, are claimed, locked and settled without running into a limit of the database."""
    put(store, *(a_delivery(f"msg_{number:05}") for number in range(5_000)))
    requests = claim(store, limit=5_000)
    begin(store, *ids(requests), claims=(a_promise("price"), a_promise("coupon")))
    settle(store, "worker/1", *(a_settlement(one) for one in ids(requests)))

    with store.read() as transaction:
        assert transaction.deliveries.tally() == {"order_shipped": {"sent": 5_000}}


def test_every_claimable_state_is_one_that_the_queue_knows():
    """The partial index names the states in SQL: it must name these."""
    assert [state.value for state in CLAIMABLE] == ["accepted", "deferred"]


# --- what is out of reach -------------------------------------------------------------------------------------------


@contextmanager
def a_store(url):
    opened = SqlStore(url)
    try:
        yield opened
    finally:
        opened.close()


def write_something(store):
    with store.write() as transaction:
        transaction.ledger.publish("rel_1", "um", NOW)


def read_something(store):
    with store.read() as transaction:
        transaction.ledger.clock()


def assert_unavailable(store, action, sentence):
    """It says what is the matter and what to do, and a password is never in it."""
    with pytest.raises(Unavailable, match=sentence) as caught:
        action(store)
    assert caught.value.remedy()
    assert "secret" not in str(caught.value)


def test_a_read_only_ledger_says_so(sqlite):
    with sqlite.migrated() as writable, a_store(f"sqlite:///file:{writable.place}?mode=ro&uri=true") as store:
        read_something(store)
        assert_unavailable(store, write_something, "is read-only")


def test_a_missing_folder_is_named(tmp_path):
    with a_store(f"sqlite:///{tmp_path}/nowhere/ledger.db") as store:
        for action in (write_something, read_something, SqlStore.schema_version):
            assert_unavailable(store, action, "nowhere/ledger.db cannot be opened")


@pytest.mark.parametrize("content", [b"kind: message\n" * 100, b"\x89PNG\r\n\x1a\n" + b"\x00" * 2_000])
def test_a_file_that_is_no_database_is_left_alone(tmp_path, content):
    """Neither is it called a ledger without tables, which somebody would then upgrade."""
    file = tmp_path / "photo.png"
    file.write_bytes(content)
    with a_store(f"sqlite:///{file}") as store:
        for action in (write_something, read_something, SqlStore.schema_version):
            assert_unavailable(store, action, "is not a ledger")
    assert file.read_bytes() == content


def test_a_ledger_without_tables_says_what_to_run(empty_database_url):
    with a_store(empty_database_url) as store:
        for action in (write_something, read_something):
            with pytest.raises(Unavailable, match=r"has no tables.*jogral db upgrade"):
                action(store)
        assert store.schema_version() is None


def test_a_full_disk_is_named(sqlite):
    with sqlite.empty() as url, a_store(url) as store:
        upgrade(store)
        store.close()

        @event.listens_for(store.engine, "connect")
        def fill(connection, _record):
            connection.execute("PRAGMA max_page_count = 1")

        def write_much(store):
            with store.write() as transaction:
                transaction.ledger.publish("rel_1", "x" * 1_000_000, NOW)

        assert_unavailable(store, write_much, "disk .* is full")


def test_a_ledger_that_somebody_holds_is_an_outage_after_a_while(store):
    """Here the wait is cut short; otherwise it is ten seconds."""
    statement = {"sqlite": "PRAGMA busy_timeout = 1", "postgresql": "SET lock_timeout = 1"}[store.engine.dialect.name]
    put(store)

    def lock(ledger):
        with ledger.write() as transaction:
            transaction.customers.lock(["cus_1"])

    with a_store(url_of(store)) as hasty:

        @event.listens_for(hasty.engine, "connect")
        def hurry(connection, _record):
            connection.execute(statement)
            connection.commit()

        with store.write() as transaction:
            transaction.customers.lock(["cus_1"])
            assert_unavailable(hasty, lock, "is locked")
        lock(hasty)


def test_a_server_that_refuses_is_unavailable():
    with a_store("postgresql://jogral:secret@127.0.0.1:1/ledger") as store:
        for action in (write_something, read_something, SqlStore.schema_version):
            assert_unavailable(store, action, "cannot be reached")


def test_a_server_that_ends_a_transaction_is_unavailable_and_the_next_one_works(postgresql, postgres_databases):
    with postgresql.migrated() as store:

        def cut_off(store):
            with store.write() as transaction:
                transaction.ledger.publish("rel_1", "um", NOW)
                postgres_databases.admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = %s AND state = 'idle in transaction'",
                    [store.engine.url.database],
                )
                transaction.ledger.release_id()

        assert_unavailable(store, cut_off, "cannot be reached")
        with store.read() as transaction:
            assert transaction.ledger.release_id() is None
        write_something(store)


@pytest.mark.parametrize("ledgers", ["sqlite"], indirect=True)
def test_a_row_that_somebody_broke_is_named_by_its_table_and_column(store):
    """It is not an outage of the server, and who mends it must know where to look."""
    put(store)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE customers SET attributes = '{' WHERE id = 'cus_1'"))

    def read(ledger):
        with ledger.read() as transaction:
            transaction.customers.page("", 10)

    assert_unavailable(store, read, r"JSON cannot be read, in customers\.")
    with pytest.raises(Unavailable) as broken:
        read(store)
    assert "column attributes" in broken.value.remedy()


@pytest.mark.parametrize(("url", "sentence"), [("ledger.db", "is not a database URL"), ("mysql://h/x", "not in mysql")])
def test_a_url_that_names_no_ledger_is_refused_before_anything_is_opened(url, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        SqlStore(url)


def test_a_place_never_shows_its_password():
    store = SqlStore("postgresql://jogral:secret@db.example/ledger")
    assert "secret" not in store.place
    assert "db.example" in store.place
    assert json.dumps(store.place)

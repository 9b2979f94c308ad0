"""Events that nobody understood: kept whole, found again, mended, thrown away and forgotten, on every store."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from orchestrator.dispatch import privacy
from orchestrator.dispatch.accept import Accepted, Answer, CustomerReference, EventDesk, Quarantined, mending, once
from orchestrator.dispatch.privacy import WantedRequest
from orchestrator.dispatch.register import Profile
from orchestrator.domain.errors import InputError, NotFound
from orchestrator.domain.privacy import RequestKind
from orchestrator.release import read_release
from orchestrator.store.people_tables import quarantined_events
from orchestrator.store.port import ChainQuery, Chosen
from tests.contract.world import event, placed

EVERY = Chosen()
DAY_MS = 86_400_000


def keep(world, *events):
    return world.accept(*events, quarantines=True)


def retry(world, chosen=EVERY, **more):
    with world.store.write() as transaction:
        desk = EventDesk(release=world.release, clock=world.clock)
        return mending.retry(transaction, desk, chosen, by="cli:bia", **more)


def discard(world, chosen=EVERY):
    with world.store.write() as transaction:
        return mending.discard(transaction, world.clock, chosen, by="cli:bia")


def waiting(world):
    with world.store.read() as transaction:
        return transaction.quarantine.waiting()


def rows(world):
    with world.store.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(quarantined_events.select())]


def with_type(release, old, **changes):
    """The release with an event type that knows more."""
    content = json.loads(release.content)
    content["events"][old]["data"] |= changes
    return read_release(json.dumps(content))


def misspelt(world, number=1, **more):
    return placed(f"ord_{number}", at=world.clock.now(), event_id=f"placed/{number}", gift="sim", **more)


# --- kept -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"type": "order.placd"}, "unknown_event_type"),
        ({"data": {"order_id": "ord_1", "colour": "azul"}}, "invalid_event"),
        ({"customer": CustomerReference(id="cus_nobody")}, "unknown_customer"),
        ({"customer": CustomerReference(phone="123")}, "invalid_address"),
    ],
)
def test_what_is_not_understood_is_kept_whole_with_the_reason(world, what, reason):
    """Nothing of it is lost, and it says what it would have been refused with."""
    sent = replace(placed(at=world.clock.now()), **what)

    (result,) = keep(world, sent)

    assert isinstance(result, Quarantined)
    assert result.error.code == reason
    (row,) = rows(world)
    assert (row["id"], row["reason"], row["type"]) == (result.quarantine_id, reason, sent.type)
    assert json.loads(row["content"])["data"] == sent.data
    assert world.tally() == {}


def test_an_order_of_somebody_else_is_kept_too(world):
    world.register(Profile(id="cus_bia"))
    world.accept(placed(at=world.clock.now()))
    (result,) = keep(world, placed(at=world.clock.now(), customer="cus_bia", event_id="another"))
    assert result.error.code == "foreign_object"


def test_without_the_setting_it_is_refused_and_nothing_is_kept(world):
    (result,) = world.accept(misspelt(world))
    assert isinstance(result, InputError)
    assert rows(world) == []


def test_the_same_event_again_is_the_same_row(world):
    """However often it comes, alone or twice in one batch; and it waits since it came first."""
    (first,) = keep(world, misspelt(world))
    since = waiting(world).since
    world.clock.advance(hours=1)
    sent = replace(misspelt(world), occurred_at=world.clock.now() - 3_600_000)
    again = keep(world, sent, sent)

    assert [one.quarantine_id for one in again] == [first.quarantine_id] * 2
    assert [first.repeated, *(one.repeated for one in again)] == [False, True, True]
    assert (waiting(world).count, waiting(world).since) == (1, since)


def test_what_its_source_corrects_leaves_the_quarantine(world):
    """An id is not taken before the event is accepted: its source may send what it meant under the same one."""
    keep(world, misspelt(world))
    (result,) = keep(world, placed(at=world.clock.now(), event_id="placed/1"))
    assert isinstance(result, Accepted)
    assert rows(world) == []


def test_a_second_mistake_under_the_same_id_takes_the_place_of_the_first(world):
    (first,) = keep(world, misspelt(world))
    (second,) = keep(world, placed("ord_1", at=world.clock.now(), event_id="placed/1", presente="sim"))
    assert (first.quarantine_id, second.repeated) == (second.quarantine_id, False)
    (row,) = rows(world)
    assert "presente" in row["content"]


def test_the_id_of_an_accepted_event_is_not_taken_again(world):
    """Also in one batch, where both stand beside each other."""
    world.accept(placed(at=world.clock.now(), event_id="placed/1"))
    good = placed("ord_2", at=world.clock.now(), event_id="placed/2")
    results = keep(world, misspelt(world, 1), good, misspelt(world, 2))
    codes = [getattr(one, "code", "") for one in results]
    assert codes == ["event_id_reused", "", "event_id_reused"]
    assert rows(world) == []


def test_two_events_under_one_id_in_one_batch_are_told_apart(world):
    """The second would take the place of the first before anybody saw it."""
    first, second = keep(world, misspelt(world), misspelt(world, number_of_gifts=2))
    assert (type(first), second.code) == (Quarantined, "event_id_reused")


def test_the_others_of_a_batch_are_accepted(world):
    results = keep(world, misspelt(world, 1), placed("ord_2", at=world.clock.now()))
    assert [type(one) for one in results] == [Quarantined, Accepted]


# --- mended -----------------------------------------------------------------------------------------------------------


def test_once_its_schema_is_mended_a_retry_accepts_it_as_it_came(world):
    """With the time at which it happened; what it asks for is asked for once."""
    sent = misspelt(world)
    keep(world, sent)
    world.clock.advance(hours=2)
    world.release = with_type(world.release, "order.placed", gift={"type": "string"})

    done = retry(world)

    ((_, result),) = done.results
    with world.store.read() as transaction:
        stored = transaction.events.known({("shop", "placed/1")})[("shop", "placed/1")]
    assert (stored.id, stored.occurred_at, stored.data) == (result.event_id, sent.occurred_at, sent.data)
    assert world.tally()["order_confirmed"] == {"accepted": 1}
    assert (rows(world), retry(world).results) == ([], [])


def test_once_its_customer_is_known_a_retry_accepts_it(world):
    keep(world, replace(placed(at=world.clock.now()), customer=CustomerReference(email="Bia@example.com")))
    world.register(Profile(id="cus_bia", emails=("bia@example.com",)))
    assert retry(world).accepted[0].customer_id == "cus_bia"


def test_they_are_taken_in_the_order_in_which_they_happened(world):
    """What came first may have happened last: the order that knows the customer comes before its shipment."""
    now = world.clock.now()
    shipped = event("shipment.dispatched", "s1", at=now + 5, order_id="ord_1", promised_date="2026-11-30")
    keep(world, shipped)
    keep(world, placed(at=now, customer="cus_bia"))
    world.register(Profile(id="cus_bia", emails=("bia@example.com",)))

    done = retry(world)

    assert [row.type for row, _ in done.results] == ["order.placed", "shipment.dispatched"]
    assert len(done.accepted) == 2


def test_what_is_still_not_understood_stays_and_says_why_now(world):
    keep(world, misspelt(world, customer="cus_nobody"))
    world.clock.advance(hours=2)
    world.release = with_type(world.release, "order.placed", gift={"type": "string"})

    ((_, error),) = retry(world).results

    assert error.code == "unknown_customer"
    (row,) = rows(world)
    assert (row["reason"], row["tried_at"] - row["received_at"]) == ("unknown_customer", 2 * 3_600_000)


def test_a_retry_may_be_of_one_type_or_of_some_ids(world):
    kept = keep(world, misspelt(world, 1), misspelt(world, 2), replace(misspelt(world, 3), type="order.placd"))
    world.release = with_type(world.release, "order.placed", gift={"type": "string"})
    assert retry(world, Chosen(type="order.placd")).accepted == []
    assert len(retry(world, Chosen(ids=(kept[1].quarantine_id,))).accepted) == 1
    assert len(retry(world, Chosen(type="order.placed")).accepted) == 1
    assert [row["type"] for row in rows(world)] == ["order.placd"]


def test_who_names_one_that_is_not_there_is_told(world):
    for act in (retry, discard):
        with pytest.raises(NotFound, match="in quarantine"):
            act(world, Chosen(ids=("qev_01JC9ZK3N8Q2W4E6R8T0Y2V4X6",)))


def test_many_are_taken_round_by_round(world):
    """A round is one transaction; the next begins behind the last one, whether that was understood or not."""
    keep(world, *(misspelt(world, number) for number in range(5)))
    first = retry(world, limit=2)
    second = retry(world, limit=2, after=first.after)
    third = retry(world, limit=2, after=second.after)
    seen = [row.source_id for done in (first, second, third) for row, _ in done.results]
    assert sorted(seen) == [f"placed/{number}" for number in range(5)]
    assert third.after is None


def test_four_who_send_and_retry_at_once_keep_and_accept_each_once(world):
    """Whoever is overtaken looks again, as every door does."""

    def at_once(work):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: once(world.store, world.clock, None, work), range(4)))

    def send(transaction):
        desk = EventDesk(release=world.release, clock=world.clock, quarantines=True)
        desk.accept(transaction, [misspelt(world, number) for number in range(3)])
        return Answer(202, {})

    def retry_all(transaction):
        desk = EventDesk(release=world.release, clock=world.clock)
        mending.retry(transaction, desk, EVERY, by="cli:bia")
        return Answer(200, {})

    at_once(send)
    assert waiting(world).count == 3
    world.release = with_type(world.release, "order.placed", gift={"type": "string"})
    at_once(retry_all)
    assert (rows(world), world.tally()) == ([], {"order_confirmed": {"accepted": 3}})


def test_what_was_accepted_under_the_same_id_meanwhile_is_let_go(world):
    """While the setting was off its source sent a correction: nothing waits any more."""
    keep(world, misspelt(world))
    world.accept(placed(at=world.clock.now(), event_id="placed/1"))
    world.release = with_type(world.release, "order.placed", gift={"type": "string"})
    ((_, error),) = retry(world).results
    assert error.code == "event_id_reused"
    assert rows(world) == []


def test_what_stands_against_each_is_said_as_it_is_now(world):
    kept = keep(world, misspelt(world, 1), replace(misspelt(world, 2), type="order.placd"))
    world.release = with_type(world.release, "order.placed", gift={"type": "string"})
    with world.store.read() as transaction:
        found = mending.problems(
            transaction,
            EventDesk(release=world.release, clock=world.clock),
            transaction.quarantine.page("", 10),
        )
    assert {name: error.code for name, error in found.items()} == {kept[1].quarantine_id: "unknown_event_type"}


# --- thrown away, forgotten, erased -----------------------------------------------------------------------------------


def test_discarding_throws_away_what_was_chosen_and_goes_on_record(world):
    keep(world, misspelt(world, 1), replace(misspelt(world, 2), type="order.placd"))
    assert discard(world, Chosen(type="order.placd")) == 1
    assert [row["type"] for row in rows(world)] == ["order.placed"]
    with world.store.read() as transaction:
        (entry,) = transaction.chain.page(ChainQuery(limit=5, kind="events.discarded"))
    assert json.loads(entry.payload)["by"] == "cli:bia"
    assert json.loads(entry.payload)["events"] == 1


def test_after_thirty_days_it_is_forgotten(world):
    keep(world, misspelt(world))
    world.clock.advance(days=30)
    assert mending.tidy(world.store, world.clock.now()) == 0
    world.clock.advance(seconds=1)
    assert mending.tidy(world.store, world.clock.now()) == 1
    assert rows(world) == []


BIA = Profile(
    id="cus_bia",
    emails=("bia.souza@example.com",),
    phones=("+5511998765432",),
    external_ids={"shop": "4712"},
)


@pytest.mark.parametrize(
    ("reference", "data"),
    [
        (CustomerReference(id="cus_bia"), {}),
        (CustomerReference(email="Bia.Souza@example.com"), {}),
        (CustomerReference(phone="(11) 99876-5432"), {}),
        (CustomerReference(external=("shop", "4712")), {}),
        (None, {"order_id": "ord_bia"}),
        (None, {"note": "ligar para (11) 99876-5432"}),
        (None, {"contact": {"mail": "BIA.SOUZA@example.com"}}),
    ],
)
def test_an_erasure_takes_out_whatever_names_the_person(world, desk, reference, data):
    """By id, address, name in another system or order; also where it stands in words, in any spelling."""
    world.register(BIA)
    world.accept(placed("ord_bia", at=world.clock.now(), customer="cus_bia"))
    bare = replace(event("shipment.dispatched", "x/1", at=world.clock.now()), customer=reference, data=data | {"x": 1})
    of_an_order = replace(placed("ord_bia", at=world.clock.now(), event_id="x/2"), type="order.placd", customer=None)
    keep(world, bare, of_an_order, misspelt(world))

    erase(world, desk, "cus_bia")

    assert [row["source_id"] for row in rows(world)] == ["placed/1"]


def test_a_person_is_shown_what_names_them_and_nothing_of_others(world, desk):
    """What may be somebody else's is erased rather than kept, and not shown."""
    world.register(BIA)
    keep(world, misspelt(world, 1), misspelt(world, 2, customer="cus_bia"))
    with world.store.read() as transaction:
        document = privacy.export(transaction, desk, transaction.personal_data.person(["cus_bia"]))
    (shown,) = document["tables"]["quarantined_events"]
    assert (shown["source_id"], shown["content"]["data"]["gift"]) == ("placed/2", "sim")


def erase(world, desk, customer_id):
    wanted = WantedRequest(kind=RequestKind.ERASE, customer_id=customer_id, vouched="by phone")
    with world.store.write() as transaction:
        request = privacy.ask(transaction, desk, wanted, by="cli:bia")
    privacy.finish(world.store, desk, request.id, by="cli:bia")

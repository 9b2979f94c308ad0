"""What a message promises is true when it leaves, on real ledgers: facts at the gate, ends, and what is recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orchestrator.dispatch.facts import put_fact
from orchestrator.dispatch.publish import publish
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.time import instant
from orchestrator.project import Project
from tests.contract.world import ANA, EMAIL, SMS, World, after_the_claim, placed

STOCK = "inventory.KIT-BANHO-04.available"
CART = {"cart": {"id": "crt_8fk2", "url": "https://casalume.example/c/8fk2", "first_item": "Kit Banho"}}
HELD = ("held", "fact_unavailable:offers.banho_lume20")


@pytest.fixture
def offering(world):
    """A shop with plenty in stock, and a customer who wants offers."""
    world.said(ConsentState.GRANTED, "offers", "email")
    put(world, 500)
    return world


def put(world, value, **also):
    with world.store.write() as transaction:
        return put_fact(transaction, world.release, world.clock, STOCK, value, source="wms", **also)


def offer(world, **wanted):
    return world.ask("cart_offer", EMAIL, data=CART, **wanted)


def promises(world, delivery_id):
    return {one["name"]: (one["value"], one["fact"]) for one in world.get(delivery_id)["rendering"]["claims"]}


# --- stock ----------------------------------------------------------------------------------------------------------


def test_an_offer_in_stock_is_sent_with_its_facts(offering):
    asked = offer(offering)
    offering.drain()
    assert offering.ended(asked) == ("sent", "")
    assert promises(offering, asked) == {
        "price": ("129.90 BRL", "offers.banho_lume20.price"),
        "discount": ("20%", "offers.banho_lume20.discount"),
        "coupon": ("LUME20", "offers.banho_lume20.coupon"),
        "ends": ("2030-11-30", "offers.banho_lume20.ends_at"),
    }


def test_below_its_threshold_an_offer_is_held_and_says_why(offering):
    put(offering, 59)
    asked = offer(offering)
    offering.drain()
    assert offering.ended(asked) == HELD
    assert not offering.provider.calls
    trace = offering.get(asked)["decisions"][-1]["trace"]
    assert trace[-1] == {
        "gate": "facts",
        "result": "stop",
        "detail": f"fact_unavailable:offers.banho_lume20 {STOCK} is 59; below 60 sends are held",
    }


def test_stock_that_falls_between_the_two_looks_holds_the_message(offering):
    """It was rendered already; under the lock, the fact is read again."""
    asked = offer(offering)
    offering.drain(run=after_the_claim(lambda: put(offering, 10)))
    assert offering.ended(asked) == HELD
    assert not offering.provider.calls


def test_an_offer_whose_stock_nobody_told_is_held(world):
    world.said(ConsentState.GRANTED, "offers", "email")
    asked = offer(world)
    world.drain()
    assert world.ended(asked) == HELD


def test_new_stock_sets_free_what_waited_for_it(offering):
    put(offering, 10)
    asked = offer(offering)
    offering.drain()
    _, effects = put(offering, 300)
    assert effects.released == {"marketing": 1}
    offering.drain()
    assert offering.ended(asked) == ("sent", "")


def test_no_message_is_woken_to_be_held_again(offering):
    """A shop counts down one by one: a whole campaign would be decided anew each time."""
    put(offering, 10)
    asked = offer(offering)
    offering.drain()
    _, effects = put(offering, 9)
    assert effects.released == {}
    assert effects.held == 1
    assert offering.wake() == 0
    assert offering.ended(asked) == HELD


# --- time -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def until(offering, shop):
    """Publish the shop with other dates of its offer."""
    path = shop / "templates/facts/offers.yaml"
    shipped = path.read_text(encoding="utf-8")

    def publish_with(starts="2026-11-20", ends="2030-11-30"):
        text = shipped.replace("starts_at: 2026-11-20", f"starts_at: {starts}")
        path.write_text(text.replace("ends_at: 2030-11-30", f"ends_at: {ends}"), encoding="utf-8")
        release = Project(shop).read()
        publish(offering.store, release, offering.clock.now())
        return World(offering.store, release, offering.clock, provider=offering.provider)

    return publish_with


def test_a_message_ends_with_the_offer_that_it_states(until):
    """A plain date lasts through the end of its day in the shop's zone."""
    world = until(ends="2026-11-30")
    asked = offer(world)
    assert world.get(asked)["not_after"] == instant(datetime(2026, 12, 1, 3, tzinfo=UTC)) - 1


def test_an_earlier_end_that_was_asked_for_stays(until):
    world = until(ends="2026-11-30")
    sooner = world.clock.now() + 60_000
    assert world.get(offer(world, not_after=sooner))["not_after"] == sooner


def test_after_its_end_an_offer_is_never_said(until):
    world = until(ends="2026-11-25")
    asked = offer(world)
    world.clock.advance(days=1)
    world.drain()
    assert world.ended(asked) == ("expired", "not_after")
    assert not world.provider.calls


def test_an_offer_that_a_new_release_ended_is_not_said(until):
    """The request was accepted when it was to last for years."""
    world = until()
    asked = offer(world)
    until(ends="2026-11-24")
    world.drain()
    assert world.ended(asked) == ("expired", "offer_ended")


def test_an_offer_waits_for_its_beginning_and_is_woken_then(until):
    world = until(starts="2026-11-26")
    asked = offer(world)
    world.drain()
    assert world.ended(asked) == HELD
    assert world.wake() == 0

    # It begins at midnight, and the night passes before it is said.
    world.clock.advance(hours=15)
    assert world.wake() == 1
    world.drain()
    assert world.ended(asked) == ("deferred", "quiet_hours:noite")
    world.clock.advance(hours=12)
    world.drain()
    assert world.ended(asked) == ("sent", "")


def test_a_release_that_brings_an_offer_forward_wakes_what_waited(until):
    """Nobody has to touch what was held before."""
    world = until(starts="2026-12-24")
    asked = offer(world)
    world.drain()
    assert world.ended(asked) == HELD

    world = until(starts="2026-11-21")
    assert world.wake() == 1
    world.drain()
    assert world.ended(asked) == ("sent", "")


# --- data -----------------------------------------------------------------------------------------------------------


def test_a_date_that_changes_between_the_two_looks_is_said_as_it_is_then(world):
    """A carrier's news in the very moment: what was rendered is thrown away, and said anew."""
    (accepted,) = world.accept(placed(at=world.clock.now()))
    (request,) = accepted.requests
    later = placed(at=world.clock.now() + 1, event_id="again", promised_date="2026-12-02")
    world.drain(run=after_the_claim(lambda: world.accept(later)))
    world.drain()

    said_first = next(call for call in world.provider.calls if call.entry.reference == request.id)
    assert "2 de dezembro" in said_first.entry.rendered.text
    assert world.get(request.id)["rendering"]["claims"][0]["value"] == "2026-12-02"


def test_data_cannot_bring_a_price_of_its_own(offering):
    """Facts win over whatever comes with a request."""
    data = {**CART, "offers": {"banho_lume20": {"price": "1.00 BRL", "discount": "99%"}}}
    asked = offering.ask("cart_offer", EMAIL, data=data)
    offering.drain()
    assert promises(offering, asked)["price"] == ("129.90 BRL", "offers.banho_lume20.price")


def test_a_customer_is_written_to_in_their_language(world):
    world.register(replace(ANA, id="cus_en", emails=("hana@example.com",), phones=(), locale="en-GB"))
    asked = world.ask("order_confirmed", EMAIL, customer_id="cus_en")
    portuguese = world.ask("order_confirmed", SMS)
    world.drain()
    assert world.get(asked)["rendering"]["locale"] == "en"
    assert "Monday, November 30" in world.get(asked)["rendering"]["content"]["text"]
    assert world.get(portuguese)["rendering"]["locale"] == "pt-BR"

"""Which of the promises that a customer was given still hold."""

from __future__ import annotations

from orchestrator.dispatch.already_promised import promises_held
from orchestrator.domain.claim import ClaimKind, StatedClaim
from orchestrator.store.evidence import PromiseMade


def made(value, fact="order.promised_date", order="ord_1", *, taken_back=False):
    kind = "price" if fact.startswith("offers") else "delivery_date"
    return PromiseMade(
        delivery_id="msg_1", message="order_confirmed", channel="email", objects={"order": order}, kind=kind,
        fact=fact, value=value, text=value, taken_back=taken_back, at=0,
    )  # fmt: skip


def claim(value, fact="shipment.estimated_date"):
    return StatedClaim(name="date", kind=ClaimKind.DELIVERY_DATE, fact=fact, value=value, text=value)


def held(*promises, claims=(), order="ord_1"):
    """Value → whether it still holds; promises are given newest first."""
    found = promises_held(promises, claims, {"order": order, "shipment": order})
    return {one.made.value: one.holds for one in found}


def test_what_the_reply_states_says_which_promises_hold():
    """A date of the same order, wherever it was read from: the shipment goes by the order's id."""
    assert held(made("2026-11-25"), claims=[claim("2026-11-27")]) == {"2026-11-25": False}
    assert held(made("2026-11-27"), claims=[claim("2026-11-27")]) == {"2026-11-27": True}


def test_without_a_word_of_the_reply_the_newest_promise_holds():
    """The customer has heard it last."""
    assert held(made("2026-11-27"), made("2026-11-25")) == {"2026-11-27": True, "2026-11-25": False}


def test_what_was_named_to_be_taken_back_is_no_promise():
    """The old date of a late order."""
    assert held(made("2026-11-25", taken_back=True)) == {}


def test_another_order_has_its_own_date():
    """Both promises hold, each for its own."""
    assert held(made("2026-11-25", order="ord_2"), claims=[claim("2026-11-27")]) == {"2026-11-25": True}


def test_a_fact_is_the_same_whichever_order_it_was_told_with():
    """A price is nobody's own."""
    price = "offers.banho_lume20.price"
    assert held(made("129.90", price, "ord_2"), made("119.90", price)) == {"129.90": True, "119.90": False}


def test_what_is_no_longer_so_does_not_hold():
    """Nobody has been told the new date yet, and no reply at hand says it."""
    promises = (made("2026-11-27"), made("129.90", "offers.kit.price"))
    found = promises_held(promises, (), {}, lambda one: one.fact != "order.promised_date")
    assert [one.holds for one in found] == [False, True]

"""Who may enter a journey, and as which run."""

from __future__ import annotations

import pytest

from orchestrator.journeys.entrance import Entrance, called_entrance, entrance, may_begin
from tests.playing import DAY, MONDAY, happened, journey, scene, send

STEP = send("avisar")


def enters(one, event, customer="cus_1"):
    return entrance(one, event, "wms/88121", scene(customer={"id": customer}))


def test_without_an_entry_each_event_is_a_run_of_its_own():
    assert enters(journey(STEP, entry=None), happened("order.placed")) == Entrance("wms/88121")


def test_another_event_is_none_of_its_business():
    assert enters(journey(STEP), happened("order.cancelled")) == Entrance(None)


def test_an_entry_makes_one_run_a_key():
    assert enters(journey(STEP), happened("order.placed", order="17")) == Entrance("17")


def test_an_entry_without_a_key_makes_one_run_a_customer():
    assert enters(journey(STEP, entry={"again_after": "7d"}), happened("order.placed")) == Entrance("cus_1")


def test_without_its_key_no_run_begins_and_a_note_says_so():
    assert enters(journey(STEP), happened("order.placed", order=None)) == Entrance(None, "order.id is missing")


@pytest.mark.parametrize(
    ("total", "found"),
    [
        (50.0, Entrance("ord_1")),
        (49.99, Entrance(None, "order.total >= 50.0 is false")),
    ],
)
def test_a_condition_lets_in_or_says_that_it_is_false(total, found):
    one = journey(STEP, trigger={"event": "order.placed", "when": "order.total >= 50.0"})
    assert enters(one, placed(total)) == found


def placed(total):
    event = happened("order.placed")
    event.data["order"]["total"] = total
    return event


def test_a_condition_that_cannot_be_told_lets_nobody_in_and_says_why():
    one = journey(STEP, trigger={"event": "order.placed", "when": "order.total >= 50.0"})
    found = enters(one, happened("order.placed"))
    assert found.key is None
    assert found.note.startswith("order.total >= 50.0: ")


def test_a_condition_reads_the_customer_facts_and_the_hour_also_where_no_silence_is_waited_for():
    """Whoever adds a quiet_for does not have to write another condition."""
    when = "facts.offers.banho.on_sale && days(now, order.placed_on) <= 1 && customer.vip"
    one = journey(STEP, trigger={"event": "order.placed", "when": when})
    event = happened("order.placed")
    event.data["order"]["placed_on"] = "2026-11-23"
    around = {"facts": {"offers": {"banho": {"on_sale": True}}}, "customer": {"id": "cus_1", "vip": True}}

    assert entrance(one, event, "wms/88121", scene(**around)) == Entrance("ord_1")
    assert entrance(one, event, "wms/88121", scene(MONDAY + 2 * DAY, **around)).key is None


def test_a_trigger_without_an_event_asks_its_condition_of_the_customer_alone():
    one = journey(STEP, trigger={"enters": "vips", "when": "customer.vip"}, entry={"again_after": "7d"})

    assert called_entrance(one, 0, "now/cus_1", scene(customer={"id": "cus_1", "vip": True})) == Entrance("cus_1")
    assert called_entrance(one, 0, "now/cus_1", scene()).note.startswith("customer.vip: ")


def test_after_a_silence_the_condition_is_asked_later():
    one = journey(STEP, trigger={"event": "order.placed", "when": "order.total >= 50.0", "quiet_for": "1h"})
    assert enters(one, placed(1.0)) == Entrance("ord_1")


def test_in_the_list_form_the_first_trigger_that_fits_has_the_say():
    one = journey(
        trigger=None,
        steps=None,
        triggers=[
            {"event": "order.placed", "when": "order.total > 500.0", "steps": [send("agradecer")]},
            {"event": "order.placed", "steps": [send("confirmar")]},
            {"event": "shipment.dispatched", "steps": [STEP]},
        ],
    )
    assert enters(one, placed(600.0)).beginning == 0
    assert enters(one, placed(20.0)).beginning == 1
    assert enters(one, happened("shipment.dispatched")).beginning == 2


def test_whom_the_rollout_leaves_out_is_told_so():
    one = journey(STEP, rollout="0.01%")
    assert enters(one, happened("order.placed")) == Entrance(None, "rollout: 0.01 %")


@pytest.mark.parametrize(
    ("entry", "began", "ended", "may"),
    [
        ({"key": "order.id"}, 0, 1, False),
        ({"key": "order.id", "again_after": "7d"}, 0, 1, True),
        ({"key": "order.id", "again_after": "7d"}, 0, None, False),
        ({"key": "order.id", "again_after": "7d"}, 1, 2, False),
        ({"again_after": "6d"}, 1, 2, True),
        (None, 0, 1, False),
    ],
)
def test_a_key_may_begin_again_so_long_after_the_last_one_began_if_that_has_ended(entry, began, ended, may):
    """It is a week after Monday, to the millisecond."""
    last = (MONDAY + began * DAY, MONDAY + ended * DAY if ended is not None else None)
    one = journey(STEP, entry=entry)
    assert may_begin(one, last, MONDAY + 7 * DAY) is may
    assert may_begin(one, None, MONDAY)

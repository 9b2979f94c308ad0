"""What conditions of journeys read: data, the steps that were passed, days, engagement and the moment."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.domain.time import instant
from orchestrator.journeys.concern import ends, is_named, is_of
from orchestrator.journeys.conditions import FUNCTIONS, is_true
from orchestrator.journeys.filling import filled, filled_value
from orchestrator.journeys.model import Exit
from orchestrator.journeys.run import Event
from orchestrator.journeys.steps import Awaited
from tests.playing import MONDAY, happened, journey, new_run, scene, send

ONE = journey(send("avisar"))
HEARD = {"type": "shipment.dispatched", "carrier": "rapida"}
RUN = new_run(ONE, event={"type": "order.placed", "channel": "site"}, events={"aguardar": HEARD})


def true(condition, names=None, **around):
    return is_true(condition, RUN, scene(**{"order": {"id": "ord_1", "total": 90.0}, **around}), names)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("order.total >= 50.0", True),
        ("order.total >= 90.01", False),
        ('event.channel == "site"', True),
        ('steps.aguardar.event.carrier == "rapida"', True),
        ('steps.aguardar.event.type == "shipment.dispatched"', True),
        ('engaged("novidades")', True),
        ('engaged("outro")', False),
        ('now > timestamp("2026-11-23T11:59:59Z")', True),
        ('now > timestamp("2026-11-23T12:00:00Z")', False),
        ('days("2026-12-01", "2026-11-26") == 5', True),
        ('days(now, "2026-11-20") == 3', True),
        ("has(order.coupon)", False),
        ("order.total", False),  # a number is not a truth
    ],
)
def test_a_condition_is_told_by_what_is_true_around_the_run(condition, expected):
    assert true(condition, engaged=("novidades",)) == (expected, "")


@pytest.mark.parametrize(
    "condition",
    [
        "order.coupon.code == 'X'",
        "cart.total > 1.0",
        "steps.outro.event.type == 'x'",
        'order.total > "caro"',
        "order.total && order.total > 1.0",
        'days("amanhã", now) > 1',
        "days(order.total, now) > 1",
    ],
)
def test_what_cannot_be_told_is_false_and_noted(condition):
    found, why = true(condition)
    assert (found, bool(why)) == (False, True)


def test_what_an_event_brings_wins_over_what_was_known():
    assert true("order.total == 10.0", {"order": {"total": 10.0}}) == (True, "")


def test_days_are_those_of_the_customer():
    """Half past nine in the evening in São Paulo is tomorrow in London."""
    late = instant(datetime(2026, 11, 24, 0, 30, tzinfo=UTC))
    assert true('days(now, "2026-11-23") == 0', now=late) == (True, "")
    assert true('days(now, "2026-11-23") == 1', now=late, zone="Europe/London") == (True, "")
    assert true('days("2026-11-24T01:00:00+00:00", "2026-11-23") == 0') == (True, "")


def test_the_functions_that_are_named_are_those_that_there_are():
    assert FUNCTIONS == ("days", "engaged")


# --- whose business an event is -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("match", "event", "expected"),
    [
        (None, happened("a.b"), True),
        (None, happened("a.b", order="ord_2"), False),
        (None, happened("a.b", order=None), True),  # names no order: it is everybody's
        (None, happened("a.c"), False),
        ("order.id", happened("a.b"), True),
        ("order.id", happened("a.b", order=None), False),
        ("event.order_id", happened("a.b", order="ord_2", data={"order_id": "ord_1"}), True),
    ],
)
def test_an_event_is_of_the_run_whose_key_it_names(match, event, expected):
    assert is_of(ONE, Awaited(event="a.b", match=match), event, RUN) is expected


def test_without_a_key_an_event_is_of_every_run_of_its_customer():
    one = journey(send("avisar"), entry=None)
    assert is_of(one, Awaited(event="a.b"), happened("a.b", order="ord_2"), RUN)
    assert not is_named(one, RUN, happened("a.b"))


@pytest.mark.parametrize(
    ("match", "order", "expected"),
    [(None, "ord_2", True), (None, None, True), ("order.id", "ord_1", True), ("order.id", "ord_2", False)],
)
def test_an_exit_is_by_customer_unless_it_matches(match, order, expected):
    assert ends(Exit(event="a.b", match=match), happened("a.b", order=order), RUN) is expected
    assert not ends(Exit(event="a.c", match=match), happened("a.b", order=order), RUN)


def test_a_value_that_is_missing_is_no_key():
    """Not even that of a run whose key is written like Python's nothing."""
    assert not ends(Exit(event="a.b", match="order.id"), happened("a.b", order=None), new_run(ONE, key="None"))


def test_keys_may_be_numbers():
    event = Event(id="e", type="a.b", at=MONDAY, payload={}, data={"order": {"id": 17}})
    assert is_named(ONE, new_run(ONE, key="17"), event)


def test_the_type_of_an_event_is_its_own_whatever_its_data_says():
    event = Event(id="e", type="ticket.closed", at=MONDAY, payload={"type": "complaint", "by": "ana"})
    assert event.said == {"type": "ticket.closed", "by": "ana"}


# --- words of the journey -------------------------------------------------------------------------------------------


def test_places_are_filled_and_what_nobody_knows_is_a_dash():
    data = {"order": {"number": "10234", "total": 90.0}}
    assert filled("Pedido {{ order.number }}, {{order.total}}, {{ order.coupon }}", data) == "Pedido 10234, 90.0, -"


def test_a_place_alone_keeps_the_type_of_its_value():
    data = {"order": {"total": 90.0}}
    assert filled_value("{{ order.total }}", data) == 90.0
    assert filled_value("{{ order.coupon }}", data) is None
    assert filled_value(("a", "b"), data) == ["a", "b"]
    assert filled_value(7, data) == 7
    assert filled_value("R$ {{ order.total }}", data) == "R$ 90.0"

"""Rows into events: the shipped mapping of the Olist layout, and what a row that does not fit says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestrator.domain.time import instant
from orchestrator.mapping import Mapping, Persona, UnmappableRow, map_row

ROW = {
    "order_id": "3f2e6c8ab1d94e07a5c1d2e3f4a5b6c7",
    "customer_id": "c0ffee",
    "order_status": "delivered",
    "order_purchase_timestamp": "10/2/2017 10:56",
    "order_approved_at": "10/2/2017 11:07",
    "order_delivered_carrier_date": "10/4/2017 19:55",
    "order_delivered_customer_date": "10/10/2017 21:25",
    "order_estimated_delivery_date": "10/18/2017 0:00",
}


@pytest.fixture(scope="session")
def olist(project):
    return project.mapping("olist")[0]


def mapping(**changes):
    values = {
        "kind": "mapping",
        "id": "loja",
        "title": "Loja",
        "owner": "operacoes",
        "source": "loja",
        "timezone": "America/Sao_Paulo",
        "journeys": [],
        "customer": {"id": "row.id"},
        "events": [{"type": "order.placed", "id": "row.id", "time": "time(row.when)"}],
    }
    return Mapping.model_validate(values | changes)


def at(*parts):
    """An instant by its UTC parts; São Paulo is three hours behind, two in the summers until 2019."""
    return instant(datetime(*parts, tzinfo=UTC))


def events_of(mapped):
    return [(event.type, event.occurred_at) for event in mapped[1]]


# --- the shipped mapping --------------------------------------------------------------------------------------------


def test_a_delivered_order_tells_three_events_in_local_time(olist):
    customer, events = map_row(olist, ROW)
    placed, dispatched, delivered = events

    assert (placed.type, placed.id, placed.occurred_at) == (
        "order.placed",
        f"placed/{ROW['order_id']}",
        at(2017, 10, 2, 13, 56),
    )
    assert placed.data == {
        "order_id": ROW["order_id"],
        "number": "3F2E6C8A",
        "url": "https://casalume.example/p/3F2E6C8A",
        "promised_date": "2017-10-18",
    }
    assert (dispatched.type, dispatched.occurred_at) == ("shipment.dispatched", at(2017, 10, 4, 22, 55))
    assert dispatched.data["promised_date"] == "2017-10-18"
    assert (delivered.type, delivered.occurred_at) == ("shipment.delivered", at(2017, 10, 11, 0, 25))
    assert (customer.id, customer.email) == ("c0ffee", "c0ffee@olist.example")


def test_a_made_up_phone_is_always_the_same_and_says_nothing_of_the_customer(olist):
    """Eleven digits after the country's, so that it looks like a mobile; never a real person's by intention."""
    phones = {map_row(olist, ROW | {"customer_id": f"customer-{number}"})[0].phone for number in range(50)}
    assert len(phones) == 50
    assert all(len(phone) == len("+5511912345678") and phone.startswith("+55119") for phone in phones)
    assert map_row(olist, ROW)[0].phone == map_row(olist, ROW)[0].phone
    assert "c0ffee" not in map_row(olist, ROW)[0].phone


@pytest.mark.parametrize(
    ("changes", "events"),
    [
        (
            {"order_status": "canceled", "order_delivered_carrier_date": "", "order_delivered_customer_date": ""},
            [("order.placed", at(2017, 10, 2, 13, 56)), ("order.cancelled", at(2017, 10, 2, 14, 56))],
        ),
        (
            {"order_status": "unavailable", "order_delivered_carrier_date": "", "order_delivered_customer_date": ""},
            [("order.placed", at(2017, 10, 2, 13, 56))],
        ),
        (  # never came: the morning after the estimate, in summer time by then
            {"order_status": "shipped", "order_delivered_customer_date": ""},
            [
                ("order.placed", at(2017, 10, 2, 13, 56)),
                ("shipment.dispatched", at(2017, 10, 4, 22, 55)),
                ("shipment.estimate_missed", at(2017, 10, 19, 11)),
            ],
        ),
        (  # came that very day, late in the evening
            {"order_delivered_customer_date": "10/18/2017 23:59"},
            [
                ("order.placed", at(2017, 10, 2, 13, 56)),
                ("shipment.dispatched", at(2017, 10, 4, 22, 55)),
                ("shipment.delivered", at(2017, 10, 19, 1, 59)),
            ],
        ),
        (  # came one minute into the next day
            {"order_delivered_customer_date": "10/19/2017 0:01"},
            [
                ("order.placed", at(2017, 10, 2, 13, 56)),
                ("shipment.dispatched", at(2017, 10, 4, 22, 55)),
                ("shipment.estimate_missed", at(2017, 10, 19, 11)),
                ("shipment.delivered", at(2017, 10, 19, 2, 1)),
            ],
        ),
        (  # bought in the hour that never was
            {"order_purchase_timestamp": "10/15/2017 0:30", "order_delivered_carrier_date": ""},
            [("order.placed", at(2017, 10, 15, 3)), ("shipment.delivered", at(2017, 10, 11, 0, 25))],
        ),
    ],
)
def test_each_kind_of_order_tells_its_own_events(olist, changes, events):
    assert events_of(map_row(olist, ROW | changes)) == events


# --- rows that do not fit -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"order_purchase_timestamp": "2017-10-02 10:56"}, "events.order.placed.time: time data '2017-10-02 10:56'"),
        ({"order_purchase_timestamp": ""}, "events.order.placed.time: time data ''"),
        ({"order_estimated_delivery_date": "13/45/2017 0:00"}, "events.order.placed.data.promised_date: time data"),
        ({"customer_id": ""}, "customer.id: This is empty"),
    ],
)
def test_a_row_that_does_not_fit_names_the_expression_at_fault(olist, changes, told):
    with pytest.raises(UnmappableRow) as caught:
        map_row(olist, ROW | changes)
    assert str(caught.value).startswith(told)


def test_a_missing_column_names_the_expression_that_reads_it(olist):
    row = {name: value for name, value in ROW.items() if name != "order_status"}
    with pytest.raises(UnmappableRow, match=r"events\.order\.cancelled\.when: .*order_status"):
        map_row(olist, row)


def test_a_time_must_be_a_time():
    one = mapping(events=[{"type": "order.placed", "id": "row.id", "time": "row.when"}])
    with pytest.raises(UnmappableRow, match=r"events\.order\.placed\.time: This is not a time"):
        map_row(one, {"id": "1", "when": "2026-11-25 09:00:00"})


# --- what expressions can do ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("first(row.text, 3)", "Olá"),
        ("upper(row.text)", "OLÁ, MUNDO"),
        ("lower(row.text)", "olá, mundo"),
        ("number(row.price) * 2.0", 259.8),
        ("date(time(row.when))", "2026-11-25"),
        ("digits(row.text, 4)", "3538"),
        ("row.nothing", None),
    ],
)
def test_the_functions_of_a_mapping(expression, value):
    """An empty value is left out of the data, so that a message can have its fallback."""
    event = {"type": "order.placed", "id": "row.id", "time": "time(row.when)", "data": {"value": expression}}
    row = {"id": "1", "when": "2026-11-25 09:00:00", "text": "Olá, mundo", "price": "129.90", "nothing": ""}
    (found,) = map_row(mapping(events=[event]), row)[1]
    assert found.data == ({} if value is None else {"value": value})


@given(st.text(), st.integers(1, 12))
def test_digits_are_always_as_many_as_asked_for(text, length):
    event = {"type": "order.placed", "id": f"digits(row.text, {length})", "time": "time(row.when)"}
    row = {"id": "1", "when": "2026-11-25 09:00:00", "text": text}
    first, second = (map_row(mapping(events=[event]), row)[1][0].id for _ in range(2))
    assert first == second
    assert first.isdecimal()
    assert first.isascii()
    assert len(first) == length


def test_attributes_become_the_customers_and_empty_ones_are_left_out():
    one = mapping(customer={"id": "row.id", "attributes": {"first_name": "row.name", "city": "row.city"}})
    customer, _ = map_row(one, {"id": "1", "when": "2026-11-25 09:00:00", "name": "Ana", "city": ""})
    assert customer.attributes == {"first_name": "Ana"}


@pytest.mark.parametrize(
    "changes",
    [
        {"customer": {"id": "row."}},
        {"events": []},
        {"events": [{"type": "order.placed", "id": "row.id", "time": "time(row.when)", "if": "true"}]},
        {"customer": {"id": "row.id", "e-mail": "row.mail"}},
    ],
)
def test_a_mapping_that_cannot_be_read_is_refused_before_the_first_row(changes):
    with pytest.raises(ValidationError):
        mapping(**changes)


# --- personas -------------------------------------------------------------------------------------------------------


def test_a_persona_brings_what_a_message_reads(project):
    ana = project.persona("ana")
    assert ana.data["customer"]["first_name"] == "Ana"
    assert ana.data["order"]["number"] == "10234"
    assert set(ana.data) == {"customer", "order", "shipment", "cart", "refund", "product_alert"}


def test_a_personas_consent_is_one_of_four_words():
    with pytest.raises(ValidationError, match="granted"):
        Persona.model_validate(
            {"kind": "persona", "id": "x", "title": "x", "customer": {}, "consent": {"offers": "maybe"}}
        )

"""Event types: what an event may carry, which objects it touches, and what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestrator.events import EventType, faults
from orchestrator.schema import VariableType


def event_type(**changes):
    values = {
        "kind": "event",
        "id": "shipment.dispatched",
        "title": "A caminho",
        "owner": "operacoes",
        "updates": "shipment",
        "key": "data.order_id",
        "customer": "via order",
        "data": {
            "order_id": {"type": "string", "required": True},
            "status": {"type": "string", "values": ["in_transit"]},
        },
    }
    return EventType.model_validate(values | changes)


def of_type(kind):
    of = {"of": {"name": "string", "quantity": "integer"}} if kind == "list" else {}
    return event_type(data={"value": {"type": kind, **of}})


def told(found):
    return [(fault.pointer, fault.code) for fault in found]


# --- what it touches ------------------------------------------------------------------------------------------------


def test_an_event_touches_the_object_that_it_updates_and_the_one_that_knows_the_customer():
    """The one that it updates comes first: a message about it is about that."""
    touched = event_type().objects({"order_id": "ord_1"})
    assert list(touched.items()) == [("shipment", "ord_1"), ("order", "ord_1")]


def test_the_object_that_knows_the_customer_may_have_an_id_of_its_own():
    kind = event_type(key="data.shipment_id")
    assert kind.objects({"shipment_id": "shp_9", "order_id": "ord_1"}) == {"shipment": "shp_9", "order": "ord_1"}


@pytest.mark.parametrize(
    ("changes", "data", "touched"),
    [
        ({"updates": None, "key": None, "customer": "event"}, {"order_id": "ord_1"}, {}),
        ({"updates": None}, {"order_id": "ord_1"}, {"order": "ord_1"}),
        ({"updates": "order", "customer": "event"}, {"order_id": "ord_1"}, {"order": "ord_1"}),
        ({}, {}, {}),
        ({}, {"order_id": 17}, {"shipment": "17", "order": "17"}),
    ],
)
def test_what_is_not_named_is_not_touched(changes, data, touched):
    assert event_type(**changes).objects(data) == touched


def test_an_event_knows_its_customer_itself_or_by_an_object():
    assert event_type().via == "order"
    assert event_type(customer="event").via is None


# --- what is wrong with it ------------------------------------------------------------------------------------------


def test_sound_data_has_no_faults():
    assert list(faults(event_type(), {"order_id": "ord_1", "status": "in_transit"})) == []
    assert list(faults(event_type(), {"order_id": "ord_1", "status": None})) == []


def test_every_fault_is_told_with_its_pointer():
    """All at once, so that one answer is enough to repair an event."""
    found = list(faults(event_type(), {"ordr_id": "ord_1", "status": "in_transt"}))
    assert told(found) == [
        ("#/data/ordr_id", "unknown_field"),
        ("#/data/order_id", "missing_field"),
        ("#/data/status", "string_format"),
    ]
    assert 'did you mean "order_id"?' in found[0].detail
    assert 'did you mean "in_transit"?' in found[2].detail


FITS = {
    "string": ["", "Olá"],
    "url": ["https://casalume.example/p/1", "http://a.example"],
    "date": ["2026-11-27"],
    "datetime": ["2026-11-27T18:00:00-03:00"],
    "money": ["129.90 BRL", {"amount": "129.90", "currency": "BRL"}],
    "number": [1, 1.5, -3],
    "integer": [0, 7],
    "boolean": [True, False],
    "list": [[], [{"name": "Vela", "quantity": 2}, {"name": "Vaso", "quantity": 1}]],
}
FITS_NOT = {
    "string": [1, True, ["a"], {"a": 1}],
    "url": ["javascript:alert(1)", "casalume.example", 1],
    "date": ["27/11/2026", "2026-02-30", 20261127, "amanhã"],
    "datetime": ["ontem", 1_795_600_800, "2026-13-01T00:00:00"],
    "money": ["129.90", "grátis", {"amount": "x", "currency": "BRL"}, {"amount": "1", "currency": "reais"}, []],
    "number": ["1", True],
    "integer": [1.5, "1", False],
    "boolean": ["true", 0],
    "list": ["Vela", {"name": "Vela"}, ["Vela"], [{"name": "Vela", "quantity": 1}, 3]],
}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in FITS.items() for value in values])
def test_a_value_of_its_type_is_taken(kind, value):
    assert list(faults(of_type(kind), {"value": value})) == []


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in FITS_NOT.items() for value in values])
def test_a_value_of_another_type_is_refused_and_the_wanted_form_is_told(kind, value):
    (found,) = faults(of_type(kind), {"value": value})
    assert (found.pointer, found.code) == ("#/data/value", f"{kind}_format")
    assert found.detail.startswith("Use ")


def test_each_item_of_a_list_is_looked_at_and_its_faults_have_its_place():
    """All that an item holds must come: a message goes through the list and prints it."""
    found = faults(of_type("list"), {"value": [{"name": "Vela", "quantity": 1}, {"nam": "Vaso", "quantity": "2"}]})
    assert told(found) == [
        ("#/data/value/1/nam", "unknown_field"),
        ("#/data/value/1/name", "missing_field"),
        ("#/data/value/1/quantity", "integer_format"),
    ]


@pytest.mark.parametrize(
    ("field", "complaint"),
    [
        ({"type": "list"}, "must say in `of` what each item holds"),
        ({"type": "string", "of": {"name": "string"}}, "only a list has one"),
        ({"type": "list", "of": {"parts": "list"}}, "cannot hold a list in a list"),
    ],
)
def test_a_list_and_nothing_else_says_what_its_items_hold(field, complaint):
    with pytest.raises(ValidationError, match=complaint):
        event_type(data={"value": field})


def test_a_long_value_is_not_repeated_at_length():
    """What is wrong is somebody's data, and it may be a whole file."""
    (found,) = faults(of_type("date"), {"value": "x" * 10_000})
    assert len(found.detail) < 200


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2))


@given(kind=st.sampled_from(VariableType), value=JSON)
def test_whatever_a_source_sends_is_sound_or_faulty_and_never_an_accident(kind, value):
    inside = (
        {"unknown_field", "missing_field", "string_format", "integer_format"} if kind is VariableType.LIST else set()
    )
    assert {fault.code for fault in faults(of_type(kind.value), {"value": value})} <= {f"{kind.value}_format"} | inside

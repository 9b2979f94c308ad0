"""Scenarios as files say them: times, which cases are wanted, and what an event carries that a case does not say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.documents import parse
from orchestrator.domain.errors import DocumentError, InputError
from orchestrator.domain.object import Object
from orchestrator.events import EventType
from orchestrator.project.reading import _read
from orchestrator.scenarios.model import Scenario
from orchestrator.scenarios.times import after_start, hour_of, instant_of
from orchestrator.simulation.choice import choice
from orchestrator.simulation.payload import payload

SAO_PAULO, LISBON = "America/Sao_Paulo", "Europe/Lisbon"
MONDAY = hour_of("2026-11-23T09:00", SAO_PAULO)
BEFORE_WINTER = hour_of("2026-10-24T09:00", LISBON)  # clocks are set back in the night that follows
BEFORE_SUMMER = hour_of("2026-03-28T09:00", LISBON)  # and here an hour is left out

# --- times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "wall"),
    [
        ("0m", "2026-11-23T09:00"),
        ("90m", "2026-11-23T10:30"),
        ("2d1h30m", "2026-11-25T10:30"),
        ("1w", "2026-11-30T09:00"),
        ("-3h", "2026-11-23T06:00"),
        ("-1d", "2026-11-22T09:00"),
        ("2026-11-24T10:00", "2026-11-24T10:00"),
        ("2026-11-24T10:00:00-04:00", "2026-11-24T11:00"),
    ],
)
def test_a_time_is_counted_from_the_start_or_said_as_such(said, wall):
    assert instant_of(said, MONDAY, SAO_PAULO) == hour_of(wall, SAO_PAULO)


@pytest.mark.parametrize("start", [BEFORE_WINTER, BEFORE_SUMMER])
def test_a_day_later_is_the_same_hour_where_clocks_change(start):
    """A day is one of the calendar, an hour one of the clock."""
    later = instant_of("1d", start, LISBON)

    assert (later - start) // 3_600_000 in {23, 25}
    assert after_start(later, start, LISBON) == "+1d"
    assert instant_of("1d1h", start, LISBON) - later == 3_600_000


@given(st.sampled_from([MONDAY, BEFORE_WINTER, BEFORE_SUMMER]), st.integers(0, 400 * 24 * 60))
def test_a_time_that_is_told_is_the_time_that_is_read(start, minutes):
    """What a failure says can be written into the scenario."""
    at = start + minutes * 60_000

    assert instant_of(after_start(at, start, LISBON).removeprefix("+"), start, LISBON) == at


# --- files ------------------------------------------------------------------------------------------------------------


HEAD = "kind: test\nid: tried\njourney: tried\npersona: ana\nstart: 2026-11-23T09:00\ncases:\n  - name: one\n"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("    expect: []", '"expect" must have at least 1 entries, not 0'),
        ("    expect: [{}]", 'Item 1 in "expect" does not say what it is'),
        ("    expect: [{sent: x}]", 'Unknown key "sent"; did you mean "send"?'),
        ("    when: [{at: 1day, event: a.b}]\n    expect: [{runs: 1}]", '"at" must be a time after the start'),
        ("    when: [{event: a.b}]\n    expect: [{runs: 1}]", 'Key "at" is missing in item 1 in "when"'),
        ("    expect: [{runs: many}]", '"runs" must be a whole number, not "many"'),
        ("    expect: [{ends: finish}]", '"ends" must be "finished"'),
        ("    given: {consent: {offers: yes}}\n    expect: [{runs: 1}]", '"offers" must be "granted", "pending"'),
    ],
)
def test_a_mistake_is_told_in_a_sentence(case, said):
    with pytest.raises(DocumentError) as caught:
        _read(parse(HEAD + case, file="templates/scenarios/tried.yaml"), "test", "tried", Scenario)

    assert caught.value.findings[0].message.startswith(said)


# --- which cases ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "name", "wanted"),
    [
        ("carrinho", "abandoned_cart Carrinho vazio", True),
        ("nao recebe", "não recebe oferta", True),
        ("oferta recebe", "não recebe oferta", False),
        ("oferta and recebe", "não recebe oferta", True),
        ("not oferta", "não recebe oferta", False),
        ("noite or oferta and not recebe", "de noite", True),
        ("(noite or oferta) and not recebe", "não recebe oferta", False),
    ],
)
def test_words_of_a_name_choose_cases(words, name, wanted):
    assert choice(words)(name) is wanted


@pytest.mark.parametrize("words", ["and", "a or", "(a", "a)", "not", "()"])
def test_words_that_are_no_expression_are_refused(words):
    with pytest.raises(InputError, match="cannot be read"):
        choice(words)


# --- what an event carries --------------------------------------------------------------------------------------------

SENT = EventType.model_validate(
    {
        "kind": "event",
        "id": "shipment.sent",
        "title": "Enviado",
        "owner": "operacoes",
        "updates": "shipment",
        "key": "data.order_id",
        "customer": "via order",
        "data": {
            "order_id": {"type": "string", "required": True, "example": "ord_9"},
            "promised_date": {"type": "date", "required": True, "example": "2026-12-24"},
            "carrier": {"type": "string", "example": "Rápido Sul"},
            "status": {"type": "string", "example": "in_transit", "values": ["in_transit", "at_customs"]},
            "note": {"type": "string"},
        },
    }
)
PERSONA = {
    "order": {"id": "ord_1", "promised_date": "2026-11-25"},
    "shipment": {"status": "delivered", "promised_date": "2026-11-26"},
}


def known(kind, object_id, **data):
    return {(kind, object_id): Object(kind=kind, id=object_id, customer_id="cus_1", data=data, field_times={})}


def test_an_event_carries_what_the_persona_has_and_then_what_is_usual():
    """A value that the field cannot have is passed over, and what nobody knows is left out."""
    assert payload(SENT, {}, PERSONA, {}) == {
        "order_id": "ord_1",
        "promised_date": "2026-11-26",
        "carrier": "Rápido Sul",
        "status": "in_transit",
    }


def test_what_the_case_says_wins_and_null_leaves_a_field_out():
    assert payload(SENT, {"status": "at_customs", "carrier": None}, PERSONA, {}) == {
        "order_id": "ord_1",
        "promised_date": "2026-11-26",
        "status": "at_customs",
    }


def test_what_events_have_told_of_a_thing_wins_over_its_persona():
    told = known("shipment", "ord_1", promised_date="2026-12-01") | known("order", "ord_1", carrier="Lento Norte")

    carried = payload(SENT, {}, PERSONA, told)

    assert (carried["promised_date"], carried["carrier"]) == ("2026-12-01", "Lento Norte")


def test_another_thing_is_named_by_its_id():
    told = known("shipment", "ord_1", promised_date="2026-12-01")

    carried = payload(SENT, {"order_id": "ord_2"}, PERSONA, told)

    assert (carried["order_id"], carried["promised_date"]) == ("ord_2", "2026-11-26")

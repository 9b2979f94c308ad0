"""Cases lived through: what is given holds, what happens does what it does in a shop, and what is missed is told."""

from __future__ import annotations

import pytest

from orchestrator.domain.delivery import State
from tests.rehearsing import CART, ON_ORDER, POST_PURCHASE, WIN_BACK, lived

PLACED = {"at": "0m", "event": "order.placed"}
SHIPPED = {"at": "1d", "event": "shipment.dispatched", "data": {"promised_date": "2026-11-25"}}
CONFIRM = {**ON_ORDER, "steps": [{"id": "confirmar", "send": "order_confirmed", "channels": {"all": ["email"]}}]}
OFFER = {
    "topic": "offers",
    "trigger": {"event": "cart.updated"},
    "steps": [{"id": "oferta", "send": "cart_offer", "channels": {"first_reachable": ["email", "whatsapp"]}}],
}
STOCK = "inventory.KIT-BANHO-04.available"


def sent(came):
    """(message, channel) of all that was sent, in order."""
    return [(one.message, one.channel.value) for one in came.outcomes if one.state is State.SENT]


def told(missed):
    """What was missed, as people read it."""
    return [(one.path, list(map(str, one.got)), list(map(str, one.because))) for one in missed]


def ends(came):
    return [(one.message, one.state.value, one.reason) for one in came.outcomes]


# --- a journey from end to end ----------------------------------------------------------------------------------------


def test_a_delay_is_told_once_though_the_carrier_moves_it_twice():
    _, missed = lived(
        POST_PURCHASE,
        when=[
            PLACED,
            SHIPPED,
            {"at": "2d", "event": "shipment.eta_changed", "data": {"estimated_date": "2026-11-26"}},
            {"at": "2d1h", "event": "shipment.eta_changed", "data": {"estimated_date": "2026-11-27"}},
        ],
        expect=[
            {"send": "order_confirmed", "within": "1m", "channels": ["email", "whatsapp"]},
            {"stands_at": "esperar_envio", "at": "23h"},
            {"send": "order_shipped", "at": "1d", "step": "enviado"},
            {"stands_at": "acompanhar", "at": "1d"},
            {"send": "order_delayed", "times": 1, "at": "2d3h", "channel": "whatsapp",
             "claims": {"new_date": "2026-11-27"}, "says": "desculp"},
            {"not_sent": "csat_survey"},
            {"alert": "operacoes", "times": 0},
            {"handoff": "atendimento", "times": 0},
            {"ends": "given_up", "at": "61d"},
        ],
    )  # fmt: skip

    assert told(missed) == []


def test_a_parcel_arrives_and_the_journey_goes_to_its_end():
    _, missed = lived(
        POST_PURCHASE,
        when=[
            PLACED,
            SHIPPED,
            {"at": "2d", "event": "shipment.delivered"},
            {"at": "20d", "event": "order.placed", "data": {"order_id": "ord_2"}},
        ],
        expect=[
            {"emits": "survey.due", "at": "2026-11-30T10:00", "data": {"order_id": "ord_10234"}},
            {"customer": {"tried": True}},
            {"ends": "finished", "key": "ord_10234"},
            {"goal": "reached", "at": "20d"},
            {"runs": 2},
        ],
    )

    assert told(missed) == []


def test_what_nobody_sends_is_told_to_a_team_and_given_up():
    _, missed = lived(
        POST_PURCHASE,
        when=[PLACED],
        expect=[
            {"alert": "operacoes", "times": 1, "at": "2d", "says": "Pedido 10234 parado", "step": "alertar"},
            {"ends": "given_up", "at": "30d"},
            {"not_sent": "order_shipped"},
        ],
    )

    assert told(missed) == []


def test_an_event_ends_the_run_of_its_own_order_and_says_so():
    _, missed = lived(
        POST_PURCHASE,
        when=[PLACED, {"at": "1h", "event": "order.cancelled"}],
        expect=[
            {"exit": "order.cancelled", "at": "1h", "times": 1},
            {"send": "order_cancelled", "at": "1h"},
            {"stands_at": None},
        ],
    )

    assert told(missed) == []


def test_a_long_delay_hands_the_customer_to_a_person():
    _, missed = lived(
        POST_PURCHASE,
        when=[
            PLACED,
            SHIPPED,
            {"at": "2d", "event": "shipment.eta_changed", "data": {"estimated_date": "2026-12-02"}},
            {"at": "3d", "event": "shipment.lost"},
        ],
        expect=[
            {"handoff": "atendimento", "queue": "atrasos", "at": "2d2h", "step": "pessoa"},
            {"exit": "extraviado"},
        ],
    )

    assert told(missed) == []


def test_silence_begins_a_run_and_an_opened_message_leads_it():
    _, missed = lived(
        CART,
        given={"facts": {STOCK: 500}},
        when=[
            {"at": "0m", "event": "cart.updated"},
            {"at": "30m", "event": "cart.updated"},
            {"at": "2h", "opens": "cart_reminder"},
        ],
        expect=[
            {"send": "cart_reminder", "at": "1h30m", "times": 1},
            {"send": "cart_offer", "at": "2026-11-25T10:00", "claims": {"price": "129.90 BRL", "coupon": "LUME20"}},
        ],
    )

    assert told(missed) == []


def test_who_did_not_read_gets_no_offer_and_who_bought_gets_nothing_more():
    _, unread = lived(CART, when=[{"at": "0m", "event": "cart.updated"}], expect=[{"not_sent": "cart_offer"}])
    _, bought = lived(
        CART,
        when=[{"at": "0m", "event": "cart.updated"}, {"at": "3h", "event": "order.placed"}],
        expect=[{"exit": "order.placed"}, {"goal": "reached", "at": "3h"}, {"not_sent": "cart_offer"}],
    )

    assert told(unread) == told(bought) == []


def test_a_schedule_begins_a_run_and_not_another_one_too_soon():
    came, missed = lived(
        WIN_BACK,
        when=[
            {"at": "0m", "schedule": "tried"},
            {"at": "7d", "schedule": "tried"},
            {"at": "190d", "schedule": "tried"},
        ],
        expect=[{"runs": 2}, {"send": "win_back", "times": 2, "at": "0m"}],
    )

    assert told(missed) == []
    assert list(map(str, came.overlooked)) == ["the schedule begins no run: cus_ana has had one"]


def test_another_journey_runs_beside_the_one_that_is_tried():
    came, missed = lived(
        CONFIRM,
        beside={"other": {**ON_ORDER, "steps": [{"id": "enviar", "send": "order_shipped"}]}},
        when=[PLACED],
        expect=[{"runs": 1}, {"runs": 1, "journey": "other"}, {"ends": "finished", "journey": "other"}],
    )

    assert told(missed) == []
    assert {one.journey for one in came.outcomes} == {"tried", "other"}


def test_a_case_ends_where_it_says():
    came, missed = lived(POST_PURCHASE, when=[PLACED], until="3d", expect=[{"stands_at": "esperar_envio"}])

    assert told(missed) == []
    assert (came.end - came.start) // 60_000 == 3 * 24 * 60


# --- what is given ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("cart_offer", "sent", "")),
        ({"consent": {"offers": "denied"}}, ("cart_offer", "blocked", "no_consent")),
        ({"consent": {"offers": "withdrawn"}}, ("cart_offer", "blocked", "consent_withdrawn")),
        ({"consent": {"offers": "pending"}}, ("cart_offer", "blocked", "consent_pending")),
        ({"consent": {"offers": {"whatsapp": "withdrawn"}}}, ("cart_offer", "sent", "")),
        ({"suppressed": {"email": "bounce", "whatsapp": "complaint"}}, ("cart_offer", "blocked", "suppressed:bounce")),
        ({"customer": {"email": None, "phone": None}}, ("cart_offer", "unreachable", "no_address")),
        ({"objects": {"ticket": {"id": "tic_1", "status": "open"}}},
         ("cart_offer", "blocked", "suppress_rule:ticket_aberto")),
        ({"facts": {STOCK: 50}}, ("cart_offer", "held", "fact_unavailable:offers.banho_lume20")),
        ({"paused": [{"message": "cart_offer"}]}, ("cart_offer", "held", "paused")),
        ({"paused": [{"customer": True}]}, ("cart_offer", "held", "paused:customer")),
        ({"paused": [{"all": True}]}, ("cart_offer", "held", "kill_switch")),
    ],
)  # fmt: skip
def test_what_is_given_decides_as_it_would_in_a_shop(given, expected):
    facts = {STOCK: 500} | given.get("facts", {})

    came, _ = lived(OFFER, given={**given, "facts": facts}, when=[{"at": "0m", "event": "cart.updated"}])

    assert ends(came)[-1] == expected


def test_caps_count_what_was_sent_before():
    came, missed = lived(
        OFFER,
        given={"facts": {STOCK: 500}, "sent": [{"message": "win_back", "channel": "email", "at": "-1h"}]},
        when=[{"at": "0m", "event": "cart.updated"}],
        expect=[{"deferred": 1, "reason": "frequency_cap"}, {"send": "cart_offer", "at": "2026-11-24T09:00"}],
    )

    assert told(missed) == []
    assert ends(came)[0] == ("cart_offer", "deferred", "frequency_cap:marketing_dia")


def test_the_customer_s_own_clock_is_the_one_that_counts():
    """Nine in the evening in Manaus is ten in São Paulo, and quiet in neither before."""
    came, _ = lived(
        OFFER,
        scenario={"start": "2026-11-23T20:30"},
        given={"customer": {"timezone": "America/Manaus"}, "facts": {STOCK: 500}},
        when=[{"at": "0m", "event": "cart.updated"}],
    )

    assert sent(came) == [("cart_offer", "email")]
    assert came.zone == "America/Manaus"


# --- what happens -----------------------------------------------------------------------------------------------------


def test_an_offer_that_begins_sets_free_what_waited_for_it():
    """As in a shop, where somebody looks a few times a minute: nobody has to put anything. Nights are quiet."""
    came, missed = lived(
        OFFER,
        scenario={"start": "2026-11-19T15:00"},
        given={"facts": {STOCK: 200}, "consent": {"offers": "granted"}},
        when=[{"at": "0m", "event": "cart.updated"}],
        expect=[{"send": "cart_offer", "at": "2026-11-20T09:00"}],
    )
    assert told(missed) == []
    assert [(state, reason) for _, state, reason in ends(came)] == [
        ("held", "fact_unavailable:offers.banho_lume20"), ("deferred", "quiet_hours:noite"), ("sent", ""),
    ]  # fmt: skip


def test_what_waited_for_its_hour_comes_before_what_happens_in_it():
    """The order of one instant is that of a replay: a message that is due, a run that is called, an event."""
    steps = [
        {"id": "esperar", "wait": "1h"},
        {"id": "enviar", "send": "order_confirmed", "channels": {"first_reachable": ["email"]}},
    ]
    came, missed = lived(
        {**ON_ORDER, "exit_on": [{"event": "order.cancelled", "match": "order.id"}], "steps": steps},
        when=[PLACED, {"at": "1h", "event": "order.cancelled"}],
        expect=[{"send": "order_confirmed", "at": "1h"}],
    )
    assert told(missed) == []
    assert [run.ending.value for run in came.runs] == ["finished"]


def test_a_fact_that_comes_sets_free_what_waited_for_it():
    _, missed = lived(
        OFFER,
        given={"facts": {STOCK: 50}},
        when=[{"at": "0m", "event": "cart.updated"}, {"at": "2h", "facts": {STOCK: 500}}],
        expect=[{"held": 1, "reason": "fact_unavailable"}, {"send": "cart_offer", "at": "2h"}],
    )

    assert told(missed) == []


@pytest.mark.parametrize(
    ("where", "expected"),
    [("email", [("cart_offer", "whatsapp")]), ("all", []), ("sms", [("cart_offer", "email")])],
)
def test_stop_ends_marketing_there_and_nothing_else(where, expected):
    came, missed = lived(
        OFFER,
        beside={"pedido": CONFIRM},
        given={"facts": {STOCK: 500}},
        when=[
            {"at": "0m", "stop": where},
            {"at": "1h", "event": "cart.updated"},
            {"at": "2h", "event": "order.placed"},
        ],
        expect=[{"runs": 1, "journey": "pedido"}],
    )

    assert sent(came) == [*expected, ("order_confirmed", "email")]
    assert told(missed) == []


def test_a_change_of_mind_counts_from_then_on():
    came, _ = lived(
        OFFER,
        given={"facts": {STOCK: 500}, "consent": {"offers": "denied"}},
        when=[
            {"at": "0m", "event": "cart.updated"},
            {"at": "1h", "consent": {"offers": "granted"}},
            {"at": "2h", "event": "cart.updated"},
        ],
    )

    assert [state for _, state, _ in ends(came)] == ["blocked", "sent"]


def test_what_a_pause_held_goes_when_it_is_over():
    _, missed = lived(
        CONFIRM,
        when=[
            {"at": "0m", "pause": {"channel": "email"}},
            {"at": "1h", "event": "order.placed"},
            {"at": "3h", "resume": {"channel": "email"}},
        ],
        expect=[{"held": 1, "reason": "paused"}, {"send": "order_confirmed", "at": "3h"}],
    )

    assert told(missed) == []


@pytest.mark.parametrize(
    ("closed", "expected"),
    [([], "3d2h"), ([{"at": "5h", "event": "ticket.closed"}], "5h")],
    ids=["nobody closes it", "closed"],
)
def test_marketing_stands_still_while_a_person_has_the_customer(closed, expected):
    """Until the ticket is closed, or for 72 hours."""
    handed = {**ON_ORDER, "steps": [{"id": "pessoa", "handoff": {"team": "atendimento"}}]}

    _, missed = lived(
        OFFER,
        beside={"pedido": handed},
        given={"facts": {STOCK: 500}},
        when=[{"at": "2h", "event": "order.placed"}, {"at": "4h", "event": "cart.updated"}, *closed],
        expect=[
            {"held": 1, "reason": "handoff"},
            {"send": "cart_offer", "at": expected, "times": 1},
            {"handoff": "atendimento", "at": "2h"},
        ],
    )

    assert told(missed) == []


def test_what_cannot_happen_is_told_where_it_stands():
    """An event that the shop would refuse; a message that nobody was sent."""
    _, refused = lived(CONFIRM, when=[{"at": "0m", "event": "order.placed", "data": {"totl": 1}}])
    _, never = lived(CONFIRM, when=[{"at": "0m", "opens": "order_confirmed"}])

    assert refused[0].path == never[0].path == ("when", 0)
    assert "it cannot happen: A problem in order.placed" in str(refused[0].got[0])
    assert "was not sent by then" in str(never[0].got[0])


# --- what is missed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "got"),
    [
        ({"send": "order_confirmed", "at": "1h"}, ["order_confirmed on email at +0m (2026-11-23 09:00)",
                                                  "order_confirmed on whatsapp at +0m (2026-11-23 09:00)"]),
        ({"send": "order_confirmed", "channel": "sms"}, ["order_confirmed on email at +0m (2026-11-23 09:00)",
                                                         "order_confirmed on whatsapp at +0m (2026-11-23 09:00)"]),
        ({"send": "order_shipped", "times": 2}, ["order_shipped on whatsapp at +1d (2026-11-24 09:00)"]),
        ({"send": "order_shipped", "channels": ["email"]}, ["order_shipped on whatsapp at +1d (2026-11-24 09:00)"]),
        ({"send": "order_shipped", "claims": {"promised_date": "2026-12-01"}},
         ["order_shipped on whatsapp at +1d (2026-11-24 09:00), with promised_date: 2026-11-25"]),
        ({"send": "order_late"}, ["nobody asked for order_late"]),
        ({"not_sent": "order_shipped", "after": "2h"}, ["order_shipped on whatsapp at +1d (2026-11-24 09:00)"]),
        ({"blocked": 1}, ["none"]),
        ({"alert": "operacoes"}, ["nothing"]),
        ({"handoff": "atendimento"}, ["nothing"]),
        ({"emits": "survey.due"}, ["nothing"]),
        ({"exit": "order.cancelled"}, ["the run ord_10234 was over at +61d (2027-01-23 09:00) (given_up: acompanhar)"]),
        ({"ends": "finished"}, ["the run ord_10234 was over at +61d (2027-01-23 09:00) (given_up: acompanhar)"]),
        ({"ends": "given_up", "within": "60d"},
         ["the run ord_10234 was over at +61d (2027-01-23 09:00) (given_up: acompanhar)"]),
        ({"goal": "reached"}, ["no run reached it"]),
        ({"runs": 2}, ["the run ord_10234 was over at +61d (2027-01-23 09:00) (given_up: acompanhar)"]),
        ({"stands_at": "usar", "at": "2d"}, ["ord_10234 stands at acompanhar"]),
        ({"stands_at": None, "at": "2d"}, ["ord_10234 stands at acompanhar"]),
        ({"customer": {"tried": True}}, ["customer.tried is None"]),
    ],
    ids=str,
)  # fmt: skip
def test_a_line_that_is_missed_says_what_came_instead(line, got):
    _, missed = lived(POST_PURCHASE, when=[PLACED, SHIPPED], expect=[line])

    assert [list(map(str, one.got)) for one in missed] == [got]


def test_a_message_that_was_not_sent_says_why():
    _, (missed,) = lived(
        OFFER,
        given={"consent": {"offers": "denied"}, "facts": {STOCK: 500}},
        when=[{"at": "0m", "event": "cart.updated"}],
        expect=[{"send": "cart_offer"}],
    )

    (got,) = map(str, missed.got)
    assert got.startswith("cart_offer is blocked (no_consent): The customer has not agreed to this topic")
    assert got.endswith("at +0m (2026-11-23 09:00)")


@pytest.mark.parametrize(
    ("journey", "when", "expect", "because"),
    [
        (
            {**CONFIRM, "trigger": {"event": "order.placed", "when": "order.total >= 1000.0"}},
            [PLACED],
            {"send": "order_confirmed"},
            ["no run of tried began", "order.placed begins no run: order.total >= 1000.0 is false"],
        ),
        (
            {**CART, "exit_on": [{"event": "order.placed", "match": "cart.id"}]},
            [{"at": "0m", "event": "cart.updated"}, {"at": "3h", "event": "order.placed"}],
            {"exit": "order.placed"},
            ["order.placed names no cart.id, so it is not about the run crt_8fk2"],
        ),
        (
            POST_PURCHASE,
            [PLACED, {"at": "1d", "event": "shipment.dispatched", "data": {"order_id": "ord_2"}}],
            {"ends": "finished"},
            ["shipment.dispatched has order.id ord_2, so it is not about the run ord_10234"],
        ),
        (CONFIRM, [PLACED, {"at": "1d", "event": "order.placed"}], {"runs": 2},
         ["order.placed begins no run: ord_10234 has had one"]),
    ],
    ids=["condition", "exit without the key", "another order", "same key"],
)  # fmt: skip
def test_what_explains_a_miss_is_told(journey, when, expect, because):
    _, (missed,) = lived(journey, when=when, expect=[expect])

    assert list(map(str, missed.because)) == because


# --- the way ----------------------------------------------------------------------------------------------------------


def test_the_same_case_is_lived_the_same_way_every_time():
    when = [PLACED, SHIPPED, {"at": "2d", "event": "shipment.delivered"}]

    first, second = (lived(POST_PURCHASE, when=when)[0] for _ in range(2))

    assert first.story == second.story
    assert first.outcomes == second.outcomes


def test_the_way_tells_each_step_and_each_message_in_order():
    came, _ = lived(CART, given={"facts": {STOCK: 500}}, when=[{"at": "0m", "event": "cart.updated"}])

    assert [f"{one.whose} {one.told}".strip() for one in came.story] == [
        "cart.updated happens",
        "tried crt_8fk2 waits for silence until 2026-11-23 10:00",
        "tried crt_8fk2 begins",
        "tried crt_8fk2 lembrete: asks for cart_reminder",
        "tried crt_8fk2 esperar: stands, and is called at 2026-11-24 10:00",
        "tried crt_8fk2 cart_reminder is sent on email",
        "tried crt_8fk2 esperar: has waited long enough",
        'tried crt_8fk2 leu: is not so: engaged("lembrete")',
        "tried crt_8fk2 leu: none was so: goes the other way",
        "tried crt_8fk2 is over: finished",
    ]

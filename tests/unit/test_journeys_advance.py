"""What moves a run, and what it asks for then. Whole stories are in tests/golden/journeys."""

from __future__ import annotations

import pytest

from orchestrator.domain.customer import Channel
from orchestrator.journeys.advance import advance
from orchestrator.journeys.run import (
    TRIGGER,
    Alert,
    Began,
    Emit,
    Ending,
    HandOff,
    Heard,
    Moved,
    Passed,
    Rang,
    Send,
    Update,
)
from orchestrator.journeys.wishes import EXIT
from tests.playing import DAY, HOUR, MINUTE, MONDAY, begun, happened, journey, new_run, scene, send

WAIT = {"id": "esperar", "wait": "1d"}
AWAIT = {"id": "aguardar", "wait_for": {"event": "shipment.dispatched", "timeout": "2d", "give_up": "30d"}}
DISPATCHED, DELIVERED = happened("shipment.dispatched", MONDAY + DAY), happened("shipment.delivered", MONDAY + DAY)


def watch(*reactions, **parts):
    return {
        "id": "ver",
        "watch": {"for": "60d", "until": [{"event": "shipment.delivered"}], "react": reactions, **parts},
    }


def asked(moved):
    return [wish.step for wish in moved.wishes]


def instants(run):
    return {name: alarm.at.instant - MONDAY for name, alarm in run.alarms.items()}


def ring(one, run, name, now=MONDAY + DAY, **around):
    return advance(one, run, Rang(name, run.alarms[name].set), scene(now, **around))


def hear(one, run, event, **around):
    return advance(one, run, Heard(event), scene(event.at, **around))


# --- what steps ask for ---------------------------------------------------------------------------------------------


def test_a_run_wishes_for_every_step_in_order_and_ends():
    """Each delivery is a wish; no candidates mean those that the customer likes."""
    one = journey(
        send("avisar", "order_shipped", channels={"all": ["push"], "first_reachable": ["email", "sms"]}, window="2h"),
        {"id": "marcar", "update": {"customer.tier": "ouro"}},
        {"id": "dizer", "emit": {"event": "tier.changed", "data": {"tier": "ouro"}}},
        {"id": "contar", "alert": {"team": "operacoes", "message": "Pedido {{ order.id }}"}},
        send("lembrar", "order_late", priority="high"),
        priority="low",
    )
    moved = begun(one)

    objects = {"order": "ord_1"}
    event = {"type": "order.placed"}
    assert (moved.run.position, moved.run.ended_at, moved.run.ending) == (None, MONDAY, Ending.FINISHED)
    assert moved.wishes == (
        Send(
            step="avisar", slot="push", nth=1, message="order_shipped", candidates=(Channel.PUSH,), priority="low",
            objects=objects, event=event, not_after=MONDAY + 2 * HOUR,
        ),
        Send(
            step="avisar", slot="first_reachable", nth=1, message="order_shipped",
            candidates=(Channel.EMAIL, Channel.SMS), priority="low", objects=objects, event=event,
            not_after=MONDAY + 2 * HOUR,
        ),
        Update(step="marcar", values={"tier": "ouro"}),
        Emit(step="dizer", nth=1, type="tier.changed", data={"tier": "ouro"}),
        Alert(step="contar", nth=1, team="operacoes", message="Pedido {{ order.id }}"),
        Send(
            step="lembrar", slot="preferred", nth=1, message="order_late", candidates=(), priority="high",
            objects=objects, event=event,
        ),
    )  # fmt: skip


def test_a_handoff_asks_for_a_person_and_stands_until_they_are_done():
    one = journey({"id": "pessoa", "handoff": {"team": "atendimento", "reason": "Perguntar"}}, send("depois"))
    moved = begun(one)
    assert moved.wishes == (
        HandOff(
            step="pessoa", nth=1, team="atendimento", queue=None, reason="Perguntar", closed_by="ticket.closed",
            until=MONDAY + 3 * DAY,
        ),
    )  # fmt: skip
    assert instants(moved.run) == {"handed_off": 3 * DAY}
    assert asked(hear(one, moved.run, happened("ticket.closed", MONDAY + HOUR, order=None))) == ["depois"]
    assert asked(ring(one, moved.run, "handed_off", MONDAY + 3 * DAY)) == ["depois"]


def test_a_reaction_that_is_taken_again_is_another_asking():
    one = journey(watch({"event": "shipment.eta_changed", "steps": [send("atraso")]}))
    run = begun(one).run
    for nth in (1, 2, 3):
        moved = hear(one, run, happened("shipment.eta_changed", MONDAY + nth * HOUR, data={"n": nth}))
        assert [(wish.step, wish.nth, wish.event["n"]) for wish in moved.wishes] == [("atraso", nth, nth)]
        run = moved.run


def test_what_an_event_brings_is_there_for_the_very_next_condition():
    """The scene was set before it: neither the order nor the shipment was the run's then."""
    big = {"id": "b1", "branch": [{"when": "order.total >= 100.0", "steps": [send("grande")]}]}
    fast = {"id": "b2", "branch": [{"when": 'shipment.carrier == "rapida"', "steps": [send("rapido")]}]}
    one = journey(big, AWAIT, fast)
    placed = happened("order.placed")
    placed.data["order"]["total"] = 250.0
    moved = advance(one, new_run(one), Began(placed), scene())
    assert asked(moved) == ["grande"]
    shipped = happened("shipment.dispatched", MONDAY + DAY, shipment={"id": "shp_1", "carrier": "rapida"})
    moved = hear(one, moved.run, shipped)
    assert asked(moved) == ["rapido"]
    assert moved.wishes[0].objects == {"order": "ord_1", "shipment": "shp_1"}


# --- beginning ------------------------------------------------------------------------------------------------------


def test_a_run_begins_with_the_steps_of_its_own_trigger():
    one = journey(
        trigger=None,
        steps=None,
        triggers=[
            {"event": "order.placed", "steps": [send("a")]},
            {"event": "order.changed", "steps": [send("b")]},
        ],
    )
    began = Began(happened("order.placed"))
    assert asked(advance(one, new_run(one, beginning=1), began, scene())) == ["b"]
    assert asked(advance(one, new_run(one, beginning=7), began, scene())) == ["b"]  # its trigger is gone: the last


def test_a_schedule_begins_without_an_event():
    one = journey(send("a"), trigger={"schedule": "0 10 * * tue", "segment": "vip"}, entry=None)
    moved = advance(one, new_run(one), Began(None), scene())
    assert moved.wishes[0].event is None
    assert moved.trace[0] == Passed(TRIGGER, "started", "schedule")


QUIET = {"event": "cart.updated", "quiet_for": "1h", "when": "cart.total >= 50.0 && event.step != 'paying'"}


def quiet(total=90.0):
    one = journey(
        send("a"), trigger=QUIET, exit_on=[{"event": "order.placed", "send": "thank_you"}], entry={"key": "cart.id"}
    )
    updated = happened("cart.updated", order=None, cart={"id": "ord_1", "total": total}, data={"step": "looking"})
    return one, advance(one, new_run(one), Began(updated), scene()).run


def test_a_silence_begins_anew_with_each_event_of_its_own_cart():
    one, run = quiet()
    assert (run.position, instants(run)) == (TRIGGER, {"quiet": HOUR})
    again = hear(one, run, happened("cart.updated", MONDAY + 10 * MINUTE, order=None, cart={"id": "ord_1"})).run
    assert instants(again) == {"quiet": HOUR + 10 * MINUTE}
    other = happened("cart.updated", MONDAY + 10 * MINUTE, order=None, cart={"id": "ord_2"})
    assert hear(one, run, other) == Moved(run)


@pytest.mark.parametrize(("total", "ending"), [(90.0, Ending.FINISHED), (10.0, Ending.NOT_ENTERED)])
def test_after_a_silence_the_condition_is_asked_of_what_is_true_then(total, ending):
    one, run = quiet(1.0)
    moved = ring(one, run, "quiet", MONDAY + HOUR, cart={"id": "ord_1", "total": total})
    assert moved.run.ending is ending
    assert asked(moved) == (["a"] if ending is Ending.FINISHED else [])


def test_whom_an_exit_finds_before_the_beginning_was_never_in_and_is_told_nothing():
    one, run = quiet()
    moved = hear(one, run, happened("order.placed", MONDAY + MINUTE))
    assert (moved.run.ending, moved.run.note, moved.wishes) == (Ending.NOT_ENTERED, "order.placed", ())


# --- alarms ---------------------------------------------------------------------------------------------------------


def test_an_alarm_that_was_set_anew_or_dropped_says_nothing():
    one = journey(WAIT, send("depois"))
    run = begun(one).run
    for stale in (Rang("wake", run.alarms["wake"].set + 1), Rang("give_up", run.alarms["wake"].set), Rang("x", 0)):
        assert advance(one, run, stale, scene(MONDAY + DAY)) == Moved(run)


def test_an_alarm_of_a_silence_that_began_anew_is_stale():
    one = journey(watch({"event": "shipment.eta_changed", "debounce": "2h", "steps": [send("atraso")]}))
    first = hear(one, begun(one).run, happened("shipment.eta_changed", MONDAY + HOUR)).run
    second = hear(one, first, happened("shipment.eta_changed", MONDAY + 2 * HOUR)).run
    old = Rang("react:0", first.alarms["react:0"].set)
    assert advance(one, second, old, scene(MONDAY + 3 * HOUR)) == Moved(second)
    assert asked(ring(one, second, "react:0", MONDAY + 4 * HOUR)) == ["atraso"]


def test_a_timeout_happens_once_and_the_wait_goes_on():
    aside = {"id": "aguardar", "wait_for": {**AWAIT["wait_for"], "on_timeout": [send("a"), send("b")]}}
    one = journey(aside, send("depois"))
    moved = ring(one, begun(one).run, "timeout", MONDAY + 2 * DAY)
    assert (asked(moved), moved.run.position, instants(moved.run)) == (["a", "b"], "aguardar", {"give_up": 30 * DAY})


@pytest.mark.parametrize(
    ("then", "steps", "ending"),
    [(None, [], Ending.GIVEN_UP), ([], ["depois"], Ending.FINISHED), ([send("t")], ["t", "depois"], Ending.FINISHED)],
)
def test_a_wait_and_a_watch_that_are_over_end_the_run_unless_they_say_how_it_goes_on(then, steps, ending):
    more = {} if then is None else {"then": then}
    for step, alarm in (
        ({"id": "aguardar", "wait_for": {**AWAIT["wait_for"], **more}}, "give_up"),
        (watch({"event": "shipment.eta_changed", "steps": [send("x")]}, **more), "end"),
    ):
        one = journey(step, send("depois"))
        moved = ring(one, begun(one).run, alarm, MONDAY + 60 * DAY)
        assert (asked(moved), moved.run.ending) == (steps, ending)


# --- events that wait for their step --------------------------------------------------------------------------------


def test_what_began_a_run_is_not_what_it_waits_for():
    one = journey({"id": "outro", "wait_for": {"event": "order.placed"}}, entry={"again_after": "1d"})
    placed = happened("order.placed")
    run = advance(one, new_run(one), Began(placed), scene(past=[placed])).run
    assert run.position == "outro"


@pytest.mark.parametrize(("event_type", "waits"), [("order.placed", True), ("shipment.dispatched", False)])
def test_what_is_older_than_the_run_may_be_of_it_but_not_what_began_another(event_type, waits):
    one = journey({"id": "w", "wait_for": {"event": event_type}}, send("depois"), entry={"again_after": "1d"})
    moved = begun(one, past=[happened(event_type, MONDAY - HOUR)])
    assert (moved.run.position == "w") is waits


def test_an_event_ends_one_wait_only():
    one = journey(AWAIT, {"id": "segundo", "wait_for": {"event": "shipment.dispatched"}})
    moved = hear(one, begun(one).run, DISPATCHED, past=[DISPATCHED])
    assert moved.run.position == "segundo"
    again = happened("shipment.dispatched", MONDAY + 2 * DAY)
    assert hear(one, moved.run, again, past=[DISPATCHED]).run.ending is Ending.FINISHED


def test_what_happened_before_is_heard_in_the_order_in_which_it_happened():
    """Whatever the order in which it is given: the delay was before the delivery."""
    one = journey(AWAIT, watch({"event": "shipment.eta_changed", "steps": [send("atraso")]}), send("fim"))
    delayed = happened("shipment.eta_changed", MONDAY + DAY + HOUR)
    before = happened("shipment.eta_changed", MONDAY + HOUR)
    delivered = happened("shipment.delivered", MONDAY + 2 * DAY)
    moved = hear(one, begun(one).run, DISPATCHED, past=[delivered, delayed, before])
    assert asked(moved) == ["atraso", "fim"]


def test_a_condition_that_holds_an_event_up_is_told():
    one = journey({"id": "pago", "wait_for": {"event": "payment.received", "when": "event.amount >= 10"}})
    run = begun(one).run
    little = hear(one, run, happened("payment.received", data={"amount": 5}))
    assert (little.run, little.trace) == (run, (Passed("pago", "not", "event.amount >= 10"),))
    odd = hear(one, run, happened("payment.received"))
    assert (odd.run, odd.trace[0].what) == (run, "cannot be told")


# --- exits ----------------------------------------------------------------------------------------------------------

LEAVES = {"exit_on": [{"event": "order.cancelled", "send": "order_cancelled", "channels": {"all": ["email"]}}]}


def test_an_exit_ends_the_run_and_says_what_is_said_then():
    one = journey(WAIT, send("depois"), **LEAVES)
    moved = hear(one, begun(one).run, happened("order.cancelled", MONDAY + HOUR))
    assert (moved.run.ending, moved.run.note, moved.run.alarms) == (Ending.EXIT_EVENT, "order.cancelled", {})
    assert [(wish.step, wish.message, wish.slot) for wish in moved.wishes] == [(EXIT, "order_cancelled", "email")]


@pytest.mark.parametrize(
    ("order", "at", "ends"),
    [("ord_2", HOUR, True), ("ord_2", 0, True), ("ord_2", -1, False), ("ord_1", -HOUR, True), (None, -HOUR, False)],
)
def test_an_exit_that_comes_late_counts_if_it_happened_since_or_names_the_run(order, at, ends):
    """What happened to the customer before is none of the run's; a source's clock may be slow, though."""
    one = journey(WAIT, **LEAVES)
    event = happened("order.cancelled", MONDAY + at, order=order)
    moved = advance(one, begun(one).run, Heard(event), scene(MONDAY + 2 * HOUR))
    assert (moved.run.ended_at is not None) is ends


@pytest.mark.parametrize(("at", "enters"), [(HOUR, False), (0, False), (-1, True)])
def test_an_exit_that_overtook_its_run_lets_it_not_begin(at, enters):
    one = journey(WAIT, **LEAVES)
    moved = begun(one, past=[happened("order.cancelled", MONDAY + at)])
    assert (moved.run.ending is None) is enters
    assert enters or (moved.run.ending, moved.wishes) == (Ending.NOT_ENTERED, ())


def test_a_trigger_that_also_ends_runs_does_not_end_its_own():
    """The newest order takes the place of those before."""
    one = journey(WAIT, exit_on=[{"event": "order.placed"}])
    placed = happened("order.placed")
    assert advance(one, new_run(one), Began(placed), scene(past=[placed])).run.position == "esperar"


def test_an_exit_step_in_a_reaction_ends_everything():
    fork = {"id": "f", "branch": [{"otherwise": True, "steps": [send("a"), {"id": "fim", "exit": "devolvido"}]}]}
    reaction = {"event": "shipment.returned", "steps": [fork, send("nunca")]}
    one = journey(watch(reaction, {"event": "shipment.returned", "steps": [send("nem_isto")]}), send("depois"))
    moved = hear(one, begun(one).run, happened("shipment.returned", MONDAY + HOUR))
    assert (asked(moved), moved.run.ending, moved.run.note) == (["a"], Ending.EXIT_STEP, "devolvido")


def test_nothing_moves_a_run_that_is_over():
    one = journey(WAIT)
    over = new_run(one, ended_at=MONDAY)
    for happening in (Began(happened("order.placed")), Heard(DISPATCHED), Rang("wake", 1)):
        assert advance(one, over, happening, scene()) == Moved(over)


def test_what_does_not_concern_a_run_leaves_it_as_it_is():
    one = journey(AWAIT)
    run = begun(one).run
    for event in (DELIVERED, happened("shipment.dispatched", MONDAY + HOUR, order="ord_2")):
        assert hear(one, run, event) == Moved(run)


# --- edits under people's feet --------------------------------------------------------------------------------------


def test_a_reaction_whose_place_another_one_took_is_gone():
    """Edited while its silence lasts: the first is of another event now."""
    late = {"event": "shipment.eta_changed", "debounce": "2h", "steps": [send("atraso")]}
    held = {"event": "shipment.held", "debounce": "2h", "steps": [send("retido")]}
    run = hear(journey(watch(late)), begun(journey(watch(late))).run, happened("shipment.eta_changed", MONDAY)).run
    moved = ring(journey(watch(held, late)), run, "react:0", MONDAY + 2 * HOUR)
    assert (moved.wishes, moved.trace) == ((), (Passed("ver", "does not react", "the reaction is gone"),))
    assert (moved.run.position, set(moved.run.alarms)) == ("ver", {"end"})


def test_a_wait_that_became_a_handoff_hands_over_when_its_time_comes():
    one = journey({"id": "esperar", "handoff": {"team": "atendimento"}}, send("depois"))
    moved = ring(one, begun(journey(WAIT)).run, "wake")
    assert (asked(moved), set(moved.run.alarms)) == (["esperar"], {"handed_off"})


def test_a_wait_that_became_a_send_is_sent_when_its_time_comes():
    assert asked(ring(journey(send("esperar"), send("depois")), begun(journey(WAIT)).run, "wake")) == [
        "esperar",
        "depois",
    ]


def test_a_run_whose_step_is_gone_hears_only_what_ends_it():
    edited = journey(send("depois"), **LEAVES)
    run = begun(journey(WAIT)).run
    assert hear(edited, run, DISPATCHED) == Moved(run)
    assert hear(edited, run, happened("order.cancelled", MONDAY + HOUR)).run.ending is Ending.EXIT_EVENT
    assert ring(edited, run, "wake").run.ending is Ending.STEP_REMOVED


def test_a_step_that_was_renamed_is_known_by_its_new_name_to_whoever_passed_it():
    """What ended the wait there, and whether its message was opened, is asked for by the name of now."""
    sure = {"when": 'steps.despacho.event.n > 0 && engaged("aviso")', "steps": [send("sim")]}
    asks = {"id": "olhar", "branch": [sure, {"otherwise": True, "steps": [send("nao")]}]}
    before = journey(AWAIT, send("avisar"), WAIT, send("depois"))
    renamed = journey({**AWAIT, "id": "despacho", "was": "aguardar"}, send("aviso", was="avisar"), WAIT, asks)
    run = hear(before, begun(before).run, happened("shipment.dispatched", MONDAY + HOUR, data={"n": 1})).run
    assert asked(ring(renamed, run, "wake", engaged=["avisar"])) == ["sim"]
    assert asked(ring(renamed, run, "wake")) == ["nao"]


def test_whose_event_another_run_has_told_of_ends_without_a_word():
    """A customer with three runs is told once that they are over."""
    one = journey(WAIT, exit_on=[{"event": "order.cancelled", "send": "order_cancelled"}])
    event = happened("order.cancelled", MONDAY + HOUR)
    first = hear(one, begun(one).run, event)
    second = advance(one, begun(one).run, Heard(event, told=True), scene(event.at))
    assert (asked(first), asked(second)) == ([EXIT], [])
    assert (first.run.ending, second.run.ending) == (Ending.EXIT_EVENT, Ending.EXIT_EVENT)

"""Journeys: what a file may say, what starts a run, and what a run asks for."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from orchestrator.domain.customer import Channel
from orchestrator.domain.stage import Stage
from orchestrator.journeys.advance import Entrance, Happening, Run, Wish, advance, entrance
from orchestrator.journeys.steps import Channels, Journey

EMAIL, SMS, PUSH = Channel.EMAIL, Channel.SMS, Channel.PUSH
NOW = 1_795_600_800_000
STEP = {"id": "avisar", "send": "order_shipped", "channels": {"first_reachable": ["email", "sms"]}}


def journey(**changes):
    values = {
        "kind": "journey",
        "id": "envio",
        "title": "Envio",
        "owner": "operacoes",
        "topic": "order_updates",
        "trigger": {"event": "shipment.dispatched"},
        "steps": [STEP],
    }
    return Journey.model_validate({name: value for name, value in (values | changes).items() if value is not None})


def happened(event_type="shipment.dispatched", key="wms/1"):
    return Happening(key=key, type=event_type)


def a_run(one, **changes):
    values = {
        "id": "run_1",
        "journey": one.id,
        "key": "wms/1",
        "customer_id": "cus_1",
        "started_at": NOW,
        "position": None,
    }
    return Run(**values | changes)


# --- what a file may say --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"trigger": None}, "either trigger with steps, or triggers"),
        ({"triggers": [{"event": "order.placed", "steps": [STEP]}]}, "either trigger with steps, or triggers"),
        ({"steps": None}, "the steps stand beside it"),
        ({"trigger": {"event": "order.placed", "steps": [STEP]}}, "the steps stand beside it"),
        ({"trigger": None, "triggers": [{"event": "order.placed", "steps": [STEP]}]}, "each trigger has its own steps"),
        ({"trigger": None, "steps": None, "triggers": [{"event": "order.placed"}]}, "each trigger has its own steps"),
        ({"steps": [STEP, STEP]}, 'uses the step id "avisar" twice'),
        ({"stage": "unboxing"}, "stage"),
        ({"steps": [STEP | {"channels": {}}]}, "at least one channel"),
        ({"steps": [STEP | {"channels": {"all": ["sms"], "first_reachable": ["sms"]}}]}, "names a channel twice"),
        ({"steps": [STEP | {"channels": {"all": ["fax"]}}]}, "email"),
        ({"steps": [STEP | {"prio": "high"}]}, "prio"),
        ({"trigger": {"event": "dispatched"}}, "path such as"),
        ({"trigger": {"event": "order.placed", "when": "order.total >"}}, "cannot be read"),
        ({"topic": "Order Updates"}, "lower-case letters"),
    ],
)
def test_a_file_that_could_be_misread_is_refused(changes, complaint):
    with pytest.raises(ValidationError, match=complaint):
        journey(**changes)


def test_a_stage_that_nobody_wrote_is_none_in_releases_of_every_version():
    """Earlier ones say an empty text."""
    assert [journey(stage=stage).stage for stage in ("", "win_back")] == [None, Stage.WIN_BACK]
    assert journey().stage is None


def test_each_channel_of_all_is_a_slot_and_the_first_reachable_ones_are_one():
    """A slot is a delivery that is asked for."""
    channels = Channels(all=(EMAIL, PUSH), first_reachable=(SMS, Channel.WHATSAPP))
    assert channels.slots() == (
        ("email", (EMAIL,)),
        ("push", (PUSH,)),
        ("first_reachable", (SMS, Channel.WHATSAPP)),
    )
    assert Channels(all=(EMAIL,)).slots() == (("email", (EMAIL,)),)


# --- what starts a run ----------------------------------------------------------------------------------------------


def test_without_an_entry_each_event_is_a_run_of_its_own():
    assert entrance(journey(), happened(key="wms/88121"), {}) == Entrance("wms/88121")


def test_another_event_is_none_of_its_business():
    assert entrance(journey(), happened("order.placed"), {}) == Entrance(None)


def test_an_entry_makes_one_run_a_key():
    one = journey(entry={"key": "order.id"})
    assert entrance(one, happened(), {"order": {"id": 17}}) == Entrance("17")


@pytest.mark.parametrize("data", [{}, {"order": {}}, {"order": "ord_1"}])
def test_without_its_key_no_run_begins_and_a_note_says_so(data):
    assert entrance(journey(entry={"key": "order.id"}), happened(), data) == Entrance(None, "order.id is missing")


@pytest.mark.parametrize(
    ("total", "found"),
    [
        (50.0, Entrance("wms/1")),
        (49.99, Entrance(None, "order.total >= 50.0 is false")),
    ],
)
def test_a_condition_lets_in_or_says_that_it_is_false(total, found):
    one = journey(trigger={"event": "shipment.dispatched", "when": "order.total >= 50.0"})
    assert entrance(one, happened(), {"order": {"total": total}}) == found


def test_a_condition_that_cannot_be_told_lets_nobody_in_and_says_why():
    one = journey(trigger={"event": "shipment.dispatched", "when": "order.total >= 50.0"})
    found = entrance(one, happened(), {"order": {}})
    assert found.key is None
    assert found.note.startswith("order.total >= 50.0: ")


# --- what a run asks for --------------------------------------------------------------------------------------------


def test_a_run_wishes_for_every_step_in_order_and_ends():
    """Each slot of each step is a wish; nothing here waits yet."""
    second = {"id": "lembrar", "send": "order_late", "channels": {"all": ["push", "email"]}, "priority": "high"}
    one = journey(steps=[STEP, second])
    run, wishes = advance(one, a_run(one), happened(), {}, NOW + 5)

    assert (run.position, run.ended_at) == (None, NOW + 5)
    assert wishes == (
        Wish(
            step="avisar", slot="first_reachable", message="order_shipped", candidates=(EMAIL, SMS), priority="normal"
        ),
        Wish(step="lembrar", slot="push", message="order_late", candidates=(PUSH,), priority="high"),
        Wish(step="lembrar", slot="email", message="order_late", candidates=(EMAIL,), priority="high"),
    )


def test_in_the_list_form_the_trigger_that_fired_has_the_say():
    """The first whose condition holds, where two wait for the same event."""
    other = STEP | {"id": "confirmar", "send": "order_confirmed"}
    expensive = STEP | {"id": "agradecer", "send": "review_request"}
    one = journey(
        trigger=None,
        steps=None,
        triggers=[
            {"event": "order.placed", "when": "order.total > 500.0", "steps": [expensive]},
            {"event": "order.placed", "steps": [other]},
            {"event": "shipment.dispatched", "steps": [STEP]},
        ],
    )

    def asked_for(event_type, total):
        data = {"order": {"total": total}}
        assert entrance(one, happened(event_type), data).key == "wms/1"
        _, wishes = advance(one, a_run(one), happened(event_type), data, NOW)
        return [wish.step for wish in wishes]

    assert asked_for("order.placed", 600.0) == ["agradecer"]
    assert asked_for("order.placed", 20.0) == ["confirmar"]
    assert asked_for("shipment.dispatched", 20.0) == ["avisar"]


def test_a_run_that_ended_asks_for_nothing_more():
    one = journey()
    assert advance(one, a_run(one, ended_at=NOW), happened(), {}, NOW)[1] == ()

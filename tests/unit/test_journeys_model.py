"""Journeys: what a file may say, and where its steps stand."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from orchestrator.domain.customer import Channel
from orchestrator.domain.stage import Stage
from orchestrator.journeys.steps import Channels
from tests.playing import DAY, journey, send

EMAIL, SMS, PUSH = Channel.EMAIL, Channel.SMS, Channel.PUSH
STEP = send("avisar", channels={"first_reachable": ["email", "sms"]})
OTHER = send("outro")
WAIT = {"id": "esperar", "wait": "1d"}


def watch(*reactions, **parts):
    return {"id": "ver", "watch": {"for": "60d", "react": reactions, **parts}}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"trigger": None}, "either trigger with steps, or triggers"),
        ({"triggers": [{"event": "order.placed", "steps": [STEP]}]}, "either trigger with steps, or triggers"),
        ({"steps": None}, "the steps stand beside it"),
        ({"trigger": {"event": "order.placed", "steps": [STEP]}}, "the steps stand beside it"),
        ({"trigger": None, "triggers": [{"event": "order.placed", "steps": [STEP]}]}, "each trigger has its own steps"),
        ({"trigger": None, "steps": None, "triggers": [{"event": "order.placed"}]}, "each trigger has its own steps"),
        ({"trigger": {"event": "a.b", "schedule": "0 10 * * tue", "segment": "vip"}}, "either an event, a schedule or"),
        ({"trigger": {}}, "either an event, a schedule or enters"),
        ({"trigger": {"event": "a.b", "enters": "vip"}}, "either an event, a schedule or enters"),
        ({"trigger": {"schedule": "0 10 * * tue", "enters": "vip"}}, "either an event, a schedule or enters"),
        ({"trigger": {"enters": "vip", "segment": "vip"}}, "enters names its segment itself"),
        ({"trigger": {"enters": "vip", "quiet_for": "1h"}}, "goes with an event"),
        ({"trigger": {"enters": "vip", "grace": "1h"}}, "goes with a schedule"),
        ({"trigger": {"schedule": "0 10 * * tue"}}, "goes with a segment"),
        ({"trigger": {"event": "a.b", "segment": "vip"}}, "goes with a segment"),
        ({"trigger": {"schedule": "0 10 * * tue", "segment": "vip", "quiet_for": "1h"}}, "goes with an event"),
        ({"trigger": {"schedule": "0 10 * * tue", "segment": "vip", "when": "true"}}, "goes with an event"),
        ({"trigger": {"event": "cart.updated", "quiet_for": "1h"}, "entry": None}, "goes with an entry"),
        ({"trigger": {"event": "dispatched"}}, "path such as"),
        ({"trigger": {"event": "order.placed", "when": "order.total >"}}, "cannot be read"),
        ({"trigger": {"schedule": "daily", "segment": "vip"}}, "five fields of cron"),
        ({"trigger": {"schedule": "R 10 * * *", "segment": "vip"}}, "five fields of cron"),
        ({"trigger": {"schedule": "0 9 31 2 *", "segment": "vip"}}, "never comes"),
        ({"rollout": "0%"}, "greater than 0"),
        ({"entry": {}}, "must have a key, again_after or both"),
        ({"exit_on": [{"event": "order.cancelled", "match": "cart.id"}]}, "own entry key: order.id"),
        ({"entry": None, "exit_on": [{"event": "order.cancelled", "match": "order.id"}]}, "own entry key: -"),
        ({"steps": [STEP, STEP]}, 'is that of another step too: "avisar"'),
        ({"stage": "unboxing"}, "stage"),
        ({"topic": "Order Updates"}, "lower-case letters"),
    ],
)
def test_a_file_that_could_be_misread_is_refused(changes, complaint):
    with pytest.raises(ValidationError, match=complaint):
        journey(**{"steps": [STEP], **changes})


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        (STEP | {"channels": {}}, "at least one channel"),
        (STEP | {"channels": {"all": ["sms"], "first_reachable": ["sms"]}}, "names a channel twice"),
        (STEP | {"channels": {"all": ["fax"]}}, "email"),
        (STEP | {"prio": "high"}, "prio"),
        ({"id": "nada"}, "Unable to extract tag"),
        ({"id": "dois", "wait": "1d", "exit": "fim"}, "Unable to extract tag"),
        ({"id": "w", "wait": {}}, "must say how long"),
        ({"id": "w", "wait": {"for": "1d", "business_days": 2}}, "either for or business_days"),
        ({"id": "w", "wait": {"until": 600}}, "in quotes"),
        ({"id": "w", "wait": {"until": "24:00"}}, "such as"),
        ({"id": "w", "wait": {"business_days": 2, "days": ["sat", "sun"]}}, "never come"),
        ({"id": "w", "wait": "soon"}, "must be a duration"),
        ({"id": "w", "wait_for": {"event": "a.b", "on_timeout": [OTHER]}}, "there is none"),
        ({"id": "w", "wait_for": {"event": "a.b", "timeout": "1d", "on_timeout": [WAIT]}}, '"esperar" cannot wait'),
        (watch({"event": "a.b", "steps": [WAIT]}), '"esperar" cannot wait'),
        (
            watch({"event": "a.b", "steps": [{"id": "b", "branch": [{"otherwise": True, "steps": [WAIT]}]}]}),
            '"esperar" cannot wait',
        ),
        (watch({"event": "a.b", "steps": []}), "at least 1"),
        (watch(), "at least 1"),
        ({"id": "ver", "watch": {"react": [{"event": "a.b", "steps": [OTHER]}]}}, "for"),
        ({"id": "b", "branch": []}, "at least 1"),
        ({"id": "b", "branch": [{"steps": [OTHER]}]}, "either `when`"),
        ({"id": "b", "branch": [{"when": "true", "otherwise": True, "steps": [OTHER]}]}, "either `when`"),
        ({"id": "b", "branch": [{"otherwise": True, "steps": []}, {"when": "true", "steps": []}]}, "comes last"),
        ({"id": "s", "split": {"a": {"weight": 1}}}, "at least 2"),
        ({"id": "s", "split": {"a": {"weight": 0}, "b": {"weight": 1}}}, "greater than or equal to 1"),
        ({"id": "u", "update": {"order.total": 1}}, "the profile only"),
        ({"id": "u", "update": {}}, "at least 1"),
        ({"id": "a", "alert": {"team": "ops", "message": ""}}, "at least 1"),
        ({"id": "e", "exit": ""}, "at least 1"),
    ],
)
def test_a_step_that_could_be_misread_is_refused(step, complaint):
    with pytest.raises(ValidationError, match=complaint):
        journey(step)


def test_a_stage_that_nobody_wrote_is_none_in_releases_of_every_version():
    """Earlier ones say an empty text."""
    assert [journey(STEP, stage=stage).stage for stage in ("", "win_back")] == [None, Stage.WIN_BACK]
    assert journey(STEP).stage is None


def test_each_channel_of_all_is_a_slot_and_the_first_reachable_ones_are_one():
    """A slot is a delivery that is asked for."""
    channels = Channels(all=(EMAIL, PUSH), first_reachable=(SMS, Channel.WHATSAPP))
    assert channels.slots() == (
        ("email", (EMAIL,)),
        ("push", (PUSH,)),
        ("first_reachable", (SMS, Channel.WHATSAPP)),
    )
    assert Channels(all=(EMAIL,)).slots() == (("email", (EMAIL,)),)


def test_short_forms_of_a_wait_are_the_long_ones():
    def waits(wait):
        return journey({"id": "w", "wait": wait}).steps[0].wait

    assert waits("2h") == waits({"for": "2h"})
    assert waits("3bd") == waits({"business_days": 3})


# --- where steps stand ----------------------------------------------------------------------------------------------

NESTED = journey(
    send("a"),
    {
        "id": "b",
        "branch": [
            {"when": "order.total > 1.0", "steps": [send("b1"), send("b2")]},
            {"otherwise": True, "steps": []},
        ],
    },
    {
        "id": "c",
        "wait_for": {
            "event": "shipment.dispatched",
            "timeout": "1d",
            "on_timeout": [
                {"id": "c1", "split": {"x": {"weight": 1, "steps": [send("c2")]}, "y": {"weight": 1}}},
                send("c3"),
            ],
            "then": [send("c4")],
        },
    },
    watch({"event": "shipment.eta_changed", "steps": [send("d1")]}, until=[{"event": "shipment.delivered"}]),
    {"id": "e", "handoff": {"team": "atendimento"}},
    exit_on=[{"event": "order.cancelled"}],
)


def test_a_step_is_followed_by_its_neighbour_and_at_the_end_of_its_list_by_that_of_the_list():
    """What happens beside a wait ends there."""
    following = {step_id: place.following for step_id, place in NESTED.outline.places.items()}
    assert following == {
        "a": "b", "b": "c", "b1": "b2", "b2": "c",
        "c": "ver", "c1": "c3", "c2": "c3", "c3": None, "c4": "ver",
        "ver": "e", "d1": None, "e": None,
    }  # fmt: skip
    assert {step_id: place.beside for step_id, place in NESTED.outline.places.items() if place.beside} == {
        "c1": "c",
        "c2": "c",
        "c3": "c",
        "d1": "ver",
    }


def test_steps_are_listed_in_the_order_of_the_file():
    assert [step.id for step in NESTED.all_steps()] == list(NESTED.outline.places)


def test_a_journey_hears_what_its_waits_name_and_what_ends_it():
    assert NESTED.hears == {
        "shipment.dispatched", "shipment.eta_changed", "shipment.delivered", "ticket.closed", "order.cancelled",
    }  # fmt: skip
    quiet = journey(STEP, trigger={"event": "cart.updated", "quiet_for": "1h"})
    assert (quiet.hears, quiet.stands) == ({"cart.updated"}, True)


@pytest.mark.parametrize(("steps", "stands"), [([STEP], False), ([STEP, WAIT], True)])
def test_a_journey_stands_where_it_has_a_step_that_waits(steps, stands):
    assert journey(*steps).stands is stands


def test_a_renamed_step_is_found_by_both_names_and_one_that_is_gone_by_none():
    outline = journey({"id": "novo", "was": "velho", "wait": "1d"}).outline
    assert outline.find("velho") is outline.find("novo") is not None
    assert outline.find("outro") is None


def test_a_step_that_has_the_old_name_of_another_is_that_step():
    outline = journey(send("b", was="a"), send("a")).outline
    assert outline.find("a").step.id == "a"


def test_a_goal_counts_for_a_time():
    assert journey(STEP, goal={"event": "order.placed", "within": "3d"}).goal.milliseconds == 3 * DAY


def test_what_conditions_read_beside_the_data_is_known_beforehand():
    one = journey({"id": "b", "branch": [{"when": 'engaged("a") && facts.offers.banho.on_sale', "steps": []}]})
    assert (one.asks_engagement, one.facts) == (True, {"offers.banho.on_sale"})
    assert (NESTED.asks_engagement, NESTED.facts) == (False, frozenset())

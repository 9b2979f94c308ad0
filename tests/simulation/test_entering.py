"""Entering a segment in a life that is only imagined: by events, by what the customer says and does, and by time."""

from __future__ import annotations

import pytest

from orchestrator.domain.time import moment
from orchestrator.journeys.model import Journey
from orchestrator.project import SHIPPED, Project
from orchestrator.simulation.crowd import like_personas
from orchestrator.simulation.habits import Role, habits_of
from orchestrator.simulation.simulate import Play, plenty, simulate
from tests.rehearsing import HEAD, company, lived

ZONE = "America/Sao_Paulo"
GOAL = {"goal": {"event": "order.placed", "within": "5d"}}
TWICE = {"event": "order.placed", "at_least": 2, "within": "10d"}
WELCOME = {
    "trigger": {"enters": "them"},
    "steps": [{"id": "ligar", "alert": {"team": "loja", "message": "Ligar"}}, {"id": "esperar", "wait": "1h"}],
}


def placed(at, order_id):
    return {"at": at, "event": "order.placed", "data": {"order_id": order_id, "number": order_id}}


def begun(came):
    """When each run began, as a wall shows it, to the minute."""
    return [f"{moment(run.started_at, came.zone):%d %H:%M}" for run in came.runs]


def test_who_becomes_a_member_by_an_event_begins_at_once_and_again_when_they_come_back():
    """The second order in ten days; after ten days it is one order again, and with a third one two."""
    came, missed = lived(
        WELCOME,
        segments={"them": TWICE},
        when=[placed("0m", "a"), placed("1d", "b"), placed("2d", "c"), placed("15d", "d"), placed("16d", "e")],
        until="30d",
        expect=[{"alert": "loja", "times": 2}, {"runs": 2}],
    )
    assert not missed
    assert begun(came) == ["24 09:00", "09 09:00"]
    assert [run.beginning for run in came.runs] == [0, 0]


def test_who_was_a_member_before_anything_happened_does_not_begin():
    came, _ = lived(
        WELCOME,
        segments={"them": {"not": {"event": "order.cancelled"}}},
        when=[placed("0m", "a")],
        until="5d",
        expect=[{"runs": 0}],
    )
    assert begun(came) == []


@pytest.mark.parametrize(
    ("where", "when", "why"),
    [
        ({"not": {"event": "order.cancelled"}}, "true", "the customer was in them before anything happened"),
        ({"event": "order.cancelled"}, "true", "nothing made the customer a member of them"),
        ({"event": "order.placed"}, "customer.id == 'x'", "the customer entered them, and was not let in"),
    ],
)
def test_a_case_that_expected_somebody_to_enter_learns_why_they_did_not(where, when, why):
    _, missed = lived(
        {**WELCOME, "trigger": {"enters": "them", "when": when}},
        segments={"them": where},
        when=[placed("0m", "a")],
        until="1d",
        expect=[{"runs": 1}],
    )
    assert [str(phrase) for one in missed for phrase in one.because] == [why]


def test_time_alone_makes_a_member():
    """To the millisecond in which ten days have passed since the order."""
    came, _ = lived(
        WELCOME,
        segments={"them": {"not": {"event": "order.placed", "within": "10d"}}},
        when=[placed("1h", "a")],
        until="20d",
        expect=[{"runs": 1}],
    )
    assert begun(came) == ["03 10:00"]


AGREED, DENIED = {"consent": {"offers": "granted"}}, {"consent": {"offers": "denied"}}


@pytest.mark.parametrize(
    ("where", "when", "given", "at"),
    [
        ({"consent": "offers"}, {"at": "2h", **AGREED}, DENIED, "23 11:00"),
        ({"not": {"consent": "offers"}}, {"at": "3h", "stop": "all"}, AGREED, "23 12:00"),
        ({"engaged": "read", "message": "order_confirmed"}, {"at": "4h", "opens": "order_confirmed"}, {}, "23 13:00"),
        ({"engaged": "clicked"}, {"at": "5h", "clicks": "order_confirmed"}, {}, "23 14:00"),
        ({"engaged": "sent", "message": "order_confirmed"}, None, {}, "23 09:00"),
        ({"field": "customer.tried", "op": "is", "value": True}, None, {}, "23 10:00"),
        ({"object": "order", "at_least": 2}, placed("6h", "b"), {}, "23 15:00"),
    ],
)  # fmt: skip
def test_whatever_makes_a_member_begins_the_run(where, when, given, at):
    """In a shop, what is no event does so at the next look, within a minute."""
    confirms = {
        "trigger": {"event": "order.placed", "when": "order.id == 'a'"},
        "steps": [
            {"id": "confirmar", "send": "order_confirmed", "channels": {"all": ["email"]}},
            {"id": "uma_hora", "wait": "1h"},
            {"id": "marcar", "update": {"customer.tried": True}},
        ],
    }
    came, _ = lived(
        WELCOME,
        beside={"confirms": confirms},
        segments={"them": where},
        given=given,
        when=[placed("0m", "a"), *([when] if when else [])],
        until="3d",
        expect=[{"runs": 1}],
    )
    assert [one for one, run in zip(begun(came), came.runs, strict=True) if run.journey == "tried"] == [at]


def test_the_condition_of_the_trigger_decides_and_the_story_names_the_segment():
    came, _ = lived(
        {**WELCOME, "trigger": {"enters": "them", "when": "customer.first_name == 'Ana'"}},
        beside={"other": {**WELCOME, "trigger": {"enters": "them", "when": "customer.first_name == 'Bia'"}}},
        segments={"them": TWICE},
        when=[placed("0m", "a"), placed("1d", "b")],
        until="2d",
        expect=[{"runs": 1}],
    )
    assert [run.journey for run in came.runs] == ["tried"]
    assert {beat.whose.partition("T")[0] for beat in came.story if beat.whose} == {"tried them/2026-11-24", "other"}


def test_in_a_crowd_entering_is_a_habit():
    """A quarter of them enter within the days, whatever the segment says, unless somebody says another share."""
    journey = Journey.model_validate({**HEAD, **WELCOME, **GOAL})
    usual, often = habits_of([journey], {}), habits_of([journey], {"them": 2.0})
    assert [(one.name, one.role, one.share) for one in usual] == [
        ("them", Role.ENTERS, 0.25), ("order.placed", Role.LEAVES, 0.2),
    ]  # fmt: skip

    assert 20 < begun_in_a_crowd(usual) < 80
    assert begun_in_a_crowd(often) == 400


def begun_in_a_crowd(habits):
    """How many runs of two hundred people."""
    current = company({"tried": WELCOME | GOAL}, {"them": TWICE})
    start = 1_795_608_000_000
    play = Play(
        journeys=(current.release.journeys["tried"],), habits=habits, opened=0.0, start=start, days=7, zone=ZONE,
        seed="s", live=plenty(current.release, start),
    )  # fmt: skip
    crowd = like_personas({"ana": Project(SHIPPED).persona("ana")}, current, 200, "s", start)
    tally = simulate(current, play, crowd, lambda _done: None)
    return tally.begun["tried"]

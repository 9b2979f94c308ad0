"""Every way on which a run comes to a step: what moved it last, and what lies behind it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from orchestrator.check.ways import WAYS_MAX, Way, stops
from orchestrator.events import EventType
from tests.playing import journey, send


def event(name, updates=None, via=None, **fields):
    data = {"order_id": {"type": "string"}, **{field: {"type": "string"} for field in fields}}
    customer = f"via {via}" if via else "event"
    return SimpleNamespace(
        model=EventType.model_validate(
            {
                "kind": "event", "id": name, "title": name, "owner": "o", "updates": updates,
                "key": "data.order_id" if updates else None, "customer": customer, "data": data,
            }
        )
    )  # fmt: skip


EVENTS = {
    one.model.id: one
    for one in (
        event("order.placed", "order"),
        event("shipment.sent", "shipment", "order"),
        event("shipment.lost", "shipment", "order", reason=1),
        event("shipment.delivered", "shipment", "order"),
        event("ticket.closed"),
    )
}
ORDER, BOTH = frozenset({"order"}), frozenset({"order", "shipment"})


def here(step, *steps, **parts):
    """What is known where a run comes to one of the steps."""
    (found,) = [stop.here for stop in stops(journey(*steps, **parts), EVENTS) if stop.step.id == step]
    return found


def branch(*arms):
    return {"id": "part", "branch": [{**arm, "steps": arm.get("steps", [])} for arm in arms]}


WAIT = {"id": "w", "wait_for": {"event": "shipment.sent", "give_up": "30d", "then": []}}
WATCH = {
    "id": "v",
    "watch": {
        "for": "60d",
        "until": [{"event": "shipment.lost"}, {"event": "shipment.delivered"}],
        "react": [{"event": "ticket.closed", "steps": [send("reacted")]}],
    },
}
LOST = 'steps.v.event.type == "shipment.lost"'


def test_a_run_begins_with_the_event_of_its_trigger():
    assert here("a", send("a")).ways == (Way("order.placed", "", ORDER),)


def test_a_schedule_brings_nothing():
    scheduled = {"trigger": {"schedule": "0 10 * * tue", "segment": "vip"}, "entry": {"again_after": "9d"}}
    assert here("a", send("a"), **scheduled).ways == (Way(None),)


def test_after_a_wait_its_event_moved_the_run_or_nothing_did():
    found = here("a", WAIT, send("a"))
    assert found.ways == (Way("shipment.sent", "w", BOTH), Way("order.placed", "", ORDER, frozenset({"w"})))
    assert found.waits == {"w": frozenset({"shipment.sent"})}


def test_a_reaction_follows_its_own_event_before_the_watch_is_over():
    found = here("reacted", WATCH)
    assert found.ways == (Way("ticket.closed", "", ORDER),)
    assert found.waits == {}


def test_a_branch_keeps_the_ways_that_fit_it():
    parted = branch({"when": LOST, "steps": [send("a")]}, {"otherwise": True, "steps": [send("b")]})
    lost, other = here("a", WATCH, parted), here("b", WATCH, parted)
    assert ([way.event for way in lost.ways], lost.waits) == (["shipment.lost"], {"v": frozenset({"shipment.lost"})})
    assert [way.event for way in other.ways] == ["shipment.delivered"]


@pytest.mark.parametrize(
    ("when", "events"),
    [
        ('event.type in ["shipment.lost", "order.placed"]', ["shipment.lost"]),
        ('event.type != "shipment.lost"', ["shipment.delivered"]),
        ('order.id != "" && event.reason == "theft"', ["shipment.lost"]),
        ("has(event.reason)", ["shipment.lost"]),
        ("!has(event.reason)", ["shipment.lost", "shipment.delivered"]),
        ('event.reason == "theft" || order.id == "1"', ["shipment.lost", "shipment.delivered"]),
        ('steps.w.event.type == "shipment.sent"', ["shipment.lost", "shipment.delivered"]),
    ],
)
def test_what_a_condition_reads_tells_which_event_it_was(when, events):
    """A missing operand makes it false; where it need not, nothing can be told."""
    met = {"id": "w", "wait_for": {"event": "shipment.sent"}}
    found = here("a", met, WATCH, branch({"when": when, "steps": [send("a")]}))
    assert [way.event for way in found.ways] == events


def test_a_wait_that_nothing_ended_does_not_fit_a_condition_about_its_event():
    found = here("a", WAIT, branch({"when": 'steps.w.event.type == "shipment.sent"', "steps": [send("a")]}))
    assert [way.event for way in found.ways] == ["shipment.sent"]


def test_after_an_exit_there_is_no_way():
    assert here("a", {"id": "x", "exit": "done"}, send("a")).over
    assert here("a", branch({"otherwise": True, "steps": [{"id": "x", "exit": "done"}]}), send("a")).over


def test_a_branch_that_lets_some_pass_is_passed():
    assert not here("a", branch({"when": "order.id == '1'", "steps": [{"id": "x", "exit": "done"}]}), send("a")).over


def test_what_was_sent_since_the_last_wait_is_known():
    found = here("c", send("a"), {"id": "w", "wait": "1d"}, send("b"), send("c"))
    assert ([step.id for step in found.fresh], found.sends) == (["b"], frozenset({"a", "b"}))


def test_a_handoff_ends_with_its_event_or_in_the_end_without():
    found = here("a", {"id": "h", "handoff": {"team": "t"}}, send("a"))
    assert [(way.event, way.at, way.unmet) for way in found.ways] == [
        ("ticket.closed", "h", frozenset()),
        ("order.placed", "", frozenset({"h"})),
    ]


def test_so_many_ways_are_told_apart_by_their_last_event_only():
    waits = [{"id": f"w{place}", "wait_for": {**WAIT["wait_for"]}} for place in range(9)]
    found = here("a", *waits, send("a"))
    assert len(found.ways) <= WAYS_MAX
    assert {way.event for way in found.ways} == {"order.placed", "shipment.sent"}

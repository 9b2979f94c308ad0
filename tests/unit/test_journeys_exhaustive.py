"""Every place where a run can stand, every step that it may have become, and everything that can happen there.

No state is without a way out: after each call the run is over, or it stands somewhere with an alarm set; and ringing
what is set ends it.
"""

from __future__ import annotations

from itertools import product

import pytest

from orchestrator.journeys.advance import advance
from orchestrator.journeys.concern import only_of
from orchestrator.journeys.run import TRIGGER, Began, Heard, Placed, Rang
from orchestrator.journeys.steps import KINDS
from tests.playing import DAY, HOUR, MONDAY, happened, journey, new_run, scene, send

NOW = MONDAY + DAY
AWAITED, UNTIL, REACTED, HUSHED, CLOSED = "a.awaited", "a.until", "a.reacted", "a.hushed", "ticket.closed"
EVENTS = (AWAITED, UNTIL, REACTED, HUSHED, CLOSED, "order.cancelled", "order.placed", "a.other")
ALARMS = ("wake", "handed_off", "timeout", "give_up", "end", "quiet", "react:0", "react:1", "react:9", "never_heard_of")
RINGS_MAX = 20

HERE = {
    "send": send("aqui"),
    "wait": {"id": "aqui", "wait": "2d"},
    "wait_for": {
        "id": "aqui",
        "wait_for": {
            "event": AWAITED,
            "when": "event.n > 0",
            "timeout": "1d",
            "on_timeout": [send("meio")],
            "then": [send("sem")],
        },
    },
    "watch": {
        "id": "aqui",
        "watch": {
            "for": "10d",
            "until": [{"event": UNTIL}],
            "react": [
                {"event": REACTED, "steps": [send("reage")]},
                {"event": HUSHED, "debounce": "2h", "when": "event.n > 0", "steps": [send("depois_da_pausa")]},
            ],
        },
    },
    "branch": {"id": "aqui", "branch": [{"when": "order.total > 1.0", "steps": [send("ramo")]}]},
    "split": {"id": "aqui", "split": {"a": {"weight": 1, "steps": [send("parte")]}, "b": {"weight": 1}}},
    "update": {"id": "aqui", "update": {"customer.tier": "ouro"}},
    "emit": {"id": "aqui", "emit": {"event": "tier.changed"}},
    "alert": {"id": "aqui", "alert": {"team": "operacoes", "message": "Olhar"}},
    "handoff": {"id": "aqui", "handoff": {"team": "atendimento"}},
    "exit": {"id": "aqui", "exit": "fim"},
}
BEHIND = {"the end": [], "a send": [send("depois")], "a wait": [{"id": "mais", "wait": "1d"}, send("depois")]}
STANDS = ("wait", "wait_for", "watch", "handoff", "quiet")


def built(kind, behind, **parts):
    """A journey whose one interesting step is of a kind; of `quiet`, what happens before the first step."""
    if kind == "quiet":
        parts["trigger"] = {"event": "order.placed", "quiet_for": "1h", "when": "event.n > 0"}
    steps = [HERE["send"] if kind == "quiet" else HERE[kind], *BEHIND[behind]]
    return journey(*steps, exit_on=[{"event": "order.cancelled"}], **parts)


def an_event(event_type, order="ord_1", at=NOW, n=1):
    return happened(event_type, at, order=order, data={"n": n})


def stood(kind):
    """Every way in which a run may stand at such a step: as it came, after a timeout, while a silence lasts."""
    one = built(kind, "the end")
    fresh = advance(one, new_run(one), Began(an_event("order.placed", at=MONDAY)), scene()).run
    yield fresh
    if kind == "wait_for":
        yield advance(one, fresh, Rang("timeout", fresh.alarms["timeout"].set), scene(NOW)).run
    if kind == "watch":
        hushed = advance(one, fresh, Heard(an_event(HUSHED)), scene(NOW)).run
        yield hushed
        yield advance(one, hushed, Heard(an_event(REACTED)), scene(NOW)).run


def everything(run):
    """All that can happen: each event about each order, in time, before the run, and with and without a past."""
    past = [an_event(event_type, at=MONDAY + HOUR) for event_type in EVENTS if event_type != "order.cancelled"]
    for event_type, order, at, n in product(EVENTS, ("ord_1", "ord_2", None), (NOW, MONDAY - HOUR), (0, 1)):
        yield Heard(an_event(event_type, order, at, n)), past
    for name in ALARMS:
        known = run.alarms[name].set if name in run.alarms else run.moves
        for setting in (known, known - 1, known + 1):
            yield Rang(name, setting), ()
            yield Rang(name, setting), past


def ensure_a_way_out(one, before, moved):
    """It is over, or stands at a place of the journey with an alarm; where its place is gone, it stands as it did."""
    run = moved.run
    if run.ended_at is not None:
        assert (run.position, run.alarms, run.pending) == (None, {}, {})
        assert run.ending is not None
        return
    assert run.alarms, f"{run.position} would be stood at for ever"
    assert run.pending.keys() <= run.alarms.keys(), "what waits for silence is called after it"
    assert run == before or run.position == TRIGGER or one.outline.find(run.position) is not None


def rung_out(one, run):
    """Ring the earliest alarm again and again: how often until it is over."""
    for rings in range(RINGS_MAX):
        if run.ended_at is not None:
            return rings
        due, name = min((alarm.at.instant, name) for name, alarm in run.alarms.items())
        run = advance(one, run, Rang(name, run.alarms[name].set), scene(max(due, NOW))).run
    raise AssertionError(f"{run.position} rings for ever")


def changed(kind, becomes, behind):
    if becomes == "gone":
        return journey(send("outro"), *BEHIND[behind], exit_on=[{"event": "order.cancelled"}])
    if becomes == "renamed":
        one = HERE["send"] if kind == "quiet" else HERE[kind]
        return journey({**one, "id": "novo", "was": "aqui"}, *BEHIND[behind])
    return built(becomes, behind)


@pytest.mark.parametrize("becomes", [*KINDS, "quiet", "gone", "renamed"])
@pytest.mark.parametrize("kind", STANDS)
def test_whatever_happens_a_run_is_over_or_will_be_called(kind, becomes):
    """Also where the step has become another kind while people stood in it."""
    for behind in BEHIND:
        one = changed(kind, becomes, behind)
        for run in stood(kind):
            for happening, past in everything(run):
                moved = advance(one, run, happening, scene(NOW, past=past))
                ensure_a_way_out(one, run, moved)
                if moved.run != run:
                    assert not isinstance(happening, Heard) or only_of(one, happening.event) in (None, run.key)
                    rung_out(one, moved.run)
            rung_out(one, run)


@pytest.mark.parametrize("kind", [*KINDS, "quiet"])
@pytest.mark.parametrize("behind", BEHIND)
def test_however_a_run_begins_it_is_over_or_will_be_called(kind, behind):
    one = built(kind, behind)
    for event_type, order, at in product(EVENTS, ("ord_1", "ord_2", None), (NOW, MONDAY - HOUR)):
        began = Began(an_event("order.placed", at=MONDAY))
        moved = advance(one, new_run(one), began, scene(past=[an_event(event_type, order, at)]))
        ensure_a_way_out(one, None, moved)
        rung_out(one, moved.run)


def test_every_kind_of_step_is_tried():
    assert HERE.keys() == KINDS.keys()


@pytest.mark.parametrize("becomes", KINDS)
@pytest.mark.parametrize("kind", STANDS)
def test_whoever_is_put_at_a_step_is_over_or_will_be_called(kind, becomes):
    """From wherever they stood, which is gone: they come to it anew, and nothing of the old place rings."""
    for behind in BEHIND:
        one = built(becomes, behind)
        for run in stood(kind):
            moved = advance(one, run, Placed("aqui"), scene(NOW))
            ensure_a_way_out(one, run, moved)
            assert NOW in {moved.run.since, moved.run.ended_at}
            rung_out(one, moved.run)

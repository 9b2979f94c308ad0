"""Plans against the ledger: exactly whom a change concerns, and nothing else changed when it comes into force."""

from __future__ import annotations

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from sqlalchemy import func, select

from orchestrator.dispatch.accept import Later
from orchestrator.dispatch.fire import fire
from orchestrator.dispatch.plans.changing import ROLLED_BACK, ChangeOver, release_in_force
from orchestrator.dispatch.plans.choosing import chosen
from orchestrator.dispatch.plans.history import earlier, history
from orchestrator.dispatch.plans.impact import impact, occupied
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile
from orchestrator.domain.errors import NotFound, Refused
from orchestrator.plans.differences import differences
from orchestrator.plans.model import plan_of
from orchestrator.release import read_release
from orchestrator.store.people_tables import audit_entries
from orchestrator.store.tables import alerts, customers, deliveries, events, runs, timers
from tests.contract.journeying import AFTER_PURCHASE, asked, call, happens, later, rows, run_only, shipped, stands
from tests.contract.world import ORDER, PowerCut, placed

HOUR, DAY = 3_600_000, 86_400_000
BRUNO = Profile(id="cus_bruno", emails=("bruno@example.com",))


@pytest.fixture
def world(world):
    """Four orders of two people: two wait for the parcel, one is watched, and one waits before the last step."""
    run_only(world, AFTER_PURCHASE)
    world.register(BRUNO)
    world.accept(*(placed(f"ord_{number}", at=world.clock.now()) for number in (1, 2)))
    world.accept(placed("ord_3", customer="cus_bruno", at=world.clock.now()))
    world.accept(shipped(world, "ord_2"))
    return world


def edited(world, edit, **messages):
    """The release after somebody edited the journey."""
    content = json.loads(world.release.content)
    journey = copy.deepcopy(AFTER_PURCHASE)
    edit(journey)
    content["journeys"] = {journey["id"]: journey}
    for name, headline in messages.items():
        content["messages"][name]["message"]["content"]["headline"] = headline
    return read_release(json.dumps(content))


def step(journey, step_id):
    return next(one for one in journey["steps"] if one["id"] == step_id)


def longer_timeout(journey):
    step(journey, "esperar_envio")["wait_for"]["timeout"] = "3d"


def without_wait(journey):
    journey["steps"] = [one for one in journey["steps"] if one["id"] != "esperar_envio"]


def found(world, after, plan=None):
    """Whom a release concerns."""
    before = world.release
    with world.store.read() as transaction:
        return impact(transaction, before, after, differences(before, after), plan or plan_of(before, after))


def change(world, after, plan=None, **settings):
    done = ChangeOver(clock=world.clock, by="cli:ana", **settings).carry_out(world.store, after, plan)
    world.release = after
    return done


def people_at(world, *positions):
    """By a query of its own: who stands there."""
    where = runs.c.position.in_(positions) if positions else runs.c.position.is_not(None)
    with world.store.engine.connect() as connection:
        return connection.scalar(select(func.count(runs.c.customer_id.distinct())).where(where))


def everything(world):
    """Every row about people, that a plan may leave alone or not."""
    return {table.name: rows(world, table) for table in (runs, timers, deliveries, events, alerts, customers)}


# --- whom it concerns -----------------------------------------------------------------------------------------------


def test_a_plan_counts_exactly_the_people_whom_an_edited_step_concerns(world):
    """Ana waits there with one order, and is past it with another; Bruno waits there too."""
    (journey,) = found(world, edited(world, longer_timeout)).journeys
    (one,) = journey.steps

    assert (journey.inside, journey.affected) == (people_at(world), people_at(world, "esperar_envio")) == (2, 2)
    assert (one.step.id, one.here, one.ahead, one.step.timed_anew) == ("esperar_envio", 2, 0, True)


def test_whoever_is_before_a_step_may_still_come_to_it(world):
    """The last wait is ahead of everybody, and nobody stands there."""
    (journey,) = found(world, edited(world, lambda one: step(one, "usar").update(wait="6d"))).journeys
    (one,) = journey.steps
    assert (one.step.id, one.here, one.ahead) == ("usar", 0, people_at(world, "esperar_envio", "acompanhar"))


def test_what_is_passed_concerns_nobody(world):
    (journey,) = found(
        world, edited(world, lambda one: step(one, "confirmar").update(channels={"all": ["sms"]}))
    ).journeys
    assert (journey.inside, journey.affected) == (2, 0)


def test_other_words_concern_those_who_wait_for_them_and_those_who_come_to_them(world):
    """The late notice is ahead of all, and one confirmation of each order waits to be sent."""
    after = edited(world, lambda _: None, order_delayed="Nova data", order_confirmed="Recebemos o pedido")
    concerned = found(world, after)

    (journey,) = concerned.journeys
    assert [(one.step.id, one.here, one.ahead) for one in journey.steps] == [("confirmar", 0, 0), ("atraso", 0, 2)]
    assert concerned.waiting == {"order_confirmed": asked(world).count("order_confirmed")} == {"order_confirmed": 3}


def test_new_words_are_what_those_are_told_who_waited_for_the_old_ones(world):
    """As many as the plan said: those in the queue, and who is to be written to on another day."""
    tomorrow = Later(datetime.fromisoformat("2026-11-26T10:00:00"))
    world.ask("order_confirmed", data={"order": ORDER}, send_at=tomorrow)
    content = json.loads(world.release.content)
    content["messages"]["order_confirmed"]["message"]["channels"]["email"]["subject"] = "Recebemos seu pedido"
    after = read_release(json.dumps(content))
    assert found(world, after).waiting == {"order_confirmed": 4}

    change(world, after)
    world.clock.advance(days=1, hours=2)
    fire(world.store, world.clock.now())
    while world.drain():
        pass
    subjects = [call.entry.rendered.subject for call in world.provider.calls]
    assert subjects.count("Recebemos seu pedido") == 4


def test_what_ends_runs_concerns_all_who_are_inside(world):
    (journey,) = found(world, edited(world, lambda one: one.update(exit_on=[]))).journeys
    assert journey.affected == journey.inside == 2


def test_a_step_that_is_gone_while_people_stand_there_has_to_be_decided(world):
    concerned = found(world, edited(world, without_wait))
    (one,) = concerned.undecided
    assert (one.journey, one.step, one.people) == ("after_purchase", "esperar_envio", people_at(world, "esperar_envio"))


# --- coming into force ----------------------------------------------------------------------------------------------


def test_bringing_a_plan_into_force_changes_nothing_but_what_it_says(world):
    """Of all rows, the two runs that wait there and their alarm of the timeout."""
    before = everything(world)
    after = edited(world, longer_timeout)
    done = change(world, after, plan_of(world.release, after))

    assert (done.timed_anew, done.moved, done.ended, done.lanes) == (2, 0, 0, frozenset())
    now = everything(world)
    touched = {one["id"] for one in before["runs"] if one["position"] == "esperar_envio"}
    assert {one["id"] for one, was in zip(now["runs"], before["runs"], strict=True) if one != was} == touched
    for run, was in zip(now["runs"], before["runs"], strict=True):
        assert {key for key in run if run[key] != was[key]} <= {"moves", "state"}
    kept = [one for one in before["timers"] if one in now["timers"]]
    assert len(before["timers"]) - len(kept) == len(touched) == 2
    assert len(now["timers"]) == len(before["timers"])
    assert {name: now[name] for name in ("deliveries", "events", "alerts", "customers")} == {
        name: before[name] for name in ("deliveries", "events", "alerts", "customers")
    }


def test_a_changed_wait_is_counted_from_when_people_came(world):
    """Two days became three, a day of them is gone: it rings in two."""
    later(world, days=1)
    change(world, edited(world, longer_timeout))
    later(world, days=1, minutes=1)
    assert rows(world, alerts) == []
    later(world, days=1)
    assert len(rows(world, alerts)) == 2


def test_a_wait_that_is_over_by_its_new_times_is_over_at_once(world):
    later(world, days=1)
    change(world, edited(world, lambda one: step(one, "esperar_envio")["wait_for"].update(timeout="2h")))
    call(world)
    assert len(rows(world, alerts)) == 2


def test_a_timeout_that_was_told_is_not_told_again(world):
    """And the wait itself gets its new end."""
    later(world, days=2, minutes=1)

    def edit(journey):
        step(journey, "esperar_envio")["wait_for"].update(timeout="3d", give_up="4d")

    change(world, edited(world, edit))
    later(world, days=1)
    assert len(rows(world, alerts)) == 2
    later(world, days=1, minutes=1)
    assert stands(world) == [("ord_2", "acompanhar")]


def test_a_step_that_was_renamed_twice_keeps_its_people(world):
    """Runs know the name under which they came."""
    change(world, edited(world, lambda one: step(one, "esperar_envio").update(id="parcel", was="esperar_envio")))
    change(world, edited(world, lambda one: step(one, "esperar_envio").update(id="box", was="parcel")))
    assert {position for _, position in stands(world)} == {"box", "acompanhar"}


def test_a_step_that_gets_its_old_name_back_keeps_its_people(world):
    """Whoever goes back takes nothing away: the newer of the two says that it is the same step."""
    first = world.release
    change(world, edited(world, lambda one: step(one, "esperar_envio").update(id="parcel", was="esperar_envio")))
    world.accept(placed("ord_4", at=world.clock.now()))
    assert {position for _, position in stands(world)} == {"esperar_envio", "parcel", "acompanhar"}

    assert found(world, first).undecided == []
    change(world, first)
    assert {position for _, position in stands(world)} == {"esperar_envio", "acompanhar"}
    world.accept(shipped(world, "ord_4"))
    assert ("ord_4", "acompanhar") in stands(world)


# --- steps that are gone --------------------------------------------------------------------------------------------


def test_nothing_changes_while_nobody_says_what_becomes_of_people(world):
    """Whoever brings it into force, and in whatever way."""
    before, in_force = everything(world), world.release.id
    with pytest.raises(Refused, match="esperar_envio of the journey after_purchase is gone, and 2 people"):
        change(world, edited(world, without_wait))
    assert everything(world) == before
    with world.store.read() as transaction:
        assert transaction.ledger.release_id() == in_force


def test_people_go_on_where_a_plan_says(world):
    """They come to that step now: what it sends is asked for once, and they stand behind it."""
    after = edited(world, without_wait)
    plan = decided(world, after, "enviado")
    done = change(world, after, plan)

    assert (done.moved, done.ended, done.lanes) == (2, 0, frozenset({"transactional"}))
    assert {position for _, position in stands(world)} == {"acompanhar"}
    assert asked(world).count("order_shipped") == 3
    (watching,) = {one["wall"] for one in rows(world, timers)}
    assert watching


def test_people_leave_where_a_plan_says(world):
    after = edited(world, without_wait)
    done = change(world, after, decided(world, after, leave=True))

    assert (done.moved, done.ended) == (0, 2)
    assert stands(world) == [("ord_2", "acompanhar")]
    assert {(one["ending"], one["note"]) for one in rows(world, runs) if one["ended_at"]} == {
        ("step_removed", "esperar_envio")
    }
    assert {one["id"].split("/")[1] for one in rows(world, timers)} == {
        one["id"] for one in rows(world, runs) if one["ended_at"] is None
    }


def test_who_comes_where_a_step_is_gone_after_it_was_decided_is_asked_about(world):
    """A plan decides about the places at which somebody stood when it was made, not about all that are gone."""
    after = edited(world, lambda one: one.update(steps=[s for s in one["steps"] if s["id"] in GOING_ON]))
    plan = decided(world, after, leave=True)
    assert [leaving.step for leaving in plan.exits] == ["acompanhar", "esperar_envio"]
    happens(world, "shipment.delivered", "ord_2", status="delivered")

    before = everything(world)
    with pytest.raises(Refused, match="usar of the journey after_purchase is gone, and 1 people stand there"):
        change(world, after, plan)
    assert everything(world) == before


GOING_ON = {"confirmar", "enviado", "pessoa"}


def test_a_journey_goes_when_its_people_may_leave(world):
    content = json.loads(world.release.content) | {"journeys": {}}
    after = read_release(json.dumps(content))
    with pytest.raises(Refused, match="journey after_purchase is gone, and 2 people are inside"):
        change(world, after)
    done = change(world, after, decided(world, after, leave=True))
    assert (done.ended, stands(world), rows(world, timers)) == (3, [], [])


def decided(world, after, *wanted, leave=False):
    """A plan, as somebody decides it."""
    plan = plan_of(world.release, after)
    with world.store.read() as transaction:
        return chosen(plan, after, list(occupied(transaction, world.release, after, plan)), wanted, leave=leave)


# --- the world moves, and is moved back -----------------------------------------------------------------------------


def test_a_plan_does_not_come_into_force_over_another_release(world):
    """Somebody else was quicker: their change is not undone unseen."""
    after = edited(world, longer_timeout)
    plan = plan_of(world.release, after)
    publish(world.store, edited(world, lambda one: one.update(title="Outro")), world.clock.now())
    with pytest.raises(Refused, match="Another release came into force"):
        change(world, after, plan)


def test_of_two_who_change_it_at_once_one_is_told_that_the_other_was_quicker(world):
    """Each from what is in force now; whoever comes second changes nothing."""
    plans = [
        (after, plan_of(world.release, after))
        for after in (edited(world, longer_timeout), edited(world, lambda one: step(one, "usar").update(wait="9d")))
    ]
    together = Barrier(len(plans))

    def carry_out(one):
        after, plan = one
        together.wait()
        try:
            return ChangeOver(clock=world.clock, by="cli:ana").carry_out(world.store, after, plan).after
        except Refused as refused:
            return str(refused)

    with ThreadPoolExecutor(len(plans)) as pool:
        ends = list(pool.map(carry_out, plans))
    (done,) = (end for end in ends if end.startswith("rel_"))
    (refused,) = (end for end in ends if not end.startswith("rel_"))
    assert refused.startswith(f"Another release came into force since this was planned: {done}, not {world.release.id}")
    with world.store.read() as transaction:
        assert transaction.ledger.release_id() == done


def test_whoever_dies_while_it_comes_into_force_has_changed_nothing(world):
    before, in_force = everything(world), world.release.id

    def die(_point):
        raise PowerCut

    with pytest.raises(PowerCut):
        ChangeOver(clock=world.clock, by="cli:ana", passing=die).carry_out(world.store, edited(world, longer_timeout))
    assert everything(world) == before
    with world.store.read() as transaction:
        assert transaction.ledger.release_id() == in_force
        assert history(transaction, 10)[0].release == in_force


def test_history_tells_what_was_in_force_and_who_brought_it(world):
    first = world.release
    world.clock.advance(minutes=1)
    second = edited(world, longer_timeout)
    assert change(world, second).after == second.id
    assert change(world, second) is None
    world.clock.advance(minutes=1)
    with world.store.read() as transaction:
        assert earlier(transaction) == first.id
        assert earlier(transaction, first.id[:12]) == first.id
    change(world, first, kind=ROLLED_BACK)

    with world.store.read() as transaction:
        times = history(transaction, 10)
        assert [(one.release, one.by, one.rolled_back, one.timed_anew) for one in times[:2]] == [
            (first.id, "cli:ana", True, 2),
            (second.id, "cli:ana", False, 2),
        ]
        assert release_in_force(transaction).id == first.id
        with pytest.raises(NotFound, match="rel_x"):
            earlier(transaction, "rel_x")
    with world.store.engine.connect() as connection:
        assert connection.scalar(select(func.count()).where(audit_entries.c.kind.startswith("release."))) == 2


def test_before_the_first_release_there_is_nothing_to_go_back_to(store, release, clock):
    publish(store, release, clock.now())
    with store.read() as transaction, pytest.raises(NotFound, match="no release before"):
        earlier(transaction)

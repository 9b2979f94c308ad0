"""Many customers in virtual time: who they are, what they do, and what is left of them."""

from __future__ import annotations

import gc
from datetime import date
from random import Random

import pytest

from orchestrator.dispatch.current import Current
from orchestrator.dispatch.register import Profile, register
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.errors import InputError, NotFound
from orchestrator.domain.time import moment
from orchestrator.journeys.model import Journey
from orchestrator.journeys.run import Run
from orchestrator.release import Release
from orchestrator.simulation.crowd import like_personas, of_ledger
from orchestrator.simulation.habits import AWAKE, Role, habits_of, happenings
from orchestrator.simulation.life import Life
from orchestrator.simulation.simulate import DAY_MS, Play, plenty, simulate
from tests.saying import said

ZONE = "America/Sao_Paulo"
START = 1_795_402_800_000  # 2026-11-23, midnight in São Paulo
CART = {
    "kind": "journey",
    "id": "cart",
    "title": "Carrinho",
    "owner": "marketing",
    "topic": "cart_reminders",
    "trigger": {"event": "cart.updated", "quiet_for": "1h"},
    "entry": {"key": "cart.id"},
    "exit_on": [{"event": "order.placed"}],
    "goal": {"event": "order.placed", "within": "7d"},
    "steps": [
        {"id": "remind", "send": "cart_reminder", "channels": {"first_reachable": ["email", "whatsapp"]}},
        {"id": "rest", "wait": "1d"},
        {
            "id": "opened",
            "branch": [
                {
                    "when": 'engaged("remind")',
                    "steps": [{"id": "offer", "send": "cart_offer", "channels": {"first_reachable": ["email"]}}],
                },
                {"otherwise": True, "steps": [{"id": "leave", "exit": "not interested"}]},
            ],
        },
    ],
}
PARCEL = {
    "kind": "journey",
    "id": "parcel",
    "title": "Pedido",
    "owner": "operacoes",
    "topic": "order_updates",
    "trigger": {"event": "order.placed"},
    "entry": {"key": "order.id"},
    "steps": [
        {"id": "sent", "wait_for": {"event": "shipment.dispatched"}},
        {
            "id": "under_way",
            "watch": {
                "for": "30d",
                "until": [{"event": "shipment.delivered"}],
                "react": [{"event": "shipment.eta_changed", "steps": [{"id": "tell", "send": "order_late"}]}],
            },
        },
    ],
}
WEEKLY = {
    "kind": "journey",
    "id": "weekly",
    "title": "Novidades",
    "owner": "marketing",
    "topic": "offers",
    "trigger": {"schedule": "0 10 * * tue", "segment": "sleepers"},
    "entry": {"again_after": "5d"},
    "steps": [{"id": "news", "send": "win_back", "channels": {"first_reachable": ["email"]}}],
}

TWICE = {
    **{name: WEEKLY[name] for name in ("kind", "title", "owner", "topic")},
    "id": "twice",
    "triggers": [
        {"schedule": "0 10 * * tue", "segment": "sleepers", "steps": [{"id": "tuesday", "exit": "tuesday"}]},
        {"schedule": "0 10 * * thu", "segment": "sleepers", "steps": [{"id": "thursday", "wait": "30d"}]},
    ],
}


@pytest.fixture(scope="module")
def personas(project):
    return {name: read.model for name, read in project.survey(date(2026, 11, 23)).personas.items()}


@pytest.fixture(scope="module")
def current(release):
    """The shipped shop with four journeys more."""
    parts = {name: getattr(release, name) for name in Release.model_fields}
    ours = {one["id"]: Journey.model_validate(one) for one in (CART, PARCEL, WEEKLY, TWICE)}
    return Current("simulation", Release.model_construct(**parts | {"journeys": ours}), {})


@pytest.fixture
def play(current):
    def make(*names, days=7, seed="1", opened=0.5, **happens):
        journeys = tuple(current.release.journeys[name] for name in names)
        return Play(
            journeys=journeys,
            habits=habits_of(journeys, {name.replace("__", "."): share for name, share in happens.items()}),
            opened=opened,
            start=START,
            days=days,
            zone=ZONE,
            seed=seed,
            live=plenty(current.release, START),
        )

    return make


@pytest.fixture
def simulated(current, personas, play):
    """The tally of so many people made after the personas."""

    def run(*names, customers=40, told=lambda _: None, **settings):
        asked = play(*names, **settings)
        return simulate(current, asked, like_personas(personas, current, customers, asked.seed, START), told)

    return run


# --- what is counted ------------------------------------------------------------------------------------------------


def test_every_request_is_counted_once_and_the_sends_add_up(simulated):
    """By message, channel, hour and day they are the same sends."""
    tally = simulated("cart")

    sent = sum(count for (_, state, _), count in tally.requests.items() if state == "sent")
    assert sent > 0
    assert tally.sent.total() == tally.hours.total() == tally.days.total() == sent
    assert tally.customers == tally.begun["cart"] == tally.endings.total() + tally.inside.total() == 40


def test_no_marketing_is_sent_in_quiet_hours_and_what_was_put_off_says_so(simulated):
    """The rules of the shop hold for people who are only imagined."""
    tally = simulated("cart")

    assert tally.put_off["quiet_hours:noite"] > 0
    assert all(9 <= hour < 21 for hour in tally.hours)


def test_caps_that_stood_in_the_way_are_counted_by_their_id(simulated):
    """Three carts in two days meet the cap of the day."""
    tally = simulated("cart", days=2, cart__updated=3, order__placed=0)

    assert tally.caps["marketing_dia"] > 0


def test_a_goal_counts_where_everybody_reaches_it(simulated):
    """And where nobody does, nobody has."""
    everybody = simulated("cart", customers=10, days=60, order__placed=1)
    nobody = simulated("cart", customers=10, order__placed=0)

    assert everybody.events["order.placed"] == 10
    assert everybody.goals["cart"] > 0
    assert nobody.goals["cart"] == 0


def test_who_opens_goes_the_way_of_those_who_opened(simulated):
    """Openings are a habit like any other."""
    assert not any(message == "cart_offer" for message, _, _ in simulated("cart", opened=0.0).requests)
    assert any(message == "cart_offer" for message, _, _ in simulated("cart", opened=1.0).requests)


def test_a_schedule_begins_runs_of_those_in_its_segment(simulated):
    """Of two Tuesdays in two weeks, each of which comes to everybody or to nobody."""
    assert simulated("weekly", customers=10, days=14, sleepers=1).begun["weekly"] == 20
    assert simulated("weekly", customers=10, days=14, sleepers=0).begun["weekly"] == 0


def test_people_who_wait_at_the_end_are_counted_where_they_stand(simulated):
    """Nothing is dispatched to anybody: all stand at the first step."""
    tally = simulated("parcel", customers=10, shipment__dispatched=0)

    assert dict(tally.inside) == {("parcel", "sent"): 10}
    assert tally.events == {"order.placed": 10}


def test_real_customers_live_through_it_with_what_they_agreed_to_and_nothing_is_written(current, play, store, clock):
    """Of two, one has agreed."""
    with store.write() as transaction:
        people = [Profile(id=f"cus_{name}", emails=(f"{name}@example.com",)) for name in ("ana", "bia")]
        register(transaction, people, clock)
        transaction.consents.record(
            said(clock, ["cus_ana"], ConsentState.GRANTED, ["cart_reminders"], ["email"]), clock.now()
        )

    tally = simulate(current, play("cart", order__placed=0), of_ledger(store.read, current, 10, START), lambda _: None)

    assert (tally.customers, tally.begun["cart"]) == (2, 2)
    outcomes = {(state, why) for message, state, why in tally.requests if message == "cart_reminder"}
    assert ("blocked", "no_consent") in outcomes
    assert outcomes & {("sent", ""), ("deferred", "quiet_hours:noite")}
    with store.read() as transaction:
        assert transaction.runs.counts("cart") == {}


# --- the same again -------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_tally(simulated):
    """And another seed another one."""
    assert simulated("cart", "parcel", seed="a") == simulated("cart", "parcel", seed="a")
    assert simulated("cart", "parcel", seed="a") != simulated("cart", "parcel", seed="b")


def test_a_customer_lives_the_same_life_whoever_lives_beside_them(current, personas):
    """More customers are more lives, and not other ones."""
    few = [*like_personas(personas, current, 5, "1", START)()]
    many = [*like_personas(personas, current, 50, "1", START)()]

    assert many[:5] == few


def test_no_more_than_one_life_is_held_at_a_time(simulated):
    """Counted among all objects, after each of them: however many live, memory stays as it is."""
    held = []

    def told(_):
        gc.collect()
        held.append(sum(isinstance(one, (Life, Run)) for one in gc.get_objects()))

    simulated("cart", customers=4)
    gc.collect()
    gc.freeze()  # what was there before is not looked through again and again
    try:
        simulated("cart", customers=30, told=told)
    finally:
        gc.unfreeze()

    assert len(held) == 30
    assert max(held) <= 2  # a life and its run


# --- habits ---------------------------------------------------------------------------------------------------------


def test_habits_are_the_events_of_the_journeys_in_the_order_of_their_steps(current):
    """Each with what it is to them."""
    journeys = [current.release.journeys[name] for name in ("parcel", "cart")]

    assert [(one.name, one.role) for one in habits_of(journeys, {})] == [
        ("order.placed", Role.BEGINS),
        ("shipment.dispatched", Role.MOVES),
        ("shipment.eta_changed", Role.REACTS),
        ("shipment.delivered", Role.MOVES),
        ("cart.updated", Role.BEGINS),
    ]


def test_what_none_of_the_journeys_asks_about_is_no_habit(current):
    """With what it may have meant."""
    with pytest.raises(InputError, match=r"did you mean .?order.placed"):
        habits_of([current.release.journeys["cart"]], {"order.placd": 0.1})
    with pytest.raises(InputError, match="cannot happen to more than all"):
        habits_of([current.release.journeys["cart"]], {"order.placed": 2.0})


def test_what_moves_people_on_comes_one_after_the_other_and_stops_where_one_stays_away(current):
    """Nothing is delivered that was not dispatched."""
    habits = habits_of([current.release.journeys["parcel"]], {"shipment.dispatched": 0.5, "order.placed": 2})
    for seed in range(50):
        lived = [*happenings(habits, Random(seed), START, 7, ZONE)]
        assert [one.at for one in lived] == sorted(one.at for one in lived)
        for thread in (0, 1):
            types = [one.type for one in lived if one.thread == thread]
            assert types[0] == "order.placed"
            assert "shipment.dispatched" in types or types == ["order.placed"]
            if "shipment.delivered" in types:
                assert types.index("shipment.dispatched") < types.index("shipment.delivered")


def test_nothing_is_dispatched_to_whoever_ordered_nothing(current):
    """Also where the order is only what leaves another journey: then it begins this one."""
    habits = habits_of([current.release.journeys["cart"], current.release.journeys["parcel"]], {})
    lives = [[one.type for one in happenings(habits, Random(seed), START, 7, ZONE)] for seed in range(60)]

    ordered = [types for types in lives if "order.placed" in types]
    assert 0 < len(ordered) < len(lives)
    assert any("shipment.dispatched" in types for types in ordered)
    assert not any("shipment.dispatched" in types for types in lives if "order.placed" not in types)
    for types in ordered:
        assert "shipment.dispatched" not in types or types.index("order.placed") < types.index("shipment.dispatched")


def test_people_begin_things_when_they_are_awake(current):
    """By the clock where they live, on one of the days."""
    habits = habits_of([current.release.journeys["cart"]], {"order.placed": 0})
    begun = [one.at for seed in range(50) for one in happenings(habits, Random(seed), START, 7, "America/Manaus")]

    assert len(begun) == 50
    assert all(START <= at <= START + 8 * DAY_MS for at in begun)
    assert all(moment(at, "America/Manaus").hour >= AWAKE[0] for at in begun)


def test_a_project_without_personas_says_what_to_do(current):
    """There is nobody to make people after."""
    with pytest.raises(NotFound, match="no persona"):
        like_personas({}, current, 1, "1", START)


def test_each_schedule_of_a_journey_begins_its_own_steps(simulated):
    tally = simulated("twice", sleepers=1)

    assert tally.endings == {("twice", "exit_step"): 40}
    assert tally.inside == {("twice", "thursday"): 40}

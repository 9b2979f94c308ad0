"""Entering a segment begins a journey: each who becomes a member, once each time, on every store."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from orchestrator.dispatch import privacy
from orchestrator.dispatch.current import Current
from orchestrator.dispatch.identity import merge, undo
from orchestrator.dispatch.privacy import WantedRequest
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile
from orchestrator.dispatch.runs.entering import LOOK_MS, Entering
from orchestrator.domain.privacy import RequestKind
from orchestrator.release import read_release
from orchestrator.simulation.clock import VirtualClock
from orchestrator.simulation.life import Happening, Life
from orchestrator.store.port import BusinessClock
from orchestrator.store.tables import runs, segment_members, watches
from tests.contract.audience import Person, members
from tests.contract.world import ORDER, PowerCut, placed

GOLD = {"field": "customer.plan", "op": "is", "value": "gold"}
BOUGHT_TWICE = {"event": "order.placed", "at_least": 2}
LATELY = {"event": "order.placed", "within": "30d"}
EVERYBODY = [f"cus_{number}" for number in range(7)]


def segment(name, where):
    return {"kind": "segment", "id": name, "title": name, "owner": "marketing", "where": where}


def journey(name="welcome", enters="gold", **other):
    return {
        "kind": "journey", "id": name, "title": "Bem-vindo", "owner": "marketing", "topic": "offers",
        "trigger": {"enters": enters},
        "steps": [{"id": "ligar", "alert": {"team": "loja", "message": "Ligar"}}, {"id": "esperar", "wait": "7d"}],
        **other,
    }  # fmt: skip


def run_only(world, *journeys, gold=GOLD):
    """Publish a release with these journeys and three segments, and nothing else of the kind."""
    found = {"gold": gold, "twice": BOUGHT_TWICE, "lately": LATELY}
    content = json.loads(world.release.content)
    content["journeys"] = {one["id"]: one for one in journeys}
    content["segments"] = {name: segment(name, where) for name, where in found.items()}
    world.release = read_release(json.dumps(content))
    publish(world.store, world.release, world.clock.now())


@pytest.fixture
def world(world):
    """Seven customers of whom the first two are gold, and a journey for whoever becomes it. Somebody has looked."""
    world.register(*(Profile(id=one, attributes={"plan": "gold" if one < "cus_2" else "blue"}) for one in EVERYBODY))
    run_only(world, journey())
    look(world)
    return world


def look(world, **how):
    """Look until nobody has anything left to do."""
    entering = Entering(release=world.release, clock=world.clock)
    while entering.look(world.store, world.clock.now(), **how):
        pass


def a_minute_later(world, **how):
    world.clock.advance(minutes=1)
    look(world, **how)


def become(world, plan, *customers):
    for one in customers:
        world.revise(Profile(id=one, attributes={"plan": plan}))


def rows(world, table, *order):
    with world.store.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table).order_by(*order))]


def entered(world, name="welcome"):
    """Whose runs of a journey began, one for each."""
    return sorted(run["customer_id"] for run in rows(world, runs, runs.c.id) if run["journey"] == name)


def inside(world, name="gold"):
    return {row["customer_id"] for row in rows(world, segment_members) if row["segment"] == name}


# --- who begins -----------------------------------------------------------------------------------------------------


def test_who_was_there_at_the_first_look_does_not_begin_and_who_comes_later_does(world):
    assert entered(world) == []
    assert inside(world) == {"cus_0", "cus_1"}

    become(world, "gold", "cus_3", "cus_5")
    look(world)
    assert entered(world) == [], "the last look was in this minute"
    a_minute_later(world)
    assert entered(world) == ["cus_3", "cus_5"]
    assert inside(world) == {"cus_0", "cus_1", "cus_3", "cus_5"}
    assert {run["position"] for run in rows(world, runs)} == {"esperar"}


def test_who_stays_does_not_begin_again(world):
    become(world, "gold", "cus_3")
    for _ in range(3):
        a_minute_later(world)
    assert entered(world) == ["cus_3"]


@pytest.mark.parametrize(
    ("entry", "times"), [(None, 3), ({"key": "customer.id"}, 1), ({"again_after": "2d"}, 1), ({"again_after": "1h"}, 2)]
)
def test_who_leaves_and_enters_again_begins_again_as_the_entry_allows(world, entry, times):
    """Without one each time. A key has one run; `again_after` lets in another after so long, if the last is over."""
    steps = [{"id": "ligar", "alert": {"team": "loja", "message": "Ligar"}}]
    run_only(world, journey(entry=entry, steps=steps))
    for _ in range(3):
        become(world, "gold", "cus_3")
        a_minute_later(world)
        become(world, "blue", "cus_3")
        world.clock.advance(minutes=40)
        a_minute_later(world)
        assert "cus_3" not in inside(world)
    assert entered(world) == ["cus_3"] * times


def test_who_became_a_member_before_a_journey_was_applied_does_not_begin_it(world):
    """A new journey is for those who enter from then on, also of a segment that others have watched for long."""
    become(world, "gold", "cus_3")
    run_only(world, journey(), journey("second"))
    look(world)
    assert (entered(world), entered(world, "second")) == (["cus_3"], [])

    become(world, "gold", "cus_4")
    a_minute_later(world)
    assert (entered(world), entered(world, "second")) == (["cus_3", "cus_4"], ["cus_4"])


def test_a_filter_that_is_changed_begins_nobody(world):
    """Whoever is in the segment since was brought there by who wrote it."""
    run_only(world, journey(), gold={"any": [GOLD, {"field": "customer.plan", "op": "is", "value": "blue"}]})
    look(world)
    assert entered(world) == []
    assert inside(world) >= set(EVERYBODY)

    become(world, "red", "cus_3")
    a_minute_later(world)
    become(world, "blue", "cus_3")
    a_minute_later(world)
    assert entered(world) == ["cus_3"]


def test_the_condition_of_the_trigger_is_asked_when_somebody_enters(world):
    """Whom it does not let in is inside all the same, and has to leave before it is asked again."""
    steps = journey()["steps"]
    both = [
        {"enters": "gold", "when": "customer.city == 'Recife'", "steps": [steps[0]]},
        {"enters": "gold", "when": "customer.city != 'Olinda'", "steps": [steps[1]]},
    ]
    only_recife = journey("recife", trigger={"enters": "gold", "when": "customer.city == 'Recife'"})
    run_only(world, only_recife, journey("both", trigger=None, steps=[], triggers=both))
    look(world)
    for one, city in (("cus_2", "Recife"), ("cus_3", "Olinda"), ("cus_4", "Natal")):
        world.revise(Profile(id=one, attributes={"plan": "gold", "city": city}))
    a_minute_later(world)
    world.revise(Profile(id="cus_3", attributes={"city": "Recife"}))
    a_minute_later(world)

    assert entered(world, "recife") == ["cus_2"]
    begun = [run for run in rows(world, runs, runs.c.customer_id) if run["journey"] == "both"]
    assert [(run["customer_id"], run["beginning"]) for run in begun] == [("cus_2", 0), ("cus_4", 1)]


def test_time_alone_brings_people_in_and_out(world):
    world.accept(placed(customer="cus_3", at=world.clock.now()))
    run_only(world, journey("lapsed", enters="gold"), gold={"not": LATELY})
    look(world)
    assert "cus_3" not in inside(world)

    world.clock.advance(days=30)
    look(world)
    assert entered(world, "lapsed") == ["cus_3"]


# --- at once --------------------------------------------------------------------------------------------------------


def test_an_event_that_makes_somebody_a_member_begins_the_run_in_its_own_commit(world):
    run_only(world, journey(enters="twice", exit_on=[{"event": "order.placed"}]))
    look(world)
    world.accept(placed("a", customer="cus_3", at=world.clock.now()), placed("b", customer="cus_4", at=0))
    assert entered(world) == []

    world.accept(placed("c", customer="cus_3", at=world.clock.now()))
    assert entered(world) == ["cus_3"]
    (run,) = rows(world, runs)
    assert run["position"] == "esperar", "what made them enter does not end what it began"
    a_minute_later(world)
    assert entered(world) == ["cus_3"]

    world.accept(placed("d", customer="cus_3", at=world.clock.now()))
    assert [run["ending"] for run in rows(world, runs)] == ["exit_event"]


def test_an_event_before_the_first_look_begins_nothing(world):
    run_only(world, journey(enters="twice"))
    world.accept(*(placed(one, customer="cus_3", at=world.clock.now()) for one in "ab"))
    look(world)
    assert (entered(world), inside(world, "twice")) == ([], {"cus_3"})


def test_what_a_run_says_may_bring_its_customer_into_another_segment(world):
    """In the same commit: runs that begin runs."""
    says = {"id": "dizer", "emit": {"event": "order.placed", "data": {"order_id": "x", **ORDER}}}
    run_only(
        world,
        journey("second", enters="twice"),
        journey("first", enters="lately", steps=[says]),
    )
    look(world)
    world.accept(placed("a", customer="cus_3", at=world.clock.now()))
    assert (entered(world, "first"), entered(world, "second")) == (["cus_3"], ["cus_3"])


# --- once -----------------------------------------------------------------------------------------------------------


def test_everybody_enters_once_whoever_looks_and_in_however_many_rounds(world):
    become(world, "gold", *EVERYBODY[2:])
    world.clock.advance(minutes=1)
    entering = Entering(release=world.release, clock=world.clock)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: entering.look(world.store, world.clock.now(), 2), range(12)))
    look(world, limit=2)
    assert entered(world) == EVERYBODY[2:]


def test_an_event_and_a_look_at_once_begin_one_run(world):
    run_only(world, journey(enters="lately"))
    look(world)
    world.clock.advance(minutes=1)

    def one(number):
        if number % 2:
            return look(world)
        return world.accept(placed(str(number), customer=f"cus_{number % 7}", at=world.clock.now()))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(24)))
    a_minute_later(world)
    assert entered(world) == EVERYBODY


def test_whoever_dies_between_two_rounds_forgets_nobody_and_takes_nobody_twice(world):
    become(world, "gold", *EVERYBODY[2:])
    world.clock.advance(minutes=1)
    entering, deaths = Entering(release=world.release, clock=world.clock), iter(range(2))

    def die(_point):
        if next(deaths, None) == 1:
            raise PowerCut

    entering.look(world.store, world.clock.now(), 2, passing=die)
    with pytest.raises(PowerCut):
        entering.look(world.store, world.clock.now(), 2, passing=die)
    assert len(entered(world)) == 2
    assert inside(world) == {"cus_0", "cus_1", "cus_2", "cus_3"}
    look(world, limit=2)
    assert entered(world) == EVERYBODY[2:]


def test_a_first_look_in_rounds_begins_nobody(world):
    """Only its end makes the difference between those who were there and those who came."""
    run_only(world, journey(), gold=LATELY)
    world.accept(*(placed(one, customer=one, at=world.clock.now()) for one in EVERYBODY))
    entering = Entering(release=world.release, clock=world.clock)
    entering.look(world.store, world.clock.now(), 3)
    world.accept(placed("again", customer="cus_6", at=world.clock.now()))
    look(world, limit=3)
    assert (entered(world), len(inside(world))) == ([], 7)


# --- the rows -------------------------------------------------------------------------------------------------------


def test_rows_go_with_the_last_journey_that_names_the_segment(world):
    run_only(world)
    look(world)
    assert (rows(world, watches), rows(world, segment_members)) == ([], [])

    run_only(world, journey())
    look(world)
    assert (entered(world), inside(world)) == ([], {"cus_0", "cus_1"})


def test_nothing_of_the_present_happens_while_a_past_is_played(world):
    with world.store.write() as transaction:
        transaction.ledger.set_clock(BusinessClock(frozen_at=world.clock.now()))
    become(world, "gold", "cus_3")
    a_minute_later(world)
    assert entered(world) == []


def test_a_clock_that_was_set_back_is_looked_by_all_the_same(world):
    """Business time may jump, as a demo's does: the minute that has not come yet is not waited for."""
    with world.store.write() as transaction:
        transaction.ledger.set_clock(BusinessClock(offset_ms=-10 * LOOK_MS))
    become(world, "gold", "cus_3")
    look(world)
    assert entered(world) == ["cus_3"]


def test_becoming_one_with_a_member_and_two_again_is_no_entering(world):
    """Whoever was in a segment under either name was in it; the next look takes out whom it does not fit."""
    with world.store.write() as transaction:
        one = merge(transaction, world.release, world.clock, "cus_3", "cus_0", by="test")
    assert inside(world) == {"cus_1", "cus_3"}
    become(world, "gold", "cus_3")
    a_minute_later(world)
    assert entered(world) == []

    with world.store.write() as transaction:
        undo(transaction, world.clock, one.id, by="test")
    assert inside(world) == {"cus_0", "cus_1", "cus_3"}
    become(world, "blue", "cus_3")
    a_minute_later(world)
    assert (entered(world), inside(world)) == ([], {"cus_0", "cus_1"})


def test_who_is_erased_is_in_no_segment_and_what_is_left_of_them_enters_none(world, desk):
    """Rows that count stay, under an id that is nobody's: nobody is to be called because of them."""
    run_only(world, journey(enters="lately"), journey("never", enters="gold"), gold={"not": LATELY})
    world.accept(placed("a", customer="cus_3", at=world.clock.now()))
    look(world)
    assert inside(world, "lately") == {"cus_3"}

    wanted = WantedRequest(kind=RequestKind.ERASE, customer_id="cus_3", vouched="by phone")
    with world.store.write() as transaction:
        request = privacy.ask(transaction, desk, wanted, by="cli:bia")
    privacy.finish(world.store, desk, request.id, by="cli:bia")
    assert "cus_3" not in {row["customer_id"] for row in rows(world, segment_members)}
    a_minute_later(world)
    assert (inside(world, "lately"), entered(world), entered(world, "never")) == (set(), [], [])


# --- as it is imagined ----------------------------------------------------------------------------------------------


def test_a_life_that_is_imagined_enters_when_a_shop_does(world):
    """Orders at random hours of seven customers: who entered, as which run, and when, to the millisecond."""
    often, lapsed = {**LATELY, "at_least": 2, "within": "5d"}, {"not": {**LATELY, "within": "20d"}}
    run_only(world, journey(), gold={"any": [often, {"all": [{"event": "order.placed"}, lapsed]}]})
    look(world)
    start, chance, hour = world.clock.now(), random.Random(5), 3_600_000
    orders = {one: sorted(start + chance.randrange(1, 720) * hour for _ in range(4)) for one in EVERYBODY}
    with world.store.read() as transaction:
        standings = transaction.customers.standings(EVERYBODY, ())
    due = sorted((at, one) for one, theirs in orders.items() for at in theirs)
    turns = {at + days * 24 * hour for at, _ in due for days in (5, 20)}
    for instant in sorted(turns | {at for at, _ in due}):
        world.clock.advance(seconds=(instant - world.clock.now()) / 1000)
        look(world)
        world.accept(*(placed(f"{one}/{at}", customer=one, at=at) for at, one in due if at == instant))

    imagined = [run for one in EVERYBODY for run in imagine(world, standings[one], orders[one], start)]
    really = [(run["customer_id"], run["key"], run["started_at"]) for run in rows(world, runs)]
    assert sorted(imagined) == sorted(really)
    assert len(really) > 7


def imagine(world, standing, orders, start):
    """Who, as which run, and when."""
    life = Life(Current("imagined", world.release, {}), standing, VirtualClock(start, standing.customer.id))
    for at in orders:
        data = {"order_id": f"{standing.customer.id}/{at}", **ORDER}
        life.happen(Happening(at=at, type="order.placed", data=data))
    life.live_until(start + 60 * 24 * 3_600_000)
    return [(run.customer_id, run.key, run.started_at) for run in life.ledger.runs.all.values()]


# --- sizes ----------------------------------------------------------------------------------------------------------


def test_whoever_changes_is_in_or_out_as_one_finds_by_looking_at_each(world):
    """Against a brute force: who is inside, and who has begun, is who entered since the look before."""
    lately = {"event": "order.placed", "within": "1d", "at_least": 2}
    where = {"any": [GOLD, {"all": [lately, {"not": {"field": "customer.plan", "op": "is", "value": "red"}}]}]}
    run_only(world, journey(), gold=where)
    look(world)
    chance = random.Random(11)
    people = {one: Person(profile={"id": one, "plan": "gold" if one < "cus_2" else "blue"}) for one in EVERYBODY}
    before, begun = {"cus_0", "cus_1"}, []

    def compare():
        nonlocal before
        fits = members(people.values(), where, world.clock.now(), "America/Sao_Paulo")
        begun.extend(fits - before)
        assert inside(world) == fits
        before = fits

    for number in range(30):
        world.clock.advance(hours=3)
        look(world)
        compare()
        one = chance.choice(EVERYBODY)
        if number % 3:
            people[one].events.append(("order.placed", world.clock.now(), {}))
            world.accept(placed(str(number), customer=one, at=world.clock.now()))
        else:
            people[one].profile["plan"] = chance.choice(["gold", "blue", "red"])
            become(world, people[one].profile["plan"], one)
            a_minute_later(world)
        compare()
    assert entered(world) == sorted(begun)
    assert len(begun) > len(set(begun)) > 3

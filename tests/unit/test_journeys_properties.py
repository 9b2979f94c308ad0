"""What holds for every journey and everything that may happen: Hypothesis looks for one for which it does not."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.journeys.advance import advance
from orchestrator.journeys.run import TRIGGER, Rang, Update
from orchestrator.journeys.steps import KINDS, STANDING
from tests.playing import DAY, HOUR, MINUTE, MONDAY, Play, happened, journey, send

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

EVENTS = ("a.one", "a.two", "ticket.closed")
types = st.sampled_from(EVENTS[:2])
conditions = st.sampled_from(
    ["true", "true", "order.total > 50.0", "cart.total > 50.0", "event.n > 1", 'engaged("s1")', "days(now, now) == 0"]
)
durations = st.sampled_from(["30m", "2h", "1d", "3d"])
waits = st.sampled_from(["30m", "1d", "2bd", {"until": "10:00"}, {"for": "1d", "until": "08:00", "days": ["sat"]}])

# --- journeys: steps without ids, which are numbered when all are there ---------------------------------------------

PLAIN = (
    *[{"send": "news"}] * 8,
    {"send": "offer", "channels": {"all": ["email"], "first_reachable": ["sms", "push"]}},
    {"update": {"customer.tier": "ouro"}},
    {"alert": {"team": "operacoes", "message": "Olhar"}},
    {"emit": {"event": "tier.changed"}},
)
HANDOFF, EXIT = {"handoff": {"team": "atendimento"}}, {"exit": "fim"}


def parted(lists):
    """Branches and splits of lists of steps."""
    arms = st.lists(st.tuples(conditions, lists), min_size=1, max_size=2)
    branches = st.tuples(arms, st.none() | lists).map(
        lambda drawn: {
            "branch": [{"when": when, "steps": steps} for when, steps in drawn[0]]
            + ([] if drawn[1] is None else [{"otherwise": True, "steps": drawn[1]}])
        }
    )
    shares = st.tuples(lists, lists).map(
        lambda drawn: {"split": {"a": {"weight": 1, "steps": drawn[0]}, "b": {"weight": 2, "steps": drawn[1]}}}
    )
    return branches | shares


at_once = st.recursive(
    st.sampled_from([*PLAIN, HANDOFF, EXIT]),
    lambda inner: parted(st.lists(inner, max_size=2)),
    max_leaves=4,
)
aside = st.lists(at_once, min_size=1, max_size=2)
awaited = st.fixed_dictionaries({"event": types}, optional={"when": conditions})


def standing(lists):
    """Steps that wait, with what they do meanwhile and how they go on."""
    wait_for = st.tuples(awaited, durations, aside, st.none() | lists).map(
        lambda drawn: {
            "wait_for": {
                **drawn[0],
                "give_up": "10d",
                "timeout": drawn[1],
                "on_timeout": drawn[2],
                **({} if drawn[3] is None else {"then": drawn[3]}),
            }
        }
    )
    reaction = st.tuples(awaited, st.none() | durations, aside).map(
        lambda drawn: {**drawn[0], **({"debounce": drawn[1]} if drawn[1] else {}), "steps": drawn[2]}
    )
    watch = st.tuples(st.lists(awaited, max_size=1), st.lists(reaction, min_size=1, max_size=2), st.none() | lists).map(
        lambda drawn: {
            "watch": {
                "for": "10d",
                "until": drawn[0],
                "react": drawn[1],
                **({} if drawn[2] is None else {"then": drawn[2]}),
            }
        }
    )
    return st.one_of(waits.map(lambda wait: {"wait": wait}), wait_for, watch, st.just(HANDOFF))


ways = st.recursive(
    standing(st.just([])) | st.sampled_from(PLAIN),
    lambda inner: parted(st.lists(inner, max_size=2)) | standing(st.lists(inner, max_size=2)),
    max_leaves=5,
)


def numbered(steps):
    """The steps with ids `s1`, `s2` and so on, those inside others too."""
    numbers = iter(range(1, 10_000))

    def each(value):
        if isinstance(value, dict):
            own = {"id": f"s{next(numbers)}"} if value.keys() & KINDS.keys() else {}
            return {**own, **{key: each(one) for key, one in value.items()}}
        return [each(one) for one in value] if isinstance(value, list) else value

    return each(steps)


quiet = st.sampled_from([{"event": "order.placed"}, {"event": "order.placed", "quiet_for": "1h"}])
journeys = st.tuples(st.lists(ways, min_size=2, max_size=5).map(numbered), quiet, st.booleans()).map(
    lambda drawn: journey(*drawn[0], trigger=drawn[1], exit_on=[{"event": "a.exit"}] if drawn[2] else [])
)


# --- what happens ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Happening:
    """An event: how long after the one before, how much later it arrives, and what it is about."""

    after: int
    late: int
    type: str
    order: str | None
    n: int


happenings = st.lists(
    st.builds(
        Happening,
        after=st.sampled_from([0, 10 * MINUTE, HOUR, DAY, 4 * DAY]),
        late=st.sampled_from([0, 0, 5 * MINUTE, 2 * HOUR]),
        type=st.sampled_from((*EVENTS[:2] * 4, "ticket.closed", "a.exit")),
        order=st.sampled_from(["ord_1", "ord_1", "ord_1", "ord_2", None]),
        n=st.integers(0, 3),
    ),
    min_size=2,
    max_size=10,
)


def arrivals(happenings):
    """Events by the time of their arrival: (instant, event)."""
    at, found = MONDAY, []
    for number, one in enumerate(happenings):
        at += one.after
        event = happened(one.type, at, f"evt_{number}", order=one.order, data={"n": one.n})
        found.append((at + one.late, event))
    return sorted(found, key=lambda arrival: arrival[0])


@dataclass(kw_only=True)
class Watched(Play):
    """A play that looks at each move: it is pure, it is the same when it is made again, and it has a way out."""

    disturbed: bool = False
    stale: set[tuple[str, int]] = field(default_factory=set)

    def _move(self, run, happening):
        around = self.scene(run)
        before = deepcopy((run, happening, around.data, around.past))
        moved = advance(self.journey, run, happening, around)
        assert (run, happening, around.data, around.past) == before, "advance changed what it was given"
        assert advance(self.journey, run, happening, around) == moved, "advance is not the same twice"
        assert over(moved.run) or stands(self.journey, moved.run)
        super()._move(run, happening)
        if isinstance(happening, Rang):
            self.stale.add((happening.name, happening.set))
        if self.disturbed:
            self._disturb(run.id)

    def _disturb(self, run_id):
        """Alarms ring that rang already, that are set no more, or that nobody knows."""
        run = self.runs[run_id]
        for name, setting in [*self.stale, ("wake", 0), ("react:7", 1), ("?", run.moves)]:
            if name not in run.alarms or run.alarms[name].set != setting:
                assert advance(self.journey, run, Rang(name, setting), self.scene(run)).run is run
        self.stale |= {(name, alarm.set - 1) for name, alarm in run.alarms.items()}


def over(run):
    return run.ended_at is not None and run.ending is not None and run.position is None and not run.alarms


def stands(one, run):
    return bool(run.alarms) and (run.position == TRIGGER or run.position in one.outline.places)


def played(one, happenings, **how):
    play = Watched(journey=one, **how)
    play.happen(happened("order.placed", MONDAY, "evt_placed"))
    for at, event in arrivals(happenings):
        play.pass_until(at)
        play.happen(event)
    play.pass_until()
    return play


@QUICK
@given(one=journeys, happenings=happenings)
def test_every_run_ends_and_each_move_is_pure_and_the_same_twice(one, happenings):
    play = played(one, happenings)
    assert play.runs
    assert all(over(run) for run in play.runs.values())


@QUICK
@given(one=journeys)
def test_alarms_alone_end_a_run(one):
    """Nothing ever happens: every place where it can stand rings twice at most."""
    play = played(one, [])
    places = sum(isinstance(step, STANDING) for step in one.all_steps())
    assert play.rings <= 2 * places + 1


@QUICK
@given(one=journeys, happenings=happenings)
def test_steps_are_taken_once_and_in_the_order_of_the_file(one, happenings):
    """Those beside a wait are the exception: they are taken as often as it happens."""
    play = played(one, happenings)
    order = list(one.outline.places)
    on_the_way = {step_id for step_id, place in one.outline.places.items() if place.beside is None}
    for run in play.runs.values():
        taken = [step_id for step_id in run.taken if step_id in on_the_way]
        assert taken == sorted(taken, key=order.index)
        assert all(run.taken[step_id] == 1 for step_id in taken)
    askings = [(wish.step, wish.nth, getattr(wish, "slot", "")) for wish in play.wishes if not isinstance(wish, Update)]
    assert len(set(askings)) == len(askings), "two askings would be taken for one"


@QUICK
@given(one=journeys, happenings=happenings)
def test_alarms_that_are_not_due_any_more_change_nothing(one, happenings):
    calm, disturbed = played(one, happenings), played(one, happenings, disturbed=True)
    assert (disturbed.wishes, disturbed.runs, disturbed.said) == (calm.wishes, calm.runs, calm.said)


@QUICK
@given(one=journeys, happenings=happenings, order=st.sampled_from(["ord_2", "ord_3"]))
def test_what_happens_to_another_order_changes_nothing(one, happenings, order):
    """Where a journey has a key. Its exits are the customer's, and left out here."""
    about_ours = [event for event in happenings if event.type != "a.exit"]
    alone, among = Play(journey=one), Play(journey=one)
    for play in (alone, among):
        play.happen(happened("order.placed", MONDAY, "evt_placed"))
    for at, event in arrivals(about_ours):
        for play in (alone, among):
            play.pass_until(at)
            play.happen(event)
        if event.type != "ticket.closed":  # of the customer, whatever it names
            among.happen(happened(event.type, event.at, f"{event.id}_other", order=order, data=dict(event.payload)))
    for play in (alone, among):
        play.pass_until()
    assert among.wishes == alone.wishes


# --- overtaking -----------------------------------------------------------------------------------------------------


def ending(step_id, event_type, by_watch):
    if by_watch:
        react = [{"event": "a.never", "steps": [send(f"{step_id}_nunca")]}]
        return {"id": step_id, "watch": {"for": "60d", "until": [{"event": event_type}], "react": react}}
    return {"id": step_id, "wait_for": {"event": event_type}}


@QUICK
@given(
    awaited=st.lists(st.tuples(types, st.booleans()), min_size=1, max_size=5),
    extra=st.lists(types, max_size=3),
    data=st.data(),
)
def test_events_that_overtake_each_other_come_to_the_same_end(awaited, extra, data):
    """Also those that overtake what begins the run."""
    steps = []
    for number, (event_type, by_watch) in enumerate(awaited):
        steps += [ending(f"w{number}", event_type, by_watch), send(f"s{number}")]
    one = journey(*steps)
    events = [happened("order.placed", MONDAY, "evt_placed")]
    events += [
        happened(event_type, MONDAY + (number + 1) * MINUTE, f"evt_{number}")
        for number, event_type in enumerate([*extra, *(event_type for event_type, _ in awaited)])
    ]

    def steps_after(order):
        play = Play(journey=one, now=MONDAY + HOUR)
        for event in order:
            play.happen(event)
        return [wish.step for wish in play.wishes], [run.position for run in play.runs.values()]

    assert steps_after(data.draw(st.permutations(events))) == steps_after(events)


def test_an_event_given_as_past_is_as_good_as_one_that_is_heard():
    one = journey({"id": "w", "wait_for": {"event": "a.one"}}, send("depois"))
    event = happened("a.one", MONDAY + HOUR)
    heard = Play(journey=one)
    heard.happen(happened("order.placed", MONDAY))
    heard.happen(event)
    past = Play(journey=one, past=[("cus_1", event)])
    past.happen(happened("order.placed", MONDAY))
    assert [wish.step for wish in past.wishes] == [wish.step for wish in heard.wishes] == ["depois"]

"""Segments on every store: whom the database finds is whom one finds by looking at each person."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestrator.domain.time import moment
from orchestrator.segments.member import Member, SentTo, fits, turns_after
from orchestrator.segments.model import Segment
from orchestrator.store.port import Audience
from orchestrator.store.tables import consent_state, customers, deliveries, events, objects
from tests.contract.audience import Person, members

NOW = 1_795_000_800_123  # 18 November 2026, 08:20 in São Paulo
DAY = 86_400_000
ZONE = "America/Sao_Paulo"
CHANNELS = ("email", "sms")
TOPICS = ("offers", "reviews")

TEXTS = ("vip", "VIP", "São Paulo", "sao", "", "a%b", "o'clock", "10", "true")
NUMBERS = (0, 1, 2, 10, 2.5, 10.0, -3, 99999999999, 0.1)
TIMES = (
    "2026-11-18", "2026-10-19", "2025-01-01", "2026-11-18T08:20:00-03:00", "2026-11-18T11:20:01Z",
    "2026-10-19T23:59:59", "2026-11-17T08:20:00", "2026-11-18T08:19:59-02:00",
)  # fmt: skip
ODD = ("2026-13-45", "2026-11-18T", "18/11/2026", "2026-11-18T10:00:00 Z", [], {}, {"plan": {"name": "gold"}}, None)
VALUES = (*TEXTS, *NUMBERS, *TIMES, *ODD, True, False, ["vip", "x"], ["VIP", 10], [["vip"]])
KEYS = ("tags", "orders_count", "last_order_at", "plan", "a_1")


# --- people ---------------------------------------------------------------------------------------------------------


def document(chance):
    data = {key: chance.choice(VALUES) for key in KEYS if chance.random() < 0.7}
    if chance.random() < 0.3:
        data["plan"] = {"name": chance.choice(VALUES), "since": chance.choice(TIMES)}
    return data


def person(number, chance):
    few = lambda most: range(chance.randint(0, most))  # noqa: E731  # said three times below
    profile = {
        **document(chance),
        "id": f"cus_{number:03}",
        "locale": chance.choice(("pt-BR", "en", None)),
        "time_zone": chance.choice((ZONE, None)),
    }
    return Person(
        profile=profile,
        events=[
            (
                chance.choice(("order.placed", "cart.updated")),
                NOW - chance.choice((-DAY, 0, DAY, 40 * DAY)),
                document(chance),
            )
            for _ in few(4)
        ],
        objects=[(chance.choice(("order", "ticket")), document(chance)) for _ in few(3)],
        consents={
            (chance.choice(TOPICS), chance.choice(CHANNELS)): chance.choice(("granted", "pending", "withdrawn"))
            for _ in few(3)
        },
        messages=[
            (
                chance.choice(("win_back", "welcome")),
                chance.choice(TOPICS),
                chance.choice(CHANNELS),
                chance.choice(("sent", "sent", "sent", "blocked")),
                chance.choice(("", "delivered", "read", "clicked", "bounced")),
                NOW - chance.choice((0, DAY, 40 * DAY)),
            )
            for _ in few(3)
        ],
        merged=chance.random() < 0.1,
    )


def put(store, people):
    """Into the tables as they are: how rows come about is tested elsewhere."""
    numbered = [(number, one, one.profile["id"]) for number, one in enumerate(people)]
    of_profile = ("id", "locale", "time_zone")
    with store.engine.begin() as connection:

        def insert(table, rows):
            connection.execute(table.insert(), rows) if rows else None

        insert(customers, [
            {
                **{name: one.profile[name] for name in of_profile},
                "attributes": {name: value for name, value in one.profile.items() if name not in of_profile},
                "created_at": 0, "updated_at": 0, "merged_into": "cus_000" if one.merged else None,
            }
            for _, one, _ in numbered
        ])  # fmt: skip
        insert(events, [
            {
                "id": f"evt_{number}_{place}", "source": "test", "source_id": f"{number}/{place}", "type": kind,
                "customer_id": owner, "objects": {}, "data": data, "body_hash": "", "occurred_at": at, "received_at": 0,
            }
            for number, one, owner in numbered for place, (kind, at, data) in enumerate(one.events)
        ])  # fmt: skip
        insert(objects, [
            {
                "kind": kind, "id": f"{number}_{place}", "customer_id": owner, "data": data, "field_times": {},
                "updated_at": 0,
            }
            for number, one, owner in numbered for place, (kind, data) in enumerate(one.objects)
        ])  # fmt: skip
        insert(consent_state, [
            {"customer_id": owner, "topic": topic, "channel": channel, "state": state, "event_id": "", "at": 0}
            for _, one, owner in numbered for (topic, channel), state in one.consents.items()
        ])  # fmt: skip
        insert(deliveries, [
            {
                "id": f"msg_{number}_{place}", "identity": f"{number}/{place}", "message": message, "topic": topic,
                "customer_id": owner, "purpose": "marketing", "candidates": channel, "objects": {}, "data": {},
                "priority": "normal", "origin": "test", "state": state, "lane": "marketing", "due_at": due_at,
                "next_action_at": 0, "accepted_at": 0, "channel": channel, "receipt": receipt,
            }
            for number, one, owner in numbered
            for place, (message, topic, channel, state, receipt, due_at) in enumerate(one.messages)
        ])  # fmt: skip


@pytest.fixture
def people(store):
    """A hundred and twenty of them, odd in every way that data can be odd."""
    chance = random.Random(7)
    made = [person(number, chance) for number in range(120)]
    made[0].merged = False
    put(store, made)
    return made


# --- filters --------------------------------------------------------------------------------------------------------

WANTED = {
    "is": st.sampled_from([*TEXTS, *NUMBERS, True, False]),
    "is_not": st.sampled_from([*TEXTS, *NUMBERS, True, False]),
    "one_of": st.lists(st.sampled_from([*TEXTS, *NUMBERS, True, False]), min_size=1, max_size=4),
    "contains": st.sampled_from(["vip", "VIP", "a", "o'", "%"]),
    **dict.fromkeys(("at_least", "more_than", "at_most", "less_than"), st.sampled_from(NUMBERS)),
    **dict.fromkeys(("before", "since"), st.sampled_from(TIMES)),
    **dict.fromkeys(("older_than", "newer_than"), st.sampled_from(["30d", "26h", "1d", "90w"])),
    "exists": st.none(),
}
PATHS = (*KEYS, "plan.name", "plan.since", "tags.0", "missing")


@st.composite
def comparison(draw, root):
    """A comparison of a field of this root."""
    paths = [*PATHS, "id", "locale", "time_zone"] if root == "customer" else PATHS
    op = draw(st.sampled_from(sorted(WANTED)))
    value = draw(WANTED[op])
    return {"field": f"{root}.{draw(st.sampled_from(paths))}", "op": op} | ({} if value is None else {"value": value})


def joined(leaves):
    """With all, any and not around them."""
    several = lambda inner: st.lists(inner, min_size=1, max_size=3)  # noqa: E731  # said twice below
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            several(inner).map(lambda parts: {"all": parts}),
            several(inner).map(lambda parts: {"any": parts}),
            inner.map(lambda part: {"not": part}),
        ),
        max_leaves=4,
    )


def some(required, **optional):
    return st.fixed_dictionaries(required, optional=optional)


WITHIN = st.sampled_from(["1d", "2d", "6w"])
FILTERS = joined(
    st.one_of(
        comparison("customer"),
        some(
            {"event": st.sampled_from(["order.placed", "cart.updated"])},
            within=WITHIN, at_least=st.integers(1, 3), where=joined(comparison("event")),
        ),
        some({"object": st.just("order")}, at_least=st.integers(1, 2), where=joined(comparison("order"))),
        some(
            {"consent": st.sampled_from(TOPICS)},
            state=st.sampled_from(["granted", "pending", "withdrawn"]), channel=st.sampled_from(CHANNELS),
        ),
        some(
            {"engaged": st.sampled_from(["sent", "delivered", "read", "clicked"])},
            message=st.just("win_back"), topic=st.sampled_from(TOPICS), channel=st.sampled_from(CHANNELS),
            within=WITHIN,
        ),
    )
)  # fmt: skip


def audience(where, now=NOW):
    segment = Segment.model_validate({"kind": "segment", "id": "s", "title": "S", "owner": "m", "where": where})
    return Audience(where=segment.where, now=now, zone=ZONE)


def as_member(person):
    """The person as a simulation holds them."""
    return Member(
        profile=person.profile,
        events=person.events,
        objects=person.objects,
        consents=person.consents,
        messages=[
            SentTo(message=message, topic=topic, channel=channel, due_at=due_at, reached=receipt)
            for message, topic, channel, state, receipt, due_at in person.messages
            if state == "sent"
        ],
    )


def remembered(people, wanted):
    """The ids of those whom a filter fits, found without a database."""
    return {
        one.profile["id"]
        for one in people
        if not one.merged and fits(wanted.where, as_member(one), wanted.now, wanted.zone)
    }


EVERY_COMPARISON = [
    *(("is", one) for one in (*TEXTS, *NUMBERS, True, False)),
    *(("is_not", one) for one in (*TEXTS, *NUMBERS, True, False)),
    ("one_of", ["vip", 10, True]),
    ("one_of", ["10"]),
    *(("contains", one) for one in ("vip", "VIP", "a", "o'", "%")),
    *((op, one) for op in ("at_least", "more_than", "at_most", "less_than") for one in NUMBERS),
    *((op, one) for op in ("before", "since") for one in TIMES),
    *((op, one) for op in ("older_than", "newer_than") for one in ("30d", "24h", "1d", "90w")),
    ("exists", None),
]


def test_every_operator_compares_values_of_every_kind_as_one_would_by_hand(store):
    """Each against a text, a number, a truth, a list, an object, a time, nothing, and what only looks like one."""
    everybody = [Person({"id": f"cus_{number:03}", "locale": None, "time_zone": None, "v": value})
                 for number, value in enumerate(VALUES)]  # fmt: skip
    put(store, everybody)

    with store.read() as transaction:
        for op, wanted in EVERY_COMPARISON:
            test = {"field": "customer.v", "op": op} | ({} if wanted is None else {"value": wanted})
            expected = sorted(members(everybody, test, NOW, ZONE))
            assert transaction.segments.page(audience(test), "", 1_000) == expected, test
            assert sorted(remembered(everybody, audience(test))) == expected, test


@settings(
    max_examples=60, phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(where=FILTERS)
def test_the_database_finds_whom_one_finds_by_looking(store, people, where):
    """Counted, paged and asked about, for any filter over any data."""
    expected = members(people, where, NOW, ZONE)
    wanted = audience(where)

    with store.read() as transaction:
        segments = transaction.segments
        assert segments.count(wanted) == len(expected)
        assert segments.page(wanted, "", 1_000) == sorted(expected)
        assert segments.among(wanted, ["cus_001", "cus_002", "cus_090"]) == expected & {"cus_001", "cus_002", "cus_090"}
    assert remembered(people, wanted) == expected


EVERYBODY = {"field": "customer.id", "op": "exists"}


def test_pages_follow_one_another_without_a_gap(store, people):
    """In the order of ids, after the last one seen."""
    wanted, found = audience(EVERYBODY), [""]
    with store.read() as transaction:
        while page := transaction.segments.page(wanted, found[-1], 7):
            assert len(page) <= 7
            found += page

    assert found[1:] == sorted(one.profile["id"] for one in people if not one.merged)


@pytest.mark.parametrize("most", [1, 3, 10, 1_000])
def test_a_sample_is_spread_over_the_whole_segment(store, people, most):
    """As many as were asked for, each from a part of its own; the same ones when it is taken again."""
    ids = sorted(one.profile["id"] for one in people if not one.merged)
    with store.read() as transaction:
        found = transaction.segments.sample(audience(EVERYBODY), most)
        assert found == transaction.segments.sample(audience(EVERYBODY), most)

    assert len(found) == min(most, len(ids))
    places = [ids.index(one) for one in found]
    gaps = {later - earlier for earlier, later in itertools.pairwise(places)}
    assert not gaps or max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize(
    "odd", ["2026-02-30T24:59:59Z", "2026-11-18T10:00:00+14:59", "9999-12-31T23:59:59.999Z", "0000-01-01T00:00:00Z"]
)
def test_a_time_that_never_was_ends_no_query(store, odd):
    """One customer's odd value must not stop a campaign to all others."""
    somebody = Person({"id": "cus_001", "locale": None, "time_zone": None, "v": odd})
    put(store, [somebody])
    asked = [audience({"field": "customer.v", "op": op, "value": "2026-03-03"}) for op in ("before", "since")]

    with store.read() as transaction:
        found = [transaction.segments.count(one) for one in asked]
    assert sum(found) == 1
    assert [len(remembered([somebody], one)) for one in asked] == found


# --- what time alone changes ----------------------------------------------------------------------------------------

AGING = joined(
    st.one_of(
        st.tuples(st.sampled_from(["older_than", "newer_than"]), st.sampled_from(KEYS), st.sampled_from(["2d", "30d"]))
        .map(lambda one: {"field": f"customer.{one[1]}", "op": one[0], "value": one[2]}),
        some({"event": st.just("order.placed"), "within": WITHIN}, where=joined(comparison("event"))),
        some({"object": st.just("order"), "where": comparison("order")}),
        some({"engaged": st.sampled_from(["sent", "read"]), "within": WITHIN}),
    )
)  # fmt: skip


@settings(max_examples=40, phases=(Phase.explicit, Phase.generate, Phase.shrink))
@given(where=AGING, seed=st.integers(0, 999), after=st.integers(1, 50 * DAY))
def test_between_two_turns_of_time_nobody_enters_and_nobody_leaves(where, seed, after):
    """So that a life that is only imagined needs to look at these instants, and at no others."""
    wanted, one = audience(where), person(1, random.Random(seed))
    one.merged = False
    member, turns, at = as_member(one), [], NOW
    while (turn := turns_after(wanted.where, member, at, ZONE)) is not None and turn <= NOW + after:
        turns.append(turn)
        at = turn
    now = fits(wanted.where, member, at, ZONE)
    assert fits(wanted.where, member, NOW + after, ZONE) == now, [moment(turn, ZONE) for turn in turns]
    assert members([one], where, NOW + after, ZONE) == ({"cus_001"} if now else set())

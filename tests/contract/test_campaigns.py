"""Campaigns: what the waterfall foresees is what happens, and nobody is written to twice, on every store."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest
from sqlalchemy import select

from orchestrator.dispatch.accept import Later
from orchestrator.dispatch.campaigns.campaign import Campaign
from orchestrator.dispatch.campaigns.start import start
from orchestrator.dispatch.campaigns.waterfall import foresee, lasts_ms
from orchestrator.dispatch.current import Current
from orchestrator.dispatch.fire import fire
from orchestrator.dispatch.register import Profile
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.domain.delivery import State
from orchestrator.domain.errors import InputError, NotFound
from orchestrator.segments.model import Segment
from orchestrator.store.tables import deliveries, timers
from tests.contract.world import PowerCut

HOUR = 3_600_000
MESSAGE = "preference_checkin"
FANS = Segment.model_validate({
    "kind": "segment", "id": "fans", "title": "Fãs", "owner": "marketing",
    "where": {"field": "customer.fan", "op": "is", "value": True},
})  # fmt: skip

# How each fan is: (what they said about offers, whether there is an e-mail address).
WAYS = (
    [("granted", True)] * 5 + [("granted", False)] * 2 + [("withdrawn", True)] * 3 + [("pending", True), (None, True)]
)


def come(world):
    """Twelve fans, one of whom complained, and somebody who is none."""
    world.register(*(
        Profile(
            id=f"cus_{number:02}",
            attributes={"fan": True},
            emails=(f"fan{number}@example.com",) if reachable else (),
        )
        for number, (state, reachable) in enumerate(WAYS)
    ))  # fmt: skip
    for number, (state, _) in enumerate(WAYS):
        if state is not None:
            world.said(ConsentState(state), "offers", customer_id=f"cus_{number:02}")
    world.suppress("email", "cus_00", "complaint")
    return world


@pytest.fixture
def world(world):
    return come(world)


@pytest.fixture
def strict(strict):
    return come(strict)


def campaign(world, **parts):
    given = {"name": "volta", "message": MESSAGE, "segment": FANS, "channels": (Channel.EMAIL,), **parts}
    return Campaign(begun_at=world.clock.now(), **given)


def foreseen(world, wanted):
    return foresee(world.store, Current(world.release.id, world.release, {}), world.clock, wanted)


def started(world, wanted, **how):
    return start(world.store, world.release, world.clock, wanted, by="cli:test", **how)


def rows(world, table):
    with world.store.engine.connect() as connection:
        return [row._mapping for row in connection.execute(select(table).order_by(table.c.due_at, table.c.customer_id))]


def ended(world):
    """State and reason of every request, counted."""
    return Counter((State(row["state"]), row["reason"]) for row in rows(world, deliveries))


FORESEEN = {
    (State.SENT, ""): 4,
    (State.UNREACHABLE, "no_address"): 2,
    (State.BLOCKED, "consent_withdrawn"): 3,
    (State.BLOCKED, "consent_pending"): 1,
    (State.BLOCKED, "no_consent"): 1,
    (State.BLOCKED, "suppressed:complaint"): 1,
}


def test_the_waterfall_says_of_everybody_what_then_happens(world):
    """It adds up, writes nothing, and is what the ledger says when the campaign is over."""
    wanted = campaign(world)
    found = foreseen(world, wanted)

    assert found.ended == FORESEEN
    assert found.in_segment == len(WAYS) == found.will_be_sent + sum(count for *_, count in found.left_out)
    assert rows(world, deliveries) == []

    assert started(world, wanted) == len(WAYS)
    world.drain()
    assert ended(world) == found.ended


def test_the_waterfall_sees_caps_and_quiet_hours_of_its_hour(strict):
    """Who had today's message waits for tomorrow; at night everybody waits for the morning."""
    strict.drain()
    started(strict, campaign(strict, name="ontem"))
    strict.drain()
    assert foreseen(strict, campaign(strict)).later == [(State.DEFERRED, "frequency_cap:marketing_dia", 4)]

    tonight = campaign(strict, later=Later(datetime.fromisoformat("2026-11-25T22:30:00")))
    assert foreseen(strict, tonight).later == [(State.DEFERRED, "quiet_hours:noite", 4)]
    assert foreseen(strict, tonight).will_be_sent == 4


def test_what_cannot_be_said_is_seen_before_anybody_is_asked_about(world):
    """A message about an order has none in a campaign."""
    found = foreseen(world, campaign(world, message="order_confirmed"))
    assert (State.FAILED, "missing_variable") in {(state, reason) for state, reason, _ in found.left_out}
    assert found.will_be_sent == 0


def test_who_starts_it_again_writes_to_nobody_twice(world):
    wanted = campaign(world)
    started(world, wanted)
    world.clock.advance(minutes=5)
    started(world, campaign(world))
    started(world, campaign(world, later=Later(datetime.fromisoformat("2026-11-26T10:00:00"))))
    world.clock.advance(days=2)
    fire(world.store, world.clock.now())

    assert len(rows(world, deliveries)) == len(WAYS)
    started(world, campaign(world, name="outra"))
    assert len(rows(world, deliveries)) == 2 * len(WAYS)


def test_one_that_died_half_way_goes_on_where_it_was(world):
    commits = iter(range(2))

    def die(_point):
        if next(commits) == 1:
            raise PowerCut

    with pytest.raises(PowerCut):
        started(world, campaign(world), limit=5, passing=die)
    assert len(rows(world, deliveries)) == 5
    started(world, campaign(world))
    assert len(rows(world, deliveries)) == len(WAYS)


def test_a_pace_spreads_it_out_evenly(world):
    """Six an hour: one every ten minutes."""
    wanted = campaign(world, per_hour=6)
    started(world, wanted)

    due = [row["due_at"] - wanted.begun_at for row in rows(world, deliveries)]
    assert due == [place * HOUR // 6 for place in range(len(WAYS))]
    assert lasts_ms(wanted, len(WAYS)) == due[-1]


def test_a_later_hour_is_shown_by_each_customers_own_clock(world):
    world.revise(Profile(id="cus_01", time_zone="America/Manaus"))
    started(world, campaign(world, later=Later(datetime.fromisoformat("2026-11-26T10:00:00"))))

    by_customer = {row["customer_id"]: row["due_at"] for row in rows(world, timers)}
    assert by_customer["cus_01"] - by_customer["cus_02"] == HOUR
    assert rows(world, deliveries) == []
    world.clock.advance(days=2)
    fire(world.store, world.clock.now())
    world.drain()
    assert ended(world) == FORESEEN


def test_a_customer_is_written_to_where_they_like(world):
    world.register(
        Profile(
            id="cus_99",
            attributes={"fan": True, "preferred_channel": "whatsapp"},
            emails=("fan99@example.com",),
            phones=("+5511999990000",),
        )
    )
    started(world, campaign(world, channels=()))
    (row,) = [row for row in rows(world, deliveries) if row["customer_id"] == "cus_99"]
    assert row["candidates"].split(",")[0] == "whatsapp"


@pytest.mark.parametrize(
    ("parts", "error", "code"),
    [
        ({"message": "preference_chekin"}, NotFound, "unknown_message"),
        ({"channels": (Channel.SMS,), "message": "cart_reminder"}, InputError, "silent_channel"),
        ({"later": Later(datetime.fromisoformat("2025-11-26T10:00:00"))}, InputError, "past_time"),
    ],
)
def test_what_cannot_be_meant_is_refused(world, parts, error, code):
    with pytest.raises(error) as refused:
        campaign(world, **parts).check(world.release)
    assert refused.value.code == code

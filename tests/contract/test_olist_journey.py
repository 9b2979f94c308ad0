"""Orders replayed through `post_purchase`: every count is that of a script that knows nothing of Jogral.

A few hundred orders each time. All 3,000, in some minutes:

    JOGRAL_TEST_ALL_ORDERS=1 pytest tests/contract/test_olist_journey.py
"""

from __future__ import annotations

import asyncio
import os
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from orchestrator.app import App, SystemClock
from orchestrator.dispatch.publish import publish
from orchestrator.mapping import map_row
from orchestrator.project import Project
from orchestrator.settings import Settings
from orchestrator.store import tables
from orchestrator.timeline import NEVER, Player, Timeline
from tests.contract.world import World, at_once
from tests.olist_journey import counts, read_rows
from tests.olist_sample import write_orders
from tests.olist_shop import JOURNEYS, MAPPING, came_of, furnish, introduce

# The data may not be in the repository (its licence); a checkout has it beside itself, or names it.
ORDERS = Path(
    os.environ.get("JOGRAL_TEST_ORDERS", Path(__file__).parents[3] / "shared" / "data" / "olist_orders_3000.csv")
)
real = pytest.mark.skipif(not ORDERS.is_file(), reason=f"the Olist orders are not there: {ORDERS}")
many = pytest.mark.skipif(
    "JOGRAL_TEST_ALL_ORDERS" not in os.environ, reason="some minutes long: set JOGRAL_TEST_ALL_ORDERS=1"
)
ON_SQLITE = pytest.mark.parametrize("ledgers", ["sqlite"], indirect=True)

FEW = 5
"""So few customers that quiet hours, caps, and one late parcel among several bite on few orders."""


def test_made_up_orders_come_to_what_an_independent_script_counts(shop, store, tmp_path):
    """Every message, by what became of it, why, and on which channel; every alert; and how each run ended."""
    rows = read_rows(write_orders(tmp_path / "orders.csv", 30, seed=47))

    replay(shop, store, rows, FEW)

    assert came_of(store) == counts(rows, FEW)
    reasons = {key[2] for key in came_of(store) if key[0] == "csat_survey"}
    assert reasons >= {
        "no_consent", "suppress_rule:pedido_atrasado", "frequency_cap:marketing_semana", "superseded",
    }  # fmt: skip


@real
@ON_SQLITE
def test_real_orders_come_to_it_in_ten_pieces(shop, store):
    """Runs and messages that wait at the end of one piece go on in the next."""
    rows = read_rows(ORDERS)[:40]

    replay(shop, store, rows, FEW, pieces=10)

    assert came_of(store) == counts(rows, FEW)
    assert told_of_orders_that_nobody_handed_over(store) == []


@real
@many
@ON_SQLITE
@pytest.mark.parametrize("customers", [800, 40])
@pytest.mark.parametrize("pieces", [1, 10])
def test_all_real_orders_come_to_it_too(shop, store, customers, pieces):
    """In one go and in pieces; with customers who order often, and with those who do so now and then."""
    rows = read_rows(ORDERS)

    replay(shop, store, rows, customers, pieces=pieces)

    assert came_of(store) == counts(rows, customers)
    assert told_of_orders_that_nobody_handed_over(store) == []


def replay(shop, store, rows, customers, pieces=1):
    """Play orders through a ledger, with a worker who works whenever the player waits."""
    furnish(shop, customers)
    project = Project(shop)
    release = project.read()
    mapping, _ = project.mapping(MAPPING)
    clock = SystemClock()
    publish(store, release, clock.now())
    introduce(store, clock, mapping, rows, customers)
    worker = World(store, release, clock).a_drain(at_once)
    told = [(place, *map_row(mapping, row)) for place, row in enumerate(rows)]
    happened = sorted(event.occurred_at for _, _, events in told for event in events)
    ends = [happened[len(happened) * piece // pieces] for piece in range(1, pieces)]
    for begin, end in pairwise([0, *ends, NEVER]):
        timeline = Timeline()
        for place, customer, events in told:
            timeline.add(place, customer.id, [event for event in events if begin <= event.occurred_at < end])
        Player(
            app=App(root=shop, settings=Settings(), store=store, clock=clock),
            release=release,
            bell=NoBell(),
            source="olist",
            journeys=JOURNEYS,
            origin=f"piece-{begin}",
            sleep=lambda _: asyncio.run(worker.drain()),
            until=end - 1,
        ).play(timeline)
        timeline.close()


class NoBell:
    """Nobody has to be woken."""

    def ring(self, lane):
        del lane


def told_of_orders_that_nobody_handed_over(store):
    """Orders whose customer was told that they are on their way, without or before the hand-over."""
    events, deliveries = tables.events.c, tables.deliveries.c
    with store.engine.connect() as connection:
        sent = connection.execute(
            select(events.objects, events.occurred_at).where(events.type == "shipment.dispatched")
        ).all()
        told = connection.execute(
            select(deliveries.objects, deliveries.due_at).where(deliveries.message == "order_shipped")
        ).all()
    handed_over = {row.objects["order"]: row.occurred_at for row in sent}
    return [row.objects["order"] for row in told if row.due_at < handed_over.get(row.objects["order"], NEVER)]

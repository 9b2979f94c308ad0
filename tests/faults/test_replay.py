"""A replay whose worker is killed, or whose Redis forgets everything, comes to the same end."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from contextlib import suppress
from functools import partial

import pytest

from orchestrator import embedded_redis
from orchestrator.app import SystemClock, state_folder
from orchestrator.project import Project
from orchestrator.queue import connect
from tests import shipped
from tests.olist_counts import counts
from tests.olist_journey import counts as journey_counts
from tests.olist_journey import read_rows
from tests.olist_sample import write_orders
from tests.olist_shop import MAPPING, came_of, furnish, introduce

ORDERS = 75
SECONDS = 120  # reached only by a test that fails
FEW = 5  # customers of many orders each
MIDDLE = 30  # messages in the inbox when the fault strikes
KILLS = 3
A_FEW = 10  # messages between two kills


@pytest.fixture
def shop(shop):
    """What orders need and no more: each command checks all of it."""
    shipped.keep_only(shop, *shipped.ORDERS)
    return shop


@pytest.fixture
def orders(tmp_path):
    """Made-up orders in the layout of the Olist file."""
    return write_orders(tmp_path / "orders.csv", ORDERS)


def test_a_worker_killed_in_the_middle_loses_nothing_and_doubles_nothing(jogral, orders, store):
    """Kill -9 of the worker, up to three times; whoever follows goes on where it stopped."""
    replay = jogral("replay", str(orders), "--mapping", "olist", "--json")

    killed = kill_workers(replay, store, after=MIDDLE)

    document = replay.document(SECONDS)
    assert killed
    assert sent(document) == counts(orders)
    assert twice(store) == {}


ON_SQLITE = pytest.mark.parametrize("ledgers", ["sqlite"], indirect=True)  # the ledger's part in it is tested above


@ON_SQLITE
def test_an_emptied_redis_in_the_middle_changes_nothing(jogral, orders, store, shop):
    """FLUSHALL while messages are on their way: the ledger is the queue."""
    replay = jogral("replay", str(orders), "--mapping", "olist", "--json")
    assert until(lambda: inbox_size(store) >= MIDDLE, replay), replay.log()

    with connect(embedded_redis.find(state_folder(shop))) as redis:
        for _ in range(20):
            redis.flushall()

    document = replay.document(SECONDS)
    assert sent(document) == counts(orders)
    assert twice(store) == {}


@ON_SQLITE
def test_a_journey_comes_to_the_same_when_workers_are_killed(jogral, store, shop, tmp_path):
    """Runs that wait, quiet hours, caps, and three workers that die: each count is that of an independent script."""
    rows = read_rows(write_orders(tmp_path / "orders.csv", 16, seed=47))
    furnish(shop, FEW)
    project = Project(shop)
    introduce(store, SystemClock(), project.mapping(MAPPING)[0], rows, FEW)
    replay = jogral("replay", str(tmp_path / "orders.csv"), "--mapping", MAPPING, "--json")

    killed = kill_workers(replay, store, after=12)

    replay.document(SECONDS)
    assert killed
    assert came_of(store) == journey_counts(rows, FEW)
    assert twice(store) == {}


@ON_SQLITE
def test_a_second_run_sends_nothing(jogral, orders, store):
    """What is known is counted as repeated, and asks for nothing."""
    first = jogral("replay", str(orders), "--mapping", "olist", "--json").document(SECONDS)
    size = inbox_size(store)

    second = jogral("replay", str(orders), "--mapping", "olist", "--json").document(SECONDS)

    assert second["events"] == {}
    assert second["events_repeated"] == sum(first["events"].values())
    assert all(states == {"requested": 0} for states in second["messages"].values())
    assert inbox_size(store) == size


@ON_SQLITE
def test_a_replay_that_is_killed_itself_is_finished_by_the_next(jogral, orders, store):
    """The whole command dies; its workers end with it, and the same command again completes the work."""
    killed = jogral("replay", str(orders), "--mapping", "olist", "--json")
    assert until(lambda: inbox_size(store) >= MIDDLE, killed), killed.log()
    killed.process.kill()
    killed.process.wait()

    jogral("replay", str(orders), "--mapping", "olist", "--json").document(SECONDS)

    with store.read() as transaction:
        tally = transaction.deliveries.tally()
    assert {message: states.get("sent", 0) for message, states in tally.items()} == counts(orders)
    assert twice(store) == {}


def kill_workers(replay, store, *, after):
    """The workers that were killed: one after so many messages, and two more after a few each if it lasts so long.

    On a machine that is busy elsewhere, a replay may be over before we look again.
    """
    killed = []
    wanted = after
    while len(killed) < KILLS and (at_work := until(partial(workers_after, wanted, store, replay), replay)):
        for worker in at_work:
            with suppress(ProcessLookupError):  # it was done just then
                os.kill(worker, signal.SIGKILL)
                killed.append(worker)
        until(partial(are_gone, at_work, replay), replay)
        wanted = inbox_size(store) + A_FEW
    return killed


def workers_after(messages, store, replay):
    """Who works, once so many messages are sent."""
    return replay.workers() if inbox_size(store) >= messages else []


def are_gone(workers, replay):
    return not {*workers} & {*replay.workers()}


def sent(document):
    """Message → sent, where that is all that was asked for."""
    found = {}
    for message, states in document["messages"].items():
        assert states["requested"] == sum(count for state, count in states.items() if state != "requested")
        found[message] = states.get("sent", 0)
    return found


def inbox_size(store):
    return len(entries(store))


def twice(store):
    """What the inbox holds more than once of one message about one order."""
    seen = Counter((entry["message"], entry["object_id"]) for entry in entries(store))
    return {key: count for key, count in seen.items() if count > 1}


def entries(store):
    with store.read() as transaction:
        return transaction.inbox.page(before=None, limit=10_000, channel=None, customer_id=None, message=None)


def until(condition, command):
    """What the condition says when it comes about, or False when the command ends before."""
    pause = threading.Event()
    for _ in range(SECONDS * 50):
        if found := condition():
            return found
        if command.process.poll() is not None:
            return False
        pause.wait(0.02)
    pytest.fail("it did not come about")

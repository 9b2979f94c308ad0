"""The timer looks at segments by itself: a journey that somebody begins who enters one needs nobody to start it."""

from __future__ import annotations

import json
import queue

import structlog
from sqlalchemy import select
from structlog.testing import capture_logs

from orchestrator.cli.timekeeper import Timekeeper
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.tick import NoBell
from orchestrator.release import read_release
from orchestrator.store.tables import runs
from tests.doors.test_api_events import placed

SECONDS = 20
BUYERS = {"kind": "segment", "id": "buyers", "title": "B", "owner": "m", "where": {"event": "order.placed"}}
WELCOME = {
    "kind": "journey", "id": "welcome", "title": "W", "owner": "m", "topic": "offers",
    "trigger": {"enters": "buyers"}, "steps": [{"id": "esperar", "wait": "7d"}],
}  # fmt: skip


def test_who_enters_after_the_journey_was_applied_begins_it(api, casa_lume, release):
    """From the first second on: what an event changes is not waited for until a minute is over."""
    content = json.loads(release.content) | {"journeys": {"welcome": WELCOME}, "segments": {"buyers": BUYERS}}
    publish(casa_lume.store, read_release(json.dumps(content)), casa_lume.clock.now())
    watched = queue.Queue()

    def listen(_logger, _method, line):
        if line["event"] == "segment_watched":
            watched.put(line)
        raise structlog.DropEvent

    with capture_logs(processors=[listen]), Timekeeper(casa_lume, NoBell()):
        line = watched.get(timeout=SECONDS)
        assert api.post("/v1/events", placed(1)).status == 202

    assert (line["segment"], line["journeys"]) == ("buyers", ["welcome"])
    with casa_lume.store.engine.connect() as connection:
        begun = connection.execute(select(runs.c.journey, runs.c.customer_id)).all()
    assert begun == [("welcome", "cus_ana")]

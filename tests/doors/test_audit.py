"""The audit as people and machines meet it: the command, `doctor`, the numbers, and the timer that asks by itself."""

from __future__ import annotations

import json
import queue

import pytest
import structlog
from sqlalchemy import text
from structlog.testing import capture_logs

from orchestrator.cli.audit import SAID
from orchestrator.cli.timekeeper import Timekeeper
from orchestrator.dispatch.audit import INVARIANTS
from orchestrator.dispatch.tick import NoBell
from tests.contract.world import ORDER
from tests.doors.test_api_events import placed

SECONDS = 20


def lose(store):
    """A row in a state that is none: it would be in no sum."""
    with store.engine.begin() as connection:
        lost = connection.scalar(text("UPDATE deliveries SET state = 'lost' RETURNING id"))
    assert lost
    return lost


@pytest.fixture
def sent(open_shop):
    """A shop that asked for one message."""
    data = json.dumps({"order": ORDER, "shipment": {"promised_date": "2026-11-30"}})
    done = open_shop("send", "order_confirmed", "--customer", "cus_ana", "--data", "-", stdin=data)
    assert done.code == 0, done.err
    return open_shop


@pytest.mark.parametrize("arguments", [["audit"], ["audit", "run"], ["audit", "run", "--all"]])
def test_a_ledger_in_order_passes(open_shop, arguments):
    """Every invariant is named with what holds; exit code 0."""
    done = open_shop(*arguments)

    assert done.code == 0
    assert done.out.count("✔") == len(INVARIANTS)
    assert "nothing was sent after an opt-out" in done.out


def test_every_invariant_has_words():
    """And none that is no invariant."""
    assert set(SAID) == set(INVARIANTS)


def test_a_program_gets_every_invariant_with_a_count(open_shop):
    """Zeros too: whoever watches one wants to see that it was asked."""
    done = open_shop("audit", "--json")

    assert done.document["ok"] is True
    assert [item["invariant"] for item in done.document["items"]] == list(INVARIANTS)
    assert {item["count"] for item in done.document["items"]} == {0}


@pytest.mark.parametrize("arguments", [["audit"], ["audit", "run", "--all"]])
def test_what_must_not_be_there_is_named_and_exits_with_1(sent, ledger, arguments):
    """With its ids; nothing of what they say or to whom."""
    lost = lose(ledger)

    done = sent(*arguments)
    assert done.code == 1
    assert "not_in_the_sum: 1" in done.out
    assert lost in done.out
    document = sent(*arguments, "--json").document
    assert document["ok"] is False
    assert [item for item in document["items"] if item["count"]] == [
        {"invariant": "not_in_the_sum", "count": 1, "ids": [lost]}
    ]


def test_doctor_audits_too(sent, ledger):
    """It is what people run when something is strange."""
    assert check_of(sent("doctor", "--json")) == "good"
    lose(ledger)
    done = sent("doctor", "--json")
    assert (done.code, check_of(done)) == (1, "bad")


def check_of(done):
    return next(item["verdict"] for item in done.document["items"] if item["check"] == "audit")


def test_the_numbers_name_every_invariant(api, casa_lume, clock):
    """They are 0; the ledger is asked once a minute, however often somebody scrapes."""
    api.post("/v1/events", placed(1))
    said = numbers(api)
    assert set(said) == set(INVARIANTS)
    assert set(said.values()) == {0.0}

    lose(casa_lume.store)
    clock.advance(seconds=30)
    assert numbers(api)["not_in_the_sum"] == 0.0
    clock.advance(seconds=60)
    assert numbers(api)["not_in_the_sum"] == 1.0


def numbers(api):
    prefix = 'jogral_invariant_violations{invariant="'
    lines = [line for line in api.get("/metrics").body.decode().splitlines() if line.startswith(prefix)]
    return {line.removeprefix(prefix).partition('"')[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_the_timer_audits_by_itself(api, casa_lume):
    """What it finds is an error in its log, with ids."""
    api.post("/v1/events", placed(1))
    lost = lose(casa_lume.store)
    found = queue.Queue()

    def listen(_logger, _method, line):
        if line["event"] == "invariant_violated":
            found.put(line)
        raise structlog.DropEvent

    with capture_logs(processors=[listen]), Timekeeper(casa_lume, NoBell(), audit_seconds=0.01):
        line = found.get(timeout=SECONDS)

    assert (line["invariant"], line["count"], line["deliveries"]) == ("not_in_the_sum", 1, [lost])

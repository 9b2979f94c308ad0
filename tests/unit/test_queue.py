"""The doorbell without a server: what a job may be, and what a dead Redis may cost."""

from __future__ import annotations

import json
import pickle
import socket
import threading
import time
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from orchestrator.queue import Doorbell, SafeJob, connect, lane_named_by, listen


def call(function="jogral.drain", instance=None, args=("transactional",), kwargs=None):
    return zlib.compress(json.dumps([function, instance, list(args), kwargs or {}]).encode())


BELL = {
    b"status": b"queued",
    b"created_at": b"2026-11-21T21:04:41.836648Z",
    b"data": call(),
    b"success_callback_name": b"",
    b"failure_callback_name": b"",
    b"stopped_callback_name": b"",
    b"worker_name": b"",
    b"group_id": b"",
    b"origin": b"transactional",
    b"description": b"jogral.drain('transactional')",
    b"timeout": b"-1",
    b"result_ttl": b"0",
    b"failure_ttl": b"60",
    b"ttl": b"60",
}


@pytest.fixture
def nowhere(tmp_path):
    """A connection to a server that does not exist."""
    with connect(f"unix://{tmp_path}/none.sock") as connection:
        yield connection


class HandClock:
    """A monotonic clock that is moved by hand."""

    seconds = 100.0

    def __call__(self):
        return self.seconds


# --- what a job may be ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lane", ["transactional", "marketing"])
def test_a_bell_names_a_lane(lane):
    """The hash of a ring is read back as its lane."""
    assert lane_named_by(BELL | {b"data": call(args=[lane])}) == lane


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not compressed",
        zlib.compress(b"not JSON"),
        zlib.compress(pickle.dumps(("jogral.drain", None, ("transactional",), {}))),
        zlib.compress(b"[" * 10_000_000),
        call(function="os.system"),
        call(function="eval"),
        call(function="drain"),
        call(function=""),
        call(instance="os"),
        call(args=[]),
        call(args=["receipts"]),
        call(args=["transactional", "marketing"]),
        call(args=[["transactional"]]),
        call(kwargs={"lane": "marketing"}),
        call()[:-6],
    ],
)
def test_another_call_is_refused(data):
    """A job asks to drain one known lane, exactly as a ring writes it, or it is no bell."""
    with pytest.raises(ValueError, match="known lane"):
        lane_named_by(BELL | {b"data": data})


@pytest.mark.parametrize(
    "name",
    [
        "success_callback_name", "failure_callback_name", "stopped_callback_name", "success_callback_timeout",
        "webhooks", "retries_left", "retry_intervals", "number_of_retries", "enqueue_at_front_on_retry",
        "repeats_left", "repeat_intervals", "dependency_id", "dependency_ids", "allow_dependency_failures",
        "group_id", "rate_limit_key", "rate_limit_concurrency", "meta", "result", "exc_info", "worker_name",
        "a_field_of_next_year",
    ],
)  # fmt: skip
def test_a_field_with_a_meaning_is_refused(name):
    """Callbacks, webhooks, retries, repeats, dependencies and all that we do not know: refused by name."""
    with pytest.raises(ValueError, match=name):
        lane_named_by(BELL | {name.encode(): b"1"})


@given(st.dictionaries(st.sampled_from([*BELL, b"meta"]) | st.binary(max_size=20), st.binary(max_size=60)))
def test_nothing_but_a_lane_or_a_refusal_comes_of_a_hash(fields):
    """Whatever Redis holds, reading it ends in a known lane or in ValueError."""
    with suppress(ValueError):
        assert lane_named_by(BELL | fields) in {"transactional", "marketing"}


def test_a_bell_calls_nothing_by_name(nowhere):
    """Another RQ worker that was given our job class finds no function in it."""
    job = SafeJob("bell", connection=nowhere)

    with pytest.raises(NotImplementedError, match="by name"):
        _ = job.func


# --- a Redis that is not there --------------------------------------------------------------------------------------


def test_a_ring_that_fails_is_logged_and_not_raised(nowhere):
    """The ledger is the queue: without Redis the door stays open."""
    with capture_logs() as logs:
        assert Doorbell(nowhere).ring("transactional") is False

    assert [(entry["event"], entry["act"], entry["lane"]) for entry in logs] == [
        ("bell_failed", "ring", "transactional")
    ]
    assert "ConnectionError" in logs[0]["reason"]


def test_after_a_failure_redis_is_left_alone_for_two_seconds(nowhere):
    """A dead Redis is tried once in two seconds, by whatever lane and act."""
    clock = HandClock()
    doorbell = Doorbell(nowhere, monotonic=clock)

    with capture_logs() as logs:
        for seconds in (100.0, 100.5, 101.9):
            clock.seconds = seconds
            doorbell.ring("transactional")
            doorbell.silence("marketing")
        assert len(logs) == 1

        clock.seconds = 102.1
        doorbell.silence("marketing")

    assert [entry["act"] for entry in logs] == ["ring", "silence"]


def test_a_redis_that_never_answers_costs_one_second(tmp_path):
    """Neither redis-py's ten retries nor its longer timeouts are in the way of the API."""
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "mute.sock"))
        mute.listen()
        before = time.monotonic()

        with connect(f"unix://{tmp_path}/mute.sock") as connection, capture_logs():
            assert Doorbell(connection).ring("transactional") is False

        assert time.monotonic() - before < 2


def test_an_unknown_lane_is_the_callers_mistake(nowhere):
    """A lane that does not exist is refused before Redis is asked, and the lanes that exist are named."""
    doorbell = Doorbell(nowhere)
    for act in (
        lambda: doorbell.ring("receipts"),
        lambda: doorbell.silence("receipts"),
        lambda: listen(nowhere, ["receipts"], print, name="w"),
    ):
        with pytest.raises(ValueError, match="transactional, marketing"):
            act()


def test_listening_to_no_lane_is_a_mistake(nowhere):
    """An empty list of lanes is refused rather than waited at."""
    with pytest.raises(ValueError, match="no lane"):
        listen(nowhere, [], print, name="w")


def test_a_stop_is_noticed_while_redis_is_away(nowhere):
    """The listener keeps trying, and a stop ends the pause between two tries at once."""
    stop = threading.Event()

    class StopAtFirstLine:
        """A log that asks for the stop as soon as the listener has said that it will try again."""

        def __init__(self):
            self.entries = []

        def __call__(self, _logger, _method, entry):
            self.entries.append(entry)
            stop.set()
            return entry

    first_line = StopAtFirstLine()
    before = time.monotonic()
    with capture_logs(processors=[first_line]):
        listen(nowhere, ["transactional"], print, name="w", stop=stop.is_set)

    assert time.monotonic() - before < 0.5
    assert [entry["event"] for entry in first_line.entries] == ["bell_unreachable"]

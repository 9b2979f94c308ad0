"""Doorbell and listener against a real Valkey server: what is heard, what is refused, and what is survived."""

from __future__ import annotations

import json
import pickle
import signal
import subprocess
import sys
import time
import zlib

import pytest
import structlog
from structlog.testing import capture_logs

from orchestrator import embedded_redis
from orchestrator.queue import Doorbell, connect, listen

SECONDS = 10  # for anything that is waited for; reached only by a test that fails


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    server = embedded_redis.start(tmp_path_factory.mktemp("state"))
    yield server
    server.stop()


@pytest.fixture
def server(shared_server):
    """An empty server."""
    assert shared_server.ensure()
    with connect(shared_server.url) as connection:
        connection.flushall()
    return shared_server


@pytest.fixture
def redis(server):
    with connect(server.url) as connection:
        yield connection


@pytest.fixture
def doorbell(redis):
    return Doorbell(redis)


def hear(url, count=1, lanes=("transactional", "marketing"), also=lambda _: None):
    """Listen until so many bells were heard, and give their lanes; `also` is done in each drain."""
    heard = []
    end = time.monotonic() + SECONDS

    def drain(lane):
        heard.append(lane)
        also(lane)

    with connect(url, listening=True) as connection:
        listen(
            connection,
            lanes,
            drain,
            name="listener",
            stop=lambda: len(heard) >= count or time.monotonic() > end,
        )
    return heard


# --- ringing and hearing --------------------------------------------------------------------------------------------


def test_a_ring_is_heard_and_leaves_nothing(doorbell, redis, server):
    """The lane's drain is called, and neither bell nor job outlives it."""
    assert doorbell.ring("marketing") is True

    assert hear(server.url) == ["marketing"]
    assert not redis.keys("bell:*") + redis.keys("rq:job:*") + redis.keys("rq:queue:*")


def test_a_bell_rings_once_until_it_is_silenced(doorbell, redis):
    """While a bell hangs a ring adds no job; after `silence` it does, under an id of its own."""
    assert [doorbell.ring("transactional"), doorbell.ring("transactional")] == [True, False]
    doorbell.silence("transactional")
    assert doorbell.ring("transactional") is True

    jobs = redis.lrange("rq:queue:transactional", 0, -1)
    assert len(jobs) == len(set(jobs)) == 2


def test_what_nobody_answers_disappears_by_itself(doorbell, redis):
    """Bells fall silent after 5 seconds and jobs end after 60, and their list does not grow for ever."""
    for _ in range(130):
        doorbell.silence("marketing")
        doorbell.ring("marketing")

    assert 0 < redis.ttl("bell:marketing") <= 5
    assert {0 < redis.ttl(key) <= 60 for key in redis.keys("rq:job:*")} == {True}
    assert redis.llen("rq:queue:marketing") == 100


def test_the_first_lane_is_heard_first(doorbell, server):
    """Transactional comes before marketing that rang earlier."""
    doorbell.ring("marketing")
    doorbell.ring("transactional")

    assert hear(server.url, 2) == ["transactional", "marketing"]


def test_a_ring_during_a_drain_is_heard_after_it(doorbell, server):
    """The bell is taken down before the drain, so that nothing accepted meanwhile is missed."""
    doorbell.ring("transactional")
    rang = []

    hear(server.url, 2, lanes=["transactional"], also=lambda lane: rang.append(doorbell.ring(lane)))

    assert rang == [True, True]


def test_a_listener_is_an_rq_worker_to_rqs_own_tools(doorbell, server):
    """`rq info` lists it, with its lanes."""
    info = []

    def look(_lane):
        command = [sys.executable, "-m", "rq.cli", "info", "--url", server.url]
        info.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    doorbell.ring("transactional")
    hear(server.url, also=look)

    assert "busy transactional, marketing" in info[0]


# --- what is survived -----------------------------------------------------------------------------------------------


def test_a_drain_that_raises_is_logged_and_the_next_bell_is_heard(doorbell, server):
    """One bad drain does not end the worker."""

    def fail(_lane):
        raise RuntimeError("no ledger today")

    doorbell.ring("transactional")
    doorbell.ring("marketing")
    with capture_logs() as logs:
        assert hear(server.url, 2, also=fail) == ["transactional", "marketing"]

    assert [(entry["event"], entry["lane"], entry["exc_info"]) for entry in logs] == [
        ("drain_failed", "transactional", True),
        ("drain_failed", "marketing", True),
    ]


def test_flushall_in_the_middle_of_a_drain_is_survived(doorbell, redis, server):
    """RQ's own keys vanish under a running drain; the next ring is heard, and the worker is registered again."""
    registered = []

    def forget_then_ring(lane):
        registered.append(redis.smembers("rq:workers"))
        if lane == "marketing":
            redis.flushall()
            doorbell.ring("transactional")

    doorbell.ring("marketing")
    with capture_logs() as logs:
        assert hear(server.url, 2, also=forget_then_ring) == ["marketing", "transactional"]

    assert registered == [{b"rq:worker:listener"}] * 2
    assert logs == []


def test_a_restart_of_redis_is_survived(tmp_path):
    """While Redis is away rings return False; when it is back the same listener hears the next one."""
    server = embedded_redis.start(tmp_path)

    def come_back(_logger, _method, entry):
        logs.append(entry["event"])
        if entry["event"] == "bell_unreachable":
            assert server.ensure()
            assert Doorbell(redis).ring("transactional") is True
        raise structlog.DropEvent

    logs = []
    with connect(server.url) as redis, capture_logs(processors=[come_back]):
        Doorbell(redis).ring("marketing")
        heard = hear(server.url, 2, also=lambda lane: lane == "marketing" and server.stop())

    server.stop()
    assert heard == ["marketing", "transactional"]
    assert logs == ["bell_unreachable", "embedded_redis_started"]


@pytest.mark.parametrize(
    ("trouble", "cure", "reason"),
    [
        (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0"), "OutOfMemoryError"),
        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE"), "ReadOnlyError"),
        (("SET", "rq:queue:marketing", "not a list"), ("DEL", "rq:queue:marketing"), "WRONGTYPE"),
    ],
    ids=["full", "read-only", "meddled-with"],
)
def test_a_redis_that_refuses_to_write_is_logged_and_not_raised(redis, trouble, cure, reason):
    """A full or read-only Redis is a silent bell, not an error of the API."""
    redis.execute_command(*trouble)
    try:
        with capture_logs() as logs:
            assert Doorbell(redis).ring("marketing") is False
    finally:
        redis.execute_command(*cure)

    assert [entry["event"] for entry in logs] == ["bell_failed"]
    assert reason in logs[0]["reason"]


def test_commands_and_switches_in_redis_do_not_stop_a_listener(doorbell, redis, server):
    """Whoever can write to Redis can tell RQ's workers to shut down or to pause; ours does not listen to that."""
    redis.set("rq:suspended", 1)
    ears = []

    def command(_lane):
        ears.append(redis.publish("rq:pubsub:listener", json.dumps({"command": "shutdown"})))

    doorbell.ring("marketing")
    doorbell.ring("transactional")

    assert hear(server.url, 2, also=command) == ["transactional", "marketing"]
    assert ears == [0, 0]


# --- what is refused (S13) ------------------------------------------------------------------------------------------


@pytest.fixture
def canary(tmp_path, monkeypatch):
    """A file that only a successful attack writes, and a module that writes it on import."""
    path = tmp_path / "canary"
    (tmp_path / "canary_module.py").write_text(f"open({str(path)!r}, 'w').close()\ndef sing(*args):\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    return path


class Bomb:
    """Pickled, it is a call."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def calling(function, *args):
    return {"data": zlib.compress(json.dumps([function, None, args, {}]).encode())}


BELL = calling("jogral.drain", "transactional")

# The five of S13, each of which a stock RQ worker with the JSON serializer obeys.
ATTACKS = {
    "os.system": lambda canary: calling("os.system", f"touch {canary}"),
    "subprocess.call": lambda canary: calling("subprocess.call", ["touch", canary]),
    "subprocess.check_output": lambda canary: calling("subprocess.check_output", ["touch", canary]),
    "builtins.eval": lambda canary: calling("builtins.eval", f"open({canary!r}, 'w').close()"),
    "eval": lambda canary: calling("eval", f"open({canary!r}, 'w').close()"),
    "success callback": lambda _: calling("time.time") | {"success_callback_name": "canary_module.sing"},
}
MORE_ATTACKS = {
    "success callback of a bell": lambda _: BELL | {"success_callback_name": "canary_module.sing"},
    "failure callback of a bell": lambda _: BELL | {"failure_callback_name": "canary_module.sing"},
    "stopped callback of a bell": lambda _: BELL | {"stopped_callback_name": "canary_module.sing"},
    "webhook": lambda _: BELL | {"webhooks": json.dumps([{"url": "http://127.0.0.1:1/", "job_status": "finished"}])},
    "dependents": lambda _: BELL | {"dependency_ids": '["attack"]'},
    "retries": lambda _: BELL | {"retries_left": "1000000"},
    "repeats": lambda _: BELL | {"repeats_left": "1000000", "repeat_intervals": "[0]"},
    "bare exec": lambda canary: calling("exec", f"open({canary!r}, 'w').close()"),
    "os.posix_spawn": lambda canary: calling("os.posix_spawn", "/usr/bin/touch", ["touch", canary], {}),
    "import": lambda _: calling("importlib.import_module", "canary_module"),
    "an import by its path": lambda _: calling("canary_module.sing"),
    "our own code": lambda _: calling("orchestrator.queue.connect", "redis://attacker.example"),
    "a lane that is none": lambda _: calling("jogral.drain", "everything"),
    "a bell with an argument": lambda _: calling("jogral.drain", "transactional", "canary_module.sing"),
    "group": lambda _: BELL | {"group_id": "attack"},
    "cron": lambda _: BELL | {"cron_string": "* * * * *"},
    "callbacks with timeouts": lambda _: (
        BELL | {"success_callback_name": "os.system", "success_callback_timeout": "60"}
    ),
    "exception": lambda canary: BELL | {"exc_info": pickle.dumps(Bomb(canary))},
    "method": lambda _: {"data": json.dumps(["system", "os", ["true"], {}])},
    "pickled call": lambda canary: {"data": pickle.dumps(Bomb(canary))},
    "pickled meta": lambda canary: BELL | {"meta": pickle.dumps(Bomb(canary))},
    "pickled result": lambda canary: BELL | {"result": pickle.dumps(Bomb(canary))},
    "no call": lambda _: {"origin": "transactional"},
}


def plant(redis, fields, job="attack"):
    redis.hset(f"rq:job:{job}", mapping={"status": "queued", "origin": "transactional"} | fields)
    redis.rpush("rq:queue:transactional", job)


@pytest.mark.parametrize("attack", [*ATTACKS.values(), *MORE_ATTACKS.values()], ids=[*ATTACKS, *MORE_ATTACKS])
def test_a_planted_job_runs_nothing_and_the_next_bell_is_heard(attack, canary, doorbell, redis, server):
    """S13: no function is called, no module imported; the job is deleted and logged, and the worker carries on."""
    plant(redis, attack(str(canary)))
    doorbell.ring("transactional")

    with capture_logs() as logs:
        assert hear(server.url) == ["transactional"]

    assert not canary.exists()
    assert "canary_module" not in sys.modules
    assert not redis.exists("rq:job:attack")
    assert [(entry["event"], entry["job"]) for entry in logs] == [("bell_refused", "attack")]


@pytest.mark.parametrize("job", [b"../../attack", b"attack attack", b"\xff\xfe", b"", b"x" * 10_000])
def test_a_planted_id_is_passed_over(job, doorbell, redis, server):
    """An id that is none, or that belongs to no job, does not stop the worker."""
    redis.rpush("rq:queue:transactional", job)
    doorbell.ring("transactional")

    assert hear(server.url) == ["transactional"]


def test_a_job_that_is_no_hash_is_passed_over(doorbell, redis, server):
    """A key of another type where a job should be is logged, and costs no pause."""
    redis.set("rq:job:attack", "no hash")
    redis.rpush("rq:queue:transactional", "attack")
    doorbell.ring("transactional")

    with capture_logs() as logs:
        assert hear(server.url) == ["transactional"]

    assert [entry["event"] for entry in logs] == ["bell_refused"]


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_the_attacks_are_real(attack, canary, redis, server):
    """RQ's own worker with the JSON serializer obeys each of them: the test above can fail."""
    plant(redis, attack(str(canary)))
    stock_worker = [sys.executable, "-m", "rq.cli", "worker", "--burst", "--quiet", "--serializer", "json"]

    subprocess.run(
        [
            *stock_worker,
            "--worker-class",
            "rq.SimpleWorker",
            "--path",
            canary.parent,
            "--url",
            server.url,
            "transactional",
        ],
        check=True,
    )

    assert canary.exists()


# --- signals --------------------------------------------------------------------------------------------------------

# A worker that says what it does, and whose drain lasts until it is told a line.
WORKER = """
import os, sys
from orchestrator.queue import connect, listen

def say(word):
    os.write(1, word.encode() + b"\\n")

def drain(lane):
    say(f"draining {lane}")
    sys.stdin.readline()
    say("drained")

listen(connect(sys.argv[1], listening=True), ["transactional"], drain, name="child", on_stop=lambda: say("stopping"))
say("returned")
"""


@pytest.fixture
def worker(server):
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, server.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def test_a_first_sigterm_finishes_the_drain(doorbell, worker):
    """The caller learns at once that a stop was asked for; the drain ends in its own time; more signals add nothing."""
    doorbell.ring("transactional")
    assert worker.stdout.readline() == "draining transactional\n"
    worker.send_signal(signal.SIGTERM)
    assert worker.stdout.readline() == "stopping\n"
    worker.send_signal(signal.SIGTERM)
    worker.send_signal(signal.SIGINT)

    rest, _ = worker.communicate("go on\n", timeout=SECONDS)

    assert rest.splitlines() == ["drained", "returned"]
    assert worker.returncode == 0


def test_an_idle_listener_ends_at_a_sigint(doorbell, redis, worker):
    """Ctrl+C while waiting returns in order, and takes the worker off RQ's list."""
    doorbell.ring("transactional")
    worker.stdout.readline()
    worker.stdin.write("go on\n")
    worker.stdin.flush()
    assert worker.stdout.readline() == "drained\n"
    worker.send_signal(signal.SIGINT)

    rest, _ = worker.communicate(timeout=SECONDS)

    assert rest.splitlines() == ["stopping", "returned"]
    assert worker.returncode == 0
    assert redis.smembers("rq:workers") == set()


def test_a_worker_killed_in_a_drain_leaves_no_job_behind(doorbell, redis, worker, server):
    """After kill -9 in a drain: RQ has nothing to clean, the lane is not mute, and the registration expires."""
    doorbell.ring("transactional")
    worker.stdout.readline()
    worker.kill()
    worker.wait(SECONDS)

    assert not redis.keys("rq:job:*")
    assert 0 < redis.ttl("rq:worker:child") <= 120
    assert doorbell.ring("transactional") is True
    assert hear(server.url) == ["transactional"]
    assert redis.smembers("rq:workers:transactional") == {b"rq:worker:child"}

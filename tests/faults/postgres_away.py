"""PostgreSQL is restarted, and the wire to it is cut, also between a COMMIT and its answer."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import TYPE_CHECKING

from tests.faults import caller, postgres_server, provider, proxy
from tests.faults.crew import Crew
from tests.faults.harness import shop
from tests.faults.items import POSTGRESQL, Item, item, judged
from tests.faults.postgres_server import DATABASE, OwnLedgers
from tests.faults.running import first_taken_after, judge, lapse, under_traffic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.caller import Answer
    from tests.faults.items import Setting
    from tests.faults.proxy import Proxy

COMMITS_SWALLOWED = 4


@item(databases=(POSTGRESQL,))
def postgres_away(setting: Setting) -> Item:
    """PostgreSQL restarts 20 times, its wire is cut in the middle of commits: each 202 has its row, once."""
    restarts, between_s = setting.size(20, fast=1), setting.size(3, fast=1)
    ready: list[float] = []
    with (
        postgres_server.running() as server,
        proxy.to(server.socket) as wire,
        provider.running(setting.folder) as far,
        shop(dataclasses.replace(setting, ledgers=OwnLedgers(server)), far) as sold,
        Crew(sold, 1, {"JOGRAL_DATABASE_URL": _through(wire)}) as crew,
        under_traffic(sold, crew) as asking,
    ):
        lapse(between_s)
        for number in range(restarts):
            server.restart("fast" if number % 2 else "immediate")
            ready.append(time.time())
            lapse(between_s)
            wire.swallow_commits(COMMITS_SWALLOWED)
            lapse(between_s)
            wire.cut()
            lapse(between_s)
        answers = asking.end()
        sold.until_done(crew.tend)
        verdict = judge(sold, answers)
        sending_again_s = max(first_taken_after(sold, at, answers) for at in ready)
    answering_again_s = max(_first_promise_after(at, answers) for at in ready)
    recovery = {"answering_again_s": answering_again_s, "sending_again_s": sending_again_s}
    return judged(
        "postgres_away",
        {"restarts": restarts, "cuts": wire.cuts, "answers_of_commits_lost": wire.swallowed}
        | verdict.figures
        | recovery,
        {
            **verdict.promises,
            "Whatever is not promised is 503, with Retry-After.": all(
                answer.status == caller.ACCEPTED or (answer.status == 503 and answer.retry_after) for answer in answers
            ),
            "It answers within 10 s of each restart.": answering_again_s <= 10,
            "It sends within 10 s of each restart.": sending_again_s <= 10,
        },
    )


def _first_promise_after(instant: float, answers: Sequence[Answer]) -> float:
    return min(
        (answer.at - instant for answer in answers if answer.status == caller.ACCEPTED and answer.asked_at > instant),
        default=math.inf,
    )


def _through(wire: Proxy) -> str:
    return f"postgresql://postgres@127.0.0.1:{wire.port}/{DATABASE}"

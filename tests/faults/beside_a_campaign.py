"""What somebody waits for, beside a campaign of a million: a receipt for an order must not queue behind an offer."""

from __future__ import annotations

import dataclasses
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.domain.customer import Channel
from tests.faults import campaign, postgres_server, provider
from tests.faults.crew import Crew
from tests.faults.harness import KEYED, LOOKED_UP, shop, until
from tests.faults.items import POSTGRESQL, Item, item, judged
from tests.faults.postgres_server import OwnLedgers
from tests.faults.running import at_share, judge, lapse, under_traffic, waits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.harness import Shop
    from tests.faults.items import Setting

PER_SECOND = 1.0

# The provider's own time to answer, and how long the worker's memory is let settle before it is read first.
LATENCY_S = 0.05
WARM_SHARE = 0.25
LOOKS = 12
GROWTH_MIB_MAX = 24.0

CAPS = (
    {"id": "day", "purposes": ["marketing"], "limit": 1, "per": "1d", "window": "calendar_day", "on_block": "defer"},
    {"id": "week", "purposes": ["marketing"], "limit": 3, "per": "7d", "window": "rolling", "on_block": "drop"},
)


@item()
def beside_a_campaign(setting: Setting) -> Item:
    """One message a second beside more than 900,000 of a campaign that are due: the provider has it within 2 s."""
    rows, seconds = setting.size(1_200_000, fast=10_000), setting.size(120, fast=5)
    promised_s = setting.size(2, fast=10)  # the small size shares its machine with other tests
    with (
        _ledgers(setting) as ledgers,
        provider.running(setting.folder) as far,
        shop(
            dataclasses.replace(setting, ledgers=ledgers),
            far,
            accounts={Channel.EMAIL: KEYED, Channel.WHATSAPP: LOOKED_UP},
            caps=CAPS,
        ) as sold,
        Crew(sold, 0) as crew,
    ):
        far.behave(latency_s=LATENCY_S)
        began = time.monotonic()
        campaign.fill(sold.store, rows, sold.clock.now())
        setting.say(f"{rows} requests are due after {time.monotonic() - began:.0f} s")
        worker = crew.add_worker("worker0")
        until(far.taken, seconds=60, what="the beginning of the campaign")
        with under_traffic(sold, crew, per_second=PER_SECOND, channels=("whatsapp", "email")) as asking:
            lapse(seconds * WARM_SHARE)
            memory = [_rss_mib(worker.process.pid)]
            for _ in range(LOOKS):
                lapse(seconds * (1 - WARM_SHARE) / LOOKS)
                memory.append(_rss_mib(worker.process.pid))
            due = _due(sold)
            answers = asking.end()
        until(lambda: not _open(sold), seconds=60, what="the end of what was asked for")
        verdict = judge(sold, answers)
        waited = waits(sold, answers)
        campaign_sent = rows - _due(sold)
    figures = {
        "due_before": rows,
        "due_after": due,
        "asked": verdict.figures["asked"],
        "p50_s": at_share(waited, 0.5),
        "p95_s": at_share(waited, 0.95),
        "worst_s": max(waited),
        "api_p99_s": verdict.figures["api_p99_s"],
        "campaign_sent": campaign_sent,
        "lost": verdict.figures["lost"],
        "twice": verdict.figures["twice"],
        "rss_first_mib": memory[0],
        "rss_last_mib": memory[-1],
        "rss_most_mib": max(memory),
    }
    return judged(
        "beside_a_campaign",
        figures,
        {
            **verdict.promises,
            f"95 % reach the provider within {promised_s} s.": figures["p95_s"] <= promised_s,
            "The campaign goes on meanwhile.": campaign_sent > 0,
            "So much is due until the end.": due >= setting.size(900_000, fast=0),
            "The worker's memory stays flat.": memory[-1] - memory[0] <= GROWTH_MIB_MAX,
        },
    )


@contextmanager
def _ledgers(setting: Setting) -> Iterator[Any]:
    """On PostgreSQL a server as in production: the tests' own does not wait for the disk."""
    if setting.database == POSTGRESQL:
        with postgres_server.running() as server:
            yield OwnLedgers(server)
    else:
        yield setting.ledgers


def _due(sold: Shop) -> int:
    return int(sold.one("SELECT count(*) FROM deliveries WHERE state = 'accepted' AND lane = 'marketing'"))


def _open(sold: Shop) -> int:
    question = (
        "SELECT count(*) FROM deliveries WHERE lane = 'transactional' AND state IN ('accepted', 'deferred', 'sending')"
    )
    return int(sold.one(question))


def _rss_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("the kernel does not say how much memory the worker holds")

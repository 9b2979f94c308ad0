"""Several timers wake at once, and some die in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Request
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.timer import wall_time
from orchestrator.store.port import NewDelivery
from tests.faults import harness, provider
from tests.faults.crew import Crew
from tests.faults.harness import SHIPPED, batches, data_about
from tests.faults.items import Item, Setting, item, judged

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.time import Instant
    from tests.faults.harness import Shop

TOPIC = "order_updates"
BATCH = 5_000


@item()
def timers(setting: Setting) -> Item:
    """Four timer processes, some of them killed, find as many due timers as they can: each fires once."""
    count, kills = setting.size(100_000, fast=4_000), setting.size(4, fast=1)
    with provider.running(setting.folder, seed=setting.seed) as far, harness.shop(setting, far) as shop:
        planned = _plan(shop, count)
        setting.say(f"{count} timers are due")
        with Crew(shop, 0, arm=_once("after_fire")) as crew:
            for number in range(4):
                crew.add_timer(f"timer{number}")
            crew.storm(kills, setting.random, lambda: None)
            crew.until_ready()
            harness.until(lambda: crew.tend() is None or not shop.one(PENDING), what="the last timer")
        fired = [row[0] for row in shop.rows("SELECT id FROM deliveries")]
        figures = {
            "timers": count,
            "processes": 4,
            "kills": len(crew.deaths),
            "deliveries": len(fired),
            "never_fired": len(planned - set(fired)),
            "fired_twice": len(fired) - len(set(fired)),
            "strangers": len(set(fired) - planned),
        }
    return judged(
        "timers",
        figures,
        {"Each timer fires exactly once.": len(fired) == count and set(fired) == planned},
    )


PENDING = "SELECT count(*) FROM timers WHERE fired_at IS NULL"


def _once(point: str) -> Callable[[str], str]:
    """The first process that starts kills itself at this point; its successors live."""
    armed = iter([point])
    return lambda _: next(armed, "")


def _plan(shop: Shop, count: int) -> set[str]:
    """So many timers that are due since an hour, for a few customers; their ids."""
    people = shop.enrol(100)
    now = shop.clock.now()
    when = wall_time(datetime.now(UTC) - timedelta(hours=1), "UTC")
    ids: set[str] = set()
    for numbers in batches(range(count), BATCH):
        requests = [request_due_at(shop, people[number % len(people)], when.instant) for number in numbers]
        with shop.store.write() as transaction:
            transaction.timers.add(
                [(when, NewDelivery(request=one, identity=f"faults/{one.id}", origin="faults")) for one in requests],
                now,
            )
        ids.update(one.id for one in requests)
    return ids


def request_due_at(shop: Shop, customer: str, due_at: Instant) -> Request:
    """What a timer becomes."""
    now = shop.clock.now()
    return Request(
        id=new_id("msg", now, shop.clock.entropy(ENTROPY_SIZE)),
        message=SHIPPED,
        customer_id=customer,
        topic=TOPIC,
        purpose=shop.release.purpose(TOPIC),
        candidates=(Channel.PUSH,),
        objects={},
        data=data_about(shop.canary()),
        locale=None,
        priority="normal",
        due_at=due_at,
        not_after=None,
        accepted_at=now,
    )

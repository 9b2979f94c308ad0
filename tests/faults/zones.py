"""Clocks change, and nine in the morning stays nine in the morning."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from orchestrator.dispatch.fire import fire
from orchestrator.domain.timer import WallTime
from orchestrator.store.port import NewDelivery
from tests.faults import harness, provider
from tests.faults.items import Item, Setting, item, judged
from tests.faults.timers import request_due_at

if TYPE_CHECKING:
    from collections.abc import Iterator

YEARS = range(2018, 2031)
OTHERS = ("Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran", "Africa/Casablanca")
# 00:30 as well: Brazil's clocks jumped at midnight.
WALLS = (time(0, 30), time(1, 30), time(2, 30), time(9))
TOLERANCE_MS = 60_000


@item()
def zones(setting: Setting) -> Item:
    """Timers around every clock change from 2018 to 2030, in all Brazilian zones and five others."""
    with provider.running(setting.folder, seed=setting.seed) as far, harness.shop(setting, far) as shop:
        expected = {}
        wanted = list(_walls(setting.size(1_000, fast=17)))
        (customer,) = shop.enrol(1)
        requests = [request_due_at(shop, customer, when.instant) for when in wanted]
        with shop.store.write() as transaction:
            transaction.timers.add(
                [
                    (when, NewDelivery(request=one, identity=f"faults/{one.id}", origin="faults"))
                    for when, one in zip(wanted, requests, strict=True)
                ],
                shop.clock.now(),
            )
        expected = {one.id: first_instant(when) for when, one in zip(wanted, requests, strict=True)}
        setting.say(f"{len(wanted)} timers")
        # A minute before each, and at it: who fires early or late fires at another of these.
        for now in sorted({at for one in expected.values() for at in (one - TOLERANCE_MS - 1, one)}):
            while fire(shop.store, now):
                pass
        fired = dict(shop.rows("SELECT id, fired_at FROM timers WHERE fired_at IS NOT NULL"))
        off = [one for one, at in expected.items() if one not in fired or abs(fired[one] - at) > TOLERANCE_MS]
        figures = {
            "zones": len({when.zone for when in wanted}),
            "clock_changes": sum(len(changes(zone)) for zone in {when.zone for when in wanted}),
            "timers": len(wanted),
            "fired": shop.one("SELECT count(*) FROM deliveries"),
            "more_than_60_s_off": len(off),
        }
    return judged(
        "zones",
        figures,
        {
            "Every timer fires once.": figures["fired"] == len(wanted) == len(fired),
            "Every timer fires within a minute of its wall time.": not off,
        },
    )


def brazilian() -> list[str]:
    """The zones of Brazil, as the zone database lists them."""
    listed = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[2] for line in listed if line.startswith("BR\t")]


def changes(zone: str) -> list[date]:
    """The days on which the zone's clocks change."""
    first, days = datetime(YEARS.start, 1, 1, 12, tzinfo=UTC), (YEARS.stop - YEARS.start) * 365 + 3
    info = ZoneInfo(zone)
    offsets = [(first + timedelta(days=day)).astimezone(info).utcoffset() for day in range(days + 1)]
    return [(first + timedelta(days=day)).date() for day in range(1, days + 1) if offsets[day] != offsets[day - 1]]


def first_instant(when: WallTime) -> int:
    """The first minute at which a clock on that wall shows this or more, in milliseconds.

    It shares nothing with `domain.time`: no fold, no arithmetic on offsets, only what a clock shows at an instant. The
    clocks of the world are at most 14 hours ahead and 12 behind.
    """
    wall, info = datetime.fromisoformat(when.wall), ZoneInfo(when.zone)
    moment = wall.replace(tzinfo=UTC) - timedelta(hours=15)
    while moment.astimezone(info).replace(tzinfo=None) < wall - timedelta(hours=3):
        moment += timedelta(hours=1)
    while moment.astimezone(info).replace(tzinfo=None) < wall:
        moment += timedelta(minutes=1)
    return int(moment.timestamp() * 1000)


def _walls(zones_max: int) -> Iterator[WallTime]:
    """Each wall on the day of every change, on the days around it, and on an ordinary day."""
    for zone in (*brazilian(), *OTHERS)[:zones_max]:
        days = {change + timedelta(days=near) for change in changes(zone) for near in (-1, 0, 1)} | {date(2026, 12, 1)}
        for day in sorted(days):
            for wall in WALLS:
                yield WallTime(datetime.combine(day, wall).isoformat(), zone)

"""Made-up orders in the layout of the Olist file, with its kinds of dirt: late, lost, called off, never handed over."""

from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta

COLUMNS = (
    "order_id",
    "customer_id",
    "order_status",
    "order_purchase_timestamp",
    "order_approved_at",
    "order_delivered_carrier_date",
    "order_delivered_customer_date",
    "order_estimated_delivery_date",
)


def write_orders(path, count, seed=7):
    """Write `count` orders; the path."""
    chance = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(count):
            writer.writerow(_order(number, chance))
    return path


def _order(number, chance):
    bought = datetime(2017, 10, 1) + timedelta(minutes=chance.randrange(60 * 24 * 60))  # noqa: DTZ001  # wall times
    estimated = (bought + timedelta(days=chance.randrange(5, 20))).replace(hour=0, minute=0)
    status = chance.choices(("delivered", "shipped", "canceled", "unavailable"), (90, 4, 4, 2))[0]
    # A few are handed over before they are bought, as in the real file.
    sent = bought + timedelta(hours=chance.randrange(-2, 72)) if status in ("delivered", "shipped") else None
    arrived = sent + timedelta(days=chance.randrange(1, 22)) if sent and status == "delivered" else None
    return (
        f"{number:032x}",
        f"{number + 10**6:032x}",
        status,
        *(_wall(one) for one in (bought, bought, sent, arrived, estimated)),
    )


def _wall(moment):
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour}:{moment.minute:02d}" if moment else ""

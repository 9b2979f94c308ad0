"""Casa Lume with the starter `post_purchase`, and the orders of the Olist file as those of a few customers."""

from __future__ import annotations

import csv
import shutil

from sqlalchemy import func, select

from orchestrator.dispatch.register import register
from orchestrator.domain.customer import ConsentState
from orchestrator.mapping import map_row
from orchestrator.replay import profile
from orchestrator.starters import STARTERS
from orchestrator.store.tables import alerts, deliveries, runs
from tests.olist_journey import agreed, customer_of
from tests.saying import tell

MAPPING = "olist_journey"
JOURNEYS = ("post_purchase", "satisfaction_survey")


def furnish(shop, customers):
    """Put the starter into a shop, and a mapping by which so many customers made all orders."""
    for path, source in STARTERS["post_purchase"].files().items():
        (shop / "templates" / path).parent.mkdir(exist_ok=True)
        shutil.copyfile(source, shop / "templates" / path)
    number = f"string(int(digits(row.order_id, 8)) % {customers})"
    folder = shop / "templates" / "mappings"
    text = (folder / "olist.yaml").read_text(encoding="utf-8")
    for before, after in (
        ("id: olist\n", f"id: {MAPPING}\n"),
        ("journeys: [orders_simple]", f"journeys: [{', '.join(JOURNEYS)}]"),
        ("  id: row.customer_id\n", f"  id: '\"cus_\" + {number}'\n"),
        ('email: row.customer_id + "@olist.example"', f'email: \'"cus_" + {number} + "@olist.example"\''),
        ("digits(row.customer_id, 8)", f'digits("cus_" + {number}, 8)'),
    ):
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    (folder / f"{MAPPING}.yaml").write_text(text, encoding="utf-8")


def write_rows(path, rows):
    """A CSV file of some orders; the path."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def introduce(store, clock, mapping, rows, customers):
    """Make everybody known, and let them say where they want to be asked for their opinion."""
    people = {who.id: (profile(who), row) for row in rows for who in [map_row(mapping, row)[0]]}
    with store.write() as transaction:
        register(transaction, [who for who, _ in people.values()], clock)
        for customer_id, (_, row) in people.items():
            channels = sorted(agreed(customer_of(row["order_id"], customers)))
            if channels:
                tell(transaction, clock, [customer_id], ConsentState.GRANTED, ["surveys"], channels)


def came_of(store):
    """What the ledger says, as `olist_journey.counts` counts it."""
    columns = deliveries.c
    channel = func.coalesce(columns.channel, "")
    with store.engine.connect() as connection:
        said = connection.execute(
            select(columns.message, columns.state, columns.reason, channel, func.count()).group_by(
                columns.message, columns.state, columns.reason, channel
            )
        ).all()
        told = connection.execute(select(alerts.c.step, func.count()).group_by(alerts.c.step)).all()
        ended = connection.execute(select(runs.c.ending, func.count()).group_by(runs.c.ending)).all()
    found = {(message, state, reason, how): count for message, state, reason, how, count in said}
    found |= {("alert", step): count for step, count in told}
    return found | {("runs", ending): count for ending, count in ended}

"""The shop that is measured: the repository's own templates, SMS through a webhook, and a ledger full of requests.

What is sent is marketing, so that the whole gate is asked: consent, which everybody has given, the shop's frequency
caps, of which two concern the channel, its quiet hours, moved to where it is not now, and its suppress rules.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from orchestrator import channels
from orchestrator.app import SystemClock
from orchestrator.catalog.render import render
from orchestrator.channels import HttpCall
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile, register
from orchestrator.domain.customer import Address, AddressKind, Channel, ConsentState
from orchestrator.domain.delivery import Delivery, Request
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.object import Object
from orchestrator.project import find_project
from orchestrator.store.migrate import upgrade
from orchestrator.store.port import NewDelivery
from tests.saying import said

if TYPE_CHECKING:
    from orchestrator.release import Release
    from orchestrator.store.sql import SqlStore

ROOT = Path(__file__).parents[2]
TIME_ZONE = ZoneInfo("America/Sao_Paulo")
MESSAGE = "order_shipped"
TOPIC = "offers"

# Quiet hours as long as the shop's own, this many hours from now.
QUIET_IN_HOURS = 6
QUIET_HOURS = 12

# Few first names, many orders, a month of promised dates: about as much as a real day lets a cache remember.
FIRST_NAMES = (
    "Ana", "Bruno", "Carla", "Diego", "Elisa", "Fábio", "Giovana", "Heitor", "Iara", "João", "Karina", "Luís",
    "Márcia", "Nuno", "Olívia", "Paulo", "Renata", "Sérgio", "Tânia", "Vítor",
)  # fmt: skip
DATES = 30
FIRST_DATE_IN_DAYS = 10

# A share of the customers cannot be reached on another channel, so that the gate has that to read too.
EVERY_TWENTIETH_SUPPRESSED = 20

BATCH = 1_000

ACCOUNT = """\
      - id: {channel}
        adapter: webhook
        url: "{url}"
        allow_private: true
        idempotency_header: Idempotency-Key
        headers: {{Authorization: "Bearer {{token}}"}}
        token: not-a-secret
        body: {body}
"""
BODIES = {
    Channel.SMS: '{to: "{to}", text: "{text}", parts: "{segments}"}',
    Channel.EMAIL: '{to: "{to}", subject: "{subject}", html: "{html}", text: "{text}"}',
}
# Our own sink says which id it gave. Of somebody else's it is only known that it answers.
ANSWERED_ID = "        id_at: id\n"


def open_shop(folder: Path, url: str, *, own_sink: bool = True, channel: Channel = Channel.SMS) -> Release:
    """A project in `folder` whose messages on a channel go to `url`: our own sink, or somebody's."""
    shutil.copytree(ROOT / "templates", folder / "templates")
    shutil.copy(ROOT / "brand_voice.yaml", folder)
    _rewrite(folder / "templates/messages" / f"{MESSAGE}.yaml", "topic: order_updates", f"topic: {TOPIC}")
    project = folder / "templates/project.yaml"
    account = ACCOUNT.format(channel=channel.value, url=url, body=BODIES[channel]) + (ANSWERED_ID if own_sink else "")
    _rewrite(project, f"      - {{id: {channel.value}, adapter: outbox}}\n", account)
    hour = datetime.now(TIME_ZONE).hour + QUIET_IN_HOURS
    _rewrite(project, 'from: "21:00"', f'from: "{hour % 24:02d}:00"')
    _rewrite(project, 'to: "09:00"', f'to: "{(hour + QUIET_HOURS) % 24:02d}:00"')
    return find_project(folder).read()


def _rewrite(file: Path, shipped: str, ours: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(shipped) == 1, f"{file} does not have what the benchmark replaces: {shipped}"
    file.write_text(text.replace(shipped, ours), encoding="utf-8")


def fill(store: SqlStore, release: Release, messages: int, channel: Channel = Channel.SMS) -> str:
    """A ledger with so many customers and one accepted request each; the id of the request that is due first."""
    upgrade(store)
    publish(store, release, SystemClock().now())
    first = ""
    for start in range(0, messages, BATCH):
        requests = _fill_batch(store, release, range(start, min(start + BATCH, messages)), channel)
        first = first or requests[0].id
    if store.engine.dialect.name == "postgresql":
        # What autovacuum does within a minute: a ledger that is in use has statistics.
        with store.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
    return first


def sample(release: Release, channel: Channel = Channel.SMS) -> HttpCall:
    """The call that a worker makes for the first customer, headers and all."""
    account = release.accounts[channel]
    data = {
        "customer": {"first_name": FIRST_NAMES[0]}, "order": _order(0).data, "shipment": _shipment(0).data
    }  # fmt: skip
    delivery = Delivery(
        reference=new_id("msg", 0, bytes(ENTROPY_SIZE)),
        customer_id=_customer_id(0),
        object_id=_order(0).id,
        channel=channel,
        address=Address(id="adr", kind=AddressKind.PHONE, value=_phone(0)),
        purpose=release.purpose(TOPIC),
        topic=TOPIC,
        rendered=render(release.messages[MESSAGE], release.voice, release.voice.locale, channel, data),
    )
    call = channels.build_adapter(account.adapter, channel, account.settings).call(delivery, 0, bytes)
    assert isinstance(call, HttpCall)
    return call


def _fill_batch(store: SqlStore, release: Release, numbers: range, channel: Channel) -> list[Request]:
    clock = SystemClock()
    now = clock.now()
    requests = [
        Request(
            id=new_id("msg", now, clock.entropy(ENTROPY_SIZE)),
            message=MESSAGE,
            customer_id=_customer_id(number),
            topic=TOPIC,
            purpose=release.purpose(TOPIC),
            candidates=(channel,),
            objects={"shipment": _shipment(number).id, "order": _order(number).id},
            data={"event": {"order_id": _order(number).id, "promised_date": _date(number)}},
            locale=None,
            priority="normal",
            # One millisecond apart, so that it is known which is claimed first.
            due_at=number,
            not_after=None,
            accepted_at=now,
        )
        for number in numbers
    ]
    with store.write() as transaction:
        customer_ids = register(transaction, [_profile(number) for number in numbers], clock)
        yes = said(clock, customer_ids, ConsentState.GRANTED, [TOPIC], BODIES)
        transaction.consents.record(yes, now)
        suppressed = [_email(number) for number in numbers if number % EVERY_TWENTIETH_SUPPRESSED == 0]
        other = Channel.PUSH if channel is Channel.EMAIL else Channel.EMAIL
        owners = transaction.customers.by_address(AddressKind.EMAIL, suppressed)
        emails = [
            address.id
            for standing in transaction.customers.standings([ids[0] for ids in owners.values()], ()).values()
            for address in standing.customer.addresses
            if address.kind is AddressKind.EMAIL
        ]
        transaction.consents.suppress(emails, other.value, "bounce", now)
        transaction.events.put_objects([make(number) for number in numbers for make in (_order, _shipment)], now)
        transaction.deliveries.add(
            [NewDelivery(request=request, identity=f"bench/{request.id}", origin="bench") for request in requests], now
        )
    return requests


def _profile(number: int) -> Profile:
    return Profile(
        id=_customer_id(number),
        attributes={"first_name": FIRST_NAMES[number % len(FIRST_NAMES)]},
        emails=(_email(number),),
        phones=(_phone(number),),
    )


def _order(number: int) -> Object:
    data = {
        "order_id": f"ord_{number}",
        "number": str(10_000 + number),
        "url": f"https://casalume.example/p/{10_000 + number}",
        "promised_date": _date(number),
        "total": 259.90,
    }
    return Object(
        kind="order",
        id=f"ord_{number}",
        customer_id=_customer_id(number),
        data=data,
        field_times=dict.fromkeys(data, 0),
    )


def _shipment(number: int) -> Object:
    data = {"order_id": f"ord_{number}", "promised_date": _date(number), "carrier": "Rápido Sul"}
    return Object(
        kind="shipment",
        id=f"ord_{number}",
        customer_id=_customer_id(number),
        data=data,
        field_times=dict.fromkeys(data, 0),
    )


def _customer_id(number: int) -> str:
    return f"cus_{number:08d}"


def _email(number: int) -> str:
    return f"pessoa{number}@example.com"


def _phone(number: int) -> str:
    return f"+55119{80_000_000 + number}"


def _date(number: int) -> str:
    return (datetime.now(TIME_ZONE).date() + timedelta(FIRST_DATE_IN_DAYS + number % DATES)).isoformat()

"""The demo shop: some 200 made-up customers of Casa Lume and a month of their orders, played into the local inbox."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.consents import Agreement, Proof, agree_all, withdraw
from orchestrator.dispatch.register import Profile, register
from orchestrator.domain.customer import Channel
from orchestrator.domain.time import at_wall, moment
from orchestrator.mapping import MappedEvent
from orchestrator.timeline import Player, Timeline, require_local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from orchestrator.app import App
    from orchestrator.dispatch.tick import Bell
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

CUSTOMERS = 200
DAYS = 30
SEED = 20261121
SOURCE = "demo"
JOURNEYS = ("orders_simple", "ask_for_review")
REVIEWS_GRANTED = 0.6
CALLED_OFF = 0.06  # a few change their mind
LATE = 0.12  # about one in eight, as real shops have it

FIRST_NAMES = (
    "Ana", "Beatriz", "Bruno", "Camila", "Carlos", "Cecília", "Daniel", "Débora", "Diego", "Eduarda", "Elisa", "Fábio",
    "Fernanda", "Gabriel", "Helena", "Heloísa", "Igor", "Isabela", "Ítalo", "João", "Júlia", "Laís", "Larissa", "Lia",
    "Lucas", "Luísa", "Márcia", "Mariana", "Mateus", "Miguel", "Natália", "Otávio", "Patrícia", "Paulo", "Rafael",
    "Renata", "Sofia", "Tainá", "Tomás", "Úrsula", "Valentina", "Vítor", "Yara",
)  # fmt: skip
PRODUCTS = (
    ("Kit Banho Algodão", 129.90), ("Jogo de cama Percal", 249.00), ("Manta de tricô", 189.50),
    ("Tapete Trançado", 319.00), ("Almofada Linho", 79.90), ("Cortina Voil", 159.00), ("Toalha de rosto", 34.90),
)  # fmt: skip
AREA_CODES = ("11", "21", "31", "41", "51", "61", "71", "81", "85", "91", "92")

_AGREED = Proof(method="demo", source=SOURCE, actor="cli:demo", wording="optin_avaliacoes@1")
_ENDED = Proof(method="demo", source=SOURCE, actor="cli:demo")

# Who can be reached how, out of ten: an e-mail, a phone, a phone that said no to WhatsApp, an app, nothing at all.
_REACHES = ("email", "email", "email", "email", "phone", "phone", "phone_sms", "phone_sms", "push", "nobody")


@dataclass(frozen=True, kw_only=True, slots=True)
class Demo:
    """One playing of the demo shop. `today` is the last day of its month."""

    app: App
    release: Release
    bell: Bell
    sleep: Callable[[float], None]
    progress: Callable[[int, int], None] = lambda _done, _total: None

    def run(self) -> dict[str, Any]:
        """Register everybody, play the month, count by channel. The JSON document `jogral.demo/1`.

        Played again on the same day it sends nothing: its events are known.
        """
        require_local(self.app, self.release)
        zone = self.release.project.timezone
        people = list(_people(moment(self.app.clock.now(), zone).date(), zone))
        with self.app.store.write() as transaction:
            self._register(transaction, people)
        timeline = Timeline()
        try:
            for row, one in enumerate(people):
                timeline.add(row, one.id, one.events)
            total = len(timeline)
            played = Player(
                app=self.app,
                release=self.release,
                bell=self.bell,
                source=SOURCE,
                journeys=JOURNEYS,
                origin=SOURCE,
                sleep=self.sleep,
                until=self.app.clock.now(),  # from there on the shop lives
                progress=lambda done: self.progress(done, total),
            ).play(timeline)
        finally:
            timeline.close()
        return self._document(sum(played.events.values()), played.repeated)

    def _register(self, transaction: Transaction, people: Sequence[_Person]) -> None:
        """Those who are new, with what they said."""
        known = transaction.customers.known([one.id for one in people])
        new = [one for one in people if one.id not in known]
        register(transaction, [one.profile for one in new], self.app.clock)
        agreed = [
            Agreement(customer_id=one.id, topic="reviews", channels=one.wants_reviews_on, proof=_AGREED) for one in new
        ]
        agree_all(transaction, self.release, self.app.clock, agreed)
        without_whatsapp = [one.id for one in new if one.without_whatsapp]
        withdraw(transaction, self.app.clock, without_whatsapp, "order_updates", [Channel.WHATSAPP], _ENDED)

    def _document(self, events: int, repeated: int) -> dict[str, Any]:
        with self.app.store.read() as transaction:
            tally = transaction.deliveries.channel_tally()
        unsent = tally.pop("none", {})
        return {
            "schema": "jogral.demo/1",
            "ok": True,
            "customers": CUSTOMERS,
            "events": events,
            "events_repeated": repeated,
            "channels": {channel.value: tally.get(channel.value, {"sent": 0}) for channel in Channel},
            "not_sent": unsent,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Person:
    """Somebody with an order, and what they told the shop."""

    id: str
    profile: Profile
    events: list[MappedEvent]
    wants_reviews_on: tuple[Channel, ...]
    without_whatsapp: bool


def _people(today: date, zone: str) -> Iterator[_Person]:
    """Everybody with their events. The same day gives the same shop."""
    chance = random.Random(SEED)  # noqa: S311  # made-up people, not secrets
    first_day = today - timedelta(days=DAYS)
    for number in range(CUSTOMERS):
        reach = _REACHES[number % len(_REACHES)]
        name = chance.choice(FIRST_NAMES)
        customer_id = f"cus_demo_{number:03d}"
        profile = _profile(customer_id, number, name, reach, chance)
        yield _Person(
            id=customer_id,
            profile=profile,
            wants_reviews_on=tuple(one for one in (Channel.EMAIL, Channel.PUSH) if chance.random() < REVIEWS_GRANTED),
            without_whatsapp=reach == "phone_sms",
            events=_orders(f"{number:03d}", first_day, today, zone, chance),
        )


def _profile(customer_id: str, number: int, name: str, reach: str, chance: random.Random) -> Profile:
    phone = f"+55{AREA_CODES[number % len(AREA_CODES)]}9{chance.randrange(10**8):08d}"
    return Profile(
        id=customer_id,
        locale="pt-BR",
        attributes={"first_name": name},
        emails=(f"cliente{number:03d}@example.com",) if reach == "email" else (),
        phones=(phone,) if reach.startswith("phone") else (),
        push_tokens=(f"demo-device-{number:03d}",) if reach == "push" else (),
    )


def _orders(number: str, first_day: date, today: date, zone: str, chance: random.Random) -> list[MappedEvent]:
    """What happened to one customer's order: placed, sent, late or not, delivered; or called off."""
    order = f"{(today - date(2026, 1, 1)).days}{number}"
    placed = _at(first_day + timedelta(days=chance.randrange(DAYS - 8)), 8 * 60 + chance.randrange(14 * 60), zone)
    promised = placed.date() + timedelta(days=6)
    product, price = chance.choice(PRODUCTS)
    events = [
        _event(
            "order.placed",
            order,
            placed,
            number=order,
            url=f"https://casalume.example/p/{order}",
            promised_date=promised.isoformat(),
            total=price,
            first_item=product,
        )
    ]
    fate = chance.random()
    if fate < CALLED_OFF:
        return [*events, _event("order.cancelled", order, placed + timedelta(hours=2), status="cancelled")]
    sent = placed + timedelta(days=1, minutes=chance.randrange(600))
    events.append(_event("shipment.dispatched", order, sent, promised_date=promised.isoformat(), status="in_transit"))
    late = fate > 1 - LATE
    if late:
        missed = _at(promised + timedelta(days=1), 9 * 60, zone)
        events.append(_event("shipment.estimate_missed", order, missed, promised_date=promised.isoformat()))
    arrived = _at(promised + timedelta(days=2 if late else -1), 10 * 60 + chance.randrange(8 * 60), zone)
    events.append(_event("shipment.delivered", order, arrived, status="delivered"))
    if arrived.date() < today:
        events.append(_event("review.due", order, arrived + timedelta(days=1)))
    return [event for event in events if event.occurred_at <= at_wall(datetime.combine(today, time.min), zone)]


def _at(day: date, minute: int, zone: str) -> datetime:
    wall = datetime.combine(day, time(minute // 60, minute % 60))
    return moment(at_wall(wall, zone), zone)


def _event(event_type: str, order: str, at: datetime, **data: object) -> MappedEvent:
    return MappedEvent(
        type=event_type,
        id=f"{event_type}/{order}",
        occurred_at=int(at.astimezone(UTC).timestamp() * 1000),
        data={"order_id": f"ord_{order}", **data},
    )

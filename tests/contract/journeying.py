"""Journeys of one shop in a test: a release with some of them alone, what happens, and time that passes."""

from __future__ import annotations

import json

from sqlalchemy import select

from orchestrator.dispatch.accept import Accepted
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.runs.calling import Caller
from orchestrator.release import read_release
from orchestrator.store.tables import runs
from tests.contract.world import event, numbers

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

AFTER_PURCHASE = {
    "kind": "journey",
    "id": "after_purchase",
    "title": "Depois da compra",
    "owner": "operacoes",
    "topic": "order_updates",
    "trigger": {"event": "order.placed"},
    "entry": {"key": "order.id"},
    "exit_on": [{"event": "order.cancelled", "match": "order.id", "send": "order_cancelled"}],
    "steps": [
        {"id": "confirmar", "send": "order_confirmed", "channels": {"all": ["email"]}},
        {
            "id": "esperar_envio",
            "wait_for": {
                "event": "shipment.dispatched",
                "timeout": "2d",
                "on_timeout": [
                    {"id": "avisar", "alert": {"team": "operacoes", "message": "Pedido {{ order.number }} parado"}}
                ],
            },
        },
        {"id": "enviado", "send": "order_shipped", "channels": {"first_reachable": ["sms", "email"]}},
        {
            "id": "acompanhar",
            "watch": {
                "for": "60d",
                "until": [{"event": "shipment.delivered"}],
                "react": [
                    {
                        "event": "shipment.eta_changed",
                        "when": "shipment.estimated_date > shipment.promised_date",
                        "debounce": "2h",
                        "steps": [{"id": "atraso", "send": "order_delayed", "channels": {"all": ["email"]}}],
                    }
                ],
            },
        },
        {"id": "usar", "wait": "5d"},
        {"id": "pessoa", "handoff": {"team": "atendimento", "reason": "Perguntar como foi"}},
    ],
}


def run_only(world, *journeys):
    """Publish a release with these journeys and no others."""
    content = json.loads(world.release.content)
    content["journeys"] = {journey["id"]: journey for journey in journeys}
    world.release = read_release(json.dumps(content))
    publish(world.store, world.release, world.clock.now())


def happens(world, event_type, order_id="ord_1", **data):
    """Something that is accepted: a refused event would prove nothing."""
    number = next(numbers)
    (result,) = world.accept(
        event(event_type, f"{event_type}-{number}", at=world.clock.now(), order_id=order_id, **data)
    )
    assert isinstance(result, Accepted), result


def call(world, **caller):
    """Call whoever is due until nobody is."""
    rounds = Caller(release=world.release, clock=world.clock, **caller)
    while rounds.call(world.store, world.clock.now()):
        pass


def later(world, **time):
    """Time passes, and whoever wants to be called is."""
    world.clock.advance(**time)
    call(world)


def rows(world, table):
    with world.store.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table).order_by(table.c.id))]


def stands(world):
    """(key, position) of every run that is not over."""
    return sorted((run["key"], run["position"]) for run in rows(world, runs) if run["ended_at"] is None)


def asked(world):
    """Messages that were asked for, in the order of their ids."""
    with world.store.read() as transaction:
        return sorted(
            message for message, states in transaction.deliveries.tally().items() for _ in range(sum(states.values()))
        )


def shipped(world, order_id="ord_1", customer=None):
    data = {"order_id": order_id, "promised_date": "2026-11-30", "tracking_url": "https://casalume.example/r/1"}
    return event("shipment.dispatched", f"env-{order_id}", customer=customer, at=world.clock.now(), **data)


def moved_to(world, date, number=1, order_id="ord_1"):
    data = {"order_id": order_id, "promised_date": "2026-11-30", "estimated_date": date}
    return event("shipment.eta_changed", f"eta-{order_id}-{number}", at=world.clock.now(), **data)

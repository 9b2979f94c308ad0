"""Scenarios written in tests: a journey of a few steps in Casa Lume, a case, and what came of it."""

from __future__ import annotations

from orchestrator.dispatch.current import Current
from orchestrator.journeys.model import Journey
from orchestrator.project import SHIPPED, Project
from orchestrator.release import Release
from orchestrator.scenarios.model import Scenario
from orchestrator.segments.model import Segment
from orchestrator.simulation.judging import misses
from orchestrator.simulation.rehearsal import rehearse
from tests.shipped import shop

HEAD = {"kind": "journey", "id": "tried", "title": "Tried", "owner": "operacoes", "topic": "order_updates"}
ON_ORDER = {"trigger": {"event": "order.placed"}, "entry": {"key": "order.id"}}

POST_PURCHASE = {
    **ON_ORDER,
    "exit_on": [{"event": "order.cancelled", "match": "order.id", "send": "order_cancelled"}],
    "goal": {"event": "order.placed", "within": "90d"},
    "steps": [
        {"id": "confirmar", "send": "order_confirmed", "channels": {"all": ["email"], "first_reachable": ["whatsapp"]}},
        {
            "id": "esperar_envio",
            "wait_for": {
                "event": "shipment.dispatched",
                "timeout": "2bd",
                "give_up": "30d",
                "on_timeout": [
                    {"id": "alertar", "alert": {"team": "operacoes", "message": "Pedido {{ order.number }} parado"}}
                ],
            },
        },
        {"id": "enviado", "send": "order_shipped", "channels": {"first_reachable": ["whatsapp", "email"]}},
        {
            "id": "acompanhar",
            "watch": {
                "for": "60d",
                "until": [{"event": "shipment.delivered"}, {"event": "shipment.lost"}],
                "react": [
                    {
                        "event": "shipment.eta_changed",
                        "when": "shipment.estimated_date > shipment.promised_date",
                        "debounce": "2h",
                        "steps": [
                            {"id": "atraso", "send": "order_delayed", "channels": {"first_reachable": ["whatsapp"]}},
                            {
                                "id": "longo",
                                "branch": [
                                    {
                                        "when": "days(shipment.estimated_date, shipment.promised_date) >= 5",
                                        "steps": [
                                            {"id": "pessoa", "handoff": {"team": "atendimento", "queue": "atrasos"}}
                                        ],
                                    }
                                ],
                            },
                        ],
                    }
                ],
            },
        },
        {"id": "usar", "wait": {"for": "5d", "until": "10:00"}},
        {"id": "perguntar", "emit": {"event": "survey.due", "data": {"order_id": "{{ order.id }}"}}},
        {"id": "marcar", "update": {"customer.tried": True}},
        {
            "id": "fim",
            "branch": [
                {
                    "when": 'steps.acompanhar.event.type == "shipment.lost"',
                    "steps": [{"id": "extraviado", "exit": "extraviado"}],
                }
            ],
        },
    ],
}
"""A confirmation, an alert if it is not sent, one word about a delay however often it moves, and a survey."""

CART = {
    "topic": "cart_reminders",
    "trigger": {"event": "cart.updated", "quiet_for": "1h", "when": "cart.total >= 50.0"},
    "entry": {"key": "cart.id", "again_after": "7d"},
    "exit_on": [{"event": "order.placed"}],
    "goal": {"event": "order.placed", "within": "3d"},
    "steps": [
        {"id": "lembrete", "send": "cart_reminder", "channels": {"first_reachable": ["email"]}},
        {"id": "esperar", "wait": {"for": "1d", "until": "10:00"}},
        {
            "id": "leu",
            "branch": [
                {
                    "when": 'engaged("lembrete")',
                    "steps": [{"id": "oferta", "send": "cart_offer", "channels": {"first_reachable": ["email"]}}],
                },
                {"otherwise": True, "steps": []},
            ],
        },
    ],
}
"""A reminder, and an offer for who read it."""

WIN_BACK = {
    "topic": "offers",
    "trigger": {"schedule": "0 10 * * tue", "segment": "inativos"},
    "entry": {"again_after": "180d"},
    "steps": [{"id": "volta", "send": "win_back", "channels": {"first_reachable": ["email"]}}],
}


def lived(journey, *, expect=({"runs": 1},), beside=None, scenario=None, segments=None, **case):
    """What came of one case: as it was rehearsed, and the expectations that were missed.

    `segments` are those of the shop by their names, each with what it says under `where`.
    """
    journeys = {"tried": journey, **(beside or {})}
    wanted = Scenario.model_validate(
        {
            "kind": "test",
            "id": "tried",
            "journey": "tried",
            "beside": list(beside or ()),
            "persona": "ana",
            "start": "2026-11-23T09:00",
            "cases": [{"name": "one", "expect": list(expect), **case}],
            **(scenario or {}),
        }
    )
    persona = Project(SHIPPED).persona(wanted.persona_of(wanted.cases[0]))
    came = rehearse(wanted, wanted.cases[0], persona, company(journeys, segments))
    return came, misses(wanted.cases[0], came)


def company(journeys, segments=None):
    """Casa Lume with these journeys and no others; and these segments, if any are given."""
    parts = {name: getattr(shop(), name) for name in Release.model_fields}
    chosen = {name: Journey.model_validate({**HEAD, **parts_of, "id": name}) for name, parts_of in journeys.items()}
    parts |= {"journeys": chosen}
    if segments is not None:
        parts["segments"] = {name: segment(name, where) for name, where in segments.items()}
    return Current("tried", Release.model_construct(**parts), {})


def segment(name, where):
    """A segment that says nothing but whom it means."""
    return Segment.model_validate({"kind": "segment", "id": name, "title": name, "owner": "marketing", "where": where})

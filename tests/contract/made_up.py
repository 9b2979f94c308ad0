"""Journeys, people and what happens to them, made up by chance: whatever can be written, and whatever can happen."""

from __future__ import annotations

from orchestrator.dispatch.register import Profile
from orchestrator.scenarios.model import EventHappens, IsPaused, IsResumed, MindChanges, SaysStop, Stopped

HOUR = 3_600_000
STOCK = "inventory.KIT-BANHO-04.available"
EVENTS = ("shipment.dispatched", "shipment.eta_changed", "shipment.delivered", "cart.updated", "survey.due")
CONDITIONS = (
    "true", "order.total > 50.0", "customer.fan", "facts.offers.banho_lume20.on_sale", "cart.total > 50.0",
    'now > timestamp("2026-11-27T12:00:00Z")', 'engaged("s1")', "days(now, order.promised_date) >= -2",
)  # fmt: skip
WAITS = ("1h", "2h", "1d", "2bd", {"until": "10:00"}, {"for": "1d", "until": "21:00"}, "26h")
BEGINNINGS = ("order.placed", "order.placed", "cart.updated", "survey.due")
MESSAGES = {
    "order.placed": ("order_confirmed", "csat_survey", "csat_survey", "win_back", "order_shipped"),
    "cart.updated": ("cart_reminder", "cart_reminder", "cart_offer", "win_back"),
    "survey.due": ("csat_survey", "win_back"),
    None: ("win_back",),
}
"""What a journey says, by what begins it. Some of it lacks a value when it is said too early."""

CHANNELS = (
    {"first_reachable": ["email", "sms"]}, {"all": ["email"]}, {"all": ["email"], "first_reachable": ["sms", "push"]},
)  # fmt: skip

FANS = {
    "kind": "segment", "id": "fans", "title": "Fãs", "owner": "marketing",
    "where": {"field": "customer.fan", "op": "is", "value": True},
}  # fmt: skip
HEAD = {"kind": "journey", "title": "Inventada", "owner": "marketing", "topic": "order_updates"}

EVERYTHING = {
    "order.placed": {"promised_date": "2026-11-30", "number": "10234", "url": "https://casalume.example/p/1"},
    "order.cancelled": {},
    "shipment.dispatched": {"promised_date": "2026-11-30", "tracking_url": "https://casalume.example/r/1"},
    "shipment.eta_changed": {"promised_date": "2026-11-30", "estimated_date": "2026-12-02"},
    "shipment.delivered": {"status": "delivered"},
    "survey.due": {},
}
"""What events about an order carry beside its id."""


# --- journeys -------------------------------------------------------------------------------------------------------


def journeys(chance):
    """Two of them, and now and then a third that a schedule begins."""
    made = [
        JourneyMaker(chance, event).journey(f"j{place}") for place, event in enumerate(chance.choices(BEGINNINGS, k=2))
    ]
    return [*made, JourneyMaker(chance, None).journey("j2")] if chance.random() < 0.4 else made


class JourneyMaker:
    """Makes one journey, which an event begins, or a schedule (None)."""

    def __init__(self, chance, event):
        self.chance, self.event = chance, event
        self._numbers = iter(range(1, 1_000))

    def journey(self, journey_id):
        """The whole of it."""
        trigger, entry = self._beginning()
        return {
            **HEAD,
            "id": journey_id,
            "trigger": trigger,
            **({} if entry is None else {"entry": entry}),
            **({"exit_on": [self._exit(entry)]} if self._is(0.5) else {}),
            **({"goal": {"event": "order.placed", "within": "2d"}} if self._is(0.5) else {}),
            **({"rollout": "60%"} if self._is(0.1) else {}),
            "steps": [self._step(2) for _ in range(self.chance.randint(2, 4))],
        }

    def _beginning(self):
        if self.event is None:
            return {"schedule": "0 10 * * *", "segment": "fans"}, {"again_after": self._one("12h", "7d")}
        key = "cart.id" if self.event == "cart.updated" else "order.id"
        entry = self._one({"key": key}, {"key": key, "again_after": "1d"}, {"again_after": "12h"}, None)
        when = {"when": self._one(*CONDITIONS)} if self._is(0.3) else {}
        quiet = {"quiet_for": self._one("1h", "2h")} if entry is not None and self._is(0.3) else {}
        return {"event": self.event, **when, **quiet}, entry

    def _exit(self, entry):
        match = {"match": "order.id"} if (entry or {}).get("key") == "order.id" and self._is(0.5) else {}
        return {"event": "order.cancelled", **match, **({"send": "order_cancelled"} if self._is(0.5) else {})}

    def _steps(self, depth):
        return [self._step(depth - 1) for _ in range(self.chance.randint(0, 2))]

    def _step(self, depth):
        here = (self._send, self._send, self._small, self._wait, self._wait_for, self._watch, self._handoff)
        return self._numbered(self._one(*here, *((self._branch, self._split) if depth else ()))(depth))

    def _aside(self):
        """What happens while a run stands: none of it waits."""
        steps = (self._send, self._send, self._small, self._handoff, self._leave)
        return [self._numbered(self._one(*steps)(0)) for _ in range(self.chance.randint(1, 2))]

    def _numbered(self, step):
        return {"id": f"s{next(self._numbers)}", **step}

    def _send(self, _depth):
        how = {"channels": self._one(*CHANNELS)} if self._is(0.8) else {}
        return {"send": self._one(*MESSAGES[self.event]), **how, **({"window": "8h"} if self._is(0.2) else {})}

    def _small(self, _depth):
        says = {"emit": {"event": "survey.due", "data": {"order_id": "{{ order.id }}"}}}
        return self._one(
            {"update": {"customer.fan": self._is(0.5)}},
            {"alert": {"team": "operacoes", "message": "Pedido {{ order.number }}"}},
            # Who hears it does not say it: that would go round for ever, and `jogral check` refuses it.
            *([says] if self.event != "survey.due" else []),
        )

    def _leave(self, _depth):
        return {"exit": "fim"}

    def _wait(self, _depth):
        return {"wait": self._one(*WAITS)}

    def _handoff(self, _depth):
        return {"handoff": {"team": "atendimento", "at_most": self._one("3h", "26h")}}

    def _wait_for(self, depth):
        timeout = {"timeout": self._one("2h", "1d"), "on_timeout": self._aside()} if self._is(0.6) else {}
        return {"wait_for": {**self._awaited(), "give_up": "2d", **timeout, **self._then(depth)}}

    def _watch(self, depth):
        silence = {"debounce": self._one("1h", "2h")} if self._is(0.4) else {}
        react = {**self._awaited(), **silence, "steps": self._aside()}
        return {"watch": {"for": "2d", "until": [self._awaited()], "react": [react], **self._then(depth)}}

    def _awaited(self):
        return {"event": self._one(*EVENTS), **({"when": self._one(*CONDITIONS)} if self._is(0.3) else {})}

    def _then(self, depth):
        return {"then": self._steps(depth)} if depth and self._is(0.7) else {}

    def _branch(self, depth):
        arms = [{"when": self._one(*CONDITIONS), "steps": self._steps(depth)} for _ in range(self.chance.randint(1, 2))]
        return {"branch": [*arms, {"otherwise": True, "steps": self._steps(depth)}]}

    def _split(self, depth):
        return {"split": {name: {"weight": 1, "steps": self._steps(depth)} for name in ("a", "b")}}

    def _one(self, *choices):
        return self.chance.choice(choices)

    def _is(self, share):
        return self.chance.random() < share


# --- people and what happens ----------------------------------------------------------------------------------------


def people(count, chance):
    """So many, each with a phone and an address of their own."""
    return [
        Profile(
            id=f"cus_{number}",
            emails=(f"cliente{number}@example.com",) if chance.random() < 0.9 else (),
            phones=(f"+55119{number:08d}",) if chance.random() < 0.7 else (),
            attributes={"first_name": "Ana", "fan": chance.random() < 0.5},
        )
        for number in range(count)
    ]


def happenings(customer_id, chance):
    """(hours after the start, what), in order; several often share an hour, and hours are those of waits and nights."""
    at, found = 0, []
    for _ in range(chance.randint(4, 12)):
        at += chance.choice((0, 0, 1, 1, 2, 5, 13, 24))
        found.append((at, _happening(customer_id, chance)))
    return found


def _happening(customer_id, chance):
    if chance.random() < 0.15:
        return chance.choice(
            (
                MindChanges(at="0h", consent={"surveys": chance.choice(("granted", "withdrawn"))}),
                MindChanges(at="0h", consent={"offers": {"email": "withdrawn"}}),
                SaysStop(at="0h", stop=chance.choice(("email", "all"))),
                IsPaused(at="0h", pause=Stopped(customer=True)),
                IsResumed(at="0h", resume=Stopped(customer=True)),
            )
        )
    event = chance.choice((*EVERYTHING, "order.placed", "cart.updated", "cart.updated", "ticket.closed"))
    return EventHappens(at="0h", event=event, data=_data(event, customer_id, chance))


def _data(event, customer_id, chance):
    if event == "ticket.closed":
        return {"ticket_id": f"tic/{customer_id}", "status": "closed"}
    total = chance.choice((20.0, 60.0, 90.0))
    if event == "cart.updated":
        cart = f"crt/{customer_id}/{chance.randint(1, 2)}"
        url = "https://casalume.example/c/1"
        return {"cart_id": cart, "code": "8fk2", "url": url, "total": total, "items_count": 1}
    more = {"total": total} if event == "order.placed" else {}
    return {"order_id": f"ord/{customer_id}/{chance.randint(1, 2)}", **EVERYTHING[event], **more}

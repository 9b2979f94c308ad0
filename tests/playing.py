"""Journeys played without a ledger: events arrive, time passes, alarms ring, and it is written what comes of it.

The smallest caller that `advance` can have: what dispatch does with rows, this does with values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from orchestrator.domain.time import at_wall, moment
from orchestrator.journeys.advance import advance
from orchestrator.journeys.concern import is_named
from orchestrator.journeys.entrance import Entrance, entrance, may_begin, rolled_out
from orchestrator.journeys.model import Journey
from orchestrator.journeys.run import Alert, Began, Emit, Ending, Event, HandOff, Heard, Rang, Run, Scene, Send, Update

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
SAO_PAULO = "America/Sao_Paulo"
MONDAY = at_wall(datetime.fromisoformat("2026-11-23T09:00"), SAO_PAULO)
"""Monday 23 November 2026, nine in the morning in São Paulo."""

EARLY = DAY  # how long an event waits for the run that it belongs to (decisions, section 6)
ALARMS_MAX = 1_000
_UNITS = {"s": 1_000, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_KEPT = {"kind": "journey", "id": "envio", "title": "Envio", "owner": "operacoes", "topic": "order_updates"}


def journey(*steps, **parts):
    """A journey of these steps; an order that was placed begins it, and each order is a run."""
    values = {"trigger": {"event": "order.placed"}, "entry": {"key": "order.id"}, "steps": steps, **parts}
    return Journey.model_validate({**_KEPT, **{name: value for name, value in values.items() if value is not None}})


def send(step_id, message="order_shipped", **parts):
    """A step that sends."""
    return {"id": step_id, "send": message, **parts}


def happened(event_type, at=MONDAY, event_id="", *, order="ord_1", data=None, **objects):
    """An event about an order (None: about none), and what else it is about by kind."""
    about = {**({"order": {"id": order}} if order is not None else {}), **objects}
    return Event(
        id=event_id or f"evt_{event_type}_{order}_{at}",
        type=event_type,
        at=at,
        payload=data or {},
        objects={kind: one["id"] for kind, one in about.items()},
        data=about,
    )


def scene(now=MONDAY, *, zone=SAO_PAULO, holidays=(), past=(), engaged=(), **data):
    """What is true around a run."""
    return Scene(
        now=now,
        data={"customer": {"id": "cus_1"}, **data},
        zone=zone,
        is_holiday=frozenset(map(date.fromisoformat, holidays)).__contains__,
        past=tuple(past),
        engaged=frozenset(engaged),
    )


def new_run(one, **changes):
    """A run that has not begun."""
    values = {"id": "run_1", "journey": one.id, "key": "ord_1", "customer_id": "cus_1", "started_at": MONDAY}
    return Run(**values | changes)


def begun(one, **around):
    """What came of an order that was placed on Monday."""
    return advance(one, new_run(one), Began(happened("order.placed")), scene(**around))


def milliseconds(text):
    """`1d2h30m`, in milliseconds."""
    return sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"([0-9]+)([smhdw])", text))


@dataclass(kw_only=True)
class Play:
    """One journey, its customers, and the time. `said` is what happened, line by line."""

    journey: Journey
    now: int = MONDAY
    zone: str = SAO_PAULO
    holidays: frozenset[date] = frozenset()
    around: dict = field(default_factory=dict)
    engaged: frozenset[str] = frozenset()
    runs: dict[str, Run] = field(default_factory=dict)
    past: list[tuple[str, Event]] = field(default_factory=list)
    objects: dict = field(default_factory=dict)
    wishes: list = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    offsets: bool = False
    rings: int = 0

    # what happens

    def happen(self, event, customer="cus_1"):
        """An event arrives now: runs that stand hear it, then it may begin one."""
        for kind, one in event.data.items():
            if kind in event.objects:
                self.objects[kind, one["id"]] = {**self.objects.get((kind, one["id"]), {}), **one}
        event = self._fresh(event)
        self._headline(event.type, *event.objects.values(), *([] if customer == "cus_1" else [customer]))
        for run in self.standing():
            if run.customer_id == customer:
                self._move(run, Heard(event))
        entered = entrance(self.journey, event, event.id, self._around(customer))
        if entered.key is not None:
            self._begin(entered, customer, event)
        elif entered.note:
            self.said.append(f"  nobody enters: {entered.note}")
        self.past.append((customer, event))

    def fire(self, customers=("cus_1",)):
        """The schedule's time has come, for these people."""
        self._headline("schedule")
        for customer in customers:
            if rolled_out(self.journey, customer):
                self._begin(Entrance(customer), customer, None)

    def edit(self, changed):
        """The journey is another from now on."""
        self._headline("the journey is edited")
        self.journey = changed

    def pass_until(self, at=None):
        """Let time pass, and ring what is due in order. Without an instant, until nobody waits any more."""
        while (due := self._due()) is not None and (at is None or due[0] <= at):
            instant, run_id, name, setting = due
            self.now = max(self.now, instant)
            self._headline(f"alarm {name}")
            self._move(self.runs[run_id], Rang(name, setting))
            self.rings += 1
            assert self.rings < ALARMS_MAX, "it rings for ever"
        if at is not None:
            self.now = max(self.now, at)

    # what there is

    def standing(self):
        """Runs that are not over, oldest first."""
        return [run for run in self.runs.values() if run.ended_at is None]

    def scene(self, run):
        """What is true around one of them, now."""
        return replace(
            self._around(run.customer_id, **self._named(run.objects)),
            past=[self._fresh(event) for customer, event in self.past if self._counts(run, customer, event)],
            engaged=self.engaged,
        )

    def _around(self, customer, **objects):
        return Scene(
            now=self.now,
            data={**self.around, **objects, "customer": self._customer(customer)},
            zone=self.zone,
            is_holiday=self.holidays.__contains__,
        )

    def _counts(self, run, customer, event):
        early = EARLY if is_named(self.journey, run, event) else 0
        return customer == run.customer_id and event.at >= run.started_at - early and event.type in self.journey.hears

    def _fresh(self, event):
        return replace(event, data=self._named(event.objects))

    def _named(self, references):
        return {kind: self.objects.get((kind, one), {"id": one}) for kind, one in references.items()}

    def _customer(self, customer_id):
        return {**self.around.get("customer", {}), "id": customer_id}

    def _due(self):
        alarms = [
            (alarm.at.instant, run.id, name, alarm.set) for run in self.standing() for name, alarm in run.alarms.items()
        ]
        return min(alarms, default=None)

    # what comes of it

    def _begin(self, entered, customer, event):
        before = [run for run in self.runs.values() if run.key == entered.key and run.ending is not Ending.NOT_ENTERED]
        last = (before[-1].started_at, before[-1].ended_at) if before else None
        if not may_begin(self.journey, last, self.now):
            self.said.append(f"  {entered.key} had its run")
            return
        started_at = min(event.at, self.now) if event is not None else self.now
        run = Run(
            id=f"run_{len(self.runs) + 1}",
            journey=self.journey.id,
            key=entered.key,
            number=len(before) + 1,
            customer_id=customer,
            started_at=started_at,
            beginning=entered.beginning,
        )
        self._move(run, Began(event))

    def _move(self, run, happening):
        moved = advance(self.journey, run, happening, self.scene(run))
        self.runs[run.id] = moved.run
        self.wishes += moved.wishes
        whose = f"[{run.key}] " if len(self.runs) > 1 else ""
        asked = list(moved.wishes)
        for line in moved.trace:
            told = _asked_first(asked, line.step) if _is_asking(line) else []
            asked = asked[len(told) :]
            self.said.append(f"  {whose}{line.step or 'the end'}: {_told(line, told)}")
        if moved.run.alarms and moved.run.alarms != run.alarms:
            alarms = sorted((alarm.at.instant, name) for name, alarm in moved.run.alarms.items())
            until = ", ".join(f"{name} {self._when(at)}" for at, name in alarms)
            self.said.append(f"  {whose}{moved.run.position} stands: {until}")

    def _headline(self, *words):
        self.said.append(f"{self._when(self.now)}  {' '.join(words)}")

    def _when(self, at):
        return moment(at, self.zone).strftime(f"%a %Y-%m-%d %H:%M{'%z' if self.offsets else ''}")


def _asked_first(wishes, step):
    """The wishes of one taking of a step, which stand together: one for each delivery."""
    same = [wish for wish in wishes if wish.step == step and isinstance(wish, Send)]
    return [wish for wish in same if wish.nth == same[0].nth] or wishes[:1]


def _is_asking(line):
    return line.what in {"send", "update", "emit", "alert", "handoff"}


def _told(line, wishes):
    if not wishes:
        return f"{line.what}, {line.why}" if line.why else line.what
    if isinstance(wishes[0], Send):
        return f"send {wishes[0].message}{_times(wishes[0])} to {', '.join(map(_slot, wishes))}{_urgency(wishes[0])}"
    match wishes[0]:
        case Update(values=values):
            return f"update {', '.join(f'{name} = {value}' for name, value in values.items())}"
        case Emit(type=event_type, data=data) as wish:
            return f"emit {event_type}{_times(wish)} {data}"
        case Alert(team=team, message=message) as wish:
            return f"alert {team}{_times(wish)}: {message}"
        case HandOff(team=team, queue=queue, closed_by=closed_by) as wish:
            return f"handoff {team}{f'/{queue}' if queue else ''}{_times(wish)} until {closed_by}"


def _slot(wish):
    if wish.slot == "preferred":
        return "the preferred channel"
    named = ", ".join(channel.value for channel in wish.candidates)
    return f"the first of {named}" if wish.slot == "first_reachable" else named


def _times(wish):
    return f" (no. {wish.nth})" if wish.nth > 1 else ""


def _urgency(wish):
    too_late = f", not after {moment(wish.not_after).strftime('%Y-%m-%d %H:%M')}Z" if wish.not_after else ""
    return f"{'' if wish.priority == 'normal' else f', {wish.priority} priority'}{too_late}"

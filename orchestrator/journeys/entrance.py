"""Who may enter a journey, and as which run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.expressions import compile_expression, holds
from orchestrator.journeys.chance import lot
from orchestrator.journeys.concern import look_up
from orchestrator.schema import parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.time import Instant
    from orchestrator.journeys.model import Journey, Trigger
    from orchestrator.journeys.run import Event


@dataclass(frozen=True, slots=True)
class Entrance:
    """Whether an event starts a run: its key and which trigger, else why not (empty when the event is another's)."""

    key: str | None
    note: str = ""
    beginning: int = 0


def entrance(journey: Journey, event: Event, customer_id: str, own_key: str) -> Entrance:
    """Whether an event starts a run of a journey, and under which key.

    Args:
        journey: as it is now.
        event: with the data as it was in that moment.
        customer_id: whose it is.
        own_key: what names the event itself, `wms/88121`: the key where a journey has none.
    """
    note = ""
    for place, (trigger, _) in enumerate(journey.beginnings()):
        if trigger.event != event.type:
            continue
        true, note = _fits(trigger, event)
        if not true:
            continue
        if not rolled_out(journey, customer_id):
            return Entrance(None, f"rollout: {journey.rollout} %")
        if journey.entry is None:
            return Entrance(own_key, beginning=place)
        if journey.entry.key is None:
            return Entrance(customer_id, beginning=place)
        key = look_up(event.names, journey.entry.key)
        return Entrance(str(key), "", place) if key is not None else Entrance(None, f"{journey.entry.key} is missing")
    return Entrance(None, note)


def scheduled_entrance(journey: Journey, beginning: int, profile: Mapping[str, Any], own_key: str) -> Entrance:
    """Whether a schedule starts a run for a customer of its segment, and under which key.

    Args:
        journey: as it is now.
        beginning: the place of the trigger.
        profile: what is known of the customer, their id included.
        own_key: what names this hour and this customer: the key where a journey has none.
    """
    customer_id = str(profile["id"])
    if not rolled_out(journey, customer_id):
        return Entrance(None, f"rollout: {journey.rollout} %")
    if journey.entry is None:
        return Entrance(own_key, beginning=beginning)
    if journey.entry.key is None:
        return Entrance(customer_id, beginning=beginning)
    key = look_up({"customer": profile}, journey.entry.key)
    return Entrance(str(key), "", beginning) if key is not None else Entrance(None, f"{journey.entry.key} is missing")


def rolled_out(journey: Journey, customer_id: str) -> bool:
    """Whether a customer is in the share that enters at all: the same ones at every asking, more as it grows."""
    return journey.rollout is None or lot(journey.id, customer_id) * 100 < journey.rollout


def may_begin(journey: Journey, last: tuple[Instant, Instant | None] | None, now: Instant) -> bool:
    """Whether a key may have another run, after the last one that was entered began and ended (None: it has not)."""
    if last is None:
        return True
    again_after = journey.entry.again_after if journey.entry is not None else None
    began, ended = last
    return again_after is not None and ended is not None and now - began >= parse_duration(again_after).milliseconds


def _fits(trigger: Trigger, event: Event) -> tuple[bool, str]:
    """Whether the condition of a trigger holds. After a silence it is asked when that is over."""
    if trigger.when is None or trigger.quiet_for is not None:
        return True, ""
    true, note = holds(compile_expression(trigger.when), event.names)
    return true, "" if true else note or f"{trigger.when} is false"

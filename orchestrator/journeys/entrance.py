"""Who may enter a journey, and as which run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.journeys.chance import lot
from orchestrator.journeys.concern import look_up
from orchestrator.journeys.conditions import lets_in
from orchestrator.schema import parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.time import Instant
    from orchestrator.journeys.model import Journey, Trigger
    from orchestrator.journeys.run import Event, Scene


@dataclass(frozen=True, slots=True)
class Entrance:
    """Whether an event starts a run: its key and which trigger, else why not (empty when the event is another's)."""

    key: str | None
    note: str = ""
    beginning: int = 0


def entrance(journey: Journey, event: Event, own_key: str, scene: Scene) -> Entrance:
    """Whether an event starts a run of a journey, and under which key.

    Args:
        journey: as it is now.
        event: with the data as it was in that moment.
        own_key: what names the event itself, `wms/88121`: the key where a journey has none.
        scene: what is true around its customer.
    """
    note = ""
    for place, (trigger, _) in enumerate(journey.beginnings()):
        if trigger.event != event.type:
            continue
        # After a silence it is asked when that is over.
        true, note = _fits(trigger, scene, event) if trigger.quiet_for is None else (True, "")
        if true:
            return _entered(journey, place, {**scene.data, **event.names}, own_key)
    return Entrance(None, note)


def called_entrance(journey: Journey, beginning: int, own_key: str, scene: Scene) -> Entrance:
    """Whether a trigger that no event fires starts a run for a customer, and under which key.

    Args:
        journey: as it is now.
        beginning: the place of the trigger.
        own_key: what names the occasion and this customer: the key where a journey has none.
        scene: what is true around the customer.
    """
    trigger, _ = journey.beginnings()[beginning]
    true, note = _fits(trigger, scene)
    return _entered(journey, beginning, scene.data, own_key) if true else Entrance(None, note)


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


def _fits(trigger: Trigger, scene: Scene, event: Event | None = None) -> tuple[bool, str]:
    """Whether the condition of a trigger holds, and why not."""
    if trigger.when is None:
        return True, ""
    true, note = lets_in(trigger.when, scene, event)
    return true, "" if true else note or f"{trigger.when} is false"


def _entered(journey: Journey, beginning: int, names: Mapping[str, Any], own_key: str) -> Entrance:
    customer_id = str(names["customer"]["id"])
    if not rolled_out(journey, customer_id):
        return Entrance(None, f"rollout: {journey.rollout} %")
    if journey.entry is None:
        return Entrance(own_key, beginning=beginning)
    if journey.entry.key is None:
        return Entrance(customer_id, beginning=beginning)
    key = look_up(names, journey.entry.key)
    return Entrance(str(key), "", beginning) if key is not None else Entrance(None, f"{journey.entry.key} is missing")

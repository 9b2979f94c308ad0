"""A plan as a document: every value before and after, and every number."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestrator.cli.waterfall import waterfall_document
from orchestrator.domain.time import rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.cli.planned import Planned
    from orchestrator.dispatch.plans.foreseeing import Hour
    from orchestrator.dispatch.plans.impact import JourneyPeople
    from orchestrator.plans.differences import Change


def to_document(found: Planned) -> dict[str, Any]:
    """The body of `--json`."""
    return {
        "before": found.plan.before,
        "after": found.plan.after,
        "summary": found.summary,
        "items": [_change_document(change) for change in found.changes],
        "breaks": [asdict(one) for one in found.breaks],
        "journeys": [_journey_document(one) for one in found.impact.journeys],
        "occupied": [asdict(one) for one in found.impact.occupied],
        "waiting": dict(found.impact.waiting),
        "impact": {
            "sends": _sends(found.hours),
            "hours": [_hour_document(one, found.zone) for one in found.hours],
        },
    }


def _sends(hours: Sequence[Hour]) -> dict[str, int]:
    """Journey → the messages of the next hours of its schedules."""
    total = Counter[str]()
    for hour in hours:
        total[hour.journey] += hour.messages.total()
    return dict(sorted(total.items()))


def _hour_document(hour: Hour, zone: str) -> dict[str, Any]:
    return {
        "journey": hour.journey,
        "beginning": hour.beginning,
        "at": rfc3339(hour.at, zone),
        "segment": hour.segment,
        **waterfall_document(hour.waterfall),
        "messages": [
            {"message": message, "channel": channel or None, "count": count}
            for (message, channel), count in sorted(hour.messages.items())
        ],
    }


def _change_document(change: Change) -> dict[str, Any]:
    return {
        "what": change.what.value,
        "kind": change.kind,
        "id": change.id,
        "values": [asdict(value) for value in change.values],
        "steps": [asdict(step) for step in change.steps],
    }


def _journey_document(one: JourneyPeople) -> dict[str, Any]:
    return {
        "journey": one.journey,
        "inside": one.inside,
        "affected": one.affected,
        "steps": [
            {"step": people.step.id, "what": people.step.what.value, "here": people.here, "ahead": people.ahead,
             "timed_anew": people.step.timed_anew}
            for people in one.steps
        ],
    }  # fmt: skip

"""Which schedules a release makes different: those whose next hour is worth a look before it comes into force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.plans.differences import What

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.plans.differences import Change
    from orchestrator.release import Release

_EVERYBODY = frozenset({"project", "offer", "delivery", "policy"})
"""Kinds of which each may decide whether a message is sent: caps, quiet hours, channels, and what is promised."""


def schedules_concerned(after: Release, changes: Iterable[Change]) -> list[tuple[str, int]]:
    """The journey and the place of each trigger, of all whose messages, segment, or own file differ; in order."""
    changed = {(one.kind, one.id) for one in changes if one.what is not What.REMOVED}
    everybody = any(kind in _EVERYBODY for kind, _ in changed)
    return sorted(
        (journey, place)
        for (journey, place), trigger in after.scheduled.items()
        if everybody
        or {("journey", journey), ("segment", trigger.segment)} & changed
        or any(("message", step.send) in changed for step in after.journeys[journey].sends())
    )

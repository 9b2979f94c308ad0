"""What a release would change, for whom, and what has to be decided: gathered for whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.app import App
    from orchestrator.cli.session import Session
    from orchestrator.dispatch.plans.foreseeing import Hour
    from orchestrator.dispatch.plans.impact import Impact
    from orchestrator.plans.breaking import Break
    from orchestrator.plans.differences import Change
    from orchestrator.plans.model import Plan
    from orchestrator.release import Release


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A plan with all that is known of it. `zone` is the project's."""

    plan: Plan
    changes: Sequence[Change]
    breaks: Sequence[Break]
    impact: Impact
    hours: Sequence[Hour]
    zone: str

    @property
    def changes_anything(self) -> bool:
        """Whether another release would be in force."""
        return self.plan.before != self.plan.after

    @property
    def summary(self) -> dict[str, int]:
        """How many things are added, changed and removed."""
        whats = [change.what.value for change in self.changes]
        return {"add": whats.count("added"), "change": whats.count("changed"), "remove": whats.count("removed")}


def planned(session: Session, app: App, release: Release, move_to: Sequence[str], *, leave: bool) -> Planned:
    """What a release would change. Raises InputError for a step that nobody can be moved to."""
    from orchestrator.cli.progress import progress_of
    from orchestrator.dispatch.current import Current
    from orchestrator.dispatch.plans.changing import release_in_force
    from orchestrator.dispatch.plans.choosing import chosen
    from orchestrator.dispatch.plans.foreseeing import foresee_hours
    from orchestrator.dispatch.plans.impact import impact, occupied
    from orchestrator.plans.breaking import breaks
    from orchestrator.plans.differences import differences
    from orchestrator.plans.hours import schedules_concerned
    from orchestrator.plans.model import plan_of

    with app.store.read() as transaction:
        before = release_in_force(transaction)
        plan = plan_of(before, release)
        stuck = [*occupied(transaction, before, release, plan)] if before is not None else []
        if move_to or leave:
            plan = chosen(plan, release, stuck, move_to, leave=leave)
        changes = differences(before, release)
        found = impact(transaction, before, release, changes, plan)
    with progress_of(session) as progress:
        hours = foresee_hours(
            app.store,
            Current(release.id, release, {}, app.settings.recipients),
            app.clock,
            schedules_concerned(release, changes),
            progress=lambda done: progress("foresee", done, 0),
        )
    return Planned(
        plan=plan,
        changes=changes,
        breaks=breaks(before, release),
        impact=found,
        hours=hours,
        zone=release.project.timezone,
    )

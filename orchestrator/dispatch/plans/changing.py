"""Bringing a release into force: who stands in its journeys is seen to in the commit in which it becomes the one.

Whoever stands at a step whose times changed is called when the new times say, counted from when they came there. Where
a step is gone, the plan says who goes on where, or that they are out; else nothing is changed at all.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from orchestrator.dispatch.accept.desk import EventDesk
from orchestrator.dispatch.plans.impact import occupied
from orchestrator.dispatch.plans.standing import Standing
from orchestrator.dispatch.publish import put_in_force
from orchestrator.dispatch.record import record
from orchestrator.dispatch.runs.backstage import Backstage
from orchestrator.dispatch.runs.fulfil import Fulfilment
from orchestrator.dispatch.runs.moving import Moving
from orchestrator.dispatch.whose import lock_customers
from orchestrator.domain.errors import ConfigurationError, Refused
from orchestrator.faultpoints import nowhere
from orchestrator.journeys.clocks import is_timed_anew, timed_anew
from orchestrator.plans.model import Plan
from orchestrator.plans.steps import becomes
from orchestrator.release import read_release
from orchestrator.wordings import FILE
from orchestrator.zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.time import Clock
    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.run import Run
    from orchestrator.release import Release
    from orchestrator.store.port import Store, Transaction

PUBLISHED, ROLLED_BACK = "release.published", "release.rolled_back"


def _in_the_file(_wording: str) -> str:
    return FILE


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """What was done: the releases, how many runs were moved, ended and timed anew, and the lanes with new work."""

    before: str | None
    after: str
    moved: int = 0
    ended: int = 0
    timed_anew: int = 0
    lanes: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeOver:
    """Brings releases into force. `by` did it (`cli:<user>`), `kind` is how the record calls it.

    `passing` is called before the commit: see `faultpoints`.
    """

    clock: Clock
    by: str
    kind: str = PUBLISHED
    place: Callable[[str], str] = field(default=_in_the_file)
    passing: Callable[[str], None] = field(default=nowhere)

    def carry_out(self, store: Store, release: Release, plan: Plan | None = None) -> Changed | None:
        """Make a release the one in force, as a plan says; None where it is already.

        Without a plan whatever is in force is replaced, and nobody is moved.

        Raises:
            Refused: another release came into force since the plan was made, or somebody stands at a step that is gone
                and of whom it says nothing.
            Conflict: a wording says something else than it said under the same id before.
        """
        with store.write() as transaction:
            release_id = transaction.ledger.lock_release()
            if release_id == release.id:
                return None
            plan = plan or Plan(before=release_id, after=release.id)
            if release_id != plan.before:
                raise Refused(
                    "Another release came into force since this was planned: {found}, not {planned}.",
                    remedy="Look at it again: jogral plan. Who brought it, and when: jogral history",
                    found=release_id,
                    planned=plan.before,
                )
            before = release_in_force(transaction)
            put_in_force(transaction, release, self.clock.now(), place=self.place)
            seen_to = _SeeingTo(transaction, self.clock, release, plan)
            changed = seen_to.see_to(before) if before is not None else Changed(before=None, after=release.id)
            self._record(transaction, changed, plan)
            self.passing("after_apply")
        return changed

    def _record(self, transaction: Transaction, changed: Changed, plan: Plan) -> None:
        record(
            transaction, self.clock, self.kind, by=self.by,
            release=changed.after, before=changed.before, plan=plan.id if plan.moves or plan.exits else None,
            moved=changed.moved or None, ended=changed.ended or None, timed_anew=changed.timed_anew or None,
        )  # fmt: skip


def release_in_force(transaction: Transaction) -> Release | None:
    """The release that runs; None before the first. Raises ConfigurationError for one that this version cannot read."""
    release_id = transaction.ledger.release_id()
    return None if release_id is None else kept_release(transaction, release_id)


def kept_release(transaction: Transaction, release_id: str) -> Release | None:
    """A release that was in force once. Raises ConfigurationError for one that this version cannot read."""
    content = transaction.ledger.release(release_id)
    try:
        return read_release(content) if content is not None else None
    except ValidationError as error:
        raise ConfigurationError(
            "The release {release} was written by another version of Jogral, and cannot be read by this one.",
            remedy="Take the project's files of that time out of Git, and run: jogral plan",
            release=release_id,
        ) from error


def refuse_undecided(transaction: Transaction, before: Release, after: Release, plan: Plan) -> None:
    """Raise Refused where somebody stands at a step that is gone, and the plan says nothing of them."""
    for one in occupied(transaction, before, after, plan):
        if one.decided:
            continue
        if not one.step:
            raise Refused(
                "The journey {journey} is gone, and {people} people are inside.",
                remedy="Let them leave: jogral plan --exit, then jogral apply. Or let it run out: give it a trigger "
                "that never comes.",
                journey=one.journey,
                people=one.people,
            )
        raise Refused(
            "The step {step} of the journey {journey} is gone, and {people} people stand there.",
            remedy="Say what becomes of them: jogral plan --move-to {journey}.{step}=STEP, or --exit; "
            "then jogral apply. If it was renamed, write was: {step} into the new step.",
            step=one.step,
            journey=one.journey,
            people=one.people,
        )


class _SeeingTo:
    """Sees to everybody who stands in a journey that changes, in one transaction."""

    def __init__(self, transaction: Transaction, clock: Clock, release: Release, plan: Plan) -> None:
        self._transaction, self._clock, self._release, self._plan = transaction, clock, release, plan
        self._business_now = transaction.ledger.clock().now(clock.now())

    def see_to(self, before: Release) -> Changed:
        """Move, end and time anew."""
        concerned = {name: one for name in before.journeys if (one := self._concerned(before.journeys[name]))}
        runs = [run for name, one in concerned.items() for run in self._transaction.runs.at(name, one)]
        lock_customers(self._transaction, sorted({run.customer_id for run in runs}))
        # Somebody may have moved on while we waited for the lock, or have been merged.
        runs = [run for run in self._transaction.runs.get({run.id for run in runs}) if run.position is not None]
        runs = [run for run in runs if run.position in concerned[run.journey]]
        refuse_undecided(self._transaction, before, self._release, self._plan)
        moving = self._gathered(runs)
        done = Counter(self._settle(moving, run, before.journeys[run.journey]) for run in runs)
        return Changed(
            before=before.id,
            after=self._release.id,
            moved=done["moved"],
            ended=done["ended"],
            timed_anew=done["timed_anew"],
            lanes=self._store(moving),
        )

    def _concerned(self, journey: Journey) -> frozenset[str]:
        """The positions of a journey at which something has to be done about who stands there."""
        after = self._release.journeys.get(journey.id)
        if after == journey:
            return frozenset()
        standing = Standing.of(self._transaction, journey)
        if after is None:
            return frozenset(standing.positions)
        gone = {position for positions in standing.gone(after).values() for position in positions}
        return frozenset(gone | standing.renamed(after).keys() | standing.timed_anew(after).keys())

    def _gathered(self, runs: list[Run]) -> Moving:
        standings = self._transaction.customers.standings({run.customer_id for run in runs}, ())
        customers = {customer_id: standing.customer for customer_id, standing in standings.items()}
        backstage = Backstage(release=self._release, customers=customers)
        moved = {move.journey for move in self._plan.moves}
        walking = [run for run in runs if run.journey in moved]
        if walking:
            journeys = [self._release.journeys[name] for name in sorted({run.journey for run in walking})]
            began = [run.started_at for run in walking]
            backstage.remember(self._transaction, walking, journeys, began)
        moving = Moving(release=self._release, clock=self._clock, backstage=backstage)
        moving.stand(runs)
        return moving

    def _settle(self, moving: Moving, run: Run, before: Journey) -> str:
        """See to one run; what was done."""
        after, place = self._release.journeys.get(run.journey), before.outline.find(run.position or "")
        if after is None or place is None:
            moving.end(run.id, run.journey, self._business_now)
            return "ended"
        now = becomes(place.step.id, before, after)
        if now is None:
            to = self._plan.destination(run.journey, place.step.id)
            if to is None:
                moving.end(run.id, place.step.id, self._business_now)
                return "ended"
            moving.place(run.id, to, self._business_now)
            return "moved"
        if after.outline.find(run.position or "") is not now:
            run = replace(run, position=now.step.id)
        if not is_timed_anew(place.step, now.step):
            moving.put(run)
            return "renamed"
        customer = moving.backstage.customers[run.customer_id]
        project = self._release.project
        zone, is_holiday = zone_of(customer, project.timezone), project.calendar.is_holiday
        moving.put(timed_anew(place.step, now.step, run, zone, is_holiday))
        return "timed_anew"

    def _store(self, moving: Moving) -> frozenset[str]:
        """Write runs and what the moved ones ask for; the lanes with new work."""
        fulfilment = Fulfilment(self._release, self._clock, moving.backstage, origin="journey", at_event_time=False)
        fulfilment.take(moving.wished)
        moving.store(self._transaction)
        fulfilment.store(self._transaction)
        EventDesk(release=self._release, clock=self._clock, origin="journey").say(self._transaction, fulfilment.emitted)
        return frozenset(delivery.request.purpose.value for delivery in fulfilment.deliveries)

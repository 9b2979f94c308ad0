"""Why an event did not do what somebody may have expected: it began no run, and moved or ended none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.dispatch.runs.backstage import Backstage
from orchestrator.domain.errors import Phrase, Word, mark
from orchestrator.journeys.concern import look_up
from orchestrator.journeys.entrance import entrance
from orchestrator.journeys.steps import heard_at
from orchestrator.simulation.life import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.run import Event, Run
    from orchestrator.simulation.life import Life


def overlooked(life: Life, before: Sequence[Run]) -> Iterator[tuple[str, Phrase]]:
    """Of the event that came last from outside: (whose it was, or might have been; why it was not).

    `before` are the runs that stood somewhere before it.
    """
    ledger, release = life.ledger, life.current.release
    stored = next(one for one in reversed(ledger.events.happened) if one.source == SOURCE)
    customer = ledger.customers.standing.customer
    backstage = Backstage(release=release, customers={customer.id: customer}, objects=ledger.events.known_objects)
    asking = release.journeys_on.get(stored.type, ())
    backstage.look_up(ledger.transaction, frozenset[str]().union(*(journey.asked_to_begin for journey in asking)))
    event, scene = backstage.event(stored), backstage.around(customer.id, stored.occurred_at)
    own_key = f"{stored.source}/{stored.source_id}"
    for journey in asking:
        entered = entrance(journey, event, own_key, scene)
        if entered.key is None:
            yield journey.id, Phrase("{event} begins no run: {why}", event=event.type, why=entered.note)
        else:
            runs = [run for run in ledger.runs.all.values() if (run.journey, run.key) == (journey.id, entered.key)]
            if not any(event.id in run.used or ledger.runs.begun_by[run.id] == event.id for run in runs):
                yield f"{journey.id} {entered.key}", _had_one(event.type, runs)
    for run in before:
        if event.id not in ledger.runs.all[run.id].used:
            yield from (
                (f"{run.journey} {run.key}", why) for why in _passed_by(release.journeys[run.journey], run, event)
            )


def not_begun(life: Life, journey_id: str) -> Phrase:
    """Why a schedule that was due began no run."""
    what, entered = Word(mark("the schedule")), life.entrance(journey_id)
    if entered.key is None:
        return Phrase("{event} begins no run: {why}", event=what, why=entered.note)
    runs = life.ledger.runs.all.values()
    return _had_one(what, [run for run in runs if (run.journey, run.key) == (journey_id, entered.key)])


def not_entered(life: Life) -> Iterator[tuple[str, Phrase]]:
    """Of journeys that somebody begins who enters a segment, and that did not begin: (the journey, why not)."""
    belonging, runs = life.ledger.memberships, life.ledger.runs.all.values()
    begun = {run.journey for run in runs}
    for segment, journeys in life.current.release.entered_by.items():
        for journey in journeys:
            if journey.id in begun:
                continue
            if segment in belonging.entered:
                yield journey.id, Phrase("the customer entered {segment}, and was not let in", segment=segment)
            elif segment in belonging.from_the_start:
                yield journey.id, Phrase("the customer was in {segment} before anything happened", segment=segment)
            else:
                yield journey.id, Phrase("nothing made the customer a member of {segment}", segment=segment)


def _had_one(what: str, runs: Sequence[Run]) -> Phrase:
    """A key has a run, or has had one and may not have another yet."""
    if any(run.ended_at is None for run in runs):
        return Phrase("{what} begins no run: {key} has one", what=what, key=runs[-1].key)
    return Phrase("{what} begins no run: {key} has had one", what=what, key=runs[-1].key)


def _passed_by(journey: Journey, run: Run, event: Event) -> Iterator[Phrase]:
    """Why an event of a type that a run waits for, or that ends it, is not of this run."""
    for one in journey.exit_on:
        if one.event == event.type and one.match is not None:
            yield _other_key(event, one.match, run)
    place = journey.outline.find(run.position or "")
    if place is not None and event.type in heard_at(place.step):
        key = journey.entry.key if journey.entry is not None else None
        if key is not None and look_up(event.names, key) not in (None, run.key):
            yield _other_key(event, key, run)


def _other_key(event: Event, path: str, run: Run) -> Phrase:
    found = look_up(event.names, path)
    if found is None:
        return Phrase(
            "{event} names no {path}, so it is not about the run {key}", event=event.type, path=path, key=run.key
        )
    return Phrase(
        "{event} has {path} {found}, so it is not about the run {key}",
        event=event.type,
        path=path,
        found=found,
        key=run.key,
    )

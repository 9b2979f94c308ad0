"""The YAML of one journey: what starts it, what ends it, and its steps."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from orchestrator.domain.errors import Unfit
from orchestrator.domain.stage import Stage
from orchestrator.expressions import Condition
from orchestrator.journeys.cron import Cron
from orchestrator.journeys.outline import Outline
from orchestrator.journeys.steps import (
    PREFERRED,
    STANDING,
    AnyChannels,
    Priority,
    SendStep,
    Step,
    heard_at,
    heard_by_all_at,
    placed,
)
from orchestrator.schema import ClockDuration, Dotted, Identifier, Percent, Schema, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSED_FOR = "6h"
"""For how long a schedule that nobody was there to fire still fires, once (decisions, section 6)."""

# Asked of the whole text: what stands in a message for a team is read for nothing, and harms nobody.
_FACT = re.compile(r"\bfacts\.([a-z]+(?:\.[A-Za-z0-9_]+)+)")

Steps = Annotated[tuple[Step, ...], Field(min_length=1)]


class Trigger(Schema):
    """What starts a run: an event where `when` holds, a schedule for everybody in a segment, or entering a segment.

    `enters`: the run starts for whoever becomes a member of that segment, where `when` holds in that moment.
    `quiet_for`: the run starts after that long a silence; each further event begins it anew, and `when` is asked at
    its end. In the list form each trigger has steps of its own.
    """

    event: Dotted | None = None
    when: Condition | None = None
    quiet_for: ClockDuration | None = None
    schedule: Cron | None = None
    segment: Identifier | None = None
    enters: Annotated[Identifier | None, Field(exclude_if=lambda segment: segment is None)] = None
    grace: ClockDuration = MISSED_FOR
    steps: Steps | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(one is not None for one in (self.event, self.schedule, self.enters)) != 1:
            raise Unfit("has either an event, a schedule or enters")
        if self.enters is not None and self.segment is not None:
            raise Unfit("goes with a schedule: enters names its segment itself").at("segment")
        if (self.schedule is None) != (self.segment is None):
            raise Unfit("a schedule goes with a segment: it starts a run for everybody in it")
        if self.event is None and self.quiet_for is not None:
            raise Unfit("goes with an event").at("quiet_for")
        if self.enters is not None and self.grace != MISSED_FOR:
            raise Unfit("goes with a schedule").at("grace")
        if self.schedule is not None and self.when is not None:
            raise Unfit("goes with an event: a schedule starts a run for everybody in its segment").at("when")
        return self


class Entry(Schema):
    """Which runs are the same: `key` names the value that makes one, such as order.id.

    One run a key: for ever, or with `again_after` until so long after the last one began, if that has ended.
    """

    key: Dotted | None = None
    again_after: ClockDuration | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.key is None and self.again_after is None:
            raise Unfit("must have a key, again_after or both")
        return self


class Exit(Schema):
    """An event that ends runs of the customer it belongs to: all of them, or with `match` the one of its key.

    What a run that ended still has waiting is not sent any more. `send` is said instead, to those whose run it ended.
    """

    event: Dotted
    match: Dotted | None = None
    send: Identifier | None = None
    channels: AnyChannels = PREFERRED


class Goal(Schema):
    """What a journey is for: an event within a time after the run began. It is counted, and ends nothing."""

    event: Dotted
    within: ClockDuration
    match: Dotted | None = None

    @property
    def milliseconds(self) -> int:
        """How long after the start it counts."""
        return parse_duration(self.within).milliseconds


def _none_for_nothing(value: object) -> object:
    return None if value == "" else value  # as releases of earlier versions say it


class Journey(Schema):
    """`templates/journeys/<id>.yaml`: one trigger with steps, or a list of triggers with steps each.

    With a `stage`, its steps are read there, whatever the stages of what they send. `rollout`: the share of customers
    that enter at all; the same ones whenever it is asked, and more of them when it grows.
    """

    kind: Literal["journey"]
    id: Identifier
    title: str
    owner: str
    topic: Identifier
    stage: Annotated[Stage | None, BeforeValidator(_none_for_nothing)] = None
    priority: Priority = "normal"
    rollout: Annotated[Percent, Field(gt=0, le=100)] | None = None
    trigger: Trigger | None = None
    triggers: tuple[Trigger, ...] = ()
    entry: Entry | None = None
    exit_on: tuple[Exit, ...] = ()
    goal: Goal | None = None
    steps: tuple[Step, ...] = ()

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.trigger is None) == (not self.triggers):
            raise Unfit("must have either trigger with steps, or triggers with steps each")
        if self.trigger is not None and (self.trigger.steps is not None or not self.steps):
            raise Unfit("with trigger, the steps stand beside it under steps")
        if self.triggers and (self.steps or any(trigger.steps is None for trigger in self.triggers)):
            raise Unfit("with triggers, each trigger has its own steps")
        quiet = next((place for place, (trigger, _) in enumerate(self.beginnings()) if trigger.quiet_for), None)
        if quiet is not None and self.entry is None:
            unfit = Unfit("goes with an entry: else each event is a run and a silence of its own")
            raise unfit.at("triggers", quiet, "quiet_for") if self.triggers else unfit.at("trigger", "quiet_for")
        key = self.entry.key if self.entry is not None else None
        other = next((place for place, one in enumerate(self.exit_on) if one.match not in (None, key)), None)
        if other is not None:
            raise Unfit("must be the journey's own entry key: {key}", key=key or "-").at("exit_on", other, "match")
        ids: set[str] = set()
        for path, step in self.placed_steps():
            if step.id in ids:
                raise Unfit('is that of another step too: "{step}"', step=step.id).at(*path, "id")
            ids.add(step.id)
        return self

    def beginnings(self) -> tuple[tuple[Trigger, tuple[Step, ...]], ...]:
        """Every trigger with the steps that follow it."""
        if self.trigger is not None:
            return ((self.trigger, self.steps),)
        return tuple((trigger, trigger.steps or ()) for trigger in self.triggers)

    def all_steps(self) -> tuple[Step, ...]:
        """Every step of the file, also those inside others, in the order in which they stand."""
        return tuple(step for _, step in self.placed_steps())

    def placed_steps(self) -> Iterator[tuple[tuple[str | int, ...], Step]]:
        """The same, each with its path through the file."""
        for place, (_, steps) in enumerate(self.beginnings()):
            yield from placed(steps, ("triggers", place, "steps") if self.triggers else ("steps",))

    def sends(self) -> tuple[SendStep, ...]:
        """Every step that asks for a message."""
        return tuple(step for step in self.all_steps() if isinstance(step, SendStep))

    @cached_property
    def stands(self) -> bool:
        """Whether a run of it can wait anywhere; where none can, each is over in the moment in which it began."""
        return any(trigger.quiet_for for trigger, _ in self.beginnings()) or any(
            isinstance(step, STANDING) for step in self.all_steps()
        )

    @cached_property
    def hears(self) -> frozenset[str]:
        """Types of the events that may move or end a run of it."""
        quiet = {trigger.event for trigger, _ in self.beginnings() if trigger.quiet_for is not None and trigger.event}
        return frozenset(quiet | {one.event for one in self.exit_on}).union(
            *(heard_at(step) for step in self.all_steps())
        )

    @cached_property
    def heard_by_all(self) -> frozenset[str]:
        """Those among them that may concern any run of their customer, whichever key they name."""
        key = self.entry.key if self.entry is not None else None
        everybodys = {one.event for one in self.exit_on if one.match is None}
        return frozenset(everybodys).union(*(heard_by_all_at(step, key) for step in self.all_steps()))

    @cached_property
    def asks_engagement(self) -> bool:
        """Whether a condition asks if messages were read or clicked."""
        return "engaged(" in self.model_dump_json()

    @cached_property
    def facts(self) -> frozenset[str]:
        """The paths of the facts that conditions read: `offers.banho_lume20.on_sale`."""
        return frozenset(_FACT.findall(self.model_dump_json()))

    @cached_property
    def asked_to_begin(self) -> frozenset[str]:
        """The paths of those that are read when an event comes in of which a run may begin."""
        asked = (trigger.when for trigger, _ in self.beginnings() if trigger.when and not trigger.quiet_for)
        return frozenset(path for when in asked for path in _FACT.findall(when))

    @cached_property
    def outline(self) -> Outline:
        """Where each step stands, and which one follows it."""
        return Outline.of(tuple(steps for _, steps in self.beginnings()))

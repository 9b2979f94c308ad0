"""The YAML of one journey: what starts it, and its steps."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import Unfit
from orchestrator.domain.stage import Stage
from orchestrator.expressions import Condition
from orchestrator.schema import Dotted, Identifier, Schema


class Channels(Schema):
    """Where a message goes. `all` asks for one delivery on each; `first_reachable` for one on the first that works."""

    all: tuple[Channel, ...] = ()
    first_reachable: tuple[Channel, ...] = ()

    @model_validator(mode="after")
    def _names_a_channel(self) -> Self:
        if not self.all and not self.first_reachable:
            raise Unfit("must name at least one channel under all or first_reachable")
        named = self.all + self.first_reachable
        if len(set(named)) != len(named):
            raise Unfit("names a channel twice: the customer would get the message twice")
        return self

    def slots(self) -> tuple[tuple[str, tuple[Channel, ...]], ...]:
        """One (name, candidates) for every delivery that is asked for."""
        each = tuple((channel.value, (channel,)) for channel in self.all)
        return (*each, ("first_reachable", self.first_reachable)) if self.first_reachable else each


class SendStep(Schema):
    """Ask for a message."""

    id: Identifier
    send: Identifier
    channels: Channels
    priority: Literal["low", "normal", "high"] = "normal"
    was: Identifier | None = None


class Trigger(Schema):
    """What starts a run: an event, where `when` holds. In the list form each trigger has steps of its own."""

    event: Dotted
    when: Condition | None = None
    steps: Annotated[tuple[SendStep, ...], Field(min_length=1)] | None = None


class Entry(Schema):
    """Which runs are the same: `key` names the value that makes one, such as order.id. One run a key, for ever."""

    key: Dotted


class Exit(Schema):
    """An event that ends runs of the customer it belongs to: all of them, or with `match` the one of its key.

    What a run that ended still has waiting is not sent any more.
    """

    event: Dotted
    match: Dotted | None = None


def _none_for_nothing(value: object) -> object:
    return None if value == "" else value  # as releases of earlier versions say it


class Journey(Schema):
    """`templates/journeys/<id>.yaml`: one trigger with steps, or a list of triggers with steps each.

    With a `stage`, its steps are read there, whatever the stages of what they send.
    """

    kind: Literal["journey"]
    id: Identifier
    title: str
    owner: str
    topic: Identifier
    stage: Annotated[Stage | None, BeforeValidator(_none_for_nothing)] = None
    trigger: Trigger | None = None
    triggers: tuple[Trigger, ...] = ()
    entry: Entry | None = None
    exit_on: tuple[Exit, ...] = ()
    steps: tuple[SendStep, ...] = ()

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.trigger is None) == (not self.triggers):
            raise Unfit("must have either trigger with steps, or triggers with steps each")
        if self.trigger is not None and (self.trigger.steps is not None or not self.steps):
            raise Unfit("with trigger, the steps stand beside it under steps")
        if self.triggers and (self.steps or any(trigger.steps is None for trigger in self.triggers)):
            raise Unfit("with triggers, each trigger has its own steps")
        keys = {one.match for one in self.exit_on if one.match is not None}
        if keys and keys != {self.entry.key if self.entry else None}:
            raise Unfit("can match an exit only by its own entry key: {key}", key=self.entry.key if self.entry else "-")
        ids = [step.id for step in self.all_steps()]
        twice = next((step_id for step_id in ids if ids.count(step_id) > 1), None)
        if twice:
            raise Unfit('uses the step id "{step}" twice', step=twice)
        return self

    def beginnings(self) -> tuple[tuple[Trigger, tuple[SendStep, ...]], ...]:
        """Every trigger with the steps that follow it."""
        if self.trigger is not None:
            return ((self.trigger, self.steps),)
        return tuple((trigger, trigger.steps or ()) for trigger in self.triggers)

    def all_steps(self) -> tuple[SendStep, ...]:
        """Every step of the file, in order."""
        return tuple(step for _, steps in self.beginnings() for step in steps)

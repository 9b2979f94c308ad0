"""The YAML of scenarios: who lives through a journey, what is given, what happens, and what is expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import Unfit
from orchestrator.domain.pause import PauseScope
from orchestrator.scenarios.expectations import Expectation, Stands
from orchestrator.scenarios.times import Hour, When
from orchestrator.schema import Dotted, FactPath, Identifier, Schema

if TYPE_CHECKING:
    from collections.abc import Mapping

Agreement = Literal["granted", "pending", "withdrawn", "denied"]
"""What a person said about a topic. `denied`: they never agreed; `withdrawn`: they said no."""

Consents = dict[Identifier, Agreement | dict[Channel, Agreement]]
LiveFacts = Annotated[dict[FactPath, str | int | float | bool], Field(min_length=1)]


class Stopped(Schema):
    """What somebody stops, or lets go on: one of its keys says what."""

    all: Literal[True] | None = None
    channel: Channel | None = None
    journey: Identifier | None = None
    message: Identifier | None = None
    customer: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if len(self.model_fields_set) != 1 or None in self.model_dump(include=self.model_fields_set).values():
            raise Unfit("must name one of all, channel, journey, message and customer")
        return self

    def subject(self, customer_id: str) -> tuple[PauseScope, str]:
        """The scope of a pause, and what is paused in it."""
        ((name, value),) = self.model_dump(include=self.model_fields_set).items()
        scope = PauseScope(name)
        return scope, {PauseScope.ALL: "", PauseScope.CUSTOMER: customer_id}.get(scope, str(value))


class Earlier(Schema):
    """A message that the customer was sent before the case begins, for caps to count."""

    message: Identifier
    channel: Channel
    at: When


class Given(Schema):
    """What is true before the case begins, over what the persona's file says."""

    consent: Consents = {}
    customer: dict[Identifier, Any] = {}
    objects: dict[Identifier, dict[Identifier, Any] | None] = {}
    facts: dict[FactPath, str | int | float | bool] = {}
    suppressed: dict[Channel, Literal["bounce", "complaint", "manual", "stop", "erased"]] = {}
    sent: tuple[Earlier, ...] = ()
    paused: tuple[Stopped, ...] = ()


class _Happening(Schema):
    at: When


class EventHappens(_Happening):
    """An event of a declared type. What `data` does not say is filled in; null leaves a field out."""

    event: Dotted
    data: dict[Identifier, Any] = {}


class ScheduleFires(_Happening):
    """The time of a journey's schedule has come, and the customer is in its segment."""

    schedule: Identifier


class FactsChange(_Happening):
    """Live facts have other values."""

    facts: LiveFacts


class MindChanges(_Happening):
    """The customer agrees to topics, or withdraws from them."""

    consent: Annotated[Consents, Field(min_length=1)]


class SaysStop(_Happening):
    """The customer writes STOP on a channel, or wants no marketing anywhere."""

    stop: Channel | Literal["all"]


class IsPaused(_Happening):
    """Somebody stops something."""

    pause: Stopped


class IsResumed(_Happening):
    """Somebody lets it go on."""

    resume: Stopped


class Opens(_Happening):
    """The customer opens a message."""

    opens: Identifier


class Clicks(_Happening):
    """The customer clicks in a message."""

    clicks: Identifier


HAPPENINGS: Mapping[str, type[_Happening]] = {
    "event": EventHappens,
    "schedule": ScheduleFires,
    "facts": FactsChange,
    "consent": MindChanges,
    "stop": SaysStop,
    "pause": IsPaused,
    "resume": IsResumed,
    "opens": Opens,
    "clicks": Clicks,
}
"""Key of something that happens → what it is."""


def _kind_of(happening: Any) -> str | None:
    if isinstance(happening, _Happening):
        return next(kind for kind, model in HAPPENINGS.items() if isinstance(happening, model))
    found = [kind for kind in HAPPENINGS if isinstance(happening, dict) and kind in happening]
    return found[0] if len(found) == 1 else None


Happening = Annotated[
    Annotated[EventHappens, Tag("event")]
    | Annotated[ScheduleFires, Tag("schedule")]
    | Annotated[FactsChange, Tag("facts")]
    | Annotated[MindChanges, Tag("consent")]
    | Annotated[SaysStop, Tag("stop")]
    | Annotated[IsPaused, Tag("pause")]
    | Annotated[IsResumed, Tag("resume")]
    | Annotated[Opens, Tag("opens")]
    | Annotated[Clicks, Tag("clicks")],
    Discriminator(_kind_of),
]


class Case(Schema):
    """One thing that should be so. `until`: when it is over; without it, when no run waits any more."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    persona: Identifier | None = None
    start: Hour | None = None
    beside: tuple[Identifier, ...] | None = None
    given: Given = Given()
    when: tuple[Happening, ...] = ()
    until: When | None = None
    expect: Annotated[tuple[Expectation, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _stands_at_an_hour(self) -> Self:
        for place, line in enumerate(self.expect):
            if isinstance(line, Stands) and line.at is None and line.stands_at is not None and self.until is None:
                raise Unfit("needs an hour: without until, the case goes on until no run stands anywhere").at(
                    "expect", place, "stands_at"
                )
        return self


class Scenario(Schema):
    """`templates/scenarios/<id>.yaml`: cases of one journey. A case may have another persona, start or company."""

    kind: Literal["test"]
    id: Identifier
    journey: Identifier
    beside: tuple[Identifier, ...] = ()
    persona: Identifier | None = None
    start: Hour | None = None
    cases: Annotated[tuple[Case, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        names: set[str] = set()
        for place, case in enumerate(self.cases):
            for key in ("persona", "start"):
                if getattr(self, key) is None and getattr(case, key) is None:
                    raise Unfit("must be said here, or once for all cases at the top").at("cases", place, key)
            if case.name in names:
                raise Unfit('is that of another case too: "{name}"', name=case.name).at("cases", place, "name")
            names.add(case.name)
        return self

    def persona_of(self, case: Case) -> str:
        """Who lives through a case."""
        return case.persona or self.persona or ""

    def start_of(self, case: Case) -> str:
        """The hour at which a case begins."""
        return case.start or self.start or ""

    def journeys_of(self, case: Case) -> tuple[str, ...]:
        """The journeys that run in a case, the one under test first."""
        beside = self.beside if case.beside is None else case.beside
        return (self.journey, *(one for one in beside if one != self.journey))

"""What a scenario expects: one line each, told apart by its first word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import State
from orchestrator.domain.errors import Unfit
from orchestrator.domain.message import Purpose
from orchestrator.journeys.run import Ending
from orchestrator.scenarios.times import When
from orchestrator.schema import Dotted, Identifier, Schema

if TYPE_CHECKING:
    from collections.abc import Mapping

Count = Annotated[int, Field(ge=0)]


class InTime(Schema):
    """A line about something that happens: `at` is its minute, `after` and `within` the first and last it may have."""

    at: When | None = None
    after: When | None = None
    within: When | None = None

    @model_validator(mode="after")
    def _one_way_to_say_when(self) -> Self:
        if self.at is not None and (self.after is not None or self.within is not None):
            raise Unfit("says the very minute: it goes without after and within").at("at")
        return self


class Timed(InTime):
    """The same of something that may happen more than once: `times` counts all, whatever else the line says."""

    times: Count | None = None


class Sent(Timed):
    """A message was sent. What the line says is asked of each time, and one must fit."""

    send: Identifier
    channel: Channel | None = None
    channels: tuple[Channel, ...] = ()
    step: Identifier | None = None
    claims: dict[Identifier, str | int | float] = {}
    says: str | None = None


class NotSent(InTime):
    """A message was not sent; or not there, or not then."""

    not_sent: Identifier
    channel: Channel | None = None
    step: Identifier | None = None


class Counted(Schema):
    """So many requests ended in a state, or had to wait in it."""

    message: Identifier | None = None
    purpose: Purpose | None = None
    reason: str | None = None

    @property
    def state(self) -> State:
        """Which state is counted."""
        return State(next(name for name in type(self).model_fields if name in COUNTED))

    @property
    def count(self) -> int:
        """How many are expected."""
        found: int = getattr(self, self.state.value)
        return found


class Blocked(Counted):
    """They were not allowed."""

    blocked: Count


class Deferred(Counted):
    """They had to wait for their hour at least once."""

    deferred: Count


class Skipped(Counted):
    """They were not needed any more."""

    skipped: Count


class Unreachable(Counted):
    """There was no way to the customer."""

    unreachable: Count


class Expired(Counted):
    """Their time had passed."""

    expired: Count


class Held(Counted):
    """They had to wait for somebody at least once."""

    held: Count


class Failed(Counted):
    """They could not be said."""

    failed: Count


COUNTED = ("blocked", "deferred", "skipped", "unreachable", "expired", "held", "failed")
"""States that a scenario may count."""


class Alerted(Timed):
    """A team was told something."""

    alert: Identifier
    says: str | None = None
    step: Identifier | None = None


class HandedOff(Timed):
    """The customer was handed to a person."""

    handoff: Identifier
    queue: Identifier | None = None
    step: Identifier | None = None


class Emitted(Timed):
    """A journey said an event of ours."""

    emits: Dotted
    data: dict[Identifier, Any] = {}


class OfRuns(Schema):
    """A line about runs: of the journey under test or of another one, all of them or that of one key."""

    journey: Identifier | None = None
    key: str | None = None


class Exited(Timed, OfRuns):
    """A run ended with an event, or at an `exit` step that says these words."""

    exit: str


class Ended(Timed, OfRuns):
    """A run ended in this way."""

    ends: Ending


class Aimed(InTime, OfRuns):
    """A run reached the journey's goal, or none did."""

    goal: Literal["reached", "missed"]


class Begun(OfRuns):
    """So many runs began."""

    runs: Count


class Stands(OfRuns):
    """A run stands at a step; null: none stands anywhere."""

    stands_at: Identifier | None
    at: When | None = None


class Profiled(Schema):
    """The customer's profile says so when the case is over."""

    customer: Annotated[dict[Identifier, Any], Field(min_length=1)]


Line = Sent | NotSent | Counted | Alerted | HandedOff | Emitted | Exited | Ended | Aimed | Begun | Stands | Profiled

EXPECTATIONS: Mapping[str, type[Schema]] = {
    "send": Sent,
    "not_sent": NotSent,
    "blocked": Blocked,
    "deferred": Deferred,
    "skipped": Skipped,
    "unreachable": Unreachable,
    "expired": Expired,
    "held": Held,
    "failed": Failed,
    "alert": Alerted,
    "handoff": HandedOff,
    "emits": Emitted,
    "exit": Exited,
    "ends": Ended,
    "goal": Aimed,
    "runs": Begun,
    "stands_at": Stands,
    "customer": Profiled,
}
"""Word of a line → what it expects."""


def _kind_of(line: Any) -> str | None:
    if isinstance(line, Schema):
        return next(kind for kind, model in EXPECTATIONS.items() if isinstance(line, model))
    found = [kind for kind in EXPECTATIONS if isinstance(line, dict) and kind in line]
    return found[0] if len(found) == 1 else None


Expectation = Annotated[
    Annotated[Sent, Tag("send")]
    | Annotated[NotSent, Tag("not_sent")]
    | Annotated[Blocked, Tag("blocked")]
    | Annotated[Deferred, Tag("deferred")]
    | Annotated[Skipped, Tag("skipped")]
    | Annotated[Unreachable, Tag("unreachable")]
    | Annotated[Expired, Tag("expired")]
    | Annotated[Held, Tag("held")]
    | Annotated[Failed, Tag("failed")]
    | Annotated[Alerted, Tag("alert")]
    | Annotated[HandedOff, Tag("handoff")]
    | Annotated[Emitted, Tag("emits")]
    | Annotated[Exited, Tag("exit")]
    | Annotated[Ended, Tag("ends")]
    | Annotated[Aimed, Tag("goal")]
    | Annotated[Begun, Tag("runs")]
    | Annotated[Stands, Tag("stands_at")]
    | Annotated[Profiled, Tag("customer")],
    Discriminator(_kind_of),
]

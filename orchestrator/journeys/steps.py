"""The steps of a journey as YAML says them: what is sent, what is waited for, and where the way parts."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import Unfit
from orchestrator.expressions import Condition
from orchestrator.schema import DURATION, ClockDuration, Dotted, Duration, Identifier, OrShort, Schema, Spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

GIVE_UP = "90d"
"""How long a `wait_for` lasts that does not say it: a run never waits for ever."""

HANDED_OFF_FOR = "72h"
"""How long a person keeps a run that was handed off, if nobody closes the ticket (decisions, section 6)."""

Priority = Literal["low", "normal", "high"]


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


PREFERRED: Final = "preferred"
"""Instead of channels: the one that the customer prefers, then all others on which the message is said."""

AnyChannels = Channels | Literal["preferred"]


class Weekday(StrEnum):
    """A day of the week, as everybody writes it."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def _time_of_day(value: Any) -> str:
    text = str(value)
    if not _TIME_OF_DAY.fullmatch(text):
        raise Unfit('must be a time such as "10:00", in quotes, not {text}', text=text)
    return text


TimeOfDay = Annotated[str, BeforeValidator(_time_of_day), Spelled(_TIME_OF_DAY)]
"""What the customer's clock shows: `"10:00"`. In quotes: YAML reads some unquoted times as numbers."""


class Wait(Schema):
    """How long a run stands still: first `for` (or `business_days`), then on to `until` on one of `days`.

    Days, weeks and times are the customer's own: a day later is the same time on the next day, also where clocks
    changed in between.
    """

    duration: ClockDuration | None = Field(default=None, alias="for")
    business_days: Annotated[int, Field(ge=1, le=90)] | None = None
    until: TimeOfDay | None = None
    days: tuple[Weekday, ...] = ()

    @model_validator(mode="after")
    def _waits(self) -> Self:
        if self.duration is not None and self.business_days is not None:
            raise Unfit("has either for or business_days, not both")
        if self.duration is None and self.business_days is None and self.until is None and not self.days:
            raise Unfit("must say how long: for, business_days, until or days")
        if self.business_days is not None and self.days and set(self.days) <= {Weekday.SAT, Weekday.SUN}:
            raise Unfit("never come: business days are none of these").at("days")
        return self


def spelled_out(value: Any) -> Any:
    """`wait: 2h` is short for `wait: {for: 2h}`, and `2bd` for two business days."""
    if isinstance(value, (str, int)):
        text = str(value)
        return {"business_days": int(text[:-2])} if re.fullmatch(r"[1-9][0-9]{0,2}bd", text) else {"for": text}
    return value


AnyWait = Annotated[Wait, BeforeValidator(spelled_out), OrShort(DURATION)]


class Awaited(Schema):
    """An event that a run waits for: of its own key where the event names one, else of its customer.

    With `match`, a value of the event (`order.id`) has to be the run's key.
    """

    event: Dotted
    when: Condition | None = None
    match: Dotted | None = None


class _Step(Schema):
    """What every step has: an id, kept by the people in it, and the one that it had before."""

    id: Identifier
    was: Identifier | None = None

    def lists(self) -> Iterator[tuple[tuple[str | int, ...], tuple[Step, ...], bool]]:
        """The lists of steps inside: (path, steps, whether the run stands still beside them)."""
        yield from ()


class SendStep(_Step):
    """Ask for a message. `window`: how long it may wait (for quiet hours, a cap, a provider) before it is too late."""

    send: Identifier
    channels: AnyChannels = PREFERRED
    priority: Priority | None = None
    window: ClockDuration | None = None


class WaitStep(_Step):
    """Stand still for a time."""

    wait: AnyWait


class WaitFor(Awaited):
    """Stand still until an event came. `on_timeout` runs once and the wait goes on; `give_up` ends it.

    The run ends with it, unless `then` says how it goes on (an empty list: with the next step).
    """

    timeout: AnyWait | None = None
    on_timeout: tuple[Step, ...] = ()
    give_up: Duration = GIVE_UP
    then: tuple[Step, ...] | None = None

    @model_validator(mode="after")
    def _asks_once(self) -> Self:
        if self.on_timeout and self.timeout is None:
            raise Unfit("happens after a timeout, and there is none").at("on_timeout")
        _ensure_at_once(self.on_timeout, "on_timeout")
        return self


class WaitForStep(_Step):
    """Stand still until something happens."""

    wait_for: WaitFor

    def lists(self) -> Iterator[tuple[tuple[str | int, ...], tuple[Step, ...], bool]]:
        """What happens meanwhile, and how it goes on without the event."""
        yield ("wait_for", "on_timeout"), self.wait_for.on_timeout, True
        yield ("wait_for", "then"), self.wait_for.then or (), False


class Reaction(Awaited):
    """What a watch does when an event comes. With `debounce`, after that long a silence, by what is true then."""

    debounce: ClockDuration | None = None
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _happens_at_once(self) -> Self:
        _ensure_at_once(self.steps, "steps")
        return self


class Watch(Schema):
    """Stand still and react, as often as it happens, until one of `until` comes; `for` ends it at the latest.

    The run ends with that, unless `then` says how it goes on (an empty list: with the next step).
    """

    duration: Duration = Field(alias="for")
    until: tuple[Awaited, ...] = ()
    react: Annotated[tuple[Reaction, ...], Field(min_length=1)]
    then: tuple[Step, ...] | None = None


class WatchStep(_Step):
    """Keep reacting to events for a while."""

    watch: Watch

    def lists(self) -> Iterator[tuple[tuple[str | int, ...], tuple[Step, ...], bool]]:
        """The reactions, and how it goes on when nothing ended it."""
        for place, reaction in enumerate(self.watch.react):
            yield ("watch", "react", place, "steps"), reaction.steps, True
        yield ("watch", "then"), self.watch.then or (), False


class Arm(Schema):
    """One way of a branch: with `when` if that is true, with `otherwise` if none before it was."""

    when: Condition | None = None
    otherwise: Literal[True] | None = None
    steps: tuple[Step, ...]

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if (self.when is None) == (self.otherwise is None):
            raise Unfit("must have either `when` or `otherwise: true`")
        return self


class BranchStep(_Step):
    """Part the way by conditions. `otherwise` comes last; without it, whom nothing fits goes on with the next step."""

    branch: Annotated[tuple[Arm, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ends_with_otherwise(self) -> Self:
        early = next((place for place, arm in enumerate(self.branch[:-1]) if arm.otherwise), None)
        if early is not None:
            raise Unfit("comes last: what stands after it is never asked").at("branch", early, "otherwise")
        return self

    def lists(self) -> Iterator[tuple[tuple[str | int, ...], tuple[Step, ...], bool]]:
        """The ways."""
        for place, arm in enumerate(self.branch):
            yield ("branch", place, "steps"), arm.steps, False


def _unsaid(value: object) -> bool:
    """What a file need not say is in no release of a file that does not say it."""
    return value is None


class Share(Schema):
    """One way of a split, and how many of all weights go it."""

    weight: Annotated[int, Field(ge=1, le=10_000)]
    steps: tuple[Step, ...] = ()


class SplitStep(_Step):
    """Part the way by chance: the same customer always goes the same way. A way without steps is the holdout.

    With `metric`, the ways are compared by the journey's goal, once each had as many runs as `minimum` says;
    `hypothesis` is what is expected of it.
    """

    split: Annotated[dict[Identifier, Share], Field(min_length=2)]
    metric: Literal["goal"] | None = None
    hypothesis: Annotated[str | None, Field(min_length=1, max_length=500, exclude_if=_unsaid)] = None
    minimum: Annotated[int | None, Field(ge=1, le=1_000_000, exclude_if=_unsaid)] = None

    @model_validator(mode="after")
    def _compares_something(self) -> Self:
        for name in ("hypothesis", "minimum"):
            if self.metric is None and getattr(self, name) is not None:
                raise Unfit("goes with `metric: goal`: without it nothing is compared").at(name)
        return self

    def lists(self) -> Iterator[tuple[tuple[str | int, ...], tuple[Step, ...], bool]]:
        """The ways."""
        for name, share in self.split.items():
            yield ("split", name, "steps"), share.steps, False


def _of_the_profile(path: str) -> str:
    if not path.startswith("customer."):
        raise Unfit("changes the profile only: the path begins with customer.")
    return path


_OF_THE_PROFILE = re.compile(r"customer(\.[a-z0-9_]+)+")
ProfilePath = Annotated[Dotted, AfterValidator(_of_the_profile), Spelled(_OF_THE_PROFILE)]
Plain = str | int | float | bool | tuple[str | int | float | bool, ...] | None


class UpdateStep(_Step):
    """Set values of the customer's profile; null removes one."""

    update: Annotated[dict[ProfilePath, Plain], Field(min_length=1)]


class Emission(Schema):
    """An event of ours: of a declared type, for this customer, with data. `{{ order.id }}` reads the run's data."""

    event: Dotted
    data: dict[str, Plain] = Field(default_factory=dict)


class EmitStep(_Step):
    """Say that something happened: other journeys and hooks hear it."""

    emit: Emission


class Alert(Schema):
    """A line for a team; `{{ order.number }}` reads the run's data."""

    team: Identifier
    message: Annotated[str, Field(min_length=1, max_length=500)]


class AlertStep(_Step):
    """Tell a team."""

    alert: Alert


class Handoff(Schema):
    """Whom a person is handed to, and until when automation keeps quiet: an event of the customer, or `at_most`."""

    team: Identifier
    queue: Identifier | None = None
    reason: Annotated[str, Field(max_length=200)] = ""
    closed_by: Dotted = "ticket.closed"
    at_most: ClockDuration = HANDED_OFF_FOR


class HandoffStep(_Step):
    """Hand the customer to a person: marketing stands still until the ticket is closed, and so does this run."""

    handoff: Handoff


class ExitStep(_Step):
    """End the run, and say why."""

    exit: Annotated[str, Field(min_length=1, max_length=80)]


def every_step(steps: Sequence[Step]) -> Iterator[Step]:
    """Steps and all steps inside them, in the order in which they stand."""
    return (step for _, step in placed(steps, ()))


def placed(steps: Sequence[Step], path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Step]]:
    """The same, each with its path; that of the list is given."""
    for number, step in enumerate(steps):
        yield (*path, number), step
        for inside, inner, _ in step.lists():
            yield from placed(inner, (*path, number, *inside))


STANDING = (WaitStep, WaitForStep, WatchStep, HandoffStep)
"""Steps where a run stands and waits."""

PARTING = (BranchStep, SplitStep)
"""Steps where the way parts."""


def heard_at(step: Step) -> frozenset[str]:
    """Types of the events that a run listens to while it stands at a step."""
    if isinstance(step, HandoffStep):
        return frozenset({step.handoff.closed_by})
    return frozenset(one.event for one in awaited_at(step))


def heard_by_all_at(step: Step, key: str | None) -> frozenset[str]:
    """Those among them that are not only of the run whose key they name: `key` is where an event names it."""
    if isinstance(step, HandoffStep):
        return heard_at(step)
    return frozenset(one.event for one in awaited_at(step) if one.match not in (None, key))


def awaited_at(step: Step) -> tuple[Awaited, ...]:
    """What a run waits for while it stands at a step."""
    match step:
        case WaitForStep():
            return (step.wait_for,)
        case WatchStep():
            return (*step.watch.until, *step.watch.react)
    return ()


def _ensure_at_once(steps: Sequence[Step], key: str) -> None:
    """A run stands still in one place only. Raises Unfit for a step that would make it stand in a second."""
    for path, one in placed(steps, (key,)):
        if isinstance(one, (WaitStep, WaitForStep, WatchStep)):
            raise Unfit('"{step}" cannot wait: it happens while the run waits already', step=one.id).at(*path, "id")


KINDS: Mapping[str, type[_Step]] = {
    "send": SendStep,
    "wait": WaitStep,
    "wait_for": WaitForStep,
    "watch": WatchStep,
    "branch": BranchStep,
    "split": SplitStep,
    "update": UpdateStep,
    "emit": EmitStep,
    "alert": AlertStep,
    "handoff": HandoffStep,
    "exit": ExitStep,
}
"""Key of a step → what it is."""


def kind_of(step: Any) -> str | None:
    """Which of `KINDS` a step is, by its one key; None when it has none of them, or several."""
    if isinstance(step, _Step):
        return next(kind for kind, model in KINDS.items() if isinstance(step, model))
    found = [kind for kind in KINDS if isinstance(step, dict) and kind in step]
    return found[0] if len(found) == 1 else None


Step = Annotated[
    Annotated[SendStep, Tag("send")]
    | Annotated[WaitStep, Tag("wait")]
    | Annotated[WaitForStep, Tag("wait_for")]
    | Annotated[WatchStep, Tag("watch")]
    | Annotated[BranchStep, Tag("branch")]
    | Annotated[SplitStep, Tag("split")]
    | Annotated[UpdateStep, Tag("update")]
    | Annotated[EmitStep, Tag("emit")]
    | Annotated[AlertStep, Tag("alert")]
    | Annotated[HandoffStep, Tag("handoff")]
    | Annotated[ExitStep, Tag("exit")],
    Discriminator(kind_of),
]

for _model in (WaitFor, WaitForStep, Reaction, Watch, WatchStep, Arm, BranchStep, Share, SplitStep):
    _model.model_rebuild()

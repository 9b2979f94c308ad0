"""A run, what can happen to it, and what it wishes for. Values only: `advance` moves them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from orchestrator.domain.customer import Channel
    from orchestrator.domain.time import Instant
    from orchestrator.domain.timer import WallTime

TRIGGER = "@trigger"
"""Where a run stands that waits for silence before it begins (`quiet_for`). No step can have this id."""


class Ending(StrEnum):
    """Why a run is over. `exit` steps and exit events say more in `Run.note`."""

    FINISHED = "finished"
    EXIT_STEP = "exit_step"
    EXIT_EVENT = "exit_event"
    GIVEN_UP = "given_up"
    STEP_REMOVED = "step_removed"
    NOT_ENTERED = "not_entered"
    ERASED = "erased"


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """An event as journeys see it.

    `id` is its row, `at` when it happened, `payload` what its source said. `objects` names what it is about (kind →
    id), `data` is how those are after it, for conditions.
    """

    id: str
    type: str
    at: Instant
    payload: Mapping[str, Any]
    objects: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> dict[str, Any]:
        """What a condition or a message reads under `event`."""
        return {**self.payload, "type": self.type}

    @property
    def names(self) -> dict[str, Any]:
        """What a condition reads when this event is asked about: the event, and what it is about."""
        return {**self.data, "event": self.said}


@dataclass(frozen=True, slots=True)
class Alarm:
    """When a run wants to be called, if nothing happens before. `set` numbers the settings of all its alarms."""

    at: WallTime
    set: int


@dataclass(frozen=True, slots=True)
class Pending:
    """A start or a reaction that waits for silence: since when (business time), and what the last event said.

    The last one is that which happened last, `at`, and not which came last.
    """

    since: Instant
    event: Mapping[str, Any]
    at: Instant = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One passage of one customer through one journey.

    `number` counts the runs of its key, `beginning` is the place of the trigger that started it. `position` is the
    step where it stands, None once it ended; `since` (business time) when it came there. `event` is
    what the last event said that moved it, `objects` names all that those were about (kind → id). `events` holds, by
    step, the event that ended a wait there; `used` are the ids of events that moved it, of which none counts again for
    a wait that comes later; `taken` how often a step asked for something, so that asking again is told
    from the same asking. `alarms` are by name, `pending` by the alarm that ends their silence. `moves` counts what
    happened to it.
    """

    id: str
    journey: str
    key: str
    customer_id: str
    started_at: Instant
    number: int = 1
    beginning: int = 0
    position: str | None = None
    since: Instant = 0
    ended_at: Instant | None = None
    ending: Ending | None = None
    note: str = ""
    event: Mapping[str, Any] | None = None
    objects: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    used: tuple[str, ...] = ()
    taken: Mapping[str, int] = field(default_factory=dict)
    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    pending: Mapping[str, Pending] = field(default_factory=dict)
    moves: int = 0


@dataclass(frozen=True, slots=True)
class Began:
    """The trigger fired: by an event, or by a schedule (None)."""

    event: Event | None


@dataclass(frozen=True, slots=True)
class Heard:
    """Something happened to the customer. `told`: another run of theirs ended by it, and said what is said then."""

    event: Event
    told: bool = False


@dataclass(frozen=True, slots=True)
class Rang:
    """An alarm of the run is due: its name, and which setting of it."""

    name: str
    set: int


@dataclass(frozen=True, slots=True)
class Placed:
    """Somebody took the run out of where it stood, because that step is gone, and put it at this one."""

    step: str


Happening = Began | Heard | Rang | Placed


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What is true around a run in the moment it moves.

    `data` is what conditions read: customer, objects, facts. `zone` is the customer's (IANA name). `past` are events
    of the customer since the run began, of the types that its waits name: one that arrived before its
    wait is reached meets it all the same. `engaged`: the steps of this run whose message was opened or clicked.
    """

    now: Instant
    data: Mapping[str, Any]
    zone: str
    is_holiday: Callable[[date], bool]
    past: Sequence[Event] = ()
    engaged: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Send:
    """Ask for one message on the first of `candidates` that works. `slot` names it within the step.

    `nth` counts how often the step has asked. `event` and `objects` are those of the run in that moment; `not_after`
    is when it is too late (business time).
    """

    step: str
    slot: str
    nth: int
    message: str
    candidates: tuple[Channel, ...]
    priority: str
    objects: Mapping[str, str]
    event: Mapping[str, Any] | None = None
    not_after: Instant | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Update:
    """Set values of the customer's profile: path below `customer.` → value, None to remove it."""

    step: str
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Emit:
    """Say an event of ours."""

    step: str
    nth: int
    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """Tell a team."""

    step: str
    nth: int
    team: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HandOff:
    """Hand the customer to a person: marketing stands still until `closed_by` or `until` (business time)."""

    step: str
    nth: int
    team: str
    queue: str | None
    reason: str
    closed_by: str
    until: Instant


Wish = Send | Update | Emit | Alert | HandOff


@dataclass(frozen=True, slots=True)
class Passed:
    """A line of the trace: at which step what became of it, and why."""

    step: str
    what: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """A run after something happened, what it wishes for in order, and the way that it took."""

    run: Run
    wishes: tuple[Wish, ...] = ()
    trace: tuple[Passed, ...] = ()

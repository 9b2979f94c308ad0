"""What an explanation is made of: gates with what they were asked about, what comes next, and what went before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.domain.customer import Channel, Customer
    from orchestrator.domain.delivery import State
    from orchestrator.domain.fact import FactValue
    from orchestrator.domain.message import Purpose
    from orchestrator.domain.pause import Pause
    from orchestrator.domain.time import Instant
    from orchestrator.domain.verdict import Verdict
    from orchestrator.store.evidence import ConsentSaid, KnownRequest, ReceiptHeard

# --- evidence: what stood behind the answer of a gate -----------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """Who wanted the message: a step of a journey and the event that began its run, or a door."""

    origin: str
    journey: str | None = None
    run_id: str | None = None
    step: str | None = None
    event_id: str | None = None
    event_type: str | None = None
    event_at: Instant | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Exit:
    """The event that ended the run."""

    event_type: str
    event_id: str | None = None
    at: Instant | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadline:
    """The last instant at which it may be sent."""

    at: Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An address of the customer, masked."""

    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """Why an address must not be written to, and since when."""

    address: str
    reason: str
    at: Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """What was in force for a topic on a channel, and what proves it; `said` None: nothing was ever said."""

    topic: str
    purpose: Purpose
    said: ConsentSaid | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Paused:
    """What a person had stopped."""

    pause: Pause


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A suppress rule of the project: of which kind of object it must not be true."""

    id: str
    title: str = ""
    object: str = ""
    when: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """A fact that the message states: its value, and who says so. `version` and `as_of` are those of a live value."""

    path: str
    value: FactValue | None
    written_at: str = ""
    version: int | None = None
    source: str = ""
    as_of: Instant | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Obstacle:
    """Why facts could not be promised."""

    reason: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class QuietHours:
    """A rule in force, and the customer's own hour; `guessed` where that is the project's, for want of a zone."""

    id: str
    hours: str
    zone: str
    at: Instant
    guessed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalHour:
    """The customer's own hour, where no rule is in force; `guessed` as with quiet hours."""

    zone: str
    at: Instant
    guessed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Cap:
    """How often the customer was written to before this one, and how often they may be."""

    id: str
    used: int
    limit: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Who carries the channel."""

    id: str
    adapter: str


Evidence = (
    Wish | Exit | Deadline | Place | Silence | Consent | Paused | Rule | Fact | Obstacle | QuietHours | LocalHour
    | Cap | Account
)  # fmt: skip

# --- a decision, gate by gate -----------------------------------------------------------------------------------------

NOT_REACHED = "not_reached"
NOTHING_TO_ASK = "nothing_to_ask"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What one gate said: pass, stop, next, wait, not_reached; or that it had nothing to ask about.

    `channel` is None where the gate is asked once for all. `code` is the step's own detail.
    """

    gate: str
    result: str
    channel: Channel | None = None
    code: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """A decision with an answer for every gate, in the order of gates. `at` is business time.

    `live`: it was made now, for this explanation; others are of the ledger. `release_id` is that of its rules.
    """

    state: State | None  # None: send
    reason: str
    detail: str
    channel: Channel | None
    at: Instant
    release_id: str | None
    answers: tuple[Answer, ...]
    live: bool
    id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Halt:
    """One time at which it would wait again, and why."""

    at: Instant
    until: Instant
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ahead:
    """What comes of waiting, with the data of now: the halts on the way, and the verdict at the end.

    `verdict` is None where none was reached in so many steps.
    """

    halts: tuple[Halt, ...]
    at: Instant
    verdict: Verdict | None


# --- why a message was never requested --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Missed:
    """An event that began no run that asks for the message: `why` is a code, `note` what it is about.

    condition_false (the operand) · operand_missing (its path) · key_missing (its path) ·
    not_rolled_out (the share) · other_steps (another trigger took it) · run_exists, too_soon (the key) ·
    run_hushed, step_new (the run) · run_waits (the step where it stands) · run_ended (why) · ended_none ·
    would_now (it was different then)
    """

    event_type: str
    event_id: str
    at: Instant
    why: str
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unasked:
    """A step that asks for the message, and what it missed. No events at all: none of its trigger came.

    `event_type` is that of its trigger, None where a schedule begins it, or who enters `segment`; for an exit, of the
    event that ends the run. `inside_since`: when the customer was found in that segment first, None: they are not.
    """

    journey: str
    step: str
    event_type: str | None
    missed: tuple[Missed, ...]
    pause: Pause | None
    segment: str | None = None
    inside_since: Instant | None = None


# --- the whole --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """One decision of the past, in a line. `state` None: it was sent on its way, by `channel` and through `account`."""

    id: int
    at: Instant
    state: State | None
    reason: str
    channel: Channel | None
    release_id: str | None
    account: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """Why a customer did not get a message, or did.

    `at` is the business time that it is about, `supposed` where somebody asked for another than now. `others` are
    further requests of the same customer for the same message. `unasked` speaks where there is no request at all:
    empty, if no journey sends the message.
    """

    customer: Customer
    zone: str
    message: str
    release_id: str
    at: Instant
    supposed: bool
    request: KnownRequest | None = None
    decision: Explained | None = None
    ahead: Ahead | None = None
    history: tuple[Past, ...] = ()
    receipts: tuple[ReceiptHeard, ...] = ()
    others: tuple[KnownRequest, ...] = ()
    unasked: tuple[Unasked, ...] = ()

"""Messages: what is asked for, and what became of it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from orchestrator.api.faults import fault
from orchestrator.api.models.parts import (
    YEARS,
    Body,
    CustomerNamed,
    Document,
    Id,
    Locale,
    Shown,
    Time,
    Word,
    time_zone,
)
from orchestrator.dispatch.accept import Later
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Mode, State
from orchestrator.domain.receipt import ReceiptKind  # noqa: TC001  # pydantic reads annotations
from orchestrator.zones import CUSTOMER, PROJECT

_WALL = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)


def _moment(value: Any) -> datetime:  # whatever the caller sent
    if not isinstance(value, str) or not _WALL.fullmatch(value):
        fault("wall_format")
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        fault("wall_format")
    return moment if moment.year in YEARS else fault("wall_format")


def _zone_word(value: str) -> str:
    return value if value in (CUSTOMER, PROJECT) else time_zone(value, "zone_word_format")


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "pattern": _WALL.pattern, "examples": ["2026-12-01T09:00"]}),
]
"""A local time, or one with an offset."""

ZoneWord = Annotated[
    str, Field(max_length=60, examples=[CUSTOMER, PROJECT, "America/Manaus"]), AfterValidator(_zone_word)
]

ChannelList = Annotated[tuple[Channel, ...], Field(max_length=len(Channel))]


class WantedChannels(Body):
    """Where to send: on each of `all`, and on the first of `first_reachable` that works."""

    all: Annotated[ChannelList, Field(description="One delivery on each.")] = ()
    first_reachable: Annotated[ChannelList, Field(description="One delivery, on the first that works.")] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        named = self.all + self.first_reachable
        if not named or len(set(named)) != len(named):
            fault("channels_named_once")
        return self


class WantedMessage(Body):
    """A message that somebody should get."""

    message: Annotated[Word, Field(description="The message's id: the name of its file.", examples=["order_shipped"])]
    customer_id: Annotated[Id | None, Field(description="Who gets it, by our id.")] = None
    customer: Annotated[CustomerNamed | None, Field(description="Who gets it, named in another way.")] = None
    channels: Annotated[
        WantedChannels | None,
        Field(description="Without it: the first reachable of email, whatsapp, sms and push that the message has."),
    ] = None
    objects: Annotated[
        dict[Id, Id], Field(description="What it is about, by kind.", examples=[{"order": "ord_10234"}], max_length=10)
    ] = {}
    data: Annotated[
        dict[str, Any], Field(description="Further values; they win over those of objects of the same name.")
    ] = {}
    locale: Annotated[Locale | None, Field(description="The language to write in.")] = None
    not_after: Annotated[Time | None, Field(description="It is not sent after this.")] = None
    send_at: Annotated[
        Moment | None,
        Field(description="When it is due; without an offset by the clock of `zone`. Without it, now."),
    ] = None
    zone: Annotated[
        ZoneWord | None,
        Field(description="Whose clock `send_at` is read from: customer (the default), project, or an IANA time zone."),
    ] = None

    @model_validator(mode="after")
    def _to_somebody(self) -> Self:
        if (self.customer_id is None) == (self.customer is None):
            fault("customer_named_once")
        if self.zone is not None and (self.send_at is None or self.send_at.tzinfo is not None):
            fault("zone_needs_wall")
        return self

    @property
    def later(self) -> Later | None:
        """When, as the core takes it; None at once."""
        return None if self.send_at is None else Later(self.send_at, self.zone or CUSTOMER)


class AcceptedDelivery(Document):
    """One delivery that was asked for."""

    id: Annotated[str, Field(description="See GET /v1/messages/{id}.")]
    state: Annotated[
        Literal["accepted"], Field(description="It is stored, and waits for a worker, or for its time.")
    ] = "accepted"
    channels: Annotated[tuple[Channel, ...], Field(description="Where it may go, in order of preference.")]


class AcceptedMessage(Document):
    """A message that was asked for: one delivery for each of `all`, and one for `first_reachable`."""

    id: Annotated[str, Field(description="The first delivery's id.", examples=["msg_01JC9ZK3N8Q2W4E6R8T0Y2V4X6"])]
    items: tuple[AcceptedDelivery, ...]


class MessageQuery(Body):
    """How to read a message."""

    content: Annotated[Literal["html"] | None, Field(description="html: with the letter's HTML.")] = None


class ReasonShown(Document):
    """Why it stands where it stands."""

    code: Annotated[str, Field(description="Stable; empty where the state says it all.", examples=["no_consent"])]
    sentence: Annotated[str, Field(description="In the caller's language.")]
    action: Annotated[str, Field(description="What to do about it, if anything.")] = ""
    detail: Annotated[str, Field(description="What the provider or the renderer said.")] = ""


class ClaimShown(Document):
    """A promise that the text made."""

    name: str
    kind: str
    fact: Annotated[str, Field(description="Where the value came from.")]
    fact_version: Annotated[int | None, Field(description="Of a live fact: the version that was read.")] = None
    value: Annotated[str, Field(description="Canonical, such as 2026-11-27.")]
    text: Annotated[str, Field(description="As the customer read it.")]
    superseded: bool = False


class ButtonShown(Document):
    """Something to tap."""

    label: str
    url: str | None = None
    emit: str | None = None


class RenderingShown(Document):
    """What the customer read. Links by which they act without a login are cut short."""

    locale: str
    text: str
    subject: str = ""
    preheader: str = ""
    title: str = ""
    url: str = ""
    html: Annotated[str, Field(description="Only with ?content=html.")] = ""
    buttons: tuple[ButtonShown, ...] = ()
    template: Annotated[dict[str, Any] | None, Field(description="The WhatsApp template that carried it.")] = None
    encoding: str = ""
    units: int = 0
    segments: Annotated[int, Field(description="How many SMS it took.")] = 0
    claims: tuple[ClaimShown, ...] = ()


class StepShown(Document):
    """What one gate answered."""

    gate: str
    result: Annotated[
        Literal["pass", "next", "wait", "stop"],
        Field(description="next: the next channel was tried. wait: it is asked again later."),
    ]
    channel: str = ""
    detail: str = ""


class DecisionShown(Document):
    """One time that it was decided about."""

    verdict: Annotated[str, Field(description="send, or the state that it was given.")]
    at: Annotated[Shown, Field(description="When.")]
    business_at: Annotated[Shown, Field(description="For which hour; it differs only where time was moved.")]
    release_id: Annotated[str | None, Field(description="The rules in force.")] = None
    trace: Annotated[tuple[StepShown, ...], Field(description="The gates in the order in which they were asked.")]


class ReceiptShown(Document):
    """One thing that the provider told later."""

    kind: ReceiptKind
    permanent: Annotated[bool, Field(description="Trying again would not change it.")]
    detail: Annotated[str, Field(description="What the provider said.")] = ""
    at: Annotated[Shown, Field(description="When it happened.")]


class MessageShown(Document):
    """A delivery: where it stands, why, and what was said."""

    id: str
    message: str
    customer_id: str
    topic: str
    purpose: str
    priority: str
    state: State
    reason: ReasonShown
    candidates: Annotated[tuple[str, ...], Field(description="The channels that were asked for.")]
    channel: Annotated[str | None, Field(description="The channel that was chosen.")] = None
    account: Annotated[str | None, Field(description="The account that carries it.")] = None
    address: Annotated[str | None, Field(description="Masked.", examples=["j••@example.com"])] = None
    provider_id: Annotated[str | None, Field(description="The provider's own id of it.")] = None
    objects: Annotated[dict[str, str], Field(description="What it is about, by kind.")]
    origin: Annotated[str, Field(description="What asked for it: event, api, replay, …")]
    event_id: str | None = None
    run_id: str | None = None
    step: str | None = None
    release_id: Annotated[str | None, Field(description="The words in force when it was written.")] = None
    calls: Annotated[int, Field(description="How many calls for it have ended.")] = 0
    possible_duplicate: Annotated[
        bool, Field(description="It was sent again although an earlier call may have arrived.")
    ] = False
    mode: Annotated[Mode, Field(description="Whom it may reach: live customers, team the allow-list, test nobody.")] = (
        Mode.LIVE
    )
    accepted_at: Shown
    due_at: Shown
    not_after: Shown | None = None
    first_call_at: Shown | None = None
    sending_at: Shown | None = None
    settled_at: Shown | None = None
    rendering: RenderingShown | None = None
    decisions: tuple[DecisionShown, ...] = ()
    receipt: Annotated[str | None, Field(description="How far it got: delivered, read or clicked.")] = None
    receipts: Annotated[tuple[ReceiptShown, ...], Field(description="What the provider told later.")] = ()

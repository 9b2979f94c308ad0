"""Messages: what is asked for, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from orchestrator.api.faults import fault
from orchestrator.api.models.parts import Body, CustomerNamed, Document, Id, Locale, Shown, Time, Word
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import State  # noqa: TC001  # pydantic reads annotations

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

    @model_validator(mode="after")
    def _to_somebody(self) -> Self:
        if (self.customer_id is None) == (self.customer is None):
            fault("customer_named_once")
        return self


class AcceptedDelivery(Document):
    """One delivery that was asked for."""

    id: Annotated[str, Field(description="See GET /v1/messages/{id}.")]
    state: Annotated[Literal["accepted"], Field(description="It is stored, and waits for a worker.")] = "accepted"
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
    """What the customer read."""

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
    result: Annotated[Literal["pass", "stop", "next"], Field(description="next: the next channel was tried.")]
    channel: str = ""
    detail: str = ""


class DecisionShown(Document):
    """One time that it was decided about."""

    verdict: Annotated[str, Field(description="send, or the state that it was given.")]
    at: Annotated[Shown, Field(description="When.")]
    business_at: Annotated[Shown, Field(description="For which hour; it differs only where time was moved.")]
    trace: Annotated[tuple[StepShown, ...], Field(description="The gates in the order in which they were asked.")]


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
    accepted_at: Shown
    due_at: Shown
    not_after: Shown | None = None
    first_call_at: Shown | None = None
    sending_at: Shown | None = None
    settled_at: Shown | None = None
    rendering: RenderingShown | None = None
    decisions: tuple[DecisionShown, ...] = ()
    receipts: Annotated[tuple[dict[str, Any], ...], Field(description="What the provider told later.")] = ()

"""The local inbox as a provider: development, demo, tests and rehearsals. Nothing leaves this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NoReturn

from orchestrator.channels import (
    Capabilities,
    InboxAnswer,
    InboxCall,
    InboxEntry,
    InboxLookUp,
    NoAnswer,
    no_callbacks,
    still_unknown,
    unanswered,
)
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Outcome, OutcomeKind
from orchestrator.domain.errors import Phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.channels import Answer, Notice
    from orchestrator.domain.delivery import Delivery
    from orchestrator.domain.time import Instant


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """Speaks every channel and needs no settings."""

    channel: Channel

    can: ClassVar[Capabilities] = Capabilities(
        channels=frozenset(Channel), html=True, title=True, media=True, looks_up=True, idempotent=True, local=True
    )

    def call(self, delivery: Delivery, now: Instant, entropy: Callable[[int], bytes]) -> InboxCall:  # noqa: ARG002  # the reference is all the identity it needs
        entry = InboxEntry(
            reference=delivery.reference,
            customer_id=delivery.customer_id,
            object_id=delivery.object_id,
            channel=delivery.channel,
            address=delivery.address.value,
            rendered=delivery.rendered,
        )
        return InboxCall(entry, now)

    def outcome(self, answer: Answer) -> Outcome:
        match answer:
            case InboxAnswer(str() as entry_id):
                return Outcome(OutcomeKind.SENT, provider_id=entry_id)
            case NoAnswer():
                return unanswered(answer)
            case _:
                return Outcome(OutcomeKind.UNKNOWN, "unreadable_answer", detail=Phrase("not an answer of the inbox"))

    def look_up(self, reference: str) -> InboxLookUp:
        return InboxLookUp(reference)

    def found(self, answer: Answer) -> Outcome:
        match answer:
            case InboxAnswer(None):
                return Outcome(
                    OutcomeKind.NOT_SENT, "provider_unavailable", detail=Phrase("the inbox does not hold it")
                )
            case InboxAnswer(str() as entry_id):
                return Outcome(OutcomeKind.SENT, provider_id=entry_id)
            case _:
                return still_unknown("the inbox did not say")

    def receive(self, notice: Notice, now: Instant) -> NoReturn:  # noqa: ARG002  # it is told nothing by itself
        raise no_callbacks()

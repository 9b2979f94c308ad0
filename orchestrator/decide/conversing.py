"""How WhatsApp is spoken: freely to whoever wrote lately, else in an approved template; in one decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator import consent
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from orchestrator.decide.given import Circumstances
    from orchestrator.domain.customer import Standing
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Instant
    from orchestrator.domain.verdict import Send

# Meta's customer service window: 24 hours since the person's last message. What leaves in its last minute could arrive
# behind its end.
WINDOW_MS: Final = 24 * 3_600_000
WINDOW_GUARD_MS: Final = 60_000

# A review takes up to a day, and an appeal another. It is looked at again now and then; an approval wakes it at once.
APPROVAL_PATIENCE_MS: Final = 48 * 3_600_000
ASK_AGAIN_MS: Final = 3_600_000

MARKETING: Final = "marketing"
"""The provider's category of templates that promote something."""

CONVERSATION: Final = "conversation"
CLOSED: Final = "whatsapp_window_closed"
NOT_APPROVED: Final = "template_not_approved"
RECATEGORISED: Final = "recategorised"


@dataclass(frozen=True, slots=True)
class Script:
    """The template of one request through one account.

    `name` is that of today's words. `sent` is the one that may be sent: the same, or that of the words before, or
    nothing. `category` is what the provider says that `sent` is for, `release_id` by which release it is said.
    """

    name: str
    sent: str = ""
    category: str = ""
    release_id: str = ""


@dataclass(frozen=True, slots=True)
class Speech:
    """How it is said: freely, or by the `template` of that name. `refusal` is why it cannot be said here, if so."""

    refusal: str = ""
    conversing: bool = False
    template: str = ""


def speech_of(request: Request, send: Send, standing: Standing, circumstances: Circumstances, now: Instant) -> Speech:
    """How a request is said to an address through an account that speaks in templates."""
    if converses(circumstances, send, now):
        return Speech(conversing=True)
    script = circumstances.scripts.get((request.id, send.account))
    if script is None:
        return Speech(CLOSED)
    if not script.sent:
        return Speech(NOT_APPROVED, template=script.name)
    promotes = script.category == MARKETING and request.purpose is Purpose.TRANSACTIONAL
    # What was to be told as service is told as advertising: so it needs what advertising needs.
    refused = promotes and not _takes_marketing(request, send, standing)
    return Speech(RECATEGORISED if refused else "", template=script.sent)


def _takes_marketing(request: Request, send: Send, standing: Standing) -> bool:
    """Whether they agreed to the topic here, and did not write STOP since: that ends marketing, and leaves service."""
    agreed = standing.consents.get((request.topic, send.channel)) is ConsentState.GRANTED
    return agreed and consent.suppression(standing, send.address, send.channel, Purpose.MARKETING) is None


def converses(circumstances: Circumstances, send: Send, now: Instant) -> bool:
    """Whether the person wrote to this very account so lately that it may be answered freely."""
    heard_at = circumstances.heard.get((send.account, send.address.id))
    return heard_at is not None and now - heard_at < WINDOW_MS - WINDOW_GUARD_MS

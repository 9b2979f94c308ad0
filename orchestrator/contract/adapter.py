"""An adapter, and what all adapters say alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orchestrator.domain.delivery import Outcome, OutcomeKind
from orchestrator.domain.errors import Phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.contract.calls import Answer, Call, NoAnswer
    from orchestrator.contract.capabilities import Capabilities
    from orchestrator.contract.notices import Notice, Received
    from orchestrator.domain.customer import Channel
    from orchestrator.domain.delivery import Delivery
    from orchestrator.domain.time import Instant


class Adapter(Protocol):
    """One provider account, ready to speak: a frozen dataclass whose fields are its settings.

    Every module in `channels/` names its class `Adapter`. Fields: `channel` first, then settings, secrets with
    `field(repr=False)`; a setting that is called as a method is has its name in `metadata={"setting": "look_up"}`.
    No socket, no clock, no environment.
    """

    @property
    def channel(self) -> Channel:
        """The channel that this account speaks on."""
        ...

    @property
    def can(self) -> Capabilities:
        """What the provider can do."""
        ...

    def call(self, delivery: Delivery, now: Instant, entropy: Callable[[int], bytes]) -> Call:
        """The call that sends this delivery. The same delivery gives the same reference over retries."""
        ...

    def outcome(self, answer: Answer) -> Outcome:
        """What an answer to `call` means, in our words."""
        ...

    def look_up(self, reference: str) -> Call | None:
        """The call that asks whether the provider has this reference, or None where it cannot be asked."""
        ...

    def found(self, answer: Answer) -> Outcome:
        """What an answer to `look_up` means. The same status says something else there: a 404 is a definite no.

        `sent` and `not_sent` are certain; everything else, silence too, leaves the doubt as it was: `unknown`.
        """
        ...

    def receive(self, notice: Notice, now: Instant) -> Received:
        """What a provider's own call says, once its signature is found good, in constant time and before parsing.

        Raises:
            Refused: it is not signed as the account's notices are.
            InputError: it is genuine, and cannot be read.
            NotFound: this account takes no callbacks (`no_callbacks`).
        """
        ...


def unanswered(answer: NoAnswer) -> Outcome:
    """What silence means, for every provider: certain where nothing can have arrived, else doubt."""
    if not answer.in_doubt:
        detail = Phrase("{reason}: {said}", reason=answer.reason, said=answer.detail)
        return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail=detail)
    reason = "timeout" if answer.reason == "timeout" else "unreadable_answer"
    return Outcome(OutcomeKind.UNKNOWN, reason, detail=answer.detail)


def still_unknown(detail: str) -> Outcome:
    """What a look-up means that settled nothing: also one that found nobody says nothing of the message."""
    return Outcome(OutcomeKind.UNKNOWN, "unreadable_answer", detail=detail)


ONE_CLICK = "List-Unsubscribe=One-Click"
"""What a mailbox provider posts to the link when a person clicks its own button (RFC 8058)."""


def one_click_headers(delivery: Delivery) -> dict[str, str]:
    """The two headers of a marketing e-mail that end its topic with one click; of any other message, none.

    They belong to what is signed: DKIM's `h=` names them, or mailbox providers do not believe them.
    """
    if not delivery.unsubscribe_url:
        return {}
    return {"List-Unsubscribe": f"<{delivery.unsubscribe_url}>", "List-Unsubscribe-Post": ONE_CLICK}

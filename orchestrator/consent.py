"""Whether a customer allows a message: consent by topic and channel, and addresses that must not be written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.customer import ADDRESS_KINDS, ConsentState
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from orchestrator.domain.customer import Address, Channel, Standing

_REASONS = {
    None: "no_consent",
    ConsentState.PENDING: "consent_pending",
    ConsentState.WITHDRAWN: "consent_withdrawn",
}


# The reason of a suppression that came from the word itself, written to us.
STOP = "stop"

# The reason why nothing goes to an address that rests: messages failed there lately.
SOFT_BOUNCE = "soft_bounce"

# The reason of one from somebody who says that they are not who we write to.
WRONG_PERSON = "wrong_person"

DOUBLE_OPT_IN = "double_opt_in"
"""The method of a grant that was confirmed at the address that it is about."""

CONFIRMED_AT = "confirmed_at"
"""Under this name evidence says when a double opt-in was confirmed, in RFC 3339."""


def refusal(standing: Standing, topic: str, purpose: Purpose, channel: Channel) -> str | None:
    """The reason why consent forbids a topic on a channel, or None when it allows it.

    Marketing needs a grant in force (LGPD art. 7 I, art. 8). Transactional messages rest on the contract (art. 7 V)
    and need none, but an explicit opt-out from the topic on that channel is honoured.
    """
    state = standing.consents.get((topic, channel))
    if state is ConsentState.GRANTED:
        return None
    if purpose is Purpose.TRANSACTIONAL:
        return "consent_withdrawn" if state is ConsentState.WITHDRAWN else None
    return _REASONS[state]


def suppression(standing: Standing, address: Address, channel: Channel, purpose: Purpose) -> str | None:
    """The reason why an address must not be written to on a channel, or None.

    A STOP ends marketing only (decisions, section 5): what was bought is still told. An address that rests takes
    neither.
    """
    reason = standing.suppressions.get((address.id, channel))
    if reason is None or (reason == STOP and purpose is Purpose.TRANSACTIONAL):
        return f"suppressed:{SOFT_BOUNCE}" if (address.id, channel) in standing.rests else None
    return f"suppressed:{reason}"


def silence(standing: Standing, channel: Channel, purpose: Purpose) -> str | None:
    """The reason why none of a customer's addresses on a channel may be written to, or None: one may, or there is none.

    Of several reasons it is that of the address that the customer prefers.
    """
    reasons = [
        suppression(standing, address, channel, purpose)
        for address in standing.customer.addresses
        if address.kind is ADDRESS_KINDS[channel]
    ]
    return None if None in reasons else next(iter(reasons), None)

"""What the ledger's codes mean, in sentences. Keys are codes of decisions, section 1; values are msgids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import State
from orchestrator.domain.message import Purpose
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CHANNELS: Final = {Channel.EMAIL: mark("E-mail"), Channel.WHATSAPP: mark("WhatsApp"), Channel.SMS: mark("SMS"), Channel.PUSH: mark("Push")}

PURPOSES: Final = {Purpose.TRANSACTIONAL: mark("transactional"), Purpose.MARKETING: mark("marketing")}

STATES: Final = {
    State.ACCEPTED: mark("Accepted"),
    State.SENDING: mark("Sending"),
    State.DEFERRED: mark("Deferred"),
    State.HELD: mark("Held"),
    State.SENT: mark("Sent"),
    State.BLOCKED: mark("Blocked"),
    State.SKIPPED: mark("Skipped"),
    State.UNREACHABLE: mark("Unreachable"),
    State.EXPIRED: mark("Expired"),
    State.FAILED: mark("Failed"),
    State.UNKNOWN: mark("In doubt"),
    State.QUARANTINED: mark("Quarantined"),
}

CLAIM_KINDS: Final = {
    ClaimKind.PRICE: mark("Price"),
    ClaimKind.DISCOUNT: mark("Discount"),
    ClaimKind.DELIVERY_DATE: mark("Delivery date"),
    ClaimKind.DEADLINE: mark("Deadline"),
    ClaimKind.COUPON: mark("Coupon"),
    ClaimKind.POLICY: mark("Policy"),
}

# What it means that a gate let a message pass.
PASSED: Final = {
    "journey_live": mark("The journey is running"),
    "exit_marks": mark("The customer is still in the journey"),
    "not_after": mark("It was still in time"),
    "address": mark("There is an address"),
    "suppression": mark("The address is not suppressed"),
    "consent": mark("Consent allows it"),
    "suppress_rules": mark("No pause and no rule stands against it"),
    "facts": mark("The facts behind it are in force"),
    "capacity": mark("There is capacity for the answers"),
    "quiet_hours": mark("Outside quiet hours"),
    "caps": mark("Within the frequency caps"),
    "route": mark("Carried by the account {detail}"),
    "render": mark("It could be written"),
    "read_back": mark("What it says is what the facts say"),
}

# Why a gate did not.
REASONS: Final = {
    "quiet_hours": mark("These are quiet hours ({detail})"),
    "frequency_cap": mark("The frequency cap {detail} is reached"),
    "rate_limit": mark("The provider's pace allows no more right now"),
    "provider_unavailable": mark("The provider could not be reached"),
    "awaiting_template_approval": mark("The WhatsApp template is not approved yet"),
    "capacity": mark("There is no capacity left for it ({detail})"),
    "freeze": mark("A freeze is in force ({detail})"),
    "fact_unavailable": mark("The fact {detail} is not known"),
    "approval_missing": mark("An approval is missing"),
    "kill_switch": mark("The kill switch is on"),
    "handoff": mark("A person has taken over"),
    "paused": mark("It is paused"),
    "no_consent": mark("The customer has not agreed to this topic here"),
    "consent_pending": mark("The customer has not confirmed the agreement yet"),
    "consent_withdrawn": mark("The customer withdrew the agreement"),
    "suppressed": mark("The address is suppressed ({detail})"),
    "suppress_rule": mark("The rule {detail} keeps it back"),
    "sandbox_recipient": mark("Only listed recipients are written to in a rehearsal"),
    "exit_event": mark("Something happened that made it pointless"),
    "duplicate": mark("The same was already said"),
    "superseded": mark("A newer message took its place"),
    "audience_changed": mark("The customer is no longer in the audience"),
    "holdout": mark("The customer is in the group that is not written to"),
    "rollout": mark("The roll-out has not reached this customer"),
    "channel_off": mark("This channel is off for it"),
    "fact_changed": mark("A fact changed after it was planned"),
    "cancelled": mark("It was cancelled"),
    "no_address": mark("The customer has no address here"),
    "invalid_address": mark("The address is not valid"),
    "no_push_token": mark("The customer has no device registered"),
    "whatsapp_window_closed": mark("The 24-hour window is closed and there is no approved template"),
    "not_after": mark("Its time had passed"),
    "offer_ended": mark("The offer had ended"),
    "class_age": mark("It had grown too old"),
    "render_error": mark("A value does not fit the message"),
    "missing_variable": mark("The message needs a value that was not sent"),
    "claim_mismatch": mark("It would have said something other than the facts"),
    "voice_error": mark("It breaks a rule of the brand voice"),
    "provider_rejected": mark("The provider refused it ({detail})"),
    "no account": mark("No account carries this channel"),
    "no copy": mark("This message is deliberately not said here"),
}


def passed(gate: str, detail: str, say: Callable[[str], str]) -> str:
    """The sentence for a gate that let a message pass; a gate of a later version gives its own name."""
    return _filled(PASSED, gate, detail, say)


def reason(code: str, say: Callable[[str], str]) -> str:
    """The sentence for a reason such as `quiet_hours:noite`; one of a later version stays a code."""
    base, _, detail = code.partition(":")
    return _filled(REASONS, base, detail, say) if base in REASONS else code


def _filled(table: Mapping[str, str], key: str, detail: str, say: Callable[[str], str]) -> str:
    return say(table[key]).format(detail=detail) if key in table else " ".join(filter(None, (key, detail)))

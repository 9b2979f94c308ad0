"""What the ledger's codes mean, in sentences. Keys are codes of decisions, section 1; values are msgids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import State
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CHANNELS: Final = {Channel.EMAIL: "E-mail", Channel.WHATSAPP: "WhatsApp", Channel.SMS: "SMS", Channel.PUSH: "Push"}

PURPOSES: Final = {Purpose.TRANSACTIONAL: "transactional", Purpose.MARKETING: "marketing"}

STATES: Final = {
    State.ACCEPTED: "Accepted",
    State.SENDING: "Sending",
    State.DEFERRED: "Deferred",
    State.HELD: "Held",
    State.SENT: "Sent",
    State.BLOCKED: "Blocked",
    State.SKIPPED: "Skipped",
    State.UNREACHABLE: "Unreachable",
    State.EXPIRED: "Expired",
    State.FAILED: "Failed",
    State.UNKNOWN: "In doubt",
    State.QUARANTINED: "Quarantined",
}

CLAIM_KINDS: Final = {
    ClaimKind.PRICE: "Price",
    ClaimKind.DISCOUNT: "Discount",
    ClaimKind.DELIVERY_DATE: "Delivery date",
    ClaimKind.DEADLINE: "Deadline",
    ClaimKind.COUPON: "Coupon",
    ClaimKind.POLICY: "Policy",
}

# What it means that a gate let a message pass.
PASSED: Final = {
    "journey_live": "The journey is running",
    "exit_marks": "The customer is still in the journey",
    "not_after": "It was still in time",
    "address": "There is an address",
    "suppression": "The address is not suppressed",
    "consent": "Consent allows it",
    "suppress_rules": "No pause and no rule stands against it",
    "facts": "The facts behind it are in force",
    "capacity": "There is capacity for the answers",
    "quiet_hours": "Outside quiet hours",
    "caps": "Within the frequency caps",
    "route": "Carried by the account {detail}",
    "render": "It could be written",
    "read_back": "What it says is what the facts say",
}

# Why a gate did not.
REASONS: Final = {
    "quiet_hours": "These are quiet hours ({detail})",
    "frequency_cap": "The frequency cap {detail} is reached",
    "rate_limit": "The provider's pace allows no more right now",
    "provider_unavailable": "The provider could not be reached",
    "awaiting_template_approval": "The WhatsApp template is not approved yet",
    "capacity": "There is no capacity left for it ({detail})",
    "freeze": "A freeze is in force ({detail})",
    "fact_unavailable": "The fact {detail} is not known",
    "approval_missing": "An approval is missing",
    "kill_switch": "The kill switch is on",
    "handoff": "A person has taken over",
    "paused": "It is paused",
    "no_consent": "The customer has not agreed to this topic here",
    "consent_pending": "The customer has not confirmed the agreement yet",
    "consent_withdrawn": "The customer withdrew the agreement",
    "suppressed": "The address is suppressed ({detail})",
    "suppress_rule": "The rule {detail} keeps it back",
    "sandbox_recipient": "Only listed recipients are written to in a rehearsal",
    "exit_event": "Something happened that made it pointless",
    "duplicate": "The same was already said",
    "superseded": "A newer message took its place",
    "audience_changed": "The customer is no longer in the audience",
    "holdout": "The customer is in the group that is not written to",
    "rollout": "The roll-out has not reached this customer",
    "channel_off": "This channel is off for it",
    "fact_changed": "A fact changed after it was planned",
    "cancelled": "It was cancelled",
    "no_address": "The customer has no address here",
    "invalid_address": "The address is not valid",
    "no_push_token": "The customer has no device registered",
    "whatsapp_window_closed": "The 24-hour window is closed and there is no approved template",
    "not_after": "Its time had passed",
    "offer_ended": "The offer had ended",
    "class_age": "It had grown too old",
    "render_error": "A value does not fit the message",
    "missing_variable": "The message needs a value that was not sent",
    "claim_mismatch": "It would have said something other than the facts",
    "voice_error": "It breaks a rule of the brand voice",
    "provider_rejected": "The provider refused it ({detail})",
    "no account": "No account carries this channel",
    "no copy": "This message is deliberately not said here",
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

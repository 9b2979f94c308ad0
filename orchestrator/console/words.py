"""The ledger's codes in words, as pages say them. Values are sentences of the catalogs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.decide.conversing import CONVERSATION
from orchestrator.dispatch.explain.past import code_of
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import State
from orchestrator.domain.message import Purpose
from orchestrator.domain.said import retold
from orchestrator.reasons import detail_words, reason
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Callable

CHANNELS: Final = {
    Channel.EMAIL: mark("E-mail"),
    Channel.WHATSAPP: mark("WhatsApp"),
    Channel.SMS: mark("SMS"),
    Channel.PUSH: mark("Push"),
}

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

# How grave a finding is.
LEVELS: Final = {"error": mark("error"), "warn": mark("warning"), "info": mark("info")}

# What it means that a gate let a message pass.
PASSED: Final = {
    "journey_live": mark("The journey is running"),
    "exit_marks": mark("The customer is still in the journey"),
    "not_after": mark("It was still in time"),
    "address": mark("There is an address"),
    "suppression": mark("The address is not suppressed"),
    "consent": mark("Consent allows it"),
    "recipients": mark("The address is on the list of those that may be written to"),
    "pauses": mark("Nothing that it belongs to is paused"),
    "suppress_rules": mark("No rule of the project stands against it"),
    "facts": mark("The facts behind it are in force"),
    "capacity": mark("There is capacity for the answers"),
    "quiet_hours": mark("Outside quiet hours"),
    "caps": mark("Within the frequency caps"),
    "template": mark("{detail} is approved"),
    "route": mark("Carried by the account {detail}"),
    "render": mark("It could be written"),
    "read_back": mark("What it says is what the facts say"),
}

# Why a gate asked for the next channel: about one channel, where `reasons` speaks of the whole request.
NEXT: Final = {
    "no account": mark("No account carries this channel"),
    "no copy": mark("This message is deliberately not said here"),
    "no_address": mark("The customer has no address here"),
    "no_push_token": mark("The customer has no device registered"),
    "suppressed": mark("The address is suppressed ({detail})"),
    "no_consent": mark("The customer has not agreed to this topic here"),
    "consent_pending": mark("The customer has not confirmed the agreement yet"),
    "consent_withdrawn": mark("The customer withdrew the agreement here"),
    "invalid_address": mark("The provider says that nobody is reached at this address here"),
    "provider_rejected:channel": mark("The provider does not take it for them here; nothing is wrong with the address"),
    "provider_rejected:opted_out": mark("The customer told the provider to stop"),
    "provider_rejected:enough": mark("The provider lets this customer have no more for now"),
    "template_not_approved": mark("The provider has not approved its template, or no longer does"),
    "whatsapp_window_closed": mark("The customer did not write within a day, and it has no template"),
    "channel_off": mark("Its account is no longer in the project"),
    "patience": mark("The provider has refused for long"),
}

FREELY: Final = mark("the customer wrote within a day: it goes out as free text")
URGENT: Final = mark("It is urgent, and passes quiet hours")


OVERRULED: Final = mark("Its agent wrote something else than the facts say, and said why: {reason}")


def passed(gate: str, detail: str, say: Callable[[str], str]) -> str:
    """The sentence for a gate that let a message pass; a gate of a later version gives its own name."""
    if gate == "read_back" and detail:
        return say(OVERRULED).format(reason=detail.removeprefix("agent: "))
    if gate == "template" and detail == CONVERSATION:
        words = say(FREELY)
        return words[:1].upper() + words[1:]
    if gate == "quiet_hours" and detail:
        return say(URGENT)
    return say(PASSED[gate]).format(detail=detail) if gate in PASSED else " ".join(filter(None, (gate, detail)))


def stopped(gate: str, detail: str, say: Callable[[str], str]) -> str:
    """The sentence for a gate that let it pass no further, as its step was recorded."""
    return refused(detail if detail in NEXT else code_of(gate, detail) or gate, say)


def refused(code: str, say: Callable[[str], str]) -> str:
    """The sentence for a reason such as `suppressed:bounce`, as one channel's gate gave it."""
    code = retold(code, say)
    base, _, detail = code.partition(":")
    words = NEXT.get(code) or NEXT.get(base)
    if words is not None:
        return say(words).format(detail=detail_words(base, detail, say))
    return reason(State.BLOCKED, code, say).sentence.removesuffix(".")

"""Why a delivery stands where it stands, in a sentence, and what to do about it.

Keys are the states and reason codes of decisions, section 1. `{detail}` is what follows the colon of a code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.delivery import State
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Reason:
    """What is the matter, and what to do next; nothing to do is an empty action."""

    sentence: str
    action: str = ""


def reason(state: State, code: str, translate: Callable[[str], str] = str) -> Reason:
    """What a state and its reason code mean, in the reader's language. A code of a later version speaks for itself."""
    base, _, part = code.partition(":")
    detail = detail_words(base, part, translate)
    meant = (REASONS.get(code) or REASONS.get(base)) if base else STATES[state]
    if meant is None:
        return Reason(code)
    return Reason(
        translate(meant.sentence).format(detail=detail),
        translate(meant.action).format(detail=detail) if meant.action else "",
    )


def detail_words(base: str, detail: str, translate: Callable[[str], str]) -> str:
    """What follows the colon of a code: one of our own words comes in the reader's language, a name as it is."""
    words = _DETAILS.get(base, {})
    return translate(words[detail]) if detail in words else detail


# All other codes are followed by a name that somebody gave, such as that of a frequency cap.
_DETAILS: Mapping[str, Mapping[str, str]] = {
    "suppressed": {
        "bounce": mark("bounce"),
        "complaint": mark("complaint"),
        "manual": mark("by hand"),
        "stop": mark("the customer said stop"),
        "wrong_person": mark("it is somebody else's, they say"),
        "erased": mark("erased"),
        "soft_bounce": mark("messages failed there lately, it rests for a while"),
    },
    "provider_rejected": {
        "address": mark("address"),
        "channel": mark("not on this channel now"),
        "opted_out": mark("the customer told the provider to stop"),
        "enough": mark("the provider lets them have no more for now"),
        "message": mark("message"),
        "policy": mark("policy"),
        "template": mark("template"),
    },
}

_ASK_PROVIDER = mark(
    "Where the provider can be asked, it is; where the topic says so, it is sent again, marked. "
    "Otherwise ask the provider before you do."
)

STATES: Mapping[State, Reason] = {
    State.ACCEPTED: Reason(
        mark("It waits for a worker."), mark("If it waits for long, look whether a worker runs: jogral doctor")
    ),
    State.SENDING: Reason(mark("It is on its way to the provider.")),
    State.DEFERRED: Reason(mark("It waits for its time."), mark("It is tried again by itself.")),
    State.HELD: Reason(mark("It is held until somebody decides.")),
    State.SENT: Reason(mark("The provider took it.")),
    State.BLOCKED: Reason(mark("It must not be sent.")),
    State.SKIPPED: Reason(mark("It was not needed.")),
    State.UNREACHABLE: Reason(mark("The customer could not be reached.")),
    State.EXPIRED: Reason(mark("Its time had passed.")),
    State.FAILED: Reason(mark("It could not be sent.")),
    State.UNKNOWN: Reason(mark("It may or may not have arrived."), _ASK_PROVIDER),
    State.QUARANTINED: Reason(mark("It was set aside.")),
}
"""What a state means where no reason is given."""

_BY_ITSELF = mark("It is tried again by itself.")
_ASK_CONSENT = mark("Ask the customer for consent, or record the one that you have: PATCH /v1/customers/{{id}}")
_ADD_ADDRESS = mark("Add an address to the customer, or ask for another channel as well.")
_FIX_COPY = mark("Correct the message's file and publish it, then ask for the message again.")

REASONS: Mapping[str, Reason] = {
    # deferred
    "quiet_hours": Reason(mark("These are quiet hours ({detail})."), mark("It is sent when they end.")),
    "frequency_cap": Reason(
        mark("The customer has had enough for now (frequency cap {detail})."),
        mark("Leave them in peace, or reconsider the cap in templates/project.yaml."),
    ),
    "frequency_cap:provider": Reason(
        mark("The provider lets this customer have no more marketing for now: it counts what others send them, too."),
        mark("Leave them in peace for a day, or write on another channel."),
    ),
    "rate_limit": Reason(mark("The provider allows no more at the moment."), _BY_ITSELF),
    "provider_unavailable": Reason(mark("The provider cannot be reached."), _BY_ITSELF),
    "awaiting_template_approval": Reason(
        mark("The WhatsApp template is not approved at the moment."),
        mark("It is sent once Meta approves it. See how it stands: jogral whatsapp status"),
    ),
    # held
    "capacity": Reason(
        mark("Operations or support has no room for what this would cause ({detail})."),
        mark("Raise the capacity, or wait for a freer day."),
    ),
    "freeze": Reason(mark("Sending is frozen ({detail})."), mark("Lift the freeze to send it.")),
    "fact_unavailable": Reason(
        mark("A fact that it states is not known or no longer true ({detail})."), mark("Set the fact, or withdraw it.")
    ),
    "approval_missing": Reason(mark("Somebody must approve it first."), mark("Approve the plan that it belongs to.")),
    "kill_switch": Reason(mark("All sending was stopped."), mark("Lift the stop: jogral resume")),
    "handoff": Reason(
        mark("A person is talking with this customer."),
        mark("It goes on when the ticket is closed, or after 72 hours."),
    ),
    "paused": Reason(mark("Its journey, message, channel or account is paused."), mark("Go on with: jogral resume")),
    "paused:customer": Reason(
        mark("The customer takes a break from marketing."), mark("See who asked for it, and until when: jogral pauses")
    ),
    # sent
    "test_mode": Reason(
        mark("A test key asked for it: it is in the local inbox, and reached nobody."),
        mark("Ask for it with a live key, and it reaches the customer."),
    ),
    # blocked
    "no_consent": Reason(mark("The customer has not agreed to this topic on any channel asked for."), _ASK_CONSENT),
    "consent_pending": Reason(
        mark("The customer has not confirmed yet that they agree."), mark("Wait for the confirmation.")
    ),
    "consent_withdrawn": Reason(
        mark("The customer no longer wants this."), mark("Respect it; only the customer can change it.")
    ),
    "suppressed": Reason(
        mark("The address must not be written to ({detail})."), mark("Ask the customer for another address.")
    ),
    "suppress_rule": Reason(mark("A rule of the project forbids it ({detail})."), mark("See the rule in its file.")),
    "sandbox_recipient": Reason(
        mark("Team keys and staging write to listed addresses only."),
        mark("Add the address to JOGRAL_ALLOW_LIST, or write to one that is on it."),
    ),
    "recategorised": Reason(
        mark("The provider takes the template for marketing, and the customer has not agreed to that."),
        mark("Take out what promotes something, or ask for another channel as well."),
    ),
    # skipped
    "exit_event": Reason(mark("Something happened meanwhile that made it pointless.")),
    "duplicate": Reason(mark("The customer has had the same message already.")),
    "superseded": Reason(mark("A newer message took its place.")),
    "audience_changed": Reason(mark("The customer no longer belongs to the audience.")),
    "holdout": Reason(mark("The customer is in the group that is left without messages, for comparison.")),
    "rollout": Reason(mark("The journey is rolled out to a part of the customers, and not to this one yet.")),
    "channel_off": Reason(
        mark("None of the channels asked for has an account, or words for this message."),
        mark("Give the channel an account in templates/project.yaml, and the message its copy."),
    ),
    "fact_changed": Reason(mark("A fact that it states changed before it was sent.")),
    "cancelled": Reason(mark("It was cancelled.")),
    # unreachable
    "no_address": Reason(mark("The customer has no address for any channel asked for."), _ADD_ADDRESS),
    "invalid_address": Reason(mark("The customer's address does not exist."), _ADD_ADDRESS),
    "no_push_token": Reason(mark("The customer has no device that takes push messages."), _ADD_ADDRESS),
    "whatsapp_window_closed": Reason(
        mark("The customer wrote more than 24 hours ago, and no approved template says this."),
        mark("Have a template approved, or use another channel."),
    ),
    "template_not_approved": Reason(
        mark("The WhatsApp template was not approved in time, and no other channel could say it."),
        mark("See how it stands: jogral whatsapp status"),
    ),
    # expired
    "not_after": Reason(mark("Its time had passed before it could be sent.")),
    "offer_ended": Reason(mark("The offer had ended before it could be sent.")),
    "class_age": Reason(
        mark("The provider refused it for so long that it grew too old."), mark("See what the provider said, below.")
    ),
    # failed
    "render_error": Reason(mark("A value does not fit the message."), _FIX_COPY),
    "missing_variable": Reason(
        mark("The message needs a value that nobody gave."),
        mark("Send the value with the event, or give it a fallback."),
    ),
    "claim_mismatch": Reason(mark("The text would not have said what the facts say."), _FIX_COPY),
    "claim_contradicted": Reason(
        mark("What it said was true when it was approved, and is no longer."),
        mark("Render the reply again, and send what it says now."),
    ),
    "voice_error": Reason(mark("The text breaks a rule of the brand voice."), _FIX_COPY),
    "provider_rejected": Reason(
        mark("The provider refused it for good ({detail})."), mark("See what the provider said, below.")
    ),
    # unknown
    "timeout": Reason(mark("The provider did not say in time whether it took the message."), _ASK_PROVIDER),
    "lease_expired": Reason(mark("The worker ended while it was sending."), _ASK_PROVIDER),
    "unreadable_answer": Reason(mark("The provider's answer could not be read."), _ASK_PROVIDER),
    # quarantined
    "poison": Reason(
        mark("Workers ended five times with this message in their hands."),
        mark("See the workers' logs, then report it with the message's id."),
    ),
}

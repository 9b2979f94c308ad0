"""The words of `jogral explain` for states, receipts, and what an event did not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.delivery import State
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

# How it stands, at the head.
STANDS: Mapping[State, str] = {
    State.ACCEPTED: mark("accepted, not sent yet"),
    State.SENDING: mark("on its way to the provider"),
    State.DEFERRED: mark("deferred, not sent yet"),
    State.HELD: mark("held, not sent"),
    State.SENT: mark("sent"),
    State.BLOCKED: mark("blocked, not sent"),
    State.SKIPPED: mark("skipped, not sent"),
    State.UNREACHABLE: mark("unreachable, not sent"),
    State.EXPIRED: mark("expired, not sent"),
    State.FAILED: mark("failed"),
    State.UNKNOWN: mark("in doubt: it may have arrived"),
    State.QUARANTINED: mark("set aside, not sent"),
}
# What the provider took, and did not bring to them.
LOST = frozenset({"failed", "bounced"})
# What became of it beyond that. Of several the last one counts: a mailbox may send back what its server took, and who
# opened it has it.
BEYOND: dict[str, str] = {
    "sent": mark("The provider took it and passed it on."),
    "failed": mark("The provider took it, and could not deliver it."),
    "delivered": mark("It was delivered."),
    "bounced": mark("The provider took it, and it came back."),
    "read": mark("It was delivered and read."),
    "clicked": mark("It was delivered, and something in it was clicked."),
    "complained": mark("It was delivered, and the customer complained about it."),
}
# How it would stand at another time.
WOULD: Mapping[State | None, str] = {
    None: mark("would be sent"),
    State.DEFERRED: mark("would be deferred"),
    State.HELD: mark("would be held"),
    State.BLOCKED: mark("would be blocked"),
    State.SKIPPED: mark("would be skipped"),
    State.UNREACHABLE: mark("would be unreachable"),
    State.EXPIRED: mark("would have expired"),
    State.FAILED: mark("would fail"),
}
# How it stood when it was decided, in the history.
STOOD: Mapping[State | None, str] = {
    None: mark("let through"),
    State.DEFERRED: mark("deferred"),
    State.HELD: mark("held"),
    State.BLOCKED: mark("blocked"),
    State.SKIPPED: mark("skipped"),
    State.UNREACHABLE: mark("unreachable"),
    State.EXPIRED: mark("expired"),
    State.FAILED: mark("failed"),
    State.UNKNOWN: mark("in doubt"),
}
RECEIPTS: Mapping[str, str] = {
    "sent": mark("the provider passed it on"),
    "delivered": mark("delivered"),
    "read": mark("read"),
    "clicked": mark("clicked"),
    "bounced": mark("bounced"),
    "complained": mark("the customer complained"),
    "failed": mark("the provider could not deliver it"),
}
MISSED: Mapping[str, str] = {
    "condition_false": mark("{event} of {when}: {note} is not true"),
    "operand_missing": mark("{event} of {when}: {note} is not known, and so the condition is not true"),
    "key_missing": mark("{event} of {when} lacks {note}, which says whose run it is"),
    "other_steps": mark("{event} of {when}: another trigger of the journey took it"),
    "run_exists": mark("{event} of {when}: there had been a run of {note} already, and each key has one only"),
    "too_soon": mark("{event} of {when}: {note} had had a run shortly before"),
    "not_rolled_out": mark("{event} of {when}: the journey takes in {note} % of all customers, and not this one"),
    "run_hushed": mark("{event} of {when} began {note}, which waits for silence"),
    "run_waits": mark("{event} of {when} began a run, which stands at step {note}"),
    "run_ended": mark("{event} of {when} began a run, which ended before this step: {note}"),
    "ended_none": mark("{event} of {when} ended no run of this journey"),
    "step_new": mark("{event} of {when} began {note}; this step did not ask for it then"),
    "would_now": mark("{event} of {when} would ask for it today; when it came, the journey or its data was another"),
}

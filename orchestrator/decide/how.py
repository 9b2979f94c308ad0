"""How it is said: freely or in a template, and through an account that takes it now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.decide import conversing
from orchestrator.decide.asking import TOO_LATE
from orchestrator.decide.reaching import channels_of
from orchestrator.domain.delivery import Mode, State
from orchestrator.domain.message import Purpose
from orchestrator.domain.verdict import Drop, Wait

if TYPE_CHECKING:
    from orchestrator.decide.asking import Asking, Next
    from orchestrator.domain.verdict import Send, Verdict

# How long a channel is waited for whose provider refuses for now, before the next one is taken.
PATIENCE_MS = {Purpose.TRANSACTIONAL: 15 * 60_000, Purpose.MARKETING: 4 * 3_600_000}


def template(asking: Asking, send: Send) -> Send | Next:
    """The same as it is said there, where a provider takes templates."""
    if send.account not in asking.rules.scripted:
        return send
    speech = conversing.speech_of(asking.request, send, asking.standing, asking.circumstances, asking.now)
    if speech.refusal:
        detail = f"{speech.refusal} {speech.template}".rstrip()
        return asking.next("template", detail, send.channel, _unspoken(asking, speech.refusal))
    asking.passed("template", speech.template or conversing.CONVERSATION, send.channel)
    return replace(send, conversing=speech.conversing, template=speech.template)


def _unspoken(asking: Asking, refusal: str) -> Verdict:
    """What becomes of it where no other channel can say it: only an approval is worth waiting for."""
    if refusal != conversing.NOT_APPROVED:
        return Drop(State.UNREACHABLE if refusal == conversing.CLOSED else State.BLOCKED, refusal)
    if asking.now - asking.request.accepted_at > conversing.APPROVAL_PATIENCE_MS:
        return Drop(State.UNREACHABLE, refusal)
    again = asking.now + conversing.ASK_AGAIN_MS
    ends = asking.ends(promised=True)
    # Looked at once more behind its very end, where it expires: an approval may come until then.
    return Wait(again if ends is None else min(again, ends + 1), _AWAITING)


_AWAITING = "awaiting_template_approval"


def route(asking: Asking, send: Send) -> Verdict | Next:
    """Its account is not left alone now; while it is, it is waited for as long as patience lasts."""
    request = asking.request
    closed = asking.circumstances.closed.get(send.account) if request.mode is not Mode.TEST else None
    patient_until = (asking.now if request.stuck_at is None else request.stuck_at) + PATIENCE_MS[request.purpose]
    out_of_patience = asking.now > patient_until
    if closed is not None:
        detail = f"{send.account} {closed.reason}"
        if asking.ended_by(closed.until):
            # What would be too late here may still be in time elsewhere.
            return asking.next("route", detail, send.channel, TOO_LATE)
        if out_of_patience:
            return asking.next("route", detail, send.channel, Wait(closed.until, closed.reason))
        # A provider may ask for days: patience ends before that, where another channel is left.
        alone = len(channels_of(request)) == 1
        until = closed.until if alone else min(closed.until, patient_until + 1)
        return asking.wait("route", detail, send.channel, Wait(until, closed.reason))
    if out_of_patience and request.tried is send.channel:
        # Where nobody else can take it, it is tried here again.
        return asking.next("route", f"{send.account} patience", send.channel, send)
    asking.passed("route", send.account, send.channel)
    return send

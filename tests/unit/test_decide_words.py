"""Whatever stands in the way of a channel is told in words: the trace of a decision, as the page of reasons says it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.console.why import Teller, answer_words
from orchestrator.decide import Circumstances, decide
from orchestrator.decide.conversing import Script
from orchestrator.decide.recipients import Recipients
from orchestrator.dispatch.explain.values import Answer, Place
from orchestrator.domain.delivery import Mode, Rejection
from tests.unit.test_decide_whatsapp import ANA, NEW, NOW, OFFER, ORDER, PHONE, RULES, WHATSAPP, asked

IN_ENGLISH = Teller("en", lambda sentence: sentence, "UTC", NOW)
RESTING = replace(ANA, rests=frozenset({(PHONE.id, "whatsapp")}))


def unlisted(mode):
    listed = replace(RULES, recipients=Recipients())
    scripts = {(ORDER.id, "meta"): Script(NEW, NEW, "utility")}
    return decide(replace(ORDER, mode=mode), ANA, listed, NOW, circumstances=Circumstances(scripts=scripts))


@pytest.mark.parametrize(
    ("decision", "reason", "words"),
    [
        (asked(OFFER, capped={(PHONE.id, "whatsapp"): NOW + 1}), "frequency_cap:provider", "The provider lets this"),
        (asked(script=Script(NEW, NEW, "marketing")), "recategorised", "takes the template for marketing"),
        (asked(script=Script(NEW), now=NOW + 10**9), "template_not_approved", "was not approved in time"),
        (asked(script=None), "whatsapp_window_closed", "more than 24 hours ago"),
        (asked(standing=RESTING), "suppressed:soft_bounce", "messages failed there lately"),
        (unlisted(Mode.TEAM), "sandbox_recipient", "Rehearsals write to listed addresses only"),
        (
            asked(replace(ORDER, excluded={WHATSAPP: Rejection.CHANNEL})),
            "provider_rejected:channel",
            "not on this channel",
        ),
        (asked(replace(ORDER, excluded={WHATSAPP: Rejection.ADDRESS})), "invalid_address", "does not exist"),
        (
            decide(
                replace(ORDER, in_doubt=True, tried=WHATSAPP, tried_account="old"),
                ANA,
                replace(RULES, account_ids=frozenset({"meta", "sms"})),
                NOW,
            ),
            "channel_off",
            "old is no longer in the project",
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_each_reason_is_traced_and_told(decision, reason, words):
    assert decision.verdict.reason == reason
    step = decision.trace[-1]
    assert step.result == "next"
    grounds = (Place(address="+55 11 9••••-5678"),) if step.gate == "recipients" else ()
    told = answer_words(Answer(gate=step.gate, result=step.result, code=step.detail, evidence=grounds), IN_ENGLISH)
    assert words in told

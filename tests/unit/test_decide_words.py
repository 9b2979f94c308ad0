"""Whatever stands in the way of a channel is told in words: the trace of a decision, as the page of reasons says it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.console.teller import Teller
from orchestrator.console.why import answer_words
from orchestrator.console.words import passed, stopped
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
        (asked(script=Script(NEW), now=NOW + 10**9), "template_not_approved", "has not approved its template"),
        (asked(script=None), "whatsapp_window_closed", "did not write within a day"),
        (asked(standing=RESTING), "suppressed:soft_bounce", "messages failed there lately"),
        (unlisted(Mode.TEAM), "sandbox_recipient", "Team keys and staging write to listed addresses only"),
        (
            asked(replace(ORDER, excluded={WHATSAPP: Rejection.CHANNEL})),
            "provider_rejected:channel",
            "nothing is wrong with the address",
        ),
        (
            asked(replace(ORDER, excluded={WHATSAPP: Rejection.ADDRESS})),
            "invalid_address",
            "nobody is reached at this address",
        ),
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


@pytest.mark.parametrize(
    ("gate", "detail", "told"),
    [
        ("address", "invalid_address", "The provider says that nobody is reached at this address here"),
        ("address", "provider_rejected:enough", "The provider lets this customer have no more for now"),
        ("suppression", "suppressed:stop", "The address is suppressed (the customer said stop)"),
        ("recipients", "sandbox_recipient", "Team keys and staging write to listed addresses only"),
        ("pauses", "account sms_2", "Its journey, message, channel or account is paused"),
        ("template", f"template_not_approved {NEW}", "The provider has not approved its template, or no longer does"),
        ("template", f"recategorised {NEW}", "The provider takes the template for marketing"),
        ("quiet_hours", "noite 21:00-09:00 America/Sao_Paulo", "These are quiet hours (noite)"),
        ("caps", "frequency_cap:provider", "The provider lets this customer have no more marketing for now"),
        ("caps", "dia 1/1 semana 2/3", "The customer has had enough for now (frequency cap dia)"),
        ("route", "no account", "No account carries this channel"),
        ("route", "sms rate_limit", "The provider allows no more at the moment"),
        ("route", "sms patience", "The provider has refused for long"),
        ("route", "sms is gone", "Its account is no longer in the project"),
    ],
)
def test_a_page_says_in_words_why_a_channel_was_left(gate, detail, told):
    """What the ledger keeps is codes, names and counts: nobody should have to read those."""
    assert stopped(gate, detail, str).startswith(told)


@pytest.mark.parametrize(
    ("gate", "detail", "told"),
    [
        ("template", NEW, f"{NEW} is approved"),
        ("template", "conversation", "The customer wrote within a day: it goes out as free text"),
        ("recipients", "team", "The address is on the list of those that may be written to"),
        ("pauses", "", "Nothing that it belongs to is paused"),
        ("quiet_hours", "noite 21:00-09:00 America/Sao_Paulo", "It is urgent, and passes quiet hours"),
        ("quiet_hours", "", "Outside quiet hours"),
    ],
)
def test_a_page_says_in_words_what_let_it_pass(gate, detail, told):
    assert passed(gate, detail, str) == told

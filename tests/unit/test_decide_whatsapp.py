"""WhatsApp as one decision: the conversation, the approval, the category, and how much somebody may have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.decide import Circumstances, decide
from orchestrator.decide.conversing import APPROVAL_PATIENCE_MS, ASK_AGAIN_MS, WINDOW_GUARD_MS, WINDOW_MS, Script
from orchestrator.decide.given import Rules
from orchestrator.domain.customer import Address, AddressKind, Channel, ConsentState, Customer, Standing
from orchestrator.domain.delivery import Request, State
from orchestrator.domain.message import Purpose
from orchestrator.domain.verdict import Drop, Send, Wait

WHATSAPP, SMS = Channel.WHATSAPP, Channel.SMS
NOW = 1_795_600_800_000
HOUR = 3_600_000
PHONE = Address(id="adr_phone", kind=AddressKind.PHONE, value="+5511912345678")
ORDER = Request(
    id="dlv_1", message="order_late", customer_id="cus_1", topic="order_updates", purpose=Purpose.TRANSACTIONAL,
    candidates=(WHATSAPP,), objects={}, data={}, locale=None, priority="normal", due_at=NOW, not_after=None,
    accepted_at=NOW,
)  # fmt: skip
OFFER = replace(ORDER, topic="offers", purpose=Purpose.MARKETING)
ANA = Standing(
    customer=Customer(id="cus_1", addresses=(PHONE,)),
    consents={("offers", channel.value): ConsentState.GRANTED for channel in Channel},
    suppressions={},
)
RULES = Rules(
    accounts={WHATSAPP: "meta", SMS: "sms"},
    said_on={"order_late": frozenset({WHATSAPP, SMS})},
    scripted=frozenset({"meta"}),
)
NEW, OLD = "pedido_atrasado_aaaaaa", "pedido_atrasado_bbbbbb"
APPROVED = Script(NEW, NEW, "utility")
WAITING = Script(NEW)


def asked(request=ORDER, standing=ANA, now=NOW, script=APPROVED, **circumstances):
    scripts = {} if script is None else {(request.id, "meta"): script}
    return decide(request, standing, RULES, now, circumstances=Circumstances(scripts=scripts, **circumstances))


def told_of_templates(decision):
    return [(one.result, one.detail) for one in decision.trace if one.gate == "template"]


def wrote(ago_ms, account="meta"):
    return {"heard": {(account, PHONE.id): NOW - ago_ms}}


# --- the conversation -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [APPROVED, WAITING, None])
def test_whoever_wrote_within_a_day_is_answered_freely(script):
    decision = asked(script=script, **wrote(23 * HOUR))
    assert decision.verdict == Send(WHATSAPP, PHONE, "meta", conversing=True)
    assert told_of_templates(decision) == [("pass", "conversation")]


def test_the_last_minute_of_the_window_is_left_out():
    """What leaves in it could arrive behind its end."""
    assert asked(**wrote(WINDOW_MS - WINDOW_GUARD_MS - 1)).verdict.conversing
    assert not asked(**wrote(WINDOW_MS - WINDOW_GUARD_MS)).verdict.conversing


def test_a_conversation_with_another_number_of_ours_opens_nothing():
    assert asked(**wrote(HOUR, account="other")).verdict == Send(WHATSAPP, PHONE, "meta", template=NEW)


def test_a_conversation_needs_consent_to_marketing_all_the_same():
    nobody_agreed = replace(ANA, consents={})
    assert asked(OFFER, nobody_agreed, **wrote(HOUR)).verdict == Drop(State.BLOCKED, "no_consent")


# --- the template -----------------------------------------------------------------------------------------------------


def test_outside_a_conversation_the_approved_template_says_it():
    decision = asked()
    assert decision.verdict == Send(WHATSAPP, PHONE, "meta", template=NEW)
    assert told_of_templates(decision) == [("pass", NEW)]


def test_without_a_template_the_window_is_closed():
    assert asked(script=None).verdict == Drop(State.UNREACHABLE, "whatsapp_window_closed")


def test_what_is_not_approved_goes_to_the_next_channel():
    decision = asked(replace(ORDER, candidates=(WHATSAPP, SMS)), script=WAITING)
    assert decision.verdict == Send(SMS, PHONE, "sms")
    assert told_of_templates(decision) == [("next", f"template_not_approved {NEW}")]


def test_where_no_channel_is_left_it_waits_for_the_approval():
    assert asked(script=WAITING).verdict == Wait(NOW + ASK_AGAIN_MS, "awaiting_template_approval")


def test_it_waits_no_longer_than_it_is_true():
    """And expires then, because nothing was approved meanwhile."""
    until = NOW + HOUR // 2
    request = replace(ORDER, not_after=until)
    assert asked(request, script=WAITING).verdict == Wait(until + 1, "awaiting_template_approval")
    assert asked(request, script=WAITING, now=until + 1).verdict == Drop(State.EXPIRED, "not_after")


def test_an_approval_is_not_awaited_for_ever():
    late = NOW + APPROVAL_PATIENCE_MS + 1
    assert asked(script=WAITING, now=late).verdict == Drop(State.UNREACHABLE, "template_not_approved")


def test_while_new_words_wait_the_words_before_go_on():
    assert asked(script=Script(NEW, OLD, "utility")).verdict == Send(WHATSAPP, PHONE, "meta", template=OLD)


# --- the category -----------------------------------------------------------------------------------------------------


def test_service_that_the_provider_takes_for_marketing_needs_the_consent_of_marketing():
    promoted = Script(NEW, NEW, "marketing")
    assert asked(script=promoted).verdict == Drop(State.BLOCKED, "recategorised")
    agreed = replace(ANA, consents={("order_updates", "whatsapp"): ConsentState.GRANTED})
    assert asked(standing=agreed, script=promoted).verdict == Send(WHATSAPP, PHONE, "meta", template=NEW)


def test_whoever_wrote_stop_gets_nothing_that_the_provider_takes_for_marketing():
    """They agreed to news of their orders once, and STOP leaves that: as service, and not as advertising."""
    agreed = replace(
        ANA,
        consents={("order_updates", "whatsapp"): ConsentState.GRANTED},
        suppressions={(PHONE.id, "whatsapp"): "stop"},
    )
    assert asked(standing=agreed).verdict == Send(WHATSAPP, PHONE, "meta", template=NEW)
    promoted = Script(NEW, NEW, "marketing")
    assert asked(standing=agreed, script=promoted).verdict == Drop(State.BLOCKED, "recategorised")


def test_what_was_recategorised_is_told_on_the_next_channel():
    decision = asked(replace(ORDER, candidates=(WHATSAPP, SMS)), script=Script(NEW, NEW, "marketing"))
    assert decision.verdict == Send(SMS, PHONE, "sms")


def test_marketing_that_the_provider_takes_for_service_needs_its_consent_all_the_same():
    assert asked(OFFER, replace(ANA, consents={})).verdict == Drop(State.BLOCKED, "no_consent")


# --- enough -----------------------------------------------------------------------------------------------------------


def test_whom_the_provider_lets_have_no_more_gets_no_marketing_there_and_service_still():
    capped = {"capped": {(PHONE.id, "whatsapp"): NOW + HOUR}}
    assert asked(OFFER, **capped).verdict == Drop(State.BLOCKED, "frequency_cap:provider")
    assert isinstance(asked(replace(OFFER, candidates=(WHATSAPP, SMS)), **capped).verdict, Send)
    assert isinstance(asked(ORDER, **capped).verdict, Send)
    assert isinstance(asked(OFFER, now=NOW + HOUR, **capped).verdict, Send)


# --- doubts -----------------------------------------------------------------------------------------------------------


def test_what_may_have_arrived_is_never_said_again_on_another_channel_or_elsewhere():
    second = Address(id="adr_second", kind=AddressKind.PHONE, value="+5511912345679")
    both = replace(ANA, customer=Customer(id="cus_1", addresses=(second, PHONE)))
    doubtful = replace(
        ORDER, candidates=(SMS, WHATSAPP), in_doubt=True, tried=WHATSAPP, tried_account="meta",
        tried_address_id=PHONE.id,
    )  # fmt: skip
    assert asked(doubtful, both).verdict == Send(WHATSAPP, PHONE, "meta", template=NEW)
    gone = replace(ANA, customer=Customer(id="cus_1", addresses=(second,)))
    assert asked(doubtful, gone).verdict == Drop(State.UNREACHABLE, "no_address")
    assert isinstance(asked(doubtful, both, script=WAITING).verdict, Wait)


def test_accounts_that_take_any_text_are_asked_for_no_template():
    assert told_of_templates(asked(replace(ORDER, candidates=(SMS,)))) == []

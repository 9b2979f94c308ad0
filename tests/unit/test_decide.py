"""The one decision: which gate stops what, in which order, and that no order of facts makes it write to a no."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.decide import GATES, Backing, Rules, decide
from orchestrator.domain.customer import ADDRESS_KINDS, Address, AddressKind, Channel, ConsentState, Customer, Standing
from orchestrator.domain.delivery import FINAL, Request, State
from orchestrator.domain.message import Purpose
from orchestrator.domain.verdict import Decision, Drop, Hold, Send, Step
from orchestrator.facts.book import Obstacle

EMAIL, WHATSAPP, SMS, PUSH = Channel.EMAIL, Channel.WHATSAPP, Channel.SMS, Channel.PUSH
NOW = 1_795_600_800_000
HOME = Address(id="adr_home", kind=AddressKind.EMAIL, value="ana@example.com")
WORK = Address(id="adr_work", kind=AddressKind.EMAIL, value="ana@work.example")
PHONE = Address(id="adr_phone", kind=AddressKind.PHONE, value="+5511912345678")

REQUEST = Request(
    id="msg_1",
    message="order_shipped",
    customer_id="cus_1",
    topic="order_updates",
    purpose=Purpose.TRANSACTIONAL,
    candidates=(EMAIL, WHATSAPP),
    objects={},
    data={},
    locale=None,
    priority="normal",
    due_at=NOW,
    not_after=None,
    accepted_at=NOW,
)
RULES = Rules(
    accounts={channel: f"{channel.value}_main" for channel in Channel},
    said_on={"order_shipped": frozenset(Channel)},
)


def standing(*addresses, consents=None, suppressions=None):
    return Standing(
        customer=Customer(id="cus_1", addresses=addresses or (HOME, PHONE)),
        consents=consents or {},
        suppressions=suppressions or {},
    )


def verdict(request=REQUEST, found=None, rules=RULES, now=NOW):
    return decide(request, found or standing(), rules, now).verdict


# --- what each gate says --------------------------------------------------------------------------------------------


def test_the_first_channel_that_works_is_taken_with_its_account():
    assert verdict() == Send(EMAIL, HOME, "email_main")
    assert verdict(replace(REQUEST, candidates=(WHATSAPP, EMAIL))) == Send(WHATSAPP, PHONE, "whatsapp_main")


def test_a_message_expires_after_its_last_instant_and_nothing_else_is_asked():
    last = replace(REQUEST, not_after=NOW)
    assert isinstance(verdict(last), Send)
    decision = decide(last, standing(), RULES, NOW + 1)
    assert decision.verdict == Drop(State.EXPIRED, "not_after")
    assert decision.trace == (Step("not_after", "stop"),)


def test_addresses_are_tried_in_the_customers_order():
    """A bounced one does not close the channel while another is left."""
    both = standing(WORK, HOME, suppressions={("adr_work", "email"): "bounce"})
    assert verdict(found=both) == Send(EMAIL, HOME, "email_main")


@pytest.mark.parametrize(
    ("candidates", "found", "drop"),
    [
        ((EMAIL,), standing(PHONE), Drop(State.UNREACHABLE, "no_address")),
        ((SMS,), standing(HOME), Drop(State.UNREACHABLE, "no_address")),
        ((PUSH,), standing(), Drop(State.UNREACHABLE, "no_push_token")),
        (
            (EMAIL,),
            standing(WORK, HOME, suppressions={("adr_work", "email"): "bounce", ("adr_home", "email"): "complaint"}),
            Drop(State.BLOCKED, "suppressed:bounce"),
        ),
        (
            (EMAIL,),
            standing(consents={("order_updates", "email"): ConsentState.WITHDRAWN}),
            Drop(State.BLOCKED, "consent_withdrawn"),
        ),
    ],
)
def test_a_channel_that_does_not_work_says_why(candidates, found, drop):
    assert verdict(replace(REQUEST, candidates=candidates), found) == drop


def test_a_pinned_request_goes_to_that_address_or_nowhere():
    """A question about an address proves nothing at another, however much the customer prefers that one."""
    pinned = replace(REQUEST, candidates=(EMAIL,), pinned_address_id="adr_work")
    assert verdict(pinned, standing(HOME, WORK)) == Send(EMAIL, WORK, "email_main")
    assert verdict(pinned, standing(HOME)) == Drop(State.UNREACHABLE, "no_address")
    silent = standing(HOME, WORK, suppressions={("adr_work", "email"): "bounce"})
    assert verdict(pinned, silent) == Drop(State.BLOCKED, "suppressed:bounce")


def test_suppression_is_asked_before_consent():
    """An address that bounced is no question of will."""
    found = standing(
        suppressions={("adr_home", "email"): "bounce"}, consents={("order_updates", "email"): ConsentState.WITHDRAWN}
    )
    assert verdict(replace(REQUEST, candidates=(EMAIL,)), found) == Drop(State.BLOCKED, "suppressed:bounce")


@pytest.mark.parametrize(
    ("rules", "detail"),
    [
        (replace(RULES, accounts={}), "no account"),
        (replace(RULES, said_on={"order_shipped": frozenset()}), "no copy"),
        (replace(RULES, said_on={}), "no copy"),
    ],
)
def test_a_channel_without_an_account_or_copy_is_off(rules, detail):
    """A message that was taken out of the project is said nowhere, and takes no worker with it."""
    decision = decide(REQUEST, standing(), rules, NOW)
    assert decision.verdict == Drop(State.SKIPPED, "channel_off")
    assert {(step.gate, step.result, step.detail) for step in decision.trace[1:]} == {("route", "next", detail)}


@pytest.mark.parametrize("candidates", [(PUSH, EMAIL, SMS), (SMS, EMAIL, PUSH), (EMAIL, PUSH, SMS)])
def test_of_several_refusals_the_customers_will_is_told(candidates):
    """A no says more than an absence, and an absence more than a channel that we do not offer."""
    request = replace(REQUEST, candidates=candidates)
    rules = replace(RULES, accounts={EMAIL: "email_main", PUSH: "push_main"})
    found = standing(consents={("order_updates", "email"): ConsentState.WITHDRAWN})
    assert verdict(request, found, rules) == Drop(State.BLOCKED, "consent_withdrawn")
    assert verdict(request, standing(PHONE), rules).state is State.UNREACHABLE


def test_the_trace_tells_channel_by_channel_what_was_asked():
    found = standing(suppressions={("adr_home", "email"): "manual"})
    assert decide(REQUEST, found, RULES, NOW).trace == (
        Step("not_after", "pass"),
        Step("address", "pass", "", EMAIL),
        Step("suppression", "next", "suppressed:manual", EMAIL),
        Step("address", "pass", "", WHATSAPP),
        Step("suppression", "pass", "", WHATSAPP),
        Step("consent", "pass", "", WHATSAPP),
        Step("pauses", "pass"),
        Step("route", "pass", "whatsapp_main", WHATSAPP),
    )


# --- whatever the facts are -----------------------------------------------------------------------------------------

ADDRESSES = tuple(
    Address(id=f"adr_{kind.value}_{number}", kind=kind, value=f"{kind.value}-{number}")
    for kind in AddressKind
    for number in range(2)
)
STANDINGS = st.builds(
    lambda addresses, consents, suppressions: Standing(
        customer=Customer(id="cus_1", addresses=tuple(addresses)), consents=consents, suppressions=suppressions
    ),
    st.lists(st.sampled_from(ADDRESSES), unique=True),
    st.dictionaries(
        st.tuples(st.sampled_from(["offers", "order_updates"]), st.sampled_from(Channel)), st.sampled_from(ConsentState)
    ),
    st.dictionaries(
        st.tuples(st.sampled_from([one.id for one in ADDRESSES]), st.sampled_from(Channel)),
        st.sampled_from(["stop", "bounce"]),
    ),
)
REQUESTS = st.builds(
    lambda topic, candidates, not_after: replace(
        REQUEST,
        topic=topic,
        purpose=Purpose.MARKETING if topic == "offers" else Purpose.TRANSACTIONAL,
        candidates=tuple(candidates),
        not_after=not_after,
    ),
    st.sampled_from(["offers", "order_updates"]),
    st.lists(st.sampled_from(Channel), min_size=1, unique=True),
    st.none() | st.integers(NOW - 2, NOW + 2),
)
ALL_RULES = st.builds(
    lambda accounts, said_on: Rules(
        accounts={channel: f"{channel.value}_main" for channel in accounts}, said_on={"order_shipped": said_on}
    ),
    st.sets(st.sampled_from(Channel)),
    st.frozensets(st.sampled_from(Channel)),
)


@given(request=REQUESTS, found=STANDINGS, rules=ALL_RULES)
def test_whatever_is_sent_was_allowed_and_whatever_was_allowed_is_sent(request, found, rules):
    """Against a list of all that would be allowed, made without any of the code under test."""
    allowed = [
        Send(channel, address, f"{channel.value}_main")
        for channel in request.candidates
        for address in found.customer.addresses
        if channel in rules.accounts
        and channel in rules.said_on["order_shipped"]
        and address.kind is ADDRESS_KINDS[channel]
        # A STOP ends marketing alone.
        and found.suppressions.get((address.id, channel))
        in ({None} if request.purpose is Purpose.MARKETING else {None, "stop"})
        and (
            found.consents.get((request.topic, channel)) is ConsentState.GRANTED
            if request.topic == "offers"
            else found.consents.get((request.topic, channel)) is not ConsentState.WITHDRAWN
        )
    ]
    said = verdict(request, found, rules)
    if request.not_after is not None and request.not_after < NOW:
        assert said == Drop(State.EXPIRED, "not_after")
    elif allowed:
        assert said == allowed[0]
    else:
        assert isinstance(said, Drop)
        assert said.state in FINAL
        assert said.reason


@given(request=REQUESTS, found=STANDINGS, rules=ALL_RULES)
def test_a_trace_names_known_gates_and_ends_where_the_verdict_fell(request, found, rules):
    decision = decide(request, found, rules, NOW)
    assert {step.gate for step in decision.trace} <= set(GATES)
    results = [step.result for step in decision.trace]
    assert "stop" not in results[:-1]
    assert results[-1] == ("pass" if isinstance(decision.verdict, Send) else results[-1])
    assert (results[-1] == "pass") == isinstance(decision.verdict, Send)


# --- what stands behind a promise -----------------------------------------------------------------------------------

SHORT = Obstacle(State.HELD, "fact_unavailable:offers.kit", "3 left")
OVER = Obstacle(State.EXPIRED, "offer_ended", "offers.kit ended 2026-11-20")


def test_a_fact_that_cannot_be_promised_now_holds_the_message_on_every_channel():
    """What cannot be promised by e-mail cannot be promised by SMS either."""
    decision = decide(REQUEST, standing(), RULES, NOW, Backing(obstacle=SHORT))
    assert decision.verdict == Hold("fact_unavailable:offers.kit")
    assert decision.trace[-1] == Step("facts", "stop", "fact_unavailable:offers.kit 3 left")


def test_what_is_over_expires():
    decision = decide(REQUEST, standing(), RULES, NOW, Backing(obstacle=OVER, ends=NOW - 1))
    assert decision.verdict == Drop(State.EXPIRED, "offer_ended")


def test_a_deadline_that_has_passed_expires_the_message_before_anything_else_is_asked():
    decision = decide(REQUEST, standing(), RULES, NOW, Backing(ends=NOW - 1))
    assert decision == Decision(Drop(State.EXPIRED, "not_after"), (Step("not_after", "stop"),))
    assert isinstance(decide(REQUEST, standing(), RULES, NOW, Backing(ends=NOW)).verdict, Send)


def test_consent_is_asked_before_facts():
    """Somebody who does not want to hear of it is not kept waiting for stock."""
    found = standing(consents={("order_updates", "email"): ConsentState.WITHDRAWN})
    request = replace(REQUEST, candidates=(EMAIL,))
    assert decide(request, found, RULES, NOW, Backing(obstacle=SHORT)).verdict == Drop(
        State.BLOCKED, "consent_withdrawn"
    )


def test_facts_that_hold_are_in_the_trace():
    decision = decide(REQUEST, standing(), RULES, NOW, Backing(ends=NOW + 1))
    assert decision.trace[-2] == Step("facts", "pass")

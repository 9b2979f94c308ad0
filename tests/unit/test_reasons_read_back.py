"""The reason of a decision is not stored: it is read from its steps, and is the one that the gate gave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.decide import Circumstances, Closure, decide
from orchestrator.decide.conversing import APPROVAL_PATIENCE_MS, Script
from orchestrator.decide.given import Rules
from orchestrator.decide.recipients import Recipients
from orchestrator.dispatch.explain import reason_of
from orchestrator.domain.customer import Address, AddressKind, Channel, ConsentState, Customer, Standing
from orchestrator.domain.delivery import Mode, Rejection, Request, State
from orchestrator.domain.message import Purpose
from orchestrator.domain.pause import Pause, Pauses, PauseScope
from orchestrator.domain.verdict import Drop, Hold, Step, Wait
from orchestrator.store.evidence import RecordedDecision

EMAIL, WHATSAPP, SMS, PUSH = Channel.EMAIL, Channel.WHATSAPP, Channel.SMS, Channel.PUSH
NOW = 1_795_600_800_000
PHONE = Address(id="adr_phone", kind=AddressKind.PHONE, value="+5511912345678")
ORDER = Request(
    id="msg_1", message="order_late", customer_id="cus_1", topic="order_updates", purpose=Purpose.TRANSACTIONAL,
    candidates=(WHATSAPP,), objects={}, data={}, locale=None, priority="normal", due_at=NOW, not_after=None,
    accepted_at=NOW,
)  # fmt: skip
OFFER = replace(ORDER, topic="offers", purpose=Purpose.MARKETING)
ANA = Standing(
    customer=Customer(id="cus_1", addresses=(PHONE,)),
    consents={("offers", WHATSAPP.value): ConsentState.GRANTED},
    suppressions={},
)
RULES = Rules(
    accounts={WHATSAPP: "meta", SMS: "sms", PUSH: "push"},
    said_on={"order_late": frozenset(Channel)},
    scripted=frozenset({"meta"}),
    recipients=Recipients(),
)
NAME = "pedido_atrasado_aaaaaa"
UTILITY, MARKETING, WAITING = Script(NAME, NAME, "utility"), Script(NAME, NAME, "marketing"), Script(NAME)
PAUSE = Pause(id="pau_1", scope=PauseScope.ACCOUNT, subject="meta", reason="", by="ana", at=NOW)


def asked(request=ORDER, script=UTILITY, now=NOW, **circumstances):
    scripts = {} if script is None else {(request.id, "meta"): script}
    return decide(request, ANA, RULES, now, circumstances=Circumstances(scripts=scripts, **circumstances))


CASES = {
    "the key is the team's": asked(replace(ORDER, mode=Mode.TEAM)),
    "the key is the team's, on two channels": asked(replace(ORDER, mode=Mode.TEAM, candidates=(WHATSAPP, SMS))),
    "no template says it": asked(script=None),
    "the template is looked at": asked(script=WAITING),
    "the template was not approved in time": asked(script=WAITING, now=NOW + APPROVAL_PATIENCE_MS + 1),
    "the template was to wait for beyond its end": asked(replace(ORDER, not_after=NOW - 1), script=WAITING),
    "the provider calls it marketing": asked(script=MARKETING),
    "the provider calls it marketing, and the next reaches nobody": asked(
        replace(ORDER, candidates=(WHATSAPP, PUSH)), script=MARKETING
    ),
    "the provider has a cap of its own": asked(OFFER, capped={(PHONE.id, WHATSAPP): NOW + 1}),
    "nobody is there": asked(replace(ORDER, excluded={WHATSAPP: Rejection.ADDRESS})),
    "the provider refused it": asked(replace(ORDER, excluded={WHATSAPP: Rejection.OPTED_OUT})),
    "nobody is there, and the provider of the next refused it": asked(
        replace(ORDER, candidates=(PUSH, WHATSAPP), excluded={WHATSAPP: Rejection.CHANNEL})
    ),
    "no channel is on": asked(replace(ORDER, candidates=(EMAIL,))),
    "the account is paused": asked(pauses=Pauses({("account", "meta"): PAUSE})),
    "the account is left alone": asked(closed={"meta": Closure(NOW + 1_000, "rate_limit")}),
    "the account is left alone beyond its end": asked(
        replace(ORDER, not_after=NOW + 1), closed={"meta": Closure(NOW + 1_000, "rate_limit")}
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_reason_that_is_read_from_the_steps_is_the_verdicts(name):
    """Whatever a channel was left for, an explanation must not fail over it, nor tell another story."""
    decision = CASES[name]
    assert reason_of(recorded(decision.verdict, decision.trace)) == decision.verdict.reason


def test_a_gate_that_this_version_does_not_know_has_its_own_word():
    steps = (Step("moon", "next", "is_full", SMS),)
    assert reason_of(recorded(Drop(State.BLOCKED, ""), steps)) == "is_full"


def recorded(verdict, trace):
    match verdict:
        case Wait():
            state = State.DEFERRED
        case Hold():
            state = State.HELD
        case Drop(state=state):
            pass
    return RecordedDecision(
        seq=1, delivery_id="msg_1", verdict=state.value, trace=tuple(trace), at=NOW, business_at=NOW, release_id=None
    )

"""Routing on a real ledger: what refusals do, how accounts share a channel, and WhatsApp's one decision."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections import Counter
from dataclasses import dataclass

import pytest

from orchestrator.channels import Capabilities, HttpAnswer, HttpCall, InboxCall, Received, TemplateNews
from orchestrator.dispatch import pauses
from orchestrator.dispatch.current import Current
from orchestrator.dispatch.explain import explain_request
from orchestrator.dispatch.foretelling import foretell
from orchestrator.dispatch.hear import apply_parked
from orchestrator.dispatch.heard.account import hear_account
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile
from orchestrator.dispatch.scripts import template_name
from orchestrator.dispatch.settle import RESEND_AFTER_MS
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.domain.delivery import Mode, Outcome, OutcomeKind, Rejection, State
from orchestrator.domain.pause import PauseScope
from orchestrator.domain.receipt import Receipt, ReceiptKind
from orchestrator.release import read_release
from orchestrator.store.port import ClosedAccount, ProviderTemplate
from tests.contract.test_inbound import ALERTS, PRODUCT, agree
from tests.contract.world import EMAIL, EVERYTHING, PUSH, SMS, WHATSAPP, at_once, delivered, with_project

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
HANGING = {**EVERYTHING, "order": {**EVERYTHING["order"], "number": "hangs"}}
SENT = Outcome(OutcomeKind.SENT, provider_id="p1")
TIMEOUT = Outcome(OutcomeKind.UNKNOWN, "timeout")
STOPPED = Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", stopped=True)
PAUSED = Outcome(OutcomeKind.REFUSED, Rejection.TEMPLATE.reason, template="paused")


def refused(about):
    return Outcome(OutcomeKind.REFUSED, about.reason)


@dataclass(frozen=True, kw_only=True)
class Talker:
    """An account whose provider answers with an outcome, spelled out. See `contract.Adapter`."""

    channel: Channel
    account: str
    can: Capabilities

    def call(self, delivery, now, entropy):
        del now, entropy
        template = delivery.rendered.template
        said = {
            "reference": delivery.reference, "account": self.account, "to": delivery.address.value,
            "conversing": delivery.conversing, "template": template["name"] if template else "",
            "category": template["category"] if template else "", "text": delivery.rendered.text,
        }  # fmt: skip
        return HttpCall("POST", f"https://{self.account}.example/", {}, json.dumps(said).encode())

    def outcome(self, answer):
        said = json.loads(answer.body)
        return Outcome(OutcomeKind(said.pop("kind")), **said)

    def look_up(self, reference):
        del reference

    def receive(self, notice, now):
        raise AssertionError((notice, now))


def telling(outcome):
    """The provider's answer that means this."""
    names = ("kind", "reason", "provider_id", "stopped", "template")
    return HttpAnswer(200, {}, json.dumps({name: getattr(outcome, name) for name in names}).encode())


def by_account(outcomes, otherwise=SENT):
    return lambda call: telling(outcomes.get(json.loads(call.body)["account"], otherwise))


def calls(world):
    return [json.loads(call.body) for call in world.provider.calls]


ACCOUNTS = {
    "email": [{"id": "main", "adapter": "outbox", "weight": 80}, {"id": "spare", "adapter": "outbox", "weight": 20}],
    "whatsapp": [{"id": "meta", "adapter": "whatsapp_cloud"}],
    "sms": [{"id": "sms", "adapter": "outbox"}],
}


@pytest.fixture
def routed(world):
    """Two accounts for e-mail, one that takes templates for WhatsApp, and one for SMS."""
    settings = json.loads(world.release.content)["project"]["channels"]
    changed = {channel: {**settings.get(channel, {}), "accounts": accounts} for channel, accounts in ACCOUNTS.items()}
    release = with_project(world.release, channels=changed)
    publish(world.store, release, world.clock.now())
    world.release = release
    world.wire = lambda current: {
        account.id: Talker(
            channel=channel,
            account=account.id,
            can=Capabilities(channels=frozenset(Channel), templates=account.adapter == "whatsapp_cloud"),
        )
        for channel, found in current.project.channels.items()
        for account in found.accounts
    }
    world.provider.answer = by_account({})
    return world


def trace_of(world, delivery_id):
    decisions = world.get(delivery_id)["decisions"]
    return decisions[-1]["trace"]


def consents(world, topic="reviews"):
    with world.store.read() as transaction:
        return transaction.customers.standings(["cus_ana"], [topic])["cus_ana"]


# --- what a refusal does ----------------------------------------------------------------------------------------------


def approve(world, message="order_confirmed", status="approved", category="utility", release=None):
    """The template of a message, as Meta has it."""
    release = release or world.release
    locale = release.voice.locale
    name = template_name(release, release.messages[message], locale)
    row = ProviderTemplate(
        account="meta", name=name, language="pt_BR", message=message, locale=locale, release_id=release.id,
        status=status, content="{}", submitted_at=world.clock.now(), category=category,
    )  # fmt: skip
    with world.store.write() as transaction:
        transaction.templates.put([row])
    return name


@pytest.mark.parametrize("about", [Rejection.ADDRESS, Rejection.CHANNEL, Rejection.OPTED_OUT, Rejection.ENOUGH])
def test_what_is_about_the_person_or_the_channel_goes_to_the_next_channel(routed, about):
    approve(routed)
    routed.provider.answer = by_account({"meta": refused(about)})
    asked = routed.ask("order_confirmed", WHATSAPP, SMS)
    routed.drain()
    assert routed.ended(asked) == ("sent", "")
    assert [one["account"] for one in calls(routed)] == ["meta", "sms"]


@pytest.mark.parametrize("about", [Rejection.CHANNEL, Rejection.OPTED_OUT, Rejection.ENOUGH])
def test_what_a_provider_refused_and_no_other_channel_reaches_ends_as_that(routed, about):
    """Not as an address that is wrong: nothing is."""
    approve(routed)
    routed.provider.answer = by_account({"meta": refused(about)})
    asked = routed.ask("order_confirmed", WHATSAPP, PUSH)
    routed.drain()
    assert routed.ended(asked) == ("failed", about.reason)
    found = [(one["channel"], one["detail"]) for one in trace_of(routed, asked) if one["gate"] == "address"]
    assert found == [("whatsapp", about.reason)]


@pytest.mark.parametrize("about", [Rejection.MESSAGE, Rejection.POLICY, Rejection.TEMPLATE])
def test_what_is_about_the_message_ends_it(routed, about):
    approve(routed)
    routed.provider.answer = by_account({"meta": refused(about)})
    asked = routed.ask("order_confirmed", WHATSAPP, SMS)
    routed.drain()
    assert routed.ended(asked) == ("failed", about.reason)


def test_who_told_the_provider_to_stop_has_told_us(routed):
    """Their word, on that channel, against marketing; what they bought is told on."""
    routed.said(ConsentState.GRANTED, channel="email")
    routed.provider.answer = by_account({}, otherwise=refused(Rejection.OPTED_OUT))
    asked = routed.ask("review_request", EMAIL)
    routed.drain()
    assert routed.ended(asked) == ("failed", "provider_rejected:opted_out")  # no other channel was asked for
    standing = consents(routed)
    assert standing.consents["reviews", "email"] == "withdrawn"
    assert "stop" in standing.suppressions.values()
    with routed.store.read() as transaction:
        (said,) = [one for one in transaction.consents.in_force(["cus_ana"]) if one.state == "withdrawn"]
    assert said.method == "told_to_provider"
    routed.provider.answer = by_account({})
    bought = routed.ask("order_confirmed", EMAIL)
    routed.drain()
    assert routed.ended(bought) == ("sent", "")


def test_whom_the_provider_lets_have_no_more_gets_no_marketing_there_for_a_day(routed):
    routed.said(ConsentState.GRANTED, channel="email")
    routed.provider.answer = by_account({}, otherwise=refused(Rejection.ENOUGH))
    first = routed.ask("review_request", EMAIL)
    routed.drain()
    assert routed.ended(first) == ("failed", "provider_rejected:enough")
    routed.provider.answer = by_account({})
    routed.clock.advance(seconds=(23 * HOUR) / 1000)
    second = routed.ask("review_request", EMAIL)
    routed.drain()
    assert routed.ended(second) == ("blocked", "frequency_cap:provider")
    routed.clock.advance(seconds=HOUR / 1000)
    third = routed.ask("review_request", EMAIL)
    routed.drain()
    assert routed.ended(third) == ("sent", "")


def test_a_mailbox_that_does_not_exist_is_written_to_no_more(routed):
    routed.provider.answer = by_account({}, otherwise=refused(Rejection.ADDRESS))
    routed.ask("order_confirmed", EMAIL)
    routed.drain()
    assert set(consents(routed).suppressions.values()) == {"bounce"}


def test_whoever_is_not_reached_on_whatsapp_three_times_is_left_alone_there(routed):
    approve(routed)
    routed.provider.answer = by_account({"meta": refused(Rejection.ADDRESS)})
    for _ in range(4):
        routed.ask("order_confirmed", WHATSAPP, SMS)
        routed.drain()
    assert Counter(one["account"] for one in calls(routed)) == {"meta": 3, "sms": 4}


# --- doubts -----------------------------------------------------------------------------------------------------------


def test_a_doubt_is_told_again_through_the_same_account_whatever_became_of_it(routed):
    """Its weight has gone, the breaker has closed it, and another channel is there."""
    routed.provider.answer = lambda _: telling(TIMEOUT)
    asked = [routed.ask("order_confirmed", EMAIL, SMS) for _ in range(6)]
    routed.drain()
    first = {one["reference"]: one["account"] for one in calls(routed)}
    assert set(first) == set(asked)
    with routed.store.write() as transaction:
        transaction.shares.restore({"main": 5, "spare": 5}, routed.clock.now())
    routed.provider.calls.clear()
    routed.provider.answer = lambda _: telling(SENT)
    routed.clock.advance(seconds=RESEND_AFTER_MS[0] / 1000)
    routed.sweep()
    routed.drain()
    assert {one["reference"]: one["account"] for one in calls(routed)} == first
    assert {routed.ended(one) for one in asked} == {("sent", "")}


def test_a_doubt_that_a_receipt_settles_goes_on_as_if_it_had_been_said_at_once(routed):
    approve(routed)
    routed.provider.answer = by_account({"meta": TIMEOUT})
    asked = routed.ask("order_confirmed", WHATSAPP, SMS)
    routed.drain()
    assert routed.ended(asked)[0] == "unknown"
    failed = Receipt(
        event_key="e1", kind=ReceiptKind.FAILED, at=routed.clock.now(), reference=asked, permanent=True,
        rejection=Rejection.ADDRESS,
    )  # fmt: skip
    with routed.store.write() as transaction:
        transaction.receipts.add("meta", [failed], routed.clock.now())
    apply_parked(routed.store, routed.clock)
    routed.drain()
    assert routed.ended(asked) == ("sent", "")
    assert [one["account"] for one in calls(routed)] == ["meta", "sms"]


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_accounts_share_a_channel_by_weight(routed):
    asked = [routed.ask("order_confirmed", EMAIL) for _ in range(120)]
    routed.drain()
    counted = Counter(one["account"] for one in calls(routed))
    assert counted.total() == len(asked)
    assert 80 <= counted["main"] <= 112


def test_an_account_that_ails_loses_weight_in_the_ledger_where_every_worker_sees_it(routed):
    """By ten points a minute."""
    routed.provider.answer = by_account({"main": TIMEOUT})
    for minute in range(3):
        for _ in range(10):
            routed.ask("order_confirmed", EMAIL)
        routed.drain()
        with routed.store.read() as transaction:
            shares = transaction.shares.current()
        assert shares["main"] == 90 - 10 * minute
        routed.clock.advance(seconds=MINUTE / 1000)
    assert shares.get("spare", 100) == 100


def test_an_account_at_fault_itself_is_left_alone_until_somebody_resumes_it(routed):
    routed.provider.answer = by_account({"sms": STOPPED})
    asked = routed.ask("order_confirmed", SMS)
    routed.drain()
    with routed.store.read() as transaction:
        closed = transaction.accounts.closed()["sms"]
    assert closed.until - routed.clock.now() >= HOUR - MINUTE
    routed.clock.advance(seconds=MINUTE / 1000)
    later = routed.ask("order_confirmed", SMS)
    routed.drain()
    assert routed.ended(later) == ("deferred", "provider_unavailable")
    routed.provider.answer = by_account({})
    with routed.store.write() as transaction:
        pauses.resume(transaction, routed.release, routed.clock, PauseScope.ACCOUNT, "sms", by="ops")
    routed.drain()
    assert {routed.ended(one) for one in (asked, later)} == {("sent", "")}


def test_its_channel_goes_on_through_the_others_meanwhile(routed):
    routed.provider.answer = by_account({"main": STOPPED})
    asked = [routed.ask("order_confirmed", EMAIL) for _ in range(30)]
    routed.drain()
    routed.clock.advance(seconds=MINUTE / 1000)
    routed.drain()
    assert {routed.ended(one) for one in asked} == {("sent", "")}


def test_one_call_that_hangs_keeps_a_worker_from_nothing_else(routed):
    """The drain of the hanging call looks for new work while it waits."""
    hanging, let_go = asyncio.Event(), asyncio.Event()
    carry = routed.provider.carry

    async def slow(call, **begin):
        if b"hangs" in call.body:
            begin["may_begin"]()
            hanging.set()
            await let_go.wait()
        return await carry(call, **begin)

    routed.provider.carry = slow
    stuck = routed.ask("order_confirmed", EMAIL, data=HANGING)

    async def life():
        drain = routed.a_drain(at_once)
        draining = asyncio.create_task(drain.drain())
        await asyncio.wait_for(hanging.wait(), 5)
        later = [routed.ask("order_confirmed", SMS) for _ in range(3)]
        for _ in range(100):
            if {routed.ended(one)[0] for one in later} == {"sent"}:
                break
            await asyncio.wait({draining}, timeout=0.1)
        found = {routed.ended(one)[0] for one in later}
        let_go.set()
        await draining
        return found

    assert asyncio.run(life()) == {"sent"}
    assert routed.ended(stuck) == ("sent", "")


# --- WhatsApp ---------------------------------------------------------------------------------------------------------


def phone_of(world):
    with world.store.read() as transaction:
        return next(one.id for one in transaction.customers.get("cus_ana").addresses if one.value.startswith("+"))


def wrote(world, at, account="meta"):
    with world.store.write() as transaction:
        transaction.conversations.heard(account, [phone_of(world)], at)


def heard(world, name, **said):
    """What Meta tells of a template."""
    now = world.clock.now()
    news = TemplateNews(name=name, language="pt_BR", at=now, **said)
    hear_account(world.store, "meta", Received(templates=(news,)), now)


def test_whoever_wrote_lately_is_answered_freely_and_else_in_the_template(routed):
    name = approve(routed)
    wrote(routed, routed.clock.now())
    routed.ask("order_confirmed", WHATSAPP)
    routed.drain()
    routed.clock.advance(seconds=DAY / 1000)
    routed.ask("order_confirmed", WHATSAPP)
    routed.drain()
    assert [(one["conversing"], one["template"]) for one in calls(routed)] == [(True, name), (False, name)]


def test_what_is_not_approved_waits_where_nothing_else_is_left_and_an_approval_wakes_it(routed):
    name = approve(routed, status="pending")
    asked = routed.ask("order_confirmed", WHATSAPP)
    routed.drain()
    assert routed.ended(asked) == ("deferred", "awaiting_template_approval")
    now = routed.clock.now()
    with routed.store.write() as transaction:
        transaction.templates.hear("meta", [TemplateNews(name=name, language="pt_BR", at=now, status="approved")])
        woken = transaction.templates.wake({"order_confirmed"}, now, now)
    assert woken == {"transactional": 1}
    routed.drain()
    assert routed.ended(asked) == ("sent", "")


def test_the_trace_says_which_template_it_was(routed):
    name = approve(routed)
    asked = routed.ask("order_confirmed", WHATSAPP)
    routed.drain()
    steps = [one for one in trace_of(routed, asked) if one["gate"] == "template"]
    assert steps == [{"gate": "template", "result": "pass", "channel": "whatsapp", "detail": name}]


def test_service_that_became_marketing_goes_to_the_next_channel(routed):
    approve(routed, category="marketing")
    asked = routed.ask("order_confirmed", WHATSAPP, SMS)
    routed.drain()
    assert routed.ended(asked) == ("sent", "")
    assert [one["account"] for one in calls(routed)] == ["sms"]


def test_it_is_sent_as_what_meta_takes_the_template_for(routed):
    """By its own category, not by the file's, Meta says through which of its doors it goes."""
    agree(routed, ALERTS, WHATSAPP)
    approve(routed, "back_in_stock", category="utility")
    asked = routed.ask("back_in_stock", WHATSAPP, data={"product_alert": PRODUCT})
    routed.drain()
    assert routed.ended(asked) == ("sent", "")
    assert [one["category"] for one in calls(routed)] == ["utility"]


@pytest.mark.parametrize("channels", [(WHATSAPP, SMS), (WHATSAPP,)])
def test_a_template_that_is_refused_stops_no_other_message_and_loses_none(routed, channels):
    """Meta paused it a moment ago: whoever was to have it gets it elsewhere, or as soon as it is approved again."""
    name = approve(routed)
    routed.provider.answer = by_account({"meta": PAUSED})
    first = routed.ask("order_confirmed", *channels)
    routed.drain()
    assert routed.ended(first) == ("deferred", "awaiting_template_approval")
    later = [routed.ask("order_confirmed", *channels) for _ in range(3)]
    routed.clock.advance(seconds=60)
    routed.drain()
    assert [one["account"] for one in calls(routed) if one["account"] == "meta"] == ["meta"]
    elsewhere = ("sent", "") if SMS in channels else ("deferred", "awaiting_template_approval")
    assert {routed.ended(one) for one in (first, *later)} == {elsewhere}

    routed.provider.answer = by_account({})
    heard(routed, name, status="reinstated")
    routed.drain()
    assert {routed.ended(one) for one in (first, *later)} == {("sent", "")}


def test_of_a_refusal_and_the_news_of_its_template_the_newer_counts(routed):
    """An approval that came while the call was under way was not known to the refusal."""
    name = approve(routed)

    def refuses(_call):
        routed.clock.advance(seconds=2)
        heard(routed, name, status="approved")
        return telling(PAUSED)

    routed.provider.answer = refuses
    asked = routed.ask("order_confirmed", WHATSAPP)
    routed.drain()
    assert routed.ended(asked) == ("deferred", "awaiting_template_approval")
    routed.provider.answer = by_account({})
    routed.clock.advance(seconds=60)
    routed.drain()
    assert routed.ended(asked) == ("sent", "")


def test_a_refused_template_leaves_the_word_to_the_words_before(routed):
    """What was approved before goes on, as while new words wait."""
    before = approve(routed)
    release = rewritten(routed)
    publish(routed.store, release, routed.clock.now())
    routed.release = release
    after = approve(routed)
    routed.provider.answer = lambda call: telling(PAUSED if json.loads(call.body)["template"] == after else SENT)
    asked = routed.ask("order_confirmed", WHATSAPP)
    routed.drain()
    routed.clock.advance(seconds=60)
    routed.drain()
    assert [one["template"] for one in calls(routed)] == [after, before]
    assert routed.ended(asked) == ("sent", "")


# --- the words before -------------------------------------------------------------------------------------------------


def rewritten(world, **claims):
    """The next release, whose message has other words, and whatever else is said of its claims."""
    content = json.loads(world.release.content)
    published = content["messages"]["order_confirmed"]
    for one in (published, *published["translations"].values()):
        whatsapp = one["message"]["channels"]["whatsapp"]
        if whatsapp.get("body"):
            whatsapp["body"] = "Novidade: " + whatsapp["body"]
        else:
            one["message"]["content"]["body"] = "Novidade: " + one["message"]["content"]["body"]
        one["message"]["claims"] = {**one["message"]["claims"], **claims}
    return read_release(json.dumps(content))


def test_while_new_words_wait_the_words_before_go_on(routed):
    before = approve(routed)
    release = rewritten(routed)
    publish(routed.store, release, routed.clock.now())
    routed.release = release
    after = approve(routed, status="pending")
    assert after != before
    asked = routed.ask("order_confirmed", WHATSAPP)
    routed.drain()
    (call,) = calls(routed)
    assert call["template"] == before
    assert "Novidade" not in call["text"]
    assert routed.ended(asked) == ("sent", "")
    routed.provider.calls.clear()
    heard(routed, after, status="approved")
    routed.ask("order_confirmed", WHATSAPP)
    routed.drain()
    assert [one["template"] for one in calls(routed)] == [after]


def test_the_words_before_are_refused_where_a_claim_of_the_new_ones_is_missing(routed):
    approve(routed)
    old = json.loads(routed.release.content)["messages"]["order_confirmed"]["message"]["claims"]
    name, claim = next(iter(old.items()))
    release = rewritten(routed, **{f"second_{name}": claim})
    publish(routed.store, release, routed.clock.now())
    routed.release = release
    approve(routed, status="pending")
    asked = routed.ask("order_confirmed", WHATSAPP)
    routed.drain()
    assert routed.ended(asked) == ("deferred", "awaiting_template_approval")
    assert calls(routed) == []


def test_however_many_earlier_releases_say_a_slice_none_is_said_by_another(routed):
    """Each of the templates of a slice may be of a release of its own, and no message borrows words from the next."""
    first = approve(routed)
    other = routed.release.messages["order_shipped"]
    locale = routed.release.voice.locale
    for number in range(9):
        cap = {"id": "muitas", "limit": 1_000 + number, "per": "1d", "window": "calendar_day"}
        earlier = with_project(routed.release, frequency_caps=[cap])
        publish(routed.store, earlier, routed.clock.now())
        row = ProviderTemplate(
            account="meta", name=f"order_shipped_{number}", language="pt_BR", message=other.message.id, locale=locale,
            release_id=earlier.id, status="approved", content="{}", submitted_at=routed.clock.now(), category="utility",
        )  # fmt: skip
        with routed.store.write() as transaction:
            transaction.templates.put([row])
    release = rewritten(routed)
    publish(routed.store, release, routed.clock.now())
    routed.release = release
    routed.ask("order_confirmed", WHATSAPP)
    routed.ask("order_shipped", WHATSAPP)
    routed.drain()
    (call,) = calls(routed)
    assert call["template"] == first
    assert "Novidade" not in call["text"]


# --- what is asked to wait --------------------------------------------------------------------------------------------


def busy_for(seconds, account="meta"):
    """This account asks for time, and the others take everything."""
    throttled = {"kind": "not_sent", "reason": "rate_limit", "retry_after_seconds": seconds}
    others = by_account({})
    return lambda call: (
        HttpAnswer(200, {}, json.dumps(throttled).encode())
        if json.loads(call.body)["account"] == account
        else others(call)
    )


@pytest.mark.parametrize("hours", [1, 5, 200])
def test_a_provider_that_asks_for_hours_keeps_nothing_from_the_next_channel(routed, hours):
    """What was bought is waited for a quarter of an hour, whatever the provider asks for, and then said by SMS."""
    approve(routed)
    routed.provider.answer = busy_for(hours * 3_600)
    asked = routed.ask("order_confirmed", WHATSAPP, SMS)
    routed.drain()
    assert routed.ended(asked) == ("deferred", "rate_limit")
    routed.clock.advance(minutes=15)
    assert routed.drain() == 0
    routed.clock.advance(seconds=0.001)
    routed.drain()
    assert routed.ended(asked) == ("sent", "")
    assert [one["account"] for one in calls(routed)] == ["meta", "sms"]


def test_what_ends_before_the_provider_takes_it_is_said_elsewhere_at_once_or_expires_at_once(routed):
    approve(routed)
    routed.provider.answer = busy_for(3_600)
    ends = routed.clock.now() + 10 * 60_000
    elsewhere = routed.ask("order_confirmed", WHATSAPP, SMS, not_after=ends)
    nowhere = routed.ask("order_confirmed", WHATSAPP, not_after=ends)
    routed.drain()
    routed.drain()
    assert routed.ended(elsewhere) == ("sent", "")
    assert routed.ended(nowhere) == ("expired", "not_after")
    assert [one["account"] for one in calls(routed)].count("sms") == 1


@pytest.mark.parametrize("weight", [0, None])
def test_what_waits_for_an_account_that_is_taken_out_goes_through_the_others(routed, weight):
    """Whether it has no weight any more, or is not in the project at all."""
    routed.provider.answer = busy_for(600, "main")
    asked = [routed.ask("order_confirmed", EMAIL) for _ in range(8)]
    routed.drain()
    assert ("deferred", "rate_limit") in {routed.ended(one) for one in asked}
    settings = json.loads(routed.release.content)["project"]["channels"]
    main, spare = settings["email"]["accounts"]
    settings["email"]["accounts"] = [spare] if weight is None else [{**main, "weight": weight}, spare]
    routed.release = with_project(routed.release, channels=settings)
    publish(routed.store, routed.release, routed.clock.now())
    routed.provider.calls.clear()
    routed.clock.advance(seconds=601)
    routed.drain()
    assert {routed.ended(one) for one in asked} == {("sent", "")}
    assert {one["account"] for one in calls(routed)} == {"spare"}


# --- foretold, explained and done -------------------------------------------------------------------------------------


def somebody(world, number, chance):
    """A customer about whom chance decides what stands in the way, and what is asked for them."""
    customer_id = f"cus_{number:03}"
    email = (f"{customer_id}@example.com",) if chance.random() < 0.8 else ()
    world.register(Profile(id=customer_id, phones=(f"+551191235{number:04}",), emails=email))
    for topic, channel in itertools.product(("order_updates", "reviews"), (EMAIL, WHATSAPP, SMS)):
        said = chance.choice((None, ConsentState.GRANTED, ConsentState.GRANTED, ConsentState.WITHDRAWN))
        if said is not None:
            world.said(said, topic, channel, customer_id=customer_id)
    if chance.random() < 0.2:
        world.suppress(chance.choice((EMAIL, WHATSAPP)), customer_id, chance.choice(("stop", "bounce")))
    now = world.clock.now()
    with world.store.write() as transaction:
        ids = [one.id for one in transaction.customers.get(customer_id).addresses]
        if chance.random() < 0.4:
            transaction.conversations.heard("meta", ids, now - chance.choice((1, 23, 24, 25)) * HOUR)
        if chance.random() < 0.2:
            transaction.conversations.enough(ids, chance.choice((EMAIL, WHATSAPP)), now + HOUR)
    message = chance.choice(("order_confirmed", "order_shipped", "order_delivered", "review_request"))
    said_on = [one for one in (EMAIL, WHATSAPP, SMS) if one in world.release.said_on[message]]
    channels = chance.sample(said_on, chance.randint(1, len(said_on)))
    mode = chance.choice((Mode.LIVE, Mode.LIVE, Mode.TEAM, Mode.TEST))
    return world.ask(message, *channels, customer_id=customer_id, mode=mode)


@pytest.mark.parametrize("closed", [("spare",), ("sms", "meta")])
def test_what_is_foretold_and_explained_is_what_is_done(routed, closed):
    """By one decision: through several accounts, in and out of conversations, for keys of every mode."""
    for message, status, category in (
        ("order_confirmed", "approved", "utility"),
        ("order_shipped", "approved", "marketing"),
        ("review_request", "approved", "marketing"),
        ("order_delivered", "pending", "utility"),
    ):
        approve(routed, message, status, category)
    chance = random.Random("one decision")
    asked = [somebody(routed, number, chance) for number in range(40)]
    now = routed.clock.now()
    with routed.store.write() as transaction:
        for account in closed:
            transaction.accounts.close(account, ClosedAccount(now + 2 * HOUR, "rate_limit", 1))
    current = Current(routed.release.id, routed.release, {})
    with routed.store.read() as transaction:
        known = [transaction.explanations.request(one) for one in asked]
        foretold = foretell(transaction, current, routed.clock, [one.request for one in known])
        explained = {one.request.id: explain_request(transaction, current, one, now=now).decision for one in known}

    routed.provider.answer = lambda call: delivered(call) if isinstance(call, InboxCall) else telling(SENT)
    routed.drain()

    for delivery_id in asked:
        found = routed.get(delivery_id)
        state, channel = found["state"], found["channel"] if found["state"] == "sent" else None
        reason = "" if found["reason"] == "test_mode" else found["reason"]
        one, why = foretold[delivery_id], explained[delivery_id]
        assert (one.state, one.reason, one.channel) == (state, reason, channel)
        assert (why.state or State.SENT, why.reason, why.channel) == (state, reason, channel)
    assert len({routed.ended(one) for one in asked}) > 5


# --- between the decision and the call --------------------------------------------------------------------------------


def recategorised(world):
    heard(world, name_of(world), category="marketing")


def disapproved(world):
    heard(world, name_of(world), status="paused")


def name_of(world):
    release = world.release
    return template_name(release, release.messages["order_confirmed"], release.voice.locale)


def said_no(world):
    world.said(ConsentState.WITHDRAWN, "order_updates", "whatsapp")


def bounced(world):
    world.suppress("whatsapp", reason="bounce")


@pytest.mark.parametrize("meanwhile", [recategorised, disapproved, said_no, bounced])
def test_what_changes_after_the_words_were_written_is_seen_before_they_leave(routed, meanwhile):
    """The gate asks all of it again, under lock, and nothing of the first draft is sent."""
    approve(routed)
    asked = routed.ask("order_confirmed", WHATSAPP, SMS)
    worker = routed.a_drain(at_once)
    left = [meanwhile]
    worker.passing = lambda point: left.pop()(routed) if point == "before_gate" and left else None
    asyncio.run(worker.drain())
    assert routed.ended(asked) == ("sent", "")
    assert [one["account"] for one in calls(routed)] == ["sms"]


@pytest.mark.parametrize(("channels", "ended"), [((WHATSAPP, SMS), ("sent", "")),
                                                 ((WHATSAPP,), ("failed", "provider_rejected:channel"))])  # fmt: skip
def test_what_cannot_be_said_freely_nor_in_its_template_is_said_elsewhere(routed, channels, ended):
    """In a conversation nobody asks whether a template is approved: a button may be too long for anything else."""
    approve(routed, status="pending")
    wrote(routed, routed.clock.now())
    routed.provider.answer = by_account({"meta": PAUSED})
    asked = routed.ask("order_confirmed", *channels)
    routed.drain()

    assert routed.ended(asked) == ended
    assert [one["account"] for one in calls(routed)] == ["meta", "sms"][: len(channels)]


def test_a_conversation_that_ends_after_the_words_were_written_is_not_spoken_in(routed):
    name = approve(routed)
    wrote(routed, routed.clock.now() - DAY + 65_000)
    asked = routed.ask("order_confirmed", WHATSAPP)
    worker = routed.a_drain(at_once)
    left = [10]
    worker.passing = lambda point: routed.clock.advance(seconds=left.pop()) if point == "before_gate" and left else None
    asyncio.run(worker.drain())
    assert routed.ended(asked) == ("sent", "")
    assert [(one["conversing"], one["template"]) for one in calls(routed)] == [(False, name)]

"""The one path on real ledgers: accept, drain, gate, call, settle, sweep. Only the provider is a function."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from orchestrator.channels import (
    HttpAnswer,
    InboxAnswer,
    NoAnswer,
)
from orchestrator.dispatch.accept import (
    Accepted,
    Answer,
    CustomerReference,
    EventDesk,
    IdempotencyKey,
    WantedMessage,
    accept_message,
    body_hash,
    once,
)
from orchestrator.dispatch.doubts import LOOK_UP_AGAIN_MS
from orchestrator.dispatch.drain import LEASE_MS
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile
from orchestrator.dispatch.settle import CLASS_AGE_MS, RESEND_AFTER_MS, UNKNOWN_AGE_MS
from orchestrator.dispatch.sweep import sweep
from orchestrator.dispatch.tick import tick, tidy
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.domain.delivery import FINAL, State
from orchestrator.domain.errors import ConfigurationError, Conflict, InputError, NotFound, Refused
from orchestrator.domain.message import Purpose
from orchestrator.journeys.steps import Channels
from orchestrator.release import Release
from orchestrator.store.port import BusinessClock
from tests.contract.world import (
    ANA,
    EVERYTHING,
    ORDER,
    PowerCut,
    World,
    after_the_claim,
    at_once,
    before_settling,
    delivered,
    event,
    numbers,
    placed,
    power_cut,
    reference,
    webhooks,
)

EMAIL, WHATSAPP, SMS, PUSH = Channel.EMAIL, Channel.WHATSAPP, Channel.SMS, Channel.PUSH


# --- from an event to a provider ------------------------------------------------------------------------------------


def test_an_event_becomes_a_message_that_left_and_says_why(world):
    """The words, the release, the decision and the provider's id are in the ledger."""
    (accepted,) = world.accept(placed(at=world.clock.now()))
    (request,) = accepted.requests

    assert world.drain() == 1

    (call,) = world.provider.calls
    assert (call.entry.address, call.entry.object_id) == ("ana@example.com", "ord_1")
    found = world.get(request.id)
    assert (found["state"], found["channel"], found["provider_id"]) == ("sent", "email", f"prov_{request.id}")
    assert (found["origin"], found["event_id"], found["calls"], found["attempts"]) == ("event", accepted.event_id, 1, 0)
    assert found["rendering"]["content"]["text"] == call.entry.rendered.text
    assert found["rendering"]["release_id"] == world.release.id
    assert found["rendering"]["claims"][0]["value"] == "2026-11-30"
    (decision,) = found["decisions"]
    assert [step["gate"] for step in decision["trace"]] == [
        "journey_live", "not_after", "address", "suppression", "consent", "pauses", "route",
    ]  # fmt: skip
    assert decision["release_id"] == world.release.id


def test_one_message_goes_out_on_each_of_all_channels(world):
    world.register(replace(ANA, id="cus_b", emails=("b@example.com",), push_tokens=("token-de-b",)))
    wanted = WantedMessage(
        message="order_confirmed", customer_id="cus_b", channels=Channels(all=tuple(Channel)), data=EVERYTHING
    )
    with world.store.write() as transaction:
        requests = accept_message(transaction, world.release, world.clock, wanted, identity="x", origin="api")

    world.drain()
    assert [world.get(one.id)["channel"] for one in requests] == [channel.value for channel in Channel]
    assert {call.entry.address for call in world.provider.calls} == {"b@example.com", "+5511912345678", "token-de-b"}


def test_the_first_channel_that_works_is_taken(world):
    """Neither suppressed, nor opted out, nor without an address."""
    world.said(ConsentState.WITHDRAWN, "order_updates", "email")
    world.suppress("whatsapp", reason="manual")
    asked = world.ask("order_confirmed", EMAIL, WHATSAPP, SMS, PUSH)

    world.drain()
    found = world.get(asked)
    assert (found["state"], found["channel"]) == ("sent", "sms")
    passed_over = [step for step in found["decisions"][0]["trace"] if step["result"] == "next"]
    assert [(step["channel"], step["detail"]) for step in passed_over] == [
        ("email", "consent_withdrawn"),
        ("whatsapp", "suppressed:manual"),
    ]


def test_what_a_message_says_is_what_is_true_when_it_is_rendered(world):
    """An object that changed after the event is read as it is now; what came with the request wins."""
    at = world.clock.now()
    world.accept(placed(at=at))
    world.accept(placed(at=at + 1, event_id="placed/again", promised_date="2026-12-05"), journeys=())
    overridden = world.ask(objects={"order": "ord_1"}, data={"order": {"promised_date": "2026-12-24"}})

    world.drain()
    texts = {call.entry.reference: call.entry.rendered.text for call in world.provider.calls}
    assert "24 de dezembro" in texts.pop(overridden)
    assert "5 de dezembro" in texts.popitem()[1]


# --- what the gate does not send ------------------------------------------------------------------------------------


def opted(state, topic="reviews"):
    return lambda world: world.said(state, topic)


def without(**addresses):
    return lambda world: world.revise(Profile(id="cus_ana", **addresses))


def nothing(_world):
    pass


@pytest.mark.parametrize(
    ("before", "message", "channel", "ends"),
    [
        (nothing, "review_request", EMAIL, ("blocked", "no_consent")),
        (opted(ConsentState.PENDING), "review_request", EMAIL, ("blocked", "consent_pending")),
        (opted(ConsentState.WITHDRAWN), "review_request", EMAIL, ("blocked", "consent_withdrawn")),
        (opted(ConsentState.GRANTED), "review_request", EMAIL, ("sent", "")),
        (opted(ConsentState.GRANTED), "review_request", PUSH, ("blocked", "no_consent")),
        (opted(ConsentState.WITHDRAWN, "order_updates"), "order_confirmed", EMAIL, ("blocked", "consent_withdrawn")),
        (opted(ConsentState.PENDING, "order_updates"), "order_confirmed", EMAIL, ("sent", "")),
        (opted(ConsentState.WITHDRAWN), "order_confirmed", EMAIL, ("sent", "")),
        (
            lambda world: world.suppress("sms", reason="bounce"),
            "order_confirmed",
            SMS,
            ("blocked", "suppressed:bounce"),
        ),
        (lambda world: world.suppress("sms"), "order_confirmed", WHATSAPP, ("sent", "")),
        (without(emails=()), "order_confirmed", EMAIL, ("unreachable", "no_address")),
        (without(phones=()), "order_confirmed", SMS, ("unreachable", "no_address")),
        (without(push_tokens=()), "order_confirmed", PUSH, ("unreachable", "no_push_token")),
    ],
)
def test_each_refusal_is_recorded_with_its_reason(world, before, message, channel, ends):
    before(world)
    asked = world.ask(message, channel)

    world.drain()
    assert world.ended(asked) == ends
    assert len(world.provider.calls) == (ends[0] == "sent")
    assert world.get(asked)["decisions"][0]["verdict"] == ("send" if ends[0] == "sent" else ends[0])


def test_a_message_is_not_said_after_its_time(world):
    """At its last instant it is."""
    now = world.clock.now()
    early, late = world.ask(not_after=now + 1_000), world.ask(not_after=now + 999)
    world.clock.advance(seconds=1)

    world.drain()
    assert (world.ended(early), world.ended(late)) == (("sent", ""), ("expired", "not_after"))


@pytest.mark.parametrize(
    ("data", "reason", "said"),
    [
        ({}, "missing_variable", "order.number"),
        ({"order": {**ORDER, "number": ""}}, "missing_variable", "order.number"),
        ({"order": {**ORDER, "promised_date": None}}, "missing_variable", "order.promised_date"),
        ({"order": {**ORDER, "promised_date": "amanhã"}}, "render_error", "is not a date"),
        ({"order": {**ORDER, "url": "javascript:alert(1)"}}, "render_error", "is not an http"),
        ({"order": {**ORDER, "url": {"a": [1]}}}, "render_error", "order.url"),
        ({"order": {**ORDER, "promised_date": [2026]}}, "render_error", "order.promised_date"),
        ({"order": ["10234"]}, "missing_variable", "order.number"),
        ({"order": {**ORDER, "number": "1, que você esqueceu"}}, "voice_error", "said in this voice (blame_customer)"),
    ],
)
def test_data_that_does_not_fit_fails_its_own_message_and_no_other(world, data, reason, said):
    bad, good = world.ask(data=data), world.ask()

    world.drain()
    found = world.get(bad)
    assert (found["state"], found["reason"]) == ("failed", reason)
    assert said in found["detail"]
    assert world.ended(good) == ("sent", "")


def test_a_channel_without_copy_cannot_be_asked_for(world):
    with pytest.raises(InputError, match='"review_request" is not said on sms') as caught:
        world.ask("review_request", EMAIL, SMS)
    assert caught.value.code == "silent_channel"
    assert world.tally() == {}


def test_what_the_current_release_no_longer_says_is_skipped(world):
    """A channel that lost its copy, and a message that was taken out, between the request and its turn."""
    silenced, removed = world.ask("order_late", SMS), world.ask("order_confirmed", EMAIL)
    messages = dict(world.release.messages)
    del messages["order_confirmed"]
    channels = messages["order_late"].message.channels.model_copy(update={"sms": None})
    message = messages["order_late"].message.model_copy(update={"channels": channels})
    messages["order_late"] = messages["order_late"].model_copy(update={"message": message})
    files = {name: getattr(world.release, name) for name in type(world.release).model_fields}
    publish(world.store, Release(**files | {"messages": messages}), world.clock.now())

    world.drain()
    assert (world.ended(silenced), world.ended(removed)) == (("skipped", "channel_off"),) * 2


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"message": "order_confirmd"}, NotFound, "unknown_message"),
        ({"customer_id": "cus_nobody"}, NotFound, "unknown_customer"),
        ({"objects": {"order": "ord_of_somebody"}}, InputError, "unknown_object"),
    ],
)
def test_a_message_that_cannot_be_meant_is_refused_at_the_door(world, changes, error, code):
    world.register(Profile(id="cus_b"))
    world.accept(placed("ord_of_somebody", customer="cus_b", at=world.clock.now()), journeys=())
    with pytest.raises(error) as caught:
        world.ask(**{"data": {}} | changes)
    assert caught.value.code == code
    assert world.tally() == {}


# --- between the look and the gate ----------------------------------------------------------------------------------


def test_an_opt_out_that_arrives_before_the_gate_is_obeyed(world):
    """It was decided and rendered already; under the lock it is asked again."""
    world.said(ConsentState.GRANTED)
    asked = world.ask("review_request", EMAIL)

    world.drain(after_the_claim(lambda: world.said(ConsentState.WITHDRAWN)))
    assert world.provider.calls == []
    assert world.ended(asked) == ("blocked", "consent_withdrawn")


def test_a_stop_that_arrives_before_the_gate_is_obeyed(world):
    """It ends marketing on that address; what was bought is still told."""
    world.said(ConsentState.GRANTED, channel="email")
    marketing = world.ask("review_request", EMAIL)
    bought = world.ask("order_confirmed", EMAIL)

    world.drain(after_the_claim(lambda: world.suppress("email")))
    assert world.provider.references == [bought]
    assert world.ended(marketing) == ("blocked", "suppressed:stop")


def test_an_opt_out_during_a_call_is_obeyed_from_the_next_slice_on(world):
    """What is on the wire cannot be called back; nothing new starts."""
    world.said(ConsentState.GRANTED)
    world.provider.slice_room = 1
    for _ in range(4):
        world.ask("review_request", EMAIL)
    opted_out = []

    def answer(call):
        if not opted_out:
            opted_out.append(world.said(ConsentState.WITHDRAWN))
        return delivered(call)

    world.provider.answer = answer
    world.drain()
    assert len(world.provider.calls) == 1
    assert world.tally() == {"review_request": {"sent": 1, "blocked": 3}}


def test_a_customer_who_changed_before_the_gate_is_looked_at_anew(world):
    """The words were made for the old address; nothing goes there, and the claim does not count."""
    asked = world.ask("order_confirmed", EMAIL)

    assert world.drain(after_the_claim(lambda: world.revise(Profile(id="cus_ana", emails=("nova@example.com",))))) == 2
    assert [call.entry.address for call in world.provider.calls] == ["nova@example.com"]
    found = world.get(asked)
    assert (found["state"], found["attempts"], len(found["decisions"])) == ("sent", 0, 1)


def test_a_grant_that_arrives_before_the_gate_is_rendered_first(world):
    """Nothing was rendered for it yet, so it takes another turn."""
    asked = world.ask("review_request", EMAIL)

    world.drain(after_the_claim(lambda: world.said(ConsentState.GRANTED)))
    assert world.ended(asked) == ("sent", "")


def test_a_claim_that_grew_old_before_the_gate_is_dropped(world):
    """What follows could outlive the lease: another worker might be at it already."""
    asked = world.ask()

    assert world.drain(after_the_claim(lambda: world.clock.advance(seconds=31))) == 2
    assert world.provider.references == [asked]
    assert world.get(asked)["attempts"] == 0


def test_who_lost_the_lease_before_the_gate_sends_nothing(world):
    """A worker that slept through its lease finds the row in other hands."""
    asked = world.ask()

    def another_worker():
        world.clock.advance(seconds=20)  # within the guard, by this worker's clock
        with world.store.write() as transaction:
            transaction.deliveries.abandon("worker", world.clock.now())
        with ThreadPoolExecutor(1) as elsewhere:
            assert elsewhere.submit(world.drain, name="other").result() == 1

    assert world.drain(after_the_claim(another_worker)) == 1
    assert world.provider.references == [asked]
    assert world.ended(asked) == ("sent", "")


# --- what providers answer ------------------------------------------------------------------------------------------


def http(status, body=b"{}", **headers):
    return lambda _call: HttpAnswer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def silence(reason, *, in_doubt):
    return lambda _call: NoAnswer(reason, in_doubt=in_doubt, detail="the line was cut")


@pytest.mark.parametrize(
    ("answer", "ends"),
    [
        (http(404), ("failed", "provider_rejected:address")),
        (http(400), ("failed", "provider_rejected:message")),
        (http(500), ("unknown", "unreadable_answer")),
        (http(200, b"welcome"), ("unknown", "unreadable_answer")),
        (http(429), ("deferred", "rate_limit")),
        (http(401), ("deferred", "provider_unavailable")),
        (silence("timeout", in_doubt=True), ("unknown", "timeout")),
        (silence("connect", in_doubt=False), ("deferred", "provider_unavailable")),
    ],
)
def test_what_a_provider_answers_decides_the_state(over_http, answer, ends):
    over_http.provider.answer = answer
    asked = over_http.ask()

    over_http.drain()
    found = over_http.get(asked)
    assert (found["state"], found["reason"]) == ends
    assert (found["settled_at"] is not None) == (State(found["state"]) in FINAL)
    assert (found["calls"], found["first_call_at"]) == (1, over_http.clock.now())
    assert over_http.drain() == 0


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (http(500), "unreadable_answer"),
        (http(200, b"welcome"), "unreadable_answer"),
        (http(408), "timeout"),
        (silence("timeout", in_doubt=True), "timeout"),
        (silence("reset", in_doubt=True), "unreadable_answer"),
    ],
    ids=["500", "an unreadable 200", "408", "silence", "a reset"],
)
def test_marketing_that_may_have_arrived_is_never_sent_again(over_http, answer, reason):
    """Better never than twice: it stays in doubt until somebody says more."""
    over_http.said(ConsentState.GRANTED)
    over_http.provider.answer = answer
    asked = over_http.ask("review_request", EMAIL)

    over_http.drain()
    over_http.provider.answer = delivered
    for _ in range(3):
        over_http.clock.advance(days=1)
        over_http.sweep()
        over_http.drain()
    assert over_http.ended(asked) == ("unknown", reason)
    assert over_http.get(asked)["settled_at"] is not None
    assert over_http.provider.references == [asked]


def test_what_was_bought_is_told_again_in_doubt_and_marked(over_http):
    """Better twice than never, where the provider cannot be asked; and nobody has to guess that it may be twice."""
    over_http.provider.answer = silence("timeout", in_doubt=True)
    asked = over_http.ask()
    over_http.drain()
    assert over_http.ended(asked) == ("unknown", "timeout")
    assert not over_http.get(asked)["possible_duplicate"]

    over_http.provider.answer = delivered
    over_http.clock.advance(seconds=RESEND_AFTER_MS[0] / 1000 - 0.001)
    assert over_http.sweep() == 0
    over_http.clock.advance(seconds=0.001)
    assert over_http.sweep() == 1
    over_http.drain()
    assert over_http.ended(asked) == ("sent", "")
    assert over_http.provider.references == [asked, asked]
    assert over_http.get(asked)["possible_duplicate"]


def test_nobody_is_told_the_same_without_end(over_http):
    """A provider that takes everything and answers nonsense: after the fourth time it stays in doubt."""
    over_http.provider.answer = http(200, b"{}")
    asked = over_http.ask()
    for _ in range(40):
        over_http.drain()
        over_http.clock.advance(minutes=15)
        over_http.sweep()
    found = over_http.get(asked)
    assert len(over_http.provider.calls) == 1 + len(RESEND_AFTER_MS)
    assert (found["state"], found["reason"], found["settled_at"]) == ("unknown", "unreadable_answer", None)


def test_what_others_know_is_written_while_one_call_hangs(over_http):
    """A worker that dies then leaves one doubt, not a slice of them."""
    hanging, quick = over_http.ask(), over_http.ask()
    hung = asyncio.Event()
    carry = over_http.provider.carry

    async def carried(call, **timing):
        if reference(call) == hanging:
            await hung.wait()
        return await carry(call, **timing)

    async def look(work):
        found = work()
        if over_http.ended(quick)[0] == "sent":
            hung.set()
        return found

    over_http.provider.carry = carried
    over_http.drain(look)
    assert over_http.ended(quick) == over_http.ended(hanging) == ("sent", "")


def test_a_provider_that_asks_for_time_gets_exactly_that(over_http):
    """Not a second earlier, and then it goes out."""
    over_http.provider.answer = http(429, retry_after="120")
    asked = over_http.ask()
    over_http.drain()
    found = over_http.get(asked)
    now = over_http.clock.now()
    assert (found["next_action_at"], found["due_at"], found["attempts"]) == (now + 120_000, now + 120_000, 0)

    over_http.provider.answer = delivered
    over_http.clock.advance(seconds=119.999)
    assert over_http.drain() == 0
    over_http.clock.advance(seconds=0.001)
    assert over_http.drain() == 1
    assert over_http.ended(asked) == ("sent", "")
    assert over_http.get(asked)["calls"] == 2


@pytest.mark.parametrize(
    ("message", "purpose"), [("order_confirmed", "transactional"), ("review_request", "marketing")]
)
def test_retries_end_with_the_age_of_the_class(over_http, message, purpose):
    """Counted from the first call, not from the request: a night's wait costs no retries."""
    over_http.said(ConsentState.GRANTED)
    asked = over_http.ask(message)
    over_http.clock.advance(hours=30)
    over_http.provider.answer = http(401)
    first_call_at = over_http.clock.now()
    while over_http.ended(asked)[0] in ("accepted", "deferred"):
        over_http.drain()
        over_http.clock.advance(minutes=30)

    age = CLASS_AGE_MS[Purpose(purpose)]
    found = over_http.get(asked)
    assert (found["state"], found["reason"]) == ("expired", "class_age")
    assert age - 15 * 60_000 < found["settled_at"] - first_call_at <= age
    assert found["detail"].startswith("provider_unavailable: 401")


def test_back_off_grows_and_never_exceeds_a_quarter_of_an_hour(over_http):
    over_http.provider.answer = http(401)
    asked = over_http.ask()
    waits = []
    for _ in range(12):
        over_http.drain()
        waits.append(over_http.get(asked)["next_action_at"] - over_http.clock.now())
        over_http.clock.advance(seconds=waits[-1] / 1000)

    assert all(0 < wait <= min(2_000 << turn, 900_000) for turn, wait in enumerate(waits))
    assert max(waits) > 60_000


@pytest.mark.parametrize("seconds", ["9" * 30, "9" * 400])
def test_a_provider_that_asks_for_ages_is_not_asked_again(over_http, seconds):
    """However absurd the number: nothing of it may stop the others of the slice from being settled."""
    over_http.provider.answer = http(429, retry_after=seconds)
    asked = over_http.ask()

    over_http.drain()
    assert over_http.ended(asked) == ("expired", "class_age")


@pytest.mark.parametrize("words", ['{"id": "a\\u0000b"}', '{"id": "half \\ud83d"}', "\x00 not even JSON"])
def test_whatever_a_provider_says_can_be_kept(over_http, words):
    """A NUL or half a character in one answer must not leave a whole slice unsettled."""
    over_http.provider.answer = http(200, words.encode())
    asked = over_http.ask()

    over_http.drain()
    assert over_http.ended(asked)[0] in ("sent", "unknown")


def test_a_call_that_was_not_begun_in_time_goes_back_without_counting(world):
    """It is our own lateness, not the provider's: at once, and with the first call still to come."""
    asked = world.ask()
    answers = [NoAnswer("stale", in_doubt=False), None]
    seen = []

    def answer(call):
        seen.append(world.get(asked)["first_call_at"])
        return answers.pop(0) or delivered(call)

    world.provider.answer = answer
    assert world.drain() == 2
    found = world.get(asked)
    assert (found["state"], found["calls"], found["attempts"], seen) == ("sent", 1, 0, [None, None])


@pytest.mark.parametrize(
    ("broken", "ends"),
    [("call", ("deferred", "provider_unavailable")), ("outcome", ("unknown", "unreadable_answer"))],
)
def test_a_mistake_in_an_adapter_ends_its_own_call_only(world, broken, ends):
    """A project's adapter is somebody's Python: the other accounts' messages of the slice are settled."""
    outbox = world.wire

    class Broken:
        def __init__(self, sound):
            self._sound = sound

        def __getattr__(self, name):
            return self._raise if name == broken else getattr(self._sound, name)

        def _raise(self, *_):
            raise ZeroDivisionError("with ana@example.com in it")

    world.wire = lambda release: {**outbox(release), "sms": Broken(outbox(release)["sms"])}
    bad, good = world.ask("order_confirmed", SMS), world.ask("order_confirmed", EMAIL)

    with capture_logs() as logged:
        world.drain()
    assert (world.ended(bad), world.ended(good)) == (ends, ("sent", ""))
    assert world.get(bad)["detail"] == "the adapter raised ZeroDivisionError"
    assert [(line["event"], line["account"], line["delivery"]) for line in logged] == [("adapter_failed", "sms", bad)]


@pytest.mark.parametrize(
    ("begins", "ends"), [(False, ("deferred", "provider_unavailable")), (True, ("unknown", "unreadable_answer"))]
)
def test_a_mistake_of_the_transport_ends_its_own_call_only(world, begins, ends):
    """A host that no name server could hold is one account's mistake: the others' messages are settled."""
    carry = world.provider.carry

    async def unforeseen(call, *, begin_before=None, may_begin=None):
        if call.entry.channel is EMAIL:
            return await carry(call, begin_before=begin_before, may_begin=may_begin)
        if begins:
            may_begin()
        raise UnicodeError("with ana@example.com in it")

    world.provider.carry = unforeseen
    bad, good = world.ask("order_confirmed", SMS), world.ask("order_confirmed", EMAIL)

    with capture_logs() as logged:
        world.drain()
    assert (world.ended(bad), world.ended(good)) == (ends, ("sent", ""))
    assert "the transport raised UnicodeError" in world.get(bad)["detail"]
    assert [(line["event"], line["account"], line["delivery"]) for line in logged] == [("carrier_failed", "sms", bad)]


# --- workers that die -----------------------------------------------------------------------------------------------


def test_a_worker_that_dies_before_the_gate_has_sent_nothing_and_another_one_does(world):
    asked = world.ask()
    with pytest.raises(PowerCut):
        world.drain(after_the_claim(power_cut))

    assert world.drain(name="other") == 0
    world.clock.advance(seconds=LEASE_MS / 1000)
    assert world.sweep() == 0
    assert world.drain(name="other") == 1
    assert world.provider.references == [asked]
    assert world.ended(asked) == ("sent", "")


def test_what_ends_its_worker_again_and_again_is_put_aside(world):
    """The sixth death is the last: the others of the lane go on."""
    asked = world.ask()
    for _ in range(6):
        assert world.ended(asked) == ("accepted", "")
        with pytest.raises(PowerCut):
            world.drain(after_the_claim(power_cut))
        world.clock.advance(seconds=LEASE_MS / 1000)
    world.sweep()

    assert world.ended(asked) == ("quarantined", "poison")
    assert world.drain() == 0


def lost_on_the_wire(world, *request):
    """A request whose worker died between the provider's answer and the ledger."""
    asked = world.ask(*request)
    with pytest.raises(PowerCut):
        world.drain(before_settling(world.provider, power_cut))
    assert world.ended(asked) == ("sending", "")
    world.clock.advance(seconds=LEASE_MS / 1000)
    world.provider.calls.clear()
    return asked


def test_a_provider_that_has_the_message_is_believed(world):
    asked = lost_on_the_wire(world)
    world.provider.looked_up[asked] = InboxAnswer("inb_1")

    assert world.sweep() == 1
    assert world.ended(asked) == ("sent", "")
    assert world.get(asked)["provider_id"] == "inb_1"
    assert world.drain() == 0


def test_what_a_provider_never_got_is_sent_again(world):
    """A definite no returns the row; it goes out once its back-off is over."""
    asked = lost_on_the_wire(world)

    world.sweep()
    assert world.ended(asked)[0] == "deferred"
    world.clock.advance(seconds=10)
    world.drain()
    assert world.provider.references == [asked]
    assert world.ended(asked) == ("sent", "")


def test_what_ends_its_worker_on_the_wire_again_and_again_is_put_aside(world):
    """Even where the provider always says that nothing came: each of those tries ended a worker."""
    asked = lost_on_the_wire(world)
    for _ in range(5):
        world.sweep()
        world.clock.advance(minutes=5)
        with pytest.raises(PowerCut):
            world.drain(before_settling(world.provider, power_cut))
        world.clock.advance(seconds=LEASE_MS / 1000)
        world.provider.calls.clear()
    world.sweep()
    world.clock.advance(minutes=5)
    world.sweep()

    assert world.ended(asked) == ("quarantined", "poison")


def test_a_question_that_nobody_answers_leaves_the_doubt(world):
    """Not to reach the provider's look-up is no proof that it has nothing: sending again would be a guess."""
    asked = lost_on_the_wire(world)
    world.provider.looked_up[asked] = NoAnswer("connect", in_doubt=False)

    world.sweep()
    assert world.ended(asked) == ("unknown", "lease_expired")
    assert world.drain() == 0
    assert world.sweep() == 0
    world.clock.advance(seconds=LOOK_UP_AGAIN_MS / 1000)
    world.provider.looked_up[asked] = InboxAnswer("inb_1")
    assert world.sweep() == 1
    assert world.ended(asked) == ("sent", "")


def test_a_doubt_that_a_call_left_behind_keeps_its_reason(world):
    """The provider fell silent: that no worker died is still known when it is looked up in vain."""
    world.provider.answer = silence("timeout", in_doubt=True)
    asked = world.ask()
    world.drain()
    world.provider.looked_up[asked] = NoAnswer("timeout", in_doubt=True)

    world.clock.advance(seconds=LOOK_UP_AGAIN_MS / 1000)
    assert world.sweep() == 1
    assert world.ended(asked) == ("unknown", "timeout")
    assert world.get(asked)["detail"] == "the line was cut"


@pytest.mark.parametrize("broken", ["look_up", "found"])
def test_a_mistake_in_an_adapter_keeps_its_own_doubts_only(world, broken):
    """The other accounts' are settled, and its own are asked about again when it is mended."""
    world.provider.answer = silence("timeout", in_doubt=True)
    bad, good = world.ask("order_confirmed", SMS), world.ask("order_confirmed", EMAIL)
    world.drain()
    world.provider.looked_up |= {bad: InboxAnswer("inb_1"), good: InboxAnswer("inb_2")}
    sound = world.wire

    class Broken:
        def __init__(self, adapter):
            self._adapter = adapter

        def __getattr__(self, name):
            return self._raise if name == broken else getattr(self._adapter, name)

        def _raise(self, *_):
            raise ZeroDivisionError("with ana@example.com in it")

    world.wire = lambda release: {**sound(release), "sms": Broken(sound(release)["sms"])}
    world.clock.advance(seconds=LOOK_UP_AGAIN_MS / 1000)
    with capture_logs() as logged:
        assert world.sweep() == 2
    assert (world.ended(bad), world.ended(good)) == (("unknown", "timeout"), ("sent", ""))
    assert [line["account"] for line in logged if line["event"] == "look_up_failed"] == ["sms"]

    world.wire = sound
    world.clock.advance(seconds=LOOK_UP_AGAIN_MS / 1000)
    world.sweep()
    assert world.ended(bad) == ("sent", "")


@pytest.mark.parametrize("can_be_asked", [True, False])
def test_a_doubt_is_final_after_three_days(world, can_be_asked):
    """Asked every minute where that is possible, and left alone where not; then it counts as what it is."""
    if not can_be_asked:
        world.wire = webhooks
    world.said(ConsentState.GRANTED)
    asked = lost_on_the_wire(world, "review_request", EMAIL)
    world.provider.looked_up[asked] = NoAnswer("timeout", in_doubt=True)
    begun = world.get(asked)["sending_at"]
    assert world.sweep() == 1
    assert world.ended(asked) == ("unknown", "lease_expired")

    world.clock.advance(seconds=(begun + UNKNOWN_AGE_MS - world.clock.now()) / 1000 - 1)
    assert world.sweep() == can_be_asked
    assert world.get(asked)["settled_at"] is None
    world.clock.advance(seconds=1)
    assert world.sweep() == 1
    assert (world.ended(asked), world.get(asked)["settled_at"]) == (("unknown", "lease_expired"), world.clock.now())
    world.clock.advance(days=30)
    assert world.sweep() == 0


def test_a_worker_that_wakes_up_after_the_sweep_changes_nothing(world):
    """Its lease is gone, and with it its say."""
    asked = world.ask()

    async def slept(work):
        if world.provider.calls:
            world.clock.advance(seconds=LEASE_MS / 1000)
            world.provider.looked_up[asked] = InboxAnswer("inb_by_sweep")
            world.provider.calls.clear()
            await sweep(world.a_drain(at_once, "sweeper"))
        return work()

    world.drain(slept)
    assert world.get(asked)["provider_id"] == "inb_by_sweep"


# --- events ---------------------------------------------------------------------------------------------------------


def test_a_journey_runs_once_a_key(world):
    """In one batch or in two, and for another order again."""
    at = world.clock.now()
    world.accept(placed("ord_1", at=at, total=99.0), placed("ord_2", at=at, total=99.0), journeys=())

    due = [event("review.due", f"due/{number}", at=at, order_id="ord_1") for number in range(3)]
    first, second = world.accept(*due[:2])
    (third,) = world.accept(due[2])
    (other,) = world.accept(event("review.due", "due/other", at=at, order_id="ord_2"))
    assert [len(one.requests) for one in (first, second, third, other)] == [1, 0, 0, 1]


def test_a_condition_keeps_others_out_of_a_journey(world):
    """Below fifty, and where the total is not known at all."""
    at = world.clock.now()
    world.accept(placed("ord_1", at=at, total=49.99), placed("ord_2", at=at), journeys=())

    due = [event("review.due", f"due/{order_id}", at=at, order_id=order_id) for order_id in ("ord_1", "ord_2")]
    assert [one.requests for one in world.accept(*due)] == [(), ()]


def test_a_repeated_event_answers_as_the_first_time_and_asks_for_nothing(world):
    (first,) = world.accept(placed(at=world.clock.now()))
    (second,) = world.accept(placed(at=world.clock.now()))

    assert second == Accepted(first.event_id, "cus_ana", repeated=True)
    assert world.tally() == {"order_confirmed": {"accepted": 1}}


def test_an_event_that_stands_in_a_batch_twice_is_a_repetition_too(world):
    one = placed(at=world.clock.now())
    first, second = world.accept(one, one)

    assert len(first.requests) == 1
    assert second == Accepted(first.event_id, "cus_ana", repeated=True)


def test_an_event_that_is_refused_twice_in_a_batch_is_refused_twice(world):
    one = placed(at=world.clock.now(), customer="cus_nobody")
    assert [result.code for result in world.accept(one, one)] == ["unknown_customer"] * 2


@pytest.mark.parametrize("together", [True, False])
def test_an_event_id_with_another_body_is_a_mistake_of_its_source(world, together):
    one, other = placed(at=world.clock.now()), placed(at=world.clock.now(), number="99999")
    results = world.accept(one, other) if together else [*world.accept(one), *world.accept(other)]

    assert isinstance(results[1], Conflict)
    assert results[1].code == "event_id_reused"
    assert world.tally() == {"order_confirmed": {"accepted": 1}}


def test_a_shipment_may_stand_before_its_order_in_a_batch(world):
    """Events apply in the order in which they happened, and are answered in the order in which they came."""
    at = world.clock.now()
    shipped = event("shipment.dispatched", "s/1", at=at, order_id="ord_1", promised_date="2026-11-30")
    results = world.accept(shipped, placed(at=at - 1))

    assert [result.customer_id for result in results] == ["cus_ana"] * 2
    assert [result.requests[0].message for result in results] == ["order_shipped", "order_confirmed"]


def test_a_shipment_of_an_unknown_order_is_nobodys(world):
    at = world.clock.now()
    (result,) = world.accept(event("shipment.dispatched", "s/1", at=at, order_id="ord_9", promised_date="2026-11-30"))

    assert (result.code, result.fields[0].pointer) == ("unknown_customer", "#/customer")
    assert "unknown order" in str(result)


@pytest.mark.parametrize(
    ("wrong", "code", "pointer"),
    [
        ({"type": "order.plcaed"}, "unknown_event_type", "#/type"),
        ({"data": {"order_id": "ord_1"}}, "invalid_event", "#/data/number"),
        ({"customer": CustomerReference(id="cus_nobody")}, "unknown_customer", "#/customer"),
        ({"customer": CustomerReference(email="not an address")}, "invalid_address", "#/customer/email"),
        ({"customer": CustomerReference(phone="ramal 5")}, "invalid_address", "#/customer/phone"),
    ],
)
def test_a_refused_event_stores_nothing_and_stops_no_other(world, wrong, code, pointer):
    at = world.clock.now()
    refused, accepted = world.accept(replace(placed("ord_1", at=at), **wrong), placed("ord_2", at=at))

    assert (refused.code, refused.fields[0].pointer) == (code, pointer)
    assert isinstance(accepted, Accepted)
    assert world.tally() == {"order_confirmed": {"accepted": 1}}


@pytest.mark.parametrize(
    "named",
    [
        {"id": "cus_ana"},
        {"email": " Ana@Example.com "},
        {"phone": "(11) 91234-5678"},
        {"external": ("erp", "77")},
    ],
)
def test_an_event_may_name_its_customer_in_any_way_that_we_know(world, named):
    world.revise(Profile(id="cus_ana", external_ids={"erp": "77"}))
    (result,) = world.accept(replace(placed(at=world.clock.now()), customer=CustomerReference(**named)))
    assert result.customer_id == "cus_ana"


def test_the_newest_news_of_an_object_wins_whenever_they_come(world):
    """A late delivery of an old event changes neither the date nor who owns the order."""
    at = world.clock.now()
    world.accept(placed(at=at, event_id="e/new", promised_date="2026-12-10", number="1"), journeys=())
    world.accept(placed(at=at - 1, event_id="e/old", promised_date="2026-12-01", total=10.0), journeys=())

    with world.store.read() as transaction:
        order = transaction.events.objects([("order", "ord_1")])["order", "ord_1"]
    assert (order.data["promised_date"], order.data["number"], order.data["total"]) == ("2026-12-10", "1", 10.0)
    assert order.customer_id == "cus_ana"


def test_a_replay_is_due_when_its_events_happened(world):
    """Business time stands at the barrier; each request is decided, and dated, for its own instant."""
    then = world.clock.now() - 90 * 86_400_000
    with world.store.write() as transaction:
        transaction.ledger.set_clock(BusinessClock(frozen_at=then + 1_000))
    world.accept(placed("ord_1", at=then), placed("ord_2", at=then + 2_000), at_event_time=True, origin="replay")

    assert world.drain() == 1
    (call,) = world.provider.calls
    assert (call.entry.object_id, call.at) == ("ord_1", then)


def test_while_business_time_is_moved_nothing_real_is_sent(over_http):
    """A demo makes phones up, and those are real people's."""
    asked = over_http.ask()
    with over_http.store.write() as transaction:
        transaction.ledger.set_clock(BusinessClock(offset_ms=1))

    with pytest.raises(Refused, match="not every account is an outbox"):
        over_http.drain()
    assert over_http.provider.calls == []
    assert over_http.ended(asked) == ("accepted", "")


# --- at the same moment ---------------------------------------------------------------------------------------------


def in_threads(count, work):
    barrier = threading.Barrier(count)

    def begin_together(number):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as executor:
        return list(executor.map(begin_together, range(count)))


def test_workers_that_drain_at_once_send_every_message_once(world):
    """Each with its own event loop and its own connection."""
    asked = {world.ask("order_confirmed", (EMAIL, SMS, PUSH)[number % 3]) for number in range(120)}
    world.provider.slice_room = 9

    taken = in_threads(3, lambda number: world.drain(name=f"worker-{number}"))
    assert sum(taken) == 120
    assert len(world.provider.references) == 120
    assert set(world.provider.references) == asked
    assert world.tally() == {"order_confirmed": {"sent": 120}}


def test_an_event_that_comes_in_eight_times_at_once_is_accepted_once(world):
    """Senders repeat themselves, and not always one after the other."""
    one = placed(at=world.clock.now())
    results = []

    def accept(transaction):
        (result,) = EventDesk(release=world.release, clock=world.clock).accept(transaction, [one])
        results.append(result)
        return Answer(202, {"repeated": result.repeated})

    answers = in_threads(8, lambda _number: once(world.store, world.clock, None, accept))
    assert sorted(answer.document["repeated"] for answer in answers) == [False] + [True] * 7
    assert world.tally() == {"order_confirmed": {"accepted": 1}}


def test_fifty_requests_under_one_key_make_one_delivery(world):
    """All of them hear the same answer; another body under the key is refused."""
    key = IdempotencyKey(scope="key_1", key="pedido-10234", body_hash=body_hash({"message": "order_confirmed"}))
    wanted = WantedMessage(
        message="order_confirmed", customer_id="cus_ana", channels=Channels(all=(EMAIL,)), data=EVERYTHING
    )

    def accept(transaction):
        (request,) = accept_message(
            transaction, world.release, world.clock, wanted, identity="api/pedido-10234", origin="api"
        )
        return Answer(202, {"id": request.id, "título": "Pedido"})

    answers = in_threads(50, lambda _number: once(world.store, world.clock, key, accept))
    assert sum(answer.replayed for answer in answers) == 49
    assert len({(answer.status, answer.document["id"], answer.document["título"]) for answer in answers}) == 1
    assert world.tally() == {"order_confirmed": {"accepted": 1}}
    with pytest.raises(Conflict) as caught:
        once(world.store, world.clock, replace(key, body_hash="other"), accept)
    assert caught.value.code == "idempotency_key_reused"


def test_a_body_is_the_same_in_whatever_order_its_keys_come():
    assert body_hash({"a": 1, "b": {"c": "é", "d": None}}) == body_hash({"b": {"d": None, "c": "é"}, "a": 1})
    assert body_hash({"a": 1}) != body_hash({"a": "1"})


# --- lanes and time -------------------------------------------------------------------------------------------------


def test_transactional_messages_go_first_and_marketing_does_not_starve(world):
    """One slice in ten belongs to the lowest lane that has work."""
    world.said(ConsentState.GRANTED)
    world.provider.slice_room = 1
    marketing = {world.ask("review_request", EMAIL) for _ in range(2)}
    for _ in range(20):
        world.ask("order_confirmed", EMAIL)

    world.drain()
    places = [place for place, one in enumerate(world.provider.references) if one in marketing]
    # With room for one call, a slice of theirs goes ahead while the first of marketing is on the wire.
    assert places == [9, 21]


def test_a_tick_rings_the_lanes_that_have_something_due(world):
    class Bell:
        rung = ()

        def ring(self, lane):
            self.rung += (lane,)
            return True

    bell = Bell()
    assert tick(world.store, bell, world.clock.now()) == []
    world.ask("review_request", EMAIL)
    assert tick(world.store, bell, world.clock.now()) == ["marketing"]
    world.ask("order_confirmed", EMAIL)
    assert tick(world.store, bell, world.clock.now()) == ["transactional", "marketing"]
    assert bell.rung == ("marketing", "transactional", "marketing")


def test_first_answers_are_forgotten_after_a_week(world):
    key = IdempotencyKey(scope="key_1", key="k", body_hash="h")
    once(world.store, world.clock, key, lambda _: Answer(200, {}))
    world.clock.advance(days=7)
    assert tidy(world.store, world.clock.now()) == 0
    world.clock.advance(seconds=1)
    assert tidy(world.store, world.clock.now()) == 1
    assert not once(world.store, world.clock, key, lambda _: Answer(200, {})).replayed


def test_publishing_the_same_files_again_changes_nothing(world):
    assert publish(world.store, world.release, world.clock.now()) is False


def test_a_ledger_without_a_release_says_what_to_run(store, release, clock):
    """Nothing is lost meanwhile: the request stays where it is."""
    world = World(store, release, clock)
    world.register(ANA)
    asked = world.ask()
    with pytest.raises(ConfigurationError, match=r"holds no release yet.*jogral up"):
        world.drain()
    assert world.ended(asked) == ("accepted", "")


# --- any order of things --------------------------------------------------------------------------------------------

CHANNELS = st.sampled_from([EMAIL, SMS, PUSH])
TOPICS = {"review_request": "reviews", "order_confirmed": "order_updates"}
HAPPENINGS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(ConsentState), st.sampled_from(sorted(TOPICS.values())), CHANNELS),
    st.tuples(st.just("stop"), CHANNELS),
    st.tuples(st.just("ask"), st.sampled_from(sorted(TOPICS)), st.lists(CHANNELS, min_size=1, max_size=3, unique=True)),
    st.tuples(st.just("drain")),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=st.lists(st.tuples(HAPPENINGS, st.one_of(st.none(), HAPPENINGS)), max_size=12))
def test_whatever_happens_in_whatever_order_nobody_is_written_to_against_their_will(world, happenings):
    """Consents, stops and requests, before a drain and in the middle of it.

    No marketing without a grant in force, nothing after an opt-out or a stop, and every request ends somewhere.
    """
    will = Will(world, f"cus_{next(numbers)}")
    for happening, meanwhile in happenings:
        will.happens(happening, meanwhile)
    will.happens(("drain",), None)

    assert will.trespasses == []
    with world.store.read() as transaction:
        states = [transaction.deliveries.get(asked)["state"] for asked in will.asked]
    assert all(State(state) in FINAL for state in states)
    assert states.count("sent") == will.sent


class Will:
    """One customer: what they said last, in a few lines that share nothing with ours, and what we did."""

    def __init__(self, world, customer_id):
        self._world = world
        self._id = customer_id
        self._said = {}
        self._stopped = set()
        self.asked, self.trespasses, self.sent = [], [], 0
        world.register(
            Profile(
                id=customer_id,
                emails=(f"{customer_id}@example.com",),
                push_tokens=(f"token-{customer_id}",),
                phones=(f"+55119{90000000 + next(numbers)}",),
            ),
        )
        world.provider.answer = self._written_to

    def happens(self, happening, meanwhile):
        match happening:
            case ("say", state, topic, channel):
                self._world.said(state, topic, channel.value, customer_id=self._id)
                self._said[topic, channel] = state
            case ("stop", channel):
                self._world.suppress(channel.value, self._id)
                self._stopped.add(channel)
            case ("ask", message, ["sms" | "push" | "email", *_] as channels) if message == "review_request":
                channels = [channel for channel in channels if channel is not SMS] or [EMAIL]
                self.asked.append(self._world.ask(message, *channels, customer_id=self._id))
            case ("ask", message, channels):
                self.asked.append(self._world.ask(message, *channels, customer_id=self._id))
            case ("drain",):
                between = meanwhile if meanwhile and meanwhile[0] in ("say", "stop") else None
                self._world.drain(after_the_claim(lambda: self.happens(between, None)) if between else None)

    def _written_to(self, call):
        channel = call.entry.channel
        message = call.entry.rendered.message
        state = self._said.get((TOPICS[message], channel))
        allowed = state is ConsentState.GRANTED if message == "review_request" else state is not ConsentState.WITHDRAWN
        if not allowed or (channel in self._stopped and message == "review_request"):
            self.trespasses.append((message, channel, state))
        self.sent += 1
        return delivered(call)

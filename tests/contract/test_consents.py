"""What people agree to and refuse: proven, confirmed at their own address, and ended for exactly what was meant."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from orchestrator.dispatch.consents import (
    ADDRESS_ID,
    CONFIRMED_AT,
    PERSON,
    Agreement,
    Proof,
    WhyNot,
    agree,
    agree_all,
    confirm,
    in_force,
    latest_said,
    require_proof,
    stop,
    withdraw,
)
from orchestrator.dispatch.current import Current
from orchestrator.dispatch.explain import explain_request, find_request
from orchestrator.dispatch.identity import merge
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.errors import Conflict, InputError, NotFound
from orchestrator.release import read_release
from tests.contract.world import EMAIL, PUSH, SMS, WHATSAPP

GRANTED, PENDING, WITHDRAWN = ConsentState.GRANTED, ConsentState.PENDING, ConsentState.WITHDRAWN
# Reviews are opted into once, offers twice.
REVIEWS, OFFERS, ORDERS = "reviews", "offers", "order_updates"
FORM = Proof(method="form", source="checkout", actor="key:key_shop", wording="optin_avaliacoes@1")
HERSELF = replace(FORM, actor=PERSON)
FILE = replace(FORM, actor="import:imp_1", method="file")
TO_OFFERS = replace(HERSELF, wording="optin_ofertas@4")
TEXT = Proof(method="text", source="sms", actor=PERSON, evidence={"text": "SAIR"})
CLICK = Proof(method="link", source="page", actor=PERSON)
DAY_MS = 86_400_000

BRUNO = Profile(id="cus_bruno", phones=("+5511912345678",), emails=("bruno@example.com",))


# --- what a test does -------------------------------------------------------------------------------------------------


def say(world, topic, *channels, proof=HERSELF, customer="cus_ana", **state):
    with world.store.write() as transaction:
        return agree(transaction, world.release, world.clock, customer, topic, channels, proof, **state).events


def end(world, topic=None, *channels, proof=CLICK, customer="cus_ana"):
    with world.store.write() as transaction:
        return withdraw(transaction, world.clock, [customer], topic, channels or None, proof)


def text_stop(world, *channels, customer="cus_ana", kind="phone"):
    with world.store.write() as transaction:
        return stop(transaction, world.clock, [address_of(world, kind, customer)], channels or None, TEXT)


def click(world, subject, customer="cus_ana"):
    with world.store.write() as transaction:
        return confirm(transaction, world.release, world.clock, {"customer": customer, **subject}, CLICK)


def address_of(world, kind, customer="cus_ana", place=0):
    with world.store.read() as transaction:
        return [one.id for one in transaction.customers.get(customer).addresses if one.kind == kind][place]


def standing(world, customer="cus_ana"):
    with world.store.read() as transaction:
        return {(one.topic, one.channel): one.state for one in in_force(transaction, customer)}


def questions(world):
    """The confirmations that were asked for: candidates and where they are pinned to."""
    with world.store.read() as transaction:
        rows = transaction.explanations.requests("cus_ana", "confirm_subscription", 20)
    return sorted((one.request.candidates, one.request.pinned_address_id) for one in rows)


def outcome(world, message, channel):
    request = world.ask(message, channel)
    world.drain()
    return world.ended(request)


def review(world, channel=EMAIL):
    return outcome(world, "review_request", channel)


def recorded(world, kind):
    """What the audit chain holds of a kind, oldest first."""
    with world.store.read() as transaction:
        entries = transaction.chain.unsealed(1_000)
    return [json.loads(one.payload) | {"customer_id": one.customer_id} for one in entries if one.kind == kind]


# --- agreeing ---------------------------------------------------------------------------------------------------------


def test_a_grant_is_in_force_with_its_proof(world):
    """Since when, how we know, who told us and in which words."""
    said_at = world.clock.now() - DAY_MS
    (event,) = say(world, REVIEWS, EMAIL, proof=replace(FORM, at=said_at, evidence={"form": "rodape"}))
    with world.store.read() as transaction:
        (kept,) = in_force(transaction, "cus_ana")
    assert kept == event
    assert (kept.state, kept.at, kept.actor, kept.wording) == (GRANTED, said_at, FORM.actor, FORM.wording)
    assert (kept.legal_basis, kept.evidence["form"]) == ("consent", "rodape")
    assert kept.evidence[ADDRESS_ID] == address_of(world, "email")
    assert review(world) == ("sent", "")


def test_a_grant_is_put_on_record(world):
    """With the id of its proof, and without an address."""
    (event,) = say(world, REVIEWS, EMAIL)
    (entry,) = recorded(world, "consent.granted")
    assert (entry["customer_id"], entry["event"], entry["wording"]) == ("cus_ana", event.id, HERSELF.wording)
    assert "example.com" not in json.dumps(entry)


@pytest.mark.parametrize(
    ("topic", "changed", "code"),
    [
        (REVIEWS, {"wording": None}, "wording_missing"),
        (REVIEWS, {"wording": "optin_avaliacoes@2"}, "unknown_wording"),
        (REVIEWS, {"wording": "optin_pesquisas@1"}, "wording_of_another_topic"),
        ("reviws", {}, "unknown_topic"),
        (REVIEWS, {"at": 10**14}, "future_time"),
    ],
)
def test_a_grant_that_could_not_be_proven_is_refused(world, topic, changed, code):
    """Nothing of it is kept, and the error says which field."""
    with pytest.raises(InputError) as refused:
        say(world, topic, EMAIL, proof=replace(HERSELF, **changed))
    assert refused.value.code == code
    assert len(refused.value.fields) == 1
    assert standing(world) == {}


def test_an_unknown_wording_says_which_was_meant(world):
    """One digit off is the most usual mistake."""
    with pytest.raises(InputError, match='did you mean "optin_avaliacoes@1"'):
        say(world, REVIEWS, EMAIL, proof=replace(HERSELF, wording="optin_avaliacao@1"))


def test_a_topic_of_the_contract_needs_no_wording(world):
    """Whoever switches order updates on again has nothing to consent to."""
    end(world, ORDERS, EMAIL)
    world.clock.advance(seconds=1)
    say(world, ORDERS, EMAIL, proof=replace(HERSELF, wording=None))
    assert outcome(world, "order_confirmed", EMAIL) == ("sent", "")


def test_words_that_left_the_file_still_prove(world):
    """People agreed to them while they were there."""
    content = json.loads(world.release.content)
    del content["wordings"]["optin_avaliacoes@1"]
    world.release = read_release(json.dumps(content))
    publish(world.store, world.release, world.clock.now())
    say(world, REVIEWS, EMAIL)
    assert standing(world) == {(REVIEWS, "email"): GRANTED}


def test_nobody_agrees_who_is_not_there(world):
    """404, as everywhere."""
    with pytest.raises(NotFound):
        say(world, REVIEWS, EMAIL, customer="cus_nobody")


def test_many_agree_at_once(world):
    """In the order in which they were given, each under their own lock."""
    world.register(BRUNO)
    wishes = [
        Agreement(customer_id=who, topic=REVIEWS, channels=[EMAIL], proof=FILE) for who in ("cus_bruno", "cus_ana")
    ]
    with world.store.write() as transaction:
        for wish in wishes:
            require_proof(transaction, world.release, latest_said(transaction, world.clock), wish.topic, wish.proof)
        events = agree_all(transaction, world.release, world.clock, wishes).events
    assert [one.customer_id for one in events] == ["cus_bruno", "cus_ana"]
    assert standing(world, "cus_bruno") == standing(world) == {(REVIEWS, "email"): GRANTED}


# --- double opt-in ----------------------------------------------------------------------------------------------------


def test_double_opt_in_waits_for_the_address(world):
    """It is asked for once for each address, and nothing is sent of the topic meanwhile."""
    events = say(world, OFFERS, EMAIL, WHATSAPP, SMS, proof=TO_OFFERS)
    assert {one.state for one in events} == {PENDING}
    assert questions(world) == [
        ((EMAIL,), address_of(world, "email")),
        ((WHATSAPP, SMS), address_of(world, "phone")),
    ]
    assert outcome(world, "win_back", EMAIL) == ("blocked", "consent_pending")


def test_the_question_goes_to_that_address_or_nowhere(world):
    """Not to the one that the customer prefers by then."""
    ana = Profile(id="cus_ana", emails=("ana@example.com", "trabalho@example.com"))
    world.revise(ana)
    second = address_of(world, "email", place=1)
    say(world, OFFERS, EMAIL, proof=replace(TO_OFFERS, evidence={ADDRESS_ID: second}))
    world.drain()
    assert [call.entry.address for call in world.provider.calls] == ["trabalho@example.com"]

    say(world, OFFERS, WHATSAPP, proof=TO_OFFERS)
    world.revise(Profile(id="cus_ana", phones=("+5511955554444",)))
    world.drain()
    assert len(world.provider.calls) == 1


def test_a_question_is_asked_once_in_a_while(world):
    """Whoever types somebody else's address into a form must not fill their mailbox."""
    for _ in range(5):
        say(world, OFFERS, EMAIL, proof=TO_OFFERS)
    assert len(questions(world)) == 1
    world.clock.advance(minutes=16)
    say(world, OFFERS, EMAIL, proof=TO_OFFERS)
    assert len(questions(world)) == 2


def test_a_confirmation_grants_on_the_words_of_the_question(world):
    """On every channel of that address, and of no other."""
    say(world, OFFERS, EMAIL, WHATSAPP, SMS, proof=TO_OFFERS)
    phone = {"address": address_of(world, "phone"), "topic": OFFERS}
    granted = click(world, phone)
    assert [(one.channel, one.wording, one.method) for one in granted] == [
        ("sms", "optin_ofertas@4", "double_opt_in"),
        ("whatsapp", "optin_ofertas@4", "double_opt_in"),
    ]
    assert granted[0].evidence[CONFIRMED_AT]
    assert standing(world)[(OFFERS, "email")] is PENDING
    assert click(world, phone) == (), "a second click changes nothing"


def test_what_was_withdrawn_since_is_not_confirmed(world):
    """The link of an old mail must not bring back what somebody has ended."""
    say(world, OFFERS, EMAIL, proof=TO_OFFERS)
    end(world)
    with pytest.raises(Conflict) as refused:
        click(world, {"address": address_of(world, "email"), "topic": OFFERS})
    assert refused.value.code == "nothing_to_confirm"
    assert standing(world)[(OFFERS, "email")] is WITHDRAWN


def test_who_gave_the_address_up_confirms_nothing(world):
    """Somebody else may have it now."""
    say(world, OFFERS, EMAIL, proof=TO_OFFERS)
    before = address_of(world, "email")
    world.revise(Profile(id="cus_ana", emails=("nova@example.com",)))
    with pytest.raises(Conflict):
        click(world, {"address": before, "topic": OFFERS})


def test_what_was_confirmed_elsewhere_is_not_asked_again(world):
    """The proof shows it to its end; half of it does not."""
    half = replace(TO_OFFERS, method="double_opt_in")
    whole = replace(half, evidence={CONFIRMED_AT: "2026-10-02T14:05:00-03:00"})
    assert [one.state for one in say(world, OFFERS, EMAIL, proof=half)] == [PENDING]
    assert [one.state for one in say(world, OFFERS, PUSH, proof=whole)] == [GRANTED]


def test_who_has_agreed_stays_so_when_they_agree_again(world):
    """A form that is filled in twice must not take away what was confirmed."""
    say(
        world,
        OFFERS,
        EMAIL,
        proof=replace(TO_OFFERS, method="double_opt_in", evidence={CONFIRMED_AT: "2026-10-02T14:05:00-03:00"}),
    )
    assert [one.state for one in say(world, OFFERS, EMAIL, proof=TO_OFFERS)] == [GRANTED]
    assert say(world, OFFERS, EMAIL, proof=TO_OFFERS, state=PENDING) == ()
    assert standing(world) == {(OFFERS, "email"): GRANTED}
    assert questions(world) == []


def test_without_an_address_there_is_nothing_to_confirm_at(world):
    """Better an error now than a person who never hears from us."""
    world.register(Profile(id="cus_carla", emails=("carla@example.com",)))
    with pytest.raises(InputError) as refused:
        say(world, OFFERS, EMAIL, SMS, proof=TO_OFFERS, customer="cus_carla")
    assert refused.value.code == "no_address"
    assert standing(world, "cus_carla") == {}


# --- withdrawing ------------------------------------------------------------------------------------------------------


def test_a_withdrawal_ends_a_topic_on_a_channel(world):
    """And nothing else."""
    say(world, REVIEWS, EMAIL, PUSH)
    end(world, REVIEWS, EMAIL)
    assert standing(world) == {(REVIEWS, "email"): WITHDRAWN, (REVIEWS, "push"): GRANTED}
    assert review(world) == ("blocked", "consent_withdrawn")
    assert [one["customer_id"] for one in recorded(world, "consent.withdrawn")] == ["cus_ana"]


def test_all_marketing_ends_at_once(world):
    """Every topic on every channel, also what was never spoken of; what was bought is still told."""
    say(world, REVIEWS, EMAIL)
    end(world)
    ended = standing(world)
    assert set(ended.values()) == {WITHDRAWN}
    assert (ORDERS, "email") not in ended
    assert (OFFERS, "push") in ended
    assert outcome(world, "order_confirmed", EMAIL) == ("sent", "")


def test_a_file_never_overrules_a_person_who_said_no(world):
    """Whatever time it claims, and whether they withdrew or wrote STOP."""
    end(world, REVIEWS, EMAIL)
    text_stop(world, SMS)
    world.clock.advance(seconds=60)
    assert say(world, REVIEWS, EMAIL, SMS, proof=FILE) == ()
    assert [one.channel for one in say(world, REVIEWS, PUSH, proof=FILE)] == ["push"]
    assert standing(world) == {(REVIEWS, "email"): WITHDRAWN, (REVIEWS, "push"): GRANTED}


def test_a_person_may_agree_again(world):
    """A new act, which is newer."""
    end(world, REVIEWS, EMAIL)
    world.clock.advance(seconds=60)
    say(world, REVIEWS, EMAIL)
    assert review(world) == ("sent", "")


# --- stop -------------------------------------------------------------------------------------------------------------


def test_a_stop_ends_all_marketing_at_the_address(world):
    """On that channel; the other channels of the phone go on, and so does what was bought."""
    say(world, REVIEWS, SMS, WHATSAPP)
    text_stop(world, SMS)
    assert standing(world) == {(REVIEWS, "sms"): WITHDRAWN, (REVIEWS, "whatsapp"): GRANTED}
    assert review(world, WHATSAPP) == ("sent", "")
    assert outcome(world, "order_confirmed", SMS) == ("sent", "")


def test_a_stop_is_on_record_for_everybody_who_has_the_address(world):
    """Families share phones: each has an entry, so that the erasure of one leaves that of the other."""
    world.register(BRUNO)
    say(world, REVIEWS, SMS, customer="cus_bruno")
    stopped = text_stop(world, SMS)
    assert stopped.holders == ("cus_ana", "cus_bruno")
    assert [one.customer_id for one in stopped.events] == ["cus_bruno"]
    assert {one["customer_id"] for one in recorded(world, "address.suppressed")} == {"cus_ana", "cus_bruno"}
    assert standing(world, "cus_bruno") == {(REVIEWS, "sms"): WITHDRAWN}


def test_who_has_another_phone_is_still_reached_there(world):
    """The STOP is the address's: what the customer agreed to holds on the other."""
    world.revise(Profile(id="cus_ana", phones=("+5511912345678", "+5511922223333")))
    say(world, REVIEWS, SMS)
    text_stop(world, SMS)
    assert standing(world) == {(REVIEWS, "sms"): GRANTED}
    with world.store.read() as transaction:
        silent = transaction.customers.standings(["cus_ana"], [])["cus_ana"].suppressions
    assert silent == {(address_of(world, "phone"), "sms"): "stop"}


def test_a_stop_of_everything_ends_marketing_everywhere(world):
    """On the channels of that phone, and on all others of whoever has it."""
    say(world, REVIEWS, EMAIL, SMS)
    text_stop(world)
    assert set(standing(world).values()) == {WITHDRAWN}
    assert review(world, EMAIL) == ("blocked", "consent_withdrawn")
    with world.store.read() as transaction:
        silent = transaction.customers.standings(["cus_ana"], [])["cus_ana"].suppressions
    assert {channel for _, channel in silent} == {"sms", "whatsapp"}


def test_a_stop_from_an_address_of_nobody_is_kept(world):
    """Whoever gives it later finds it silent."""
    world.register(Profile(id="cus_carla", phones=("+5511988887777",)))
    phone = address_of(world, "phone", "cus_carla")
    world.revise(Profile(id="cus_carla", phones=()))
    with world.store.write() as transaction:
        stopped = stop(transaction, world.clock, [phone], [WHATSAPP], TEXT)
    assert (stopped.holders, stopped.events) == ((), ())
    assert [one["customer_id"] for one in recorded(world, "address.suppressed")] == [None]
    world.revise(Profile(id="cus_carla", phones=("+5511988887777",)))
    say(world, REVIEWS, WHATSAPP, proof=FORM, customer="cus_carla")
    request = world.ask("review_request", WHATSAPP, customer_id="cus_carla")
    world.drain()
    assert world.ended(request) == ("blocked", "suppressed:stop")


def test_only_the_persons_own_grant_lifts_a_stop(world):
    """Not a file, not a key; and nothing comes back with it that was not agreed to anew."""
    surveys = replace(HERSELF, wording="optin_pesquisas@1")
    say(world, REVIEWS, WHATSAPP)
    say(world, "surveys", WHATSAPP, proof=surveys)
    text_stop(world, WHATSAPP)
    world.clock.advance(seconds=60)
    assert say(world, REVIEWS, WHATSAPP, proof=FORM) == ()
    assert review(world, WHATSAPP) == ("blocked", "suppressed:stop")
    say(world, REVIEWS, WHATSAPP)
    assert review(world, WHATSAPP) == ("sent", "")
    assert outcome(world, "csat_survey", WHATSAPP) == ("blocked", "consent_withdrawn")
    assert [one["customer_id"] for one in recorded(world, "address.released")] == ["cus_ana"]


@pytest.mark.parametrize("proof", [FORM, FILE])
def test_a_grant_that_others_tell_after_a_stop_is_left_out(world, proof):
    """The answer says so, since when; nothing is recorded and nobody is asked to confirm. Other channels are heard."""
    text_stop(world, WHATSAPP)
    stopped_at = world.clock.now()
    world.clock.advance(seconds=60)
    with world.store.write() as transaction:
        agreed = agree(
            transaction, world.release, world.clock, "cus_ana", OFFERS, [WHATSAPP],
            replace(proof, wording="optin_ofertas@4", evidence={CONFIRMED_AT: "2026-10-02T14:05:00-03:00"}),
        )  # fmt: skip
    assert agreed.events == ()
    (left_out,) = agreed.left_out
    assert (left_out.topic, left_out.channel, left_out.why) == (OFFERS, WHATSAPP, WhyNot.STOPPED)
    assert left_out.since == stopped_at
    assert standing(world) == {}
    assert questions(world) == []
    assert [one.channel for one in say(world, REVIEWS, EMAIL, WHATSAPP, proof=proof)] == ["email"]


def test_a_stop_leaves_what_was_bought_to_be_agreed_to(world):
    """It ended marketing, and nothing else."""
    text_stop(world, SMS)
    end(world, ORDERS, SMS)
    world.clock.advance(seconds=1)
    say(world, ORDERS, SMS, proof=replace(FORM, wording=None))
    assert outcome(world, "order_confirmed", SMS) == ("sent", "")


def test_a_return_is_that_of_one_person(world):
    """A family's phone: whoever else has it said no, or was not asked; whatever the shop records of them since."""
    world.register(BRUNO)
    text_stop(world, WHATSAPP)
    world.clock.advance(seconds=60)
    say(world, REVIEWS, WHATSAPP, proof=FORM, customer="cus_bruno")
    say(world, REVIEWS, WHATSAPP)
    world.clock.advance(seconds=60)
    say(world, REVIEWS, WHATSAPP, proof=FORM, customer="cus_bruno")
    brunos = world.ask("review_request", WHATSAPP, customer_id="cus_bruno")
    assert review(world, WHATSAPP) == ("sent", "")
    assert world.ended(brunos) == ("blocked", "suppressed:stop")
    assert standing(world, "cus_bruno") == {}


def test_a_merge_takes_nobodys_grant_to_a_phone_that_only_the_other_came_back_to(world):
    """Bruno agreed for his own number; at the family's he is silent, whoever he turns out to be."""
    world.register(replace(BRUNO, phones=("+5511912345678", "+5511933334444")))
    text_stop(world, WHATSAPP)
    world.clock.advance(seconds=60)
    say(world, REVIEWS, WHATSAPP)
    own = {ADDRESS_ID: address_of(world, "phone", "cus_bruno", place=1)}
    told = replace(FORM, wording="optin_pesquisas@1", evidence=own)
    assert say(world, "surveys", WHATSAPP, proof=told, customer="cus_bruno")
    with world.store.write() as transaction:
        merge(transaction, world.release, world.clock, "cus_ana", "cus_bruno", by="cli:bia")
    assert review(world, WHATSAPP) == ("sent", "")
    assert [key for key in standing(world) if key[0] == "surveys"] == []


def test_whoever_gets_the_address_later_is_not_asked_either(world):
    """The return of one is no word of the other, and the next STOP is everybody's again."""
    text_stop(world, WHATSAPP)
    world.clock.advance(seconds=60)
    say(world, REVIEWS, WHATSAPP)
    world.register(BRUNO)
    assert say(world, REVIEWS, WHATSAPP, proof=FORM, customer="cus_bruno") == ()
    text_stop(world, WHATSAPP)
    assert review(world, WHATSAPP) == ("blocked", "suppressed:stop")


def test_what_was_agreed_to_before_a_return_opens_nothing_after_it(world):
    """They came back for one topic; a form of the time before says nothing about now, whoever brings it."""
    text_stop(world, WHATSAPP)
    meanwhile = world.clock.now() + 30_000
    world.clock.advance(seconds=60)
    say(world, REVIEWS, WHATSAPP)
    back_at = world.clock.now()
    world.clock.advance(seconds=60)
    before = replace(FORM, wording="optin_pesquisas@1", at=meanwhile)
    with world.store.write() as transaction:
        agreed = agree(transaction, world.release, world.clock, "cus_ana", "surveys", [WHATSAPP], before)
    assert [(one.why, one.since) for one in agreed.left_out] == [(WhyNot.OUTDATED, back_at)]
    assert [one.state for one in say(world, "surveys", WHATSAPP, proof=replace(before, at=None))] == [GRANTED]


def test_nothing_returns_to_an_address_that_was_agreed_to_before_its_stop(world):
    """Not even what went on at another phone meanwhile. Of others nothing ends: to them the first stays silent."""
    world.register(replace(BRUNO, phones=("+5511912345678", "+5511933334444")))
    world.revise(Profile(id="cus_ana", phones=("+5511912345678", "+5511922223333")))
    for who in ("cus_ana", "cus_bruno"):
        say(world, "surveys", WHATSAPP, proof=replace(HERSELF, wording="optin_pesquisas@1"), customer=who)
    text_stop(world, WHATSAPP)
    assert standing(world) == standing(world, "cus_bruno") == {("surveys", "whatsapp"): GRANTED}
    world.clock.advance(seconds=60)
    say(world, REVIEWS, WHATSAPP)
    assert standing(world) == {(REVIEWS, "whatsapp"): GRANTED, ("surveys", "whatsapp"): WITHDRAWN}
    assert standing(world, "cus_bruno") == {("surveys", "whatsapp"): GRANTED}
    request = world.ask("csat_survey", WHATSAPP, customer_id="cus_bruno")
    world.drain()
    assert world.ended(request) == ("sent", "")
    assert [call.entry.address for call in world.provider.calls] == ["+5511933334444"]


def test_a_confirmation_lifts_a_stop_too(world):
    """It comes from the address itself; before it, nothing is lifted."""
    text_stop(world, WHATSAPP)
    say(world, OFFERS, WHATSAPP, proof=TO_OFFERS)
    assert recorded(world, "address.released") == []
    click(world, {"address": address_of(world, "phone"), "topic": OFFERS})
    assert len(recorded(world, "address.released")) == 1


def test_other_reasons_to_be_silent_are_not_lifted(world):
    """An address that does not exist does not exist because somebody agreed."""
    world.suppress("email", reason="bounce")
    say(world, REVIEWS, EMAIL)
    assert review(world) == ("blocked", "suppressed:bounce")


# --- why --------------------------------------------------------------------------------------------------------------


def explained(world, delivery_id):
    """What stood behind the gates of a request: evidence by its type."""
    with world.store.read() as transaction:
        known, _ = find_request(transaction, delivery_id)
        current = Current(world.release.id, world.release, {})
        why = explain_request(transaction, current, known, now=world.clock.now())
    return {type(one).__name__: one for answer in why.decision.answers for one in answer.evidence}


def test_an_explanation_names_the_proof(world):
    """The words, the way and the day; and it is the row that the ledger keeps."""
    (event,) = say(world, REVIEWS, EMAIL, proof=replace(HERSELF, at=world.clock.now() - DAY_MS))
    request = world.ask("review_request", EMAIL)
    world.drain()
    proof = explained(world, request)["Consent"].said
    assert (proof.id, proof.wording, proof.method, proof.at) == (event.id, HERSELF.wording, "form", event.at)


def test_an_explanation_names_a_stop_to_whom_it_binds(world):
    """Who came back is not told of it; whoever else has the phone is."""
    world.register(BRUNO)
    text_stop(world, WHATSAPP)
    world.clock.advance(seconds=60)
    say(world, REVIEWS, WHATSAPP)
    asked = {who: world.ask("review_request", WHATSAPP, customer_id=who) for who in ("cus_ana", "cus_bruno")}
    world.drain()
    told = {who: "Silence" in explained(world, request) for who, request in asked.items()}
    assert told == {"cus_ana": False, "cus_bruno": True}


def test_an_explanation_of_a_question_names_its_one_address(world):
    """The others were not asked about."""
    world.revise(Profile(id="cus_ana", emails=("ana@example.com", "trabalho@example.com")))
    second = address_of(world, "email", place=1)
    say(world, OFFERS, EMAIL, proof=replace(TO_OFFERS, evidence={ADDRESS_ID: second}))
    world.drain()
    with world.store.read() as transaction:
        (known,) = transaction.explanations.requests("cus_ana", "confirm_subscription", 5)
    assert explained(world, known.request.id)["Place"].address.startswith("t")


# --- the record -------------------------------------------------------------------------------------------------------


def test_the_history_holds_all_that_was_said(world):
    """Newest record first, page by page."""
    say(world, REVIEWS, EMAIL)
    world.clock.advance(seconds=1)
    end(world, REVIEWS, EMAIL)
    with world.store.read() as transaction:
        newest, oldest = transaction.consents.history("cus_ana", limit=10)
        assert transaction.consents.history("cus_ana", before=newest.seq, limit=10) == [oldest]
    assert [newest.event.state, oldest.event.state] == [WITHDRAWN, GRANTED]
    assert newest.recorded_at > oldest.recorded_at


# --- wordings ---------------------------------------------------------------------------------------------------------


def test_wordings_are_kept_with_the_release(world):
    """The words themselves, in each language."""
    with world.store.read() as transaction:
        kept = transaction.consents.wordings(["optin_ofertas@4", "optin_ofertas@99"])
    assert list(kept) == ["optin_ofertas@4"]
    assert kept["optin_ofertas@4"].topic == OFFERS
    assert "SAIR" in kept["optin_ofertas@4"].texts["pt-BR"]
    assert kept["optin_ofertas@4"].digest == world.release.wordings["optin_ofertas@4"].digest


def test_a_wording_says_one_thing_for_ever(world):
    """Other words under the same id are not published, and the error says where they stand and names the next one."""
    content = json.loads(world.release.content)
    content["wordings"]["optin_ofertas@4"]["texts"]["pt-BR"] = "Quero tudo, sempre."
    changed = read_release(json.dumps(content))
    with pytest.raises(Conflict, match="optin_ofertas@5") as refused:
        publish(world.store, changed, world.clock.now(), place=lambda wording: f"templates/wordings.yaml: {wording}")
    assert (refused.value.code, refused.value.where) == ("wording_changed", "templates/wordings.yaml: optin_ofertas@4")
    with world.store.read() as transaction:
        assert transaction.ledger.release_id() == world.release.id

"""A STOP holds at once, for everybody there, and nobody comes back to more than they had."""

from __future__ import annotations

import itertools
import json

import pytest

from orchestrator.dispatch import consents, pauses
from orchestrator.dispatch.consents import ADDRESS_ID, Proof
from orchestrator.dispatch.inbound import PAUSED_MS, Done, InboundText, hear_text
from orchestrator.dispatch.register import Profile
from orchestrator.domain.errors import InputError
from orchestrator.domain.pause import PauseScope
from orchestrator.stop_words import Meaning
from orchestrator.store.port import ChainQuery
from tests.contract.world import EMAIL, SMS, WHATSAPP, after_the_claim, with_project

PHONE = "+5511912345678"
HOUR_MS = 3_600_000
ALERTS, WORDING = "product_alerts", "optin_avisos@1"
PRODUCT = {"product": "Manta de Trico", "code": "4tq9", "url": "https://casalume.example/v/4tq9"}

numbers = itertools.count(1)


def write(world, text, channel=SMS, sender=PHONE, **also):
    """Somebody writes to us, and it is heard."""
    named = {"source_id": f"in_{next(numbers)}", **also}
    with world.store.write() as transaction:
        one = InboundText(source="sms", channel=channel, sender=sender, text=text, **named)
        return hear_text(transaction, world.release, world.clock, one)


def agree(world, topic=ALERTS, *channels, wording=WORDING, customer_id="cus_ana"):
    proof = Proof(method="form", source="checkout", actor="key:shop", wording=wording)
    with world.store.write() as transaction:
        consents.agree(transaction, world.release, world.clock, customer_id, topic, channels or (SMS,), proof)


def ask_marketing(world, channel=SMS, customer_id="cus_ana"):
    """The id of a request for marketing on one channel."""
    return world.ask("back_in_stock", channel, customer_id=customer_id, data={"product_alert": PRODUCT})


def decided(world, channel=SMS, customer_id="cus_ana"):
    """How the gate ends a marketing request now."""
    request = ask_marketing(world, channel, customer_id)
    world.drain()
    return world.ended(request)


def texts_sent(world):
    """The messages that left, as (message, address)."""
    return [(call.entry.rendered.message, call.entry.address) for call in world.provider.calls]


# --- STOP -------------------------------------------------------------------------------------------------------------


def test_a_stop_ends_marketing_there_and_what_was_bought_is_still_told(world):
    """The next gate obeys; a transactional topic flows on."""
    agree(world, ALERTS, SMS, WHATSAPP)
    assert decided(world) == ("sent", "")

    heard = write(world, "não quero mais receber SMS")
    assert (heard.reading.kind, heard.done, heard.holders) == (Meaning.OPT_OUT, Done.STOPPED, ("cus_ana",))

    assert decided(world)[0] == "blocked"
    assert decided(world, WHATSAPP) == ("sent", "")
    order = world.ask("order_confirmed", SMS)
    world.drain()
    assert world.ended(order) == ("sent", "")


def test_what_waits_already_is_not_sent_after_a_stop(world):
    """The gate looks under the lock that the STOP took."""
    agree(world)
    request = ask_marketing(world)
    write(world, "SAIR")
    world.drain()
    assert world.ended(request)[0] == "blocked"


def test_out_of_everything_is_out_on_every_channel(world):
    """And one word on one channel is not."""
    agree(world, ALERTS, SMS, WHATSAPP, EMAIL)
    write(world, "SAIR")
    assert decided(world, EMAIL) == ("sent", "")
    write(world, "quero sair de tudo")
    assert {decided(world, channel)[0] for channel in (EMAIL, WHATSAPP, SMS)} == {"blocked"}


def test_a_stop_holds_for_everybody_who_has_the_phone(world):
    """Families share phones, and nobody can tell who wrote."""
    world.register(Profile(id="cus_bia", phones=(PHONE,), emails=("bia@example.com",)))
    for customer_id in ("cus_ana", "cus_bia"):
        agree(world, ALERTS, SMS, customer_id=customer_id)
    heard = write(world, "Parem de me mandar mensagem!")
    assert heard.holders == ("cus_ana", "cus_bia")
    assert {decided(world, SMS, one)[0] for one in heard.holders} == {"blocked"}


def test_a_stranger_who_says_stop_is_not_written_to_when_we_learn_of_them(world):
    """What they said is kept with the address, and nobody answers: they are no customer."""
    heard = write(world, "STOP", sender="(11) 98888-7777")
    assert (heard.done, heard.holders, heard.confirmation) == (Done.STOPPED, (), None)

    world.register(Profile(id="cus_new", phones=("+5511988887777",)))
    agree(world, ALERTS, SMS, customer_id="cus_new")
    assert decided(world, SMS, "cus_new") == ("blocked", "suppressed:stop")


def test_a_whatsapp_sender_without_the_ninth_digit_is_who_they_are(world):
    """WhatsApp names old Brazilian accounts by eight digits."""
    world.register(Profile(id="cus_rio", phones=("+5521998765432",)))
    assert write(world, "parar", WHATSAPP, "552198765432").holders == ("cus_rio",)
    assert write(world, "parar", WHATSAPP, "5521998765432").holders == ("cus_rio",)


def test_the_same_text_is_heard_once(world):
    """Providers tell everything twice; the second time answers as the first, and does nothing."""
    first = write(world, "SAIR", source_id="same")
    again = write(world, "SAIR", source_id="same")
    assert not first.repeated
    assert again.repeated
    assert (again.id, again.done, again.confirmation) == (first.id, first.done, first.confirmation)
    assert again.reading.kind is Meaning.OPT_OUT
    world.drain()
    assert [message for message, _ in texts_sent(world)] == ["opt_out_confirmed"]


def test_nobody_is_reached_at_what_is_no_address(world):
    """A user id of WhatsApp's must not become somebody's phone."""
    with pytest.raises(InputError):
        write(world, "SAIR", WHATSAPP, "MY.2026206508304015")


def test_a_stop_that_comes_while_a_message_is_prepared_is_obeyed(world):
    """Between the claim and the gate: nothing is written after the STOP was answered."""
    agree(world)
    request = ask_marketing(world)
    world.drain(after_the_claim(lambda: write(world, "SAIR")))
    assert world.ended(request)[0] == "blocked"


# --- the confirmation -------------------------------------------------------------------------------------------------


def test_a_stop_is_confirmed_once_at_the_same_address(world):
    """To the second phone, from which it came, and to no other."""
    world.register(Profile(id="cus_two", phones=("+5521998765432", "+5521987654321")))
    heard = write(world, "SAIR", sender="+5521987654321")
    assert heard.confirmation is not None
    world.drain()
    assert texts_sent(world) == [("opt_out_confirmed", "+5521987654321")]


def test_a_repeated_stop_is_not_confirmed_within_a_day(world):
    """One confirmation is what the rules allow."""
    assert write(world, "SAIR").confirmation is not None
    world.clock.advance(hours=23)
    assert write(world, "eu disse SAIR, parem de mandar mensagem").confirmation is None
    world.clock.advance(hours=25)
    assert write(world, "SAIR").confirmation is not None


def test_a_stop_after_coming_back_is_confirmed_again(world):
    """It is no repetition of the first."""
    agree(world)
    write(world, "SAIR")
    world.clock.advance(hours=1)
    write(world, "VOLTAR")
    world.clock.advance(hours=1)
    assert write(world, "SAIR").confirmation is not None


def test_without_a_message_for_it_a_stop_is_obeyed_in_silence(world):
    """A project need not confirm."""
    agree(world)
    world.release = with_project(world.release, consents={})
    heard = write(world, "SAIR")
    assert (heard.done, heard.confirmation) == (Done.STOPPED, None)


def test_a_confirmation_that_is_late_is_not_sent(world):
    """After five minutes it would be one more message to somebody who wants none."""
    heard = write(world, "SAIR")
    world.clock.advance(minutes=5, seconds=1)
    world.drain()
    assert world.ended(heard.confirmation) == ("expired", "not_after")


# --- out of everything, and not us at all ---------------------------------------------------------------------------


def test_who_wants_their_data_erased_is_out_of_everything_and_shown_the_way(world):
    """The text opens no request: it shows who has the phone, and not whose data they are."""
    agree(world, ALERTS, SMS, EMAIL)
    heard = write(world, "apaguem meus dados")
    assert (heard.reading.kind, heard.done) == (Meaning.ERASURE, Done.STOPPED)
    assert {decided(world, channel)[0] for channel in (EMAIL, SMS)} == {"blocked"}
    (call,) = world.provider.calls
    assert (call.entry.rendered.message, call.entry.address) == ("your_choices", PHONE)
    assert "https://loja.example/p/" in call.entry.rendered.text
    with world.store.read() as transaction:
        assert transaction.privacy_requests.about(["cus_ana"], []) == []


def test_the_way_to_the_erasure_is_shown_also_after_a_stop(world):
    """The confirmation of the STOP did not name it; asked for twice, it is shown once."""
    assert write(world, "SAIR").confirmation is not None
    assert write(world, "apaguem meus dados").confirmation is not None
    assert write(world, "apaguem meus dados!!!").confirmation is None
    world.drain()
    assert [message for message, _ in texts_sent(world)] == ["opt_out_confirmed", "your_choices"]


def test_where_several_have_the_phone_nobodys_page_is_shown(world):
    """It would be one person's, and anybody's to use: that the STOP was heard is all that they are told.

    Nor does one end what the other hears elsewhere.
    """
    world.register(Profile(id="cus_bia", phones=(PHONE,), emails=("bia@example.com",)))
    agree(world, ALERTS, EMAIL, customer_id="cus_bia")
    write(world, "apaguem meus dados")
    assert write(world, "VOLTAR").confirmation is None
    world.drain()
    assert [message for message, _ in texts_sent(world)] == ["opt_out_confirmed"]
    assert decided(world, EMAIL, "cus_bia") == ("sent", "")


def test_nothing_more_goes_to_the_wrong_person(world):
    """Orders neither: somebody else would read them. They get no answer; another address still works."""
    agree(world, ALERTS, SMS, WHATSAPP, EMAIL)
    heard = write(world, "número errado")
    assert (heard.done, heard.confirmation) == (Done.SILENCED, None)
    for channel in (SMS, WHATSAPP):
        order = world.ask("order_confirmed", channel)
        world.drain()
        assert world.ended(order) == ("blocked", "suppressed:wrong_person")
    assert decided(world, EMAIL) == ("sent", "")
    with world.store.read() as transaction:
        entries = transaction.chain.page(ChainQuery(limit=9, customer_id="cus_ana", kind="address.suppressed"))
    assert "wrong_person" in {json.loads(one.payload)["reason"] for one in entries}


def test_a_stop_does_not_open_what_the_wrong_person_closed(world):
    """It would let orders through again."""
    write(world, "número errado")
    write(world, "SAIR")
    order = world.ask("order_confirmed", SMS)
    world.drain()
    assert world.ended(order) == ("blocked", "suppressed:wrong_person")


def test_who_says_that_it_is_theirs_after_all_hears_of_their_orders(world):
    """And of no marketing that they have not said yes to since."""
    write(world, "número errado")
    agree(world)
    world.clock.advance(hours=1)
    heard = write(world, "VOLTAR")
    assert (heard.done, heard.confirmation is not None) == (Done.RESTORED, True)
    order = world.ask("order_confirmed", SMS)
    world.drain()
    assert world.ended(order) == ("sent", "")
    assert decided(world) == ("blocked", "suppressed:stop")


def test_a_stranger_who_is_the_wrong_person_is_only_stopped(world):
    """Nobody gave us that address: whoever gives it later is more likely its owner."""
    assert write(world, "número errado", sender="+5511988887777").done is Done.STOPPED
    world.register(Profile(id="cus_new", phones=("+5511988887777",)))
    order = world.ask("order_confirmed", SMS, customer_id="cus_new")
    world.drain()
    assert world.ended(order) == ("sent", "")


# --- yes --------------------------------------------------------------------------------------------------------------


def ask_to_confirm(world, *topics, customer_id="cus_ana", channels=(SMS,)):
    """Offers, and what else is named, wait for a yes."""
    proof = Proof(method="form", source="checkout", actor="key:shop", wording="optin_ofertas@4")
    with world.store.write() as transaction:
        for topic in topics or ("offers",):
            consents.agree(transaction, world.release, world.clock, customer_id, topic, channels, proof)
    world.clock.advance(minutes=1)


def states(world, customer_id="cus_ana"):
    with world.store.read() as transaction:
        return {
            (event.topic, event.channel): event.state.value
            for event in consents.in_force(transaction, customer_id)
        }  # fmt: skip


def test_a_yes_from_the_phone_that_was_asked_confirms(world):
    """On all that the phone was asked about; the text is the proof. A second one finds nothing that waits."""
    ask_to_confirm(world, channels=(SMS, WHATSAPP))
    heard = write(world, "Sim!")
    assert (heard.reading.kind, heard.done) == (Meaning.AMBIGUOUS, Done.CONFIRMED)
    assert write(world, "Sim!").done is Done.NOTHING
    assert states(world) == {("offers", "sms"): "granted", ("offers", "whatsapp"): "granted"}
    with world.store.read() as transaction:
        event = consents.in_force(transaction, "cus_ana")[0]
    assert (event.method, event.actor, event.evidence["text"]) == ("double_opt_in", "person", "Sim!")
    assert event.wording == "optin_ofertas@4"


def test_a_yes_after_a_stop_opens_what_was_asked(world):
    """The STOP, a new wish, the question and the yes: each is in the record."""
    write(world, "SAIR")
    world.clock.advance(hours=1)
    with world.store.write() as transaction:
        proof = Proof(method="form", source="preferences", actor="person", wording="optin_ofertas@4")
        consents.agree(transaction, world.release, world.clock, "cus_ana", "offers", [SMS], proof)
    world.clock.advance(minutes=1)
    assert write(world, "SIM").done is Done.CONFIRMED
    with world.store.read() as transaction:
        assert transaction.customers.standings(["cus_ana"], ())["cus_ana"].suppressions == {}


def test_a_yes_to_nothing_that_was_asked_changes_nothing(world):
    """It answers somebody else, or comes too late, or from somewhere else, or twice."""
    assert write(world, "SIM").done is Done.NOTHING
    ask_to_confirm(world)
    asked_at = world.clock.now()
    assert write(world, "SIM", sender="+5511988887777").done is Done.NOTHING
    assert write(world, "SIM", at=asked_at - HOUR_MS).done is Done.NOTHING
    world.clock.advance(days=3, minutes=1)
    assert write(world, "SIM").done is Done.NOTHING
    assert states(world) == {("offers", "sms"): "pending"}


def test_a_yes_by_email_confirms_nothing(world):
    """Anybody can write any sender into an e-mail; the link that came with the question is the answer there."""
    ask_to_confirm(world, channels=(EMAIL,))
    assert write(world, "SIM", EMAIL, "ana@example.com").done is Done.NOTHING
    assert states(world) == {("offers", "email"): "pending"}


def test_where_two_were_asked_at_one_phone_a_yes_is_nobodys(world):
    """Each has the link of their own question."""
    world.register(Profile(id="cus_bia", phones=(PHONE,)))
    for customer_id in ("cus_ana", "cus_bia"):
        ask_to_confirm(world, customer_id=customer_id)
    assert write(world, "SIM").done is Done.NOTHING


def test_a_yes_to_a_question_about_a_phone_that_they_gave_up_is_none(world):
    """It is not theirs any more."""
    ask_to_confirm(world)
    world.revise(Profile(id="cus_ana", phones=("+5521987654321",)))
    assert write(world, "SIM").done is Done.NOTHING


# --- what is something else -------------------------------------------------------------------------------------------


def test_what_is_about_something_else_is_kept_and_changes_nothing(world):
    """A person may read it; no machine acts on it."""
    agree(world)
    for text in ("cancelar meu pedido", "não", "vou sair de casa agora", "obrigada", "ajuda"):
        heard = write(world, text, source_id=text)
        assert heard.done is Done.NOTHING
        with world.store.read() as transaction:
            kept = transaction.inbound.known("sms", text)
        assert (kept.text, kept.reading["kind"]) == (text, heard.reading.kind.value)
    assert decided(world) == ("sent", "")


def test_a_text_is_read_in_the_language_of_its_thread(world):
    """That of the customer, else the project's."""
    world.register(Profile(id="cus_joe", locale="en", phones=("+14158675309",)))
    assert write(world, "end").reading.kind is Meaning.AMBIGUOUS
    assert write(world, "end", sender="+14158675309").reading.kind is Meaning.OPT_OUT


def test_a_pause_is_thirty_days_without_marketing(world):
    """Less instead of none."""
    agree(world)
    assert write(world, "pausar").done is Done.PAUSED
    assert decided(world) == ("held", "paused:customer")
    assert paused_until(world) == world.clock.now() + PAUSED_MS


def test_a_pause_of_the_shops_stays_and_ones_own_begins_anew(world):
    """Who wrote a week ago and writes again means from now on."""
    shops = pauses.WantedPause(scope=PauseScope.CUSTOMER, subject="cus_ana")
    with world.store.write() as transaction:
        pauses.pause(transaction, world.release, world.clock, shops, by="support")
    write(world, "pausar")
    assert paused_until(world) is None

    with world.store.write() as transaction:
        pauses.resume(transaction, world.release, world.clock, PauseScope.CUSTOMER, "cus_ana", by="support")
    write(world, "pausar")
    world.clock.advance(days=7)
    write(world, "menos mensagens")
    assert paused_until(world) == world.clock.now() + PAUSED_MS


def paused_until(world):
    with world.store.read() as transaction:
        return transaction.pauses.active(world.clock.now(), ["cus_ana"]).of(PauseScope.CUSTOMER, "cus_ana").until


# --- back in ----------------------------------------------------------------------------------------------------------


def test_who_comes_back_has_what_they_had(world):
    """On the words that they agreed to then, with the text as proof of the new act."""
    agree(world)
    write(world, "SAIR")
    world.clock.advance(hours=1)
    heard = write(world, "VOLTAR")
    assert (heard.reading.kind, heard.done) == (Meaning.OPT_IN, Done.RESTORED)
    assert decided(world) == ("sent", "")
    with world.store.read() as transaction:
        (event,) = consents.in_force(transaction, "cus_ana")
    assert (event.method, event.wording, event.actor) == ("text", WORDING, "person")
    assert event.evidence["text"] == "VOLTAR"
    assert event.evidence[ADDRESS_ID]


def test_who_had_agreed_to_nothing_comes_back_to_nothing_and_is_shown_where_to_choose(world):
    """START is no consent to a topic that nobody asked about. Repeated within a day, it is not answered again."""
    write(world, "SAIR")
    world.clock.advance(hours=1)
    heard = write(world, "START")
    assert (heard.done, write(world, "START").confirmation) == (Done.NOTHING, None)
    assert decided(world)[0] == "blocked"
    assert world.ended(heard.confirmation) == ("sent", "")
    assert texts_sent(world)[-1] == ("your_choices", PHONE)
    world.clock.advance(hours=25)
    assert write(world, "START").confirmation is not None


def test_a_project_that_names_no_such_message_answers_nothing(world):
    """As with every answer."""
    world.release = with_project(world.release, consents={})
    assert write(world, "START").confirmation is None


def test_a_topic_of_double_opt_in_is_asked_about_again(world):
    """A sender can be made up; whoever has the phone can answer."""
    proof = Proof(
        method="double_opt_in", source="checkout", actor="key:shop", wording="optin_ofertas@4",
        evidence={"confirmed_at": "2026-11-25T09:00:00-03:00"},
    )  # fmt: skip
    with world.store.write() as transaction:
        consents.agree(transaction, world.release, world.clock, "cus_ana", "offers", [SMS], proof)
    write(world, "SAIR")
    world.clock.advance(hours=1)
    assert write(world, "quero voltar a receber ofertas").done is Done.ASKED
    world.drain()
    assert ("confirm_subscription", PHONE) in texts_sent(world)


def test_what_was_withdrawn_by_itself_does_not_come_back(world):
    """Only what the STOP ended."""
    agree(world)
    with world.store.write() as transaction:
        proof = Proof(method="link", source="preferences", actor="person")
        consents.withdraw(transaction, world.clock, ["cus_ana"], ALERTS, [SMS], proof)
    world.clock.advance(hours=1)
    write(world, "SAIR")
    world.clock.advance(hours=1)
    assert write(world, "VOLTAR").done is Done.NOTHING


def test_a_topic_that_is_no_more_does_not_come_back(world):
    """What could not be proven tomorrow stays ended."""
    agree(world)
    write(world, "SAIR")
    world.clock.advance(hours=1)
    topics = json.loads(world.release.content)["project"]["topics"]
    del topics[ALERTS]
    world.release = with_project(world.release, topics=topics)
    assert write(world, "VOLTAR").done is Done.NOTHING


def test_nobody_comes_back_for_somebody_else(world):
    """Where two have the phone, nobody can say whose act it is."""
    world.register(Profile(id="cus_bia", phones=(PHONE,)))
    for customer_id in ("cus_ana", "cus_bia"):
        agree(world, ALERTS, SMS, customer_id=customer_id)
    write(world, "SAIR")
    world.clock.advance(hours=1)
    assert write(world, "VOLTAR").done is Done.NOTHING
    assert {decided(world, SMS, one)[0] for one in ("cus_ana", "cus_bia")} == {"blocked"}


def test_a_text_from_before_the_stop_brings_nobody_back(world):
    """Providers deliver late and in any order; the STOP is the newer word."""
    agree(world)
    written_at = world.clock.now()
    world.clock.advance(hours=1)
    write(world, "SAIR")
    world.clock.advance(hours=1)
    assert write(world, "VOLTAR", at=written_at).done is Done.NOTHING
    assert decided(world)[0] == "blocked"


def test_a_clock_that_is_ahead_does_not_delay_a_stop(world):
    """It holds from now on."""
    agree(world)
    assert write(world, "SAIR", at=world.clock.now() + 10 * HOUR_MS).done is Done.STOPPED
    assert decided(world)[0] == "blocked"

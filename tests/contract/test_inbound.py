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
    assert decided(world) == ("held", "paused")
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


def test_who_had_agreed_to_nothing_comes_back_to_nothing(world):
    """START is no consent to a topic that nobody asked about."""
    write(world, "SAIR")
    world.clock.advance(hours=1)
    assert write(world, "START").done is Done.NOTHING
    assert decided(world)[0] == "blocked"


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

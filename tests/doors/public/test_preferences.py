"""The preference centre does what its boxes say, and nothing that nobody touched."""

from __future__ import annotations

import pytest

from orchestrator.dispatch.consents import PERSON, Proof, stop
from orchestrator.dispatch.pauses import WantedPause, pause
from orchestrator.domain.customer import Channel
from orchestrator.domain.pause import PauseScope
from tests.doors.conftest import drained
from tests.doors.public.choosing import links_to
from tests.doors.public.visiting import ORDER


def test_the_page_shows_what_the_gate_would_say(centre):
    """Marketing only where they agreed; what belongs to purchases unless they refused; nothing that they cannot get."""
    boxes = centre.boxes()

    assert {name for name, ticked in boxes.items() if ticked} == {
        "offers.email", "cart_reminders.push",
        *(f"{topic}.{one.value}" for topic in ("order_updates", "support") for one in Channel),
    }  # fmt: skip
    assert not any(name.startswith("account.") for name in boxes)


def test_only_what_was_changed_is_said(centre):
    """One box on and one off make two words; wording, browser and method prove the yes."""
    shown = centre.save(on=["cart_reminders.email"], off=["offers.email"])

    assert shown.status == 200
    assert "Suas escolhas estão salvas" in shown.text
    agreed, withdrawn = centre.visitor.history[:2]
    assert (agreed.topic, agreed.channel, agreed.state, agreed.wording) == (
        "cart_reminders", "email", "granted", "optin_carrinho@1"
    )  # fmt: skip
    assert (agreed.method, agreed.actor) == ("preference_centre", "person")
    assert agreed.evidence["ip"] == "127.0.0.1"
    assert agreed.evidence["user_agent"]
    assert (withdrawn.topic, withdrawn.channel, withdrawn.state) == ("offers", "email", "withdrawn")
    assert len(centre.visitor.history) == 4


def test_saving_again_changes_nothing(centre):
    """Neither without a change, nor by loading the answer once more."""
    said = len(centre.visitor.history)
    centre.save()
    assert len(centre.visitor.history) == said

    fields = centre.filled(off=["offers.email"])
    first, second = (centre.visitor.post(centre.link, *fields) for _ in range(2))

    assert centre.boxes(first) == centre.boxes(second)
    assert centre.visitor.consents["offers", "email"] == "withdrawn"


def test_a_page_that_was_left_open_brings_nothing_back(centre):
    """Everything was ended elsewhere; the old page, saved with one change, changes that alone."""
    centre.visitor.post(centre.link, ("do", "all_off"))

    centre.save(off=["order_updates.sms"])

    consents = centre.visitor.consents
    assert consents["offers", "email"] == consents["cart_reminders", "push"] == "withdrawn"
    assert consents["order_updates", "sms"] == "withdrawn"
    assert "granted" not in consents.values()


def test_what_belongs_to_purchases_can_be_refused_on_a_channel(centre):
    """And comes back; the gate obeys both."""
    centre.save(off=["order_updates.email"])
    assert centre.visitor.sent("order_confirmed", "email", order=ORDER) == ("blocked", "consent_withdrawn")

    centre.shown = centre.visitor.get(centre.link)
    centre.save(on=["order_updates.email"])
    assert centre.visitor.sent("order_confirmed", "email", order=ORDER)[0] == "sent"


def test_a_topic_with_double_opt_in_waits_for_its_confirmation(centre):
    """A yes here asks at the address; the link in that message confirms it, and a look at it does not."""
    shown = centre.save(on=["offers.whatsapp"])

    assert "Enviamos um pedido de confirmação" in shown.text
    assert not centre.boxes(shown)["offers.whatsapp"]
    assert centre.visitor.consents["offers", "whatsapp"] == "pending"
    assert centre.visitor.sent("preference_checkin", "whatsapp") == ("blocked", "consent_pending")

    (link,) = links_to("c", centre.visitor)
    asked = centre.visitor.get(link)
    assert "Você vai receber “Ofertas e novidades” pelo WhatsApp" in asked.text
    assert "Quero receber ofertas e novidades da Casa Lume" in asked.text
    assert centre.visitor.consents["offers", "whatsapp"] == "pending"

    done, again = centre.visitor.post(link), centre.visitor.post(link)
    assert done.status == again.status == 200
    assert "A partir de agora você recebe" in done.text
    assert "A partir de agora você recebe" in again.text
    assert centre.visitor.consents["offers", "whatsapp"] == "granted"
    assert centre.visitor.history[0].method == "double_opt_in"
    assert centre.visitor.sent("preference_checkin", "whatsapp")[0] == "sent"


def test_what_was_taken_back_cannot_be_confirmed(centre):
    """The question is older than the answer."""
    centre.save(on=["offers.sms"])
    centre.visitor.send("order_confirmed", "email", order=ORDER)
    (link,) = links_to("c", centre.visitor)
    centre.press("all_off")

    shown = centre.visitor.post(link)

    assert "Não há mais nada a confirmar" in shown.text
    assert centre.visitor.consents["offers", "sms"] == "withdrawn"


def test_what_was_confirmed_at_an_address_that_bounces_says_that_nothing_comes(centre):
    """A yes is a yes, and the page promises no more than is done."""
    visitor = centre.visitor
    centre.save(on=["offers.whatsapp"])
    drained(visitor.app)
    (link,) = links_to("c", visitor)
    with visitor.app.store.write() as transaction:
        transaction.consents.suppress([visitor.address("phone")], "whatsapp", "bounce", visitor.app.clock.now())

    shown = visitor.post(link)

    assert "A partir de agora você recebe" in shown.text
    assert "Mas por enquanto nada é enviado pelo WhatsApp: nossas mensagens voltam desse endereço." in shown.text


# --- the doorbell -----------------------------------------------------------------------------------------------------


def test_a_question_is_on_its_way_at_once(centre, rung):
    """Nobody waits for the timer who waits for a confirmation."""
    centre.save(on=["offers.whatsapp"])
    assert rung.heard() == "transactional"


def test_what_a_break_held_goes_on_at_once_when_it_ends(centre, rung):
    """In the lane in which it was."""
    centre.press("break")
    assert centre.visitor.outcome(centre.visitor.send("preference_checkin", "email"))[0] == "held"
    centre.press("go_on")
    assert rung.heard() == "marketing"


def test_a_stop_is_shown_and_taken_back_by_the_persons_own_yes(centre):
    """The box says why it is empty; ticking it lifts the STOP, for that topic alone."""
    proof = Proof(method="text", source="sms", actor=PERSON)
    with centre.visitor.app.store.write() as transaction:
        stop(transaction, centre.visitor.app.clock, [centre.visitor.address("phone")], [Channel.SMS], proof)
    centre.shown = centre.visitor.get(centre.link)
    assert "você pediu para parar por aqui" in centre.shown.text

    shown = centre.save(on=["cart_reminders.sms"])

    assert {name for name, ticked in centre.boxes(shown).items() if ticked and name.endswith(".sms")} == {
        "cart_reminders.sms", "order_updates.sms", "support.sms"
    }  # fmt: skip


def test_an_address_that_bounced_is_not_for_them_to_open(centre):
    """The box is there, closed, and says why; a form that ticks it all the same changes nothing."""
    visitor = centre.visitor
    with visitor.app.store.write() as transaction:
        transaction.consents.suppress([visitor.address("email")], "email", "bounce", visitor.app.clock.now())
    before = visitor.history

    shown = visitor.get(centre.link)
    visitor.post(
        centre.link, ("on", "cart_reminders.email"), ("wording.cart_reminders", "optin_carrinho@1"), ("do", "save")
    )

    assert "nossas mensagens voltam desse endereço" in shown.text
    assert visitor.history == before


def test_a_break_ends_marketing_for_thirty_days_or_until_they_end_it(centre):
    """Purchases go on; nothing that they have chosen is lost."""
    shown = centre.press("break")

    assert "Você está em uma pausa até 25 de dezembro de 2026" in shown.text
    held = centre.visitor.send("preference_checkin", "email")
    assert centre.visitor.outcome(held)[0] == "held"
    assert centre.visitor.sent("order_confirmed", "email", order=ORDER)[0] == "sent"
    assert centre.boxes(shown) == centre.boxes()

    assert "A pausa terminou" in centre.press("go_on").text
    drained(centre.visitor.app)
    assert centre.visitor.outcome(held)[0] == "sent"


def test_the_shops_own_pause_is_not_the_persons_to_end_or_to_shorten(centre):
    """It has no end; a break in its place would."""
    visitor, wanted = centre.visitor, WantedPause(scope=PauseScope.CUSTOMER, subject=centre.visitor.customer)
    with visitor.app.store.write() as transaction:
        pause(transaction, visitor.release, visitor.app.clock, wanted, by="bia")

    for button in ("break", "go_on"):
        assert "No momento não enviamos mensagens de marketing" in centre.press(button).text
    with visitor.app.store.read() as transaction:
        standing = transaction.pauses.active(visitor.app.clock.now(), [visitor.customer])
    assert standing.of(PauseScope.CUSTOMER, visitor.customer).by == "bia"


def test_all_off_means_every_topic_on_every_channel(centre):
    """Also where they have no address yet; twice says it once."""
    centre.press("all_off")
    said = len(centre.visitor.history)
    centre.press("all_off")

    marketing = ("offers", "cart_reminders", "product_alerts", "reviews", "surveys")
    withdrawn = {key for key, state in centre.visitor.consents.items() if state == "withdrawn"}
    assert withdrawn == {(topic, one.value) for topic in marketing for one in Channel}
    assert len(centre.visitor.history) == said
    assert centre.visitor.sent("order_confirmed", "email", order=ORDER)[0] == "sent"


@pytest.mark.parametrize("fields", [[], [("do", "everything")], [("on", "offers.sms")]])
def test_a_form_that_says_nothing_does_nothing(centre, fields):
    before = centre.visitor.history

    assert centre.visitor.post(centre.link, *fields).status == 422
    assert centre.visitor.history == before


@pytest.mark.parametrize("wording", ["optin_carrinho@1", "optin_ofertas@99", ""])
def test_a_yes_rests_on_the_words_of_its_topic(centre, wording):
    """A form that names others, or none, is refused as a whole."""
    before = centre.visitor.history

    shown = centre.visitor.post(
        centre.link, ("on", "offers.sms"), ("wording.offers", wording), ("was", "cart_reminders.push"), ("do", "save")
    )

    assert shown.status == 422
    assert "templates/" not in shown.body
    assert centre.visitor.history == before

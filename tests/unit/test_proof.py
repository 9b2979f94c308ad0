"""The proof of a rendering: what is not said although every value in it is right, and what raises no alarm."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.catalog.model import Message, PublishedMessage
from orchestrator.catalog.proof import ALTERED
from orchestrator.catalog.read_back import MASK
from orchestrator.catalog.render import ClaimMismatch, differences, render
from orchestrator.catalog.sms import transliterate
from orchestrator.catalog.voice import Voice
from orchestrator.domain.customer import Channel

VOICE = Voice.model_validate(
    {
        "kind": "brand_voice",
        "id": "loja",
        "locale": "pt-BR",
        "owner": "marketing",
        "formats": {"deadline": {"long": "d 'de' MMMM", "short": "dd/MM"}},
        "channels": {"sms": {"prefix": "Loja: ", "accents": "strip", "date_style": "short"}},
    }
)
CLAIMS = {
    "price": {"kind": "price", "from": "offers.kit.price"},
    "was": {"kind": "price", "from": "offers.kit.was_price", "superseded": True},
    "off": {"kind": "discount", "from": "offers.kit.discount"},
    "ends": {"kind": "deadline", "from": "offers.kit.ends_at"},
    "code": {"kind": "coupon", "from": "offers.kit.coupon"},
    "returns": {"kind": "policy", "from": "policies.returns"},
}
FACTS = {
    "offers": {
        "kit": {
            "price": "129.90 BRL",
            "was_price": "162.38 BRL",
            "discount": "20%",
            "ends_at": "2026-11-30",
            "coupon": "LUME20",
        }
    },
    "policies": {"returns": {"value": "7d", "text": "até 7 dias corridos após o recebimento"}},
}


def published(text, **more):
    """A message that says the text on every channel."""
    texts = {"email": {"subject": "Oi", "body": text}, "sms": {"body": text}, "push": {"title": "Oi", "body": text}}
    message = Message.model_validate(
        {
            "kind": "message",
            "id": "offer",
            "title": "Oferta",
            "owner": "marketing",
            "topic": "offers",
            "variables": {
                "customer.first_name": {"type": "string", "fallback": "cliente"},
                "order.count": {"type": "integer", "fallback": 2},
            },
            "claims": CLAIMS,
            "content": {"headline": "-", "body": text},
            "channels": {"whatsapp": {}} | texts,
        }
        | more
    )
    return PublishedMessage(message=message)


def said(text, channel=Channel.PUSH, name="Ana", facts=FACTS):
    """The text as somebody of that name is told it."""
    return render(published(text), VOICE, "pt-BR", channel, {**facts, "customer": {"first_name": name}})


every_channel = pytest.mark.parametrize("channel", Channel)


# --- what is not said -----------------------------------------------------------------------------------------------


@every_channel
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{ customer.first_name }}{{ claims.off }} no kit", 'states "20%" directly beside data'),
        ("Só {{ claims.price }}{{ customer.first_name }}", "directly beside data"),
        ("Até {{ claims.ends }}{{ customer.first_name }}", "directly beside data"),
    ],
)
def test_a_claim_that_touches_data_is_not_said(channel, text, says):
    """A name of "1" before 20% would read 120%: whatever the name is this time, the next may be a figure."""
    with pytest.raises(ClaimMismatch, match='message "offer"') as caught:
        said(text, channel)
    assert says in str(caught.value)
    assert caught.value.code == "claim_mismatch"
    assert channel.value in str(caught.value)


@every_channel
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{ claims.off }} hoje, ou 30% amanhã", "30%"),
        ("Por {{ claims.price }}, frete R$ 10", "10.00 BRL"),
        ("Até {{ claims.ends }}, ou 01/12", "--12-01"),
        ("{{ claims.returns }}, com troca em 30 dias", "30d"),
        ("Com {{ claims.code }} ou com o cupom OUTRO10", "OUTRO10"),
        ("R${{ claims.off }} no kit", "claim_mismatch"),
    ],
)
def test_what_nobody_claims_is_not_said(channel, text, says):
    """The check has CL101 for it; this is for the release that nobody checked."""
    with pytest.raises(ClaimMismatch) as caught:
        said(text, channel)
    assert says in f"{caught.value} {caught.value.code}"


def test_the_refusal_names_the_field():
    with pytest.raises(ClaimMismatch, match=r"push, text: states 30%"):
        said("{{ claims.off }} ou 30%")


def test_no_facts_make_a_true_text_of_a_false_one():
    """The right value in the wrong kind of words: 20% is claimed as a discount, and R$ 20,00 would be a price."""
    facts = {**FACTS, "offers": {"kit": {**FACTS["offers"]["kit"], "price": "20.00 BRL"}}}
    assert said("{{ claims.price }} e {{ claims.off }}", facts=facts).text == "R$\u00a020,00 e 20%"
    with pytest.raises(ClaimMismatch):
        said("{{ claims.price }} e 20%", facts=facts)


# --- what is said ---------------------------------------------------------------------------------------------------


@every_channel
@pytest.mark.parametrize(
    "name", ["R$ 1,00", "20% de desconto", "27/11", "7 dias", "LUME20", "cupom X99", MASK, "", "\ue100"]
)
def test_what_came_from_data_promises_nothing(channel, name):
    rendered = said("{{ customer.first_name }}, só até {{ claims.ends }}: {{ claims.off }}.", channel, name)
    assert {claim.name for claim in rendered.claims} == {"ends", "off"}
    assert differences(rendered) == ()


def test_a_policy_is_said_in_its_approved_words_and_kept_by_its_value():
    """Also where an SMS takes its accents."""
    (claim,) = said("Devolva {{ claims.returns }}.").claims
    assert (claim.value, claim.text) == ("7d", "até 7 dias corridos após o recebimento")
    rendered = said("Devolva {{ claims.returns }}.", Channel.SMS)
    assert rendered.text == "Loja: Devolva ate 7 dias corridos apos o recebimento."
    assert differences(rendered) == ()


@every_channel
def test_a_claim_may_be_said_as_often_as_it_is_stated(channel):
    rendered = said("{{ claims.price }}! Sim, {{ claims.price }}, e era {{ claims.was }}.", channel)
    assert [claim.name for claim in rendered.claims] == ["price", "was"]
    assert [claim.superseded for claim in rendered.claims] == [False, True]
    assert rendered.masked["text"].claims == ("price", "price", "was")


def test_a_claim_that_was_not_said_this_time_is_not_recorded():
    """Under {% if %}: the ledger of promises must not hold what nobody read."""
    text = "Oi{% if customer.first_name %}, {{ claims.off }} de desconto{% else %} e {{ claims.price }}{% endif %}."
    assert [claim.name for claim in said(text, Channel.EMAIL).claims] == ["off"]
    assert differences(said(text, Channel.EMAIL)) == ()


def test_two_customers_to_whom_the_same_is_promised_share_one_proof():
    """Read back once; compared for each."""
    offer = published("Oi, {{ customer.first_name }}: {{ claims.off }}")
    ana, bia = (
        render(offer, VOICE, "pt-BR", Channel.PUSH, {**FACTS, "customer": {"first_name": name}}) for name in "ab"
    )
    assert (ana.text, bia.text) == ("Oi, a: 20%", "Oi, b: 20%")
    assert ana.masked is bia.masked


# --- what is found afterwards ---------------------------------------------------------------------------------------


@every_channel
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("só", "nem"),
        ("20%", "30%"),
        ("20%", ""),
        ("30", "31"),
        ("até", "desde"),
        ("de volta", "de volta, e 50% no resto"),
    ],
)
def test_any_change_outside_of_data_is_an_altered_text(channel, old, new):
    """Not figures alone: whoever changes "até" to "desde" changes the promise."""
    rendered = said("{{ customer.first_name }}, só {{ claims.off }} até {{ claims.ends }} de volta", channel)
    if channel is Channel.SMS:
        old = transliterate(old, "ascii")
    changed = replace(rendered, text=rendered.text.replace(old, new, 1))
    assert changed.text != rendered.text
    assert [(found.field, found.says) for found in differences(changed)] == [("text", ALTERED)]


def test_a_change_inside_of_data_is_none_of_ours():
    rendered = said("Oi, {{ customer.first_name }}! Só {{ claims.off }}.")
    assert differences(replace(rendered, text="Oi, Bia! Só 20%.")) == ()
    assert differences(replace(rendered, text="Oi, Bia Só 20%.")) != ()


# --- words that a filter brings -------------------------------------------------------------------------------------

ITEMS = '{{ order.count | plural(one="FORM", other="{n} itens") }}'


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("form", ["um item a R$ 5", "{n} item com 20% de desconto", "{n} item até 30/11"])
def test_the_words_of_a_plural_are_copy_and_promise_nothing(channel, form):
    """Also those that this customer's number does not ask for: the next one's does."""
    message = published("Seu carrinho: " + ITEMS.replace("FORM", form) + ".")
    with pytest.raises(ClaimMismatch, match="not claimed"):
        render(message, VOICE, "pt-BR", channel, FACTS | {"order": {"count": 2}})


def test_a_number_and_the_copy_around_it_promise_nothing_together():
    message = published('Leve por R$ {{ order.count | plural(one="5", other="9") }}')
    with pytest.raises(ClaimMismatch):
        render(message, VOICE, "pt-BR", Channel.PUSH, FACTS)


def test_innocent_plurals_are_said():
    message = published("Seu carrinho tem " + ITEMS.replace("FORM", "{n} item") + ".")
    assert render(message, VOICE, "pt-BR", Channel.PUSH, FACTS).text == "Seu carrinho tem 2 itens."


# --- what only looks like a promise ---------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", Channel)
def test_what_the_message_says_is_no_promise_is_not_heard_as_one(channel):
    text = "Toalha com 30% de viscose por {{ claims.price }}, à venda na Rua 25 de Março."
    with pytest.raises(ClaimMismatch):
        render(published(text), VOICE, "pt-BR", channel, FACTS)
    innocent = published(text, not_claims=["30% de viscose", "na Rua 25 de Março"])
    rendered = render(innocent, VOICE, "pt-BR", channel, FACTS)
    assert differences(rendered) == ()
    assert "30% de viscose" in rendered.text


def test_what_is_no_promise_in_one_place_hides_no_other():
    text = "Com 30% de viscose e 30% de desconto."
    with pytest.raises(ClaimMismatch, match="30%"):
        render(published(text, not_claims=["30% de viscose"]), VOICE, "pt-BR", Channel.PUSH, FACTS)

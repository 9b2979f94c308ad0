"""The one render: four voices of one fact, and data that stays data on each of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestrator.catalog.letter import lay_out
from orchestrator.catalog.model import Message, PublishedMessage, example_data
from orchestrator.catalog.render import MissingVariable, RenderError, SilentChannel, render
from orchestrator.catalog.text import no_whatsapp_marks, strip_controls
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError
from orchestrator.domain.message import Button
from orchestrator.project import SHIPPED
from tests import hostile
from tests.hostile import elements, formatting, words

EMAIL, WHATSAPP, SMS, PUSH = Channel.EMAIL, Channel.WHATSAPP, Channel.SMS, Channel.PUSH
LAYOUT = (SHIPPED / "templates" / "layouts" / "transactional.mjml").read_text(encoding="utf-8")

# A message that says a name and a price in every place that a channel has.
OFFER = {
    "kind": "message",
    "id": "offer",
    "title": "Oferta",
    "owner": "marketing",
    "topic": "offers",
    "variables": {
        "customer.first_name": {"type": "string", "fallback": "cliente"},
        "order.url": {"type": "url"},
        "offer.price": {"type": "money"},
        "offer.ends": {"type": "datetime"},
        "offer.left": {"type": "integer"},
    },
    "claims": {
        "price": {"kind": "price", "from": "offer.price"},
        "ends": {"kind": "deadline", "from": "offer.ends"},
    },
    "content": {
        "headline": "Para {{ customer.first_name }}",
        "body": "Só para **{{ customer.first_name }}**: {{ claims.price }} até {{ claims.ends }}.",
        "cta": {"label": "Ver, {{ customer.first_name }}", "url": "{{ order.url }}"},
    },
    "channels": {
        "email": {"subject": "{{ customer.first_name }}, olha isto", "preheader": "Oi, {{ customer.first_name }}"},
        "whatsapp": {
            "body": "**{{ customer.first_name }}** {{ customer.first_name }} _até {{ claims.ends }}_",
            "buttons": [
                {"type": "url", "label": "Ver", "url": "https://casalume.example/{{ offer.left }}"},
                {"type": "quick_reply", "label": "Sair", "emit": "offer.refused"},
            ],
        },
        "sms": {"body": "{{ customer.first_name }}: {{ claims.price }} até {{ claims.ends }}"},
        "push": {
            "title": "{{ customer.first_name }}!",
            "body": "{{ customer.first_name }}, {{ claims.price }}",
            "url": "{{ order.url }}",
        },
    },
}
DATA = {
    "customer": {"first_name": "Ana"},
    "order": {"url": "https://casalume.example/o"},
    "offer": {"price": "1299.90 BRL", "ends": "2026-11-29T23:59:00-03:00", "left": 12_345},
}


@pytest.fixture(scope="session")
def voice(release):
    return release.voice


@pytest.fixture(scope="session")
def publish(voice):
    def made(**changes):
        message = Message.model_validate(OFFER | changes)
        return PublishedMessage(message=message, letter=lay_out(message, voice, LAYOUT))

    return made


@pytest.fixture(scope="session")
def offer(publish):
    return publish()


@pytest.fixture(scope="session")
def say(offer, voice):
    """Say the offer to somebody of that name."""

    def said(channel, first_name="Ana", **data):
        return render(offer, voice, "pt-BR", channel, DATA | {"customer": {"first_name": first_name}} | data)

    return said


# --- one fact, four voices ------------------------------------------------------------------------------------------


def test_every_channel_states_the_same_value_in_its_own_words(say):
    """Long dates where there is room, short ones where there is not."""
    claims = {channel: {claim.name: claim for claim in say(channel).claims} for channel in Channel}
    assert {claim["ends"].value for claim in claims.values() if "ends" in claim} == {"2026-11-29T23:59:00-03:00"}
    assert claims[EMAIL]["ends"].text == claims[WHATSAPP]["ends"].text == "29 de novembro, 23h59"
    assert claims[SMS]["ends"].text == "29/11, 23h59"
    assert (claims[PUSH]["price"].value, claims[PUSH]["price"].kind) == ("1299.90 BRL", ClaimKind.PRICE)


def test_a_channel_states_only_what_it_says(say):
    """The promise ledger must not hold what the customer never read."""
    assert [claim.name for claim in say(WHATSAPP).claims] == ["ends"]
    assert [claim.name for claim in say(PUSH).claims] == ["price"]


def test_the_voice_greets_and_signs_where_a_channel_has_room(say):
    assert say(EMAIL).text == (
        "Oi, Ana,\n\n"
        "Só para Ana: R$\u00a01.299,90 até 29 de novembro, 23h59.\n\n"
        "Um abraço,\nEquipe Casa Lume\n\n"
        "Ver, Ana: https://casalume.example/o"
    )
    assert say(SMS).text == "Casa Lume: Ana: R$ 1.299,90 ate 29/11, 23h59"
    assert say(WHATSAPP).text == "*Ana* Ana _até 29 de novembro, 23h59_"
    assert (say(PUSH).title, say(PUSH).text, say(PUSH).url) == (
        "Ana!",
        "Ana, R$\u00a01.299,90",
        "https://casalume.example/o",
    )


def test_a_body_of_its_own_replaces_greeting_and_sign_off(publish, voice):
    channels = OFFER["channels"] | {"email": {"subject": "Oi", "body": "Só isto."}, "whatsapp": {}}
    message = publish(channels=channels)
    assert render(message, voice, "pt-BR", EMAIL, DATA).text == "Só isto.\n\nVer, Ana: https://casalume.example/o"
    assert render(message, voice, "pt-BR", WHATSAPP, DATA).text.startswith("Oi, Ana!\n\nSó para *Ana*:")


def test_a_price_does_not_make_an_sms_dearer(say):
    """The fixed space that formatters write would turn it into UCS-2."""
    said = say(SMS)
    assert (said.encoding, said.segments, said.units) == ("GSM-7", 1, len(said.text))


def test_buttons_open_a_page_or_answer(say):
    assert say(WHATSAPP).buttons == (
        Button(label="Ver", url="https://casalume.example/12.345"),
        Button(label="Sair", emit="offer.refused"),
    )


def test_the_same_data_gives_the_same_bytes(offer, voice, say):
    """Preview and send are one function, and nothing in it depends on when or how often it is asked."""
    for channel in Channel:
        assert render(offer, voice, "pt-BR", channel, DATA) == say(channel) == say(channel)


# --- data that is missing or does not fit ---------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [None, "", "  ", "\u200b\u2060", "\n"])
def test_a_name_that_nobody_can_see_is_no_name(say, nothing):
    """The fallback stands in, and nobody reads "Oi, ,"."""
    assert say(EMAIL, nothing).subject == "cliente, olha isto"


@pytest.mark.parametrize("nothing", [{}, {"price": None, "ends": "2026-11-29"}, {"price": "", "ends": "2026-11-29"}])
def test_what_has_no_fallback_stops_the_message(say, nothing):
    with pytest.raises(MissingVariable, match=r'"offer" needs offer\.price') as caught:
        say(PUSH, offer=nothing)
    assert caught.value.code == "missing_variable"
    assert "fallback" in caught.value.remedy()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"offer": DATA["offer"] | {"price": "muito"}}, 'offer.price "muito" is not an amount'),
        ({"offer": DATA["offer"] | {"price": {"amount": [1], "currency": "BRL"}}}, "offer.price cannot be made from"),
        ({"order": {"url": "javascript:alert(1)"}}, 'order.url "javascript:alert(1)" is not an http'),
        ({"customer": {"first_name": ["Ana"]}}, "customer.first_name a text cannot be made from a list"),
    ],
)
def test_a_value_that_does_not_fit_names_its_path(say, data, told):
    with pytest.raises(RenderError, match='message "offer": ') as caught:
        say(PUSH, **data)
    assert told in str(caught.value)


def test_a_channel_needs_only_what_it_says(publish, voice):
    """An SMS without a price goes out while the price service is down."""
    message = publish(channels=OFFER["channels"] | {"sms": {"body": "Oi, {{ customer.first_name }}"}})
    assert render(message, voice, "pt-BR", SMS, {}).text == "Casa Lume: Oi, cliente"


def test_silence_is_said_so(publish, voice):
    with pytest.raises(SilentChannel, match='"offer" is not said on sms'):
        render(publish(channels=OFFER["channels"] | {"sms": None}), voice, "pt-BR", SMS, DATA)


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        (
            {"order.number": {"type": "string"}, "order.number.short": {"type": "string"}},
            "one value cannot hold another",
        ),
        ({"claims.price": {"type": "string"}}, "names under claims are the claims themselves"),
    ],
)
def test_names_that_no_data_could_fill_are_refused_when_they_are_read(variables, complaint):
    with pytest.raises(ValidationError, match=complaint):
        Message.model_validate(OFFER | {"variables": OFFER["variables"] | variables})


def test_examples_are_data(release):
    """What a preview without a persona shows."""
    message = release.messages["order_confirmed"]
    assert render(message, release.voice, "pt-BR", SMS, example_data(message.message)).text == (
        "Casa Lume: Pedido 10234 confirmado! Prazo de entrega: ate 25/11. Veja: https://casalume.example/p/10234"
    )


# --- data stays data ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", hostile.NAMES, ids=lambda name: ascii(name[:32]))
def test_a_name_opens_no_element_and_no_attribute(say, name):
    """Read by an independent parser: the letter has the elements that it has for Ana, and the name as text."""
    assert elements(say(EMAIL, name).html) == elements(say(EMAIL).html)
    assert strip_controls(name).strip() in words(say(EMAIL, name).html)


@pytest.mark.parametrize("name", hostile.NAMES, ids=lambda name: ascii(name[:32]))
@pytest.mark.parametrize("channel", Channel)
def test_a_name_is_said_as_it_is_on_one_line_and_without_what_nobody_sees(say, channel, name):
    """It is never evaluated, begins no header, and hides nothing."""
    said, plain = say(channel, name), say(channel)
    for part in (said.subject, said.preheader, said.title, said.url, *(button.label for button in said.buttons)):
        assert len(part.splitlines()) <= 1
        assert strip_controls(part) == part
    assert len(said.text.splitlines()) == len(plain.text.splitlines())
    assert "49" not in said.text.replace("7*7", "")
    if channel in (EMAIL, PUSH):
        assert strip_controls(name) in said.text
    if channel is WHATSAPP:
        assert no_whatsapp_marks(strip_controls(name)) in said.text


@pytest.mark.parametrize("name", hostile.NAMES, ids=lambda name: ascii(name[:32]))
def test_a_name_switches_no_formatting_on_or_off_in_whatsapp(say, name):
    """Only the copy's own marks stand at the edge of a word."""
    assert formatting(say(WHATSAPP, name).text) == formatting(say(WHATSAPP).text)


ANY_NAMES = st.text(min_size=1) | st.lists(st.sampled_from(hostile.NAMES), min_size=1, max_size=3).map("".join)


@given(name=ANY_NAMES)
def test_no_name_at_all_becomes_anything_but_text(say, name):
    html = say(EMAIL, name).html
    assert elements(html) == elements(say(EMAIL).html)
    for channel in Channel:
        said = say(channel, name)
        assert len(said.subject.splitlines()) <= 1
        assert len(said.title.splitlines()) <= 1
        said.text.encode("utf-8")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["1e99999 BRL", "%"])
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["first_name", "url", "price", "ends", "amount", "currency"]), inner, max_size=4
        )
    ),
)


@given(data=st.dictionaries(st.sampled_from(["customer", "order", "offer"]), JSON), channel=st.sampled_from(Channel))
def test_whatever_the_data_is_a_message_is_said_or_refused(offer, voice, data, channel):
    """Any other error would end the worker, and with it everybody else's messages."""
    assert ending(lambda: render(offer, voice, "pt-BR", channel, data)) in ("said", "missing_variable", "render_error")


def ending(work):
    """How it ended: said, or the code of an error that a drain expects."""
    try:
        work()
    except InputError as error:
        return error.code
    return "said"

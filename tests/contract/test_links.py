"""Links in messages: each delivery has its own, and they say the same however often it is put into words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from orchestrator.catalog.links import EXAMPLES
from orchestrator.catalog.render import MissingVariable, render
from orchestrator.dispatch.links import ExampleLinks, Links, unsubscribe_url
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.domain.delivery import Delivery, Request
from orchestrator.domain.message import Purpose
from orchestrator.tokens import InvalidToken, TokenPurpose
from tests.contract.world import EVERYTHING, KEYRING, LINKS

EMAIL, SMS = Channel.EMAIL, Channel.SMS
URL = re.compile(r"https://loja\.example/([a-z])/([\w.-]+)")
REQUEST = Request(
    id="msg_1", message="review_request", customer_id="cus_ana", topic="reviews", purpose=Purpose.MARKETING,
    candidates=(EMAIL,), objects={}, data={}, locale=None, priority="normal", due_at=0, not_after=None, accepted_at=0,
)  # fmt: skip


@pytest.fixture
def letters(world):
    """What leaves as e-mail, asked for by message: its subject's owner is Ana, who agreed to be asked for reviews."""
    world.said(ConsentState.GRANTED)

    def sent(message, **wanted):
        asked = world.ask(message, EMAIL, **wanted)
        world.drain()
        assert world.ended(asked) == ("sent", "")
        return asked, world.provider.calls[-1].entry.rendered

    return sent


def links_in(text):
    """Path → the token of each link of ours; a letter says none of them twice in different words."""
    found = dict(URL.findall(text))
    assert all(found[path] == token for path, token in URL.findall(text))
    return found


def test_a_marketing_letter_says_how_to_end_it(world, letters):
    """Both parts hold the same three links, and each knows whom and what it is about."""
    asked, letter = letters("review_request")
    (address,) = (one.id for one in world_customer(world).addresses if one.kind == "email")
    tokens = links_in(letter.text)

    assert tokens == links_in(letter.html)
    assert set(tokens) == {"u", "p", "w"}
    now = world.clock.now()
    assert KEYRING.read(TokenPurpose.UNSUBSCRIBE, tokens["u"], now) == {
        "customer": "cus_ana", "address": address, "topic": "reviews", "delivery": asked,
    }  # fmt: skip
    assert KEYRING.read(TokenPurpose.PREFERENCES, tokens["p"], now) == {"customer": "cus_ana", "address": address}
    assert KEYRING.read(TokenPurpose.WHY, tokens["w"], now) == {
        "customer": "cus_ana", "address": address, "delivery": asked,
    }  # fmt: skip
    with pytest.raises(InvalidToken):
        KEYRING.read(TokenPurpose.UNSUBSCRIBE, tokens["p"], now)


def test_a_transactional_letter_has_no_link_that_would_end_it(letters):
    """Where an order is, one is told as long as there is one; what else comes is the person's choice."""
    _, letter = letters("order_confirmed")

    assert set(links_in(letter.text)) == set(links_in(letter.html)) == {"p", "w"}


def test_a_letter_is_in_one_language(letters):
    """The words around the links are its own."""
    _, portuguese = letters("review_request")
    _, english = letters("review_request", locale="en")

    for part in ("text", "html"):
        assert "Por que recebi isto?" in getattr(portuguese, part)
        assert "Why did I get this?" in getattr(english, part)
        assert "Por que recebi isto?" not in getattr(english, part)


def test_a_preview_with_the_links_of_a_delivery_is_what_was_sent(world, letters):
    """Byte for byte: the links are data, and the only thing that differs."""
    _, letter = letters("review_request")
    names = {"u": "unsubscribe", "p": "preferences", "w": "why"}
    own = {names[path]: f"https://loja.example/{path}/{token}" for path, token in links_in(letter.text).items()}
    data = {**EVERYTHING, "customer": {"id": "cus_ana", "first_name": "Ana"}, "links": own}

    again = render(world.release.messages["review_request"], world.release.voice, "pt-BR", EMAIL, data)

    assert (again.text, again.html, again.subject) == (letter.text, letter.html, letter.subject)


def test_a_letter_that_is_put_into_words_again_is_the_same_letter():
    """Its links depend on the request alone: a retry says what was said before."""
    first = read_all(LINKS.of(REQUEST, "adr_1"))

    assert read_all(LINKS.of(REQUEST, "adr_1")) == first
    assert read_all(LINKS.of(replace(REQUEST, id="msg_2"), "adr_1"))["why"] != first["why"]
    assert read_all(LINKS.of(REQUEST, "adr_2"))["preferences"] != first["preferences"]


def read_all(links):
    return {name: links[name] for name in ("unsubscribe", "preferences", "why")}


def test_data_brings_no_links_of_its_own(letters):
    """Whoever asks for a message cannot say where its way out leads."""
    elsewhere = dict.fromkeys(EXAMPLES, "https://evil.example/")
    _, letter = letters("review_request", data=EVERYTHING | {"links": elsewhere})

    assert "evil.example" not in letter.text + letter.html
    assert set(links_in(letter.text)) == {"u", "p", "w"}


def test_only_the_question_of_a_double_opt_in_has_a_link_to_confirm_by():
    """It is about the topic that is asked about, at the address that is asked."""
    question = replace(REQUEST, topic="account", data={"consent": {"topic": "offers", "title": "Ofertas"}})
    token = LINKS.of(question, "adr_1")["confirm"].removeprefix("https://loja.example/c/")

    assert KEYRING.read(TokenPurpose.CONFIRM, token, 0) == {
        "customer": "cus_ana", "address": "adr_1", "topic": "offers", "delivery": "msg_1",
    }  # fmt: skip
    for data in ({}, {"consent": {}}, {"consent": "offers"}, {"consent": {"topic": 7}}):
        with pytest.raises(KeyError):
            LINKS.of(replace(REQUEST, data=data), "adr_1")["confirm"]
    with pytest.raises(KeyError):
        LINKS.of(REQUEST, "adr_1")["elsewhere"]


def test_a_text_whose_link_does_not_exist_is_not_sent(release):
    """A hole where the link should be is no confirmation."""
    message = release.messages["review_request"]
    data = {**EVERYTHING, "customer": {"first_name": "Ana"}, "links": {}}

    with pytest.raises(MissingVariable, match=r"links\."):
        render(message, release.voice, "pt-BR", EMAIL, data)


def test_links_are_made_when_they_are_read():
    """An SMS that reads none costs no signature."""

    def no_keys():
        raise AssertionError("nobody asked")

    made = Links(no_keys, "https://loja.example").of(REQUEST, "adr_1")

    assert dict(made) == {}
    assert unsubscribe_url(made, Purpose.MARKETING, SMS) == ""
    assert unsubscribe_url(made, Purpose.TRANSACTIONAL, EMAIL) == ""


def test_every_marketing_mail_is_handed_over_with_its_one_click_link(world, letters):
    """The adapter is told the same link that the letter says."""
    seen = []
    provided = world.wire(world.release)

    class Listening:
        def __init__(self, adapter):
            self.adapter = adapter

        def __getattr__(self, name):
            return getattr(self.adapter, name)

        def call(self, delivery: Delivery, *rest):
            seen.append(delivery)
            return self.adapter.call(delivery, *rest)

    world.wire = lambda _release: {account: Listening(one) for account, one in provided.items()}
    _, marketing = letters("review_request")
    letters("order_confirmed")

    assert [one.unsubscribe_url for one in seen] == [f"https://loja.example/u/{links_in(marketing.text)['u']}", ""]


def test_where_nothing_is_sent_links_lead_nowhere():
    """Previews and explanations need no key; their links are as long as real ones."""
    examples, real = ExampleLinks().of(REQUEST, "adr_1"), read_all(LINKS.of(REQUEST, "adr_1"))

    assert set(real) < set(examples)
    assert max(map(len, examples.values())) < 1.5 * max(map(len, real.values())) + 60
    assert all(url.startswith("https://loja.example/") for url in examples.values())


def world_customer(world):
    with world.store.read() as transaction:
        return transaction.customers.get("cus_ana")

"""Casa Lume, the shop that Jogral ships: every message for everybody, on every channel, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from orchestrator.catalog.examples import complete_data
from orchestrator.catalog.render import render
from orchestrator.dispatch.promised import book_of, with_facts
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.customer import Channel
from orchestrator.domain.message import Purpose
from orchestrator.domain.time import instant
from orchestrator.project import SHIPPED, Project
from orchestrator.schema import parse_money

LOCALES = ("pt-BR", "en")
MESSAGES = sorted(path.stem for path in (SHIPPED / "templates/messages").glob("*.yaml") if "." not in path.stem)
# What every shop owes to people: answers to what they ask of us about consent and their data. Nothing that happens in
# the shop asks for them, and they have no place on anybody's way. Their links are signed, so an SMS takes three parts.
ANSWERS = {"confirm_subscription", "opt_out_confirmed", "privacy_done", "privacy_verify", "your_choices"}
PERSONAS = sorted(path.stem for path in (SHIPPED / "templates/personas").glob("*.yaml"))
NOW = instant(datetime(2026, 11, 25, 12, tzinfo=UTC))


@pytest.fixture(scope="module")
def survey():
    return Project(SHIPPED).survey(date(2026, 11, 25))


@pytest.fixture(scope="module")
def release(survey):
    return survey.release()


@pytest.fixture
def said(release, survey):
    """A message as a persona reads it, channel by channel."""

    def say(message, persona, locale):
        published = release.messages[message]
        known = with_facts(survey.personas[persona].model.data, published.claimed, book_of(release, {}), NOW, locale)
        data = complete_data(published.message, known)
        return {
            channel: render(published, release.voice, locale, channel, data, today=date(2026, 11, 25))
            for channel in release.said_on[message]
        }

    return say


# --- what is there --------------------------------------------------------------------------------------------------


def test_the_shop_says_eighteen_things_to_eight_people():
    assert (len(MESSAGES) - len(ANSWERS), len(PERSONAS)) == (18, 8)


def test_nothing_is_wrong_with_it(survey):
    assert survey.findings == ()


def test_every_message_speaks_english_too(survey):
    assert {message: set(translations) for message, translations in survey.translations.items()} == {
        message: {"en"} for message in MESSAGES
    }


def test_every_message_has_its_place_on_the_customers_way(release):
    assert {message for message in MESSAGES if release.messages[message].message.stage is None} == ANSWERS


def test_answers_about_consent_and_data_reach_everybody(release):
    """They are about what a person told us to do: no consent is needed to hear that it was done."""
    assert {message for message in MESSAGES if release.messages[message].message.topic == "account"} == ANSWERS


def test_every_message_can_be_sent_for_something_that_happens(survey):
    """Whatever a message needs, some event brings: none of them waits for data that nobody sends."""
    brought = {
        f"{read.model.updates}.{name}"
        for read in survey.events.values()
        if read.model.updates
        for name in read.model.data
    }
    needed = {
        name
        for message in MESSAGES
        if message not in ANSWERS
        for name, variable in survey.messages[message].model.variables.items()
        if variable.fallback is None
    }
    assert needed - brought == set()


def test_marketing_is_for_those_who_asked_for_it(release):
    """A message that sells or asks something has a topic that the customer turns on, and says so to Meta."""
    for published in release.messages.values():
        message = published.message
        topic = release.project.topics[message.topic]
        category = {Purpose.MARKETING: "marketing", Purpose.TRANSACTIONAL: "utility"}[topic.purpose]
        assert message.channels.whatsapp.template.category == category, message.id
        assert (topic.purpose is Purpose.MARKETING) == (topic.opt_in is not None), message.topic


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ("no phone", lambda data: "email" in data["customer"] and "phone" not in data["customer"]),
        ("no e-mail", lambda data: "phone" in data["customer"] and "email" not in data["customer"]),
        ("a name of forty letters", lambda data: len(data["customer"]["first_name"]) == 40),
        ("an emoji in the name", lambda data: any(ord(letter) > 0x1F000 for letter in data["customer"]["first_name"])),
        ("twelve items", lambda data: len(data["order"]["items"]) == data["order"]["items_count"] == 12),
        ("another language", lambda data: data["customer"]["locale"] == "en"),
        ("one item", lambda data: data["order"]["items_count"] == 1),
    ],
)
def test_there_is_somebody_with(kind, holds, survey):
    """Whoever writes copy meets the people who break it."""
    assert any(holds(read.model.data) for read in survey.personas.values()), kind


def test_what_everybody_was_promised_is_what_the_rule_of_delivery_says(release, survey):
    """The personas' dates are no other dates than the shop would give."""
    book = book_of(release, {})

    for read in survey.personas.values():
        order = read.model.data["order"]
        assert str(order["promised_date"]) == book.value("promises.delivery.standard", read.model.data, NOW), read


# --- what they read -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("message", MESSAGES)
def test_everybody_can_be_told_everything(message, persona, locale, said):
    """Rendered and read back on every channel; an SMS is one part, a lock screen shows the whole push."""
    found = said(message, persona, locale)

    assert {rendered.locale for rendered in found.values()} == {locale}
    for channel, rendered in found.items():
        assert rendered.text
        if channel is Channel.EMAIL:
            assert len(rendered.subject) <= 60
        if channel is Channel.SMS:
            parts = 3 if message in ANSWERS else 1
            assert (rendered.encoding, rendered.segments <= parts) == ("GSM-7", True)
        if channel is Channel.PUSH:
            assert (len(rendered.title) <= 50, len(rendered.text) <= 120) == (True, True)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("message", MESSAGES)
def test_marketing_says_how_to_end_it_where_only_the_message_can(message, locale, said, release):
    """An e-mail has its foot and header, a push its switch; SMS and WhatsApp have a word to answer with."""
    if release.purpose(release.messages[message].message.topic) is not Purpose.MARKETING:
        return
    word = {"pt-BR": "responda SAIR", "en": "reply STOP"}[locale]

    for channel, rendered in said(message, "ana", locale).items():
        if channel in (Channel.SMS, Channel.WHATSAPP):
            assert word.lower() in rendered.text.lower(), channel


@pytest.mark.parametrize("message", MESSAGES)
def test_both_languages_promise_the_same(message, said):
    """Not a value more, not a value less, on any channel."""
    ours, theirs = (said(message, "ana", locale) for locale in LOCALES)

    for channel, rendered in ours.items():
        assert {(claim.name, claim.value) for claim in rendered.claims} == {
            (claim.name, claim.value) for claim in theirs[channel].claims
        }


def test_a_policy_is_told_in_the_approved_words_of_the_language(said):
    """The words are a fact too, so no translator chooses them."""
    ours, theirs = (said("order_delivered", "ana", locale)[Channel.EMAIL].text for locale in LOCALES)

    assert "devolver em até 7 dias corridos após o recebimento." in ours
    assert "return it within 7 calendar days after delivery." in theirs


@pytest.mark.parametrize(
    ("message", "promises"),
    [
        ("cart_offer", {"price", "discount", "coupon", "ends"}),
        ("deadline_reminder", {"price", "discount", "coupon", "ends"}),
        ("price_drop", {"was_price", "price", "ends"}),
        ("win_back", {"discount", "coupon", "ends"}),
    ],
)
def test_an_offer_is_never_told_without_the_day_on_which_it_ends(message, promises, said):
    for rendered in said(message, "ana", "pt-BR").values():
        assert {claim.name for claim in rendered.claims} == promises


def test_a_price_that_dropped_was_higher(release):
    offer = release.facts.offers["manta_trico"]

    assert parse_money(offer.was_price).amount > parse_money(offer.price).amount


def test_whoever_is_won_back_has_a_week(said):
    """Counted from the day of sending, whenever that is."""
    for rendered in said("win_back", "ana", "pt-BR").values():
        assert {claim.value for claim in rendered.claims if claim.name == "ends"} == {"2026-12-02"}


def test_a_lost_order_is_told_with_an_apology_and_without_a_new_date(said):
    for rendered in said("order_lost", "ana", "pt-BR").values():
        assert "desculp" in f"{rendered.title} {rendered.text}".lower()
        assert all(claim.superseded for claim in rendered.claims if claim.kind is ClaimKind.DELIVERY_DATE)


def test_an_order_of_twelve_lists_them_all(said):
    letter = said("order_confirmed", "hana", "en")[Channel.EMAIL]

    assert "Here is what you ordered (12 items):" in letter.text
    assert letter.text.count("\n- ") == letter.html.count("<li>") == 12
    assert said("order_confirmed", "bruno", "pt-BR")[Channel.EMAIL].text.count("(1 item)") == 1


def test_an_order_whose_items_nobody_sent_is_confirmed_without_a_list(release, survey):
    """Items are optional: old orders, and other shops' events, do not bring them."""
    data = survey.personas["ana"].model.data
    order = {key: value for key, value in data["order"].items() if not key.startswith("items")}

    letter = render(
        release.messages["order_confirmed"], release.voice, "pt-BR", Channel.EMAIL, {**data, "order": order}
    )

    assert "O que vem no seu pedido" not in letter.text + letter.html
    assert "carinho.\n\nO prazo de entrega" in letter.text


def test_the_words_around_a_letter_are_in_its_language(said):
    """The layout's foot, the greeting and the sign-off."""
    ours, theirs = (said("order_late", "ana", locale)[Channel.EMAIL] for locale in LOCALES)

    assert "Você recebeu este e-mail porque fez um pedido" in ours.html
    assert "You are getting this email because you placed an order" in theirs.html
    assert 'lang="en"' in theirs.html
    assert theirs.text.startswith("Hi Ana,")

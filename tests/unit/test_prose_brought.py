"""What data brings is judged at every rendering; what the copy says by itself was judged when it was admitted."""

from __future__ import annotations

import pytest

from orchestrator.catalog.model import Message, PublishedMessage
from orchestrator.catalog.prose_brought import refuse_brought
from orchestrator.catalog.refusals import OffBrand
from orchestrator.catalog.render import render
from orchestrator.catalog.voice import Voice
from orchestrator.domain.customer import Channel
from orchestrator.domain.message import Purpose

RULES = [
    {
        "id": "urgency",
        "extends": "existence",
        "purposes": ["marketing"],
        "unless_claim": "deadline",
        "tokens": ["última chance", "corra", "superoferta"],
        "message": "'%s' apressa",
    },
    {"id": "shouting", "extends": "occurrence", "token": "!", "max": 1, "message": "Grita"},
    {"id": "warehouse", "extends": "substitution", "swap": {"despachado": "enviado"}, "message": "'%s'"},
    {"id": "mild", "extends": "existence", "level": "warning", "tokens": ["talvez"], "message": "'%s'"},
]


def voice(rules=RULES, **said):
    return Voice.model_validate(
        {
            "kind": "brand_voice",
            "id": "loja",
            "locale": "pt-BR",
            "owner": "marketing",
            "rules": rules,
            "terms": [{"use": "WhatsApp", "instead_of": ["zap"]}],
            **said,
        }
    )


def message(body="O produto {{ product.name }} voltou.", *, email=None, purpose=Purpose.MARKETING, **said):
    channels = {"email": None, "whatsapp": None, "sms": {"body": body, "max_segments": 9}, "push": None}
    if email is not None:
        channels |= {"email": {"subject": "Um recado", "body": email}, "sms": None}
    return PublishedMessage(
        purpose=purpose,
        message=Message.model_validate(
            {
                "kind": "message",
                "id": "back",
                "title": "Voltou",
                "owner": "marketing",
                "topic": "offers",
                "variables": {
                    "product.name": {"type": "string"},
                    "product.url": {"type": "url", "fallback": "https://loja.example/corra"},
                    "product.note": {"type": "string"},
                    "product.lines": {"type": "list", "of": {"name": "string"}},
                },
                "content": {"headline": "Voltou", "body": "Voltou."},
                "channels": channels,
                **said,
            }
        ),
    )


def say(published, name, a_voice=None, channel=Channel.SMS, **product):
    return render(published, a_voice or voice(), "pt-BR", channel, {"product": {"name": name, **product}}).text


@pytest.mark.parametrize("name", ["Manta Corra", "manta última chance", "CORRA", "Kit despachado"])
def test_words_that_the_voice_forbids_stop_a_message_that_they_came_into(name):
    """Wherever they stand in the data."""
    with pytest.raises(OffBrand) as caught:
        say(message(), name)
    assert caught.value.code == "voice_error"
    assert 'message "back"' in str(caught.value)


@pytest.mark.parametrize(
    "name", ["Manta", "10017", "Corrado", "Chance", "Manta de última hora", "Talvez", "Zap", "É!", ""]
)
def test_other_words_go_through(name):
    """Parts of phrases, warnings, and words that only our copy must not use."""
    name = name or "Última"
    assert say(message(), name) == f"O produto {name} voltou."


def test_a_phrase_may_be_half_copy_and_half_data():
    """The customer reads it all the same."""
    published = message("É a última {{ product.name }}.")
    assert say(published, "peça")
    with pytest.raises(OffBrand):
        say(published, "chance para levar")


def test_data_may_go_on_a_word_of_the_copy():
    """A place that stands against a letter makes one word with it."""
    published = message("Uma super{{ product.name }} de casa.")
    assert say(published, "manta")
    with pytest.raises(OffBrand):
        say(published, "oferta")


def test_what_the_copy_says_by_itself_was_judged_before():
    """A waived fault is sent; the same word from data is one more."""
    published = message("Corra! O produto {{ product.name }} voltou.")
    assert say(published, "Manta")
    with pytest.raises(OffBrand):
        say(published, "Corra")
    with pytest.raises(OffBrand, match="shouting"):
        say(published, "Manta!")


def test_a_refusal_says_everything_that_came_in():
    """One after the other would cost a sending each."""
    with pytest.raises(OffBrand) as caught:
        say(message(), "Kit despachado, corra, corra")
    assert [one.params["rule"] for one in caught.value.fields] == ["warehouse", "urgency"]


def test_rules_are_of_a_purpose():
    """The topic's, which a published message knows."""
    assert say(message(purpose=Purpose.TRANSACTIONAL), "Corra")
    assert say(message(purpose=None), "Corra")


def test_a_claim_that_makes_it_right_is_one_that_the_channel_states():
    """Urgency with a date is information."""
    claims = {"ends": {"kind": "deadline", "from": "product.ends"}}
    dated = message("{{ product.name }}: até {{ claims.ends }}.", claims=claims)
    assert say(dated, "Corra", ends="2026-11-30")
    with pytest.raises(OffBrand):
        say(message(claims=claims), "Corra", ends="2026-11-30")


def test_words_of_a_policy_are_data_too():
    """A fact may change after the copy was admitted."""
    claims = {"window": {"kind": "policy", "from": "product.policy"}}
    published = message("Trocas: {{ claims.window }}.", claims=claims)
    assert say(published, "", policy="7 dias corridos")
    with pytest.raises(OffBrand):
        say(published, "", policy="7 dias, corra")


def test_an_address_is_not_read():
    """Nobody reads its letters as words."""
    assert say(message("Veja {{ product.url }}"), "x")


def test_lists_and_conditions_are_judged_as_they_are_said():
    """In an e-mail's own body."""
    published = message(
        email="{% if product.note %}{{ product.note }}{% endif %}\n\n"
        "{% for line in product.lines %}- {{ line.name }}\n{% endfor %}"
    )

    def mail(note, *lines):
        return say(published, "x", channel=Channel.EMAIL, note=note, lines=[{"name": one} for one in lines])

    assert "Manta" in mail(None, "Manta", "Toalha")
    assert "Oi!" in mail("Oi!", "Manta")
    for note, line in (("Corra", "Manta"), ("Oi", "Corra"), ("Oi!", "Manta!")):
        with pytest.raises(OffBrand):
            mail(note, line)


def test_a_voice_without_rules_looks_at_nothing():
    """And costs nothing."""
    assert say(message(), "Corra", voice(rules=[]))


def test_what_was_seen_once_is_remembered_within_bounds():
    """A campaign of many names neither reads them twice nor keeps them all."""
    published, a_voice = message(), voice()
    for number in range(10_100):
        say(published, f"Manta {number}", a_voice)
    assert refuse_brought.__module__ == "orchestrator.catalog.prose_brought"
    with pytest.raises(OffBrand):
        say(published, "Manta 10099 corra", a_voice)

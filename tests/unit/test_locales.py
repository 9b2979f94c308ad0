"""Which language somebody is written to in, and what changes with it."""

from __future__ import annotations

import pytest

from orchestrator.catalog.locales import negotiate
from orchestrator.catalog.model import Message, PublishedMessage
from orchestrator.catalog.prepare import prepare
from orchestrator.catalog.render import render
from orchestrator.catalog.voice import Voice
from orchestrator.domain.customer import Channel


@pytest.mark.parametrize(
    ("wanted", "available", "answer"),
    [
        ("en", {"en"}, "en"),
        ("en-GB", {"en"}, "en"),
        ("en_US", {"en"}, "en"),
        ("EN", {"en"}, "en"),
        ("pt-BR", {"en"}, "pt-BR"),
        ("pt-PT", {"en"}, "pt-BR"),
        ("pt-PT", {"en", "pt-PT"}, "pt-PT"),
        ("pt", {"en", "pt-PT"}, "pt-BR"),
        ("en", {"en-GB", "en-AU"}, "en-AU"),
        ("de", {"en"}, "pt-BR"),
        ("", {"en"}, "pt-BR"),
        ("english", {"en"}, "pt-BR"),
        ("en", set(), "pt-BR"),
    ],
)
def test_the_language_comes_before_the_country_and_ours_before_none(wanted, available, answer):
    assert negotiate(wanted, available, "pt-BR") == answer


# --- a message in two languages -------------------------------------------------------------------------------------

VOICE = Voice.model_validate(
    {
        "kind": "brand_voice",
        "id": "loja",
        "locale": "pt-BR",
        "owner": "marketing",
        "formats": {"delivery_date": {"long": "d 'de' MMMM", "short": "dd/MM"}},
        "channels": {
            "sms": {"prefix": "Loja: ", "accents": "strip", "date_style": "short"},
            "push": {"prefix": "Loja: "},
        },
        "locales": {
            "en": {
                "formats": {"delivery_date": {"long": "MMMM d", "short": "MMM d"}},
                "channels": {"sms": {"prefix": "Shop: "}},
            }
        },
    }
)


def message(text, title="{{ claims.price }}"):
    return Message.model_validate(
        {
            "kind": "message",
            "id": "arrives",
            "title": "Chega",
            "owner": "operacoes",
            "topic": "orders",
            "variables": {
                "order.count": {"type": "integer"},
                "order.total": {"type": "money"},
                "order.day": {"type": "date"},
            },
            "claims": {
                "price": {"kind": "price", "from": "order.total"},
                "day": {"kind": "delivery_date", "from": "order.day"},
            },
            "content": {"headline": "-", "body": text},
            "channels": {
                "email": None,
                "whatsapp": None,
                "sms": {"body": text},
                "push": {"title": title, "body": text},
            },
        }
    )


BOTH = PublishedMessage(
    message=message('{{ order.count | plural(one="{n} item", other="{n} itens") }} até {{ claims.day }}'),
    translations={
        "en": PublishedMessage(
            message=message('{{ order.count | plural(one="{n} item", other="{n} items") }} by {{ claims.day }}')
        )
    },
)


def said(locale, channel=Channel.SMS, count=1_200):
    order = {"count": count, "total": "1299.90 BRL", "day": "2026-11-27"}
    return render(BOTH, VOICE, locale, channel, {"order": order})


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("pt-BR", "Loja: 1.200 itens ate 27/11"),
        ("pt-PT", "Loja: 1.200 itens ate 27/11"),
        ("de", "Loja: 1.200 itens ate 27/11"),
        ("en", "Shop: 1,200 items by Nov 27"),
        ("en-IE", "Shop: 1,200 items by Nov 27"),
    ],
)
def test_words_numbers_dates_and_habits_change_together(locale, text):
    assert said(locale).text == text


def test_a_habit_that_is_not_named_again_stays():
    """The other language says its own prefix in an SMS, and the same in a push; accents and style are as they were."""
    assert said("en", Channel.PUSH).title.startswith("Loja: ")
    assert prepare(BOTH, VOICE, "en", Channel.SMS).style == "short"


def test_a_value_is_the_same_in_every_language():
    """The words are not: that is how the ledger knows that both read the same promise."""
    ours, theirs = (said(locale, Channel.PUSH).claims for locale in ("pt-BR", "en"))
    assert [claim.value for claim in ours] == [claim.value for claim in theirs] == ["1299.90 BRL", "2026-11-27"]
    assert [claim.text for claim in ours] == ["R$\u00a01.299,90", "27 de novembro"]
    assert [claim.text for claim in theirs] == ["R$1,299.90", "November 27"]


@pytest.mark.parametrize(
    ("count", "ours", "theirs"),
    [(0, "0 item", "0 items"), (1, "1 item", "1 item"), (2, "2 itens", "2 items")],
)
def test_plurals_follow_each_languages_own_rule(count, ours, theirs):
    """Nothing is singular in Portuguese, and plural in English."""
    assert said("pt-BR", count=count).text.startswith(f"Loja: {ours} ate")
    assert said("en", count=count).text.startswith(f"Shop: {theirs} by")


def test_what_can_be_said_to_many_is_prepared_once():
    assert prepare(BOTH, VOICE, "en", Channel.SMS) is prepare(BOTH, VOICE, "en", Channel.SMS)

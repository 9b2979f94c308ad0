"""Words in another language than their reader's are noticed where that is plain, and no others are."""

from __future__ import annotations

import pytest

from orchestrator.replies.language import foreign
from tests import shipped

ENGLISH = "Your order is on its way and arrives by Friday. We will write to you when it leaves."
SPANISH = "Su pedido ya está en camino y llega hasta el viernes. Gracias por su paciencia."
PORTUGUESE = "Seu pedido já está a caminho e chega até sexta-feira. A gente avisa você quando ele sair."


@pytest.mark.parametrize(
    ("text", "locale", "language"),
    [
        (ENGLISH, "pt-BR", "en"),
        (ENGLISH.upper(), "pt", "en"),
        (SPANISH, "pt-BR", "es"),
        (SPANISH, "en-GB", "es"),
        (PORTUGUESE, "en", "pt"),
        (PORTUGUESE, "es-AR", "pt"),
        ("Seu pedido nao saiu ainda, mas ja vamos ver isso com a transportadora.", "en", "pt"),
    ],
)
def test_another_language_is_noticed(text, locale, language):
    """With or without accents, in whatever case."""
    assert foreign(text, locale) == language


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        (PORTUGUESE, "pt-BR"),
        (ENGLISH, "en"),
        (SPANISH, "es"),
        ("Thank you, we will call", "pt-BR"),
        ("Sua vela da The Body Shop, o kit Lights of the North e a caneca já estão a caminho.", "pt-BR"),
        ("Veja em https://shop.example/your/order/is/on/its/way como está o pedido agora", "pt-BR"),
        (ENGLISH, "fr"),
        ("", "pt-BR"),
    ],
)
def test_what_is_no_other_language_is_left_alone(text, locale):
    """The reader's own; too few words; English names and addresses; a reader whose language we do not know."""
    assert foreign(text, locale) is None


def test_no_reply_of_ours_reads_like_another_language():
    for published in shipped.shop().replies.values():
        for locale in shipped.LOCALES:
            for variant in published.said_in(locale).variants:
                assert foreign(variant.body, locale) is None, variant.body

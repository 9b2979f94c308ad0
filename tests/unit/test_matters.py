"""What a period is about is heard where the words say it, and nowhere else."""

from __future__ import annotations

import time

import pytest

from orchestrator.check.matters import Matter, Named, conflict, matters_of, promises

HEARD = [
    # Said before it, said after it, and both at once.
    ("Para trocar, o prazo é de 7 dias corridos após o recebimento.", ["exchange 7d"]),
    ("Você tem 10 dias para trocar.", ["exchange 10d"]),
    ("A troca pode ser pedida em até **30 dias**.", ["exchange 30d"]),
    ("Você tem 7 dias para devolver e 30 dias para trocar.", ["return 7d", "exchange 30d"]),
    ("Trocas em 30 dias e devoluções em 7 dias", ["exchange 30d", "return 7d"]),
    ("- Troca: 30 dias\n- Devolução: 7 dias", ["exchange 30d", "return 7d"]),
    ("Troca ou devolução em até 7 dias.", ["exchange+return 7d"]),
    ("Se quiser devolver, é só avisar em até sete dias.", ["return 7d"]),
    ("O direito de arrependimento vale por 7 dias.", ["return 7d"]),
    ("O prazo de devolução é de 1 semana.", ["return 1w"]),
    ("Dá para cancelar em até 2 horas.", ["cancellation 2h"]),
    ("O reembolso cai em até 10 dias úteis após a devolução.", ["refund 10bd"]),
    ("Quando o produto chega, estornamos o valor em até 5 dias úteis.", ["refund 5bd"]),
    ("O reembolso da devolução: 10 dias.", ["refund 10d"]),
    ("Para devolução e reembolso, você tem 7 dias.", ["return 7d"]),
    ("Nosso tempo de resposta é de 2 horas em dias úteis.", ["first_reply 2h"]),
    ("en: You have 7 days to return it and 30 days to exchange it.", ["return 7d", "exchange 30d"]),
    ("en: Our 7-day return policy", ["return 7d"]),
    ("en: Your refund arrives within 3 business days after the return.", ["refund 3bd"]),
    # The sentence before says it.
    ("Dá para trocar por outra cor. O prazo é de 10 dias após o recebimento.", ["exchange 10d"]),
    ("en: You can return any item. You have 14 days after delivery.", ["return 14d"]),
]

NOT_HEARD = [
    "Entregamos em até 7 dias.",
    "A análise da devolução leva até 3 dias.",
    "A troca leva até 10 dias.",
    "A troca chega em até 5 dias úteis.",
    "O código de devolução vale por 10 dias.",
    "Seu vale-troca vale por 90 dias.",
    "Em troca de uma avaliação, você ganha 10 dias de frete.",
    "Depois da devolução, aguarde 5 dias.",
    "A troca de senha vale por 24 horas.",
    "Dá para trocar o endereço em até 2 horas.",
    "Garantia de 12 meses, e troca fácil.",
    "Oferta por 7 dias. Responda SAIR para cancelar.",
    "Pode trocar quando quiser. Atendemos 7 dias por semana.",
    "Quer devolver? Você tem 5 dias para pagar o boleto do frete.",
    "Avise a troca pelo chat. Enviamos a peça nova em 3 dias.",
    "en: Return to your cart: it is kept for 7 days.",
    "en: Your return label is valid for 10 days.",
    "en: The exchange takes up to 10 days.",
]


def heard(text, **given):
    locale, text = ("en", text[4:]) if text.startswith("en: ") else ("pt-BR", text)
    return [f"{'+'.join(sorted(one.matters))} {one.value}" for one in promises(text, locale, **given)]


@pytest.mark.parametrize(("text", "expected"), HEARD)
def test_a_period_is_heard_with_what_it_is_about(text, expected):
    """In both languages, in the order of the text."""
    assert heard(text) == expected


@pytest.mark.parametrize("text", NOT_HEARD)
def test_what_is_about_something_else_is_not_heard(text):
    """Rather nothing than a false alarm."""
    assert heard(text) == []


def test_a_title_says_what_a_customers_period_is_for():
    """Support answers under a title, and does not repeat it."""
    assert heard("Você tem 10 dias após o recebimento.", title="Troca de produto") == ["exchange 10d"]
    assert heard("Você tem 10 dias após o recebimento.", title="Segunda via do boleto") == []
    assert heard("Respondemos em 10 dias.", title="Troca de produto") == []


def test_a_fact_needs_no_words_around_it():
    """Its id says what it is about, and the words around it may add to that."""
    named = [Named(start=0, end=6, matters=matters_of("return_window"))]

    assert heard("7 dias", named=named) == ["return 7d"]
    assert heard("7 dias para trocar", named=named) == ["exchange+return 7d"]
    assert heard("2 dias para a devolução", named=[Named(start=0, end=6, matters=matters_of("refund_time"))]) == [
        "refund 2d"
    ]


def test_a_place_is_where_the_words_stand():
    """Marks and accents stay in the text."""
    text = "Até é simples: você tem **10 dias** para trocar."
    (one,) = promises(text, "pt-BR")

    assert text[one.start : one.end] == "10 dias"


def test_a_case_is_told_apart():
    """What is said of a defect, or of one way to pay, is not said of all."""
    (defect,) = promises("Com defeito, a troca pode ser pedida em até 90 dias.", "pt-BR")
    (under_a_title,) = promises("Você tem 90 dias para trocar.", "pt-BR", "Produto com defeito")
    (every,) = promises("A troca pode ser pedida em até 30 dias.", "pt-BR")

    assert defect.cases == under_a_title.cases == {"defect"}
    assert every.cases == frozenset()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("7d", "10d", True),
        ("7d", "1w", False),
        ("24h", "1d", False),
        ("24h", "2d", True),
        ("5-7d", "7d", False),
        ("7d", "7bd", False),
        ("2bd", "5bd", True),
        ("12mo", "1y", False),
        ("1mo", "30d", False),
    ],
)
def test_two_values_conflict_where_they_can_be_compared(one, other, expected):
    """Days of the calendar and days of business are nothing that anybody can compare."""
    assert conflict(one, other) is expected
    assert conflict(other, one) is expected


def test_names_of_facts_say_what_they_are_about():
    """And most say nothing of the kind."""
    assert matters_of("return_window") == {Matter.RETURN}
    assert matters_of("prazo_de_troca") == {Matter.EXCHANGE}
    assert matters_of("carrier_search") == frozenset()


@pytest.mark.parametrize("text", ["troca " * 4_000, "7 dias " * 4_000, "7 dias para trocar e " * 1_000, "de " * 8_000])
def test_a_hostile_text_takes_no_longer_than_its_length(text):
    """A file may be 256 KB of anything."""
    began = time.process_time()
    list(promises(text, "pt-BR"))

    assert time.process_time() - began < 2

"""An agent's own words are compared with the claims: what differs is named with both values, what agrees is left."""

from __future__ import annotations

import pytest

from orchestrator.domain.claim import ClaimKind, StatedClaim
from orchestrator.domain.customer import Channel
from orchestrator.domain.message import Rendered
from orchestrator.replies.contradictions import contradicted_by, contradictions


def claim(name, kind, value, text, *, superseded=False):
    return StatedClaim(
        name=name, kind=ClaimKind(kind), fact=f"shipment.{name}", value=value, text=text, superseded=superseded
    )


NEW = claim("new_date", "delivery_date", "2026-11-27", "sexta-feira, 27 de novembro")
OLD = claim("missed", "delivery_date", "2026-11-25", "quarta-feira, 25 de novembro", superseded=True)
PRICE = claim("price", "price", "129.90 BRL", "R$ 129,90")
OFF = claim("off", "discount", "20%", "20%")
COUPON = claim("coupon", "coupon", "LUME20", "LUME20")
RETURNS = claim("returns", "policy", "7d", "7 dias corridos após o recebimento")
FREE = claim("free", "policy", "free", "sem custo para você")


def rendering(text, *claims, locale="pt-BR"):
    return Rendered(message="onde", channel=Channel.WHATSAPP, locale=locale, text=text, claims=claims)


LATE = rendering("Seu pedido de R$ 259,80 chega até sexta-feira, 27 de novembro.", NEW)
FIRST = claim("first", "delivery_date", "2026-12-01", "terça-feira, 1 de dezembro")
DECEMBER = rendering("O novo prazo é até terça-feira, 1 de dezembro. Você pode cancelar sem custo.", FIRST)
EXCHANGE = claim("exchange", "policy", "30d", "30 dias corridos após o recebimento")
BOTH_WINDOWS = rendering(
    f"Você pode trocar em até {EXCHANGE.text}, e devolver em até {RETURNS.text}.", EXCHANGE, RETURNS
)
REFUND = claim("refund", "policy", "2bd", "2 dias úteis após a confirmação")
SHOP = rendering("Por R$ 129,90, 20% a menos, com o cupom LUME20.", PRICE, OFF, COUPON)
BACK = rendering("Você tem 7 dias corridos após o recebimento, sem custo para você.", RETURNS, FREE)
BOTH = rendering("Era quarta-feira, 25 de novembro, e agora é sexta-feira, 27 de novembro.", OLD, NEW)


def told(edited, rendered):
    return [(one.claim, one.wrote, one.fact) for one in contradictions(edited, rendered, rendered.locale)]


@pytest.mark.parametrize(
    ("edited", "rendered"),
    [
        (LATE.text, LATE),
        ("Ana, chega em 27/11! O pedido de R$ 259,80 já saiu.", LATE),
        ("Chega dia 27. Prometo, 27/11.", LATE),
        ("Sexta, 27/11/2026.", LATE),
        ("Chega em 27/11. Te respondo até amanhã.", LATE),
        ("Chega em *27 de novembro*.", LATE),
        ("O cupom LUME20 dá 20% e o kit sai por 129,90 reais.", SHOP),
        ("São 7 dias depois de receber, sem custo para você.", BACK),
        ("Era 25/11; agora, 27/11.", BOTH),
    ],
)
def test_the_same_in_other_words_agrees(edited, rendered):
    assert told(edited, rendered) == []


@pytest.mark.parametrize(
    ("edited", "rendered", "expected"),
    [
        ("Chega em 26/11.", LATE, [("new_date", "26/11", NEW.text)]),
        ("Chega quinta-feira, 27 de novembro.", LATE, [("new_date", "quinta-feira, 27 de novembro", NEW.text)]),
        ("Chega em 27/11, no máximo 28/11.", LATE, [("new_date", "28/11", NEW.text)]),
        ("Chega até amanhã.", LATE, [("new_date", "Chega até amanhã", NEW.text)]),
        ("Chega logo.", LATE, [("new_date", "", NEW.text)]),
        ("Por R$ 119,90, 20% a menos, cupom LUME20.", SHOP, [("price", "R$ 119,90", "R$ 129,90")]),
        ("Por R$ 129,90, 30% a menos, cupom LUME20.", SHOP, [("off", "30%", "20%")]),
        ("Por R$ 129,90, 20% a menos, cupom LUME30.", SHOP, [("coupon", "LUME30", "LUME20")]),
        ("São 10 dias, sem custo para você.", BACK, [("returns", "10 dias", RETURNS.text)]),
        ("São 7 dias úteis, sem custo para você.", BACK, [("returns", "7 dias úteis", RETURNS.text)]),
        ("São 7 dias.", BACK, [("free", "", FREE.text)]),
        ("Era 25/11; agora, 28/11.", BOTH, [("new_date", "28/11", NEW.text)]),
        ("Chega em 27/11. Dou R$ 30 de volta.", LATE, [("", "R$ 30", "")]),
        ("Chega em 27/11, com 10% de desconto no próximo.", LATE, [("", "10%", "")]),
    ],
)
def test_another_value_is_named_with_the_fact(edited, rendered, expected):
    assert told(edited, rendered) == expected


def test_the_data_of_the_original_may_be_said_again_but_not_anew():
    """What stands for the order's total in the reply is no promise; a second amount is."""
    assert told("Chega em 27/11. Total: R$ 259,80.", LATE) == []
    assert told("Chega em 27/11. Total: R$ 259,90.", LATE) == [("", "R$ 259,90", "")]
    assert told("27/11. R$ 259,80 e mais R$ 259,80.", LATE) == [("", "R$ 259,80", "")]


def test_english_is_read_as_english():
    late = rendering(
        "It arrives by Friday, November 27.",
        claim("d", "delivery_date", "2026-11-27", "Friday, November 27"),
        locale="en",
    )
    assert told("It arrives on Nov 27.", late) == []
    assert told("It arrives on Nov 26.", late) == [("d", "Nov 26", "Friday, November 27")]


def test_a_mask_in_an_agents_words_hides_nothing():
    """The character that stands for data in read-back is a blank here."""
    assert told("Chega em \ufffc26/11\ufffc.", LATE) == [("new_date", "26/11", NEW.text)]


def test_each_is_told_in_a_sentence():
    (another,) = contradictions("Chega em 26/11.", LATE, "pt-BR")
    (left_out,) = contradictions("Chega logo.", LATE, "pt-BR")
    (more,) = contradictions("Chega em 27/11. Dou R$ 30 de volta.", LATE, "pt-BR")
    assert str(another) == 'You wrote "26/11"; the fact says "sexta-feira, 27 de novembro".'
    assert str(left_out) == 'You left out "sexta-feira, 27 de novembro", which the reply promises.'
    assert str(more) == 'You wrote "R$ 30", and the reply has no fact that says so.'
    assert more.kind is ClaimKind.PRICE


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Te ligo em 26/11.", ["26/11"]),
        ("Confirmo: 27/11.", []),
        ("Te devolvo R$ 10.", ["R$ 10"]),
        ("E você ganha 50% de desconto.", ["50%"]),
        ("Te aviso.", []),
        ("Te respondo até amanhã.", []),
    ],
)
def test_words_beside_a_reply_promise_nothing_that_it_does_not(words, expected):
    assert [one.wrote for one in contradicted_by(words, [NEW], "pt-BR")] == expected


# --- what an edit affirms ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edited", "wrote"),
    [
        ("Não chega até 1 de dezembro.", "Não chega até 1 de dezembro"),
        ("Chega depois de 1 de dezembro.", "depois de 1 de dezembro"),
        ("Chega a partir de 1/12.", "a partir de 1/12"),
        ("A data era 1 de dezembro.", "era 1 de dezembro"),
        ("Se não chegar até 1/12, me chame.", "Se não chegar até 1/12"),
        ("Chega até 1/12. Não, não chega até 1/12.", "não chega até 1/12"),
        ("Foi entregue em 1/12.", "Foi entregue em 1/12"),
        ("1 de dezembro ou no máximo dia 5", "dia 5"),
        ("Chega no dia 1 de janeiro.", "1 de janeiro"),
        ("O prazo é 1/12, mas chega sábado.", "chega sábado"),
        ("O prazo é 1/12. Chega até o fim do mês.", "Chega até o fim do mês"),
        ("O prazo é 1/12. Vai chegar na próxima semana.", "próxima semana"),
        ("Chega até 1/12 (ou sábado).", "sábado"),
        ("Chega até 1/12, sábado.", "sábado"),
        ("Chega sábado, 1/12.", "sábado, 1/12"),
    ],
)
def test_a_day_that_is_named_and_not_affirmed_contradicts(edited, wrote):
    """With the words that deny it, move it, or stand in its place."""
    assert told(edited, DECEMBER) == [("first", wrote, FIRST.text)]


@pytest.mark.parametrize(
    "edited",
    [
        "Chega até 1º/12.",
        "Chega até 1-12.",
        "Chega dia 1º.",
        "Não se preocupe, chega até 1/12.",
        "Não passa de 1/12.",
        "Chega até 1/12. Se não chegar até 1/12, me chame.",
        "Chega até 1/12, terça.",
        "Chega terça, 1/12.",
        "Chega até 1/12, e não mais 25 de novembro.",
        "Antes era 25/11. Agora chega até 1/12.",
        "A data passou de 25/11 para 1/12.",
        "Chega até 1/12 em vez de 25/11.",
        "Foi postado dia 20/11 e chega até 1/12.",
        "Recebemos seu contato hoje, 25/11. O prazo é 1/12.",
        "Recebemos seu contato hoje. O prazo é 1/12.",
        "Chega até 1/12. Cancelar custa R$ 0.",
        "Chega até 1/12. Cancelar é de graça, e é grátis.",
        "Chega até 1/12. Resolvo o resto em até 2 horas, e te ligo amanhã.",
    ],
)
def test_an_honest_edit_passes(edited):
    assert told(edited, DECEMBER) == []


@pytest.mark.parametrize(
    ("edited", "wrote"),
    [
        ("Chega até 1/12. O próximo sai de graça.", "de graça"),
        ("Chega até 1/12. Devolvemos em dobro.", "dobro"),
        ("Chega até 1/12, com metade do valor de volta.", "metade do valor"),
        ("Chega até 1/12. Te dou 50 contos.", "50 contos"),
        ("Chega até 1/12. Pode ficar um mês para trocar.", "um mês"),
        ("Chega até 1/12. Respondemos em até 2 horas.", "2 horas"),
        ("Chega até 1/12. Reembolso em 48 horas.", "48 horas"),
    ],
)
def test_what_nothing_promises_is_told(edited, wrote):
    assert told(edited, DECEMBER) == [("", wrote, "")]


def test_a_date_is_taken_back_only_where_the_new_one_is_said():
    assert told("A data era 25/11.", LATE) == [("new_date", "era 25/11", NEW.text)]
    assert told("Era 25/11, e são 7 dias.", BACK) == [
        ("free", "", FREE.text),
        ("", "Era 25/11", ""),
    ]


def test_a_manner_of_the_reply_itself_may_be_said_again():
    opens = rendering("A loja abre a partir de 1/12.", claim("opens", "deadline", "2026-12-01", "1/12"))
    assert told("A partir de 1/12 estamos abertos.", opens) == []
    assert told("Não abre em 1/12.", opens) == [("opens", "Não abre em 1/12", "1/12")]


# --- policies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edited",
    [
        "Troca em 30 dias, devolução em 7 dias.",
        "30 dias para trocar e 7 dias para devolver.",
        "Para trocar são 30 dias, para devolver, 7 dias.",
        "Você pode devolver em uma semana, e trocar em 30 dias.",
        "São 30 dias, e 7 dias.",
    ],
)
def test_each_policy_may_be_said_in_other_words(edited):
    assert told(edited, BOTH_WINDOWS) == []


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        ("Troca em 7 dias, devolução em 30 dias.", [("exchange", "7 dias"), ("returns", "30 dias")]),
        ("Troca em 7 dias, devolução em 30.", [("exchange", "7 dias"), ("returns", "")]),
        ("7 dias para trocar, e 30 dias para devolver.", [("exchange", "7 dias"), ("returns", "30 dias")]),
        ("Para trocar, 7 dias; para devolver, 30 dias.", [("exchange", "7 dias"), ("returns", "30 dias")]),
        (f"Devolução em {EXCHANGE.text}, troca em {RETURNS.text}.",
         [("returns", "30 dias corridos"), ("exchange", "7 dias corridos")]),
        ("Não trocamos em 30 dias; devolução em 7 dias.", [("exchange", "Não trocamos em 30 dias")]),
        ("Troca em um mês, devolução em 7 dias.", [("exchange", "um mês")]),
    ],
)  # fmt: skip
def test_policies_do_not_change_places(edited, expected):
    assert [(name, wrote) for name, wrote, _ in told(edited, BOTH_WINDOWS)] == expected


def test_what_is_free_may_be_called_so_in_any_words():
    """But only that."""
    assert told("São 7 dias, e é de graça.", BACK) == []
    assert told("São 7 dias. Não é de graça.", BACK) == [("free", "", FREE.text), ("", "Não é de graça", "")]


def test_other_facts_of_the_shop_are_no_contradiction():
    """A policy that the reply does not speak of; but no other value for one that it does."""
    returns = rendering(f"Você pode devolver em até {RETURNS.text}.", RETURNS)
    known = [EXCHANGE, COUPON, NEW, REFUND]

    def with_known(edited):
        return [(one.claim, one.wrote) for one in contradictions(edited, returns, "pt-BR", known=known)]

    assert with_known("Devolução em 7 dias, troca em 30 dias, com o cupom LUME20.") == []
    assert with_known("Devolução em 30 dias.") == [("returns", "30 dias")]
    late = contradictions("Chega até 27/11.", DECEMBER, "pt-BR", known=known)
    assert [(one.claim, one.wrote) for one in late] == [("first", "27/11")]
    assert list(contradicted_by("Troca em 30 dias.", [NEW], "pt-BR", known=known)) == []
    assert [one.wrote for one in contradicted_by("Devolução em 30 dias.", [NEW], "pt-BR", known=known)] == ["30 dias"]
    (swapped,) = contradicted_by("Troca em 7 dias.", [EXCHANGE, RETURNS], "pt-BR")
    assert (swapped.claim, swapped.wrote) == ("exchange", "7 dias")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Não chega em 27/11.", ["Não chega em 27/11"]),
        ("Chega sábado.", ["Chega sábado"]),
        ("Chega sexta.", []),
        ("Se não chegar até 27/11, me chame.", []),
        ("A data era 25/11.", []),
        ("Postei em 20/11? Foi postado em 20/11.", ["20/11?"]),
    ],
)
def test_words_beside_a_reply_do_not_unsay_it(words, expected):
    assert [one.wrote for one in contradicted_by(words, [NEW], "pt-BR")] == expected

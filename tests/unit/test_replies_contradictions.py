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

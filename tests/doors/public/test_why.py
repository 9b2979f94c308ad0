"""Whoever asks why a message came is told: the topic, the law, what happened, what was looked at, which data."""

from __future__ import annotations

from orchestrator.tokens import TokenPurpose
from tests.doors.public.visiting import ORDER


def why(visitor, delivery, **headers):
    return visitor.get(visitor.link(TokenPurpose.WHY, delivery=delivery), **headers)


def test_marketing_names_the_agreement_that_it_rests_on(visitor):
    """When and how they agreed, and to which words; what the gate looked at; where it ends."""
    visitor.agreed("offers", "email")

    shown = why(visitor, visitor.send("preference_checkin", "email"))

    for words in (
        "por e-mail em 25 de novembro de 2026, às 09:00",
        "Ofertas e novidades",
        "Você concordou em receber e pode voltar atrás quando quiser. (LGPD, art. 7, I)",
        "Você concordou em 25 de novembro de 2026 e confirmou pelo link que enviamos.",
        "Quero receber ofertas e novidades da Casa Lume",
        "A sua autorização para este assunto estava em vigor.",
        "endereço de e-mail, idioma, primeiro nome",
    ):
        assert words in shown.text
    assert "Ana" not in shown.text
    unsubscribe, choose = [one["href"] for one in shown.page.all("a") if one.get("class") == "button"]
    visitor.click("/w/" + unsubscribe)
    assert visitor.consents["offers", "email"] == "withdrawn"
    assert visitor.get("/w/" + choose).status == 200


def test_a_transactional_message_names_the_purchase_and_sells_no_way_out(visitor):
    """It rests on the contract: it can be moved to another channel, and is not ended with the offers."""
    shown = why(visitor, visitor.happened("order.placed", order_id=f"ord_{visitor.customer}", **ORDER))

    assert "Pedido feito, em 25 de novembro de 2026, às 09:00" in shown.text
    assert "LGPD, art. 7, V)" in shown.text
    assert "Seu pedido" in shown.text
    assert "data prometida, link, número" in shown.text
    assert "10234" not in shown.text
    assert "Parar este assunto" not in shown.text
    assert len([one for one in shown.page.all("a") if one.get("class") == "button"]) == 1


def test_what_the_person_said_later_is_not_told_as_the_reason(visitor):
    """The story is that of the moment in which it was sent."""
    visitor.agreed("offers", "email")
    delivery = visitor.send("preference_checkin", "email")
    visitor.app.clock.advance(seconds=1)
    visitor.click(visitor.link(TokenPurpose.UNSUBSCRIBE))

    assert "e confirmou pelo link que enviamos" in why(visitor, delivery).text


def test_a_message_that_nobody_keeps_any_more_is_said_to_be_old(visitor):
    """The link lives longer than what stood behind it may."""
    shown = why(visitor, "msg_none")

    assert shown.status == 200
    assert "Esta mensagem é tão antiga" in shown.text

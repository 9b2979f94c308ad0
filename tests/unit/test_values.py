"""Values on their way into a text: lists, values that may be absent, words that follow a number."""

from __future__ import annotations

from datetime import date

import pytest

from orchestrator.catalog.model import Message, PublishedMessage
from orchestrator.catalog.render import MissingVariable, RenderError, render
from orchestrator.catalog.values import LIST_LENGTH_MAX
from orchestrator.catalog.voice import Voice
from orchestrator.domain.customer import Channel

VARIABLES = {
    "customer.first_name": {"type": "string", "fallback": "cliente"},
    "order.number": {"type": "string"},
    "order.note": {"type": "string"},
    "order.gift": {"type": "boolean"},
    "order.total": {"type": "money"},
    "order.items_count": {"type": "integer"},
    "order.items": {"type": "list", "of": {"name": "string", "quantity": "integer", "note": "string"}},
    "order.coupons": {"type": "list", "of": {"code": "string"}},
}


def voice(accents="strip", prefix="Loja: "):
    return Voice.model_validate(
        {
            "kind": "brand_voice",
            "id": "loja",
            "locale": "pt-BR",
            "owner": "marketing",
            "channels": {"sms": {"prefix": prefix, "accents": accents}},
        }
    )


STRIPS, KEEPS = voice(), voice("keep", "")


def letter(body, **order):
    """The text of an e-mail with that body."""
    return said(Channel.EMAIL, body, STRIPS, {"order": order}).text


def sms(body, speaks=STRIPS, **order):
    return said(Channel.SMS, body, speaks, {"order": order})


def said(channel, body, speaks, data):
    message = Message.model_validate(
        {
            "kind": "message",
            "id": "order",
            "title": "Pedido",
            "owner": "operacoes",
            "topic": "orders",
            "variables": VARIABLES,
            "claims": {"total": {"kind": "price", "from": "order.total"}},
            "content": {"headline": "-", "body": "-"},
            "channels": {
                "email": {"subject": "Oi", "body": body} if channel is Channel.EMAIL else None,
                "whatsapp": None,
                "sms": {"body": body} if channel is Channel.SMS else None,
                "push": None,
            },
        }
    )
    return render(PublishedMessage(message=message), speaks, "pt-BR", channel, data)


# --- lists ----------------------------------------------------------------------------------------------------------

ITEMS = "{% for item in order.items %}[{{ item.quantity }} x {{ item.name }}]{% endfor %}"


def test_a_list_is_said_item_by_item_each_value_as_its_type_is_written():
    assert letter(ITEMS, items=[{"name": "Toalha", "quantity": 1_200}, {"name": " Manta\u200b\n", "quantity": 2}]) == (
        "[1.200 x Toalha][2 x Manta]"
    )
    assert letter(ITEMS, items=({"name": "Toalha", "quantity": 1},)) == "[1 x Toalha]"


def test_a_list_may_be_empty_but_not_absent():
    """An order of nothing says nothing; an order of unknown things would say the same, and must not."""
    assert letter(f"Itens: {ITEMS}.", items=[]) == "Itens: ."
    with pytest.raises(MissingVariable, match=r"order\.items"):
        letter(ITEMS)


def test_a_list_that_is_asked_for_may_be_absent():
    body = f"{{% if order.items %}}Itens: {ITEMS}{{% else %}}Nenhum{{% endif %}}"
    assert letter(body) == letter(body, items=[]) == "Nenhum"
    assert letter(body, items=[{"name": "Toalha", "quantity": 1}]) == "Itens: [1 x Toalha]"


def test_a_list_may_be_asked_for_without_being_said():
    body = "{% if order.coupons %}Há cupons{% else %}Não há{% endif %}"
    assert [letter(body), letter(body, coupons=[]), letter(body, coupons=[{"code": "X"}])] == [
        "Não há",
        "Não há",
        "Há cupons",
    ]


@pytest.mark.parametrize("odd", ["Toalha", 3, {"name": "Toalha"}, True, [{}] * (LIST_LENGTH_MAX + 1)])
def test_what_is_no_list_or_has_no_end_is_refused(odd):
    with pytest.raises(RenderError, match=r"order\.items must be a list of at most 1000 items"):
        letter(ITEMS, items=odd)


@pytest.mark.parametrize(
    "item", [{"quantity": 1}, {"name": "", "quantity": 1}, {"name": None, "quantity": 1}, "x", None]
)
def test_a_field_that_is_missing_says_of_which_item(item):
    with pytest.raises(MissingVariable, match=r"order\.items\.1\."):
        letter(ITEMS, items=[{"name": "Toalha", "quantity": 1}, item])


def test_a_field_that_does_not_fit_says_of_which_item():
    with pytest.raises(RenderError, match=r'order\.items\.0\.quantity "muitas" is not a number'):
        letter(ITEMS, items=[{"name": "Toalha", "quantity": "muitas"}])


def test_a_field_that_is_asked_for_may_be_missing():
    body = "{% for item in order.items %}{{ item.name }}{% if item.note %} ({{ item.note }}){% endif %};{% endfor %}"
    assert letter(body, items=[{"name": "A", "note": "azul"}, {"name": "B"}, {"name": "C", "note": " "}]) == (
        "A (azul);B;C;"
    )


def test_two_loops_over_one_list_may_name_its_items_differently():
    body = (
        "{% for a in order.items %}{{ a.name }}{% endfor %}-{% for b in order.items %}{{ b.name | upper }}{% endfor %}"
    )
    assert letter(body, items=[{"name": "x"}, {"name": "y"}]) == "xy-XY"


def test_around_the_items_stand_the_messages_own_values():
    body = "{% for item in order.items %}{{ order.number }}/{{ item.name }} {% endfor %}"
    assert letter(body, number="7", items=[{"name": "a"}, {"name": "b"}]) == "7/a 7/b "


# --- values that may be absent --------------------------------------------------------------------------------------


@pytest.mark.parametrize("note", [None, "", " ", "\u200b", "\n"])
def test_what_is_asked_for_may_be_absent(note):
    assert letter("Oi{% if order.note %}: {{ order.note }}{% endif %}", note=note) == "Oi"
    assert letter("{% if not order.note %}Sem bilhete{% endif %}", note=note) == "Sem bilhete"


def test_what_is_said_outside_the_question_must_be_there():
    """{% if %} around one of two places does not excuse the other."""
    with pytest.raises(MissingVariable, match=r"order\.note"):
        letter("{% if order.note %}x{% endif %}{{ order.note }}")
    with pytest.raises(MissingVariable, match=r"order\.note"):
        letter("{% if order.gift %}{{ order.note }}{% endif %}", gift=True)


def test_what_is_not_said_this_time_need_not_be_there_if_it_is_asked_for():
    body = "{% if order.note %}{{ order.note }}{% else %}Nada{% endif %}"
    assert (letter(body, note="x"), letter(body)) == ("x", "Nada")


@pytest.mark.parametrize(("gift", "said"), [(True, "sim"), (False, "não"), (None, "não")])
def test_false_is_no(gift, said):
    assert letter("{% if order.gift %}sim{% else %}não{% endif %}", gift=gift) == said


@pytest.mark.parametrize(("count", "said"), [(2, "2"), (0, "nada")])
def test_zero_is_no(count, said):
    body = "{% if order.items_count %}{{ order.items_count }}{% else %}nada{% endif %}"
    assert letter(body, items_count=count) == said


# --- words that follow a number -------------------------------------------------------------------------------------

COUNTED = '{{ order.items_count | plural(one="{n} item", other="{n} itens") }}'


@pytest.mark.parametrize(("count", "words"), [(0, "0 item"), (1, "1 item"), ("2", "2 itens"), (12_345, "12.345 itens")])
def test_a_plural_writes_its_number(count, words):
    assert letter(COUNTED, items_count=count) == words


def test_a_plural_may_be_changed_further():
    assert letter(COUNTED.replace(" }}", " | upper }}"), items_count=2) == "2 ITENS"


def test_a_plural_of_no_number_is_refused():
    with pytest.raises(RenderError, match="muitos"):
        letter('{{ order.note | plural(other="{n}") }}', note="muitos")


# --- texts of an SMS ------------------------------------------------------------------------------------------------


def test_an_sms_has_no_fixed_spaces_even_where_accents_are_kept():
    """A fixed space is in no alphabet of GSM: with it, one message would cost as much as three."""
    kept = sms("Amanhã: {{ claims.total }}, {{ order.note }}", KEEPS, total="1299.90 BRL", note="até\u00a0logo\u202fjá")
    assert kept.text == "Amanhã: R$ 1.299,90, até logo já"
    stripped = sms("Amanhã: {{ claims.total }}", total="1299.90 BRL")
    assert (stripped.text, stripped.encoding) == ("Loja: Amanha: R$ 1.299,90", "GSM-7")


def test_an_sms_closes_up_where_a_name_has_no_letter_that_it_could_write():
    """A name of one emoji is a name in an e-mail, and nothing in an SMS."""
    assert sms("Pedido {{ order.note }} chegou", note="🌷").text == "Loja: Pedido chegou"


# --- any data -------------------------------------------------------------------------------------------------------


def test_a_day_may_come_as_a_day():
    """YAML gives texts; a program that calls `render` may give dates."""
    assert letter("{{ order.note }}", note=date(2026, 11, 27)) == "2026-11-27"


@pytest.mark.parametrize("order", [None, "ord_1", 7, [], ["number"]])
def test_data_of_another_shape_is_data_that_is_missing(order):
    with pytest.raises(MissingVariable, match=r"order\.number"):
        said(Channel.EMAIL, "{{ order.number }}", STRIPS, {"order": order})

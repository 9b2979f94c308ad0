"""What rules read: names in conditions and in copy, and people in texts."""

from __future__ import annotations

import pytest

from orchestrator.check.expressed import paths_in
from orchestrator.check.people import is_for_examples, is_made_up, people_in
from orchestrator.check.wording import readings

# --- conditions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "paths"),
    [
        ("order.total >= 50.0", [("order.total", 0)]),
        ("order.total >= 50.0 && order.gift", [("order.total", 0), ("order.gift", 23)]),
        ("size(order.items) > 0", [("order.items", 5)]),
        ("order.items.size() > 0", [("order.items", 0)]),
        ("order.items.exists(i, i.quantity > 1)", [("order.items", 0)]),
        ("has(order.note)", [("order.note", 4)]),
        ('order.state == "order.placed"', [("order.state", 0)]),
        ("order.state == 'it\\'s order.placed'", [("order.state", 0)]),
        ("timestamp(order.placed_at) > now", [("order.placed_at", 10), ("now", 29)]),
        ("order . total > 1.0", [("order.total", 0)]),
        ("customer.tags['a.b'] == 1", [("customer.tags", 0)]),
        ("order == null || true", [("order", 0)]),
    ],
)
def test_condition_reads_names_and_nothing_else(condition, paths):
    """Functions, texts and a comprehension's own names are no data."""
    assert list(paths_in(condition)) == paths


# --- copy -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Pedido {{ order.number }}.", [("order.number", False)]),
        ("{{order.number|upper}} e {{- claims.price -}}", [("order.number", False), ("claims.price", False)]),
        ("{% if order.note %}{{ order.note }}{% endif %}", [("order.note", True), ("order.note", False)]),
        ("{% if not order.note %}Nada{% else %}Algo{% endif %}", [("order.note", True)]),
        ("{% for item in order.items %}{{ item.name }}{% endfor %}", [("order.items", False), ("item.name", False)]),
        ("order.number, sem chaves", []),
    ],
)
def test_copy_reads_names(text, names):
    """Printed, or only asked for."""
    assert [(one.name, one.asked) for one in readings(text)] == names


# --- people ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("CPF 529.982.247-25", ["a CPF"]),
        ("CPF 52998224725", ["a CPF"]),
        ("CPF 529.982.247-26", []),
        ("111.111.111-11", []),
        ("4111 1111 1111 1111", ["a card number"]),
        ("4111-1111-1111-1111", ["a card number"]),
        ("378282246310005", ["a card number"]),
        ("4111 1111 1111 1112", []),
        ("0000 0000 0000 0000", []),
        ("joana@correio.com.br", ["a person's e-mail address"]),
        ("JOANA@Correio.com.br", ["a person's e-mail address"]),
        ("ana@example.com, bia@loja.example, x@y.test", []),
        ("oi@casalume.com.br", []),
        ("(11) 98731-4620", ["a person's mobile number"]),
        ("+55 11 98731 4620", ["a person's mobile number"]),
        ("11987314620", ["a person's mobile number"]),
        ("(11) 98731-4621", []),
        ("+5511912345678", []),
        ("(11) 3731-4620 e 0800 731 4620", []),
        ("pedido 10234, CEP 01310-100, 27/11/2026, das 9h às 18h", []),
        ("rastreio BR529982247255BR", []),
        ("CNPJ 11.222.333/0001-81", []),
        ("R$ 1.299,90 em 12x de 108,33", []),
    ],
)
def test_people_are_told_from_numbers(text, kinds):
    """By check digits, domains and shape; what is the shop's own is nobody's."""
    own = frozenset({"@casalume.com.br", "5511987314621"})
    assert [str(one.kind) for one in people_in(text, own)] == kinds


@pytest.mark.parametrize("domain", ["example.com", "mail.example.org", "casalume.example", "a.test", "example.com.br"])
def test_domains_for_examples_reach_nobody(domain):
    """RFC 2606."""
    assert is_for_examples(domain)


@pytest.mark.parametrize("domain", ["casalume.com.br", "myexample.com", "example.co", "example"[:-1]])
def test_other_domains_may_reach_somebody(domain):
    """However much they look like an example."""
    assert not is_for_examples(domain)


@pytest.mark.parametrize(
    "phone", ["+5511912345678", "+55 92 91234-5678", "+12025550123", "+447700900123", "11999999999"]
)
def test_made_up_numbers_are_seen_to_be(phone):
    """Runs, repetitions, and what is kept for stories."""
    assert is_made_up(phone)


@pytest.mark.parametrize("phone", ["+5511987314620", "+447911123456"])
def test_other_numbers_may_be_somebodys(phone):
    """Brazil keeps no numbers for stories."""
    assert not is_made_up(phone)

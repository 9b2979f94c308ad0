"""What copy may say in Jinja: names, a few filters, and in an e-mail's body {% if %} and {% for %}."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.catalog.script import read_script
from orchestrator.catalog.templates import (
    FILTERS,
    RefusedTemplate,
    names_in,
    parse_copy,
)
from tests.corpora import bombs


@pytest.mark.parametrize("source", bombs.TEMPLATES + bombs.ADVISORIES, ids=lambda source: source[:48])
def test_whatever_is_not_a_name_is_refused_at_once(source):
    """By its syntax tree, in milliseconds: a compiler would fold `9**(9**9)` for hours."""
    _refused_at_once(source, blocks=False)


@pytest.mark.parametrize("source", bombs.BLOCKS + bombs.ADVISORIES, ids=lambda source: source[:48])
def test_blocks_let_nothing_else_in(source):
    _refused_at_once(source, blocks=True)


def _refused_at_once(source, *, blocks):
    started = time.process_time()
    with pytest.raises(RefusedTemplate) as caught:
        read_script(source, blocks=blocks)
    assert time.process_time() - started < 1
    assert str(caught.value)
    assert len(str(caught.value)) < 300
    assert caught.value.line >= 1


@pytest.mark.parametrize(
    ("source", "names", "written"),
    [
        ("Oi, {{ customer.first_name }}!", ("customer.first_name",), "Oi, Ana!"),
        ("{{ order.number }} {{order.number}}", ("order.number",), "ab-1 ab-1"),
        ("no place at all", (), "no place at all"),
        ("{ not a place } {# not a comment #} 100% %s", (), "{ not a place } {# not a comment #} 100% %s"),
        ("two\n\nparagraphs\n", (), "two\n\nparagraphs\n"),
        ("{{ order.items }}", ("order.items",), "duas toalhas"),
        ("", (), ""),
    ],
)
def test_a_name_is_filled_in_and_known_beforehand(source, names, written):
    """`order.items` is a key, never a dictionary's method."""
    values = {"customer.first_name": "Ana", "order.number": "ab-1", "order.items": "duas toalhas"}
    assert names_in(source) == names
    assert read_script(source).fill(values) == written


def test_only_these_filters_exist():
    assert set(FILTERS) == {"capitalize", "lower", "plural", "trim", "upper"}
    with pytest.raises(RefusedTemplate, match='unknown filter "uper"; did you mean "upper"'):
        parse_copy("{{ order.number|uper }}")


@pytest.mark.parametrize(
    "source",
    [
        "{{ n|plural }}",
        "{{ n|plural('a', 'b') }}",
        "{{ n|plural(one='a') }}",
        "{{ n|plural(other=order.a) }}",
        "{{ n|plural(other=1) }}",
        "{{ n|plural(uno='a', other='b') }}",
        "{{ n|plural(**order.forms) }}",
    ],
)
def test_plural_takes_texts_by_the_names_of_cldr(source):
    with pytest.raises(RefusedTemplate, match="plural"):
        parse_copy(source)


def test_a_claim_takes_no_filter():
    """The brand voice decides how it is written, on every channel."""
    with pytest.raises(RefusedTemplate, match="takes no filter"):
        parse_copy("{{ claims.coupon|lower }}")


def test_a_block_outside_the_emails_body_says_where_it_may_stand():
    with pytest.raises(RefusedTemplate, match=r"channels\.email\.body"):
        parse_copy("{% if order.gift %}Para presente{% endif %}")


def test_a_refusal_names_the_line():
    with pytest.raises(RefusedTemplate, match="arithmetic is not allowed here") as caught:
        parse_copy("Oi!\n\nSeu pedido {{ 1 + 1 }}")
    assert caught.value.line == 3


def test_the_names_of_a_loops_items_are_its_own():
    source = "{% for item in order.items %}{{ item.name }} {{ order.number }}{% if item.gift %}!{% endif %}{% endfor %}"
    assert names_in(source, blocks=True) == ("order.items", "order.number")


@given(st.text(st.sampled_from("{}%#()[].|'\"abr_ \n0*-~"), max_size=60))
def test_any_source_is_admitted_or_refused(source):
    """And what is admitted is filled, and reads nothing but its names."""
    try:
        script = read_script(source)
    except RefusedTemplate:
        return
    keys = [part.key for part in script.parts if not isinstance(part, str)]
    assert script.fill(dict.fromkeys(keys, "v")) is not None

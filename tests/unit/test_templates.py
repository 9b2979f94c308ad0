"""What copy may say in Jinja: names and four filters. Everything else is refused before anything is compiled."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from orchestrator.catalog.templates import (
    FILTERS,
    SOURCE_LENGTH_MAX,
    RefusedTemplate,
    compile_html,
    compile_text,
    names_in,
)

# Each would cost time, reach what is not copy's, or say what a reader of the file cannot foresee.
REFUSED = [
    # arithmetic, which Jinja folds while it compiles
    "{{ 9**(9**9) }}",
    "{{ 10**10**10 }}",
    "{{ 'a' * 10**10 }}",
    "{{ 1 + 1 }}",
    "{{ -order.total }}",
    "{{ order.total * 2 }}",
    "{{ order.a ~ order.b }}",
    "{{ '%s' % order.number }}",
    "{{ 2 // 0 }}",
    # constants and containers
    "{{ 'text' }}",
    "{{ 42 }}",
    "{{ none }}",
    "{{ [order.number] }}",
    "{{ {'a': order.number} }}",
    "{{ (order.number, 1) }}",
    # calls
    "{{ order.number() }}",
    "{{ range(10**9) }}",
    "{{ lipsum() }}",
    "{{ cycler('a') }}",
    "{{ namespace(a=1) }}",
    "{{ order.items() }}",
    "{{ ''.join(order.list) }}",
    "{{ self._TemplateReference__context }}{{ self() }}",
    # walks to the interpreter
    "{{ ''.__class__.__mro__ }}",
    "{{ ''.__class__.__base__.__subclasses__() }}",
    "{{ order['__class__'] }}",
    "{{ order[0] }}",
    "{{ order.number[::-1] }}",
    "{{ (order.number)[order.key] }}",
    "{{ order|attr('__class__') }}",
    # filters
    "{{ order.number|attr('x') }}",
    "{{ order.list|join(',') }}",
    "{{ order.number|default('x') }}",
    "{{ order.number|safe }}",
    "{{ order.number|replace('a', 'b') }}",
    "{{ order.number|format(1) }}",
    "{{ order.number|center(10**9) }}",
    "{{ order.number|upper('x') }}",
    "{{ order.number|upper(*order.list) }}",
    "{{ order.number|trim(chars='x') }}",
    "{{ order.list|map('upper')|list }}",
    # tests, comparisons, choices
    "{{ order.number is defined }}",
    "{{ order.a == order.b }}",
    "{{ not order.a }}",
    "{{ order.a and order.b }}",
    "{{ order.a if order.b else order.c }}",
    "{{ order.a if order.b }}",
    # statements
    "{% if order.a %}x{% endif %}",
    "{% if false %}{{ 9**(9**9) }}{% endif %}",
    "{% for x in order.list %}{{ x }}{% endfor %}",
    "{% set a = 1 %}",
    "{% set a %}x{% endset %}",
    "{% macro m() %}x{% endmacro %}{{ m() }}",
    "{% call m() %}x{% endcall %}",
    "{% include '/etc/passwd' %}",
    "{% import 'x' as y %}",
    "{% from 'x' import y %}",
    "{% extends 'base' %}",
    "{% block a %}x{% endblock %}",
    "{% filter upper %}x{% endfilter %}",
    "{% with a = 1 %}{{ a }}{% endwith %}",
    "{% autoescape false %}{{ order.a }}{% endautoescape %}",
    "{% raw %}{{ x }}{% endraw %}{% do 1 %}",
    # what no parser reads
    "{{",
    "{{ order. }}",
    "{{ }}",
    "{% if %}",
    "{% endif %}",
    "{{ order.number | }}",
    "{{ 'unclosed }}",
    # too much of it
    "x" * (SOURCE_LENGTH_MAX + 1),
    "{{ " + "(" * 5_000 + "a" + ")" * 5_000 + " }}",
    "{{ a" + "|upper" * 10_000 + " }}",
    "{{ a" + ".b" * 30_000 + " }}",
]


@pytest.mark.parametrize("source", REFUSED, ids=lambda source: source[:48])
@pytest.mark.parametrize("compile_template", [compile_text, compile_html])
def test_whatever_is_not_a_name_is_refused_at_once(source, compile_template):
    """By its syntax tree, in milliseconds: a compiler would fold `9**(9**9)` for hours."""
    started = time.process_time()
    with pytest.raises(RefusedTemplate) as caught:
        compile_template(source)
    assert time.process_time() - started < 1
    assert str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("source", "names", "written"),
    [
        ("Oi, {{ customer.first_name }}!", ("customer.first_name",), "Oi, Ana!"),
        ("{{ order.number|upper }} {{order.number}}", ("order.number",), "AB-1 ab-1"),
        ("{{ customer.first_name | lower | capitalize | trim }}", ("customer.first_name",), "Ana"),
        ("no place at all", (), "no place at all"),
        ("{ not a place } {# not a comment #} 100%", (), "{ not a place } {# not a comment #} 100%"),
        ("two\n\nparagraphs\n", (), "two\n\nparagraphs\n"),
        ("{{ order.items }}", ("order.items",), "duas toalhas"),
        ("", (), ""),
    ],
)
def test_a_name_is_filled_in_and_known_beforehand(source, names, written):
    """`order.items` is the key, never a dictionary's method."""
    data = {"customer": {"first_name": "Ana"}, "order": {"number": "ab-1", "items": "duas toalhas"}}
    assert names_in(source) == names
    assert compile_text(source).render(data) == written


def test_only_these_filters_exist():
    assert {"capitalize", "lower", "trim", "upper"} == FILTERS
    with pytest.raises(RefusedTemplate, match='unknown filter "uper"; did you mean "upper"'):
        compile_text("{{ order.number|uper }}")


def test_a_refusal_names_the_line():
    with pytest.raises(RefusedTemplate, match="arithmetic is not allowed here") as caught:
        compile_text("Oi!\n\nSeu pedido {{ 1 + 1 }}")
    assert caught.value.line == 3


@pytest.mark.parametrize("data", [{}, {"order": {}}, {"order": "x"}, {"order": None}])
def test_a_name_that_is_not_there_is_an_error_and_never_an_empty_space(data):
    with pytest.raises(UndefinedError):
        compile_text("{{ order.number }}").render(data)


def test_an_object_shows_keys_and_no_attributes():
    """Whatever comes in as data, its class and methods stay out of reach."""
    with pytest.raises(UndefinedError):
        compile_text("{{ order.number.upper }}").render(order={"number": "a"})
    with pytest.raises(UndefinedError):
        compile_text("{{ order.__class__ }}").render(order={"number": "a"})


def test_html_escapes_values_in_text_and_in_attributes():
    template = compile_html('<a href="{{ order.url }}">{{ order.number }}</a>')
    assert template.render(order={"url": '"><script>', "number": "<b>'&"}) == (
        '<a href="&#34;&gt;&lt;script&gt;">&lt;b&gt;&#39;&amp;</a>'
    )
    assert compile_text("{{ order.number }}").render(order={"number": "<b>"}) == "<b>"


@given(st.text(st.sampled_from("{}%#()[].|'\"abr_ \n0*-~"), max_size=60))
def test_any_source_is_admitted_or_refused(source):
    """And what is admitted compiles, and reads nothing but its names."""
    try:
        names = names_in(source)
    except RefusedTemplate:
        return
    data = {}
    for name in names:
        place = data
        for part in name.split(".")[:-1]:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                return
        place[name.rpartition(".")[2]] = "v"
    try:
        compile_text(source).render(data)
    except UndefinedError:
        assert any(other.startswith(f"{name}.") for name in names for other in names)

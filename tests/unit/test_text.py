"""Steps from source to what a customer reads."""

# ruff: noqa: RUF001  # characters that look like others are what is tested

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.catalog.text import (
    markdown_to_text,
    markdown_to_whatsapp,
    no_whatsapp_marks,
    normalise_spaces,
    one_line,
    strip_controls,
    unwrap,
)

unhurried = settings(deadline=None)
wrapped_copy = st.text(st.sampled_from("ab1.-* \t\n\r")) | st.text()
marked_data = st.text(st.sampled_from("aã1 *_~`,.")) | st.text()
hostile_data = st.text(st.characters()) | st.text(
    st.sampled_from("a\x00\n\t\x85\x9f\u202e\u200b\u200d\ufe0f\u2066\ufeff👩❤\ud800\u2028")
)

# WhatsApp's rule: the same mark twice, each at the edge of a word and next to what it formats.
SPAN = re.compile(r"(?<![0-9A-Za-z])([*_~`])(?=\S)[^\n]*?(?<=\S)\1(?![0-9A-Za-z])")


# --- copy and rendered text -----------------------------------------------------------------------------------------


def test_fixed_spaces_become_plain_ones():
    """What a formatter wrote compares equal to what a person types."""
    assert normalise_spaces("R$\u00a01.299,90, 10\u202f000, 9\u2009h, 1\u20072") == "R$ 1.299,90, 10 000, 9 h, 1 2"
    assert normalise_spaces("R$ 10") == "R$ 10"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Seu pedido atrasou na\ntransportadora.\n", "Seu pedido atrasou na transportadora."),
        ("Um  \n  dois\t\ntrês", "Um dois três"),
        ("Um\n\n\n \t\ndois\ncom mais\n", "Um\n\ndois com mais"),
        ("Um\r\ndois\r\n\r\ntrês", "Um dois\n\ntrês"),
        ("Traga:\n- documento\n  com foto\n- cartão", "Traga:\n- documento com foto\n- cartão"),
        ("* um\n* dois", "* um\n* dois"),
        ("Passos:\n1. abra\n2. feche", "Passos:\n1. abra\n2. feche"),
        ("Chega até dia\n25. Depois avisamos.", "Chega até dia 25. Depois avisamos."),
        ("De 10\n-15% hoje", "De 10 -15% hoje"),
        ("  uma linha  ", "uma linha"),
        ("", ""),
    ],
)
def test_unwrap_joins_lines_and_keeps_paragraphs_and_lists(source, expected):
    """Files are wrapped for people who read diffs; customers see sentences."""
    assert unwrap(source) == expected


@unhurried
@given(wrapped_copy)
def test_unwrapping_twice_is_unwrapping_once(source):
    """What was unwrapped has nothing left to unwrap."""
    assert unwrap(unwrap(source)) == unwrap(source)


@unhurried
@given(wrapped_copy)
def test_unwrap_changes_nothing_but_white_space(source):
    """No word is lost or moved."""
    assert unwrap(source).split() == source.split()


def test_one_line_is_one_line():
    """A subject cannot carry a second header, whichever line end it is tried with."""
    assert one_line(" Nova data\r\nBcc: x@casalume.example\n") == "Nova data Bcc: x@casalume.example"
    assert one_line("a\vb\u2028c\x85\n\nd") == "a b c d"
    assert one_line("R$\u00a010") == "R$\u00a010"


@unhurried
@given(st.text())
def test_one_line_has_no_line_end_of_any_kind(text):
    """E-mail headers refuse whatever Python calls a line end."""
    assert len(one_line(text).splitlines()) <= 1


# --- data -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("João", "João"),
        ("Ana\nMaria\tLuz\r\nda Silva", "Ana Maria Luz da Silva"),
        ("An\x00a\x1b[0m\x9f", "Ana[0m"),
        ("\u202eanA\u202c \u2066x\u2069", "anA x"),
        ("c\u200bu\u200cp\u200do\u2060m\ufeff\u00ad", "cupom"),
        ("👩\u200d👩\u200d👧 ❤\ufe0f\u200d🔥", "👩\u200d👩\u200d👧 ❤\ufe0f\u200d🔥"),
        ("👩\u200d Ana", "👩 Ana"),
        ("x\ud800y", "xy"),
        ("R$\u00a010", "R$\u00a010"),
        (" Ana ", "Ana"),
        ("\u00a0\nAna Luz\u3000\t", "Ana Luz"),
    ],
)
def test_data_loses_what_cannot_be_seen(data, expected):
    """Controls, overrides and zero widths go; emoji stay whole."""
    assert strip_controls(data) == expected


@unhurried
@given(hostile_data)
def test_data_holds_no_controls_afterwards(data):
    """No C0, no C1, nothing that turns the reading direction, nothing that cannot be encoded."""
    found = strip_controls(data)

    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in found)
    assert not any("\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069" for character in found)
    assert strip_controls(found) == found


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("Ana", "Ana"),
        ("*URGENTE*", "∗URGENTE∗"),
        ("_Ana_ ~Luz~ `x`", "ˍAnaˍ ∼Luz∼ ˋxˋ"),
        ("Ana*", "Ana∗"),
        ("PED_10_2026", "PED_10_2026"),
        ("ana_luz@casalume.example", "ana_luz@casalume.example"),
        ("2 * 3", "2 * 3"),
        ("* 3", "∗ 3"),
        ("a**b", "a∗∗b"),
        ("veja https://casalume.example/_a_*?b=~c~", "veja https://casalume.example/_a_*?b=~c~"),
    ],
)
def test_data_cannot_switch_formatting_on_or_off(data, expected):
    """A mark at the edge of a word is replaced by its look-alike; others, and links, are left alone."""
    assert no_whatsapp_marks(data) == expected


@unhurried
@given(marked_data)
def test_data_without_marks_reads_the_same(data):
    """Every other character stays, and no two marks make a span, also with one mark in the copy around."""
    found = no_whatsapp_marks(data)

    assert found.translate(str.maketrans("∗ˍ∼ˋ", "*_~`")) == data.translate(str.maketrans("∗ˍ∼ˋ", "*_~`"))
    assert "://" in found or not any(SPAN.search(around.format(found)) for around in ("{}", "*{}", "_a {}", "{} b~"))


# --- Markdown -------------------------------------------------------------------------------------------------------

LETTER = """\
# Novidade, {{ customer.first_name }}

Seu pedido **{{ order.number }}** chega *até*
{{ claims.new_date }}. [Acompanhe]({{ order.tracking_url }}).

- sem custo
- com _calma_
  e atenção

5. abra
6. feche

> Obrigada
"""


def test_the_plain_part_has_words_without_marks():
    """Links say where they lead; lists stay lines."""
    assert (
        markdown_to_text(LETTER)
        == """\
Novidade, {{ customer.first_name }}

Seu pedido {{ order.number }} chega até {{ claims.new_date }}. Acompanhe ({{ order.tracking_url }}).

- sem custo
- com calma e atenção

5. abra
6. feche

> Obrigada"""
    )


def test_whatsapp_has_its_own_marks():
    """Two stars become one, a heading is bold, a link is written out."""
    assert (
        markdown_to_whatsapp(LETTER)
        == """\
*Novidade, {{ customer.first_name }}*

Seu pedido *{{ order.number }}* chega _até_ {{ claims.new_date }}. Acompanhe: {{ order.tracking_url }}.

- sem custo
- com _calma_ e atenção

5. abra
6. feche

> Obrigada"""
    )


@pytest.mark.parametrize("write", [markdown_to_text, markdown_to_whatsapp])
@pytest.mark.parametrize(
    "placeholder",
    [
        "{{ claims.new_date }}",
        "{{claims.a_b_c}}",
        "{{ order.tracking_url | default('https://casalume.example/_x_') }}",
        '{{ name | default("}} *x*") }}',
        "{% if order.late %}",
        "{# *não* traduzir #}",
    ],
)
def test_placeholders_survive_untouched(write, placeholder):
    """Jinja sees what the writer wrote: in a sentence, in bold, at a word, in a link's target and label."""
    source = f"a {placeholder} b **{placeholder}** PED_{placeholder} [x {placeholder}](https://casalume.example/{placeholder}?q=1)"
    found = write(source)

    assert found.count(placeholder) == 5
    assert f"PED_{placeholder}" in found
    assert f"https://casalume.example/{placeholder}?q=1" in found


def test_a_text_that_speaks_of_placeholders_is_not_mistaken_for_one():
    """The stand-in that hides a placeholder avoids every word of the text."""
    assert markdown_to_text("placeholder0z {{ a }} placeholderx0z") == "placeholder0z {{ a }} placeholderx0z"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[](https://casalume.example)", "https://casalume.example"),
        ("<https://casalume.example/a_b>", "https://casalume.example/a_b"),
        ("<ana@casalume.example>", "ana@casalume.example"),
        ("**[Veja](https://casalume.example) já**", "Veja: https://casalume.example já"),
        ("# [Veja](https://casalume.example)", "Veja: https://casalume.example"),
        ("# Muito **bom** mesmo", "Muito *bom* mesmo"),
        ("com**ple**to", "completo"),
        ("***tudo***", "_*tudo*_"),
        ("**a\\\nb**", "*a*\n*b*"),
        ("\\*não é negrito\\*", "∗não é negrito∗"),
        ("use `CUPOM_10`", "use `CUPOM_10`"),
        ("```\n1 * 2\n```", "```1 * 2```"),
        ("![Kit por R$ 10](https://casalume.example/k.png)", "Kit por R$ 10"),
        ("<b>oi</b> &amp; tchau", "<b>oi</b> & tchau"),
        ("    recuado", "recuado"),
        ("Um\n---\ndois", "Um\n\n---\n\ndois"),
        ("- a\n  - b\n\n    c", "- a\n  - b\n    c"),
        ("", ""),
    ],
)
def test_whatsapp_formatting_keeps_to_what_whatsapp_can_do(source, expected):
    """Marks never touch a letter or a link, and never reach over a line."""
    assert markdown_to_whatsapp(source) == expected


def test_literal_marks_stay_in_the_plain_part():
    """E-mail has nothing that a star could switch on."""
    assert markdown_to_text("\\*ver regras\\*") == "*ver regras*"


@unhurried
@given(st.text(st.sampled_from("ab *_[]()<>#-1.`{}%\n\\!&")))
def test_any_copy_is_written(source):
    """No source, however odd, raises."""
    markdown_to_text(source)
    markdown_to_whatsapp(source)

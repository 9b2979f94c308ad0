"""Copy is filled by us, so that we know which characters came from data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.catalog.blocks import close_up, free_tags, set_apart
from orchestrator.catalog.script import agrees, read_script
from orchestrator.catalog.text import markdown_to_text

LIST = "{% for item in order.items %}{{ item.name }}{% if item.gift %} (presente){% endif %}; {% endfor %}"


def items(*named):
    return {"for item in order.items": [{"item.name": name, "if item.gift": gift} for name, gift in named]}


def test_a_loop_says_its_text_for_each_item():
    script = read_script(LIST, blocks=True)
    assert not script.flat
    assert script.fill(items(("Toalha", False), ("Manta", True))) == "Toalha; Manta (presente); "
    assert script.fill(items()) == ""


@pytest.mark.parametrize(("answer", "written"), [(True, "Com bilhete."), (False, "Sem bilhete.")])
def test_a_choice_is_made_by_whether_a_value_is_there(answer, written):
    chosen = read_script("{% if order.note %}Com{% else %}Sem{% endif %} bilhete.", blocks=True)
    negated = read_script("{% if not order.note %}Sem{% else %}Com{% endif %} bilhete.", blocks=True)
    assert chosen.fill({"if order.note": answer}) == written
    assert negated.fill({"if order.note": answer}) == written


def test_a_value_that_is_absent_is_an_error_and_never_an_empty_space():
    with pytest.raises(KeyError, match=r"order\.number"):
        read_script("{{ order.number }}").fill({})
    with pytest.raises(KeyError, match=r"order\.note"):
        read_script("{% if order.gift %}x{% endif %}{{ order.note }}", blocks=True).fill({"if order.gift": False})


def test_runs_part_a_text_where_data_stands_and_keep_claims_in_it():
    script = read_script("Oi, {{ customer.name }}! Até {{ claims.date }}.")
    runs = [[part if isinstance(part, str) else part.name for part in run] for run in script.runs({})]
    assert runs == [["Oi, "], ["! Até ", "claims.date", "."]]


def test_runs_follow_loops_and_choices():
    runs = read_script(LIST, blocks=True).runs(items(("Toalha", False), ("Manta", True)))
    assert runs == ((), ("; ",), (" (presente)", "; "))


@pytest.mark.parametrize(
    ("text", "agreed"),
    [
        ("Oi, Ana! Até 27/11.", True),
        ("Oi, ! Até 27/11.", True),
        ("Oi, Até 27/11.! Até 27/11.", True),
        ("Oi, Ana! Até 28/11.", False),
        ("Oi, Ana! Até 27/11. ", True),
        ("Oi, Ana! Até 27/11. E mais.", False),
        ("Olá, Ana! Até 27/11.", False),
        ("Oi, Ana", False),
    ],
)
def test_a_text_agrees_with_its_pieces_whatever_stands_between_them(text, agreed):
    """But for spaces: an SMS closes up around a name that cannot be written."""
    assert agrees(text, (("Oi, ",), ("! Até ", "27/11", "."))) is agreed


@given(st.lists(st.text("ab {}<", max_size=6), min_size=1, max_size=5), st.text("ab {}<", max_size=8))
def test_whatever_is_filled_in_agrees(pieces, value):
    assert agrees(value.join(pieces), tuple((piece,) for piece in pieces))


def test_tags_on_their_own_lines_leave_no_holes_in_the_text():
    """Blank lines part them for Markdown, and go again afterwards."""
    markdown = set_apart(
        "Seu pedido:\n{% for item in order.items %}\n- {{ item.name }}\n{% endfor %}\n\n"
        "{% if order.note %}\nBilhete: {{ order.note }}\n{% endif %}\nAté logo."
    )
    text = close_up(markdown_to_text(markdown))
    values = {
        "for item in order.items": [{"item.name": "Toalha"}, {"item.name": "Manta"}],
        "if order.note": True,
        "order.note": "Feliz dia",
    }
    script = read_script(text, blocks=True)
    assert script.fill(values) == "Seu pedido:\n\n- Toalha\n- Manta\n\nBilhete: Feliz dia\n\nAté logo."
    assert script.fill({**values, "if order.note": False}) == "Seu pedido:\n\n- Toalha\n- Manta\n\nAté logo."


def test_the_items_of_a_loop_are_one_list_in_html():
    freed = free_tags("<p>TAG0</p>\n<ul>\n<li>x</li>\n</ul>\n<p>TAG1</p>\n<p>y</p>", r"TAG\d+")
    assert freed == "<ul>TAG0\n<li>x</li>\nTAG1</ul><p>y</p>"

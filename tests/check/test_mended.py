"""What is surely misspelt, or has a better word, is mended by --fix, and nothing else of the file changes."""

from __future__ import annotations

import pytest

from orchestrator.check.fixing import fix
from tests.check.cases import checked, read_cases

CASES = {case.name: case for case in read_cases("broken")}


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("VA120_misspelt_variable", "order.nunber", "order.number"),
        ("VA120_misspelt_in_a_translation", "order.nmber", "order.number"),
        ("VA112_one_brace", "o {order.number}.", "o {{ order.number }}."),
        ("VA112_dollar_in_a_push", "${order.number}", "{{ order.number }}"),
        ("VA112_in_an_address", "p/{order.number}", "p/{{ order.number }}"),
        ("CL110_unknown_claim", "claims.arives", "claims.arrives"),
        ("CL111_unknown_fact", "offers.kit.prize", "offers.kit.price"),
        ("BV110_another_word", "ordem de compra", "pedido"),
        ("BV110_in_a_plural_form", "ordem de compra", "pedido"),
        ("BV130_word_of_the_warehouse", "despachado", "enviado"),
    ],
)
def test_a_word_is_mended(name, wrong, right, tmp_path):
    """The name that is near enough, or the voice's own word, stands there afterwards, and the project is whole."""
    root = tmp_path / "shop"
    ((file, *_),) = CASES[name].make(root)
    before = (root / file).read_text("utf-8")
    report = checked(root)

    (fixed,) = fix(root, report)

    assert [finding.code for finding in fixed.findings] == [CASES[name].code]
    assert (root / file).read_text("utf-8") == before.replace(wrong, right)
    assert [str(finding) for finding in checked(root).findings if finding.level == "error"] == []


def test_a_name_that_may_mean_two_things_is_left_to_its_writer(tmp_path):
    """`order.promised` is begun like another name, but is not a misspelling of it."""
    root = tmp_path / "shop"
    CASES["CL111_undeclared_variable"].make(root)

    (finding,) = checked(root).findings

    assert "did you mean" in finding.message
    assert finding.fix is None


def test_the_name_is_mended_and_not_the_same_word_of_the_copy(tmp_path):
    """What a customer reads is not what is misspelt."""
    root = tmp_path / "shop"
    CASES["VA120_misspelt_variable"].make(root)
    path = root / "templates/messages/order_placed.yaml"
    text = path.read_text("utf-8").replace("seu pedido {{ order.nunber }}", "order.nunber e {{ order.nunber }}")
    path.write_text(text, encoding="utf-8")

    list(fix(root, checked(root)))

    assert "order.nunber e {{ order.number }}" in path.read_text("utf-8")

"""What copy says by hand is found at its very character, and what promises nothing is left alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestrator.check.copies import Copy
from orchestrator.check.literals import MOST, findings_in
from orchestrator.documents import parse
from orchestrator.facts.model import Offer, Policy
from orchestrator.facts.sheet import FactSheet

CORPORA = Path(__file__).parents[1] / "corpora"
NOTHING = FactSheet()


def lines(name):
    """One text a line; a line that begins with # is a comment."""
    read = (CORPORA / name).read_text("utf-8").splitlines()
    return [line for line in read if line.strip() and not line.startswith("#")]


def copy_of(yaml, locale="pt-BR"):
    document = parse(yaml, file="m.yaml")
    return Copy(document=document, path=("body",), text=document.data["body"], locale=locale, message=None)


def shown(findings):
    return [(one.code, one.line, one.column, one.end_line, one.end_column) for one in findings]


@pytest.mark.parametrize("line", lines("guilty.txt"))
def test_what_is_promised_by_hand_is_found_where_it_stands(line):
    """Line, column and end of each, and nothing else."""
    locale, text = ("en", line[4:]) if line.startswith("en: ") else ("pt-BR", line)
    expected = []
    for found in re.finditer("⟦([^⟧]+)⟧", text):
        start = found.start() - 2 * len(expected) + 3
        expected.append(("CL101", 2, start, 2, start + len(found[1])))
    assert expected

    findings = findings_in(copy_of(f"body: |\n  {re.sub('[⟦⟧]', '', text)}\n", locale), NOTHING)

    assert shown(sorted(findings, key=lambda one: one.column)) == expected


@pytest.mark.parametrize("text", lines("innocent.txt"))
@pytest.mark.parametrize("locale", ["pt-BR", "en"])
def test_what_promises_nothing_is_left_alone(text, locale):
    """Whatever language it is read in."""
    assert [str(one) for one in findings_in(copy_of(f"body: |\n  {text}\n", locale), NOTHING)] == []


def test_corpora_are_as_large_as_they_must_be():
    """So that nobody empties them."""
    assert len(lines("innocent.txt")) >= 70
    assert len(lines("guilty.txt")) >= 60


@pytest.mark.parametrize(
    ("yaml", "place"),
    [
        ("body: Kit por R$ 129,90 hoje", (1, 15, 1, 24)),
        ('body: "Kit \\u2014 R$\\u00A0129,90"', (1, 19, 1, 33)),
        ("body: 'D''água, R$ 129,90'", (1, 17, 1, 26)),
        ("body: |\n  Chega até 27 de\n  novembro, sim\n", (2, 13, 3, 11)),
        ("body: >-\n  Chega até\n  27 de novembro\n", (3, 3, 3, 17)),
    ],
)
def test_a_place_is_that_of_the_file_however_the_text_is_quoted(yaml, place):
    """Plain, quoted, with escapes, over lines."""
    assert [one[1:] for one in shown(findings_in(copy_of(yaml), NOTHING))] == [place]


# --- what is suggested ----------------------------------------------------------------------------------------------

SHEET = FactSheet(
    offers={"kit": Offer(title="Kit", price="129.90 BRL", discount="20%", coupon="LUME20", ends_at="2026-11-30")},
    policies={"returns": Policy(value="7d", text="7 dias corridos após o recebimento")},
)


@pytest.mark.parametrize(
    ("text", "message", "path"),
    [
        ("por R$ 129,90", 'Hard-coded price "R$ 129,90" in copy', "offers.kit.price"),
        ("com 20% a menos", 'Hard-coded percentage "20%" in copy', "offers.kit.discount"),
        ("com o cupom LUME20", 'Hard-coded coupon "LUME20" in copy', "offers.kit.coupon"),
        ("use lume20 já", 'Hard-coded coupon "lume20" in copy', "offers.kit.coupon"),
        ("até 30/11", 'Hard-coded date "30/11" in copy', "offers.kit.ends_at"),
        ("em 7 dias", 'Hard-coded period "7 dias" in copy', "policies.returns"),
        ("7 dias corridos apos o recebimento", None, "policies.returns"),
        ("por R$ 99", 'Hard-coded price "R$ 99" in copy', None),
    ],
)
def test_a_fact_that_says_it_is_suggested(text, message, path):
    """The same value in another fact would be a guess, but a good one."""
    (found,) = findings_in(copy_of(f"body: |\n  {text}\n"), SHEET)

    assert found.message == (message or f'Hard-coded policy "{text}" in copy')
    assert (f"from: {path or '…'}" in found.help) is True


def test_links_may_carry_a_coupon():
    """What nobody reads promises nothing."""
    assert [*findings_in(copy_of("body: https://x.example/?cupom=LUME20\n"), SHEET)] == []


# --- plurals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("São {{ a.n | plural(one='um a R$ 5', other='{n} a R$ 6') }}.", [33, 53]),
        ("R$ 9 por {{ a.n | plural(one='um', other='{n} itens') }}.", [3]),
        ("R$ {{ a.n | plural(one='5 reais', other='{n} itens') }}.", [3, 3]),
        ("{{ a.n | plural(one='um item') }} e {{ a.n | plural(other='20% a menos') | upper }}", [62]),
        ("{{ a.n | plural(one='um }} item', other='{n}% a menos') }}", [47]),
    ],
)
def test_words_of_every_plural_form_are_copy(text, columns):
    """What one form says is a promise to everybody whose number asks for it; what all say is told once."""
    found = [*findings_in(copy_of(f"body: |\n  {text}\n"), NOTHING)]

    assert [one.column for one in found] == columns


def test_a_text_of_nothing_but_prices_is_told_in_a_moment():
    """Nobody reads the thousandth finding, and each costs a search for its place."""
    assert len([*findings_in(copy_of("body: " + "R$ 1,00 " * 6_000), NOTHING)]) == MOST

"""A campaign and a reply that promise different things are found, and both places are said."""

from __future__ import annotations

import re
from datetime import date

import pytest

from orchestrator.check import contradictions
from orchestrator.project import Project

TODAY = date(2026, 11, 25)

REPLY = """kind: reply
id: prazo
title: Prazo para devolver
owner: atendimento
topic: order_updates
shortcut: /prazo
not_claims: ["{words}"]
variables:
  customer.first_name: {{type: string, fallback: cliente}}
variants:
  - otherwise: true
    body: |
      Pode ficar tranquila.
      {sentence}
"""


@pytest.fixture
def findings(shop):
    """What is found when support says a sentence; its words are called no claim, so that nothing else stops them."""

    def found(sentence, words="10 dias"):
        text = REPLY.format(sentence=sentence, words=words)
        (shop / "templates/replies").mkdir(exist_ok=True)
        (shop / "templates/replies/prazo.yaml").write_text(text, encoding="utf-8")
        return list(contradictions.findings(Project(shop).survey(TODAY)))

    return found


def test_casa_lume_does_not_contradict_itself(shop):
    """Eighteen messages and twelve replies, in two languages."""
    assert list(contradictions.findings(Project(shop).survey(TODAY))) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Para devolver, você tem 10 dias.",
        "A devolução pode ser pedida em até 10 dias corridos.",
        "Você tem 10 dias a partir do recebimento.",  # under its title
        "Mude de ideia sem pressa: mande de volta em até 10 dias.",
    ],
)
def test_a_second_return_window_is_found_with_both_places(findings, shop, sentence):
    """The one that somebody typed, at its line, and the one that a fact states, with the fact."""
    (finding,) = findings(sentence)
    told = re.fullmatch(r'This says "(10 dias.*)" of returns, and (\S+):(\d+) "(7 dias corridos)"', finding.message)
    _, file, line, _ = told.groups()

    assert (finding.code, finding.level) == ("CL114", "error")
    assert (finding.file, finding.line) == ("templates/replies/prazo.yaml", 14)
    assert (
        (shop / finding.file)
        .read_text("utf-8")
        .splitlines()[finding.line - 1][finding.column - 1 :]
        .startswith("10 dias")
    )
    assert file.startswith("templates/messages/")
    assert "{{ claims." in (shop / file).read_text("utf-8").splitlines()[int(line) - 1]
    assert f"{file}:{line}" in finding.help
    assert re.search(r"states policies\.return_window \(templates/facts/promises\.yaml:\d+\)", finding.help)


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("Para devolver, você tem 7 dias.", "7 dias"),
        ("Para devolver, você tem uma semana.", "uma semana"),
        ("A análise da devolução leva até 10 dias.", "10 dias"),
        ("Em lojas físicas, a devolução pode ser pedida em até 10 dias.", "10 dias"),
        ("O boleto vence em 10 dias.", "10 dias"),
    ],
)
def test_what_says_the_same_or_something_else_is_no_contradiction(findings, sentence, words):
    """Another way to say it, what we do ourselves, a case of its own, and another thing."""
    assert findings(sentence, words) == []


def test_a_text_is_told_once(findings):
    """However often it says so."""
    assert len(findings("Você tem 10 dias para devolver. São 10 dias para devolver.")) == 1

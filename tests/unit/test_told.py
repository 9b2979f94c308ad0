"""What leaves in an agent's own words is a promise with a value, wherever the words state one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.dispatch.promised import book_of
from orchestrator.dispatch.told import told
from orchestrator.domain.customer import Channel
from orchestrator.domain.time import instant
from orchestrator.project import Project
from orchestrator.replies.answer import answer
from tests.check.cases import GOOD

NOW = instant(datetime(2026, 12, 28, 12, tzinfo=UTC))


@pytest.fixture(scope="module")
def promised():
    """The promises that leave with the reply of the good project: kind, value and words. The fact says 2 January."""
    release = Project(GOOD).read()
    data = {"order": {"number": "1024", "promised_date": "2027-01-02"}}
    book = book_of(release, {})

    def leave(edited=None, step="Te aviso quando sair.", channel=Channel.WHATSAPP):
        found = answer(
            release.replies["onde"], release.voice, data, {"ticket.next_step": step}, channel, book, NOW,
            locale="pt-BR", edited=edited,
        )  # fmt: skip
        claims = told(found, book.today(NOW), edited=edited is not None)
        return [(claim.kind.value, claim.fact, claim.value, claim.text) for claim in claims]

    return leave


FACT = "order.promised_date"


@pytest.mark.parametrize(
    ("edited", "value", "words"),
    [
        ("Chega até 05/01/2027.", "2027-01-05", "05/01/2027"),
        ("Chega até 05/01.", "2027-01-05", "05/01"),
        ("Chega até 30/12.", "2026-12-30", "30/12"),
        ("Chega até o dia 31.", "2026-12-31", "31"),
    ],
)
def test_a_day_that_was_overruled_has_its_year(promised, edited, value, words):
    """The one nearest to what the fact says: a year may turn between the two."""
    ((kind, fact, found, text),) = promised(edited)
    assert (kind, fact, found) == ("delivery_date", FACT, value)
    assert words in text


def test_words_without_a_value_stay_words(promised):
    """Nobody can compare them, and everybody can read what the customer was told."""
    ((_, _, value, words),) = promised("Não chega até 2 de janeiro.")
    assert value == words
    assert "2 de janeiro" in value


def test_what_was_left_out_is_not_promised(promised):
    assert promised("Vamos ver o que houve com o pedido.") == []


def test_every_day_that_was_written_is_promised(promised):
    assert [one[2] for one in promised("Chega até 05/01, ou no mais tardar em 07/01.")] == ["2027-01-05", "2027-01-07"]


def test_what_the_reply_does_not_claim_is_promised_all_the_same(promised):
    """By whoever wrote it."""
    kept, own = promised("Chega até 02/01, e devolvemos R$ 15,00 do frete.")
    assert kept[2] == "2027-01-02"
    assert own == ("price", "", "15.00 BRL", "R$ 15,00")


def test_an_answer_is_promised_beside_what_the_reply_promises(promised):
    """The customer reads both; an answer that promises nothing adds nothing."""
    assert [one[1:3] for one in promised(step="Deve chegar antes, em 29/12.")] == [
        (FACT, "2027-01-02"), (FACT, "2026-12-29"),
    ]  # fmt: skip
    assert [one[2] for one in promised()] == ["2027-01-02"]

"""What a period is about is heard where the words say it, and nowhere else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from orchestrator.check.matter_words import Matter
from orchestrator.check.matters import Named, matters_of, promises

CORPORA = Path(__file__).parents[1] / "corpora"


def lines(name):
    """The lines of a corpus; one that begins with # is a comment."""
    written = (CORPORA / name).read_text("utf-8").splitlines()
    return [line for line in written if line and not line.startswith("#")]


def sentences(locale):
    """Each sentence of a language, and what is heard in it."""
    return [(line.partition(" | ")[2], line.partition(" | ")[0]) for line in lines(f"promises.{locale}.txt")]


def pairs(sign):
    return [line.split(f" {sign} ") for line in lines("contradictions.txt") if f" {sign} " in line]


def heard(text, locale="pt-BR", **given):
    found = [f"{'+'.join(sorted(one.matters))} {one.value}" for one in promises(text, locale, **given)]
    return ", ".join(found) or "nothing"


def contradict(one, other):
    """Whether two sentences do, asked both ways."""
    first, second = list(promises(one, "pt-BR")), list(promises(other, "pt-BR"))
    there = any(mine.contradicts(its) for mine in first for its in second)
    back = any(its.contradicts(mine) for mine in first for its in second)
    assert there is back
    return there


@pytest.mark.parametrize(("text", "expected"), sentences("pt-BR"))
def test_a_period_is_heard_with_what_it_is_about(text, expected):
    """In the order of the text; rather nothing than a false alarm."""
    assert heard(text) == expected


@pytest.mark.parametrize(("text", "expected"), sentences("en"))
def test_it_is_heard_in_english_too(text, expected):
    """The same matters, in the words of another language."""
    assert heard(text, "en") == expected


@pytest.mark.parametrize(("one", "other"), pairs("<>"))
def test_two_answers_to_one_question_contradict_each_other(one, other):
    """Of one matter and one case, in whatever words."""
    assert contradict(one, other)


@pytest.mark.parametrize(("one", "other"), pairs("=="))
def test_what_can_both_be_kept_is_no_contradiction(one, other):
    """One length in two units, two matters, two cases, and lengths that only a calendar could compare."""
    assert not contradict(one, other)


def test_the_corpora_are_as_large_as_they_must_be():
    """A rule about words is known by what it hears."""
    assert len(sentences("pt-BR")) >= 60
    assert {one for _, said in sentences("pt-BR") for one in Matter if one in said} == set(Matter)
    assert len(pairs("<>")) >= 15
    assert len(pairs("==")) >= 20
    assert all("nothing" not in (heard(one), heard(other)) for one, other in pairs("<>"))


def test_a_title_says_what_a_customers_period_is_for():
    """Support answers under a title, and does not repeat it."""
    assert heard("Você tem 10 dias após o recebimento.", title="Troca de produto") == "exchange 10d"
    assert heard("Você tem 10 dias após o recebimento.", title="Segunda via do boleto") == "nothing"
    assert heard("Respondemos em 10 dias.", title="Troca de produto") == "nothing"


def test_a_fact_needs_no_words_around_it():
    """Its id says what it is about, and the words around it may add to that."""
    named = [Named(start=0, end=6, matters=matters_of("return_window"))]

    assert heard("7 dias", named=named) == "return 7d"
    assert heard("7 dias para trocar", named=named) == "exchange+return 7d"
    refund = [Named(start=0, end=6, matters=matters_of("refund_time"))]
    assert heard("2 dias para a devolução", named=refund) == "refund 2d"


def test_a_place_is_where_the_words_stand():
    """Marks and accents stay in the text."""
    text = "Até é simples: você tem **10 dias** para trocar."
    (one,) = promises(text, "pt-BR")

    assert text[one.start : one.end] == "10 dias"


def test_a_case_is_told_apart():
    """What is said of a defect, or of some products, is not said of all."""
    (defect,) = promises("Com defeito, a troca pode ser pedida em até 90 dias.", "pt-BR")
    (under_a_title,) = promises("Você tem 90 dias para trocar.", "pt-BR", "Produto com defeito")
    (some,) = promises("Para colchões e sofás, você tem 100 dias para trocar.", "pt-BR")
    (every,) = promises("A troca pode ser pedida em até 30 dias.", "pt-BR")

    assert defect.cases == under_a_title.cases == {"defect"}
    assert some.cases == {"colchoes e sofas"}
    assert every.cases == frozenset()


def test_names_of_facts_say_what_they_are_about():
    """And most say nothing of the kind; a warranty with a name of its own is some product's."""
    assert matters_of("return_window") == {Matter.RETURN}
    assert matters_of("prazo_de_troca") == {Matter.EXCHANGE}
    assert matters_of("warranty") == matters_of("prazo_de_garantia") == {Matter.WARRANTY}
    assert matters_of("garantia_colchao") == frozenset()
    assert matters_of("carrier_search") == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "troca " * 4_000,
        "7 dias " * 4_000,
        "7 dias para trocar e " * 1_000,
        "mande a " * 4_000,
        "send it the " * 4_000,
        "para os sofas " * 4_000,
        "de " * 8_000,
    ],
)
def test_a_hostile_text_takes_no_longer_than_its_length(text):
    """A file may be 256 KB of anything."""
    began = time.process_time()
    list(promises(text, "pt-BR"))

    assert time.process_time() - began < 2

"""Casa Lume's voice finds what an editor would strike out, where it stands, and leaves everything else alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from orchestrator.catalog.prose import About, Fault, example_of, faults
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.customer import Channel
from orchestrator.domain.message import Purpose
from tests.shipped import LOCALES, said, shop, spoken

CORPORA = Path(__file__).parents[1] / "corpora"
VOICES = {locale: shop().voice.in_locale(locale) for locale in LOCALES}


class Line(NamedTuple):
    """A line of a corpus, and the channel that the heading above it names."""

    locale: str
    text: str
    channel: Channel | None


def lines(kind: str, locale: str) -> list[Line]:
    """Every line of a corpus that is no comment."""
    found, channel = [], None
    for line in (CORPORA / f"voice_{kind}.{locale}.txt").read_text("utf-8").splitlines():
        if heading := re.match(rf"# --- ({'|'.join(Channel)})\b", line):
            channel = Channel(heading[1])
        if not line.startswith("#"):
            found.append(Line(locale, line, channel))
    return found


def every(kind: str) -> list[Line]:
    """The lines of a corpus in every language."""
    return [line for locale in LOCALES for line in lines(kind, locale)]


def told(found: list[Fault]) -> list[tuple[str, str]]:
    """What was found, as a failing test should show it."""
    return [(fault.rule, fault.message) for fault in found]


RULES = [(locale, rule) for locale, voice in VOICES.items() for rule in voice.rules]


@pytest.mark.parametrize(("locale", "rule"), RULES, ids=[f"{locale}-{rule.id}" for locale, rule in RULES])
def test_each_rule_finds_its_bad_example_and_passes_its_good_one(locale, rule):
    """By that rule and no other; the good one breaks no rule at all."""
    about = example_of(rule)
    assert {fault.rule for fault in faults(VOICES[locale], rule.bad, about)} == {rule.id}
    assert told(faults(VOICES[locale], rule.good, about)) == []


@pytest.mark.parametrize("purpose", [purpose.value for purpose in Purpose])
def test_sentences_without_fault_give_no_finding(purpose):
    """Whether a campaign says them or an order does."""
    found = {
        line.text: told(faults(VOICES[line.locale], line.text, About(purpose=purpose, channel=line.channel)))
        for line in every("innocent")
    }
    assert {text: wrong for text, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("way", spoken(), ids=str)
def test_every_message_of_the_house_is_said_without_fault(way):
    """Subject, title and text as Ana reads them, in every language, on every channel."""
    published, rendered = shop().messages[way.message], said(way)
    about = About(
        purpose=published.purpose,
        tags=frozenset(published.message.tags),
        claim_kinds=frozenset(claim.kind.value for claim in rendered.claims if not claim.superseded),
        channel=way.channel,
    )
    whole = [rendered.subject, rendered.preheader, rendered.title, rendered.text]
    assert told(faults(VOICES[way.locale], "\n\n".join(filter(None, whole)), about)) == []


@pytest.mark.parametrize("line", every("guilty"), ids=lambda line: line.text[:40])
def test_a_sentence_with_a_fault_is_found_where_it_stands(line):
    """By its rule alone, at its very characters."""
    rule, _, marked = line.text.partition(": ")
    text = re.sub("[⟦⟧]", "", marked)
    tags = frozenset({"delay"} if rule.endswith("_on_delay") else ())
    about = About(purpose="marketing", tags=tags, channel=Channel.WHATSAPP)

    found = faults(VOICES[line.locale], text, about)

    assert [(fault.rule, text[fault.start : fault.end]) for fault in found] == [
        (rule, words) for words in re.findall("⟦([^⟧]+)⟧", marked) or [""]
    ]


@pytest.mark.parametrize("locale", LOCALES)
def test_no_rule_is_without_a_faulty_sentence_of_its_own(locale):
    """Besides the example that it brings itself."""
    broken = {line.text.partition(":")[0] for line in lines("guilty", locale)}
    assert {rule.id for rule in VOICES[locale].rules} - broken == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_a_fix_leaves_nothing_to_fix(locale):
    """Each better word passes all the rules, so that fixing twice changes nothing."""
    voice = VOICES[locale]
    better = [term.use for term in voice.terms] + [use for rule in voice.rules for use in rule.swap.values()]
    wrong = {text: told(found) for text in better if (found := faults(voice, text, About(purpose="marketing")))}
    assert wrong == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_word_to_replace_is_found_and_replaced(locale):
    """None hides behind another rule, and none stands for itself: `AGORA` is found, `agora` is not."""
    voice = VOICES[locale]
    pairs = [(old, term.use) for term in voice.terms for old in term.instead_of]
    pairs += [(old, new) for rule in voice.rules for old, new in rule.swap.items()]
    fixes = {}
    for old, _ in pairs:
        text = f"x {old} x"
        found = faults(voice, text, About(purpose="marketing"))
        fixes[old] = [text[: fault.start] + str(fault.fix) + text[fault.end :] for fault in found]
    assert fixes == {old: [f"x {new} x"] for old, new in pairs}


def test_a_word_that_hurries_is_honest_beside_its_date_and_a_promise_beside_its_policy():
    """The claim is the proof; another kind of claim proves nothing."""
    voice = VOICES["pt-BR"]
    for text, proof in (("Só hoje", ClaimKind.DEADLINE), ("Troca garantida", ClaimKind.POLICY)):
        for kind in ClaimKind:
            about = About(purpose="marketing", claim_kinds=frozenset({kind.value}))
            assert bool(faults(voice, text, about)) is (kind is not proof), (text, kind)


def test_a_sms_without_accents_breaks_the_same_rules_and_no_more():
    """The voice writes SMS without them."""
    voice, about = VOICES["pt-BR"], About(purpose="marketing", channel=Channel.SMS)
    assert {fault.rule for fault in faults(voice, "Ultima chance, preco imbativel", about)} == {
        "fake_urgency",
        "unprovable_best",
    }
    assert {fault.rule for fault in faults(voice, "Voce nao informou o numero", about)} == {"blame_customer"}
    assert told(faults(voice, "Sua conta, seu cartao e seu reembolso", about)) == []


def test_one_language_has_no_rule_of_another():
    """English words in Portuguese copy are Portuguese copy's matter."""
    assert told(faults(VOICES["en"], "Prezado(a), clique aqui: última chance", About(purpose="marketing"))) == []
    assert told(faults(VOICES["pt-BR"], "Hurry up, click here", About(purpose="marketing"))) == []


def test_the_voice_and_its_corpora_are_as_large_as_they_must_be():
    """So that nobody empties them."""
    assert len(VOICES["pt-BR"].rules) >= 25
    assert len(VOICES["en"].rules) >= 8
    assert len(lines("innocent", "pt-BR")) >= 200
    assert len(lines("innocent", "en")) >= 60
    assert len(lines("guilty", "pt-BR")) >= 40
    assert len({line.text for line in every("innocent")}) == len(every("innocent"))

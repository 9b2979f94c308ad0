"""The voice's rules on a text: each shape, whole words as people write them, and better words in their place."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.catalog.prose import About, breaks, concerns, faults, refuse
from orchestrator.catalog.prose_words import Words, emoji_in, is_read, sentences
from orchestrator.catalog.refusals import OffBrand, RenderError
from orchestrator.catalog.voice import Rule, Voice
from orchestrator.domain.customer import Channel
from orchestrator.translations import translator

NOTHING = About()
PHONE = Channel.SMS


def voice(**said):
    return Voice.model_validate({"kind": "brand_voice", "id": "loja", "locale": "pt-BR", "owner": "marketing", **said})


def rule(extends, **said):
    return Rule.model_validate({"id": "one", "extends": extends, "message": "'%s' não", **said})


def faults_of(a_rule, text, about=NOTHING):
    return faults(voice(rules=[a_rule.model_dump(exclude_unset=True)]), text, about)


def mended(a_voice, text):
    for one in reversed(faults(a_voice, text, NOTHING)):
        text = text[: one.start] + (one.fix or "") + text[one.end :]
    return text


def found(a_voice, text, about=NOTHING):
    return [(one.code, text[one.start : one.end], one.fix) for one in faults(a_voice, text, about)]


TERMS = voice(
    terms=[
        {"use": "pedido", "instead_of": ["ordem de compra", "compra efetuada"]},
        {"use": "prazo de entrega", "instead_of": ["SLA", "prazo"]},
        {"use": "WhatsApp", "instead_of": ["zap", "whats", "whatsapp"]},
        {"use": "e-mail", "instead_of": ["mail", "email"]},
    ]
)


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("Chegou a ordem de compra", "Chegou a pedido"),
        ("Ordem de compra em dia", "Pedido em dia"),
        ("O SLA é curto", "O prazo de entrega é curto"),
        ("SLA curto", "Prazo de entrega curto"),
        ("Chame no Zap", "Chame no WhatsApp"),
        ("Chame no whatsapp. Whatsapp é bom", "Chame no WhatsApp. WhatsApp é bom"),
        ("ORDEM DE COMPRA", "Pedido"),
        ("no **zap**, agora", "no **WhatsApp**, agora"),
        ("ordem\nde compra", "pedido"),
        ("um mail", "um e-mail"),
    ],
)
def test_a_term_is_replaced_by_the_better_word(text, better):
    """As the words around it are written."""
    assert {one.code for one in faults(TERMS, text, NOTHING)} == {"BV110"}
    assert mended(TERMS, text) == better
    assert faults(TERMS, better, NOTHING) == []


@pytest.mark.parametrize(
    "text",
    [
        "WhatsApp e e-mail",
        "E-mail",
        "o prazo de entrega",
        "Prazo de entrega",
        "zapear é outra coisa",
        "ordem. De compra falamos depois",
        "ordem\n\nde compra",
        "veja https://loja.example/zap/sla",
        "loja.example/zap",
        "(loja.example/zap)",
        "zap.example",
        "Veja em www.zap.com.br.",
        "escreva para zap@loja.example",
    ],
)
def test_what_only_looks_like_a_term_is_left_alone(text):
    """The better word itself, parts of words, words of two sentences, and addresses."""
    assert found(TERMS, text) == []


def test_a_term_says_what_to_use_in_the_readers_language():
    """The sentence is ours, so it can be translated."""
    (one,) = faults(TERMS, "pelo zap", NOTHING)
    assert one.message == 'Use "WhatsApp", not "zap"'
    assert one.message.told({'Use "{use}", not "{found}"': "{found} → {use}"}.get) == "zap → WhatsApp"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Corra, é a ÚLTIMA CHANCE!", ["Corra", "ÚLTIMA CHANCE"]),
        ("ultima   chance", ["ultima   chance"]),
        ("*última* _chance_", ["última* _chance"]),
        ("correram", []),
        ("última e boa chance", []),
    ],
)
def test_existence_finds_each_of_its_words(text, words):
    """Whole, whatever their case, accents and bold type."""
    one = rule("existence", tokens=["última chance", "corra"])
    assert [text[fault.start : fault.end] for fault in faults_of(one, text)] == words


def test_existence_passes_over_its_exceptions():
    """A word in the sense that is meant well, wherever the phrase begins; the word beside it is found."""
    one = rule("existence", tokens=["você esqueceu", "corra"], exceptions=["se você esqueceu", "que tudo corra"])
    text = "Se você esqueceu, você esqueceu. Que tudo corra, corra!"
    assert [fault.start for fault in faults_of(one, text)] == [18, 49]


@pytest.mark.parametrize(
    ("said", "text", "code", "portuguese", "english"),
    [
        ({"extends": "existence", "tokens": ["corra"]}, "Corra já", "BV120",
         "'Corra' não", '"Corra" is not said in this voice'),
        ({"extends": "substitution", "swap": {"extorno": "estorno"}}, "Extorno feito", "BV130",
         "'Extorno' não → \"Estorno\"", 'Use "Estorno", not "Extorno"'),
        ({"extends": "occurrence", "token": "!", "max": 1}, "Oi! Oi!", "BV140",
         "'!' não", '"!": 2 of them; the voice allows 1'),
        ({"extends": "conditional", "require": ["desculp", "sentimos"]}, "Oi", "BV150",
         "'desculp, sentimos' não", "None of these is said: desculp, sentimos"),
    ],
)  # fmt: skip
def test_a_rule_speaks_its_own_words_to_whoever_reads_its_language(said, text, code, portuguese, english):
    """To others it speaks ours; what was found is in both, and so is the better word."""
    (fault,) = faults_of(rule(**said), text)
    assert (fault.code, fault.message.told(translator("pt-BR")), fault.message) == (code, portuguese, english)
    abroad = voice(locale="en", rules=[rule(**said).model_dump(exclude_unset=True)])
    (fault,) = faults(abroad, text, NOTHING)
    assert fault.message == portuguese
    assert fault.message.told(translator("pt-BR")) != portuguese


def test_a_rule_without_a_message_speaks_ours():
    """In every language."""
    (fault,) = faults_of(rule("existence", tokens=["corra"], message=""), "Corra já")
    assert fault.message == '"Corra" is not said in this voice'


GROWN = {"responda": "responda já", "muito muito": "muito muito muito", "mail": "e-mail"}


@pytest.mark.parametrize(
    "text", ["Responda.", "Responda já.", "Já **responda**", "muito " * 9, "responda responda já", "Mail: e-mail"]
)
def test_a_better_word_that_holds_the_other_one_is_written_once(text):
    """However the words stand: the text does not grow with every mending."""
    grown = voice(rules=[{"id": "one", "extends": "substitution", "swap": GROWN, "message": ""}])
    once = mended(grown, text)
    assert mended(grown, once) == once


@pytest.mark.parametrize(
    "phrase",
    ["example.com", "@", "ajuda@loja.example", "https://loja.example", "www.loja", "{{ x }}", "loja.example/a"],
)
def test_no_rule_looks_for_an_address_or_a_place(phrase):
    """It would rewrite where people are led to."""
    assert not is_read(phrase)


@pytest.mark.parametrize("phrase", ["corra", "% off", "att.", "S.A.", "bem-vindo(a)", "don't", "1.5", "re:"])
def test_words_and_signs_are_looked_for(phrase):
    """A dot makes no address."""
    assert is_read(phrase)


@pytest.mark.parametrize(("text", "place"), [("Oi! Saiu", None), ("Oi! Saiu!", 8), ("Oi!!!", 3)])
def test_occurrence_counts_over_the_whole_text(text, place):
    """The first that is too many is shown."""
    told = faults_of(rule("occurrence", token="!", max=1), text)
    assert [one.start for one in told] == ([] if place is None else [place])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Pedimos desculpas", True), ("Desculpe", True), ("Sentimos muito pelo atraso", True), ("Atrasou", False),
        ("Sentimos pelo atraso", False),
    ],
)  # fmt: skip
def test_conditional_wants_one_of_its_words(text, kept):
    """The last word may go on: "desculp" is said by "desculpas"."""
    one = rule("conditional", when_tag="delay", require=["desculp", "sentimos muito"])
    assert breaks(one, text, About(tags=frozenset({"delay"}))) is not kept
    assert not breaks(one, text, NOTHING)


@pytest.mark.parametrize(
    ("said", "about", "concerned"),
    [
        ({"purposes": ["marketing"]}, About(purpose="marketing"), True),
        ({"purposes": ["marketing"]}, About(purpose="transactional"), False),
        ({"unless_claim": "deadline"}, About(claim_kinds=frozenset({"deadline"})), False),
        ({"unless_claim": "deadline"}, About(claim_kinds=frozenset({"price"})), True),
        ({"when_tag": "delay"}, About(tags=frozenset({"delay", "late"})), True),
        ({"when_tag": "delay"}, NOTHING, False),
    ],
)
def test_a_rule_concerns_what_it_says(said, about, concerned):
    """Purposes, tags, and claims that make it right."""
    assert concerns(rule("existence", tokens=["x"], **said), about) is concerned


def test_a_sentence_has_as_many_words_as_people_count():
    """An address, a hyphen or a number is one; dashes and emoji are none; a list is no sentence."""
    text = "Um dois sexta-feira R$ 1.234,56 \u2013 https://loja.example/a 🎉 fim. Outra frase?\n- item um\n- item dois"
    assert [count for _, _, count in sentences(text)] == [7, 2, 2, 2]


def test_a_long_sentence_is_a_warning():
    """Of the reading level."""
    short = voice(voice={"reading_level": {"max_sentence_words": 5}})
    (fault,) = faults(short, "Curta. " + "palavra " * 6, NOTHING)
    assert (fault.code, fault.level, fault.start) == ("BV160", "warn", 7)


@pytest.mark.parametrize(
    ("text", "count"),
    [("🎉", 1), ("👩‍👩‍👧 🇧🇷 👍🏽 ❤️ 1️⃣", 5), ("R$ 10 · © 2026 nº 1", 0), ("🎉🎁", 2)],
)
def test_emoji_are_counted_as_people_see_them(text, count):
    """A family, a flag, a skin colour and a keycap are one each."""
    assert len(list(emoji_in(text))) == count


def test_emoji_are_limited_for_each_channel():
    """A voice that does not say allows any."""
    quiet = voice(channels={"sms": {"emoji": {"max": 0}}})
    assert [one.code for one in faults(quiet, "Oi 🎉", About(channel=Channel.SMS))] == ["BV170"]
    assert faults(quiet, "Oi 🎉", About(channel=Channel.PUSH)) == []
    assert faults(quiet, "Oi 🎉", NOTHING) == []


def test_words_are_of_one_language():
    """`locales` brings its own terms and rules, and a language without any has none."""
    both = voice(
        terms=[{"use": "pedido", "instead_of": ["ordem"]}],
        rules=[{"id": "one", "extends": "existence", "tokens": ["corra"], "message": "não"}],
        locales={"en": {"rules": [{"id": "two", "extends": "existence", "tokens": ["hurry"], "message": "no"}]}},
    )
    text = "ordem corra hurry"
    assert [one.rule for one in faults(both, text, NOTHING)] == ["terms", "one"]
    assert [one.rule for one in faults(both.in_locale("en"), text, NOTHING)] == ["two"]
    assert faults(both.in_locale("es"), text, NOTHING) == []


def test_a_voice_survives_being_stored():
    """The ledger keeps it as JSON, with the words of every language."""
    said = voice(locales={"en": {"terms": [{"use": "order", "instead_of": ["purchase"]}]}})
    again = Voice.model_validate_json(said.model_dump_json(by_alias=True))
    assert found(again.in_locale("en"), "a purchase") == [("BV110", "purchase", "order")]


def errors(said, text):
    return [fault for fault in faults(said, text, NOTHING) if fault.level == "error"]


def test_what_somebody_wrote_is_refused_for_errors_alone():
    """The refusal names the first and counts the others, is a RenderError, and holds every fault."""
    strict = voice(
        rules=[
            {"id": "one", "extends": "existence", "tokens": ["corra", "já"], "message": "não diga %s"},
            {"id": "two", "extends": "existence", "level": "warning", "tokens": ["agora"], "message": "talvez"},
        ]
    )
    refuse(errors(strict, "Agora sim"), message="onde")
    with pytest.raises(RenderError) as caught:
        refuse(errors(strict, "Corra, agora já"), message="onde")
    refused, portuguese = caught.value, translator("pt-BR")
    assert isinstance(refused, OffBrand)
    assert refused.code == "voice_error"
    assert "não diga Corra (one)" in refused.told(portuguese)
    assert "and 1 more" in refused.told()
    assert [(one.code, one.told(portuguese)) for one in refused.fields] == [
        ("BV120", "não diga Corra (one)"), ("BV120", "não diga já (one)"),
    ]  # fmt: skip


HARD = voice(
    terms=[{"use": "a b", "instead_of": ["a a a a b", "a"]}],
    rules=[
        {"id": "one", "extends": "existence", "tokens": ["a a a c", "! ! ?"], "message": ""},
        {"id": "two", "extends": "occurrence", "token": "!", "max": 2, "message": ""},
        {"id": "three", "extends": "conditional", "require": ["a a z"], "message": ""},
    ],
    channels={"sms": {"emoji": {"max": 1}}},
)


# One for each pattern that repeats: words and phrases, the ends of sentences, addresses, emoji.
@pytest.mark.parametrize("piece", ["a ", '."', "\n ", "a@", "a.a", "👩‍", "1."])
def test_any_text_is_read_in_time_that_grows_with_it(piece):
    """No text makes a pattern begin again and again: four times the text is not sixteen times the work."""

    def seconds(length):
        text = (piece * (length // len(piece) + 1))[:length] + "x"
        begun = time.process_time()
        faults(HARD, text, About(channel=PHONE))
        return time.process_time() - begun

    # The fastest of three: others use the machine too.
    assert min(seconds(8_000) for _ in range(3)) < 10 * max(min(seconds(2_000) for _ in range(3)), 0.005)


@given(st.text(alphabet="aAãz!.,-\n @/:🎉👍🏽\u200d*_'\"1R$\ufffc", max_size=80))
def test_faults_stand_in_the_text(text):
    """Wherever the text came from, and in its order."""
    told = faults(HARD, text, About(channel=PHONE))
    assert all(0 <= one.start <= one.end <= len(text) for one in told)
    assert [one.start for one in told] == sorted(one.start for one in told)


@given(st.text(alphabet="zapWZhtsemil-e. \n", max_size=60))
def test_mending_once_is_mending_for_good(text):
    """What the fixes write is right."""
    assert [one for one in faults(TERMS, mended(TERMS, text), NOTHING) if one.fix] == []


def test_words_know_their_places():
    """Dropped marks and apostrophes included."""
    words = Words("Não, *d\u2019água*!")
    assert words.said == ("nao", ",", "d", '"', "agua", "!")
    assert [words.text[slice(*words.span(place, place + 1))] for place in (0, 2, 4)] == ["Não", "d", "água"]

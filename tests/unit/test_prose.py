"""The voice's rules on a text: each shape, whole words as people write them, and better words in their place."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.catalog.prose import About, Fault, concerns, faults, refuse_faults, rule_faults
from orchestrator.catalog.prose_words import Words, emoji_in, sentences
from orchestrator.catalog.refusals import OffBrand, RenderError
from orchestrator.catalog.voice import Rule, Voice
from orchestrator.domain.customer import Channel

NOTHING = About()
PHONE = Channel.SMS


def voice(**said):
    return Voice.model_validate({"kind": "brand_voice", "id": "loja", "locale": "pt-BR", "owner": "marketing", **said})


def rule(extends, **said):
    return Rule.model_validate({"id": "one", "extends": extends, "message": "'%s' não", **said})


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
    ("text", "mended"),
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
def test_a_term_is_replaced_by_the_better_word(text, mended):
    """As the words around it are written."""
    for one in reversed(faults(TERMS, text, NOTHING)):
        assert one.code == "BV110"
        text = text[: one.start] + one.fix + text[one.end :]
    assert text == mended
    assert faults(TERMS, text, NOTHING) == []


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
    assert [text[fault.start : fault.end] for fault in rule_faults(one, text, NOTHING)] == words


def test_the_message_of_a_rule_holds_what_was_found():
    """In the project's own words."""
    (fault,) = rule_faults(rule("existence", tokens=["corra"]), "Corra já", NOTHING)
    assert fault == Fault("one", "BV120", "error", "'Corra' não", 0, 5)


def test_substitution_mends_with_its_own_message():
    """Like a term, with a reason."""
    (fault,) = rule_faults(rule("substitution", swap={"extorno": "estorno"}), "O extorno saiu", NOTHING)
    assert (fault.code, fault.message, fault.fix) == ("BV130", "'extorno' não", "estorno")


@pytest.mark.parametrize(("text", "place"), [("Oi! Saiu", None), ("Oi! Saiu!", 8), ("Oi!!!", 3)])
def test_occurrence_counts_over_the_whole_text(text, place):
    """The first that is too many is shown."""
    told = rule_faults(rule("occurrence", token="!", max=1), text, NOTHING)
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
    assert (rule_faults(one, text, About(tags=frozenset({"delay"}))) == []) is kept
    assert rule_faults(one, text, NOTHING) == []


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


def test_what_somebody_wrote_is_refused_for_errors_alone():
    """The refusal names the rule, is a RenderError, and holds every fault."""
    strict = voice(
        rules=[
            {"id": "one", "extends": "existence", "tokens": ["corra", "já"], "message": "não diga %s"},
            {"id": "two", "extends": "existence", "level": "warning", "tokens": ["agora"], "message": "talvez"},
        ]
    )
    refuse_faults(strict, "Agora sim", NOTHING, message="onde")
    with pytest.raises(OffBrand, match=r"não diga Corra \(one\)") as caught:
        refuse_faults(strict, "Corra, agora já", NOTHING, message="onde")
    assert isinstance(caught.value, RenderError)
    assert caught.value.code == "voice_error"
    assert [one.message for one in caught.value.faults] == ["não diga Corra", "não diga já"]


HARD = voice(
    terms=[{"use": "a b", "instead_of": ["a a a a b", "a"]}],
    rules=[
        {"id": "one", "extends": "existence", "tokens": ["a a a c", "! ! ?"], "message": ""},
        {"id": "two", "extends": "occurrence", "token": "!", "max": 2, "message": ""},
        {"id": "three", "extends": "conditional", "require": ["a a z"], "message": ""},
    ],
    channels={"sms": {"emoji": {"max": 1}}},
)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a ",
        "!",
        ".",
        '."',
        "\n",
        "\n ",
        "@",
        "a@",
        "a.",
        "a.a",
        "/",
        "https://",
        "👩‍",
        "👍🏽",
        "-",
        "1.",
        "[",
        "\u200d",
        " ",
    ],
)
def test_any_text_is_read_in_time_that_grows_with_it(piece):
    """No text makes a pattern begin again and again: four times the text is not sixteen times the work."""

    def seconds(length):
        text = (piece * (length // len(piece) + 1))[:length] + "x"
        begun = time.process_time()
        faults(HARD, text, About(channel=PHONE))
        return time.process_time() - begun

    # The fastest of three: others use the machine too.
    assert min(seconds(20_000) for _ in range(3)) < 10 * max(min(seconds(5_000) for _ in range(3)), 0.01)


@given(st.text(alphabet="aAãz!.,-\n @/:🎉👍🏽\u200d*_'\"1R$\ufffc", max_size=80))
def test_faults_stand_in_the_text(text):
    """Wherever the text came from, and in its order."""
    told = faults(HARD, text, About(channel=PHONE))
    assert all(0 <= one.start <= one.end <= len(text) for one in told)
    assert [one.start for one in told] == sorted(one.start for one in told)


@given(st.text(alphabet="zapWZhtsemil-e. \n", max_size=60))
def test_mending_once_is_mending_for_good(text):
    """What the fixes write is right."""
    mended = text
    for one in reversed(faults(TERMS, text, NOTHING)):
        mended = mended[: one.start] + (one.fix or "") + mended[one.end :]
    assert [one for one in faults(TERMS, mended, NOTHING) if one.fix] == []


def test_words_know_their_places():
    """Dropped marks and apostrophes included."""
    words = Words("Não, *d\u2019água*!")
    assert words.said == ("nao", ",", "d", '"', "agua", "!")
    assert [words.text[slice(*words.span(place, place + 1))] for place in (0, 2, 4)] == ["Não", "d", "água"]

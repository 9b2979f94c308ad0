"""Sentences of ours that are kept, and read in another language later."""

from __future__ import annotations

import pytest

from orchestrator.catalog.read_back import Mismatch
from orchestrator.channels import NoAnswer, unanswered
from orchestrator.domain.errors import InputError, Phrase, Unfit, Word, did_you_mean
from orchestrator.domain.said import altered, as_json, from_json, kept, read, retold, whole


def german(sentence: str) -> str:
    """Every sentence in a language that nobody speaks, its places as they were."""
    return f"«{sentence}»"


@pytest.mark.parametrize(
    "words",
    [
        Phrase("{path} is {available}", path="inventory.kit", available=3),
        Phrase("{reason}: {said}", reason="timeout", said=Phrase("no answer within {seconds} s", seconds="15")),
        Phrase("must be {what}", what=Word("text")),
        Phrase("Unknown{hint}", hint=did_you_mean("ordr", ["order"])),
        Phrase("Unknown{hint}", hint=did_you_mean("ordr", [])),
        Phrase("{why}", why=Unfit("must hold {what}", what=Word("text"))),
        Phrase("{says}", says=Mismatch(reason="unclaimed", kind="price", value="10.00 BRL", text="R$ 10,00")),
        Phrase("write {{{name}}}", name="x"),
        Phrase("nothing but words"),
    ],
)
def test_a_phrase_that_was_kept_says_the_same_in_every_language(words):
    """Whatever class says its pieces, and however deep they are."""
    again = read(kept(words))

    assert again == words
    assert isinstance(again, Phrase)
    assert again.told(german) == words.told(german)


@pytest.mark.parametrize("words", ["", "550 5.1.1 no such user", '{"error": "no"}', "{braces}", '["said"]', "\0\x1f"])
def test_words_of_others_are_kept_as_they_are(words):
    """A provider may say anything."""
    assert kept(words) == words
    assert read(kept(words)) == words


@pytest.mark.parametrize("words", ['{"said":"{a:>9999999999}","with":{"a":"x"}}', '{"said": 1}', '{"said":'])
def test_nobody_else_says_a_sentence_of_ours(words):
    """What a provider wrote as we keep a phrase comes back as its own words: its places are never filled."""
    again = read(kept(words))

    assert again == f" {words}"
    assert not isinstance(again, Phrase)


def test_all_that_an_error_says_is_kept():
    """Place and remedy too, in the reader's language."""
    error = InputError(
        "{name} is {what}.", remedy="Write {name} anew.", where="mails/a.yaml", name="a", what=Word("text")
    )

    assert whole(error) == str(error) == "mails/a.yaml: a is text. Write a anew."
    for said in (whole(error), read(kept(whole(error)))):
        assert "«a is «text».»" in said.told(german)
        assert "«Write a anew.»" in said.told(german)


def test_what_to_do_is_a_sentence_of_its_own():
    """Also behind one that ends without a full stop."""
    assert whole(InputError("no {a}", remedy="Say {a}.", a="yes")) == "no yes. Say yes."


def test_an_error_without_place_and_remedy_is_its_sentence():
    """Nothing is put around it."""
    assert whole(InputError("no")) == "no"


def test_a_value_that_is_no_text_is_kept_as_its_words():
    """A place may be filled with anything."""
    assert from_json(as_json(Phrase("{a} {b} {c}", a=1.5, b=None, c=("x",)))) == "1.5 None ('x',)"


def test_a_masked_phrase_can_still_be_said_otherwise():
    """The address stands in what fills its places; the sentence itself is ours."""
    said = Phrase("{reason}: {said}", reason=Word("refused"), said=Phrase("{to} is no", to="ana@example.com"))
    hidden = altered(said, lambda words: words.replace("ana@", "a••@"))

    assert hidden == "refused: a••@example.com is no"
    assert hidden.told(german) == "««refused»: «a••@example.com is no»»"
    assert altered("to ana@example.com", lambda words: words.replace("ana@", "a••@")) == "to a••@example.com"


def test_a_document_is_told_with_all_its_sentences():
    """What is no sentence stays as it is."""
    document = {"items": [{"detail": Phrase("it is {what}", what=Word("text")), "count": 1}], "code": "text"}

    assert retold(document, german) == {"items": [{"detail": "«it is «text»»", "count": 1}], "code": "text"}


def test_silence_is_told_in_the_readers_language():
    """The transport's words are a phrase, and stay one in the outcome."""
    outcome = unanswered(NoAnswer("timeout", in_doubt=False, detail=Phrase("no answer within {seconds} s", seconds=15)))

    assert outcome.detail == "timeout: no answer within 15 s"

    assert "«no answer within 15 s»" in retold(outcome.detail, german)

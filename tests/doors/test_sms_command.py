"""`jogral sms`, run as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.cli.main import main

VECTORS = Path(__file__).parents[1] / "vectors"
SEGMENTS = json.loads((VECTORS / "sms_segments.json").read_text("utf-8"))["cases"]
TRANSLITERATIONS = json.loads((VECTORS / "sms_transliteration.json").read_text("utf-8"))["cases"]


@pytest.fixture
def sms(capsys):
    """The command's document."""

    def run(*arguments):
        assert main(["sms", "--json", *arguments]) == 0
        return json.loads(capsys.readouterr().out)

    return run


@pytest.mark.parametrize("case", SEGMENTS, ids=lambda case: case["id"])
def test_text_is_counted_as_in_the_vectors(case, sms):
    """The document answers for the text itself."""
    document = sms("--", case["text"])

    assert document["ok"] is True
    assert document["schema"] == "jogral.sms/1"
    assert {name: document[name] for name in ("encoding", "units", "segments", "units_per_segment")} == {
        name: case[name] for name in ("encoding", "units", "segments", "units_per_segment")
    }


@pytest.mark.parametrize("case", TRANSLITERATIONS, ids=lambda case: ascii(case["text"]))
def test_plain_letters_are_counted_as_in_the_vectors(case, sms):
    """`--accents strip` sends what the voice's `accents: strip` sends."""
    document = sms("--accents", "strip", "--", case["text"])

    assert {name: document[name] for name in ("text", "encoding", "units", "segments")} == case["ascii"]


def test_a_16_bit_reference_makes_parts_shorter(sms):
    """153 units fit a part of the one profile, and not of the other."""
    text = "a" * 153 * 2

    assert sms(text)["segments"] == 2
    assert sms("--profile", "gsm16", text)["units_per_segment"] == [152, 152, 2]


def test_offending_characters_are_named_where_they_stand(sms):
    """Places count from 1, as everywhere that a person reads them."""
    assert sms("Olá! 🎉")["offending"] == [
        {"position": 3, "character": "á", "code": "U+00E1", "name": "LATIN SMALL LETTER A WITH ACUTE"},
        {"position": 6, "character": "🎉", "code": "U+1F389", "name": "PARTY POPPER"},
    ]


def test_what_changes_and_what_is_lost_is_said(sms):
    """A letter that has no other spelling would change what is said."""
    document = sms("--accents", "strip", "5€ 李…")

    assert [(one["character"], one["becomes"]) for one in document["changed"]] == [
        ("€", "EUR"),
        ("李", ""),
        ("…", "..."),
    ]
    assert [one["name"] for one in document["lost"]] == ["CJK UNIFIED IDEOGRAPH-674E"]
    assert document["offending"] == []


@pytest.mark.parametrize("text", ["-10% hoje", "--json", "-", "a\nb", "", " "])
def test_any_text_can_be_given(jogral, text):
    """After -- even one that looks like an option; a dash alone is stdin."""
    document = jogral("sms", "--json", "--", text, stdin="-").document

    assert document["text"] == text


@pytest.mark.parametrize("given", ["olá", "olá\n", "olá\r\n", "\ufeffolá\n"])
def test_stdin_is_read_without_the_last_line_end(jogral, given):
    """`echo` adds one, which nobody wants to pay for."""
    assert jogral("sms", "-", "--json", stdin=given).document["text"] == "olá"


def test_the_answer_for_people_says_it_all(jogral):
    """Parts, alphabet, units, the text and its costly characters, in the reader's language."""
    told = jogral("sms", "ã" * 71).out.splitlines()

    assert told[0] == "2 parts · UCS-2 · 71 units (67 + 4)"
    assert told[1] == "ã" * 71
    assert "LATIN SMALL LETTER A WITH TILDE" in told[2]


def test_a_profile_that_is_none_is_refused(jogral):
    done = jogral("sms", "oi", "--profile", "gsm7")

    assert done.code == 2
    assert "gsm16" in done.err

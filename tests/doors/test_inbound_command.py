"""`jogral inbound`, run as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.cli.inbound import MEANINGS
from orchestrator.cli.main import main
from orchestrator.stop_words import Meaning

CASES = json.loads((Path(__file__).parents[1] / "vectors" / "stop_words.json").read_text("utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["text"]))
def test_a_text_is_read_as_in_the_vectors(case, capsys):
    """In the language that `--locale` says."""
    assert main(["inbound", "--json", "--locale", case["language"], "--", case["text"]]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["ok"]) == ("jogral.inbound/1", True)
    assert (document["kind"], document["ends"]) == (case["expect"], case["expect"] == "opt_out")


def test_the_words_that_decided_are_shown(capsys):
    """In the language of whoever asks."""
    assert main(["inbound", "Oi, me tira da lista por favor"]) == 0
    out = capsys.readouterr().out
    assert "opt_out" in out
    assert '"me tira da lista"' in out


def test_every_meaning_has_its_words(capsys):
    """And a yes has words of its own: what it does depends on what was asked."""
    assert set(MEANINGS) == set(Meaning)
    assert main(["inbound", "SIM"]) == 0
    assert "asked to confirm" in capsys.readouterr().out


def test_a_text_comes_from_stdin_too(jogral):
    """A letter does not fit a command line."""
    letter = "SAIR\n\nEnviado do meu iPhone\n"
    assert jogral("inbound", "-", "--json", stdin=letter).document["kind"] == "opt_out"

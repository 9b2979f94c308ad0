"""What the operating system says, in the reader's language."""

from __future__ import annotations

import errno
import os

import pytest

from orchestrator.domain.errors import ConfigurationError
from orchestrator.domain.system import system_words
from orchestrator.translations import translator

PORTUGUESE = translator("pt-BR")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOENT, "esse arquivo ou pasta não existe"),
        (errno.EACCES, "permissão negada"),
        (errno.EISDIR, "é uma pasta"),
        (errno.ENOSPC, "não há espaço no disco"),
        (errno.ECONNREFUSED, "conexão recusada"),
    ],
)
def test_what_is_often_met_is_told_in_the_readers_language(number, words):
    """The reason stands in a sentence, and comes in its language."""
    error = OSError(number, os.strerror(number), "a.yaml")
    said = ConfigurationError("{path} cannot be read: {why}.", path="a.yaml", why=system_words(error))

    assert said.told(PORTUGUESE) == f"Não foi possível ler a.yaml: {words}."


@pytest.mark.parametrize(
    "error", [OSError(errno.EXDEV, "Invalid cross-device link"), OSError("Invalid cross-device link")]
)
def test_what_is_seldom_met_is_told_in_the_systems_own_words(error):
    """Better those than nothing."""
    assert system_words(error) == "Invalid cross-device link"

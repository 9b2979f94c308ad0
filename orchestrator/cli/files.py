"""Reading what a person names on the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from orchestrator.domain.errors import ConfigurationError
from orchestrator.domain.system import system_words

if TYPE_CHECKING:
    from pathlib import Path

STDIN = "-"


def read_input(file: Path) -> bytes:
    """A file's bytes, or those of stdin for `-`. Raises ConfigurationError."""
    if str(file) == STDIN:
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise ConfigurationError("There is no file {file}.", file=file) from error
    except OSError as error:
        raise ConfigurationError("{path} cannot be read: {why}.", path=file, why=system_words(error)) from error

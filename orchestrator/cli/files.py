"""Reading and writing files that a person names on the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from orchestrator.domain.errors import ConfigurationError, InputError
from orchestrator.domain.system import system_words

STDIN = "-"


def read_argument(text: str, instead: str) -> str:
    """A text of the command line, or for `-` stdin without the line end that `echo` adds.

    `instead` is the command that reads it from there. Raises InputError where it is not text.
    """
    if text == STDIN:
        try:
            return read_input(Path(STDIN)).decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as error:
            raise InputError(
                "{path} is not UTF-8 text (byte {place}).", remedy="Save it as UTF-8.", path="stdin", place=error.start
            ) from error
    if not text.isprintable() and any("\ud800" <= character <= "\udfff" for character in text):
        raise InputError(
            "The text is not UTF-8.", remedy="Pass it on stdin, saved as UTF-8: {instead}", instead=instead
        )
    return text


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


def write_private(file: Path, text: str) -> None:
    """A new file with people's data in it: this user alone may read it. Raises InputError where there is one."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InputError(
            "{file} cannot be written: {why}.", remedy="Choose another name.", code="usage", file=file,
            why=system_words(error),
        ) from error  # fmt: skip
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)

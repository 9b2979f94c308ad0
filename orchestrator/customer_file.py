"""A file of customers, as spreadsheets and other systems write it: its encoding, its delimiter and its rows.

It is read once before anything of it is used: a file that cannot be read to its end is refused as a whole.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.errors import ConfigurationError
from orchestrator.domain.system import system_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_CHUNK = 1 << 20

# With or without the mark that Excel puts first; and what spreadsheets of the West wrote before.
_UTF_8, _WINDOWS = "utf-8-sig", "cp1252"
_NOT_IN_WINDOWS = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_DELIMITERS = ",;\t"
_QUOTED = re.compile(r'"(?:[^"]|"")*"')

# What a spreadsheet takes for a formula, and the apostrophe by which it keeps the cell as text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_GUARD = "'"


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerFile:
    """A file that can be read to its end. `rows` counts those that hold something; `digest` is that of its bytes."""

    path: Path
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row, and the line that it begins on; the header is line 1."""

    line: int
    cells: tuple[str, ...]


def examine(path: Path) -> CustomerFile:
    """What a file is, from reading it once. Raises ConfigurationError."""
    try:
        encoding, digest = _encoding_and_digest(path)
        with path.open(encoding=encoding, newline="") as opened:
            first = next(filter(_says_something, iter(opened.readline, "")), None)
            if first is None:
                raise ConfigurationError("{file} is empty.", remedy="Its first line names the columns.", file=path)
            delimiter = _delimiter(first)
            opened.seek(0)
            records = _records(path, opened, delimiter)
            columns = next(records).cells
            rows = sum(1 for _ in records)
    except FileNotFoundError as error:
        raise ConfigurationError("There is no file {file}.", file=path) from error
    except OSError as error:
        raise ConfigurationError("{file} cannot be read: {why}.", file=path, why=system_words(error)) from error
    return CustomerFile(path=path, encoding=encoding, delimiter=delimiter, columns=columns, rows=rows, digest=digest)


def rows_of(file: CustomerFile, *, after: int = 0) -> Iterator[Row]:
    """Its rows, without the first `after` of them."""
    with file.path.open(encoding=file.encoding, newline="") as opened:
        records = _records(file.path, opened, file.delimiter)
        for _ in range(after + 1):  # the header as well
            next(records, None)
        yield from records


def guarded(cell: str) -> str:
    """A cell of a file that somebody may open in a spreadsheet, where it must not become a formula.

    Our own reader takes the apostrophe away again: what was kept aside can be corrected and imported.
    """
    return _GUARD + cell if cell.startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith(_GUARD) and cell[1:].startswith(_FORMULA) else cell


def _records(path: Path, opened: Iterable[str], delimiter: str) -> Iterator[Row]:
    """The header and the rows, without the spaces around their cells. Spreadsheets write empty rows: those are none."""
    reader = csv.reader(opened, delimiter=delimiter, strict=True)
    line = 1
    try:
        for record in reader:
            cells = tuple(_unguarded(cell.strip(" \xa0")) for cell in record)
            if any(cells):
                yield Row(line, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise ConfigurationError(
            "{file} cannot be read as CSV after line {line}: {why}.",
            remedy="A quote that is opened must be closed; nothing was imported.",
            file=path, line=reader.line_num, why=error,
        ) from error  # fmt: skip


def _encoding_and_digest(path: Path) -> tuple[str, str]:
    digest, decoder, place = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), 0
    is_utf_8, strange = True, -1
    with path.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            if place == 0 and chunk.startswith(_UTF_16):
                raise _unreadable(path, 0)
            digest.update(chunk)
            is_utf_8 = is_utf_8 and _decodes(decoder, chunk)
            if strange < 0 and (found := _NOT_IN_WINDOWS.search(chunk)):
                strange = place + found.start()
            place += len(chunk)
    if is_utf_8 and _decodes(decoder, b"", final=True):
        return _UTF_8, digest.hexdigest()
    if strange >= 0:
        raise _unreadable(path, strange)
    return _WINDOWS, digest.hexdigest()


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _unreadable(path: Path, place: int) -> ConfigurationError:
    return ConfigurationError(
        "{file} is neither UTF-8 nor Windows text (byte {place}).",
        remedy='Save it as UTF-8; in Excel: "CSV UTF-8".',
        file=path,
        place=place,
    )


def _says_something(line: str) -> bool:
    return bool(line.strip(_DELIMITERS + " \r\n"))


def _delimiter(header: str) -> str:
    """Spreadsheets of many countries, Brazil among them, write semicolons. What is in quotes separates nothing."""
    return max(_DELIMITERS, key=_QUOTED.sub("", header).count)

"""Files of customers as they come: encodings, delimiters, quotes, and what no spreadsheet may take for a formula."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.customer_file import Row, examine, guarded, rows_of
from orchestrator.domain.errors import ConfigurationError

HEADER = "Código;E-mail;Nome\r\n"


@pytest.fixture
def written(tmp_path):
    """A file of these bytes."""

    def write(content):
        path = tmp_path / "pessoas.csv"
        path.write_bytes(content)
        return path

    return write


def read(path, after=0):
    return [row.cells for row in rows_of(examine(path), after=after)]


@pytest.mark.parametrize(
    ("encode", "named"),
    [
        (lambda text: text.encode(), "utf-8-sig"),
        (lambda text: codecs.BOM_UTF8 + text.encode(), "utf-8-sig"),
        (lambda text: text.encode("cp1252"), "cp1252"),
    ],
    ids=["utf-8", "utf-8 with its mark", "windows"],
)
def test_every_encoding_gives_the_same_names(written, encode, named):
    """As a database, a new Excel and an old one write them."""
    path = written(encode(HEADER + "1;jose@example.com;José “Zé” Conceição\r\n"))
    file = examine(path)

    assert (file.encoding, file.columns, file.rows) == (named, ("Código", "E-mail", "Nome"), 1)
    assert read(path) == [("1", "jose@example.com", "José “Zé” Conceição")]


def test_an_encoding_is_that_of_the_whole_file(written):
    """The first accent may stand behind a megabyte of plain letters."""
    path = written((HEADER + "1;a@example.com;Ana\r\n" * 60_000 + "2;j@example.com;José\r\n").encode("cp1252"))

    assert examine(path).encoding == "cp1252"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_the_one_that_separates_the_header(written, delimiter):
    """What stands in quotes separates nothing."""
    lines = ['"a, b; c"', "E-mail", "Nome"], ["1", "ana@example.com", '"Ana, a ""primeira""; mesmo"']
    path = written("\n".join(delimiter.join(line) for line in lines).encode())

    assert examine(path).columns == ("a, b; c", "E-mail", "Nome")
    assert read(path) == [("1", "ana@example.com", 'Ana, a "primeira"; mesmo')]


def test_empty_rows_are_none_and_lines_count_all_the_same(written):
    """A spreadsheet leaves them at the end, and people leave them anywhere."""
    path = written((HEADER + ';;\r\n1;a@example.com;"Ana\nMaria"\r\n\r\n2;b@example.com; Bia \r\n;;\r\n').encode())
    file = examine(path)

    assert file.rows == 2
    assert list(rows_of(file)) == [
        Row(3, ("1", "a@example.com", "Ana\nMaria")),
        Row(6, ("2", "b@example.com", "Bia")),
    ]
    assert read(path, after=1) == [("2", "b@example.com", "Bia")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n;;\n", "is empty"),
        (codecs.BOM_UTF16_LE + HEADER.encode("utf-16-le"), "neither UTF-8 nor Windows text (byte 0)"),
        (b"Nome\nJos\xe9 \x81\n", "neither UTF-8 nor Windows text (byte 10)"),
        (b'Nome\nAna\n"Bia\nCarla\n', "cannot be read as CSV after line 4"),
        (b"Nome\n" + b"x" * 200_000, "cannot be read as CSV after line"),
    ],
    ids=["empty", "blank", "utf-16", "binary", "open quote", "endless cell"],
)
def test_a_file_that_cannot_be_read_to_its_end_is_refused_before_it_is_used(written, content, said):
    """A quote that is never closed would swallow half of the people."""
    with pytest.raises(ConfigurationError) as refused:
        examine(written(content))

    assert said in str(refused.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    """And a folder is no file."""
    with pytest.raises(ConfigurationError, match="There is no file"):
        examine(tmp_path / "nobody.csv")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        examine(tmp_path)


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20))
def test_what_is_kept_aside_is_no_formula_and_reads_as_it_was(cell):
    """Whatever a cell holds, the spreadsheet shows it and the next import finds it."""
    kept = guarded(cell)

    assert not kept.startswith(("=", "+", "-", "@"))
    assert kept in (cell, f"'{cell}")


def test_a_guarded_cell_is_read_without_its_guard(written):
    """`'+55…` is what a spreadsheet makes of a phone that must not become a number."""
    path = written(b"Fone,Nome\n'+5511912345678,'aspas\n")

    assert read(path) == [("+5511912345678", "'aspas")]


def test_the_digest_is_that_of_the_bytes(written):
    """The same people in another order are another file."""
    first = examine(written((HEADER + "1;a@example.com;Ana\n2;b@example.com;Bia\n").encode())).digest
    second = examine(written((HEADER + "2;b@example.com;Bia\n1;a@example.com;Ana\n").encode())).digest

    assert first != second

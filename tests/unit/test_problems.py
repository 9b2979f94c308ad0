"""Problems of the API have titles in the reader's language."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.api.problems import TITLES, document
from orchestrator.domain.errors import InputError, JogralError, NotFound, Refused
from orchestrator.translations import LANGUAGES, translator

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parents[2] / "orchestrator"

# What answers a request may be raised in these; the codes of fields and findings are others'.
ASKED = ("api", "catalog/refusals.py", "dispatch", "domain/errors.py", "events.py", "replies/answer.py")
NO_ERROR = {"FieldError", "ReasonShown", "Answer", "WarningShown"}


def codes() -> Iterator[str]:
    """Every code of an error that a request can end in: of classes, and of errors more exact than their class."""
    for place in ASKED:
        for path in [PACKAGE / place, *(PACKAGE / place).rglob("*.py")]:
            if path.is_file():
                yield from _codes(ast.parse(path.read_text(encoding="utf-8")))


def _codes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(body=body):
                yield from (
                    one.value.value
                    for one in body
                    if isinstance(one, ast.Assign | ast.AnnAssign)
                    and ast.unparse(one).startswith("code")
                    and isinstance(one.value, ast.Constant)
                )
            case ast.Call() if ast.unparse(node.func) not in NO_ERROR:
                yield from (
                    keyword.value.value
                    for keyword in node.keywords
                    if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
                )


def test_every_code_has_a_title():
    """So that none is called by the English name of its status."""
    found = set(codes()) - {""}

    assert len(found) > 40
    assert sorted(found - set(TITLES)) == []


def test_every_title_is_told_in_portuguese():
    """None of them is the same in both languages."""
    portuguese = translator("pt-BR")

    assert [title for title in TITLES.values() if portuguese(title) == title] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound("no", code="no_such_lorry"), "not_found"),
        (InputError("no", code="lorry_is_full"), "invalid_input"),
        (Refused("no"), "refused"),
        (JogralError("no"), "error"),
    ],
)
def test_a_code_without_title_has_that_of_its_class(error, code, language):
    """An adapter of the project's own names what it likes."""
    translate = translator(language)

    assert document(error, "/v1/lorries", translate)["title"] == translate(TITLES[code])

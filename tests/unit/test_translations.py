"""The catalogs say everything that the code says."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

from orchestrator.api.faults import FAULTS
from orchestrator.domain import errors
from orchestrator.events import _ONE_OF, _WANTED
from orchestrator.store.engine import _TROUBLES
from orchestrator.translations import LOCALES, language_of, mark, translator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Message

ROOT = Path(__file__).parents[2]

# Sentences are also raised out of tables, by a name; the tables are read here, whole.
TABLES = {
    "orchestrator/store/engine.py": [words for _, *sentences in _TROUBLES for words in sentences],
    "orchestrator/api/faults.py": [sentence for _, sentence in FAULTS.values()],
    "orchestrator/domain/errors.py": [errors._HINT],
    "orchestrator/events.py": [_ONE_OF, *_WANTED.values()],
}

# What a terminal says, by the method that says it, and what is translated by the name of the translating function.
SPEAKING = {"words", "say", "note"}
TRANSLATING = {"mark", "translate"}


def sentences() -> dict[str, str]:
    """Every sentence that a person may read in their language → the file that says it."""
    found: dict[str, str] = {}
    for path in [*sorted((ROOT / "orchestrator").rglob("*.py")), *sorted((ROOT / "channels").glob("*.py"))]:
        name = str(path.relative_to(ROOT))
        for sentence in _of_module(ast.parse(path.read_text(encoding="utf-8")), in_cli="/cli/" in name):
            found.setdefault(sentence, name)
    for path in sorted((ROOT / "orchestrator").rglob("*.jinja")):
        for match in re.finditer(r"""\b_\((?P<quote>["'])(?P<sentence>.*?)(?P=quote)""", path.read_text("utf-8")):
            found.setdefault(match["sentence"], str(path.relative_to(ROOT)))
    for name, table in TABLES.items():
        for sentence in table:
            found.setdefault(sentence, name)
    return {sentence: name for sentence, name in found.items() if _says_something(sentence)}


def _of_module(tree: ast.Module, *, in_cli: bool) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                yield from _literals(_spoken(node, in_cli=in_cli))
            case ast.FunctionDef(decorator_list=decorators) if in_cli and any(map(_is_command, decorators)):
                yield ast.get_docstring(node) or ""
            case ast.ClassDef(name=name) if name in ERRORS:
                for call in ast.walk(node):
                    if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__":
                        yield from _literals([*call.args[:1], *_named(call, "remedy")])


def _spoken(call: ast.Call, *, in_cli: bool) -> list[ast.expr]:
    """What a person reads of the arguments of a call."""
    owner, _, called = ast.unparse(call.func).rpartition(".")
    if called in ERRORS:
        return [*call.args[:1], *_named(call, "template", "remedy")]
    if called == "at" and owner in ERRORS:
        return [*call.args[1:2], *_named(call, "template", "remedy")]
    if called == "FieldError":
        return _named(call, "template")
    if called in TRANSLATING or (in_cli and called in SPEAKING):
        return call.args[:1]
    return _named(call, "help") if in_cli and called in ("Option", "Argument") else []


def _named(call: ast.Call, *names: str) -> list[ast.expr]:
    return [keyword.value for keyword in call.keywords if keyword.arg in names]


def _literals(nodes: list[ast.expr]) -> Iterator[str]:
    """Texts written out, on both sides of a condition too."""
    for node in nodes:
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.IfExp(body=body, orelse=orelse):
                yield from _literals([body, orelse])


def _is_command(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Attribute) and called.attr in ("command", "callback")


def _error_names() -> set[str]:
    """Every class of the error tree, wherever it is defined, and what else takes a sentence with its places."""
    bases = {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for path in [*(ROOT / "orchestrator").rglob("*.py"), *(ROOT / "channels").glob("*.py")]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    names = {errors.JogralError.__name__, errors.Unfit.__name__, errors.Phrase.__name__}
    while grown := {name for name, of in bases.items() if of & names} - names:
        names |= grown
    return names


ERRORS = _error_names()


def _says_something(sentence: str) -> bool:
    """`{where}: {why}` is the same in every language; what tells languages apart by how places are written is not."""
    written = ((literal, how or "") for literal, _, how, _ in string.Formatter().parse(sentence))
    return bool(re.search(r"[^\W\d_]", "".join(map("".join, written))))


def _places(sentence: str) -> set[str]:
    return {name for _, name, *_ in string.Formatter().parse(sentence) if name}


@pytest.fixture(scope="module")
def catalog() -> dict[str, Message]:
    with (LOCALES / "pt_BR.po").open("rb") as file:
        return {str(message.id): message for message in read_po(file) if message.id}


def test_the_catalog_translates_every_sentence(catalog: dict[str, Message]):
    """Nothing that the command line, the API or the console says stays English in Portuguese."""
    missing = [
        f"{name}: {text!r}" for text, name in sentences().items() if text not in catalog or not catalog[text].string
    ]

    assert missing == []


def test_no_translation_is_a_guess(catalog: dict[str, Message]):
    """An entry marked fuzzy was made by a program, or from another sentence."""
    assert [message.id for message in catalog.values() if message.fuzzy] == []


def test_translations_fill_the_same_places(catalog: dict[str, Message]):
    """A sentence whose places differ from the English one would fail where it is needed."""
    different = [text for text, message in catalog.items() if _places(text) != _places(str(message.string))]

    assert different == []


def test_the_catalog_holds_nothing_that_nobody_says(catalog: dict[str, Message]):
    """A sentence that changed leaves its old translation behind."""
    assert sorted(set(catalog) - set(sentences())) == []


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "pt_BR.UTF-8"}, "pt-BR"),
        ({"LANG": "pt_BR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "LC_ALL": ""}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "pt_PT.UTF-8"}, "pt-BR"),
        ({"LANG": "pt_BR.UTF-8", "JOGRAL_LANG": "en"}, "en"),
        ({"JOGRAL_LANG": "de", "LANG": "pt_BR"}, "pt-BR"),
    ],
)
def test_the_environment_chooses_the_language(environment: dict[str, str], language: str):
    """JOGRAL_LANG comes first, then the locale as POSIX orders it, then English."""
    assert language_of(environment) == language


def test_a_sentence_without_translation_stays_english():
    """A gap in a catalog is never an empty sentence, nor an error."""
    assert translator("pt-BR")("Nobody has said this before.") == "Nobody has said this before."
    assert translator("en")(mark("error")) == "error"

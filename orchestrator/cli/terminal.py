"""Speaking: to people in lines on stdout, to programs in one JSON document, and about the work itself on stderr."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from orchestrator.domain.errors import filled
from orchestrator.translations import translator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WIDTH_MAX = 100

GOOD, BAD, DIM, STRONG = "green", "bold red", "dim", "bold"


class Terminal:
    """Plain where it is piped or NO_COLOR is set, in colour where a person looks."""

    def __init__(self, language: str, *, as_json: bool) -> None:
        self.language = language
        self.translate = translator(language)
        self.as_json = as_json
        self.out = Console(highlight=False, emoji=False)
        self.err = Console(stderr=True, highlight=False, emoji=False)

    @property
    def width(self) -> int:
        """How wide text is set. A pipe has no width: what is written there looks the same everywhere."""
        return min(self.out.width, WIDTH_MAX) if self.out.is_terminal else WIDTH_MAX

    def words(self, sentence: str, /, **params: object) -> str:
        """A sentence in the reader's language, its places filled."""
        return filled(sentence, params, self.translate)

    def say(self, sentence: str, /, **params: object) -> None:
        """A line for people."""
        self.show(self.words(sentence, **params))

    def show(self, *parts: str | tuple[str, str] | Text) -> None:
        """A line for people that is words already; (words, style) colours a part."""
        if not self.as_json:
            self.out.print(Text.assemble(*parts), soft_wrap=True)

    def note(self, sentence: str, /, **params: object) -> None:
        """A line about the work, for whoever watches."""
        self.err.print(Text(self.words(sentence, **params)), soft_wrap=True)

    def document(self, name: str, /, *, ok: bool = True, **body: object) -> None:
        """The one document of `--json`."""
        if self.as_json:
            _write(json.dumps({"schema": f"jogral.{name}/1", "ok": ok, **body}, ensure_ascii=False) + "\n")

    def items(self, name: str, items: Iterable[Mapping[str, Any]]) -> None:
        """The same with a list too long to be held: it is written while it is read."""
        if not self.as_json:
            return
        _write(json.dumps({"schema": f"jogral.{name}/1", "ok": True})[:-1] + ', "items": [')
        for place, item in enumerate(items):
            _write(("," if place else "") + "\n" + json.dumps(item, ensure_ascii=False))
        _write("\n]}\n")


def _write(text: str) -> None:
    sys.stdout.write(text)

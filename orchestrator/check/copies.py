"""Every text of a project that customers read, in its language, with its places for data masked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.read_back import MASK
from orchestrator.check.wording import CLAIMS, copy_in, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.catalog.model import Message
    from orchestrator.check.rule import Rule
    from orchestrator.check.wording import KeyPath
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Survey

# Texts under `content` and `channels` that nobody reads.
_NOT_READ = frozenset({"url", "src", "layout", "template", "type", "emit", "claims"})

# Jinja's expressions and statements; none begins inside another, which keeps the search short.
_PLACE = re.compile(r"\{\{-?\s*(?P<name>[A-Za-z_][\w.]*)?(?:(?!\}\}|\{\{).)*+\}\}|\{%(?:(?!%\}|\{%).)*+%\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """One `{{ … }}` of a text. `name` is what it prints."""

    name: str
    start: int
    end: int

    @property
    def claim(self) -> bool:
        """Whether it states a claim."""
        return self.name.startswith(CLAIMS)


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One text as a file writes it. `message` is None where the voice says it, in every message."""

    document: Document
    path: KeyPath
    text: str
    locale: str
    message: Message | None

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The places for data, in order."""
        found = _PLACE.finditer(self.text)
        return tuple(Place(one["name"], *one.span()) for one in found if one["name"])

    @cached_property
    def masked(self) -> str:
        """The text with every place masked, character by character: what stands there keeps its offset."""
        return _PLACE.sub(lambda place: MASK * len(place[0]), self.text)

    def finding(self, rule: Rule, message: str, start: int, end: int, *, help: str, **params: object) -> Finding:  # noqa: A002  # as in Finding
        """A finding about a part of the text."""
        return self.document.finding(
            self.path, message, code=rule.code, level=rule.level, help=help,
            offset=start, length=end - start, params=params,
        )  # fmt: skip


def copies(survey: Survey) -> Iterator[Copy]:
    """The texts of messages, of their translations, and of the voice around them."""
    locale = survey.voice.model.locale if survey.voice else "pt-BR"
    for message_id, read in survey.messages.items():
        yield from _of_message(read.document, locale, read.model)
        for other, translation in survey.translations.get(message_id, {}).items():
            yield from _of_message(translation.document, other, translation.model)
    if survey.voice:
        yield from _of_voice(survey.voice.document, survey.voice.document.data, locale)


def _of_message(document: Document, locale: str, message: Message) -> Iterator[Copy]:
    for path, text in copy_in(document.data):
        if _NOT_READ.isdisjoint(path):
            yield Copy(document=document, path=path, text=text, locale=locale, message=message)


_SAID_BY_THE_VOICE = ("greeting", "sign_off", "prefix")


def _of_voice(document: Document, data: Mapping[str, Any], locale: str, at: KeyPath = ()) -> Iterator[Copy]:
    for path, text in texts(data.get("channels"), (*at, "channels")):
        if path[-1] in _SAID_BY_THE_VOICE:
            yield Copy(document=document, path=path, text=text, locale=locale, message=None)
    for other, elsewhere in (data.get("locales") or {}).items():
        yield from _of_voice(document, elsewhere, other, ("locales", other))

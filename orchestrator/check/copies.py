"""Every text of a project that customers read, in its language, with its places for data masked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.plurals import NUMBER, OTHER
from orchestrator.catalog.read_back import MASK
from orchestrator.check.wording import CLAIMS, copy_in, texts, texts_under
from orchestrator.replies.model import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.catalog.model import Message
    from orchestrator.check.rule import Rule
    from orchestrator.check.wording import KeyPath
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Read, Survey
    from orchestrator.replies.model import Reply

# Texts under `content` and `channels` that reach nobody, and those that reach people without being read by them.
_SETTINGS = frozenset({"layout", "template", "type", "emit", "claims"})
_ADDRESSES = frozenset({"url", "src"})

# Jinja's expressions and statements; none begins inside another, which keeps the search short. What is quoted in one
# may hold its end: plural(other="{n}").
_QUOTED = r'"(?:[^"{]|\{(?!\{))*+"|\'(?:[^\'{]|\{(?!\{))*+\''
_PLACE = re.compile(
    rf"\{{\{{-?\s*(?P<name>[A-Za-z_][\w.]*)?(?:{_QUOTED}|(?!\}}\}}|\{{\{{).)*+\}}\}}|\{{%(?:(?!%\}}|\{{%).)*+%\}}",
    re.DOTALL,
)

_NUMBER = re.compile(re.escape(NUMBER))

# One form of `plural(one="um item", other="{n} itens")`.
_FORM = re.compile(rf"\b(?P<category>zero|one|two|few|many|other)\s*=\s*(?P<words>{_QUOTED})", re.DOTALL)


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Saying:
    """A text as it is said with one of its plural forms, places masked. `offsets` leads back to where that is written.

    `places` stand in `text`; the number that a form writes is one of them.
    """

    text: str
    offsets: Sequence[int]
    places: tuple[Place, ...]

    def written(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of it, which is not empty, stands in the file's own text."""
        return self.offsets[start], self.offsets[end - 1] + 1


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

    @cached_property
    def sayings(self) -> tuple[Saying, ...]:
        """All that it says: once for every plural form, whose words are copy too, or once where there are none."""
        forms = {place: _forms(self.text, place) for place in self.places}
        categories = dict.fromkeys(category for one in forms.values() for category in one)
        if not categories:
            return (Saying(text=self.masked, offsets=range(len(self.masked)), places=self.places),)
        return tuple(self._said(category, forms) for category in categories)

    def _said(self, category: str, forms: Mapping[Place, Mapping[str, tuple[int, int]]]) -> Saying:
        text = list(self.masked)
        places: list[Place] = []
        dropped: list[range] = []
        for place, own in forms.items():
            span = own.get(category) or own.get(OTHER)
            if span is None:
                places.append(place)
                continue
            text[slice(*span)] = self.text[slice(*span)].replace(NUMBER, MASK * len(NUMBER))
            dropped += [range(place.start, span[0]), range(span[1], place.end)]
            places += [Place(place.name, *one.span()) for one in _NUMBER.finditer(self.text, *span)]
        gone = {offset for one in dropped for offset in one}
        kept = [offset for offset in range(len(text)) if offset not in gone]
        moved = {offset: index for index, offset in enumerate(kept)}
        return Saying(
            text="".join(text[offset] for offset in kept),
            offsets=kept,
            places=tuple(Place(one.name, moved[one.start], moved[one.end - 1] + 1) for one in places),
        )

    def finding(self, rule: Rule, message: str, start: int, end: int, *, help: str, **params: object) -> Finding:  # noqa: A002  # as in Finding
        """A finding about a part of the text."""
        return self.document.finding(
            self.path, message, code=rule.code, level=rule.level, help=help,
            offset=start, length=end - start, params=params,
        )  # fmt: skip


def is_read(path: KeyPath) -> bool:
    """Whether people read what stands there; settings reach nobody, and addresses are followed."""
    return _SETTINGS.isdisjoint(path) and _ADDRESSES.isdisjoint(path)


def copies(survey: Survey) -> Iterator[Copy]:
    """The texts of messages and replies, of translations, and of the voice around them, as far as they are read."""
    return (copy for copy in written(survey) if _ADDRESSES.isdisjoint(copy.path))


def written(survey: Survey) -> Iterator[Copy]:
    """The same, and the addresses that they lead to."""
    locale = survey.voice.model.locale if survey.voice else "pt-BR"
    for message_id, read in survey.messages.items():
        yield from _of_message(read.document, locale, read.model)
        for other, translation in survey.translations.get(message_id, {}).items():
            yield from _of_message(translation.document, other, translation.model)
    for reply_id, reply in survey.replies.items():
        yield from _of_reply(reply, locale)
        for other, one in survey.replies_translated.get(reply_id, {}).items():
            yield from _of_reply(one, other)
    if survey.voice:
        yield from _of_voice(survey.voice.document, survey.voice.document.data, locale)


def _of_message(document: Document, locale: str, message: Message) -> Iterator[Copy]:
    for path, text in copy_in(document.data):
        if _SETTINGS.isdisjoint(path):
            yield Copy(document=document, path=path, text=text, locale=locale, message=message)


def _of_reply(read: Read[Reply], locale: str) -> Iterator[Copy]:
    """Its title, and each body as the message that the variant is."""
    document, messages = read.document, spoken(read.model)
    for path, text in texts_under(document.data, "title", "variants"):
        if path[-1] in ("title", "body"):
            message = messages[path[1] if len(path) > 1 and isinstance(path[1], int) else 0]
            yield Copy(document=document, path=path, text=text, locale=locale, message=message)


_SAID_BY_THE_VOICE = ("greeting", "sign_off", "prefix")


def _of_voice(document: Document, data: Mapping[str, Any], locale: str, at: KeyPath = ()) -> Iterator[Copy]:
    for path, text in texts(data.get("channels"), (*at, "channels")):
        if path[-1] in _SAID_BY_THE_VOICE:
            yield Copy(document=document, path=path, text=text, locale=locale, message=None)
    for other, elsewhere in (data.get("locales") or {}).items():
        yield from _of_voice(document, elsewhere, other, ("locales", other))


def _forms(text: str, place: Place) -> dict[str, tuple[int, int]]:
    """The plural forms that a place chooses from: where the words of each stand, without their quotes."""
    found = _FORM.finditer(text, place.start, place.end)
    return {one["category"]: (one.start("words") + 1, one.end("words") - 1) for one in found}

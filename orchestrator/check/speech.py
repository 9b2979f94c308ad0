"""What one channel says of a message, put together as a customer reads it, and the way back to where it is written."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from orchestrator.catalog.prose import About
from orchestrator.check.copies import Copy, is_read
from orchestrator.check.wording import CLAIMS, heard_on, readings
from orchestrator.domain.customer import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.catalog.model import Message
    from orchestrator.catalog.voice import Voice
    from orchestrator.check.copies import Saying
    from orchestrator.check.wording import KeyPath
    from orchestrator.documents import Document

_APART = "\n\n"


@dataclass(frozen=True, kw_only=True)
class Told:
    """One message in one language. `written` leads from its texts to where its document has them, if it does.

    `voice` speaks the language; `whole` is where findings about a channel stand that have no place of their own.
    """

    document: Document
    message: Message
    voice: Voice
    purpose: str
    written: Mapping[KeyPath, KeyPath]
    whole: Mapping[Channel, KeyPath]

    def speeches(self) -> Iterator[Speech]:
        """What each channel says that is not silent."""
        for channel in self.message.said_on:
            heard = tuple((path, text) for path, text in heard_on(channel, self.message) if is_read(path))
            yield Speech(told=self, channel=channel, heard=heard)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A span of one text, as its file writes it."""

    path: KeyPath
    offset: int
    length: int


@dataclass(frozen=True, kw_only=True)
class Speech:
    """All that one channel says: the message's texts, and the voice's greeting, prefix and sign-off around them."""

    told: Told
    channel: Channel
    heard: tuple[tuple[KeyPath, str], ...]

    @property
    def wrapped(self) -> bool:
        """Whether greeting and sign-off stand around what it says. A text message has neither."""
        return self.channel is not Channel.SMS and any(path == ("content", "body") for path, _ in self.heard)

    @cached_property
    def about(self) -> About:
        """What it belongs to. A claim that is only taken back is not stated."""
        message = self.told.message
        names = {
            reading.name.removeprefix(CLAIMS)
            for _, text in self.heard
            for reading in readings(text)
            if reading.name.startswith(CLAIMS)
        }
        return About(
            purpose=self.told.purpose,
            tags=frozenset(message.tags),
            claim_kinds=frozenset(
                claim.kind for name, claim in message.claims.items() if name in names and not claim.superseded
            ),
            channel=self.channel,
        )

    @cached_property
    def text(self) -> str:
        """As it is read from top to bottom, with places masked."""
        return _APART.join(piece.text for _, piece in self._pieces)

    def other_sayings(self) -> Iterator[tuple[Copy, Saying]]:
        """What it says with the other forms of its plurals."""
        for copy in self._copies:
            if copy.path in self.told.written:
                yield from ((copy, saying) for saying in copy.sayings[1:])

    def place(self, start: int, end: int) -> Place | None:
        """Where a part of the text is written; nowhere in this document, if it is the voice's or the original's."""
        index = bisect_right(self._starts, start) - 1
        copy, saying = self._pieces[index]
        begin = self._starts[index]
        if copy is None or end <= start or end - begin > len(saying.text):
            return None
        return self.place_in(copy, saying, start - begin, end - begin)

    def place_in(self, copy: Copy, saying: Saying, start: int, end: int) -> Place | None:
        """The same for a part of one text."""
        path = self.told.written.get(copy.path)
        if path is None:
            return None
        first, after = saying.written(start, end)
        return Place(path=path, offset=first, length=after - first)

    @cached_property
    def _pieces(self) -> tuple[tuple[Copy | None, Saying], ...]:
        habits = self.told.voice.habits(self.channel)
        before = (habits.prefix if self.channel in _PREFIXED else "", habits.greeting if self.wrapped else "")
        return (
            *((None, self._copy(text).sayings[0]) for text in before if text),
            *((copy, copy.sayings[0]) for copy in self._copies),
            *((None, self._copy(text).sayings[0]) for text in (habits.sign_off,) if text and self.wrapped),
        )

    @cached_property
    def _copies(self) -> tuple[Copy, ...]:
        return tuple(self._copy(text, path) for path, text in self.heard)

    def _copy(self, text: str, path: KeyPath = ()) -> Copy:
        return Copy(
            document=self.told.document, path=path, text=text, locale=self.told.voice.locale, message=self.told.message
        )

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for _, piece in self._pieces:
            starts.append(starts[-1] + len(piece.text) + len(_APART))
        return starts[:-1]


_PREFIXED = frozenset({Channel.SMS, Channel.PUSH})

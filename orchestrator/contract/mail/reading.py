"""A letter that came, however broken it is: its headers as text, its parts, and what a person wrote in it.

Everything here comes from strangers: nothing is believed, nothing raises but InputError, size and depth are bounded.
"""

from __future__ import annotations

import re
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from orchestrator.domain.errors import InputError
from orchestrator.domain.time import instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.time import Instant

LETTER_BYTES_READ = 500_000
"""A bounce may bring the whole letter back, pictures and all: what matters stands before them."""

TEXT_LENGTH_MAX = 10_000
_PARTS_MAX = 50
_VALUE_LENGTH_MAX = 10_000


def letter(raw: bytes) -> Message:
    """Raw bytes as a letter. Raises InputError where they cannot be one."""
    try:
        found = message_from_bytes(raw[:LETTER_BYTES_READ])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise unreadable() from error
    if not found.keys():
        raise unreadable()
    return found


def unreadable() -> InputError:
    """What is raised for what is no letter."""
    return InputError(
        "This is not an e-mail.", remedy="Give the whole of it, from its first header on.", code="unreadable_notice"
    )


def values(message: Message, name: str) -> list[str]:
    """Every value of a header, on one line each. Bytes outside ASCII are UTF-8, as SMTPUTF8 has them."""
    wanted = name.lower()
    return [_one_line(str(raw)) for key, raw in message.raw_items() if key.lower() == wanted]


def value(message: Message, name: str) -> str:
    """The first value of a header, or nothing."""
    return next(iter(values(message, name)), "")


def _one_line(raw: str) -> str:
    # The parser keeps a byte that is not ASCII as half a surrogate pair.
    text = raw[:_VALUE_LENGTH_MAX].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return " ".join(text.replace("\0", "").split())


def decoded(text: str) -> str:
    """A header's encoded words (RFC 2047) as what they say; what cannot be decoded stays as it is."""
    try:
        return "".join(
            part if isinstance(part, str) else part.decode(charset or "ascii", "replace")
            for part, charset in decode_header(text)
        )
    except (ValueError, LookupError):
        return text


def addresses(texts: list[str]) -> list[str]:
    """The bare addresses in header values."""
    try:
        return [address for _, address in getaddresses(texts) if "@" in address]
    except (ValueError, IndexError, TypeError, AttributeError):
        return []


def when(message: Message, now: Instant) -> Instant:
    """Its Date; where there is none, or one that has not come yet, now."""
    try:
        found = instant(parsedate_to_datetime(value(message, "Date")))
    except (ValueError, TypeError, OverflowError, IndexError):
        return now
    return found if 0 < found <= now else now


def parts(message: Message) -> Iterator[Message]:
    """All parts, the letter itself first, those inside an enclosed letter too; no more than fifty."""
    waiting, seen = [message], 0
    while waiting and seen < _PARTS_MAX:
        part = waiting.pop(0)
        seen += 1
        yield part
        inside = part.get_payload()
        # A report of deliveries has a part for each recipient, which is no part of a letter.
        if isinstance(inside, list) and kind(part) != "message/delivery-status":
            waiting[:0] = [one for one in inside if isinstance(one, Message)]


def kind(part: Message) -> str:
    """`message/delivery-status`, in lower case."""
    return part.get_content_type()


def text_of(part: Message) -> str:
    """A part's text, decoded as far as it can be."""
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError):
        payload = None
    if not isinstance(payload, bytes):
        return ""
    try:
        text = payload.decode(part.get_content_charset("utf-8") or "utf-8", "replace")
    except (LookupError, ValueError):
        text = payload.decode("utf-8", "replace")
    return text.replace("\0", "")


def written(message: Message) -> str:
    """What a person wrote: the plain text, else the words of the HTML, else the subject."""
    own = [part for part in parts(message) if not part.is_multipart() and "attachment" not in _disposition(part)]
    plain = next((text for part in own if kind(part) == "text/plain" if (text := text_of(part)).strip()), "")
    rich = plain or next((_words(text_of(part)) for part in own if kind(part) == "text/html"), "")
    return (rich if rich.strip() else decoded(value(message, "Subject")))[:TEXT_LENGTH_MAX]


def _disposition(part: Message) -> str:
    return value(part, "Content-Disposition").lower()


class _Words(HTMLParser):
    """The text of a page, without what was quoted, styles and scripts."""

    _HIDDEN = frozenset({"style", "script", "head", "title", "blockquote"})
    _BREAKING = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3"})

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # HTMLParser's names
        if tag in self._HIDDEN:
            self._hidden.append(tag)
        elif tag in self._BREAKING:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.said.append(data)


_BLANK_LINES = re.compile(r"\n\s*\n+")


def _words(html: str) -> str:
    reader = _Words()
    try:
        reader.feed(html[: 10 * TEXT_LENGTH_MAX])
        reader.close()
    except (ValueError, AssertionError):
        return ""
    return _BLANK_LINES.sub("\n", "".join(reader.said)).strip()

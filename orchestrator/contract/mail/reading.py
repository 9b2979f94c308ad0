"""A letter that came, however broken it is: its headers as text, its parts, and what a person wrote in it.

Everything here comes from strangers: nothing is believed, nothing raises but InputError, size and depth are bounded.
"""

from __future__ import annotations

import codecs
import html
import re
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from itertools import islice
from typing import TYPE_CHECKING

from orchestrator.contract.storable import storable
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

# The parser compares each line with every border that is still open, so that letters within letters take their time.
_BORDERS_MAX = 30
_WITH_BORDERS = re.compile(rb"multipart/", re.IGNORECASE)

# Python takes these for charsets: they make half characters, or take a minute for one letter.
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"})


def letter(raw: bytes) -> Message:
    """Raw bytes as a letter. Raises InputError where they cannot be one."""
    try:
        found = message_from_bytes(_bounded(raw))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise unreadable() from error
    if not found.keys():
        raise unreadable()
    return found


def _bounded(raw: bytes) -> bytes:
    """As much of it as is read."""
    raw = raw[:LETTER_BYTES_READ]
    borders = [found.start() for found in islice(_WITH_BORDERS.finditer(raw), _BORDERS_MAX + 1)]
    return raw[: borders[-1]] if len(borders) > _BORDERS_MAX else raw


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
            part if isinstance(part, str) else _as_text(part, charset or "ascii")
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
    return _as_text(payload, part.get_content_charset("utf-8") or "utf-8")


def _as_text(raw: bytes, charset: str) -> str:
    """Bytes in a charset that somebody named; where it is none of mail's, as UTF-8."""
    try:
        known = codecs.lookup(charset).name not in _NO_CHARSETS
        text = raw.decode(charset if known else "utf-8", "replace")
    except (LookupError, ValueError):
        text = raw.decode("utf-8", "replace")
    return storable(text)


def written(message: Message) -> str:
    """What a person wrote: the plain text, else the words of the HTML, else the subject."""
    own = [part for part in parts(message) if not part.is_multipart() and "attachment" not in _disposition(part)]
    plain = next((text for part in own if kind(part) == "text/plain" if (text := text_of(part)).strip()), "")
    rich = plain or next((_words(text_of(part)) for part in own if kind(part) == "text/html"), "")
    return (rich if rich.strip() else decoded(value(message, "Subject")))[:TEXT_LENGTH_MAX]


# The subject of an answer, or of what is passed on, is somebody else's.
_NOT_THEIRS = re.compile(r"(?:re|res|aw|fwd?|enc|tr|rv)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)


def titled(message: Message) -> str:
    """The subject, where it is the writer's own."""
    subject = decoded(value(message, "Subject"))
    return "" if value(message, "In-Reply-To") or _NOT_THEIRS.match(subject) else subject[:TEXT_LENGTH_MAX]


def _disposition(part: Message) -> str:
    return value(part, "Content-Disposition").lower()


# A comment, a tag, a declaration, words, and a bracket that begins none of these. The standard library's parser looks
# for the end of each tag anew: where none has one, a letter of 90 KB took it a minute. Here no end is looked for behind
# the next bracket.
_PIECES = re.compile(
    r"""<!--|<(?P<end>/?)(?P<name>[a-z][a-z0-9]*)(?:(?:[^<>"']|"[^"<]*"|'[^'<]*')*|[^<>]*)>|<[!?][^<>]*>|[^<]+|<""",
    re.IGNORECASE,
)
_COMMENT_ENDS = re.compile("-->")
_HIDDEN = frozenset({"style", "script", "head", "title", "blockquote"})
# In these a bracket begins nothing but their end.
_RAW = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("style", "script")}
_BREAKING = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3"})
_BLANK_LINES = re.compile(r"\n\s*\n+")


def _words(page: str) -> str:
    """The text of a page, without what was quoted, styles and scripts."""
    page = page[: 10 * TEXT_LENGTH_MAX]
    said: list[str] = []
    hidden: list[str] = []
    place = 0
    while (piece := _PIECES.match(page, place)) is not None:
        place = piece.end()
        name, ends = (piece["name"] or "").lower(), bool(piece["end"])
        if piece[0] == "<!--":
            place = _found(_COMMENT_ENDS, page, place) + len("-->")
        elif name in _HIDDEN and ends:
            _end(hidden, name)
        elif name in _HIDDEN:
            hidden.append(name)
            place = _found(_RAW[name], page, place) if name in _RAW else place
        elif name in _BREAKING and not ends:
            said.append("\n")
        elif not name and not piece[0].startswith(("<!", "<?")) and not hidden:
            said.append(_unescaped(piece[0]))
    return _BLANK_LINES.sub("\n", "".join(said)).strip()


def _found(wanted: re.Pattern[str], page: str, place: int) -> int:
    """Where it begins; the end of the page where it does not come any more."""
    found = wanted.search(page, place)
    return len(page) if found is None else found.start()


def _end(hidden: list[str], name: str) -> None:
    """The innermost of that name ends, with all that is in it."""
    for place in range(len(hidden) - 1, max(-1, len(hidden) - 1 - _PARTS_MAX), -1):
        if hidden[place] == name:
            del hidden[place:]
            return


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # a number of more digits than Python reads
        return text

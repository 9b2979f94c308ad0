"""Messages and voices from documents, with what only the whole document shows: names that nobody declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.catalog.copy import sources
from orchestrator.catalog.model import Message
from orchestrator.catalog.templates import RefusedTemplate, names_in
from orchestrator.catalog.voice import Voice
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding

KeyPath = tuple[str | int, ...]

NOT_ADMITTED = "VA110"
UNKNOWN_VARIABLE = "VA120"
UNDECLARED_BY_VOICE = "VA121"
UNKNOWN_CLAIM = "CL110"
UNKNOWN_SOURCE = "CL111"

# The parts of a message in which copy is written.
_COPY: tuple[KeyPath, ...] = (
    ("content", "headline"),
    ("content", "body"),
    ("content", "cta", "label"),
    ("content", "cta", "url"),
    ("channels", "email", "subject"),
    ("channels", "email", "preheader"),
    ("channels", "email", "body"),
    ("channels", "whatsapp", "body"),
    ("channels", "sms", "body"),
    ("channels", "push", "title"),
    ("channels", "push", "body"),
    ("channels", "push", "url"),
)


def read_voice(document: Document) -> Voice:
    """The brand voice. Raises DocumentError."""
    document.expect("brand_voice", None)
    return document.read(Voice)


def read_message(document: Document, stem: str) -> Message:
    """A message whose file is named `stem`. Raises DocumentError with all that the schema refuses."""
    document.expect("message", stem)
    return document.read(Message)


def faults(message: Message, voice: Voice, document: Document) -> Iterator[Finding]:
    """What the schema cannot see: copy that is not admitted, and names that are not declared."""
    yield from _claims(message, document)
    known = {*message.variables, *(f"claims.{name}" for name in message.claims)}
    sound = True
    for path, text in _texts(message):
        for finding in _names(path, text, known, document):
            sound = False
            yield finding
    if sound:
        yield from _voice(message, voice, known, document)


def _claims(message: Message, document: Document) -> Iterator[Finding]:
    for name, claim in message.claims.items():
        if claim.from_ not in message.variables:
            yield document.finding(
                ("claims", name, "from"),
                f'Claim "{name}" is read from "{claim.from_}", which is not declared'
                f"{did_you_mean(claim.from_, message.variables)}",
                code=UNKNOWN_SOURCE,
                help=f"Declare it under variables: {claim.from_}: {{type: …}}.",
            )


def _texts(message: Message) -> Iterator[tuple[KeyPath, str]]:
    data = message.model_dump(mode="json", by_alias=True)
    buttons = data["channels"]["whatsapp"]["buttons"] if data["channels"]["whatsapp"] else ()
    paths = [
        *_COPY,
        *(("channels", "whatsapp", "buttons", place, key) for place in range(len(buttons)) for key in ("label", "url")),
    ]
    for path in paths:
        text = _at(data, path)
        if isinstance(text, str):
            yield path, text


def _at(data: object, path: KeyPath) -> object:
    for part in path:
        if isinstance(data, dict):
            data = data.get(str(part))
        elif isinstance(data, list) and isinstance(part, int):
            data = data[part]
        else:
            return None
    return data


def _names(path: KeyPath, text: str, known: set[str], document: Document) -> Iterator[Finding]:
    try:
        names = names_in(text)
    except RefusedTemplate as refused:
        offset = _offset(text, refused.line, refused.word)
        yield document.finding(path, f"Copy is not admitted: {refused}", code=NOT_ADMITTED, offset=offset)
        return
    for name in names:
        if name in known:
            continue
        claim = name.startswith("claims.")
        what = "claim" if claim else "variable"
        yield document.finding(
            path,
            f'Unknown {what} "{name.removeprefix("claims.")}"{did_you_mean(name, known)}',
            code=UNKNOWN_CLAIM if claim else UNKNOWN_VARIABLE,
            offset=max(text.find(name), 0),
            help=f"Declare it under {what}s.",
        )


def _offset(text: str, line: int, word: str) -> int:
    start = sum(len(part) + 1 for part in text.split("\n")[: line - 1])
    found = text.find(word or "{{", start)
    return found if found >= 0 else min(start, max(len(text) - 1, 0))


def _voice(message: Message, voice: Voice, known: set[str], document: Document) -> Iterator[Finding]:
    """The greeting is the voice's, but its names must be the message's: each message says what its data must bring."""
    for channel in Channel:
        for source in (sources(message, voice, channel) or {}).values():
            for name in names_in(source):
                if name not in known:
                    yield document.finding(
                        ("channels", channel.value),
                        f'The voice uses "{name}" on {channel.value}, which this message does not declare',
                        code=UNDECLARED_BY_VOICE,
                        on_key=True,
                        help=f"Declare it under variables: {name}: {{type: string, fallback: …}}.",
                    )

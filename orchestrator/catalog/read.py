"""Messages and voices from documents, with what only the whole document shows: names that nobody declared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.catalog.copy import sources
from orchestrator.catalog.links import DECLARED
from orchestrator.catalog.model import Message
from orchestrator.catalog.templates import CLAIMS, Loop, Place, RefusedTemplate, names_in, parse_copy, walk
from orchestrator.catalog.voice import Voice
from orchestrator.documents.source import MISSING_KEY
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import DocumentError, did_you_mean, mark, surely_meant
from orchestrator.domain.fact import names_fact
from orchestrator.schema import VariableType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from orchestrator.catalog.model import Variable
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding, Fix

KeyPath = tuple[str | int, ...]

NOT_ADMITTED = "VA110"
UNKNOWN_VARIABLE = "VA120"
UNDECLARED_BY_VOICE = "VA121"
UNKNOWN_CLAIM = "CL110"
UNKNOWN_SOURCE = "CL111"
SILENT_CHANNEL = "CH100"

# The one text that may hold {% if %} and {% for %}.
WITH_BLOCKS: KeyPath = ("channels", "email", "body")

# A channel that is neither copy nor null is a decision that nobody took, and has a rule of its own.
CODES: Mapping[tuple[str, KeyPath], str] = {
    (MISSING_KEY, ("channels", channel.value)): SILENT_CHANNEL for channel in Channel
}

# Where copy reads names.
_TAG = re.compile(r"\{[{%].*?[}%]\}", re.DOTALL)

# What the voice puts around every message is copy as well.
_HABITS = ("greeting", "sign_off", "prefix")

# The parts of a message in which copy is written.
_COPY: tuple[KeyPath, ...] = (
    ("content", "headline"),
    ("content", "body"),
    ("content", "cta", "label"),
    ("content", "cta", "url"),
    ("channels", "email", "subject"),
    ("channels", "email", "preheader"),
    ("channels", "email", "body"),
    ("channels", "whatsapp", "header", "url"),
    ("channels", "whatsapp", "body"),
    ("channels", "sms", "body"),
    ("channels", "push", "title"),
    ("channels", "push", "body"),
    ("channels", "push", "url"),
)


def read_voice(document: Document) -> Voice:
    """The brand voice. Raises DocumentError."""
    document.expect("brand_voice", None)
    voice = document.read(Voice)
    if refused := [*_refused_habits(document)]:
        raise DocumentError(refused)
    return voice


def read_message(document: Document, stem: str) -> Message:
    """A message whose file is named `stem`. Raises DocumentError with all that the schema refuses."""
    document.expect("message", stem)
    return document.read(Message, codes=CODES)


def faults(message: Message, voice: Voice, document: Document, facts: Collection[str] = ()) -> Iterator[Finding]:
    """What the schema cannot see: copy that is not admitted, and names that are not declared.

    `facts` are the paths that a claim may be read from besides the message's own variables.
    """
    yield from _claims(message, document, facts)
    known = {*message.variables, *DECLARED, *(f"{CLAIMS}{name}" for name in message.claims)}
    sound = True
    for path, text in _texts(message):
        for finding in _names(path, text, known, message.variables, document):
            sound = False
            yield finding
    if sound:
        yield from _voice(message, voice, known, document)


def _claims(message: Message, document: Document, facts: Collection[str]) -> Iterator[Finding]:
    for name, claim in message.claims.items():
        source = claim.from_
        if source in message.variables or source in facts:
            continue
        stated = names_fact(source)
        known = facts if stated else message.variables
        path = ("claims", name, "from")
        yield document.finding(
            path,
            mark('Claim "{claim}" is read from the fact "{path}", which nobody states{hint}')
            if stated
            else mark('Claim "{claim}" is read from "{path}", which is not declared{hint}'),
            code=UNKNOWN_SOURCE,
            params={"claim": name, "path": source, "hint": did_you_mean(source, known)},
            help=mark("Facts are stated in templates/facts/.")
            if stated
            else mark("Declare it under variables: {path}: {{type: …}}."),
            fix=_spelled_right(document, path, (0, len(source)), source, known),
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


def _names(
    path: KeyPath, text: str, known: set[str], variables: dict[str, Variable], document: Document
) -> Iterator[Finding]:
    blocks = path == WITH_BLOCKS
    try:
        names = names_in(text, blocks=blocks)
    except RefusedTemplate as refused:
        yield _not_admitted(path, text, refused, document)
        return
    for name in names:
        if name in known:
            continue
        claim = name.startswith(CLAIMS)
        start, length = span = _span(text, name)
        alike = [other for other in known if other.startswith(CLAIMS) == claim]
        yield document.finding(
            path,
            mark('Unknown claim "{name}"{hint}') if claim else mark('Unknown variable "{name}"{hint}'),
            code=UNKNOWN_CLAIM if claim else UNKNOWN_VARIABLE,
            params={"name": name.removeprefix(CLAIMS), "hint": did_you_mean(name, known)},
            offset=start,
            length=length,
            help=mark("Declare it under claims.") if claim else mark("Declare it under variables."),
            fix=_spelled_right(document, path, span, name, alike),
        )
    yield from _lists(path, text, variables, document)


def _lists(path: KeyPath, text: str, variables: dict[str, Variable], document: Document) -> Iterator[Finding]:
    """Lists are gone through, other values are not; and an item has the fields that its list declares."""
    lists = {name for name, variable in variables.items() if variable.type is VariableType.LIST}
    loops: dict[str, Loop] = {}
    for part, own in walk(parse_copy(text, blocks=path == WITH_BLOCKS)):
        if isinstance(part, Loop):
            loops[part.item] = part
            if part.name in variables and part.name not in lists:
                yield _about(
                    part.name, path, text, document,
                    mark('"{name}" is no list, and {{% for %}} goes through lists'),
                    mark("Declare it with type: list, and say in `of` what each item holds."),
                )  # fmt: skip
        elif isinstance(part, Place) and part.name in lists:
            yield _about(
                part.name, path, text, document,
                mark('"{name}" is a list, and has no words of its own'),
                mark("Go through it: {{% for item in {name} %}}…{{% endfor %}}, in channels.email.body."),
            )  # fmt: skip
        elif isinstance(part, Place) and part.name.partition(".")[0] in own:
            yield from _fields(part, loops[part.name.partition(".")[0]], path, text, variables, document)


def _about(name: str, path: KeyPath, text: str, document: Document, message: str, remedy: str) -> Finding:
    start, length = _span(text, name)
    return document.finding(
        path, message, code=NOT_ADMITTED, params={"name": name}, offset=start, length=length, help=remedy
    )


def _fields(
    place: Place, loop: Loop, path: KeyPath, text: str, variables: Mapping[str, Variable], document: Document
) -> Iterator[Finding]:
    """What a place reads of an item that has no such field."""
    fields = variables[loop.name].of if loop.name in variables else {}
    field = place.name.partition(".")[2]
    if field in fields:
        return
    start, length = span = _span(text, place.name)
    yield document.finding(
        path,
        mark('Items of "{list}" have no field "{field}"{hint}'),
        code=UNKNOWN_VARIABLE,
        params={"list": loop.name, "field": field, "hint": did_you_mean(field, fields)},
        offset=start,
        length=length,
        help=mark("Declare it under {list}: of."),
        fix=_spelled_right(document, path, span, place.name, [f"{loop.item}.{known}" for known in fields]),
    )


def _spelled_right(
    document: Document, path: KeyPath, span: tuple[int, int], name: str, known: Collection[str]
) -> Fix | None:
    """The one name that is surely meant, in place of a misspelt one that stands in the document as it is said."""
    text, (start, length) = _at(document.data, path), span
    meant = surely_meant(name, known)
    if not meant or not isinstance(text, str) or text[start : start + length] != name:
        return None  # a translation does not hold the texts that are only the original's
    return document.fix(path, meant, offset=start, length=length)


def _span(text: str, name: str) -> tuple[int, int]:
    """Where a name is read: first character and length."""
    word = re.compile(rf"(?<![\w.]){re.escape(name)}(?![\w.])")
    for tag in _TAG.finditer(text):
        if found := word.search(text, *tag.span()):
            return found.start(), len(name)
    return max(text.find(name), 0), len(name)


def _refused_habits(document: Document) -> Iterator[Finding]:
    """In the voice's own language and in the others. What stands around an e-mail's body may hold what that may."""
    locales = document.data.get("locales") or {}
    for place in ((), *(("locales", locale) for locale in locales)):
        for channel in Channel:
            for habit in _HABITS:
                path: KeyPath = (*place, "channels", channel.value, habit)
                text = _at(document.data, path)
                if not isinstance(text, str):
                    continue
                try:
                    parse_copy(text, blocks=channel is Channel.EMAIL)
                except RefusedTemplate as refused:
                    yield _not_admitted(path, text, refused, document)


def _not_admitted(path: KeyPath, text: str, refused: RefusedTemplate, document: Document) -> Finding:
    return document.finding(
        path,
        mark("Copy is not admitted: {why}"),
        code=NOT_ADMITTED,
        params={"why": refused.said},
        offset=_offset(text, refused.line, refused.word),
    )


def _offset(text: str, line: int, word: str) -> int:
    start = sum(len(part) + 1 for part in text.split("\n")[: line - 1])
    found = text.find(word or "{{", start)
    return found if found >= 0 else min(start, max(len(text) - 1, 0))


def _voice(message: Message, voice: Voice, known: set[str], document: Document) -> Iterator[Finding]:
    """The greeting is the voice's, but its names must be the message's: each message says what its data must bring."""
    for channel in Channel:
        for source in (sources(message, voice, channel) or {}).values():
            try:
                names = names_in(source, blocks=channel is Channel.EMAIL)
            except RefusedTemplate as refused:  # Markdown put it together: `{\\{ 1 + 1 }}`, or `&#123;&#123;`
                yield document.finding(
                    ("channels", channel.value),
                    mark("Copy is not admitted once its Markdown is read: {why}"),
                    code=NOT_ADMITTED,
                    params={"why": refused.said},
                    on_key=True,
                )
                break
            for name in names:
                if name not in known:
                    yield document.finding(
                        ("channels", channel.value),
                        mark('The voice uses "{name}" on {channel}, which this message does not declare'),
                        code=UNDECLARED_BY_VOICE,
                        on_key=True,
                        params={"name": name, "channel": channel.value},
                        help=mark("Declare it under variables: {name}: {{type: string, fallback: …}}."),
                    )

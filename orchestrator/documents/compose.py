"""From text to nodes: plain values that remember where they were written.

We compose from ruamel's events ourselves: limits are kept while reading, so a file that would explode is refused at
the alias that lights the fuse, and every node keeps its own place instead of only those that ruamel's values keep.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from orchestrator.documents.scalars import plain_value, span_in
from orchestrator.documents.source import DUPLICATE_KEY, LIMIT, SHAPE, SYNTAX, TAG
from orchestrator.documents.syntax import IN_QUOTES, explained
from orchestrator.documents.wording import called
from orchestrator.domain.errors import DocumentError, Finding, mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ruamel.yaml.events import Event, SequenceStartEvent

    from orchestrator.documents.source import Source

BYTES_MAX = 256 * 1024
ALIASES_MAX = 100
NODES_MAX = 50_000  # with aliases expanded
WRITTEN_MAX = 20_000  # without: no person writes as many, and reading more would take seconds
DEPTH_MAX = 100

# Control characters; surrogates; and what some programs, but not YAML 1.2 and not editors, take for a line's end.
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_ANCHOR = re.compile(r"&\S+(?:\s+|#[^\r\n]*)*")


Span = tuple[int, int]
"""Two indexes into a source, the second exclusive."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """One value. `start` to `end` is where it is used, `body` to `body_end` where it is written: an alias has both.

    `size` counts nodes with aliases expanded. `text` is a scalar before it became a number, a boolean or nothing;
    None for collections. A mapping has `keys` (where each is written) and `children`, a list has `children` only.
    """

    value: Any
    start: int
    end: int
    body: int
    body_end: int
    text: str | None = None
    style: str | None = None
    size: int = 1
    keys: Mapping[str, Span] = field(default_factory=dict)
    children: Mapping[str | int, Node] = field(default_factory=dict)

    @property
    def first(self) -> Span:
        """Where it begins to say something: its first key, if it has one."""
        return next(iter(self.keys.values()), (self.start, self.start))

    def span(self, source: str, offset: int, length: int) -> Span:
        """Where `length` characters from `offset` of this text stand in the source."""
        begin, end = span_in(source[self.body : self.body_end], self.style, self.text or "", offset, length)
        return self.body + begin, self.body + end


def compose(source: Source) -> Node:
    """The document's one mapping. DocumentError carries every finding up to the place where reading had to stop."""
    _admit(source)
    composer = _Composer(source)
    try:
        root = composer.document()
    except (MarkedYAMLError, ValueError) as error:  # ValueError: an escape beyond the last character of Unicode
        # A set, in order: the parser may stumble where the composer already did.
        raise DocumentError(dict.fromkeys([*composer.findings, explained(error, source)])) from error
    except DocumentError as error:
        raise DocumentError([*composer.findings, *error.findings]) from error
    if composer.findings:
        raise DocumentError(composer.findings)
    return root


def _admit(source: Source) -> None:
    """What can be refused without reading YAML."""
    size = len(source.text.encode("utf-8", "surrogatepass"))
    if size > BYTES_MAX:
        message = mark("The file has {size:,} bytes; at most {most:,} are read")
        remedy = mark("Split it into several files.")
        raise source.refusal(LIMIT, message, 0, remedy=remedy, size=size, most=BYTES_MAX)
    if found := _FORBIDDEN.search(source.text):
        message = mark("The invisible character {character} is not allowed here")
        remedy = mark("Delete it; it may have come with pasted text.")
        raise source.refusal(SYNTAX, message, found.start(), remedy=remedy, character=_named(found[0]))


class _Composer:
    """One pass over the events of one document. `findings` holds the faults after which reading can go on."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.findings: list[Finding] = []
        self.events: Iterator[Any] = YAML(typ="safe", pure=True).parse(source.text)
        self.anchors: dict[str, Node | None] = {}  # None while the anchored value is still being read
        self.aliases = 0
        self.nodes = 0
        self.written = 0

    def document(self) -> Node:
        next(self.events)  # the stream's start
        if isinstance(next(self.events), StreamEndEvent):
            raise self.source.refusal(SHAPE, mark("The file is empty; it must be one mapping, `key: value`"), 0)
        root = self.node(next(self.events), depth=1)
        next(self.events)  # the document's end
        after = next(self.events)
        if isinstance(after, DocumentStartEvent):
            self.fault(SHAPE, mark("A second document begins here; a file holds one"), _start(after))
        if not isinstance(root.value, dict):
            got = called(root.value if isinstance(root.value, list) else root.text or None)
            self.fault(SHAPE, mark("The file must be one mapping, `key: value`, not {got}"), root.start, got=got)
        return root

    def node(self, event: AliasEvent | ScalarEvent | SequenceStartEvent | MappingStartEvent, *, depth: int) -> Node:
        if isinstance(event, AliasEvent):
            return self.alias(event)
        self.count(1, event)
        self.written += 1
        if self.written > WRITTEN_MAX:
            message = mark("The file says more than {most:,} things; part it into several")
            raise self.source.refusal(LIMIT, message, _start(event), most=WRITTEN_MAX)
        if depth > DEPTH_MAX:
            message = mark("This is nested more than {most} levels deep")
            raise self.source.refusal(LIMIT, message, _start(event), most=DEPTH_MAX)
        if event.ctag is not None:
            remedy = mark("Leave it out, or put the text in quotes.")
            self.fault(TAG, mark('The tag "{tag}" is not allowed'), _start(event), remedy=remedy, tag=str(event.ctag))
        if event.anchor:
            self.anchors[event.anchor] = None
        if isinstance(event, ScalarEvent):
            node = self.scalar(event)
        elif isinstance(event, MappingStartEvent):
            node = self.mapping(event, depth=depth)
        else:
            node = self.sequence(event, depth=depth)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def alias(self, event: AliasEvent) -> Node:
        """The anchored node again. Its values are shared, so nothing grows but the count."""
        self.aliases += 1
        if self.aliases > ALIASES_MAX:
            message = mark("The file has more than {most} aliases")
            raise self.source.refusal(LIMIT, message, _start(event), most=ALIASES_MAX)
        target = self.anchors.get(event.anchor)
        if target is None:
            raise self.without_value(event)
        self.count(target.size, event)
        return replace(target, start=_start(event), end=int(event.end_mark.index))

    def without_value(self, event: AliasEvent) -> DocumentError:
        """The error for an alias of what is not above, or not complete."""
        name = event.anchor
        if name in self.anchors:
            message = mark('"*{name}" stands inside the value that it repeats')
            return self.source.refusal(SYNTAX, message, _start(event), name=name)
        message = mark('"*{name}" repeats a value that is not above')
        remedy = mark("Mark that value with &{name}, or put the text in quotes.")
        return self.source.refusal(SYNTAX, message, _start(event), remedy=remedy, name=name)

    def scalar(self, event: ScalarEvent) -> Node:
        start, end = _start(event), event.end_mark.index
        if event.anchor and (anchor := _ANCHOR.match(self.source.text, start)):
            start = min(anchor.end(), end)
        if event.style == '"' and (found := _FORBIDDEN.search(event.value)):
            message = mark("This escape gives {character}, which no text may hold")
            self.fault(SYNTAX, message, start, character=_named(found[0]))
        return Node(
            value=event.value if event.style else plain_value(event.value),
            start=start,
            end=end,
            body=start,
            body_end=end,
            text=event.value,
            style=event.style,
        )

    def sequence(self, event: SequenceStartEvent, *, depth: int) -> Node:
        before = self.nodes
        items: list[Node] = []
        while not isinstance(after := next(self.events), SequenceEndEvent):
            items.append(self.node(after, depth=depth + 1))
        return Node(
            value=[item.value for item in items],
            start=_start(event),
            end=after.end_mark.index,
            body=_start(event),
            body_end=after.end_mark.index,
            size=1 + self.nodes - before,
            children=dict(enumerate(items)),
        )

    def mapping(self, event: MappingStartEvent, *, depth: int) -> Node:
        before = self.nodes
        keys: dict[str, Span] = {}
        children: dict[str | int, Node] = {}
        while not isinstance(after := next(self.events), MappingEndEvent):
            key = self.node(after, depth=depth + 1)
            value = self.node(next(self.events), depth=depth + 1)
            if self.admit_key(key, keys, _start(event)):
                name = key.text or ""
                keys[name] = key.start, key.end
                children[name] = value
        return Node(
            value={name: child.value for name, child in children.items()},
            start=_start(event),
            end=after.end_mark.index,
            body=_start(event),
            body_end=after.end_mark.index,
            size=1 + self.nodes - before,
            keys=keys,
            children=children,
        )

    def admit_key(self, key: Node, keys: Mapping[str, Span], mapping_start: int) -> bool:
        """Keys are text as it is written, whatever else it could mean: `no`, `10` and `true` are three names."""
        if key.text is None:
            if self.source.text.startswith("{{", mapping_start):
                self.fault(SYNTAX, IN_QUOTES, mapping_start, sign="{{")
            else:
                self.fault(SHAPE, mark("A key must be text, not a list or a mapping"), key.start)
        elif key.text == "<<" and key.style is None:
            remedy = mark("Repeat the whole mapping with an alias, or write its keys here.")
            self.fault(SHAPE, mark('Merge keys ("<<") are not part of YAML 1.2'), key.start, remedy=remedy)
        elif key.text in keys:
            line, _ = self.source.place(keys[key.text][0])
            message = mark('Key "{key}" is already on line {line}')
            self.fault(DUPLICATE_KEY, message, key.start, key=key.text, line=line)
        else:
            return True
        return False

    def count(self, nodes: int, event: Event) -> None:
        self.nodes += nodes
        if self.nodes > NODES_MAX:
            message = mark("The file says more than {most:,} things, counting what aliases repeat")
            raise self.source.refusal(LIMIT, message, _start(event), most=NODES_MAX)

    def fault(self, code: str, template: str, index: int, *, remedy: str = "", **params: object) -> None:
        self.findings.append(self.source.finding(code, template, index, remedy=remedy, **params))


def _start(event: Event) -> int:
    return int(event.start_mark.index)


def _named(character: str) -> str:
    return f"U+{ord(character):04X}"

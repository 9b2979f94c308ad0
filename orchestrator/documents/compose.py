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

from orchestrator.documents.scalars import index_in, plain_value
from orchestrator.documents.source import DUPLICATE_KEY, LIMIT, SHAPE, SYNTAX, TAG
from orchestrator.documents.syntax import explained
from orchestrator.domain.errors import DocumentError, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ruamel.yaml.events import Event, SequenceStartEvent

    from orchestrator.documents.source import Source

BYTES_MAX = 256 * 1024
ALIASES_MAX = 100
NODES_MAX = 50_000  # with aliases expanded
DEPTH_MAX = 100

# Control characters; surrogates; and what some programs, but not YAML 1.2 and not editors, take for a line's end.
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_ANCHOR = re.compile(r"&\S+(?:\s+|#[^\r\n]*)*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """One value. `start` is where it is used, `body` where it is written: they differ for an alias.

    `size` counts nodes with aliases expanded. `text` is a scalar before it became a number, a boolean or nothing;
    None for collections. A mapping has `keys` (where each is written) and `children`, a list has `children` only.
    """

    value: Any
    start: int
    body: int
    end: int
    text: str | None = None
    style: str | None = None
    size: int = 1
    keys: Mapping[str, int] = field(default_factory=dict)
    children: Mapping[str | int, Node] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """Where it begins to say something: its first key, if it has one."""
        return next(iter(self.keys.values()), self.start)

    def index(self, source: str, offset: int) -> int:
        """Where the character at `offset` of this text stands in the source."""
        return self.body + index_in(source[self.body : self.end], self.style, self.text or "", offset)


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
        message = f"The file has {size:,} bytes; at most {BYTES_MAX:,} are read"
        raise source.refusal(LIMIT, message, 0, remedy="Split it into several files.")
    if found := _FORBIDDEN.search(source.text):
        message = f"The invisible character U+{ord(found[0]):04X} is not allowed here"
        raise source.refusal(SYNTAX, message, found.start(), remedy="Delete it; it may have come with pasted text.")


class _Composer:
    """One pass over the events of one document. `findings` holds the faults after which reading can go on."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.findings: list[Finding] = []
        self.events: Iterator[Any] = YAML(typ="safe", pure=True).parse(source.text)
        self.anchors: dict[str, Node | None] = {}  # None while the anchored value is still being read
        self.aliases = 0
        self.nodes = 0

    def document(self) -> Node:
        next(self.events)  # the stream's start
        if isinstance(next(self.events), StreamEndEvent):
            raise self.source.refusal(SHAPE, "The file is empty; it must be one mapping, `key: value`", 0)
        root = self.node(next(self.events), depth=1)
        next(self.events)  # the document's end
        after = next(self.events)
        if isinstance(after, DocumentStartEvent):
            self.fault(SHAPE, "A second document begins here; a file holds one", _start(after))
        if not isinstance(root.value, dict):
            kind = "a list" if isinstance(root.value, list) else "text" if root.text else "nothing"
            self.fault(SHAPE, f"The file must be one mapping, `key: value`, not {kind}", root.start)
        return root

    def node(self, event: AliasEvent | ScalarEvent | SequenceStartEvent | MappingStartEvent, *, depth: int) -> Node:
        if isinstance(event, AliasEvent):
            return self.alias(event)
        self.count(1, event)
        if depth > DEPTH_MAX:
            raise self.source.refusal(LIMIT, f"This is nested more than {DEPTH_MAX} levels deep", _start(event))
        if event.ctag is not None:
            remedy = "Leave it out, or put the text in quotes."
            self.fault(TAG, f'The tag "{event.ctag}" is not allowed', _start(event), remedy=remedy)
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
            raise self.source.refusal(LIMIT, f"The file has more than {ALIASES_MAX} aliases", _start(event))
        target = self.anchors.get(event.anchor)
        if target is None:
            contains_itself = event.anchor in self.anchors
            message = f'"*{event.anchor}" ' + (
                "stands inside the value that it repeats" if contains_itself else "repeats a value that is not above"
            )
            remedy = "" if contains_itself else f"Mark that value with &{event.anchor}, or put the text in quotes."
            raise self.source.refusal(SYNTAX, message, _start(event), remedy=remedy)
        self.count(target.size, event)
        return replace(target, start=_start(event))

    def scalar(self, event: ScalarEvent) -> Node:
        start, end = _start(event), event.end_mark.index
        if event.anchor and (anchor := _ANCHOR.match(self.source.text, start)):
            start = min(anchor.end(), end)
        if event.style == '"' and (found := _FORBIDDEN.search(event.value)):
            self.fault(SYNTAX, f"This escape gives U+{ord(found[0]):04X}, which no text may hold", start)
        return Node(
            value=event.value if event.style else plain_value(event.value),
            start=start,
            body=start,
            end=end,
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
            body=_start(event),
            end=after.end_mark.index,
            size=1 + self.nodes - before,
            children=dict(enumerate(items)),
        )

    def mapping(self, event: MappingStartEvent, *, depth: int) -> Node:
        before = self.nodes
        keys: dict[str, int] = {}
        children: dict[str | int, Node] = {}
        while not isinstance(after := next(self.events), MappingEndEvent):
            key = self.node(after, depth=depth + 1)
            value = self.node(next(self.events), depth=depth + 1)
            if self.admit_key(key, keys, _start(event)):
                name = key.text or ""
                keys[name] = key.start
                children[name] = value
        return Node(
            value={name: child.value for name, child in children.items()},
            start=_start(event),
            body=_start(event),
            end=after.end_mark.index,
            size=1 + self.nodes - before,
            keys=keys,
            children=children,
        )

    def admit_key(self, key: Node, keys: Mapping[str, int], mapping_start: int) -> bool:
        """Keys are text as it is written, whatever else it could mean: `no`, `10` and `true` are three names."""
        if key.text is None:
            if self.source.text.startswith("{{", mapping_start):
                self.fault(SYNTAX, 'Text that begins with "{{" must stand in quotes', mapping_start)
            else:
                self.fault(SHAPE, "A key must be text, not a list or a mapping", key.start)
        elif key.text == "<<" and key.style is None:
            remedy = "Repeat the whole mapping with an alias, or write its keys here."
            self.fault(SHAPE, 'Merge keys ("<<") are not part of YAML 1.2', key.start, remedy=remedy)
        elif key.text in keys:
            line, _ = self.source.place(keys[key.text])
            self.fault(DUPLICATE_KEY, f'Key "{key.text}" is already on line {line}', key.start)
        else:
            return True
        return False

    def count(self, nodes: int, event: Event) -> None:
        self.nodes += nodes
        if self.nodes > NODES_MAX:
            message = f"The file says more than {NODES_MAX:,} things, counting what aliases repeat"
            raise self.source.refusal(LIMIT, message, _start(event))

    def fault(self, code: str, message: str, index: int, *, remedy: str = "") -> None:
        self.findings.append(self.source.finding(code, message, index, remedy=remedy))


def _start(event: Event) -> int:
    return int(event.start_mark.index)

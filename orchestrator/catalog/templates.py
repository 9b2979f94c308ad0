"""The Jinja of our copy: what may be written, and as what it is kept.

Copy is parsed by Jinja and admitted by an allow-list of its syntax tree; `script` then fills the tree itself. Nothing
of a writer's is ever compiled: Jinja folds constants while it compiles, so `{{ 9**(9**9) }}` would hang a compiler
that no sandbox guards, even under `{% if false %}` (reliability, section 0, item 4). Parsing is safe and takes
milliseconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from jinja2 import Environment, TemplateSyntaxError, nodes

from orchestrator.catalog.complaints import complaint
from orchestrator.domain.errors import Unfit, Word, did_you_mean, mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SOURCE_LENGTH_MAX = 64 * 1024

# A letter is our own layout around such copy, styles and all; what Gmail would cut off, check says (CH112).
LETTER_LENGTH_MAX = 1024 * 1024

# Dots in a name, or filters after one: no copy has as many, and a thousand would end the interpreter's stack.
NESTING_MAX = 20

# {% if %} and {% for %} inside one another.
BLOCKS_DEEP_MAX = 2

# Filter → the words that it takes, each with a text. `plural` is CLDR's: {{ n | plural(one="{n} item", other=…) }}.
FILTERS: Mapping[str, frozenset[str]] = {
    "capitalize": frozenset(),
    "lower": frozenset(),
    "plural": frozenset({"zero", "one", "two", "few", "many", "other"}),
    "trim": frozenset(),
    "upper": frozenset(),
}

CLAIMS = "claims."


class RefusedTemplate(Unfit):
    """Copy that is not admitted: the line counts from the start of the source, `word` is what stands there."""

    def __init__(self, template: str, line: int = 1, word: str = "", **params: object) -> None:
        self.line = line or 1  # Jinja knows no line of what {% autoescape %} becomes
        self.word = word
        super().__init__(template, **params)


@dataclass(frozen=True, slots=True)
class Filter:
    """A change to a written value, with its words if it takes any."""

    name: str
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """`{{ order.number | upper }}`: where a value stands."""

    name: str
    filters: tuple[Filter, ...] = ()

    @property
    def key(self) -> str:
        """What tells it from other places: its name and what is done to the value."""
        return self.name if not self.filters else f"{self.name}{self.filters!r}"


@dataclass(frozen=True, slots=True)
class Choice:
    """`{% if order.note %}`: one of two texts, by whether a value is there and not false."""

    name: str
    then: Parts
    otherwise: Parts

    @property
    def key(self) -> str:
        """Under which the answer is found."""
        return f"if {self.name}"


@dataclass(frozen=True, slots=True)
class Loop:
    """`{% for item in order.items %}`: a text once for each of a list."""

    item: str
    name: str
    body: Parts

    @property
    def key(self) -> str:
        """Under which the list is found."""
        return f"for {self.item} in {self.name}"


Part = str | Place | Choice | Loop
Parts = tuple[Part, ...]


def parse_copy(source: str, *, blocks: bool = False, length_max: int = SOURCE_LENGTH_MAX) -> Parts:
    """A source as its parts. `blocks`: {% if %} and {% for %} are allowed. Raises RefusedTemplate."""
    if len(source) > length_max:
        raise RefusedTemplate("is longer than {most} characters", most=length_max)
    return _parsed(source, blocks=blocks)


def names_in(source: str, *, blocks: bool = False) -> tuple[str, ...]:
    """The dotted names that a source reads, in order, each once; those of a loop's items are not among them."""
    return tuple(dict.fromkeys(names_of(parse_copy(source, blocks=blocks))))


def names_of(parts: Parts) -> Iterator[str]:
    """The names that parts read, each time they do, without those of loops' own items."""
    for part, own in walk(parts):
        if not isinstance(part, str) and part.name.partition(".")[0] not in own:
            yield part.name


def walk(parts: Parts, own: frozenset[str] = frozenset()) -> Iterator[tuple[Part, frozenset[str]]]:
    """Every part in the order in which it is written, with the names of the items of the loops around it."""
    for part in parts:
        yield part, own
        if isinstance(part, Choice):
            yield from walk(part.then, own)
            yield from walk(part.otherwise, own)
        elif isinstance(part, Loop):
            yield from walk(part.body, own | {part.item})


# --- from Jinja's tree to ours --------------------------------------------------------------------------------------

# Minified CSS may say "{#": comments get a mark that no copy has. It is only ever asked to parse.
_PARSER = Environment(  # noqa: S701  # nothing is rendered with it
    keep_trailing_newline=True, comment_start_string="{#jogral#", comment_end_string="#jogral#}"
)


# U+FFFC and private characters: read-back has its own meaning for them.
_INNER = re.compile("[\ufffc\ue000-\uf8ff]")


@lru_cache(maxsize=8_192)
def _parsed(source: str, *, blocks: bool) -> Parts:
    inner = _INNER.search(source)
    if inner is not None:
        line = source.count("\n", 0, inner.start()) + 1
        raise RefusedTemplate(
            "holds the character {character}, which no font shows",
            line,
            inner[0],
            character=f"U+{ord(inner[0]):04X}",
        )
    try:
        tree = _PARSER.parse(source)
    except TemplateSyntaxError as error:
        raise RefusedTemplate("{why}", error.lineno, why=complaint(error.message or "")) from error
    except RecursionError as error:
        raise RefusedTemplate("is nested too deeply") from error
    return _parts(tree.body, blocks_left=BLOCKS_DEEP_MAX if blocks else None)


def _parts(body: Sequence[nodes.Node], *, blocks_left: int | None) -> Parts:
    return tuple(part for node in body for part in _admitted(node, blocks_left))


def _admitted(node: nodes.Node, blocks_left: int | None) -> Iterator[Part]:
    if isinstance(node, nodes.Output):
        for child in node.nodes:
            yield child.data if isinstance(child, nodes.TemplateData) else _place(child)
    elif isinstance(node, nodes.If | nodes.For):
        if blocks_left is None:
            raise RefusedTemplate(
                "{what} is allowed in the e-mail's own body only (channels.email.body)",
                node.lineno,
                "{%",
                what=_plain(node),
            )
        if blocks_left == 0:
            raise RefusedTemplate(
                "{what} stands deeper than {most} blocks", node.lineno, "{%", what=_plain(node), most=BLOCKS_DEEP_MAX
            )
        yield _choice(node, blocks_left) if isinstance(node, nodes.If) else _loop(node, blocks_left)
    else:
        raise _refused(node)


def _choice(node: nodes.If, blocks_left: int) -> Choice:
    negated = isinstance(node.test, nodes.Not)
    name = _dotted(node.test.node if isinstance(node.test, nodes.Not) else node.test)
    if node.elif_:
        raise RefusedTemplate("{{% elif %}} is not allowed here; write a second {{% if %}}", node.elif_[0].lineno)
    then = _parts(node.body, blocks_left=blocks_left - 1)
    otherwise = _parts(node.else_, blocks_left=blocks_left - 1)
    return Choice(name, otherwise, then) if negated else Choice(name, then, otherwise)


def _loop(node: nodes.For, blocks_left: int) -> Loop:
    if not isinstance(node.target, nodes.Name) or node.test or node.recursive or node.else_:
        raise RefusedTemplate(
            "{{% for %}} is written {{% for item in order.items %}}, and nothing else", node.lineno, "{%"
        )
    item = node.target.name
    if item in ("claims", "loop"):
        raise RefusedTemplate('"{item}" cannot be the name of an item', node.lineno, item, item=item)
    return Loop(item, _dotted(node.iter), _parts(node.body, blocks_left=blocks_left - 1))


def _place(node: nodes.Node) -> Place:
    filters: list[Filter] = []
    while isinstance(node, nodes.Filter):
        filters.append(_filter(node))
        if len(filters) > NESTING_MAX:
            raise RefusedTemplate("is nested too deeply", node.lineno)
        if node.node is None:
            raise _refused(node)
        node = node.node
    name = _dotted(node)
    if filters and name.startswith(CLAIMS):
        raise RefusedTemplate(
            '"{name}" takes no filter: the brand voice decides how a claim is written', node.lineno, name, name=name
        )
    return Place(name, tuple(reversed(filters)))


def _filter(node: nodes.Filter) -> Filter:
    if node.name not in FILTERS:
        raise RefusedTemplate(
            'unknown filter "{name}"{hint}; there are: {known}',
            node.lineno,
            node.name,
            name=node.name,
            hint=did_you_mean(node.name, FILTERS),
            known=", ".join(FILTERS),
        )
    known = FILTERS[node.name]
    if not known and (node.args or node.kwargs or node.dyn_args or node.dyn_kwargs):
        raise RefusedTemplate('the filter "{name}" takes nothing in brackets', node.lineno, node.name, name=node.name)
    words: dict[str, str] = {
        str(pair.key): pair.value.value
        for pair in node.kwargs
        if isinstance(pair.value, nodes.Const) and isinstance(pair.value.value, str)
    }
    if known and (
        node.args
        or node.dyn_args
        or node.dyn_kwargs
        or len(words) != len(node.kwargs)
        or not {"other"} <= set(words) <= known
    ):
        raise RefusedTemplate(
            'the filter "{name}" is written {name}(one="…", other="…"), with texts in quotes',
            node.lineno,
            node.name,
            name=node.name,
        )
    return Filter(node.name, tuple(words.items()))


def _dotted(node: nodes.Node) -> str:
    parts: list[str] = []
    while isinstance(node, nodes.Getattr):
        parts.append(node.attr)
        node = node.node
    if not isinstance(node, nodes.Name):
        raise _refused(node)
    if len(parts) > NESTING_MAX:
        raise RefusedTemplate("has a name with too many dots", node.lineno)
    parts.append(node.name)
    inner = next((part for part in parts if part.startswith("_")), None)
    if inner is not None:
        raise RefusedTemplate('no name begins with "_", as "{name}" does', node.lineno, inner, name=inner)
    return ".".join(reversed(parts))


def _refused(node: nodes.Node) -> RefusedTemplate:
    return RefusedTemplate(
        "{what} is not allowed here; write a name such as {example}",
        node.lineno,
        what=_plain(node),
        example="{{ order.number }}",
    )


_PLAIN_NAMES: Mapping[type[nodes.Node], str] = {
    nodes.Call: Word(mark("a call")),
    nodes.Const: Word(mark("a constant")),
    nodes.For: "{% for %}",
    nodes.If: "{% if %}",
    nodes.Getitem: Word(mark("an index in brackets")),
    nodes.Macro: "{% macro %}",
    nodes.Include: "{% include %}",
    nodes.Import: "{% import %}",
    nodes.Assign: "{% set %}",
    nodes.CondExpr: Word(mark("an if-else")),
}


def _plain(node: nodes.Node) -> str:
    if isinstance(node, nodes.BinExpr):
        return Word(mark("arithmetic"))
    return _PLAIN_NAMES.get(type(node), type(node).__name__)

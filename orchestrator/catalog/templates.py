"""The Jinja that copy may use: names, dots and listed filters, admitted before anything is compiled.

A template is refused by its syntax tree: constants are folded when Jinja compiles, so `{{ 9**(9**9) }}` would hang a
compiler that no sandbox guards (reliability, section 0, item 4). Parsing alone is safe and takes milliseconds.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from orchestrator.domain.errors import did_you_mean

if TYPE_CHECKING:
    from jinja2 import Template

SOURCE_LENGTH_MAX = 64 * 1024

# Dots in a name, or filters after one: no copy has as many, and a thousand would end the interpreter's stack.
NESTING_MAX = 20

FILTERS = frozenset({"capitalize", "lower", "trim", "upper"})

_ADMITTED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Filter,
)


class RefusedTemplate(ValueError):
    """Copy that is not admitted. `offset` counts characters from the start of the source, when it is known."""

    def __init__(self, message: str, line: int = 1, word: str = "") -> None:
        self.line = line
        self.word = word
        super().__init__(message)


class _Environment(ImmutableSandboxedEnvironment):
    """Plain dictionaries only: `order.items` is the key, never the method (a trap of Jinja's)."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        try:
            return obj[attribute]
        except (KeyError, TypeError):
            return self.undefined(obj=obj, name=attribute)


def _environment(*, autoescape: bool) -> _Environment:
    # Minified CSS may say "{#": comments get a mark that no copy has.
    environment = _Environment(
        undefined=StrictUndefined,
        autoescape=autoescape,
        keep_trailing_newline=True,
        comment_start_string="{#jogral#",
        comment_end_string="#jogral#}",
    )
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    return environment


_TEXT = _environment(autoescape=False)
_HTML = _environment(autoescape=True)


def names_in(source: str) -> tuple[str, ...]:
    """The dotted names that a template reads, in order, each once. Raises RefusedTemplate for what is not admitted."""
    return _admitted(source)


def compile_text(source: str) -> Template:
    """A template whose values are written as they are."""
    _admitted(source)
    return _TEXT.from_string(source)


def compile_html(source: str) -> Template:
    """A template whose values are escaped for HTML, in text and in attributes."""
    _admitted(source)
    return _HTML.from_string(source)


@lru_cache(maxsize=4_096)
def _admitted(source: str) -> tuple[str, ...]:
    if len(source) > SOURCE_LENGTH_MAX:
        raise RefusedTemplate(f"is longer than {SOURCE_LENGTH_MAX} characters")
    try:
        tree = _TEXT.parse(source)
    except TemplateSyntaxError as error:
        raise RefusedTemplate(f"{error.message}", error.lineno) from error
    except RecursionError as error:
        raise RefusedTemplate("is nested too deeply") from error
    found: dict[str, None] = {}
    for node in tree.body:
        _admit(node, found)
    return tuple(found)


def _admit(node: nodes.Node, found: dict[str, None], depth: int = 0) -> None:
    if depth > NESTING_MAX:
        raise RefusedTemplate("is nested too deeply", node.lineno)
    if not isinstance(node, _ADMITTED):
        raise RefusedTemplate(
            f"{_plain(node)} is not allowed here; write a name such as {{{{ order.number }}}}", node.lineno
        )
    if isinstance(node, (nodes.Name, nodes.Getattr)):
        found[_dotted(node)] = None
        return
    if isinstance(node, nodes.Filter):
        _admit_filter(node)
    for child in node.iter_child_nodes():
        _admit(child, found, depth + 1)


def _admit_filter(node: nodes.Filter) -> None:
    if node.name not in FILTERS:
        raise RefusedTemplate(
            f'unknown filter "{node.name}"{did_you_mean(node.name, FILTERS)}; there are: {", ".join(sorted(FILTERS))}',
            node.lineno,
            node.name,
        )
    if node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise RefusedTemplate(f'the filter "{node.name}" takes nothing in brackets', node.lineno, node.name)


def _dotted(node: nodes.Node) -> str:
    parts: list[str] = []
    while isinstance(node, nodes.Getattr):
        parts.append(node.attr)
        node = node.node
    if not isinstance(node, nodes.Name):
        raise RefusedTemplate(f"{_plain(node)} is not allowed here", node.lineno)
    if len(parts) > NESTING_MAX:
        raise RefusedTemplate("has a name with too many dots", node.lineno)
    return ".".join([node.name, *reversed(parts)])


_PLAIN_NAMES: dict[type[nodes.Node], str] = {
    nodes.Call: "a call",
    nodes.Const: "a constant",
    nodes.For: "{% for %}",
    nodes.If: "{% if %}",
    nodes.Getitem: "an index in brackets",
    nodes.Macro: "{% macro %}",
    nodes.Include: "{% include %}",
    nodes.Import: "{% import %}",
    nodes.Assign: "{% set %}",
    nodes.CondExpr: "an if-else",
}


def _plain(node: nodes.Node) -> str:
    if isinstance(node, nodes.BinExpr):
        return "arithmetic"
    return _PLAIN_NAMES.get(type(node), f"{type(node).__name__}")

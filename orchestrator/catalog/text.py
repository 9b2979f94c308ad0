"""Steps from source to what a customer reads: each takes a text, returns a text, and does one thing.

Copy is light Markdown written by us; data comes from outside. Steps for data run on values before they enter copy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


# --- copy and rendered text -----------------------------------------------------------------------------------------


def normalise_spaces(text: str) -> str:
    """Plain spaces for the fixed ones that formatters write: they triple an SMS, and equal words would not be equal."""
    if text.isascii():
        return text
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2009", " ").replace("\u2007", " ")


def unwrap(text: str) -> str:
    """A single newline is a space, so that files can be wrapped; blank lines part paragraphs, list items stay lines."""
    if "\n" not in text and "\r" not in text:
        return text.strip(_BLANKS)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        stripped = line.strip(_BLANKS)
        paragraph = paragraphs[-1]
        if not stripped:
            paragraphs.append([])
        elif not paragraph or _begins_item(stripped, after=paragraph[-1]):
            paragraph.append(stripped)
        else:
            paragraph[-1] += " " + stripped
    return "\n\n".join("\n".join(paragraph) for paragraph in paragraphs if paragraph)


def one_line(text: str) -> str:
    """No line ends at all: subjects, preheaders and push titles have one line, and headers must not grow others."""
    return " ".join(filter(None, (line.strip(_BLANKS) for line in text.splitlines())))


_BLANKS = " \t"
_ITEM = re.compile(r"(?:[-*]|\d{1,9}\.)[ \t]")
_FIRST_ITEM = re.compile(r"(?:[-*]|1\.)[ \t]")


def _begins_item(line: str, after: str) -> bool:
    # As in CommonMark, a number other than 1 only goes on with a list: "até dia\n25. Depois" is wrapped prose.
    return bool((_ITEM if _ITEM.match(after) else _FIRST_ITEM).match(line))


# --- data -----------------------------------------------------------------------------------------------------------


def strip_controls(text: str) -> str:
    """Data on one line and without anything invisible: control characters, bidi overrides and zero widths deceive.

    Nor with spaces around it, as spreadsheets leave them: "Oi, Ana !", and no bold in WhatsApp.
    """
    if text.isprintable():  # Python's word for: no controls, no formats, no surrogates, no space but U+0020
        return text.strip()
    return _INVISIBLE.sub("", _LINE_END.sub(" ", text)).strip()


_EMOJI = "\u2190-\u2bff\U0001f000-\U0001faff"
_LINE_END = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u200e\u200f\u061c\u202a-\u202e\u2066-\u206f"  # marks and overrides of direction
    "\u00ad\u180e\u200b\u200c\u2060-\u2065\ufeff\ufff9-\ufffb"  # zero widths, annotations
    "\ud800-\udfff"  # half characters, which no encoding carries
    "\U000e0000-\U000e007f]"  # tags: text that only machines read
    # A joiner belongs between two emoji; U+FE0F may stand after the first.
    f"|(?<![{_EMOJI}\ufe0f])\u200d|\u200d(?![{_EMOJI}])"
)


def no_whatsapp_marks(text: str) -> str:
    """Data that reads the same and cannot switch WhatsApp's formatting on or off.

    WhatsApp formats between two marks, `*bold*`, and only where each stands at the edge of a word; the twin may be in
    the copy around the data, so one mark is enough. Such a mark becomes a character that looks the same. Invisible
    characters are not put in its way: which of them stop a mark is documented nowhere and differs between clients.
    Marks inside a word (`PED_10`) or between spaces (`2 * 3`) cannot format, and links would break: they stay.
    """
    if "*" not in text and "_" not in text and "~" not in text and "`" not in text:
        return text
    return _MARK.sub(_look_alike, text)


_LOOK_ALIKES: Mapping[str, str] = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
_MARK = re.compile(
    r"https?://\S+"
    r"|(?<=[0-9A-Za-z])[*_~](?=[0-9A-Za-z])"
    r"|(?<=[ \t])[*_~](?=[ \t])"
    r"|(?P<mark>[*_~`])"
)


def _look_alike(match: re.Match[str]) -> str:
    return _LOOK_ALIKES[match[0]] if match["mark"] else match[0]


# --- Markdown, once per template ------------------------------------------------------------------------------------


@lru_cache(maxsize=1_024)
def markdown_to_text(markdown: str) -> str:
    """The plain part of an e-mail: words without marks, links as `label (url)`, lists as lines."""
    return _written(markdown, _PLAIN)


@lru_cache(maxsize=1_024)
def markdown_to_whatsapp(markdown: str) -> str:
    """The same copy in WhatsApp's own marks, links as `label: url`; literal marks in it are made harmless."""
    return _written(markdown, _WHATSAPP)


def light_markdown() -> MarkdownIt:
    """The Markdown of our copy: CommonMark without HTML, and without what indentation or underlining would mean."""
    return MarkdownIt("commonmark", {"html": False}).disable(["code", "lheading"])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Style:
    marks: Mapping[str, str]
    heading: str
    link: str
    literal: Callable[[str], str]


_PLAIN = _Style(marks={}, heading="", link="{label} ({url})", literal=str)
_WHATSAPP = _Style(
    marks={"strong": "*", "em": "_", "code_inline": "`", "fence": "```"},
    heading="strong",
    link="{label}: {url}",
    literal=no_whatsapp_marks,
)

_PARSER = light_markdown()


def _written(markdown: str, style: _Style) -> str:
    """Parse with placeholders hidden, write the tree, and put them back as they were."""
    stand_in = "placeholder"
    while stand_in in markdown:
        stand_in += "x"
    placeholders: list[str] = []

    def hide(match: re.Match[str]) -> str:
        placeholders.append(match[0])
        return f"{stand_in}{len(placeholders) - 1}z"

    tree = SyntaxTreeNode(_PARSER.parse(_PLACEHOLDER.sub(hide, markdown)))
    written = _blocks(tree, style)
    return re.sub(f"{stand_in}([0-9]+)z", lambda match: placeholders[int(match[1])], written)


# Jinja's expressions, statements and comments; a string inside may hold the closing braces. None begins inside another,
# which keeps the search short in a text of nothing but braces.
_PLACEHOLDER = re.compile(
    r"""\{\{(?:"(?:\\.|[^"\\])*+"|'(?:\\.|[^'\\])*+'|(?!\}\}|\{\{)[^"'])*+\}\}"""
    r"""|\{%(?:(?!%\}|\{%).)*+%\}|\{\#(?:(?!\#\}|\{\#).)*+\#\}""",
    re.DOTALL,
)


def _blocks(node: SyntaxTreeNode, style: _Style, between: str = "\n\n") -> str:
    return between.join(filter(None, (_block(child, style) for child in node.children)))


def _block(node: SyntaxTreeNode, style: _Style) -> str:
    match node.type:
        case "bullet_list" | "ordered_list":
            return _list(node, style)
        case "heading":
            return _heading(node, style)
        case "blockquote":
            return re.sub("^", "> ", _blocks(node, style), flags=re.MULTILINE)
        case "fence":
            mark = style.marks.get("fence", "")
            return mark + node.content.rstrip("\n") + mark
        case "hr":
            return "---"
        case _:
            return _inlines(node.children[0], style)


def _heading(node: SyntaxTreeNode, style: _Style) -> str:
    written = _inlines(node.children[0], style)
    mark = style.marks.get(style.heading, "")
    return written if mark in written or _holds_link(node, written) else _marked(written, mark)


def _list(node: SyntaxTreeNode, style: _Style) -> str:
    number = int(node.attrs.get("start", 1))
    lines = []
    for index, item in enumerate(node.children):
        marker = f"{number + index}. " if node.type == "ordered_list" else "- "
        content = _blocks(item, style, between="\n")
        lines.append(marker + content.replace("\n", "\n" + " " * len(marker)))
    return "\n".join(lines)


def _inlines(node: SyntaxTreeNode, style: _Style) -> str:
    """The children one after another; a mark that would touch a letter is left out, WhatsApp would print it."""
    written = ""
    pieces = [_inline(child, style) for child in node.children]
    for index, (child, piece) in enumerate(zip(node.children, pieces, strict=True)):
        after = next(filter(None, pieces[index + 1 :]), "")[:1]
        mark = style.marks.get(child.type, "")
        touches = written[-1:].isalnum() or after.isalnum()
        written += piece if touches or _holds_link(child, piece) else _marked(piece, mark)
    return written


def _inline(node: SyntaxTreeNode, style: _Style) -> str:
    match node.type:
        case "text":
            return style.literal(node.content)
        case "code_inline":
            return node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "link":
            return _link(_inlines(node, style), str(node.attrs["href"]), style)
        case _:
            return _inlines(node, style)


def _link(label: str, url: str, style: _Style) -> str:
    if not label or label in (url, url.removeprefix("mailto:")):
        return label or url
    return style.link.format(label=label, url=url)


def _holds_link(node: SyntaxTreeNode, written: str) -> bool:
    """A mark after a URL would become part of it."""
    return "://" in written or any(inner.type == "link" for inner in node.walk())


def _marked(text: str, mark: str) -> str:
    """Each line in its own marks: they do not reach over a line end."""
    return "\n".join(f"{mark}{line}{mark}" if line else line for line in text.split("\n"))

"""{% if %} and {% for %} in an e-mail's Markdown: they stand between its paragraphs and must not become any.

A tag on a line of its own is set apart by blank lines, so that Markdown sees a paragraph of one word. Afterwards the
space that this made is taken back: in the plain text the blank lines, in the HTML the paragraph's own tags.
"""

from __future__ import annotations

import re

_TAG = r"\{%[^%]*%\}"
_LINE = re.compile(rf"^[ \t]*({_TAG})[ \t]*$", re.MULTILINE)
_OPENS = re.compile(r"(\{%-?\s*(?:if|for|else)\b[^%]*%\})\n+")
_ENDS_LOOP_OF_ITEMS = re.compile(r"((?:^|\n|%\})(?:-|\d+\.) [^\n]*)\n+(\{%-?\s*endfor\s*-?%\})\n*")
_ENDS = re.compile(r"(\{%-?\s*end(?:if|for)\s*-?%\})\n+")


def set_apart(markdown: str) -> str:
    """Every tag that has a line for itself, between blank lines."""
    return _LINE.sub(r"\n\1\n", markdown) if "{%" in markdown else markdown


def close_up(text: str) -> str:
    """The plain text without the lines that tags stood on; items of a loop follow one another."""
    if "{%" not in text:
        return text
    text = _OPENS.sub(r"\1", text)
    text = _ENDS_LOOP_OF_ITEMS.sub(r"\1\n\2\n", text)
    return _ENDS.sub(lambda found: found[1] + ("\n" if "endfor" in found[1] else ""), text)


def free_tags(markup: str, place: str) -> str:
    """HTML in which a tag's stand-in (`place`, a pattern) is no paragraph, and a loop's items are one list."""
    markup = re.sub(rf"<p>({place})</p>\n?", r"\1", markup)
    return re.sub(
        rf"({place})<(ul|ol)([^>]*)>((?:(?!</?\2\b).)*)</\2>\s*({place})",
        r"<\2\3>\1\4\5</\2>",
        markup,
        flags=re.DOTALL,
    )

"""A WhatsApp text as the phone shows it: its marks become type, everything else stays what it was."""

from __future__ import annotations

import re
from functools import reduce

from markupsafe import Markup, escape

# Marks count only around words, as on the phone: 3*4*5 and snake_case_names stay as they are.
_MARKS = tuple(
    (re.compile(rf"(?<![\w{sign}]){sign}(?=\S)([^{sign}\n]+?)(?<=\S){sign}(?![\w{sign}])"), rf"<{tag}>\1</{tag}>")
    for sign, tag in ((r"\*", "strong"), ("_", "em"), ("~", "s"))
)


def as_on_the_phone(text: str) -> Markup:
    """HTML for a bubble. The text is escaped first, so the only elements are those of the marks."""
    return Markup(reduce(lambda html, mark: mark[0].sub(mark[1], html), _MARKS, str(escape(text))))  # noqa: S704  # escaped inside

"""Texts that people wrote, as Markdown shows them: as they are."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&])")
# In angle brackets an address is a link, and none of its letters is markup. What ends a sentence is not of it.
_ADDRESS = re.compile(r"""(https?://[^\s<>`|\\]*[^\s<>`|\\.,;:!?)\]'"])""")
# Begins a list or a heading where it stands first on a line.
_LISTING = re.compile(r"^(\s*)([-+=]|\d+(?=[.)](?:\s|$)))")


def plain(text: str) -> str:
    """Words on one line, without any markup in them."""
    return _without_markup(" ".join(text.split()))


def code(text: str) -> str:
    """A text of programs, which may hold backticks; on one line, and good in a table too."""
    line = " ".join(text.split()).replace("|", r"\|")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def quoted(text: str) -> str:
    """Lines as a customer reads them."""
    lines = [_with_links(line.rstrip()) for line in text.strip("\n").split("\n")]
    following = [*lines[1:], ""]
    # A backslash breaks the line; before an empty one a paragraph ends anyway.
    return "\n".join(
        f"> {line}{chr(92) if after else ''}" if line else ">" for line, after in zip(lines, following, strict=True)
    )


def _with_links(line: str) -> str:
    parts = _ADDRESS.split(line)
    return "".join(f"<{part}>" if place % 2 else _without_markup(part) for place, part in enumerate(parts))


def _without_markup(line: str) -> str:
    escaped = _MARKUP.sub(r"\\\1", line)
    listing = _LISTING.match(escaped)
    if listing is None:
        return escaped
    begins, mark = listing.groups()
    rest = escaped[listing.end() :]
    return f"{begins}{mark}\\{rest}" if mark.isdigit() else f"{begins}\\{mark}{rest}"

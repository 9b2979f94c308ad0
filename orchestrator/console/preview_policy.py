"""What a document may do that shows somebody else's words: wear the styles that it came with, by their hashes."""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def frame_policy(html: str) -> str:
    """The policy of a frame: no script, nothing loaded, boxed also when opened alone."""
    return (
        f"default-src 'none'; style-src {style_sources([html])}; img-src data:; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'self'; sandbox"
    )


def file_policy(documents: Iterable[str], script: str) -> str:
    """The policy of a file that holds its own frames, which live under it too. In a frame's sandbox nothing runs."""
    return (
        f"default-src 'none'; style-src {style_sources(documents)}; script-src {_hash(script)}; img-src data:; "
        "form-action 'none'; base-uri 'none'"
    )


def style_sources(documents: Iterable[str]) -> str:
    """Every style of some documents, in elements and attributes, as a policy names it."""
    styles: dict[str, None] = {}
    for html in documents:
        reading = _Styles()
        reading.feed(html)
        reading.close()
        styles |= dict.fromkeys(reading.found)
    hashes = " ".join(map(_hash, styles))
    return f"'unsafe-hashes' {hashes}" if hashes else "'none'"


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


class _Styles(HTMLParser):
    """The contents of `<style>` and of `style=""`, as a browser hashes them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name == "style" and value]
        self._inside = tag == "style"
        if self._inside:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  # a style holds no element
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data

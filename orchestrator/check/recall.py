"""Parsing that remembers: a file whose bytes were parsed before is not parsed again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.check.inputs import content_digest
from orchestrator.documents import parse, recall

if TYPE_CHECKING:
    from orchestrator.check.cache import Cache
    from orchestrator.documents import Document


class Recall:
    """`parse` with a memory, for one check or for many of the same project, which `--watch` makes."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._known = cache.documents()
        self._used: dict[str, Any] = {}
        self.parsed = 0

    def __call__(self, text: str, *, file: str) -> Document:
        """See `documents.parse`."""
        digest = content_digest(text.encode("utf-8"))
        data = self._known.get(digest)
        if data is None:
            self.parsed += 1
            document = parse(text, file=file)
        else:
            document = recall(text, data, file=file)
        self._used[digest] = document.data
        return document

    def keep(self) -> None:
        """After a check: what it used is known to the next one, and what it did not use is forgotten."""
        if self._used.keys() != self._known.keys():
            self._cache.keep_documents(self._used)
        self._known, self._used = self._used, {}

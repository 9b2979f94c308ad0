"""Text that can be kept: what providers repeat of strangers' words may hold what no ledger takes."""

from __future__ import annotations

import re

# NUL, which PostgreSQL keeps in no text; and half a character, such as a text ends in that was cut within a smile.
_UNFIT = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """The same without them."""
    return _UNFIT.sub("", text)


def is_storable(text: str) -> bool:
    """Whether there are none in it."""
    return _UNFIT.search(text) is None

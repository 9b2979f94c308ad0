"""Words that a mapping does not know, as they are told: somebody may have opted out by them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.errors import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.dispatch.importing.rows import Unclear

_SAID = mark('{topic}: "{word}"')
_MORE = mark("{topic}: something else than one word")

# What a choice looks like. Of anything else nothing is repeated: it is another column, with people's data.
_A_WORD = re.compile(r"[^\W\d_]{1,15}|\d{1,2}")


def told_of(one: Unclear) -> tuple[str, Mapping[str, str]]:
    """The sentence and what it is filled with."""
    word = one.word.casefold()
    if _A_WORD.fullmatch(word):
        return _SAID, {"topic": one.topic, "word": word}
    return _MORE, {"topic": one.topic}

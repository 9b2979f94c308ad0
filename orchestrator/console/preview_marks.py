"""Where a rendering states its claims: each of them in a `<mark>`, in a text or in the HTML of a letter.

Nothing else is touched: without its marks, a letter is byte for byte what is sent.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from orchestrator.catalog.sms import transliterate
from orchestrator.catalog.text import normalise_spaces

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.domain.message import Rendered

# Of a letter, what a reader does not see: comments, the head's texts, the preview line that mail programs show instead
# of the letter, and tags with all that is quoted in them.
_UNSEEN = re.compile(
    r"""(<!--.*?-->|<(?P<hidden>style|title|script)\b.*?</(?P=hidden)\s*>"""
    r"""|<div style="display:\s*none[^>]*>[^<]*</div>|<(?:[^"'<>]|"[^"]*"|'[^']*')*>)""",
    re.DOTALL,
)

# Private characters, one for each mark; no font has them, and no copy.
_STAND_IN = 0xF0000

_MARKED = re.compile(r'<mark data-claim="[^"]*"(?: id="[^"]*")?>(.*?)</mark>', re.DOTALL)


class Marks:
    """The marks of one document. The first of each claim is a target for links: `#claim-new_date`."""

    def __init__(self, said: Rendered, *, targets: bool = True) -> None:
        self._said = said
        self._targets = targets
        self._begun: set[str] = set()

    def text(self, field: str, dress: Callable[[Markup], Markup] = Markup) -> Markup:
        """A field as HTML. `dress` may give type to it (`*bold*`); it sees a claim as one character that is no word."""
        marks: list[str] = []

        def stand_in(mark: str) -> str:
            marks.append(mark)
            return chr(_STAND_IN + len(marks) - 1)

        dressed = str(dress(Markup(self._marked(str(escape(self._said.field(field))), self._names(field), stand_in))))  # noqa: S704  # escaped inside
        for number, mark in enumerate(marks):
            dressed = dressed.replace(chr(_STAND_IN + number), mark)
        return Markup(dressed)  # noqa: S704  # as above

    def letter(self) -> str:
        """The HTML of a letter."""
        names = self._names("html")
        pieces = _UNSEEN.split(self._said.html)
        # Each separator comes as two pieces, itself and the name of its group; texts are every third.
        return "".join(
            self._marked(piece, names) if place % 3 == 0 else piece
            for place, piece in enumerate(pieces)
            if place % 3 != 2 and piece  # noqa: PLR2004  # see above
        )

    def _names(self, field: str) -> dict[str, deque[str]]:
        """Words as the document has them → the claims that say them, in the order in which they are read."""
        stated = {claim.name: claim.text for claim in self._said.claims}
        masked = self._said.masked.get(field)
        found: defaultdict[str, deque[str]] = defaultdict(deque)
        for name in masked.claims if masked is not None else ():
            for words in _spellings(stated[name]):
                found[str(escape(words))].append(name)
        return dict(found)

    def _marked(self, text: str, names: dict[str, deque[str]], put: Callable[[str], str] = str) -> str:
        if not names:
            return text
        longest_first = "|".join(re.escape(words) for words in sorted(names, key=len, reverse=True))

        def mark(match: re.Match[str]) -> str:
            claims = names[match[0]]
            # Two claims may have the same words; the last one is kept for what repeats them.
            return put(self._mark(claims.popleft() if len(claims) > 1 else claims[0], match[0]))

        return re.sub(rf"(?<!\w)(?:{longest_first})(?!\w)", mark, text)

    def _mark(self, name: str, words: str) -> str:
        target = f' id="claim-{name}"' if self._targets and name not in self._begun else ""
        self._begun.add(name)
        return f'<mark data-claim="{name}"{target}>{words}</mark>'


def without_marks(html: str) -> str:
    """The document before it was marked."""
    return _MARKED.sub(r"\1", html)


def _spellings(words: str) -> dict[str, None]:
    """As formatters write it, with plain spaces, and as an SMS says it."""
    plain = normalise_spaces(words)
    return dict.fromkeys((words, plain, transliterate(plain, "ascii")))

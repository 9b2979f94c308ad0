"""Whether words are in another language than their reader's: a guess, good enough for a warning and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.catalog.folding import fold
from orchestrator.domain.errors import Word, mark

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES: Mapping[str, Word] = {"pt": Word(mark("Portuguese")), "en": Word(mark("English")), "es": Word(mark("Spanish"))}

# Small words that make up a third of any text, and that the other two languages do not have. Folded.
_SMALL = {
    "pt": "ainda ao aos ate com da das dos ela ele em essa esse eu foi isso isto ja mais muito na nas nao nossa nosso "
    "o os ou pela pelo sao seu seus sua suas tambem um uma vai vamos voce voces",
    "en": "about and are at been but by can from has have if in is it not of on our please shall that the them they "
    "this to was we were when will with would you your",
    "es": "al con del el ella ellos en es estamos fue gracias hasta hoy la las le les lo los muy nuestra nuestro pero "
    "su sus tambien un una usted ustedes y ya",
}
_ONLY: Mapping[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _SMALL.items()}

_WORD = re.compile(r"[^\W\d_]+")
_LINK = re.compile(r"https?://\S+|\S+@\S+")
_WORDS_MIN = 6
_SHARE_MIN = 0.2


def foreign(text: str, locale: str) -> str | None:
    """The language that a text is in, where that is clearly not its reader's; None for a short one, or an unknown one.

    A fifth of the words must be small words of that language alone, and more than twice as many as of the reader's: an
    English product name, or one borrowed sentence in a letter, is no other language.
    """
    own = re.split("[-_]", locale.lower())[0]
    words = _WORD.findall(fold(_LINK.sub(" ", text)))
    if own not in _ONLY or len(words) < _WORDS_MIN:
        return None
    heard = {language: sum(word in small for word in words) for language, small in _ONLY.items()}
    likeliest = max(heard, key=lambda language: heard[language])
    clear = heard[likeliest] >= _SHARE_MIN * len(words) and heard[likeliest] > 2 * heard[own]
    return likeliest if clear else None

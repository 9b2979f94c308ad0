"""Who is told why: the language, and the hours that things are told in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from babel.dates import format_datetime

from orchestrator.domain.time import moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from orchestrator.domain.time import Instant


@dataclass(frozen=True, slots=True)
class Teller:
    """Who is told: in which language, and with whose hours. `now` says which year goes without saying."""

    language: str
    say: Callable[[str], str]
    zone: str
    now: Instant

    def time(self, at: Instant) -> str:
        """`24 Nov 22:14`, `24/11 22:14`; with its year, where that is another."""
        wall = self._wall(at)
        same = wall.year == self._wall(self.now).year
        pattern = _PATTERNS[self.language == "pt-BR", same]
        return format_datetime(wall, pattern, locale=self.language.replace("-", "_"))

    def hour(self, at: Instant) -> str:
        """`22:14`."""
        return f"{self._wall(at):%H:%M}"

    def translate(self, sentence: str, /, **params: object) -> str:
        """A sentence with its places filled."""
        return self.say(sentence).format(**params)

    def _wall(self, at: Instant) -> datetime:
        return moment(at, self.zone)


# Portuguese or not, this year or another.
_PATTERNS: Final = {
    (True, True): "dd/MM HH:mm",
    (True, False): "dd/MM/y HH:mm",
    (False, True): "d MMM HH:mm",
    (False, False): "d MMM y HH:mm",
}

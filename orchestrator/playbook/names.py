"""What things are called: events, messages and segments by their titles, as far as the project knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.playbook.markdown import code, plain

if TYPE_CHECKING:
    from orchestrator.journeys.steps import Awaited
    from orchestrator.playbook.words import Words
    from orchestrator.release import Release


def anchor(message: str) -> str:
    """The place of a page where a message's words stand."""
    return f"message-{message}"


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one release, in sentences of one language."""

    release: Release
    words: Words

    def event(self, name: str) -> str:
        """`Pedido feito (order.placed)`."""
        known = self.release.events.get(name)
        return f"{plain(known.title)} ({code(name)})" if known else code(name)

    def awaited(self, awaited: Awaited) -> str:
        """An event, with what must be true of it."""
        return self.event(awaited.event) + self.where(awaited.when)

    def where(self, condition: str | None) -> str:
        """What must be true."""
        return self.words.translate(", where {condition}", condition=code(condition)) if condition else ""

    def message(self, name: str) -> str:
        """A message, with the way to its words on the same page."""
        known = self.release.messages.get(name)
        return f"[{plain(known.message.title)}](#{anchor(name)})" if known else code(name)

    def segment(self, name: str) -> str:
        """Some customers."""
        known = self.release.segments.get(name)
        return f"{plain(known.title)} ({code(name)})" if known else code(name)

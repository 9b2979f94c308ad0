"""What a customer read, for those who ask whether a message said something."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.message import Rendered


def says(rendered: Rendered, words: str) -> bool:
    """Whether the customer reads these words anywhere: in the subject, the title, the text or on a button."""
    texts = (
        rendered.subject,
        rendered.preheader,
        rendered.title,
        rendered.text,
        *(button.label for button in rendered.buttons),
    )
    return any(_plain(words) in _plain(text) for text in texts)


def states(rendered: Rendered, claims: Mapping[str, str | int | float]) -> bool:
    """Whether a message states these claims, each by its value or in its words."""
    stated = {claim.name: (_plain(claim.value), _plain(claim.text)) for claim in rendered.claims}
    return all(_plain(str(value)) in stated.get(name, ()) for name, value in claims.items())


def stated(rendered: Rendered) -> str:
    """What a message states, as `claims` of a scenario says it."""
    return ", ".join(f"{claim.name}: {claim.value}" for claim in rendered.claims)


def _plain(text: str) -> str:
    """Whatever kind of space stands between words."""
    return " ".join(text.split())

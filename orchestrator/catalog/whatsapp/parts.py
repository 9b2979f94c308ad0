"""What linting a template is about: its components and buttons where they stand, and what is wrong with them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from orchestrator.catalog.whatsapp.words import WORDS
from orchestrator.domain.errors import filled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RISK_OF_REVIEW = "review_risk_trailing_punctuation"

VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")
POSITION = re.compile(r"[1-9][0-9]*")
PARAMETER_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Violation:
    """One thing that Meta refuses, or (`warn`) that its reviewers may.

    `pointer` says where in the template, as RFC 6901 does; `occurrence` which variable of that text, from 0; `params`
    fill the sentences that `words` has for the code.
    """

    code: str
    pointer: str
    params: Mapping[str, object] = field(default_factory=dict)
    occurrence: int | None = None

    @property
    def level(self) -> Literal["error", "warn"]:
        """The API accepts what is only a warning."""
        return "warn" if self.code == RISK_OF_REVIEW else "error"

    def told(self, translate: Callable[[str], str] = str) -> str:
        """What is the matter, in the reader's language."""
        return filled(WORDS[self.code][0], self.params, translate)

    def remedy(self, translate: Callable[[str], str] = str) -> str:
        """What to do about it, in the reader's language."""
        return filled(WORDS[self.code][1], self.params, translate)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One component or button, and where it stands."""

    kind: str
    pointer: str
    content: Mapping[str, Any]

    @property
    def text(self) -> str:
        """Its words."""
        text = self.content.get("text")
        return text if isinstance(text, str) else ""

    @property
    def buttons(self) -> list[Part]:
        """The buttons that it holds."""
        found = self.content.get("buttons")
        return [
            Part(kind=type_of(button), pointer=f"{self.pointer}/buttons/{place}", content=button)
            for place, button in enumerate(found if isinstance(found, list) else ())
            if isinstance(button, dict)
        ]


def type_of(component: object) -> str:
    """`BODY`, `QUICK_REPLY`, or nothing where it does not say."""
    return str(component.get("type", "")).upper() if isinstance(component, dict) else ""

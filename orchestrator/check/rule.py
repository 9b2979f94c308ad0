"""What a rule is: its code, how grave it is, why it exists, and an excerpt that breaks it beside one that keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warn", "info"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule of `jogral check`.

    `title` and `why` are English sentences through `mark()`. `bad` and `good` are YAML excerpts; they stay as they are
    in every language. `fixable`: some findings of it carry a fix that `--fix` writes.
    """

    code: str
    level: Level
    title: str
    why: str
    bad: str
    good: str
    fixable: bool = False

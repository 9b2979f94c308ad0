"""A check: one thing that was looked at, with a verdict and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.contract.inspections import Verdict
from orchestrator.domain.errors import JogralError, Unavailable

if TYPE_CHECKING:
    from orchestrator.cli.terminal import Terminal
    from orchestrator.contract.inspections import Seen

__all__ = ["Check", "Verdict", "of_seen", "trouble"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at; `aspect` is which side of it, where it has several."""

    name: str
    verdict: Verdict
    told: str
    remedy: str = ""
    aspect: str = ""


def of_seen(terminal: Terminal, name: str, aspect: str, seen: Seen) -> Check:
    """What an inspection saw, in the reader's language."""
    return Check(
        name=name, aspect=aspect, verdict=seen.verdict, told=terminal.words("{it}", it=seen.told),
        remedy=terminal.words("{it}", it=seen.remedy) if seen.remedy else "",
    )  # fmt: skip


def trouble(terminal: Terminal, name: str, error: JogralError) -> Check:
    """An error that a look at something raised, with its place where it has one: which account, in which file."""
    verdict = Verdict.UNREACHABLE if isinstance(error, Unavailable) else Verdict.BAD
    place = f"{error.where}: " if error.where else ""
    told = f"{place}{error.told(terminal.translate)}"
    return Check(name=name, verdict=verdict, told=told, remedy=error.remedy(terminal.translate))

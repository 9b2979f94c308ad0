"""Whose turn it is: what comes first to a customer, and of the same instant.

Where time is moved by hand (a replay, a life that is only imagined) this order is all that decides; so there is one.
"""

from __future__ import annotations

from enum import IntEnum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.time import Instant


class Turn(IntEnum):
    """What may be due, the first at the same instant first: what was settled before does not hear of what is new."""

    HOLD_ENDS = auto()
    MESSAGE = auto()
    CALL = auto()
    ENTERING = auto()
    HAPPENING = auto()


def next_turn(due: Mapping[Turn, Instant | None]) -> tuple[Instant, Turn] | None:
    """When something is due next, and what; None when nothing is."""
    return min(((at, turn) for turn, at in due.items() if at is not None), default=None)

"""A plan: from which release to which, and what becomes of people where the step at which they stand is gone."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict

from orchestrator.schema import Identifier, Schema

if TYPE_CHECKING:
    from orchestrator.release import Release


class Move(Schema):
    """Whoever stands at a step that is gone goes on at another one of the same journey."""

    journey: Identifier
    step: Identifier
    to: Identifier


class Plan(Schema):
    """What was planned. `before` is the release that was in force then, None where there was none.

    `leave`: whoever stands where a step is gone, and is not moved, is out.
    """

    model_config = ConfigDict(ignored_types=(cached_property,))

    kind: Literal["plan"] = "plan"
    before: str | None
    after: str
    moves: tuple[Move, ...] = ()
    leave: bool = False

    @cached_property
    def id(self) -> str:
        """`plan_` and eight hex digits of its content's SHA-256: the same plan has the same id."""
        return f"plan_{hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:8]}"

    def destination(self, journey: str, step: str) -> str | None:
        """Where those go on who stood at a step."""
        return next((move.to for move in self.moves if (move.journey, move.step) == (journey, step)), None)


def plan_of(before: Release | None, after: Release) -> Plan:
    """A plan that moves nobody."""
    return Plan(before=before.id if before is not None else None, after=after.id)

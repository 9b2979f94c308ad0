"""A plan: from which release to which, and what becomes of people where the step at which they stand is gone."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict

from orchestrator.plans.differences import digests
from orchestrator.schema import Identifier, Schema

if TYPE_CHECKING:
    from orchestrator.release import Release


class Move(Schema):
    """Whoever stands at a step that is gone goes on at another one of the same journey."""

    journey: Identifier
    step: Identifier
    to: Identifier


class Exit(Schema):
    """Whoever stands at a step that is gone is out; with an empty `step`, whoever is inside a journey that is."""

    journey: Identifier
    step: Identifier | Literal[""] = ""


class Plan(Schema):
    """What was planned. `before` is the release that was in force then, None where there was none.

    `moves` and `exits` name the places at which somebody stood when it was made: of whoever came to another one nobody
    has decided anything. `things` is what `after` says: see `differences.digests`.
    """

    model_config = ConfigDict(ignored_types=(cached_property,))

    kind: Literal["plan"] = "plan"
    before: str | None
    after: str
    moves: tuple[Move, ...] = ()
    exits: tuple[Exit, ...] = ()
    things: dict[str, str] = {}

    @cached_property
    def id(self) -> str:
        """`plan_` and eight hex digits of the SHA-256 of what it decides: the same plan has the same id."""
        return f"plan_{hashlib.sha256(self.model_dump_json(exclude={'things'}).encode()).hexdigest()[:8]}"

    def moved_since(self, release: Release) -> list[str]:
        """The things that another release than the planned one says otherwise, or only one of the two says."""
        now = digests(release)
        return sorted(name for name in now.keys() | self.things.keys() if now.get(name) != self.things.get(name))

    def destination(self, journey: str, step: str) -> str | None:
        """Where those go on who stood at a step."""
        return next((move.to for move in self.moves if (move.journey, move.step) == (journey, step)), None)

    def lets_leave(self, journey: str, step: str) -> bool:
        """Whether those are out who stood at a step."""
        return any((leaving.journey, leaving.step) == (journey, step) for leaving in self.exits)


def plan_of(before: Release | None, after: Release) -> Plan:
    """A plan that moves nobody."""
    return Plan(before=before.id if before is not None else None, after=after.id, things=digests(after))

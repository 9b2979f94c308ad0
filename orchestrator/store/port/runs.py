"""Runs: where customers stand in journeys, when they want to be called, and what was told about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.domain.time import Instant
    from orchestrator.journeys.run import Alert, HandOff, Run
    from orchestrator.store.port.values import DueAlarm, LastRun, Told


class Runs(Protocol):
    """Passages of customers through journeys. Whoever moves one holds its customer's lock."""

    def last(self, wanted: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], LastRun]:
        """(journey, key, customer) → the customer's last run of that key, of keys that had one of anybody's.

        `number` counts everybody's. Where the key is the customer, runs of those who became one with them count too.
        """
        ...

    def standing(self, customer_ids: Collection[str], journeys: Collection[str]) -> list[Run]:
        """The runs of these customers in these journeys that are not over, by id."""
        ...

    def get(self, run_ids: Collection[str]) -> list[Run]:
        """Runs by id, whether over or not."""
        ...

    def add(self, new: Sequence[tuple[Run, str | None]]) -> None:
        """New runs, each with the id of the event that started it; None for one that a schedule started."""
        ...

    def save(self, moved: Sequence[Run]) -> None:
        """Write where runs stand now."""
        ...

    def set_alarms(self, before: Sequence[Run], after: Sequence[Run], at: Instant) -> None:
        """Make the timers of runs those that they have afterwards: what is gone is dropped, what is new is set."""
        ...

    def due_alarms(
        self, limit: int, *, business_now: Instant, journeys: Collection[str] | None = None
    ) -> list[DueAlarm]:
        """Up to `limit` that are due, longest first. They are not locked: lock their customers, then ask again.

        With `journeys`, of their runs only.
        """
        ...

    def still_due(self, alarms: Collection[DueAlarm], customer_ids: Collection[str]) -> list[DueAlarm]:
        """Those of them that nobody has handled since, and that are of these customers, in their order."""
        ...

    def move_alarms(self, moved: Mapping[str, Instant]) -> None:
        """Alarm → when it is due from now on."""
        ...

    def drop_alarms(self, alarm_ids: Collection[str]) -> None:
        """Forget alarms."""
        ...

    def reach_goals(self, reached: Mapping[str, Instant]) -> None:
        """Run → when it reached its goal (business time)."""
        ...

    def aiming(self, customer_ids: Collection[str], journeys: Collection[str], since: Instant) -> list[Run]:
        """The runs of these customers in these journeys that began since then and have not reached their goal.

        Over or not.
        """
        ...

    def engaged(self, run_ids: Collection[str]) -> dict[str, frozenset[str]]:
        """Run → the steps whose message was read or clicked."""
        ...

    def tell(self, told: Sequence[Told[Alert]]) -> None:
        """Keep alerts for teams, each once."""
        ...

    def hand_off(self, told: Sequence[Told[HandOff]]) -> None:
        """Keep who was handed to a person, each once."""
        ...

    def close_handoffs(self, closed: Mapping[str, str], at: Instant) -> set[str]:
        """Customer → type of the event that closed what they were handed off for (business time).

        Those of them whom no person keeps any more.
        """
        ...

    def counts(self, journey: str) -> dict[str, int]:
        """Step → how many runs stand there."""
        ...

    def people(self, journey: str, positions: Collection[str] | None = None) -> int:
        """How many customers stand somewhere in a journey, or at any of these positions of it."""
        ...

    def at(self, journey: str, positions: Collection[str]) -> list[Run]:
        """The runs of a journey that stand at any of these positions, by id."""
        ...

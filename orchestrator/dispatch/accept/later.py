"""Later: a message that is asked for now and wanted at some time, by the customer's clock if nobody says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.errors import InputError
from orchestrator.domain.timer import WallTime, wall_time
from orchestrator.translations import mark
from orchestrator.zones import CUSTOMER, PROJECT, zone_of

if TYPE_CHECKING:
    from datetime import datetime

    from orchestrator.domain.time import Instant
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction


@dataclass(frozen=True, slots=True)
class Later:
    """When a message is wanted. With an offset it is an instant; without one, what a clock in `zone` shows."""

    moment: datetime
    zone: str = CUSTOMER

    def wall_time(self, transaction: Transaction, release: Release, customer_id: str) -> WallTime:
        """The wall time, with the name of the zone. A past one means at once."""
        return wall_time(self.moment, self._zone(transaction, release, customer_id))

    def _zone(self, transaction: Transaction, release: Release, customer_id: str) -> str:
        project_zone = release.project.timezone
        if self.zone == CUSTOMER:
            customer = transaction.customers.get(customer_id)
            return zone_of(customer, project_zone) if customer is not None else project_zone
        return project_zone if self.zone == PROJECT else self.zone


# A queue or a person may be late by so much, and the message goes at once; what is older has a wrong date.
LATE_MS_MAX = 3_600_000
AHEAD_MS_MAX = 2 * 366 * 86_400_000


def ensure_in_time(when: WallTime, not_after: Instant | None, now: Instant) -> None:
    """Raises InputError for a time that is past or far away, and for one at which the message would be too late.

    A year that was mistyped must not send at once, nor be found out about in ten years.
    """
    due_at, told = when.instant, f"{when.wall} ({when.zone})"
    if due_at < now - LATE_MS_MAX:
        raise _refused(
            "past_time",
            mark("{time} is more than an hour ago."),
            mark("Take a later time, or none to send at once."),
            time=told,
        )
    if due_at > now + AHEAD_MS_MAX:
        raise _refused(
            "too_far", mark("{time} is more than two years ahead."), mark("Take an earlier time."), time=told
        )
    if not_after is not None and due_at > not_after:
        raise _refused(
            "due_too_late",
            mark("It would be due after not_after, and never be sent."),
            mark("Take an earlier send_at, or a later not_after."),
        )


def _refused(code: str, template: str, remedy: str, time: str = "") -> InputError:
    return InputError.at("#/send_at", template, code=code, remedy=remedy, time=time)

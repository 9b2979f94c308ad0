"""Later: a message that is asked for now and wanted at some time, by the customer's clock if nobody says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.errors import FieldError, InputError
from orchestrator.domain.timer import WallTime, wall_time
from orchestrator.translations import mark
from orchestrator.zones import zone_of

if TYPE_CHECKING:
    from datetime import datetime

    from orchestrator.domain.time import Instant
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

CUSTOMER, PROJECT = "customer", "project"
"""Zones that are looked up: the customer's own, and the project's. Any other is an IANA name."""


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


def ensure_in_time(due_at: Instant, not_after: Instant | None) -> None:
    """Raises InputError for a message that would be too late before it is due."""
    if not_after is not None and due_at > not_after:
        template = mark("It would be due after not_after, and never be sent.")
        raise InputError(
            template,
            remedy="Take an earlier send_at, or a later not_after.",
            code="due_too_late",
            fields=[FieldError(pointer="#/send_at", code="due_too_late", template=template)],
        )

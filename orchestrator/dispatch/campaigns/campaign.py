"""What a campaign is, and the request that it makes for each customer: on paper and for good the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from orchestrator.dispatch.accept.later import ensure_in_time
from orchestrator.dispatch.accept.message import new_request
from orchestrator.dispatch.preferred import preferred_channels
from orchestrator.domain.errors import InputError, NotFound, did_you_mean
from orchestrator.domain.timer import wall_time
from orchestrator.store.port import Audience
from orchestrator.zones import CUSTOMER, PROJECT, zone_of

if TYPE_CHECKING:
    from orchestrator.dispatch.accept.later import Later
    from orchestrator.domain.customer import Channel, Customer
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.domain.timer import WallTime
    from orchestrator.release import Release
    from orchestrator.segments.model import Segment

HOUR_MS = 3_600_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Campaign:
    """A message for a segment as it is at `begun_at` (business time).

    `name` says which campaign it is: whoever starts one of the same name again writes to nobody twice. `channels` are
    those that it may take, best first; empty, those on which the message is said, as each customer likes. `later` is
    when; without it, now. `per_hour` spreads it out; 0 does not.
    """

    name: str
    message: str
    segment: Segment
    begun_at: Instant
    channels: tuple[Channel, ...] = ()
    later: Later | None = None
    per_hour: int = 0

    def check(self, release: Release) -> None:
        """Refuse what cannot be meant.

        Raises:
            NotFound: there is no such message.
            InputError: it says nothing on a channel that was asked for, or the time is not one to wait for.
        """
        if self.message not in release.messages:
            raise NotFound(
                'There is no message "{message}"{hint}', remedy="There are: {known}.", code="unknown_message",
                message=self.message, hint=did_you_mean(self.message, release.messages),
                known=", ".join(release.messages),
            )  # fmt: skip
        said_on = release.said_on[self.message]
        silent = next((channel for channel in self.channels if channel not in said_on), None)
        if silent is not None:
            raise InputError(
                '"{message}" is not said on {channel}.', remedy="It is said on: {known}.", code="silent_channel",
                message=self.message, channel=silent.value, known=", ".join(sorted(one.value for one in said_on)),
            )  # fmt: skip
        if self.later is not None:
            zone = release.project.timezone if self.later.zone in {CUSTOMER, PROJECT} else self.later.zone
            ensure_in_time(wall_time(self.later.moment, zone), None, self.begun_at)

    def audience(self, release: Release) -> Audience:
        """Whom it means."""
        return Audience(where=self.segment.where, now=self.begun_at, zone=release.project.timezone)

    def identity(self, customer_id: str) -> str:
        """What makes a request of it the same."""
        return f"campaign/{self.name}/{customer_id}"

    def request(
        self,
        release: Release,
        clock: Clock,
        customer: Customer,
        place: int,
        *,
        not_after: Instant | None = None,
    ) -> tuple[Request, WallTime | None]:
        """What it asks for of the customer at a place in the segment, and the wall time, where it is for later."""
        when = self._wall(release, customer, place)
        request = new_request(
            release,
            clock,
            message=self.message,
            customer_id=customer.id,
            candidates=self.channels or preferred_channels(release, customer, self.message),
            objects={},
            data={},
            due_at=self.begun_at + self._behind_ms(place) if when is None else when.instant,
            not_after=not_after,
        )
        return request, when

    def _wall(self, release: Release, customer: Customer, place: int) -> WallTime | None:
        if self.later is None:
            return None
        zones = {CUSTOMER: zone_of(customer, release.project.timezone), PROJECT: release.project.timezone}
        moment = self.later.moment + timedelta(milliseconds=self._behind_ms(place))
        return wall_time(moment, zones.get(self.later.zone, self.later.zone))

    def _behind_ms(self, place: int) -> int:
        """How long after the first the one at a place is due."""
        return place * HOUR_MS // self.per_hour if self.per_hour else 0

"""One offer at one moment: when it begins and ends, how many are left, and why it cannot be promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from orchestrator.domain.delivery import State
from orchestrator.domain.time import moment, rfc3339
from orchestrator.facts import moments
from orchestrator.facts.model import Live
from orchestrator.schema import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from orchestrator.domain.fact import FactValue
    from orchestrator.domain.time import Instant
    from orchestrator.facts.calendar import Calendar
    from orchestrator.facts.model import Offer

_MINUTE = 60_000

# A duration in days ends with a day, as an offer does; one in hours ends at an hour.
_DAYS: Mapping[str, int] = {"d": 1, "w": 7}
_MILLISECONDS: Mapping[str, int] = {"m": _MINUTE, "h": 60 * _MINUTE}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why facts cannot be promised now: `expired` never again, `held` until somebody changes something."""

    state: State
    reason: str
    detail: str


def unavailable(fact: str, detail: str) -> Obstacle:
    """A fact that may be available later."""
    return Obstacle(State.HELD, f"fact_unavailable:{fact}", detail)


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferNow:
    """An offer with the live values of now. `path` is `offers.<id>`; `live` gives a live value, or None."""

    path: str
    offer: Offer
    live: Callable[[str], FactValue | None]
    calendar: Calendar
    zone: str
    now: Instant

    def value(self, part: str) -> Any | None:
        """What a part of the offer says; None where it says nothing, or where that is not known."""
        if part in _COMPUTED:
            return _COMPUTED[part](self)
        return self._said(getattr(self.offer, part, None))

    def starts_at(self) -> str | None:
        """The day or moment from which it holds."""
        begins = self._said(self.offer.starts_at)
        return None if begins is None else moments.in_zone(begins, self.zone)

    def ends_at(self) -> str | None:
        """What ends first: the offer, or the time for which it is valid when it is sent now."""
        own = self._said(self.offer.ends_at)
        if self.offer.ends_at is not None and own is None:
            return None
        ends = [text for text in (own, self._valid_until()) if text is not None]
        first = min(ends, key=lambda text: moments.end(text, self.zone), default=None)
        return None if first is None else moments.in_zone(first, self.zone)

    def stock(self) -> float | None:
        """How many may still be promised."""
        if self.offer.stock is None:
            return None
        available = self._number(self.offer.stock.live)
        return None if available is None else max(0, available - self.offer.stock.reserve)

    def on_sale(self) -> bool:
        """Begun, not ended, and enough in stock; what is not known is not on sale."""
        return not any(self.obstacles())

    def obstacles(self) -> Iterator[Obstacle]:
        """Every reason why it is not on sale."""
        for written in (self.offer.starts_at, self.offer.ends_at):
            if isinstance(written, Live) and self.live(written.live) is None:
                yield unavailable(self.path, f"{written.live} has no value that fits")
        begins, ends = self._said(self.offer.starts_at), self._said(self.offer.ends_at)
        if ends is not None and self.now > moments.end(ends, self.zone):
            yield Obstacle(State.EXPIRED, "offer_ended", f"{self.path} ended {ends}")
        if begins is not None and self.now < moments.beginning(begins, self.zone):
            yield unavailable(self.path, f"{self.path} begins {begins}")
        yield from self._too_few()

    def _too_few(self) -> Iterator[Obstacle]:
        stock = self.offer.stock
        if stock is None:
            return
        available = self._number(stock.live)
        if available is None:
            yield unavailable(self.path, f"{stock.live} has no value that fits")
        elif available <= stock.reserve:
            yield unavailable(self.path, f"{stock.live} is {available}, and {stock.reserve} are reserved")
        elif available < stock.hold_sends_below:
            yield unavailable(self.path, f"{stock.live} is {available}; below {stock.hold_sends_below} sends are held")

    def _valid_until(self) -> str | None:
        if self.offer.valid_for is None:
            return None
        span = parse_duration(self.offer.valid_for)
        today = moment(self.now, self.zone).date()
        if span.unit == "bd":
            return self.calendar.add_business_days(today, span.count).isoformat()
        if span.unit in _DAYS:
            return (today + timedelta(days=span.count * _DAYS[span.unit])).isoformat()
        # Whole minutes are what can be written; the customer loses some seconds that nobody promised.
        until = self.now + span.count * _MILLISECONDS[span.unit]
        return rfc3339(until - until % _MINUTE, self.zone)

    def _said(self, value: str | Live | None) -> Any | None:
        return self.live(value.live) if isinstance(value, Live) else value

    def _number(self, path: str) -> int | float | None:
        value = self.live(path)
        return value if isinstance(value, (int, float)) else None


_COMPUTED: Mapping[str, Callable[[OfferNow], Any]] = {
    "starts_at": OfferNow.starts_at,
    "ends_at": OfferNow.ends_at,
    "stock": OfferNow.stock,
    "on_sale": OfferNow.on_sale,
}

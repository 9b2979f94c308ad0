"""One offer at one moment: when it begins and ends, how many are left, and why it cannot be promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from orchestrator.domain.delivery import State
from orchestrator.domain.errors import Phrase, mark
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
    detail: Phrase


def unavailable(fact: str, detail: Phrase) -> Obstacle:
    """A fact that may be available later."""
    return Obstacle(State.HELD, f"fact_unavailable:{fact}", detail)


def unset(fact: str, path: str) -> Obstacle:
    """A fact is read from a path that says nothing."""
    return unavailable(fact, Phrase("{path} has no value that fits", path=path))


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

    def turns_at(self) -> Instant | None:
        """When time alone makes it another: it begins, or has ended."""
        begins, ends = self._said(self.offer.starts_at), self._said(self.offer.ends_at)
        turns = [moments.beginning(begins, self.zone)] if begins is not None else []
        turns += [moments.end(ends, self.zone) + 1] if ends is not None else []
        return min((at for at in turns if at > self.now), default=None)

    def obstacles(self) -> Iterator[Obstacle]:
        """Every reason why it is not on sale."""
        for written in (self.offer.starts_at, self.offer.ends_at):
            if isinstance(written, Live) and self.live(written.live) is None:
                yield unset(self.path, written.live)
        begins, ends = self._said(self.offer.starts_at), self._said(self.offer.ends_at)
        if ends is not None and self.now > moments.end(ends, self.zone):
            ended = Phrase("{path} ended {when}", path=self.path, when=ends)
            yield Obstacle(State.EXPIRED, "offer_ended", ended)
        if begins is not None and self.now < moments.beginning(begins, self.zone):
            yield unavailable(self.path, Phrase("{path} begins {when}", path=self.path, when=begins))
        yield from self._too_few()

    def _too_few(self) -> Iterator[Obstacle]:
        stock = self.offer.stock
        if stock is None:
            return
        available = self._number(stock.live)
        if available is None:
            yield unset(self.path, stock.live)
        elif available <= stock.reserve:
            words = mark("{path} is {available}, and {reserved} are reserved")
            yield unavailable(self.path, Phrase(words, path=stock.live, available=available, reserved=stock.reserve))
        elif available < stock.hold_sends_below:
            words = mark("{path} is {available}; below {least} sends are held")
            least = stock.hold_sends_below
            yield unavailable(self.path, Phrase(words, path=stock.live, available=available, least=least))

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

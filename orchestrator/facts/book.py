"""The book of facts at one moment: the sheet of a release and the live values of now, read together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from orchestrator.domain.delivery import State
from orchestrator.domain.errors import Phrase
from orchestrator.domain.fact import names_fact
from orchestrator.domain.time import moment
from orchestrator.facts import moments
from orchestrator.facts.calendar import Calendar, read_calendar
from orchestrator.facts.delivery import delivery_date
from orchestrator.facts.offer_now import Obstacle, OfferNow, unavailable, unset

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from orchestrator.domain.fact import FactValue, LiveFact
    from orchestrator.domain.time import Instant
    from orchestrator.facts.model import DeliveryPromise
    from orchestrator.facts.sheet import FactSheet

__all__ = ["FactBook", "Obstacle"]


@dataclass(frozen=True, slots=True)
class FactBook:
    """Facts as they are now.

    Args:
        sheet: what the release says.
        live: live values by path; what is missing is not known.
        calendar: the project's holidays, for promises whose carrier has no calendar of its own.
        zone: the project's (IANA name): where days begin and end.
    """

    sheet: FactSheet
    live: Mapping[str, LiveFact]
    calendar: Calendar
    zone: str

    def value(self, path: str, data: Mapping[str, Any], now: Instant, *, locale: str = "") -> Any | None:
        """What a fact says, or None where that is not known now.

        Args:
            path: the fact.
            data: what the message is about: a delivery date counts from its order.
            now: business time.
            locale: the language that it is said in; policies are approved in several.
        """
        written = (locale and self.sheet.translated.get((path, locale))) or self.sheet.written.get(path)
        return self._moving(path, data, now) if written is None else written

    def today(self, now: Instant) -> date:
        """The day that it is in the project's zone."""
        return moment(now, self.zone).date()

    def version(self, path: str) -> int | None:
        """The version of the live value that a path is read from; None where a file says it, or nobody has."""
        fact = self.live.get(self.sheet.live.get(path, path))
        return None if fact is None else fact.version

    def nested(
        self, paths: Iterable[str], data: Mapping[str, Any], now: Instant, *, locale: str = ""
    ) -> dict[str, Any]:
        """The values of the facts among these paths, nested by their dots. What is not known is left out.

        Raises:
            ValueError: one path is inside another, and one value cannot hold both.
        """
        nested: dict[str, Any] = {}
        for path in filter(names_fact, paths):
            value = self._claimable(path, data, now, locale)
            if value is not None:
                _put(nested, path, value)
        return nested

    def obstacle(self, paths: Iterable[str], now: Instant) -> Obstacle | None:
        """The first reason why these facts cannot be promised; one that is for ever before one that may pass."""
        facts = tuple(filter(names_fact, paths))
        found = [obstacle for offer in self._offers(facts, now) for obstacle in offer.obstacles()]
        found += [obstacle for path in facts for obstacle in self._unknown(path, now)]
        return min(found, key=lambda obstacle: obstacle.state is not State.EXPIRED, default=None)

    def ends(self, paths: Iterable[str], data: Mapping[str, Any], now: Instant) -> Instant | None:
        """The earliest end among these paths: of the offers, and of the deadlines that the data brings.

        A path that names no fact must be one that a deadline is claimed from. A plain date lasts through its day.
        """
        paths = tuple(paths)
        deadlines = [_moment_or_none(_look_up(data, path)) for path in paths if not names_fact(path)]
        deadlines += [offer.ends_at() for offer in self._offers(paths, now)]
        return min((moments.end(text, self.zone) for text in deadlines if text is not None), default=None)

    def turns_at(self, paths: Iterable[str], now: Instant) -> Instant | None:
        """When time alone next makes any of these facts another: an offer begins, or has ended."""
        turns = (offer.turns_at() for offer in self._offers(tuple(paths), now))
        return min((at for at in turns if at is not None), default=None)

    def _claimable(self, path: str, data: Mapping[str, Any], now: Instant, locale: str) -> Any | None:
        """A value as a claim reads it: of a policy, its value in every language and its words in one."""
        words = self.value(path, data, now, locale=locale)
        policy = self.sheet.policies.get(path.removeprefix("policies."))
        return words if policy is None else {"value": policy.value, "text": words}

    def _moving(self, path: str, data: Mapping[str, Any], now: Instant) -> Any | None:
        kind, _, rest = path.partition(".")
        if kind == "inventory":
            return self._live(path)
        fact_id, _, part = rest.partition(".")
        if kind == "offers":
            offer = self._offer(fact_id, now)
            return None if offer is None else offer.value(part)
        if kind == "promises" and fact_id == "delivery" and part in self.sheet.delivery:
            return self._delivery(self.sheet.delivery[part], data, now)
        return None

    def _offer(self, offer_id: str, now: Instant) -> OfferNow | None:
        offer = self.sheet.offers.get(offer_id)
        if offer is None:
            return None
        return OfferNow(
            path=f"offers.{offer_id}",
            offer=offer,
            live=self._live,
            calendar=self.calendar,
            zone=self.zone,
            now=now,
        )

    def _live(self, path: str) -> FactValue | None:
        """A live value that fits all that is read from it: one that does not is as good as unknown."""
        fact = self.live.get(path)
        return None if fact is None or self.sheet.unfit(path, fact.value) else fact.value

    def _delivery(self, promise: DeliveryPromise, data: Mapping[str, Any], now: Instant) -> str | None:
        ordered_at = now
        if promise.counts_from != "now":
            # A plain date has no hour to hold against the cut-off, so it counts as after it: no date is kept too early.
            placed_at = _moment_or_none(_look_up(data, promise.counts_from))
            if placed_at is None:
                return None
            ordered_at = moments.end(placed_at, self.zone)
        region = _look_up(data, promise.region)
        calendar = self.calendar if promise.carrier_calendar is None else _carrier(promise.carrier_calendar)
        day = delivery_date(promise, ordered_at, None if region is None else str(region), calendar, self.zone)
        return day.isoformat()

    def _offers(self, paths: Iterable[str], now: Instant) -> Iterator[OfferNow]:
        """The offers among these paths, each once."""
        named = dict.fromkeys(path.split(".")[1] for path in paths if path.startswith("offers."))
        return (offer for offer_id in named if (offer := self._offer(offer_id, now)) is not None)

    def _unknown(self, path: str, now: Instant) -> Iterator[Obstacle]:
        """That a fact has no value, apart from what its offer says of itself."""
        if path in self.sheet.written:
            return
        kind, _, rest = path.partition(".")
        offer_id, _, part = rest.partition(".")
        if kind == "inventory":
            if self._live(path) is None:
                yield unset(path, path)
        elif kind == "offers" and offer_id in self.sheet.offers:
            if part and self._moving(path, {}, now) is None:
                yield unset(f"offers.{offer_id}", self.sheet.live.get(path, path))
        elif path not in self.sheet.known_paths():
            yield unavailable(path, Phrase("{path} is not a fact of this release", path=path))


def _put(nested: dict[str, Any], path: str, value: Any) -> None:
    *parents, leaf = path.split(".")
    place: Any = nested
    for parent in parents:
        place = place.setdefault(parent, {})
        if not isinstance(place, dict):
            break
    if not isinstance(place, dict) or place.get(leaf, value) != value:
        raise ValueError(f"{path} and a path around it or inside it are both wanted: one value cannot hold another")
    place[leaf] = value


def _look_up(data: Mapping[str, Any], path: str) -> Any:
    place: Any = data
    for part in path.split("."):
        if not isinstance(place, dict):
            return None
        place = place.get(part)
    return place


def _moment_or_none(written: Any) -> str | None:
    """Data comes from outside: what is no date is none."""
    try:
        return None if written is None else moments.as_moment(written)
    except ValueError:
        return None


_carrier = lru_cache(maxsize=64)(read_calendar)

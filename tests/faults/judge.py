"""The judge: it stands outside, and trusts no figure of ours.

What counts is what the provider wrote down, what the client was promised, and when the client was told that an opt-out
is in force. The ledger is read by plain SQL for two things only: what it says of each promise, and when it wrote the
intent that a call followed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.faults.harness import Asked, Shop
    from tests.faults.provider import Call

# States in which the ledger openly says that a message was not sent, or that nobody knows.
SAID_SO = frozenset({"blocked", "skipped", "unreachable", "expired", "failed", "quarantined", "unknown"})
STATES = SAID_SO | {"accepted", "sending", "deferred", "held", "sent"}

# Casa Lume's copy names the order in words, in a link, or in both.
_CANARY = re.compile(r"(?:casalume\.example/p/|[Pp]edido )(\d{6,})")


@dataclass(frozen=True)
class Judge:
    """One run: the provider's log, the client's list, and the ledger's own account of it."""

    calls: Sequence[Call]
    asked: Sequence[Asked]
    rows: Mapping[str, Mapping[str, Any]]
    intents: Mapping[str, Sequence[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, shop: Shop, asked: Sequence[Asked]) -> Judge:
        """Everything that is known once a run is over."""
        columns = ("id", "state", "purpose", "account", "possible_duplicate", "sending_at", "settled_at")
        rows = {
            row[0]: dict(zip(columns, row, strict=True))
            for row in shop.rows(f"SELECT {', '.join(columns)} FROM deliveries")
        }
        intents: dict[str, list[int]] = defaultdict(list)
        for delivery, at in shop.rows("SELECT delivery_id, at FROM decisions WHERE verdict = 'send' ORDER BY at"):
            intents[delivery].append(at)
        return cls(shop.provider.calls(), asked, rows, intents)

    # --- lost, twice --------------------------------------------------------------------------------------------------

    @cached_property
    def taken(self) -> list[Call]:
        """The calls by which a message reached somebody."""
        return [call for call in self.calls if call.taken]

    @cached_property
    def times(self) -> Counter[str]:
        """Canary → how often its text was taken, under whatever reference."""
        return Counter(canary_of(call) for call in self.taken)

    @property
    def lost(self) -> list[Asked]:
        """Promised, never taken, and the ledger does not say so: it has no row, or says sent, or still waits."""
        return [one for one in self.asked if not self.times[one.canary] and self._state(one) not in SAID_SO]

    @property
    def silent(self) -> list[Asked]:
        """Promised, never taken, and the ledger says why: the price of faults, to be stated."""
        return [one for one in self.asked if not self.times[one.canary] and self._state(one) in SAID_SO]

    @property
    def twice(self) -> list[Asked]:
        """Taken more than once."""
        return [one for one in self.asked if self.times[one.canary] > 1]

    @property
    def twice_unmarked(self) -> list[Asked]:
        """Taken more than once, and the ledger does not say that this may be."""
        return [one for one in self.twice if not self.rows[one.id]["possible_duplicate"]]

    @property
    def mixed_up(self) -> list[Call]:
        """Taken for somebody else than the client named, or with somebody else's words."""
        meant = {one.id: one for one in self.asked}
        return [
            call
            for call in self.taken
            if (one := meant.get(call.reference)) is not None
            and (canary_of(call) != one.canary or call.customer not in ("", one.customer))
        ]

    @property
    def strangers(self) -> list[Call]:
        """Taken under a reference that nobody was promised."""
        known = {one.id for one in self.asked}
        return [call for call in self.taken if call.reference not in known]

    def by(self, found: Iterable[Asked], *, purpose: str, accounts: Iterable[str] | None = None) -> int:
        """How many of these have this purpose, and go by one of these accounts."""
        wanted = None if accounts is None else set(accounts)
        return sum(
            self.rows[one.id]["purpose"] == purpose and (wanted is None or one.account in wanted) for one in found
        )

    @property
    def sums_up(self) -> bool:
        """Requested is the sum of the states, each promise is one row, and every state is one that exists."""
        states = Counter(row["state"] for row in self.rows.values())
        return sum(states.values()) == len({one.id for one in self.asked}) and states.keys() <= STATES

    def in_state(self, state: str, accounts: Iterable[str] | None = None) -> list[Asked]:
        """What the ledger says is in this state."""
        wanted = None if accounts is None else set(accounts)
        return [one for one in self.asked if self._state(one) == state and (wanted is None or one.account in wanted)]

    def _state(self, one: Asked) -> str:
        return str(self.rows[one.id]["state"]) if one.id in self.rows else "no row"

    # --- opt-outs -----------------------------------------------------------------------------------------------------

    def intents_after(self, acknowledged: Mapping[str, float]) -> int:
        """Intents written after their customer had been told that nothing more will come (customer → wall seconds)."""
        owners = {one.id: one.customer for one in self.asked}
        return sum(
            at / 1000 > acknowledged[owners[delivery]]
            for delivery, intents in self.intents.items()
            for at in intents
            if owners.get(delivery) in acknowledged
        )

    def latest_after(self, acknowledged: Mapping[str, float]) -> float:
        """The longest time between an acknowledgement and a first byte that came after it; 0 when none did."""
        owners = {one.id: one.customer for one in self.asked}
        return max(
            (
                call.first_byte_wall - acknowledged[customer]
                for call in self.calls
                if not call.looked_up and (customer := owners.get(call.reference)) in acknowledged
            ),
            default=0.0,
        )

    @cached_property
    def begun_after_intent(self) -> list[float]:
        """Seconds from the latest intent to the first byte that followed it, for every call; sorted."""
        found = []
        for call in self.calls:
            intents = self.intents.get(call.reference, ())
            place = bisect_right(intents, call.first_byte_wall * 1000 + 1)
            if place and not call.looked_up:
                found.append(call.first_byte_wall - intents[place - 1] / 1000)
        return sorted(found)

    # --- caps ---------------------------------------------------------------------------------------------------------

    def over(self, limit: int, *, window_s: float) -> int:
        """Customers who got more than so many within any such time, counted from what was taken."""
        by_customer: dict[str, list[float]] = defaultdict(list)
        for call in self.taken:
            by_customer[call.customer].append(call.at_wall)
        return sum(_most_within(sorted(times), window_s) > limit for times in by_customer.values())

    def over_a_day(self, limit: int, zone: str) -> int:
        """Customers who got more than so many on one calendar day of that zone."""
        days = Counter(
            (call.customer, datetime.fromtimestamp(call.at_wall, ZoneInfo(zone)).date()) for call in self.taken
        )
        return sum(count > limit for count in days.values())


def _most_within(times: Sequence[float], window_s: float) -> int:
    return max((bisect_right(times, time + window_s) - place for place, time in enumerate(times)), default=0)


def canary_of(call: Call) -> str:
    """The number of the order that a text is about."""
    found = _CANARY.search(call.text)
    return found[1] if found else f"none in {call.reference}"


def percentile(values: Sequence[float], share: float) -> float:
    """Of sorted values; 0 of none."""
    return values[min(int(len(values) * share), len(values) - 1)] if values else 0.0

"""The breaker: when an account is left alone, because its provider asked for that or fails too often.

Pure: outcomes and the hour go in, closures come out; the drain writes them where every worker reads them.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from orchestrator.domain.delivery import OutcomeKind
from orchestrator.store.port import ClosedAccount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.delivery import Outcome
    from orchestrator.domain.time import Instant

WINDOW_SECONDS = 60
CALLS_MIN = 20
FAILING_SHARE = 0.5

CLOSED_FIRST_MS = 30_000
CLOSED_MAX_MS = 5 * 60_000

# How many calls of a slice an account is tried with that was left alone until now.
PROBES = 5

# A provider may ask for any number of seconds; beyond this it asks for never.
RETRY_AFTER_SECONDS_MAX = 30 * 24 * 3_600

_SIGNS_OF_LIFE = (OutcomeKind.SENT, OutcomeKind.REFUSED)


class _Lately:
    """One account's calls of the last minute, counted by the second: a fast worker makes 200,000 in a minute."""

    def __init__(self) -> None:
        self.calls = 0
        self.failed = 0
        self.alive_at: Instant = -1
        # [second, calls, failed], oldest first.
        self._seconds: deque[list[int]] = deque()

    def add(self, now: Instant, *, alive: bool) -> None:
        second = now // 1_000
        if not self._seconds or self._seconds[-1][0] < second:
            self._seconds.append([second, 0, 0])
        newest = self._seconds[-1]
        newest[1] += 1
        newest[2] += not alive
        self.calls += 1
        self.failed += not alive
        if alive:
            self.alive_at = now
        while self._seconds[0][0] < second - WINDOW_SECONDS:
            _, calls, failed = self._seconds.popleft()
            self.calls -= calls
            self.failed -= failed


class Breaker:
    """What one worker heard of each account lately. It belongs to the thread of the event loop."""

    def __init__(self) -> None:
        self._heard: dict[str, _Lately] = {}
        self._closed_until: dict[str, Instant] = {}

    def hear(self, account: str, outcome: Outcome, now: Instant) -> None:
        """How one call ended."""
        if outcome.retry_after_seconds is not None and outcome.kind is not OutcomeKind.SENT:
            asked = int(min(outcome.retry_after_seconds, RETRY_AFTER_SECONDS_MAX) * 1_000)
            self._closed_until[account] = max(now + asked, self._closed_until.get(account, 0))
        self._heard.setdefault(account, _Lately()).add(now, alive=outcome.kind in _SIGNS_OF_LIFE)

    def lets_begin(self, account: str, now: Instant) -> bool:
        """Whether a call may begin: what the provider asked for counts from the moment in which it did."""
        return self._closed_until.get(account, 0) <= now

    def to_close(self, known: Mapping[str, ClosedAccount], now: Instant) -> dict[str, ClosedAccount]:
        """Accounts that every worker should leave alone, and are not left alone yet."""
        found: dict[str, ClosedAccount] = {}
        for account, heard in self._heard.items():
            times = known[account].times + 1 if account in known else 1
            asked = self._closed_until.get(account, 0)
            if asked > now:
                found[account] = ClosedAccount(asked, "rate_limit", 0)
            elif _fails(heard, probed=account in known):
                until = now + min(CLOSED_MAX_MS, CLOSED_FIRST_MS << min(times - 1, 10))
                found[account] = ClosedAccount(until, "provider_unavailable", times)
                self._heard[account] = _Lately()
        return {account: closed for account, closed in found.items() if _later(closed, known.get(account))}

    def to_open(self, known: Mapping[str, ClosedAccount], now: Instant) -> list[str]:
        """Accounts whose time is over, and that answer again."""
        return [
            account
            for account, closed in known.items()
            if closed.until <= now and account in self._heard and self._heard[account].alive_at > closed.until
        ]


def _fails(heard: _Lately, *, probed: bool) -> bool:
    """Half of many calls; of an account that is tried again after a rest, all of a few."""
    if probed and heard.calls < CALLS_MIN:
        return heard.failed == heard.calls > 0
    return heard.calls >= CALLS_MIN and heard.failed >= FAILING_SHARE * heard.calls


def _later(closed: ClosedAccount, known: ClosedAccount | None) -> bool:
    return known is None or closed.until > known.until

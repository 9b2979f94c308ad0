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

# An account that is at fault itself is tried once an hour until somebody mends it; calls that are under way end sooner.
STOPPED_MS = 3_600_000
HALTED_MS = 30_000

# Too slow for comfort, though it answers. So many calls of a minute that fail or are slow say that a provider ails.
SLOW_SECONDS = 4.0
AILING_SHARE = 0.15
AILING_CALLS_MIN = 3

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
        self.slow = 0
        self.alive_at: Instant = -1
        # [second, calls, failed, slow], oldest first.
        self._seconds: deque[list[int]] = deque()

    def add(self, now: Instant, *, alive: bool, slow: bool) -> None:
        second = now // 1_000
        if not self._seconds or self._seconds[-1][0] < second:
            self._seconds.append([second, 0, 0, 0])
        newest = self._seconds[-1]
        newest[1] += 1
        newest[2] += not alive
        newest[3] += alive and slow
        self.calls += 1
        self.failed += not alive
        self.slow += alive and slow
        if alive:
            self.alive_at = now
        self.forget_before(second - WINDOW_SECONDS)

    def forget_before(self, second: int) -> None:
        while self._seconds and self._seconds[0][0] < second:
            _, calls, failed, slow = self._seconds.popleft()
            self.calls -= calls
            self.failed -= failed
            self.slow -= slow


class Breaker:
    """What one worker heard of each account lately. It belongs to the thread of the event loop."""

    def __init__(self) -> None:
        self._heard: dict[str, _Lately] = {}
        self._closed_until: dict[str, Instant] = {}
        self._halted_until: dict[str, Instant] = {}
        self._stopped: set[str] = set()

    def hear(self, account: str, outcome: Outcome, now: Instant, *, seconds: float = 0.0) -> None:
        """How one call ended, and how long it took."""
        if outcome.stopped:
            self._stopped.add(account)
            self._halted_until[account] = now + HALTED_MS
        if outcome.retry_after_seconds is not None and outcome.kind is not OutcomeKind.SENT:
            asked = int(min(outcome.retry_after_seconds, RETRY_AFTER_SECONDS_MAX) * 1_000)
            self._closed_until[account] = max(now + asked, self._closed_until.get(account, 0))
        self._heard.setdefault(account, _Lately()).add(
            now, alive=outcome.kind in _SIGNS_OF_LIFE and not outcome.stopped, slow=seconds >= SLOW_SECONDS
        )

    def ails(self, account: str, now: Instant) -> bool:
        """Whether enough of its calls of the last minute failed, or took too long."""
        lately = self._lately(account, now)
        bad = 0 if lately is None else lately.failed + lately.slow
        return lately is not None and bad >= AILING_CALLS_MIN and bad >= AILING_SHARE * lately.calls

    def answers(self, account: str, now: Instant) -> bool:
        """Whether it took something in the last minute, and does not ail."""
        lately = self._lately(account, now)
        return lately is not None and lately.calls > lately.failed and not self.ails(account, now)

    def _lately(self, account: str, now: Instant) -> _Lately | None:
        lately = self._heard.get(account)
        if lately is not None:
            lately.forget_before(now // 1_000 - WINDOW_SECONDS)
        return lately

    def lets_begin(self, account: str, now: Instant) -> bool:
        """Whether a call may begin: what the provider asked for counts from the moment in which it did."""
        return max(self._closed_until.get(account, 0), self._halted_until.get(account, 0)) <= now

    def to_close(self, known: Mapping[str, ClosedAccount], now: Instant) -> dict[str, ClosedAccount]:
        """Accounts that every worker should leave alone, and are not left alone yet."""
        found: dict[str, ClosedAccount] = {}
        for account, heard in self._heard.items():
            times = known[account].times + 1 if account in known else 1
            asked = self._closed_until.get(account, 0)
            if account in self._stopped:
                found[account] = ClosedAccount(now + STOPPED_MS, "provider_unavailable", times)
                self._heard[account] = _Lately()
            elif asked > now:
                found[account] = ClosedAccount(asked, "rate_limit", 0)
            elif _fails(heard, probed=account in known):
                until = now + min(CLOSED_MAX_MS, CLOSED_FIRST_MS << min(times - 1, 10))
                found[account] = ClosedAccount(until, "provider_unavailable", times)
                self._heard[account] = _Lately()
        self._stopped.clear()
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

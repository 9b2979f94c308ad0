"""The earliest time: ask again when the waiting would be over, until an answer comes that waiting does not change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.dispatch.explain.values import Ahead, Halt
from orchestrator.domain.pause import HELD_AS, Pauses
from orchestrator.domain.verdict import Hold, Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.decide import Circumstances
    from orchestrator.domain.time import Instant
    from orchestrator.domain.verdict import Verdict

STEPS_MAX = 64


def look_ahead(ask: Callable[[Instant], Verdict], circumstances: Circumstances, now: Instant) -> Ahead:
    """What becomes of it if nothing changes but the hour.

    Args:
        ask: the verdict at an instant of business time, with the data of now.
        circumstances: pauses of now; some of them end by themselves.
        now: business time.
    """
    halts: list[Halt] = []
    at = now
    for _ in range(STEPS_MAX):
        verdict = ask(at)
        until = _until(verdict, circumstances, at)
        if until is None or until <= at:
            # Whoever is still held behind the end of a pause was not held by that: its end is not worth waiting for.
            while isinstance(verdict, Hold) and halts and halts[-1].reason == verdict.reason:
                at = halts.pop().at
            return Ahead(halts=tuple(halts), at=at, verdict=verdict)
        assert isinstance(verdict, (Wait, Hold))
        halts.append(Halt(at=at, until=until, reason=verdict.reason))
        at = until
    return Ahead(halts=tuple(halts), at=at, verdict=None)


def circumstances_at(circumstances: Circumstances, at: Instant) -> Circumstances:
    """Those that still stand then: pauses and closures that are over have gone."""
    standing = {
        key: pause for key, pause in circumstances.pauses.standing.items() if pause.until is None or pause.until > at
    }
    closed = {account: closure for account, closure in circumstances.closed.items() if closure.until > at}
    return replace(circumstances, pauses=Pauses(standing), closed=closed)


_PAUSED = frozenset(HELD_AS.values())


def _until(verdict: Verdict, circumstances: Circumstances, at: Instant) -> Instant | None:
    """When to ask again; None where waiting changes nothing."""
    if isinstance(verdict, Wait):
        return verdict.until
    if isinstance(verdict, Hold) and verdict.reason in _PAUSED:
        ends = (pause.until for pause in circumstances.pauses.standing.values())
        return min((until for until in ends if until is not None and until > at), default=None)
    return None

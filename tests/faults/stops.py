"""Workers freeze for longer than their leases last, and go on as if nothing had been."""

from __future__ import annotations

import itertools
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.customer import Channel
from tests.faults import harness, provider
from tests.faults.crew import Crew
from tests.faults.harness import KEYED, LOOKED_UP, NEITHER, REVIEW, SHIPPED, Wish, until
from tests.faults.items import Item, Setting, item, judged
from tests.faults.judge import Judge, canary_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.faults.crew import Member
    from tests.faults.harness import Asked, Shop

FROZEN_SECONDS = 70
HEALTHY = 2
EACH = 80  # messages that become due before each freeze, so that somebody is at work
CALL_SECONDS = 0.3
THAW_SECONDS = 5.0  # a call that was frozen in the write leaves at once when its process goes on


@dataclass(frozen=True)
class _Freeze:
    member: Member
    at: float
    thawed_at: float = 0.0


@item(fast=False)
def stops(setting: Setting) -> Item:
    """Workers are stopped for 70 s in the middle of their work (SIGSTOP), while others go on."""
    points = setting.size(20, fast=4)
    with provider.running(setting.folder, seed=setting.seed) as far, harness.shop(setting, far) as shop:
        for account in (LOOKED_UP, KEYED, NEITHER):
            far.behave(account, latency_s=CALL_SECONDS, remembers_keys=account == KEYED)
        wishes = _wishes(shop, EACH * points)
        asked: list[Asked] = []
        with Crew(shop, points + HEALTHY) as crew:
            crew.until_ready()
            frozen = []
            for _ in range(points):
                asked += shop.ask(list(itertools.islice(wishes, EACH)))
                frozen.append(_freeze(setting, shop, crew, [one.member for one in frozen]))
            setting.say(f"{points} workers are frozen")
            thawed = [_thaw(one) for one in frozen]
            setting.say("all go on")
            settled_s = shop.until_done(crew.tend, doubts=True)
        judge = Judge.of(shop, asked)
        certain = [
            one
            for one in judge.twice
            if one.account in (LOOKED_UP, KEYED) or judge.rows[one.id]["purpose"] == "marketing"
        ]
        in_the_write = [one for one in certain if _left_at_a_thaw(judge, one, thawed)]
        figures = {
            "points": points,
            "frozen_s": FROZEN_SECONDS,
            "messages": len(asked),
            "lost": len(judge.lost),
            "twice_but_for_the_write": len(certain) - len(in_the_write),
            "twice_frozen_in_the_write": len(in_the_write),
            "rate_frozen_in_the_write": len(in_the_write) / points,
            "twice_transactional_that_cannot_be_asked": len(judge.twice) - len(certain),
            "twice_unmarked": len(judge.twice_unmarked) - len(in_the_write),
            "unknown": len(judge.in_state("unknown")),
            "settled_s": settled_s,
        }
    return judged(
        "stops",
        figures,
        {
            "Nothing is lost.": not judge.lost,
            "Nothing is sent twice, but where a freeze fell between the last look at the clock and the write.":
                not figures["twice_but_for_the_write"],
            "What was resent in doubt is marked.": figures["twice_unmarked"] <= 0,
            "Requested is the sum of the states.": judge.sums_up,
        },
    )  # fmt: skip


def _wishes(shop: Shop, count: int) -> Iterator[Wish]:
    kinds = itertools.cycle(itertools.product((Channel.WHATSAPP, Channel.EMAIL, Channel.PUSH), (SHIPPED, REVIEW)))
    return iter(
        [Wish(person, message, channel) for person, (channel, message) in zip(shop.enrol(count), kinds, strict=False)]
    )


def _freeze(setting: Setting, shop: Shop, crew: Crew, frozen: Sequence[Member]) -> _Freeze:
    """Stop somebody who holds a lease now, a moment later: before the gate, at it, or with calls on the wire."""
    free = {member.name: member for member in crew.members[HEALTHY:] if member not in frozen}
    at_work: list[str] = []

    def found() -> bool:
        leases = shop.rows("SELECT DISTINCT lease FROM deliveries WHERE lease IS NOT NULL AND state <> 'sent'")
        at_work[:] = sorted({lease.partition("/")[0] for (lease,) in leases} & free.keys())
        return bool(at_work)

    try:
        until(found, seconds=3, what="a worker at work")
    except TimeoutError:
        at_work[:] = sorted(free)  # the healthy ones were quicker: whoever is stopped now is stopped between two looks
    member = free[setting.random.choice(at_work)]
    ends = time.monotonic() + setting.random.uniform(0, CALL_SECONDS)
    until(lambda: time.monotonic() >= ends)
    member.process.send_signal(signal.SIGSTOP)
    return _Freeze(member, time.monotonic())


def _thaw(freeze: _Freeze) -> _Freeze:
    until(lambda: time.monotonic() >= freeze.at + FROZEN_SECONDS)
    freeze.member.process.send_signal(signal.SIGCONT)
    return _Freeze(freeze.member, freeze.at, time.monotonic())


def _left_at_a_thaw(judge: Judge, one: Asked, thawed: Sequence[_Freeze]) -> bool:
    """Whether a second copy left in the moment in which a process went on."""
    begun = sorted(call.first_byte for call in judge.taken if canary_of(call) == one.canary)
    return any(
        freeze.thawed_at <= first_byte <= freeze.thawed_at + THAW_SECONDS
        for freeze in thawed
        for first_byte in begun[1:]
    )

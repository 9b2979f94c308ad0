"""Providers that are slow, silent, broken or overrun."""

from __future__ import annotations

import itertools
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.domain.customer import Channel
from tests.faults import harness, provider
from tests.faults.crew import Crew
from tests.faults.harness import KEYED, LOOKED_UP, NEITHER, REVIEW, SHIPPED, Wish, until
from tests.faults.items import Item, Setting, item, judged
from tests.faults.judge import Judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.faults.harness import Asked, Shop
    from tests.faults.provider import Call, Provider

ACCOUNTS = (LOOKED_UP, KEYED, NEITHER)
DRAINED_SECONDS = 600
HEARD_SECONDS = 0.1  # for an answer to be on its way and be read; by then, others have begun


@item()
def slow_provider(setting: Setting) -> Item:
    """A provider needs almost as long as a call may take: everything is sent once, and nobody is quarantined."""
    messages, latency_s = setting.size(400, fast=120), setting.size(12, fast=5)
    with _campaign(setting, messages, latency_s=latency_s) as run:
        took_s = run.finish()
    judge = run.judge
    figures = {
        "messages": messages,
        "latency_s": latency_s,
        "quarantined": len(judge.in_state("quarantined")),
        "took_s": took_s,
        **_outcome(judge),
    }
    return judged(
        "slow_provider", figures, {"Nobody is quarantined.": not figures["quarantined"], **_once(judge)}
    )  # fmt: skip


@item()
def black_hole(setting: Setting) -> Item:
    """A provider takes 5 % of the messages and never answers, and answers 2 % a byte a second."""
    messages = setting.size(1_000, fast=120)
    with _campaign(setting, messages, black_hole=0.05, slow_loris=0.02) as run:
        took_s = run.finish(doubts=True)
    judge = run.judge
    figures = {
        "messages": messages,
        "unanswered": sum(call.ending in ("black_hole", "slow_loris") for call in judge.calls),
        "took_s": took_s,
        **_outcome(judge),
    }
    return judged("black_hole", figures, _once(judge))


@item()
def errors_500(setting: Setting) -> Item:
    """A provider answers nothing but 500 for a while, and heals."""
    messages, broken_s = setting.size(1_000, fast=90), setting.size(60, fast=4)
    with _campaign(setting, messages, fail=1.0) as run:
        until(lambda: len(run.provider.calls()) >= min(50, messages), what="the first calls")
        ends = time.monotonic() + broken_s
        until(lambda: run.crew.tend() is None or time.monotonic() > ends)
        run.behave()
        setting.say("it heals")
        took_s = run.finish(doubts=True, again=True)
    judge = run.judge
    figures = {"messages": messages, "broken_s": broken_s, "drained_s": took_s, **_outcome(judge)}
    transactional = [one for one in judge.silent if judge.rows[one.id]["purpose"] == "transactional"]
    return judged(
        "errors_500",
        figures,
        {
            "No 500 is taken for an acceptance.": not judge.lost,
            f"Every transactional message is out {DRAINED_SECONDS} s later.":
                not transactional and took_s <= DRAINED_SECONDS,
            **_once(judge),
        },
    )  # fmt: skip


@item()
def throttled(setting: Setting) -> Item:
    """A provider takes 200 messages at a time, and then refuses all for 3 s (429 with Retry-After)."""
    messages, quota = setting.size(2_000, fast=200), setting.size(200, fast=50)
    with _campaign(setting, messages, quota=quota, retry_after_s=3) as run:
        took_s = run.finish()
    judge = run.judge
    calls = [call for call in judge.calls if not call.looked_up]
    inside = inside_a_ban(calls)
    figures = {
        "messages": messages,
        "calls": len(calls),
        "refused": sum(call.ending == "banned" for call in calls),
        "begun_inside_a_ban": inside,
        "share_inside": inside / len(calls),
        "took_s": took_s,
        **_outcome(judge),
    }
    return judged(
        "throttled",
        figures,
        {
            "At most one call in a hundred begins while the provider has asked for none.":
                figures["share_inside"] <= 0.01,
            **_once(judge),
        },
    )  # fmt: skip


def inside_a_ban(calls: Sequence[Call]) -> int:
    """Calls that began after an account had been told to wait and could have heard it, and before that was over."""
    count = 0
    until_by_account: dict[str, tuple[float, float]] = {}
    for call in sorted(calls, key=lambda one: one.at):
        told_at, over_at = until_by_account.get(call.account, (0.0, 0.0))
        count += told_at + HEARD_SECONDS < call.first_byte < over_at
        if call.retry_after_s and call.at >= over_at:
            until_by_account[call.account] = (call.at, call.at + call.retry_after_s)
    return count


# --- what they share --------------------------------------------------------------------------------------------------


@dataclass
class _Campaign:
    """Transactional and marketing messages on all accounts, and two workers."""

    shop: Shop
    provider: Provider
    crew: Crew
    asked: Sequence[Asked]
    _judge: Judge | None = None

    def behave(self, **behaviour: Any) -> None:
        """All accounts, from now on."""
        for account in ACCOUNTS:
            self.provider.behave(account, remembers_keys=account == KEYED, **behaviour)

    def finish(self, *, doubts: bool = False, again: bool = False) -> float:
        """Wait until it is over, and hear the judge; the seconds that took."""
        took_s = self.shop.until_done(self.crew.tend, doubts=doubts, again=again)
        self._judge = Judge.of(self.shop, self.asked)
        return took_s

    @property
    def judge(self) -> Judge:
        """Once it is over."""
        assert self._judge is not None
        return self._judge


@contextmanager
def _campaign(setting: Setting, messages: int, **behaviour: Any) -> Iterator[_Campaign]:
    with provider.running(setting.folder, seed=setting.seed) as far, harness.shop(setting, far) as shop:
        kinds = itertools.cycle(itertools.product(_CHANNELS, (SHIPPED, REVIEW)))
        people = shop.enrol(messages)
        asked = shop.ask([Wish(one, message, channel) for one, (channel, message) in zip(people, kinds, strict=False)])
        campaign = _Campaign(shop, far, Crew(shop, 2), asked)
        campaign.behave(**behaviour)
        with campaign.crew:
            yield campaign


_CHANNELS = (Channel.WHATSAPP, Channel.EMAIL, Channel.PUSH)


def _outcome(judge: Judge) -> dict[str, Any]:
    return {
        "lost": len(judge.lost),
        "marketing_twice": judge.by(judge.twice, purpose="marketing"),
        "transactional_twice": judge.by(judge.twice, purpose="transactional"),
        "not_sent_and_said_so": len(judge.silent),
        "unknown": len(judge.in_state("unknown")),
    }


def _once(judge: Judge) -> dict[str, bool]:
    """The promises that hold whatever a provider does."""
    certain = judge.by(judge.twice, purpose="transactional", accounts=[LOOKED_UP, KEYED])
    return {
        "Nothing is lost.": not judge.lost,
        "No marketing message is sent twice, and no transactional one where one can ask.":
            not judge.by(judge.twice, purpose="marketing") and not certain,
        "What was sent twice is marked.": not judge.twice_unmarked,
    }  # fmt: skip

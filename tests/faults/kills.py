"""Processes die in the middle of their work, and a provider takes messages and hangs up."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from orchestrator.domain.customer import Channel
from tests.faults import harness, provider
from tests.faults.client import Client
from tests.faults.crew import SERVER, Crew
from tests.faults.harness import CAN_BE_SETTLED, KEYED, LOOKED_UP, NEITHER, REVIEW, SHIPPED, Wish
from tests.faults.items import Item, Setting, item, judged
from tests.faults.judge import Judge

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

CHANNELS = (Channel.WHATSAPP, Channel.EMAIL, Channel.PUSH)
ACCOUNTS = (LOOKED_UP, KEYED, NEITHER)
POINTS = (
    "after_claim", "before_gate", "after_gate", "after_begin", "after_provider_accept", "before_settle", "after_settle",
)  # fmt: skip
SERVER_POINT = "after_accept"
DROPPED = 0.02
SETTLED_SECONDS = 90


@item()
def kills(setting: Setting) -> Item:
    """Three workers and the API die at random and named points while a provider drops 2 % of what it takes."""
    kills_wanted, messages = setting.size(200, fast=8), setting.size(3_000, fast=120)
    with provider.running(setting.folder, seed=setting.seed) as far, harness.shop(setting, far) as shop:
        far.behave(LOOKED_UP, drop=DROPPED)
        far.behave(KEYED, drop=DROPPED, remembers_keys=True)
        far.behave(NEITHER, drop=DROPPED)
        wishes = _wishes(shop, messages)
        with Crew(shop, 3, arm=_arming(setting.random)) as crew, Client(shop, crew) as client:
            crew.until_ready()
            each = messages // (kills_wanted + 1)
            client.ask(itertools.islice(wishes, each), crew)
            crew.storm(kills_wanted, setting.random, lambda: client.ask(itertools.islice(wishes, each), crew))
            client.ask(wishes, crew)
            setting.say(f"{len(crew.deaths)} dead, {len(client.asked)} messages promised: waiting for the end of doubt")
            settled_s = shop.until_done(crew.tend, doubts=True)
        judge = Judge.of(shop, client.asked)
        at_points = sum(bool(death.point) for death in crew.deaths)
        twice = {
            f"{purpose}_twice_{account}": judge.by(judge.twice, purpose=purpose, accounts=[account])
            for purpose in ("marketing", "transactional")
            for account in ACCOUNTS
        }
        figures = {
            "kills": len(crew.deaths),
            "at_named_points": at_points,
            "dropped": sum(call.ending == "drop" for call in judge.calls),
            "promised": len(client.asked),
            "lost": len(judge.lost),
            **twice,
            "twice_unmarked": len(judge.twice_unmarked),
            "not_sent_and_said_so": len(judge.silent),
            "unknown": len(judge.in_state("unknown")),
            "unknown_that_could_be_asked": shop.one(
                f"SELECT count(*) FROM deliveries WHERE state = 'unknown' AND {CAN_BE_SETTLED}"
            ),
            "settled_s": settled_s,
            "mixed_up": len(judge.mixed_up),
            "states": shop.states(),
        }
    return judged(
        "kills",
        figures,
        {
            "No promised message is lost.": not judge.lost,
            "No marketing message is sent twice.": judge.by(judge.twice, purpose="marketing") == 0,
            "No transactional message is sent twice where the provider can be asked or refuses a repeated key.":
                judge.by(judge.twice, purpose="transactional", accounts=[LOOKED_UP, KEYED]) == 0,
            "What was sent twice is marked.": not judge.twice_unmarked,
            f"Every doubt that can be settled by asking is settled within {SETTLED_SECONDS} s.":
                not figures["unknown_that_could_be_asked"] and settled_s <= SETTLED_SECONDS,
            "Requested is the sum of the states.": judge.sums_up,
            "Everybody got their own words.": not judge.mixed_up and not judge.strangers,
        },
    )  # fmt: skip


def _wishes(shop: harness.Shop, count: int) -> Iterator[Wish]:
    """A message for everybody, marketing and transactional in turn, on every account."""
    kinds = itertools.cycle(itertools.product(CHANNELS, (SHIPPED, REVIEW)))
    return iter(
        [
            Wish(customer, message, channel)
            for customer, (channel, message) in zip(shop.enrol(count), kinds, strict=False)
        ]
    )


def _arming(chance: random.Random) -> Callable[[str], str]:
    """Half of those who start will kill themselves somewhere."""

    def arm(name: str) -> str:
        if chance.random() < 0.5:
            return ""
        return f"{SERVER_POINT if name == SERVER else chance.choice(POINTS)}:{chance.randint(1, 2)}"

    return arm

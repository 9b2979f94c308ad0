"""Many campaigns want the same few people at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from orchestrator.domain.customer import Channel
from tests.faults import harness, provider
from tests.faults.crew import Crew
from tests.faults.harness import KEYED, LOOKED_UP, NEITHER, REVIEW, Wish
from tests.faults.items import Item, Setting, item, judged
from tests.faults.judge import Judge

if TYPE_CHECKING:
    from tests.faults.harness import Shop

LIMIT, WANTED = 3, 40
WEEK_S = 7 * 24 * 3600
CAP = {
    "id": "contested", "purposes": ["marketing"], "limit": LIMIT, "per": "7d", "window": "rolling", "on_block": "drop",
}  # fmt: skip
CHANNELS = (Channel.WHATSAPP, Channel.EMAIL, Channel.PUSH)


@item()
def caps(setting: Setting) -> Item:
    """Eight workers, some of them killed, decide about 40 messages for each customer, of whom none may get over 3."""
    decisions, kills = setting.size(20_000, fast=800), setting.size(16, fast=3)
    with (
        provider.running(setting.folder, seed=setting.seed) as far,
        harness.shop(setting, far, caps=[CAP]) as shop,
    ):
        far.behave(LOOKED_UP, drop=0.02)
        far.behave(KEYED, drop=0.02, remembers_keys=True)
        far.behave(NEITHER, drop=0.02)
        asked = shop.ask(_wishes(setting, shop, decisions))
        setting.say("eight workers begin")
        with Crew(shop, setting.size(8, fast=4)) as crew:
            crew.storm(kills, setting.random, lambda: None)
            shop.until_done(crew.tend, doubts=True)
        judge = Judge.of(shop, asked)
        taken = Counter(call.customer for call in judge.taken)
        figures = {
            "decisions": len(asked),
            "customers": decisions // WANTED,
            "workers": setting.size(8, fast=4),
            "kills": len(crew.deaths),
            "over": judge.over(LIMIT, window_s=WEEK_S),
            "under": sum(taken[customer] < LIMIT for customer in {one.customer for one in asked}),
            "unknown": len(judge.in_state("unknown")),
            "taken": len(judge.taken),
            "lost": len(judge.lost),
            "states": shop.states(),
        }
    return judged(
        "caps",
        figures,
        {
            f"Nobody gets more than {LIMIT}.": not figures["over"],
            "Who got fewer is explained by a doubtful send, which keeps its slot.":
                figures["under"] <= figures["unknown"],
            "Nothing is lost, and nothing is sent twice.": not judge.lost and not judge.twice,
            "Requested is the sum of the states.": judge.sums_up,
        },
    )  # fmt: skip


def _wishes(setting: Setting, shop: Shop, count: int) -> list[Wish]:
    """Forty for everybody, shuffled, so that whoever claims holds everybody."""
    people = shop.enrol(count // WANTED)
    wishes = [Wish(person, REVIEW, CHANNELS[number % 3]) for person in people for number in range(WANTED)]
    setting.random.shuffle(wishes)
    return wishes

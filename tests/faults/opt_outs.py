"""People say no while a campaign runs."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from orchestrator.domain.customer import Channel
from tests.faults import harness, provider
from tests.faults.client import Client
from tests.faults.crew import Crew
from tests.faults.harness import KEYED, LETTERS, NEITHER, REVIEW, REVIEWS, Wish
from tests.faults.items import Item, Setting, item, judged
from tests.faults.judge import Judge, percentile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.harness import Shop

ACCOUNTS = {Channel.EMAIL: LETTERS, Channel.WHATSAPP: NEITHER, Channel.PUSH: KEYED}
MAILS_IN = 20  # one message in so many is a letter, through five slow connections
LETTER_SECONDS = 0.3
CALL_SECONDS = 0.25
CALLERS = 4
WORKERS = 4


@item()
def opt_outs(setting: Setting) -> Item:
    """Half of the people opt out through the API while four workers send them a campaign."""
    messages = setting.size(10_000, fast=600)
    within_s = setting.size(2, fast=4)  # the small size shares its two cores with others
    with (
        provider.running(setting.folder, seed=setting.seed) as far,
        harness.shop(setting, far, accounts=ACCOUNTS) as shop,
    ):
        far.behave(LETTERS, latency_s=LETTER_SECONDS)
        far.behave(latency_s=CALL_SECONDS)
        wishes = _wishes(shop, messages)
        setting.random.shuffle(wishes)
        leaving = setting.random.sample(wishes, messages // 2)
        asked = shop.ask(wishes)
        with Crew(shop, 0) as crew, Client(shop, crew) as client:
            crew.until_ready()
            for number in range(WORKERS):
                crew.add_worker(f"worker{number}")
            setting.say("the campaign runs, and people say no")
            acknowledged = _opt_out(client, leaving)
            shop.until_done(crew.tend)
        judge = Judge.of(shop, asked)
        begun = judge.begun_after_intent
        figures = {
            "messages": messages,
            "opted_out": len(acknowledged),
            "not_sent_any_more": len(judge.in_state("blocked")),
            "intents_after_acknowledgement": judge.intents_after(acknowledged),
            "first_byte_after_acknowledgement_s_max": max(judge.latest_after(acknowledged), 0.0),
            "first_byte_after_intent_s_p99": percentile(begun, 0.99),
            "first_byte_after_intent_s_max": percentile(begun, 1),
            "letters": sum(call.account == LETTERS for call in judge.taken),
            "lost": len(judge.lost),
            "twice": len(judge.twice),
        }
    return judged(
        "opt_outs",
        figures,
        {
            "Everybody who opted out was told so.": len(acknowledged) == len(leaving),
            "No intent is written after an opt-out was acknowledged.": not figures["intents_after_acknowledgement"],
            f"A call's first byte leaves within {within_s} s of its intent.":
                figures["first_byte_after_intent_s_max"] <= within_s,
            "Nobody hears of us later than that after their acknowledgement.":
                figures["first_byte_after_acknowledgement_s_max"] <= within_s,
            "Nothing is lost, and nothing is sent twice.": not judge.lost and not judge.twice,
        },
    )  # fmt: skip


def _wishes(shop: Shop, count: int) -> list[Wish]:
    """An invitation for everybody: a few letters, the others half and half."""
    channels = [Channel.EMAIL if number % MAILS_IN == 0 else _OTHERS[number % 2] for number in range(count)]
    return [Wish(customer, REVIEW, channel) for customer, channel in zip(shop.enrol(count), channels, strict=True)]


_OTHERS = (Channel.WHATSAPP, Channel.PUSH)


def _opt_out(client: Client, leaving: Sequence[Wish]) -> dict[str, float]:
    """Everybody says no, some at once; customer → when they had their acknowledgement in hand (wall seconds)."""
    acknowledged: dict[str, float] = {}
    queue = iter(leaving)

    def call(one: Client) -> None:
        for wish in queue:
            said = {"topic": REVIEWS, "channel": wish.channel.value, "state": "withdrawn", "method": "form"}
            one.until_accepted("PATCH", f"/v1/customers/{wish.customer}", {"consents": [said]})
            acknowledged[wish.customer] = time.time()

    clients = [client.another() for _ in range(CALLERS)]
    callers = [threading.Thread(target=call, args=[one]) for one in clients]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    for one in clients:
        one.hang_up()
    return acknowledged

"""Providers tell everything many times, in any order."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from orchestrator.domain.customer import Channel
from tests.faults import harness, provider
from tests.faults.client import Client
from tests.faults.crew import Crew
from tests.faults.harness import KEYED, LOOKED_UP, NEITHER, RECEIPTS_HEADER, RECEIPTS_SECRET, REVIEW, Wish, until
from tests.faults.items import Item, Setting, item, judged
from tests.faults.judge import Judge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COPIES = 46  # the most that a provider was seen to send of one event

CHANNELS: Mapping[str, Channel] = {LOOKED_UP: Channel.WHATSAPP, KEYED: Channel.EMAIL, NEITHER: Channel.PUSH}
# What each account tells of every message that it took, and what the ledger has to say then.
TOLD: Mapping[str, Sequence[str]] = {
    LOOKED_UP: ("sent", "delivered", "read", "clicked"),
    KEYED: ("sent", "bounced"),
    NEITHER: ("delivered",),
}
FURTHEST = {LOOKED_UP: "clicked", KEYED: "", NEITHER: "delivered"}
DROPPED = 0.3  # of the last account's: doubts that only a receipt can settle


@item()
def receipts(setting: Setting) -> Item:
    """Each receipt comes 46 times, all of them shuffled, also those of messages whose fate was in doubt."""
    messages = setting.size(60, fast=9)
    with provider.running(setting.folder, seed=setting.seed) as far, harness.shop(setting, far) as shop:
        far.behave(NEITHER, drop=DROPPED)
        kinds = itertools.cycle(CHANNELS.values())
        asked = shop.ask([Wish(person, REVIEW, next(kinds)) for person in shop.enrol(messages)])
        with Crew(shop, 1) as crew, Client(shop, crew) as client:
            shop.until_done(crew.tend)
            crew.until_ready()
            in_doubt = len(Judge.of(shop, asked).in_state("unknown"))
            setting.say("all receipts come")
            for account, told in TOLD.items():
                far.tell(
                    account=account,
                    url=f"{client.url}/hooks/{account}_{CHANNELS[account].value}",
                    header=RECEIPTS_HEADER,
                    secret=RECEIPTS_SECRET,
                    kinds=told,
                    copies=COPIES,
                )
            until(
                lambda: not shop.one("SELECT count(*) FROM receipts WHERE applied_at IS NULL"),
                seconds=60,
                what="the effect of the receipts",
            )
        judge = Judge.of(shop, asked)
        events = sum(len(TOLD[one.account]) for one in asked)
        wrong = [
            row
            for row in shop.rows("SELECT account, state, receipt FROM deliveries")
            if row[1:] != ("sent", FURTHEST[row[0].rpartition("_")[0]])
        ]
        bounced = sum(one.account == KEYED for one in asked)
        figures = {
            "messages": messages,
            "in_doubt_before": in_doubt,
            "notices": events * COPIES,
            "events": events,
            "effects": shop.one("SELECT count(*) FROM receipts WHERE applied_at IS NOT NULL"),
            "another_end_than_expected": len(wrong),
            "bounced": bounced,
            "suppressed": shop.one("SELECT count(*) FROM suppressions WHERE reason = 'bounce'"),
            "twice": len(judge.twice),
        }
    return judged(
        "receipts",
        figures,
        {
            "Each event has one effect.": figures["effects"] == events,
            "The final state is the same in any order.": not wrong,
            "A bounce suppresses its address once.": figures["suppressed"] == bounced,
            "Nothing is sent because of a receipt.": not judge.twice,
        },
    )

"""What the items about infrastructure share: a server under traffic, and the judgement of what came of it.

Three lists are joined, none of them ours: what the caller was promised, what the provider took, and, in plain SQL, the
rows of the ledger.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.faults import caller
from tests.faults.client import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.faults.caller import Answer, Caller
    from tests.faults.crew import Crew
    from tests.faults.harness import Shop

PER_SECOND = 20.0
CUSTOMERS = 200

# In turns: an account that can be asked what it took, one that refuses a repeated key, and one that does neither.
CHANNELS = ("whatsapp", "email", "push")

_pause = threading.Event()  # nobody sets it


def lapse(seconds: float) -> None:
    """Let traffic flow: how long a fault lasts is a figure of the item, not a guess."""
    _pause.wait(seconds)


@contextmanager
def under_traffic(
    shop: Shop, crew: Crew, *, per_second: float = PER_SECOND, channels: Sequence[str] = CHANNELS
) -> Iterator[Caller]:
    """An API that is asked for so many messages a second, by a process of its own."""
    port = free_port()
    crew.add_server(port)
    secret, customers = shop.key(), shop.enrol(CUSTOMERS)
    crew.until_ready()
    log = shop.folder / "answers.jsonl"
    with caller.calling(
        f"http://127.0.0.1:{port}", secret, log, per_second=per_second, customers=customers, channels=channels
    ) as asking:
        yield asking


@dataclass(frozen=True)
class Verdict:
    """What came of the traffic."""

    figures: Mapping[str, Any]
    promises: Mapping[str, bool]


def judge(shop: Shop, answers: Sequence[Answer]) -> Verdict:
    """What was promised against what the provider took and what the ledger holds."""
    promised = caller.promised(answers)
    ids = {one for found in promised.values() for one in found}
    rows = dict(shop.rows("SELECT id, state FROM deliveries WHERE origin = 'api'"))
    taken = Counter(call.reference for call in shop.provider.taken())
    statuses = Counter(answer.status for answer in answers)
    figures = {
        "asked": len(promised),
        "answers": {str(status): count for status, count in sorted(statuses.items())},
        "promised": len(ids),
        "without_row": len(ids - rows.keys()),
        "rows_too_many": len(rows.keys() - ids),
        "lost": sum(not taken[one] for one in ids),
        "twice": sum(count > 1 for count in taken.values()),
        "states": dict(Counter(rows.values())),
        "api_p99_s": at_share([answer.at - answer.asked_at for answer in answers], 0.99),
        "longest_wait_s": max(waits(shop, answers), default=0.0),
    }
    return Verdict(
        figures,
        {
            "Each 202 has its row.": figures["without_row"] == 0,
            "A wish is one row, however often it was asked for.": figures["rows_too_many"] == 0
            and all(len(found) == 1 for found in promised.values()),
            "Nothing is lost.": figures["lost"] == 0,
            "Nothing is sent twice.": figures["twice"] == 0,
            "Everything was sent.": set(rows.values()) <= {"sent"},
        },
    )


def waits(shop: Shop, answers: Sequence[Answer]) -> list[float]:
    """From each 202 until the provider had the message, in seconds; what it never got waits for ever."""
    taken: dict[str, float] = {}
    for call in shop.provider.taken():
        taken.setdefault(call.reference, call.at_wall)
    return [
        max(0.0, taken.get(answer.id, math.inf) - answer.at) for answer in answers if answer.status == caller.ACCEPTED
    ]


def first_taken_after(shop: Shop, instant: float, answers: Sequence[Answer]) -> float:
    """How long after an instant the provider had the first message that was promised after it."""
    later = {answer.id for answer in answers if answer.status == caller.ACCEPTED and answer.asked_at > instant}
    return min((call.at_wall - instant for call in shop.provider.taken() if call.reference in later), default=math.inf)


def at_share(values: Sequence[float], share: float) -> float:
    """The value below which this share of all lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0

"""Which account carries a request, where several share a channel: each gets its part of them."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.pause import PauseScope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.decide.given import Circumstances, Rules
    from orchestrator.domain.customer import Channel
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Instant

WHOLE = 100
"""The share of an account that was never moved, in percent of its weight."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """An account, and how much of its channel it carries beside the others."""

    account: str
    weight: int


def carriers(request: Request, channel: Channel, rules: Rules) -> Sequence[Weighted]:
    """The accounts that may carry a request on a channel.

    What may have arrived through one is never said again through another.
    """
    if request.doubtful and request.tried_account is not None:
        return (Weighted(request.tried_account, WHOLE),)
    return rules.rivals.get(channel) or (Weighted(rules.accounts[channel], WHOLE),)


def account_for(request: Request, rivals: Sequence[Weighted], circumstances: Circumstances, now: Instant) -> str:
    """The one of these accounts through which a request goes.

    Those that are left alone now, or stand still, get nothing while somebody else can take it.
    """
    if len(rivals) == 1:
        return rivals[0].account
    pauses = circumstances.pauses.at(now)
    able = [
        one
        for one in rivals
        if one.account not in circumstances.closed and pauses.of(PauseScope.ACCOUNT, one.account) is None
    ]
    if able:
        return _chosen(request.id, able, circumstances)
    # Nobody can: it waits for whoever can first.
    closed = [one for one in rivals if one.account in circumstances.closed]
    if closed:
        return min(closed, key=lambda one: (circumstances.closed[one.account].until, one.account)).account
    return rivals[0].account


def _chosen(request_id: str, able: Sequence[Weighted], circumstances: Circumstances) -> str:
    """Weighted rendezvous: when a share falls by a tenth, a tenth of its requests move, and no others."""
    if len(able) == 1:
        return able[0].account
    return max(able, key=lambda one: (_pull(request_id, one, circumstances), one.account)).account


def _pull(request_id: str, one: Weighted, circumstances: Circumstances) -> float:
    digest = hashlib.blake2b(f"{request_id} {one.account}".encode(), digest_size=8).digest()
    # Between 0 and 1, and neither of them.
    chance = (int.from_bytes(digest, "big") + 1) / (2**64 + 2)
    return one.weight * circumstances.shares.get(one.account, WHOLE) / -math.log(chance)

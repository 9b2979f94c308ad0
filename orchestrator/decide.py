"""The one decision: may this request be sent now, where, and if not, why. Preview, gate and explain all ask it here.

Pure. The same function is called twice for every send: before rendering, and again under the customer's lock with
what was read there (decisions, section 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from orchestrator import consent
from orchestrator.domain.customer import ADDRESS_KINDS, Channel
from orchestrator.domain.delivery import State
from orchestrator.domain.verdict import Decision, Drop, Hold, Send, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.customer import Address, Standing
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Instant
    from orchestrator.facts.book import Obstacle

# The order in which gates are asked, and in which a decision is explained. Those without a line in this file are not
# built yet; each will stand in `decide` at its place here.
GATES = (
    "journey_live",
    "exit_marks",
    "not_after",
    "address",
    "suppression",
    "consent",
    "suppress_rules",
    "facts",
    "capacity",
    "quiet_hours",
    "caps",
    "route",
    "render",
    "read_back",
)

_NO_ADDRESS = {
    Channel.EMAIL: "no_address",
    Channel.WHATSAPP: "no_address",
    Channel.SMS: "no_address",
    Channel.PUSH: "no_push_token",
}

# The same few steps are taken for every request, twice: each is made once.
_step = lru_cache(maxsize=1_024)(Step)

_NOT_AFTER_PASSED = _step("not_after", "pass")
_FACTS_PASSED = _step("facts", "pass")


@dataclass(frozen=True, slots=True)
class Routes:
    """Which account carries each channel, and on which channels each message is said at all."""

    accounts: Mapping[Channel, str]
    said_on: Mapping[str, frozenset[Channel]]


@dataclass(frozen=True, slots=True)
class Backing:
    """What stands behind the facts and deadlines that a message promises: `ends` is the last instant of the earliest.

    `obstacle` is why they cannot be promised now.
    """

    obstacle: Obstacle | None = None
    ends: Instant | None = None


NOTHING_PROMISED = Backing()


def decide(
    request: Request, standing: Standing, routes: Routes, now: Instant, backing: Backing = NOTHING_PROMISED
) -> Decision:
    """Ask every gate in order.

    Args:
        request: what is wanted.
        standing: the customer, read at once; under lock at the gate.
        routes: the project's accounts and messages.
        now: business time.
        backing: what stands behind the message's promises, with facts as they are now.
    """
    if _is_over(request.not_after, now) or (backing.obstacle is None and _is_over(backing.ends, now)):
        return Decision(Drop(State.EXPIRED, "not_after"), (Step("not_after", "stop"),))
    # Place of journey_live and exit_marks: before not_after, for the whole request.
    trace = [_NOT_AFTER_PASSED]
    refusals: list[Drop] = []
    for channel in request.candidates:
        found = _ask_channel(request, standing, routes, channel, trace)
        if isinstance(found, Send):
            # Place of suppress_rules before the facts, and of capacity, quiet_hours and caps after them.
            return _ask_facts(found, backing, trace)
        refusals.append(found)
    return Decision(_worst(refusals), tuple(trace))


def _ask_channel(
    request: Request, standing: Standing, routes: Routes, channel: Channel, trace: list[Step]
) -> Send | Drop:
    """The gates of one channel. A Drop means: try the next one."""
    # A message that was taken out of the project since it was asked for is said nowhere.
    if channel not in routes.accounts or channel not in routes.said_on.get(request.message, frozenset()):
        detail = "no account" if channel not in routes.accounts else "no copy"
        trace.append(_step("route", "next", detail, channel))
        return Drop(State.SKIPPED, "channel_off")
    addresses = _addresses(standing, channel)
    if not addresses:
        trace.append(_step("address", "next", _NO_ADDRESS[channel], channel))
        return Drop(State.UNREACHABLE, _NO_ADDRESS[channel])
    trace.append(_step("address", "pass", "", channel))
    address, suppressed = _unsuppressed(standing, addresses, channel)
    if address is None:
        trace.append(_step("suppression", "next", suppressed, channel))
        return Drop(State.BLOCKED, suppressed)
    trace.append(_step("suppression", "pass", "", channel))
    refusal = consent.refusal(standing, request.topic, request.purpose, channel)
    if refusal is not None:
        trace.append(_step("consent", "next", refusal, channel))
        return Drop(State.BLOCKED, refusal)
    trace.append(_step("consent", "pass", "", channel))
    account = routes.accounts[channel]
    trace.append(_step("route", "pass", account, channel))
    return Send(channel, address, account)


def _is_over(last: Instant | None, now: Instant) -> bool:
    return last is not None and now > last


def _ask_facts(send: Send, backing: Backing, trace: list[Step]) -> Decision:
    """They are the message's on every channel: what cannot be promised here cannot be promised elsewhere."""
    obstacle = backing.obstacle
    if obstacle is not None:
        stop = Step("facts", "stop", f"{obstacle.reason} {obstacle.detail}")
        verdict = Drop(obstacle.state, obstacle.reason) if obstacle.state is State.EXPIRED else Hold(obstacle.reason)
        return Decision(verdict, (*trace, stop))
    if backing is not NOTHING_PROMISED:
        trace.append(_FACTS_PASSED)
    return Decision(send, tuple(trace))


def _addresses(standing: Standing, channel: Channel) -> list[Address]:
    kind = ADDRESS_KINDS[channel]
    return [address for address in standing.customer.addresses if address.kind is kind]


def _unsuppressed(standing: Standing, addresses: list[Address], channel: Channel) -> tuple[Address | None, str]:
    reason = ""
    for address in addresses:
        suppressed = consent.suppression(standing, address, channel)
        if suppressed is None:
            return address, ""
        reason = reason or suppressed
    return None, reason


# When no channel works, the reason that says most about the customer's will wins over a mere absence.
_WEIGHT = {State.BLOCKED: 0, State.UNREACHABLE: 1, State.SKIPPED: 2}


def _worst(refusals: list[Drop]) -> Drop:
    return min(refusals, key=lambda drop: _WEIGHT[drop.state])

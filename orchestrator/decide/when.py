"""When it is said, and how often: the customer's hours, the provider's patience with them, and the project's caps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.caps import counts, day_of
from orchestrator.domain.delivery import Mode, State
from orchestrator.domain.message import Purpose
from orchestrator.domain.verdict import Drop, Wait
from orchestrator.quiet_hours import quiet, spread_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.caps import Count
    from orchestrator.decide.asking import Asking, Next
    from orchestrator.domain.verdict import Send, Verdict


def quiet_hours(asking: Asking, send: Send) -> Verdict | None:
    """It does not disturb them."""
    request, rules = asking.request, asking.rules
    if not rules.quiet_hours:
        return None
    found = quiet(
        rules.quiet_hours,
        purpose=request.purpose,
        topic=request.topic,
        channel=send.channel,
        now=asking.now,
        zone=asking.zone,
        project_zone=rules.time_zone,
        is_holiday=rules.is_holiday,
    )
    if found is None:
        return asking.passed("quiet_hours", "", send.channel)
    rule = found.rule
    detail = f"{rule.id} {rule.from_}-{rule.to} {found.zone}"
    if asking.urgent:
        return asking.passed("quiet_hours", detail, send.channel)
    reason = f"quiet_hours:{rule.id}"
    if rule.on_block == "drop":
        return asking.stop("quiet_hours", detail, Drop(State.BLOCKED, reason), send.channel)
    until = found.until + spread_ms(rule, request.customer_id) + asking.behind
    return asking.wait("quiet_hours", detail, send.channel, Wait(until, reason))


def providers_cap(asking: Asking, send: Send) -> Next | None:
    """Whether the provider lets them have no more marketing: it counts what all of its customers send them."""
    until = asking.circumstances.capped.get((send.address.id, send.channel))
    if until is None or until <= asking.now or asking.request.purpose is not Purpose.MARKETING:
        return None
    return asking.next("caps", _PROVIDERS_CAP, send.channel, Drop(State.BLOCKED, _PROVIDERS_CAP))


def caps(asking: Asking, send: Send) -> Verdict | Next | None:
    """They have not had enough of it."""
    request, rules = asking.request, asking.rules
    if not rules.caps:
        return None
    uses = asking.standing.uses
    if request.in_doubt:
        # It may have arrived already, and then it is this one that was counted.
        uses = tuple(use for use in uses if use.delivery_id != request.id)
    found = counts(
        rules.caps,
        uses,
        purpose=request.purpose,
        topic=request.topic,
        channel=send.channel,
        now=asking.now,
        zone=asking.zone,
    )
    if not found:
        return None
    if request.mode is not Mode.TEST:  # judged by caps like any other, and counted in none
        asking.counted[send.channel] = day_of(asking.now, asking.zone)
    reached = [one for one in found if one.reached]
    if not reached or asking.urgent:
        return asking.passed("caps", _counted(found), send.channel)
    strictest = min(reached, key=lambda one: _STRICTNESS[_on_block(one)])
    detail = _counted((strictest, *(one for one in found if one is not strictest)))
    reason = f"frequency_cap:{strictest.cap.id}"
    match _on_block(strictest):
        case "drop":
            return asking.stop("caps", detail, Drop(State.BLOCKED, reason), send.channel)
        case "next_channel":
            return asking.next("caps", detail, send.channel, Drop(State.BLOCKED, reason))
        case _:
            until = max(one.frees_at for one in reached if one.frees_at is not None) + asking.behind
            return asking.wait("caps", detail, send.channel, Wait(until, reason))


_PROVIDERS_CAP = "frequency_cap:provider"

_STRICTNESS = {"drop": 0, "next_channel": 1, "defer": 2}


def _on_block(count: Count) -> str:
    """What never frees is not waited for."""
    return "drop" if count.cap.on_block == "defer" and count.frees_at is None else count.cap.on_block


def _counted(found: Sequence[Count]) -> str:
    return " ".join([f"{one.cap.id} {one.used}/{one.cap.limit}" for one in found])

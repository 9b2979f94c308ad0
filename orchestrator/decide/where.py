"""Where it is said: whether a channel reaches the customer, and may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator import consent
from orchestrator.decide.reaching import NO_ADDRESS, addresses_of, addresses_on, reached_by, unsuppressed
from orchestrator.decide.routing import account_for, carriers
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Rejection, State
from orchestrator.domain.message import Purpose
from orchestrator.domain.pause import HELD_AS, PauseScope, step_of
from orchestrator.domain.verdict import Drop, Hold, Send

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.decide.asking import Asking, Next
    from orchestrator.decide.routing import Weighted
    from orchestrator.domain.customer import Address
    from orchestrator.domain.verdict import Verdict

GONE: Final = "is gone"
"""What the trace says behind the name of an account that was taken out of the project."""


def address(asking: Asking, channel: Channel) -> Send | Next:
    """To whom it would go there, and through which account."""
    rules, request = asking.rules, asking.request
    # A message that was taken out of the project since it was asked for is said nowhere.
    if channel not in rules.accounts or channel not in rules.said_on.get(request.message, frozenset()):
        detail = "no account" if channel not in rules.accounts else "no copy"
        return asking.next("route", detail, channel, Drop(State.SKIPPED, "channel_off"))
    if channel in request.excluded:
        refused = _refused(request.excluded[channel])
        return asking.next("address", refused.reason, channel, refused)
    known = addresses_of(asking.standing, channel, request)
    accounts = [one for one in carriers(request, channel, rules) if reached_by(one.account, rules, known)]
    if not accounts:
        reason = NO_ADDRESS[channel]
        return asking.next("address", reason, channel, Drop(State.UNREACHABLE, reason))
    asking.passed("address", "", channel)
    return _allowed(asking, channel, accounts, known)


def _allowed(asking: Asking, channel: Channel, accounts: Sequence[Weighted], known: list[Address]) -> Send | Next:
    """Of the addresses that these accounts reach, one that may be written to about this."""
    rules, request = asking.rules, asking.request
    allowed, suppressed = unsuppressed(asking.standing, known, channel, request.purpose)
    able = [one for one in accounts if reached_by(one.account, rules, allowed)]
    if not able:
        return asking.next("suppression", suppressed, channel, Drop(State.BLOCKED, suppressed))
    asking.passed("suppression", "", channel)
    refusal = consent.refusal(asking.standing, request.topic, request.purpose, channel)
    if refusal is not None:
        return asking.next("consent", refusal, channel, Drop(State.BLOCKED, refusal))
    asking.passed("consent", "", channel)
    account = account_for(request, able, asking.circumstances, asking.now)
    if rules.account_ids and account not in rules.account_ids:
        # Only a doubt names an account that was taken out of the project: no other one repeats it.
        return asking.next("route", f"{account} {GONE}", channel, Drop(State.SKIPPED, "channel_off"))
    return Send(channel, reached_by(account, rules, allowed)[0], account)


def _refused(about: Rejection) -> Drop:
    """What a provider refused is not held against the address, where it said something else."""
    if about is Rejection.ADDRESS:
        return Drop(State.UNREACHABLE, "invalid_address")
    return Drop(State.FAILED, about.reason)


def recipients(asking: Asking, send: Send) -> Next | None:
    """Whom this machine, or the key that asked, may write to at all."""
    request, who = asking.request, asking.rules.recipients
    if not who.asked_about(request.mode):
        return None
    # A push goes to every device that the customer has.
    to = addresses_on(asking.standing, send.channel) if send.channel is Channel.PUSH else [send.address]
    if who.reachable(to):
        asking.passed("recipients", request.mode, send.channel)
        return None
    return asking.next("recipients", _UNLISTED, send.channel, Drop(State.BLOCKED, _UNLISTED))


_UNLISTED: Final = "sandbox_recipient"


def pauses(asking: Asking, send: Send) -> Verdict | Next | None:
    """Nobody has stopped it by hand."""
    pauses, request = asking.circumstances.pauses.at(asking.now), asking.request
    if not pauses:
        return asking.passed("pauses")
    for scope, subject in (
        (PauseScope.ALL, ""),
        (PauseScope.JOURNEY, request.journey or ""),
        (PauseScope.STEP, step_of(request.journey, request.step)),
        (PauseScope.MESSAGE, request.message),
        # The customer asked for silence, not for less than was bought.
        (PauseScope.CUSTOMER, request.customer_id if request.purpose is Purpose.MARKETING else ""),
        (PauseScope.HANDOFF, request.customer_id if request.purpose is Purpose.MARKETING else ""),
    ):
        if pauses.of(scope, subject) is not None:
            return asking.stop("pauses", f"{scope.value} {subject}".rstrip(), Hold(HELD_AS[scope]))
    for scope, subject in ((PauseScope.CHANNEL, send.channel.value), (PauseScope.ACCOUNT, send.account)):
        if pauses.of(scope, subject) is not None:
            return asking.next("pauses", f"{scope.value} {subject}", send.channel, Hold(HELD_AS[scope]))
    return asking.passed("pauses")

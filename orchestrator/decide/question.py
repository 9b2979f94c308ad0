"""One request on its way through the gates, one method a gate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from orchestrator import consent
from orchestrator.caps import counts, day_of
from orchestrator.decide.given import NOTHING_PROMISED
from orchestrator.domain.customer import ADDRESS_KINDS, Channel
from orchestrator.domain.delivery import PRIORITIES, State
from orchestrator.domain.errors import Phrase
from orchestrator.domain.message import Purpose
from orchestrator.domain.pause import HELD_AS, PauseScope, step_of
from orchestrator.domain.verdict import Drop, Hold, Send, Step, Wait
from orchestrator.quiet_hours import quiet, spread_ms
from orchestrator.suppress_rules import forbidding
from orchestrator.zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.caps import Count
    from orchestrator.decide.given import Backing, Circumstances, Rules
    from orchestrator.domain.customer import Address, Standing
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Instant
    from orchestrator.domain.verdict import Verdict

# How long a channel is waited for whose provider refuses for now, before the next one is taken.
PATIENCE_MS = {Purpose.TRANSACTIONAL: 15 * 60_000, Purpose.MARKETING: 4 * 3_600_000}

_NO_ADDRESS = {
    Channel.EMAIL: "no_address",
    Channel.WHATSAPP: "no_address",
    Channel.SMS: "no_address",
    Channel.PUSH: "no_push_token",
}

# The same few steps are taken for every request, twice: each is made once.
_step = lru_cache(maxsize=4_096)(Step)


@dataclass(frozen=True, slots=True)
class _Next:
    """Not on this channel: ask the next. What becomes of the request when there is none."""

    otherwise: Verdict


class Question:
    """One request on its way through the gates. Those of the message are asked once, those of a channel for each."""

    __slots__ = (
        "_asked", "_backing", "_circumstances", "_now", "_request", "_rules", "_standing", "_zone",
        "reserved_day", "trace",
    )  # fmt: skip

    def __init__(  # as `decide`
        self,
        request: Request,
        standing: Standing,
        rules: Rules,
        now: Instant,
        backing: Backing,
        circumstances: Circumstances,
    ) -> None:
        self._request = request
        self._standing = standing
        self._rules = rules
        self._now = now
        self._backing = backing
        self._circumstances = circumstances
        self._asked = False
        self._zone = ""
        self.reserved_day: str | None = None
        self.trace: list[Step] = []

    def verdict(self) -> Verdict:
        stop = self._journey_live() or self._exit_marks() or self._not_after()
        if stop is not None:
            return stop
        left: list[Verdict] = []
        for channel in self._request.candidates:
            found = self._ask(channel)
            if not isinstance(found, _Next):
                return found
            left.append(found.otherwise)
        return _best(left)

    def _ask(self, channel: Channel) -> Verdict | _Next:
        send = self._address(channel)
        if not isinstance(send, Send):
            return send
        return self._paused(send) or self._message() or self._quiet_hours(send) or self._caps(send) or self._route(send)

    # --- gates of the request -----------------------------------------------------------------------------------------

    def _journey_live(self) -> Verdict | None:
        journey = self._request.journey
        if journey is None:
            return None
        if journey in self._rules.journeys:
            return self._pass("journey_live", journey)
        return self._stop("journey_live", journey, Drop(State.SKIPPED, "cancelled"))

    def _exit_marks(self) -> Verdict | None:
        event = self._circumstances.exits.get(self._request.run_id or "")
        return self._stop("exit_marks", event, Drop(State.SKIPPED, "exit_event")) if event else None

    def _not_after(self) -> Verdict | None:
        # What ended is told by the facts where they know why.
        ends = self._ends(promised=self._backing.obstacle is None)
        if ends is not None and self._now > ends:
            return self._stop("not_after", "", _TOO_LATE)
        return self._pass("not_after")

    # --- whether a channel reaches the customer, and may --------------------------------------------------------------

    def _address(self, channel: Channel) -> Send | _Next:
        rules, request = self._rules, self._request
        # A message that was taken out of the project since it was asked for is said nowhere.
        if channel not in rules.accounts or channel not in rules.said_on.get(request.message, frozenset()):
            detail = "no account" if channel not in rules.accounts else "no copy"
            return self._next("route", detail, channel, Drop(State.SKIPPED, "channel_off"))
        if channel in request.excluded:
            return self._next("address", "invalid_address", channel, Drop(State.UNREACHABLE, "invalid_address"))
        addresses = _addresses(self._standing, channel, request.pinned_address_id)
        if not addresses:
            reason = _NO_ADDRESS[channel]
            return self._next("address", reason, channel, Drop(State.UNREACHABLE, reason))
        self._pass("address", "", channel)
        address, suppressed = _unsuppressed(self._standing, addresses, channel, request.purpose)
        if address is None:
            return self._next("suppression", suppressed, channel, Drop(State.BLOCKED, suppressed))
        self._pass("suppression", "", channel)
        refusal = consent.refusal(self._standing, request.topic, request.purpose, channel)
        if refusal is not None:
            return self._next("consent", refusal, channel, Drop(State.BLOCKED, refusal))
        self._pass("consent", "", channel)
        return Send(channel, address, rules.accounts[channel])

    def _paused(self, send: Send) -> Verdict | _Next | None:
        pauses, request = self._circumstances.pauses.at(self._now), self._request
        if not pauses:
            return self._pass("pauses")
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
                return self._stop("pauses", f"{scope.value} {subject}".rstrip(), Hold(HELD_AS[scope]))
        for scope, subject in ((PauseScope.CHANNEL, send.channel.value), (PauseScope.ACCOUNT, send.account)):
            if pauses.of(scope, subject) is not None:
                return self._next("pauses", f"{scope.value} {subject}", send.channel, Hold(HELD_AS[scope]))
        return self._pass("pauses")

    # --- gates of the message, whatever the channel -------------------------------------------------------------------

    def _message(self) -> Verdict | None:
        if self._asked:
            return None
        self._asked = True
        return self._suppress_rules() or self._facts()

    def _suppress_rules(self) -> Verdict | None:
        request, rules = self._request, self._rules.suppress_rules
        if not rules:
            return None
        found = forbidding(
            rules,
            self._standing.objects,
            purpose=request.purpose,
            topic=request.topic,
            now=self._now,
            zone=self._rules.time_zone,
        )
        if found is None:
            return self._pass("suppress_rules")
        return self._stop("suppress_rules", found.id, Drop(State.BLOCKED, f"suppress_rule:{found.id}"))

    def _facts(self) -> Verdict | None:
        """They are the message's on every channel: what cannot be promised here cannot be promised elsewhere."""
        obstacle = self._backing.obstacle
        if obstacle is not None:
            expired = obstacle.state is State.EXPIRED
            verdict = Drop(obstacle.state, obstacle.reason) if expired else Hold(obstacle.reason)
            detail = Phrase("{reason} {why}", reason=obstacle.reason, why=obstacle.detail)
            return self._stop("facts", detail, verdict)
        return None if self._backing is NOTHING_PROMISED else self._pass("facts")

    # --- when, how often, through whom --------------------------------------------------------------------------------

    def _quiet_hours(self, send: Send) -> Verdict | None:
        request, rules = self._request, self._rules
        if not rules.quiet_hours:
            return None
        found = quiet(
            rules.quiet_hours,
            purpose=request.purpose,
            topic=request.topic,
            channel=send.channel,
            now=self._now,
            zone=self._customers_zone(),
            project_zone=rules.time_zone,
            is_holiday=rules.is_holiday,
        )
        if found is None:
            return self._pass("quiet_hours", "", send.channel)
        rule = found.rule
        detail = f"{rule.id} {rule.from_}-{rule.to} {found.zone}"
        if self._urgent:
            return self._pass("quiet_hours", detail, send.channel)
        reason = f"quiet_hours:{rule.id}"
        if rule.on_block == "drop":
            return self._stop("quiet_hours", detail, Drop(State.BLOCKED, reason), send.channel)
        until = found.until + spread_ms(rule, request.customer_id) + self._behind
        return self._wait("quiet_hours", detail, send.channel, Wait(until, reason))

    def _caps(self, send: Send) -> Verdict | _Next | None:
        request, rules = self._request, self._rules
        if not rules.caps:
            return None
        uses = self._standing.uses
        if request.in_doubt:
            # It may have arrived already, and then it is this one that was counted.
            uses = tuple(use for use in uses if use.delivery_id != request.id)
        found = counts(
            rules.caps,
            uses,
            purpose=request.purpose,
            topic=request.topic,
            channel=send.channel,
            now=self._now,
            zone=self._customers_zone(),
        )
        self.reserved_day = day_of(self._now, self._customers_zone()) if found else None
        if not found:
            return None
        reached = [one for one in found if one.reached]
        if not reached or self._urgent:
            return self._pass("caps", _counted(found), send.channel)
        strictest = min(reached, key=lambda one: _STRICTNESS[_on_block(one)])
        detail = _counted((strictest, *(one for one in found if one is not strictest)))
        reason = f"frequency_cap:{strictest.cap.id}"
        match _on_block(strictest):
            case "drop":
                return self._stop("caps", detail, Drop(State.BLOCKED, reason), send.channel)
            case "next_channel":
                return self._next("caps", detail, send.channel, Drop(State.BLOCKED, reason))
            case _:
                until = max(one.frees_at for one in reached if one.frees_at is not None) + self._behind
                return self._wait("caps", detail, send.channel, Wait(until, reason))

    def _route(self, send: Send) -> Verdict | _Next:
        request = self._request
        closed = self._circumstances.closed.get(send.account)
        out_of_patience = request.stuck_at is not None and self._now - request.stuck_at > PATIENCE_MS[request.purpose]
        if closed is not None:
            wait = Wait(closed.until, closed.reason)
            if out_of_patience:
                return self._next("route", f"{send.account} {closed.reason}", send.channel, wait)
            return self._wait("route", f"{send.account} {closed.reason}", send.channel, wait)
        if out_of_patience and request.tried is send.channel:
            # Where nobody else can take it, it is tried here again.
            return self._next("route", f"{send.account} patience", send.channel, send)
        self._pass("route", send.account, send.channel)
        return send

    # --- what gates share ---------------------------------------------------------------------------------------------

    @property
    def _urgent(self) -> bool:
        """A step may say so of transactional messages; marketing never passes quiet hours or caps."""
        return self._request.priority == "high" and self._request.purpose is Purpose.TRANSACTIONAL

    @property
    def _behind(self) -> int:
        """Milliseconds by which it comes due behind others: of those that compete, they are claimed first."""
        return int(self._request.priority == PRIORITIES[-1])

    def _ends(self, *, promised: bool) -> Instant | None:
        ends = self._backing.ends if promised else None
        last = self._request.not_after
        return ends if last is None else last if ends is None else min(last, ends)

    def _customers_zone(self) -> str:
        self._zone = self._zone or zone_of(self._standing.customer, self._rules.time_zone)
        return self._zone

    def _pass(self, gate: str, detail: str = "", channel: str = "") -> Verdict | None:
        """Nothing stands in the way here: the next gate is asked."""
        self.trace.append(_step(gate, "pass", detail, channel))
        return None

    def _stop(self, gate: str, detail: str, verdict: Verdict, channel: str = "") -> Verdict:
        self.trace.append(_step(gate, "stop", detail, channel))
        return verdict

    def _next(self, gate: str, detail: str, channel: Channel, otherwise: Verdict) -> _Next:
        self.trace.append(_step(gate, "next", detail, channel))
        return _Next(otherwise)

    def _wait(self, gate: str, detail: str, channel: Channel, wait: Wait) -> Verdict:
        """To wait beyond the end is to be too late already."""
        ends = self._ends(promised=True)
        if ends is not None and wait.until > ends:
            return self._stop(gate, detail, _TOO_LATE, channel)
        self.trace.append(_step(gate, "wait", detail, channel))
        return wait


_TOO_LATE = Drop(State.EXPIRED, "not_after")

_STRICTNESS = {"drop": 0, "next_channel": 1, "defer": 2}


def _on_block(count: Count) -> str:
    """What never frees is not waited for."""
    return "drop" if count.cap.on_block == "defer" and count.frees_at is None else count.cap.on_block


def _counted(found: Sequence[Count]) -> str:
    return " ".join([f"{one.cap.id} {one.used}/{one.cap.limit}" for one in found])


def _addresses(standing: Standing, channel: Channel, pinned: str | None) -> list[Address]:
    """Where a channel reaches a customer; of a pinned request only where it is pinned to."""
    kind = ADDRESS_KINDS[channel]
    return [address for address in standing.customer.addresses if address.kind is kind and pinned in (None, address.id)]


def _unsuppressed(
    standing: Standing, addresses: list[Address], channel: Channel, purpose: Purpose
) -> tuple[Address | None, str]:
    reason = ""
    for address in addresses:
        suppressed = consent.suppression(standing, address, channel, purpose)
        if suppressed is None:
            return address, ""
        reason = reason or suppressed
    return None, reason


# When no channel is left: one that can be tried after all, one that is waited for, one that is held; and of those that
# say no, the reason that says most about the customer's will wins over a mere absence.
_WEIGHT = {State.BLOCKED: 3, State.UNREACHABLE: 4, State.SKIPPED: 5}


def _best(left: list[Verdict]) -> Verdict:
    return min(left, key=_weight)


def _weight(verdict: Verdict) -> tuple[int, Instant]:
    match verdict:
        case Send():
            return 0, 0
        case Wait(until):
            return 1, until
        case Hold():
            return 2, 0
        case Drop(state):
            return _WEIGHT[state], 0

"""One request on its way through the gates, one method a gate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from orchestrator import consent
from orchestrator.caps import counts, day_of
from orchestrator.decide import conversing
from orchestrator.decide.given import NOTHING_PROMISED
from orchestrator.decide.left import best
from orchestrator.decide.reaching import NO_ADDRESS, addresses_of, addresses_on, channels_of, unsuppressed
from orchestrator.decide.routing import account_for
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import PRIORITIES, Mode, State
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

# The same few steps are taken for every request, twice: each is made once.
_step = lru_cache(maxsize=4_096)(Step)


@dataclass(frozen=True, slots=True)
class _Next:
    """Not on this channel: ask the next. What becomes of the request when there is none."""

    otherwise: Verdict


class Question:
    """One request on its way through the gates. Those of the message are asked once, those of a channel for each."""

    __slots__ = (
        "_asked", "_backing", "_circumstances", "_now", "_request", "_rules", "_speech", "_standing", "_zone",
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
        self._speech: conversing.Speech | None = None
        self._zone = ""
        self.reserved_day: str | None = None
        self.trace: list[Step] = []

    def verdict(self) -> Verdict:
        stop = self._journey_live() or self._exit_marks() or self._not_after()
        if stop is not None:
            return stop
        left: list[Verdict] = []
        for channel in channels_of(self._request):
            found = self._ask(channel)
            if not isinstance(found, _Next):
                return found
            left.append(found.otherwise)
        return best(left)

    def _ask(self, channel: Channel) -> Verdict | _Next:
        self._speech = None
        send = self._address(channel)
        if not isinstance(send, Send):
            return send
        return (
            self._recipients(send)
            or self._paused(send)
            or self._message()
            or self._quiet_hours(send)
            or self._providers_cap(send)
            or self._caps(send)
            or self._template(send)
            or self._route(send)
        )

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
        addresses = addresses_of(self._standing, channel, request)
        if not addresses:
            reason = NO_ADDRESS[channel]
            return self._next("address", reason, channel, Drop(State.UNREACHABLE, reason))
        self._pass("address", "", channel)
        address, suppressed = unsuppressed(self._standing, addresses, channel, request.purpose)
        if address is None:
            return self._next("suppression", suppressed, channel, Drop(State.BLOCKED, suppressed))
        self._pass("suppression", "", channel)
        refusal = consent.refusal(self._standing, request.topic, request.purpose, channel)
        if refusal is not None:
            return self._next("consent", refusal, channel, Drop(State.BLOCKED, refusal))
        self._pass("consent", "", channel)
        return self._through(channel, address)

    def _through(self, channel: Channel, address: Address) -> Send | _Next:
        rules = self._rules
        account = account_for(self._request, channel, rules, self._circumstances, self._now)
        if rules.account_ids and account not in rules.account_ids:
            # Only a doubt names an account that was taken out of the project: no other one repeats it.
            return self._next("route", f"{account} is gone", channel, Drop(State.SKIPPED, "channel_off"))
        return Send(channel, address, account)

    def _recipients(self, send: Send) -> _Next | None:
        """Whom this machine, or the key that asked, may write to at all."""
        request, who = self._request, self._rules.recipients
        if not who.asked_about(request.mode):
            return None
        # A push goes to every device that the customer has.
        to = addresses_on(self._standing, send.channel) if send.channel is Channel.PUSH else [send.address]
        if who.reachable(to):
            self._pass("recipients", request.mode, send.channel)
            return None
        return self._next("recipients", request.mode, send.channel, Drop(State.BLOCKED, "sandbox_recipient"))

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
        counted = found and request.mode is not Mode.TEST  # judged by caps like any other, and counted in none
        self.reserved_day = day_of(self._now, self._customers_zone()) if counted else None
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

    def _providers_cap(self, send: Send) -> _Next | None:
        """Whether the provider lets them have no more marketing: it counts what all of its customers send them."""
        until = self._circumstances.capped.get((send.address.id, send.channel))
        if until is None or until <= self._now or self._request.purpose is not Purpose.MARKETING:
            return None
        return self._next("caps", _PROVIDER, send.channel, Drop(State.BLOCKED, _PROVIDERS_CAP))

    def _template(self, send: Send) -> Verdict | _Next | None:
        """How it is said where a provider takes templates: `_route` sends what this finds."""
        if send.account not in self._rules.scripted:
            return None
        speech = conversing.speech_of(self._request, send, self._standing, self._circumstances, self._now)
        self._speech = speech
        if not speech.refusal:
            return self._pass("template", speech.template or conversing.CONVERSATION, send.channel)
        detail = f"{speech.refusal} {speech.template}".rstrip()
        return self._next("template", detail, send.channel, self._unspoken(speech.refusal))

    def _unspoken(self, refusal: str) -> Verdict:
        """What becomes of it where no other channel can say it: only an approval is worth waiting for."""
        if refusal != conversing.NOT_APPROVED:
            return Drop(State.UNREACHABLE if refusal == conversing.CLOSED else State.BLOCKED, refusal)
        if self._now - self._request.accepted_at > conversing.APPROVAL_PATIENCE_MS:
            return Drop(State.UNREACHABLE, refusal)
        again = self._now + conversing.ASK_AGAIN_MS
        ends = self._ends(promised=True)
        # Looked at once more behind its very end, where it expires: an approval may come until then.
        return Wait(again if ends is None else min(again, ends + 1), _AWAITING)

    def _route(self, send: Send) -> Verdict | _Next:
        if self._speech is not None:
            send = replace(send, conversing=self._speech.conversing, template=self._speech.template)
        request = self._request
        closed = self._circumstances.closed.get(send.account) if request.mode is not Mode.TEST else None
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

_PROVIDER = "provider"
_AWAITING = "awaiting_template_approval"
_PROVIDERS_CAP = f"frequency_cap:{_PROVIDER}"

_STRICTNESS = {"drop": 0, "next_channel": 1, "defer": 2}


def _on_block(count: Count) -> str:
    """What never frees is not waited for."""
    return "drop" if count.cap.on_block == "defer" and count.frees_at is None else count.cap.on_block


def _counted(found: Sequence[Count]) -> str:
    return " ".join([f"{one.cap.id} {one.used}/{one.cap.limit}" for one in found])

"""The gate: every request of a slice is asked again, with what was read under lock; what passes is on its way."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from orchestrator.decide import decide
from orchestrator.decide.reaching import devices_of
from orchestrator.dispatch.draft import Draft, backed, failure_step, promised
from orchestrator.dispatch.rehearsed import is_test
from orchestrator.dispatch.supersede import superseded
from orchestrator.domain.customer import CapUse
from orchestrator.domain.delivery import State
from orchestrator.domain.errors import Phrase
from orchestrator.domain.said import kept
from orchestrator.domain.verdict import Drop, Hold, Send, Step, Wait
from orchestrator.store.port import AWAITING, Conclusion, Sending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.dispatch.current import Current
    from orchestrator.dispatch.situation import Situation
    from orchestrator.domain.customer import Standing
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Instant
    from orchestrator.domain.verdict import Decision
    from orchestrator.store.port import Deferred, Transaction

# Reasons to wait that are the provider's, and the time for which a customer is waited for on this channel begins.
_STUCK = frozenset({"provider_unavailable", "rate_limit"})
_PROVIDERS = _STUCK | {AWAITING}


class Gate:
    """What becomes of each request of a slice. Those that compete are asked in their order: the first has the slot.

    Args:
        current: the release, its rules and adapters.
        found: what was read under lock.
        before: what the drafts were made from.
        drafts: request id → what was to be said.
        failures: request id → (code, detail) of those that could not be said.
        room: account → how many more calls it may get; accounts that are not named have no limit.
    """

    def __init__(  # what a slice brought along, and what it finds
        self,
        current: Current,
        found: Situation,
        before: Situation,
        drafts: Mapping[str, Draft],
        failures: Mapping[str, tuple[str, str]],
        room: Mapping[str, int],
    ) -> None:
        self.drafts: list[Draft] = []
        self.sendings: list[Sending] = []
        self.conclusions: list[Conclusion] = []
        self.undone: list[str] = []
        self.deferred_customers: dict[str, Instant] = {}
        self.crowded_out: list[str] = []
        self._current = current
        self._found = found
        self._drafts = drafts
        self._failures = failures
        self._room = Counter(room)
        self._limited = frozenset(room)
        self._uses: dict[str, tuple[CapUse, ...]] = {}
        self._book = current.book(found.live)
        self._facts_moved = found.live != before.live or any(
            before.objects.get(reference) != data for reference, data in found.objects.items()
        )

    def ask(self, request: Request, now: Instant) -> None:
        """The same decision as before, or another. `now` is business time."""
        current = self._current
        standing = self._standing(request)
        backing = backed(current, request, self._found, self._book, now)
        decision = decide(request, standing, current.rules, now, backing, self._found.circumstances)
        send = decision.verdict
        draft = self._drafts.get(request.id)
        if not isinstance(send, Send):
            self.conclusions.append(_concluded(request, decision, now))
            if isinstance(send, Wait) and send.reason not in _PROVIDERS and not is_test(request):
                self.deferred_customers[request.customer_id] = now
        elif draft is not None and draft.send == send and self._says_the_same(draft, now):
            self._pass(draft, decision, now)
        elif request.id in self._failures:
            self.conclusions.append(_failed(request, decision, now, *self._failures[request.id]))
        else:
            # The customer or a claimed value changed between the two looks: decide from the start next time.
            self.undone.append(request.id)

    def _pass(self, draft: Draft, decision: Decision, now: Instant) -> None:
        request, send = draft.request, draft.send
        if send.account in self._limited and not is_test(request):
            if not self._room[send.account]:
                self.crowded_out.append(request.id)
                return
            self._room[send.account] -= 1
        if decision.reserved_day is not None:
            use = CapUse(now, decision.reserved_day, request.purpose, send.channel, request.topic, request.id)
            self._uses[request.customer_id] = (*self._uses.get(request.customer_id, ()), use)
        self.drafts.append(draft.as_called(devices_of(self._standing(request), send, request)))
        self.sendings.append(_sending(draft, decision, now))

    def _standing(self, request: Request) -> Standing:
        """The customer, with what this very slice is about to send them."""
        standing = self._found.standings[request.customer_id]
        uses = self._uses.get(request.customer_id)
        return standing if uses is None else replace(standing, uses=standing.uses + uses)

    def _says_the_same(self, draft: Draft, now: Instant) -> bool:
        if not self._facts_moved:
            return True
        return draft.read == promised(self._current, draft.request, self._found, self._book, now)


def replaced(transaction: Transaction, deferred: Mapping[str, Instant]) -> list[Conclusion]:
    """Of what waits for these customers' peace (since when the newest does), messages whose place a newer one takes."""
    waiting = transaction.deliveries.deferred_of(deferred.keys()) if deferred else []
    return [_superseded(one, deferred[one.customer_id]) for one in superseded(waiting)]


def _sending(draft: Draft, decision: Decision, now: Instant) -> Sending:
    send = draft.send
    return Sending(
        draft.request.id,
        send.channel.value,
        send.account,
        send.address.id,
        draft.rendered.locale,
        draft.content,
        () if is_test(draft.request) else draft.promises,  # nobody was promised anything
        _trace((*decision.trace, *draft.steps)),
        now,
        decision.reserved_day,
    )


def _failed(request: Request, decision: Decision, now: Instant, code: str, detail: str) -> Conclusion:
    trace = (*decision.trace, failure_step(code))
    return Conclusion(request.id, State.FAILED, code, detail, request.due_at, _trace(trace), now)


def _concluded(request: Request, decision: Decision, now: Instant) -> Conclusion:
    verdict, trace = decision.verdict, _trace(decision.trace)
    match verdict:
        case Drop(state, reason):
            # Said where it matters: whoever reads "blocked" would think that it cannot have arrived.
            detail = Phrase("An earlier call may have arrived.") if request.in_doubt else ""
            return Conclusion(request.id, state, reason, detail, request.due_at, trace, now)
        case Wait(until, reason):
            stuck_at = (request.stuck_at or now) if reason in _STUCK else request.stuck_at
            return Conclusion(request.id, State.DEFERRED, reason, "", until, trace, now, stuck_at)
        case Hold(reason):
            return Conclusion(request.id, State.HELD, reason, "", request.due_at, trace, now, request.stuck_at)
        case Send():
            raise AssertionError("what is sent is not concluded")


def _superseded(one: Deferred, now: Instant) -> Conclusion:
    gate = "quiet_hours" if one.reason.startswith("quiet_hours") else "caps"
    trace = _trace((Step(gate, "stop", "superseded"),))
    return Conclusion(one.id, State.SKIPPED, "superseded", "", now, trace, now)


_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@lru_cache(maxsize=4_096)
def _trace(trace: tuple[Step, ...]) -> str:
    """Most of a campaign's traces are alike."""
    return _dumps(
        [
            {"gate": step.gate, "result": step.result}
            | ({"channel": step.channel} if step.channel else {})
            | ({"detail": kept(step.detail)} if step.detail else {})
            for step in trace
        ]
    )

"""Calls: what passed the gate goes on the wire, all of a slice at once, and every call ends in an outcome."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

import structlog

from orchestrator.channels import NoAnswer
from orchestrator.dispatch.breaker import Breaker
from orchestrator.dispatch.rehearsed import inbox_call, is_test, kept, played
from orchestrator.dispatch.settle import STALE
from orchestrator.dispatch.slice import business_now
from orchestrator.domain.delivery import Delivery, Outcome, OutcomeKind, Rejection
from orchestrator.domain.errors import InputError, Phrase
from orchestrator.domain.said import whole
from orchestrator.faultpoints import nowhere

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from orchestrator.channels import Answer, Call
    from orchestrator.dispatch.draft import Draft
    from orchestrator.dispatch.slice import Passed, Slice
    from orchestrator.domain.customer import Address
    from orchestrator.domain.time import Clock, Instant

log = structlog.get_logger()

# How long an answer waits for those of its slice before it is settled.
TOLD_WITHIN_SECONDS = 1.0


class Carrier(Protocol):
    """What carries calls: `transport.Transport`."""

    async def carry(
        self, call: Call, *, begin_before: float | None = None, may_begin: Callable[[], bool] | None = None
    ) -> Answer: ...

    def room(self) -> int:
        """How many calls can begin within a second, wherever they go."""
        ...


@dataclass
class Calls:
    """One worker's calls. `breaker` remembers how they ended; `passing`: see `faultpoints`."""

    carrier: Carrier
    clock: Clock
    passing: Callable[[str], None] = nowhere
    breaker: Breaker = field(default_factory=Breaker)

    async def make(self, slice_: Slice, passed: Passed) -> AsyncGenerator[list[tuple[Draft, Outcome]]]:
        """Call for every draft that passed, concurrently; how calls ended, those of each second together.

        A call that hangs must not keep what its neighbours know from the ledger.
        """
        calls = {
            asyncio.create_task(self._call(slice_, draft, passed.begin_before, partial(passed.marks.set, place))): draft
            for place, draft in enumerate(passed.drafts)
        }
        pending = set(calls)
        try:
            while pending:
                done, pending = await asyncio.wait(pending, timeout=TOLD_WITHIN_SECONDS)
                if done:
                    yield [(draft, call.result()) for call, draft in calls.items() if call in done]
        finally:
            # Also when the ledger was lost for good: nothing of ours is on the wire that nobody waits for.
            await asyncio.gather(*pending, return_exceptions=True)

    async def _call(self, slice_: Slice, draft: Draft, begin_before: float, mark: Callable[[], None]) -> Outcome:
        """How one call ended. A mistake in an adapter, or of the transport, ends its own call, never the slice."""
        account = draft.send.account
        adapter = slice_.current.adapters[account]
        began = False

        def may_begin() -> bool:
            nonlocal began
            # The mark comes first: whoever is stopped between the two has not begun, and says that it may have.
            mark()
            began = True
            self.passing("after_begin")
            return self.breaker.lets_begin(account, self.clock.now())

        try:
            now = business_now(draft.request, slice_.clock, self.clock.now())
            devices = draft.devices_for(adapter.can) if draft.devices else ()
            if draft.devices and not devices:
                return Outcome(OutcomeKind.REFUSED, Rejection.CHANNEL.reason, detail=_NO_DEVICE)
            call = adapter.call(_delivery(draft, devices), now, self.clock.entropy)
        except InputError as error:
            return Outcome(OutcomeKind.REFUSED, "render_error", detail=whole(error))
        except Exception as error:
            log.exception("adapter_failed", account=account, delivery=draft.request.id)
            return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail=_raised(error))
        if is_test(draft.request):
            return await self._rehearse(draft, now, begin_before, mark)
        asked_at = self.clock.monotonic()
        try:
            answer = await self.carrier.carry(call, begin_before=begin_before, may_begin=may_begin)
        except Exception as error:
            log.exception("carrier_failed", account=account, delivery=draft.request.id)
            answer = NoAnswer("raised", in_doubt=began, detail=_unforeseen(error))
        self.passing("after_provider_accept")
        if isinstance(answer, NoAnswer) and answer.reason == STALE:
            return Outcome(OutcomeKind.NOT_SENT, STALE)
        try:
            outcome = adapter.outcome(answer)
        except Exception as error:
            log.exception("adapter_failed", account=account, delivery=draft.request.id)
            outcome = Outcome(OutcomeKind.UNKNOWN, "unreadable_answer", detail=_raised(error))
        if outcome.stopped:
            log.error("account_stopped", account=account, delivery=draft.request.id, remedy="Run: jogral doctor")
        self.breaker.hear(account, outcome, self.clock.now(), seconds=self.clock.monotonic() - asked_at)
        return outcome

    async def _rehearse(self, draft: Draft, now: Instant, begin_before: float, mark: Callable[[], None]) -> Outcome:
        """A test: what its adapter would have sent can be written, and goes into the inbox. Nobody is called."""

        def may_begin() -> bool:
            mark()
            return True

        ended = played(draft.send.address, draft.request.calls)
        if ended is not None:
            mark()
            return ended
        call = inbox_call(_delivery(draft), now)
        answer = await self.carrier.carry(call, begin_before=begin_before, may_begin=may_begin)
        if isinstance(answer, NoAnswer) and answer.reason == STALE:
            return Outcome(OutcomeKind.NOT_SENT, STALE)
        return kept(answer)


_NO_DEVICE = Phrase("None of the customer's devices is one that this account reaches.")


def _raised(error: Exception) -> Phrase:
    """Not its words: they may hold the customer's data."""
    return Phrase("the adapter raised {error}", error=type(error).__name__)


def _unforeseen(error: Exception) -> Phrase:
    return Phrase("the transport raised {error}", error=type(error).__name__)


def _delivery(draft: Draft, devices: tuple[Address, ...] = ()) -> Delivery:
    request, send = draft.request, draft.send
    return Delivery(
        reference=request.id,
        customer_id=request.customer_id,
        object_id=request.object_id,
        channel=send.channel,
        address=devices[0] if devices else send.address,
        purpose=request.purpose,
        topic=request.topic,
        rendered=draft.rendered,
        expires_at=request.not_after,
        unsubscribe_url=draft.unsubscribe_url,
        devices=devices,
        conversing=send.conversing,
    )

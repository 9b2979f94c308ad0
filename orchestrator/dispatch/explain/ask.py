"""Why a customer did not get a message, or did: one read transaction, and nothing written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from orchestrator.addresses import masked
from orchestrator.decide import decide
from orchestrator.dispatch.current import Current
from orchestrator.dispatch.draft import backed, drafts_of, failure_step
from orchestrator.dispatch.explain.ahead import circumstances_at, look_ahead
from orchestrator.dispatch.explain.evidence import read_findings
from orchestrator.dispatch.explain.gates import PASS, answers_of
from orchestrator.dispatch.explain.past import channel_of, past_of, reason_of, state_of, whole_trace
from orchestrator.dispatch.explain.unasked import unasked
from orchestrator.dispatch.explain.values import Ahead, Explained, Explanation
from orchestrator.dispatch.links import ExampleLinks
from orchestrator.dispatch.outlook import closures
from orchestrator.dispatch.situation import look
from orchestrator.domain.delivery import State
from orchestrator.domain.errors import NotFound, did_you_mean
from orchestrator.domain.said import altered
from orchestrator.domain.verdict import Drop, Hold, Send, Step, Wait
from orchestrator.release import read_release
from orchestrator.zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.dispatch.explain.gates import Findings
    from orchestrator.dispatch.situation import Situation
    from orchestrator.domain.customer import Customer
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Instant
    from orchestrator.domain.verdict import Decision, Verdict
    from orchestrator.store.evidence import KnownRequest, RecordedDecision
    from orchestrator.store.port import Transaction

OTHERS_MAX = 20

# What is still to be decided, and so is decided now; of all others the ledger says how it was.
UNDECIDED = frozenset({State.ACCEPTED, State.DEFERRED, State.HELD})


def explain_message(
    transaction: Transaction,
    current: Current,
    customer: Customer,
    message: str,
    *,
    now: Instant,
    at: Instant | None = None,
) -> Explanation:
    """Why a customer did not get a message: of several requests, the newest.

    Args:
        transaction: the ledger.
        current: the running release.
        customer: whose message it is.
        message: its id.
        now: machine time.
        at: business time; None: now. Another time is a supposition, with the data of now.

    Raises:
        NotFound: there is no such message, and never was one for this customer.
    """
    requests = transaction.explanations.requests(customer.id, message, OTHERS_MAX)
    if requests:
        why = _Why(transaction, current, customer, requests[0], now, at)
        return why.explanation(others=requests[1:])
    if message not in current.release.messages:
        known = current.release.messages
        raise NotFound(
            'There is no message "{message}"{hint}', remedy="There are: {known}.", code="unknown_message",
            message=message, hint=did_you_mean(message, known), known=", ".join(known),
        )  # fmt: skip
    business_now = transaction.ledger.clock().now(now)
    return Explanation(
        customer=customer,
        zone=zone_of(customer, current.release.project.timezone),
        message=message,
        release_id=current.id,
        at=business_now if at is None else at,
        supposed=at is not None,
        unasked=unasked(transaction, current.release, customer, message, business_now),
    )


def explain_request(
    transaction: Transaction,
    current: Current,
    known: KnownRequest,
    *,
    now: Instant,
    at: Instant | None = None,
    decision_id: int | None = None,
) -> Explanation:
    """The same of one request; of one of its decisions, where that is named."""
    customer = transaction.customers.get(known.request.customer_id)
    assert customer is not None  # the ledger's own foreign key
    return _Why(transaction, current, customer, known, now, at).explanation(decision_id=decision_id)


@dataclass(frozen=True)
class _Why:
    """One request, and the ledger as it is in this transaction."""

    transaction: Transaction
    current: Current
    customer: Customer
    known: KnownRequest
    now: Instant
    at: Instant | None

    def explanation(self, others: Sequence[KnownRequest] = (), decision_id: int | None = None) -> Explanation:
        recorded = self.transaction.explanations.decisions_of(self.request.id)
        live = decision_id is None and (self.at is not None or self.known.state in UNDECIDED)
        meant = next((one for one in reversed(recorded) if decision_id in (None, one.seq)), None)
        return Explanation(
            customer=self.customer,
            zone=self.zone,
            message=self.request.message,
            release_id=self.current.id,
            at=self.business_now if self.at is None else self.at,
            supposed=self.at is not None,
            request=replace(self.known, detail=self.hidden(self.known.detail)),
            decision=self._decided_now() if live else None if meant is None else self._recorded(meant, recorded),
            ahead=self._ahead() if live else None,
            history=tuple(past_of(one) for one in recorded),
            receipts=tuple(
                replace(one, detail=self.hidden(one.detail))
                for one in self.transaction.explanations.receipts_of(self.request.id)
            ),
            others=tuple(others),
        )

    @property
    def request(self) -> Request:
        return self.known.request

    def hidden(self, text: str) -> str:
        """What a provider said, without the address that it likes to repeat."""
        return altered(text, self._masked)

    def _masked(self, words: str) -> str:
        for one in self.customer.addresses:
            words = words.replace(one.value, masked(one.kind, one.value))
        return words

    @cached_property
    def business_now(self) -> Instant:
        return self.transaction.ledger.clock().now(self.now)

    @cached_property
    def asked_at(self) -> Instant:
        """The business time that it is decided for: of what is planned, the one that it is planned for."""
        if self.at is not None:
            return self.at
        return max(self.business_now, self.request.due_at) if self.known.planned else self.business_now

    @cached_property
    def zone(self) -> str:
        return zone_of(self.customer, self.current.release.project.timezone)

    # --- as it would be decided ---------------------------------------------------------------------------------------

    @cached_property
    def found(self) -> Situation:
        """What a worker would read of it now."""
        closed = closures(self.transaction, self.now)
        found = look(self.transaction, self.current, [self.request], min(self.asked_at, self.business_now), closed)
        standing = found.standings[self.customer.id]
        # A message that was sent does not stand in its own way.
        uses = tuple(use for use in standing.uses if use.delivery_id != self.request.id)
        return replace(found, standings={self.customer.id: replace(standing, uses=uses)})

    def decide(self, at: Instant) -> Decision:
        """The gate's own decision, with the data of now."""
        current, request, found = self.current, self.request, self.found
        return decide(
            request,
            found.standings[request.customer_id],
            current.rules,
            at,
            backed(current, request, found, current.book(found.live), at),
            circumstances_at(found.circumstances, at),
        )

    def _decided_now(self) -> Explained:
        decision = self.decide(self.asked_at)
        state, reason = _outcome(decision.verdict)
        trace, detail = decision.trace, ""
        if isinstance(decision.verdict, Send):
            trace, failure = self._said(trace)
            state, reason, detail = (State.FAILED, *failure) if failure else (state, reason, detail)
        findings = self._findings(self.current, trace, recorded_until=self.now, at=self.asked_at)
        return Explained(
            state=state,
            reason=reason,
            detail=detail,
            channel=decision.verdict.channel if isinstance(decision.verdict, Send) else None,
            at=self.asked_at,
            release_id=self.current.id,
            answers=answers_of(trace, findings, sent=state is None),
            live=True,
        )

    def _said(self, trace: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[str, str] | None]:
        """Whether it can be put into words, and says then what the facts say."""
        found = replace(self.found, circumstances=circumstances_at(self.found.circumstances, self.asked_at))
        _, failures = drafts_of(self.current, [(self.request, self.asked_at)], found, ExampleLinks())
        failure = failures.get(self.request.id)
        if failure is None:
            return (*trace, Step("render", PASS), Step("read_back", PASS)), None
        return (*trace, failure_step(failure[0])), failure

    def _ahead(self) -> Ahead:
        return look_ahead(lambda at: self.decide(at).verdict, self.found.circumstances, self.asked_at)

    # --- as it was decided --------------------------------------------------------------------------------------------

    def _recorded(self, decision: RecordedDecision, recorded: Sequence[RecordedDecision]) -> Explained:
        state = state_of(decision)
        current, trace = self._release_of(decision), whole_trace(decision, recorded)
        findings = self._findings(current, trace, recorded_until=decision.at, at=decision.business_at)
        newest = self.known.state is state
        return Explained(
            id=decision.seq,
            state=state,
            reason=self.known.reason if newest else reason_of(decision),
            detail=self.hidden(self.known.detail) if newest else "",
            channel=channel_of(decision) if state is None else None,
            at=decision.business_at,
            release_id=decision.release_id,
            answers=answers_of(trace, findings, sent=state is None),
            live=False,
        )

    def _release_of(self, decision: RecordedDecision) -> Current:
        """The rules and facts that it was decided with."""
        release_id = decision.release_id
        if release_id is None or release_id == self.current.id:
            return self.current
        content = self.transaction.ledger.release(release_id)
        return self.current if content is None else Current(release_id, read_release(content), {})

    def _findings(self, current: Current, trace: Sequence[Step], *, recorded_until: Instant, at: Instant) -> Findings:
        return read_findings(
            self.transaction,
            current,
            self.known,
            self.customer,
            trace,
            zone=self.zone,
            recorded_until=recorded_until,
            at=at,
        )


def _outcome(verdict: Verdict) -> tuple[State | None, str]:
    match verdict:
        case Send():
            return None, ""
        case Wait(reason=reason):
            return State.DEFERRED, reason
        case Hold(reason=reason):
            return State.HELD, reason
        case Drop(state=state, reason=reason):
            return state, reason
